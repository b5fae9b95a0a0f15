/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <stdlib.h>

/*
 * Which instruction tests an atom. A plain field is fetched into a slot once per event; all
 * atoms that compare the text in one slot for equality share one hash lookup.
 */

/* Above this many bytes of rows a slot has no index: its atoms have sets of their own. */
#define INDEX_BYTES ((size_t)8 << 20)
/* Constants from which on a hash set beats comparing one by one. */
#define SET_MIN 4

bool atom_is_plain(const struct atom *a)
{
	return a->left->kind == OPERAND_FIELD && !a->right && !a->multi &&
	       a->left->field.id != FIELD_EVT_AROUND;
}

static bool is_equality(const struct atom *a)
{
	if (a->cmp == CMP_IN || a->cmp == CMP_INTERSECTS)
		return true;
	return a->cmp == CMP_EQ && (a->modifier == MODIFIER_NONE || a->modifier == MODIFIER_ANYOF);
}

/* The type of evt.rawarg.X is only known when the event is there. */
bool atom_has_fixed_type(const struct atom *a)
{
	return !a->left->is_list && a->left->field.id != FIELD_EVT_RAWARG;
}

static bool is_indexable(const struct atom *a)
{
	return atom_is_plain(a) && atom_has_fixed_type(a) && is_equality(a) &&
	       class_of(a->left->type) == CLASS_TEXT;
}

static uint32_t slot_of(struct compiler *c, struct strmap *known, const struct field_ref *field)
{
	uintptr_t found = (uintptr_t)strmap_get(known, field->text);
	struct slot new = { .field = *field };

	if (!found) {
		found = c->slots.n + 1;
		VEC_PUSH(c->arena, &c->slots, new);
		strmap_put(known, field->text, (void *)found);
	}
	return (uint32_t)(found - 1);
}

/* Gives the atoms of one slot their bits; NULL when an index does not pay or would be huge. */
static const struct text_index *index_slot(struct compiler *c, uint32_t first)
{
	const struct atom *atoms = c->pool->atoms.items;
	struct index_builder b;
	size_t texts = 0;
	uint32_t bits = 0;

	for (uint32_t i = first; i != UINT32_MAX; i = c->selected[i].next)
		if (is_indexable(&atoms[i])) {
			texts += atoms[i].n;
			bits++;
		}
	if (c->without & PART_INDEX || texts < 2 || texts * (bits / 8 + 8) > INDEX_BYTES)
		return NULL;
	b = index_begin(c->arena, texts, bits);
	bits = 0;
	for (uint32_t i = first; i != UINT32_MAX; i = c->selected[i].next) {
		struct selected *s = &c->selected[i];

		if (!is_indexable(&atoms[i]))
			continue;
		for (size_t k = 0; k < atoms[i].n; k++)
			index_put(&b, atoms[i].constants[k].v.s, bits);
		s->op = OP_TEXT_ROW;
		s->imm = bits++;
		s->cost = 4;
		s->kept = false;
	}
	return b.index;
}

static const struct text_index *own_set(struct compiler *c, const struct atom *a)
{
	struct index_builder b;

	if (c->without & PART_INDEX || a->n < SET_MIN || a->right || !is_equality(a) ||
	    class_of(a->left->type) != CLASS_TEXT)
		return NULL;
	b = index_begin(c->arena, a->n, 1);
	for (size_t i = 0; i < a->n; i++)
		index_put(&b, a->constants[i].v.s, 0);
	return b.index;
}

static int by_number(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

uint32_t number_add(struct compiler *c, int64_t n)
{
	VEC_PUSH(c->arena, &c->numbers, n);
	return (uint32_t)(c->numbers.n - 1);
}

static uint32_t add_numbers(struct compiler *c, const struct atom *a)
{
	const uint32_t at = number_add(c, (int64_t)a->n);

	for (size_t i = 0; i < a->n; i++)
		number_add(c, a->constants[i].v.i);
	qsort(&c->numbers.items[at + 1], a->n, sizeof(int64_t), by_number);
	return at;
}

static enum opcode number_opcode(enum comparison cmp, bool is_signed)
{
	switch (cmp) {
	case CMP_EQ:
		return OP_NUM_EQ;
	case CMP_NE:
		return OP_NUM_NE;
	case CMP_LT:
		return is_signed ? OP_INT_LT : OP_UINT_LT;
	case CMP_LE:
		return is_signed ? OP_INT_LE : OP_UINT_LE;
	case CMP_GT:
		return is_signed ? OP_INT_GT : OP_UINT_GT;
	case CMP_GE:
		return is_signed ? OP_INT_GE : OP_UINT_GE;
	case CMP_EXISTS:
	case CMP_EQEQ:
	case CMP_GLOB:
	case CMP_IGLOB:
	case CMP_CONTAINS:
	case CMP_ICONTAINS:
	case CMP_BCONTAINS:
	case CMP_STARTSWITH:
	case CMP_BSTARTSWITH:
	case CMP_ENDSWITH:
	case CMP_REGEX:
	case CMP_INTERSECTS:
	case CMP_IN:
	case CMP_PMATCH:
	case COMPARISONS:
		break;
	}
	return OP_TEST;
}

static void select_number(struct compiler *c, const struct atom *a, struct selected *s)
{
	s->cost = 2;
	s->kept = false;
	if (is_equality(a) && a->n != 1) {
		s->op = OP_NUM_IN;
		s->imm = add_numbers(c, a);
	} else if (is_equality(a)) {
		s->op = OP_NUM_EQ;
		s->imm = number_add(c, a->constants[0].v.i);
	} else if (a->modifier == MODIFIER_NONE) {
		s->op = (uint8_t)number_opcode(a->cmp, class_of(a->left->type) == CLASS_SIGNED);
		s->imm = number_add(c, a->constants[0].v.i);
	}
}

static void select_text(const struct atom *a, struct selected *s)
{
	if (a->n != 1 || (a->modifier != MODIFIER_NONE && a->modifier != MODIFIER_ANYOF))
		return;
	switch (a->cmp) {
	case CMP_EQ:
	case CMP_IN:
	case CMP_INTERSECTS:
		s->op = OP_TEXT_EQ;
		s->cost = 3;
		break;
	case CMP_NE:
		s->op = OP_TEXT_NE;
		s->cost = 3;
		break;
	case CMP_STARTSWITH:
	case CMP_BSTARTSWITH:
		s->op = OP_TEXT_STARTS;
		s->cost = 3;
		break;
	case CMP_ENDSWITH:
		s->op = OP_TEXT_ENDS;
		s->cost = 3;
		break;
	case CMP_CONTAINS:
	case CMP_BCONTAINS:
		s->op = OP_TEXT_HAS;
		s->cost = 15;
		return;
	case CMP_EXISTS:
	case CMP_EQEQ:
	case CMP_LE:
	case CMP_LT:
	case CMP_GE:
	case CMP_GT:
	case CMP_GLOB:
	case CMP_IGLOB:
	case CMP_ICONTAINS:
	case CMP_REGEX:
	case CMP_PMATCH:
	case COMPARISONS:
		return;
	}
	s->kept = false;
}

static void select_plain(struct compiler *c, const struct atom *a, struct selected *s)
{
	const enum value_class class = class_of(a->left->type);

	s->op = OP_TEST;
	s->cost = 20;
	if (a->cmp == CMP_EXISTS) {
		s->op = OP_EXISTS;
		s->cost = 1;
		s->kept = false;
	} else if (!atom_has_fixed_type(a)) {
		return;
	} else if (class == CLASS_SIGNED || class == CLASS_UNSIGNED || class == CLASS_BOOL) {
		select_number(c, a, s);
	} else if (class == CLASS_TEXT || class == CLASS_BYTES) {
		select_text(a, s);
	}
}

static bool remembers_asking(enum field_id id)
{
	return id == FIELD_EVT_DELTATIME || id == FIELD_EVT_DELTATIME_S ||
	       id == FIELD_EVT_DELTATIME_NS || id == FIELD_UTIL_CNT;
}

enum { ASKED_LAST = 1 << 20 };

/* Beyond fetching a member: walking relatives, looking up tables, putting texts together. */
static uint32_t fetch_cost(const struct atom *a)
{
	uint32_t cost = 3;

	/* what changes by being asked is asked last, when all else holds */
	if (a->left->kind == OPERAND_FIELD && remembers_asking(a->left->field.id))
		return ASKED_LAST;
	if (a->deps & (DEP_ANCESTRY | DEP_LEADERS))
		cost += 20;
	if (a->deps & (DEP_USERS | DEP_CONTAINERS))
		cost += 10;
	if (a->multi)
		cost += 60;
	if (a->left->kind != OPERAND_FIELD || a->right)
		cost += 40;
	if (a->cmp == CMP_REGEX)
		cost += (uint32_t)(150 * (a->n + 1));
	else if (a->cmp == CMP_GLOB || a->cmp == CMP_IGLOB || a->cmp == CMP_ICONTAINS)
		cost += (uint32_t)(10 * (a->n + 1));
	return cost;
}

/* What was measured is the interpreter's time: it says nothing of what a look-up or a set does. */
static void set_cost(struct selected *s, const struct atom *a)
{
	const struct measure *m = a->measure;
	uint64_t ns;

	s->cost += fetch_cost(a);
	if (!m || (s->op != OP_EVAL && s->op != OP_TEST) || s->set != SET_KINDS ||
	    s->cost >= ASKED_LAST)
		return;
	ns = m->ns / m->evaluations;
	s->cost = ns < 1 ? 1 : ns > ASKED_LAST / 2 ? ASKED_LAST / 2 : (uint32_t)ns;
}

static void select_atom(struct compiler *c, uint32_t i, struct strmap *known)
{
	const struct atom *a = &c->pool->atoms.items[i];
	struct selected *s = &c->selected[i];

	s->op = OP_EVAL;
	s->imm = i;
	s->cost = 20;
	s->kept = true;
	s->next = UINT32_MAX;
	s->set = SET_KINDS;
	s->needs_fd = a->left->kind == OPERAND_FIELD &&
		      strcmp(field_info(a->left->field.id)->class, "fd") == 0;
	if (atom_is_plain(a)) {
		s->slot = slot_of(c, known, &a->left->field);
		select_plain(c, a, s);
	}
}

static void index_slots(struct compiler *c)
{
	uint32_t *first = arena_array(c->scratch, c->slots.n, sizeof(*first));

	c->first = first;
	memset(first, 0xff, c->slots.n * sizeof(*first));
	for (size_t i = c->pool->atoms.n; i-- > 0;)
		if (atom_is_plain(&c->pool->atoms.items[i])) {
			c->selected[i].next = first[c->selected[i].slot];
			first[c->selected[i].slot] = (uint32_t)i;
		}
	for (size_t slot = 0; slot < c->slots.n; slot++)
		c->slots.items[slot].index = index_slot(c, first[slot]);
}

void select_atoms(struct compiler *c)
{
	const struct pool *p = c->pool;
	struct strmap known = { 0 };

	c->selected = arena_array(c->scratch, p->atoms.n, sizeof(*c->selected));
	c->out->sets = arena_array(c->arena, p->atoms.n, sizeof(*c->out->sets));
	for (uint32_t i = 0; i < p->atoms.n; i++)
		select_atom(c, i, &known);
	strmap_fini(&known);
	index_slots(c);
	sets_begin(c);
	for (size_t i = 0; i < p->atoms.n; i++) {
		struct selected *s = &c->selected[i];

		set_cost(s, &p->atoms.items[i]);
		if (s->op == OP_EVAL || s->op == OP_TEST)
			c->out->sets[i] = own_set(c, &p->atoms.items[i]);
	}
}
