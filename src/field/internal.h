/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIELD_INTERNAL_H
#define FIELD_INTERNAL_H

/*
 * How a field gets its value. The column `how` of tables/fields.def is one of
 *
 *	CALL(fn)	get_fn
 *	WITH(fn, arg)	get_fn, shared by rows that differ in field_arg_of(ref)
 *	MULTI(fn, arg)	get_fn, and all_fn where every value counts (field_get_all)
 *
 * An extractor fills in the value and returns true, or returns false when there is none; type,
 * print and is_list are already set from the table. ctx->who->thread may be NULL, ctx->who->fd
 * too. It must not allocate except from ctx->scratch.
 */

#include "field/field.h"

#define FIELD(id, name, class, type, print, arg, flags, deps, how, help) how
#define CALL(fn)                                                                                   \
	bool get_##fn(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out);
#define WITH(fn, arg) CALL(fn)
#define MULTI(fn, arg)                                                                             \
	CALL(fn)                                                                                   \
	size_t all_##fn(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out, \
			size_t max);
#include "tables/fields.def"
#undef FIELD
#undef CALL
#undef WITH
#undef MULTI

typedef bool (*field_getter)(const struct field_ref *ref, const struct field_ctx *ctx,
			     struct val *out);
typedef size_t (*field_lister)(const struct field_ref *ref, const struct field_ctx *ctx,
			       struct val *out, size_t max);

struct field_row {
	field_getter get;
	field_lister all; /* NULL: one value at most */
	uint32_t arg;
	struct field_info info;
};

extern const struct field_row field_rows[FIELDS];

/* The second argument of WITH or MULTI, for example offsetof(struct thread, pid). */
static inline uint32_t field_arg_of(const struct field_ref *ref)
{
	return field_rows[ref->id].arg;
}

static inline bool val_text(struct val *out, struct str s)
{
	out->s = s;
	return true;
}

static inline bool val_int(struct val *out, int64_t i)
{
	out->i = i;
	return true;
}

static inline bool val_uint(struct val *out, uint64_t u)
{
	out->u = u;
	return true;
}

/* "<NA>": some fields say so instead of being absent. */
#define NO_NAME STR("<NA>")

#endif
