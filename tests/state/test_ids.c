/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <string.h>

static struct machine with_shell(void)
{
	struct machine m = machine_new(NULL);

	list_usual(&m);
	SEND(&m, GETUID_X, 100, INT(1000));
	return m;
}

static void identity_follows_successful_calls(void **state)
{
	struct machine m = with_shell();
	const struct thread *t = thread_of(&m, 100);

	(void)state;
	SEND(&m, SETUID_X, 100, INT(0), INT(5));
	assert_int_equal(t->uid, 5);
	SEND(&m, SETUID_X, 100, INT(-1), INT(6));
	assert_int_equal(t->uid, 5);
	SEND(&m, SETREUID_X, 100, INT(0), INT(1), INT(7));
	assert_int_equal(t->uid, 7);
	SEND(&m, SETRESUID_X, 100, INT(0), INT(1), INT(8), INT(2));
	assert_int_equal(t->uid, 8);
	SEND(&m, SETGID_X, 100, INT(0), INT(15));
	assert_int_equal(t->gid, 15);
	SEND(&m, SETREGID_X, 100, INT(0), INT(1), INT(17));
	assert_int_equal(t->gid, 17);
	SEND(&m, SETRESGID_X, 100, INT(0), INT(1), INT(18), INT(2));
	assert_int_equal(t->gid, 18);
	SEND(&m, CAPSET_X, 100, INT(0), INT(1), INT(2), INT(4));
	assert_int_equal(t->cap_inheritable, 1);
	assert_int_equal(t->cap_permitted, 2);
	assert_int_equal(t->cap_effective, 4);
	SEND(&m, UNSHARE_X, 100, INT(0), INT(CL_CLONE_NEWUSER));
	assert_int_equal(t->cap_effective, (UINT64_C(1) << 41) - 1);
	machine_free(&m);
}

static void a_set_name_is_kept_beside_the_first(void **state)
{
	struct machine m = with_shell();
	const struct thread *t = thread_of(&m, 100);

	(void)state;
	SEND(&m, PRCTL_X, 100, INT(0), INT(PRCTL_OPTIONS_PR_SET_NAME), TEXT("a-rather-long-name"),
	     INT(0));
	assert_text(t->comm->text, "bash");
	assert_text(t->comm_now->text, "a-rather-long-n");
	send_exec(&m, &(struct run){ .tid = 100, .ptid = 1, .comm = "ls" });
	assert_text(t->comm->text, "ls");
	assert_null(t->comm_now);
	machine_free(&m);
}

static void sessions_and_groups_follow_the_calls(void **state)
{
	static const struct {
		const char *what;
		int64_t in, pid, pgid, of, vpgid, host;
	} cases[] = {
		{ "itself, a group of its own", 200, 0, 0, 200, 200, 200 },
		{ "by its own id", 200, 200, 0, 200, 200, 200 },
		{ "the shell puts its child into a group", 100, 200, 200, 200, 200, 200 },
		{ "into the group of another", 200, 0, 100, 200, 100, 100 },
		{ "in a namespace", 300, 0, 0, 300, 7, 300 },
		{ "a child in a namespace", 300, 8, 8, 301, 8, 301 },
		{ "the group of a parent in a namespace", 301, 0, 7, 301, 7, 300 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_shell();
		const struct thread *t;

		print_message("  %s\n", cases[i].what);
		fork_child(&m, 100, 200, 0);
		send_birth(&m, &(struct birth){ .in = 300, .ptid = 100, .vtid = 7, .vpid = 7 });
		SEND(&m, SETPGID_X, 300, INT(0), INT(0), INT(0));
		send_birth(&m, &(struct birth){ .in = 301, .ptid = 300, .vtid = 8, .vpid = 8 });
		SEND(&m, SETPGID_X, cases[i].in, INT(0), INT(cases[i].pid), INT(cases[i].pgid));
		t = thread_of(&m, cases[i].of);
		assert_int_equal(t->vpgid, cases[i].vpgid);
		assert_int_equal(t->pgid, cases[i].host);
		machine_free(&m);
	}
}

static void a_new_session_is_one_of_the_process(void **state)
{
	struct machine m = with_shell();

	(void)state;
	fork_child(&m, 100, 200, 0);
	start_thread(&m, 200, 100, 201);
	SEND(&m, SETSID_X, 200, INT(-1));
	assert_int_equal(thread_of(&m, 200)->sid, 100);
	SEND(&m, SETSID_X, 201, INT(200));
	for (int64_t tid = 200; tid <= 201; tid++) {
		assert_int_equal(thread_of(&m, tid)->sid, 200);
		assert_int_equal(thread_of(&m, tid)->vpgid, 200);
		assert_int_equal(thread_of(&m, tid)->pgid, 200);
	}
	machine_free(&m);
}

static void leaders_are_found(void **state)
{
	struct machine m = with_shell();
	const struct thread *t;

	(void)state;
	send_birth(&m, &(struct birth){ .in = 300,
					.ptid = 100,
					.vtid = 1,
					.vpid = 1,
					.comm = "init",
					.flags = CL_CLONE_NEWPID });
	SEND(&m, SETSID_X, 300, INT(1));
	send_birth(&m, &(struct birth){ .in = 301, .ptid = 300, .vtid = 2, .vpid = 2 });
	t = thread_of(&m, 301);
	/* 1 is init of the namespace, not of the host. */
	assert_ptr_equal(state_lead(m.s, t, LEAD_SESSION), thread_of(&m, 300));
	assert_ptr_equal(state_lead(m.s, t, LEAD_VPGROUP), thread_of(&m, 300));
	assert_ptr_equal(state_lead(m.s, t, LEAD_PGROUP), thread_of(&m, 300));
	fork_child(&m, 100, 200, 0);
	assert_ptr_equal(state_lead(m.s, thread_of(&m, 200), LEAD_SESSION), thread_of(&m, 100));
	machine_free(&m);
}

static void the_descriptor_limit_is_the_processs(void **state)
{
	struct machine m = with_shell();

	(void)state;
	start_thread(&m, 100, 1, 101);
	SEND(&m, SETRLIMIT_X, 101, INT(0), INT(64), INT(128), INT(RLIMIT_RESOURCES_RLIMIT_NOFILE));
	assert_int_equal(thread_of(&m, 100)->fdlimit, 64);
	SEND(&m, SETRLIMIT_X, 101, INT(0), INT(65), INT(128), INT(RLIMIT_RESOURCES_RLIMIT_RTTIME));
	assert_int_equal(thread_of(&m, 100)->fdlimit, 64);
	SEND(&m, PRLIMIT_X, 1, INT(0), INT(70), INT(70), INT(64), INT(64), INT(101),
	     INT(RLIMIT_RESOURCES_RLIMIT_NOFILE));
	assert_int_equal(thread_of(&m, 100)->fdlimit, 70);
	SEND(&m, PRLIMIT_X, 101, INT(0), INT(-1), INT(-1), INT(70), INT(70), INT(0),
	     INT(RLIMIT_RESOURCES_RLIMIT_NOFILE));
	assert_int_equal(thread_of(&m, 100)->fdlimit, 70);
	machine_free(&m);
}

static void counters_follow_the_events(void **state)
{
	struct machine m = with_shell();
	const struct thread *t;

	(void)state;
	start_thread(&m, 100, 1, 101);
	SEND(&m, SCHEDSWITCH_6_E, 101, INT(0), INT(11), INT(12), INT(13), INT(14), INT(15));
	t = thread_of(&m, 101);
	assert_int_equal(t->pfmajor, 11);
	assert_int_equal(t->pfminor, 12);
	assert_int_equal(thread_of(&m, 100)->vmsize_kb, 13);
	assert_int_equal(thread_of(&m, 100)->vmswap_kb, 15);
	assert_int_equal(t->slice_ns, 0);
	SEND(&m, SCHEDSWITCH_6_E, 101, INT(0), NONE, NONE, NONE, NONE, NONE);
	assert_int_equal(t->slice_ns, 1000);
	assert_int_equal(t->pfmajor, 11);
	SEND(&m, BRK_4_X, 101, INT(0), INT(23), INT(24), INT(25), INT(0));
	assert_int_equal(t->vmsize_kb, 23);
	assert_int_equal(t->vmrss_kb, 24);
	SEND(&m, PROCINFO_E, 101, INT(1000), INT(10));
	assert_true(t->cpu_user < 0.5 && t->cpu_user >= 0);
	SEND(&m, PROCINFO_E, 101, INT(1030), INT(500));
	assert_int_equal((int)t->cpu_user, 30);
	assert_int_equal((int)t->cpu_system, 100);
	assert_int_equal((int)t->cpu_total, 100);
	machine_free(&m);
}

/* What a memo depends on changes exactly when the fact does. */
static void generations_say_what_changed(void **state)
{
	enum { OWN = 1, ANCESTRY = 2, LEADERS = 4 };
	static const struct {
		const char *what;
		unsigned type;
		struct arg args[4];
		size_t nargs;
		unsigned changes;
	} cases[] = {
		{ "a read", EVENT_READ_X, { INT(1), BYTES("x"), INT(0), INT(1) }, 4, 0 },
		{ "memory", EVENT_MUNMAP_X, { INT(0), INT(5), INT(6), INT(7) }, 4, 0 },
		{ "a pipe", EVENT_PIPE_X, { INT(0), INT(8), INT(9), INT(1) }, 4, 0 },
		{ "a failed setuid", EVENT_SETUID_X, { INT(-1), INT(5) }, 2, 0 },
		{ "setuid", EVENT_SETUID_X, { INT(0), INT(5) }, 2, OWN },
		{ "setuid to the same", EVENT_SETUID_X, { INT(0), INT(1000) }, 2, 0 },
		{ "chdir", EVENT_CHDIR_X, { INT(0), BYTES("/tmp\0") }, 2, OWN },
		{ "chdir to the same", EVENT_CHDIR_X, { INT(0), BYTES("/home/u\0") }, 2, 0 },
		{ "capset", EVENT_CAPSET_X, { INT(0), INT(1), INT(1), INT(1) }, 4, OWN },
		{ "setsid", EVENT_SETSID_X, { INT(200) }, 1, OWN | LEADERS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_shell();
		uint32_t own, ancestry, leaders;

		print_message("  %s\n", cases[i].what);
		fork_child(&m, 100, 200, 0);
		own = thread_of(&m, 200)->generation;
		ancestry = state_generation(m.s, STATE_ANCESTRY);
		leaders = state_generation(m.s, STATE_LEADERS);
		send_event(&m, cases[i].type, 200, cases[i].args, cases[i].nargs);
		assert_int_equal(thread_of(&m, 200)->generation != own, !!(cases[i].changes & OWN));
		assert_int_equal(state_generation(m.s, STATE_ANCESTRY) != ancestry,
				 !!(cases[i].changes & ANCESTRY));
		assert_int_equal(state_generation(m.s, STATE_LEADERS) != leaders,
				 !!(cases[i].changes & LEADERS));
		machine_free(&m);
	}
}

static void relatives_learn_of_exec_and_exit(void **state)
{
	struct machine m = with_shell();
	uint32_t ancestry, leaders;

	(void)state;
	fork_child(&m, 100, 200, 0);
	fork_child(&m, 200, 300, 0);
	ancestry = state_generation(m.s, STATE_ANCESTRY);
	leaders = state_generation(m.s, STATE_LEADERS);
	/* Nobody's parent, nobody's leader. */
	send_exec(&m, &(struct run){ .tid = 300, .ptid = 200, .vpgid = 100 });
	assert_int_equal(state_generation(m.s, STATE_ANCESTRY), ancestry);
	send_exec(&m, &(struct run){ .tid = 200, .ptid = 100 });
	assert_int_not_equal(state_generation(m.s, STATE_ANCESTRY), ancestry);
	assert_int_not_equal(state_generation(m.s, STATE_LEADERS), leaders);
	ancestry = state_generation(m.s, STATE_ANCESTRY);
	send_exit(&m, 300, 0);
	assert_int_equal(state_generation(m.s, STATE_ANCESTRY), ancestry);
	fork_child(&m, 200, 301, 0);
	send_exit(&m, 200, 0);
	assert_int_not_equal(state_generation(m.s, STATE_ANCESTRY), ancestry);
	ancestry = state_generation(m.s, STATE_ANCESTRY);
	state_touch(m.s, STATE_CONTAINERS);
	assert_int_equal(state_generation(m.s, STATE_ANCESTRY), ancestry);
	machine_free(&m);
}

static void a_shared_place_changes_for_all(void **state)
{
	struct machine m = with_shell();
	uint32_t thread, process, other;

	(void)state;
	start_thread(&m, 100, 1, 101);
	fork_child(&m, 100, 200, CL_CLONE_FS);
	fork_child(&m, 100, 201, 0);
	thread = thread_of(&m, 101)->generation;
	process = thread_of(&m, 200)->generation;
	other = thread_of(&m, 201)->generation;
	SEND(&m, CHDIR_X, 100, INT(0), TEXT("/tmp"));
	assert_int_not_equal(thread_of(&m, 101)->generation, thread);
	assert_int_not_equal(thread_of(&m, 200)->generation, process);
	assert_int_equal(thread_of(&m, 201)->generation, other);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identity_follows_successful_calls),
		cmocka_unit_test(a_set_name_is_kept_beside_the_first),
		cmocka_unit_test(sessions_and_groups_follow_the_calls),
		cmocka_unit_test(a_new_session_is_one_of_the_process),
		cmocka_unit_test(leaders_are_found),
		cmocka_unit_test(the_descriptor_limit_is_the_processs),
		cmocka_unit_test(counters_follow_the_events),
		cmocka_unit_test(generations_say_what_changed),
		cmocka_unit_test(relatives_learn_of_exec_and_exit),
		cmocka_unit_test(a_shared_place_changes_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
