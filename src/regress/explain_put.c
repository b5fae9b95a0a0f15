/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include "format/format.h"

/* A part longer than this is cut: lists of hundreds of entries are no explanation. */
#define SHOWN_MAX 160

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Line breaks and indentation of a folded text become single blanks. */
static struct str squeezed(struct str s, char out[SHOWN_MAX + 3])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (is_blank(s.p[i]) && (n == 0 || out[n - 1] == ' '))
			continue;
		if (n == SHOWN_MAX) {
			memcpy(out + n, "...", 3);
			return str_of(out, n + 3);
		}
		out[n++] = is_blank(s.p[i]) ? ' ' : s.p[i];
	}
	return str_of(out, n);
}

void put_clause_text(struct buf *out, const struct clause *c)
{
	char text[SHOWN_MAX + 3];
	struct str s = c->kind == PART_TEST ? c->test->text : c->macro;

	if (c->at.doc && span_within(c->at, c->frame->at))
		s = str_of(c->at.doc->text.p + c->at.start, c->at.end - c->at.start);
	text_escape(out, squeezed(s, text));
}

void put_place(struct buf *out, struct span at)
{
	unsigned line, column;

	if (!at.doc)
		return;
	document_position(at.doc, at.start, &line, &column);
	text_escape(out, str_from(at.doc->name));
	buf_printf(out, ":%u:%u", line, column);
}

void put_json_text(struct buf *out, const char *key, struct str value)
{
	json_string(out, str_from(key));
	buf_char(out, ':');
	json_string(out, value.p ? value : STR(""));
}

void put_json_place(struct buf *out, struct span at)
{
	unsigned line, column;

	if (!at.doc)
		return;
	document_position(at.doc, at.start, &line, &column);
	buf_char(out, ',');
	put_json_text(out, "file", str_from(at.doc->name));
	buf_printf(out, ",\"line\":%u,\"column\":%u", line, column);
}
