/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

/* name=raw or name=raw(resolved), joined by blanks. Generic events show nothing. */
bool get_evt_args(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct event *ev = ctx->ev;
	struct text t = text_in(ctx);

	(void)ref;
	if (ev->type == EVENT_GENERIC_E || ev->type == EVENT_GENERIC_X)
		return val_text(out, STR(""));
	for (unsigned i = 0; i < ev->nparams; i++) {
		size_t before;

		if (i)
			text_char(&t, ' ');
		text_str(&t, ev->info->params[i].name);
		text_char(&t, '=');
		param_raw(&t, ctx, i);
		before = t.len;
		text_char(&t, '(');
		if (param_resolved(&t, ctx, i))
			text_char(&t, ')');
		else
			t.len = before;
	}
	return val_text(out, text_view(&t));
}

static bool is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

/* True, with the index in *param, when the event has the parameter that is asked for. */
static bool wanted_param(const struct field_ref *ref, const struct event *ev, unsigned *param)
{
	int index = ref->has_index ? (int)ref->index : event_param_index(ev->type, ref->key);

	*param = (unsigned)index;
	return index >= 0 && index < ev->nparams;
}

bool get_evt_arg(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct text t = text_in(ctx);
	struct piece p;
	unsigned param;

	if (!wanted_param(ref, ctx->ev, &param) || !piece_of(ctx->ev, param, &p))
		return false;
	if (is_text(p.type) && piece_text(&p, &out->s) &&
	    (p.type == TYPE_CHARBUF || (out->s.len && out->s.p[0] == '/')))
		return true;
	if (!param_resolved(&t, ctx, param))
		param_raw(&t, ctx, param);
	return val_text(out, text_view(&t));
}

static bool raw_address(const struct piece *p, struct val *out)
{
	if (p->bytes.len != type_size(p->type))
		return false;
	out->ip.len = (uint8_t)p->bytes.len;
	memcpy(out->ip.bytes, p->bytes.p, p->bytes.len);
	return true;
}

/* Which member of struct val holds a value of the type: text or bytes, an address, a number. */
enum shape {
	SHAPE_BYTES,
	SHAPE_ADDRESS,
	SHAPE_NUMBER,
};

static enum shape shape_of(enum value_type type)
{
	if (type == TYPE_IPV4ADDR || type == TYPE_IPV6ADDR)
		return SHAPE_ADDRESS;
	return type_size(type) ? SHAPE_NUMBER : SHAPE_BYTES;
}

/*
 * A value of the parameter's own type. Only text may be missing and still be there, as <NA>.
 * A condition was checked against the type of the first parameter of that name: where this one
 * is of another shape, it has no value that could be compared.
 */
bool get_evt_rawarg(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct piece p;
	unsigned param;
	int64_t v;

	if (!wanted_param(ref, ctx->ev, &param) || !piece_of(ctx->ev, param, &p))
		return false;
	if (!ctx->in_output && shape_of(p.type) != shape_of(ref->type))
		return false;
	out->type = p.type;
	out->print = p.print;
	if (is_text(p.type)) {
		if (!piece_text(&p, &out->s))
			out->s = NO_NAME;
		return true;
	}
	/* Empty bytes are no value to compare, but an empty text to print. */
	if (!p.bytes.len && (!ctx->in_output || shape_of(p.type) != SHAPE_BYTES))
		return false;
	switch (shape_of(p.type)) {
	case SHAPE_ADDRESS:
		return raw_address(&p, out);
	case SHAPE_BYTES:
		return val_text(out, p.bytes);
	case SHAPE_NUMBER:
		return piece_int(&p, &v) && val_int(out, v);
	}
	return false;
}

/*
 * The bytes of the parameter `data`. An output shows an empty one as every output shows empty
 * bytes.
 */
bool get_evt_buffer(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	int param = event_param_index(ctx->ev->type, STR("data"));

	(void)ref;
	if (param < 0 || param >= ctx->ev->nparams)
		return false;
	out->s = event_param(ctx->ev, (unsigned)param);
	if (!out->s.len && ctx->in_output) {
		out->type = TYPE_CHARBUF;
		out->s = STR("NULL");
	}
	return true;
}
