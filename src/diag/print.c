/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/diag.h"

/*
 * Showing a place in a document. What is shown was written by somebody else: control
 * characters never reach the terminal, and a line of any length takes at most SHOWN_MAX
 * characters around the caret.
 */

#define SHOWN_MAX 160
#define CUT_MARK  "..."

static const char *const severity_names[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTE] = "note",
};

static bool continues(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/*
 * Bytes of the character at p[0..len): 1 for ASCII, 2 to 4 for well-formed UTF-8, 0 for
 * anything that must not be printed as it is: control characters, C1 ones included, and bytes
 * that are no UTF-8.
 */
static size_t printable(const char *p, size_t len)
{
	unsigned char c = (unsigned char)p[0];
	size_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7F;
	if (c < 0xC2 || c > 0xF4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (!continues(p[i]))
			return 0;
	return c == 0xC2 && (unsigned char)p[1] < 0xA0 ? 0 : n;
}

/* One character of the document, or one '?' for a byte that cannot be shown. */
static size_t put_char(struct buf *out, const char *p, size_t len)
{
	size_t n = printable(p, len);

	if (*p == '\t')
		buf_char(out, '\t');
	else if (n)
		buf_add(out, p, n);
	else
		buf_char(out, '?');
	return n ? n : 1;
}

/* A message may quote the user's text: what cannot be shown is written as an escape. */
static void put_message(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len;) {
		size_t n = printable(s.p + i, s.len - i);

		if (n)
			buf_add(out, s.p + i, n);
		else if (s.p[i] == '\n')
			buf_str(out, STR("\\n"));
		else if (s.p[i] == '\t')
			buf_str(out, STR("\\t"));
		else
			buf_printf(out, "\\x%02x", (unsigned char)s.p[i]);
		i += n ? n : 1;
	}
}

static size_t count_chars(const char *p, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; count++) {
		size_t n = printable(p + i, len - i);

		i += n ? n : 1;
	}
	return count;
}

/* The byte `chars` characters after `from`, at most `end`. */
static size_t skip_chars(const char *p, size_t from, size_t end, size_t chars)
{
	while (chars-- && from < end) {
		size_t n = printable(p + from, end - from);

		from += n ? n : 1;
	}
	return from;
}

/* Which bytes [from, to) of the line are shown, so that byte `caret` is among them. */
static void window(struct str line, size_t caret, size_t *from, size_t *to)
{
	size_t before = count_chars(line.p, caret);

	*from = 0;
	*to = line.len;
	if (count_chars(line.p, line.len) <= SHOWN_MAX)
		return;
	if (before > SHOWN_MAX / 2)
		*from = skip_chars(line.p, 0, line.len, before - SHOWN_MAX / 2);
	*to = skip_chars(line.p, *from, line.len, SHOWN_MAX - 2 * strlen(CUT_MARK));
}

void diag_snippet(struct buf *out, struct span at)
{
	size_t start, begin, caret, from, to, end;
	struct str text, line;

	if (!at.doc)
		return;
	text = at.doc->text;
	start = begin = at.start < text.len ? at.start : text.len;
	while (begin && text.p[begin - 1] != '\n')
		begin--;
	line = str_from_index(text, begin);
	line.len = str_chr(line, '\n');
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	caret = start - begin < line.len ? start - begin : line.len;
	window(line, caret, &from, &to);

	if (from)
		buf_str(out, STR(CUT_MARK));
	for (size_t i = from; i < to;)
		i += put_char(out, line.p + i, to - i);
	if (to < line.len)
		buf_str(out, STR(CUT_MARK));
	buf_char(out, '\n');

	if (from)
		buf_str(out, STR("   "));
	for (size_t i = from; i < caret;) {
		size_t n = printable(line.p + i, line.len - i);

		/* Tabs are copied, so the caret lines up however wide they are shown. */
		buf_char(out, line.p[i] == '\t' ? '\t' : ' ');
		i += n ? n : 1;
	}
	buf_char(out, '^');
	end = at.end > begin ? at.end - begin : 0;
	if (end > to)
		end = to;
	for (size_t i = skip_chars(line.p, caret, to, 1); i < end; i = skip_chars(line.p, i, to, 1))
		buf_char(out, '~');
	buf_char(out, '\n');
}

static void put_head(struct buf *out, struct span at, struct str file, enum severity severity)
{
	unsigned line, column;

	if (at.doc) {
		document_position(at.doc, at.start, &line, &column);
		put_message(out, str_from(at.doc->name));
		buf_printf(out, ":%u:%u: ", line, column);
	} else if (file.len) {
		put_message(out, file);
		buf_str(out, STR(": "));
	}
	buf_printf(out, "%s: ", severity_names[severity]);
}

static bool same_place(struct span a, struct span b)
{
	return a.doc == b.doc && a.start == b.start && a.end == b.end;
}

void diag_print(struct buf *out, const struct diag *d)
{
	struct str file = d->nlocations ? d->locations[0].file : STR("");

	put_head(out, d->at, file, load_code_severity(d->code));
	put_message(out, d->message);
	buf_printf(out, " [%s]\n", load_code_name(d->code));
	diag_snippet(out, d->at);
	for (size_t i = 0; i < ARRAY_SIZE(d->notes); i++) {
		const struct note *note = &d->notes[i];

		if (!note->text.len)
			continue;
		put_head(out, note->at.doc ? note->at : d->at, file, SEVERITY_NOTE);
		put_message(out, note->text);
		buf_char(out, '\n');
		if (note->at.doc && !same_place(note->at, d->at))
			diag_snippet(out, note->at);
	}
}
