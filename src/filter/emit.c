/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <stdlib.h>

/*
 * Conditions to code: short circuits are jumps, a negation swaps their targets, nested
 * conjunctions are one chain. Evaluation has no side effects, so a chain may be put in order:
 * what is cheap, likely to decide, and wanted by others comes first.
 */

uint32_t label_new(struct emitter *e)
{
	if (e->labels.n == 0)
		VEC_PUSH(e->c->scratch, &e->labels, 0); /* LABEL_NEXT */
	VEC_PUSH(e->c->scratch, &e->labels, UINT32_MAX);
	return (uint32_t)(e->labels.n - 1);
}

void label_here(struct emitter *e, uint32_t label)
{
	e->labels.items[label] = (uint32_t)e->insns.n;
}

void emit(struct emitter *e, struct insn i)
{
	VEC_PUSH(e->c->scratch, &e->insns, i);
}

static uint32_t skip_to(const struct emitter *e, size_t from, uint32_t label)
{
	return label == LABEL_NEXT ? 0 : e->labels.items[label] - (uint32_t)from - 1;
}

uint32_t emit_done(struct emitter *e)
{
	struct insn *code;
	struct block b;

	emit(e, (struct insn){ .op = OP_RETURN });
	code = arena_array(e->c->arena, e->insns.n, sizeof(*code));
	for (size_t i = 0; i < e->insns.n; i++) {
		code[i] = e->insns.items[i];
		code[i].on_true = skip_to(e, i, code[i].on_true);
		code[i].on_false = skip_to(e, i, code[i].on_false);
	}
	b.insns = code;
	b.n = (uint32_t)e->insns.n;
	VEC_PUSH(e->c->arena, &e->c->blocks, b);
	return (uint32_t)(e->c->blocks.n - 1);
}

static const struct node *node_of(const struct compiler *c, expr_id id)
{
	return &c->pool->nodes.items[id];
}

/* The only dynamic child of a group, or EXPR_NONE when there are several. */
static expr_id only_child(const struct compiler *c, const struct node *n)
{
	expr_id found = EXPR_NONE;

	for (size_t i = 0; i < n->n; i++) {
		if (c->fold[n->items[i]] != FOLD_DYNAMIC || n->items[i] == found)
			continue;
		if (found != EXPR_NONE)
			return EXPR_NONE;
		found = n->items[i];
	}
	return found;
}

struct lit lit_strip(const struct compiler *c, struct lit l)
{
	for (;;) {
		const struct node *n = node_of(c, l.node);
		expr_id child = n->kind == NODE_ATOM ? EXPR_NONE : only_child(c, n);

		if (child == EXPR_NONE)
			return l;
		l.node = child;
		l.negated ^= n->kind == NODE_NOT;
	}
}

static bool is_group(const struct compiler *c, struct lit l, bool conjunction)
{
	const enum node_kind kind = node_of(c, l.node)->kind;

	return kind != NODE_ATOM && (kind == NODE_AND) == (conjunction != l.negated);
}

static void lits_add(const struct compiler *c, struct lits *out, struct lit l)
{
	for (size_t i = 0; i < out->n && i < 64; i++)
		if (lit_eq(out->items[i], l))
			return;
	VEC_PUSH(c->scratch, out, l);
}

void lit_operands(const struct compiler *c, struct lit l, bool conjunction, struct lits *out)
{
	const struct node *n;

	l = lit_strip(c, l);
	if (!is_group(c, l, conjunction) || c->block[l.node]) {
		lits_add(c, out, l);
		return;
	}
	n = node_of(c, l.node);
	for (size_t i = 0; i < n->n; i++)
		if (c->fold[n->items[i]] == FOLD_DYNAMIC)
			lit_operands(c, (struct lit){ n->items[i], l.negated, NULL }, conjunction,
				     out);
}

/* Asking what is remembered, and how often that is known. */
enum { MEMO_COST = 3, MEMO_SAVES = 8 };

/* A guess, in nanoseconds; of a group, what its first few operands cost. */
static uint32_t lit_cost(const struct compiler *c, struct lit l)
{
	const struct node *n;
	uint32_t cost = 0;

	if (l.bundle) {
		for (size_t i = 0; i < l.bundle->n && i < 8; i++)
			cost += lit_cost(c, l.bundle->items[i]);
		return MEMO_COST + cost / MEMO_SAVES;
	}
	n = node_of(c, l.node);
	for (unsigned depth = 0; n->kind != NODE_ATOM; depth++) {
		if (depth == 8)
			return cost + 50;
		cost += (uint32_t)(n->n < 8 ? n->n : 8) * 4;
		n = node_of(c, n->items[0]);
	}
	return cost + c->selected[n->atom].cost;
}

/* Whether a test like this is usually true: what asks for one thing among many is not. */
static bool is_likely(const struct compiler *c, struct lit l)
{
	const struct node *n;
	bool likely;

	if (l.bundle) {
		for (size_t i = 0; i < l.bundle->n; i++)
			if (is_likely(c, l.bundle->items[i]) != l.bundle->conjunction)
				return !l.bundle->conjunction;
		return l.bundle->conjunction;
	}
	n = node_of(c, l.node);
	if (n->kind == NODE_ATOM) {
		const enum comparison cmp = c->pool->atoms.items[n->atom].cmp;

		likely = cmp == CMP_NE || cmp == CMP_EXISTS || cmp == CMP_GE || cmp == CMP_GT;
	} else {
		likely = n->kind == NODE_OR && n->n > 4;
	}
	return likely != l.negated;
}

/* Where nothing was measured. */
static const float likely_rate = 0.9F, unlikely_rate = 0.1F;

static float group_rate(const struct compiler *c, const struct node *n)
{
	const bool conjunction = n->kind == NODE_AND;
	float rate = 1;

	if (n->kind == NODE_NOT)
		return 1 - c->rates[n->items[0]];
	/* as if the parts had nothing to do with each other */
	for (size_t i = 0; i < n->n; i++)
		rate *= conjunction ? c->rates[n->items[i]] : 1 - c->rates[n->items[i]];
	return conjunction ? rate : 1 - rate;
}

void rates_begin(struct compiler *c)
{
	const struct pool *p = c->pool;

	if (!p->measures)
		return;
	c->rates = arena_array(c->scratch, p->nodes.n, sizeof(*c->rates));
	for (size_t i = 0; i < p->nodes.n; i++) {
		const struct node *n = &p->nodes.items[i];
		const struct measure *m = p->atoms.items[n->atom].measure;
		const struct lit l = { (expr_id)i, false, NULL };

		if (n->kind != NODE_ATOM)
			c->rates[i] = group_rate(c, n);
		else if (m)
			c->rates[i] = (float)m->hits / (float)m->evaluations;
		else
			c->rates[i] = is_likely(c, l) ? likely_rate : unlikely_rate;
	}
}

static float lit_rate(const struct compiler *c, struct lit l)
{
	const float rate = c->rates[l.node];

	return l.negated ? 1 - rate : rate;
}

/* How often the operand decides what it stands in; never quite never. */
static float deciding_rate(const struct compiler *c, struct lit l, bool conjunction)
{
	const float least = 1.0F / 256;
	float rate = 1;

	for (size_t i = 0; l.bundle && i < l.bundle->n; i++)
		rate *= l.bundle->conjunction ? lit_rate(c, l.bundle->items[i])
					      : 1 - lit_rate(c, l.bundle->items[i]);
	if (!l.bundle)
		rate = lit_rate(c, l);
	else if (!l.bundle->conjunction)
		rate = 1 - rate;
	if (conjunction)
		rate = 1 - rate;
	return rate < least ? least : rate;
}

struct ranked {
	struct lit l;
	uint64_t rank;
	size_t at;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/*
 * The cost of deciding by this operand: one that rarely decides has to be paid for again by the
 * others, one that other code needs as well is paid for only once.
 */
static uint64_t rank(const struct compiler *c, struct lit l, bool conjunction)
{
	const uint32_t all = l.bundle ? 1 : c->uses[l.node];
	const uint32_t uses = all < 16 ? all : 16;
	const bool decides = is_likely(c, l) != conjunction;

	if (c->rates)
		return (uint64_t)((float)(lit_cost(c, l) * 16) / deciding_rate(c, l, conjunction)) /
		       (uses ? uses : 1);
	return (uint64_t)lit_cost(c, l) * (decides ? 16 : 128) / (uses ? uses : 1);
}

void lits_order(const struct compiler *c, struct lits *l, bool conjunction)
{
	struct ranked *r;

	if (c->without & PART_ORDER)
		return;
	r = arena_array(c->scratch, l->n, sizeof(*r));
	for (size_t i = 0; i < l->n; i++)
		r[i] = (struct ranked){ l->items[i], rank(c, l->items[i], conjunction), i };
	qsort(r, l->n, sizeof(*r), by_rank);
	for (size_t i = 0; i < l->n; i++)
		l->items[i] = r[i].l;
}

static uint32_t memo_of(struct compiler *c, expr_id id)
{
	if (!c->memo[id])
		c->memo[id] = ++c->nmemo;
	return c->memo[id];
}

/* Below this cost an atom is tested as fast as it is remembered. */
enum { KEEP_COST = 6 };

/* Where the answer is kept; for whom, if at all. */
static void choose_memo(struct compiler *c, expr_id id, struct insn *i)
{
	const struct lit l = { id, false, NULL };
	const struct node *n = node_of(c, id);
	const struct selected *s = n->kind == NODE_ATOM ? &c->selected[n->atom] : NULL;

	if (lit_is_of_thread(c, l) && (!s || s->cost > KEEP_COST)) {
		if (c->uses[id] <= c->enclosing)
			return;
		i->memo = bundle_of(c, &l, 1, true)->memo;
		i->of_thread = true;
	} else if (c->uses[id] > 1 && (!s || s->kept) && !(c->without & PART_SHARE)) {
		i->memo = memo_of(c, id);
	}
}

static void emit_atom(struct emitter *e, expr_id id, uint32_t on_true, uint32_t on_false)
{
	struct compiler *c = e->c;
	const struct selected *s = &c->selected[node_of(c, id)->atom];
	struct insn i = { .op = s->op, .slot = s->slot, .imm = s->imm };

	i.on_true = on_true;
	i.on_false = on_false;
	sets_use(c, node_of(c, id)->atom, &i);
	choose_memo(c, id, &i);
	emit(e, i);
}

/* operands in a row; each but the last goes on to the next when it does not decide */
static void emit_chain(struct emitter *e, struct lits *operands, bool conjunction, uint32_t on_true,
		       uint32_t on_false)
{
	lits_order(e->c, operands, conjunction);
	for (size_t i = 0; i < operands->n; i++) {
		uint32_t behind;

		if (i + 1 == operands->n) {
			emit_lit(e, operands->items[i], on_true, on_false);
			break;
		}
		behind = label_new(e);
		emit_lit(e, operands->items[i], conjunction ? behind : on_true,
			 conjunction ? on_false : behind);
		label_here(e, behind);
	}
}

static void emit_group(struct emitter *e, struct lit l, uint32_t on_true, uint32_t on_false)
{
	const bool conjunction = l.bundle ? l.bundle->conjunction : is_group(e->c, l, true);
	struct lits operands = { 0 };

	if (l.bundle) {
		for (size_t i = 0; i < l.bundle->n; i++)
			lit_operands(e->c, l.bundle->items[i], conjunction, &operands);
	} else {
		lit_operands(e->c, l, conjunction, &operands);
		if (!e->c->enclosing)
			lits_bundle(e->c, &operands, conjunction);
	}
	emit_chain(e, &operands, conjunction, on_true, on_false);
}

/* A group that is wanted more than once: asked for first, kept when it was worked out. */
static void emit_kept(struct emitter *e, struct lit l, const struct insn memo, uint32_t on_true,
		      uint32_t on_false)
{
	const uint32_t enclosing = e->c->enclosing;
	struct insn i = memo;
	uint32_t is_true = label_new(e), is_false = label_new(e);

	i.op = OP_RECALL;
	i.on_true = on_true;
	i.on_false = on_false;
	emit(e, i);
	if (memo.of_thread)
		e->c->enclosing = l.bundle ? 1 : e->c->uses[l.node];
	emit_group(e, l, is_true, is_false);
	e->c->enclosing = enclosing;
	label_here(e, is_true);
	i = memo;
	i.op = OP_KEEP_TRUE;
	i.on_true = on_true;
	emit(e, i);
	label_here(e, is_false);
	i = memo;
	i.op = OP_KEEP_FALSE;
	i.on_false = on_false;
	emit(e, i);
}

void emit_lit(struct emitter *e, struct lit l, uint32_t on_true, uint32_t on_false)
{
	struct compiler *c = e->c;
	const struct node *n;
	struct insn memo = { .op = OP_CALL };

	if (l.bundle) {
		memo.memo = l.bundle->memo;
		memo.of_thread = true;
		emit_kept(e, l, memo, on_true, on_false);
		return;
	}
	l = lit_strip(c, l);
	n = node_of(c, l.node);
	if (l.negated) {
		uint32_t swapped = on_true;

		on_true = on_false;
		on_false = swapped;
		l.negated = false;
	}
	if (c->block[l.node]) {
		memo.imm = c->block[l.node] - 1;
		choose_memo(c, l.node, &memo);
		memo.on_true = on_true;
		memo.on_false = on_false;
		emit(e, memo);
		return;
	}
	if (n->kind == NODE_ATOM) {
		emit_atom(e, l.node, on_true, on_false);
		return;
	}
	choose_memo(c, l.node, &memo);
	if (memo.memo)
		emit_kept(e, l, memo, on_true, on_false);
	else
		emit_group(e, l, on_true, on_false);
}
