/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

static bool next_operator(void *arg, struct str *candidate)
{
	size_t *i = arg;

	if (*i >= COMPARISONS)
		return false;
	*candidate = operators[(*i)++].spelling;
	return true;
}

static void expected_operator(struct parser *p, const struct check *c)
{
	const size_t at = p->lex.at;
	struct str word = parse_word(p, at), near;
	struct diag *d;
	size_t i = 0;

	if (word.len == 0) {
		parse_fail(p, at, at,
			   "the condition ends where an operator is expected after '%.*s'",
			   STR_ARG(c->left->text));
		return;
	}
	d = parse_fail(p, at, at + word.len, "expected an operator after '%.*s', found '%.*s'",
		       STR_ARG(c->left->text), STR_ARG(word));
	near = diag_nearest(word, next_operator, &i);
	if (!d)
		return;
	if (str_eq(near, word))
		diag_note(p->diags, d, d->at, "a blank must stand after '%.*s'", STR_ARG(near));
	else if (near.len)
		diag_note(p->diags, d, d->at, "did you mean '%.*s'?", STR_ARG(near));
	else if (str_eq(word, STR("not")))
		diag_note(p->diags, d, d->at, "'not' stands before the field: not %.*s ...",
			  STR_ARG(c->left->text));
}

static void expected_value(struct parser *p, const struct check *c, const char *what)
{
	const size_t at = p->lex.at;
	struct str op = operators[c->op].spelling;

	if (at >= p->lex.text.len)
		parse_fail(p, at, at, "the condition ends where %s is expected after '%.*s'", what,
			   STR_ARG(op));
	else
		parse_fail(p, at, at + 1, "expected %s after '%.*s'", what, STR_ARG(op));
}

static void set_value(struct parser *p, struct check *c, struct str text, enum right_kind kind)
{
	struct literal *value = ARENA_NEW(p->arena, struct literal);

	value->text = text;
	value->at = c->right_at;
	c->values = value;
	c->n = 1;
	c->right = kind;
}

/* list = "(" [ value { "," value } ] ")" ; value = STRING | BARE */
static bool parse_list(struct parser *p, struct check *c)
{
	VEC(struct literal) values = { 0 };

	if (!lex_literal(&p->lex, STR("(")))
		return false;
	c->right = RIGHT_LIST;
	lex_blanks(&p->lex);
	if (lex_literal(&p->lex, STR(")")))
		return true;
	do {
		struct literal value;

		lex_blanks(&p->lex);
		value.at = p->lex.at;
		if (!parse_quoted(p, &value.text) && !p->failed && !lex_bare(&p->lex, &value.text))
			parse_fail(p, p->lex.at, p->lex.at + 1, "expected a value in the list");
		if (p->failed)
			return false;
		VEC_PUSH(p->arena, &values, value);
		lex_blanks(&p->lex);
	} while (lex_literal(&p->lex, STR(",")));
	c->values = values.items;
	c->n = values.n;
	if (lex_literal(&p->lex, STR(")")))
		return true;
	parse_fail(p, p->lex.at, p->lex.at + 1, "expected ',' or ')' in the list");
	return false;
}

/* list, or one identifier that stands for a list of one */
static bool parse_list_or_word(struct parser *p, struct check *c)
{
	struct str word;

	c->right_at = p->lex.at;
	if (parse_list(p, c))
		return true;
	if (p->failed || !lex_identifier(&p->lex, &word))
		return false;
	set_value(p, c, word, RIGHT_WORD);
	return true;
}

/* rhs = val | call */
static bool parse_rhs(struct parser *p, struct check *c)
{
	c->right_at = p->lex.at;
	c->operand = parse_val(p);
	if (!c->operand && !p->failed)
		c->operand = parse_call(p);
	if (!c->operand)
		return false;
	c->right = RIGHT_OPERAND;
	return true;
}

/*
 * modifier = ( "oneof" | "anyof" | "allof" ) BLANK ( list | identifier ), after a blank; the
 * identifier is not "and", "or" or "not". Anything else is a value that happens to be called so.
 */
static bool parse_modifier(struct parser *p, struct check *c)
{
	const struct lexer start = p->lex;

	if (start.at == 0 || !lex_is_blank(start.text.p[start.at - 1]))
		return false;
	for (size_t m = MODIFIER_ONEOF; m <= MODIFIER_ALLOF; m++) {
		struct lexer ahead;
		struct str word;

		p->lex = start;
		if (!lex_literal(&p->lex, modifier_words[m]) || p->lex.at >= start.text.len ||
		    !lex_is_blank(start.text.p[p->lex.at]))
			continue;
		lex_blanks(&p->lex);
		ahead = p->lex;
		if (!lex_literal(&ahead, STR("(")) &&
		    (!lex_identifier(&ahead, &word) || str_eq(word, STR("and")) ||
		     str_eq(word, STR("or")) || str_eq(word, STR("not"))))
			break;
		c->modifier = (enum modifier)m;
		return true;
	}
	p->lex = start;
	return false;
}

/* number_test = ( "<=" | "<" | ">=" | ">" ) ( NUMBER | rhs ) */
static bool parse_number_test(struct parser *p, struct check *c)
{
	struct str number;

	c->right_at = p->lex.at;
	if (lex_number(&p->lex, &number)) {
		set_value(p, c, number, RIGHT_VALUE);
		return true;
	}
	if (!parse_rhs(p, c))
		expected_value(p, c, "a number, val(field) or a function");
	return !p->failed;
}

/* value_test = strop ( rhs | STRING | BARE | modifier ) */
static bool parse_value_test(struct parser *p, struct check *c)
{
	struct str text;

	if (parse_modifier(p, c)) {
		if (!parse_list_or_word(p, c))
			expected_value(p, c, "a list");
		return !p->failed;
	}
	if (parse_rhs(p, c) || p->failed)
		return !p->failed;
	c->right_at = p->lex.at;
	if (parse_quoted(p, &text) || (!p->failed && lex_bare(&p->lex, &text)))
		set_value(p, c, text, RIGHT_VALUE);
	else
		expected_value(p, c, "a value");
	return !p->failed;
}

/* list_test = ( "intersects" | "in" | "pmatch" ) ( rhs | list | identifier ) */
static bool parse_list_test(struct parser *p, struct check *c)
{
	if (!parse_rhs(p, c) && !p->failed && !parse_list_or_word(p, c))
		expected_value(p, c, "a list in parentheses");
	return !p->failed;
}

/* test = "exists" | number_test | value_test | list_test */
bool parse_test(struct parser *p, struct check *c)
{
	for (size_t i = 0; i < COMPARISONS; i++) {
		struct lexer ahead = p->lex;

		if (!lex_literal(&ahead, operators[i].spelling))
			continue;
		if (operators[i].form == FORM_WORD &&
		    (ahead.at >= ahead.text.len || !lex_is_blank(ahead.text.p[ahead.at])))
			continue;
		p->lex = ahead;
		c->op = (enum comparison)i;
		if (operators[i].form != FORM_UNARY)
			lex_blanks(&p->lex);
		switch (operators[i].form) {
		case FORM_UNARY:
			c->right = RIGHT_NONE;
			return true;
		case FORM_NUMBER:
			return parse_number_test(p, c);
		case FORM_SYMBOL:
		case FORM_WORD:
			return parse_value_test(p, c);
		case FORM_LIST:
			return parse_list_test(p, c);
		}
	}
	expected_operator(p, c);
	return false;
}
