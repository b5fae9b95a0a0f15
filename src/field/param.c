/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include <inttypes.h>

#include "base/clock.h"
#include "internal.h"

bool piece_of(const struct event *ev, unsigned param, struct piece *out)
{
	const struct param_info *info;

	if (param >= ev->nparams)
		return false;
	info = &ev->info->params[param];
	*out = (struct piece){
		.type = info->type,
		.print = info->print,
		.bytes = event_param(ev, param),
		.flags = info->flags,
		.dynamic = info->dynamic,
		.dirfd = info->dirfd,
	};
	return true;
}

bool piece_inside(const struct piece *dyn, struct piece *out)
{
	const struct dynamic_type *held;
	size_t index;

	if (!dyn->bytes.len || !dyn->dynamic)
		return false;
	index = (uint8_t)dyn->bytes.p[0];
	if (index >= dyn->dynamic->n)
		return false;
	held = &dyn->dynamic->types[index];
	*out = (struct piece){
		.type = held->type,
		.print = held->print,
		.bytes = str_from_index(dyn->bytes, 1),
		.dirfd = -1,
	};
	return true;
}

static bool is_signed(enum value_type type)
{
	return type == TYPE_INT8 || type == TYPE_INT16 || type == TYPE_INT32 ||
	       type == TYPE_INT64 || type == TYPE_ERRNO || type == TYPE_FD || type == TYPE_PID ||
	       type == TYPE_FD32 || type == TYPE_PID32;
}

bool piece_int(const struct piece *p, int64_t *out)
{
	unsigned size = type_size(p->type);

	if (!size || size > sizeof(int64_t) || p->bytes.len != size)
		return false;
	*out = int_at(p->bytes.p, is_signed(p->type) ? -(int)size : (int)size);
	return true;
}

/* Drivers before 2019 wrote this for a NULL pointer. */
static const struct str old_null = { "(NULL)", sizeof("(NULL)") };

bool piece_text(const struct piece *p, struct str *out)
{
	if (!p->bytes.len || str_eq(p->bytes, old_null))
		return false;
	*out = str_of(p->bytes.p, str_chr(p->bytes, '\0'));
	return true;
}

static bool is_decimal(enum value_type type)
{
	return type == TYPE_ERRNO || type == TYPE_FD || type == TYPE_FD32 || type == TYPE_PID ||
	       type == TYPE_PID32 || type == TYPE_FLAGS8 || type == TYPE_FLAGS16 ||
	       type == TYPE_FLAGS32 || type == TYPE_ENUMFLAGS8 || type == TYPE_ENUMFLAGS16 ||
	       type == TYPE_ENUMFLAGS32;
}

/*
 * Decimals of unsigned types of 32 and 64 bits print as signed ones: a limit of all ones is -1.
 * Results, ids and flags are decimal whatever their print format says.
 */
static void text_number(struct text *t, const struct piece *p, int64_t v)
{
	bool narrow = p->bytes.len < sizeof(uint64_t);
	uint64_t bits = narrow ? (uint64_t)v & 0xffffffff : (uint64_t)v;

	switch (is_decimal(p->type) ? PRINT_DEC : p->print) {
	case PRINT_HEX:
		text_printf(t, "%" PRIX64, bits);
		break;
	case PRINT_OCT:
		text_printf(t, "%#" PRIo64, bits);
		break;
	case PRINT_PADDED_DEC:
		text_printf(t, "%09" PRId64, v);
		break;
	case PRINT_NA:
	case PRINT_DEC:
	case PRINT_ID:
	case PRINT_DIR:
		text_i64(t, p->type == TYPE_UINT32 ? (int32_t)v : v);
		break;
	}
}

static void text_abstime(struct text *t, uint64_t ns)
{
	char room[64];
	struct buf b = { .p = room, .cap = sizeof(room), .max = sizeof(room) };

	clock_local(&b, ns, true, true);
	buf_char(&b, ' ');
	clock_local_offset(&b);
	text_str(t, buf_view(&b));
}

static void text_sigset(struct text *t, uint32_t set)
{
	bool first = true;

	for (unsigned bit = 0; bit < 32; bit++) {
		struct str name = set >> bit & 1 ? signal_name(bit + 1) : STR("");

		if (!name.len)
			continue;
		if (!first)
			text_char(t, ' ');
		text_str(t, name);
		first = false;
	}
}

static void raw_integer(struct text *t, const struct piece *p)
{
	int64_t v;

	if (!piece_int(p, &v)) {
		text_str(t, NO_NAME);
		return;
	}
	if (p->type == TYPE_ABSTIME)
		text_abstime(t, (uint64_t)v);
	else if (p->type == TYPE_SIGSET)
		text_sigset(t, (uint32_t)v);
	else if (p->type == TYPE_BOOL)
		text_str(t, v ? STR("true") : STR("false"));
	else if (p->type == TYPE_UID || p->type == TYPE_GID)
		text_i64(t, (int32_t)v == -1 ? -1 : v);
	else if (p->type == TYPE_RELTIME)
		text_u64(t, (uint64_t)v);
	else
		text_number(t, p, v);
}

static void raw_piece(struct text *t, const struct field_ctx *ctx, const struct piece *p);

static void raw_struct(struct text *t, const struct field_ctx *ctx, const struct piece *p)
{
	struct piece held;

	switch ((int)p->type) {
	case TYPE_SOCKADDR:
		text_sockaddr(t, p->bytes);
		break;
	case TYPE_SOCKTUPLE:
		text_socktuple(t, p->bytes);
		break;
	case TYPE_FDLIST:
		text_fdlist(t, ctx, p->bytes);
		break;
	case TYPE_DYN:
		if (!piece_inside(p, &held))
			text_str(t, STR("NULL"));
		else if (held.type != TYPE_BYTEBUF || held.bytes.len)
			raw_piece(t, ctx, &held);
		break;
	/* Pointers of the process that wrote them: nothing to show. */
	case TYPE_CHARBUFARRAY:
	case TYPE_CHARBUF_PAIR_ARRAY:
		text_str(t, STR("NULL"));
		break;
	}
}

static void raw_piece(struct text *t, const struct field_ctx *ctx, const struct piece *p)
{
	struct str s;

	switch (type_kind(p->type)) {
	case KIND_TEXT:
		text_str(t, piece_text(p, &s) ? s : NO_NAME);
		break;
	case KIND_BYTES:
		if (p->bytes.len)
			text_bytes(t, p->bytes, ctx->buffers_base64);
		else
			text_str(t, STR("NULL"));
		break;
	case KIND_STRUCT:
		raw_struct(t, ctx, p);
		break;
	case KIND_IP:
		if (p->bytes.len == type_size(p->type))
			text_ip(t, (const uint8_t *)p->bytes.p, p->bytes.len);
		else if (p->type != TYPE_IPADDR)
			text_str(t, NO_NAME);
		break;
	case KIND_SIGNED:
	case KIND_UNSIGNED:
	case KIND_BOOL:
		raw_integer(t, p);
		break;
	case KIND_NONE:
	case KIND_DOUBLE:
	case KIND_NET:
		break;
	}
}

bool param_raw(struct text *out, const struct field_ctx *ctx, unsigned param)
{
	struct piece p;

	if (!piece_of(ctx->ev, param, &p))
		return false;
	raw_piece(out, ctx, &p);
	return true;
}

bool param_print(struct buf *out, const struct field_ctx *ctx, unsigned param, bool resolved)
{
	struct text t = text_in(ctx);

	if (!(resolved ? param_resolved : param_raw)(&t, ctx, param))
		return false;
	buf_str(out, text_view(&t));
	return true;
}
