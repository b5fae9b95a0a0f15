/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* What is remembered of threads from one event to the next. */

static const struct program_options all = { .mode = MATCH_ALL, .check_memory = true };

static bool run(struct programs *p, const struct scene *s)
{
	struct matches hits;

	programs_run(p, &s->ctx, &hits);
	return hits.n == 1;
}

static struct programs *make(struct compiled *c, const struct program_options *options)
{
	struct program_rule rule = { c->expr, pool_event_types(c->pool, c->expr) };

	assert_int_not_equal(c->expr, EXPR_NONE);
	return programs_compile_with(c->arena, c->pool, &rule, 1, options);
}

static struct program_stats stats_of(const struct programs *p)
{
	struct program_stats s;

	program_stats(p, &s);
	return s;
}

#define LIST(tid, rest)                                                                            \
	"PROC_ENTRY " #tid " pid=" #tid " vtid=" #tid " vpid=" #tid " root=/ cwd=/ fdlimit=9 " rest
#define ASK "BRK_4_X 40 res=1 vm_size=100 vm_rss=50 vm_swap=0 addr=0"

/*
 * Systemd runs sshd, which runs bash, which runs cat, number 40. In `before` the condition does
 * not hold, after the events it does; both times thread 40 is asked twice, so that the second
 * answer is a remembered one.
 */
static void what_is_remembered_ends_when_its_fact_changes(void **state)
{
	static const struct {
		const char *fact, *condition, *events[4]; /* with a +: before the first question */
	} cases[] = {
		{ "exec",
		  "proc.name = tac and proc.args = -z",
		  { "EXECVE_19_X 40 res=0 exe=tac args=\"-z\\0\" tid=40 pid=40 ptid=30 comm=tac "
		    "filename=/bin/tac" } },
		{ "exec of the parent",
		  "proc.pname = zsh or proc.pname = fish",
		  { "EXECVE_19_X 30 res=0 exe=zsh tid=30 pid=30 ptid=20 comm=zsh" } },
		{ "exec of the grandparent",
		  "proc.aname = telnetd and proc.aname[2] = telnetd",
		  { "EXECVE_19_X 20 res=0 exe=telnetd tid=20 pid=20 ptid=1 comm=telnetd" } },
		{ "setuid", "user.uid = 7 and not user.uid = 8", { "SETUID_X 40 res=0 uid=7" } },
		{ "setgid", "group.gid in (7, 70)", { "SETGID_X 40 res=0 gid=7" } },
		{ "setresuid", "user.uid = 9", { "SETRESUID_X 40 res=0 ruid=9 euid=9 suid=9" } },
		{ "setreuid", "user.uid = 11", { "SETREUID_X 40 res=0 ruid=11 euid=11" } },
		{ "setresgid",
		  "group.gid = 12",
		  { "SETRESGID_X 40 res=0 rgid=12 egid=12 sgid=12" } },
		{ "setregid", "group.gid = 13", { "SETREGID_X 40 res=0 rgid=13 egid=13" } },
		{ "setsid", "proc.sid = 40 and proc.sid != 30", { "SETSID_X 40 res=40" } },
		{ "name of the session's leader",
		  "proc.sname = tmux",
		  { "EXECVE_19_X 30 res=0 exe=tmux tid=30 pid=30 ptid=20 comm=tmux" } },
		{ "setpgid", "proc.vpgid = 30", { "SETPGID_X 40 res=0 pid=40 pgid=30" } },
		{ "chdir", "proc.cwd = /var/", { "CHDIR_X 40 res=0 path=/var" } },
		{ "capset",
		  "thread.cap_effective contains CAP_SYS_ADMIN",
		  { "CAPSET_X 40 res=0 cap_inheritable=0 cap_permitted=2097152 "
		    "cap_effective=2097152" } },
		{ "a user's name",
		  "user.name = alice or user.name = bob",
		  { "USER_ADDED_E 1 uid=1000 gid=1000 name=alice home=/home/alice shell=/bin/sh container_id=0123456789ab" } },
		{ "a group's name",
		  "group.name = staff or group.name = wheel",
		  { "GROUP_ADDED_E 1 gid=1000 name=staff container_id=0123456789ab" } },
		{ "a user who is no more",
		  "user.uid = 1000 and not user.name = alice",
		  { "+"
		    "USER_ADDED_E 1 uid=1000 gid=1000 name=alice home=/home/alice shell=/bin/sh container_id=0123456789ab",
		    "USER_DELETED_E 1 uid=1000 gid=1000 name=alice home=/home/alice shell=/bin/sh container_id=0123456789ab" } },
		{ "a group that is no more",
		  "group.gid = 1000 and not group.name = staff",
		  { "+"
		    "GROUP_ADDED_E 1 gid=1000 name=staff container_id=0123456789ab",
		    "GROUP_DELETED_E 1 gid=1000 name=staff container_id=0123456789ab" } },
		{ "unshare",
		  "thread.cap_effective contains CAP_SYS_ADMIN",
		  { "UNSHARE_X 40 res=0 flags=1048576" } },
		{ "setns",
		  "thread.cap_effective contains CAP_SYS_ADMIN and thread.cap_permitted exists",
		  { "SETNS_X 40 res=0 fd=3 nstype=1048576" } },
		{ "chroot",
		  "proc.cwd = /srv/ and not proc.cwd = /",
		  { "CHROOT_X 40 res=0 path=/srv", "CHDIR_X 40 res=0 path=/srv" } },
		{ "a name of its own, then exec",
		  "proc.name = worker and not proc.name = cat",
		  { "PRCTL_X 40 res=0 option=15 arg2_str=masked arg2_int=0",
		    "EXECVE_19_X 40 res=0 exe=worker tid=40 pid=40 ptid=30 comm=worker" } },
		{ "parent that ends, with one above that takes its children",
		  "proc.pname = sshd and proc.aname[2] = systemd",
		  { "PRCTL_X 20 res=0 option=36 arg2_str=1 arg2_int=1",
		    "PROCEXIT_1_E 30 status=0 ret=0 sig=0 core=0 reaper_tid=20" } },
		{ "number used again without an end",
		  "proc.name = bash and proc.args = -x",
		  { "CLONE_20_X 30 res=40 exe=bash args=\"-x\\0\" tid=30 pid=30 ptid=20 comm=bash vtid=30 vpid=30",
		    "CLONE_20_X 40 res=0 exe=bash args=\"-x\\0\" tid=40 pid=40 ptid=30 comm=bash vtid=40 vpid=40" } },
		{ "parent that ends",
		  "not proc.pname = bash and not proc.pname = sh",
		  { "PROCEXIT_1_E 30 status=0 ret=0 sig=0 core=0 reaper_tid=1" } },
		{ "number used again",
		  "proc.name = new and not proc.aname = bash",
		  { "PROCEXIT_1_E 40 status=0 ret=0 sig=0 core=0 reaper_tid=1",
		    LIST(40, "ptid=1 sid=40 vpgid=40 pgid=40 comm=new exe=new uid=5 gid=5") } },
		{ "container",
		  "container.name = web or container.image.repository = nginx",
		  { "CONTAINER_JSON_2_E 1 json=\"{\\\"container\\\":{\\\"id\\\":\\\"0123456789ab\\\","
		    "\\\"type\\\":7,\\\"name\\\":\\\"web\\\",\\\"image\\\":\\\"nginx:1\\\","
		    "\\\"imagerepo\\\":\\\"nginx\\\"}}\"" } },
		{ "control groups",
		  "container.id = host or container.id = ffffffffffff",
		  { "EXECVE_19_X 40 res=0 exe=x tid=40 pid=40 ptid=30 comm=x "
		    "cgroups=\"cpu=/user.slice\\0\"" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled c = compile(str_from(cases[i].condition));
		struct programs *p = make(&c, &all);
		struct scene s;

		print_message("  %s\n", cases[i].fact);
		scene_init(&s);
		scene_event(&s, LIST(1, "ptid=0 sid=1 vpgid=1 pgid=1 comm=systemd exe=init"));
		scene_event(&s, LIST(20, "ptid=1 sid=20 vpgid=20 pgid=20 comm=sshd exe=sshd"));
		scene_event(&s, LIST(30, "ptid=20 sid=30 vpgid=30 pgid=30 comm=bash exe=bash"));
		scene_event(&s,
			    LIST(40, "ptid=30 sid=30 vpgid=40 pgid=40 comm=cat exe=cat uid=1000 "
				     "gid=1000 cgroups=\"cpu=/docker/"
				     "0123456789abcdef0123456789abcdef0123456789abcdef"
				     "0123456789abcdef\\0\""));
		if (cases[i].events[0][0] == '+')
			scene_event(&s, cases[i].events[0] + 1);
		for (int n = 0; n < 3; n++) {
			scene_event(&s, ASK);
			assert_false(run(p, &s));
		}
		for (size_t k = 0; k < 4 && cases[i].events[k]; k++) {
			if (cases[i].events[k][0] == '+')
				continue;
			scene_event(&s, cases[i].events[k]);
			run(p, &s);
		}
		for (int n = 0; n < 3; n++) {
			scene_event(&s, ASK);
			assert_true(pool_eval(c.pool, c.expr, &s.ctx));
			assert_true(run(p, &s));
		}
		assert_int_equal(stats_of(p).wrong, 0);
		programs_free(p);
		compiled_fini(&c);
		scene_fini(&s);
	}
}

static void answers_are_remembered_until_told_to_forget(void **state)
{
	struct compiled c = compile(STR("proc.name in (a, cat) and not proc.exepath = x"));
	struct programs *p = make(&c, &all);
	struct scenes scenes;
	struct scene *s;

	(void)state;
	scenes_load(&scenes);
	s = scenes_get(&scenes, STR("opened"));
	for (int i = 0; i < 10; i++)
		assert_true(run(p, s));
	assert_int_equal(stats_of(p).recalled, 9);
	assert_true(stats_of(p).bytes > 0);
	programs_forget(p);
	assert_int_equal(stats_of(p).bytes, 0);
	assert_true(run(p, s));
	assert_int_equal(stats_of(p).recalled, 9);
	programs_free(p);
	compiled_fini(&c);
	scenes_fini(&scenes);
}

static void threads_of_another_machine_are_others(void **state)
{
	struct compiled c = compile(STR("proc.name in (a, cat) and not proc.pname = x"));
	struct programs *p = make(&c, &all);
	struct scenes scenes;

	(void)state;
	scenes_load(&scenes);
	for (int i = 0; i < 4; i++) {
		assert_true(run(p, scenes_get(&scenes, STR("opened"))));
		assert_false(run(p, scenes_get(&scenes, STR("connected"))));
	}
	assert_int_equal(stats_of(p).recalled, 0);
	assert_int_equal(stats_of(p).wrong, 0);
	programs_free(p);
	compiled_fini(&c);
	scenes_fini(&scenes);
}

/* Rules that are loaded anew know nothing of what others found out about a thread. */
static void a_reload_starts_with_nothing_remembered(void **state)
{
	static const char *const conditions[] = {
		"proc.name in (a, cat) and not proc.exepath = x",
		"not proc.name in (a, cat) and not proc.exepath = x",
		"proc.exepath = x or proc.name in (b, cat)",
	};
	struct scenes scenes;
	struct scene *s;

	(void)state;
	scenes_load(&scenes);
	s = scenes_get(&scenes, STR("opened"));
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		struct compiled c = compile(str_from(conditions[i]));
		struct programs *p = make(&c, &all);

		assert_int_equal(run(p, s), pool_eval(c.pool, c.expr, &s->ctx));
		assert_int_equal(stats_of(p).recalled, 0);
		assert_int_equal(run(p, s), pool_eval(c.pool, c.expr, &s->ctx));
		assert_int_equal(stats_of(p).recalled, 1);
		programs_free(p);
		compiled_fini(&c);
	}
	scenes_fini(&scenes);
}

static void without_memory_nothing_is_remembered_and_that_is_counted(void **state)
{
	const struct program_options poor = { .mode = MATCH_ALL, .memory = 1 };
	struct compiled c = compile(STR("proc.name in (a, cat) and not proc.pname = x"));
	struct programs *p = make(&c, &poor);
	struct scenes scenes;

	(void)state;
	scenes_load(&scenes);
	for (int i = 0; i < 10; i++)
		assert_true(run(p, scenes_get(&scenes, STR("opened"))));
	assert_int_equal(stats_of(p).recalled, 0);
	assert_int_equal(stats_of(p).refused, 10);
	programs_free(p);
	compiled_fini(&c);
	scenes_fini(&scenes);
}

/* Of what depends on the event, its descriptor or the clock, nothing is remembered. */
static void what_changes_by_itself_is_never_remembered(void **state)
{
	static const char *const conditions[] = {
		"fd.name = /etc/ld.so.cache and evt.num > 0",
		"proc.duration >= 0 and proc.duration < 100000000000000000",
		"proc.nthreads = 1 and proc.fdopencount >= 0",
		"proc.cwd startswith / and evt.type = open",
		"evt.arg.name startswith / and fd.num = 3",
	};
	struct scenes scenes;

	(void)state;
	scenes_load(&scenes);
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		struct compiled c = compile(str_from(conditions[i]));
		struct programs *p = make(&c, &all);

		for (int n = 0; n < 4; n++)
			run(p, scenes_get(&scenes, STR("opened")));
		assert_int_equal(stats_of(p).recalled, 0);
		programs_free(p);
		compiled_fini(&c);
	}
	scenes_fini(&scenes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_remembered_ends_when_its_fact_changes),
		cmocka_unit_test(answers_are_remembered_until_told_to_forget),
		cmocka_unit_test(threads_of_another_machine_are_others),
		cmocka_unit_test(a_reload_starts_with_nothing_remembered),
		cmocka_unit_test(without_memory_nothing_is_remembered_and_that_is_counted),
		cmocka_unit_test(what_changes_by_itself_is_never_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
