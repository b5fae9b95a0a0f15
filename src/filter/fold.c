/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

/*
 * What becomes of a condition when the event's type is known. Few atoms depend on that; all fields
 * of the fd class depend on it in the same way. Only facts that hold for every
 * event of the type are used: its name, its direction, which parameters it has, and that fields
 * of the fd class need an event that works on a descriptor.
 */

static bool has_name_of_its_own(unsigned type)
{
	return type != EVENT_GENERIC_E && type != EVENT_GENERIC_X && type != EVENT_ASYNCEVENT_E;
}

static enum fold known(bool value)
{
	return value ? FOLD_TRUE : FOLD_FALSE;
}

static enum fold fold_text(const struct atom *a, struct str text, struct arena *scratch)
{
	struct val v = { .type = TYPE_CHARBUF };

	v.s = text;
	if (a->cmp == CMP_EXISTS)
		return FOLD_TRUE;
	return a->right ? FOLD_DYNAMIC : known(atom_test(a, &v, scratch));
}

static bool works_on_fd(unsigned type)
{
	return event_info(type)->flags &
	       (EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD | EVENT_FLAG_DESTROYS_FD);
}

static bool has_parameter(const struct field_ref *f, unsigned type)
{
	return f->has_index ? f->index < event_info(type)->nparams
			    : event_param_index(type, f->key) >= 0;
}

static bool is_never(const struct atom *a)
{
	return !a->right && a->n == 0 && a->cmp != CMP_EXISTS && !a->left->is_list;
}

static bool asks_for_type(const struct atom *a)
{
	if (a->left->kind != OPERAND_FIELD)
		return false;
	switch ((int)a->left->field.id) {
	case FIELD_EVT_TYPE:
	case FIELD_EVT_DIR:
	case FIELD_EVT_ARG:
	case FIELD_EVT_RAWARG:
		return true;
	default:
		return false;
	}
}

static enum fold fold_atom(struct compiler *c, const struct node *n, unsigned type)
{
	const struct atom *a = &c->pool->atoms.items[n->atom];
	const struct term *left = a->left;

	switch ((int)left->field.id) {
	case FIELD_EVT_TYPE:
		if (!has_name_of_its_own(type))
			return FOLD_DYNAMIC;
		if (a->modifier == MODIFIER_NONE && (a->cmp == CMP_EQ || a->cmp == CMP_IN))
			return known(event_set_has(n->yes, type));
		return fold_text(a, event_info(type)->name, c->scratch);
	case FIELD_EVT_DIR:
		return fold_text(a, event_is_exit(type) ? STR("<") : STR(">"), c->scratch);
	default:
		return has_parameter(&left->field, type) ? FOLD_DYNAMIC : FOLD_FALSE;
	}
}

void fold_begin(struct compiler *c)
{
	for (size_t i = 0; i < c->pool->nodes.n; i++) {
		const struct node *n = &c->pool->nodes.items[i];
		const struct atom *a = &c->pool->atoms.items[n->atom];

		if (n->kind != NODE_ATOM)
			VEC_PUSH(c->scratch, &c->groups, (expr_id)i);
		else if (is_never(a))
			c->fold[i] = c->without & PART_FOLD ? FOLD_DYNAMIC : FOLD_FALSE;
		else if (asks_for_type(a))
			VEC_PUSH(c->scratch, &c->of_type, (expr_id)i);
		else if (c->selected[n->atom].needs_fd)
			VEC_PUSH(c->scratch, &c->of_fd, (expr_id)i);
	}
}

struct str fold_atoms(struct compiler *c, unsigned type)
{
	const enum fold fd = works_on_fd(type) ? FOLD_DYNAMIC : FOLD_FALSE;
	char *key;

	if (c->without & PART_FOLD)
		return STR("");
	key = arena_bytes(c->scratch, c->of_type.n + 1);
	for (size_t i = 0; i < c->of_type.n; i++) {
		const expr_id id = c->of_type.items[i];

		c->fold[id] = (uint8_t)fold_atom(c, &c->pool->nodes.items[id], type);
		key[i] = (char)c->fold[id];
	}
	for (size_t i = 0; i < c->of_fd.n; i++)
		c->fold[c->of_fd.items[i]] = (uint8_t)fd;
	key[c->of_type.n] = (char)fd;
	return str_of(key, c->of_type.n + 1);
}

static enum fold fold_group(const struct compiler *c, const struct node *n)
{
	const enum fold stops = n->kind == NODE_AND ? FOLD_FALSE : FOLD_TRUE;
	bool dynamic = false;

	for (size_t i = 0; i < n->n; i++) {
		enum fold f = c->fold[n->items[i]];

		if (f == stops)
			return stops;
		dynamic |= f == FOLD_DYNAMIC;
	}
	return dynamic ? FOLD_DYNAMIC : stops == FOLD_FALSE ? FOLD_TRUE : FOLD_FALSE;
}

static enum fold fold_not(enum fold f)
{
	return f == FOLD_DYNAMIC ? FOLD_DYNAMIC : known(f == FOLD_FALSE);
}

void fold_groups(struct compiler *c)
{
	for (size_t i = 0; i < c->groups.n && !(c->without & PART_FOLD); i++) {
		const expr_id id = c->groups.items[i];
		const struct node *n = &c->pool->nodes.items[id];

		c->fold[id] = (uint8_t)(n->kind == NODE_NOT ? fold_not(c->fold[n->items[0]])
							    : fold_group(c, n));
	}
}
