/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ctype.h>

struct token {
	struct str text; /* value NULL: printed as it is */
	const struct term *value;
	size_t width; /* 0: as long as the value is */
};

struct template
{
	struct token *tokens;
	size_t n;
	const struct field_ref *fields;
	size_t nfields;
};

struct builder {
	struct arena *arena;
	const struct source_text *source;
	const struct static_fields *statics;
	struct diags *diags;
	bool *unknown;
	VEC(struct token) tokens;
	VEC(struct field_ref) fields;
};

static bool complain(struct builder *b, size_t at, size_t len, const char *why)
{
	size_t end = at + len > b->source->text.len ? b->source->text.len : at + len;

	diag_add(b->diags, LOAD_ERR_COMPILE_OUTPUT, source_span(b->source, at, end), "%s", why);
	return false;
}

static void add_field(struct builder *b, const struct field_ref *ref)
{
	for (size_t i = 0; i < b->fields.n; i++)
		if (str_eq(b->fields.items[i].text, ref->text))
			return;
	VEC_PUSH(b->arena, &b->fields, *ref);
}

static void add_fields(struct builder *b, const struct term *value)
{
	if (value->kind == OPERAND_FIELD)
		add_field(b, &value->field);
	for (size_t i = 0; i < value->n; i++)
		add_fields(b, value->items[i]);
}

static void add_text(struct builder *b, struct str text, size_t from, size_t to)
{
	struct token t = { .text = str_of(text.p + from, to - from) };

	if (to > from)
		VEC_PUSH(b->arena, &b->tokens, t);
}

/*
 *	token = "%" [ width ] operand
 *
 * *at stands on the '%' and is moved behind the token.
 */
static bool add_token(struct builder *b, struct str text, size_t *at)
{
	struct token t = { 0 };
	size_t start = *at, i = start + 1, n;
	const char *why = NULL;

	for (; i < text.len && isdigit((unsigned char)text.p[i]); i++) {
		t.width = t.width * 10 + (size_t)(text.p[i] - '0');
		if (t.width > WIDTH_MAX)
			return complain(b, start, i + 1 - start, "the width is too large");
	}
	if (i == text.len)
		return complain(b, start, i - start, "an output cannot end in '%' or a width");
	n = term_parse(b->arena, str_from_index(text, i), b->statics, &t.value, &why);
	if (!n) {
		if (b->unknown)
			*b->unknown = true;
		return complain(b, start, i + 1 - start, why);
	}
	VEC_PUSH(b->arena, &b->tokens, t);
	add_fields(b, t.value);
	*at = i + n;
	return true;
}

struct template *template_compile(struct arena *arena, const struct source_text *text,
				  const struct static_fields *statics, struct diags *d,
				  bool *unknown)
{
	struct builder b = {
		.arena = arena, .source = text, .statics = statics, .diags = d, .unknown = unknown
	};
	/* Fields point into it: the caller's bytes need not outlive the template. */
	struct str own = arena_str(arena, text->text);
	struct template *t;
	size_t at = own.len && own.p[0] == '*', done = at;

	if (!own.len) {
		complain(&b, 0, 0, "an output cannot be empty");
		return NULL;
	}
	while (at < own.len) {
		if (own.p[at] != '%') {
			at++;
			continue;
		}
		add_text(&b, own, done, at);
		if (!add_token(&b, own, &at))
			return NULL;
		done = at;
	}
	add_text(&b, own, done, at);

	t = ARENA_NEW(arena, struct template);
	t->tokens = b.tokens.items;
	t->n = b.tokens.n;
	t->fields = b.fields.items;
	t->nfields = b.fields.n;
	return t;
}

/* Widths count bytes, as in Falco; what a cut leaves of a character is replaced when printed. */
static void pad_or_cut(struct buf *out, size_t start, size_t width)
{
	size_t len = out->len - start;

	if (len > width)
		out->len = start + width;
	for (; len < width; len++)
		buf_char(out, ' ');
}

bool template_render(const struct template *t, const struct field_ctx *ctx, struct buf *out)
{
	bool whole = true;

	for (size_t i = 0; i < t->n; i++) {
		const struct token *tok = &t->tokens[i];
		size_t start = out->len;
		struct val v;

		if (!tok->value) {
			buf_str(out, tok->text);
		} else if (term_get(tok->value, ctx, &v)) {
			val_print(out, &v, ctx->buffers_base64);
		} else {
			buf_str(out, STR("<NA>"));
			whole = false;
		}
		if (tok->width)
			pad_or_cut(out, start, tok->width);
	}
	return whole;
}

size_t template_fields(const struct template *t, const struct field_ref **out)
{
	*out = t->fields;
	return t->nfields;
}
