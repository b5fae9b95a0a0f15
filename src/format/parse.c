/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

/*
 * Operands of an output.
 *
 *	operand = field | call
 *	call    = NAME "(" arg { "," arg } ")" [ "[" key "]" ]
 *	arg     = "(" [ arg { "," arg } ] ")" | call | field | STRING | NUMBER
 *
 * Blanks may stand around arguments. Outside of a call a field is the longest prefix of the text
 * that is one; inside it is everything up to the next delimiter.
 */

struct parser {
	struct arena *arena;
	const struct static_fields *statics;
	struct str text;
	size_t at;
	unsigned depth;
	const char *why; /* the first fault; everything after it fails */
};

static struct term *parse_arg(struct parser *p, bool in_list);

static struct term *fault(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct term *fault(struct parser *p, const char *format, ...)
{
	char text[256];
	va_list args;

	if (p->why)
		return NULL;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->why = arena_str(p->arena, str_from(text)).p;
	return NULL;
}

static char peek(const struct parser *p)
{
	return p->at < p->text.len ? p->text.p[p->at] : '\0';
}

static void blanks(struct parser *p)
{
	while (p->at < p->text.len && strchr(" \t\b\r\n", p->text.p[p->at]))
		p->at++;
}

static bool take(struct parser *p, char c)
{
	blanks(p);
	if (peek(p) != c)
		return false;
	p->at++;
	return true;
}

static bool word_char(char c, bool first)
{
	return isalpha((unsigned char)c) || (!first && (isdigit((unsigned char)c) || c == '_'));
}

static struct str word(const struct parser *p)
{
	size_t n = 0;

	while (p->at + n < p->text.len && word_char(p->text.p[p->at + n], n == 0))
		n++;
	return str_of(p->text.p + p->at, n);
}

/* The character a backslash stands for, or 0. */
static char unescaped(char c, char quote)
{
	static const char from[] = "bfnrt\\/", to[] = "\b\f\n\r\t\\/";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : c == quote ? c : '\0';
}

static struct term *new_term(struct parser *p, enum operand_kind kind)
{
	struct term *t = ARENA_NEW(p->arena, struct term);

	t->kind = kind;
	t->type = TYPE_CHARBUF;
	return t;
}

static struct term *parse_string(struct parser *p)
{
	struct term *t = new_term(p, OPERAND_TEXT);
	char quote = p->text.p[p->at++];
	char *out = arena_bytes(p->arena, p->text.len - p->at + 1);
	size_t n = 0;

	for (; peek(p) && peek(p) != quote; p->at++) {
		char c = peek(p);

		if (c == '\\') {
			p->at++;
			c = unescaped(peek(p), quote);
			if (!c)
				return fault(p, "wrong escape in a text");
		}
		out[n++] = c;
	}
	if (!peek(p))
		return fault(p, "a text is not closed");
	p->at++;
	t->text = str_of(out, n);
	return t;
}

/* [+-] digits, hex digits after 0x, point and exponent: a number is text here. */
static struct term *parse_number(struct parser *p)
{
	struct term *t = new_term(p, OPERAND_TEXT);
	size_t start = p->at;

	if (peek(p) == '-' || peek(p) == '+')
		p->at++;
	if (!isdigit((unsigned char)peek(p)))
		return fault(p, "an argument is a field, a text, a number or a list");
	while (isalnum((unsigned char)peek(p)) || peek(p) == '.')
		p->at++;
	t->text = str_of(p->text.p + start, p->at - start);
	return t;
}

/* Fills t->items with what stands before the closing parenthesis. */
static bool parse_args(struct parser *p, struct term *t, bool in_list)
{
	VEC(struct term *) args = { 0 };

	if (p->depth >= LIMIT_NESTING / 10) {
		fault(p, "too deeply nested");
		return false;
	}
	p->depth++;
	if (!take(p, ')')) {
		do {
			struct term *arg = parse_arg(p, in_list);

			if (!arg)
				return false;
			if (args.n == OPERAND_MAX) {
				fault(p, "too many arguments");
				return false;
			}
			VEC_PUSH(p->arena, &args, arg);
		} while (take(p, ','));
		if (!take(p, ')')) {
			fault(p, "')' is missing");
			return false;
		}
	}
	p->depth--;
	term_set_items(t, args.items, args.n);
	return true;
}

static struct term *parse_list(struct parser *p)
{
	struct term *t = new_term(p, OPERAND_LIST);

	p->at++;
	t->is_list = true;
	if (!parse_args(p, t, true))
		return NULL;
	for (size_t i = 0; i < t->n; i++)
		if (t->items[i]->is_list || !type_is_text(t->items[i]->type))
			return fault(p, "a list's elements must be texts");
	if (t->n)
		t->type = t->items[0]->type;
	return t;
}

/* The key in brackets behind a call, without its quotes. */
static bool parse_key(struct parser *p, struct term *t)
{
	struct str rest = str_from_index(p->text, p->at + 1);
	size_t close = str_chr(rest, ']');

	if (close == rest.len || !close) {
		fault(p, "']' is missing");
		return false;
	}
	t->text = str_of(rest.p, close);
	if (close >= 2 && (rest.p[0] == '"' || rest.p[0] == '\'') && rest.p[close - 1] == rest.p[0])
		t->text = str_of(rest.p + 1, close - 2);
	p->at += close + 2;
	return true;
}

static bool transformer_named(struct str name, enum transformer *out)
{
	for (size_t i = 0; i < TRANSFORMERS; i++)
		if (str_eq(name, transformers[i].name)) {
			*out = (enum transformer)i;
			return true;
		}
	return false;
}

static struct term *parse_call(struct parser *p, enum transformer fn)
{
	struct term *t = new_term(p, OPERAND_CALL);
	const char *why;
	size_t arg;

	t->fn = fn;
	if (!take(p, '(') || !parse_args(p, t, false))
		return fault(p, "'(' is missing");
	if (fn == FN_GETOPT && peek(p) == '[' && !parse_key(p, t))
		return NULL;
	if (fn == FN_VAL)
		return fault(p, "val has no place in an output");
	why = term_check_call(p->arena, t, &arg);
	return why ? fault(p, "%s", why) : t;
}

static struct term *field_term(struct parser *p, const struct field_ref *ref)
{
	struct term *t = new_term(p, OPERAND_FIELD);

	term_set_field(t, ref);
	return t;
}

/* A field inside a call: the name with its dots, and an argument in brackets. */
static struct term *parse_inner_field(struct parser *p)
{
	struct str rest = str_from_index(p->text, p->at);
	struct field_ref ref;
	size_t n = 0;

	while (n < rest.len && (word_char(rest.p[n], false) || rest.p[n] == '.'))
		n++;
	if (n < rest.len && rest.p[n] == '[') {
		size_t close = str_chr(str_from_index(rest, n), ']');

		if (n + close == rest.len)
			return fault(p, "']' is missing");
		n += close + 1;
	}
	if (field_parse(str_of(rest.p, n), p->statics, &ref) != FIELD_OK)
		return fault(p, "unknown field '%.*s'", (int)n, rest.p);
	if (field_info(ref.id)->flags & FIELD_NO_TRANSFORMER)
		return fault(p, "'%.*s' cannot stand in a transformer", (int)n, rest.p);
	p->at += n;
	return field_term(p, &ref);
}

static struct term *parse_arg(struct parser *p, bool in_list)
{
	enum transformer fn;
	struct str name;
	size_t behind;

	blanks(p);
	if (peek(p) == '(')
		return in_list ? fault(p, "a list in a list") : parse_list(p);
	if (peek(p) == '"' || peek(p) == '\'')
		return parse_string(p);
	name = word(p);
	if (!name.len)
		return parse_number(p);
	behind = p->at + name.len;
	if (behind < p->text.len && p->text.p[behind] == '(') {
		if (!transformer_named(name, &fn))
			return fault(p, "unknown transformer '%.*s'", STR_ARG(name));
		p->at = behind;
		return parse_call(p, fn);
	}
	return parse_inner_field(p);
}

size_t term_parse(struct arena *arena, struct str text, const struct static_fields *statics,
		  const struct term **out, const char **why)
{
	struct parser p = { .arena = arena, .statics = statics, .text = text };
	struct str name = word(&p);
	struct field_ref ref;
	enum transformer fn;
	size_t n;

	if (name.len < text.len && text.p[name.len] == '(' && transformer_named(name, &fn)) {
		p.at = name.len;
		*out = parse_call(&p, fn);
		*why = p.why;
		return *out ? p.at : 0;
	}
	n = field_parse_prefix(text, statics, &ref);
	if (n) {
		*out = field_term(&p, &ref);
		return n;
	}
	n = name.len;
	while (n < text.len && (word_char(text.p[n], false) || text.p[n] == '.'))
		n++;
	*why = n ? arena_printf(arena, "unknown field '%.*s'", (int)n, text.p).p
		 : "a '%' must be followed by a field";
	return 0;
}
