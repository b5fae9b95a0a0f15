/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

/*
 * A window over untrusted bytes. Reads past the end yield zeros and set `overrun`, which
 * stays set: one check after a whole record is enough. Values are in the host's byte order.
 */

#include "base/str.h"

struct cursor {
	const uint8_t *p;
	const uint8_t *end;
	bool overrun;
};

/* Nothing may be no memory at all: NULL, 0. */
static inline struct cursor cursor_over(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	return (struct cursor){ p, len ? p + len : p, false };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* Returns the next len bytes and steps over them, or NULL when there are not so many. */
static inline const uint8_t *cursor_bytes(struct cursor *c, size_t len)
{
	const uint8_t *at = c->p;

	if (cursor_left(c) < len) {
		c->overrun = true;
		c->p = c->end;
		return NULL;
	}
	if (len)
		c->p += len;
	return at;
}

#define CURSOR_READER(name, type)                                                                  \
	static inline type cursor_##name(struct cursor *c)                                         \
	{                                                                                          \
		const uint8_t *at = cursor_bytes(c, sizeof(type));                                 \
		type v = 0;                                                                        \
                                                                                                   \
		if (at)                                                                            \
			memcpy(&v, at, sizeof(v));                                                 \
		return v;                                                                          \
	}
CURSOR_READER(u8, uint8_t)
CURSOR_READER(u16, uint16_t)
CURSOR_READER(u32, uint32_t)
CURSOR_READER(u64, uint64_t)
CURSOR_READER(i64, int64_t)
#undef CURSOR_READER

static inline struct str cursor_str(struct cursor *c, size_t len)
{
	const uint8_t *at = cursor_bytes(c, len);

	return (struct str){ (const char *)at, at ? len : 0 };
}

/* A window of len bytes of its own, stepped over in *c. */
static inline struct cursor cursor_sub(struct cursor *c, size_t len)
{
	const uint8_t *at = cursor_bytes(c, len);

	return at ? cursor_over(at, len) : (struct cursor){ c->end, c->end, true };
}

#endif
