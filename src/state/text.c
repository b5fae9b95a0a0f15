/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
#define REPLACEMENT_LEN (sizeof(replacement) - 1)

/* A character of UTF-8 at the start of some text. */
struct utf8 {
	size_t len; /* bytes; of a broken one the part that could have begun a character */
	bool printable;
};

/* What may follow a first byte: how many bytes, and the range of the first of them. */
static bool lead_of(uint8_t c, unsigned *more, uint8_t *low, uint8_t *high)
{
	*low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	*high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	*more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
	return c >= 0xC2 && c <= 0xF4;
}

/* Controls and what Unicode says is no character. */
static bool is_printable(uint32_t c)
{
	return c >= 0xA0 && !(c >= 0xFDD0 && c <= 0xFDEF) && (c & 0xFFFE) != 0xFFFE;
}

static struct utf8 utf8_at(const uint8_t *p, size_t left)
{
	uint8_t low, high;
	unsigned more;
	uint32_t c;

	if (!lead_of(p[0], &more, &low, &high))
		return (struct utf8){ 1, false };
	c = p[0] & (0x3Fu >> more);
	for (unsigned i = 1; i <= more; i++) {
		if (i >= left || p[i] < low || p[i] > high)
			return (struct utf8){ i, false };
		c = c << 6 | (p[i] & 0x3F);
		low = 0x80;
		high = 0xBF;
	}
	return (struct utf8){ more + 1, is_printable(c) };
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
	struct utf8 u = { 1, ascii_printable(*p) };
	size_t n;

	if (*p >= 0x80)
		u = utf8_at(p, s.len - *i);
	n = u.printable ? u.len : REPLACEMENT_LEN;
	if (*len + n > cap)
		return false;
	memcpy(out + *len, u.printable ? (const char *)p : replacement, n);
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
