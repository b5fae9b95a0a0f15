/* SPDX-License-Identifier: Apache-2.0 */
#include "support_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define CHECK(m, ...)                                                                              \
	machine_check(&(m), (const struct field_expectation[]){ __VA_ARGS__ },                     \
		      ARRAY_SIZE(((const struct field_expectation[]){ __VA_ARGS__ })))

static struct machine with_process(const char *cgroup)
{
	struct machine m = machine_new();

	machine_process(
		&m,
		&(struct proc){ .pid = 60, .comm = "cat", .cwd = "/home/me", .cgroup = cgroup });
	return m;
}

static void has_open(struct machine *m, int64_t num, int type, const char *name)
{
	machine_event(m, EVENT_FD_ENTRY, 60,
		      PARTS([FD_ENTRY_FD] = NUM(num), [FD_ENTRY_FD_TYPE] = NUM(type),
			    [FD_ENTRY_NAME] = TEXT(name), [FD_ENTRY_INO] = NUM(77),
			    [FD_ENTRY_DEV] = NUM(0x12345678)));
}

static void read_from(struct machine *m, int64_t num)
{
	machine_event(m, EVENT_READ_X, 60,
		      PARTS([READ_X_RES] = NUM(1), [READ_X_DATA] = RAW("x", 1),
			    [READ_X_FD] = NUM(num), [READ_X_SIZE] = NUM(1)));
}

static void a_file_has_a_directory_and_a_name(void **state)
{
	static const struct {
		const char *path, *directory, *filename;
	} cases[] = {
		{ "/etc/passwd", "/etc", "passwd" },
		{ "/passwd", "/", "passwd" },
		{ "passwd", "/", "/" },
		{ "/", "/", "/" },
		{ "/etc/", "/etc/", "/etc/" },
		{ "a/b", "a", "b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_process(NULL);

		print_message("  %s\n", cases[i].path);
		has_open(&m, 3, FD_FILE_V2, cases[i].path);
		read_from(&m, 3);
		CHECK(m, { "fd.num", "3" }, { "fd.type", "file" }, { "fd.typechar", "f" },
		      { "fd.name", cases[i].path }, { "fd.directory", cases[i].directory },
		      { "fd.filename", cases[i].filename }, { "fd.uid", "603" });
		machine_free(&m);
	}
}

static void facts_of_the_object_are_told(void **state)
{
	struct machine m = with_process("/docker/" HEX64);

	(void)state;
	has_open(&m, 3, FD_FILE_V2, "/etc/passwd");
	read_from(&m, 3);
	CHECK(m, { "fd.ino", "77" }, { "fd.dev", "12345678" }, { "fd.dev.major", "1110" },
	      { "fd.dev.minor", "74616" }, { "fd.nameraw", "" }, { "fd.connected", "false" },
	      { "fd.is_upper_layer", "false" }, { "fd.is_lower_layer", "false" },
	      { "fd.name_changed", "false" }, { "fd.is_server", "false" }, { "fd.l4proto", "<NA>" },
	      { "fd.sockfamily", "(absent)" }, { "fd.cip", "(absent)" }, { "fd.sport", "(absent)" },
	      { "fd.cproto", "(absent)" }, { "fd.containername", "0123456789ab:/etc/passwd" },
	      { "fd.containerdirectory", "0123456789ab:/etc" });
	machine_free(&m);
}

static void on_the_host_no_container_stands_before_the_name(void **state)
{
	struct machine m = with_process("/user.slice");

	(void)state;
	has_open(&m, 3, FD_FILE_V2, "/etc/passwd");
	read_from(&m, 3);
	CHECK(m, { "fd.containername", ":/etc/passwd" }, { "fd.containerdirectory", ":/etc" });
	machine_free(&m);
}

static void directories_and_others_have_no_filename(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	has_open(&m, 3, FD_DIRECTORY, "/etc/ssl");
	has_open(&m, 4, FD_FIFO, "pipe:[1]");
	has_open(&m, 5, FD_UNSUPPORTED, "");
	read_from(&m, 3);
	CHECK(m, { "fd.type", "directory" }, { "fd.directory", "/etc/ssl" },
	      { "fd.filename", "(absent)" });
	read_from(&m, 4);
	CHECK(m, { "fd.type", "pipe" }, { "fd.typechar", "p" }, { "fd.name", "pipe:[1]" },
	      { "fd.directory", "(absent)" }, { "fd.filename", "(absent)" });
	read_from(&m, 5);
	CHECK(m, { "fd.type", "<NA>" }, { "fd.typechar", "X" });
	machine_free(&m);
}

static void an_unknown_descriptor_has_a_number_and_an_empty_name(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	read_from(&m, 9);
	CHECK(m, { "fd.num", "9" }, { "fd.uid", "609" }, { "fd.name", "" }, { "fd.nameraw", "" },
	      { "fd.directory", "/" }, { "fd.filename", "(absent)" }, { "fd.type", "(absent)" },
	      { "fd.typechar", "o" }, { "fd.dev", "(absent)" }, { "fd.ino", "(absent)" },
	      { "fd.is_server", "(absent)" }, { "fd.l4proto", "(absent)" },
	      { "fd.name_changed", "(absent)" }, { "fd.containername", ":" });
	machine_free(&m);
}

static void events_without_descriptors_have_no_fd_fields(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	has_open(&m, 0, FD_FILE_V2, "/etc/passwd");
	machine_event(&m, EVENT_GETCWD_X, 60, PARTS([GETCWD_X_RES] = NUM(0)));
	CHECK(m, { "fd.num", "(absent)" }, { "fd.name", "(absent)" }, { "fd.uid", "(absent)" },
	      { "fd.typechar", "(absent)" }, { "fd.types", "(absent)" },
	      { "fd.types[0]", "(absent)" }, { "fd.nameraw", "(absent)" },
	      { "fd.directory", "(absent)" });
	machine_free(&m);
}

static void an_opened_file_remembers_how_it_was_called(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	machine_event(&m, EVENT_OPEN_X, 60,
		      PARTS([OPEN_X_FD] = NUM(3), [OPEN_X_NAME] = TEXT("a//b///../c"),
			    [OPEN_X_FLAGS] = NUM(1), [OPEN_X_MODE] = NUM(0)));
	CHECK(m, { "fd.num", "3" }, { "fd.name", "/home/me/a/c" }, { "fd.nameraw", "a/b/../c" },
	      { "fd.filename", "c" });
	machine_free(&m);
}

static void a_call_that_fails_tells_the_name_it_was_given(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	machine_event(&m, EVENT_OPEN_X, 60,
		      PARTS([OPEN_X_FD] = NUM(-2), [OPEN_X_NAME] = TEXT("no//such"),
			    [OPEN_X_FLAGS] = NUM(1), [OPEN_X_MODE] = NUM(0)));
	CHECK(m, { "fd.num", "-1" }, { "fd.uid", "60-1" }, { "fd.name", "/home/me/no/such" },
	      { "fd.directory", "/home/me/no" }, { "fd.filename", "(absent)" },
	      { "fd.type", "(absent)" }, { "fd.typechar", "o" },
	      { "fd.containername", ":/home/me/no/such" });
	machine_event(&m, EVENT_OPENAT_2_X, 60,
		      PARTS([OPENAT_2_X_FD] = NUM(-2), [OPENAT_2_X_DIRFD] = NUM(-100),
			    [OPENAT_2_X_NAME] = TEXT("x//y/"), [OPENAT_2_X_FLAGS] = NUM(1),
			    [OPENAT_2_X_MODE] = NUM(0)));
	CHECK(m, { "fd.num", "-1" }, { "fd.nameraw", "x/y/" }, { "fd.typechar", "f" });
	assert_int_equal(strncmp(machine_field(&m, "fd.name"), "/home/me/x/y", 12), 0);
	machine_event(&m, EVENT_ACCEPT4_6_X, 60,
		      PARTS([ACCEPT4_6_X_FD] = NUM(-11), [ACCEPT4_6_X_FLAGS] = NUM(0)));
	CHECK(m, { "fd.num", "-1" }, { "fd.name", "NULL" }, { "fd.typechar", "4" },
	      { "fd.directory", "/" });
	machine_free(&m);
}

static void the_kinds_of_all_descriptors_are_a_set(void **state)
{
	struct machine m = with_process(NULL);
	const struct field_ref ref = { .id = FIELD_FD_TYPES, .type = TYPE_CHARBUF };
	struct val v;

	(void)state;
	has_open(&m, 0, FD_FILE_V2, "/dev/null");
	has_open(&m, 1, FD_FILE, "/dev/zero");
	has_open(&m, 2, FD_FIFO, "pipe:[1]");
	has_open(&m, 100, FD_SIGNALFD, "");
	read_from(&m, 0);
	assert_true(field_get(&ref, &m.ctx, &v));
	assert_true(v.is_list);
	assert_int_equal(v.list.n, 3);
	CHECK(m, { "fd.types[1]", "(file)" }, { "fd.types[2]", "(pipe)" },
	      { "fd.types[100]", "(signalfd)" }, { "fd.types[3]", "(absent)" });
	machine_free(&m);
}

static void the_longest_name_is_told_whole(void **state)
{
	struct machine m = with_process(NULL);
	char path[1000];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	has_open(&m, 3, FD_FILE_V2, path);
	read_from(&m, 3);
	CHECK(m, { "fd.name", path }, { "fd.filename", path + 1 }, { "fd.directory", "/" });
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_a_directory_and_a_name),
		cmocka_unit_test(facts_of_the_object_are_told),
		cmocka_unit_test(on_the_host_no_container_stands_before_the_name),
		cmocka_unit_test(directories_and_others_have_no_filename),
		cmocka_unit_test(an_unknown_descriptor_has_a_number_and_an_empty_name),
		cmocka_unit_test(events_without_descriptors_have_no_fd_fields),
		cmocka_unit_test(an_opened_file_remembers_how_it_was_called),
		cmocka_unit_test(a_call_that_fails_tells_the_name_it_was_given),
		cmocka_unit_test(the_kinds_of_all_descriptors_are_a_set),
		cmocka_unit_test(the_longest_name_is_told_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
