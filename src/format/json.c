/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

static void put_control(struct buf *out, unsigned char c)
{
	switch (c) {
	case '\b':
		buf_str(out, STR("\\b"));
		break;
	case '\t':
		buf_str(out, STR("\\t"));
		break;
	case '\n':
		buf_str(out, STR("\\n"));
		break;
	case '\f':
		buf_str(out, STR("\\f"));
		break;
	case '\r':
		buf_str(out, STR("\\r"));
		break;
	default:
		buf_printf(out, "\\u%04x", c);
		break;
	}
}

static void escape(struct buf *out, struct str s, bool quotes)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t done = 0, i = 0;

	/* [done, i) is copied in one piece as soon as something else has to be written. */
	while (i < s.len) {
		bool plain =
			p[i] >= 0x20 && p[i] < 0x80 && !(quotes && (p[i] == '"' || p[i] == '\\'));
		struct utf8 u;

		if (plain) {
			i++;
			continue;
		}
		u = utf8_at(p + i, s.len - i);
		if (u.whole && p[i] >= 0x80) {
			i += u.len;
			continue;
		}
		buf_add(out, s.p + done, i - done);
		if (p[i] < 0x20) {
			put_control(out, p[i]);
		} else if (u.whole) {
			buf_char(out, '\\');
			buf_char(out, s.p[i]);
		} else {
			buf_str(out, STR(UTF8_REPLACEMENT));
		}
		i += u.len;
		done = i;
	}
	buf_add(out, s.p + done, i - done);
}

void json_escape(struct buf *out, struct str s)
{
	escape(out, s, true);
}

void text_escape(struct buf *out, struct str s)
{
	escape(out, s, false);
}

void json_string(struct buf *out, struct str s)
{
	buf_char(out, '"');
	json_escape(out, s);
	buf_char(out, '"');
}

/* The shortest decimal text that reads back as the same number, always with a point or exponent. */
static void put_double(struct buf *out, double d)
{
	char text[40];

	if (!isfinite(d)) {
		buf_str(out, STR("null"));
		return;
	}
	for (int precision = 1; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_str(out, str_from(text));
	if (!strpbrk(text, ".e"))
		buf_str(out, STR(".0"));
}

/*
 * Printing replaces control characters, as Falco does for its own fields; what its container
 * plugin yields reaches JSON as it is.
 */
static void put_text(struct buf *out, const struct val *v, const struct field_ctx *ctx, bool clean)
{
	struct str printed;
	size_t start;

	if (!clean) {
		json_string(out, v->s);
		return;
	}
	buf_char(out, '"');
	start = out->len;
	val_print(out, v, ctx->buffers_base64);
	printed = str_of(out->p + start, out->len - start);
	if (str_chr(printed, '"') < printed.len || str_chr(printed, '\\') < printed.len) {
		printed = arena_str(ctx->scratch, printed);
		out->len = start;
		json_escape(out, printed);
	}
	buf_char(out, '"');
}

static bool is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

static bool is_signed(enum value_type type)
{
	return type == TYPE_INT8 || type == TYPE_INT16 || type == TYPE_INT32 ||
	       type == TYPE_INT64 || type == TYPE_FD || type == TYPE_PID || type == TYPE_ERRNO;
}

static bool is_number(enum value_type type)
{
	return is_signed(type) || type == TYPE_UINT8 || type == TYPE_UINT16 ||
	       type == TYPE_UINT32 || type == TYPE_UINT64 || type == TYPE_PORT ||
	       type == TYPE_RELTIME || type == TYPE_ABSTIME || type == TYPE_UID ||
	       type == TYPE_GID || type == TYPE_SYSCALLID || type == TYPE_SIGTYPE ||
	       type == TYPE_L4PROTO || type == TYPE_SOCKFAMILY;
}

static bool in_decimal(enum print_format print)
{
	return print == PRINT_DEC || print == PRINT_PADDED_DEC || print == PRINT_ID;
}

static void scalar_json(struct buf *out, const struct val *v, const struct field_ctx *ctx,
			bool clean)
{
	if (v->type == TYPE_BOOL)
		buf_str(out, v->u ? STR("true") : STR("false"));
	else if (v->type == TYPE_DOUBLE)
		put_double(out, v->d);
	else if (!is_number(v->type) || !in_decimal(v->print))
		put_text(out, v, ctx, clean || !is_text(v->type));
	else if (is_signed(v->type))
		buf_i64(out, v->i);
	else
		buf_u64(out, v->u);
}

static void value_json(struct buf *out, const struct val *v, const struct field_ctx *ctx,
		       bool clean)
{
	if (!v->is_list) {
		scalar_json(out, v, ctx, clean);
		return;
	}
	buf_char(out, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			buf_char(out, ',');
		scalar_json(out, &v->list.items[i], ctx, clean);
	}
	buf_char(out, ']');
}

void val_json(struct buf *out, const struct val *v, const struct field_ctx *ctx)
{
	value_json(out, v, ctx, true);
}

/* Fields that print the event's time in some form are numbers in JSON: ns since the epoch. */
static bool prints_time(enum field_id id)
{
	return id == FIELD_EVT_TIME || id == FIELD_EVT_TIME_S || id == FIELD_EVT_TIME_ISO8601 ||
	       id == FIELD_EVT_DATETIME || id == FIELD_EVT_DATETIME_S;
}

static bool is_container_field(enum field_id id)
{
	return strcmp(field_info(id)->class, "container") == 0;
}

void field_json(struct buf *out, const struct field_ref *ref, const struct field_ctx *ctx)
{
	struct val v;

	if (prints_time(ref->id))
		buf_u64(out, ctx->ev->ts);
	else if (field_get(ref, ctx, &v))
		value_json(out, &v, ctx, !is_container_field(ref->id));
	else
		buf_str(out, STR("null"));
}
