/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax.h"

/* How Falco's describe output writes a parsed condition. */

/* Quotes appear only around text that could not be read back without them. */
static void print_text(struct buf *out, struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len && !quoted; i++)
		quoted = s.p[i] && strchr(" =\"'\\\b\f\n\r\t", s.p[i]);
	if (!quoted) {
		buf_str(out, s);
		return;
	}
	buf_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		static const char special[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
		const char *found = s.p[i] ? strchr(special, s.p[i]) : NULL;

		if (found)
			buf_char(out, '\\');
		buf_char(out, found ? letters[found - special] : s.p[i]);
	}
	buf_char(out, '"');
}

static void print_key(struct buf *out, const struct operand *o)
{
	if (!o->has_key)
		return;
	buf_char(out, '[');
	if (o->key.len == 0)
		buf_str(out, STR("\"\""));
	else
		print_text(out, o->key);
	buf_char(out, ']');
}

void operand_print(struct buf *out, const struct operand *o)
{
	switch (o->kind) {
	case OPERAND_FIELD:
		buf_str(out, o->text);
		break;
	case OPERAND_TEXT:
		print_text(out, o->text);
		break;
	case OPERAND_CALL:
		buf_str(out, transformers[o->fn].name);
		/* fall through */
	case OPERAND_LIST:
		buf_char(out, '(');
		for (size_t i = 0; i < o->n; i++) {
			if (i)
				buf_char(out, ',');
			operand_print(out, o->items[i]);
		}
		buf_char(out, ')');
		break;
	}
	print_key(out, o);
}

static void print_list(struct buf *out, const struct check *c)
{
	buf_char(out, '(');
	for (size_t i = 0; i < c->n; i++) {
		if (i)
			buf_str(out, STR(", "));
		print_text(out, c->values[i].text);
	}
	buf_char(out, ')');
}

static void print_check(struct buf *out, const struct check *c)
{
	operand_print(out, c->left);
	buf_char(out, ' ');
	buf_str(out, operators[c->op].spelling);
	if (c->right == RIGHT_NONE)
		return;
	buf_char(out, ' ');
	if (c->modifier != MODIFIER_NONE) {
		buf_str(out, modifier_words[c->modifier]);
		buf_char(out, ' ');
	}
	switch (c->right) {
	case RIGHT_NONE:
		break;
	case RIGHT_VALUE:
	case RIGHT_WORD:
		print_text(out, c->values[0].text);
		break;
	case RIGHT_LIST:
		print_list(out, c);
		break;
	case RIGHT_OPERAND:
		operand_print(out, c->operand);
		break;
	}
}

static void print_tree(struct buf *out, const struct ast *tree)
{
	if (out->cut)
		return;
	switch (tree->kind) {
	case AST_CHECK:
		print_check(out, &tree->check);
		break;
	case AST_MACRO:
		buf_str(out, tree->macro);
		break;
	case AST_NOT:
		buf_str(out, STR("not "));
		print_tree(out, tree->group.items[0]);
		break;
	case AST_AND:
	case AST_OR:
		buf_char(out, '(');
		for (size_t i = 0; i < tree->group.n; i++) {
			if (i)
				buf_str(out, tree->kind == AST_AND ? STR(" and ") : STR(" or "));
			print_tree(out, tree->group.items[i]);
		}
		buf_char(out, ')');
		break;
	}
}

void ast_print(struct buf *out, const struct ast *tree)
{
	if (ast_is_bounded(tree))
		print_tree(out, tree);
}
