/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <string.h>

static struct machine with_shell(void)
{
	struct machine m = machine_new(NULL);

	list_usual(&m);
	return m;
}

static void an_opened_file_is_described(void **state)
{
	struct machine m = with_shell();
	const struct fd *fd;

	(void)state;
	SEND(&m, OPEN_X, 100, INT(3), TEXT("./a//f"),
	     INT(FILE_FLAGS_O_RDWR | FILE_FLAGS_O_CLOEXEC | FILE_FLAGS_FD_UPPER_LAYER), INT(0644),
	     INT(0x801), INT(4242));
	fd = m.who.fd;
	assert_ptr_equal(fd, state_fd(m.s, thread_of(&m, 100), 3));
	assert_true(m.who.has_fd_num && m.who.fd_name_changed);
	assert_int_equal(m.who.fd_num, 3);
	assert_int_equal(fd->num, 3);
	assert_int_equal(fd->type, FD_FILE_V2);
	assert_text(fd->name->text, "/home/u/a/f");
	assert_text(fd->name_raw->text, "./a//f");
	assert_int_equal(fd->dev, 0x801);
	assert_int_equal(fd->ino, 4242);
	assert_int_equal(fd->marks, FD_CLOEXEC | FD_OVERLAY_UPPER);
	machine_free(&m);
}

static void names_are_relative_to_their_directory(void **state)
{
	static const struct {
		const char *what;
		int64_t dirfd;
		const char *name, *expected;
	} cases[] = {
		{ "working directory", -100, "f", "/home/u/f" },
		{ "a directory", 5, "f", "/opt/bin/f" },
		{ "the root", 6, "f", "/f" },
		{ "absolute", 77, "/etc/x", "/etc/x" },
		{ "unknown directory", 77, "f", "<UNKNOWN>f" },
		{ "no name", -100, NULL, "/home/u/<NA>" },
		{ "an old driver's no name", -100, "(NULL)", "/home/u/<NA>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_shell();
		struct arg name = cases[i].name ? TEXT(cases[i].name) : NONE;

		print_message("  %s\n", cases[i].what);
		open_file(&m, 100, 5, "/opt/bin", FILE_FLAGS_O_DIRECTORY);
		assert_int_equal(m.who.fd->type, FD_DIRECTORY);
		open_file(&m, 100, 6, "/", FILE_FLAGS_O_DIRECTORY);
		SEND(&m, OPENAT_2_X, 100, INT(7), INT(cases[i].dirfd), name,
		     INT(FILE_FLAGS_O_RDONLY), INT(0), INT(1), INT(2));
		assert_text(fd_name(&m, 100, 7), cases[i].expected);
		SEND(&m, OPENAT2_X, 100, INT(8), INT(cases[i].dirfd), name,
		     INT(FILE_FLAGS_O_RDONLY), INT(0), INT(0), INT(1), INT(2));
		assert_text(fd_name(&m, 100, 8), cases[i].expected);
		machine_free(&m);
	}
}

static void other_opens(void **state)
{
	struct machine m = with_shell();

	(void)state;
	SEND(&m, CREAT_X, 100, INT(3), TEXT("new"), INT(0600), INT(1), INT(2),
	     INT(CREAT_FLAGS_FD_LOWER_LAYER_CREAT));
	assert_text(fd_name(&m, 100, 3), "/home/u/new");
	assert_int_equal(m.who.fd->marks, FD_OVERLAY_LOWER);
	SEND(&m, OPEN_BY_HANDLE_AT_X, 100, INT(4), INT(5), INT(FILE_FLAGS_O_RDONLY), TEXT("/srv/x"),
	     INT(1), INT(2));
	assert_text(fd_name(&m, 100, 4), "/srv/x");
	SEND(&m, MEMFD_CREATE_X, 100, INT(5), TEXT("blob"), INT(0));
	assert_text(fd_name(&m, 100, 5), "blob");
	assert_int_equal(m.who.fd->type, FD_MEMFD);
	SEND(&m, PIDFD_OPEN_X, 100, INT(6), INT(1), INT(0));
	assert_text(fd_name(&m, 100, 6), "/proc/1");
	list_file(&m, 1, 9, "/run/initctl", FILE_FLAGS_O_RDONLY);
	SEND(&m, PIDFD_GETFD_X, 100, INT(7), INT(6), INT(9), INT(0));
	assert_text(fd_name(&m, 100, 7), "/run/initctl");
	machine_free(&m);
}

static void a_failed_open_has_no_descriptor(void **state)
{
	struct machine m = with_shell();

	(void)state;
	SEND(&m, OPEN_X, 100, INT(-2), TEXT("/nothing"), INT(FILE_FLAGS_O_RDONLY), INT(0), INT(0),
	     INT(0));
	assert_null(m.who.fd);
	assert_true(m.who.has_fd_num);
	assert_int_equal(m.who.fd_num, -1);
	assert_false(m.who.fd_name_changed);
	SEND(&m, MEMFD_CREATE_X, 100, INT(-22), TEXT("x"), INT(0));
	assert_int_equal(state_fd_count(m.s, thread_of(&m, 100)), 3);
	machine_free(&m);
}

/* Another thread may have changed the text between enter and exit. */
static void what_was_asked_for_first_counts(void **state)
{
	static const struct {
		const char *what;
		int64_t enter_dirfd;
		const char *enter, *expected;
		uint32_t flags;
	} cases[] = {
		{ "changed", -100, "/etc/shadow", "/etc/shadow",
		  FILE_FLAGS_O_RDWR | FILE_FLAGS_O_F_CREATED },
		{ "relative", -100, "mine", "/home/u/mine",
		  FILE_FLAGS_O_RDWR | FILE_FLAGS_O_F_CREATED },
		{ "enter event without a name", -100, NULL, "/tmp/harmless",
		  FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_F_CREATED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_shell();

		print_message("  %s\n", cases[i].what);
		SEND(&m, OPENAT_2_E, 100, INT(cases[i].enter_dirfd),
		     cases[i].enter ? TEXT(cases[i].enter) : NONE, INT(FILE_FLAGS_O_RDWR), INT(0));
		SEND(&m, OPENAT_2_X, 100, INT(3), INT(-100), TEXT("/tmp/harmless"),
		     INT(FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_F_CREATED), INT(0), INT(1), INT(2));
		assert_text(fd_name(&m, 100, 3), cases[i].expected);
		assert_int_equal(m.who.fd->open_flags, cases[i].flags);
		/* Only for the next exit of the thread. */
		SEND(&m, OPENAT_2_X, 100, INT(4), INT(-100), TEXT("/tmp/next"),
		     INT(FILE_FLAGS_O_RDONLY), INT(0), INT(1), INT(2));
		assert_text(fd_name(&m, 100, 4), "/tmp/next");
		machine_free(&m);
	}
}

static void an_enter_event_is_not_used_for_another_call(void **state)
{
	struct machine m = with_shell();

	(void)state;
	SEND(&m, OPEN_E, 100, TEXT("/etc/shadow"), INT(FILE_FLAGS_O_RDONLY), INT(0));
	SEND(&m, CREAT_X, 100, INT(3), TEXT("/tmp/f"), INT(0600), INT(1), INT(2), INT(0));
	assert_text(fd_name(&m, 100, 3), "/tmp/f");
	open_file(&m, 100, 4, "/tmp/g", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 100, 4), "/tmp/g");
	machine_free(&m);
}

static void a_closed_descriptor_stays_until_retired(void **state)
{
	struct machine m = with_shell();

	(void)state;
	open_file(&m, 100, 3, "/tmp/f", FILE_FLAGS_O_RDONLY);
	m.retire_later = true;
	SEND(&m, CLOSE_X, 100, INT(0), INT(3));
	assert_non_null(m.who.fd);
	assert_true(m.who.fd->marks & FD_CLOSING);
	assert_text(m.who.fd->name->text, "/tmp/f");
	state_retire(m.s, &m.ev);
	assert_null(state_fd(m.s, thread_of(&m, 100), 3));
	SEND(&m, CLOSE_X, 100, INT(-9), INT(0));
	state_retire(m.s, &m.ev);
	assert_text(fd_name(&m, 100, 0), "/dev/tty1");
	SEND(&m, CLOSE_X, 100, INT(-9), INT(-1));
	assert_null(m.who.fd);
	assert_int_equal(m.who.fd_num, -1);
	machine_free(&m);
}

static void ranges_are_closed_at_once(void **state)
{
	struct machine m = with_shell();

	(void)state;
	for (int64_t i = 3; i < 200; i += 7)
		open_file(&m, 100, i, "/tmp/f", FILE_FLAGS_O_RDONLY);
	SEND(&m, CLOSE_RANGE_X, 100, INT(0), INT(10), INT(150), INT(0));
	for (int64_t i = 3; i < 200; i += 7)
		assert_text(fd_name(&m, 100, i), i >= 10 && i <= 150 ? "<none>" : "/tmp/f");
	SEND(&m, CLOSE_RANGE_X, 100, INT(0), INT(3), INT(UINT32_MAX),
	     INT(CLOSE_RANGE_FLAGS_CLOSE_RANGE_CLOEXEC));
	assert_text(fd_name(&m, 100, 3), "/tmp/f");
	send_exec(&m, &(struct run){ .tid = 100, .ptid = 1 });
	assert_int_equal(state_fd_count(m.s, thread_of(&m, 100)), 3);
	machine_free(&m);
}

static void close_range_can_end_sharing(void **state)
{
	struct machine m = with_shell();

	(void)state;
	fork_child(&m, 100, 200, CL_CLONE_FILES);
	SEND(&m, CLOSE_RANGE_X, 200, INT(0), INT(0), INT(10),
	     INT(CLOSE_RANGE_FLAGS_CLOSE_RANGE_UNSHARE));
	assert_text(fd_name(&m, 200, 0), "<none>");
	assert_text(fd_name(&m, 100, 0), "/dev/tty1");
	machine_free(&m);
}

static void duplicates_have_the_same_name(void **state)
{
	struct machine m = with_shell();

	(void)state;
	open_file(&m, 100, 3, "/tmp/f", FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC);
	SEND(&m, DUP2_X, 100, INT(1), INT(3), INT(1));
	assert_int_equal(m.who.fd_num, 1);
	assert_false(m.who.fd_name_changed);
	assert_text(fd_name(&m, 100, 1), "/tmp/f");
	assert_false(m.who.fd->marks & FD_CLOEXEC);
	assert_true(state_fd(m.s, thread_of(&m, 100), 3)->marks & FD_CLOEXEC);
	/* dup2 of a descriptor onto itself does nothing. */
	SEND(&m, DUP2_X, 100, INT(3), INT(3), INT(3));
	assert_true(m.who.fd->marks & FD_CLOEXEC);
	/* Failed: the event is about the old one. */
	SEND(&m, DUP_1_X, 100, INT(-24), INT(3));
	assert_int_equal(m.who.fd_num, 3);
	assert_text(m.who.fd->name->text, "/tmp/f");
	SEND(&m, DUP_1_X, 100, INT(9), INT(77));
	assert_null(m.who.fd);
	assert_int_equal(m.who.fd_num, 77);
	SEND(&m, FCNTL_X, 100, INT(20), INT(3), INT(FCNTL_COMMANDS_FCNTL_F_DUPFD), INT(20));
	assert_text(fd_name(&m, 100, 20), "/tmp/f");
	/* Another command's result is no descriptor. */
	SEND(&m, FCNTL_X, 100, INT(30), INT(3), INT(FCNTL_COMMANDS_FCNTL_F_GETFL), INT(0));
	assert_text(fd_name(&m, 100, 30), "<none>");
	machine_free(&m);
}

static void a_pipe_has_two_ends(void **state)
{
	struct machine m = with_shell();

	(void)state;
	SEND(&m, PIPE2_X, 100, INT(0), INT(3), INT(4), INT(777), INT(FILE_FLAGS_O_CLOEXEC));
	assert_int_equal(m.who.fd_num, 4);
	assert_int_equal(m.who.fd->ino, 777);
	assert_false(m.who.fd_name_changed);
	for (int64_t i = 3; i <= 4; i++) {
		const struct fd *fd = state_fd(m.s, thread_of(&m, 100), i);

		assert_int_equal(fd->type, FD_FIFO);
		assert_true(fd->marks & FD_CLOEXEC);
		assert_null(fd->name);
	}
	machine_free(&m);
}

static void calls_that_only_make_a_descriptor(void **state)
{
	static const struct {
		unsigned type;
		size_t nargs;
		enum fd_type made;
		char letter;
	} cases[] = {
		{ EVENT_EVENTFD_X, 3, FD_EVENT, 'e' },
		{ EVENT_EVENTFD2_X, 3, FD_EVENT, 'e' },
		{ EVENT_SIGNALFD_X, 4, FD_SIGNALFD, 's' },
		{ EVENT_SIGNALFD4_X, 4, FD_SIGNALFD, 's' },
		{ EVENT_TIMERFD_CREATE_X, 3, FD_TIMERFD, 't' },
		{ EVENT_INOTIFY_INIT_X, 2, FD_INOTIFY, 'i' },
		{ EVENT_INOTIFY_INIT1_X, 2, FD_INOTIFY, 'i' },
		{ EVENT_BPF_2_X, 2, FD_BPF, 'b' },
		{ EVENT_USERFAULTFD_X, 2, FD_USERFAULTFD, 'u' },
		{ EVENT_IO_URING_SETUP_X, 8, FD_IOURING, 'r' },
		{ EVENT_EPOLL_CREATE_X, 2, FD_EVENTPOLL, 'l' },
		{ EVENT_EPOLL_CREATE1_X, 2, FD_EVENTPOLL, 'l' },
	};
	struct machine m = with_shell();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arg args[8] = { INT(40) };

		print_message("  %.*s\n", STR_ARG(event_info(cases[i].type)->name));
		for (size_t k = 1; k < cases[i].nargs; k++)
			args[k] = INT(0);
		send_event(&m, cases[i].type, 100, args, cases[i].nargs);
		assert_non_null(m.who.fd);
		assert_int_equal(m.who.fd_num, 40);
		assert_int_equal(m.who.fd->type, cases[i].made);
		assert_int_equal(fd_type_letter(cases[i].made), cases[i].letter);
		args[0] = INT(-22);
		send_event(&m, cases[i].type, 100, args, cases[i].nargs);
		assert_null(m.who.fd);
		assert_int_equal(m.who.fd_num, -1);
	}
	machine_free(&m);
}

static void bpfs_other_answers_are_no_descriptors(void **state)
{
	struct machine m = with_shell();

	(void)state;
	SEND(&m, BPF_2_X, 100, INT(0), INT(BPF_COMMANDS_BPF_PROG_GET_NEXT_ID));
	assert_text(fd_name(&m, 100, 0), "/dev/tty1");
	machine_free(&m);
}

static void the_descriptor_of_an_event_is_found(void **state)
{
	struct machine m = with_shell();

	(void)state;
	open_file(&m, 100, 3, "/tmp/in", FILE_FLAGS_O_RDONLY);
	SEND(&m, READ_X, 100, INT(5), BYTES("hello"), INT(3), INT(5));
	assert_text(m.who.fd->name->text, "/tmp/in");
	SEND(&m, MMAP_X, 100, INT(0), INT(1), INT(2), INT(3), INT(0), INT(4096), INT(0), INT(0),
	     INT(3), INT(0));
	assert_text(m.who.fd->name->text, "/tmp/in");
	SEND(&m, SENDFILE_X, 100, INT(5), INT(0), INT(1), INT(3), INT(5));
	assert_int_equal(m.who.fd_num, 1);
	SEND(&m, COPY_FILE_RANGE_X, 100, INT(5), INT(0), INT(0), INT(3), INT(0), INT(5));
	assert_int_equal(m.who.fd_num, 0);
	SEND(&m, MKDIRAT_X, 100, INT(0), INT(-100), TEXT("d"), INT(0755));
	assert_int_equal(m.who.fd_num, -100);
	assert_null(m.who.fd);
	SEND(&m, GETUID_X, 100, INT(0));
	assert_false(m.who.has_fd_num);
	machine_free(&m);
}

static void the_place_follows_the_calls(void **state)
{
	struct machine m = with_shell();

	(void)state;
	SEND(&m, CHDIR_X, 100, INT(0), TEXT("sub"));
	assert_text(cwd_of(&m, 100), "/home/u/sub/");
	SEND(&m, CHDIR_X, 100, INT(-2), TEXT("nothing"));
	assert_text(cwd_of(&m, 100), "/home/u/sub/");
	SEND(&m, CHDIR_X, 100, INT(0), TEXT(".."));
	assert_text(cwd_of(&m, 100), "/home/u/");
	open_file(&m, 100, 3, "/srv", FILE_FLAGS_O_DIRECTORY);
	SEND(&m, FCHDIR_X, 100, INT(0), INT(3));
	assert_text(cwd_of(&m, 100), "/srv/");
	SEND(&m, GETCWD_X, 100, INT(6), TEXT("/mnt"));
	assert_text(cwd_of(&m, 100), "/mnt/");
	SEND(&m, GETCWD_X, 100, INT(6), TEXT("(unreachable)/x"));
	assert_text(cwd_of(&m, 100), "/mnt/");
	SEND(&m, CHROOT_X, 100, INT(0), TEXT("jail"));
	assert_text(thread_of(&m, 100)->fs->root->text, "/mnt/jail");
	assert_text(cwd_of(&m, 100), "/mnt/");
	SEND(&m, CHDIR_X, 100, INT(0), TEXT("/"));
	assert_text(cwd_of(&m, 100), "/");
	SEND(&m, SETNS_X, 100, INT(0), INT(3), INT(0));
	SEND(&m, CHDIR_X, 100, INT(0), TEXT("/x"));
	SEND(&m, SETNS_X, 100, INT(0), INT(3), INT(CL_CLONE_NEWNS));
	assert_text(cwd_of(&m, 100), "/");
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_opened_file_is_described),
		cmocka_unit_test(names_are_relative_to_their_directory),
		cmocka_unit_test(other_opens),
		cmocka_unit_test(a_failed_open_has_no_descriptor),
		cmocka_unit_test(what_was_asked_for_first_counts),
		cmocka_unit_test(an_enter_event_is_not_used_for_another_call),
		cmocka_unit_test(a_closed_descriptor_stays_until_retired),
		cmocka_unit_test(ranges_are_closed_at_once),
		cmocka_unit_test(close_range_can_end_sharing),
		cmocka_unit_test(duplicates_have_the_same_name),
		cmocka_unit_test(a_pipe_has_two_ends),
		cmocka_unit_test(calls_that_only_make_a_descriptor),
		cmocka_unit_test(bpfs_other_answers_are_no_descriptors),
		cmocka_unit_test(the_descriptor_of_an_event_is_found),
		cmocka_unit_test(the_place_follows_the_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
