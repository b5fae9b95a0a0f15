/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <string.h>

/* A real event, after which everything listed before has its relations. */
static void any_event(struct machine *m)
{
	SEND(m, GETUID_X, 1, INT(0));
}

static void a_listed_process_has_what_the_list_says(void **state)
{
	struct machine m = machine_new(NULL);
	const struct thread *t;

	(void)state;
	list_usual(&m);
	any_event(&m);
	t = thread_of(&m, 100);
	assert_int_equal(t->ptid, 1);
	assert_int_equal(t->sid, 100);
	assert_int_equal(t->uid, 1000);
	assert_int_equal(t->tty, 34816);
	assert_int_equal(t->image->argc, 2);
	assert_memory_equal(t->image->joined.p, "-a -b", 6);
	assert_memory_equal(t->image->exepath.p, "/usr/bin/bash", 14);
	assert_int_equal(t->image->exe_ino, 11);
	assert_memory_equal(t->cgroups->text, "cpu=/a\0memory=/b", 17);
	assert_text(cwd_of(&m, 100), "/home/u/");
	assert_text(cwd_of(&m, 1), "/");
	assert_int_equal(t->clone_ts, 0);
	assert_int_equal(state_fd_count(m.s, t), 3);
	assert_int_equal(state_fd(m.s, t, 0)->dev, 0x801);
	machine_free(&m);
}

static void the_order_of_a_list_does_not_matter(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_process(&m, &(struct listed){ .tid = 300, .ptid = 200 });
	list_process(&m, &(struct listed){ .tid = 202,
					   .pid = 200,
					   .ptid = 1,
					   .flags = CL_CLONE_THREAD | CL_CLONE_FILES });
	list_process(&m, &(struct listed){ .tid = 200, .ptid = 1, .comm = "parent", .cwd = "/p" });
	list_file(&m, 200, 5, "/tmp/f", FILE_FLAGS_O_RDONLY);
	/* A thread's own list repeats its leader's, at most. */
	list_file(&m, 202, 6, "/tmp/stale", FILE_FLAGS_O_RDONLY);
	list_process(&m, &(struct listed){ .tid = 1, .comm = "init" });
	list_process(&m, &(struct listed){ .tid = 400, .ptid = 4444 });
	any_event(&m);
	assert_text(state_parent(m.s, thread_of(&m, 300))->comm->text, "parent");
	assert_text(state_parent(m.s, thread_of(&m, 200))->comm->text, "init");
	assert_ptr_equal(state_leader(m.s, thread_of(&m, 202)), thread_of(&m, 200));
	assert_text(fd_name(&m, 202, 5), "/tmp/f");
	assert_text(fd_name(&m, 202, 6), "<none>");
	assert_text(cwd_of(&m, 202), "/p/");
	assert_int_equal(thread_of(&m, 400)->ptid, 0);
	machine_free(&m);
}

static void a_process_can_be_listed_again(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	start_thread(&m, 100, 1, 101);
	list_process(&m, &(struct listed){ .tid = 100,
					   .ptid = 1,
					   .comm = "again",
					   .cwd = "/again",
					   .start = START_TS });
	any_event(&m);
	assert_text(state_parent(m.s, thread_of(&m, 200))->comm->text, "again");
	assert_text(state_leader(m.s, thread_of(&m, 101))->comm->text, "again");
	assert_int_equal(thread_of(&m, 101)->group->alive, 2);
	assert_int_equal(thread_of(&m, 100)->clone_ts, START_TS);
	assert_int_equal(thread_of(&m, 100)->ctime_to_start_ns, START_TS - 12);
	machine_free(&m);
}

static void list_socket(struct machine *m, int64_t num, enum fd_type type, struct arg tuple)
{
	SEND(m, FD_ENTRY, 1, INT(num), INT(type), INT(0), INT(0), INT(0), NONE, tuple, INT(L4_TCP));
}

static void listed_connections_find_their_direction(void **state)
{
	struct machine m = machine_new(NULL);
	char buf[13];

	(void)state;
	list_process(&m, &(struct listed){ .tid = 1 });
	list_socket(&m, 3, FD_IPV4_SOCK, tuple4(buf, 0x0a000002, 80, 0x0a000009, 5000));
	list_socket(&m, 4, FD_IPV4_SOCK, tuple4(buf, 0x0a000002, 6000, 0x08080808, 443));
	/* Only now is it known who listens, and on which machine. */
	list_socket(&m, 5, FD_IPV4_SERVSOCK, tuple4(buf, 0, 0, 0, 80));
	any_event(&m);
	assert_text(fd_name(&m, 1, 3), "10.0.0.9:5000->10.0.0.2:80");
	assert_true(state_fd(m.s, thread_of(&m, 1), 3)->marks & FD_SERVER);
	assert_true(state_fd(m.s, thread_of(&m, 1), 3)->marks & FD_CONNECTED);
	assert_text(fd_name(&m, 1, 4), "10.0.0.2:6000->8.8.8.8:443");
	assert_true(state_fd(m.s, thread_of(&m, 1), 4)->marks & FD_CLIENT);
	assert_text(fd_name(&m, 1, 5), "0.0.0.0:80");
	machine_free(&m);
}

static void other_listed_descriptors(void **state)
{
	static const char v6[] = "\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x35\0";
	static const char local[] = "\x01\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0";
	struct machine m = machine_new(NULL);
	const struct fd *fd;

	(void)state;
	list_process(&m, &(struct listed){ .tid = 1 });
	list_socket(&m, 3, FD_IPV6_SERVSOCK, (struct arg){ ARG_BYTES, 0, v6, sizeof(v6) - 1 });
	SEND(&m, FD_ENTRY, 1, INT(4), INT(FD_UNIX_SOCK), INT(0), INT(0), INT(0), TEXT("/run/s"),
	     ((struct arg){ ARG_BYTES, 0, local, sizeof(local) }), INT(0));
	SEND(&m, FD_ENTRY, 1, INT(5), INT(FD_UNKNOWN), INT(0), INT(0), INT(0), NONE, NONE, INT(0));
	SEND(&m, FD_ENTRY, 1, INT(6), INT(FD_FIFO), INT(55), INT(0), INT(0), TEXT("pipe:[55]"),
	     NONE, INT(0));
	SEND(&m, FD_ENTRY, 999, INT(6), INT(FD_FIFO), INT(55), INT(0), INT(0), TEXT("x"), NONE,
	     INT(0));
	any_event(&m);
	assert_text(fd_name(&m, 1, 3), ":::53");
	assert_text(fd_name(&m, 1, 4), "/run/s");
	fd = state_fd(m.s, thread_of(&m, 1), 4);
	assert_true(fd->marks & FD_SERVER);
	assert_int_equal(fd->unix_dst, 2);
	assert_text(fd_name(&m, 1, 5), "<none>");
	assert_text(fd_name(&m, 1, 6), "pipe:[55]");
	assert_null(state_thread(m.s, 999));
	machine_free(&m);
}

static void users_are_known_per_container(void **state)
{
	struct machine m = machine_new(NULL);
	const struct user *u;
	uint32_t generation = state_generation(m.s, STATE_USERS);

	(void)state;
	SEND(&m, USER_ADDED_E, -1, INT(1000), INT(100), TEXT("ann"), TEXT("/home/ann"),
	     TEXT("/bin/sh"), NONE);
	SEND(&m, USER_ADDED_E, -1, INT(1000), INT(5), TEXT("app"), TEXT("/"), TEXT("/bin/false"),
	     TEXT("c0ffee"));
	SEND(&m, GROUP_ADDED_E, -1, INT(100), TEXT("users"), NONE);
	assert_int_not_equal(state_generation(m.s, STATE_USERS), generation);
	u = state_user(m.s, STR(""), 1000);
	assert_text(u->name->text, "ann");
	assert_text(u->home->text, "/home/ann");
	assert_int_equal(u->gid, 100);
	assert_text(state_user(m.s, STR("c0ffee"), 1000)->name->text, "app");
	assert_null(state_user(m.s, STR("other"), 1000));
	assert_null(state_user(m.s, STR(""), 1001));
	assert_text(state_group(m.s, STR(""), 100)->name->text, "users");
	assert_null(state_group(m.s, STR("c0ffee"), 100));
	SEND(&m, USER_ADDED_E, -1, INT(1000), INT(100), TEXT("anna"), TEXT("/home/ann"),
	     TEXT("/bin/sh"), NONE);
	assert_text(state_user(m.s, STR(""), 1000)->name->text, "anna");
	SEND(&m, USER_DELETED_E, -1, INT(1000), INT(100), TEXT("anna"), NONE, NONE, NONE);
	SEND(&m, GROUP_DELETED_E, -1, INT(100), TEXT("users"), NONE);
	assert_null(state_user(m.s, STR(""), 1000));
	assert_null(state_group(m.s, STR(""), 100));
	assert_non_null(state_user(m.s, STR("c0ffee"), 1000));
	machine_free(&m);
}

static void the_machine_is_known(void **state)
{
	static const uint8_t ours[4] = { 10, 0, 0, 2 }, other[4] = { 10, 0, 0, 3 };
	static const uint8_t v6_net[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };
	static const uint8_t v6_other[16] = { 0x20, 0x01, 0x0d, 0xb9, [15] = 1 };
	struct machine m = machine_new(NULL);

	(void)state;
	assert_int_equal(state_hostname(m.s).len, 0);
	SEND(&m, MACHINE_ENTRY, -1, TEXT("host7"), INT(4), INT(1 << 30), INT(32768),
	     INT(START_TS / 2));
	SEND(&m, INTERFACE_ENTRY, -1, TEXT("eth0"), BYTES("\x0a\0\0\x02"), BYTES("\xff\xff\xff\0"),
	     NONE, INT(0));
	SEND(&m, INTERFACE_ENTRY, -1, TEXT("eth0"),
	     BYTES("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"), NONE, NONE, INT(0));
	SEND(&m, INTERFACE_ENTRY, -1, TEXT("odd"), BYTES("\x01\x02\x03"), NONE, NONE, INT(0));
	assert_text(state_hostname(m.s).p, "host7");
	assert_int_equal(state_boot_ts(m.s), START_TS / 2);
	assert_true(state_is_local(m.s, ours, 4));
	assert_false(state_is_local(m.s, other, 4));
	assert_true(state_is_local(m.s, v6_net, 16));
	assert_false(state_is_local(m.s, v6_other, 16));
	machine_free(&m);
}

static void another_section_starts_anew(void **state)
{
	static const uint8_t ours[4] = { 10, 0, 0, 2 };
	struct machine m = machine_new(NULL);
	struct state_stats stats;

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	SEND(&m, USER_ADDED_E, -1, INT(0), INT(0), TEXT("root"), TEXT("/root"), TEXT("/bin/sh"),
	     NONE);
	SEND(&m, INTERFACE_ENTRY, -1, TEXT("eth0"), BYTES("\x0a\0\0\x02"), NONE, NONE, INT(0));
	send_event(&m, EVENT_SECTION_ENTRY, -1, NULL, 0);
	state_stats(m.s, &stats);
	assert_int_equal(stats.threads, 0);
	assert_int_equal(stats.fds, 0);
	assert_null(state_thread(m.s, 100));
	assert_null(state_user(m.s, STR(""), 0));
	assert_false(state_is_local(m.s, ours, 4));
	list_usual(&m);
	assert_text(fd_name(&m, 100, 0), "/dev/tty1");
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listed_process_has_what_the_list_says),
		cmocka_unit_test(the_order_of_a_list_does_not_matter),
		cmocka_unit_test(a_process_can_be_listed_again),
		cmocka_unit_test(listed_connections_find_their_direction),
		cmocka_unit_test(other_listed_descriptors),
		cmocka_unit_test(users_are_known_per_container),
		cmocka_unit_test(the_machine_is_known),
		cmocka_unit_test(another_section_starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
