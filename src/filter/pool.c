/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include "check.h"
#include "regex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The DAG: equal atoms and equal groups are the same node. */

static const struct event_set *every_type(struct arena *arena)
{
	struct event_set *s = ARENA_NEW(arena, struct event_set);

	for (unsigned type = 0; type < EVENT_OWN_FIRST; type++)
		if (event_info(type)->exists)
			s->words[type / 64] |= (uint64_t)1 << (type % 64);
	return s;
}

struct pool *pool_new(struct arena *arena, const struct static_fields *statics)
{
	struct pool *p = ARENA_NEW(arena, struct pool);

	p->arena = arena;
	p->statics = statics;
	p->all = every_type(arena);
	p->none = ARENA_NEW(arena, struct event_set);
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->regexes.n; i++)
		regex_free(p->regexes.items[i]);
	strmap_fini(&p->atom_ids);
	strmap_fini(&p->node_ids);
	idmap_fini(&p->trees);
}

struct known_tree *tree_known(struct pool *p, const struct ast *tree)
{
	const uint64_t key = (uintptr_t)tree;
	struct known_tree *k;

	if (!tree->expanded)
		return NULL;
	k = idmap_get(&p->trees, key);
	if (k)
		return k;
	k = ARENA_NEW(p->arena, struct known_tree);
	k->id = EXPR_NONE;
	return idmap_put(&p->trees, key, k) ? k : NULL;
}

struct diag *check_fail(struct checker *c, size_t from, size_t to, const char *format, ...)
{
	char message[768];
	va_list args;

	if (c->failed)
		return NULL;
	c->failed = true;
	c->error_at = c->at;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return filter_diag(c->diags, LOAD_ERR_COMPILE_CONDITION, c->source, c->at, from, to, "%s",
			   message);
}

static int by_test(const void *a, const void *b)
{
	return str_cmp(((const struct measure *)a)->test, ((const struct measure *)b)->test);
}

void measures_sort(struct measures *m)
{
	if (m->n)
		qsort(m->items, m->n, sizeof(*m->items), by_test);
}

void pool_measured(struct pool *p, const struct measures *m)
{
	p->measures = m;
}

static const struct measure *find_measure(const struct pool *p, const struct ast *tree)
{
	struct measure wanted = { .evaluations = 0 };
	const struct measure *found;
	struct buf text = { 0 };

	if (!p->measures || !p->measures->n)
		return NULL;
	ast_print(&text, tree);
	wanted.test = buf_view(&text);
	found = bsearch(&wanted, p->measures->items, p->measures->n, sizeof(wanted), by_test);
	buf_fini(&text);
	return found && found->evaluations ? found : NULL;
}

/* The number stored under a key, or UINT32_MAX. */
static uint32_t map_get(const struct strmap *m, struct str key)
{
	const uintptr_t found = (uintptr_t)strmap_get(m, key);

	return found ? (uint32_t)(found - 1) : UINT32_MAX;
}

/* Without memory for the map, equal things are merely not shared. */
static void map_put(struct arena *arena, struct strmap *m, struct str key, uint32_t number)
{
	strmap_put(m, arena_str(arena, key), (void *)((uintptr_t)number + 1));
}

static expr_id add_node(struct pool *p, struct node new, const expr_id *items)
{
	struct {
		uint32_t kind, atom;
	} head = { new.kind, new.atom };
	struct buf key = { 0 };
	expr_id id;

	buf_add(&key, &head, sizeof(head));
	buf_add(&key, items, new.n * sizeof(*items));
	id = map_get(&p->node_ids, buf_view(&key));
	if (id == EXPR_NONE) {
		expr_id *copy = arena_array(p->arena, new.n + 1, sizeof(*items));

		id = (expr_id)p->nodes.n;
		new.items = copy;
		new.depth = 1;
		for (size_t i = 0; i < new.n; i++) {
			const struct node *child = &p->nodes.items[items[i]];

			copy[i] = items[i];
			new.deps |= child->deps;
			if (child->depth >= new.depth)
				new.depth = child->depth + 1;
		}
		if (new.kind == NODE_ATOM)
			events_of_atom(p, &p->atoms.items[new.atom], &new.yes, &new.no);
		else
			events_of_group(p, &new);
		map_put(p->arena, &p->node_ids, buf_view(&key), id);
		VEC_PUSH(p->arena, &p->nodes, new);
	}
	buf_fini(&key);
	return id;
}

static expr_id add_atom(struct checker *c, const struct ast *tree)
{
	struct pool *p = c->pool;
	struct atom a = { 0 };
	struct node n = { .kind = NODE_ATOM };
	struct buf key = { 0 };

	c->at = tree->at;
	/* What came from a macro is reported where it stands in the macro. */
	c->source = tree->source;
	if (!check_atom(c, &tree->check, &key, &a)) {
		buf_fini(&key);
		return EXPR_NONE;
	}
	n.atom = map_get(&p->atom_ids, buf_view(&key));
	if (n.atom == UINT32_MAX) {
		if (!check_constants(c, &tree->check, &a)) {
			buf_fini(&key);
			return EXPR_NONE;
		}
		a.measure = find_measure(p, tree);
		n.atom = (uint32_t)p->atoms.n;
		map_put(p->arena, &p->atom_ids, buf_view(&key), n.atom);
		VEC_PUSH(p->arena, &p->atoms, a);
	}
	buf_fini(&key);
	n.deps = p->atoms.items[n.atom].deps;
	return add_node(p, n, NULL);
}

static expr_id add_tree(struct checker *c, const struct ast *tree);

static expr_id add_new_tree(struct checker *c, const struct ast *tree)
{
	struct node n = { .n = 0 };
	expr_id *items;

	if (tree->kind == AST_CHECK)
		return add_atom(c, tree);
	c->at = tree->at;
	if (tree->kind == AST_MACRO) {
		c->source = tree->source;
		check_fail(c, tree->at, tree->end, "macro '%.*s' is not defined",
			   STR_ARG(tree->macro));
		return EXPR_NONE;
	}
	items = arena_array(c->pool->arena, tree->group.n, sizeof(*items));
	for (n.n = 0; n.n < tree->group.n; n.n++) {
		items[n.n] = add_tree(c, tree->group.items[n.n]);
		if (items[n.n] == EXPR_NONE)
			return EXPR_NONE;
	}
	n.kind = tree->kind == AST_AND ? NODE_AND : tree->kind == AST_OR ? NODE_OR : NODE_NOT;
	return add_node(c->pool, n, items);
}

static expr_id add_tree(struct checker *c, const struct ast *tree)
{
	struct known_tree *known = tree_known(c->pool, tree);
	expr_id id;

	if (known && known->id != EXPR_NONE)
		return known->id;
	id = add_new_tree(c, tree);
	if (known)
		known->id = id;
	return id;
}

expr_id pool_add(struct pool *p, const struct ast *tree, const struct source_text *text,
		 struct diags *d, size_t *error_at, bool *unknown)
{
	struct checker c = { .pool = p, .source = text, .diags = d };
	expr_id id = EXPR_NONE;

	if (!ast_is_bounded(tree)) {
		check_fail(&c, 0, 1,
			   "the condition with its macros is nested too deep or too large");
	} else {
		warn_early(&c, tree);
		id = add_tree(&c, tree);
	}
	if (id == EXPR_NONE) {
		*error_at = c.error_at;
		*unknown = c.unknown;
		return EXPR_NONE;
	}
	warn_late(&c, tree);
	return id;
}
