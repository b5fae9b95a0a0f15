/* SPDX-License-Identifier: Apache-2.0 */
#include "scap_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int reader_fail(struct reader *r, uint64_t at, int code, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	r->failed = code;
	return err_set(&r->err, code, "%s: offset %" PRIu64 "%s: %s", r->in.name, at,
		       input_offset_kind(&r->in), text);
}

int reader_fail_short(struct reader *r, uint64_t at, int rc, const char *what)
{
	if (rc < 0)
		return reader_fail(r, at, rc, "cannot read on: %s", r->in.reason);
	return reader_fail(r, at, -EBADMSG, "cut off in %s", what);
}

int reader_want(struct reader *r, uint64_t at, size_t n, const char *what)
{
	int rc = input_want(&r->in, n);

	return rc > 0 ? 0 : reader_fail_short(r, at, rc, what);
}

int reader_skip(struct reader *r, uint64_t at, uint64_t n, const char *what)
{
	int rc = input_skip(&r->in, n);

	return rc > 0 ? 0 : reader_fail_short(r, at, rc, what);
}

int reader_check_trailer(struct reader *r, uint64_t at, uint32_t length)
{
	struct cursor c;
	uint32_t trailer;
	int rc = reader_want(r, at, BLOCK_TAIL, "block body");

	if (rc < 0)
		return rc;
	c = cursor_over(r->in.p, BLOCK_TAIL);
	r->in.p += BLOCK_TAIL;
	trailer = cursor_u32(&c);
	if (trailer != length)
		return reader_fail(r, at, -EBADMSG,
				   "block length %" PRIu32 ", but %" PRIu32 " at its end", length,
				   trailer);
	return 0;
}

int reader_hand_out(struct reader *r, struct raw *raw)
{
	*raw = (struct raw){
		.bytes = (const uint8_t *)r->synthetic.p,
		.len = (uint32_t)r->synthetic.len,
		.flags = WIRE_SYNTHETIC,
	};
	return 1;
}

/*
 * magic u32, major u16, minor u16, length of the section u64 (all ones: unknown), and options
 * nobody writes. The trailer is not compared, as other readers do not.
 */
static int read_section(struct reader *r, uint64_t at, uint32_t length)
{
	struct cursor c;
	uint32_t magic, major;
	int rc = reader_want(r, at, BLOCK_HEAD + SECTION_BODY, "section header");

	if (rc < 0)
		return rc;
	c = cursor_over(r->in.p + BLOCK_HEAD, SECTION_BODY);
	magic = cursor_u32(&c);
	major = cursor_u16(&c);
	if (magic == SECTION_MAGIC_SWAPPED)
		return reader_fail(
			r, at, -ENOTSUP,
			"recorded on a machine with the other byte order; replay it on one "
			"of that kind");
	if (magic != SECTION_MAGIC)
		return reader_fail(r, at, -EBADMSG,
				   "section header has magic %08" PRIx32 " instead of %08x", magic,
				   SECTION_MAGIC);
	if (length < BLOCK_FRAME + SECTION_BODY)
		return reader_fail(r, at, -EBADMSG, "section header of %" PRIu32 " bytes", length);
	if (major > SECTION_MAJOR)
		return reader_fail(r, at, -ENOTSUP,
				   "format version %" PRIu32 "; versions up to %d can be read",
				   major, SECTION_MAJOR);
	return reader_skip(r, at, length, "section header");
}

/* A section after the first: all that was known is another time's or another machine's. */
static int begin_section(struct reader *r, uint64_t at, uint32_t length, struct raw *raw)
{
	struct event_writer w;
	int rc = read_section(r, at, length);

	if (rc < 0)
		return rc;
	r->sections++;
	r->initial = true;
	converter_reset(&r->converter);
	buf_reset(&r->synthetic);
	event_begin(&w, &r->synthetic, EVENT_SECTION_ENTRY, 0, 0, 0);
	if (event_end(&w) < 0)
		return reader_fail(r, at, -ENOMEM, "no memory");
	return reader_hand_out(r, raw);
}

static int end_of_stream(struct reader *r, uint64_t at)
{
	if (r->base.stats.events)
		return 0;
	return reader_fail(r, at, -ENODATA, "no events in file");
}

/* 1: *raw is an event; 0 with *ended set: clean end; 0: go on; -errno: r->err says why. */
static int next_block(struct reader *r, struct raw *raw, bool *ended)
{
	const uint64_t at = input_offset(&r->in);
	const struct list_type *list;
	struct cursor head;
	uint32_t type, length;
	int rc = input_want(&r->in, BLOCK_HEAD);

	if (rc == 0 && input_left(&r->in) == 0) {
		*ended = true;
		return end_of_stream(r, at);
	}
	if (rc <= 0)
		return reader_fail_short(r, at, rc, "block header");
	head = cursor_over(r->in.p, BLOCK_HEAD);
	type = cursor_u32(&head);
	length = cursor_u32(&head);
	if (type == BLOCK_SECTION)
		return begin_section(r, at, length, raw);
	if (length < BLOCK_FRAME)
		return reader_fail(r, at, -EBADMSG, "block length %" PRIu32, length);

	switch (type) {
	case BLOCK_EVENT_2:
	case BLOCK_EVENT_FLAGS_2:
	case BLOCK_EVENT_LARGE:
	case BLOCK_EVENT_FLAGS_LARGE:
	case BLOCK_EVENT_1:
	case BLOCK_EVENT_1_OLD:
	case BLOCK_EVENT_FLAGS_1:
		return reader_event(r, at, type, length, raw);
	case BLOCK_MACHINE:
	case BLOCK_MACHINE_OLD:
		r->begun = true;
		return reader_machine(r, at, length, raw);
	default:
		list = reader_list_type(type);
		rc = list ? reader_open_list(r, at, length, list)
			  : reader_skip_unknown(r, at, type, length);
		r->begun = true;
		return rc;
	}
}

static int reader_next(struct source *s, struct raw *raw, struct err *err)
{
	struct reader *r = (struct reader *)s;
	bool ended = false;
	int rc = r->failed;

	while (rc == 0 && !ended)
		rc = r->list.type ? reader_next_entry(r, raw) : next_block(r, raw, &ended);
	s->stats.bytes = input_offset(&r->in);
	if (rc < 0 && err)
		*err = r->err;
	return rc;
}

static void reader_close(struct source *s)
{
	struct reader *r = (struct reader *)s;

	input_close(&r->in);
	converter_fini(&r->converter);
	buf_fini(&r->synthetic);
	buf_fini(&r->completed);
	free(r);
}

/* What a file that is no capture is instead, and what to do with it. */
static const char *looks_like(const uint8_t *p, size_t len)
{
	static const struct {
		struct str magic;
		const char *what;
	} others[] = {
		{ STR("\x28\xb5\x2f\xfd"), "zstd data; decompress it first (zstd -d)" },
		{ STR("\xfd\x37\x7a\x58\x5a"), "xz data; decompress it first (xz -d)" },
		{ STR("BZh"), "bzip2 data; decompress it first (bzip2 -d)" },
		{ STR("\x04\x22\x4d\x18"), "lz4 data; decompress it first (lz4 -d)" },
		{ STR("PK\x03\x04"), "a zip archive; unpack it first" },
		{ STR("\xd4\xc3\xb2\xa1"), "a network capture (pcap)" },
		{ STR("\x7f"
		      "ELF"),
		  "a program (ELF)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_starts_with(str_of(p, len), others[i].magic))
			return others[i].what;
	return "does not begin with a section header";
}

/* The first section header tells whether this is a capture at all. */
static int reader_begin(struct reader *r, struct err *err)
{
	static const uint8_t magic[] = { 0x0a, 0x0d, 0x0d, 0x0a };
	struct cursor head;
	int rc = input_want(&r->in, BLOCK_HEAD);
	size_t left = input_left(&r->in);

	if (rc < 0)
		return err_set(err, rc, "%s: cannot read: %s", r->in.name, r->in.reason);
	if (left == 0)
		return err_set(err, -ENODATA, "%s: is empty, not a capture", r->in.name);
	if (left < sizeof(magic) || memcmp(r->in.p, magic, sizeof(magic)) != 0)
		return err_set(err, -EBADMSG, "%s: not a .scap capture: %s", r->in.name,
			       looks_like(r->in.p, left));
	head = cursor_over(r->in.p, left);
	cursor_u32(&head);
	rc = read_section(r, 0, cursor_u32(&head));
	if (rc < 0 && err)
		*err = r->err;
	return rc;
}

/* Takes the open input. */
static struct source *reader_new(struct input *in, struct err *err)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(err, -ENOMEM, "%s: no memory", in->name);
		input_close(in);
		return NULL;
	}
	r->base.next = reader_next;
	r->base.close = reader_close;
	r->in = *in;
	r->sections = 1;
	r->initial = true;
	r->completed.max = LIMIT_LARGE_BYTES + sizeof(struct wire_event);
	if (converter_init(&r->converter, &r->base.stats) < 0) {
		err_set(err, -ENOMEM, "%s: no memory", in->name);
	} else if (reader_begin(r, err) == 0) {
		return &r->base;
	}
	reader_close(&r->base);
	return NULL;
}

struct source *source_open_scap(const char *path, struct err *err)
{
	struct input in;

	return input_open(&in, path, err) < 0 ? NULL : reader_new(&in, err);
}

struct source *source_open_memory(const void *bytes, size_t len, struct err *err)
{
	struct input in;

	return input_open_memory(&in, bytes, len, err) < 0 ? NULL : reader_new(&in, err);
}
