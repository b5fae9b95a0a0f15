/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <stdlib.h>

void names_add(struct names *n, struct str name)
{
	for (size_t i = 0; i < n->list.n; i++)
		if (str_eq(n->list.items[i], name))
			return;
	VEC_PUSH(n->arena, &n->list, arena_str(n->arena, name));
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void names_sort(struct names *n)
{
	if (n->list.n)
		qsort(n->list.items, n->list.n, sizeof(*n->list.items), by_text);
}

struct macro_names {
	const struct store *s;
	struct names *out;
};

/* A list can stand where a macro does, when its items are a condition. */
static bool add_macro(struct str name, size_t at, void *arg)
{
	struct macro_names *m = arg;

	(void)at;
	if (find_macro(m->s, name))
		names_add(m->out, name);
	return true;
}

static void add_field(struct str name, size_t at, void *arg)
{
	(void)at;
	names_add(arg, name);
}

static void add_operator(struct str name, void *arg)
{
	names_add(arg, name);
}

void facts_of_tree(const struct ast *tree, struct names *fields, struct names *operators)
{
	ast_each_field(tree, add_field, fields);
	ast_each_operator(tree, add_operator, operators);
	names_sort(fields);
	names_sort(operators);
}

/* ---- Names in the author's condition ------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t word_length(struct str text, size_t at)
{
	size_t end = at;

	while (end < text.len && !is_blank(text.p[end]) && !strchr("()\"'=,", text.p[end]))
		end++;
	return end - at;
}

static size_t skip_quoted(struct str text, size_t at)
{
	char quote = text.p[at++];

	while (at < text.len && !(text.p[at] == quote && text.p[at - 1] != '\\'))
		at++;
	return at + 1;
}

/* After these comes a list of values. */
static bool takes_list(struct str word)
{
	static const char *const words[] = {
		"in", "intersects", "pmatch", "oneof", "anyof", "allof"
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(word, str_from(words[i])))
			return true;
	return false;
}

/* The names of lists that stand as values; quoted ones are text. */
static void lists_in_text(const struct store *s, struct str text, struct names *out)
{
	enum { OUTSIDE, EXPECTED, INSIDE } where = OUTSIDE;

	for (size_t at = 0; at < text.len;) {
		char c = text.p[at];
		size_t n = word_length(text, at);
		struct str word = str_of(text.p + at, n);

		if (n) {
			if (where == INSIDE && find_list(s, word))
				names_add(out, word);
			if (where != INSIDE)
				where = takes_list(word) ? EXPECTED : OUTSIDE;
			at += n;
		} else if (c == '"' || c == '\'') {
			at = skip_quoted(text, at);
		} else {
			if (c == '(' && where == EXPECTED)
				where = INSIDE;
			else if (c == ')' || c == '(')
				where = OUTSIDE;
			at++;
		}
	}
}

void facts_of_text(const struct store *s, const struct source_text *text, struct names *macros,
		   struct names *lists)
{
	struct diags ignored = { .arena = macros->arena };
	struct macro_names found = { s, macros };
	struct ast *tree;
	size_t at;

	tree = ast_parse(macros->arena, text, &ignored, &at);
	if (tree)
		ast_each_macro(tree, add_macro, &found);
	lists_in_text(s, text->text, lists);
	names_sort(macros);
	names_sort(lists);
}

/* ---- Event names -------------------------------------------------------------------------- */

void names_of_events(const struct pool *p, expr_id e, const struct event_set *types,
		     struct names *out)
{
	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++) {
		bool generic = t == EVENT_GENERIC_E || t == EVENT_GENERIC_X;

		if (event_set_has(types, t) && event_info(t)->exists && !generic)
			names_add(out, event_info(t)->name);
	}
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *call = syscall_info(code);

		if (call->exists && call->exit_event == EVENT_GENERIC_X &&
		    pool_possible_for(p, e, call->name))
			names_add(out, call->name);
	}
	names_sort(out);
}

/* ---- Outputs ------------------------------------------------------------------------------ */

/* The byte after the call's closing parenthesis, and after [key]; 0 when it has none. */
static size_t call_end(struct str text, size_t at)
{
	size_t depth = 0;

	while (at < text.len) {
		char c = text.p[at];

		if (c == '"' || c == '\'') {
			at = skip_quoted(text, at);
			continue;
		}
		at++;
		depth += c == '(';
		if (c == ')' && --depth == 0)
			return at;
	}
	return 0;
}

/* "%tolower(proc.name)" is listed as the call in its canonical form, before the fields in it. */
static void add_call(struct names *out, struct str text, size_t at)
{
	size_t end = call_end(text, at);
	struct diags ignored = { .arena = out->arena };
	struct source_text test;
	struct buf printed = { 0 };
	struct ast *tree;
	size_t error;

	if (!end)
		return;
	test = text_generated(out->arena,
			      arena_printf(out->arena, "%.*s exists", (int)(end - at), text.p + at),
			      (struct span){ 0 });
	tree = ast_parse(out->arena, &test, &ignored, &error);
	if (!tree)
		return;
	ast_print(&printed, tree);
	if (str_ends_with(buf_view(&printed), STR(" exists")))
		names_add(out, str_of(printed.p, printed.len - strlen(" exists")));
	buf_fini(&printed);
}

void names_of_output(struct str text, const struct template *t, struct names *out)
{
	const struct field_ref *fields;
	size_t n = template_fields(t, &fields);

	for (size_t at = 0; at < text.len; at++) {
		size_t word;

		if (text.p[at] != '%')
			continue;
		for (word = at + 1; word < text.len && text.p[word] >= '0' && text.p[word] <= '9';)
			word++;
		if (word + word_length(text, word) < text.len &&
		    text.p[word + word_length(text, word)] == '(' && word_length(text, word))
			add_call(out, text, word);
	}
	for (size_t i = 0; i < n; i++)
		names_add(out, fields[i].text);
	names_sort(out);
}
