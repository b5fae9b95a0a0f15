/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "internal.h"

static bool is_printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The next at most three bytes as four base64 digits. */
static void base64_group(char out[4], struct str bytes)
{
	uint32_t group = 0;

	for (size_t i = 0; i < 3; i++)
		group = group << 8 | (i < bytes.len ? (uint8_t)bytes.p[i] : 0);
	for (size_t i = 0; i < 4; i++)
		out[i] = i <= bytes.len ? base64_digits[group >> (18 - 6 * i) & 63] : '=';
}

void text_bytes(struct text *t, struct str bytes, bool base64)
{
	char four[4];

	if (!base64) {
		for (size_t i = 0; i < bytes.len; i++)
			text_char(t, is_printable((uint8_t)bytes.p[i]) ? bytes.p[i] : '.');
		return;
	}
	for (; bytes.len; bytes = str_from_index(bytes, 3)) {
		base64_group(four, bytes);
		text_str(t, str_of(four, sizeof(four)));
	}
}

static void print_bytes(struct buf *out, struct str bytes, bool base64)
{
	char four[4];

	if (!base64) {
		for (size_t i = 0; i < bytes.len; i++)
			buf_char(out, is_printable((uint8_t)bytes.p[i]) ? bytes.p[i] : '.');
		return;
	}
	for (; bytes.len; bytes = str_from_index(bytes, 3)) {
		base64_group(four, bytes);
		buf_add(out, four, sizeof(four));
	}
}

void val_print_text(struct buf *out, struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t clean = 0;

	if (!s.len)
		return;
	for (size_t i = 0; i < s.len;) {
		struct utf8 u;

		if (is_printable(p[i])) {
			i++;
			continue;
		}
		u = utf8_at(p + i, s.len - i);
		if (u.whole && u.len > 1) {
			i += u.len;
			continue;
		}
		buf_add(out, p + clean, i - clean);
		buf_str(out, STR(UTF8_REPLACEMENT));
		clean = ++i;
	}
	buf_add(out, p + clean, s.len - clean);
}

static void print_signed(struct buf *out, const struct val *v)
{
	uint64_t bits = (uint64_t)v->i & (type_size(v->type) == 8 ? UINT64_MAX : UINT32_MAX);

	if (v->print == PRINT_HEX)
		buf_printf(out, "%" PRIX64, bits);
	else if (v->print == PRINT_OCT)
		buf_printf(out, "%" PRIo64, bits);
	else if (v->print == PRINT_PADDED_DEC)
		buf_printf(out, "%09" PRId64, v->i);
	else
		buf_i64(out, v->i);
}

static void print_unsigned(struct buf *out, const struct val *v)
{
	if (v->print == PRINT_HEX)
		buf_printf(out, "%" PRIX64, v->u);
	else if (v->print == PRINT_OCT)
		buf_printf(out, "%" PRIo64, v->u);
	else if (v->print == PRINT_PADDED_DEC)
		buf_printf(out, "%09" PRIu64, v->u);
	else
		buf_u64(out, v->u);
}

static void print_ip(struct buf *out, const struct ip *ip)
{
	char room[64];
	struct text t = { .p = room, .cap = sizeof(room) };

	text_ip(&t, ip->bytes, ip->len);
	buf_str(out, text_view(&t));
}

static void print_list(struct buf *out, const struct val *v, bool buffers_base64)
{
	buf_char(out, '(');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			buf_char(out, ',');
		val_print(out, &v->list.items[i], buffers_base64);
	}
	buf_char(out, ')');
}

static void print_one(struct buf *out, const struct val *v, bool buffers_base64)
{
	switch (type_kind(v->type)) {
	case KIND_NONE:
		break;
	case KIND_SIGNED:
		print_signed(out, v);
		break;
	case KIND_UNSIGNED:
		print_unsigned(out, v);
		break;
	case KIND_BOOL:
		buf_str(out, v->u ? STR("true") : STR("false"));
		break;
	case KIND_DOUBLE:
		buf_printf(out, "%.1f", v->d);
		break;
	case KIND_TEXT:
		val_print_text(out, v->s);
		break;
	case KIND_BYTES:
	case KIND_STRUCT:
		print_bytes(out, v->s, buffers_base64);
		break;
	case KIND_IP:
		print_ip(out, &v->ip);
		break;
	case KIND_NET:
		buf_str(out, STR("<IPNET>"));
		break;
	}
}

void val_print(struct buf *out, const struct val *v, bool buffers_base64)
{
	if (v->is_list)
		print_list(out, v, buffers_base64);
	else
		print_one(out, v, buffers_base64);
}
