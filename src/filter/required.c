/* SPDX-License-Identifier: Apache-2.0 */
#include "sets.h"

/*
 * What a text must hold so that a pattern can match it: the longest run of plain characters
 * outside of everything that may be left out. Where the pattern's meaning is not obvious there is
 * no such run, which costs time and nothing else.
 */

struct runs {
	struct str pattern;
	size_t at;
	char *run;
	size_t len;
	struct str best;
	struct arena *arena;
};

static bool at_end(const struct runs *r)
{
	return r->at >= r->pattern.len;
}

static char look(const struct runs *r, size_t ahead)
{
	return r->at + ahead < r->pattern.len ? r->pattern.p[r->at + ahead] : '\0';
}

static struct runs runs_begin(struct arena *arena, struct str pattern)
{
	return (struct runs){ .pattern = pattern,
			      .run = arena_bytes(arena, pattern.len + 1),
			      .best = { "", 0 },
			      .arena = arena };
}

static void run_end(struct runs *r)
{
	if (r->len > r->best.len)
		r->best = arena_str(r->arena, str_of(r->run, r->len));
	r->len = 0;
}

static void run_add(struct runs *r, char c)
{
	r->run[r->len++] = c;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_punctuation(char c)
{
	return c > ' ' && c <= '~' && !is_letter(c) && !is_digit(c);
}

/* Of a glob; what follows a bracket is not looked at, as it may be inside of it. */
static struct str of_glob(struct arena *arena, struct str pattern)
{
	struct runs r = runs_begin(arena, pattern);

	for (; !at_end(&r) && look(&r, 0) != '['; r.at++) {
		char c = look(&r, 0);

		if (c == '*' || c == '?') {
			run_end(&r);
			continue;
		}
		if (c == '\\') {
			if (++r.at >= pattern.len)
				break;
			c = look(&r, 0);
		}
		run_add(&r, c);
	}
	run_end(&r);
	return r.best;
}

/* "[:name:]" inside of a class, from its bracket to its last colon. */
static bool skip_named_class(struct runs *r)
{
	size_t n = 2;

	while (is_letter(look(r, n)))
		n++;
	if (look(r, 1) != ':' || look(r, n) != ':' || look(r, n + 1) != ']')
		return false;
	r->at += n + 1;
	return true;
}

/* "[...]" of a regular expression, from the bracket on; false when it is not closed, or odd. */
static bool skip_class(struct runs *r)
{
	r->at++;
	r->at += look(r, 0) == '^';
	r->at += look(r, 0) == ']';
	for (; !at_end(r) && look(r, 0) != ']'; r->at++) {
		if (look(r, 0) == '\\')
			r->at++;
		else if (look(r, 0) == '[' && !skip_named_class(r))
			return false;
	}
	return !at_end(r);
}

/* "(...)", from the parenthesis on; false when it is not closed. */
static bool skip_group(struct runs *r)
{
	size_t depth = 0;

	for (; !at_end(r); r->at++) {
		const char c = look(r, 0);

		if (c == '\\')
			r->at++;
		else if (c == '[' && !skip_class(r))
			return false;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return true;
	}
	return false;
}

/* "{n,m}"; false when it is something else. */
static bool skip_count(struct runs *r)
{
	size_t n = 1;

	while (is_digit(look(r, n)) || look(r, n) == ',')
		n++;
	if (look(r, n) != '}' || n == 1)
		return false;
	r->at += n;
	return true;
}

/* The character or group before may be missing, or there more than once. */
static bool skip_repetition(struct runs *r)
{
	const char c = look(r, 0);

	if (c == '{' && !skip_count(r))
		return false;
	if (r->len)
		r->len--;
	run_end(r);
	return true;
}

/*
 * One element of a regular expression outside of groups; false when it says that nothing is
 * required, or is not understood. Bytes above ASCII stand in the text in another form when they
 * are no UTF-8, and letters behind a backslash have meanings of their own.
 */
static bool read_element(struct runs *r)
{
	const char c = look(r, 0);

	switch (c) {
	case '|':
		return false;
	case '[':
		run_end(r);
		return skip_class(r);
	case '(':
		run_end(r);
		return skip_group(r);
	case '*':
	case '+':
	case '?':
	case '{':
		return skip_repetition(r);
	case '.':
	case '^':
	case '$':
		run_end(r);
		return true;
	case '\\':
		r->at++;
		if (at_end(r) || !is_punctuation(look(r, 0)))
			return false;
		run_add(r, look(r, 0));
		return true;
	default:
		if ((unsigned char)c < 0x80)
			run_add(r, c);
		else
			run_end(r);
		return true;
	}
}

static struct str of_regex(struct arena *arena, struct str pattern)
{
	struct runs r = runs_begin(arena, pattern);

	for (; !at_end(&r); r.at++)
		if (!read_element(&r))
			return STR("");
	run_end(&r);
	return r.best;
}

static bool has_letters(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_letter(s.p[i]))
			return true;
	return false;
}

struct str required_text(struct arena *arena, enum comparison cmp, struct str constant, bool *sure)
{
	*sure = cmp == CMP_ICONTAINS ||
		((cmp == CMP_CONTAINS || cmp == CMP_BCONTAINS) && !has_letters(constant));
	if (cmp == CMP_GLOB || cmp == CMP_IGLOB)
		return of_glob(arena, constant);
	return cmp == CMP_REGEX ? of_regex(arena, constant) : constant;
}
