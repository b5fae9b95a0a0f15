/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define THREAD 10
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff"

/* Parameter `param` of one event: its raw text, and what that stands for (NULL: nothing). */
struct param_case {
	const char *what;
	unsigned type;
	unsigned param;
	struct given given[12];
	size_t n;
	const char *raw, *resolved;
};

static const char *param_text(struct world *w, unsigned param, bool resolved)
{
	buf_reset(&w->text);
	if (!param_print(&w->text, &w->ctx, param, resolved))
		return NULL;
	buf_char(&w->text, '\0');
	return w->text.p;
}

static void check(struct world *w, const struct param_case *c)
{
	const char *resolved;

	print_message("  %s\n", c->what);
	world_event(w, c->type, THREAD, c->given, c->n);
	assert_string_equal(param_text(w, c->param, false), c->raw);
	resolved = param_text(w, c->param, true);
	if (c->resolved)
		assert_string_equal(resolved ? resolved : "(nothing)", c->resolved);
	else
		assert_null(resolved);
}

static void check_all(const struct param_case *cases, size_t n)
{
	struct world w;

	world_init(&w);
	world_process(&w);
	for (size_t i = 0; i < n; i++)
		check(&w, &cases[i]);
	world_fini(&w);
}

#define P(...) { __VA_ARGS__ }, sizeof((const struct given[]){ __VA_ARGS__ }) / sizeof(struct given)

static void a_number_prints_in_its_format(void **state)
{
	static const struct param_case cases[] = {
		{ "error", EVENT_CLOSE_X, 0, P(INT(-2), INT(3)), "-2", "ENOENT" },
		{ "kernel's own error", EVENT_CLOSE_X, 0, P(INT(-514), INT(3)), "-514",
		  "ERESTARTNOHAND" },
		{ "unknown error", EVENT_CLOSE_X, 0, P(INT(-9999), INT(3)), "-9999", NULL },
		{ "success", EVENT_CLOSE_X, 0, P(INT(7), INT(3)), "7", NULL },
		{ "missing", EVENT_CLOSE_X, 0, P(NOTHING, INT(3)), "<NA>", NULL },
		{ "hex", EVENT_BRK_4_X, 0, P(INT(0x219c000), INT(1), INT(1), INT(1), INT(0)),
		  "219C000", NULL },
		{ "address as a result", EVENT_MMAP_X, 0,
		  P(INT(139958376984576), INT(1), INT(1), INT(1)), "139958376984576", NULL },
		{ "octal", EVENT_OPEN_X, 3, P(INT(3), TEXT("/x"), INT(1), INT(0666)), "0666",
		  NULL },
		{ "octal zero", EVENT_OPEN_X, 3, P(INT(3), TEXT("/x"), INT(1), INT(0)), "0", NULL },
		{ "all ones of 64 bits", EVENT_GETRLIMIT_X, 2, P(INT(0), INT(1), INT(-1), INT(3)),
		  "-1", NULL },
		{ "signal", EVENT_SIGNALDELIVER_E, 2, P(INT(0), INT(0), INT(17)), "17", "SIGCHLD" },
		{ "no signal", EVENT_SIGNALDELIVER_E, 2, P(INT(0), INT(0), INT(0)), "0", NULL },
		{ "half a second", EVENT_NANOSLEEP_X, 1, P(INT(0), INT(500000000)), "500000000",
		  "0.5s" },
		{ "six digits", EVENT_NANOSLEEP_X, 1, P(INT(0), INT(89999944000)), "89999944000",
		  "89.9999s" },
		{ "no time", EVENT_NANOSLEEP_X, 1, P(INT(0), INT(-1)), "18446744073709551615",
		  "none" },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void flags_print_their_names(void **state)
{
	static const struct param_case cases[] = {
		{ "two", EVENT_OPEN_X, 2, P(INT(3), TEXT("/x"), INT(4097), INT(0)), "4097",
		  "O_RDONLY|O_CLOEXEC" },
		{ "O_RDWR is one name", EVENT_OPEN_X, 2, P(INT(3), TEXT("/x"), INT(263), INT(0)),
		  "263", "O_TRUNC|O_CREAT|O_RDWR" },
		{ "the name for nothing", EVENT_SOCKET_X, 4,
		  P(INT(3), INT(2), INT(1), INT(0), INT(0)), "0", "O_NONE" },
		{ "nothing without a name", EVENT_UNLINKAT_2_X, 3,
		  P(INT(0), INT(-100), TEXT("/x"), INT(0)), "0", NULL },
		{ "every name of a value", EVENT_SOCKET_X, 1,
		  P(INT(3), INT(1), INT(1), INT(0), INT(0)), "1", "AF_LOCAL|AF_UNIX" },
		{ "unknown value", EVENT_SOCKET_X, 1, P(INT(3), INT(250), INT(1), INT(0), INT(0)),
		  "250", NULL },
		{ "mode", EVENT_CHMOD_X, 2, P(INT(0), TEXT("/x"), INT(0644)), "0644",
		  "S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR" },
		{ "op with flag", EVENT_FUTEX_X, 2, P(INT(1), INT(0), INT(133), INT(1)), "133",
		  "FUTEX_PRIVATE_FLAG|FUTEX_WAKE_OP" },
		{ "no bits is a name", EVENT_ACCESS_X, 2, P(INT(0), TEXT("/x"), INT(0)), "0",
		  "F_OK" },
		{ "protection none", EVENT_MPROTECT_X, 3, P(INT(0), INT(0), INT(1), INT(0)), "0",
		  "PROT_NONE" },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void bytes_and_text_print_readably(void **state)
{
	static const struct param_case cases[] = {
		{ "dots", EVENT_READ_X, 1, P(INT(5), BYTES("a\n\0\xff~"), INT(3), INT(5)), "a...~",
		  NULL },
		{ "no bytes", EVENT_READ_X, 1, P(INT(0), NOTHING, INT(3), INT(5)), "NULL", NULL },
		{ "text", EVENT_GETCWD_X, 1, P(INT(2), TEXT("/")), "/", NULL },
		{ "no text", EVENT_GETCWD_X, 1, P(INT(-2), NOTHING), "<NA>", NULL },
		{ "no text of old drivers", EVENT_GETCWD_X, 1, P(INT(-2), TEXT("(NULL)")), "<NA>",
		  NULL },
		{ "empty text", EVENT_GETCWD_X, 1, P(INT(2), TEXT("")), "", NULL },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void a_relative_path_stands_for_an_absolute_one(void **state)
{
	static const struct param_case cases[] = {
		{ "absolute", EVENT_UNLINK_2_X, 1, P(INT(0), TEXT("//a/../b")), "//a/../b", NULL },
		{ "relative", EVENT_UNLINK_2_X, 1, P(INT(0), TEXT("./a/../b")), "./a/../b",
		  "/home/me/b" },
		{ "missing", EVENT_UNLINK_2_X, 1, P(INT(-14), NOTHING), "<NA>", NULL },
		{ "empty", EVENT_UNLINK_2_X, 1, P(INT(-2), TEXT("")), "", NULL },
		{ "AT_FDCWD", EVENT_UNLINKAT_2_X, 2, P(INT(0), INT(-100), TEXT("x"), INT(0)), "x",
		  "/home/me/x" },
		{ "unknown directory", EVENT_UNLINKAT_2_X, 2, P(INT(0), INT(77), TEXT("x"), INT(0)),
		  "x", NULL },
		{ "the directory itself", EVENT_UNLINKAT_2_X, 1,
		  P(INT(0), INT(-100), TEXT("x"), INT(0)), "-100", "AT_FDCWD" },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void addresses_print_by_family(void **state)
{
	static const struct param_case cases[] = {
		{ "inet", EVENT_BIND_X, 1, P(INT(0), BYTES("\x02\x7f\0\0\x01\xfd\xb7"), INT(3)),
		  "127.0.0.1:47101", NULL },
		{ "inet6", EVENT_BIND_X, 1,
		  P(INT(0), BYTES("\x0a\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x03\xd2\x04"),
		    INT(3)),
		  "2001:db8::3:1234", NULL },
		{ "unix", EVENT_BIND_X, 1, P(INT(0), BYTES("\x01/run/x\0"), INT(3)), "/run/x",
		  NULL },
		{ "another family", EVENT_BIND_X, 1, P(INT(0), BYTES("\x10"), INT(3)), "family 16",
		  NULL },
		{ "inet cut short", EVENT_BIND_X, 1, P(INT(0), BYTES("\x02\x7f\0\0"), INT(3)),
		  "INVALID IPv4", NULL },
		{ "inet6 cut short", EVENT_BIND_X, 1, P(INT(0), BYTES("\x0a\x7f"), INT(3)),
		  "INVALID IPv6", NULL },
		{ "no address", EVENT_BIND_X, 1, P(INT(0), NOTHING, INT(3)), "<NA>", NULL },
		{ "inet tuple", EVENT_CONNECT_X, 1,
		  P(INT(0), BYTES("\x02\x0a\0\0\x01\x39\x30\x0a\0\0\x02\x50\0"), INT(3), NOTHING),
		  "10.0.0.1:12345->10.0.0.2:80", NULL },
		{ "mapped tuple", EVENT_CONNECT_X, 1,
		  P(INT(0), BYTES("\x0a" MAPPED "\x0a\0\0\x01\x39\x30" MAPPED "\x0a\0\0\x02\x50\0"),
		    INT(3), NOTHING),
		  "10.0.0.1:12345->10.0.0.2:80", NULL },
		{ "mapped and no address", EVENT_CONNECT_X, 1,
		  P(INT(0),
		    BYTES("\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x35\0" MAPPED "\x0a\0\0\x02\x50\0"),
		    INT(3), NOTHING),
		  "0.0.0.0:53->10.0.0.2:80", NULL },
		{ "inet6 tuple", EVENT_CONNECT_X, 1,
		  P(INT(0),
		    BYTES("\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x35\0"
			  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x50\0"),
		    INT(3), NOTHING),
		  ":::53->::1:80", NULL },
		{ "unix tuple", EVENT_CONNECT_X, 1,
		  P(INT(0), BYTES("\x01\0\0\0\0\0\0\0\0\0\x3c\x4a\x1b\0\x88\xff\xff/run/s\0"),
		    INT(3), NOTHING),
		  "0->ffff88001b4a3c00 /run/s", NULL },
		{ "unix tuple cut short", EVENT_CONNECT_X, 1,
		  P(INT(0), BYTES("\x01\0\0\0"), INT(3), NOTHING), "INVALID UNIX", NULL },
		{ "tuple cut short", EVENT_CONNECT_X, 1,
		  P(INT(0), BYTES("\x02\x0a\0\0\x01\x39\x30"), INT(3), NOTHING), "INVALID IPv4",
		  NULL },
		{ "no tuple", EVENT_CONNECT_X, 1, P(INT(0), NOTHING, INT(3), NOTHING), "NULL",
		  NULL },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void lists_and_sets_print_their_members(void **state)
{
	static const struct param_case cases[] = {
		{ "two descriptors", EVENT_POLL_X, 1,
		  P(INT(1), BYTES("\x02\0\x03\0\0\0\0\0\0\0\x01\0\x0a\0\0\0\0\0\0\0\x44\0"),
		    INT(0)),
		  "3:?1 10:?44", NULL },
		{ "empty list", EVENT_POLL_X, 1, P(INT(0), BYTES("\0\0"), INT(0)), "", NULL },
		{ "count above the bytes", EVENT_POLL_X, 1,
		  P(INT(0), BYTES("\x09\0\x03\0\0\0\0\0\0\0\x01\0"), INT(0)), "3:?1", NULL },
		{ "no list", EVENT_POLL_X, 1, P(INT(0), NOTHING, INT(0)), "NULL", NULL },
		{ "signals", EVENT_PPOLL_X, 3,
		  P(INT(0), BYTES("\0\0"), INT(0), INT(1 << 8 | 1 << 1)), "SIGINT SIGKILL", NULL },
		{ "no signals", EVENT_PPOLL_X, 3, P(INT(0), BYTES("\0\0"), INT(0), INT(0)), "",
		  NULL },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void a_dynamic_parameter_prints_as_what_it_holds(void **state)
{
	static const struct param_case cases[] = {
		{ "number", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), BYTES("\x02\x01\0\0\0"), INT(4)), "1", NULL },
		{ "error", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), BYTES("\x01\xfe\xff\xff\xff\xff\xff\xff\xff"),
		    INT(4)),
		  "-2", "ENOENT" },
		{ "time", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), BYTES("\x04\x00\xca\x9a\x3b\0\0\0\0"), INT(4)),
		  "1000000000", "1s" },
		{ "bytes", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), BYTES("\0\x01\0ab"), INT(4)), "..ab", NULL },
		{ "no bytes", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), BYTES("\0"), INT(0)), "", NULL },
		{ "index of nothing", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), BYTES("\x63\x01"), INT(4)), "NULL", NULL },
		{ "empty", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), NOTHING, INT(4)), "NULL", NULL },
		{ "number cut short", EVENT_SETSOCKOPT_X, 4,
		  P(INT(0), INT(3), INT(1), INT(2), BYTES("\x02\x01"), INT(4)), "<NA>", NULL },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void ids_stand_for_names(void **state)
{
	static const struct param_case cases[] = {
		{ "thread", EVENT_KILL_X, 1, P(INT(0), INT(THREAD), INT(0)), "10", "cat" },
		{ "unknown thread", EVENT_KILL_X, 1, P(INT(0), INT(4711), INT(0)), "4711", NULL },
		{ "no user", EVENT_SETUID_X, 1, P(INT(0), INT(-1)), "-1", "<NONE>" },
		{ "unknown user", EVENT_SETUID_X, 1, P(INT(0), INT(4711)), "4711", "<NA>" },
		{ "no group", EVENT_SETGID_X, 1, P(INT(0), INT(-1)), "-1", "<NONE>" },
		{ "descriptor", EVENT_CLOSE_X, 1, P(INT(0), INT(55)), "55", NULL },
		{ "failed descriptor", EVENT_OPEN_X, 0, P(INT(-13), TEXT("/x"), INT(1), INT(0)),
		  "-13", "EACCES" },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void an_open_descriptor_shows_kind_and_name(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_process(&w);
	APPLY_OF(&w, EVENT_OPEN_X, THREAD, INT(3), TEXT("notes"), INT(1), INT(0), INT(0), INT(0));
	assert_string_equal(param_text(&w, OPEN_X_FD, false), "3");
	assert_string_equal(param_text(&w, OPEN_X_FD, true), "<f>/home/me/notes");
	APPLY_OF(&w, EVENT_SOCKET_X, THREAD, INT(4), INT(2), INT(1), INT(0), INT(0));
	assert_string_equal(param_text(&w, SOCKET_X_FD, true), "<4>");
	world_fini(&w);
}

static void a_system_call_code_stands_for_its_name(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_GENERIC_X, THREAD, INT(SC_TIMES), INT(100));
	assert_string_equal(param_text(&w, GENERIC_X_ID, true), "times");
	assert_string_equal(param_text(&w, GENERIC_X_NATIVEID, false), "100");
	world_fini(&w);
}

static void a_missing_parameter_has_no_text(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CLOSE_X, THREAD, INT(0));
	assert_null(param_text(&w, CLOSE_X_FD, false));
	assert_null(param_text(&w, CLOSE_X_FD, true));
	assert_null(param_text(&w, 40, false));
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_prints_in_its_format),
		cmocka_unit_test(flags_print_their_names),
		cmocka_unit_test(bytes_and_text_print_readably),
		cmocka_unit_test(a_relative_path_stands_for_an_absolute_one),
		cmocka_unit_test(addresses_print_by_family),
		cmocka_unit_test(lists_and_sets_print_their_members),
		cmocka_unit_test(a_dynamic_parameter_prints_as_what_it_holds),
		cmocka_unit_test(ids_stand_for_names),
		cmocka_unit_test(an_open_descriptor_shows_kind_and_name),
		cmocka_unit_test(a_system_call_code_stands_for_its_name),
		cmocka_unit_test(a_missing_parameter_has_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
