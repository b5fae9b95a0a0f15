/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

/* Operands with types: what each function takes and gives is checked here, once. */

static struct term *term_new(struct checker *c, const struct operand *o)
{
	struct term *t = ARENA_NEW(c->pool->arena, struct term);

	t->kind = o->kind;
	t->fn = o->fn;
	t->deps = DEP_CONST;
	return t;
}

static bool is_text(const struct term *t)
{
	return class_of(t->type) == CLASS_TEXT;
}

static bool is_text_or_bytes(const struct term *t)
{
	return is_text(t) || class_of(t->type) == CLASS_BYTES;
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
	struct term *t = term_new(c, o);
	const struct field_info *info;
	enum field_error error;

	error = field_parse(field_text(c->pool->arena, o), c->pool->statics, &t->field);
	if (error) {
		fail_field(c, o, error);
		return NULL;
	}
	info = field_info(t->field.id);
	if (right && info->flags & FIELD_NO_RHS) {
		check_fail(c, o->at, o->end, "'%.*s' cannot be compared with another field",
			   STR_ARG(o->text));
		return NULL;
	}
	t->type = t->field.type;
	t->is_list = info->flags & FIELD_LIST;
	t->deps = info->deps;
	return t;
}

static void fail_argument(struct checker *c, const struct operand *o, const struct term *arg,
			  size_t i, const char *wants)
{
	check_fail(c, o->items[i]->at, o->items[i]->end, "%.*s() wants %s, not %s%s",
		   STR_ARG(o->text), wants, arg->is_list ? "a list of " : "", type_name(arg->type));
}

static bool check_getopt(struct checker *c, const struct operand *o, struct term *t)
{
	if (!t->items[0]->is_list || !is_text(t->items[0])) {
		fail_argument(c, o, t->items[0], 0, "a list of texts");
		return false;
	}
	if (t->items[1]->kind != OPERAND_TEXT) {
		fail_argument(c, o, t->items[1], 1, "its option letters as a quoted text");
		return false;
	}
	t->is_list = !o->has_key || o->key.len == 0;
	if (!t->is_list && o->key.len != 1) {
		check_fail(c, o->at, o->end, "getopt()[c] wants one letter, not '%.*s'",
			   STR_ARG(o->key));
		return false;
	}
	t->option = t->is_list ? '\0' : o->key.p[0];
	t->type = TYPE_CHARBUF;
	return true;
}

static bool check_concat(struct checker *c, const struct operand *o, struct term *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->items[i]->is_list || !is_text(t->items[i])) {
			fail_argument(c, o, t->items[i], i, "texts");
			return false;
		}
	t->type = TYPE_CHARBUF;
	return true;
}

static bool check_join(struct checker *c, const struct operand *o, struct term *t)
{
	if (t->items[0]->is_list || !is_text(t->items[0])) {
		fail_argument(c, o, t->items[0], 0, "a text as separator");
		return false;
	}
	if (!t->items[1]->is_list) {
		fail_argument(c, o, t->items[1], 1, "a list");
		return false;
	}
	t->type = TYPE_CHARBUF;
	return true;
}

/* Functions of one argument, which keep its type and work on every element of a list. */
static bool check_mapped(struct checker *c, const struct operand *o, struct term *t)
{
	const struct term *arg = t->items[0];
	const bool fits = t->fn == FN_B64 ? is_text_or_bytes(arg) : is_text(arg);

	if (!fits) {
		fail_argument(c, o, arg, 0, "text");
		return false;
	}
	t->type = arg->type;
	t->is_list = arg->is_list;
	return true;
}

static bool check_types(struct checker *c, const struct operand *o, struct term *t)
{
	switch (t->fn) {
	case FN_TOLOWER:
	case FN_TOUPPER:
	case FN_BASENAME:
	case FN_B64:
		return check_mapped(c, o, t);
	case FN_LEN:
		if (!t->items[0]->is_list && !is_text_or_bytes(t->items[0])) {
			fail_argument(c, o, t->items[0], 0, "a text or a list");
			return false;
		}
		t->type = TYPE_UINT64;
		return true;
	case FN_JOIN:
		return check_join(c, o, t);
	case FN_CONCAT:
		return check_concat(c, o, t);
	case FN_GETOPT:
		return check_getopt(c, o, t);
	case FN_VAL:
	case TRANSFORMERS:
		break;
	}
	return false;
}

static bool check_items(struct checker *c, const struct operand *o, struct term *t, bool right)
{
	t->items = arena_array(c->pool->arena, o->n, sizeof(*t->items));
	for (t->n = 0; t->n < o->n; t->n++) {
		struct term *item = term_check(c, o->items[t->n], right);

		if (!item)
			return false;
		if (item->kind == OPERAND_FIELD &&
		    field_info(item->field.id)->flags & FIELD_NO_TRANSFORMER) {
			check_fail(c, o->at, o->end, "'%.*s' cannot stand inside a function",
				   STR_ARG(o->items[t->n]->text));
			return false;
		}
		t->items[t->n] = item;
		t->deps |= item->deps;
	}
	return true;
}

static struct term *check_call(struct checker *c, const struct operand *o, bool right)
{
	const struct transformer_row *row = &transformers[o->fn];
	struct term *t;

	if (o->fn == FN_VAL)
		return term_check(c, o->items[0], right);
	t = term_new(c, o);
	if (o->n < row->min || o->n > row->max) {
		check_fail(c, o->at, o->end, "%.*s() takes %s%u argument%s, not %zu",
			   STR_ARG(row->name), row->min == row->max ? "" : "at least ", row->min,
			   row->min == 1 ? "" : "s", o->n);
		return NULL;
	}
	if (o->has_key && o->key.len && o->fn != FN_GETOPT) {
		check_fail(c, o->at, o->end, "%.*s() takes no argument in brackets",
			   STR_ARG(row->name));
		return NULL;
	}
	/* On the right, fields that refuse it are refused only where they stand for themselves. */
	if (!check_items(c, o, t, right && row->max == 1) || !check_types(c, o, t))
		return NULL;
	return t;
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
		if (is_text(t) && !is_text(t->items[i]))
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
