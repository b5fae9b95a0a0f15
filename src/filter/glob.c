/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <ctype.h>

/*
 * fnmatch() with flags 0 (or FNM_CASEFOLD) as the C library does it in the C locale, without
 * its recursion: only the last star can matter, so the work is bounded by |pattern| x |text|.
 */

static unsigned char fold_case(unsigned char c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

struct bracket {
	struct str pattern;
	size_t at; /* behind what was read */
	unsigned char c;
	bool fold;
	bool hit;
	bool broken;   /* ends inside an escape */
	bool no_class; /* an unknown class or symbol: nothing matches */
};

static bool at_end(const struct bracket *b)
{
	return b->at >= b->pattern.len;
}

static unsigned char look(const struct bracket *b, size_t ahead)
{
	return b->at + ahead < b->pattern.len ? (unsigned char)b->pattern.p[b->at + ahead] : 0;
}

static bool class_has(struct str name, unsigned char c, bool *known)
{
	static const struct {
		const char *name;
		int (*test)(int);
	} classes[] = {
		{ "alpha", isalpha }, { "digit", isdigit }, { "alnum", isalnum },
		{ "upper", isupper }, { "lower", islower }, { "space", isspace },
		{ "blank", isblank }, { "punct", ispunct }, { "print", isprint },
		{ "graph", isgraph }, { "cntrl", iscntrl }, { "xdigit", isxdigit },
	};

	*known = true;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (str_eq(name, str_from(classes[i].name)))
			return c < 0x80 && classes[i].test(c);
	*known = false;
	return false;
}

/* "[:name:]" with at on the inner bracket. False when it is not one: then '[' is a character. */
static bool read_class(struct bracket *b)
{
	size_t n = 2;
	bool known;

	while (look(b, n) >= 'a' && look(b, n) <= 'z')
		n++;
	if (look(b, n) != ':' || look(b, n + 1) != ']')
		return false;
	if (class_has(str_of(b->pattern.p + b->at + 2, n - 2), b->c, &known))
		b->hit = true;
	if (!known && !b->hit)
		b->no_class = true;
	b->at += n + 2;
	return true;
}

/* "[.x.]" with at on the inner bracket. Symbols of several characters are unknown in the C locale. */
static unsigned char read_symbol(struct bracket *b)
{
	size_t n = 2;

	while (b->at + n < b->pattern.len && !(look(b, n) == '.' && look(b, n + 1) == ']'))
		n++;
	if (b->at + n >= b->pattern.len || (n != 3 && !b->hit)) {
		b->no_class = true;
		return 0;
	}
	b->at += n + 2;
	return (unsigned char)b->pattern.p[b->at - 3];
}

/* One end of a range or a single character: x, \x, [.x.] */
static unsigned char read_char(struct bracket *b)
{
	if (look(b, 0) == '[' && look(b, 1) == '.')
		return read_symbol(b);
	if (look(b, 0) == '\\') {
		b->at++;
		if (at_end(b))
			b->broken = true;
	}
	return (unsigned char)b->pattern.p[b->at++ - (b->broken ? 1 : 0)];
}

static void read_range(struct bracket *b)
{
	const bool symbol = look(b, 0) == '[' && look(b, 1) == '.';
	unsigned char low = read_char(b), high;

	if (b->broken || b->no_class)
		return;
	if (look(b, 0) != '-' || look(b, 1) == ']' || b->at + 1 >= b->pattern.len) {
		b->hit |=
			symbol ? low == b->c : fold_case(low, b->fold) == fold_case(b->c, b->fold);
		return;
	}
	b->at++;
	high = read_char(b);
	b->hit |= fold_case(low, b->fold) <= fold_case(b->c, b->fold) &&
		  fold_case(b->c, b->fold) <= fold_case(high, b->fold);
}

/*
 * "[" [ "!" | "^" ] items "]", at stands behind the opening bracket; the first item may be "]".
 * Returns false when it is not closed; then the bracket stands for itself.
 */
static bool read_bracket(struct bracket *b, bool *matched)
{
	bool negated = look(b, 0) == '!' || look(b, 0) == '^', first = true;

	if (negated)
		b->at++;
	for (;; first = false) {
		if (b->no_class) {
			*matched = false;
			return true;
		}
		if (at_end(b) || b->broken)
			return false;
		if (look(b, 0) == ']' && !first)
			break;
		if (look(b, 0) == '[' && look(b, 1) == ':' && read_class(b))
			continue;
		if (look(b, 0) == '[' && look(b, 1) == '=' && look(b, 3) == '=' &&
		    look(b, 4) == ']') {
			/* nothing is folded here */
			b->hit |= look(b, 2) == b->c;
			b->at += 5;
			continue;
		}
		read_range(b);
	}
	b->at++;
	*matched = b->hit != negated;
	return true;
}

/* Whether the pattern's element at *at, which is no star, takes c; steps over it. */
static bool match_one(struct str pattern, size_t *at, unsigned char c, bool fold)
{
	unsigned char p = (unsigned char)pattern.p[(*at)++];

	if (p == '?')
		return true;
	if (p == '[') {
		struct bracket b = { .pattern = pattern, .at = *at, .c = c, .fold = fold };
		bool matched;

		if (read_bracket(&b, &matched)) {
			*at = b.at;
			return matched;
		}
	} else if (p == '\\') {
		/* a lone backslash at the end matches nothing */
		if (*at >= pattern.len)
			return false;
		p = (unsigned char)pattern.p[(*at)++];
	}
	return fold_case(p, fold) == fold_case(c, fold);
}

bool glob_match(struct str pattern, struct str text, bool fold)
{
	size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;

	for (;;) {
		size_t next = p;

		if (p < pattern.len && pattern.p[p] == '*') {
			star = ++p;
			retry = t;
			continue;
		}
		if (t == text.len && p == pattern.len)
			return true;
		if (t < text.len && p < pattern.len &&
		    match_one(pattern, &next, (unsigned char)text.p[t], fold)) {
			p = next;
			t++;
			continue;
		}
		if (star == SIZE_MAX || retry >= text.len)
			return false;
		p = star;
		t = ++retry;
	}
}
