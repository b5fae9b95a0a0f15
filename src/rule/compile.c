/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* More event types than this in one rule are worth a warning: most of them never match. */
#define MANY_EVENT_TYPES 100

void forgive_last(struct store *s)
{
	struct diag *d = &s->d->list.items[s->d->list.n - 1];

	d->code = LOAD_UNKNOWN_FILTER;
	s->d->errors--;
	s->d->warnings++;
	diag_note(s->d, d, d->at, "'skip-if-unknown-filter' is set: the rule is skipped");
}

static unsigned count_types(const struct event_set *set)
{
	unsigned n = 0;

	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++)
		n += event_set_has(set, t);
	return n;
}

/* Asynchronous events are in every set, whether the condition can be true for them or not. */
static bool can_match(const struct store *s, const struct rule_info *r, unsigned types)
{
	return types > 1 || !event_set_has(&r->types, EVENT_ASYNCEVENT_E) ||
	       pool_possible_for(s->pool, r->expr, event_info(EVENT_ASYNCEVENT_E)->name);
}

static void warn_types(struct store *s, const struct rule_info *r)
{
	unsigned n = count_types(&r->types);
	struct diag *d;

	if (!r->warn_evttypes)
		return;
	if (n > MANY_EVENT_TYPES) {
		d = report(s, LOAD_NO_EVTTYPE, r->ctx,
			   "rule '%.*s' looks at nearly every kind of event, which is slow",
			   STR_ARG(r->name));
		diag_note(s->d, d, d->at,
			  "name the events it is about, as in 'evt.type in (open, openat)'; "
			  "'warn_evttypes: false' silences this");
	} else if (!can_match(s, r, n)) {
		d = report(s, LOAD_NO_EVTTYPE, r->ctx,
			   "rule '%.*s' can never match: no kind of event satisfies its condition",
			   STR_ARG(r->name));
		diag_note(s->d, d, d->at, "evt.type cannot have two values at once; use 'in'");
	}
}

/* What is wrong in a macro is shown there; which rule asked for it is worth saying. */
static void name_user(struct store *s, size_t first, const struct rule_info *r)
{
	struct span own = r->cond_ctx->span;

	for (size_t i = first; i < s->d->list.n; i++) {
		struct diag *d = &s->d->list.items[i];

		if (d->at.doc &&
		    (d->at.doc != own.doc || d->at.start < own.start || d->at.start > own.end) &&
		    load_code_severity(d->code) == SEVERITY_ERROR)
			diag_note(s->d, d, r->ctx->span, "used by rule '%.*s'", STR_ARG(r->name));
		if (d->deprecated_field.len)
			note_deprecated(s, d);
	}
}

static bool compile_condition(struct store *s, struct rule_info *r, struct source_text *text,
			      bool *skip)
{
	size_t first = s->d->list.n, at = 0;
	bool unknown = false;

	if (!put_lists(s, text, &r->full)) {
		report(s, LOAD_ERR_COMPILE_CONDITION, r->cond_ctx,
		       "with its lists, the condition of rule '%.*s' is too long",
		       STR_ARG(r->name));
		return false;
	}
	r->ast = ast_parse(s->compiled, &r->full, s->d, &at);
	relocate(s, first, r->cond_ctx);
	if (!r->ast || !expand_rule(s, r))
		return false;
	first = s->d->list.n;
	r->expr = pool_add(s->pool, r->expanded, &r->full, s->d, &at, &unknown);
	relocate(s, first, r->cond_ctx);
	name_user(s, first, r);
	if (r->expr != EXPR_NONE)
		return true;
	if (unknown && r->skip_unknown) {
		forgive_last(s);
		*skip = true;
		return true;
	}
	return false;
}

static bool compile_rule(struct store *s, struct rule_info *r)
{
	struct source_text text;
	bool skip = false;

	r->compiled = false;
	r->ast = r->expanded = NULL;
	r->message = NULL;
	r->expr = EXPR_NONE;
	r->full = r->condition;
	r->output_full = r->output.text;
	r->types = (struct event_set){ 0 };
	r->nextra = 0;
	if (r->unknown_source)
		return true;
	if (!put_exceptions(s, r, &text) || !compile_output(s, r, &skip))
		return false;
	if (skip)
		return true;
	if (!compile_condition(s, r, &text, &skip))
		return false;
	if (skip)
		return true;
	r->types = pool_event_types(s->pool, r->expr);
	warn_types(s, r);
	r->compiled = true;
	return true;
}

static void warn_unused(struct store *s)
{
	for (size_t i = 0; i < s->macros.n; i++) {
		const struct macro_info *m = s->macros.items[i];

		if (!m->used)
			report(s, LOAD_UNUSED_MACRO, m->ctx, "macro '%.*s' is not used by any rule",
			       STR_ARG(m->name));
	}
	for (size_t i = 0; i < s->lists.n; i++) {
		const struct list_info *l = s->lists.items[i];

		if (!l->used)
			report(s, LOAD_UNUSED_LIST, l->ctx, "list '%.*s' is not used by any rule",
			       STR_ARG(l->name));
	}
}

bool compile_store(struct store *s)
{
	if (s->pool)
		pool_free(s->pool);
	arena_free(s->compiled);
	s->compiled = arena_new();
	s->pool = pool_new(s->compiled, &s->options->statics);
	pool_measured(s->pool, s->options->measures);
	compile_lists(s);
	if (!compile_macros(s))
		return false;
	for (size_t i = 0; i < s->rules.n; i++)
		if (!compile_rule(s, s->rules.items[i]))
			return false;
	warn_unused(s);
	return true;
}
