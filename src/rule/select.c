/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

/*
 * '*' stands for any text, and what follows one is taken where it first occurs: "a*b" does not
 * match "abxb". Falco has it so, for rule names and for the names of rules files.
 */
bool wildcard_matches(struct str pattern, struct str text)
{
	size_t star = str_chr(pattern, '*');

	if (!str_starts_with(text, str_of(pattern.p, star)))
		return false;
	text = str_from_index(text, star);
	while (star < pattern.len) {
		struct str rest = str_from_index(pattern, star + 1), part;
		const char *hit;

		star = str_chr(rest, '*');
		part = str_of(rest.p, star);
		hit = part.len ? memmem(text.p, text.len, part.p, part.len) : text.p;
		if (!hit)
			return false;
		text = str_from_index(text, (size_t)(hit - text.p) + part.len);
		if (star == rest.len && !part.len)
			return true;
		pattern = rest;
	}
	return !text.len;
}

static bool is_selected(const struct rule_selector *by, const struct rule_info *r)
{
	if (by->rule.p && wildcard_matches(by->rule, r->name))
		return true;
	for (size_t i = 0; by->tag.p && i < r->tags.n; i++)
		if (str_eq(r->tags.items[i], by->tag))
			return true;
	return false;
}

static bool is_enabled(const struct store *s, const struct rule_info *r)
{
	bool enabled = r->enabled;

	for (size_t i = 0; i < s->options->nselectors; i++)
		if (is_selected(&s->options->selectors[i], r))
			enabled = s->options->selectors[i].enable;
	return enabled;
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void fill_rule(struct store *s, const struct rule_info *from, struct rule *to)
{
	struct str *tags = arena_array(s->arena, from->tags.n, sizeof(*tags));

	if (from->tags.n) {
		memcpy(tags, from->tags.items, from->tags.n * sizeof(*tags));
		qsort(tags, from->tags.n, sizeof(*tags), by_text);
	}
	*to = (struct rule){
		.name = from->name,
		.desc = from->desc.text,
		.source = from->source,
		.condition = from->full.text,
		.output = from->output.text,
		.output_compiled = from->output_full,
		.priority = from->priority,
		.tags = tags,
		.ntags = from->tags.n,
		.enabled = is_enabled(s, from),
		.ast = from->ast,
		.expanded = from->expanded,
		.expr = from->expr,
		.types = from->types,
		.message = from->message,
		.extra = from->extra,
		.extra_keys = from->extra_keys,
		.nextra = from->nextra,
		.capture = from->capture,
		.capture_duration_ms = from->capture_duration_ms,
	};
	to->in_set = to->enabled && from->compiled && from->priority <= s->options->threshold;
}

static bool template_reads(const struct template *t, uint16_t deps)
{
	const struct field_ref *fields;
	size_t n = t ? template_fields(t, &fields) : 0;

	for (size_t i = 0; i < n; i++)
		if (field_info(fields[i].id)->deps & deps)
			return true;
	return false;
}

/* Whether its condition or what it prints has a field that depends on one of these. */
static bool rule_reads(const struct pool *pool, const struct rule *r, uint16_t deps)
{
	if (pool_deps(pool, r->expr) & deps || template_reads(r->message, deps))
		return true;
	for (size_t i = 0; i < r->nextra; i++)
		if (template_reads(r->extra[i], deps))
			return true;
	return false;
}

static void event_set_add(struct event_set *to, const struct event_set *more)
{
	for (size_t i = 0; i < ARRAY_SIZE(to->words); i++)
		to->words[i] |= more->words[i];
}

/* The rules that take part, in the order of their first definition. */
void select_rules(struct store *s, struct ruleset *set)
{
	struct program_rule *programs = arena_array(s->arena, s->rules.n, sizeof(*programs));

	set->rules = arena_array(s->arena, s->rules.n, sizeof(*set->rules));
	set->order = arena_array(s->arena, s->rules.n, sizeof(*set->order));
	set->nrules = s->rules.n;
	set->norder = 0;
	for (size_t i = 0; i < s->rules.n; i++) {
		struct rule *r = &set->rules[i];

		fill_rule(s, s->rules.items[i], r);
		if (!r->in_set)
			continue;
		programs[set->norder] = (struct program_rule){ r->expr, r->types };
		set->order[set->norder++] = (uint32_t)i;
		if (rule_reads(s->pool, r, DEP_EXTENSION))
			event_set_add(&set->extended, &r->types);
	}
	set->pool = s->pool;
	if (s->pool)
		set->programs = programs_compile(s->arena, s->pool, programs, set->norder,
						 s->options->matching);
}
