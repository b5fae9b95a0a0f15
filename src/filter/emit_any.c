/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

/*
 * Many rules in a row that each need something else of one text: none of them can match when none
 * of that is there, which one look at the row says.
 */

/* Fewer are as fast one by one; more would all be looked at because of one. */
enum { LEAST = 6, MOST = 32 };

/* What a rule needs of a row. */
struct need {
	uint32_t slot;
	enum text_set_kind kind;
	uint32_t bit;
};

/* The operand's need; false when it has none. */
static bool need_of(const struct compiler *c, struct lit l, struct need *out)
{
	const struct node *n;

	if (l.bundle)
		return false;
	l = lit_strip(c, l);
	n = &c->pool->nodes.items[l.node];
	if (l.negated || n->kind != NODE_ATOM || !sets_bit(c, n->atom, &out->kind, &out->bit))
		return false;
	out->slot = c->selected[n->atom].slot;
	return true;
}

/* The chain's need of the same row as `like`'s, or of any row when that is NULL. */
static bool find_need(const struct compiler *c, const struct chain *chain, const struct need *like,
		      struct need *out)
{
	for (size_t i = 0; i < chain->operands.n; i++)
		if (need_of(c, chain->operands.items[i], out) &&
		    (!like || (like->slot == out->slot && like->kind == out->kind)))
			return true;
	return false;
}

static size_t collect(const struct compiler *c, const struct chain *chains, size_t n,
		      struct need *needs)
{
	size_t found = 0;

	while (found < n && found < MOST &&
	       find_need(c, &chains[found], found ? &needs[0] : NULL, &needs[found]))
		found++;
	return found;
}

/* Numbers as OPERANDS_SLOT_BITS has them. */
static uint32_t add_bits(struct compiler *c, const struct need *needs, size_t n)
{
	const uint32_t at = number_add(c, 0);

	for (size_t i = 0; i < n; i++) {
		const int64_t word = needs[i].bit / 64;
		const uint64_t bit = (uint64_t)1 << (needs[i].bit % 64);
		size_t k = at + 1;

		while (k < c->numbers.n && c->numbers.items[k] != word)
			k += 2;
		if (k >= c->numbers.n) {
			number_add(c, word);
			number_add(c, 0);
		}
		c->numbers.items[k + 1] = (int64_t)((uint64_t)c->numbers.items[k + 1] | bit);
	}
	c->numbers.items[at] = (int64_t)(c->numbers.n - at - 1);
	return at;
}

/* How many operands all of the chains begin with. */
static size_t common_operands(const struct chain *chains, size_t n)
{
	size_t common = 0;

	for (;; common++)
		for (size_t i = 0; i < n; i++)
			if (common >= chains[i].operands.n ||
			    !lit_eq(chains[i].operands.items[common],
				    chains[0].operands.items[common]))
				return common;
}

size_t emit_any(struct emitter *e, const struct chain *chains, size_t n, size_t at,
		const uint32_t *start)
{
	const struct chain *first = &chains[at];
	struct need needs[MOST];
	struct insn any = { .op = OP_TEXT_ANY };
	size_t found;

	if (e->c->without & PART_SKIP)
		return n;
	found = collect(e->c, first, n - at, needs);
	if (found < LEAST)
		return at + 1;
	/* what all of them ask first is as good a reason to skip them, and is often known */
	for (size_t k = 0; k < common_operands(first, found); k++) {
		const uint32_t behind = label_new(e);

		emit_lit(e, first->operands.items[k], behind, start[first->next[k]]);
		label_here(e, behind);
	}
	any.slot = needs[0].slot;
	any.bit = (uint16_t)needs[0].kind;
	any.imm = add_bits(e->c, needs, found);
	any.on_true = LABEL_NEXT;
	any.on_false = start[at + found];
	emit(e, any);
	return at + found;
}
