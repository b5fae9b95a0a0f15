/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

static struct operand *operand_new(struct parser *p, enum operand_kind kind)
{
	struct operand *o = ARENA_NEW(p->arena, struct operand);

	o->kind = kind;
	o->at = p->lex.at;
	return o;
}

/* key = [ "[" ( STRING | KEY ) "]" ], with no blank anywhere */
static bool parse_key(struct parser *p, struct operand *o)
{
	if (!lex_literal(&p->lex, STR("[")))
		return true;
	o->has_key = true;
	if (!parse_quoted(p, &o->key) && !p->failed && !lex_key(&p->lex, &o->key))
		parse_fail(p, p->lex.at, p->lex.at, "expected an index or a key after '['");
	if (!p->failed && !lex_literal(&p->lex, STR("]")))
		parse_fail(p, p->lex.at, p->lex.at, "expected ']' after the key of '%.*s'",
			   STR_ARG(o->text));
	return !p->failed;
}

/* field = FIELD key */
struct operand *parse_field(struct parser *p)
{
	struct operand *o = operand_new(p, OPERAND_FIELD);

	if (!lex_field(&p->lex, &o->text) || !parse_key(p, o))
		return NULL;
	o->end = p->lex.at;
	return o;
}

static struct operand *parse_argument(struct parser *p, bool lists);

/* arguments = [ argument { "," argument } ] ")" */
static bool parse_arguments(struct parser *p, struct operand *o, bool inside_list)
{
	VEC(struct operand *) items = { 0 };

	lex_blanks(&p->lex);
	if (inside_list && lex_literal(&p->lex, STR(")")))
		return true;
	do {
		struct operand *item;

		lex_blanks(&p->lex);
		item = parse_argument(p, !inside_list);
		if (!item)
			return false;
		VEC_PUSH(p->arena, &items, item);
		lex_blanks(&p->lex);
	} while (lex_literal(&p->lex, STR(",")));
	o->items = items.items;
	o->n = items.n;
	if (lex_literal(&p->lex, STR(")")))
		return true;
	parse_fail(p, p->lex.at, p->lex.at, "expected ',' or ')' in the arguments");
	return false;
}

static struct operand *parse_literal(struct parser *p)
{
	struct operand *o = operand_new(p, OPERAND_TEXT);

	if (!lex_number(&p->lex, &o->text) && !parse_quoted(p, &o->text))
		return NULL;
	o->end = p->lex.at;
	return o;
}

/* argument = NUMBER | STRING | "(" arguments | call | field ; a list holds no lists */
static struct operand *parse_argument(struct parser *p, bool lists)
{
	struct operand *o = parse_literal(p);
	const size_t at = p->lex.at;

	if (o || p->failed)
		return o;
	if (lists && lex_literal(&p->lex, STR("("))) {
		o = operand_new(p, OPERAND_LIST);
		o->at = at;
		if (!parse_arguments(p, o, true))
			return NULL;
		o->end = p->lex.at;
		return o;
	}
	o = parse_call(p);
	if (!o && !p->failed)
		o = parse_field(p);
	if (!o)
		parse_fail(p, p->lex.at, p->lex.at,
			   "expected a field, a quoted text or a number as argument");
	return o;
}

/* call = NAME "(" arguments key */
struct operand *parse_call(struct parser *p)
{
	const struct lexer start = p->lex;

	for (size_t i = 0; i < TRANSFORMERS; i++) {
		struct operand *o;

		if (i == FN_VAL || !lex_literal(&p->lex, transformers[i].name))
			continue;
		if (!lex_literal(&p->lex, STR("("))) {
			p->lex = start;
			continue;
		}
		o = operand_new(p, OPERAND_CALL);
		o->at = start.at;
		o->fn = (enum transformer)i;
		o->text = transformers[i].name;
		if (++p->calls > CALL_NESTING) {
			parse_fail(p, start.at, p->lex.at, "calls nested deeper than %d",
				   CALL_NESTING);
			return NULL;
		}
		if (!parse_arguments(p, o, false) || !parse_key(p, o))
			return NULL;
		p->calls--;
		o->end = p->lex.at;
		return o;
	}
	return NULL;
}

/* val = "val(" field ")" */
struct operand *parse_val(struct parser *p)
{
	struct operand *o = operand_new(p, OPERAND_CALL);

	if (!lex_literal(&p->lex, STR("val(")))
		return NULL;
	o->fn = FN_VAL;
	o->text = transformers[FN_VAL].name;
	o->items = arena_array(p->arena, 1, sizeof(*o->items));
	o->n = 1;
	lex_blanks(&p->lex);
	o->items[0] = parse_field(p);
	if (!o->items[0]) {
		parse_fail(p, p->lex.at, p->lex.at, "expected a field inside val()");
		return NULL;
	}
	lex_blanks(&p->lex);
	if (!lex_literal(&p->lex, STR(")"))) {
		parse_fail(p, p->lex.at, p->lex.at, "expected ')' after the field of val()");
		return NULL;
	}
	o->end = p->lex.at;
	return o;
}
