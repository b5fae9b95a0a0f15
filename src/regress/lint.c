/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Comparisons of parts with parts; a rule of the usual size needs a few hundred. */
#define STEPS_PER_RULE 2000000

/* Bytes of a part that a message quotes. */
#define BRIEF 60

#define OWN LOAD_CODES

static const struct {
	struct lint_info info;
	enum load_code load;
} codes[] = {
#define LINT(id, name, severity, load, short_text, doc)                                            \
	[LINT_##id] = { { name, SEVERITY_##severity, short_text, doc }, load },
#include "tables/lint_codes.def"
#undef LINT
};

const struct lint_info *lint_info(enum lint_code code)
{
	return &codes[code].info;
}

static struct str format_text(struct arena *a, const char *format, va_list args)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), format, args);

	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(text)) {
		n = sizeof(text) - 1;
		memcpy(text + n - 3, "...", 3);
	}
	return arena_str(a, str_of(text, (size_t)n));
}

struct lint_finding *finding(struct linter *l, enum lint_code code, struct span at,
			     const char *format, ...)
{
	struct lint_report *r = l->report;
	struct lint_finding new = { .code = code, .at = at };
	va_list args;

	for (size_t i = 0; i < r->list.n; i++)
		if (r->list.items[i].code == code && span_equal(r->list.items[i].at, at))
			return NULL;
	va_start(args, format);
	new.message = format_text(l->arena, format, args);
	va_end(args);
	if (l->rule)
		new.rule = l->rule->name;
	VEC_PUSH(r->arena, &r->list, new);
	if (codes[code].info.severity == SEVERITY_NOTE)
		r->notes++;
	else
		r->warnings++;
	return &r->list.items[r->list.n - 1];
}

static void add_note(struct linter *l, struct lint_finding *f, struct span at, const char *format,
		     va_list args)
{
	for (size_t i = 0; f && i < ARRAY_SIZE(f->notes); i++) {
		if (f->notes[i].text.len)
			continue;
		f->notes[i] = (struct note){ at, format_text(l->arena, format, args) };
		return;
	}
}

void remedy(struct linter *l, struct lint_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(l, f, (struct span){ 0 }, format, args);
	va_end(args);
}

void point_at(struct linter *l, struct lint_finding *f, struct span at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(l, f, at, format, args);
	va_end(args);
}

struct str brief(const struct linter *l, struct str text)
{
	return text.len <= BRIEF ? text : arena_printf(l->arena, "%.*s...", BRIEF, text.p);
}

bool step(struct linter *l)
{
	if (!l->steps)
		return false;
	l->steps--;
	return true;
}

/* ---- What the loader found ---------------------------------------------------------------- */

static unsigned count_types(const struct event_set *s)
{
	unsigned n = 0;

	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++)
		n += event_set_has(s, t);
	return n;
}

/* The loader's one code for rules of too many kinds of events and of none. */
static void pass_on_types(struct linter *l, const struct diag *d)
{
	for (size_t i = 0; i < l->rules->nrules; i++) {
		const struct rule *rule = &l->rules->rules[i];
		struct lint_finding *f;

		if (!span_equal(ruleset_rule_place(l->rules, i).at, d->at) || l->never[i])
			continue;
		l->rule = rule;
		if (count_types(&rule->types) <= 1) {
			f = finding(l, LINT_NEVER_MATCHES, d->at, "%.*s", STR_ARG(d->message));
		} else {
			f = finding(l, LINT_NO_EVENT_TYPE, d->at,
				    "rule '%.*s' does not say which events it is about",
				    STR_ARG(rule->name));
			remedy(l, f,
			       "add 'evt.type in (...)'; 'warn_evttypes: false' says that all "
			       "are meant");
		}
		l->rule = NULL;
	}
}

/* Loading compiles everything again with each file: the same warning comes several times. */
static void pass_on(struct linter *l, const struct diag *d)
{
	struct lint_finding *f;

	if (d->code == LOAD_NO_EVTTYPE) {
		pass_on_types(l, d);
		return;
	}
	for (size_t i = 0; i < LINT_CODES; i++) {
		if (codes[i].load != d->code)
			continue;
		f = finding(l, (enum lint_code)i, d->at, "%.*s", STR_ARG(d->message));
		for (size_t n = 0; f && n < ARRAY_SIZE(d->notes); n++)
			f->notes[n] = d->notes[n];
	}
}

/* What the last file may use is known only now, so the loader's own words come too early. */
static void unused(struct linter *l)
{
	for (size_t i = 0; i < ruleset_macros(l->rules); i++) {
		struct macro_place m = ruleset_macro_at(l->rules, i);

		if (!m.used)
			remedy(l,
			       finding(l, LINT_UNUSED_MACRO, m.at,
				       "macro '%.*s' is not used by any rule", STR_ARG(m.name)),
			       "remove it, or use it");
	}
	for (size_t i = 0; i < ruleset_lists(l->rules); i++) {
		struct list_place p = ruleset_list_at(l->rules, i);

		if (!p.used)
			remedy(l,
			       finding(l, LINT_UNUSED_LIST, p.at,
				       "list '%.*s' is not used by any rule", STR_ARG(p.name)),
			       "remove it, or use it");
	}
}

/* ---- The report --------------------------------------------------------------------------- */

static size_t file_of(const struct ruleset *rules, const struct lint_finding *f)
{
	size_t i = 0;

	while (f->at.doc && i < rules->nresults &&
	       !str_eq(rules->results[i].file, str_from(f->at.doc->name)))
		i++;
	return i;
}

struct sort_key {
	size_t file;
	struct lint_finding finding;
};

static int by_place(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->finding.at.start != y->finding.at.start)
		return x->finding.at.start < y->finding.at.start ? -1 : 1;
	return (int)x->finding.code - (int)y->finding.code;
}

static void sort_report(struct lint_report *r, const struct ruleset *rules)
{
	struct sort_key *keys = arena_array(r->arena, r->list.n, sizeof(*keys));

	for (size_t i = 0; i < r->list.n; i++)
		keys[i] = (struct sort_key){ file_of(rules, &r->list.items[i]), r->list.items[i] };
	if (r->list.n)
		qsort(keys, r->list.n, sizeof(*keys), by_place);
	for (size_t i = 0; i < r->list.n; i++)
		r->list.items[i] = keys[i].finding;
}

struct lint_report *lint(struct arena *arena, const struct ruleset *rules,
			 const struct rule_options *options)
{
	struct lint_report *report = ARENA_NEW(arena, struct lint_report);
	struct outlines *outlines = outlines_new(arena, rules, &options->statics);
	struct linter l = { .arena = arena, .rules = rules, .report = report };

	report->arena = arena;
	l.outlines = outlines;
	l.never = arena_array(arena, rules->nrules, sizeof(*l.never));
	for (size_t i = 0; i < rules->nrules; i++) {
		if (!outlines->of[i].root)
			continue;
		l.rule = &rules->rules[i];
		l.steps = STEPS_PER_RULE;
		lint_meaning(&l, i);
		lint_values(&l, outlines->of[i].root);
	}
	l.rule = NULL;
	for (size_t i = 0; i < rules->nresults; i++)
		for (size_t k = 0; k < rules->results[i].diags.list.n; k++)
			pass_on(&l, &rules->results[i].diags.list.items[k]);
	lint_lists(&l);
	unused(&l);
	if (options->matching == MATCH_FIRST)
		lint_shadowed(&l);
	sort_report(report, rules);
	outlines_free(outlines);
	return report;
}
