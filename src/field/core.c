/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

const struct field_row field_rows[FIELDS] = {
#define CALL(fn)     .get = get_##fn
#define WITH(fn, x)  .get = get_##fn, .arg = (x)
#define MULTI(fn, x) .get = get_##fn, .all = all_##fn, .arg = (x)
#define FIELD(field_id, text, heading, value, format, argument, traits, depends, how, what)        \
	[FIELD_##field_id] = {                                                                     \
		how,                                                                               \
		.name_len = sizeof(text) - 1,                                                      \
		.info = { .name = (text),                                                          \
			  .class = (heading),                                                      \
			  .type = TYPE_##value,                                                    \
			  .print = PRINT_##format,                                                 \
			  .arg = ARG_##argument,                                                   \
			  .flags = (traits),                                                       \
			  .deps = (depends),                                                       \
			  .help = (what) },                                                        \
	},
#include "tables/fields.def"
#undef FIELD
#undef CALL
#undef WITH
#undef MULTI
};

const struct field_info *field_info(enum field_id id)
{
	return &field_rows[id].info;
}

static void set_type(const struct field_ref *ref, struct val *v)
{
	const struct field_info *info = &field_rows[ref->id].info;

	v->type = ref->type;
	v->print = info->print;
	v->is_list = info->flags & FIELD_LIST;
}

bool field_get(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	set_type(ref, out);
	return field_rows[ref->id].get(ref, ctx, out);
}

/* A filter looks at all ancestors for proc.aenv[2] too, unlike for proc.aname[2]. */
bool field_is_multi(const struct field_ref *ref)
{
	return field_rows[ref->id].all && !ref->has_key &&
	       (!ref->has_index || ref->id == FIELD_PROC_AENV);
}

bool field_is_ends(const struct field_ref *ref)
{
	return ref->id == FIELD_FD_IP || ref->id == FIELD_FD_NET || ref->id == FIELD_FD_PORT ||
	       ref->id == FIELD_FD_PROTO;
}

size_t field_get_all(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out,
		     size_t max)
{
	size_t n;

	if (!field_is_multi(ref))
		return max && field_get(ref, ctx, out);
	n = field_rows[ref->id].all(ref, ctx, out, max);
	for (size_t i = 0; i < n; i++)
		set_type(ref, &out[i]);
	return n;
}

bool get_static_value(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	if (!ctx->statics || ref->index >= ctx->statics->n)
		return false;
	return val_text(out, ctx->statics->values[ref->index]);
}
