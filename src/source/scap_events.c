/* SPDX-License-Identifier: Apache-2.0 */
#include "scap_reader.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Blocks of the first version lack nparams. The number of lengths is the one with which lengths
 * and parameters end where the event does: each more moves that end, so there is one at most.
 */
static bool complete_old_event(struct reader *r, const uint8_t *p, size_t room, struct raw *raw)
{
	struct wire_event head = { 0 };
	uint32_t end = EVENT_HEAD_1, n = 0;
	uint16_t length;
	uint8_t *to;

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
		verdict = convert_event(&r->converter, raw);
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

int reader_event(struct reader *r, uint64_t at, uint32_t type, uint32_t length, struct raw *raw)
{
	const bool large = type == BLOCK_EVENT_LARGE || type == BLOCK_EVENT_FLAGS_LARGE;
	const uint32_t most = BLOCK_HEAD + (large ? LIMIT_LARGE_BYTES : LIMIT_EVENT_BYTES);
	const uint8_t *block;
	int rc;

	if (length > most)
		return reader_fail(r, at, -EBADMSG,
				   "event block of %" PRIu32 " bytes; the most is %" PRIu32, length,
				   most);
	rc = reader_want(r, at, length, "block body");
	if (rc < 0)
		return rc;
	block = r->in.p;
	r->in.p += length;
	return take_event(r, type, cursor_over(block + BLOCK_HEAD, length - BLOCK_FRAME), raw);
}
