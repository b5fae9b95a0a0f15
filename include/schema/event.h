/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHEMA_EVENT_H
#define SCHEMA_EVENT_H

/*
 * A checked view of one encoded event. event_open looks at every length once; afterwards no
 * accessor can read out of bounds, and a missing or empty parameter is simply "no value".
 *
 * Parameters beyond the table's own, marked by WIRE_EXTENSION, are ours: they say what the
 * kernel used (tables/extensions.def) and are reached with event_extension only.
 */

#include "base/buf.h"
#include "base/limits.h"
#include "schema/schema.h"
#include "wire.h"

/* What a source hands out: borrowed until its next call. */
struct raw {
	const uint8_t *bytes; /* from wire_event.ts on */
	uint32_t len;
	uint16_t cpu;
	uint16_t flags; /* WIRE_* */
	uint64_t sequence;
};

struct event {
	uint64_t ts; /* ns since the epoch */
	int64_t tid;
	uint64_t num; /* evt.num: set by the engine, 0 for synthetic events */
	const struct event_info *info;
	uint16_t type;
	uint16_t cpu;
	uint16_t flags;      /* WIRE_* */
	uint8_t nparams;     /* usable by the table: the smaller of the table's and the event's */
	uint8_t nextra;      /* extension parameters behind them */
	const uint8_t *data; /* the parameters' bytes */
	uint32_t at[LIMIT_EVENT_PARAMS * 2 + 1]; /* parameter i is data[at[i]] .. data[at[i+1]] */
	struct raw raw;
};

/*
 * 0, or -EBADMSG when the lengths contradict each other or the type is unknown; *ev is of no
 * use then. Bytes behind the last parameter are let pass, as other readers do.
 */
int event_open(struct event *ev, const struct raw *raw);

/* The bytes of parameter i; p is NULL and len 0 when the event has fewer. */
static inline struct str event_param(const struct event *ev, unsigned i)
{
	if (i >= ev->nparams)
		return (struct str){ NULL, 0 };
	return (struct str){ (const char *)ev->data + ev->at[i], ev->at[i + 1] - ev->at[i] };
}

/* EXTENSION_PATH, ...: places among the extension parameters. */
enum extension {
#define EXTENSION(id, name, type) EXTENSION_##id,
#include "tables/extensions.def"
#undef EXTENSION
	EXTENSIONS
};

/* Which parts an event of this type can have: a bit for each, 1 << EXTENSION_*. */
unsigned event_extensions(unsigned type);

/* The bytes of extension parameter i, counted from the first one behind the table's. */
static inline struct str event_extension(const struct event *ev, unsigned i)
{
	if (i >= ev->nextra)
		return (struct str){ NULL, 0 };
	i += ev->nparams;
	return (struct str){ (const char *)ev->data + ev->at[i], ev->at[i + 1] - ev->at[i] };
}

/*
 * The text of a CHARBUF, FSPATH or FSRELPATH parameter up to its first NUL. False when it has
 * length 0 or is the literal "(NULL)" of old drivers (spec/events_notes.md, Empty params).
 */
bool event_text(const struct event *ev, unsigned i, struct str *out);

/* An integer of 1, 2, 4 or 8 bytes, widened with its sign when the width is negative. */
static inline int64_t int_at(const void *bytes, int width)
{
	union {
		int8_t i8;
		uint8_t u8;
		int16_t i16;
		uint16_t u16;
		int32_t i32;
		uint32_t u32;
		int64_t i64;
	} v;

	memcpy(&v, bytes, (size_t)(width < 0 ? -width : width));
	switch (width) {
	case -1:
		return v.i8;
	case 1:
		return v.u8;
	case -2:
		return v.i16;
	case 2:
		return v.u16;
	case -4:
		return v.i32;
	case 4:
		return v.u32;
	default:
		return v.i64;
	}
}

/*
 * A fixed-size integer parameter, widened by the sign of its type. False when the length is
 * not that of its type.
 */
static inline bool event_int(const struct event *ev, unsigned i, int64_t *out)
{
	struct str s = event_param(ev, i);
	int width;

	if (!s.len)
		return false;
	width = ev->info->params[i].width;
	if (s.len != (size_t)(width < 0 ? -width : width))
		return false;
	*out = int_at(s.p, width);
	return true;
}

/* The same, with a value for the missing case. */
static inline int64_t event_int_or(const struct event *ev, unsigned i, int64_t otherwise)
{
	int64_t v;

	return event_int(ev, i, &v) ? v : otherwise;
}

/*
 * The result: parameter `res`, or the first one when that is an fd or pid that stands for it.
 * False for events that have none (enter, meta, generic).
 */
bool event_result(const struct event *ev, int64_t *out);

/*
 * Encodes events. Parameters are pushed in table order; a push beyond LIMIT_EVENT_BYTES (or
 * LIMIT_LARGE_BYTES for large types) sets `overflow`. The writer owns its memory.
 */
struct event_writer {
	struct buf *out; /* receives one whole event per begin/end, appended */
	size_t start;
	uint16_t type;
	uint16_t nparams; /* pushed */
	uint16_t expected;
	uint8_t length_size;
	bool overflow; /* too long, or no memory */
	bool invalid;  /* no such type, too many parameters, an integer where none belongs */
	bool was_cut;  /* out->cut before begin */
	uint32_t lengths[LIMIT_EVENT_PARAMS * 2];
};

/* nparams lengths are reserved; end() checks that so many were pushed. */
void event_begin(struct event_writer *w, struct buf *out, unsigned type, uint64_t ts, int64_t tid,
		 unsigned nparams);
void event_push(struct event_writer *w, const void *bytes, size_t len);
void event_push_int(struct event_writer *w, int64_t v);     /* in the width of the table's type */
void event_push_text(struct event_writer *w, struct str s); /* adds the NUL */
void event_push_empty(struct event_writer *w);
/* 0, or -EMSGSIZE / -EINVAL with the buffer back as it was before begin. */
int event_end(struct event_writer *w);

#endif
