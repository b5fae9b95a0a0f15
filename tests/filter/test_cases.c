/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>

/* The files under tests/cases: each says how it is to be read. */

struct reader {
	struct str rest;
	unsigned line;
};

/* The next n lines that belong to one case; false at the end of the file. */
static bool next_case(struct reader *r, struct str *lines, size_t n)
{
	do {
		if (!next_line(&r->rest, &lines[0]))
			return false;
		r->line++;
	} while (lines[0].len == 0 || str_starts_with(lines[0], STR("# ")));
	for (size_t i = 1; i < n; i++) {
		assert_true(next_line(&r->rest, &lines[i]));
		r->line++;
	}
	return true;
}

/* ---- compile.test ------------------------------------------------------------------------- */

/* The condition without its mark; *at is where the mark stood, or SIZE_MAX. */
static struct str without_mark(struct arena *arena, struct str line, size_t *at)
{
	const struct str mark = STR("\xc2\xbb");
	char *copy = arena_bytes(arena, line.len + 1);
	size_t n = 0;

	*at = SIZE_MAX;
	for (size_t i = 0; i < line.len; i++) {
		if (*at == SIZE_MAX && str_starts_with(str_from_index(line, i), mark)) {
			*at = n;
			i += mark.len - 1;
			continue;
		}
		copy[n++] = line.p[i];
	}
	return str_of(copy, n);
}

static const char *compile_fault(const struct compiled *c, size_t at, struct str expected)
{
	static char fault[600];
	const char *message = compiled_message(c);

	if (str_eq(expected, STR("ok"))) {
		if (c->expr != EXPR_NONE)
			return NULL;
		snprintf(fault, sizeof(fault), "fails at %zu: %s", c->error_at, message);
		return fault;
	}
	if (c->expr != EXPR_NONE)
		return "compiles";
	if (c->error_at == at && str_contains(str_from(message), expected))
		return NULL;
	snprintf(fault, sizeof(fault), "fails at %zu, not %zu: %s", c->error_at, at, message);
	return fault;
}

static void conditions_compile_or_fail_where_the_file_says(void **state)
{
	struct arena *arena = arena_new();
	struct reader r = { .rest = read_case_file(arena, "compile.test") };
	struct str lines[2];
	size_t cases = 0, faults = 0;

	(void)state;
	for (; next_case(&r, lines, 2); cases++) {
		size_t at;
		struct str condition = without_mark(arena, lines[0], &at);
		struct compiled c = compile(condition);
		const char *fault = compile_fault(&c, at, lines[1]);

		if (fault)
			print_error("compile.test:%u: %.*s\n\t%s\n", r.line, STR_ARG(condition),
				    fault);
		faults += fault != NULL;
		compiled_fini(&c);
	}
	print_message("  %zu conditions\n", cases);
	assert_true(cases > 300);
	assert_int_equal(faults, 0);
	arena_free(arena);
}

/* ---- conditions.test ---------------------------------------------------------------------- */

/* Both ways of evaluating; the event types of the condition are part of its meaning. */
static size_t check_scenes(struct scenes *s, const struct compiled *c, struct str names,
			   bool expected)
{
	const struct event_set types = pool_event_types(c->pool, c->expr);
	size_t faults = 0;

	while (names.len && !str_eq(names, STR("-"))) {
		struct str name = str_of(names.p, str_chr(names, ' '));
		const struct scene *scene = scenes_get(s, name);
		const bool plain = event_set_has(&types, scene->ev.type) &&
				   pool_eval(c->pool, c->expr, &scene->ctx);
		const bool program = verdict_of_program(c, &scene->ctx);

		if (plain != expected || program != expected) {
			print_error("\t%.*s: interpreter %d, program %d, wanted %d\n",
				    STR_ARG(name), plain, program, expected);
			faults++;
		}
		names = str_from_index(names, name.len + 1);
	}
	return faults;
}

static void conditions_hold_where_the_file_says(void **state)
{
	struct arena *arena = arena_new();
	struct reader r = { .rest = read_case_file(arena, "conditions.test") };
	struct scenes scenes;
	struct str lines[3];
	size_t cases = 0, faults = 0;

	(void)state;
	scenes_load(&scenes);
	for (; next_case(&r, lines, 3); cases++) {
		struct compiled c = compile(lines[0]);
		size_t wrong = c.expr == EXPR_NONE;

		if (wrong)
			print_error("\t%s\n", compiled_message(&c));
		else
			wrong = check_scenes(&scenes, &c, lines[1], true) +
				check_scenes(&scenes, &c, lines[2], false);
		if (wrong)
			print_error("conditions.test:%u: %.*s\n", r.line, STR_ARG(lines[0]));
		faults += wrong;
		compiled_fini(&c);
	}
	print_message("  %zu conditions\n", cases);
	assert_true(cases > 200);
	assert_int_equal(faults, 0);
	scenes_fini(&scenes);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_compile_or_fail_where_the_file_says),
		cmocka_unit_test(conditions_hold_where_the_file_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
