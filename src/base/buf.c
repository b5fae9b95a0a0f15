/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->cut = false;
}

static size_t limit(const struct buf *b)
{
	return b->max ? b->max : BUF_MAX;
}

/* Makes room for len more bytes if the limit and the system allow; says how many fit. */
static size_t room(struct buf *b, size_t len)
{
	size_t left = limit(b) - b->len, want, cap;
	char *grown;

	if (len > left) {
		b->cut = true;
		len = left;
	}
	want = b->len + len;
	if (want <= b->cap)
		return len;
	cap = b->cap ? b->cap : 128;
	while (cap < want)
		cap *= 2;
	grown = realloc(b->p, cap);
	if (!grown) {
		b->cut = true;
		return b->cap - b->len;
	}
	b->p = grown;
	b->cap = cap;
	return len;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	len = room(b, len);
	if (len)
		memcpy(b->p + b->len, bytes, len);
	b->len += len;
}

void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.len);
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_char(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	char small[256], *text = small;
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (n >= (int)sizeof(small)) {
		text = malloc((size_t)n + 1);
		if (text)
			vsnprintf(text, (size_t)n + 1, format, again);
	}
	va_end(again);
	if (n < 0 || !text) {
		b->cut = true;
		return;
	}
	buf_add(b, text, (size_t)n);
	if (text != small)
		free(text);
}

char *buf_reserve(struct buf *b, size_t len)
{
	return room(b, len) < len ? NULL : b->p + b->len;
}
