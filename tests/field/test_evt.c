/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#define THREAD 10

/* What fields of one event show; a field of NULL ends the list. */
struct evt_case {
	const char *what;
	unsigned type;
	struct given given[12];
	size_t n;
	struct {
		const char *field, *shown;
	} expect[24];
};

#define P(...) { __VA_ARGS__ }, sizeof((const struct given[]){ __VA_ARGS__ }) / sizeof(struct given)
#define ABSENT "(absent)"

static void check_all(const struct evt_case *cases, size_t n)
{
	struct world w;

	world_init(&w);
	world_process(&w);
	for (size_t i = 0; i < n; i++) {
		world_event(&w, cases[i].type, THREAD, cases[i].given, cases[i].n);
		print_message("  %s\n", cases[i].what);
		for (size_t k = 0; cases[i].expect[k].field; k++) {
			const char *is = shown(&w, cases[i].expect[k].field);

			if (strcmp(is, cases[i].expect[k].shown) != 0)
				fail_msg("%s is \"%s\", not \"%s\"", cases[i].expect[k].field, is,
					 cases[i].expect[k].shown);
		}
	}
	world_fini(&w);
}

static void an_event_tells_what_it_is(void **state)
{
	static const struct evt_case cases[] = {
		{ "system call",
		  EVENT_CLOSE_X,
		  P(INT(0), INT(3)),
		  { { "evt.type", "close" },
		    { "syscall.type", "close" },
		    { "evt.dir", "<" },
		    { "evt.source", "syscall" },
		    { "evt.is_async", "false" },
		    { "evt.asynctype", ABSENT },
		    { "evt.category", "unknown" },
		    { "evt.cpu", "3" },
		    { "evt.count", "1" },
		    { "evt.count.exit", "1" },
		    { "evt.count.threadinfo", "0" },
		    { "evt.pluginname", ABSENT },
		    { "evt.latency", "0" },
		    { "evt.latency.human", "0ns" },
		    { "evt.type.is.close", "1" },
		    { "evt.type.is.open", "0" } } },
		{ "generic call",
		  EVENT_GENERIC_X,
		  P(INT(SC_TIMES), INT(100)),
		  { { "evt.type", "times" },
		    { "syscall.type", "times" },
		    { "evt.args", "" },
		    { "evt.category", "other" },
		    { "evt.res", ABSENT },
		    { "evt.rawres", ABSENT },
		    { "evt.failed", ABSENT },
		    { "evt.arg.ID", "times" } } },
		{ "generic call known by its native number only",
		  EVENT_GENERIC_X,
		  P(INT(SC_UNKNOWN), INT(221)),
		  { { "evt.type", "fadvise64" }, { "evt.arg[0]", "unknown" } } },
		{ "process list",
		  EVENT_PROCINFO_E,
		  P(INT(19), INT(192)),
		  { { "evt.type", "procinfo" },
		    { "syscall.type", ABSENT },
		    { "evt.dir", ">" },
		    { "evt.is_async", "true" },
		    { "evt.asynctype", "procinfo" },
		    { "evt.category", "internal" },
		    { "evt.count.exit", ABSENT },
		    { "evt.count.threadinfo", "1" },
		    { "evt.count.procinfo", "1" },
		    { "evt.res", ABSENT },
		    { "evt.args", "cpu_usr=19 cpu_sys=192" } } },
		{ "switch",
		  EVENT_SCHEDSWITCH_6_E,
		  P(INT(THREAD), INT(0), INT(5), INT(100), INT(50), INT(0)),
		  { { "evt.category", "scheduler" },
		    { "evt.type", "switch" },
		    { "evt.args", "next=10(cat) pgft_maj=0 pgft_min=5 vm_size=100 vm_rss=50 "
				  "vm_swap=0" } } },
		{ "async event",
		  EVENT_ASYNCEVENT_E,
		  P(INT(0), TEXT("container"), BYTES("{}")),
		  { { "evt.type", "container" }, { "evt.asynctype", "container" } } },
		{ "waiting",
		  EVENT_NANOSLEEP_X,
		  P(INT(0), INT(5)),
		  { { "evt.is_wait", "true" }, { "evt.category", "sleep" } } },
		{ "infrastructure",
		  EVENT_INFRASTRUCTURE_EVENT_E,
		  P(TEXT("docker"), TEXT("pull"),
		    TEXT("Event: pull; ID: 0123456789abcdef; name: web; Image: httpd"), TEXT("s")),
		  { { "evt.infra.docker.name", "pull" },
		    { "evt.infra.docker.container.id", "0123456789ab" },
		    { "evt.infra.docker.container.name", "web" },
		    { "evt.infra.docker.container.image", "httpd" } } },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void work_through_a_ring_is_marked(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CLOSE_X, 10, INT(0), INT(3));
	assert_string_equal(shown(&w, "evt.is_io_uring"), "false");
	w.ev.flags |= WIRE_IO_URING;
	assert_string_equal(shown(&w, "evt.is_io_uring"), "true");
	assert_string_equal(shown(&w, "evt.type"), "close");
	world_fini(&w);
}

/* One that had to be read again takes the others' worth away. */
static void copies_of_the_kernel_are_marked(void **state)
{
	static const struct {
		uint16_t flags;
		const char *says;
	} cases[] = {
		{ 0, "false" },
		{ WIRE_COPIED, "true" },
		{ WIRE_REREAD, "false" },
		{ WIRE_COPIED | WIRE_REREAD, "false" },
	};
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_RENAME_X, 10, INT(0), TEXT("/a"), TEXT("/b"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		w.ev.flags = cases[i].flags;
		assert_string_equal(shown(&w, "evt.is_copied_by_kernel"), cases[i].says);
	}
	world_fini(&w);
}

static void a_result_is_success_or_a_name(void **state)
{
	static const struct evt_case cases[] = {
		{ "failed open",
		  EVENT_OPEN_X,
		  P(INT(-2), TEXT("/x"), INT(1), INT(0)),
		  { { "evt.res", "ENOENT" },
		    { "evt.rawres", "-2" },
		    { "evt.failed", "true" },
		    { "evt.count.error", "1" },
		    { "evt.count.error.file", "1" },
		    { "evt.count.error.net", ABSENT },
		    { "evt.count.error.memory", ABSENT },
		    { "evt.count.error.other", ABSENT } } },
		{ "connect",
		  EVENT_CONNECT_X,
		  P(INT(-115), NOTHING, INT(3), NOTHING),
		  { { "evt.res", "EINPROGRESS" }, { "evt.count.error.net", "1" } } },
		{ "brk",
		  EVENT_BRK_4_X,
		  P(INT(4096), INT(1), INT(1), INT(1), INT(0)),
		  { { "evt.res", "SUCCESS" },
		    { "evt.rawres", "4096" },
		    { "evt.count.error.memory", "0" },
		    { "evt.count.error.other", ABSENT } } },
		{ "user id",
		  EVENT_GETUID_X,
		  P(INT(0)),
		  { { "evt.res", "SUCCESS" },
		    { "evt.failed", "false" },
		    { "evt.count.error.other", "0" } } },
		{ "no errno of that number",
		  EVENT_CLOSE_X,
		  P(INT(-9999), INT(3)),
		  { { "evt.res", "-9999" } } },
		{ "no result recorded",
		  EVENT_CLOSE_X,
		  P(NOTHING, INT(3)),
		  { { "evt.res", ABSENT }, { "evt.rawres", ABSENT } } },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void arguments_are_found_by_index_and_name(void **state)
{
	static const struct evt_case cases[] = {
		{ "open",
		  EVENT_OPEN_X,
		  P(INT(-2), TEXT("notes"), INT(4097), INT(0600), INT(0)),
		  { { "evt.args", "fd=-2(ENOENT) name=notes(/home/me/notes) "
				  "flags=4097(O_RDONLY|O_CLOEXEC) mode=0600 dev=0" },
		    { "evt.info", "fd=-2(ENOENT) name=notes(/home/me/notes) "
				  "flags=4097(O_RDONLY|O_CLOEXEC) mode=0600 dev=0" },
		    { "evt.arg[0]", "ENOENT" },
		    { "evt.arg.fd", "ENOENT" },
		    { "evt.arg.name", "/home/me/notes" },
		    { "evt.arg[3]", "0600" },
		    { "evt.arg[5]", ABSENT },
		    { "evt.arg.ino", ABSENT },
		    { "evt.arg.pid", ABSENT },
		    { "evt.rawarg.fd", "-2" },
		    { "evt.rawarg.name", "notes" },
		    { "evt.rawarg.flags", "1001" },
		    { "evt.rawarg.mode", "600" },
		    { "evt.rawarg.ino", ABSENT } } },
		{ "missing text",
		  EVENT_GETCWD_X,
		  P(INT(-2), NOTHING),
		  { { "evt.arg.path", "<NA>" }, { "evt.rawarg.path", "<NA>" } } },
		{ "missing number",
		  EVENT_CLOSE_X,
		  P(INT(0), NOTHING),
		  { { "evt.arg.fd", "<NA>" }, { "evt.rawarg.fd", ABSENT } } },
		{ "data",
		  EVENT_READ_X,
		  P(INT(3), BYTES("a\0b"), INT(3), INT(80)),
		  { { "evt.buffer", "a.b" },
		    { "evt.arg.data", "a.b" },
		    { "evt.is_io", "true" },
		    { "evt.is_io_read", "true" },
		    { "evt.is_io_write", "false" },
		    { "evt.io_dir", "read" },
		    { "evt.buflen", ABSENT } } },
		{ "no data",
		  EVENT_CLOSE_X,
		  P(INT(0), INT(3)),
		  { { "evt.buffer", ABSENT },
		    { "evt.io_dir", ABSENT },
		    { "evt.is_io", "false" } } },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void open_flags_are_told(void **state)
{
	static const struct evt_case cases[] = {
		{ "read",
		  EVENT_OPEN_X,
		  P(INT(-2), TEXT("/x"), INT(1), INT(0777)),
		  { { "evt.is_open_read", "true" },
		    { "evt.is_open_write", "false" },
		    { "evt.is_open_exec", "false" },
		    { "evt.is_open_create", "false" } } },
		{ "read and write, made, with mode",
		  EVENT_OPENAT_2_X,
		  P(INT(3), INT(-100), TEXT("/x"), INT(0x3 | 0x4 | 0x4000), INT(0711)),
		  { { "evt.is_open_read", "true" },
		    { "evt.is_open_write", "true" },
		    { "evt.is_open_exec", "true" },
		    { "evt.is_open_create", "true" } } },
		{ "unnamed",
		  EVENT_OPENAT2_X,
		  P(INT(3), INT(-100), TEXT("/tmp"), INT(0x2 | 0x2000), INT(0600)),
		  { { "evt.is_open_create", "true" }, { "evt.is_open_exec", "false" } } },
		{ "unnamed, failed",
		  EVENT_OPENAT2_X,
		  P(INT(-2), INT(-100), TEXT("/tmp"), INT(0x2 | 0x2000), INT(0600)),
		  { { "evt.is_open_create", "false" } } },
		{ "creat",
		  EVENT_CREAT_X,
		  P(INT(3), TEXT("/x"), INT(0755)),
		  { { "evt.is_open_exec", "true" }, { "evt.is_open_write", "false" } } },
		{ "another call",
		  EVENT_CLOSE_X,
		  P(INT(0), INT(3)),
		  { { "evt.is_open_read", "false" },
		    { "evt.is_open_exec", "false" },
		    { "evt.is_open_create", "false" } } },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void paths_are_made_absolute(void **state)
{
	static const struct evt_case cases[] = {
		{ "open",
		  EVENT_OPEN_X,
		  P(INT(-2), TEXT("a//b"), INT(1), INT(0)),
		  { { "fs.path.name", "/home/me/a/b" },
		    { "fs.path.nameraw", "a//b" },
		    { "evt.abspath", ABSENT },
		    { "fs.path.source", ABSENT } } },
		{ "open that must not",
		  EVENT_OPEN_X,
		  P(INT(-1), TEXT("/x"), INT(1), INT(0)),
		  { { "fs.path.name", ABSENT } } },
		{ "failed mkdir",
		  EVENT_MKDIR_2_X,
		  P(INT(-17), TEXT("/x"), INT(0)),
		  { { "fs.path.name", ABSENT }, { "fs.path.nameraw", ABSENT } } },
		{ "openat",
		  EVENT_OPENAT_2_X,
		  P(INT(-2), INT(-100), TEXT("../x"), INT(1), INT(0)),
		  { { "evt.abspath", "/home/x" },
		    { "evt.abspath.src", "/home/x" },
		    { "evt.abspath.dst", "/home/x" },
		    { "fs.path.name", "/home/x" } } },
		{ "unknown directory",
		  EVENT_OPENAT_2_X,
		  P(INT(-9), INT(77), TEXT("x"), INT(1), INT(0)),
		  { { "evt.abspath", "<UNKNOWN>/x" }, { "fs.path.name", "<UNKNOWN>/x" } } },
		{ "unlinkat",
		  EVENT_UNLINKAT_2_X,
		  P(INT(0), INT(-100), TEXT("u"), INT(0)),
		  { { "evt.abspath", "/home/me/u" }, { "fs.path.name", "/home/me/u" } } },
		{ "rename",
		  EVENT_RENAME_X,
		  P(INT(0), TEXT("a"), TEXT("/b")),
		  { { "fs.path.source", "/home/me/a" },
		    { "fs.path.sourceraw", "a" },
		    { "fs.path.target", "/b" },
		    { "fs.path.targetraw", "/b" },
		    { "fs.path.name", ABSENT } } },
		{ "renameat2",
		  EVENT_RENAMEAT2_X,
		  P(INT(0), INT(-100), TEXT("a"), INT(77), TEXT("b"), INT(0)),
		  { { "evt.abspath.src", "/home/me/a" },
		    { "evt.abspath.dst", "<UNKNOWN>/b" },
		    { "fs.path.source", "/home/me/a" },
		    { "fs.path.target", "<UNKNOWN>/b" } } },
		{ "the source of a link is the new name",
		  EVENT_LINK_2_X,
		  P(INT(0), TEXT("/old"), TEXT("new")),
		  { { "fs.path.source", "/home/me/new" }, { "fs.path.target", "/old" } } },
		{ "symlinkat",
		  EVENT_SYMLINKAT_X,
		  P(INT(0), TEXT("t"), INT(-100), TEXT("/l")),
		  { { "fs.path.source", "/l" },
		    { "fs.path.target", "/home/me/t" },
		    { "evt.abspath", "/l" } } },
		{ "the source of a mount is no path",
		  EVENT_MOUNT_X,
		  P(INT(0), TEXT("proc"), TEXT("p"), TEXT("proc"), INT(0)),
		  { { "fs.path.source", "proc" }, { "fs.path.target", "/home/me/p" } } },
		{ "unknown descriptor",
		  EVENT_FCHMOD_X,
		  P(INT(0), INT(9), INT(0644)),
		  { { "fs.path.name", ABSENT } } },
		{ "empty path",
		  EVENT_FCHOWNAT_X,
		  P(INT(0), INT(3), TEXT(""), INT(0), INT(0), INT(0)),
		  { { "evt.abspath", ABSENT } } },
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void time_prints_in_its_forms(void **state)
{
	static const struct {
		const char *field, *shown;
	} cases[] = {
		{ "evt.time.iso8601", "2016-08-04T16:17:57.881730713+0000" },
		{ "evt.time", "16:17:57.881730713" },
		{ "evt.time.s", "16:17:57" },
		{ "evt.datetime", "2016-08-04 16:17:57.881730713" },
		{ "evt.datetime.s", "2016-08-04 16:17:57" },
		{ "evt.outputtime", "16:17:57.881730713" },
		{ "evt.rawtime", "1470327477881730713" },
		{ "evt.rawtime.s", "1470327477" },
		{ "evt.rawtime.ns", "881730713" },
		{ "evt.reltime", "1000000001" },
		{ "evt.reltime.s", "1" },
		{ "evt.reltime.ns", "000000001" },
		{ "evt.around[1470327477881730000]", "713" },
		{ "evt.around[1470327477881731000]", "287" },
		{ "evt.around[-1]", ABSENT },
	};
	struct world w;

	(void)state;
	setenv("TZ", "UTC", 1);
	world_init(&w);
	EVENT_OF(&w, EVENT_CLOSE_X, THREAD, INT(0), INT(3));
	w.ctx.first_ts = w.ev.ts - 1000000001;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].field);
		assert_string_equal(shown(&w, cases[i].field), cases[i].shown);
	}
	world_fini(&w);
}

static void deltatime_counts_from_the_event_before_that_was_asked(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CLOSE_X, THREAD, INT(0), INT(3));
	assert_string_equal(shown(&w, "evt.deltatime"), "0");
	EVENT_OF(&w, EVENT_CLOSE_X, THREAD, INT(0), INT(3));
	EVENT_OF(&w, EVENT_CLOSE_X, THREAD, INT(0), INT(3));
	w.ev.ts += 3000000007;
	assert_string_equal(shown(&w, "evt.deltatime"), "3000000007");
	assert_string_equal(shown(&w, "evt.deltatime.s"), "3");
	assert_string_equal(shown(&w, "evt.deltatime.ns"), "000000007");
	w.ctx.history = NULL;
	assert_string_equal(shown(&w, "evt.deltatime"), "0");
	world_fini(&w);
}

static void an_empty_buffer_is_there_and_shown_as_null(void **state)
{
	struct field_ref ref;
	struct world w;
	struct val v;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_READ_X, THREAD, INT(0), NOTHING, INT(3), INT(80));
	assert_int_equal(field_parse(STR("evt.buffer"), NULL, &ref), FIELD_OK);
	assert_true(field_get(&ref, &w.ctx, &v));
	assert_int_equal(v.s.len, 0);
	w.ctx.in_output = true;
	assert_string_equal(shown(&w, "evt.buffer"), "NULL");
	w.ctx.buffers_base64 = true;
	assert_string_equal(shown(&w, "evt.buffer"), "NULL");
	EVENT_OF(&w, EVENT_READ_X, THREAD, INT(0), BYTES("foobar"), INT(3), INT(80));
	assert_string_equal(shown(&w, "evt.buffer"), "Zm9vYmFy");
	assert_string_equal(shown(&w, "evt.arg.data"), "Zm9vYmFy");
	world_fini(&w);
}

static void a_static_field_has_its_configured_value(void **state)
{
	struct str keys[] = { { "site", 4 } }, values[] = { { "vie", 3 } };
	struct world w;

	(void)state;
	world_init(&w);
	w.statics = (struct static_fields){ keys, values, 1 };
	EVENT_OF(&w, EVENT_CLOSE_X, THREAD, INT(0), INT(3));
	assert_string_equal(shown(&w, "static.site"), "vie");
	world_fini(&w);
}

static void io_lengths_need_a_descriptor_of_the_kind(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_process(&w);
	APPLY_OF(&w, EVENT_OPEN_X, THREAD, INT(3), TEXT("/dev/log"), INT(1), INT(0), INT(0),
		 INT(0));
	APPLY_OF(&w, EVENT_WRITE_X, THREAD, INT(7), BYTES("1234567"), INT(3), INT(7));
	assert_string_equal(shown(&w, "evt.buflen"), "7");
	assert_string_equal(shown(&w, "evt.buflen.out"), "7");
	assert_string_equal(shown(&w, "evt.buflen.in"), ABSENT);
	assert_string_equal(shown(&w, "evt.buflen.file"), "7");
	assert_string_equal(shown(&w, "evt.buflen.file.out"), "7");
	assert_string_equal(shown(&w, "evt.buflen.net"), ABSENT);
	assert_string_equal(shown(&w, "evt.category"), "file");
	assert_string_equal(shown(&w, "evt.is_syslog"), "true");
	assert_string_equal(shown(&w, "evt.count.error.file"), "0");
	APPLY_OF(&w, EVENT_READ_X, THREAD, INT(-9), NOTHING, INT(3), INT(7));
	assert_string_equal(shown(&w, "evt.buflen"), ABSENT);
	assert_string_equal(shown(&w, "evt.is_syslog"), "false");
	APPLY_OF(&w, EVENT_FCHMOD_X, THREAD, INT(0), INT(3), INT(0644));
	assert_string_equal(shown(&w, "fs.path.name"), "/dev/log");
	world_fini(&w);
}

static void a_poll_lists_its_descriptors(void **state)
{
	static const struct {
		const char *field, *shown;
	} cases[] = {
		{ "fdlist.nums", "3,4,5" },
		{ "fdlist.names", "/dev/null,10.0.0.1:12345->10.0.0.2:80,<NA>" },
		{ "fdlist.cips", "10.0.0.1" },
		{ "fdlist.sips", "10.0.0.2" },
		{ "fdlist.cports", "12345" },
		{ "fdlist.sports", "80" },
	};
	struct world w;

	(void)state;
	world_init(&w);
	world_process(&w);
	APPLY_OF(&w, EVENT_OPEN_X, THREAD, INT(3), TEXT("/dev/null"), INT(1), INT(0), INT(0),
		 INT(0));
	APPLY_OF(&w, EVENT_SOCKET_X, THREAD, INT(4), INT(2), INT(1), INT(0), INT(0));
	APPLY_OF(&w, EVENT_CONNECT_X, THREAD, INT(0),
		 BYTES("\x02\x0a\0\0\x01\x39\x30\x0a\0\0\x02\x50\0"), INT(4), NOTHING);
	APPLY_OF(&w, EVENT_POLL_X, THREAD, INT(1),
		 BYTES("\x03\0\x03\0\0\0\0\0\0\0\x01\0\x04\0\0\0\0\0\0\0\x01\0"
		       "\x05\0\0\0\0\0\0\0\x01\0"),
		 INT(0));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].field);
		assert_string_equal(shown(&w, cases[i].field), cases[i].shown);
	}
	APPLY_OF(&w, EVENT_POLL_X, THREAD, INT(0), BYTES("\0\0"), INT(0));
	assert_string_equal(shown(&w, "fdlist.nums"), ABSENT);
	APPLY_OF(&w, EVENT_CLOSE_X, THREAD, INT(0), INT(3));
	assert_string_equal(shown(&w, "fdlist.nums"), ABSENT);
	world_fini(&w);
}

static void a_raw_argument_of_another_shape_cannot_be_compared(void **state)
{
	struct field_ref ref;
	struct world w;
	struct val v;

	(void)state;
	world_init(&w);
	/* The first parameter `addr` of the table is a socket address, that of mmap a number. */
	assert_int_equal(field_parse(STR("evt.rawarg.addr"), NULL, &ref), FIELD_OK);
	assert_int_equal(ref.type, TYPE_SOCKADDR);
	EVENT_OF(&w, EVENT_MMAP_X, THREAD, INT(0), INT(1), INT(1), INT(1), INT(4096));
	assert_false(field_get(&ref, &w.ctx, &v));
	w.ctx.in_output = true;
	assert_string_equal(shown(&w, "evt.rawarg.addr"), "1000");
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_tells_what_it_is),
		cmocka_unit_test(work_through_a_ring_is_marked),
		cmocka_unit_test(copies_of_the_kernel_are_marked),
		cmocka_unit_test(a_result_is_success_or_a_name),
		cmocka_unit_test(arguments_are_found_by_index_and_name),
		cmocka_unit_test(open_flags_are_told),
		cmocka_unit_test(paths_are_made_absolute),
		cmocka_unit_test(time_prints_in_its_forms),
		cmocka_unit_test(deltatime_counts_from_the_event_before_that_was_asked),
		cmocka_unit_test(an_empty_buffer_is_there_and_shown_as_null),
		cmocka_unit_test(a_static_field_has_its_configured_value),
		cmocka_unit_test(io_lengths_need_a_descriptor_of_the_kind),
		cmocka_unit_test(a_raw_argument_of_another_shape_cannot_be_compared),
		cmocka_unit_test(a_poll_lists_its_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
