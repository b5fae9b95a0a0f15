/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* Descriptors nobody has named: their names are the kernel's. */

/* An FD_ENTRY as an extension has it, appended to b. */
static void put_entry(struct buf *b, int64_t num, int64_t type, const char *name, struct str tuple,
		      uint32_t flags)
{
	struct event_writer w;

	event_begin(&w, b, EVENT_FD_ENTRY, START_TS, 100, 8);
	event_push_int(&w, num);
	event_push_int(&w, type);
	event_push_int(&w, 77);
	event_push_int(&w, 0x801);
	event_push_int(&w, flags);
	if (name)
		event_push_text(&w, str_from(name));
	else
		event_push_empty(&w);
	event_push(&w, tuple.p, tuple.len);
	event_push_int(&w, L4_TCP);
	assert_int_equal(event_end(&w), 0);
}

static struct arg view(const struct buf *b)
{
	return (struct arg){ .kind = ARG_BYTES, .p = b->p, .len = b->len };
}

/* recvmsg on descriptor 5, which is a unix socket, with these descriptors in its extension. */
static void receive(struct machine *m, const struct buf *entries)
{
	SEND(m, RECVMSG_X, 100, INT(1), INT(1), BYTES("x"), NONE, BYTES("control"), INT(5), NONE,
	     NONE, NONE, view(entries));
}

static struct fd *fd_of(struct machine *m, int64_t num)
{
	return state_fd(m->s, state_thread(m->s, 100), num);
}

static void assert_name(struct machine *m, int64_t num, const char *name)
{
	struct fd *fd = fd_of(m, num);

	assert_non_null(fd);
	assert_true(str_eq(istr_view(fd->name), str_from(name)));
}

static struct machine with_socket(void)
{
	struct machine m = machine_new(NULL);

	list_usual(&m);
	SEND(&m, SOCKET_X, 100, INT(5), INT(1), INT(1), INT(0), INT(0));
	return m;
}

static const struct str none = { "", 0 };

static void what_came_with_a_message_has_the_kernels_name(void **state)
{
	struct machine m = with_socket();
	struct buf b = { 0 };

	(void)state;
	list_file(&m, 100, 9, "/old", 0);
	put_entry(&b, 7, FD_FILE_V2, "/etc/shadow", none, FILE_FLAGS_O_RDONLY);
	put_entry(&b, 9, FD_DIRECTORY, "/srv", none, FILE_FLAGS_O_CLOEXEC);
	receive(&m, &b);
	assert_int_equal(m.who.fd->num, 5);
	assert_name(&m, 7, "/etc/shadow");
	assert_int_equal(fd_of(&m, 7)->type, FD_FILE_V2);
	assert_int_equal(fd_of(&m, 7)->ino, 77);
	assert_int_equal(fd_of(&m, 7)->dev, 0x801);
	assert_false(fd_of(&m, 7)->marks & FD_CLOEXEC);
	assert_name(&m, 9, "/srv");
	assert_int_equal(fd_of(&m, 9)->type, FD_DIRECTORY);
	assert_true(fd_of(&m, 9)->marks & FD_CLOEXEC);
	buf_fini(&b);
	machine_free(&m);
}

/* 127.0.0.1:1000 -> 127.0.0.1:80 */
#define TUPLE "\x02\x7f\x00\x00\x01\xe8\x03\x7f\x00\x00\x01\x50\x00"

static void a_connection_that_came_has_its_ends(void **state)
{
	struct machine m = with_socket();
	struct buf b = { 0 };

	(void)state;
	put_entry(&b, 7, FD_IPV4_SOCK, NULL, str_of(TUPLE, sizeof(TUPLE) - 1), 0);
	receive(&m, &b);
	SEND(&m, READ_X, 100, INT(1), BYTES("x"), INT(7), INT(1));
	assert_name(&m, 7, "127.0.0.1:1000->127.0.0.1:80");
	assert_int_equal(fd_l4proto(fd_of(&m, 7)), L4_TCP);
	assert_true(fd_of(&m, 7)->marks & (FD_CLIENT | FD_SERVER));
	buf_fini(&b);
	machine_free(&m);
}

static void what_stood_there_before_is_gone_whatever_came(void **state)
{
	struct machine m = with_socket();
	struct buf b = { 0 };

	(void)state;
	list_file(&m, 100, 7, "/old", 0);
	put_entry(&b, 7, FD_UNKNOWN, NULL, none, 0);
	receive(&m, &b);
	assert_non_null(fd_of(&m, 7));
	assert_int_equal(fd_of(&m, 7)->type, FD_UNKNOWN);
	assert_null(fd_of(&m, 7)->name);
	buf_fini(&b);
	machine_free(&m);
}

static void damaged_entries_end_the_list(void **state)
{
	struct machine m = with_socket();
	struct buf b = { 0 };
	size_t first;

	(void)state;
	put_entry(&b, 7, FD_FILE_V2, "/a", none, 0);
	first = b.len;
	put_entry(&b, 8, FD_FILE_V2, "/b", none, 0);
	for (size_t cut = b.len - 1; cut > 0; cut--) {
		struct buf shorter = { .p = b.p, .len = cut };

		receive(&m, &shorter);
		assert_int_equal(fd_of(&m, 7) != NULL, cut >= first);
		assert_null(fd_of(&m, 8));
		SEND(&m, CLOSE_X, 100, INT(0), INT(7));
	}
	buf_fini(&b);
	machine_free(&m);
}

static void a_descriptor_taken_from_a_process_has_a_name(void **state)
{
	struct machine m = with_socket();
	struct buf b = { 0 };

	(void)state;
	/* Known by the name its owner opened it by, else by the kernel's. */
	SEND(&m, PIDFD_OPEN_X, 100, INT(6), INT(1), INT(0));
	list_file(&m, 1, 3, "/etc/link", 0);
	put_entry(&b, 7, FD_FILE_V2, "/etc/real", none, 0);
	SEND(&m, PIDFD_GETFD_X, 100, INT(7), INT(6), INT(3), INT(0), NONE, NONE, NONE, view(&b));
	assert_int_equal(m.who.fd->num, 7);
	assert_name(&m, 7, "/etc/link");
	assert_true(fd_of(&m, 7)->marks & FD_CLOEXEC);
	SEND(&m, PIDFD_GETFD_X, 100, INT(7), INT(6), INT(44), INT(0), NONE, NONE, NONE, view(&b));
	assert_int_equal(m.who.fd->num, 7);
	assert_name(&m, 7, "/etc/real");
	assert_true(fd_of(&m, 7)->marks & FD_CLOEXEC);
	SEND(&m, PIDFD_GETFD_X, 100, INT(7), INT(6), INT(44), INT(0));
	assert_int_equal(fd_of(&m, 7)->type, FD_UNKNOWN);
	buf_fini(&b);
	machine_free(&m);
}

static void a_file_without_a_name_has_the_kernels(void **state)
{
	const uint32_t flags = FILE_FLAGS_O_RDWR | FILE_FLAGS_O_DIRECTORY | FILE_FLAGS_O_TMPFILE;
	struct machine m = with_socket();

	(void)state;
	SEND(&m, OPENAT_2_X, 100, INT(7), INT(-100), TEXT("/tmp"), INT(flags), INT(0600), INT(1),
	     INT(2), TEXT("/tmp/#4711"), NONE, NONE, NONE);
	assert_name(&m, 7, "/tmp/#4711");
	assert_int_equal(fd_of(&m, 7)->type, FD_FILE_V2);
	assert_true(str_eq(istr_view(fd_of(&m, 7)->name_raw), STR("/tmp")));
	/* Where nobody told it, Falco's name stays. */
	SEND(&m, OPENAT_2_X, 100, INT(7), INT(-100), TEXT("/tmp"), INT(flags), INT(0600), INT(1),
	     INT(2));
	assert_name(&m, 7, "/tmp");
	assert_int_equal(fd_of(&m, 7)->type, FD_DIRECTORY);
	/* And that of a file that was named is what its opener said. */
	SEND(&m, OPENAT_2_X, 100, INT(7), INT(-100), TEXT("/tmp/link"), INT(FILE_FLAGS_O_RDWR),
	     INT(0), INT(1), INT(2), TEXT("/etc/real"), NONE, NONE, NONE);
	assert_name(&m, 7, "/tmp/link");
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_with_a_message_has_the_kernels_name),
		cmocka_unit_test(a_connection_that_came_has_its_ends),
		cmocka_unit_test(what_stood_there_before_is_gone_whatever_came),
		cmocka_unit_test(damaged_entries_end_the_list),
		cmocka_unit_test(a_descriptor_taken_from_a_process_has_a_name),
		cmocka_unit_test(a_file_without_a_name_has_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
