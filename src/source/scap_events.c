/* SPDX-License-Identifier: Apache-2.0 */
#include "scap_reader.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Blocks of the first version lack nparams. The number of lengths is the one with which lengths
 * and parameters end where the event does: each more moves that end, so there is one at most.
 * The header is there, and the type one of ours.
 */
static bool complete_old_event(struct reader *r, const uint8_t *p, size_t room, struct raw *raw)
{
	struct wire_event head = { 0 };
	uint32_t end = EVENT_HEAD_1, n = 0;
	uint16_t length;
	uint8_t *to;

	memcpy(&head, p, EVENT_HEAD_1);
	/* Old writers counted three bytes too many for these. */
	if (head.type == EVENT_NOTIFICATION_E || head.type == EVENT_INFRASTRUCTURE_EVENT_E)
		head.len = head.len < 3 ? 0 : head.len - 3;
	if (head.len < EVENT_HEAD_1 || head.len > room)
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

	head.nparams = n;
	buf_reset(&r->completed);
	to = (uint8_t *)buf_reserve(&r->completed, head.len + sizeof(head.nparams));
	if (!to)
		return false;
	memcpy(to + sizeof(head), p + EVENT_HEAD_1, head.len - EVENT_HEAD_1);
	head.len += (uint32_t)sizeof(head.nparams);
	memcpy(to, &head, sizeof(head));
	raw->bytes = to;
	raw->len = head.len;
	return true;
}

/* What the kinds of event blocks differ in. */
struct form {
	uint8_t before_event; /* bytes: cpu u16, and dump flags u32 where there are some */
	bool old;             /* the event has no nparams */
	uint32_t most;        /* bytes of body and trailer */
};

static struct form form_of(uint32_t type)
{
	switch (type) {
	case BLOCK_EVENT_1:
	case BLOCK_EVENT_1_OLD:
		return (struct form){ 2, true, LIMIT_EVENT_BYTES };
	case BLOCK_EVENT_FLAGS_1:
		return (struct form){ 6, true, LIMIT_EVENT_BYTES };
	case BLOCK_EVENT_FLAGS_2:
		return (struct form){ 6, false, LIMIT_EVENT_BYTES };
	case BLOCK_EVENT_LARGE:
		return (struct form){ 2, false, LIMIT_LARGE_BYTES };
	case BLOCK_EVENT_FLAGS_LARGE:
		return (struct form){ 6, false, LIMIT_LARGE_BYTES };
	default:
		return (struct form){ 2, false, LIMIT_EVENT_BYTES };
	}
}

static inline uint16_t type_of(const uint8_t *event)
{
	uint16_t type;

	memcpy(&type, event + offsetof(struct wire_event, type), sizeof(type));
	return type;
}

static inline uint32_t nparams_of(const uint8_t *event)
{
	uint32_t n;

	memcpy(&n, event + offsetof(struct wire_event, nparams), sizeof(n));
	return n;
}

static inline uint64_t tid_of(const uint8_t *event)
{
	uint64_t tid;

	memcpy(&tid, event + offsetof(struct wire_event, tid), sizeof(tid));
	return tid;
}

/* The event with nparams, wherever it is then. False when its length cannot be. */
static inline bool event_bytes(struct reader *r, bool old, const uint8_t *p, size_t room,
			       struct raw *raw)
{
	if (old)
		return complete_old_event(r, p, room, raw);
	if (room < sizeof(struct wire_event))
		return false;
	raw->bytes = p;
	memcpy(&raw->len, p + offsetof(struct wire_event, len), sizeof(raw->len));
	return raw->len >= sizeof(struct wire_event) && raw->len <= room;
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
		converter_forget(&r->converter, tid_of(raw->bytes));
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

/* Brings the event to the current shape and numbers it. 1, or 0 when nothing is left of it. */
static int shape_event(struct reader *r, struct raw *raw)
{
	struct source_stats *stats = &r->base.stats;
	const struct type_rule *rule = &type_rules[type_of(raw->bytes)];
	enum verdict verdict = VERDICT_PASS;

	if (rule->fate == FATE_DROP) {
		verdict = VERDICT_DROP;
	} else if (rule->fate == FATE_CONVERT ||
		   (rule->fate == FATE_PASS_COMPLETE && nparams_of(raw->bytes) < rule->nparams)) {
		verdict = convert_event(&r->converter, raw);
		rule = &type_rules[type_of(raw->bytes)];
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

/* It counts as an event, but nobody sees it. */
static int skip_large(struct reader *r, uint64_t at, uint32_t length)
{
	int rc = reader_skip(r, at, length, "block body");

	if (rc < 0)
		return rc;
	r->base.stats.events++;
	r->base.stats.skipped_large++;
	r->num++;
	return 0;
}

/* `end`: of the block's body. */
static inline void take_extension(struct reader *r, const uint8_t *end, struct raw *raw)
{
	const size_t padding = -(sizeof(raw->cpu) + raw->len) & 3;
	const size_t left = (size_t)(end - (raw->bytes + raw->len));

	if (__builtin_expect(left <= padding, 1))
		return;
	scap_take_extension(raw, raw->bytes + raw->len + padding, left - padding, &r->completed);
}

int reader_event(struct reader *r, uint64_t at, uint32_t type, uint32_t length, struct raw *raw)
{
	const struct form form = form_of(type);
	const uint32_t before = BLOCK_HEAD + form.before_event;
	struct source_stats *stats = &r->base.stats;
	const uint8_t *block, *event;
	uint32_t dump = 0;
	int rc;

	if (length > BLOCK_HEAD + form.most && form.most == LIMIT_LARGE_BYTES)
		return skip_large(r, at, length);
	if (length > BLOCK_HEAD + form.most)
		return reader_fail(r, at, -EBADMSG,
				   "event block of %" PRIu32 " bytes; the most is %" PRIu32, length,
				   BLOCK_HEAD + form.most);
	rc = input_want(&r->in, length);
	if (rc <= 0)
		return reader_fail_short(r, at, rc, "block body");
	block = r->in.p;
	r->in.p += length;

	stats->events++;
	if (length < before + EVENT_HEAD_1 + BLOCK_TAIL) {
		stats->malformed++;
		return 0;
	}
	if (type_of(block + before) >= EVENT_FILE_TYPES) {
		stats->skipped_newer++;
		return 0;
	}
	memcpy(&raw->cpu, block + BLOCK_HEAD, sizeof(raw->cpu));
	if (form.before_event > sizeof(raw->cpu))
		memcpy(&dump, block + BLOCK_HEAD + sizeof(raw->cpu), sizeof(dump));
	raw->flags = dump & DUMP_STATE_ONLY ? WIRE_STATE_ONLY : 0;
	if (!event_bytes(r, form.old, block + before, length - before - BLOCK_TAIL, raw)) {
		stats->malformed++;
		return 0;
	}
	event = raw->bytes;
	rc = shape_event(r, raw);
	/* What was converted, or came in an old form, has no extension. */
	if (rc == 1 && raw->bytes == event && !form.old)
		take_extension(r, block + length - BLOCK_TAIL, raw);
	return rc;
}
