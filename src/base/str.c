/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <strings.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

int str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool str_contains(struct str s, struct str needle)
{
	if (needle.len == 0)
		return true;
	return s.len >= needle.len && memmem(s.p, s.len, needle.p, needle.len) != NULL;
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_ieq(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool str_icontains(struct str s, struct str needle)
{
	if (needle.len == 0)
		return true;
	for (size_t at = 0; at + needle.len <= s.len; at++)
		if (lower(s.p[at]) == lower(needle.p[0]) &&
		    str_ieq(str_of(s.p + at, needle.len), needle))
			return true;
	return false;
}

size_t str_chr(struct str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}

size_t str_rchr(struct str s, char c)
{
	const char *at = s.len ? memrchr(s.p, c, s.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

uint64_t str_hash(struct str s)
{
	return XXH3_64bits(s.p, s.len);
}

bool str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*out = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
	bool minus = s.len && s.p[0] == '-';
	uint64_t v;

	if (s.len && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_from_index(s, 1);
	if (!str_to_u64(s, &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Names longer than this are not worth a suggestion. */
#define DISTANCE_MAX 63

unsigned str_distance(struct str a, struct str b)
{
	unsigned rows[3][DISTANCE_MAX + 1];

	if (a.len > DISTANCE_MAX || b.len > DISTANCE_MAX)
		return UINT32_MAX;
	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			unsigned differs = a.p[i - 1] != b.p[j - 1];

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + differs);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && twice[j - 2] + 1 < row[j])
				row[j] = twice[j - 2] + 1;
		}
	}
	return rows[a.len % 3][b.len];
}
