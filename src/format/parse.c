/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ctype.h>

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

static const struct operand *parse_arg(struct parser *p, bool in_list);

static const struct operand *fault(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
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

static struct operand *new_operand(struct parser *p, enum operand_kind kind)
{
	struct operand *op = ARENA_NEW(p->arena, struct operand);

	op->kind = kind;
	op->type = TYPE_CHARBUF;
	return op;
}

static const struct operand *parse_string(struct parser *p)
{
	struct operand *op = new_operand(p, OPERAND_TEXT);
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
	op->text = str_of(out, n);
	return op;
}

/* [+-] digits, hex digits after 0x, point and exponent: a number is text here. */
static const struct operand *parse_number(struct parser *p)
{
	struct operand *op = new_operand(p, OPERAND_TEXT);
	size_t start = p->at;

	if (peek(p) == '-' || peek(p) == '+')
		p->at++;
	if (!isdigit((unsigned char)peek(p)))
		return fault(p, "an argument is a field, a text, a number or a list");
	while (isalnum((unsigned char)peek(p)) || peek(p) == '.')
		p->at++;
	op->text = str_of(p->text.p + start, p->at - start);
	return op;
}

/* Fills op->args with what stands before the closing parenthesis. */
static bool parse_args(struct parser *p, struct operand *op, bool in_list)
{
	VEC(const struct operand *) args = { 0 };

	if (p->depth >= LIMIT_NESTING / 10) {
		fault(p, "too deeply nested");
		return false;
	}
	p->depth++;
	if (!take(p, ')')) {
		do {
			const struct operand *arg = parse_arg(p, in_list);

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
	op->args = args.items;
	op->nargs = args.n;
	return true;
}

static bool is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

static const struct operand *parse_list(struct parser *p)
{
	struct operand *op = new_operand(p, OPERAND_LIST);

	p->at++;
	op->is_list = true;
	if (!parse_args(p, op, true))
		return NULL;
	for (size_t i = 0; i < op->nargs; i++)
		if (op->args[i]->is_list || !is_text(op->args[i]->type))
			return fault(p, "a list's elements must be texts");
	if (op->nargs)
		op->type = op->args[0]->type;
	return op;
}

/* The key in brackets behind a call, without its quotes. */
static bool parse_key(struct parser *p, struct operand *op)
{
	struct str rest = str_from_index(p->text, p->at + 1);
	size_t close = str_chr(rest, ']');

	if (close == rest.len || !close) {
		fault(p, "']' is missing");
		return false;
	}
	op->text = str_of(rest.p, close);
	if (close >= 2 && (rest.p[0] == '"' || rest.p[0] == '\'') && rest.p[close - 1] == rest.p[0])
		op->text = str_of(rest.p + 1, close - 2);
	op->has_key = true;
	p->at += close + 2;
	return true;
}

static const struct operand *parse_call(struct parser *p, enum transformer t)
{
	struct operand *op = new_operand(p, OPERAND_CALL);
	const char *why;

	op->transformer = t;
	if (!take(p, '(') || !parse_args(p, op, false))
		return fault(p, "'(' is missing");
	if (t == TRANSFORM_GETOPT && peek(p) == '[' && !parse_key(p, op))
		return NULL;
	why = transformer_check(op);
	if (why)
		return fault(p,
			     (char *)arena_printf(p->arena, "%s %s", transformer_name(t), why).p);
	return op;
}

static const struct operand *field_operand(struct parser *p, const struct field_ref *ref)
{
	struct operand *op = new_operand(p, OPERAND_FIELD);
	const struct field_info *info = field_info(ref->id);

	op->ref = *ref;
	op->type = ref->type;
	op->is_list = info->flags & FIELD_LIST && !ref->has_index;
	return op;
}

/* A field inside a call: the name with its dots, and an argument in brackets. */
static const struct operand *parse_inner_field(struct parser *p)
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
		return fault(
			p,
			(char *)arena_printf(p->arena, "unknown field '%.*s'", (int)n, rest.p).p);
	if (field_info(ref.id)->flags & FIELD_NO_TRANSFORMER)
		return fault(p,
			     (char *)arena_printf(p->arena, "'%.*s' cannot stand in a transformer",
						  (int)n, rest.p)
				     .p);
	p->at += n;
	return field_operand(p, &ref);
}

static const struct operand *parse_arg(struct parser *p, bool in_list)
{
	enum transformer t;
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
		if (!transformer_parse(name, &t))
			return fault(p, (char *)arena_printf(p->arena, "unknown transformer '%.*s'",
							     STR_ARG(name))
						.p);
		p->at = behind;
		return parse_call(p, t);
	}
	return parse_inner_field(p);
}

size_t operand_parse(struct arena *arena, struct str text, const struct static_fields *statics,
		     const struct operand **out, const char **why)
{
	struct parser p = { .arena = arena, .statics = statics, .text = text };
	struct str name = word(&p);
	struct field_ref ref;
	enum transformer t;
	size_t n;

	if (name.len < text.len && text.p[name.len] == '(' && transformer_parse(name, &t)) {
		p.at = name.len;
		*out = parse_call(&p, t);
		*why = p.why;
		return *out ? p.at : 0;
	}
	n = field_parse_prefix(text, statics, &ref);
	if (n) {
		*out = field_operand(&p, &ref);
		return n;
	}
	n = name.len;
	while (n < text.len && (word_char(text.p[n], false) || text.p[n] == '.'))
		n++;
	*why = n ? arena_printf(arena, "unknown field '%.*s'", (int)n, text.p).p
		 : "a '%' must be followed by a field";
	return 0;
}
