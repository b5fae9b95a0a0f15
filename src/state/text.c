/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/utf8.h"

/* Controls and what Unicode says is no character are not. */
static bool is_printable(struct utf8 u)
{
	return u.whole && u.code >= 0xA0 && !(u.code >= 0xFDD0 && u.code <= 0xFDEF) &&
	       (u.code & 0xFFFE) != 0xFFFE;
}

static inline bool ascii_printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7F;
}

/*
 * Appends the character at s[*i] and steps over it. False when there is no room; out is
 * unchanged then.
 */
static bool add_char(char *out, size_t *len, size_t cap, struct str s, size_t *i)
{
	const uint8_t *p = (const uint8_t *)s.p + *i;
	const struct utf8 u = utf8_at(p, s.len - *i);
	const bool keep = u.code < 0x80 && u.whole ? ascii_printable(*p) : is_printable(u);
	const size_t n = keep ? u.len : sizeof(UTF8_REPLACEMENT) - 1;

	if (*len + n > cap)
		return false;
	memcpy(out + *len, keep ? (const char *)p : UTF8_REPLACEMENT, n);
	*len += n;
	*i += u.len;
	return true;
}

size_t text_clean(char *out, size_t cap, struct str s)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len;)
		if (!add_char(out, &len, cap, s, &i))
			break;
	return len;
}

static size_t too_long(char out[PATH_JOIN_MAX])
{
	static const char text[] = "/DIR_TOO_LONG/FILENAME_TOO_LONG";

	memcpy(out, text, sizeof(text));
	return sizeof(text) - 1;
}

/* How long the text is without its last component; a lone slash stays. */
static size_t parent_len(const char *out, size_t len)
{
	if (len <= 1)
		return len;
	len--;
	while (len > 0 && out[len - 1] != '/')
		len--;
	return len;
}

/* Length of a "." (1) or ".." (2) component at p; 0: another. */
static size_t dots_at(const char *p, size_t left)
{
	size_t n = 1;

	if (p[0] != '.')
		return 0;
	if (left > 1 && p[1] == '.')
		n = 2;
	return left == n || p[n] == '/' ? n : 0;
}

size_t path_join(char out[PATH_JOIN_MAX], struct str dir, struct str path)
{
	const size_t cap = PATH_JOIN_MAX - 1;
	bool had_dir;
	size_t len = 0;

	if (dir.len + path.len > cap)
		return too_long(out);
	if (path.len && path.p[0] != '/') {
		memcpy(out, dir.p, dir.len);
		len = dir.len;
	}
	had_dir = len > 0;

	for (size_t i = 0; i < path.len;) {
		const char c = path.p[i];
		const bool starts = len == 0 || out[len - 1] == '/';
		size_t dots;

		if (starts && (dots = dots_at(path.p + i, path.len - i)) > 0) {
			if (dots == 2)
				len = parent_len(out, len);
			i += dots + (i + dots < path.len);
		} else if (c == '/' && starts && (len > 0 || had_dir)) {
			i++;
		} else if (likely(ascii_printable((uint8_t)c) && len < cap)) {
			out[len++] = c;
			i++;
		} else if (!add_char(out, &len, cap, path, &i)) {
			return too_long(out);
		}
	}
	if (len > 1 && out[len - 1] == '/')
		len--;
	out[len] = '\0';
	return len;
}
