/* SPDX-License-Identifier: Apache-2.0 */
#include "field/term.h"

/* Which values the functions take, and what kind of value they give. */

const struct transformer_row transformers[TRANSFORMERS] = {
#define TRANSFORMER(id, text, least, most, help)                                                   \
	[FN_##id] = { { text, sizeof(text) - 1 }, least, most },
#include "tables/transformers.def"
#undef TRANSFORMER
};

bool type_is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

void term_set_field(struct term *t, const struct field_ref *ref)
{
	const struct field_info *info = field_info(ref->id);

	t->kind = OPERAND_FIELD;
	t->field = *ref;
	t->type = ref->type;
	t->is_list = info->flags & FIELD_LIST;
	t->deps = info->deps;
}

void term_set_items(struct term *t, struct term **items, size_t n)
{
	t->items = items;
	t->n = n;
	t->deps = DEP_CONST;
	for (size_t i = 0; i < n; i++)
		t->deps |= items[i]->deps;
}

static bool is_text(const struct term *t)
{
	return type_is_text(t->type);
}

static bool is_text_or_bytes(const struct term *t)
{
	return is_text(t) || t->type == TYPE_BYTEBUF;
}

/* What a check found: argument `arg` should be what `wants` says; wants NULL: nothing. */
struct fault {
	const char *wants;
	size_t arg;
};

/* Functions of one argument, which keep its type and work on every element of a list. */
static struct fault check_mapped(struct term *t)
{
	const struct term *arg = t->items[0];

	if (!(t->fn == FN_B64 ? is_text_or_bytes(arg) : is_text(arg)))
		return (struct fault){ "text", 0 };
	t->type = arg->type;
	t->is_list = arg->is_list;
	return (struct fault){ 0 };
}

static struct fault check_len(struct term *t)
{
	if (!t->items[0]->is_list && !is_text_or_bytes(t->items[0]))
		return (struct fault){ "a text or a list", 0 };
	t->type = TYPE_UINT64;
	return (struct fault){ 0 };
}

static struct fault check_join(const struct term *t)
{
	if (t->items[0]->is_list || !is_text(t->items[0]))
		return (struct fault){ "a text as separator", 0 };
	if (!t->items[1]->is_list)
		return (struct fault){ "a list", 1 };
	return (struct fault){ 0 };
}

static struct fault check_concat(const struct term *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->items[i]->is_list || !is_text(t->items[i]))
			return (struct fault){ "texts", i };
	return (struct fault){ 0 };
}

static struct fault check_getopt(struct term *t)
{
	if (!t->items[0]->is_list || !is_text(t->items[0]))
		return (struct fault){ "a list of texts", 0 };
	if (t->items[1]->kind != OPERAND_TEXT)
		return (struct fault){ "its option letters as a quoted text", 1 };
	t->is_list = t->text.len == 0;
	t->option = t->is_list ? '\0' : t->text.p[0];
	return (struct fault){ 0 };
}

static struct fault check_arguments(struct term *t)
{
	switch (t->fn) {
	case FN_TOLOWER:
	case FN_TOUPPER:
	case FN_BASENAME:
	case FN_B64:
		return check_mapped(t);
	case FN_LEN:
		return check_len(t);
	case FN_JOIN:
		return check_join(t);
	case FN_CONCAT:
		return check_concat(t);
	case FN_GETOPT:
		return check_getopt(t);
	case FN_VAL: /* whoever parses it puts the field in its place */
	case TRANSFORMERS:
		break;
	}
	return (struct fault){ "no arguments", 0 };
}

/* What is wrong with the call apart from the kinds of its arguments. */
static const char *check_shape(struct arena *arena, const struct term *t)
{
	const struct transformer_row *row = &transformers[t->fn];

	if (t->n < row->min || t->n > row->max)
		return arena_printf(arena, "%.*s() takes %s%u argument%s, not %zu",
				    STR_ARG(row->name), row->min == row->max ? "" : "at least ",
				    row->min, row->min == 1 ? "" : "s", t->n)
			.p;
	if (t->text.len && t->fn != FN_GETOPT)
		return arena_printf(arena, "%.*s() takes no argument in brackets",
				    STR_ARG(row->name))
			.p;
	if (t->text.len > 1)
		return arena_printf(arena, "getopt()[c] wants one letter, not '%.*s'",
				    STR_ARG(t->text))
			.p;
	return NULL;
}

const char *term_check_call(struct arena *arena, struct term *t, size_t *arg)
{
	const char *why = check_shape(arena, t);
	const struct term *item;
	struct fault fault;

	*arg = t->n;
	if (why)
		return why;
	t->type = TYPE_CHARBUF;
	fault = check_arguments(t);
	if (!fault.wants)
		return NULL;
	*arg = fault.arg;
	item = t->items[fault.arg];
	return arena_printf(arena, "%.*s() wants %s, not %s%s", STR_ARG(transformers[t->fn].name),
			    fault.wants, item->is_list ? "a list of " : "", type_name(item->type))
		.p;
}
