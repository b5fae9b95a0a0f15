/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

/*
 * The main code of a type: each rule is a chain of operands, one rule after the other. An operand
 * that is false decides all following rules that have it, so they are skipped at once; one that
 * is true need not be asked again by the next. Of many rules in a row that each need something
 * else of one text none can match when none of that is there, which one look at the row says.
 */

struct chain {
	uint32_t rule;
	struct lits operands;
	uint32_t *next;   /* by operand: the chain that can still match when it is false */
	uint32_t *labels; /* by operand: before it; the last one: where the rule has matched */
	size_t together;  /* chains from this one on, before which there is one look; or 0 */
	size_t entered;   /* the first operand that some jump goes to; SIZE_MAX: none does yet */
};

/* Fewer are as fast one by one; more would all be looked at because of one. */
enum { LEAST = 6, MOST = 32 };
/* Operands of a chain that others are compared with. */
enum { COMPARED = 16 };

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

static size_t find_lit(const struct lits *l, size_t n, struct lit wanted)
{
	for (size_t i = 0; i < n && i < COMPARED; i++)
		if (lit_eq(l->items[i], wanted))
			return i;
	return SIZE_MAX;
}

/*
 * What the chain needs and its neighbour does not: of the same row as `like`'s, or of any row
 * when that is NULL.
 */
static bool find_need(const struct compiler *c, const struct chain *chain,
		      const struct chain *neighbour, const struct need *like, struct need *out)
{
	const struct lits *others = &neighbour->operands;

	for (size_t i = 0; i < chain->operands.n; i++)
		if (find_lit(others, others->n, chain->operands.items[i]) == SIZE_MAX &&
		    need_of(c, chain->operands.items[i], out) &&
		    (!like || (like->slot == out->slot && like->kind == out->kind)))
			return true;
	return false;
}

static size_t collect(const struct compiler *c, const struct chain *chains, size_t n,
		      struct need *needs)
{
	size_t found = 1;

	if (n < 2 || !find_need(c, &chains[0], &chains[1], NULL, &needs[0]))
		return 0;
	while (found < n && found < MOST &&
	       find_need(c, &chains[found], &chains[found - 1], &needs[0], &needs[found]))
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
	for (size_t common = 0;; common++)
		for (size_t i = 0; i < n; i++)
			if (common >= chains[i].operands.n ||
			    !lit_eq(chains[i].operands.items[common],
				    chains[0].operands.items[common]))
				return common;
}

/* ---- Which rules, and how they hang together ---------------------------------------------- */

static void link_chain(struct compiler *c, const struct chain *chains, size_t n,
		       struct chain *chain)
{
	const size_t behind = (size_t)(chain - chains) + 1;

	chain->next = arena_array(c->scratch, chain->operands.n, sizeof(*chain->next));
	for (size_t k = 0; k < chain->operands.n; k++) {
		const struct chain *after = &chains[behind];
		size_t same = SIZE_MAX;

		if (behind < n && !(c->without & PART_SKIP))
			same = find_lit(&after->operands, after->operands.n,
					chain->operands.items[k]);
		chain->next[k] = same == SIZE_MAX ? (uint32_t)behind : after->next[same];
	}
}

static void find_groups(struct compiler *c, struct chain *chains, size_t n)
{
	struct need needs[MOST];
	size_t found;

	for (size_t i = 0; i < n && !(c->without & PART_SKIP); i += found) {
		found = collect(c, &chains[i], n - i, needs);
		if (found >= LEAST)
			chains[i].together = found;
		else
			found = 1;
	}
}

/* Behind the rules stands a chain without operands, which is where the program ends. */
static struct chain *collect_chains(struct compiler *c, unsigned type, struct emitter *e,
				    size_t *count)
{
	struct chain *out = arena_array(c->scratch, c->nrules + 1, sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < c->nrules; i++) {
		const enum activity activity = activity_of(c, i, type);
		const struct lit whole = { c->rules[i].condition, false, NULL };

		if (activity == INACTIVE)
			continue;
		out[n].rule = (uint32_t)i;
		if (activity == DYNAMIC) {
			lit_operands(c, whole, true, &out[n].operands);
			lits_bundle(c, &out[n].operands, true);
			lits_order(c, &out[n].operands, true);
		}
		n++;
	}
	for (size_t i = n; i-- > 0;)
		link_chain(c, out, n, &out[i]);
	find_groups(c, out, n);
	for (size_t i = 0; i <= n; i++) {
		out[i].entered = i ? SIZE_MAX : 0;
		out[i].labels = arena_array(c->scratch, out[i].operands.n + 1, sizeof(uint32_t));
		for (size_t k = 0; k <= out[i].operands.n; k++)
			out[i].labels[k] = label_new(e);
	}
	*count = n;
	return out;
}

/* ---- Code --------------------------------------------------------------------------------- */

/* Where to go on in `to` when the first `known` operands of `from` are true. */
static uint32_t enter(const struct compiler *c, const struct chain *from, size_t known,
		      struct chain *to)
{
	size_t k = 0;

	while (!(c->without & PART_SKIP) && !to->together && k < to->operands.n &&
	       find_lit(&from->operands, known, to->operands.items[k]) != SIZE_MAX)
		k++;
	if (k < to->entered)
		to->entered = k;
	return to->labels[k];
}

static void emit_operand(struct emitter *e, struct chain *chains, const struct chain *chain,
			 size_t k)
{
	const uint32_t behind = label_new(e);

	emit_lit(e, chain->operands.items[k], behind,
		 enter(e->c, chain, k, &chains[chain->next[k]]));
	label_here(e, behind);
}

/* One look for several chains. What all of them ask first is as good a reason to skip them. */
static size_t emit_look(struct emitter *e, struct chain *chains, struct chain *first)
{
	const size_t common = common_operands(first, first->together);
	struct need needs[MOST];
	struct insn any = { .op = OP_TEXT_ANY };

	for (size_t k = 0; k < common; k++)
		emit_operand(e, chains, first, k);
	collect(e->c, first, first->together, needs);
	any.slot = needs[0].slot;
	any.bit = (uint16_t)needs[0].kind;
	any.imm = add_bits(e->c, needs, first->together);
	any.on_true = LABEL_NEXT;
	any.on_false = enter(e->c, first, common, first + first->together);
	emit(e, any);
	return common;
}

/* What no jump goes to is not written. */
static void emit_chain(struct emitter *e, struct chain *chains, struct chain *chain,
		       struct chain *end)
{
	const bool first_only = e->c->out->options.mode == MATCH_FIRST;
	struct insn match = { .op = OP_MATCH, .imm = chain->rule };
	size_t k = chain->entered;

	if (k == SIZE_MAX)
		return;
	label_here(e, chain->labels[k]);
	if (chain->together)
		k = emit_look(e, chains, chain);
	while (k < chain->operands.n) {
		emit_operand(e, chains, chain, k);
		label_here(e, chain->labels[++k]);
	}
	match.on_true =
		first_only ? end->labels[0] : enter(e->c, chain, chain->operands.n, chain + 1);
	emit(e, match);
}

uint32_t chains_emit(struct compiler *c, unsigned type)
{
	struct emitter e = { .c = c };
	size_t n;
	struct chain *chains = collect_chains(c, type, &e, &n);

	for (size_t i = 0; i < n; i++)
		emit_chain(&e, chains, &chains[i], &chains[n]);
	label_here(&e, chains[n].labels[0]);
	return emit_done(&e);
}
