/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

/* Bytes of the well-formed sequence at the start of s; 0 when there is none. */
static size_t sequence_length(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || s.len < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static size_t valid_prefix(struct str s)
{
	size_t at = 0, len;

	while (at < s.len && (len = sequence_length(str_from_index(s, at))) > 0)
		at += len;
	return at;
}

struct str utf8_clean(struct arena *scratch, struct str s)
{
	static const char replacement[3] = { '\xef', '\xbf', '\xbd' };
	size_t at = valid_prefix(s), n = at;
	char *out;

	if (at == s.len)
		return s;
	out = arena_bytes(scratch, at + 3 * (s.len - at));
	memcpy(out, s.p, at);
	while (at < s.len) {
		size_t len = sequence_length(str_from_index(s, at));

		memcpy(out + n, len ? s.p + at : replacement, len ? len : sizeof(replacement));
		n += len ? len : sizeof(replacement);
		at += len ? len : 1;
	}
	return str_of(out, n);
}
