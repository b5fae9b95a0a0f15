/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

struct leaf {
	struct test test;
	expr_id expr;
};

struct builder {
	struct outlines *all;
	const struct static_fields *statics;
	const struct frame *frame;
	uint32_t n;
};

static const struct leaf *leaf_of(struct builder *b, const struct ast *tree)
{
	struct outlines *o = b->all;
	struct leaf *leaf = idmap_get(&o->tests, (uint64_t)(uintptr_t)tree);

	if (leaf)
		return leaf;
	leaf = ARENA_NEW(o->arena, struct leaf);
	leaf->test = ast_test(o->arena, tree, b->statics);
	leaf->expr = pool_add_test(o->pool, tree);
	/* Without memory for the map it is merely made again. */
	idmap_put(&o->tests, (uint64_t)(uintptr_t)tree, leaf);
	return leaf;
}

static struct clause *build(struct builder *b, const struct ast *tree);

static void open_macro(struct builder *b, struct clause *c)
{
	struct frame *inner = ARENA_NEW(b->all->arena, struct frame);
	const struct frame *outer = b->frame;
	struct macro_place place;

	if (!ruleset_macro(b->all->rules, c->macro, &place))
		return;
	*inner = (struct frame){ .macro = c->macro, .at = place.condition };
	b->frame = inner;
	c->n = 1;
	c->items = arena_array(b->all->arena, 1, sizeof(*c->items));
	c->items[0] = build(b, place.ast);
	b->frame = outer;
}

/* As deep as the tree with its macros, which ast_can_walk bounds. */
static struct clause *build(struct builder *b, const struct ast *tree)
{
	const struct part part = ast_part(tree);
	struct clause *c = ARENA_NEW(b->all->arena, struct clause);

	*c = (struct clause){
		.kind = part.kind,
		.number = b->n++,
		.frame = b->frame,
		.at = part.at,
		.macro = part.macro,
		.n = part.n,
		.expr = EXPR_NONE,
	};
	if (part.kind == PART_TEST) {
		const struct leaf *leaf = leaf_of(b, tree);

		c->test = &leaf->test;
		c->expr = leaf->expr;
	} else if (part.kind == PART_MACRO) {
		open_macro(b, c);
	} else {
		c->items = arena_array(b->all->arena, part.n, sizeof(*c->items));
		for (size_t i = 0; i < part.n; i++)
			c->items[i] = build(b, ast_inner(tree, i));
	}
	return c;
}

struct outlines *outlines_new(struct arena *arena, const struct ruleset *rules,
			      const struct static_fields *statics)
{
	struct outlines *o = ARENA_NEW(arena, struct outlines);

	*o = (struct outlines){ .arena = arena, .rules = rules };
	o->pool = pool_new(arena, statics);
	o->of = arena_array(arena, rules->nrules, sizeof(*o->of));
	for (size_t i = 0; i < rules->nrules; i++) {
		const struct rule *rule = &rules->rules[i];
		struct frame *frame = ARENA_NEW(arena, struct frame);
		struct builder b = { .all = o, .statics = statics, .frame = frame };

		frame->at = ruleset_rule_place(rules, i).condition;
		if (rule->expr == EXPR_NONE || !rule->ast || !ast_can_walk(rule->expanded))
			continue;
		o->of[i].root = build(&b, rule->ast);
		o->of[i].n = b.n;
	}
	return o;
}

void outlines_free(struct outlines *o)
{
	if (!o)
		return;
	pool_free(o->pool);
	idmap_fini(&o->tests);
}

const struct clause *clause_open(const struct clause *c)
{
	while (c->kind == PART_MACRO && c->n)
		c = c->items[0];
	return c;
}

bool clause_equal(const struct clause *a, const struct clause *b)
{
	a = clause_open(a);
	b = clause_open(b);
	if (a->kind != b->kind || a->n != b->n)
		return false;
	if (a->kind == PART_TEST)
		return a->expr == b->expr;
	for (size_t i = 0; i < a->n; i++)
		if (!clause_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

bool span_within(struct span inner, struct span outer)
{
	return inner.doc == outer.doc && inner.start >= outer.start && inner.end <= outer.end;
}

bool span_equal(struct span a, struct span b)
{
	return a.doc == b.doc && a.start == b.start && a.end == b.end;
}
