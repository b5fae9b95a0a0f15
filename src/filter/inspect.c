/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/inspect.h"

#include "pool.h"
#include "regex.h"

_Static_assert((int)TEST_OPS == (int)COMPARISONS, "both are tables/operators.def");

static enum part_kind part_kind(enum ast_kind kind)
{
	switch (kind) {
	case AST_AND:
		return PART_AND;
	case AST_OR:
		return PART_OR;
	case AST_NOT:
		return PART_NOT;
	case AST_MACRO:
		return PART_MACRO;
	case AST_CHECK:
		return PART_TEST;
	}
	return PART_TEST;
}

static const struct ast *first_leaf(const struct ast *tree)
{
	while (tree->kind != AST_CHECK && tree->kind != AST_MACRO)
		tree = tree->group.items[0];
	return tree;
}

struct part ast_part(const struct ast *tree)
{
	/* A group does not know its text; all its parts stand in the same one. */
	const struct source_text *source = first_leaf(tree)->source;
	struct part part = { .kind = part_kind(tree->kind) };

	part.at = source_span(source, tree->at, tree->end);
	if (tree->kind == AST_MACRO)
		part.macro = tree->macro;
	else if (tree->kind != AST_CHECK)
		part.n = tree->group.n;
	return part;
}

const struct ast *ast_inner(const struct ast *tree, size_t i)
{
	return tree->group.items[i];
}

bool ast_can_walk(const struct ast *tree)
{
	return ast_is_bounded(tree);
}

/* ---- Comparisons -------------------------------------------------------------------------- */

static struct str printed(struct arena *arena, struct buf *text)
{
	struct str s = arena_str(arena, buf_view(text));

	buf_fini(text);
	return s;
}

/* A key that cannot stand bare has to be quoted before field_parse reads it. */
static struct str field_text(struct arena *arena, const struct operand *o)
{
	struct lexer l = { o->key, 0 };
	struct str bare;
	char quote;

	if (!o->has_key || o->key.len == 0)
		return o->text;
	if (lex_key(&l, &bare) && l.at == o->key.len)
		return operand_field_text(arena, o);
	quote = str_chr(o->key, '"') < o->key.len ? '\'' : '"';
	return arena_printf(arena, "%.*s[%c%.*s%c]", STR_ARG(o->text), quote, STR_ARG(o->key),
			    quote);
}

struct fields {
	struct arena *arena;
	const struct static_fields *statics;
	VEC(struct field_ref) list;
};

static void add_fields(struct fields *f, const struct operand *o)
{
	struct field_ref ref;

	if (o->kind == OPERAND_FIELD &&
	    field_parse(field_text(f->arena, o), f->statics, &ref) == FIELD_OK)
		VEC_PUSH(f->arena, &f->list, ref);
	for (size_t i = 0; i < o->n; i++)
		add_fields(f, o->items[i]);
}

/* The bytes of a value in the condition's text: with its quotes, when it has some. */
static size_t value_end(const struct source_text *source, const struct literal *v)
{
	const char quote = v->at < source->text.len ? source->text.p[v->at] : '\0';
	size_t end = v->at + v->text.len;

	if (quote != '"' && quote != '\'')
		return end;
	for (end = v->at + 1; end < source->text.len && source->text.p[end] != quote; end++)
		if (source->text.p[end] == '\\')
			end++;
	return end < source->text.len ? end + 1 : source->text.len;
}

static const struct test_value *values_of(struct arena *arena, const struct ast *tree)
{
	const struct check *k = &tree->check;
	struct test_value *values = arena_array(arena, k->n, sizeof(*values));

	for (size_t i = 0; i < k->n; i++) {
		const size_t end = value_end(tree->source, &k->values[i]);

		values[i].text = k->values[i].text;
		values[i].at = source_span(tree->source, k->values[i].at, end);
	}
	return values;
}

struct test ast_test(struct arena *arena, const struct ast *tree,
		     const struct static_fields *statics)
{
	const struct check *k = &tree->check;
	struct fields fields = { .arena = arena, .statics = statics };
	struct buf text = { 0 }, left = { 0 };
	struct test out = { .op = (enum test_op)operators[k->op].means };

	ast_print(&text, tree);
	operand_print(&left, k->left);
	out.text = printed(arena, &text);
	out.left = printed(arena, &left);
	out.left_at = source_span(tree->source, k->left->at, k->left->end);
	out.modified = k->modifier != MODIFIER_NONE;
	out.plain = k->left->kind == OPERAND_FIELD && k->right != RIGHT_OPERAND &&
		    field_parse(field_text(arena, k->left), statics, &out.field) == FIELD_OK;
	if (k->right == RIGHT_VALUE || k->right == RIGHT_WORD || k->right == RIGHT_LIST) {
		out.values = values_of(arena, tree);
		out.nvalues = k->n;
	}
	add_fields(&fields, k->left);
	if (k->operand)
		add_fields(&fields, k->operand);
	out.fields = fields.list.items;
	out.nfields = fields.list.n;
	return out;
}

expr_id pool_add_test(struct pool *p, const struct ast *tree)
{
	struct diags ignored = { .arena = p->arena };
	size_t error_at;
	bool unknown;

	if (tree->kind != AST_CHECK)
		return EXPR_NONE;
	return pool_add(p, tree, tree->source, &ignored, &error_at, &unknown);
}

int pool_would(const struct pool *p, expr_id test, struct str value)
{
	const struct node *n = &p->nodes.items[test];
	const struct atom *a;
	struct constant c = { 0 };
	struct arena *scratch;
	int verdict = -1;

	if (n->kind != NODE_ATOM)
		return -1;
	a = &p->atoms.items[n->atom];
	if (a->right || a->multi || a->left->is_list || a->left->kind != OPERAND_FIELD ||
	    a->left->field.id == FIELD_EVT_AROUND)
		return -1;
	if (a->cmp == CMP_EXISTS)
		return 1;
	scratch = arena_new();
	if (!constant_parse(scratch, a->left->type, CMP_EQ, arena_str(scratch, value), &c)) {
		c.v.type = a->left->type;
		/* A network is no value: its constant is a range of them. */
		if (class_of(a->left->type) != CLASS_NET)
			verdict = atom_test(a, &c.v, scratch);
	}
	regex_free(c.regex);
	arena_free(scratch);
	return verdict;
}
