/* SPDX-License-Identifier: Apache-2.0 */
#include "support_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CHECK(m, ...)                                                                              \
	machine_check(&(m), (const struct field_expectation[]){ __VA_ARGS__ },                     \
		      ARRAY_SIZE(((const struct field_expectation[]){ __VA_ARGS__ })))

static void event_of(struct machine *m, int64_t tid)
{
	machine_event(m, EVENT_GETCWD_X, tid, PARTS([GETCWD_X_RES] = NUM(1)));
}

/* systemd(1) - sshd(20, with a thread 21 that forked) - bash(30) - cat(40, with a thread 41) */
static struct machine with_lineage(void)
{
	struct machine m = machine_new();

	machine_process(&m, &(struct proc){ .pid = 1,
					    .comm = "systemd",
					    .exe = "/sbin/init",
					    .env = "LEVEL=1",
					    .vtid = 1,
					    .vpid = 1 });
	machine_process(&m, &(struct proc){ .pid = 20,
					    .ptid = 1,
					    .comm = "sshd",
					    .exe = "sshd",
					    .exepath = "/usr/sbin/sshd",
					    .args = "-D",
					    .env = "LEVEL=2 LANG=C",
					    .sid = 20,
					    .vtid = 20,
					    .vpid = 20 });
	machine_process(&m, &(struct proc){ .tid = 21,
					    .pid = 20,
					    .ptid = 1,
					    .comm = "forker",
					    .exe = "sshd",
					    .sid = 20,
					    .vtid = 21,
					    .vpid = 77 });
	machine_process(&m, &(struct proc){ .pid = 30,
					    .ptid = 21,
					    .comm = "bash",
					    .exe = "-bash",
					    .exepath = "/bin/bash",
					    .sid = 30,
					    .vtid = 30,
					    .vpid = 30 });
	machine_process(&m, &(struct proc){ .pid = 40,
					    .ptid = 30,
					    .comm = "cat",
					    .exe = "cat",
					    .args = "a b",
					    .env = "LANG=own",
					    .sid = 30,
					    .vtid = 40,
					    .vpid = 40 });
	machine_process(&m, &(struct proc){ .tid = 41,
					    .pid = 40,
					    .ptid = 30,
					    .comm = "cat-io",
					    .exe = "cat",
					    .sid = 30,
					    .vtid = 41,
					    .vpid = 40 });
	return m;
}

static void levels_count_from_the_own_process(void **state)
{
	struct machine m = with_lineage();

	(void)state;
	for (int64_t tid = 40; tid <= 41; tid++) {
		event_of(&m, tid);
		CHECK(m, { "proc.aname[0]", "cat" }, { "proc.aname[1]", "bash" },
		      { "proc.aname[2]", "sshd" }, { "proc.aname[3]", "systemd" },
		      { "proc.aname[4]", "(absent)" }, { "proc.aname[4294967295]", "(absent)" },
		      { "proc.apid[0]", "40" }, { "proc.apid[2]", "20" },
		      { "proc.apid[4]", "(absent)" }, { "proc.aexe[3]", "/sbin/init" },
		      { "proc.aexepath[1]", "/bin/bash" }, { "proc.aexepath[3]", "" },
		      { "proc.aargs[0]", "a b" }, { "proc.aargs[2]", "-D" },
		      { "proc.acmdline[2]", "sshd -D" }, { "proc.acmdline[3]", "systemd" });
	}
	machine_free(&m);
}

static void the_parent_is_the_process_that_forked(void **state)
{
	struct machine m = with_lineage();

	(void)state;
	event_of(&m, 30);
	CHECK(m, { "proc.ppid", "20" }, { "proc.pname", "sshd" }, { "proc.pexe", "sshd" },
	      { "proc.pexepath", "/usr/sbin/sshd" }, { "proc.pcmdline", "sshd -D" },
	      { "proc.pvpid", "77" });
	event_of(&m, 1);
	CHECK(m, { "proc.ppid", "(absent)" }, { "proc.pname", "(absent)" },
	      { "proc.pcmdline", "(absent)" }, { "proc.pvpid", "(absent)" });
	machine_free(&m);
}

static void without_a_level_outputs_show_all_ancestors(void **state)
{
	struct machine m = with_lineage();

	(void)state;
	event_of(&m, 41);
	CHECK(m, { "proc.aname", "bash forker systemd" }, { "proc.aexe", "-bash sshd /sbin/init" },
	      { "proc.aexepath", "/bin/bash  " }, { "proc.acmdline", "bash forker systemd" },
	      { "proc.apid", "40" });
	event_of(&m, 21);
	/* Nothing to show is nothing at all. */
	CHECK(m, { "proc.aname", "systemd" }, { "proc.aargs", "(absent)" },
	      { "proc.aexepath", "(absent)" });
	event_of(&m, 1);
	CHECK(m, { "proc.aname", "(absent)" }, { "proc.apid", "1" });
	machine_free(&m);
}

static void filters_look_at_every_ancestor_but_not_at_the_process(void **state)
{
	struct machine m = with_lineage();

	(void)state;
	event_of(&m, 41);
	assert_string_equal(machine_all(&m, "proc.aname"), "bash|forker|systemd");
	assert_string_equal(machine_all(&m, "proc.apid"), "30|20|1");
	assert_string_equal(machine_all(&m, "proc.aexe"), "-bash|sshd|/sbin/init");
	assert_string_equal(machine_all(&m, "proc.aexepath"), "/bin/bash||");
	assert_string_equal(machine_all(&m, "proc.acmdline"), "bash|forker|systemd");
	assert_string_equal(machine_all(&m, "proc.aname[2]"), "sshd");
	assert_string_equal(machine_all(&m, "proc.aname[9]"), "");
	event_of(&m, 1);
	assert_string_equal(machine_all(&m, "proc.aname"), "");
	machine_free(&m);
}

static void the_environment_of_ancestors_has_rules_of_its_own(void **state)
{
	struct machine m = with_lineage();

	(void)state;
	event_of(&m, 40);
	CHECK(m, { "proc.aenv", "LANG=own" }, { "proc.aenv[0]", "LANG=own" },
	      { "proc.aenv[1]", "" }, { "proc.aenv[2]", "LEVEL=2 LANG=C" },
	      { "proc.aenv[3]", "LEVEL=1" }, { "proc.aenv[4]", "(absent)" },
	      { "proc.aenv[LANG]", "C" }, { "proc.aenv[LEVEL]", "2" }, { "proc.aenv[NONE]", "" });
	assert_string_equal(machine_all(&m, "proc.aenv"), "||LEVEL=1");
	assert_string_equal(machine_all(&m, "proc.aenv[1]"), "||LEVEL=1");
	assert_string_equal(machine_all(&m, "proc.aenv[LEVEL]"), "2");
	machine_free(&m);
}

static void a_loop_of_parents_ends(void **state)
{
	struct machine m = machine_new();

	(void)state;
	machine_process(&m, &(struct proc){ .pid = 5, .ptid = 6, .comm = "five", .sid = 5 });
	machine_process(&m, &(struct proc){ .pid = 6, .ptid = 7, .comm = "six" });
	machine_process(&m, &(struct proc){ .pid = 7, .ptid = 5, .comm = "sevensh" });
	machine_process(&m, &(struct proc){ .pid = 8, .ptid = 8, .comm = "self" });
	event_of(&m, 5);
	machine_field(&m, "proc.aname");
	machine_field(&m, "proc.sname");
	CHECK(m, { "proc.loginshellid", "7" });
	assert_true(strlen(machine_all(&m, "proc.aname")) < 100);
	machine_field(&m, "proc.aname[500]");
	event_of(&m, 8);
	machine_field(&m, "proc.aname");
	machine_field(&m, "proc.aenv[X]");
	assert_true(strlen(machine_all(&m, "proc.aname")) < 100);
	machine_free(&m);
}

static void a_lineage_longer_than_the_limit_is_cut(void **state)
{
	struct machine m = machine_new();
	const struct field_ref ref = { .id = FIELD_PROC_APID, .type = TYPE_INT64 };
	struct val v[LIMIT_ANCESTORS + 8];

	(void)state;
	for (int64_t pid = 1; pid <= LIMIT_ANCESTORS + 100; pid++)
		machine_process(&m, &(struct proc){ .pid = pid, .ptid = pid - 1, .comm = "p" });
	event_of(&m, LIMIT_ANCESTORS + 100);
	assert_int_equal(field_get_all(&ref, &m.ctx, v, ARRAY_SIZE(v)), LIMIT_ANCESTORS);
	assert_int_equal(v[0].i, LIMIT_ANCESTORS + 99);
	assert_int_equal(field_get_all(&ref, &m.ctx, v, 3), 3);
	CHECK(m, { "proc.apid[512]", "100" }, { "proc.apid[513]", "(absent)" });
	machine_free(&m);
}

static void starts(struct machine *m, int64_t tid, int64_t pid, const char *comm, int64_t flags)
{
	machine_event(m, EVENT_CLONE_20_X, tid,
		      PARTS([CLONE_20_X_RES] = NUM(0), [CLONE_20_X_EXE] = TEXT("curl"),
			    [CLONE_20_X_TID] = NUM(tid), [CLONE_20_X_PID] = NUM(pid),
			    [CLONE_20_X_PTID] = NUM(1), [CLONE_20_X_COMM] = TEXT(comm),
			    [CLONE_20_X_FLAGS] = NUM(flags), [CLONE_20_X_VTID] = NUM(tid),
			    [CLONE_20_X_VPID] = NUM(pid)));
}

static void what_is_remembered_of_a_thread_ends_when_its_leader_comes(void **state)
{
	struct machine m = machine_new();
	uint32_t own, ancestry;

	(void)state;
	machine_process(&m, &(struct proc){ .pid = 1, .comm = "init" });
	starts(&m, 43, 42, "worker", CL_CLONE_THREAD | CL_CLONE_FILES | CL_CLONE_VM);
	own = m.who.thread->generation;
	ancestry = state_generation(m.state, STATE_ANCESTRY);
	starts(&m, 42, 42, "leader", 0);
	event_of(&m, 43);
	CHECK(m, { "proc.name", "worker" }, { "proc.aname[0]", "leader" });
	assert_int_not_equal(m.who.thread->generation, own);
	assert_int_not_equal(state_generation(m.state, STATE_ANCESTRY), ancestry);
	machine_free(&m);
}

static void the_login_shell_is_the_eldest_one(void **state)
{
	struct machine m = machine_new();

	(void)state;
	machine_process(&m, &(struct proc){ .pid = 1, .comm = "init" });
	machine_process(&m, &(struct proc){ .pid = 2, .ptid = 1, .comm = "bash" });
	machine_process(&m, &(struct proc){ .pid = 3, .ptid = 2, .comm = "vim" });
	machine_process(&m, &(struct proc){ .pid = 4, .ptid = 3, .comm = "sh" });
	machine_process(&m, &(struct proc){ .pid = 5, .ptid = 1, .comm = "shutdown" });
	event_of(&m, 4);
	CHECK(m, { "proc.loginshellid", "2" });
	event_of(&m, 2);
	CHECK(m, { "proc.loginshellid", "2" });
	event_of(&m, 5);
	CHECK(m, { "proc.loginshellid", "(absent)" });
	machine_free(&m);
}

static void leaders_are_named_or_empty(void **state)
{
	struct machine m = with_lineage();

	(void)state;
	event_of(&m, 40);
	CHECK(m, { "proc.sname", "bash" }, { "proc.sid.exe", "-bash" },
	      { "proc.sid.exepath", "/bin/bash" }, { "proc.vpgid.name", "" },
	      { "proc.pgid.exe", "" }, { "proc.pgid.name", "" });
	event_of(&m, 1);
	CHECK(m, { "proc.sname", "" }, { "proc.sid.exe", "" });
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_count_from_the_own_process),
		cmocka_unit_test(the_parent_is_the_process_that_forked),
		cmocka_unit_test(without_a_level_outputs_show_all_ancestors),
		cmocka_unit_test(filters_look_at_every_ancestor_but_not_at_the_process),
		cmocka_unit_test(the_environment_of_ancestors_has_rules_of_its_own),
		cmocka_unit_test(a_loop_of_parents_ends),
		cmocka_unit_test(a_lineage_longer_than_the_limit_is_cut),
		cmocka_unit_test(what_is_remembered_of_a_thread_ends_when_its_leader_comes),
		cmocka_unit_test(the_login_shell_is_the_eldest_one),
		cmocka_unit_test(leaders_are_named_or_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
