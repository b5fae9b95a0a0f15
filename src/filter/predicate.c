/* SPDX-License-Identifier: Apache-2.0 */
#include "push.h"

/*
 * From the rules to one predicate: every node of the DAG gets the conditions under which it may be
 * true, and under which it may be false, in the order of the nodes.
 */

/* Whose value depends on which events were seen before: none of those may be kept back. */
static bool remembers(const struct atom *a)
{
	if (a->left->kind != OPERAND_FIELD)
		return a->deps & DEP_VOLATILE;
	switch ((int)a->left->field.id) {
	case FIELD_EVT_NUM:
	case FIELD_EVT_DELTATIME:
	case FIELD_EVT_DELTATIME_S:
	case FIELD_EVT_DELTATIME_NS:
	case FIELD_EVT_RELTIME:
	case FIELD_EVT_RELTIME_S:
	case FIELD_EVT_RELTIME_NS:
	case FIELD_UTIL_CNT:
		return true;
	default:
		return a->right && a->right->deps & DEP_VOLATILE;
	}
}

static bool tells_marks(const struct atom *a)
{
	return a->left->kind != OPERAND_FIELD || a->left->field.id == FIELD_FD_CONNECTED ||
	       (a->right &&
		(a->right->kind != OPERAND_FIELD || a->right->field.id == FIELD_FD_CONNECTED));
}

/* ---- Nodes ---------------------------------------------------------------------------------- */

/* The nodes under rules that are tried on events of this type; of any, when it is none. */
static bool *needed_nodes(struct arena *arena, const struct predicate_of *of, unsigned type)
{
	const struct pool *p = of->pool;
	bool *needed = arena_array(arena, p->nodes.n, sizeof(*needed));

	for (size_t i = 0; i < of->n; i++)
		if (type == EVENT_TYPES || event_set_has(&of->rules[i].types, type))
			needed[of->rules[i].condition] = true;
	for (size_t id = p->nodes.n; id-- > 0;)
		for (size_t i = 0; needed[id] && i < p->nodes.items[id].n; i++)
			needed[p->nodes.items[id].items[i]] = true;
	return needed;
}

/* What a rule on any type remembers of the events it saw would be another thing without some. */
static bool may_keep_back(struct arena *arena, const struct predicate_of *of)
{
	const enum state_interest interest = state_interest(of->type);
	const bool *needed = needed_nodes(arena, of, EVENT_TYPES);

	for (size_t id = 0; id < of->pool->nodes.n; id++) {
		const struct node *n = &of->pool->nodes.items[id];
		const struct atom *a = &of->pool->atoms.items[n->atom];

		if (needed[id] && n->kind == NODE_ATOM &&
		    (remembers(a) || (interest == STATE_MARKS && tells_marks(a))))
			return false;
	}
	return interest != STATE_WANTS_ALL;
}

static struct possible group_possible(struct push *p, const struct node *n,
				      const struct possible *of)
{
	const bool both = n->kind == NODE_AND;
	struct possible out = { dnf_const(both), dnf_const(!both) };

	if (n->kind == NODE_NOT)
		return (struct possible){ of[n->items[0]].no, of[n->items[0]].yes };
	for (size_t i = 0; i < n->n; i++) {
		const struct possible *c = &of[n->items[i]];

		out.yes = both ? dnf_and(p->arena, out.yes, c->yes)
			       : dnf_or(p->arena, out.yes, c->yes);
		out.no = both ? dnf_or(p->arena, out.no, c->no) : dnf_and(p->arena, out.no, c->no);
	}
	return out;
}

static struct dnf rules_possible(struct push *p, const struct predicate_of *rules)
{
	const struct pool *pool = p->pool;
	const bool *needed = needed_nodes(p->arena, rules, p->type);
	struct possible *of = arena_array(p->arena, pool->nodes.n, sizeof(*of));
	struct dnf out = dnf_const(false);

	for (size_t id = 0; id < pool->nodes.n; id++) {
		const struct node *node = &pool->nodes.items[id];

		if (needed[id])
			of[id] = node->kind == NODE_ATOM
					 ? push_atom(p, &pool->atoms.items[node->atom])
					 : group_possible(p, node, of);
	}
	for (size_t i = 0; i < rules->n; i++)
		if (event_set_has(&rules->rules[i].types, p->type))
			out = dnf_or(p->arena, out, of[rules->rules[i].condition].yes);
	return out;
}

/* ---- The whole ------------------------------------------------------------------------------ */

static bool write_down(struct dnf d, struct wire_predicate *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < d.n; i++) {
		if (out->n + d.items[i].n > WIRE_TESTS_MAX)
			return false;
		for (size_t t = 0; t < d.items[i].n; t++)
			out->tests[out->n++] = d.items[i].tests[t];
		out->tests[out->n - 1].last = 1;
	}
	return true;
}

static struct dnf with_successes(struct push *p, struct dnf d)
{
	const struct wire_test t = range_test(p->type, 0, 0, INT64_MAX);

	return t.reg == WIRE_REGISTER_RESULT ? dnf_or(p->arena, dnf_test(p->arena, &t), d)
					     : dnf_const(true);
}

enum predicate_verdict predicate_derive(const struct predicate_of *of, struct wire_predicate *out)
{
	struct arena *arena = arena_new();
	enum predicate_verdict verdict = PREDICATE_ALL;
	struct push push;
	struct dnf d;

	if (push_init(&push, arena, of->pool, of->type, of->code)) {
		d = rules_possible(&push, of);
		if (d.n && of->successes)
			d = with_successes(&push, d);
		if (d.n == 0)
			verdict = PREDICATE_NONE;
		else if (!dnf_is_true(d) && may_keep_back(arena, of) && write_down(d, out))
			verdict = PREDICATE_SOME;
	}
	push_fini(&push);
	arena_free(arena);
	return verdict;
}

bool predicate_is_early(const struct wire_predicate *p)
{
	bool early = false;

	for (size_t i = 0; i < p->n; i++) {
		early |= p->tests[i].reg != WIRE_REGISTER_NONE;
		if (p->tests[i].last && !early)
			return false;
		if (p->tests[i].last)
			early = false;
	}
	return true;
}

bool predicate_is_late(const struct wire_predicate *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->tests[i].reg == WIRE_REGISTER_NONE)
			return true;
	return false;
}
