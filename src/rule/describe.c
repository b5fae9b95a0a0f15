/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <stdio.h>

/* -L and -l: what is loaded, as text or in the shape of falco_describe_results. */

/* ---- JSON --------------------------------------------------------------------------------- */

/* Objects are written key by key in alphabetical order, as Falco's are. */
struct json {
	struct buf *out;
	bool first; /* in the object or array being written */
};

static void json_begin(struct json *j, const char *open)
{
	buf_str(j->out, str_from(open));
	j->first = true;
}

static void json_end(struct json *j, const char *close)
{
	buf_str(j->out, str_from(close));
	j->first = false;
}

static void json_next(struct json *j)
{
	if (!j->first)
		buf_char(j->out, ',');
	j->first = false;
}

static void json_key(struct json *j, const char *key)
{
	json_next(j);
	json_string(j->out, str_from(key));
	buf_char(j->out, ':');
}

static void json_text(struct json *j, const char *key, struct str value)
{
	json_key(j, key);
	json_string(j->out, value);
}

static void json_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	buf_str(j->out, value ? STR("true") : STR("false"));
}

static void json_strings(struct json *j, const char *key, const struct str *items, size_t n)
{
	json_key(j, key);
	json_begin(j, "[");
	for (size_t i = 0; i < n; i++) {
		json_next(j);
		json_string(j->out, items[i]);
	}
	json_end(j, "]");
}

static void json_names(struct json *j, const char *key, struct names *n)
{
	json_strings(j, key, n->list.items, n->list.n);
}

static void json_tree(struct json *j, const char *key, const struct ast *tree)
{
	struct buf text = { 0 };

	ast_print(&text, tree);
	json_text(j, key, buf_view(&text));
	buf_fini(&text);
}

/* ---- Items -------------------------------------------------------------------------------- */

static void describe_list(struct json *j, const struct list_info *l, struct arena *scratch)
{
	struct names inner = { .arena = scratch };

	for (size_t i = 0; i < l->lists.n; i++)
		names_add(&inner, l->lists.items[i]);
	names_sort(&inner);
	json_next(j);
	json_begin(j, "{");
	json_key(j, "details");
	json_begin(j, "{");
	json_key(j, "items_compiled");
	json_begin(j, "[");
	for (size_t i = 0; i < l->compiled.n; i++) {
		json_next(j);
		json_string(j->out, l->compiled.items[i].text);
	}
	json_end(j, "]");
	json_names(j, "lists", &inner);
	json_strings(j, "plugins", NULL, 0);
	json_bool(j, "used", l->used);
	json_end(j, "}");
	json_key(j, "info");
	json_begin(j, "{");
	json_key(j, "items");
	json_begin(j, "[");
	for (size_t i = 0; i < l->items.n; i++) {
		bool is_inner = false;

		for (size_t k = 0; k < l->lists.n; k++)
			is_inner |= str_eq(l->lists.items[k], l->items.items[i].text);
		if (is_inner)
			continue;
		json_next(j);
		json_string(j->out, l->items.items[i].text);
	}
	json_end(j, "]");
	json_text(j, "name", l->name);
	json_end(j, "}");
	json_end(j, "}");
}

/* A macro nobody uses may hold what does not compile: then it says nothing about event types. */
static void macro_events(const struct store *s, const struct macro_info *m, struct names *out)
{
	struct arena *scratch = arena_new();
	struct diags ignored = { .arena = scratch };
	struct pool *pool = pool_new(scratch, &s->options->statics);
	struct event_set types;
	bool unknown;
	size_t at;
	expr_id e = pool_add(pool, m->expanded, &m->resolved, &ignored, &at, &unknown);

	if (e == EXPR_NONE) {
		struct source_text any =
			text_generated(scratch, STR("evt.num exists"), m->ctx->span);

		e = pool_add(pool, ast_parse(scratch, &any, &ignored, &at), &any, &ignored, &at,
			     &unknown);
	}
	types = pool_event_types(pool, e);
	names_of_events(pool, e, &types, out);
	pool_free(pool);
	arena_free(scratch);
}

static void describe_macro(struct json *j, const struct store *s, const struct macro_info *m,
			   struct arena *scratch)
{
	struct names fields = { .arena = scratch }, operators = { .arena = scratch };
	struct names macros = { .arena = scratch }, lists = { .arena = scratch };
	struct names events = { .arena = scratch };

	facts_of_tree(m->expanded, &fields, &operators);
	facts_of_text(s, &m->condition, &macros, &lists);
	macro_events(s, m, &events);
	json_next(j);
	json_begin(j, "{");
	json_key(j, "details");
	json_begin(j, "{");
	json_tree(j, "condition_compiled", m->expanded);
	json_names(j, "condition_fields", &fields);
	json_names(j, "condition_operators", &operators);
	json_names(j, "events", &events);
	json_names(j, "lists", &lists);
	json_names(j, "macros", &macros);
	json_strings(j, "plugins", NULL, 0);
	json_bool(j, "used", m->used);
	json_end(j, "}");
	json_key(j, "info");
	json_begin(j, "{");
	json_text(j, "condition", m->condition.text);
	json_text(j, "name", m->name);
	json_end(j, "}");
	json_end(j, "}");
}

static void describe_exceptions(struct json *j, const struct rule_info *r, struct arena *scratch)
{
	struct names names = { .arena = scratch }, operators = { .arena = scratch };
	struct names fields = { .arena = scratch };

	for (size_t i = 0; i < r->exceptions.n; i++) {
		const struct exception_info *e = r->exceptions.items[i];

		names_add(&names, e->name);
		for (size_t k = 0; k < e->comps->items.n; k++)
			names_add(&operators, e->comps->items.items[k]->text.text);
		if (!e->comps->is_list)
			names_add(&operators, e->comps->text.text);
	}
	for (size_t i = 0; i < r->exception_fields.n; i++)
		names_add(&fields, r->exception_fields.items[i]);
	names_sort(&names);
	names_sort(&operators);
	names_sort(&fields);
	json_names(j, "exception_fields", &fields);
	json_names(j, "exception_names", &names);
	json_names(j, "exception_operators", &operators);
}

static void describe_details(struct json *j, const struct store *s, const struct rule_info *r,
			     struct arena *scratch)
{
	struct names fields = { .arena = scratch }, operators = { .arena = scratch };
	struct names macros = { .arena = scratch }, lists = { .arena = scratch };
	struct names events = { .arena = scratch }, outputs = { .arena = scratch };
	struct names extras = { .arena = scratch };

	facts_of_tree(r->expanded, &fields, &operators);
	facts_of_text(s, &r->condition, &macros, &lists);
	names_of_events(s->pool, r->expr, &r->types, &events);
	names_of_output(r->output_full, r->message, &outputs);
	for (size_t i = 0; i < r->nextra; i++)
		names_add(&extras, r->extra_keys[i]);
	json_begin(j, "{");
	json_tree(j, "condition_compiled", r->expanded);
	json_names(j, "condition_fields", &fields);
	json_names(j, "condition_operators", &operators);
	json_names(j, "events", &events);
	describe_exceptions(j, r, scratch);
	json_names(j, "extra_output_formatted_fields", &extras);
	json_names(j, "lists", &lists);
	json_names(j, "macros", &macros);
	json_text(j, "output_compiled", r->output_full);
	json_names(j, "output_fields", &outputs);
	json_strings(j, "plugins", NULL, 0);
	json_end(j, "}");
}

static void describe_rule(struct json *j, const struct store *s, const struct rule_info *r,
			  const struct rule *selected, struct arena *scratch)
{
	json_next(j);
	json_begin(j, "{");
	if (r->compiled) {
		json_key(j, "details");
		describe_details(j, s, r, scratch);
	}
	json_key(j, "info");
	json_begin(j, "{");
	json_bool(j, "capture", r->capture);
	json_key(j, "capture_duration");
	buf_u64(j->out, r->capture_duration_ms);
	json_text(j, "condition", r->condition.text);
	json_text(j, "description", r->desc.text);
	json_bool(j, "enabled", selected->enabled);
	json_text(j, "name", r->name);
	json_text(j, "output", r->output.text);
	json_text(j, "priority", str_from(priority_name(r->priority)));
	json_text(j, "source", r->source);
	json_strings(j, "tags", selected->tags, selected->ntags);
	json_end(j, "}");
	json_end(j, "}");
}

static void describe_plugins(struct json *j, const struct store *s)
{
	json_key(j, "required_plugin_versions");
	json_begin(j, "[");
	for (size_t i = 0; i < s->plugins.n; i++) {
		const struct plugin_requirement *r = s->plugins.items[i];

		json_next(j);
		json_begin(j, "{");
		json_key(j, "alternatives");
		json_begin(j, "[");
		for (size_t k = 1; k < r->any.n; k++) {
			json_next(j);
			json_begin(j, "{");
			json_text(j, "name", r->any.items[k].name);
			json_text(j, "version", r->any.items[k].version);
			json_end(j, "}");
		}
		json_end(j, "]");
		json_text(j, "name", r->any.items[0].name);
		json_text(j, "version", r->any.items[0].version);
		json_end(j, "}");
	}
	json_end(j, "]");
}

static void describe_all(struct json *j, const struct ruleset *set, struct arena *scratch)
{
	const struct store *s = set->store;
	char version[48];

	snprintf(version, sizeof(version), "%u.%u.%u", s->engine.major, s->engine.minor,
		 s->engine.patch);
	json_begin(j, "{");
	json_key(j, "lists");
	json_begin(j, "[");
	for (size_t i = 0; i < s->lists.n; i++)
		describe_list(j, s->lists.items[i], scratch);
	json_end(j, "]");
	json_key(j, "macros");
	json_begin(j, "[");
	for (size_t i = 0; i < s->macros.n; i++) {
		describe_macro(j, s, s->macros.items[i], scratch);
		arena_reset(scratch);
	}
	json_end(j, "]");
	json_text(j, "required_engine_version", str_from(version));
	describe_plugins(j, s);
	json_key(j, "rules");
	json_begin(j, "[");
	for (size_t i = 0; i < s->rules.n; i++) {
		describe_rule(j, s, s->rules.items[i], &set->rules[i], scratch);
		arena_reset(scratch);
	}
	json_end(j, "]");
	json_end(j, "}");
}

/* ---- Text --------------------------------------------------------------------------------- */

#define NAME_WIDTH 50
#define LINE_WIDTH 110

static void pad(struct buf *out, size_t n)
{
	while (n--)
		buf_char(out, ' ');
}

/* Name and description in two columns, the second one wrapped between words. */
static void print_rule(struct buf *out, struct str name, struct str desc)
{
	size_t column;

	buf_str(out, name);
	pad(out, name.len < NAME_WIDTH ? NAME_WIDTH - name.len : 0);
	buf_char(out, ' ');
	column = NAME_WIDTH + 1;
	for (size_t at = 0; at < desc.len;) {
		struct str rest = str_from_index(desc, at), word = rest;

		word.len = 0;
		while (word.len < rest.len && !strchr(" \t\r\n", rest.p[word.len]))
			word.len++;
		if (column + word.len > LINE_WIDTH && column > NAME_WIDTH + 1) {
			buf_char(out, '\n');
			pad(out, NAME_WIDTH + 1);
			column = NAME_WIDTH + 1;
		}
		if (word.len) {
			buf_str(out, word);
			buf_char(out, ' ');
			column += word.len + 1;
		}
		at += word.len + 1;
	}
	while (out->len && out->p[out->len - 1] == ' ')
		out->len--;
	buf_str(out, STR("\n\n"));
}

static void describe_text(struct buf *out, const struct ruleset *set, struct str name)
{
	buf_printf(out, "%-*s %s\n%-*s %s\n", NAME_WIDTH, "Rule", "Description", NAME_WIDTH, "----",
		   "-----------");
	for (size_t i = 0; i < set->nrules; i++)
		if (!name.p || str_eq(set->rules[i].name, name))
			print_rule(out, set->rules[i].name, set->rules[i].desc);
}

void ruleset_describe(struct buf *out, const struct ruleset *r, struct str name, bool json)
{
	struct json j = { .out = out };
	struct arena *scratch;

	if (!json) {
		describe_text(out, r, name);
		return;
	}
	scratch = arena_new();
	j.first = true;
	if (!name.p)
		describe_all(&j, r, scratch);
	for (size_t i = 0; name.p && i < r->nrules; i++)
		if (str_eq(r->rules[i].name, name))
			describe_rule(&j, r->store, r->store->rules.items[i], &r->rules[i],
				      scratch);
	buf_char(out, '\n');
	arena_free(scratch);
}
