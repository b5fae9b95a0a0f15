/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

static const struct ast *parse(struct arena *arena, const char *text)
{
	struct source_text source = { .text = str_from(text) };
	struct diags diags = { .arena = arena };
	const struct ast *tree;
	size_t at;

	tree = ast_parse(arena, &source, &diags, &at);
	if (!tree)
		fail_msg("%s: %.*s", text, STR_ARG(diags.list.items[0].message));
	return tree;
}

static void prints_the_canonical_form(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "proc.name=a", "proc.name = a" },
		{ "proc.name==a", "proc.name == a" },
		{ "  ( ( proc.name=a ) )  ", "proc.name = a" },
		{ "a and b or c and d", "((a and b) or (c and d))" },
		{ "a and b and c", "(a and b and c)" },
		{ "(a and b) and c", "((a and b) and c)" },
		{ "a or(b)or c", "(a or b or c)" },
		{ "not not a", "a" },
		{ "not not not a", "not a" },
		{ "not (not a)", "not not a" },
		{ "not a and b", "(not a and b)" },
		{ "not (a and b)", "not (a and b)" },
		{ "proc.name in(a,b , c)", "proc.name in (a, b, c)" },
		{ "proc.name in a", "proc.name in a" },
		{ "proc.name in ()", "proc.name in ()" },
		{ "proc.name = ''", "proc.name = " },
		{ "proc.name = 'a b'", "proc.name = \"a b\"" },
		{ "proc.name = 'a\"b'", "proc.name = \"a\\\"b\"" },
		{ "proc.name = \"a'b\"", "proc.name = \"a'b\"" },
		{ "proc.name = \"a\\tb\\\\\\n\"", "proc.name = \"a\\tb\\\\\\n\"" },
		{ "proc.name = a\\b", "proc.name = \"a\\\\b\"" },
		{ "proc.name = \"a\\ b\"", "proc.name = \"a\\\\b\"" },
		{ "proc.name = \"{a,b}\"", "proc.name = {a,b}" },
		{ "proc.name = \"a=b\"", "proc.name = \"a=b\"" },
		{ "proc.name startswith anyof (a,b)", "proc.name startswith anyof (a, b)" },
		{ "proc.name = anyof and b", "(proc.name = anyof and b)" },
		{ "proc.env['A']=a", "proc.env[A] = a" },
		{ "proc.env[\"A B\"]=a", "proc.env[\"A B\"] = a" },
		{ "proc.env['']=a", "proc.env[\"\"] = a" },
		{ "toupper( tolower(proc.name) )=a", "toupper(tolower(proc.name)) = a" },
		{ "join(', ', (proc.name, 5, 'x y'))=a", "join(\", \",(proc.name,5,\"x y\")) = a" },
		{ "getopt(fd.types,'ab:')[b]=a", "getopt(fd.types,ab:)[b] = a" },
		{ "proc.name=val( proc.pname )", "proc.name = val(proc.pname)" },
		{ "proc.pid>=-5", "proc.pid >= -5" },
		{ "proc.name exists", "proc.name exists" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena *arena = arena_new();
		struct buf out = { 0 };

		ast_print(&out, parse(arena, cases[i].text));
		buf_char(&out, '\0');
		assert_string_equal(out.p, cases[i].printed);
		buf_fini(&out);
		arena_free(arena);
	}
}

static void repeat(struct buf *out, const char *text, size_t n)
{
	while (n-- > 0)
		buf_str(out, str_from(text));
}

/* Deep conditions load up to the limit in every pass, and are refused beyond it. */
static void nesting_is_bounded(void **state)
{
	static const struct {
		const char *open, *close;
		size_t n;
		const char *fault;
	} cases[] = {
		{ "(", ")", 5000, NULL },
		{ "(", ")", LIMIT_NESTING, NULL },
		{ "(", ")", LIMIT_NESTING + 1, "parentheses nested deeper" },
		{ "(", ")", 20000, "parentheses nested deeper" },
		{ "not (", ")", 5000, NULL },
		{ "not (", ")", 20000, "nested deeper" },
		{ "not ", "", 100000, NULL },
		{ "(proc.pid = 1 and (proc.pid = 2 or ", "))", 2500, NULL },
		{ "(proc.pid = 1 or not (proc.pid = 2 and ", "))", 1900, NULL },
		{ "(proc.pid = 1 or not (proc.pid = 2 and ", "))", 10000, "nested deeper" },
		{ "tolower(", ")", 1100, NULL },
		{ "tolower(", ")", 20000, "calls nested deeper" },
	};
	struct scenes scenes;

	(void)state;
	scenes_load(&scenes);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const bool call = cases[i].open[0] == 't';
		struct buf text = { 0 }, printed = { 0 };
		struct compiled c;

		print_message("  %s x %zu\n", cases[i].open, cases[i].n);
		repeat(&text, cases[i].open, cases[i].n);
		buf_str(&text, call ? STR("proc.name") : STR("proc.name = cat"));
		repeat(&text, cases[i].close, cases[i].n);
		if (call)
			buf_str(&text, STR(" = cat"));
		c = compile(buf_view(&text));
		if (cases[i].fault) {
			assert_int_equal(c.expr, EXPR_NONE);
			assert_non_null(strstr(compiled_message(&c), cases[i].fault));
		} else {
			struct scene *s = scenes_get(&scenes, STR("opened"));

			assert_string_equal(compiled_message(&c), "");
			ast_print(&printed, c.tree);
			assert_true(printed.len > 0);
			assert_int_equal(pool_eval(c.pool, c.expr, &s->ctx),
					 verdict_of_program(&c, &s->ctx));
		}
		compiled_fini(&c);
		buf_fini(&text);
		buf_fini(&printed);
	}
	scenes_fini(&scenes);
}

struct seen {
	struct buf text;
	size_t stop_after;
};

static bool see_macro(struct str name, size_t at, void *arg)
{
	struct seen *s = arg;

	buf_printf(&s->text, "%.*s@%zu ", STR_ARG(name), at);
	return --s->stop_after > 0;
}

static void see_field(struct str field, size_t at, void *arg)
{
	struct seen *s = arg;

	buf_printf(&s->text, "%.*s@%zu ", STR_ARG(field), at);
}

static void see_operator(struct str op, void *arg)
{
	struct seen *s = arg;

	buf_printf(&s->text, "%.*s|", STR_ARG(op));
}

static void assert_seen(struct seen *s, const char *expected)
{
	buf_char(&s->text, '\0');
	assert_string_equal(s->text.p, expected);
	buf_fini(&s->text);
}

static void visits_macros_fields_and_operators(void **state)
{
	struct arena *arena = arena_new();
	const struct ast *tree;
	struct seen s;

	(void)state;
	tree = parse(arena, "m1 and not m2 or proc.name startswith anyof (x) and m3");
	s = (struct seen){ .stop_after = 10 };
	ast_each_macro(tree, see_macro, &s);
	assert_seen(&s, "m1@0 m2@11 m3@52 ");
	s = (struct seen){ .stop_after = 2 };
	ast_each_macro(tree, see_macro, &s);
	assert_seen(&s, "m1@0 m2@11 ");

	tree = parse(arena, "join('-', (proc.env[A], 'x')) = tolower(fd.name) or proc.pid exists");
	s = (struct seen){ 0 };
	ast_each_field(tree, see_field, &s);
	assert_seen(&s, "proc.env[A]@11 fd.name@40 proc.pid@52 ");
	s = (struct seen){ 0 };
	ast_each_operator(tree, see_operator, &s);
	assert_seen(&s, "=|exists|");
	s = (struct seen){ 0 };
	ast_each_operator(parse(arena, "fd.name glob anyof (a)"), see_operator, &s);
	assert_seen(&s, "glob anyof|");
	arena_free(arena);
}

static const struct ast *find_macro(struct str name, void *arg)
{
	(void)name;
	return arg;
}

static void macros_expand_as_trees(void **state)
{
	struct arena *arena = arena_new();
	const struct ast *macro = parse(arena, "proc.pid = 1 or proc.pid = 2");
	const struct ast *use = parse(arena, "evt.type = open and not m and m");
	struct buf out = { 0 };

	(void)state;
	ast_print(&out, ast_expand(arena, use, find_macro, (void *)macro));
	buf_char(&out, '\0');
	assert_string_equal(out.p, "(evt.type = open and not (proc.pid = 1 or proc.pid = 2) and "
				   "(proc.pid = 1 or proc.pid = 2))");
	buf_fini(&out);
	arena_free(arena);
}

/* Each macro uses the one before it twice: a few dozen lines would make a tree of billions. */
static void trees_that_explode_by_macros_are_refused(void **state)
{
	struct arena *arena = arena_new();
	const struct ast *tree = parse(arena, "proc.pid = 1");
	const struct ast *twice = parse(arena, "m and not m");
	struct source_text text = { .text = STR("m") };
	struct diags diags = { .arena = arena };
	struct pool *pool = pool_new(arena, NULL);
	struct buf out = { 0 };
	bool unknown = false;
	size_t at;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		tree = ast_expand(arena, twice, find_macro, (void *)tree);
	assert_int_equal(pool_add(pool, tree, &text, &diags, &at, &unknown), EXPR_NONE);
	assert_int_equal(diags.errors, 1);
	ast_print(&out, tree);
	assert_int_equal(out.len, 0);
	pool_free(pool);
	arena_free(arena);
}

/* The place of an error is told three ways: Falco's position, ours, and a hint. */
static void errors_point_at_the_authors_text(void **state)
{
	const struct document doc = { "rules.yaml",
				      STR("condition: proc.name = a\n  and proc.nmae = b") };
	const struct source_run run = { 0, { &doc, 11, 43 }, true };
	struct arena *arena = arena_new();
	struct source_text text = { .text = str_from_index(doc.text, 11),
				    .runs = &run,
				    .nruns = 1 };
	struct diags diags = { .arena = arena };
	struct pool *pool = pool_new(arena, NULL);
	const struct diag *d;
	const struct ast *tree;
	bool unknown = false;
	size_t at = 0;

	(void)state;
	tree = ast_parse(arena, &text, &diags, &at);
	assert_non_null(tree);
	assert_int_equal(pool_add(pool, tree, &text, &diags, &at, &unknown), EXPR_NONE);
	assert_int_equal(at, 20);
	assert_true(unknown);
	d = &diags.list.items[0];
	assert_int_equal(d->code, LOAD_ERR_COMPILE_CONDITION);
	assert_int_equal(d->at.start, 31);
	assert_int_equal(d->at.end, 40);
	assert_int_equal(d->nlocations, 1);
	assert_string_equal(d->locations[0].item_type, "condition expression");
	assert_int_equal(d->locations[0].line, 2);
	assert_int_equal(d->locations[0].column, 7);
	assert_int_equal(d->locations[0].offset, 20);
	assert_true(str_eq(d->notes[0].text, STR("did you mean 'proc.name'?")));
	pool_free(pool);
	arena_free(arena);
}

static void hints_name_what_was_probably_meant(void **state)
{
	static const struct {
		const char *text, *hint;
	} cases[] = {
		{ "proc.name contain a", "did you mean 'contains'?" },
		{ "proc.name startwith a", "did you mean 'startswith'?" },
		{ "proc.name contains(a)", "a blank must stand after 'contains'" },
		{ "proc.name not in (a)", "'not' stands before the field: not proc.name ..." },
		{ "fd.nmae = a", "did you mean 'fd.name'?" },
		{ "(proc.name = a", "this '(' is not closed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled c = compile(str_from(cases[i].text));
		const struct diag *d = &c.diags.list.items[0];

		print_message("  %s\n", cases[i].text);
		assert_int_equal(c.diags.list.n, 1);
		assert_string_equal(arena_str(c.arena, d->notes[0].text).p, cases[i].hint);
		compiled_fini(&c);
	}
}

static void comparators_of_exceptions_are_classified(void **state)
{
	static const struct {
		const char *text;
		enum comparator_form form;
	} cases[] = {
		{ "=", COMPARATOR_VALUE },          { "==", COMPARATOR_VALUE },
		{ "!=", COMPARATOR_VALUE },         { "<=", COMPARATOR_VALUE },
		{ "in", COMPARATOR_LIST },          { "pmatch", COMPARATOR_LIST },
		{ "intersects", COMPARATOR_LIST },  { "exists", COMPARATOR_UNARY },
		{ "glob anyof", COMPARATOR_LIST },  { "= oneof", COMPARATOR_LIST },
		{ "startswith", COMPARATOR_VALUE }, { "startswith  anyof", COMPARATOR_UNKNOWN },
		{ "in anyof", COMPARATOR_UNKNOWN }, { "> anyof", COMPARATOR_UNKNOWN },
		{ "like", COMPARATOR_UNKNOWN },     { "", COMPARATOR_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].text);
		assert_int_equal(comparator_form(str_from(cases[i].text)), cases[i].form);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_the_canonical_form),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(visits_macros_fields_and_operators),
		cmocka_unit_test(macros_expand_as_trees),
		cmocka_unit_test(trees_that_explode_by_macros_are_refused),
		cmocka_unit_test(errors_point_at_the_authors_text),
		cmocka_unit_test(hints_name_what_was_probably_meant),
		cmocka_unit_test(comparators_of_exceptions_are_classified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
