/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

/*
 * A rule is shadowed when its condition implies that of a rule tried before it. The proof goes
 * by the shape of the two: conjunctions, disjunctions, tests. It is sound but not complete, and
 * gives up after a number of steps.
 */

#define STEPS_PER_PAIR 20000

struct part_of {
	const struct clause *c;
	bool negated;
};

static struct part_of opened(struct part_of p)
{
	for (;;) {
		p.c = clause_open(p.c);
		if (p.c->kind != PART_NOT)
			return p;
		p = (struct part_of){ p.c->items[0], !p.negated };
	}
}

static bool is_all_of(struct part_of p)
{
	return p.c->kind == (p.negated ? PART_OR : PART_AND);
}

static bool is_any_of(struct part_of p)
{
	return p.c->kind == (p.negated ? PART_AND : PART_OR);
}

static bool implies(struct linter *l, struct part_of a, struct part_of b)
{
	a = opened(a);
	b = opened(b);
	if (!step(l))
		return false;
	if (is_all_of(b)) {
		for (size_t i = 0; i < b.c->n; i++)
			if (!implies(l, a, (struct part_of){ b.c->items[i], b.negated }))
				return false;
		return true;
	}
	if (is_any_of(a)) {
		for (size_t i = 0; i < a.c->n; i++)
			if (!implies(l, (struct part_of){ a.c->items[i], a.negated }, b))
				return false;
		return true;
	}
	if (is_any_of(b))
		for (size_t i = 0; i < b.c->n; i++)
			if (implies(l, a, (struct part_of){ b.c->items[i], b.negated }))
				return true;
	if (is_all_of(a))
		for (size_t i = 0; i < a.c->n; i++)
			if (implies(l, (struct part_of){ a.c->items[i], a.negated }, b))
				return true;
	return a.c->kind == PART_TEST && b.c->kind == PART_TEST &&
	       fact_implies(l, (struct fact){ a.c, a.negated }, (struct fact){ b.c, b.negated });
}

static bool is_subset(const struct event_set *a, const struct event_set *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(a->words); i++)
		if (a->words[i] & ~b->words[i])
			return false;
	return true;
}

static bool shadows(struct linter *l, uint32_t earlier, uint32_t later)
{
	const struct ruleset *r = l->rules;
	const struct outline *of = l->outlines->of;

	if (!of[earlier].root || !is_subset(&r->rules[later].types, &r->rules[earlier].types))
		return false;
	l->steps = STEPS_PER_PAIR;
	return implies(l, (struct part_of){ of[later].root, false },
		       (struct part_of){ of[earlier].root, false });
}

void lint_shadowed(struct linter *l)
{
	const struct ruleset *r = l->rules;

	for (size_t i = 1; i < r->norder; i++) {
		const uint32_t later = r->order[i];
		const struct rule *rule = &r->rules[later];

		if (!l->outlines->of[later].root || l->never[later])
			continue;
		for (size_t k = 0; k < i; k++) {
			const uint32_t earlier = r->order[k];
			struct lint_finding *f;

			if (!shadows(l, earlier, later))
				continue;
			l->rule = rule;
			f = finding(l, LINT_SHADOWED, ruleset_rule_place(r, later).at,
				    "rule '%.*s' is never reported: each event it matches is "
				    "matched by '%.*s' first",
				    STR_ARG(rule->name), STR_ARG(r->rules[earlier].name));
			point_at(l, f, ruleset_rule_place(r, earlier).at, "it stands here");
			remedy(l, f,
			       "put the narrower rule first, or set 'rule_matching: all' in the "
			       "configuration");
			l->rule = NULL;
			break;
		}
	}
}
