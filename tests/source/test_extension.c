/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

/* What stands behind an event in its block: written, read back, passed over by others. */

#define TRACE      "traces/intrusion.scap"
#define PATH_BYTES 64

static struct scap_writer *create(char path[PATH_BYTES], bool with_extension)
{
	struct scap_writer *w;
	struct err err;

	strcpy(path, "/tmp/besra-extension-XXXXXX");
	close(mkstemp(path));
	w = scap_create(path, false, &err);
	assert_non_null(w);
	if (with_extension)
		scap_with_extension(w);
	return w;
}

static void write_ok(struct scap_writer *w, const struct event *ev)
{
	struct err err;

	if (scap_write(w, ev, &err) < 0)
		fail_msg("%s", err.text);
}

static struct source *open_ok(const char *path)
{
	struct err err;
	struct source *s = source_open_scap(path, &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

/* The only event of a file. */
static void only_event(struct source *s, struct event *ev)
{
	struct raw raw;
	struct err err;

	assert_int_equal(source_next(s, &raw, &err), 1);
	assert_int_equal(event_open(ev, &raw), 0);
}

/* `of` with other parameters behind the table's; *ev borrows from b. */
static void extended(struct event *ev, struct buf *b, const struct event *of, unsigned nparams,
		     const struct str *extra, unsigned nextra)
{
	struct event_writer w;
	struct raw raw = of->raw;

	buf_reset(b);
	event_begin(&w, b, of->type, of->ts, of->tid, nparams + nextra);
	for (unsigned i = 0; i < nparams; i++) {
		struct str s = event_param(of, i);

		event_push(&w, s.p, s.len);
	}
	for (unsigned i = 0; i < nextra; i++)
		event_push(&w, extra[i].p, extra[i].len);
	assert_int_equal(event_end(&w), 0);
	raw.bytes = (const uint8_t *)b->p;
	raw.len = (uint32_t)b->len;
	if (nextra)
		raw.flags |= WIRE_EXTENSION;
	assert_int_equal(event_open(ev, &raw), 0);
}

/* A chdir to "link". */
static void plain(struct event *ev, struct buf *b)
{
	struct event_writer w;
	struct raw raw = { .cpu = 3 };

	buf_reset(b);
	event_begin(&w, b, EVENT_CHDIR_X, 1000, 42, 2);
	event_push_int(&w, 0);
	event_push_text(&w, STR("link"));
	assert_int_equal(event_end(&w), 0);
	raw.bytes = (const uint8_t *)b->p;
	raw.len = (uint32_t)b->len;
	assert_int_equal(event_open(ev, &raw), 0);
}

#define BYTES(text)                                                                                \
	{                                                                                          \
		(text), sizeof(text) - 1                                                           \
	}

static void an_extension_comes_back(void **state)
{
	static const struct {
		const char *what;
		struct str extra[EXTENSIONS];
		unsigned n;
		uint16_t flags;
	} cases[] = {
		{ "all of it",
		  { BYTES("/real\0"), BYTES("\2abc"), BYTES("ids"), BYTES("d") },
		  4,
		  0 },
		{ "of every length mod 4",
		  { BYTES("1"), BYTES("22"), BYTES("333"), BYTES("") },
		  4,
		  0 },
		{ "of an older writer, who knew less", { BYTES("/real\0"), BYTES("t") }, 2, 0 },
		{ "work of an io_uring", { BYTES("/real\0") }, 1, WIRE_IO_URING },
		{ "work of an io_uring and nothing else", { BYTES("") }, 0, WIRE_IO_URING },
		{ "names as the kernel copied them", { BYTES("/real\0") }, 1, WIRE_COPIED },
		{ "these and nothing else", { BYTES("") }, 0, WIRE_COPIED },
		{ "both marks", { BYTES("") }, 0, WIRE_COPIED | WIRE_IO_URING },
		{ "none", { BYTES("") }, 0, 0 },
	};
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[PATH_BYTES];
		struct scap_writer *w = create(path, true);
		struct event ev, back;
		struct source *s;

		print_message("  %s\n", cases[i].what);
		plain(&ev, &a);
		extended(&back, &b, &ev, 2, cases[i].extra, cases[i].n);
		back.flags |= cases[i].flags;
		write_ok(w, &back);
		assert_int_equal(scap_left_out(w), 0);
		assert_int_equal(scap_finish(w, NULL), 0);

		s = open_ok(path);
		only_event(s, &back);
		assert_string_equal(event_param(&back, CHDIR_X_PATH).p, "link");
		assert_int_equal(back.cpu, 3);
		assert_int_equal(back.flags, cases[i].flags | (cases[i].n ? WIRE_EXTENSION : 0));
		assert_int_equal(back.nextra, cases[i].n ? EXTENSIONS : 0);
		for (unsigned k = 0; k < EXTENSIONS; k++) {
			struct str got = event_extension(&back, k);

			assert_int_equal(got.len, k < cases[i].n ? cases[i].extra[k].len : 0);
			assert_true(str_eq(got, str_of(cases[i].extra[k].p, got.len)));
		}
		source_close(s);
		unlink(path);
	}
	buf_fini(&a);
	buf_fini(&b);
}

/* ---- Blocks made by hand ---------------------------------------------------------------------- */

static void put(struct buf *b, uint64_t v, size_t width)
{
	buf_add(b, &v, width);
}

/* Makes the last block of a file longer: `bytes` go in front of the length at its end. */
static void lengthen(const char *path, const struct buf *bytes)
{
	struct buf file = { 0 };
	uint32_t total;
	FILE *f = fopen(path, "r+e");
	int c;

	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		buf_char(&file, (char)c);
	memcpy(&total, file.p + file.len - sizeof(total), sizeof(total));
	assert_int_equal(fseek(f, (long)(file.len - total + sizeof(total)), SEEK_SET), 0);
	total += (uint32_t)bytes->len;
	assert_int_equal(fwrite(&total, sizeof(total), 1, f), 1);
	assert_int_equal(fseek(f, (long)(file.len - sizeof(total)), SEEK_SET), 0);
	assert_int_equal(fwrite(bytes->p, 1, bytes->len, f), bytes->len);
	assert_int_equal(fwrite(&total, sizeof(total), 1, f), 1);
	fclose(f);
	buf_fini(&file);
}

/* A file with a chdir of `nparams` parameters and these bytes behind it. */
static void write_by_hand(char path[PATH_BYTES], unsigned nparams, const struct buf *behind)
{
	struct scap_writer *w = create(path, false);
	struct buf a = { 0 }, b = { 0 };
	struct event ev, shorter;

	plain(&ev, &a);
	extended(&shorter, &b, &ev, nparams, NULL, 0);
	write_ok(w, &shorter);
	assert_int_equal(scap_finish(w, NULL), 0);
	lengthen(path, behind);
	buf_fini(&a);
	buf_fini(&b);
}

/* An extension of one path. */
static struct buf path_behind(void)
{
	struct buf b = { 0 };

	buf_add(&b, "besra\0\0\1", 8);
	put(&b, 0, 2);
	put(&b, 1, 2);
	put(&b, 6, 4);
	buf_add(&b, "/real\0\0\0", 8);
	return b;
}

/* The table may have grown since an event was written: its own parameters stay where they are. */
static void the_extension_follows_the_tables_parameters_however_few_there_are(void **state)
{
	(void)state;
	for (unsigned nparams = 1; nparams <= 2; nparams++) {
		struct buf behind = path_behind();
		char path[PATH_BYTES];
		struct event ev;
		struct source *s;

		write_by_hand(path, nparams, &behind);
		s = open_ok(path);
		only_event(s, &ev);
		assert_int_equal(event_param(&ev, CHDIR_X_PATH).len, nparams == 2 ? 5 : 0);
		assert_int_equal(ev.nextra, EXTENSIONS);
		assert_string_equal(event_extension(&ev, EXTENSION_PATH).p, "/real");
		source_close(s);
		unlink(path);
		buf_fini(&behind);
	}
}

static void what_is_damaged_is_no_extension(void **state)
{
	static const struct {
		const char *what;
		size_t at, width; /* of the change */
		uint64_t value;
		size_t len; /* bytes that remain; 0: all */
	} cases[] = {
		{ "another mark", 4, 1, 'z', 0 },
		{ "another version of it", 7, 1, 2, 0 },
		{ "more parameters than there are lengths", 10, 2, 9, 0 },
		{ "more than fit at all", 10, 2, UINT16_MAX, 0 },
		{ "a parameter that ends behind the block", 12, 4, 9, 0 },
		{ "a length that wraps around", 12, 4, UINT32_MAX, 0 },
		{ "a mark and no more", 0, 0, 0, 8 },
		{ "no lengths", 0, 0, 0, 12 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf behind = path_behind();
		char path[PATH_BYTES];
		struct event ev;
		struct source *s;

		print_message("  %s\n", cases[i].what);
		memcpy(behind.p + cases[i].at, &cases[i].value, cases[i].width);
		if (cases[i].len)
			behind.len = cases[i].len;
		write_by_hand(path, 2, &behind);
		s = open_ok(path);
		only_event(s, &ev);
		assert_string_equal(event_param(&ev, CHDIR_X_PATH).p, "link");
		assert_int_equal(ev.nextra, 0);
		assert_int_equal(ev.flags, 0);
		source_close(s);
		unlink(path);
		buf_fini(&behind);
	}
}

/* ---- Other readers ---------------------------------------------------------------------------- */

static const struct str all_extra[EXTENSIONS] = { BYTES("/the/real/path\0"), BYTES("tuple"),
						  BYTES("credentials"), BYTES("descriptors") };

/* Copies a trace; each real event gets an extension, written down or not. */
static uint64_t copy_trace(char to[PATH_BYTES], bool with_extension)
{
	struct scap_writer *w = create(to, with_extension);
	struct source *s = open_ok(TRACE);
	struct buf b = { 0 };
	struct event ev, more;
	struct raw raw;
	struct err err;
	uint64_t n = 0;

	while (source_next(s, &raw, &err) > 0) {
		assert_int_equal(event_open(&ev, &raw), 0);
		if (ev.flags & WIRE_SYNTHETIC) {
			write_ok(w, &ev);
			continue;
		}
		extended(&more, &b, &ev, ev.nparams, all_extra, EXTENSIONS);
		more.flags |= WIRE_IO_URING;
		write_ok(w, &more);
		n++;
	}
	assert_int_equal(scap_finish(w, NULL), 0);
	source_close(s);
	buf_fini(&b);
	return n;
}

static void a_trace_with_extensions_is_the_trace_and_more(void **state)
{
	char path[PATH_BYTES];
	uint64_t n = copy_trace(path, true), seen = 0;
	struct source *a = open_ok(TRACE), *b = open_ok(path);
	struct event x, y;
	struct raw raw;
	struct err err;

	(void)state;
	assert_true(n > 500);
	while (source_next(a, &raw, &err) > 0) {
		assert_int_equal(event_open(&x, &raw), 0);
		assert_int_equal(source_next(b, &raw, &err), 1);
		assert_int_equal(event_open(&y, &raw), 0);
		assert_int_equal(x.type, y.type);
		assert_int_equal(x.ts, y.ts);
		assert_int_equal(x.raw.sequence, y.raw.sequence);
		assert_true(y.nparams >= x.nparams);
		for (unsigned i = 0; i < x.nparams; i++)
			assert_true(str_eq(event_param(&x, i), event_param(&y, i)));
		if (x.flags & WIRE_SYNTHETIC)
			continue;
		seen++;
		assert_int_equal(y.flags, x.flags | WIRE_EXTENSION | WIRE_IO_URING);
		for (unsigned i = 0; i < EXTENSIONS; i++)
			assert_true(str_eq(event_extension(&y, i), all_extra[i]));
	}
	assert_int_equal(source_next(b, &raw, &err), 0);
	assert_int_equal(seen, n);
	source_close(a);
	source_close(b);
	unlink(path);
}

static struct buf output_of(const char *path)
{
	struct buf out = { .max = 32 << 20 };
	char command[256], piece[65536];
	FILE *f;
	size_t n;

	snprintf(command, sizeof(command),
		 "sysdig -r %s -p '%%evt.num %%evt.rawtime %%evt.cpu %%thread.tid %%evt.type "
		 "%%proc.name %%proc.cwd %%fd.name %%evt.args' 2>/dev/null",
		 path);
	f = popen(command, "r");
	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&out, piece, n);
	assert_int_equal(pclose(f), 0);
	return out;
}

static void sysdig_passes_over_it(void **state)
{
	char with[PATH_BYTES], without[PATH_BYTES];
	struct buf want, got;

	(void)state;
	if (system("command -v sysdig >/dev/null") != 0) {
		printf("SKIP: sysdig_passes_over_it: sysdig is not installed\n");
		skip();
	}
	copy_trace(with, true);
	copy_trace(without, false);
	want = output_of(without);
	got = output_of(with);
	assert_true(want.len > 10000);
	assert_int_equal(want.len, got.len);
	assert_memory_equal(want.p, got.p, want.len);
	buf_fini(&want);
	buf_fini(&got);
	unlink(with);
	unlink(without);
}

/* Blocks that old readers know end at 64 KiB. */
static void an_extension_too_large_for_its_block_is_left_out(void **state)
{
	static char large[60000];
	const struct str extra[EXTENSIONS] = {
		BYTES("/real\0"), BYTES(""), BYTES(""), { large, sizeof(large) }
	};
	struct buf a = { 0 }, b = { 0 };
	char path[PATH_BYTES];
	struct scap_writer *w = create(path, true);
	struct event_writer write;
	struct event ev, more;
	struct raw raw = { .cpu = 1 };
	struct source *s;

	(void)state;
	event_begin(&write, &a, EVENT_WRITE_X, 1000, 42, 4);
	event_push_int(&write, 5460);
	event_push(&write, large, 5460);
	event_push_int(&write, 3);
	event_push_int(&write, 5460);
	assert_int_equal(event_end(&write), 0);
	raw.bytes = (const uint8_t *)a.p;
	raw.len = (uint32_t)a.len;
	assert_int_equal(event_open(&ev, &raw), 0);
	extended(&more, &b, &ev, 4, extra, EXTENSIONS);
	write_ok(w, &more);
	assert_int_equal(scap_left_out(w), 1);
	assert_int_equal(scap_finish(w, NULL), 0);
	s = open_ok(path);
	only_event(s, &ev);
	assert_int_equal(event_param(&ev, WRITE_X_DATA).len, 5460);
	assert_int_equal(ev.nextra, 0);
	source_close(s);
	unlink(path);
	buf_fini(&a);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_extension_comes_back),
		cmocka_unit_test(the_extension_follows_the_tables_parameters_however_few_there_are),
		cmocka_unit_test(what_is_damaged_is_no_extension),
		cmocka_unit_test(a_trace_with_extensions_is_the_trace_and_more),
		cmocka_unit_test(sysdig_passes_over_it),
		cmocka_unit_test(an_extension_too_large_for_its_block_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
