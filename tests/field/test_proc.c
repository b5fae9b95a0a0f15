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

static struct machine with_shell(void)
{
	struct machine m = machine_new();

	machine_process(&m, &(struct proc){ .pid = 700,
					    .ptid = 1,
					    .sid = 700,
					    .vpgid = 701,
					    .pgid = 700,
					    .vtid = 700,
					    .vpid = 700,
					    .comm = "bash",
					    .exe = "-bash",
					    .exepath = "/usr/bin/bash",
					    .args = "-c echo  x",
					    .env = "HOME=/root PATH=/bin EMPTY= HOMES=2",
					    .cwd = "/root",
					    .cgroup = "/user.slice",
					    .tty = 34816,
					    .fdlimit = 200,
					    .cap_effective = 1 << 0 | 1 << 5 | UINT64_C(1) << 63 });
	return m;
}

static void names_and_arguments_come_from_the_image(void **state)
{
	struct machine m = with_shell();

	(void)state;
	event_of(&m, 700);
	CHECK(m, { "proc.name", "bash" }, { "proc.exe", "-bash" },
	      { "proc.exepath", "/usr/bin/bash" }, { "proc.args", "-c echo  x" },
	      { "proc.cmdline", "bash -c echo  x" }, { "proc.exeline", "-bash -c echo  x" },
	      { "proc.args[0]", "-c" }, { "proc.args[2]", "" }, { "proc.args[3]", "x" },
	      { "proc.args[4]", "" }, { "proc.args[4294967295]", "" }, { "proc.cmdnargs", "4" },
	      { "proc.cmdlenargs", "7" }, { "proc.cwd", "/root/" });
	machine_free(&m);
}

static void a_process_without_arguments_has_no_blank_behind_its_name(void **state)
{
	struct machine m = machine_new();

	(void)state;
	machine_process(&m, &(struct proc){ .pid = 2, .comm = "kthreadd", .exe = "kthreadd" });
	event_of(&m, 2);
	CHECK(m, { "proc.cmdline", "kthreadd" }, { "proc.exeline", "kthreadd " },
	      { "proc.args", "" }, { "proc.args[0]", "" }, { "proc.cmdnargs", "0" },
	      { "proc.cmdlenargs", "0" }, { "proc.exepath", "" }, { "proc.env", "" },
	      { "proc.env[HOME]", "" }, { "thread.cgroups", "(absent)" },
	      { "thread.cgroup.cpu", "(absent)" }, { "thread.vtid", "(absent)" },
	      { "proc.vpid", "(absent)" }, { "proc.duration", "(absent)" },
	      { "proc.pid.ts", "(absent)" }, { "proc.exe_ino", "(absent)" },
	      { "proc.pidns_init_start_ts", "(absent)" },
	      { "proc.exe_ino.ctime_duration_proc_start", "(absent)" },
	      { "proc.stdin.type", "(absent)" }, { "proc.stdin.name", "(absent)" },
	      { "proc.pname", "(absent)" }, { "proc.ppid", "(absent)" },
	      { "proc.pvpid", "(absent)" });
	machine_free(&m);
}

static void environment_variables_are_found_by_their_whole_name(void **state)
{
	struct machine m = with_shell();

	(void)state;
	event_of(&m, 700);
	CHECK(m, { "proc.env", "HOME=/root PATH=/bin EMPTY= HOMES=2" },
	      { "proc.env[HOME]", "/root" }, { "proc.env[HOMES]", "2" }, { "proc.env[HOM]", "" },
	      { "proc.env[EMPTY]", "" }, { "proc.env[NONE]", "" }, { "proc.env[PATH]", "/bin" });
	machine_free(&m);
}

static void blanks_around_a_variable_are_not_part_of_it(void **state)
{
	static const char env[] = "A=  two words \0B=   \0C=x";
	struct machine m = with_shell();

	(void)state;
	machine_event(&m, EVENT_EXECVE_19_X, 700,
		      PARTS([EXECVE_19_X_RES] = NUM(0), [EXECVE_19_X_EXE] = TEXT("e"),
			    [EXECVE_19_X_TID] = NUM(700), [EXECVE_19_X_PID] = NUM(700),
			    [EXECVE_19_X_PTID] = NUM(1), [EXECVE_19_X_CWD] = TEXT("/"),
			    [EXECVE_19_X_COMM] = TEXT("e"), [EXECVE_19_X_ENV] = BYTES(env)));
	CHECK(m, { "proc.env[A]", "two words" }, { "proc.env[B]", "" }, { "proc.env[C]", "x" });
	machine_free(&m);
}

static void ids_and_roles_are_told(void **state)
{
	struct machine m = with_shell();

	(void)state;
	event_of(&m, 700);
	CHECK(m, { "proc.pid", "700" }, { "thread.tid", "700" }, { "proc.vpid", "700" },
	      { "thread.vtid", "700" }, { "proc.sid", "700" }, { "proc.vpgid", "701" },
	      { "proc.pgid", "700" }, { "proc.tty", "34816" }, { "thread.ismain", "true" },
	      { "proc.is_sid_leader", "true" }, { "proc.is_vpgid_leader", "false" },
	      { "proc.is_pgid_leader", "true" }, { "thread.nametid", "bash700" },
	      { "thread.cap_effective", "CAP_CHOWN CAP_KILL" }, { "thread.cap_permitted", "" },
	      { "proc.nthreads", "1" }, { "proc.nchilds", "0" },
	      { "thread.cgroups", "cpu=/user.slice" }, { "thread.cgroup.cpu", "/user.slice" },
	      { "thread.cgroup.cp", "(absent)" }, { "thread.cgroup.memory", "(absent)" });
	machine_free(&m);
}

static void an_unknown_thread_has_no_process_fields(void **state)
{
	struct machine m = machine_new();

	(void)state;
	machine_event(&m, EVENT_SCHEDSWITCH_6_E, 0, PARTS([SCHEDSWITCH_6_E_NEXT] = NUM(0)));
	assert_null(m.who.thread);
	CHECK(m, { "proc.name", "(absent)" }, { "proc.pid", "(absent)" },
	      { "proc.cmdline", "(absent)" }, { "proc.aname[0]", "(absent)" },
	      { "proc.aname", "(absent)" }, { "proc.aenv", "(absent)" },
	      { "proc.sname", "(absent)" }, { "proc.fdlimit", "(absent)" },
	      { "proc.fdusage", "(absent)" }, { "proc.fdopencount", "(absent)" },
	      { "proc.nthreads", "(absent)" }, { "user.name", "(absent)" },
	      { "group.gid", "(absent)" }, { "container.id", "(absent)" },
	      { "container.name", "(absent)" }, { "fd.num", "(absent)" }, { "fd.name", "(absent)" },
	      { "thread.tid", "0" }, { "thread.exectime", "0" },
	      { "thread.totexectime", "(absent)" }, { "thread.cap_effective", "(absent)" },
	      { "thread.cgroups", "(absent)" }, { "thread.vmsize", "(absent)" },
	      { "proc.loginshellid", "(absent)" });
	machine_free(&m);
}

static void durations_count_from_the_clone(void **state)
{
	struct machine m = machine_new();

	(void)state;
	machine_process(&m, &(struct proc){ .pid = 10, .comm = "a", .start = 200 });
	machine_process(
		&m, &(struct proc){
			    .pid = 11, .ptid = 10, .comm = "b", .start = 500, .pidns_start = 90 });
	machine_process(&m, &(struct proc){ .pid = 12, .ptid = 13, .comm = "c" });
	machine_process(&m, &(struct proc){ .pid = 13, .comm = "d" });
	m.clock = 10000;
	event_of(&m, 11);
	CHECK(m, { "proc.duration", "9500" }, { "proc.pid.ts", "500" },
	      { "proc.ppid.duration", "9800" }, { "proc.ppid.ts", "200" },
	      { "proc.pidns_init_start_ts", "90" }, { "container.start_ts", "90" },
	      { "container.duration", "9910" });
	event_of(&m, 12);
	CHECK(m, { "proc.duration", "(absent)" }, { "proc.ppid.duration", "(absent)" },
	      { "proc.ppid.ts", "0" }, { "container.start_ts", "(absent)" });
	machine_free(&m);
}

static void descriptors_are_counted_for_the_whole_process(void **state)
{
	struct machine m = with_shell();

	(void)state;
	for (int64_t fd = 0; fd < 5; fd++)
		machine_event(&m, EVENT_FD_ENTRY, 700,
			      PARTS([FD_ENTRY_FD] = NUM(fd), [FD_ENTRY_FD_TYPE] = NUM(FD_FILE_V2),
				    [FD_ENTRY_NAME] = TEXT("/dev/null")));
	machine_process(&m, &(struct proc){ .tid = 702, .pid = 700, .ptid = 1, .comm = "worker" });
	event_of(&m, 702);
	CHECK(m, { "proc.name", "worker" }, { "proc.fdopencount", "5" }, { "proc.fdlimit", "200" },
	      { "proc.fdusage", "2.5" }, { "proc.nthreads", "2" }, { "proc.nchilds", "1" },
	      { "thread.ismain", "false" }, { "proc.stdin.type", "file" },
	      { "proc.stdout.name", "/dev/null" }, { "proc.stderr.type", "file" });
	machine_free(&m);
}

static void memory_is_the_leaders(void **state)
{
	struct machine m = machine_new();

	(void)state;
	machine_process(&m, &(struct proc){ .pid = 50, .comm = "a" });
	machine_process(&m, &(struct proc){ .tid = 51, .pid = 50, .comm = "a" });
	for (int64_t tid = 51; tid >= 50; tid--)
		machine_event(&m, EVENT_SCHEDSWITCH_6_E, tid,
			      PARTS([SCHEDSWITCH_6_E_NEXT] = NUM(0),
				    [SCHEDSWITCH_6_E_PGFT_MAJ] = NUM(tid),
				    [SCHEDSWITCH_6_E_PGFT_MIN] = NUM(4),
				    [SCHEDSWITCH_6_E_VM_SIZE] = NUM(3000000),
				    [SCHEDSWITCH_6_E_VM_RSS] = NUM(2000),
				    [SCHEDSWITCH_6_E_VM_SWAP] = NUM(5)));
	CHECK(m, { "proc.vmsize", "3000000" }, { "proc.vmrss", "2000" }, { "proc.vmswap", "5" },
	      { "thread.pfmajor", "50" }, { "thread.pfminor", "4" }, { "thread.vmsize", "3000000" },
	      { "thread.vmsize.b", "3072000000" }, { "thread.vmrss.b", "2048000" });
	event_of(&m, 51);
	CHECK(m, { "thread.pfmajor", "51" }, { "thread.vmsize", "0" }, { "thread.vmrss", "0" },
	      { "thread.vmsize.b", "0" }, { "thread.vmrss.b", "0" });
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_arguments_come_from_the_image),
		cmocka_unit_test(a_process_without_arguments_has_no_blank_behind_its_name),
		cmocka_unit_test(environment_variables_are_found_by_their_whole_name),
		cmocka_unit_test(blanks_around_a_variable_are_not_part_of_it),
		cmocka_unit_test(ids_and_roles_are_told),
		cmocka_unit_test(an_unknown_thread_has_no_process_fields),
		cmocka_unit_test(durations_count_from_the_clone),
		cmocka_unit_test(descriptors_are_counted_for_the_whole_process),
		cmocka_unit_test(memory_is_the_leaders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
