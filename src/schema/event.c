/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/event.h"

#include <errno.h>

#include "internal.h"

static inline uint32_t length_at(const uint8_t *lengths, unsigned i, unsigned size)
{
	uint16_t small;
	uint32_t large;

	if (size == sizeof(small)) {
		memcpy(&small, lengths + i * sizeof(small), sizeof(small));
		return small;
	}
	memcpy(&large, lengths + i * sizeof(large), sizeof(large));
	return large;
}

/*
 * Fills at[] for the first n parameters; returns where the last of them ends. The caller
 * compares that with the room there is, which is less than 32 bits hold: where at[] wraps
 * around, the end cannot fit.
 */
static inline uint64_t offsets_of(struct event *ev, const uint8_t *lengths, unsigned n,
				  unsigned size)
{
	uint64_t end = 0;

	ev->at[0] = 0;
	for (unsigned i = 0; i < n; i++) {
		end += length_at(lengths, i, size);
		ev->at[i + 1] = (uint32_t)end;
	}
	return end;
}

/*
 * What lies behind the first n lengths (a newer writer's parameters, or ours) must fit, too,
 * even where nobody will look at it.
 */
static bool rest_fits(const uint8_t *lengths, uint32_t n, uint32_t total, unsigned size,
		      uint64_t end, uint32_t room)
{
	for (uint32_t i = n; i < total; i++) {
		end += length_at(lengths, i, size);
		if (end > room)
			return false;
	}
	return true;
}

int event_open(struct event *ev, const struct raw *raw)
{
	const struct event_info *info;
	const uint8_t *lengths;
	struct wire_event head;
	uint32_t known, extra, room;
	uint64_t array, end;

	if (raw->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, raw->bytes, sizeof(head));
	info = event_table_at(head.type);
	if (!info->exists || head.len < sizeof(head) || head.len > raw->len)
		return -EBADMSG;

	room = head.len - (uint32_t)sizeof(head);
	array = (uint64_t)head.nparams * info->length_size;
	if (array > room)
		return -EBADMSG;
	room -= (uint32_t)array;

	known = head.nparams < info->nparams ? head.nparams : info->nparams;
	extra = head.nparams - known;
	if (!(raw->flags & WIRE_EXTENSION))
		extra = 0;
	else if (extra > LIMIT_EVENT_PARAMS)
		extra = LIMIT_EVENT_PARAMS;

	lengths = raw->bytes + sizeof(head);
	if (info->length_size == sizeof(uint16_t))
		end = offsets_of(ev, lengths, known + extra, sizeof(uint16_t));
	else
		end = offsets_of(ev, lengths, known + extra, sizeof(uint32_t));
	if (end > room)
		return -EBADMSG;
	if (known + extra < head.nparams &&
	    !rest_fits(lengths, known + extra, head.nparams, info->length_size, end, room))
		return -EBADMSG;

	ev->ts = head.ts;
	ev->tid = (int64_t)head.tid;
	ev->num = 0;
	ev->info = info;
	ev->type = head.type;
	ev->cpu = raw->cpu;
	ev->flags = raw->flags;
	ev->nparams = (uint8_t)known;
	ev->nextra = (uint8_t)extra;
	ev->data = lengths + array;
	ev->raw = *raw;
	return 0;
}

unsigned event_extensions(unsigned type)
{
	static const uint8_t extended[EVENT_TYPES] = {
#define PART(id)               1 << EXTENSION_##id
#define EXTENDED(event, parts) [EVENT_##event] = (parts),
#include "tables/extended_events.def"
#undef EXTENDED
#undef PART
	};

	return type < EVENT_TYPES ? extended[type] : 0;
}

bool event_text(const struct event *ev, unsigned i, struct str *out)
{
	static const char null_text[] = "(NULL)";
	struct str s = event_param(ev, i);
	const char *nul;

	if (s.len == 0 || (s.len == sizeof(null_text) && memcmp(s.p, null_text, s.len) == 0))
		return false;
	nul = memchr(s.p, '\0', s.len);
	*out = (struct str){ s.p, nul ? (size_t)(nul - s.p) : s.len };
	return true;
}

/*
 * What parameter 0 of a system call's exit says, as a signed number of its own width. The
 * generic exit has no result: its parameter 0 is the system call's code.
 */
bool event_result(const struct event *ev, int64_t *out)
{
	struct str s = event_param(ev, 0);
	int32_t narrow;

	if (!event_is_exit(ev->type) || !(ev->info->category & CATEGORY_SYSCALL) ||
	    ev->type == EVENT_GENERIC_X)
		return false;
	if (s.len == sizeof(*out)) {
		memcpy(out, s.p, sizeof(*out));
		return true;
	}
	if (s.len != sizeof(narrow))
		return false;
	memcpy(&narrow, s.p, sizeof(narrow));
	*out = narrow;
	return true;
}
