/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * Lists are text: before a condition is parsed, each name of a list in it is replaced by the
 * list's items, one list after the other in the order of definition. The runs of the text go
 * along, so what comes from a list points at the list's items.
 */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_delimiter(char c)
{
	return is_blank(c) || c == '(' || c == ')' || c == ',' || c == '=';
}

/* A name that does not stand between delimiters as one word has to be searched for. */
static bool is_odd_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (is_delimiter(name.p[i]))
			return true;
	return false;
}

/* The next word of the text from *at on, which goes behind it; p NULL: none. */
static struct str next_word(struct str text, size_t *at)
{
	while (*at < text.len) {
		const size_t start = *at;

		while (*at < text.len && !is_delimiter(text.p[*at]))
			++*at;
		if (*at > start)
			return str_of(text.p + start, *at - start);
		++*at;
	}
	return str_of(NULL, 0);
}

/* Marks the lists whose names are words of the text, as s->wanted has them by position. */
static void want_words(struct store *s, struct str text)
{
	struct str word;
	size_t at = 0;

	while ((word = next_word(text, &at)).p) {
		struct list_info *l = find_list(s, word);

		if (l)
			s->wanted[l->position] = true;
	}
}

/* Whether its items, put into a text, are the end of it: no word of theirs names a list. */
static bool is_plain(struct store *s, const struct list_info *l)
{
	struct str word;

	for (size_t i = 0; i < l->compiled.n; i++) {
		size_t at = 0;

		while ((word = next_word(l->compiled.items[i].text, &at)).p)
			if (find_list(s, word))
				return false;
	}
	return l->compiled.n > 0;
}

/* An item equal to the name of a list defined before is that list's own items: one level. */
static void put_inner_lists(struct store *s, struct list_info *l)
{
	for (size_t j = 0; j < l->items.n; j++) {
		struct list_info *inner = find_list(s, l->items.items[j].text);

		if (!inner || inner->order.index >= l->order.visibility) {
			VEC_PUSH(s->arena, &l->compiled, l->items.items[j]);
			continue;
		}
		inner->used = true;
		VEC_PUSH(s->arena, &l->lists, inner->name);
		for (size_t k = 0; k < inner->items.n; k++)
			VEC_PUSH(s->arena, &l->compiled, inner->items.items[k]);
	}
}

void compile_lists(struct store *s)
{
	s->wanted = arena_array(s->compiled, s->lists.n, sizeof(*s->wanted));
	for (size_t i = 0; i < s->lists.n; i++) {
		struct list_info *l = s->lists.items[i];

		l->position = i;
		l->used = false;
		l->compiled.n = 0;
		l->lists.n = 0;
		l->odd = is_odd_name(l->name);
	}
	s->odd_lists = false;
	for (size_t i = 0; i < s->lists.n; i++) {
		struct list_info *l = s->lists.items[i];

		put_inner_lists(s, l);
		l->plain = is_plain(s, l);
		s->odd_lists |= l->odd;
	}
}

static void put_item(struct text_builder *b, const struct source_text *item)
{
	bool blank = str_chr(item->text, ' ') < item->text.len;
	bool quoted = item->text.len && (item->text.p[0] == '"' || item->text.p[0] == '\'');
	struct span at = source_span(item, 0, item->text.len);

	if (blank && !quoted)
		text_word(b, "\"", at);
	text_put(b, item);
	if (blank && !quoted)
		text_word(b, "\"", at);
}

/* The items between two blanks; `at` is the list's name in the condition. */
static void put_items(struct text_builder *b, const struct list_info *l, struct span at)
{
	/* Nothing is before the first word, and between two lists one blank is enough. */
	if (b->bytes.len && b->bytes.p[b->bytes.len - 1] != ' ')
		text_word(b, " ", at);
	for (size_t i = 0; i < l->compiled.n; i++) {
		if (i)
			text_word(b, ", ", at);
		put_item(b, &l->compiled.items[i]);
	}
	text_word(b, " ", at);
}

/* The next place of `name`, delimited on both sides, from byte `at` on; text.len: none. */
static size_t find_name(struct str text, struct str name, size_t at)
{
	while (at + name.len <= text.len) {
		const char *hit = memmem(text.p + at, text.len - at, name.p, name.len);
		size_t start, end;

		if (!hit)
			break;
		start = (size_t)(hit - text.p);
		end = start + name.len;
		if ((!start || is_delimiter(text.p[start - 1])) &&
		    (end == text.len || is_delimiter(text.p[end])))
			return start;
		at = start + 1;
	}
	return text.len;
}

/* One list put in wherever its name stands; false when the text became too long. */
static bool put_list(struct store *s, const struct list_info *l, struct source_text *text)
{
	struct source_text in = *text;
	struct text_builder b;
	size_t done = 0, hit;

	text_begin(&b, s->compiled);
	while ((hit = find_name(in.text, l->name, done)) < in.text.len) {
		size_t start = hit, end = hit + l->name.len;
		struct span at = source_span(&in, hit, end);

		while (start > done && is_blank(in.text.p[start - 1]))
			start--;
		while (end < in.text.len && is_blank(in.text.p[end]))
			end++;
		/* An empty list takes one comma with it. */
		if (!l->compiled.n) {
			if (start > done && in.text.p[start - 1] == ',')
				start--;
			else if (end < in.text.len && in.text.p[end] == ',')
				end++;
		}
		text_copy(&b, &in, done, start);
		put_items(&b, l, at);
		done = end;
	}
	text_copy(&b, &in, done, in.text.len);
	return text_end(&b, text);
}

/*
 * All lists in one go. That is the same as one after the other when none of them brings the
 * name of another or takes a comma away.
 */
static bool put_plain_lists(struct store *s, const struct source_text *in, struct source_text *out)
{
	struct text_builder b;
	size_t done = 0, end = 0;
	struct str word;

	text_begin(&b, s->compiled);
	while ((word = next_word(in->text, &end)).p) {
		struct list_info *l = find_list(s, word);
		size_t start = end - word.len;
		struct span at;

		if (!l)
			continue;
		l->used = true;
		at = source_span(in, start, end);
		while (start > done && is_blank(in->text.p[start - 1]))
			start--;
		while (end < in->text.len && is_blank(in->text.p[end]))
			end++;
		text_copy(&b, in, done, start);
		put_items(&b, l, at);
		done = end;
	}
	text_copy(&b, in, done, in->text.len);
	return text_end(&b, out);
}

/* How many lists the text wants; *plain: they may be put in together. */
static size_t count_wanted(const struct store *s, bool *plain)
{
	size_t n = 0;

	*plain = !s->odd_lists;
	for (size_t i = 0; i < s->lists.n; i++) {
		n += s->wanted[i];
		*plain &= !s->wanted[i] || s->lists.items[i]->plain;
	}
	return n;
}

bool put_lists(struct store *s, const struct source_text *text, struct source_text *out)
{
	bool plain;

	*out = *text;
	memset(s->wanted, 0, s->lists.n * sizeof(*s->wanted));
	want_words(s, text->text);
	if (count_wanted(s, &plain) > 1 && plain)
		return put_plain_lists(s, text, out);
	for (size_t i = 0; i < s->lists.n; i++) {
		struct list_info *l = s->lists.items[i];

		if ((!s->wanted[i] && !l->odd) || find_name(out->text, l->name, 0) == out->text.len)
			continue;
		l->used = true;
		if (!put_list(s, l, out))
			return false;
		/* Its items may be names of lists further down. */
		for (size_t k = 0; k < l->compiled.n; k++)
			want_words(s, l->compiled.items[k].text);
	}
	return true;
}
