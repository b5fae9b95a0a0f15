/* SPDX-License-Identifier: Apache-2.0 */
#include "../filter/support_random.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Programs against the interpreter on recorded machines: conditions are made from what the
 * fields have there, then all events pass, and every program, with all its parts and with each
 * of them left out, has to say what the interpreter says. BESRA_LONG=1 looks at every event and
 * makes more conditions. BESRA_CONDITIONS names a file with a condition a line; then these are
 * compared instead.
 */

enum { SET = 130, TOGETHER = PROGRAM_PARTS + 1, FIRST, WAYS };

/* A rule set in every way it can be compiled. */
struct set {
	struct arena *arena;
	struct pool *pool;
	struct program_rule *rules;
	struct str *texts;
	size_t n, cap;
	/* With everything, without each part, with tries and scans for the least; FIRST, too. */
	struct programs *ways[WAYS];
	bool *truth;
	uint64_t verdicts, hits, recalled, faults;
};

static void set_init(struct set *s, size_t cap)
{
	*s = (struct set){ .arena = arena_new(), .cap = cap };
	s->pool = pool_new(s->arena, NULL);
	s->rules = arena_array(s->arena, cap, sizeof(*s->rules));
	s->texts = arena_array(s->arena, cap, sizeof(*s->texts));
	s->truth = arena_array(s->arena, cap, sizeof(*s->truth));
}

static void set_add(struct set *s, struct str text)
{
	struct source_text source = { .text = arena_str(s->arena, text) };
	struct diags diags = { .arena = s->arena };
	struct program_rule *rule = &s->rules[s->n];
	const struct ast *tree;
	bool unknown;
	size_t at;

	tree = ast_parse(s->arena, &source, &diags, &at);
	if (!tree)
		return;
	rule->condition = pool_add(s->pool, tree, &source, &diags, &at, &unknown);
	if (rule->condition == EXPR_NONE)
		return;
	rule->types = pool_event_types(s->pool, rule->condition);
	s->texts[s->n++] = source.text;
}

static void set_compile(struct set *s)
{
	for (int way = 0; way < WAYS; way++) {
		struct program_options options = { .mode = MATCH_ALL, .check_memory = true };

		if (way == FIRST)
			options.mode = MATCH_FIRST;
		if (way >= TOGETHER)
			options.together = 1;
		else if (way > 0)
			options.without = 1u << (way - 1);
		s->ways[way] = programs_compile_with(s->arena, s->pool, s->rules, s->n, &options);
		assert_true(programs_check(s->ways[way]));
	}
}

static void set_fini(struct set *s)
{
	for (int way = 0; way < WAYS; way++)
		programs_free(s->ways[way]);
	pool_free(s->pool);
	arena_free(s->arena);
}

static void set_fault(struct set *s, const struct machine *m, size_t rule, int way)
{
	if (s->faults++ < 20)
		print_error("\tevent %llu (%s), way %d: %.*s\n", (unsigned long long)m->ev.num,
			    m->ev.info->name.p, way, STR_ARG(s->texts[rule]));
}

static void compare(struct set *s, const struct machine *m)
{
	size_t first = s->n;

	for (size_t i = s->n; i-- > 0;) {
		s->truth[i] = event_set_has(&s->rules[i].types, m->ev.type) &&
			      pool_eval(s->pool, s->rules[i].condition, &m->ctx);
		if (s->truth[i])
			first = i;
		s->hits += s->truth[i];
	}
	s->verdicts += s->n;
	for (int way = 0; way < WAYS; way++) {
		struct matches hits;
		size_t at = 0;

		programs_run(s->ways[way], &m->ctx, &hits);
		if (way == FIRST) {
			if (hits.n != (first < s->n) || (hits.n && hits.rule[0] != first))
				set_fault(s, m, first < s->n ? first : hits.rule[0], way);
			continue;
		}
		for (size_t i = 0; i < s->n; i++) {
			const bool hit = at < hits.n && hits.rule[at] == i;

			at += hit;
			if (hit != s->truth[i])
				set_fault(s, m, i, way);
		}
	}
}

/* All ways are compared on every `step`th event; if `every`, the first sees those between, too. */
static void set_run(struct set *s, const char *trace, unsigned step, bool every)
{
	struct program_stats stats;
	struct machine m;
	struct matches hits;
	uint64_t n = 0;

	machine_init(&m, trace);
	while (machine_step(&m)) {
		if (n++ % step == 0)
			compare(s, &m);
		else if (every)
			programs_run(s->ways[0], &m.ctx, &hits);
	}
	for (int way = 0; way < WAYS; way++) {
		program_stats(s->ways[way], &stats);
		s->recalled += stats.recalled;
		if (stats.wrong)
			print_error("\tway %d: %llu answers remembered for too long\n", way,
				    (unsigned long long)stats.wrong);
		s->faults += stats.wrong;
	}
	machine_fini(&m);
}

/* Conditions about the events of one trace: a few for each of some of them. */
static void set_invent(struct set *s, const char *trace, uint64_t events, uint64_t seed)
{
	struct random_source r = { .state = seed };
	const uint64_t step = events / 40 + 1;
	struct machine m;
	uint64_t n = 0;

	machine_init(&m, trace);
	r.ctx = &m.ctx;
	while (s->n < s->cap && machine_step(&m)) {
		if (n++ % step)
			continue;
		for (size_t i = 0; i < s->cap / 40 + 1 && s->n < s->cap; i++) {
			struct buf text = { 0 };

			random_condition(&r, &text);
			set_add(s, buf_view(&text));
			buf_fini(&text);
		}
	}
	machine_fini(&m);
}

struct totals {
	uint64_t conditions, verdicts, hits, recalled, faults;
};

static void add_totals(struct totals *t, const struct set *s)
{
	t->conditions += s->n;
	t->verdicts += s->verdicts;
	t->hits += s->hits;
	t->recalled += s->recalled;
	t->faults += s->faults;
}

static void programs_agree_on_recorded_machines(void **state)
{
	const bool thorough = getenv("BESRA_LONG") != NULL;
	const unsigned sets = thorough ? 16 : 4, step_for = thorough ? UINT32_MAX : 300;
	struct arena *arena = arena_new();
	const char *traces[TRACES];
	size_t n = find_traces(arena, traces, TRACES);
	struct totals all = { 0 };

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const uint64_t events = count_events(traces[i]);

		for (unsigned k = 0; k < sets; k++) {
			struct set s;

			set_init(&s, SET);
			set_invent(&s, traces[i], events, 1000 * (uint64_t)k + i + 1);
			set_compile(&s);
			set_run(&s, traces[i], (unsigned)(events / step_for) + 1,
				thorough || k == 0);
			add_totals(&all, &s);
			set_fini(&s);
		}
	}
	print_message(
		"  %llu conditions, %llu verdicts, %llu true, %llu remembered and asked again\n",
		(unsigned long long)all.conditions, (unsigned long long)all.verdicts,
		(unsigned long long)all.hits, (unsigned long long)all.recalled);
	assert_int_equal(all.faults, 0);
	assert_true(all.recalled > 0 && all.hits > all.verdicts / 50);
	arena_free(arena);
}

static void add_lines(struct set *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!f)
		fail_msg("%s cannot be read", path);
	while ((len = getline(&line, &size, f)) > 0 && s->n < s->cap)
		set_add(s, str_trim(str_of(line, (size_t)len)));
	free(line);
	fclose(f);
}

static void programs_agree_on_the_conditions_of_a_file(void **state)
{
	const char *path = getenv("BESRA_CONDITIONS");
	struct arena *arena = arena_new();
	const char *traces[TRACES];
	size_t n = path ? find_traces(arena, traces, TRACES) : 0;
	struct totals all = { 0 };

	(void)state;
	if (!path)
		print_message("  SKIP: BESRA_CONDITIONS names no file\n");
	for (size_t i = 0; i < n; i++) {
		const uint64_t events = count_events(traces[i]);
		struct set s;

		set_init(&s, 10000);
		add_lines(&s, path);
		set_compile(&s);
		set_run(&s, traces[i], (unsigned)(events / 200) + 1, true);
		print_message("  %s: %zu conditions, %llu true\n", traces[i], s.n,
			      (unsigned long long)s.hits);
		add_totals(&all, &s);
		set_fini(&s);
	}
	assert_int_equal(all.faults, 0);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_agree_on_recorded_machines),
		cmocka_unit_test(programs_agree_on_the_conditions_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
