/* SPDX-License-Identifier: Apache-2.0 */
#include "support_random.h"

/* Programs against the interpreter. */

enum { BATCH = 250, BATCHES = 44 };

struct batch {
	struct arena *arena;
	struct pool *pool;
	struct program_rule rules[BATCH];
	struct str texts[BATCH];
	size_t n;
};

/* Conditions in one pool, as a rule set has them: atoms and groups are shared. */
static void batch_init(struct batch *b, struct random_source *r)
{
	*b = (struct batch){ .arena = arena_new() };
	b->pool = pool_new(b->arena, NULL);
	while (b->n < BATCH) {
		struct buf text = { 0 };
		struct diags diags = { .arena = b->arena };
		struct source_text source;
		struct program_rule *rule = &b->rules[b->n];
		const struct ast *tree;
		size_t at;
		bool unknown;

		random_condition(r, &text);
		source = (struct source_text){ .text = arena_str(b->arena, buf_view(&text)) };
		buf_fini(&text);
		tree = ast_parse(b->arena, &source, &diags, &at);
		assert_non_null(tree);
		rule->condition = pool_add(b->pool, tree, &source, &diags, &at, &unknown);
		if (rule->condition == EXPR_NONE)
			continue;
		rule->types = pool_event_types(b->pool, rule->condition);
		b->texts[b->n++] = source.text;
	}
}

static void batch_fini(struct batch *b)
{
	pool_free(b->pool);
	arena_free(b->arena);
}

static bool holds(const struct batch *b, size_t rule, const struct field_ctx *ctx)
{
	return event_set_has(&b->rules[rule].types, ctx->ev->type) &&
	       pool_eval(b->pool, b->rules[rule].condition, ctx);
}

static size_t compare_all(const struct batch *b, struct programs *p, const struct scene *s)
{
	struct matches hits;
	size_t at = 0, faults = 0;

	programs_run(p, &s->ctx, &hits);
	for (size_t i = 0; i < b->n; i++) {
		const bool hit = at < hits.n && hits.rule[at] == i;

		at += hit;
		if (hit == holds(b, i, &s->ctx))
			continue;
		faults++;
		print_error("\t%s: program %d: %.*s\n", s->ev.info->name.p, hit,
			    STR_ARG(b->texts[i]));
	}
	assert_int_equal(at, hits.n);
	return faults;
}

static size_t compare_first(const struct batch *b, struct programs *p, const struct scene *s)
{
	struct matches hits;
	size_t first = 0;

	while (first < b->n && !holds(b, first, &s->ctx))
		first++;
	programs_run(p, &s->ctx, &hits);
	return hits.n != (first < b->n) || (hits.n && hits.rule[0] != first);
}

static void programs_agree_with_the_interpreter(void **state)
{
	struct scenes scenes;
	struct random_source r = { .state = 88172645463325252u, .scenes = &scenes };
	size_t faults = 0, verdicts = 0, hits = 0;

	(void)state;
	scenes_load(&scenes);
	for (unsigned n = 0; n < BATCHES; n++) {
		const struct program_options eager = { .mode = MATCH_ALL, .together = 1 };
		struct programs *all, *first, *sets;
		struct batch b;

		batch_init(&b, &r);
		all = programs_compile(b.arena, b.pool, b.rules, b.n, MATCH_ALL);
		first = programs_compile(b.arena, b.pool, b.rules, b.n, MATCH_FIRST);
		sets = programs_compile_with(b.arena, b.pool, b.rules, b.n, &eager);
		assert_true(programs_check(all) && programs_check(first) && programs_check(sets));
		for (size_t i = 0; i < scenes.n; i++) {
			struct scene *s = &scenes.items[i].scene;
			struct matches m;

			faults += compare_all(&b, all, s);
			faults += compare_all(&b, sets, s);
			faults += compare_first(&b, first, s);
			programs_run(all, &s->ctx, &m);
			hits += m.n;
			verdicts += b.n;
		}
		programs_free(all);
		programs_free(first);
		programs_free(sets);
		batch_fini(&b);
	}
	print_message("  %u conditions, %zu verdicts, %zu true\n", BATCHES * BATCH, verdicts, hits);
	assert_int_equal(faults, 0);
	assert_true(hits > verdicts / 20 && hits < verdicts * 19 / 20);
	scenes_fini(&scenes);
}

/*
 * Falco's printed form leaves out quotes that reading back would need around commas, parentheses
 * and nothing at all; what does read back is the same condition.
 */
static void printed_conditions_read_back(void **state)
{
	struct scenes scenes;
	struct random_source r = { .state = 42, .scenes = &scenes };
	unsigned read_back = 0;

	(void)state;
	scenes_load(&scenes);
	for (unsigned n = 0; n < 2000; n++) {
		struct buf text = { 0 }, once = { 0 }, twice = { 0 };
		struct compiled c, again;

		random_condition(&r, &text);
		c = compile(buf_view(&text));
		ast_print(&once, c.tree);
		again = compile(buf_view(&once));
		if (again.tree) {
			read_back++;
			ast_print(&twice, again.tree);
			assert_true(str_eq(buf_view(&once), buf_view(&twice)));
		}
		compiled_fini(&c);
		compiled_fini(&again);
		buf_fini(&text);
		buf_fini(&once);
		buf_fini(&twice);
	}
	assert_true(read_back > 1000);
	scenes_fini(&scenes);
}

/* A type whose set holds no rule, or whose rules fold to false, has no program. */
static void types_without_rules_are_not_wanted(void **state)
{
	struct compiled c = compile(STR("evt.type = open and fd.name exists and evt.dir = <"));
	struct program_rule rule;
	struct programs *p;

	(void)state;
	rule = (struct program_rule){ c.expr, pool_event_types(c.pool, c.expr) };
	p = programs_compile(c.arena, c.pool, &rule, 1, MATCH_ALL);
	assert_true(programs_want(p, EVENT_OPEN_X));
	assert_false(programs_want(p, EVENT_OPEN_E));
	assert_false(programs_want(p, EVENT_CLOSE_X));
	assert_false(programs_want(p, EVENT_GENERIC_X));
	programs_free(p);
	compiled_fini(&c);
}

/* Macros inside macros double with every level; shared groups keep the code small. */
static void shared_groups_are_written_once(void **state)
{
	enum { LEVELS = 12 };
	struct scenes scenes;
	struct buf text = { 0 }, inner = { 0 }, code = { 0 };
	struct program_rule rule;
	struct programs *p;
	struct compiled c;

	(void)state;
	scenes_load(&scenes);
	buf_str(&inner, STR("(proc.name = a or proc.pname = b)"));
	for (unsigned i = 0; i < LEVELS; i++) {
		buf_reset(&text);
		buf_printf(&text, "((%.*s or fd.num = %u) and (%.*s or proc.pid = %u))",
			   STR_ARG(buf_view(&inner)), i, STR_ARG(buf_view(&inner)), i);
		buf_reset(&inner);
		buf_str(&inner, buf_view(&text));
	}
	c = compile(buf_view(&text));
	assert_int_not_equal(c.expr, EXPR_NONE);
	rule = (struct program_rule){ c.expr, pool_event_types(c.pool, c.expr) };
	p = programs_compile(c.arena, c.pool, &rule, 1, MATCH_ALL);
	assert_true(programs_check(p));
	programs_disassemble(&code, p, EVENT_OPEN_X);
	assert_true(code.len < 64 * 1024);
	for (size_t i = 0; i < scenes.n; i++)
		assert_int_equal(verdict_of_program(&c, &scenes.items[i].scene.ctx),
				 pool_eval(c.pool, c.expr, &scenes.items[i].scene.ctx));
	programs_free(p);
	compiled_fini(&c);
	buf_fini(&text);
	buf_fini(&inner);
	buf_fini(&code);
	scenes_fini(&scenes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_agree_with_the_interpreter),
		cmocka_unit_test(printed_conditions_read_back),
		cmocka_unit_test(types_without_rules_are_not_wanted),
		cmocka_unit_test(shared_groups_are_written_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
