/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "support.h"

static const struct str chdir_params[] = {
	{ "\0\0\0\0\0\0\0\0", 8 },
	{ "/tmp", 5 },
};

static void put_chdir(struct buf *b, uint64_t ts)
{
	put_event(b, EVENT_CHDIR_X, ts, 42, 2, chdir_params);
}

/* A block with the given type, stated length and trailer, and n bytes of 'x' between. */
static void put_crooked(struct buf *b, uint32_t type, uint32_t length, unsigned n, uint32_t trailer)
{
	put_u32(b, type);
	put_u32(b, length);
	for (unsigned i = 0; i < n; i++)
		put_u8(b, 'x');
	put_u32(b, trailer);
}

static void an_unusable_file_is_named_with_its_remedy(void **state)
{
	static const struct {
		const char *what;
		size_t len;
		const char *bytes;
		int code;
		const char *says;
	} cases[] = {
		{ "nothing", 0, "", -ENODATA, "memory: is empty, not a capture" },
		{ "text", 12, "hello, world", -EBADMSG,
		  "memory: not a .scap capture: does not begin with a section header" },
		{ "half a magic", 3, "\x0a\x0d\x0d", -EBADMSG,
		  "memory: not a .scap capture: does not begin with a section header" },
		{ "zstd", 8, "\x28\xb5\x2f\xfd\0\0\0\0", -EBADMSG,
		  "memory: not a .scap capture: zstd data; decompress it first (zstd -d)" },
		{ "pcap", 8, "\xd4\xc3\xb2\xa1\2\0\4\0", -EBADMSG,
		  "memory: not a .scap capture: a network capture (pcap)" },
		{ "a program", 8, "\x7f\x45LF\2\1\1\0", -EBADMSG,
		  "memory: not a .scap capture: a program (ELF)" },
		{ "half a section header", 14, "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0",
		  -EBADMSG, "memory: offset 0: cut off in section header" },
		{ "another magic", 28,
		  "\x0a\x0d\x0d\x0a\x1c\0\0\0\1\2\3\4\1\0\2\0\xff\xff\xff\xff\xff\xff\xff\xff"
		  "\x1c\0\0\0",
		  -EBADMSG,
		  "memory: offset 0: section header has magic 04030201 instead of 1a2b3c4d" },
		{ "the other byte order", 28,
		  "\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\1\0\2\xff\xff\xff\xff\xff\xff\xff"
		  "\xff\0\0\0\x1c",
		  -ENOTSUP,
		  "memory: offset 0: recorded on a machine with the other byte order; replay it on "
		  "one of that kind" },
		{ "a newer format", 28,
		  "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\2\0\0\0\xff\xff\xff\xff\xff\xff\xff"
		  "\xff\x1c\0\0\0",
		  -ENOTSUP, "memory: offset 0: format version 2; versions up to 1 can be read" },
		{ "a short section header", 24,
		  "\x0a\x0d\x0d\x0a\x18\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\x18\0\0\0",
		  -EBADMSG, "memory: offset 0: section header of 24 bytes" },
		{ "gzip of nothing useful", 4, "\x1f\x8b\x08\x00", -EBADMSG,
		  "memory: cannot read: the gzip data end early" },
		{ "gzip with a wrong method", 12, "\x1f\x8b\x07\0\0\0\0\0\0\0\0\0", -EBADMSG,
		  "memory: cannot read: the gzip data are damaged (unknown compression method)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };

		print_message("  %s\n", cases[i].what);
		assert_null(source_open_memory(cases[i].bytes, cases[i].len, &err));
		assert_string_equal(err.text, cases[i].says);
		assert_int_equal(err.code, cases[i].code);
	}
}

static void a_path_that_is_no_file_is_named(void **state)
{
	struct err err;

	(void)state;
	assert_null(source_open_scap("/nonexistent/x.scap", &err));
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.text,
			    "/nonexistent/x.scap: cannot open: No such file or directory");
	assert_null(source_open_scap("/tmp", &err));
	assert_int_equal(err.code, -EISDIR);
	assert_string_equal(err.text, "/tmp: is a directory; name one capture file");
	assert_null(source_open_scap("/dev/null", &err));
	assert_string_equal(err.text, "/dev/null: is empty, not a capture");
}

/* Each follows a section header of 28 bytes, and an event of 60 where `behind_event` says so. */
static void a_broken_block_names_the_offset(void **state)
{
	static const struct {
		const char *what;
		bool behind_event;
		uint32_t type, length, body, trailer;
		size_t cut; /* bytes of the block that are there; 0: all */
		const char *says;
	} cases[] = {
		{ "half a header", true, 0x216, 40, 28, 40, 5,
		  "memory: offset 88: cut off in block header" },
		{ "length below minimum", true, 0x216, 11, 0, 0, 0,
		  "memory: offset 88: block length 11" },
		{ "body missing", true, 0x216, 48, 36, 48, 20,
		  "memory: offset 88: cut off in block body" },
		{ "trailer missing", true, 0x216, 48, 36, 48, 44,
		  "memory: offset 88: cut off in block body" },
		{ "event beyond 64 KiB", true, 0x216, 65548, 4, 0, 0,
		  "memory: offset 88: event block of 65548 bytes; the most is 65544" },
		{ "large event cut off", true, 0x221, 20000000, 4, 0, 0,
		  "memory: offset 88: cut off in block body" },
		{ "unknown block with another trailer", true, 0x300, 16, 4, 20, 0,
		  "memory: offset 88: block length 16, but 20 at its end" },
		{ "unknown block cut off", true, 0x300, 1000000000, 4, 0, 0,
		  "memory: offset 88: cut off in block body" },
		{ "machine info of another size", false, 0x201, 196, 184, 196, 0,
		  "memory: offset 28: machine info block of 196 bytes, not 192" },
		{ "machine info with another trailer", false, 0x201, 192, 180, 196, 0,
		  "memory: offset 28: block length 192, but 196 at its end" },
		{ "machine info cut off", false, 0x201, 192, 180, 192, 100,
		  "memory: offset 28: cut off in machine info" },
		{ "user list with another trailer", false, 0x220, 12, 0, 16, 0,
		  "memory: offset 28: block length 12, but 16 at its end" },
		{ "user list entry beyond the list", false, 0x220, 32, 20, 32, 0,
		  "memory: offset 36: user list: entry length 2021161080 with 20 bytes left" },
		{ "interface of unknown kind", false, 0x205, 32, 20, 32, 0,
		  "memory: offset 36: interface list: entry of unknown kind 30840" },
		{ "process with an endless name", false, 0x202, 64, 52, 64, 0,
		  "memory: offset 36: process list: comm of 30840 bytes; the most is 1024" },
		{ "process list entry cut short", false, 0x202, 32, 20, 32, 0,
		  "memory: offset 36: process list: entry is cut short" },
		{ "process list cut off", false, 0x202, 64, 52, 64, 30,
		  "memory: offset 36: cut off in process list" },
		{ "descriptor list without a thread", false, 0x218, 16, 4, 16, 0,
		  "memory: offset 28: descriptor list of 16 bytes" },
		{ "network capture", false, 1, 20, 8, 20, 0,
		  "memory: offset 28: block type 1: a network capture (pcapng), not a .scap" },
		{ "nothing at all", false, 0x300, 16, 4, 16, 0,
		  "memory: offset 44: no events in file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b = { 0 };
		struct run run;
		size_t start;

		print_message("  %s\n", cases[i].what);
		put_section(&b);
		if (cases[i].behind_event)
			put_chdir(&b, 1);
		start = b.len;
		put_crooked(&b, cases[i].type, cases[i].length, cases[i].body, cases[i].trailer);
		run = run_memory(b.p, cases[i].cut ? start + cases[i].cut : b.len);
		assert_true(run.end < 0);
		assert_string_equal(run.err.text, cases[i].says);
		assert_int_equal(run.events, cases[i].behind_event);
		buf_fini(&b);
	}
}

static void an_error_is_repeated(void **state)
{
	struct buf b = { 0 };
	struct err first = { 0 }, again = { 0 };
	struct source *s;
	struct raw raw;

	(void)state;
	put_section(&b);
	put_u32(&b, 0x216);
	s = source_open_memory(b.p, b.len, NULL);
	assert_non_null(s);
	assert_int_equal(source_next(s, &raw, &first), -EBADMSG);
	assert_int_equal(source_next(s, &raw, &again), -EBADMSG);
	assert_string_equal(first.text, again.text);
	source_close(s);
	buf_fini(&b);
}

static void an_event_too_large_to_hold_is_passed_over(void **state)
{
	struct buf b = { 0 };
	struct source *s;
	struct raw raw;
	size_t start;

	(void)state;
	put_section(&b);
	start = block_begin(&b, 0x221);
	for (size_t i = 0; i < LIMIT_LARGE_BYTES / 8 + 1; i++)
		put_u64(&b, 0);
	block_end(&b, start);
	put_chdir(&b, 2);
	s = source_open_memory(b.p, b.len, NULL);
	assert_non_null(s);
	assert_int_equal(source_next(s, &raw, NULL), 1);
	assert_int_equal(raw.sequence, 2);
	assert_int_equal(source_next(s, &raw, NULL), 0);
	assert_int_equal(source_stats(s)->skipped_large, 1);
	assert_int_equal(source_stats(s)->events, 2);
	source_close(s);
	buf_fini(&b);
}

/* The block is whole, what is in it is not: it is passed over and counted. */
static void an_event_that_contradicts_itself_is_counted(void **state)
{
	static const struct {
		const char *what;
		uint32_t block, len, nparams;
		uint16_t type;
		uint64_t malformed, newer, delivered;
	} cases[] = {
		{ "length beyond the block", 0x216, 500, 0, EVENT_CHDIR_X, 1, 0, 1 },
		{ "length below the header", 0x216, 25, 0, EVENT_CHDIR_X, 1, 0, 1 },
		{ "a type to come", 0x216, 26, 0, 454, 0, 1, 1 },
		{ "a type of our own", 0x216, 26, 0, EVENT_PROC_ENTRY, 0, 1, 1 },
		{ "to be converted, lengths beyond the event", 0x216, 30, 2, EVENT_READ_X, 0, 0,
		  2 },
		{ "an old type with a count no writer had", 0x216, 26, 0, EVENT_CLONE_11_X, 1, 0,
		  1 },
		{ "to be converted, lengths missing", 0x216, 26, 1, EVENT_READ_X, 1, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b = { 0 };
		struct run run;
		size_t start;

		print_message("  %s\n", cases[i].what);
		put_section(&b);
		start = block_begin(&b, cases[i].block);
		put_u16(&b, 0);
		put_u64(&b, 1);
		put_u64(&b, 1);
		put_u32(&b, cases[i].len);
		put_u16(&b, cases[i].type);
		put_u32(&b, cases[i].nparams);
		put_u32(&b, 0);
		block_end(&b, start);
		put_chdir(&b, 2);
		run = run_memory(b.p, b.len);
		assert_int_equal(run.end, 0);
		assert_int_equal(run.stats.malformed, cases[i].malformed);
		assert_int_equal(run.stats.skipped_newer, cases[i].newer);
		assert_int_equal(run.events, cases[i].delivered);
		assert_int_equal(run.stats.events, 2);
		assert_int_equal(run.stats.bytes, b.len);
		buf_fini(&b);
	}
}

static void an_unknown_block_is_passed_over(void **state)
{
	struct buf b = { 0 };
	struct run run;

	(void)state;
	put_section(&b);
	put_crooked(&b, 0x300, 16, 4, 16);
	put_chdir(&b, 1);
	put_crooked(&b, 0x223, 500012, 500000, 500012);
	put_chdir(&b, 2);
	run = run_memory(b.p, b.len);
	assert_int_equal(run.end, 0);
	assert_int_equal(run.events, 2);
	assert_int_equal(run.stats.skipped_blocks, 2);
	buf_fini(&b);
}

static void put_old_event(struct buf *b, uint16_t type, uint32_t len_error, const char *params,
			  unsigned n)
{
	size_t start = block_begin(b, 0x204), size = strlen(params);

	put_u16(b, 1);
	put_u64(b, 5);
	put_u64(b, 6);
	put_u32(b, 22 + 2 * n + (uint32_t)size + len_error);
	put_u16(b, type);
	/* All bytes in the first parameter, the others empty. */
	for (unsigned i = 0; i < n; i++)
		put_u16(b, i == 0 ? (uint16_t)size : 0);
	buf_str(b, str_from(params));
	block_end(b, start);
}

static void an_old_block_gets_its_parameter_count(void **state)
{
	static const struct {
		const char *what;
		uint16_t type;
		unsigned n;
		uint32_t len_error;
		const char *params;
		bool good;
	} cases[] = {
		{ "all of the table's", EVENT_CHDIR_X, 2, 0, "12345678", true },
		{ "fewer", EVENT_CHDIR_X, 1, 0, "12345678", true },
		{ "none", EVENT_CHDIR_X, 0, 0, "", true },
		{ "more than the table's", EVENT_CHDIR_X, 3, 0, "12345678", false },
		{ "length one short", EVENT_CHDIR_X, 2, UINT32_MAX, "12345678", false },
		{ "length one beyond", EVENT_CHDIR_X, 2, 1, "12345678", false },
		{ "notification: counted three too many", EVENT_NOTIFICATION_E, 2, 3, "id", true },
		{ "infrastructure event: the same", EVENT_INFRASTRUCTURE_EVENT_E, 4, 3, "source",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b = { 0 };
		struct source *s;
		struct event ev;
		struct raw raw;
		int rc;

		print_message("  %s\n", cases[i].what);
		put_section(&b);
		put_old_event(&b, cases[i].type, cases[i].len_error, cases[i].params, cases[i].n);
		/* Room for a length that is wrong. */
		put_chdir(&b, 9);
		s = source_open_memory(b.p, b.len, NULL);
		rc = source_next(s, &raw, NULL);
		assert_int_equal(rc, 1);
		assert_int_equal(event_open(&ev, &raw), 0);
		assert_int_equal(ev.ts, cases[i].good ? 5 : 9);
		assert_int_equal(source_stats(s)->malformed, !cases[i].good);
		if (cases[i].good) {
			assert_int_equal(ev.nparams, cases[i].n);
			assert_int_equal(event_param(&ev, 0).len, strlen(cases[i].params));
			assert_int_equal(raw.cpu, 1);
		}
		source_close(s);
		buf_fini(&b);
	}
}

static void put_group_event(struct buf *b)
{
	const struct str params[] = { { "\1\0\0\0", 4 }, { "g", 2 }, { "", 1 } };

	put_event(b, EVENT_GROUP_ADDED_E, 1, -1, 3, params);
}

struct seen {
	uint16_t type;
	uint16_t flags;
	uint64_t sequence;
};

static void another_section_begins_anew(void **state)
{
	static const struct seen want[] = {
		{ EVENT_GROUP_ADDED_E, WIRE_STATE_ONLY, 1 },
		{ EVENT_CHDIR_X, 0, 2 },
		{ EVENT_GROUP_ADDED_E, 0, 3 },
		{ EVENT_SECTION_ENTRY, WIRE_SYNTHETIC, 0 },
		{ EVENT_GROUP_ADDED_E, WIRE_STATE_ONLY, 3 },
		{ EVENT_CHDIR_X, 0, 4 },
	};
	struct buf b = { 0 };
	struct source *s;
	struct raw raw;
	struct err err;

	(void)state;
	put_section(&b);
	put_group_event(&b);
	put_chdir(&b, 1);
	put_group_event(&b);
	put_section(&b);
	put_group_event(&b);
	put_chdir(&b, 2);
	s = source_open_memory(b.p, b.len, &err);
	assert_non_null(s);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct event ev;

		assert_int_equal(source_next(s, &raw, &err), 1);
		assert_int_equal(event_open(&ev, &raw), 0);
		assert_int_equal(ev.type, want[i].type);
		assert_int_equal(raw.flags, want[i].flags);
		assert_int_equal(raw.sequence, want[i].sequence);
	}
	assert_int_equal(source_next(s, &raw, &err), 0);
	assert_int_equal(source_next(s, &raw, &err), 0);
	source_close(s);
	buf_fini(&b);
}

static void put_many(struct buf *b, unsigned n)
{
	put_section(b);
	for (unsigned i = 0; i < n; i++)
		put_chdir(b, i);
}

/* Appends a gzip member. */
static void put_gzip(struct buf *out, char *p, size_t len)
{
	z_stream z = { 0 };
	size_t room = len + 1024;

	deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)p;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)buf_reserve(out, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += room - z.avail_out;
	deflateEnd(&z);
}

static void compression_changes_nothing(void **state)
{
	struct buf b = { 0 }, packed = { 0 };
	struct run plain, one, many;

	(void)state;
	put_many(&b, 20000);
	plain = run_memory(b.p, b.len);
	assert_int_equal(plain.end, 0);
	assert_int_equal(plain.events, 20000);

	put_gzip(&packed, b.p, b.len);
	one = run_memory(packed.p, packed.len);
	assert_int_equal(one.end, 0);
	assert_int_equal(one.digest, plain.digest);
	assert_int_equal(one.stats.bytes, b.len);

	/* Several members, cut anywhere, and padding behind the last. */
	buf_reset(&packed);
	put_gzip(&packed, b.p, 100001);
	put_gzip(&packed, b.p + 100001, 0);
	put_gzip(&packed, b.p + 100001, b.len - 100001);
	buf_add(&packed, "\0\0\0\0\0\0", 6);
	many = run_memory(packed.p, packed.len);
	assert_int_equal(many.end, 0);
	assert_int_equal(many.digest, plain.digest);
	buf_fini(&b);
	buf_fini(&packed);
}

static void a_damaged_gzip_gives_what_came_before(void **state)
{
	struct buf b = { 0 }, packed = { 0 };
	struct run run;

	(void)state;
	put_many(&b, 20000);
	put_gzip(&packed, b.p, b.len);
	run = run_memory(packed.p, packed.len / 2);
	assert_int_equal(run.end, -EBADMSG);
	assert_true(run.events > 5000 && run.events < 20000);
	assert_non_null(strstr(run.err.text, " of the uncompressed stream: "));
	assert_non_null(strstr(run.err.text, "cannot read on: the gzip data end early"));

	/* The checksum at the end: everything was handed out, and still it is said. */
	packed.p[packed.len - 6] ^= 1;
	run = run_memory(packed.p, packed.len);
	assert_int_equal(run.end, -EBADMSG);
	assert_int_equal(run.events, 20000);
	assert_non_null(strstr(run.err.text, "the gzip data are damaged (incorrect data check)"));
	buf_fini(&b);
	buf_fini(&packed);
}

/* A pipe hands out few bytes at a time, and cannot be sought in. */
static void standard_input_may_be_a_pipe(void **state)
{
	struct buf b = { 0 };
	int ends[2], saved = dup(STDIN_FILENO);
	struct run from_memory, from_pipe;
	struct source *s;
	struct err err;
	pid_t child;

	(void)state;
	put_many(&b, 20000);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		for (size_t at = 0, n; at < b.len; at += n) {
			n = b.len - at < 4093 ? b.len - at : 4093;
			if (write(ends[1], b.p + at, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	s = source_open_scap("-", &err);
	assert_non_null(s);
	from_pipe = run_source(s);
	dup2(saved, STDIN_FILENO);
	close(saved);
	from_memory = run_memory(b.p, b.len);
	assert_int_equal(from_pipe.end, 0);
	assert_int_equal(from_pipe.digest, from_memory.digest);
	buf_fini(&b);
}

static void every_block_survives_the_buffer_boundary(void **state)
{
	char path[] = "/tmp/besra-scap-XXXXXX";
	struct buf b = { 0 };
	struct run from_file, from_memory;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	put_many(&b, 100000);
	assert_int_equal(write(fd, b.p, b.len), b.len);
	close(fd);
	from_file = run_source(source_open_scap(path, NULL));
	from_memory = run_memory(b.p, b.len);
	assert_int_equal(from_file.events, 100000);
	assert_int_equal(from_file.digest, from_memory.digest);
	unlink(path);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unusable_file_is_named_with_its_remedy),
		cmocka_unit_test(a_path_that_is_no_file_is_named),
		cmocka_unit_test(a_broken_block_names_the_offset),
		cmocka_unit_test(an_error_is_repeated),
		cmocka_unit_test(an_event_too_large_to_hold_is_passed_over),
		cmocka_unit_test(an_event_that_contradicts_itself_is_counted),
		cmocka_unit_test(an_unknown_block_is_passed_over),
		cmocka_unit_test(an_old_block_gets_its_parameter_count),
		cmocka_unit_test(another_section_begins_anew),
		cmocka_unit_test(compression_changes_nothing),
		cmocka_unit_test(a_damaged_gzip_gives_what_came_before),
		cmocka_unit_test(standard_input_may_be_a_pipe),
		cmocka_unit_test(every_block_survives_the_buffer_boundary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
