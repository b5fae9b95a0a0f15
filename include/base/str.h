/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STR_H
#define BASE_STR_H

/* Text with a length: never NUL-terminated by promise, never owned, may hold any byte. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

/* For a string literal only; the NUL is not part of the result. */
#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).p

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline struct str str_from(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline struct str str_of(const void *bytes, size_t len)
{
	return (struct str){ bytes, len };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool str_starts_with(struct str s, struct str prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}

static inline bool str_ends_with(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 || memcmp(s.p + s.len - suffix.len, suffix.p, suffix.len) == 0);
}

/* The part of s from byte `from` on; empty when s is shorter. */
static inline struct str str_from_index(struct str s, size_t from)
{
	return from >= s.len ? (struct str){ s.p + s.len, 0 }
			     : (struct str){ s.p + from, s.len - from };
}

/* Order as strcmp gives it: bytes as unsigned, a prefix before what it begins. */
int str_cmp(struct str a, struct str b);
bool str_contains(struct str s, struct str needle);
/* ASCII letters compare without case, as in the C locale. */
bool str_icontains(struct str s, struct str needle);
bool str_ieq(struct str a, struct str b);
/* Index of the first or last `c`, or s.len when there is none. */
size_t str_chr(struct str s, char c);
size_t str_rchr(struct str s, char c);
/* Without leading and trailing blanks, tabs, CR and LF. */
struct str str_trim(struct str s);
/* XXH3, 64 bits; the same for equal bytes within one run. */
uint64_t str_hash(struct str s);
/*
 * The whole of s as a decimal number. False when s is empty, holds anything else or does
 * not fit; *out is untouched then.
 */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_i64(struct str s, int64_t *out);
/* Edit distance with single-byte insert, delete, replace and swap; for "did you mean". */
unsigned str_distance(struct str a, struct str b);

#endif
