/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdio.h>

/*
 * Exceptions are text behind the condition:
 *
 *	(CONDITION) and not (( f1 op v1 and f2 op v2) or ( f1 op w1 and f2 op w2))
 *	(CONDITION) and not (f in (v, w))
 *
 * Values are put in as they are, in double quotes when there is a space in them. Positions in
 * reports count in this text, so its blanks are those of Falco's.
 */

bool exception_entry_given(const struct exception_entry *e)
{
	return e->is_list ? e->items.n > 0 : e->text.text.len > 0;
}

static struct span entry_span(const struct exception_entry *e, const struct exception_info *of)
{
	return e->text.nruns ? source_span(&e->text, 0, e->text.text.len) : of->ctx->span;
}

static struct diag *wrong(struct store *s, const struct exception_info *e, struct span at,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));

static struct diag *wrong(struct store *s, const struct exception_info *e, struct span at,
			  const char *format, ...)
{
	char text[512];
	struct diag *d;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d = report(s, LOAD_ERR_VALIDATE, e->ctx, "%s", text);
	d->at = at;
	return d;
}

/* ---- Checking ----------------------------------------------------------------------------- */

static void count_operator(struct str op, void *arg)
{
	(void)op;
	++*(size_t *)arg;
}

/* A field, or a call such as tolower(proc.name): whatever makes one test when `exists` follows. */
static bool is_operand(struct store *s, struct str text)
{
	struct arena *scratch = arena_new();
	struct diags ignored = { .arena = scratch };
	struct source_text test = text_generated(
		scratch, arena_printf(scratch, "%.*s exists", STR_ARG(text)), (struct span){ 0 });
	struct ast *tree;
	struct buf printed = { 0 };
	struct field_ref ref;
	size_t operators = 0, at;
	bool unknown, ok = false;

	if (field_parse(text, &s->options->statics, &ref) == FIELD_OK) {
		arena_free(scratch);
		return true;
	}
	tree = ast_parse(scratch, &test, &ignored, &at);
	if (tree) {
		struct pool *pool = pool_new(scratch, &s->options->statics);

		ast_each_operator(tree, count_operator, &operators);
		ast_print(&printed, tree);
		ok = operators == 1 && !str_starts_with(buf_view(&printed), STR("not ")) &&
		     pool_add(pool, tree, &test, &ignored, &at, &unknown) != EXPR_NONE;
		pool_free(pool);
	}
	buf_fini(&printed);
	arena_free(scratch);
	return ok;
}

static bool check_field(struct store *s, const struct exception_info *e,
			const struct exception_entry *f)
{
	struct str text = f->text.text, near;
	struct diag *d;

	if (!f->is_list && text.len && is_operand(s, text))
		return true;
	d = wrong(s, e, entry_span(f, e), "'%.*s' is no field an exception can use", STR_ARG(text));
	near = field_nearest(text);
	if (near.len)
		diag_note(s->d, d, d->at, "did you mean '%.*s'?", STR_ARG(near));
	return false;
}

static bool check_row_form(struct store *s, struct exception_info *e)
{
	size_t n = e->fields->items.n;

	if (!exception_entry_given(e->comps)) {
		struct exception_entry *equals = ARENA_NEW(s->arena, struct exception_entry);

		equals->text = text_generated(s->arena, STR("="), e->ctx->span);
		e->comps = ARENA_NEW(s->arena, struct exception_entry);
		e->comps->is_list = true;
		for (size_t i = 0; i < n; i++)
			VEC_PUSH(s->arena, &e->comps->items, equals);
	}
	if (e->comps->items.n != n) {
		struct diag *d =
			wrong(s, e, e->ctx->span, "exception '%.*s' has %zu fields, but %zu comps",
			      STR_ARG(e->name), n, e->comps->items.n);

		diag_note(s->d, d, d->at, "give one operator for each field, as a list");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct exception_entry *c = e->comps->items.items[i];

		if (c->is_list || comparator_form(c->text.text) == COMPARATOR_UNKNOWN) {
			wrong(s, e, entry_span(c, e), "'%.*s' is no operator",
			      STR_ARG(c->text.text));
			return false;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!check_field(s, e, e->fields->items.items[i]))
			return false;
	return true;
}

static bool check_scalar_form(struct store *s, struct exception_info *e)
{
	struct diag *d;

	if (!exception_entry_given(e->comps)) {
		e->comps = ARENA_NEW(s->arena, struct exception_entry);
		e->comps->text = text_generated(s->arena, STR("in"), e->ctx->span);
	}
	if (e->comps->is_list) {
		d = wrong(s, e, e->ctx->span, "exception '%.*s' has one field, but a list of comps",
			  STR_ARG(e->name));
		diag_note(s->d, d, d->at,
			  "write fields and comps both as lists or both as one value");
		return false;
	}
	if (comparator_form(e->comps->text.text) != COMPARATOR_LIST) {
		d = wrong(s, e, entry_span(e->comps, e),
			  "'%.*s' cannot compare one field with a list of values",
			  STR_ARG(e->comps->text.text));
		diag_note(s->d, d, d->at,
			  "use in, pmatch, intersects or an operator with anyof, allof or oneof");
		return false;
	}
	return check_field(s, e, e->fields);
}

bool check_exception(struct store *s, struct exception_info *e)
{
	if (!exception_entry_given(e->fields)) {
		wrong(s, e, e->ctx->span, "exception '%.*s' has no fields", STR_ARG(e->name));
		return false;
	}
	return e->fields->is_list ? check_row_form(s, e) : check_scalar_form(s, e);
}

/* ---- Building ----------------------------------------------------------------------------- */

static void put_quoted(struct text_builder *b, const struct exception_entry *e)
{
	struct str text = e->text.text;
	bool quote = str_chr(text, ' ') < text.len && text.p[0] != '"' && text.p[0] != '\'';
	struct span at = source_span(&e->text, 0, text.len);

	if (quote)
		text_word(b, "\"", at);
	text_put(b, &e->text);
	if (quote)
		text_word(b, "\"", at);
}

static void put_cell(struct text_builder *b, const struct exception_entry *cell, struct str comp,
		     struct span at)
{
	bool listed = comparator_form(comp) == COMPARATOR_LIST;

	if (cell->is_list) {
		text_word(b, "(", at);
		for (size_t i = 0; i < cell->items.n; i++) {
			if (i)
				text_word(b, ", ", at);
			put_quoted(b, cell->items.items[i]);
		}
		text_word(b, ")", at);
	} else if (listed) {
		bool open = str_starts_with(cell->text.text, STR("("));

		if (!open)
			text_word(b, "(", at);
		text_put(b, &cell->text);
		if (!open)
			text_word(b, ")", at);
	} else {
		put_quoted(b, cell);
	}
}

static void remember_field(struct store *s, struct rule_info *r, struct str field)
{
	for (size_t i = 0; i < r->exception_fields.n; i++)
		if (str_eq(r->exception_fields.items[i], field))
			return;
	VEC_PUSH(s->arena, &r->exception_fields, field);
}

/* A comparator that an override left out is '='. */
static struct source_text comparator(struct store *s, const struct exception_info *e, size_t i)
{
	if (e->comps->is_list && i < e->comps->items.n)
		return e->comps->items.items[i]->text;
	return text_generated(s->compiled, STR("="), e->ctx->span);
}

static bool put_rows(struct store *s, struct rule_info *r, const struct exception_info *e,
		     struct text_builder *b)
{
	struct span at = e->ctx->span;
	size_t n = e->fields->items.n;

	text_word(b, " and not (", at);
	for (size_t i = 0; i < e->values.n; i++) {
		const struct exception_entry *row = e->values.items[i];

		if (row->items.n != n) {
			struct span where = row->is_list && row->items.n
						    ? entry_span(row->items.items[0], e)
						    : entry_span(row, e);
			struct diag *d = wrong(s, e, where,
					       "a row of exception '%.*s' has %zu values, "
					       "its fields are %zu",
					       STR_ARG(e->name), row->items.n, n);

			if (!row->is_list)
				diag_note(s->d, d, d->at, "write each row as a list: [value]");
			return false;
		}
		text_word(b, i ? " or (" : "(", at);
		for (size_t k = 0; k < n; k++) {
			const struct exception_entry *field = e->fields->items.items[k];
			struct source_text comp = comparator(s, e, k);

			text_word(b, k ? " and  " : " ", at);
			text_put(b, &field->text);
			text_word(b, " ", at);
			text_put(b, &comp);
			text_word(b, " ", at);
			put_cell(b, row->items.items[k], comp.text, at);
			remember_field(s, r, field->text.text);
		}
		text_word(b, ")", at);
	}
	text_word(b, ")", at);
	return true;
}

static bool put_scalars(struct store *s, struct rule_info *r, const struct exception_info *e,
			struct text_builder *b)
{
	struct span at = e->ctx->span;

	text_word(b, " and not (", at);
	text_put(b, &e->fields->text);
	text_word(b, " ", at);
	text_put(b, &e->comps->text);
	text_word(b, " (", at);
	remember_field(s, r, e->fields->text.text);
	for (size_t i = 0; i < e->values.n; i++) {
		const struct exception_entry *v = e->values.items[i];

		if (v->is_list) {
			struct diag *d =
				wrong(s, e, v->items.n ? entry_span(v->items.items[0], e) : at,
				      "exception '%.*s' has one field: "
				      "its values are single values, not lists",
				      STR_ARG(e->name));

			diag_note(s->d, d, d->at,
				  "write 'fields' as a list to give rows of values");
			return false;
		}
		if (i)
			text_word(b, ", ", at);
		put_quoted(b, v);
	}
	text_word(b, "))", at);
	return true;
}

bool put_exceptions(struct store *s, struct rule_info *r, struct source_text *out)
{
	struct text_builder b;
	bool ok = true;

	r->exception_fields.n = 0;
	*out = r->condition;
	if (!r->exceptions.n)
		return true;
	text_begin(&b, s->compiled);
	text_word(&b, "(", source_span(&r->condition, 0, 0));
	text_put(&b, &r->condition);
	text_word(&b, ")",
		  source_span(&r->condition, r->condition.text.len, r->condition.text.len));
	for (size_t i = 0; i < r->exceptions.n && ok; i++) {
		const struct exception_info *e = r->exceptions.items[i];

		if (!e->values.n)
			continue;
		ok = e->fields->is_list ? put_rows(s, r, e, &b) : put_scalars(s, r, e, &b);
	}
	if (!text_end(&b, out) && ok) {
		report(s, LOAD_ERR_COMPILE_CONDITION, r->cond_ctx,
		       "with its exceptions, the condition of rule '%.*s' is too long",
		       STR_ARG(r->name));
		return false;
	}
	return ok;
}
