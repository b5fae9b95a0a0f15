/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

struct list_info *find_list(const struct store *s, struct str name)
{
	return strmap_get(&s->list_names, name);
}

struct macro_info *find_macro(const struct store *s, struct str name)
{
	return strmap_get(&s->macro_names, name);
}

struct rule_info *find_rule(const struct store *s, struct str name)
{
	return strmap_get(&s->rule_names, name);
}

/* A redefinition keeps the place of the first definition. */
static struct item_order order_of(struct store *s, const struct item_order *first)
{
	size_t now = s->next_index++;

	return (struct item_order){ first ? first->index : now, now };
}

static bool name_taken(struct store *s, const struct context *ctx)
{
	report(s, LOAD_ERR_VALIDATE, ctx, "not enough memory for one more definition");
	return false;
}

static struct diag *no_base(struct store *s, const struct context *ctx, const char *kind,
			    struct str name, const struct strmap *names)
{
	struct diag *d = report(s, LOAD_ERR_VALIDATE, ctx,
				"no %s '%.*s' is defined before this place", kind, STR_ARG(name));
	struct str near = nearest_name(name, names);

	if (near.len)
		diag_note(s->d, d, d->at, "did you mean '%.*s'?", STR_ARG(near));
	else
		diag_note(s->d, d, d->at,
			  "files are read in the order given: the one that defines the %s first",
			  kind);
	return d;
}

void define_list(struct store *s, struct list_info *l)
{
	struct list_info *prev = find_list(s, l->name);

	l->order = order_of(s, prev ? &prev->order : NULL);
	if (prev) {
		*prev = *l;
	} else if (strmap_put(&s->list_names, l->name, l)) {
		VEC_PUSH(s->arena, &s->lists, l);
	}
}

bool append_list(struct store *s, const struct list_info *l)
{
	struct list_info *prev = find_list(s, l->name);

	if (!prev) {
		no_base(s, l->ctx, "list", l->name, &s->list_names);
		return false;
	}
	for (size_t i = 0; i < l->items.n; i++)
		VEC_PUSH(s->arena, &prev->items, l->items.items[i]);
	prev->order.visibility = s->next_index++;
	return true;
}

void define_macro(struct store *s, struct macro_info *m)
{
	struct macro_info *prev = find_macro(s, m->name);

	m->order = order_of(s, prev ? &prev->order : NULL);
	if (prev) {
		*prev = *m;
	} else if (strmap_put(&s->macro_names, m->name, m)) {
		VEC_PUSH(s->arena, &s->macros, m);
	}
}

/* "a" and "b" become "a b"; the space stands for the start of what is appended. */
static bool join(struct store *s, struct source_text *to, const struct source_text *more,
		 const struct context *ctx)
{
	struct text_builder b;

	text_begin(&b, s->arena);
	text_put(&b, to);
	text_word(&b, " ", source_span(more, 0, 0));
	text_put(&b, more);
	if (text_end(&b, to))
		return true;
	report(s, LOAD_ERR_VALIDATE, ctx, "with this appended, the text is too long");
	return false;
}

bool append_macro(struct store *s, const struct macro_info *m)
{
	struct macro_info *prev = find_macro(s, m->name);

	if (!prev) {
		no_base(s, m->ctx, "macro", m->name, &s->macro_names);
		return false;
	}
	if (!join(s, &prev->condition, &m->condition, m->ctx))
		return false;
	prev->order.visibility = s->next_index++;
	return true;
}

/* ---- Rules -------------------------------------------------------------------------------- */

static bool is_known_source(struct str source)
{
	return str_eq(source, STR("syscall"));
}

bool define_rule(struct store *s, struct rule_info *r)
{
	struct rule_info *prev = find_rule(s, r->name);

	if (prev && !str_eq(prev->source, r->source)) {
		struct diag *d =
			report(s, LOAD_ERR_VALIDATE, r->ctx,
			       "rule '%.*s' is defined for source '%.*s' already, "
			       "it cannot change to '%.*s'",
			       STR_ARG(r->name), STR_ARG(prev->source), STR_ARG(r->source));

		diag_note(s->d, d, prev->ctx->span, "the first definition is here");
		return false;
	}
	r->unknown_source = !is_known_source(r->source);
	if (r->unknown_source) {
		struct diag *d = report(s, LOAD_UNKNOWN_SOURCE, r->ctx,
					"nothing provides events of source '%.*s'; "
					"the rule is skipped",
					STR_ARG(r->source));

		if (str_ieq(str_trim(r->source), STR("syscall")))
			diag_note(s->d, d, d->at, "did you mean 'syscall'?");
	}
	for (size_t i = 0; i < r->exceptions.n && !r->unknown_source; i++)
		if (!check_exception(s, r->exceptions.items[i]))
			return false;
	r->order = order_of(s, prev ? &prev->order : NULL);
	if (prev) {
		*prev = *r;
		return true;
	}
	if (!strmap_put(&s->rule_names, r->name, r))
		return name_taken(s, r->ctx);
	VEC_PUSH(s->arena, &s->rules, r);
	return true;
}

static struct rule_info *base_rule(struct store *s, const struct rule_info *r)
{
	struct rule_info *prev = find_rule(s, r->name);

	if (!prev) {
		no_base(s, r->ctx, "rule", r->name, &s->rule_names);
	} else if (r->source.len && !str_eq(r->source, prev->source)) {
		report(s, LOAD_ERR_VALIDATE, r->ctx,
		       "rule '%.*s' is defined for source '%.*s', not '%.*s'", STR_ARG(r->name),
		       STR_ARG(prev->source), STR_ARG(r->source));
		return NULL;
	}
	return prev;
}

static struct exception_info *find_exception(const struct rule_info *r, struct str name)
{
	for (size_t i = 0; i < r->exceptions.n; i++)
		if (str_eq(r->exceptions.items[i]->name, name))
			return r->exceptions.items[i];
	return NULL;
}

static bool append_exception(struct store *s, struct rule_info *to, struct exception_info *e)
{
	struct exception_info *prev = find_exception(to, e->name);

	if (prev && (exception_entry_given(e->fields) || exception_entry_given(e->comps))) {
		const char *what = exception_entry_given(e->fields) ? "fields" : "comps";
		struct diag *d =
			report(s, LOAD_ERR_VALIDATE, e->ctx,
			       "exception '%.*s' exists: only values can be appended to it, "
			       "not %s",
			       STR_ARG(e->name), what);

		diag_note(s->d, d, prev->ctx->span, "it is defined here");
		return false;
	}
	if (prev) {
		for (size_t i = 0; i < e->values.n; i++)
			VEC_PUSH(s->arena, &prev->values, e->values.items[i]);
		return true;
	}
	if (!exception_entry_given(e->fields) || !e->values.n) {
		report(s, LOAD_ERR_VALIDATE, e->ctx,
		       "exception '%.*s' is new to the rule and needs fields and values",
		       STR_ARG(e->name));
		return false;
	}
	if (!to->unknown_source && !check_exception(s, e))
		return false;
	VEC_PUSH(s->arena, &to->exceptions, e);
	return true;
}

static void add_tag(struct store *s, struct rule_info *r, struct str tag)
{
	for (size_t i = 0; i < r->tags.n; i++)
		if (str_eq(r->tags.items[i], tag))
			return;
	VEC_PUSH(s->arena, &r->tags, tag);
}

bool append_rule(struct store *s, const struct rule_info *r)
{
	struct rule_info *prev = base_rule(s, r);

	if (!prev)
		return false;
	if (r->condition.text.len && !join(s, &prev->condition, &r->condition, r->ctx))
		return false;
	if (r->output.text.len && !join(s, &prev->output, &r->output, r->ctx))
		return false;
	if (r->desc.text.len && !join(s, &prev->desc, &r->desc, r->ctx))
		return false;
	for (size_t i = 0; i < r->tags.n; i++)
		add_tag(s, prev, r->tags.items[i]);
	for (size_t i = 0; i < r->exceptions.n; i++)
		if (!append_exception(s, prev, r->exceptions.items[i]))
			return false;
	prev->order.visibility = s->next_index++;
	return true;
}

bool replace_in_rule(struct store *s, const struct rule_info *r, const struct overrides *o)
{
	struct rule_info *prev = base_rule(s, r);

	if (!prev)
		return false;
	if (o->replace[KEY_CONDITION])
		prev->condition = r->condition;
	if (o->replace[KEY_OUTPUT])
		prev->output = r->output;
	if (o->replace[KEY_DESC])
		prev->desc = r->desc;
	if (o->replace[KEY_PRIORITY])
		prev->priority = r->priority;
	if (o->replace[KEY_TAGS])
		prev->tags.n = 0;
	for (size_t i = 0; i < r->tags.n && o->replace[KEY_TAGS]; i++)
		add_tag(s, prev, r->tags.items[i]);
	if (o->replace[KEY_EXCEPTIONS]) {
		prev->exceptions.n = 0;
		for (size_t i = 0; i < r->exceptions.n; i++)
			VEC_PUSH(s->arena, &prev->exceptions, r->exceptions.items[i]);
	}
	if (o->replace[KEY_ENABLED])
		prev->enabled = r->enabled;
	if (o->replace[KEY_WARN_EVTTYPES])
		prev->warn_evttypes = r->warn_evttypes;
	if (o->replace[KEY_SKIP_IF_UNKNOWN_FILTER])
		prev->skip_unknown = r->skip_unknown;
	if (o->replace[KEY_CAPTURE])
		prev->capture = r->capture;
	if (o->replace[KEY_CAPTURE_DURATION])
		prev->capture_duration_ms = r->capture_duration_ms;
	prev->order.visibility = s->next_index++;
	return true;
}

bool toggle_rule(struct store *s, const struct rule_info *r)
{
	struct rule_info *prev = base_rule(s, r);

	if (prev)
		prev->enabled = r->enabled;
	return prev != NULL;
}
