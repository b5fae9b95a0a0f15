/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/needs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sys/syscall.h>

static struct ruleset *load(const char *condition, const char *output)
{
	char text[512];
	struct rule_text one = { "rules.yaml", { text, 0 } };
	struct rule_options options = { .threshold = PRIORITY_DEBUG };
	struct ruleset *r;

	one.text.len = (size_t)snprintf(text, sizeof(text),
					"- rule: R\n  desc: d\n  condition: %s\n  output: '%s'\n"
					"  priority: INFO\n",
					condition, output);
	r = ruleset_parse(&one, 1, &options);
	assert_true(r->ok);
	return r;
}

#define CALLS_MAX 24

static bool is_among(long nr, const long *calls)
{
	for (size_t i = 0; i < CALLS_MAX && calls[i] >= 0; i++)
		if (calls[i] == nr)
			return true;
	return false;
}

/* Of which calls what the kernel used is asked for: of no others. */
static void the_extension_is_asked_for_where_a_rule_reads_it(void **state)
{
	static const struct {
		const char *condition, *output;
		long calls[CALLS_MAX];
	} cases[] = {
		{ "evt.type = openat", "x", { -1 } },
		{ "evt.type = openat and evt.kernel_path = /x", "x", { SYS_openat, -1 } },
		{ "evt.type = openat", "%evt.kernel_path", { SYS_openat, -1 } },
		{ "evt.type = openat", "%toupper(evt.kernel_path)", { SYS_openat, -1 } },
		{ "evt.type = openat and toupper(evt.kernel_path) = /X", "x", { SYS_openat, -1 } },
		{ "evt.type = openat and fd.name != val(evt.kernel_path)",
		  "x",
		  { SYS_openat, -1 } },
		{ "evt.type = openat and evt.is_io_uring = true", "x", { -1 } },
		{ "evt.type in (connect, accept4) and evt.kernel_snet in (10.0.0.0/8)",
		  "x",
		  { SYS_connect, SYS_accept4, -1 } },
		{ "evt.type = setuid and evt.kernel_euid = 0", "x", { SYS_setuid, -1 } },
		/* of calls that have one, where a condition names none */
		{ "evt.kernel_path = /x", "x", { SYS_open,
						 SYS_openat,
						 SYS_openat2,
						 SYS_creat,
						 SYS_open_by_handle_at,
						 SYS_execve,
						 SYS_execveat,
						 SYS_chdir,
						 SYS_fchdir,
						 SYS_chroot,
						 SYS_connect,
						 SYS_accept,
						 SYS_accept4,
						 SYS_setuid,
						 SYS_setgid,
						 SYS_setreuid,
						 SYS_setregid,
						 SYS_setresuid,
						 SYS_setresgid,
						 SYS_capset,
						 SYS_recvmsg,
						 SYS_recvmmsg,
						 SYS_pidfd_getfd,
						 -1 } },
		/* a successful execveat is an execve event */
		{ "evt.type = execve and evt.kernel_euid = 0",
		  "x",
		  { SYS_execve, SYS_execveat, -1 } },
		{ "(evt.type = open and fd.name = /x) or (evt.type = creat and evt.kernel_uid = 0)",
		  "x",
		  { SYS_open, SYS_creat, -1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *r = load(cases[i].condition, cases[i].output);
		struct needs n;

		print_message("  %s / %s\n", cases[i].condition, cases[i].output);
		needs_of_rules(r, &n);
		for (long nr = 0; nr < WIRE_SYSCALLS_MAX; nr++) {
			bool asked = n.syscall[nr] & WIRE_NEED_EXTENSION;

			if (asked != is_among(nr, cases[i].calls))
				fail_msg("system call %ld: %s", nr, asked ? "asked" : "not asked");
		}
		ruleset_free(r);
	}
}

/* What the state alone needs costs no copies. */
static void rules_ask_for_copies_of_what_can_be_rewritten(void **state)
{
	static const struct {
		const char *condition;
		long calls[6];
	} cases[] = {
		{ "evt.type = unlinkat", { SYS_unlinkat, -1 } },
		{ "evt.type in (renameat2, mount) and proc.name = x",
		  { SYS_renameat2, SYS_mount, -1 } },
		{ "evt.type in (connect, bind, sendto, sendmsg)",
		  { SYS_connect, SYS_bind, SYS_sendto, SYS_sendmsg, -1 } },
		{ "evt.type in (execve, openat)", { SYS_execve, SYS_execveat, SYS_openat, -1 } },
		{ "evt.type in (close, dup, setuid, kill, mmap, fchmod)", { -1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *r = load(cases[i].condition, "x");
		struct needs n;

		print_message("  %s\n", cases[i].condition);
		needs_of_rules(r, &n);
		for (long nr = 0; nr < WIRE_SYSCALLS_MAX; nr++) {
			bool asked = n.syscall[nr] & WIRE_NEED_COPIES;

			if (asked != is_among(nr, cases[i].calls))
				fail_msg("system call %ld: %s", nr, asked ? "asked" : "not asked");
		}
		ruleset_free(r);
	}
}

static void a_rule_that_is_off_asks_for_nothing(void **state)
{
	static const struct rule_selector off = { .enable = false, .rule = { "R", 1 } };
	struct rule_options options = { .threshold = PRIORITY_DEBUG,
					.selectors = &off,
					.nselectors = 1 };
	const struct rule_text text = {
		"rules.yaml",
		STR("- rule: R\n  desc: d\n  condition: evt.type=open and evt.kernel_path=/x\n"
		    "  output: x\n  priority: INFO\n")
	};
	struct ruleset *r = ruleset_parse(&text, 1, &options);
	struct needs n;

	(void)state;
	assert_true(r->ok);
	needs_of_rules(r, &n);
	for (long nr = 0; nr < WIRE_SYSCALLS_MAX; nr++)
		assert_false(n.syscall[nr] & WIRE_NEED_EXTENSION);
	ruleset_free(r);
}

static void more_calls_leave_what_is_asked_of_the_others(void **state)
{
	const struct str names[] = { STR("openat"), STR("getpid"), STR("!open") };
	struct ruleset *r = load("evt.type in (open, openat)", "%evt.kernel_path");
	struct str unknown;
	struct needs n, all;

	(void)state;
	needs_of_rules(r, &n);
	assert_true(needs_adjust(&n, names, ARRAY_SIZE(names), &unknown));
	assert_true(n.syscall[SYS_openat] & WIRE_NEED_EXTENSION);
	assert_int_equal(n.syscall[SYS_getpid], WIRE_NEED_EVENT | WIRE_NEED_FAILED);
	assert_int_equal(n.syscall[SYS_open], 0);
	needs_all(&all);
	needs_merge(&n, &all);
	assert_true(n.syscall[SYS_openat] & WIRE_NEED_EXTENSION);
	assert_false(n.syscall[SYS_getpid] & WIRE_NEED_EXTENSION);
	needs_extension(&n);
	assert_true(n.syscall[SYS_execveat] & WIRE_NEED_EXTENSION);
	assert_false(n.syscall[SYS_getpid] & WIRE_NEED_EXTENSION);
	ruleset_free(r);
}

static void calls_without_an_event_of_their_own_are_asked_for_by_name(void **state)
{
	static const struct {
		const char *condition;
		long calls[8];
	} cases[] = {
		{ "evt.type = sysinfo", { SYS_sysinfo, -1 } },
		{ "evt.type in (sysinfo, getpriority) or (evt.type = times and proc.name = x)",
		  { SYS_sysinfo, SYS_getpriority, SYS_times, -1 } },
		{ "evt.type = listen", { SYS_listen, -1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *r = load(cases[i].condition, "x");
		struct needs n;

		print_message("  %s\n", cases[i].condition);
		needs_of_rules_alone(r, &n);
		for (long nr = 0; nr < WIRE_SYSCALLS_MAX; nr++) {
			bool asked = n.syscall[nr];

			if (asked != is_among(nr, cases[i].calls))
				fail_msg("system call %ld: %s", nr, asked ? "asked" : "not asked");
		}
		ruleset_free(r);
	}
}

/* Whatever cannot be told from names alone leaves every such call in. */
static void what_names_do_not_decide_is_asked_for(void **state)
{
	static const char *const conditions[] = {
		"proc.name = x",
		"not evt.type = listen",
		"evt.type exists",
		"evt.dir = < and user.name = root",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		struct ruleset *r = load(conditions[i], "x");
		struct needs n;

		print_message("  %s\n", conditions[i]);
		needs_of_rules_alone(r, &n);
		assert_int_equal(n.syscall[SYS_getpriority], WIRE_NEED_EVENT | WIRE_NEED_FAILED);
		assert_int_equal(n.syscall[SYS_getpid], WIRE_NEED_EVENT | WIRE_NEED_FAILED);
		ruleset_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_extension_is_asked_for_where_a_rule_reads_it),
		cmocka_unit_test(rules_ask_for_copies_of_what_can_be_rewritten),
		cmocka_unit_test(a_rule_that_is_off_asks_for_nothing),
		cmocka_unit_test(more_calls_leave_what_is_asked_of_the_others),
		cmocka_unit_test(calls_without_an_event_of_their_own_are_asked_for_by_name),
		cmocka_unit_test(what_names_do_not_decide_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
