/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* Warnings, and for which event types a condition can be true. */

static void warnings_have_code_place_and_field(void **state)
{
	static const struct {
		const char *condition;
		struct {
			enum load_code code;
			unsigned column; /* 0: nowhere */
			const char *field;
		} warnings[4];
	} cases[] = {
		{ "proc.name = proc.pname", { { LOAD_COMPILE_CONDITION, 13, NULL } } },
		{ "proc.name = ' proc.pname '", { { LOAD_COMPILE_CONDITION, 13, NULL } } },
		{ "proc.name = proc.aname[1]", { { LOAD_COMPILE_CONDITION, 13, NULL } } },
		{ "proc.name in (a, proc.pname)", { { LOAD_COMPILE_CONDITION, 14, NULL } } },
		{ "proc.name in (fd.name, proc.pname)",
		  { { LOAD_COMPILE_CONDITION, 14, NULL }, { LOAD_COMPILE_CONDITION, 14, NULL } } },
		{ "proc.name = 'tolower(x)'", { { LOAD_COMPILE_CONDITION, 13, NULL } } },
		{ "proc.name = 'val(x)'", { { LOAD_COMPILE_CONDITION, 13, NULL } } },
		{ "proc.name = 'tolower x'", { { LOAD_CODES, 0, NULL } } },
		{ "proc.name = val(proc.pname)", { { LOAD_CODES, 0, NULL } } },
		{ "proc.name regex abc", { { LOAD_COMPILE_CONDITION, 17, NULL } } },
		{ "proc.name regex ^abc$", { { LOAD_COMPILE_CONDITION, 17, NULL } } },
		{ "proc.name regex .*abc.*", { { LOAD_COMPILE_CONDITION, 17, NULL } } },
		{ "proc.name regex abc.+", { { LOAD_COMPILE_CONDITION, 17, NULL } } },
		{ "proc.name regex ''", { { LOAD_COMPILE_CONDITION, 17, NULL } } },
		{ "proc.name regex ^.*abc.*$", { { LOAD_CODES, 0, NULL } } },
		{ "proc.name regex a.c", { { LOAD_CODES, 0, NULL } } },
		{ "proc.name regex a$b", { { LOAD_CODES, 0, NULL } } },
		{ "proc.name glob abc", { { LOAD_CODES, 0, NULL } } },
		{ "proc.name = fd.name and proc.name = fd.name",
		  { { LOAD_COMPILE_CONDITION, 13, NULL }, { LOAD_COMPILE_CONDITION, 37, NULL } } },
		{ "evt.dir = <", { { LOAD_DEPRECATED_ITEM, 0, "evt.dir" } } },
		{ "evt.dir = < or not evt.dir exists", { { LOAD_DEPRECATED_ITEM, 0, "evt.dir" } } },
		{ "tolower(evt.dir) = <", { { LOAD_DEPRECATED_ITEM, 0, "evt.dir" } } },
		{ "proc.name = val(evt.dir)", { { LOAD_CODES, 0, NULL } } },
		{ "evt.latency = 1 and evt.dir = <",
		  { { LOAD_DEPRECATED_ITEM, 0, "evt.dir" },
		    { LOAD_DEPRECATED_ITEM, 0, "evt.latency" } } },
		{ "evt.dir = < and proc.name = fd.name",
		  { { LOAD_DEPRECATED_ITEM, 0, "evt.dir" },
		    { LOAD_COMPILE_CONDITION, 29, NULL } } },
		/* hints about constants come only without faults, those about fields always */
		{ "proc.pid = proc.ppid", { { LOAD_ERR_COMPILE_CONDITION, 1, NULL } } },
		{ "evt.dir = < and proc.pid = x",
		  { { LOAD_DEPRECATED_ITEM, 0, "evt.dir" },
		    { LOAD_ERR_COMPILE_CONDITION, 17, NULL } } },
		{ "ka.verb = <NA>",
		  { { LOAD_UNSAFE_NA_CHECK, 0, NULL }, { LOAD_ERR_COMPILE_CONDITION, 1, NULL } } },
		{ "proc.name = <NA>", { { LOAD_CODES, 0, NULL } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled c = compile(str_from(cases[i].condition));
		size_t n = 0;

		print_message("  %s\n", cases[i].condition);
		while (n < 4 && cases[i].warnings[n].code != LOAD_CODES &&
		       (n == 0 || cases[i].warnings[n].code != 0))
			n++;
		assert_int_equal(c.diags.list.n, n);
		for (size_t k = 0; k < n; k++) {
			const struct diag *d = &c.diags.list.items[k];
			const char *field = cases[i].warnings[k].field;

			assert_int_equal(d->code, cases[i].warnings[k].code);
			assert_int_equal(d->locations[0].column, cases[i].warnings[k].column);
			assert_true(str_eq(d->deprecated_field, field ? str_from(field) : STR("")));
		}
		compiled_fini(&c);
	}
}

static void unknown_filters_are_told_from_other_faults(void **state)
{
	static const struct {
		const char *condition;
		bool unknown;
	} cases[] = {
		{ "no.such = 1", true },
		{ "proc.aname[x] = a", true },
		{ "evt.type = nosuch", true },
		{ "evt.type in (open, nosuch)", true },
		{ "evt.arg.nosuch = 1", false },
		{ "fd.types[x] in (a)", false },
		{ "proc.pid = x", false },
		{ "proc.pid contains 1", false },
		{ "nosuch", false },
		{ "proc.name =", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled c = compile(str_from(cases[i].condition));

		print_message("  %s\n", cases[i].condition);
		assert_int_equal(c.expr, EXPR_NONE);
		assert_int_equal(c.unknown, cases[i].unknown);
		compiled_fini(&c);
	}
}

static void event_types_follow_direct_tests_of_the_type(void **state)
{
	static const struct {
		const char *condition;
		bool open, openat, brk, generic;
	} cases[] = {
		{ "proc.name = a", true, true, true, true },
		{ "evt.type = open", true, false, false, false },
		{ "evt.type == open", true, false, false, false },
		{ "evt.type in (open, brk)", true, false, true, false },
		{ "evt.type != open", false, true, true, true },
		{ "not evt.type = open", false, true, true, true },
		{ "not evt.type in (open, brk)", false, true, false, true },
		{ "evt.type = open and proc.name = a", true, false, false, false },
		{ "evt.type = open or proc.name = a", true, true, true, true },
		{ "evt.type = open or evt.type = brk", true, false, true, false },
		{ "evt.type = open and evt.type = brk", false, false, false, false },
		{ "not (evt.type = open or proc.name = a)", false, true, true, true },
		{ "not (evt.type = open and proc.name = a)", true, true, true, true },
		{ "not (evt.type != open and evt.type != brk)", true, false, true, false },
		{ "evt.type = sync", false, false, false, true },
		{ "evt.type != sync", true, true, true, false },
		{ "syscall.type = open", true, false, false, false },
		{ "evt.type exists", true, true, true, true },
		{ "not evt.type exists", false, false, false, false },
		{ "evt.type contains open", true, true, true, true },
		{ "evt.type = anyof (open)", true, true, true, true },
		{ "evt.type intersects (open)", true, true, true, true },
		{ "evt.num = 0", true, true, true, true },
		{ "evt.type = \"\"", false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled c = compile(str_from(cases[i].condition));
		struct event_set s = pool_event_types(c.pool, c.expr);

		print_message("  %s\n", cases[i].condition);
		assert_int_equal(event_set_has(&s, EVENT_OPEN_X), cases[i].open);
		assert_int_equal(event_set_has(&s, EVENT_OPENAT_X), cases[i].openat);
		assert_int_equal(event_set_has(&s, EVENT_BRK_4_X), cases[i].brk);
		assert_int_equal(event_set_has(&s, EVENT_GENERIC_X), cases[i].generic);
		assert_true(event_set_has(&s, EVENT_ASYNCEVENT_E));
		assert_false(event_set_has(&s, EVENT_PROC_ENTRY));
		assert_int_equal(pool_possible_for(c.pool, c.expr, STR("open")), cases[i].open);
		assert_int_equal(pool_possible_for(c.pool, c.expr, STR("brk")), cases[i].brk);
		compiled_fini(&c);
	}
}

/* By name, one system call of the generic event is told from another; by type it is not. */
static void names_are_finer_than_types(void **state)
{
	struct compiled c = compile(STR("evt.type != sync"));

	(void)state;
	assert_false(pool_possible_for(c.pool, c.expr, STR("sync")));
	assert_true(pool_possible_for(c.pool, c.expr, STR("sched_yield")));
	compiled_fini(&c);
}

static void equal_conditions_are_the_same_node(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "proc.name = a", "(proc.name==\"a\")", true },
		{ "proc.name in (a, b)", "proc.name in ('a',\"b\")", true },
		{ "proc.name = a and fd.num = 1", "((proc.name = a) and (fd.num=1))", true },
		{ "not proc.name = a", "not (proc.name = a)", true },
		{ "proc.name = a", "proc.name = b", false },
		{ "proc.name in ()", "proc.name in (\"\")", false },
		{ "proc.name in (a, b)", "proc.name in (\"a, b\")", false },
		{ "proc.name = anyof (a)", "proc.name = allof (a)", false },
		{ "proc.aname[1] = a", "proc.aname = a", false },
		{ "tolower(proc.name) = a", "toupper(proc.name) = a", false },
		{ "tolower(proc.name) = a", "tolower(\"proc.name\") = a", false },
		{ "proc.name = val(proc.pname)", "proc.name = tolower(proc.pname)", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena *arena = arena_new();
		struct pool *pool = pool_new(arena, NULL);
		struct diags diags = { .arena = arena };
		expr_id id[2];

		print_message("  %s\n", cases[i].a);
		for (int k = 0; k < 2; k++) {
			struct source_text text = { .text = str_from(k ? cases[i].b : cases[i].a) };
			bool unknown;
			size_t at;

			id[k] = pool_add(pool, ast_parse(arena, &text, &diags, &at), &text, &diags,
					 &at, &unknown);
			assert_int_not_equal(id[k], EXPR_NONE);
		}
		assert_int_equal(id[0] == id[1], cases[i].same);
		pool_free(pool);
		arena_free(arena);
	}
}

static void constants_are_bounded(void **state)
{
	static const struct {
		const char *before;
		size_t n;
		bool fits;
	} cases[] = {
		{ "proc.name = ", 255, true },           { "proc.name = ", 256, false },
		{ "proc.name in (b, ", 256, false },     { "proc.name glob ", 256, false },
		{ "proc.name regex ", 256, false },      { "fd.name pmatch (/", 255, false },
		{ "evt.buffer contains ", 255, true },   { "evt.buffer bcontains ", 254, true },
		{ "evt.buffer bcontains ", 256, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = { 0 };
		struct compiled c;

		buf_str(&text, str_from(cases[i].before));
		for (size_t k = 0; k < cases[i].n; k++)
			buf_char(&text, 'a');
		if (str_chr(buf_view(&text), '(') < text.len)
			buf_char(&text, ')');
		c = compile(buf_view(&text));
		print_message("  %s x %zu\n", cases[i].before, cases[i].n);
		assert_int_equal(c.expr != EXPR_NONE, cases[i].fits);
		if (!cases[i].fits)
			assert_non_null(strstr(compiled_message(&c), "is longer than 255 bytes"));
		compiled_fini(&c);
		buf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warnings_have_code_place_and_field),
		cmocka_unit_test(unknown_filters_are_told_from_other_faults),
		cmocka_unit_test(event_types_follow_direct_tests_of_the_type),
		cmocka_unit_test(names_are_finer_than_types),
		cmocka_unit_test(equal_conditions_are_the_same_node),
		cmocka_unit_test(constants_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
