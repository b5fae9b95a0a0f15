/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

/*
 * The interpreter: what a condition means, said as plainly as possible. Nothing is remembered
 * and nothing is looked up in an index; the programs are tested against it.
 */

/* Ancestors are walked at most so far; most lineages are short. */
enum { FEW = 32, MANY = LIMIT_ANCESTORS };

static bool multi_eval(const struct atom *a, const struct field_ctx *ctx)
{
	struct val few[FEW], *values = few;
	const bool all = a->ends && a->cmp == CMP_NE;
	size_t n = field_get_all(&a->left->field, ctx, values, FEW);

	if (n == FEW) {
		values = arena_array(ctx->scratch, MANY, sizeof(*values));
		n = field_get_all(&a->left->field, ctx, values, MANY);
	}
	if (a->cmp == CMP_EXISTS)
		return n > 0;
	for (size_t i = 0; i < n; i++)
		if (atom_test(a, &values[i], ctx->scratch) != all)
			return !all;
	return all && n > 0;
}

/* evt.around[T] = D: the event is at most D milliseconds away from T. */
static bool around_eval(const struct atom *a, const struct field_ctx *ctx)
{
	uint64_t middle, away;

	if (!str_to_u64(a->left->field.key, &middle))
		return false;
	away = ctx->ev->ts > middle ? ctx->ev->ts - middle : middle - ctx->ev->ts;
	for (size_t i = 0; i < a->n; i++) {
		uint64_t reach;

		if (__builtin_mul_overflow(a->constants[i].v.u, UINT64_C(1000000), &reach) ||
		    away <= reach)
			return true;
	}
	return false;
}

static bool right_eval(const struct atom *a, const struct val *left, const struct field_ctx *ctx)
{
	struct constant right = { 0 };

	return term_get(a->right, ctx, &right.v) && value_test(a->cmp, left, &right, ctx->scratch);
}

bool atom_eval(const struct atom *a, const struct field_ctx *ctx)
{
	struct val v;

	if (a->multi)
		return multi_eval(a, ctx);
	if (a->cmp != CMP_EXISTS && a->left->kind == OPERAND_FIELD &&
	    a->left->field.id == FIELD_EVT_AROUND)
		return around_eval(a, ctx);
	if (!term_get(a->left, ctx, &v))
		return false;
	if (a->cmp == CMP_EXISTS)
		return true;
	return a->right ? right_eval(a, &v, ctx) : atom_test(a, &v, ctx->scratch);
}

bool pool_eval(const struct pool *p, expr_id e, const struct field_ctx *ctx)
{
	const struct node *n = &p->nodes.items[e];

	switch (n->kind) {
	case NODE_ATOM:
		return atom_eval(&p->atoms.items[n->atom], ctx);
	case NODE_NOT:
		return !pool_eval(p, n->items[0], ctx);
	case NODE_AND:
		for (size_t i = 0; i < n->n; i++)
			if (!pool_eval(p, n->items[i], ctx))
				return false;
		return true;
	case NODE_OR:
		for (size_t i = 0; i < n->n; i++)
			if (pool_eval(p, n->items[i], ctx))
				return true;
		return false;
	}
	return false;
}
