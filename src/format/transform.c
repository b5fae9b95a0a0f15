/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ctype.h>

/*
 * What transformers do to values. A transformer whose input is absent, or whose input does not
 * suit it (base64 that is none), has no value.
 */

static const struct {
	const char *name;
	size_t min, max;
} table[TRANSFORMERS] = {
#define TRANSFORMER(id, name, min, max, help) [TRANSFORM_##id] = { name, min, max },
#include "tables/transformers.def"
#undef TRANSFORMER
};

bool transformer_parse(struct str name, enum transformer *out)
{
	for (size_t i = 0; i < TRANSFORMERS; i++)
		if (str_eq(name, str_from(table[i].name))) {
			*out = (enum transformer)i;
			return true;
		}
	return false;
}

const char *transformer_name(enum transformer t)
{
	return table[t].name;
}

static bool textual(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

static const char *check_one(const struct operand *op)
{
	const struct operand *arg = op->args[0];
	bool bytes = op->transformer == TRANSFORM_B64 || op->transformer == TRANSFORM_LEN;

	if (op->transformer == TRANSFORM_LEN && arg->is_list)
		return NULL;
	if (arg->kind == OPERAND_LIST)
		return "does not take a list";
	if (textual(arg->type) || (bytes && arg->type == TYPE_BYTEBUF))
		return NULL;
	return "does not take a value of this type";
}

static const char *check_join(const struct operand *op)
{
	if (op->args[0]->is_list || !textual(op->args[0]->type))
		return "takes a text as separator";
	if (!op->args[1]->is_list || !textual(op->args[1]->type))
		return "takes a list of texts";
	return NULL;
}

static const char *check_concat(const struct operand *op)
{
	for (size_t i = 0; i < op->nargs; i++)
		if (op->args[i]->is_list || !textual(op->args[i]->type))
			return "takes texts";
	return NULL;
}

static const char *check_getopt(const struct operand *op)
{
	if (!op->args[0]->is_list || !textual(op->args[0]->type))
		return "takes a list of texts";
	if (op->args[1]->is_list || !textual(op->args[1]->type))
		return "takes a text of option letters";
	if (op->has_key && op->text.len != 1)
		return "takes one option letter in brackets";
	return NULL;
}

const char *transformer_check(struct operand *op)
{
	const char *why = NULL;

	op->type = TYPE_CHARBUF;
	op->is_list = false;
	if (op->nargs < table[op->transformer].min)
		return "has too few arguments";
	if (op->nargs > table[op->transformer].max)
		return "has too many arguments";
	if (op->has_key && op->transformer != TRANSFORM_GETOPT)
		return "takes nothing in brackets";
	switch (op->transformer) {
	case TRANSFORM_TOLOWER:
	case TRANSFORM_TOUPPER:
	case TRANSFORM_B64:
	case TRANSFORM_BASENAME:
		why = check_one(op);
		op->type = op->args[0]->type;
		op->is_list = op->args[0]->is_list;
		break;
	case TRANSFORM_LEN:
		why = check_one(op);
		op->type = TYPE_UINT64;
		break;
	case TRANSFORM_JOIN:
		why = check_join(op);
		break;
	case TRANSFORM_CONCAT:
		why = check_concat(op);
		break;
	case TRANSFORM_GETOPT:
		why = check_getopt(op);
		op->is_list = !op->has_key;
		break;
	case TRANSFORM_VAL:
		return "has no place in an output";
	case TRANSFORMERS:
		break;
	}
	return why;
}

static struct str mapped(struct arena *a, struct str s, int (*fn)(int))
{
	char *p = arena_bytes(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = (unsigned char)s.p[i] < 0x80 ? (char)fn(s.p[i]) : s.p[i];
	return str_of(p, s.len);
}

static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Padding is optional; bits left over must be zero. */
static bool base64_decoded(struct arena *a, struct str s, struct str *out)
{
	char *p = arena_bytes(a, s.len + 1);
	uint32_t bits = 0;
	unsigned nbits = 0;
	size_t n = 0, pad = 0;

	while (s.len && s.p[s.len - 1] == '=' && pad < 2) {
		s.len--;
		pad++;
	}
	if (s.len % 4 == 1 || (pad && (s.len + pad) % 4))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int digit = base64_digit(s.p[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			p[n++] = (char)(bits >> nbits);
			bits &= (1u << nbits) - 1;
		}
	}
	*out = str_of(p, n);
	return bits == 0;
}

static bool transform_text(enum transformer t, struct arena *a, struct str in, struct str *out)
{
	size_t slash;

	switch (t) {
	case TRANSFORM_TOLOWER:
		*out = mapped(a, in, tolower);
		return true;
	case TRANSFORM_TOUPPER:
		*out = mapped(a, in, toupper);
		return true;
	case TRANSFORM_B64:
		return base64_decoded(a, in, out);
	case TRANSFORM_BASENAME:
		slash = str_rchr(in, '/');
		*out = slash == in.len ? in : str_from_index(in, slash + 1);
		return true;
	case TRANSFORM_LEN:
	case TRANSFORM_JOIN:
	case TRANSFORM_CONCAT:
	case TRANSFORM_GETOPT:
	case TRANSFORM_VAL:
	case TRANSFORMERS:
		break;
	}
	return false;
}

static bool get_mapped(const struct operand *op, const struct field_ctx *ctx, struct val *out)
{
	struct val in, *items;

	if (!operand_get(op->args[0], ctx, &in))
		return false;
	*out = in;
	if (!in.is_list)
		return transform_text(op->transformer, ctx->scratch, in.s, &out->s);
	items = arena_array(ctx->scratch, in.list.n, sizeof(*items));
	for (size_t i = 0; i < in.list.n; i++) {
		items[i] = in.list.items[i];
		if (!transform_text(op->transformer, ctx->scratch, in.list.items[i].s, &items[i].s))
			return false;
	}
	out->list.items = items;
	return true;
}

static bool get_len(const struct operand *op, const struct field_ctx *ctx, struct val *out)
{
	struct val in;

	if (!operand_get(op->args[0], ctx, &in))
		return false;
	*out = (struct val){ .type = TYPE_UINT64, .print = PRINT_DEC };
	out->u = in.is_list ? in.list.n : in.s.len;
	return true;
}

static void text_val(struct val *out, struct str s)
{
	*out = (struct val){ .type = TYPE_CHARBUF, .print = PRINT_NA };
	out->s = s;
}

/* Texts with a separator between them, in the scratch arena. */
static struct str joined(struct arena *a, const struct val *items, size_t n, struct str between)
{
	size_t len = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		len += items[i].s.len + (i ? between.len : 0);
	p = arena_bytes(a, len + 1);
	for (size_t i = 0; i < n; i++) {
		if (i && between.len) {
			memcpy(p + at, between.p, between.len);
			at += between.len;
		}
		if (items[i].s.len)
			memcpy(p + at, items[i].s.p, items[i].s.len);
		at += items[i].s.len;
	}
	return str_of(p, at);
}

static bool get_join(const struct operand *op, const struct field_ctx *ctx, struct val *out)
{
	struct val between, list;

	if (!operand_get(op->args[0], ctx, &between) || !operand_get(op->args[1], ctx, &list))
		return false;
	text_val(out, joined(ctx->scratch, list.list.items, list.list.n, between.s));
	return true;
}

static bool get_args(const struct operand *op, const struct field_ctx *ctx, struct val **out)
{
	struct val *items = arena_array(ctx->scratch, op->nargs, sizeof(*items));

	for (size_t i = 0; i < op->nargs; i++)
		if (!operand_get(op->args[i], ctx, &items[i]))
			return false;
	*out = items;
	return true;
}

static bool get_concat(const struct operand *op, const struct field_ctx *ctx, struct val *out)
{
	struct val *items;

	if (!get_args(op, ctx, &items))
		return false;
	text_val(out, joined(ctx->scratch, items, op->nargs, STR("")));
	return true;
}

/* One option found by walk_options. */
struct option_hit {
	char letter;
	bool known, takes_value, has_value;
	struct str value;
};

/*
 * POSIX getopt over a list: stops at "--", at the first word that is no option and at a lone
 * "-"; "--word" is stepped over; letters may be clustered; a letter followed by ':' in `letters`
 * takes the rest of its word or the next word.
 */
static void walk_options(const struct val *argv, struct str letters,
			 void (*found)(const struct option_hit *hit, void *arg), void *arg)
{
	for (size_t i = 0; i < argv->list.n; i++) {
		struct str word = argv->list.items[i].s;

		if (word.len < 2 || word.p[0] != '-' || str_eq(word, STR("--")))
			return;
		if (word.p[1] == '-')
			continue;
		for (size_t j = 1; j < word.len; j++) {
			size_t at = word.p[j] == ':' ? letters.len : str_chr(letters, word.p[j]);
			struct option_hit hit = { .letter = word.p[j], .known = at < letters.len };

			hit.takes_value =
				hit.known && at + 1 < letters.len && letters.p[at + 1] == ':';
			if (hit.takes_value && j + 1 < word.len) {
				hit.has_value = true;
				hit.value = str_from_index(word, j + 1);
				j = word.len;
			} else if (hit.takes_value && i + 1 < argv->list.n) {
				hit.has_value = true;
				hit.value = argv->list.items[++i].s;
				j = word.len;
			}
			found(&hit, arg);
		}
	}
}

struct option_list {
	struct arena *arena;
	struct val *items;
	size_t n;
};

static void list_option(const struct option_hit *hit, void *arg)
{
	struct option_list *l = arg;

	if (l->n + 2 > LIST_MAX)
		return;
	text_val(&l->items[l->n++],
		 arena_str(l->arena, str_of(hit->known ? &hit->letter : "?", 1)));
	if (hit->takes_value)
		text_val(&l->items[l->n++], hit->has_value ? hit->value : STR(""));
}

struct option_search {
	char letter;
	bool found;
	struct option_hit last;
};

static void find_option(const struct option_hit *hit, void *arg)
{
	struct option_search *s = arg;

	if (hit->known && hit->letter == s->letter) {
		s->found = true;
		s->last = *hit;
	}
}

static bool get_getopt(const struct operand *op, const struct field_ctx *ctx, struct val *out)
{
	struct option_list list = { .arena = ctx->scratch };
	struct option_search search = { 0 };
	struct val argv, letters;

	if (!operand_get(op->args[0], ctx, &argv) || !operand_get(op->args[1], ctx, &letters))
		return false;
	if (op->has_key) {
		search.letter = op->text.p[0];
		walk_options(&argv, letters.s, find_option, &search);
		text_val(out, search.last.takes_value ? search.last.value : op->text);
		return search.found;
	}
	list.items = arena_array(ctx->scratch, LIST_MAX, sizeof(*list.items));
	walk_options(&argv, letters.s, list_option, &list);
	*out = (struct val){ .type = TYPE_CHARBUF, .is_list = true };
	out->list.items = list.items;
	out->list.n = list.n;
	return true;
}

static bool get_call(const struct operand *op, const struct field_ctx *ctx, struct val *out)
{
	switch (op->transformer) {
	case TRANSFORM_TOLOWER:
	case TRANSFORM_TOUPPER:
	case TRANSFORM_B64:
	case TRANSFORM_BASENAME:
		return get_mapped(op, ctx, out);
	case TRANSFORM_LEN:
		return get_len(op, ctx, out);
	case TRANSFORM_JOIN:
		return get_join(op, ctx, out);
	case TRANSFORM_CONCAT:
		return get_concat(op, ctx, out);
	case TRANSFORM_GETOPT:
		return get_getopt(op, ctx, out);
	case TRANSFORM_VAL:
	case TRANSFORMERS:
		break;
	}
	return false;
}

bool operand_get(const struct operand *op, const struct field_ctx *ctx, struct val *out)
{
	struct val *items;

	switch (op->kind) {
	case OPERAND_FIELD:
		return field_get(&op->ref, ctx, out);
	case OPERAND_TEXT:
		text_val(out, op->text);
		return true;
	case OPERAND_CALL:
		return get_call(op, ctx, out);
	case OPERAND_LIST:
		if (!get_args(op, ctx, &items))
			return false;
		*out = (struct val){ .type = op->type, .is_list = true };
		out->list.items = items;
		out->list.n = op->nargs;
		return true;
	}
	return false;
}
