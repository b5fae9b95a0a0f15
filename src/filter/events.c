/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

/*
 * For which event types a condition can be true (spec/filter_language.md 7). Only direct tests
 * of evt.type say anything; all other atoms, and their negations, can be true for every type.
 * Generic events carry one of many system calls, and the analysis knows them only by name: a
 * test for such a name takes (or, with !=, excludes) the generic types as a whole, as in Falco.
 */

bool term_is_event_type(const struct term *t)
{
	return t->kind == OPERAND_FIELD &&
	       (t->field.id == FIELD_EVT_TYPE || t->field.id == FIELD_SYSCALL_TYPE);
}

static void set_add(struct event_set *s, unsigned type)
{
	s->words[type / 64] |= (uint64_t)1 << (type % 64);
}

static bool is_generic_name(struct str name)
{
	const int code = syscall_from_name(name);

	return code >= 0 && syscall_info((unsigned)code)->exit_event == EVENT_GENERIC_X;
}

static void add_named(struct event_set *s, struct str name)
{
	for (unsigned type = 0; type < EVENT_OWN_FIRST; type++)
		if (event_info(type)->exists && str_eq(event_info(type)->name, name))
			set_add(s, type);
	if (is_generic_name(name)) {
		set_add(s, EVENT_GENERIC_E);
		set_add(s, EVENT_GENERIC_X);
	}
}

static const struct event_set *inverted(struct arena *arena, const struct event_set *s)
{
	struct event_set *out = ARENA_NEW(arena, struct event_set);

	for (unsigned type = 0; type < EVENT_OWN_FIRST; type++)
		if (event_info(type)->exists && !event_set_has(s, type))
			set_add(out, type);
	return out;
}

static bool speaks_of_types(const struct atom *a)
{
	return term_is_event_type(a->left) && !a->right && a->modifier == MODIFIER_NONE &&
	       (a->cmp == CMP_EQ || a->cmp == CMP_NE || a->cmp == CMP_IN || a->cmp == CMP_EXISTS);
}

void events_of_atom(struct pool *p, const struct atom *a, const struct event_set **yes,
		    const struct event_set **no)
{
	struct event_set *named;
	const struct event_set *others;

	*yes = *no = p->all;
	if (!speaks_of_types(a))
		return;
	if (a->cmp == CMP_EXISTS) {
		*no = p->none;
		return;
	}
	named = ARENA_NEW(p->arena, struct event_set);
	for (size_t i = 0; i < a->n; i++)
		add_named(named, a->constants[i].v.s);
	others = inverted(p->arena, named);
	*yes = a->cmp == CMP_NE ? others : named;
	*no = a->cmp == CMP_NE ? named : others;
}

static const struct event_set *combined(struct pool *p, const struct event_set *a,
					const struct event_set *b, bool both)
{
	struct event_set *out;

	if (a == b || (both ? b == p->all : b == p->none))
		return a;
	if (both ? a == p->all : a == p->none)
		return b;
	out = ARENA_NEW(p->arena, struct event_set);
	for (size_t i = 0; i < ARRAY_SIZE(out->words); i++)
		out->words[i] = both ? a->words[i] & b->words[i] : a->words[i] | b->words[i];
	return out;
}

void events_of_group(struct pool *p, struct node *n)
{
	const struct node *nodes = p->nodes.items;

	if (n->kind == NODE_NOT) {
		n->yes = nodes[n->items[0]].no;
		n->no = nodes[n->items[0]].yes;
		return;
	}
	n->yes = n->kind == NODE_AND ? p->all : p->none;
	n->no = n->kind == NODE_AND ? p->none : p->all;
	for (size_t i = 0; i < n->n; i++) {
		n->yes = combined(p, n->yes, nodes[n->items[i]].yes, n->kind == NODE_AND);
		n->no = combined(p, n->no, nodes[n->items[i]].no, n->kind != NODE_AND);
	}
}

/* Asynchronous events are always looked at: their names are not in any table. */
struct event_set pool_event_types(const struct pool *p, expr_id e)
{
	struct event_set s = *p->nodes.items[e].yes;

	set_add(&s, EVENT_ASYNCEVENT_E);
	return s;
}

uint16_t pool_deps(const struct pool *p, expr_id e)
{
	return p->nodes.items[e].deps;
}

/* Bit 0: can be true; bit 1: its negation can. */
static unsigned atom_possible(const struct atom *a, struct str name)
{
	bool named = false;

	if (!speaks_of_types(a))
		return 3;
	if (a->cmp == CMP_EXISTS)
		return 1;
	for (size_t i = 0; i < a->n; i++)
		named |= str_eq(a->constants[i].v.s, name);
	return named == (a->cmp != CMP_NE) ? 1 : 2;
}

static unsigned group_possible(const struct node *n, const uint8_t *of)
{
	unsigned yes = n->kind == NODE_AND, no = n->kind != NODE_AND;

	if (n->kind == NODE_NOT)
		return (of[n->items[0]] >> 1) | (of[n->items[0]] & 1u) << 1;
	for (size_t i = 0; i < n->n; i++) {
		unsigned y = of[n->items[i]] & 1u, x = of[n->items[i]] >> 1;

		yes = n->kind == NODE_AND ? yes & y : yes | y;
		no = n->kind == NODE_AND ? no | x : no & x;
	}
	return yes | no << 1;
}

bool pool_possible_for(const struct pool *p, expr_id e, struct str event_name)
{
	struct arena *scratch = arena_new();
	uint8_t *of = arena_array(scratch, p->nodes.n, 1);
	bool possible;

	for (size_t i = 0; i <= e; i++) {
		const struct node *n = &p->nodes.items[i];

		of[i] = (uint8_t)(n->kind == NODE_ATOM
					  ? atom_possible(&p->atoms.items[n->atom], event_name)
					  : group_possible(n, of));
	}
	possible = of[e] & 1;
	arena_free(scratch);
	return possible;
}
