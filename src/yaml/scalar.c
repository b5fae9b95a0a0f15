/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * Decoding a scalar from the file's own bytes, noting where each byte of the value came from.
 * libyaml has already said that the scalar is well-formed and where it ends; what is done here
 * follows its reading of the YAML 1.1 rules for folding, escapes and chomping.
 */

struct decoder {
	struct arena *arena;
	const struct document *doc;
	const char *text;
	size_t at, end;
	char *out; /* as long as the value will be */
	size_t len, max;
	bool overrun;
	VEC(struct source_run) runs;
};

static void add_run(struct decoder *d, size_t start, size_t end, bool verbatim)
{
	struct source_run run = {
		.at = (uint32_t)d->len,
		.from = { d->doc, (uint32_t)start, (uint32_t)end },
		.verbatim = verbatim,
	};
	struct source_run *last = d->runs.n ? &d->runs.items[d->runs.n - 1] : NULL;

	if (last && verbatim && last->verbatim && last->from.end == start)
		last->from.end = (uint32_t)end;
	else
		VEC_PUSH(d->arena, &d->runs, run);
}

/* The value cannot be longer than libyaml's; if it were, the two would not agree. */
static bool fits(struct decoder *d, size_t n)
{
	d->overrun |= n > d->max - d->len;
	return n && !d->overrun;
}

/* Bytes [start, end) of the file as they are. */
static void copy(struct decoder *d, size_t start, size_t end)
{
	if (!fits(d, end - start))
		return;
	add_run(d, start, end, true);
	memcpy(d->out + d->len, d->text + start, end - start);
	d->len += end - start;
}

/* n bytes that bytes [start, end) of the file stand for. */
static void generate(struct decoder *d, const char *bytes, size_t n, size_t start, size_t end)
{
	if (!fits(d, n))
		return;
	add_run(d, start, end, false);
	memcpy(d->out + d->len, bytes, n);
	d->len += n;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of the line break at `at`: 0, 1 or 2. */
static size_t break_at(const struct decoder *d, size_t at)
{
	if (at >= d->end)
		return 0;
	if (d->text[at] == '\n')
		return 1;
	return d->text[at] == '\r' && at + 1 < d->end && d->text[at + 1] == '\n' ? 2 : 0;
}

static size_t skip_blanks(const struct decoder *d, size_t at)
{
	while (at < d->end && is_blank(d->text[at]))
		at++;
	return at;
}

/*
 * At a line break: the break and the blanks after it become one space, or, when empty lines
 * follow, one newline for each of them. An escaped break becomes nothing by itself.
 */
static void fold_breaks(struct decoder *d, bool escaped)
{
	size_t first = d->at, at = d->at + break_at(d, d->at), n;
	bool more = false;

	for (at = skip_blanks(d, at); (n = break_at(d, at)); at = skip_blanks(d, at + n)) {
		generate(d, "\n", 1, at, at + n);
		more = true;
	}
	if (!more && !escaped)
		generate(d, " ", 1, first, first + break_at(d, first));
	d->at = at;
}

static uint32_t hex_value(const char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)p[i];

		v = v << 4 | (digit <= '9' ? digit & 0xF : (digit & 0xF) + 9);
	}
	return v;
}

static void unescape(struct decoder *d)
{
	static const struct {
		char letter;
		uint32_t means;
	} simple[] = {
		{ '0', 0 },    { 'a', 7 },      { 'b', 8 },      { 't', 9 },     { '\t', 9 },
		{ 'n', 10 },   { 'v', 11 },     { 'f', 12 },     { 'r', 13 },    { 'e', 27 },
		{ ' ', ' ' },  { '"', '"' },    { '/', '/' },    { '\\', '\\' }, { 'N', 0x85 },
		{ '_', 0xA0 }, { 'L', 0x2028 }, { 'P', 0x2029 },
	};
	char letter = d->at + 1 < d->end ? d->text[d->at + 1] : '\0', bytes[4];
	size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0, n = 0;

	if (digits && d->at + 2 + digits <= d->end)
		n = yaml_put_utf8(bytes, hex_value(d->text + d->at + 2, digits));
	for (size_t i = 0; !digits && i < ARRAY_SIZE(simple); i++)
		if (simple[i].letter == letter)
			n = yaml_put_utf8(bytes, simple[i].means);
	generate(d, bytes, n, d->at, d->at + 2 + digits);
	d->at += 2 + digits;
}

static void decode_flow(struct decoder *d, yaml_scalar_style_t style)
{
	while (d->at < d->end) {
		char c = d->text[d->at];

		if (break_at(d, d->at)) {
			fold_breaks(d, false);
		} else if (is_blank(c)) {
			size_t after = skip_blanks(d, d->at);

			/* Blanks before a line break, and behind a plain scalar, are no text. */
			if (!break_at(d, after) &&
			    (after < d->end || style != YAML_PLAIN_SCALAR_STYLE))
				copy(d, d->at, after);
			d->at = after;
		} else if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE && c == '\'') {
			generate(d, "'", 1, d->at, d->at + 2);
			d->at += 2;
		} else if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && c == '\\') {
			if (break_at(d, d->at + 1)) {
				d->at++;
				fold_breaks(d, true);
			} else {
				unescape(d);
			}
		} else {
			copy(d, d->at, d->at + 1);
			d->at++;
		}
	}
}

/* Spaces at the start of the first line that holds more than spaces; false: there is none. */
static bool first_indent(struct str s, size_t *indent)
{
	size_t spaces = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\n') {
			spaces = 0;
		} else if (s.p[i] == ' ') {
			spaces++;
		} else if (s.p[i] != '\r' || i + 1 == s.len || s.p[i + 1] != '\n') {
			*indent = spaces;
			return true;
		}
	}
	return false;
}

/* Eats indentation and empty lines; remembers where the empty lines' breaks are. */
struct breaks {
	size_t start; /* of the first empty line's break; they are generated when used */
	size_t n;
};

static struct breaks skip_empty_lines(struct decoder *d, size_t indent, size_t *column)
{
	struct breaks b = { d->at, 0 };

	for (;;) {
		size_t n;

		for (*column = 0; *column < indent && d->at < d->end && d->text[d->at] == ' ';
		     ++*column)
			d->at++;
		n = break_at(d, d->at);
		if (!n)
			return b;
		if (!b.n++)
			b.start = d->at;
		d->at += n;
	}
}

static void put_breaks(struct decoder *d, struct breaks b)
{
	size_t at = b.start;

	for (size_t i = 0; i < b.n; i++) {
		while (!break_at(d, at) && at < d->end)
			at++;
		generate(d, "\n", 1, at, at + break_at(d, at));
		at += break_at(d, at);
	}
}

/*
 * A literal or folded scalar, from the '|' or '>' on. What its indentation is follows from the
 * first line that holds text: here and in the value.
 */
static void decode_block(struct decoder *d, bool folded, struct str decoded)
{
	struct breaks leading = { 0 }, trailing;
	bool strip = false, keep = false, was_blank = false;
	size_t here, there, indent, column, header = d->at;

	for (; d->at < d->end && !break_at(d, d->at); d->at++) {
		strip |= d->text[d->at] == '-';
		keep |= d->text[d->at] == '+';
		if (d->text[d->at] == '#')
			break;
	}
	while (d->at < d->end && !break_at(d, d->at))
		d->at++;
	d->at += break_at(d, d->at);
	if (!first_indent(str_of(d->text + d->at, d->end - d->at), &here) ||
	    !first_indent(decoded, &there) || there > here) {
		/* Nothing but blanks and line breaks: one place is as good as another. */
		generate(d, decoded.p, decoded.len, header, d->at);
		return;
	}
	indent = here - there;

	trailing = skip_empty_lines(d, indent, &column);
	while (column == indent && d->at < d->end) {
		bool blank = is_blank(d->text[d->at]);
		size_t start = d->at;

		if (folded && leading.n && !was_blank && !blank) {
			if (!trailing.n)
				generate(d, " ", 1, leading.start,
					 leading.start + break_at(d, leading.start));
		} else {
			put_breaks(d, leading);
		}
		put_breaks(d, trailing);
		was_blank = blank;
		while (d->at < d->end && !break_at(d, d->at))
			d->at++;
		copy(d, start, d->at);
		leading = (struct breaks){ d->at, break_at(d, d->at) ? 1 : 0 };
		d->at += break_at(d, d->at);
		trailing = skip_empty_lines(d, indent, &column);
	}
	if (!strip)
		put_breaks(d, leading);
	if (keep)
		put_breaks(d, trailing);
}

size_t yaml_skip_properties(struct str text, size_t at, size_t end)
{
	while (at < end) {
		char c = text.p[at];

		if (c == '!' || c == '&')
			while (at < end && !is_blank(text.p[at]) && text.p[at] != '\n' &&
			       text.p[at] != '\r')
				at++;
		else if (c == '#')
			while (at < end && text.p[at] != '\n')
				at++;
		else if (is_blank(c) || c == '\n' || c == '\r')
			at++;
		else
			break;
	}
	return at;
}

/* Equal, but for the bytes libyaml did not get to see. */
static bool agrees(struct str ours, struct str theirs)
{
	if (ours.len != theirs.len)
		return false;
	for (size_t i = 0; i < ours.len; i++)
		if (ours.p[i] != theirs.p[i] && theirs.p[i] != STANDIN)
			return false;
	return true;
}

bool yaml_scalar_text(struct arena *arena, const struct scalar_source *from,
		      struct source_text *out)
{
	struct decoder d = {
		.arena = arena,
		.doc = from->doc,
		.text = from->doc->text.p,
		.at = from->start,
		.end = from->end,
		.out = arena_bytes(arena, from->decoded.len + 1),
		.max = from->decoded.len,
		/* most scalars are one run */
		.runs = { .items = ARENA_NEW(arena, struct source_run), .cap = 1 },
	};

	if (from->has_properties)
		d.at = yaml_skip_properties(from->doc->text, d.at, d.end);
	switch (from->style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		d.at++;
		d.end--;
		decode_flow(&d, from->style);
		break;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		decode_block(&d, from->style == YAML_FOLDED_SCALAR_STYLE, from->decoded);
		break;
	case YAML_PLAIN_SCALAR_STYLE:
	case YAML_ANY_SCALAR_STYLE:
		decode_flow(&d, YAML_PLAIN_SCALAR_STYLE);
		break;
	}
	d.out[d.len] = '\0';
	if (!d.runs.n)
		add_run(&d, from->start, from->end, false);
	out->text = str_of(d.out, d.len);
	out->runs = d.runs.items;
	out->nruns = d.runs.n;
	return !d.overrun && agrees(out->text, from->decoded);
}
