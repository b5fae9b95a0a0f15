/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <string.h>

static struct machine with_child(void)
{
	struct machine m = machine_new(NULL);

	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	return m;
}

static void exec_makes_a_new_image(void **state)
{
	struct machine m = with_child();
	const struct image *i;
	struct thread *t;

	(void)state;
	send_exec(&m, &(struct run){ .tid = 200,
				     .ptid = 100,
				     .exe = "ls",
				     .comm = "ls",
				     .path = "/usr/bin/ls",
				     .args = BYTES("-l\0a b\0\0"),
				     .env = BYTES("A=1\0"),
				     .flags = EXECVE_FLAGS_EXE_WRITABLE |
					      EXECVE_FLAGS_EXE_LOWER_LAYER });
	t = thread_of(&m, 200);
	i = t->image;
	assert_memory_equal(i->exe.p, "ls", 3);
	assert_memory_equal(i->exepath.p, "/usr/bin/ls", 12);
	assert_int_equal(i->argc, 3);
	assert_int_equal(i->args.len, 8);
	assert_memory_equal(i->args.p, "-l\0a b\0\0", 8);
	assert_memory_equal(i->joined.p, "-l a b ", 8);
	assert_int_equal(i->joined.len, 7);
	assert_memory_equal(i->env.p, "A=1", 4);
	assert_true(i->writable && i->lower_layer && !i->upper_layer && !i->from_memfd);
	assert_int_equal(i->exe_ino, 99);
	assert_text(t->comm->text, "ls");
	assert_int_equal(t->uid, 0);
	assert_int_equal(t->gid, 0);
	assert_int_equal(t->loginuid, 1005);
	assert_int_equal(t->tty, 34817);
	assert_int_equal(t->pgid, 200);
	assert_int_equal(t->cap_effective, 3);
	assert_int_equal(t->fdlimit, 2048);
	assert_int_equal(t->exec_ts, m.ts - 1000);
	assert_int_equal(t->ctime_to_start_ns, t->clone_ts - (START_TS - 500));
	assert_memory_equal(t->cgroups->text, "cpu=/x", 7);
	/* The parent keeps its own. */
	assert_memory_equal(thread_of(&m, 100)->image->exe.p, "/bin/bash", 10);
	machine_free(&m);
}

static void a_failed_exec_changes_nothing(void **state)
{
	struct machine m = with_child();
	struct thread *t = thread_of(&m, 200);
	uint32_t generation = t->generation;

	(void)state;
	SEND(&m, EXECVE_19_X, 200, INT(-2), TEXT("nothing"));
	assert_int_equal(t->generation, generation);
	assert_text(t->comm->text, "bash");
	machine_free(&m);
}

static void the_executables_path_is_found(void **state)
{
	static const struct {
		const char *what, *trusted, *filename, *expected;
	} cases[] = {
		{ "the kernel's", "/usr/bin/ls", "/bin/ls", "/usr/bin/ls" },
		{ "of a deleted file", "/tmp/x (deleted)", "/tmp/x", "/tmp/x" },
		{ "asked for, absolute", NULL, "/bin/ls", "/bin/ls" },
		{ "asked for, relative", NULL, "./a/../ls", "/home/u/ls" },
		{ "not there: the parent's stays", NULL, NULL, "/usr/bin/bash" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_child();
		struct str path;

		print_message("  %s\n", cases[i].what);
		send_exec(&m, &(struct run){ .tid = 200,
					     .ptid = 100,
					     .path = cases[i].trusted,
					     .filename = cases[i].filename });
		path = thread_of(&m, 200)->image->exepath;
		assert_text(path.p, cases[i].expected);
		assert_int_equal(path.len, strlen(cases[i].expected));
		machine_free(&m);
	}
}

static void execveats_enter_event_says_what_was_run(void **state)
{
	static const struct {
		const char *what;
		int64_t dirfd;
		const char *name;
		uint32_t flags;
		const char *expected;
	} cases[] = {
		{ "relative to a directory", 5, "tool", 0, "/opt/bin/tool" },
		{ "absolute", 5, "/bin/tool", 0, "/bin/tool" },
		{ "relative to the working directory", -100, "tool", 0, "/home/u/tool" },
		{ "the descriptor itself", 5, NULL, EXECVEAT_FLAGS_EXVAT_AT_EMPTY_PATH,
		  "/opt/bin" },
		{ "unknown directory", 77, "tool", 0, "<NA>" },
		{ "no name", 5, NULL, 0, "<NA>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_child();

		print_message("  %s\n", cases[i].what);
		open_file(&m, 200, 5, "/opt/bin", FILE_FLAGS_O_DIRECTORY);
		SEND(&m, EXECVEAT_E, 200, INT(cases[i].dirfd),
		     cases[i].name ? TEXT(cases[i].name) : NONE, INT(cases[i].flags));
		send_exec(&m, &(struct run){ .tid = 200, .ptid = 100 });
		assert_text(thread_of(&m, 200)->image->exepath.p, cases[i].expected);
		machine_free(&m);
	}
}

static void exec_closes_what_was_marked(void **state)
{
	struct machine m = with_child();

	(void)state;
	open_file(&m, 200, 3, "/tmp/kept", FILE_FLAGS_O_RDONLY);
	open_file(&m, 200, 4, "/tmp/closed", FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC);
	open_file(&m, 200, 900, "/tmp/high", FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC);
	SEND(&m, DUP_1_X, 200, INT(5), INT(4));
	SEND(&m, DUP3_X, 200, INT(6), INT(3), INT(6), INT(FILE_FLAGS_O_CLOEXEC));
	open_file(&m, 200, 7, "/tmp/set", FILE_FLAGS_O_RDONLY);
	SEND(&m, FCNTL_X, 200, INT(0), INT(7), INT(FCNTL_COMMANDS_FCNTL_F_SETFD), INT(1));
	open_file(&m, 200, 8, "/tmp/reset", FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC);
	SEND(&m, FCNTL_X, 200, INT(0), INT(8), INT(FCNTL_COMMANDS_FCNTL_F_SETFD), INT(0));
	SEND(&m, FCNTL_X, 200, INT(9), INT(3), INT(FCNTL_COMMANDS_FCNTL_F_DUPFD_CLOEXEC), INT(9));
	open_file(&m, 200, 10, "/tmp/ioctl", FILE_FLAGS_O_RDONLY);
	SEND(&m, IOCTL_3_X, 200, INT(0), INT(10), INT(0x5451), INT(0));
	send_exec(&m, &(struct run){ .tid = 200, .ptid = 100 });
	assert_text(fd_name(&m, 200, 0), "/dev/tty1");
	assert_text(fd_name(&m, 200, 3), "/tmp/kept");
	assert_text(fd_name(&m, 200, 4), "<none>");
	assert_text(fd_name(&m, 200, 5), "/tmp/closed");
	assert_text(fd_name(&m, 200, 6), "<none>");
	assert_text(fd_name(&m, 200, 7), "<none>");
	assert_text(fd_name(&m, 200, 8), "/tmp/reset");
	assert_text(fd_name(&m, 200, 9), "<none>");
	assert_text(fd_name(&m, 200, 10), "<none>");
	assert_text(fd_name(&m, 200, 900), "<none>");
	assert_int_equal(state_fd_count(m.s, thread_of(&m, 200)), 6);
	machine_free(&m);
}

static void exec_ends_sharing_of_descriptors(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, CL_CLONE_FILES);
	open_file(&m, 200, 3, "/tmp/f", FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC);
	send_exec(&m, &(struct run){ .tid = 200, .ptid = 100 });
	assert_text(fd_name(&m, 200, 3), "<none>");
	assert_text(fd_name(&m, 100, 3), "/tmp/f");
	machine_free(&m);
}

/* The thread that calls exec goes on under the leader's id, the leader's own exit comes first. */
static void exec_in_a_thread_leaves_one(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *t;

	(void)state;
	list_usual(&m);
	start_thread(&m, 100, 1, 101);
	start_thread(&m, 100, 1, 102);
	send_exit(&m, 100, 0);
	t = thread_of(&m, 100);
	assert_true(t->exited);
	assert_int_equal(t->group->alive, 2);
	send_exec(&m, &(struct run){ .tid = 100, .ptid = 1, .comm = "new" });
	assert_ptr_equal(state_thread(m.s, 100), t);
	assert_false(t->exited);
	assert_int_equal(t->group->alive, 1);
	assert_null(state_thread(m.s, 101));
	assert_null(state_thread(m.s, 102));
	assert_text(t->comm->text, "new");
	assert_text(fd_name(&m, 100, 0), "/dev/tty1");
	machine_free(&m);
}

static void exec_of_an_unknown_thread_makes_it_known(void **state)
{
	struct machine m = machine_new(NULL);
	struct thread *t;

	(void)state;
	list_process(&m, &(struct listed){ .tid = 1 });
	send_exec(&m, &(struct run){ .tid = 800, .ptid = 1, .comm = "late", .cwd = "/srv" });
	t = thread_of(&m, 800);
	assert_false(t->placeholder);
	assert_int_equal(t->pid, 800);
	assert_int_equal(t->ptid, 1);
	assert_int_equal(t->vpid, 800);
	assert_text(t->comm->text, "late");
	assert_text(cwd_of(&m, 800), "/srv/");
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exec_makes_a_new_image),
		cmocka_unit_test(a_failed_exec_changes_nothing),
		cmocka_unit_test(the_executables_path_is_found),
		cmocka_unit_test(execveats_enter_event_says_what_was_run),
		cmocka_unit_test(exec_closes_what_was_marked),
		cmocka_unit_test(exec_ends_sharing_of_descriptors),
		cmocka_unit_test(exec_in_a_thread_leaves_one),
		cmocka_unit_test(exec_of_an_unknown_thread_makes_it_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
