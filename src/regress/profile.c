/* SPDX-License-Identifier: Apache-2.0 */
#include "regress/profile.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "explain.h"
#include "format/format.h"

struct cost {
	uint64_t evaluations, hits, ns;
};

/* One test, wherever it stands; by expression. */
struct test_cost {
	const struct clause *clause; /* the first place; NULL: no test */
	uint32_t rules;              /* that hold it */
	uint32_t last_rule;          /* + 1, while counting them */
	struct cost cost;
};

struct profile {
	struct outlines *outlines;
	const struct ruleset *rules;
	enum match_mode mode;
	struct cost *of_rule; /* parallel to rules->rules */
	struct test_cost *tests;
	size_t ntests;
	uint64_t events;
	uint64_t clock_ns; /* what reading the clock costs */
};

static uint64_t clock_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		const uint64_t start = clock_monotonic_ns(), ns = clock_monotonic_ns() - start;

		if (ns < least)
			least = ns;
	}
	return least;
}

static size_t count_tests(const struct clause *c)
{
	size_t most = c->kind == PART_TEST && c->expr != EXPR_NONE ? (size_t)c->expr + 1 : 0;

	for (size_t i = 0; i < c->n; i++) {
		const size_t inner = count_tests(c->items[i]);

		if (inner > most)
			most = inner;
	}
	return most;
}

static void list_tests(struct profile *p, const struct clause *c, uint32_t rule)
{
	if (c->kind == PART_TEST && c->expr != EXPR_NONE) {
		struct test_cost *t = &p->tests[c->expr];

		if (!t->clause)
			t->clause = c;
		if (t->last_rule != rule + 1)
			t->rules++;
		t->last_rule = rule + 1;
	}
	for (size_t i = 0; i < c->n; i++)
		list_tests(p, c->items[i], rule);
}

struct profile *profile_new(struct arena *arena, const struct ruleset *rules,
			    const struct rule_options *options)
{
	struct profile *p = ARENA_NEW(arena, struct profile);

	p->outlines = outlines_new(arena, rules, &options->statics);
	p->rules = rules;
	p->mode = options->matching;
	p->of_rule = arena_array(arena, rules->nrules, sizeof(*p->of_rule));
	for (size_t i = 0; i < rules->norder; i++) {
		const struct clause *root = p->outlines->of[rules->order[i]].root;
		const size_t n = root ? count_tests(root) : 0;

		if (n > p->ntests)
			p->ntests = n;
	}
	p->tests = arena_array(arena, p->ntests, sizeof(*p->tests));
	for (size_t i = 0; i < rules->norder; i++)
		if (p->outlines->of[rules->order[i]].root)
			list_tests(p, p->outlines->of[rules->order[i]].root, rules->order[i]);
	p->clock_ns = clock_cost();
	return p;
}

void profile_free(struct profile *p)
{
	if (p)
		outlines_free(p->outlines);
}

static bool test_eval(struct profile *p, const struct clause *c, const struct field_ctx *ctx,
		      struct cost *rule)
{
	struct cost *cost;
	uint64_t start, ns;
	bool verdict;

	if (c->expr == EXPR_NONE)
		return false;
	cost = &p->tests[c->expr].cost;
	start = clock_monotonic_ns();
	verdict = pool_eval(p->outlines->pool, c->expr, ctx);
	ns = clock_monotonic_ns() - start;
	ns = ns > p->clock_ns ? ns - p->clock_ns : 0;
	cost->evaluations++;
	cost->hits += verdict;
	cost->ns += ns;
	rule->ns += ns;
	return verdict;
}

static bool eval(struct profile *p, const struct clause *c, const struct field_ctx *ctx,
		 struct cost *rule)
{
	switch (c->kind) {
	case PART_TEST:
		return test_eval(p, c, ctx, rule);
	case PART_MACRO:
		return c->n && eval(p, c->items[0], ctx, rule);
	case PART_NOT:
		return !eval(p, c->items[0], ctx, rule);
	case PART_AND:
	case PART_OR:
		break;
	}
	for (size_t i = 0; i < c->n; i++)
		if (eval(p, c->items[i], ctx, rule) == (c->kind == PART_OR))
			return c->kind == PART_OR;
	return c->kind == PART_AND;
}

void profile_watch(const struct field_ctx *ctx, void *arg)
{
	struct profile *p = arg;

	p->events++;
	for (size_t i = 0; i < p->rules->norder; i++) {
		const uint32_t index = p->rules->order[i];
		const struct clause *root = p->outlines->of[index].root;
		struct cost *cost = &p->of_rule[index];
		bool verdict;

		if (!root || !event_set_has(&p->rules->rules[index].types, ctx->ev->type))
			continue;
		verdict = eval(p, root, ctx, cost);
		cost->evaluations++;
		cost->hits += verdict;
		if (verdict && p->mode == MATCH_FIRST)
			break;
	}
}

/* ---- Result ------------------------------------------------------------------------------- */

struct line {
	const struct cost *cost;
	const struct rule *rule;
	const struct test_cost *test;
};

static int by_cost(const void *a, const void *b)
{
	const struct cost *x = ((const struct line *)a)->cost, *y = ((const struct line *)b)->cost;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	if (x->evaluations != y->evaluations)
		return x->evaluations < y->evaluations ? 1 : -1;
	/* Addresses within one array: the order of the rules and of the parts. */
	return x < y ? -1 : x > y;
}

static struct line *sorted_rules(const struct profile *p, struct arena *a, size_t *n)
{
	struct line *lines = arena_array(a, p->rules->norder, sizeof(*lines));

	for (*n = 0; *n < p->rules->norder; ++*n) {
		const uint32_t index = p->rules->order[*n];

		lines[*n].cost = &p->of_rule[index];
		lines[*n].rule = &p->rules->rules[index];
	}
	if (*n)
		qsort(lines, *n, sizeof(*lines), by_cost);
	return lines;
}

static struct line *sorted_tests(const struct profile *p, struct arena *a, size_t *n)
{
	struct line *lines = arena_array(a, p->ntests, sizeof(*lines));

	*n = 0;
	for (size_t i = 0; i < p->ntests; i++)
		if (p->tests[i].clause)
			lines[(*n)++] = (struct line){ &p->tests[i].cost, NULL, &p->tests[i] };
	if (*n)
		qsort(lines, *n, sizeof(*lines), by_cost);
	return lines;
}

static void put_line(struct buf *out, const struct line *l, bool json)
{
	const struct cost *c = l->cost;
	struct buf text = { 0 };

	if (l->rule)
		text_escape(&text, l->rule->name);
	else
		put_clause_text(&text, l->test->clause);
	if (json) {
		buf_char(out, '{');
		put_json_text(out, l->rule ? "rule" : "part", buf_view(&text));
		if (l->test) {
			buf_char(out, ',');
			put_json_text(out, "test", l->test->clause->test->text);
			put_json_place(out, l->test->clause->at);
			buf_printf(out, ",\"rules\":%u", l->test->rules);
		}
		buf_printf(out,
			   ",\"ns\":%" PRIu64 ",\"evaluations\":%" PRIu64 ",\"true\":%" PRIu64
			   ",\"false\":%" PRIu64 "}",
			   c->ns, c->evaluations, c->hits, c->evaluations - c->hits);
	} else {
		buf_printf(out, "%12" PRIu64 " %8.1f %11" PRIu64 " %10" PRIu64 " %10" PRIu64 "  ",
			   c->ns, c->evaluations ? (double)c->ns / (double)c->evaluations : 0.0,
			   c->evaluations, c->hits, c->evaluations - c->hits);
		buf_str(out, buf_view(&text));
		if (l->test) {
			buf_str(out, STR("  ["));
			put_place(out, l->test->clause->at);
			buf_printf(out, "%s%u rule%s]", l->test->clause->at.doc ? ", " : "",
				   l->test->rules, l->test->rules == 1 ? "" : "s");
		}
		buf_char(out, '\n');
	}
	buf_fini(&text);
}

static void put_lines(struct buf *out, const struct line *lines, size_t n, bool json)
{
	for (size_t i = 0; i < n; i++) {
		if (json && i)
			buf_char(out, ',');
		put_line(out, &lines[i], json);
	}
}

static size_t at_most(size_t n, size_t limit)
{
	return limit && limit < n ? limit : n;
}

void profile_result(const struct profile *p, struct buf *out, bool json, size_t limit)
{
	static const char head[] = "          ns  ns/eval evaluations       true      false  ";
	struct arena *a = arena_new();
	size_t nrules, ntests;
	const struct line *rules = sorted_rules(p, a, &nrules);
	const struct line *tests = sorted_tests(p, a, &ntests);

	if (json)
		buf_printf(out, "{\"events\":%" PRIu64 ",\"rules\":[", p->events);
	else
		buf_printf(out, "%" PRIu64 " events\n%srule\n", p->events, head);
	put_lines(out, rules, at_most(nrules, limit), json);
	if (json)
		buf_str(out, STR("],\"parts\":["));
	else
		buf_printf(out, "\n%spart\n", head);
	put_lines(out, tests, at_most(ntests, limit), json);
	if (json)
		buf_str(out, STR("]}\n"));
	arena_free(a);
}
