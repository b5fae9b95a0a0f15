/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include <stdarg.h>
#include <stdio.h>

/*
 * A recursive-descent parser, except that parentheses are kept on a stack of our own: they may
 * be nested thousands deep, and a thread's stack is not ours to spend.
 *
 *	condition = and_part { "or" and_part }
 *	and_part  = not_part { "and" not_part }
 *	not_part  = { "not" } ( "(" condition ")" | check | macro )
 *
 * "and" and "or" want a blank or a parenthesis behind them, and nothing before them.
 */

struct paren {
	VEC(const struct ast *) ands; /* operands of the and_part being read */
	VEC(const struct ast *) ors;  /* and_parts read so far */
	bool negated;                 /* "not" stood before the parenthesis */
	size_t at;
};

struct diag *parse_fail(struct parser *p, size_t at, size_t end, const char *format, ...)
{
	char message[512];
	va_list args;

	if (p->failed)
		return NULL;
	p->failed = true;
	p->error_at = at;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return filter_diag(p->diags, LOAD_ERR_COMPILE_CONDITION, p->source, at, at, end, "%s",
			   message);
}

struct str parse_word(const struct parser *p, size_t at)
{
	struct lexer l = { p->lex.text, at };
	struct str word;

	if (lex_field(&l, &word) || lex_identifier(&l, &word))
		return word;
	while (l.at < l.text.len && !lex_is_blank(l.text.p[l.at]) && l.at - at < 32 &&
	       strchr("&|!<>=~#/", l.text.p[l.at]))
		l.at++;
	if (l.at == at && at < l.text.len)
		l.at++;
	return str_of(l.text.p + at, l.at - at);
}

bool parse_quoted(struct parser *p, struct str *out)
{
	const size_t start = p->lex.at;

	switch (lex_quoted(&p->lex, p->arena, out)) {
	case QUOTED_OK:
		return true;
	case QUOTED_BAD_ESCAPE:
		parse_fail(p, p->lex.at, p->lex.at,
			   "'%.*s' is not an escape; known are "
			   "\\b \\f \\n \\r \\t \\\\ \\/ and the quote itself",
			   STR_ARG(*out));
		return false;
	case QUOTED_NONE:
		p->lex.at = start;
		return false;
	}
	return false;
}

static const struct ast *leaf(struct parser *p, struct ast tree)
{
	struct ast *copy = ARENA_NEW(p->arena, struct ast);

	*copy = tree;
	copy->depth = copy->weight = 1;
	copy->source = p->source;
	copy->end = p->lex.at;
	return copy;
}

static void expected_operand(struct parser *p)
{
	const size_t at = p->lex.at;
	struct str word = parse_word(p, at);

	if (word.len == 0)
		parse_fail(p, at, at,
			   "the condition ends where a field, a macro or '(' is expected");
	else
		parse_fail(p, at, at + word.len, "expected a field, a macro or '(', found '%.*s'",
			   STR_ARG(word));
}

/* check = operand test ; operand = call | field ; macro = identifier */
static const struct ast *parse_check(struct parser *p)
{
	struct ast tree = { .at = p->lex.at };
	struct operand *left = parse_call(p);

	if (!left && !p->failed)
		left = parse_field(p);
	if (left) {
		tree.kind = AST_CHECK;
		tree.check.left = left;
		lex_blanks(&p->lex);
		return parse_test(p, &tree.check) ? leaf(p, tree) : NULL;
	}
	if (p->failed)
		return NULL;
	if (lex_identifier(&p->lex, &tree.macro)) {
		tree.kind = AST_MACRO;
		return leaf(p, tree);
	}
	expected_operand(p);
	return NULL;
}

static const struct ast *negate(struct parser *p, const struct ast *tree, size_t at)
{
	const struct ast **item = arena_array(p->arena, 1, sizeof(*item));
	struct ast * not ;

	*item = tree;
	not = (struct ast *)ast_group(p->arena, AST_NOT, item, 1);
	not ->at = at;
	return not ;
}

/* { "not" }: how often, modulo two. A "not" wants a blank or a parenthesis behind it. */
static bool parse_nots(struct parser *p)
{
	bool negated = false;

	for (;;) {
		struct lexer ahead = p->lex;
		char next;

		lex_blanks(&ahead);
		p->lex = ahead;
		if (!lex_literal(&ahead, STR("not")) || ahead.at >= ahead.text.len)
			return negated;
		next = ahead.text.p[ahead.at];
		if (next != '(' && !lex_is_blank(next))
			return negated;
		p->lex = ahead;
		negated = !negated;
	}
}

/* "and" or "or", with what must follow it still unread. */
static bool parse_keyword(struct parser *p, struct str word)
{
	struct lexer ahead = p->lex;

	if (!lex_literal(&ahead, word))
		return false;
	p->lex = ahead;
	if (ahead.at < ahead.text.len && ahead.text.p[ahead.at] != '(' &&
	    !lex_is_blank(ahead.text.p[ahead.at]))
		parse_fail(p, ahead.at, ahead.at + 1, "expected a blank or '(' after '%.*s'",
			   STR_ARG(word));
	return true;
}

static void close_and(struct parser *p, struct paren *g)
{
	VEC_PUSH(p->arena, &g->ors, ast_group(p->arena, AST_AND, g->ands.items, g->ands.n));
	memset(&g->ands, 0, sizeof(g->ands));
}

static const struct ast *close_group(struct parser *p, struct paren *g)
{
	close_and(p, g);
	return ast_group(p->arena, AST_OR, g->ors.items, g->ors.n);
}

static void unexpected(struct parser *p, bool in_group, size_t open)
{
	const size_t at = p->lex.at;
	struct str word = parse_word(p, at);
	struct diag *d;

	if (word.len == 0) {
		d = parse_fail(p, at, at, "the condition ends inside parentheses");
		if (d && in_group)
			diag_note(p->diags, d, source_span(p->source, open, open + 1),
				  "this '(' is not closed");
		return;
	}
	d = parse_fail(p, at, at + word.len, "expected 'and', 'or' or %s, found '%.*s'",
		       in_group ? "')'" : "the end of the condition", STR_ARG(word));
	if (d && at > 0 && p->lex.text.p[at] == '(')
		diag_note(p->diags, d, source_span(p->source, at, at + 1),
			  "known functions are tolower, toupper, b64, basename, len, join, concat, "
			  "getopt; no blank may stand before their parenthesis");
}

/* condition, and the end of the text */
static const struct ast *parse_condition(struct parser *p)
{
	VEC(struct paren) open = { 0 };
	struct paren *g;
	const struct ast *tree;

	VEC_PUSH(p->arena, &open, (struct paren){ 0 });
	for (;;) {
		size_t at;
		bool negated;

		lex_blanks(&p->lex);
		at = p->lex.at;
		negated = parse_nots(p);
		if (lex_literal(&p->lex, STR("("))) {
			struct paren inner = { .negated = negated, .at = at };

			if (open.n > LIMIT_NESTING) {
				parse_fail(p, at, at + 1, "parentheses nested deeper than %d",
					   LIMIT_NESTING);
				return NULL;
			}
			VEC_PUSH(p->arena, &open, inner);
			continue;
		}
		tree = parse_check(p);
		for (;;) {
			if (!tree)
				return NULL;
			if (negated)
				tree = negate(p, tree, at);
			if (tree->depth > LIMIT_NESTING) {
				parse_fail(p, at, at + 1, "nested deeper than %d", LIMIT_NESTING);
				return NULL;
			}
			g = &open.items[open.n - 1];
			VEC_PUSH(p->arena, &g->ands, tree);
			lex_blanks(&p->lex);
			if (parse_keyword(p, STR("and")))
				break;
			if (parse_keyword(p, STR("or"))) {
				close_and(p, g);
				break;
			}
			if (open.n == 1) {
				if (p->lex.at == p->lex.text.len)
					return close_group(p, g);
				unexpected(p, false, 0);
				return NULL;
			}
			if (!lex_literal(&p->lex, STR(")"))) {
				unexpected(p, true, g->at);
				return NULL;
			}
			tree = close_group(p, g);
			negated = g->negated;
			at = g->at;
			open.n--;
		}
		if (p->failed)
			return NULL;
	}
}

struct ast *ast_parse(struct arena *arena, const struct source_text *text, struct diags *d,
		      size_t *error_at)
{
	struct source_text *own = ARENA_NEW(arena, struct source_text);
	struct parser p = { .lex = { text->text, 0 }, .arena = arena, .source = own, .diags = d };
	const struct ast *tree;
	struct ast *copy;

	*own = *text;
	if (text->text.len > LIMIT_CONDITION) {
		parse_fail(&p, 0, 1, "the condition is longer than %d bytes", LIMIT_CONDITION);
		*error_at = 0;
		return NULL;
	}
	tree = parse_condition(&p);
	if (!tree) {
		*error_at = p.error_at;
		return NULL;
	}
	if (!ast_is_bounded(tree)) {
		parse_fail(&p, 0, 1, "the condition is nested too deep or has too many parts");
		*error_at = 0;
		return NULL;
	}
	copy = ARENA_NEW(arena, struct ast);
	*copy = *tree;
	return copy;
}
