/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax.h"

#include <stdarg.h>
#include <stdio.h>

static uint32_t sum_saturated(uint32_t a, uint32_t b)
{
	uint32_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT32_MAX : sum;
}

const struct ast *ast_group(struct arena *arena, enum ast_kind kind, const struct ast **items,
			    size_t n)
{
	struct ast *tree;

	if (n == 1 && kind != AST_NOT)
		return items[0];
	tree = ARENA_NEW(arena, struct ast);
	tree->kind = kind;
	tree->at = items[0]->at;
	tree->end = items[n - 1]->end;
	tree->weight = 1;
	for (size_t i = 0; i < n; i++) {
		tree->weight = sum_saturated(tree->weight, items[i]->weight);
		if (items[i]->depth > tree->depth)
			tree->depth = items[i]->depth;
	}
	tree->depth = sum_saturated(tree->depth, 1);
	tree->group.items = items;
	tree->group.n = n;
	return tree;
}

bool ast_is_bounded(const struct ast *tree)
{
	return tree->depth <= LIMIT_NESTING && tree->weight <= TREE_WEIGHT;
}

struct walk {
	bool (*macro)(struct str name, size_t at, void *arg);
	void (*field)(struct str field, size_t at, void *arg);
	void (*op)(struct str op, void *arg);
	void *arg;
	struct arena *scratch;
};

static void walk_operand(const struct operand *o, const struct walk *w)
{
	if (o->kind == OPERAND_FIELD)
		w->field(operand_field_text(w->scratch, o), o->at, w->arg);
	for (size_t i = 0; i < o->n; i++)
		walk_operand(o->items[i], w);
}

static void walk_check(const struct check *c, const struct walk *w)
{
	char both[32];

	if (w->field) {
		walk_operand(c->left, w);
		if (c->operand)
			walk_operand(c->operand, w);
	}
	if (!w->op)
		return;
	if (c->modifier == MODIFIER_NONE) {
		w->op(operators[c->op].spelling, w->arg);
	} else {
		snprintf(both, sizeof(both), "%.*s %.*s", STR_ARG(operators[c->op].spelling),
			 STR_ARG(modifier_words[c->modifier]));
		w->op(str_from(both), w->arg);
	}
}

static bool walk_tree(const struct ast *tree, const struct walk *w)
{
	switch (tree->kind) {
	case AST_MACRO:
		return !w->macro || w->macro(tree->macro, tree->at, w->arg);
	case AST_CHECK:
		walk_check(&tree->check, w);
		return true;
	case AST_AND:
	case AST_OR:
	case AST_NOT:
		for (size_t i = 0; i < tree->group.n; i++)
			if (!walk_tree(tree->group.items[i], w))
				return false;
		return true;
	}
	return true;
}

static void walk(const struct ast *tree, struct walk w)
{
	if (!ast_is_bounded(tree))
		return;
	w.scratch = arena_new();
	walk_tree(tree, &w);
	arena_free(w.scratch);
}

void ast_each_macro(const struct ast *tree, bool (*fn)(struct str name, size_t at, void *arg),
		    void *arg)
{
	walk(tree, (struct walk){ .macro = fn, .arg = arg });
}

void ast_each_field(const struct ast *tree, void (*fn)(struct str field, size_t at, void *arg),
		    void *arg)
{
	walk(tree, (struct walk){ .field = fn, .arg = arg });
}

void ast_each_operator(const struct ast *tree, void (*fn)(struct str op, void *arg), void *arg)
{
	walk(tree, (struct walk){ .op = fn, .arg = arg });
}

struct expansion {
	struct arena *arena;
	const struct ast *(*find)(struct str macro, void *arg);
	void *arg;
};

static const struct ast *expand(const struct ast *tree, const struct expansion *e)
{
	const struct ast **items;
	bool changed = false;

	if (tree->kind == AST_CHECK)
		return tree;
	if (tree->kind == AST_MACRO)
		return e->find(tree->macro, e->arg);
	items = arena_array(e->arena, tree->group.n, sizeof(*items));
	for (size_t i = 0; i < tree->group.n; i++) {
		items[i] = expand(tree->group.items[i], e);
		changed |= items[i] != tree->group.items[i];
	}
	return changed ? ast_group(e->arena, tree->kind, items, tree->group.n) : tree;
}

struct ast *ast_expand(struct arena *arena, const struct ast *tree,
		       const struct ast *(*find)(struct str macro, void *arg), void *arg)
{
	const struct expansion e = { arena, find, arg };
	struct ast *copy = ARENA_NEW(arena, struct ast);

	if (!ast_is_bounded(tree))
		*copy = *tree;
	else
		*copy = *expand(tree, &e);
	copy->expanded = true;
	return copy;
}

struct str operand_field_text(struct arena *arena, const struct operand *o)
{
	if (!o->has_key || o->key.len == 0)
		return o->text;
	return arena_printf(arena, "%.*s[%.*s]", STR_ARG(o->text), STR_ARG(o->key));
}

static struct location text_location(struct str text, size_t at)
{
	struct location here = { .item_type = "condition expression", .line = 1, .column = 1 };

	here.offset = (uint32_t)at;
	for (size_t i = 0; i < at && i < text.len; i++) {
		here.column++;
		if (text.p[i] == '\n') {
			here.line++;
			here.column = 1;
		}
	}
	return here;
}

struct diag *filter_diag(struct diags *d, enum load_code code, const struct source_text *text,
			 size_t at, size_t from, size_t to, const char *format, ...)
{
	struct location *here = ARENA_NEW(d->arena, struct location);
	va_list args;
	struct diag *added;
	char message[1024];

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	*here = text_location(text->text, at);
	added = diag_add(d, code, source_span(text, from, to > from ? to : from), "%s", message);
	added->locations = here;
	added->nlocations = 1;
	return added;
}
