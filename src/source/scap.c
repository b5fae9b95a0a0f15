/* SPDX-License-Identifier: Apache-2.0 */
#include "scap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* More than the longest entry of any list with all its strings at their limit. */
#define ENTRY_MAX (32 << 10)
/* Shorter remainders of a list block are padding. */
#define PADDING_LIMIT 4

enum entry_length {
	LENGTH_NONE,
	LENGTH_WITH_ITSELF,
	LENGTH_WITHOUT_ITSELF,
};

struct list_type {
	uint32_t type;
	uint32_t old_type; /* the number old writers used; 0: none */
	const char *what;
	entry_reader *read;
	uint8_t version;
	uint8_t length; /* enum entry_length */
};

static const struct list_type list_types[] = {
	{ 0x205, 0x8011ABCD, "interface list", scap_read_interface, 1, LENGTH_NONE },
	{ 0x219, 0, "interface list", scap_read_interface, 2, LENGTH_WITHOUT_ITSELF },
	{ 0x206, 0x8012ABCD, "user list", scap_read_user, 1, LENGTH_NONE },
	{ 0x220, 0, "user list", scap_read_user, 2, LENGTH_WITH_ITSELF },
	{ 0x202, 0x8000ABCD, "process list", scap_read_proc, 1, LENGTH_NONE },
	{ 0x207, 0x8013ABCD, "process list", scap_read_proc, 2, LENGTH_NONE },
	{ 0x209, 0x8014ABCD, "process list", scap_read_proc, 3, LENGTH_NONE },
	{ 0x210, 0, "process list", scap_read_proc, 4, LENGTH_NONE },
	{ 0x211, 0, "process list", scap_read_proc, 5, LENGTH_NONE },
	{ 0x212, 0, "process list", scap_read_proc, 6, LENGTH_NONE },
	{ 0x213, 0, "process list", scap_read_proc, 7, LENGTH_NONE },
	{ 0x214, 0, "process list", scap_read_proc, 8, LENGTH_NONE },
	{ 0x215, 0, "process list", scap_read_proc, 9, LENGTH_WITH_ITSELF },
	{ 0x203, 0x8001ABCD, "descriptor list", scap_read_fd, 1, LENGTH_NONE },
	{ 0x218, 0, "descriptor list", scap_read_fd, 2, LENGTH_WITH_ITSELF },
};

/* The list block being read; its entries are handed out one by one. */
struct list {
	const struct list_type *type; /* NULL: none is open */
	uint64_t at;                  /* offset of the block */
	uint32_t length;              /* of the block, as its head says */
	uint32_t left;                /* of the body */
	uint64_t tid;
};

struct reader {
	struct source base;
	struct input in;
	struct converter converter;
	struct list list;
	struct buf synthetic; /* the list entry handed out last */
	struct buf completed; /* the event of an old block, with nparams */
	uint64_t num;
	unsigned sections;
	bool begun;   /* something but the section's head was read */
	bool initial; /* only events describing the initial state so far */
	int failed;   /* the error every further call repeats */
	struct err err;
};

static int __attribute__((format(printf, 4, 5)))
fail(struct reader *r, uint64_t at, int code, const char *format, ...)
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

/* rc is a result of input_want or input_skip for what belongs to the block at `at`. */
static int fail_short(struct reader *r, uint64_t at, int rc, const char *what)
{
	if (rc < 0)
		return fail(r, at, rc, "cannot read on: %s", r->in.reason);
	return fail(r, at, -EBADMSG, "cut off in %s", what);
}

static int want(struct reader *r, uint64_t at, size_t n, const char *what)
{
	int rc = input_want(&r->in, n);

	return rc > 0 ? 0 : fail_short(r, at, rc, what);
}

static int skip(struct reader *r, uint64_t at, uint64_t n, const char *what)
{
	int rc = input_skip(&r->in, n);

	return rc > 0 ? 0 : fail_short(r, at, rc, what);
}

/* The length at a block's end must repeat the one in its head. */
static int check_trailer(struct reader *r, uint64_t at, uint32_t length)
{
	struct cursor c;
	uint32_t trailer;
	int rc = want(r, at, BLOCK_TAIL, "block body");

	if (rc < 0)
		return rc;
	c = cursor_over(r->in.p, BLOCK_TAIL);
	r->in.p += BLOCK_TAIL;
	trailer = cursor_u32(&c);
	if (trailer != length)
		return fail(r, at, -EBADMSG, "block length %" PRIu32 ", but %" PRIu32 " at its end",
			    length, trailer);
	return 0;
}

static int hand_out_synthetic(struct reader *r, struct raw *raw)
{
	*raw = (struct raw){
		.bytes = (const uint8_t *)r->synthetic.p,
		.len = (uint32_t)r->synthetic.len,
		.flags = WIRE_SYNTHETIC,
	};
	return 1;
}

/* ---- Sections ------------------------------------------------------------------------------ */

/*
 * magic u32, major u16, minor u16, length of the section u64 (all ones: unknown), and options
 * nobody writes. The trailer is not compared, as other readers do not.
 */
static int read_section(struct reader *r, uint64_t at, uint32_t length)
{
	struct cursor c;
	uint32_t magic, major;
	int rc = want(r, at, BLOCK_HEAD + SECTION_BODY, "section header");

	if (rc < 0)
		return rc;
	c = cursor_over(r->in.p + BLOCK_HEAD, SECTION_BODY);
	magic = cursor_u32(&c);
	major = cursor_u16(&c);
	if (magic == SECTION_MAGIC_SWAPPED)
		return fail(r, at, -ENOTSUP,
			    "recorded on a machine with the other byte order; replay it on one "
			    "of that kind");
	if (magic != SECTION_MAGIC)
		return fail(r, at, -EBADMSG,
			    "section header has magic %08" PRIx32 " instead of %08x", magic,
			    SECTION_MAGIC);
	if (length < BLOCK_FRAME + SECTION_BODY)
		return fail(r, at, -EBADMSG, "section header of %" PRIu32 " bytes", length);
	if (major > SECTION_MAJOR)
		return fail(r, at, -ENOTSUP,
			    "format version %" PRIu32 "; versions up to %d can be read", major,
			    SECTION_MAJOR);
	return skip(r, at, length, "section header");
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
		return fail(r, at, -ENOMEM, "no memory");
	return hand_out_synthetic(r, raw);
}

/* ---- Metadata ------------------------------------------------------------------------------ */

static int read_machine(struct reader *r, uint64_t at, uint32_t length, struct raw *raw)
{
	struct err why = { 0 };
	struct entry e = { .out = &r->synthetic, .err = &why };
	int rc;

	if (length != BLOCK_FRAME + MACHINE_BODY)
		return fail(r, at, -EBADMSG, "machine info block of %" PRIu32 " bytes, not %d",
			    length, BLOCK_FRAME + MACHINE_BODY);
	rc = want(r, at, length, "machine info");
	if (rc < 0)
		return rc;
	e.in = cursor_over(r->in.p + BLOCK_HEAD, MACHINE_BODY);
	buf_reset(&r->synthetic);
	rc = scap_read_machine(&e);
	if (rc < 0)
		return fail(r, at, rc, "machine info: %s", why.text);
	r->in.p += BLOCK_HEAD + MACHINE_BODY;
	rc = check_trailer(r, at, length);
	return rc < 0 ? rc : hand_out_synthetic(r, raw);
}

static const struct list_type *list_type(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(list_types); i++)
		if (list_types[i].type == type || (list_types[i].old_type == type && type))
			return &list_types[i];
	return NULL;
}

static int open_list(struct reader *r, uint64_t at, uint32_t length, const struct list_type *type)
{
	struct list list = { .type = type, .at = at, .length = length };
	struct cursor c;
	int rc;

	list.left = length - BLOCK_FRAME;
	r->in.p += BLOCK_HEAD;
	if (type->read == scap_read_fd) {
		if (list.left < sizeof(list.tid))
			return fail(r, at, -EBADMSG, "%s of %" PRIu32 " bytes", type->what, length);
		rc = want(r, at, sizeof(list.tid), type->what);
		if (rc < 0)
			return rc;
		c = cursor_over(r->in.p, sizeof(list.tid));
		list.tid = cursor_u64(&c);
		list.left -= (uint32_t)sizeof(list.tid);
		r->in.p += sizeof(list.tid);
	}
	r->list = list;
	return 0;
}

static int close_list(struct reader *r)
{
	struct list *list = &r->list;
	int rc = skip(r, list->at, list->left, list->type->what);

	list->type = NULL;
	return rc < 0 ? rc : check_trailer(r, list->at, list->length);
}

/*
 * Narrows e->in, which covers what is loaded of the list, to one entry and says how long that
 * is in all; 0 with e->err filled when its length cannot be.
 */
static uint32_t entry_length(const struct list *list, struct entry *e)
{
	uint32_t stated = cursor_u32(&e->in);
	uint64_t total = stated;

	if (list->type->length == LENGTH_WITHOUT_ITSELF)
		total += sizeof(stated);
	if (total < sizeof(stated) || total > list->left) {
		err_set(e->err, -EBADMSG, "entry length %" PRIu32 " with %" PRIu32 " bytes left",
			stated, list->left);
		return 0;
	}
	if (total - sizeof(stated) < cursor_left(&e->in))
		e->in.end = e->in.p + (total - sizeof(stated));
	return (uint32_t)total;
}

/* The next entry of the open list, or 0 when it is through. */
static int next_entry(struct reader *r, struct raw *raw)
{
	struct list *list = &r->list;
	const uint64_t at = input_offset(&r->in);
	const size_t loaded = list->left < ENTRY_MAX ? list->left : ENTRY_MAX;
	struct err why = { 0 };
	struct entry e = {
		.version = list->type->version, .tid = list->tid, .out = &r->synthetic, .err = &why
	};
	uint32_t length = 0;
	int rc;

	if (list->left < PADDING_LIMIT)
		return close_list(r);
	rc = want(r, at, loaded, list->type->what);
	if (rc < 0)
		return rc;
	e.in = cursor_over(r->in.p, loaded);
	buf_reset(&r->synthetic);
	if (list->type->length != LENGTH_NONE)
		length = entry_length(list, &e);
	rc = why.code ? why.code : list->type->read(&e);
	if (rc < 0)
		return fail(r, at, rc, "%s: %s", list->type->what, why.text);
	if (e.in.overrun)
		return fail(r, at, -EBADMSG, "%s: entry is cut short", list->type->what);
	if (length == 0)
		length = (uint32_t)(e.in.p - r->in.p);
	list->left -= length;
	rc = skip(r, at, length, list->type->what);
	return rc < 0 ? rc : hand_out_synthetic(r, raw);
}

/* Types of a newer writer. */
static int skip_unknown(struct reader *r, uint64_t at, uint32_t type, uint32_t length)
{
	int rc;

	if (!r->begun && (type == 1 || type == 6))
		return fail(r, at, -EBADMSG,
			    "block type %" PRIu32 ": a network capture (pcapng), not a .scap",
			    type);
	r->base.stats.skipped_blocks++;
	rc = skip(r, at, length - BLOCK_TAIL, "block body");
	return rc < 0 ? rc : check_trailer(r, at, length);
}

/* ---- Events -------------------------------------------------------------------------------- */

/*
 * Blocks of the first version lack nparams. The number of lengths is the one with which lengths
 * and parameters end where the event does: each more moves that end, so there is one at most.
 */
static bool complete_old_event(struct reader *r, const uint8_t *p, size_t room, struct raw *raw)
{
	struct wire_event head = { 0 };
	uint32_t end = EVENT_HEAD_1, n = 0;
	uint16_t length;

	if (room < EVENT_HEAD_1)
		return false;
	memcpy(&head, p, EVENT_HEAD_1);
	/* Old writers counted three bytes too many for these. */
	if (head.type == EVENT_NOTIFICATION_E || head.type == EVENT_INFRASTRUCTURE_EVENT_E)
		head.len = head.len < 3 ? 0 : head.len - 3;
	if (head.len < EVENT_HEAD_1 || head.len > room || head.type >= EVENT_FILE_TYPES)
		return false;
	while (n < event_info(head.type)->nparams && end < head.len) {
		const uint32_t at = EVENT_HEAD_1 + n * (uint32_t)sizeof(length);

		if (at + sizeof(length) > head.len)
			return false;
		memcpy(&length, p + at, sizeof(length));
		end += (uint32_t)sizeof(length) + length;
		n++;
	}
	if (end != head.len)
		return false;

	raw->len = head.len + (uint32_t)sizeof(head.nparams);
	buf_reset(&r->completed);
	buf_add(&r->completed, p, EVENT_HEAD_1);
	buf_add(&r->completed, &n, sizeof(n));
	buf_add(&r->completed, p + EVENT_HEAD_1, head.len - EVENT_HEAD_1);
	if (r->completed.cut)
		return false;
	memcpy(r->completed.p + offsetof(struct wire_event, len), &raw->len, sizeof(raw->len));
	raw->bytes = (const uint8_t *)r->completed.p;
	return true;
}

/* Where the event lies in a block's body. False when it cannot be there. */
static bool find_event(struct reader *r, uint32_t type, struct cursor body, struct raw *raw)
{
	struct wire_event head;
	uint32_t dump = 0;

	raw->cpu = cursor_u16(&body);
	if (type == BLOCK_EVENT_FLAGS_2 || type == BLOCK_EVENT_FLAGS_LARGE ||
	    type == BLOCK_EVENT_FLAGS_1)
		dump = cursor_u32(&body);
	raw->flags = dump & DUMP_STATE_ONLY ? WIRE_STATE_ONLY : 0;
	if (type == BLOCK_EVENT_1 || type == BLOCK_EVENT_1_OLD || type == BLOCK_EVENT_FLAGS_1)
		return !body.overrun && complete_old_event(r, body.p, cursor_left(&body), raw);
	if (cursor_left(&body) < sizeof(head))
		return false;
	memcpy(&head, body.p, sizeof(head));
	raw->bytes = body.p;
	raw->len = head.len;
	return head.len >= sizeof(head) && head.len <= cursor_left(&body);
}

static inline struct wire_event head_of(const struct raw *raw)
{
	struct wire_event head;

	memcpy(&head, raw->bytes, sizeof(head));
	return head;
}

/*
 * What the type's marks mean. A capture begins with the containers, users and groups that were
 * there: they set up the state and are not shown, until the first other event. In sections after
 * the first they do not count, either.
 */
static void apply_marks(struct reader *r, unsigned marks, struct raw *raw)
{
	if (marks & MARK_HIDDEN)
		raw->flags |= WIRE_STATE_ONLY;
	if (marks & MARK_ENDS_THREAD)
		converter_forget(&r->converter, head_of(raw).tid);
	if (!r->initial)
		return;
	if (!(marks & MARK_INITIAL)) {
		r->initial = false;
		return;
	}
	raw->flags |= WIRE_STATE_ONLY;
	if (r->sections > 1)
		r->num--;
}

/* 1: *raw is an event to hand out; 0: the block had none. */
static int take_event(struct reader *r, uint32_t type, struct cursor body, struct raw *raw)
{
	struct source_stats *stats = &r->base.stats;
	const struct type_rule *rule;
	struct wire_event head;
	enum verdict verdict = VERDICT_PASS;

	stats->events++;
	if (!find_event(r, type, body, raw)) {
		stats->malformed++;
		return 0;
	}
	head = head_of(raw);
	if (head.type >= EVENT_FILE_TYPES) {
		stats->skipped_newer++;
		return 0;
	}
	rule = &type_rules[head.type];
	if (rule->fate == FATE_DROP)
		verdict = VERDICT_DROP;
	else if (rule->fate == FATE_CONVERT ||
		 (rule->fate == FATE_PASS_COMPLETE && head.nparams < rule->nparams)) {
		verdict = convert(&r->converter, raw);
		rule = &type_rules[head_of(raw).type];
	}
	if (verdict != VERDICT_PASS) {
		stats->dropped += verdict == VERDICT_DROP;
		stats->malformed += verdict == VERDICT_MALFORMED;
		r->initial = false;
		return 0;
	}
	r->num++;
	if (rule->marks || r->initial)
		apply_marks(r, rule->marks, raw);
	raw->sequence = r->num;
	return 1;
}

static int read_event(struct reader *r, uint64_t at, uint32_t type, uint32_t length,
		      struct raw *raw)
{
	const bool large = type == BLOCK_EVENT_LARGE || type == BLOCK_EVENT_FLAGS_LARGE;
	const uint32_t most = BLOCK_HEAD + (large ? LIMIT_LARGE_BYTES : LIMIT_EVENT_BYTES);
	const uint8_t *block;
	int rc;

	if (length > most)
		return fail(r, at, -EBADMSG,
			    "event block of %" PRIu32 " bytes; the most is %" PRIu32, length, most);
	rc = want(r, at, length, "block body");
	if (rc < 0)
		return rc;
	block = r->in.p;
	r->in.p += length;
	return take_event(r, type, cursor_over(block + BLOCK_HEAD, length - BLOCK_FRAME), raw);
}

/* ---- The stream ---------------------------------------------------------------------------- */

static int end_of_stream(struct reader *r, uint64_t at)
{
	if (r->base.stats.events)
		return 0;
	return fail(r, at, -ENODATA, "no events in file");
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
		return fail_short(r, at, rc, "block header");
	head = cursor_over(r->in.p, BLOCK_HEAD);
	type = cursor_u32(&head);
	length = cursor_u32(&head);
	if (type == BLOCK_SECTION)
		return begin_section(r, at, length, raw);
	if (length < BLOCK_FRAME)
		return fail(r, at, -EBADMSG, "block length %" PRIu32, length);

	switch (type) {
	case BLOCK_EVENT_2:
	case BLOCK_EVENT_FLAGS_2:
	case BLOCK_EVENT_LARGE:
	case BLOCK_EVENT_FLAGS_LARGE:
	case BLOCK_EVENT_1:
	case BLOCK_EVENT_1_OLD:
	case BLOCK_EVENT_FLAGS_1:
		return read_event(r, at, type, length, raw);
	case BLOCK_MACHINE:
	case BLOCK_MACHINE_OLD:
		r->begun = true;
		return read_machine(r, at, length, raw);
	default:
		list = list_type(type);
		rc = list ? open_list(r, at, length, list) : skip_unknown(r, at, type, length);
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
		rc = r->list.type ? next_entry(r, raw) : next_block(r, raw, &ended);
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
