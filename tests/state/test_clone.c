/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <string.h>

static void either_side_makes_the_child(void **state)
{
	static const struct {
		const char *what;
		bool child_first, parent_too;
	} cases[] = {
		{ "child, then parent", true, true },
		{ "parent, then child", false, true },
		{ "child only", true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct birth in_child = { .in = 200, .ptid = 100 };
		const struct birth in_parent = { .in = 100, .res = 200, .ptid = 1 };
		struct machine m = machine_new(NULL);
		struct thread *t;

		print_message("  %s\n", cases[i].what);
		list_usual(&m);
		send_birth(&m, cases[i].child_first ? &in_child : &in_parent);
		t = state_thread(m.s, 200);
		assert_non_null(t);
		if (cases[i].parent_too)
			send_birth(&m, cases[i].child_first ? &in_parent : &in_child);
		assert_ptr_equal(state_thread(m.s, 200), t);
		assert_int_equal(t->pid, 200);
		assert_int_equal(t->ptid, 100);
		assert_int_equal(t->clone_ts, START_TS + 5 * 1000);
		assert_ptr_equal(state_parent(m.s, t), state_thread(m.s, 100));
		machine_free(&m);
	}
}

static void a_child_takes_after_its_parent(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *parent, *child;

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	parent = thread_of(&m, 100);
	child = thread_of(&m, 200);
	assert_int_equal(child->sid, parent->sid);
	assert_int_equal(child->vpgid, parent->vpgid);
	assert_int_equal(child->pgid, parent->pgid);
	assert_int_equal(child->tty, parent->tty);
	assert_int_equal(child->loginuid, parent->loginuid);
	assert_ptr_equal(child->image, parent->image);
	assert_text(cwd_of(&m, 200), "/home/u/");
	/* What the event says is the child's own. */
	assert_int_equal(child->uid, 1000);
	assert_int_equal(child->gid, 1001);
	assert_int_equal(child->vmsize_kb, 3);
	assert_int_equal(child->pfminor, 2);
	assert_text(child->comm->text, "bash");
	assert_memory_equal(child->cgroups->text, "cpu=/a", 7);
	assert_ptr_equal(m.who.thread, child);
	machine_free(&m);
}

static void another_name_in_the_event_is_another_image(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *child;

	(void)state;
	list_usual(&m);
	send_birth(&m, &(struct birth){ .in = 200, .ptid = 100, .exe = "worker 1", .comm = "w" });
	child = thread_of(&m, 200);
	assert_ptr_not_equal(child->image, thread_of(&m, 100)->image);
	assert_memory_equal(child->image->exe.p, "worker 1", 9);
	assert_memory_equal(child->image->exepath.p, "/usr/bin/bash", 14);
	assert_memory_equal(child->image->joined.p, "-a -b", 6);
	assert_int_equal(child->image->argc, 2);
	assert_text(child->comm->text, "w");
	machine_free(&m);
}

static void descriptors_and_place_are_shared_as_the_flags_say(void **state)
{
	static const struct {
		const char *what;
		uint32_t flags;
		const char *parent_fd, *parent_cwd;
	} cases[] = {
		{ "fork", 0, "<none>", "/home/u/" },
		{ "CLONE_FILES", CL_CLONE_FILES, "/tmp/f", "/home/u/" },
		{ "CLONE_FS", CL_CLONE_FS, "<none>", "/tmp/" },
		{ "both", CL_CLONE_FILES | CL_CLONE_FS, "/tmp/f", "/tmp/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_new(NULL);

		print_message("  %s\n", cases[i].what);
		list_usual(&m);
		fork_child(&m, 100, 200, cases[i].flags);
		assert_text(fd_name(&m, 200, 1), "/dev/tty1");
		open_file(&m, 200, 3, "/tmp/f", FILE_FLAGS_O_RDONLY);
		SEND(&m, CHDIR_X, 200, INT(0), TEXT("/tmp"));
		assert_text(fd_name(&m, 200, 3), "/tmp/f");
		assert_text(cwd_of(&m, 200), "/tmp/");
		assert_text(fd_name(&m, 100, 3), cases[i].parent_fd);
		assert_text(cwd_of(&m, 100), cases[i].parent_cwd);
		machine_free(&m);
	}
}

static void unshare_ends_sharing(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, CL_CLONE_FILES | CL_CLONE_FS);
	SEND(&m, UNSHARE_X, 200, INT(0), INT(CL_CLONE_FILES | CL_CLONE_FS));
	open_file(&m, 200, 3, "/tmp/f", FILE_FLAGS_O_RDONLY);
	SEND(&m, CHDIR_X, 200, INT(0), TEXT("/tmp"));
	assert_text(fd_name(&m, 200, 0), "/dev/tty1");
	assert_text(fd_name(&m, 200, 3), "/tmp/f");
	assert_text(fd_name(&m, 100, 3), "<none>");
	assert_text(cwd_of(&m, 100), "/home/u/");
	machine_free(&m);
}

static void threads_are_one_process(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *t;

	(void)state;
	list_usual(&m);
	start_thread(&m, 100, 1, 101);
	t = thread_of(&m, 101);
	assert_int_equal(t->pid, 100);
	assert_int_equal(t->ptid, 1);
	assert_ptr_equal(state_leader(m.s, t), state_thread(m.s, 100));
	assert_int_equal(t->group->alive, 2);
	open_file(&m, 101, 7, "sub/f", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 100, 7), "/home/u/sub/f");
	/* A relative directory is relative to the process's, whoever changes it. */
	SEND(&m, CHDIR_X, 101, INT(0), TEXT("sub"));
	assert_text(cwd_of(&m, 100), "/home/u/sub/");
	send_exit(&m, 101, 0);
	assert_null(state_thread(m.s, 101));
	assert_int_equal(thread_of(&m, 100)->group->alive, 1);
	assert_text(fd_name(&m, 100, 7), "/home/u/sub/f");
	machine_free(&m);
}

static void the_parent_cannot_tell_of_another_namespace(void **state)
{
	static const struct {
		const char *what;
		unsigned type;
		uint32_t flags;
	} cases[] = {
		{ "child of a container", 0, CL_CHILD_IN_PIDNS },
		{ "init of a new namespace", 0, CL_CLONE_NEWPID },
		{ "sibling", 0, CL_CLONE_PARENT },
		{ "vfork flag", 0, CL_CLONE_VFORK },
		{ "vfork", EVENT_VFORK_20_X, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_new(NULL);

		print_message("  %s\n", cases[i].what);
		list_usual(&m);
		send_birth(&m, &(struct birth){ .type = cases[i].type,
						.in = 100,
						.res = 5,
						.ptid = 1,
						.flags = cases[i].flags });
		assert_null(state_thread(m.s, 5));
		assert_ptr_equal(m.who.thread, state_thread(m.s, 100));
		machine_free(&m);
	}
}

static void a_child_in_a_namespace_has_both_ids(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *t;

	(void)state;
	list_usual(&m);
	send_birth(&m, &(struct birth){ .in = 300,
					.ptid = 100,
					.vtid = 1,
					.vpid = 1,
					.flags = CL_CLONE_NEWPID | CL_CHILD_IN_PIDNS });
	t = thread_of(&m, 300);
	assert_int_equal(t->vtid, 1);
	assert_int_equal(t->vpid, 1);
	assert_true(state_in_pidns(t));
	assert_false(state_in_pidns(thread_of(&m, 100)));
	machine_free(&m);
}

static void a_failed_clone_changes_nothing(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	send_birth(&m, &(struct birth){ .in = 100, .res = -11, .ptid = 1 });
	assert_ptr_equal(m.who.thread, state_thread(m.s, 100));
	send_birth(&m, &(struct birth){ .in = 999, .res = -11, .ptid = 1 });
	assert_null(m.who.thread);
	assert_null(state_thread(m.s, 999));
	machine_free(&m);
}

static void a_reused_id_is_another_thread(void **state)
{
	struct machine m = machine_new(NULL);
	uint32_t generation;

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	open_file(&m, 200, 3, "/tmp/old", FILE_FLAGS_O_RDONLY);
	generation = thread_of(&m, 200)->generation;
	/* Its end was missed; three seconds later the id is there again. */
	m.ts += UINT64_C(3000000000);
	fork_child(&m, 100, 200, 0);
	assert_text(fd_name(&m, 200, 3), "<none>");
	assert_int_not_equal(thread_of(&m, 200)->generation, generation);
	m.ts += UINT64_C(3000000000);
	send_birth(&m, &(struct birth){ .in = 100, .res = 200, .ptid = 1 });
	/* The parent's event of a child that spoke first does not replace it. */
	assert_true(thread_of(&m, 200)->flags & CL_CLONE_INVERTED);
	machine_free(&m);
}

static void the_parents_late_event_does_not_raise_the_dead(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	send_exit(&m, 200, 0);
	send_birth(&m, &(struct birth){ .in = 100, .res = 200, .ptid = 1 });
	assert_null(state_thread(m.s, 200));
	machine_free(&m);
}

static void an_unknown_thread_has_a_placeholder(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *t;

	(void)state;
	SEND(&m, GETUID_X, 500, INT(0));
	t = m.who.thread;
	assert_non_null(t);
	assert_true(t->placeholder);
	assert_text(t->comm->text, "<NA>");
	assert_memory_equal(t->image->exe.p, "<NA>", 5);
	assert_int_equal(t->pid, -1);
	assert_int_equal(t->uid, UINT32_MAX);
	assert_null(state_leader(m.s, t));
	open_file(&m, 500, 3, "f", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 500, 3), "./f");
	machine_free(&m);
}

static void a_placeholder_learns_from_its_own_clone(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *t;

	(void)state;
	list_process(&m, &(struct listed){ .tid = 1 });
	SEND(&m, GETUID_X, 500, INT(0));
	send_birth(&m, &(struct birth){ .in = 500, .res = 501, .ptid = 1 });
	t = thread_of(&m, 500);
	assert_false(t->placeholder);
	assert_int_equal(t->pid, 500);
	assert_int_equal(t->ptid, 1);
	assert_text(t->comm->text, "bash");
	assert_int_equal(thread_of(&m, 501)->ptid, 500);
	machine_free(&m);
}

static void a_thread_tells_of_its_unknown_leader(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *leader;

	(void)state;
	start_thread(&m, 600, 1, 601);
	leader = thread_of(&m, 600);
	assert_false(leader->placeholder);
	assert_text(leader->comm->text, "bash");
	assert_int_equal(leader->group->alive, 2);
	open_file(&m, 601, 3, "/tmp/f", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 600, 3), "/tmp/f");
	machine_free(&m);
}

static void an_unknown_parent_is_none(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	fork_child(&m, 700, 701, 0);
	assert_int_equal(thread_of(&m, 701)->ptid, 0);
	assert_null(state_parent(m.s, thread_of(&m, 701)));
	assert_text(cwd_of(&m, 701), "");
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_side_makes_the_child),
		cmocka_unit_test(a_child_takes_after_its_parent),
		cmocka_unit_test(another_name_in_the_event_is_another_image),
		cmocka_unit_test(descriptors_and_place_are_shared_as_the_flags_say),
		cmocka_unit_test(unshare_ends_sharing),
		cmocka_unit_test(threads_are_one_process),
		cmocka_unit_test(the_parent_cannot_tell_of_another_namespace),
		cmocka_unit_test(a_child_in_a_namespace_has_both_ids),
		cmocka_unit_test(a_failed_clone_changes_nothing),
		cmocka_unit_test(a_reused_id_is_another_thread),
		cmocka_unit_test(the_parents_late_event_does_not_raise_the_dead),
		cmocka_unit_test(an_unknown_thread_has_a_placeholder),
		cmocka_unit_test(a_placeholder_learns_from_its_own_clone),
		cmocka_unit_test(a_thread_tells_of_its_unknown_leader),
		cmocka_unit_test(an_unknown_parent_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
