/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

/* From operands as written to terms. */

static struct term *term_new(struct checker *c, const struct operand *o)
{
	struct term *t = ARENA_NEW(c->pool->arena, struct term);

	t->kind = o->kind;
	t->fn = o->fn;
	t->deps = DEP_CONST;
	return t;
}

/* What field_parse reads: the key in quotes when it could not stand bare. */
static struct str field_text(struct arena *arena, const struct operand *o)
{
	struct lexer l = { o->key, 0 };
	struct str bare;
	char quote;

	if (!o->has_key || o->key.len == 0)
		return arena_str(arena, o->text);
	if (lex_key(&l, &bare) && l.at == o->key.len)
		return operand_field_text(arena, o);
	quote = str_chr(o->key, '"') < o->key.len ? '\'' : '"';
	return arena_printf(arena, "%.*s[%c%.*s%c]", STR_ARG(o->text), quote, STR_ARG(o->key),
			    quote);
}

/*
 * What `skip-if-unknown-filter` forgives: a field nobody knows, and a bad argument where Falco's
 * message for it is the same. It does not forgive parameters of events and lists of descriptors.
 */
static bool is_forgivable(enum field_error error, struct str name)
{
	return error == FIELD_UNKNOWN ||
	       (error == FIELD_BAD_ARGUMENT && !str_starts_with(name, STR("evt.")) &&
		!str_starts_with(name, STR("fd.")));
}

static void fail_field(struct checker *c, const struct operand *o, enum field_error error)
{
	struct str near = field_nearest(o->text);
	struct diag *d = NULL;

	switch (error) {
	case FIELD_OK:
		return;
	case FIELD_UNKNOWN:
		d = check_fail(c, o->at, o->end, "nonexistent field '%.*s'", STR_ARG(o->text));
		if (d && near.len)
			diag_note(c->diags, d, d->at, "did you mean '%.*s'?", STR_ARG(near));
		break;
	case FIELD_BAD_ARGUMENT:
		if (o->has_key)
			check_fail(c, o->at, o->end, "'%.*s' does not take the argument '%.*s'",
				   STR_ARG(o->text), STR_ARG(o->key));
		else
			check_fail(c, o->at, o->end, "'%.*s' names nothing that exists",
				   STR_ARG(o->text));
		break;
	case FIELD_NEEDS_ARGUMENT:
		check_fail(c, o->at, o->end, "'%.*s' needs an argument", STR_ARG(o->text));
		break;
	}
	if (is_forgivable(error, o->text))
		c->unknown = true;
}

static struct term *check_field(struct checker *c, const struct operand *o, bool right)
{
	struct field_ref ref;
	enum field_error error;
	struct term *t;

	error = field_parse(field_text(c->pool->arena, o), c->pool->statics, &ref);
	if (error) {
		fail_field(c, o, error);
		return NULL;
	}
	if (right && field_info(ref.id)->flags & FIELD_NO_RHS) {
		check_fail(c, o->at, o->end, "'%.*s' cannot be compared with another field",
			   STR_ARG(o->text));
		return NULL;
	}
	t = term_new(c, o);
	term_set_field(t, &ref);
	return t;
}

static bool check_items(struct checker *c, const struct operand *o, struct term *t, bool right)
{
	struct term **items = arena_array(c->pool->arena, o->n, sizeof(*items));

	for (size_t i = 0; i < o->n; i++) {
		struct term *item = term_check(c, o->items[i], right);

		if (!item)
			return false;
		if (item->kind == OPERAND_FIELD &&
		    field_info(item->field.id)->flags & FIELD_NO_TRANSFORMER) {
			check_fail(c, o->at, o->end, "'%.*s' cannot stand inside a function",
				   STR_ARG(o->items[i]->text));
			return false;
		}
		items[i] = item;
	}
	term_set_items(t, items, o->n);
	return true;
}

static struct term *check_call(struct checker *c, const struct operand *o, bool right)
{
	const char *why;
	struct term *t;
	size_t arg;

	if (o->fn == FN_VAL)
		return term_check(c, o->items[0], right);
	t = term_new(c, o);
	if (o->has_key)
		t->text = arena_str(c->pool->arena, o->key);
	/* On the right, fields that refuse it are refused only where they stand for themselves. */
	if (!check_items(c, o, t, right && transformers[o->fn].max == 1))
		return NULL;
	why = term_check_call(c->pool->arena, t, &arg);
	if (!why)
		return t;
	if (arg < o->n)
		o = o->items[arg];
	check_fail(c, o->at, o->end, "%s", why);
	return NULL;
}

/* A list may hold texts and numbers side by side; its type is the first that is no text. */
static struct term *check_list(struct checker *c, const struct operand *o)
{
	struct term *t = term_new(c, o);

	t->type = TYPE_CHARBUF;
	t->is_list = true;
	if (!check_items(c, o, t, false))
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		if (t->items[i]->is_list) {
			check_fail(c, o->items[i]->at, o->items[i]->end,
				   "a list cannot hold another list");
			return NULL;
		}
		if (type_is_text(t->type) && !type_is_text(t->items[i]->type))
			t->type = t->items[i]->type;
	}
	return t;
}

struct term *term_check(struct checker *c, const struct operand *o, bool right)
{
	struct term *t;

	switch (o->kind) {
	case OPERAND_FIELD:
		return check_field(c, o, right);
	case OPERAND_CALL:
		return check_call(c, o, right);
	case OPERAND_LIST:
		return check_list(c, o);
	case OPERAND_TEXT:
		t = term_new(c, o);
		t->type = TYPE_CHARBUF;
		t->text = arena_str(c->pool->arena, o->text);
		return t;
	}
	return NULL;
}

static void key_str(struct buf *out, struct str s)
{
	buf_printf(out, "%zu:", s.len);
	buf_str(out, s);
}

void term_key(struct buf *out, const struct term *t)
{
	buf_printf(out, "%d.%d.%d(", (int)t->kind, (int)t->fn, t->option);
	key_str(out, t->kind == OPERAND_FIELD ? t->field.text : t->text);
	for (size_t i = 0; i < t->n; i++)
		term_key(out, t->items[i]);
	buf_char(out, ')');
}
