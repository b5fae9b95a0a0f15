/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void the_dead_stay_until_retired(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	m.retire_later = true;
	send_exit(&m, 200, 0);
	assert_ptr_equal(m.who.thread, state_thread(m.s, 200));
	assert_true(m.who.thread->exited);
	assert_int_equal(m.who.thread->group->alive, 0);
	assert_text(fd_name(&m, 200, 0), "/dev/tty1");
	state_retire(m.s, &m.ev);
	assert_null(state_thread(m.s, 200));
	machine_free(&m);
}

static void orphans_go_to_a_reaper(void **state)
{
	static const struct {
		const char *what;
		int64_t told;     /* by the kernel */
		bool subreaper;   /* the shell asked for it */
		bool has_thread;  /* the dying process has another thread */
		bool other_pidns; /* the dying process is in a pid namespace */
		int64_t expected;
	} cases[] = {
		{ "the one the kernel names", 50, true, false, false, 50 },
		{ "init", 0, false, false, false, 1 },
		{ "the kernel does not know", -1, false, false, false, 1 },
		{ "one that is not there", 4444, false, false, false, 1 },
		{ "a subreaper", 0, true, false, false, 100 },
		{ "another thread of the process", 0, true, true, false, 201 },
		{ "nobody across namespaces", 0, true, false, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_new(NULL);

		print_message("  %s\n", cases[i].what);
		list_usual(&m);
		list_process(&m, &(struct listed){ .tid = 50, .ptid = 1 });
		if (cases[i].subreaper)
			SEND(&m, PRCTL_X, 100, INT(0), INT(PRCTL_OPTIONS_PR_SET_CHILD_SUBREAPER),
			     NONE, INT(1));
		send_birth(&m, &(struct birth){ .in = 200,
						.ptid = 100,
						.vtid = cases[i].other_pidns ? 7 : 200,
						.vpid = cases[i].other_pidns ? 7 : 200 });
		if (cases[i].has_thread)
			start_thread(&m, 200, 100, 201);
		fork_child(&m, 200, 300, 0);
		assert_int_equal(thread_of(&m, 300)->ptid, 200);
		send_exit(&m, 200, cases[i].told);
		assert_int_equal(thread_of(&m, 300)->ptid, cases[i].expected);
		machine_free(&m);
	}
}

static void a_dead_leader_stays_with_its_group(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	start_thread(&m, 100, 1, 101);
	send_exit(&m, 100, 0);
	assert_true(thread_of(&m, 100)->exited);
	assert_ptr_equal(state_leader(m.s, thread_of(&m, 101)), state_thread(m.s, 100));
	assert_text(fd_name(&m, 101, 0), "/dev/tty1");
	assert_text(cwd_of(&m, 101), "/home/u/");
	/* Telling twice does not count twice. */
	send_exit(&m, 100, 0);
	assert_int_equal(thread_of(&m, 101)->group->alive, 1);
	send_exit(&m, 101, 0);
	assert_null(state_thread(m.s, 101));
	assert_null(state_thread(m.s, 100));
	machine_free(&m);
}

static void an_unknown_exit_is_nobodys(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	send_exit(&m, 900, 0);
	assert_null(m.who.thread);
	assert_null(state_thread(m.s, 900));
	SEND(&m, GETUID_X, 901, INT(0));
	send_exit(&m, 901, 0);
	assert_null(state_thread(m.s, 901));
	machine_free(&m);
}

static void memory_is_given_back(void **state)
{
	struct machine m = machine_new(&(struct state_limits){ .threads = 8, .fds = 64 });
	struct state_stats stats;

	(void)state;
	list_usual(&m);
	for (int64_t i = 0; i < 2000; i++) {
		fork_child(&m, 100, 1000 + i, 0);
		open_file(&m, 1000 + i, 3, "/tmp/f", FILE_FLAGS_O_RDONLY);
		open_file(&m, 1000 + i, 300, "/tmp/g", FILE_FLAGS_O_RDONLY);
		send_exec(&m, &(struct run){ .tid = 1000 + i, .ptid = 100 });
		send_exit(&m, 1000 + i, 0);
	}
	state_stats(m.s, &stats);
	assert_int_equal(stats.threads, 2);
	assert_int_equal(stats.fds, 3);
	assert_int_equal(stats.refused_threads + stats.refused_fds + stats.refused_strings, 0);
	assert_int_equal(stats.added_threads - stats.removed_threads, 2);
	assert_int_equal(stats.added_fds - stats.removed_fds, 3);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dead_stay_until_retired),
		cmocka_unit_test(orphans_go_to_a_reaper),
		cmocka_unit_test(a_dead_leader_stays_with_its_group),
		cmocka_unit_test(an_unknown_exit_is_nobodys),
		cmocka_unit_test(memory_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
