/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

/*
 * What becomes of a condition when the event's type is known. Only facts that hold for every
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

static enum fold fold_atom(struct compiler *c, const struct node *n, unsigned type)
{
	const struct atom *a = &c->pool->atoms.items[n->atom];
	const struct term *left = a->left;

	if (!a->right && a->n == 0 && a->cmp != CMP_EXISTS && !left->is_list)
		return FOLD_FALSE;
	if (left->kind != OPERAND_FIELD)
		return FOLD_DYNAMIC;
	switch ((int)left->field.id) {
	case FIELD_EVT_TYPE:
		if (!has_name_of_its_own(type))
			return FOLD_DYNAMIC;
		if (a->modifier == MODIFIER_NONE && (a->cmp == CMP_EQ || a->cmp == CMP_IN))
			return known(event_set_has(n->yes, type));
		return fold_text(a, event_info(type)->name, c->scratch);
	case FIELD_EVT_DIR:
		return fold_text(a, event_is_exit(type) ? STR("<") : STR(">"), c->scratch);
	case FIELD_EVT_ARG:
	case FIELD_EVT_RAWARG:
		return has_parameter(&left->field, type) ? FOLD_DYNAMIC : FOLD_FALSE;
	default:
		break;
	}
	return c->selected[n->atom].needs_fd && !works_on_fd(type) ? FOLD_FALSE : FOLD_DYNAMIC;
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

void fold_nodes(struct compiler *c, unsigned type)
{
	if (c->without & PART_FOLD) {
		memset(c->fold, FOLD_DYNAMIC, c->pool->nodes.n);
		return;
	}
	for (size_t i = 0; i < c->pool->nodes.n; i++) {
		const struct node *n = &c->pool->nodes.items[i];

		switch (n->kind) {
		case NODE_ATOM:
			c->fold[i] = (uint8_t)fold_atom(c, n, type);
			break;
		case NODE_NOT:
			c->fold[i] = (uint8_t)fold_not(c->fold[n->items[0]]);
			break;
		case NODE_AND:
		case NODE_OR:
			c->fold[i] = (uint8_t)fold_group(c, n);
			break;
		}
	}
}
