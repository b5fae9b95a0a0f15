/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

enum encoding { UTF8, UTF16LE, UTF16BE, UTF32LE, UTF32BE };

/* By the byte order mark, or by where the zero bytes are around a first ASCII character. */
static enum encoding guess(const uint8_t *p, size_t n, size_t *mark)
{
	*mark = 0;
	if (n >= 4 && !p[0] && !p[1] && p[2] == 0xFE && p[3] == 0xFF)
		return *mark = 4, UTF32BE;
	if (n >= 4 && p[0] == 0xFF && p[1] == 0xFE && !p[2] && !p[3])
		return *mark = 4, UTF32LE;
	if (n >= 2 && p[0] == 0xFE && p[1] == 0xFF)
		return *mark = 2, UTF16BE;
	if (n >= 2 && p[0] == 0xFF && p[1] == 0xFE)
		return *mark = 2, UTF16LE;
	if (n >= 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF)
		return *mark = 3, UTF8;
	if (n >= 4 && !p[0] && !p[1] && !p[2] && p[3])
		return UTF32BE;
	if (n >= 4 && p[0] && !p[1] && !p[2] && !p[3])
		return UTF32LE;
	if (n >= 2 && !p[0] && p[1])
		return UTF16BE;
	if (n >= 2 && p[0] && !p[1])
		return UTF16LE;
	return UTF8;
}

size_t yaml_put_utf8(char out[4], uint32_t c)
{
	if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		c = 0xFFFD;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3F));
		out[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3F));
	out[2] = (char)(0x80 | (c >> 6 & 0x3F));
	out[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

static uint32_t unit(const uint8_t *p, enum encoding e)
{
	switch (e) {
	case UTF16LE:
		return (uint32_t)(p[0] | p[1] << 8);
	case UTF16BE:
		return (uint32_t)(p[1] | p[0] << 8);
	case UTF32LE:
		return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	case UTF32BE:
		return p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
	case UTF8:
		break;
	}
	return p[0];
}

struct str yaml_to_utf8(struct arena *arena, struct str text)
{
	const uint8_t *p = (const uint8_t *)text.p;
	size_t mark, step, n = 0;
	enum encoding e = guess(p, text.len, &mark);
	char *out;

	if (e == UTF8)
		return str_from_index(text, mark);
	step = e == UTF16LE || e == UTF16BE ? 2 : 4;
	/* Three bytes for a unit of two, four for one of four: never more. */
	out = arena_bytes(arena, text.len * 2 + 4);
	for (size_t i = mark; i + step <= text.len; i += step) {
		uint32_t c = unit(p + i, e);

		if (step == 2 && c >= 0xD800 && c < 0xDC00 && i + 4 <= text.len) {
			uint32_t low = unit(p + i + 2, e);

			if (low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		n += yaml_put_utf8(out + n, c);
	}
	return str_of(out, n);
}

bool yaml_needs_standin(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x7F || (u < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

/*
 * Between documents, where blank lines, comments and directives may stand, two things are made
 * acceptable: directives other than %TAG say nothing we need and libyaml refuses unknown ones,
 * so they become comments; and text that follows "..." without "---" gets the latter.
 */
static void ease_document_starts(char *p, size_t n)
{
	bool between = true;
	char *end_marker = NULL;

	for (size_t i = 0; i < n;) {
		struct str line = str_of(p + i, n - i), trimmed;

		line.len = str_chr(line, '\n');
		trimmed = str_trim(line);
		if (between && str_starts_with(line, STR("%"))) {
			if (!str_starts_with(line, STR("%TAG")))
				p[i] = '#';
			end_marker = NULL;
		} else if (str_starts_with(line, STR("...")) && trimmed.len == 3) {
			between = true;
			end_marker = p + i;
		} else if (trimmed.len && trimmed.p[0] != '#') {
			if (between && end_marker && !str_starts_with(line, STR("---")))
				memcpy(end_marker, "---", 3);
			between = false;
			end_marker = NULL;
		}
		i += line.len + 1;
	}
}

char *yaml_standin(struct arena *arena, struct str text)
{
	char *p = arena_bytes(arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		/* A carriage return alone ends no line in rules files. */
		bool lone_cr = c == '\r' && (i + 1 == text.len || text.p[i + 1] != '\n');

		p[i] = lone_cr || yaml_needs_standin(c) ? STANDIN : c;
	}
	p[text.len] = '\0';
	ease_document_starts(p, text.len);
	return p;
}
