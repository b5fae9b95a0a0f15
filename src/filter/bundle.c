/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <stdlib.h>

/*
 * What can be remembered of a thread: nodes that depend on nothing but the thread, its relatives
 * and tables. The operands of a rule that do are one bundle, so that most of a rule with a dozen
 * exceptions is one bit.
 */

bool lit_is_of_thread(const struct compiler *c, struct lit l)
{
	if (c->without & PART_THREAD)
		return false;
	return l.bundle || !(c->pool->nodes.items[l.node].deps & (DEP_EVENT | DEP_VOLATILE));
}

static uint64_t lit_number(struct lit l)
{
	return (uint64_t)l.node << 1 | l.negated;
}

static int by_lit(const void *a, const void *b)
{
	const uint64_t x = lit_number(*(const struct lit *)a);
	const uint64_t y = lit_number(*(const struct lit *)b);

	return (x > y) - (x < y);
}

const struct bundle *bundle_of(struct compiler *c, const struct lit *items, size_t n,
			       bool conjunction)
{
	struct lit *sorted = arena_array(c->arena, n, sizeof(*sorted));
	uint64_t *key = arena_array(c->scratch, n + 1, sizeof(*key));
	struct bundle *b;
	uintptr_t found;
	struct str text;

	memcpy(sorted, items, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_lit);
	key[0] = conjunction;
	for (size_t i = 0; i < n; i++)
		key[i + 1] = lit_number(sorted[i]);
	text = str_of((const char *)key, (n + 1) * sizeof(*key));
	found = (uintptr_t)strmap_get(&c->bundle_ids, text);
	if (found)
		return c->bundles.items[found - 1];
	b = ARENA_NEW(c->arena, struct bundle);
	VEC_PUSH(c->arena, &c->bundles, b);
	*b = (struct bundle){ sorted, n, conjunction, (uint32_t)c->bundles.n };
	strmap_put(&c->bundle_ids, text, (void *)(uintptr_t)c->bundles.n);
	return b;
}

/* What depends on relatives is forgotten far more often than what depends on the thread alone. */
static bool belongs(const struct compiler *c, struct lit l, bool relatives)
{
	const uint16_t deps = DEP_ANCESTRY | DEP_LEADERS;

	return !l.bundle && lit_is_of_thread(c, l) &&
	       ((c->pool->nodes.items[l.node].deps & deps) != 0) == relatives;
}

static void bundle_some(struct compiler *c, struct lits *l, bool conjunction, bool relatives)
{
	struct lit *together = arena_array(c->scratch, l->n, sizeof(*together));
	size_t n = 0, others = 0;

	for (size_t i = 0; i < l->n; i++)
		if (belongs(c, l->items[i], relatives))
			together[n++] = l->items[i];
	if (n < 2)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (!belongs(c, l->items[i], relatives))
			l->items[others++] = l->items[i];
	l->items[others] = (struct lit){ .node = EXPR_NONE };
	l->items[others].bundle = bundle_of(c, together, n, conjunction);
	l->n = others + 1;
}

void lits_bundle(struct compiler *c, struct lits *l, bool conjunction)
{
	bundle_some(c, l, conjunction, false);
	bundle_some(c, l, conjunction, true);
}

static uint16_t bundle_deps(const struct pool *p, const struct bundle *b)
{
	uint16_t deps = 0;

	for (size_t i = 0; i < b->n; i++)
		deps |= p->nodes.items[b->items[i].node].deps;
	return deps;
}

void bundles_finish(struct compiler *c)
{
	static const uint16_t deps[MEMO_KINDS] = {
		[STATE_ANCESTRY] = DEP_ANCESTRY,
		[STATE_LEADERS] = DEP_LEADERS,
		[STATE_USERS] = DEP_USERS,
		[STATE_CONTAINERS] = DEP_CONTAINERS,
	};
	struct thread_memo *m = &c->out->threads;

	m->bits = (uint32_t)c->bundles.n;
	m->words = (c->bundles.n + 63) / 64;
	m->row_size = sizeof(struct memo_row) + 2 * m->words * sizeof(uint64_t);
	m->row_size = (m->row_size + 7) & ~(size_t)7;
	m->memory = c->out->options.memory ? c->out->options.memory : PROGRAM_MEMORY;
	c->out->bundles = c->bundles.items;
	for (unsigned kind = 0; kind < MEMO_KINDS; kind++) {
		m->stale[kind] = arena_array(c->arena, m->words, sizeof(uint64_t));
		for (size_t i = 0; i < c->bundles.n; i++)
			if (bundle_deps(c->pool, c->bundles.items[i]) & deps[kind])
				m->stale[kind][i / 64] |= (uint64_t)1 << (i % 64);
	}
}

bool bundle_eval(const struct pool *p, const struct bundle *b, const struct field_ctx *ctx)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct lit l = b->items[i];

		if ((pool_eval(p, l.node, ctx) != l.negated) != b->conjunction)
			return !b->conjunction;
	}
	return b->conjunction;
}
