/* SPDX-License-Identifier: Apache-2.0 */
#include "field/term.h"

#include "base/buf.h"

/* What the functions of tables/transformers.def do. Results live in scratch or in the input. */

static bool set_text(struct val *out, enum value_type type, struct str s)
{
	memset(out, 0, sizeof(*out));
	out->type = type;
	out->s = s;
	return true;
}

static struct str change_case(struct arena *scratch, struct str s, char first, char last)
{
	char *copy = arena_bytes(scratch, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		copy[i] = s.p[i] >= first && s.p[i] <= last ? (char)(s.p[i] ^ 0x20) : s.p[i];
	return str_of(copy, s.len);
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '/')
		return c == '+' ? 62 : 63;
	return -1;
}

/* Padding is optional and may be too much; bits that belong to no byte must be zero. */
static bool decode_base64(struct arena *scratch, struct str s, struct str *out)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;
	char *bytes;

	for (unsigned padding = 0; padding < 2 && s.len && s.p[s.len - 1] == '='; padding++)
		s.len--;
	if (s.len % 4 == 1)
		return false;
	bytes = arena_bytes(scratch, s.len + 1);
	for (size_t i = 0; i < s.len; i++) {
		int digit = base64_digit(s.p[i]);

		if (digit < 0)
			return false;
		bits = (bits << 6 | (uint32_t)digit) & 0xffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes[n++] = (char)(bits >> held);
		}
	}
	if (bits & ((1u << held) - 1))
		return false;
	*out = str_of(bytes, n);
	return true;
}

static bool map_text(enum transformer fn, struct arena *scratch, struct val *v)
{
	switch (fn) {
	case FN_TOLOWER:
		v->s = change_case(scratch, v->s, 'A', 'Z');
		return true;
	case FN_TOUPPER:
		v->s = change_case(scratch, v->s, 'a', 'z');
		return true;
	case FN_BASENAME:
		if (str_rchr(v->s, '/') < v->s.len)
			v->s = str_from_index(v->s, str_rchr(v->s, '/') + 1);
		return true;
	case FN_B64:
		return decode_base64(scratch, v->s, &v->s);
	case FN_LEN:
	case FN_JOIN:
	case FN_CONCAT:
	case FN_GETOPT:
	case FN_VAL:
	case TRANSFORMERS:
		break;
	}
	return false;
}

static bool map(const struct term *t, const struct field_ctx *ctx, struct val *out)
{
	struct val *items;
	size_t n;

	if (!term_get(t->items[0], ctx, out))
		return false;
	if (!out->is_list)
		return map_text(t->fn, ctx->scratch, out);
	n = out->list.n;
	items = arena_array(ctx->scratch, n, sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		items[i] = out->list.items[i];
		if (!map_text(t->fn, ctx->scratch, &items[i]))
			return false;
	}
	out->list.items = items;
	return true;
}

/* An empty list has no length: Falco's len() of it is absent. */
static bool length(const struct term *t, const struct field_ctx *ctx, struct val *out)
{
	uint64_t n;

	if (!term_get(t->items[0], ctx, out))
		return false;
	n = out->is_list ? out->list.n : out->s.len;
	if (out->is_list && n == 0)
		return false;
	memset(out, 0, sizeof(*out));
	out->type = TYPE_UINT64;
	out->print = PRINT_DEC;
	out->u = n;
	return true;
}

/* Values that are no text are joined as they are shown. */
static struct str shown(struct arena *scratch, const struct val *v)
{
	enum { ROOM = 128 };
	struct buf out = { .p = arena_bytes(scratch, ROOM), .cap = ROOM, .max = ROOM };

	if (type_is_text(v->type) || v->type == TYPE_BYTEBUF)
		return v->s;
	val_print(&out, v, false);
	return buf_view(&out);
}

static struct str join_texts(struct arena *scratch, struct str separator, const struct val *items,
			     size_t n)
{
	struct str *texts = arena_array(scratch, n, sizeof(*texts));
	size_t len = 0, at = 0;
	char *out;

	for (size_t i = 0; i < n; i++) {
		texts[i] = shown(scratch, &items[i]);
		len += texts[i].len + separator.len;
	}
	out = arena_bytes(scratch, len + 1);
	for (size_t i = 0; i < n; i++) {
		if (i && separator.len) {
			memcpy(out + at, separator.p, separator.len);
			at += separator.len;
		}
		if (texts[i].len)
			memcpy(out + at, texts[i].p, texts[i].len);
		at += texts[i].len;
	}
	return str_of(out, at);
}

static bool join(const struct term *t, const struct field_ctx *ctx, struct val *out)
{
	struct val separator, list;

	if (!term_get(t->items[0], ctx, &separator) || !term_get(t->items[1], ctx, &list))
		return false;
	return set_text(out, TYPE_CHARBUF,
			join_texts(ctx->scratch, separator.s, list.list.items, list.list.n));
}

/* The elements of a literal list, or the arguments of concat: absent when one of them is. */
static struct val *get_items(const struct term *t, const struct field_ctx *ctx)
{
	struct val *items = arena_array(ctx->scratch, t->n, sizeof(*items));

	for (size_t i = 0; i < t->n; i++)
		if (!term_get(t->items[i], ctx, &items[i]))
			return NULL;
	return items;
}

static bool concat(const struct term *t, const struct field_ctx *ctx, struct val *out)
{
	struct val *items = get_items(t, ctx);

	return items && set_text(out, TYPE_CHARBUF, join_texts(ctx->scratch, STR(""), items, t->n));
}

struct options {
	struct val *items; /* letter, value, letter, ... */
	size_t n;
	char wanted; /* only this option, whose last value is kept in items[0]; 0: all */
};

static void found_option(struct options *o, struct str letter, const struct str *value)
{
	if (o->wanted) {
		if (letter.p[0] == o->wanted) {
			set_text(&o->items[0], TYPE_CHARBUF, value ? *value : letter);
			o->n = 1;
		}
		return;
	}
	set_text(&o->items[o->n++], TYPE_CHARBUF, letter);
	if (value)
		set_text(&o->items[o->n++], TYPE_CHARBUF, *value);
}

/* One "-abc" token; returns true when the next token was taken as a value. */
static bool read_cluster(struct options *o, struct str token, struct str letters,
			 const struct str *next)
{
	for (size_t i = 1; i < token.len; i++) {
		const size_t at = str_chr(letters, token.p[i]);
		struct str value = str_from_index(token, i + 1);

		if (at == letters.len || token.p[i] == ':') {
			found_option(o, STR("?"), NULL);
		} else if (at + 1 < letters.len && letters.p[at + 1] == ':') {
			const bool takes_next = value.len == 0 && next;

			found_option(o, str_of(token.p + i, 1), takes_next ? next : &value);
			return takes_next;
		} else {
			found_option(o, str_of(token.p + i, 1), NULL);
		}
	}
	return false;
}

static bool getopt_list(const struct term *t, const struct field_ctx *ctx, struct val *out)
{
	struct options o = { .wanted = t->option };
	struct val list;
	size_t room = 1;

	if (!term_get(t->items[0], ctx, &list))
		return false;
	for (size_t i = 0; i < list.list.n; i++)
		room += list.list.items[i].s.len + 1;
	o.items = arena_array(ctx->scratch, room, sizeof(*o.items));
	for (size_t i = 0; i < list.list.n; i++) {
		const struct str token = list.list.items[i].s;
		const struct str *next = i + 1 < list.list.n ? &list.list.items[i + 1].s : NULL;

		if (token.len < 2 || token.p[0] != '-' || str_eq(token, STR("--")))
			break;
		if (token.p[1] == '-')
			continue;
		if (read_cluster(&o, token, t->items[1]->text, next))
			i++;
	}
	memset(out, 0, sizeof(*out));
	out->type = TYPE_CHARBUF;
	if (t->option) {
		if (o.n)
			*out = o.items[0];
		return o.n > 0;
	}
	out->is_list = true;
	out->list.items = o.items;
	out->list.n = o.n;
	return true;
}

static bool transform(const struct term *t, const struct field_ctx *ctx, struct val *out)
{
	switch (t->fn) {
	case FN_TOLOWER:
	case FN_TOUPPER:
	case FN_B64:
	case FN_BASENAME:
		return map(t, ctx, out);
	case FN_LEN:
		return length(t, ctx, out);
	case FN_JOIN:
		return join(t, ctx, out);
	case FN_CONCAT:
		return concat(t, ctx, out);
	case FN_GETOPT:
		return getopt_list(t, ctx, out);
	case FN_VAL: /* term_check_call takes none */
	case TRANSFORMERS:
		break;
	}
	return false;
}

bool term_get(const struct term *t, const struct field_ctx *ctx, struct val *out)
{
	switch (t->kind) {
	case OPERAND_FIELD:
		return field_get(&t->field, ctx, out);
	case OPERAND_TEXT:
		return set_text(out, TYPE_CHARBUF, t->text);
	case OPERAND_CALL:
		return transform(t, ctx, out);
	case OPERAND_LIST:
		memset(out, 0, sizeof(*out));
		out->type = t->type;
		out->is_list = true;
		out->list.items = get_items(t, ctx);
		out->list.n = t->n;
		return out->list.items || t->n == 0;
	}
	return false;
}
