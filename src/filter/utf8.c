/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include "base/utf8.h"

/* Bytes of the character at byte `at`; 0 when there is none. */
static size_t character_length(struct str s, size_t at)
{
	const uint8_t *p = (const uint8_t *)s.p + at;
	struct utf8 u;

	if (*p < 0x80)
		return 1;
	u = utf8_at(p, s.len - at);
	return u.whole ? u.len : 0;
}

static size_t valid_prefix(struct str s)
{
	size_t at = 0, len;

	while (at < s.len && (len = character_length(s, at)) > 0)
		at += len;
	return at;
}

struct str utf8_clean(struct arena *scratch, struct str s)
{
	static const struct str replacement = { UTF8_REPLACEMENT, sizeof(UTF8_REPLACEMENT) - 1 };
	size_t at = valid_prefix(s), n = at;
	char *out;

	if (at == s.len)
		return s;
	out = arena_bytes(scratch, at + replacement.len * (s.len - at));
	memcpy(out, s.p, at);
	while (at < s.len) {
		size_t len = character_length(s, at);

		const struct str put = len ? str_of(s.p + at, len) : replacement;

		memcpy(out + n, put.p, put.len);
		n += put.len;
		at += len ? len : 1;
	}
	return str_of(out, n);
}
