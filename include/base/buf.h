/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

/*
 * Bytes that grow, up to `max`. An append that does not fit or finds no memory sets `cut`
 * and appends what fits; nothing is ever written past `max`. Zero-initialised is valid and
 * means "no limit but BUF_MAX".
 */

#include "base/str.h"

#define BUF_MAX ((size_t)64 << 20)

struct buf {
	char *p;
	size_t len;
	size_t cap;
	size_t max; /* 0: BUF_MAX */
	bool cut;
};

void buf_fini(struct buf *b);
void buf_reset(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_str(struct buf *b, struct str s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for len more bytes, not counted in b->len; NULL when over the limit or out of memory. */
char *buf_reserve(struct buf *b, size_t len);

static inline struct str buf_view(const struct buf *b)
{
	return (struct str){ b->p, b->len };
}

#endif
