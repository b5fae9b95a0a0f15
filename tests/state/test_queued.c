/* SPDX-License-Identifier: Apache-2.0 */

/* Events that were waiting while a running machine was listed: some are older than their entry. */

#include "support.h"

#define FORK_TS START_TS
#define EARLY   (START_TS + 1000000)
#define LISTED  (START_TS + 2000000)
#define LATE    (START_TS + 3000000)
#define LATER   (START_TS + 4000000)
/* Whoever was in the middle of a fork when the list was made has come out of it. */
#define MUCH_LATER (LATER + UINT64_C(2000000000))
#define THREADED   (CL_CLONE_THREAD | CL_CLONE_FILES | CL_CLONE_FS | CL_CLONE_VM | CL_CLONE_SIGHAND)

static struct machine machine_running(void)
{
	struct machine m = machine_new(NULL);

	m.running = true;
	m.ts = LISTED;
	list_process(&m, &(struct listed){ .tid = 1, .comm = "systemd" });
	list_process(&m,
		     &(struct listed){ .tid = 100, .ptid = 1, .comm = "bash", .cwd = "/home/u" });
	list_file(&m, 100, 3, "/listed", FILE_FLAGS_O_RDONLY);
	list_file(&m, 100, 20, "/high", FILE_FLAGS_O_RDONLY);
	return m;
}

static void open_at(struct machine *m, uint64_t ts, int64_t tid, int64_t num, const char *name)
{
	m->ts = ts;
	open_file(m, tid, num, name, FILE_FLAGS_O_RDONLY);
}

static void an_older_event_leaves_what_was_listed(void **state)
{
	static const struct {
		const char *what;
		uint64_t ts;
		const char *cwd, *name3, *name20;
		uint32_t uid;
	} cases[] = {
		{ "before the list", EARLY, "/home/u/", "/listed", "/high", 1000 },
		{ "after the list", LATE, "/home/u/sub/", "/opened", "<none>", 33 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_running();

		print_message("  %s\n", cases[i].what);
		m.ts = cases[i].ts;
		SEND(&m, CHDIR_X, 100, INT(0), TEXT("sub"));
		SEND(&m, SETUID_X, 100, INT(0), INT(33));
		SEND(&m, CLOSE_X, 100, INT(0), INT(20));
		assert_non_null(m.who.thread);
		m.retire_later = true;
		open_file(&m, 100, 3, "/opened", FILE_FLAGS_O_RDONLY);
		assert_int_equal(m.who.fd_num, 3);
		assert_non_null(m.who.fd);
		assert_text(m.who.fd->name->text, "/opened");
		state_retire(m.s, &m.ev);
		assert_text(cwd_of(&m, 100), cases[i].cwd);
		assert_text(fd_name(&m, 100, 3), cases[i].name3);
		assert_text(fd_name(&m, 100, 20), cases[i].name20);
		assert_int_equal(thread_of(&m, 100)->uid, cases[i].uid);
		machine_free(&m);
	}
}

static void of_two_entries_the_later_one_counts(void **state)
{
	const struct listed older = { .tid = 100, .ptid = 1, .comm = "older", .cwd = "/" };
	const struct listed newer = { .tid = 100, .ptid = 1, .comm = "newer", .cwd = "/" };
	struct machine m = machine_running();

	(void)state;
	m.ts = EARLY;
	list_process(&m, &older);
	assert_text(thread_of(&m, 100)->comm->text, "bash");
	assert_text(cwd_of(&m, 100), "/home/u/");
	assert_text(fd_name(&m, 100, 3), "/listed");
	m.ts = LATE;
	list_process(&m, &newer);
	assert_text(thread_of(&m, 100)->comm->text, "newer");
	assert_text(cwd_of(&m, 100), "/");
	machine_free(&m);
}

/* What a call made is shown as it was made, whatever has its number since. */
static void an_older_event_shows_what_it_made(void **state)
{
	struct machine m = machine_running();

	(void)state;
	m.ts = EARLY;
	m.retire_later = true;
	SEND(&m, DUP2_X, 100, INT(20), INT(3), INT(3), INT(20));
	assert_text(m.who.fd->name->text, "/listed");
	state_retire(m.s, &m.ev);
	SEND(&m, PIPE2_X, 100, INT(0), INT(3), INT(20), INT(77), INT(0));
	assert_int_equal(m.who.fd->type, FD_FIFO);
	assert_int_equal(m.who.fd->ino, 77);
	state_retire(m.s, &m.ev);
	assert_text(fd_name(&m, 100, 3), "/listed");
	assert_text(fd_name(&m, 100, 20), "/high");
	machine_free(&m);
}

static void what_was_opened_and_closed_before_the_list_comes_and_goes(void **state)
{
	struct machine m = machine_running();

	(void)state;
	open_at(&m, EARLY, 100, 7, "/short");
	assert_text(fd_name(&m, 100, 7), "/short");
	SEND(&m, DUP2_X, 100, INT(20), INT(7), INT(7), INT(20));
	assert_text(fd_name(&m, 100, 20), "/high");
	SEND(&m, CLOSE_X, 100, INT(0), INT(7));
	assert_text(fd_name(&m, 100, 7), "<none>");
	machine_free(&m);
}

static void ranges_and_exec_spare_what_was_listed_later(void **state)
{
	struct machine m = machine_running();

	(void)state;
	open_at(&m, EARLY, 100, 8, "/old");
	SEND(&m, CLOSE_RANGE_X, 100, INT(0), INT(3), INT(UINT32_MAX), INT(0));
	assert_text(fd_name(&m, 100, 8), "<none>");
	assert_text(fd_name(&m, 100, 3), "/listed");
	assert_text(fd_name(&m, 100, 20), "/high");
	send_exec(&m, &(struct run){ .tid = 100, .comm = "older" });
	assert_text(thread_of(&m, 100)->comm->text, "bash");
	m.ts = LATE;
	send_exec(&m, &(struct run){ .tid = 100, .comm = "newer" });
	assert_text(thread_of(&m, 100)->comm->text, "newer");
	machine_free(&m);
}

/* A directory is the process's: whoever of its threads changed it, the leader's entry decides. */
static void a_place_is_as_old_as_its_leaders_entry(void **state)
{
	struct machine m = machine_running();

	(void)state;
	m.ts = LATE;
	list_process(&m, &(struct listed){ .tid = 101, .pid = 100, .flags = THREADED });
	m.ts = LISTED + 500000;
	SEND(&m, CHDIR_X, 101, INT(0), TEXT("sub"));
	assert_text(cwd_of(&m, 100), "/home/u/sub/");
	m.ts = EARLY;
	SEND(&m, CHDIR_X, 101, INT(0), TEXT("sub"));
	assert_text(cwd_of(&m, 100), "/home/u/sub/");
	machine_free(&m);
}

/* In whichever order the two events of a birth come, and on whichever side of the list. */
static void a_listed_child_is_not_born_again(void **state)
{
	static const struct {
		const char *what;
		uint64_t parent_ts, child_ts;
	} cases[] = {
		{ "both before", EARLY + 1000, EARLY },
		{ "list between them", LATE, EARLY },
		{ "list between them, the child later", EARLY, LATE },
		{ "both after", LATE + 1000, LATE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_running();

		print_message("  %s\n", cases[i].what);
		m.ts = LISTED;
		list_process(&m,
			     &(struct listed){
				     .tid = 200, .ptid = 100, .comm = "listed", .start = FORK_TS });
		list_file(&m, 200, 9, "/own", FILE_FLAGS_O_RDONLY);
		m.ts = cases[i].child_ts;
		fork_child(&m, 100, 200, 0);
		m.ts = cases[i].parent_ts;
		send_birth(&m, &(struct birth){ .in = 100, .res = 200, .ptid = 1 });
		assert_text(thread_of(&m, 200)->comm->text, "listed");
		assert_text(fd_name(&m, 200, 9), "/own");
		assert_text(fd_name(&m, 200, 3), "<none>");
		machine_free(&m);
	}
}

/*
 * Born after the threads were listed and before the descriptors were: they come without a thread.
 * What the parent opened after the birth is not the child's.
 */
static void a_child_known_by_its_descriptors_keeps_them(void **state)
{
	static const bool parent_first[] = { false, true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parent_first); i++) {
		struct machine m = machine_running();

		print_message("  %s\n", parent_first[i] ? "parent first" : "child first");
		m.ts = LATER;
		list_file(&m, 200, 4, "/inherited", FILE_FLAGS_O_RDONLY);
		list_file(&m, 200, 9, "/opened", FILE_FLAGS_O_RDONLY);
		list_file(&m, 100, 5, "/opened later by the parent", FILE_FLAGS_O_RDONLY);
		/* Queued: the parent's open, the birth, and what the child did. */
		open_at(&m, EARLY + 1000, 100, 4, "/inherited");
		open_at(&m, EARLY + 2000, 100, 6, "/closed by the child");
		m.ts = LATE;
		if (parent_first[i])
			send_birth(&m, &(struct birth){ .in = 100, .res = 200, .ptid = 1 });
		fork_child(&m, 100, 200, 0);
		if (!parent_first[i])
			send_birth(&m, &(struct birth){ .in = 100, .res = 200, .ptid = 1 });
		assert_text(fd_name(&m, 200, 3), "/listed");
		assert_text(fd_name(&m, 200, 4), "/inherited");
		assert_text(fd_name(&m, 200, 5), "<none>");
		assert_text(fd_name(&m, 200, 6), "/closed by the child");
		SEND(&m, CLOSE_X, 200, INT(0), INT(6));
		SEND(&m, CLOSE_X, 200, INT(0), INT(9));
		open_file(&m, 200, 9, "/opened", FILE_FLAGS_O_RDONLY);
		assert_text(fd_name(&m, 200, 6), "<none>");
		assert_text(fd_name(&m, 200, 9), "/opened");
		assert_false(thread_of(&m, 200)->placeholder);
		assert_int_equal(state_parent(m.s, thread_of(&m, 200))->tid, 100);
		machine_free(&m);
	}
}

static void an_older_exit_ends_the_thread_it_is_of(void **state)
{
	static const struct {
		const char *what;
		uint64_t start;
		bool stays;
	} cases[] = {
		{ "listed while it was ending", FORK_TS, false },
		{ "its number was given to another", EARLY + 500, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_running();

		print_message("  %s\n", cases[i].what);
		m.ts = LISTED;
		list_process(&m,
			     &(struct listed){ .tid = 200, .ptid = 100, .start = cases[i].start });
		m.ts = EARLY;
		send_exit(&m, 200, 1);
		assert_int_equal(state_thread(m.s, 200) != NULL, cases[i].stays);
		machine_free(&m);
	}
}

static void a_dead_leader_goes_with_its_last_thread(void **state)
{
	struct machine m = machine_running();

	(void)state;
	m.ts = LISTED;
	list_process(&m, &(struct listed){ .tid = 300, .ptid = 1, .flags = CL_CLOSED });
	list_process(&m, &(struct listed){ .tid = 301, .pid = 300, .flags = THREADED });
	m.ts = LATE;
	send_exit(&m, 301, 1);
	assert_null(state_thread(m.s, 301));
	assert_null(state_thread(m.s, 300));
	machine_free(&m);
}

static void a_new_list_of_descriptors_replaces_the_old_one(void **state)
{
	struct machine m = machine_running();

	(void)state;
	open_at(&m, LATE, 100, 7, "/gone");
	m.ts = LATER;
	send_event(&m, EVENT_FDS_ENTRY, 100, NULL, 0);
	list_file(&m, 100, 3, "/again", FILE_FLAGS_O_RDONLY);
	list_file(&m, 100, 21, "/new", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 100, 3), "/again");
	assert_text(fd_name(&m, 100, 7), "<none>");
	assert_text(fd_name(&m, 100, 20), "<none>");
	assert_text(fd_name(&m, 100, 21), "/new");
	assert_int_equal(state_fd_count(m.s, thread_of(&m, 100)), 2);
	machine_free(&m);
}

static int64_t lacking(struct machine *m, unsigned type, int64_t tid)
{
	/* The event is encoded by sending it to another machine. */
	struct machine other = machine_new(NULL);
	struct lacking who;

	other.ts = m->ts;
	send_event(&other, type, tid, (const struct arg[]){ INT(0) }, 1);
	who = state_lacks(m->s, &other.ev);
	machine_free(&other);
	return who.tid;
}

static void who_is_not_known_is_told(void **state)
{
	struct machine m = machine_running();

	(void)state;
	m.ts = LATE;
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 100), 0);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 77), 77);
	assert_int_equal(lacking(&m, EVENT_PROCEXIT_1_E, 77), 0);
	SEND(&m, CLOSE_X, 77, INT(0), INT(3));
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 77), 77);
	machine_free(&m);
}

static void the_kin_of_who_was_just_listed_is_told(void **state)
{
	struct machine m = machine_running();

	(void)state;
	m.ts = LATE;
	list_process(&m, &(struct listed){ .tid = 200, .ptid = 150, .comm = "orphan" });
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 200), 150);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 100), 150);
	/* It was not there: nobody asks again, unless there was no time to look. */
	SEND(&m, CLOSE_X, 100, INT(0), INT(3));
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 200), 0);
	state_doubt(m.s, 200);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 200), 200);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 100), 0);
	machine_free(&m);
}

static void a_child_of_one_that_was_not_known_is_not_sure(void **state)
{
	struct machine m = machine_running();

	(void)state;
	m.ts = LATE;
	SEND(&m, CLOSE_X, 77, INT(0), INT(3));
	fork_child(&m, 77, 500, 0);
	assert_non_null(thread_of(&m, 500));
	/* Its parent is known by the birth now, and by that alone. */
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 77), 77);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 500), 500);
	fork_child(&m, 500, 501, 0);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 501), 501);
	list_process(&m, &(struct listed){ .tid = 77, .ptid = 1, .comm = "late" });
	list_process(&m, &(struct listed){ .tid = 500, .ptid = 77, .comm = "child" });
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 77), 0);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 500), 0);
	m.ts = MUCH_LATER;
	fork_child(&m, 500, 502, 0);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 501), 501);
	machine_free(&m);
}

static void a_child_of_one_that_was_listed_after_its_birth_is_not_sure(void **state)
{
	static const struct {
		const char *what;
		uint64_t told, listed;
		bool anew;
		unsigned age;
		int64_t lacks;
	} cases[] = {
		{ "born first", LATE, LATER, true, 0, 500 },
		{ "listed first", LATER, LATE, true, 0, 0 },
		{ "listed between the birth and the child's first moment", LATER, LATE, true, 20,
		  500 },
		{ "listed before the birth", LATER, LATE, true, 19, 0 },
		{ "born first, listed for the first time", LATE, LATER, false, 0, 500 },
		{ "listed first, for the first time", LATER, LATE, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_running();

		print_message("  %s\n", cases[i].what);
		m.ts = cases[i].listed;
		if (cases[i].anew)
			send_event(&m, EVENT_FDS_ENTRY, 100, NULL, 0);
		else
			list_file(&m, 100, 3, "/again", FILE_FLAGS_O_RDONLY);
		m.ts = cases[i].told;
		m.age = cases[i].age;
		fork_child(&m, 100, 500, 0);
		assert_int_equal(lacking(&m, EVENT_CLOSE_X, 500), cases[i].lacks);
		machine_free(&m);
	}
}

/* Its parent may come back from the call that made it long after it has begun. */
static void a_child_that_has_not_told_of_its_birth_is_not_sure(void **state)
{
	struct machine m = machine_running();

	(void)state;
	m.ts = MUCH_LATER;
	send_birth(&m, &(struct birth){ .in = 100, .res = 500, .ptid = 1 });
	assert_non_null(thread_of(&m, 500));
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 100), 0);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 500), 500);
	fork_child(&m, 100, 500, 0);
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 500), 0);
	fork_child(&m, 100, 501, 0);
	send_birth(&m, &(struct birth){ .in = 100, .res = 501, .ptid = 1 });
	assert_int_equal(lacking(&m, EVENT_CLOSE_X, 501), 0);
	machine_free(&m);
}

/* 20 is a copy of 3, made before the list came to 3. */
static void a_copy_of_what_was_listed_after_it_was_made_is_not_sure(void **state)
{
	static const struct {
		const char *what;
		uint64_t original, copy; /* when they were listed */
		int64_t lacks;
	} cases[] = {
		{ "the original may be another one", LATER, EARLY, 100 },
		{ "the original is gone", 0, EARLY, 100 },
		{ "neither is there", 0, 0, 100 },
		{ "the copy was listed later, too", LATER, LATER, 0 },
		{ "nothing was listed since", EARLY, EARLY, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_running();

		print_message("  %s\n", cases[i].what);
		m.ts = EARLY;
		send_event(&m, EVENT_FDS_ENTRY, 100, NULL, 0);
		for (int64_t num = 3; num <= 20; num += 17) {
			m.ts = num == 3 ? cases[i].original : cases[i].copy;
			if (m.ts)
				list_file(&m, 100, num, "/some", FILE_FLAGS_O_RDONLY);
		}
		m.ts = cases[i].lacks ? LATER : EARLY;
		list_file(&m, 100, 21, "/last", FILE_FLAGS_O_RDONLY);
		m.ts = LATE;
		SEND(&m, DUP2_X, 100, INT(20), INT(3), INT(3), INT(20));
		m.ts = LATER + 1;
		assert_int_equal(lacking(&m, EVENT_CLOSE_X, 100), cases[i].lacks);
		machine_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_event_leaves_what_was_listed),
		cmocka_unit_test(of_two_entries_the_later_one_counts),
		cmocka_unit_test(an_older_event_shows_what_it_made),
		cmocka_unit_test(what_was_opened_and_closed_before_the_list_comes_and_goes),
		cmocka_unit_test(ranges_and_exec_spare_what_was_listed_later),
		cmocka_unit_test(a_place_is_as_old_as_its_leaders_entry),
		cmocka_unit_test(a_listed_child_is_not_born_again),
		cmocka_unit_test(a_child_known_by_its_descriptors_keeps_them),
		cmocka_unit_test(an_older_exit_ends_the_thread_it_is_of),
		cmocka_unit_test(a_dead_leader_goes_with_its_last_thread),
		cmocka_unit_test(a_new_list_of_descriptors_replaces_the_old_one),
		cmocka_unit_test(who_is_not_known_is_told),
		cmocka_unit_test(the_kin_of_who_was_just_listed_is_told),
		cmocka_unit_test(a_child_of_one_that_was_not_known_is_not_sure),
		cmocka_unit_test(a_child_of_one_that_was_listed_after_its_birth_is_not_sure),
		cmocka_unit_test(a_child_that_has_not_told_of_its_birth_is_not_sure),
		cmocka_unit_test(a_copy_of_what_was_listed_after_it_was_made_is_not_sure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
