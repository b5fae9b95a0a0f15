/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "yaml/tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct parsed {
	struct arena *arena;
	struct diags d;
	struct yaml_file file;
	int code;
};

static struct parsed parse(struct str text)
{
	struct parsed p = { .arena = arena_new() };

	p.d.arena = p.arena;
	p.code = yaml_parse(p.arena, "t.yaml", arena_str(p.arena, text), &p.file, &p.d);
	return p;
}

/* The tree in one line: [a, {k: v}], quoted scalars in quotes, nothing as ~. */
static void show(struct buf *out, const struct yaml_node *n)
{
	switch (n->kind) {
	case YAML_SCALAR:
		if (yaml_is_null(n)) {
			buf_char(out, '~');
			return;
		}
		if (!n->plain)
			buf_char(out, '\'');
		buf_str(out, n->value.text);
		if (!n->plain)
			buf_char(out, '\'');
		return;
	case YAML_SEQUENCE:
		buf_char(out, '[');
		for (size_t i = 0; i < n->n; i++) {
			if (i)
				buf_str(out, STR(", "));
			show(out, n->items[i]);
		}
		buf_char(out, ']');
		return;
	case YAML_MAP:
		buf_char(out, '{');
		for (size_t i = 0; i < n->n; i++) {
			if (i)
				buf_str(out, STR(", "));
			show(out, n->pairs[i].key);
			buf_str(out, STR(": "));
			show(out, n->pairs[i].value);
		}
		buf_char(out, '}');
		return;
	}
}

static void check_tree(struct str text, const char *want)
{
	struct parsed p = parse(text);
	struct buf out = { 0 };

	for (size_t i = 0; i < p.file.nroots; i++) {
		if (i)
			buf_str(&out, STR(" | "));
		show(&out, p.file.roots[i]);
	}
	buf_char(&out, '\0');
	assert_int_equal(p.code, 0);
	assert_string_equal(out.p, want);
	buf_fini(&out);
	arena_free(p.arena);
}

static void files_become_trees(void **state)
{
	static const struct {
		const char *what;
		struct str text;
		const char *tree;
	} cases[] = {
		{ "nothing", STR(""), "" },
		{ "comments only", STR("# a\n  # b\n"), "" },
		{ "an empty document", STR("---\n"), "~" },
		{ "a list of maps", STR("- a: 1\n  b: [x, 'y']\n- c\n"),
		  "[{a: 1, b: [x, 'y']}, c]" },
		{ "flow with tabs", STR("[\n\t{\"a\": 1}\n]\n"), "[{'a': 1}]" },
		{ "several documents", STR("- a\n---\n- b\n"), "[a] | [b]" },
		{ "a document of nothing between", STR("- a\n---\n---\n- b\n"), "[a] | ~ | [b]" },
		{ "text after the end marker", STR("- a\n...\n- b\n"), "[a] | [b]" },
		{ "an end marker and nothing", STR("- a\n...\n# c\n"), "[a]" },
		{ "an alias is what it names", STR("a: &x [1, 2]\nb: *x\n"),
		  "{a: [1, 2], b: [1, 2]}" },
		{ "a later anchor wins", STR("- &x 1\n- &x 2\n- *x\n"), "[1, 2, 2]" },
		{ "repeated keys stay", STR("a: 1\na: 2\n"), "{a: 1, a: 2}" },
		{ "tags are skipped", STR("- !!str 7\n- !foo x\n"), "['7', 'x']" },
		{ "a YAML directive", STR("%YAML 1.2\n---\n- a\n"), "[a]" },
		{ "an unknown directive", STR("%FOO bar\n---\n- a\n"), "[a]" },
		{ "a percent sign in text", STR("- |\n  %a\n- >\n %b\n"), "['%a\n', '%b\n']" },
		{ "CR LF", STR("- a\r\n- b: |\r\n    c\r\n    d\r\n"), "[a, {b: 'c\nd\n'}]" },
		{ "a byte order mark", STR("\xEF\xBB\xBF- a\n"), "[a]" },
		{ "UTF-16, low byte first", STR("\xFF\xFE-\0 \0\xE9\0\n\0"), "[\xC3\xA9]" },
		{ "UTF-16, high byte first", STR("\xFE\xFF\0-\0 \0a\0\n"), "[a]" },
		{ "UTF-16 beyond the basic plane", STR("\xFF\xFE-\0 \0\x3D\xD8\x00\xDE"),
		  "[\xF0\x9F\x98\x80]" },
		{ "UTF-16 with half a pair", STR("\xFF\xFE-\0 \0\x3D\xD8\n\0"), "[\xEF\xBF\xBD]" },
		{ "UTF-16 cut in the middle", STR("\xFF\xFE-\0 \0a\0b"), "[a]" },
		{ "UTF-32", STR("\xFF\xFE\0\0-\0\0\0 \0\0\0a\0\0\0"), "[a]" },
		{ "bytes that are no UTF-8", STR("- \xFF\xC3x\n- # \xFE\n"), "[\xFF\xC3x, ~]" },
		{ "a control byte",
		  STR("- a\x01"
		      "b\n"),
		  "[a\x01"
		  "b]" },
		{ "CR alone ends no line", STR("- a\r  b\n"), "[a\r  b]" },
		{ "anchors that differ in no ASCII byte",
		  STR("- &\xC3\xA9 1\n- &\xC3\xA8 2\n- *\xC3\xA9\n"), "[1, 2, 1]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].what);
		check_tree(cases[i].text, cases[i].tree);
	}
}

static void what_is_not_yaml_is_reported_where_it_begins(void **state)
{
	static const struct {
		const char *what, *text, *says;
	} cases[] = {
		{ "an undefined alias", "a: *x\n",
		  "t.yaml:1:4: error: no anchor of this name stands before it [LOAD_ERR_YAML_PARSE]\n"
		  "a: *x\n"
		  "   ^~\n" },
		{ "an alias inside itself", "a: &x [*x]\n",
		  "t.yaml:1:8: error: the alias stands inside the value it refers to "
		  "[LOAD_ERR_YAML_PARSE]\n"
		  "a: &x [*x]\n"
		  "       ^~\n" },
		{ "an open quote", "a: b\nc: 'd\ne: f\n",
		  "t.yaml:2:4: error: not YAML: found unexpected end of stream while scanning a "
		  "quoted scalar [LOAD_ERR_YAML_PARSE]\n"
		  "c: 'd\n"
		  "   ^\n"
		  "t.yaml:2:4: note: a quote is opened here and never closed\n" },
		{ "a colon in text", "a: b: c\n",
		  "t.yaml:1:5: error: not YAML: mapping values are not allowed in this context "
		  "[LOAD_ERR_YAML_PARSE]\n"
		  "a: b: c\n"
		  "    ^\n"
		  "t.yaml:1:5: note: a value that holds ': ' has to be in quotes, and keys of one "
		  "item in the same column\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed p = parse(str_from(cases[i].text));
		struct buf out = { 0 };

		print_message("  %s\n", cases[i].what);
		assert_int_equal(p.code, -EBADMSG);
		assert_int_equal(p.d.list.n, 1);
		diag_print(&out, &p.d.list.items[0]);
		buf_char(&out, '\0');
		assert_string_equal(out.p, cases[i].says);
		buf_fini(&out);
		arena_free(p.arena);
	}
}

static void positions_count_from_zero_and_in_bytes(void **state)
{
	struct parsed p = parse(STR("- a: 1\n  \xC3\xA9: {b: x}\n-\n- y\n"));
	const struct yaml_node *root, *map, *inner;

	(void)state;
	assert_int_equal(p.code, 0);
	root = p.file.roots[0];
	map = root->items[0];
	inner = map->pairs[1].value;
	assert_int_equal(map->line, 0);
	assert_int_equal(map->column, 2);
	assert_int_equal(inner->line, 1);
	assert_int_equal(inner->column, 6);
	assert_int_equal(inner->span.start, 13);
	assert_int_equal(inner->span.end, 19);
	/* What is not there stands where the next thing does, but its span does not. */
	assert_true(yaml_is_null(root->items[1]));
	assert_int_equal(root->items[1]->line, 3);
	assert_int_equal(root->items[1]->span.start, 21);
	arena_free(p.arena);
}

static void the_first_of_equal_keys_counts(void **state)
{
	struct parsed p = parse(STR("a: 1\n'a': 2\n[x]: 3\n"));

	(void)state;
	assert_int_equal(p.code, 0);
	assert_true(str_eq(yaml_get(p.file.roots[0], "a")->value.text, STR("1")));
	assert_null(yaml_get(p.file.roots[0], "x"));
	assert_null(yaml_get(yaml_get(p.file.roots[0], "a"), "a"));
	assert_null(yaml_get(NULL, "a"));
	arena_free(p.arena);
}

static void plain_scalars_have_types(void **state)
{
	static const struct {
		const char *text;
		bool null, is_bool, value, is_int;
		int64_t number;
	} cases[] = {
		{ .text = "~", .null = true },
		{ .text = "null", .null = true },
		{ .text = "NULL", .null = true },
		{ .text = "nULL" },
		{ .text = "'~'" },
		{ .text = "''" },
		{ .text = "true", .is_bool = true, .value = true },
		{ .text = "Yes", .is_bool = true, .value = true },
		{ .text = "ON", .is_bool = true, .value = true },
		{ .text = "n", .is_bool = true },
		{ .text = "No", .is_bool = true },
		{ .text = "off", .is_bool = true },
		{ .text = "tRue" },
		{ .text = "'true'" },
		{ .text = "12", .is_int = true, .number = 12 },
		{ .text = "-3", .is_int = true, .number = -3 },
		{ .text = "'12'" },
		{ .text = "1.5" },
		{ .text = "99999999999999999999" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed p = parse(str_from(cases[i].text));
		const struct yaml_node *n = p.file.roots[0];
		int64_t number = 0;
		bool value = false;

		print_message("  %s\n", cases[i].text);
		assert_int_equal(yaml_is_null(n), cases[i].null);
		assert_int_equal(yaml_bool(n, &value), cases[i].is_bool);
		assert_int_equal(value, cases[i].value);
		assert_int_equal(yaml_int(n, &number), cases[i].is_int);
		assert_int_equal(number, cases[i].number);
		arena_free(p.arena);
	}
}

static void what_an_outsider_can_make_grow_is_bounded(void **state)
{
	struct buf deep = { 0 }, laughs = { 0 }, many = { 0 };
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		buf_str(&deep, STR("[ "));
	p = parse(buf_view(&deep));
	assert_int_equal(p.code, -EBADMSG);
	arena_free(p.arena);

	/* Each line is ten times the one before: 10^12 values by the last. */
	buf_str(&laughs, STR("a0: &a0 x\n"));
	for (int i = 1; i <= 12; i++) {
		buf_printf(&laughs, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_printf(&laughs, "*a%d%s", i - 1, k < 9 ? "," : "]\n");
	}
	p = parse(buf_view(&laughs));
	assert_int_equal(p.code, -EBADMSG);
	assert_true(str_contains(p.d.list.items[0].message, STR("aliases")));
	arena_free(p.arena);

	/* A few levels of it are fine, and share their nodes. */
	laughs.len = str_chr(buf_view(&laughs), '\n') + 1;
	buf_str(&laughs, STR("b: &b [*a0, *a0]\nc: [*b, *b]\n"));
	p = parse(buf_view(&laughs));
	assert_int_equal(p.code, 0);
	assert_ptr_equal(yaml_get(p.file.roots[0], "c")->items[0],
			 yaml_get(p.file.roots[0], "c")->items[1]);
	arena_free(p.arena);

	many.max = (size_t)70 << 20;
	assert_non_null(buf_reserve(&many, (size_t)65 << 20));
	memset(many.p, '#', (size_t)65 << 20);
	many.len = (size_t)65 << 20;
	p = parse(buf_view(&many));
	assert_int_equal(p.code, -EBADMSG);
	arena_free(p.arena);
	buf_fini(&deep);
	buf_fini(&laughs);
	buf_fini(&many);
}

static int read_path(const char *path, char *says, size_t size)
{
	struct arena *arena = arena_new();
	struct diags d = { .arena = arena };
	struct yaml_file file;
	struct err err = { 0 };
	int code = yaml_read(arena, path, &file, &d, &err);

	snprintf(says, size, "%s", err.text);
	arena_free(arena);
	return code;
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
	char directory[] = "/tmp/besra-yaml-XXXXXX", path[256], says[512];

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(read_path(directory, says, sizeof(says)), -EISDIR);
	assert_non_null(strstr(says, "is a directory"));
	snprintf(path, sizeof(path), "%s/gone.yaml", directory);
	assert_int_equal(read_path(path, says, sizeof(says)), -ENOENT);
	assert_non_null(strstr(says, "gone.yaml: No such file"));
	snprintf(path, sizeof(path), "%s/pipe.yaml", directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_path(path, says, sizeof(says)), -EINVAL);
	assert_non_null(strstr(says, "not a regular file"));
	unlink(path);
	snprintf(path, sizeof(path), "%s/big.yaml", directory);
	fclose(fopen(path, "w"));
	assert_int_equal(truncate(path, (off_t)65 << 20), 0);
	assert_int_equal(read_path(path, says, sizeof(says)), -EFBIG);
	unlink(path);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_become_trees),
		cmocka_unit_test(what_is_not_yaml_is_reported_where_it_begins),
		cmocka_unit_test(positions_count_from_zero_and_in_bytes),
		cmocka_unit_test(the_first_of_equal_keys_counts),
		cmocka_unit_test(plain_scalars_have_types),
		cmocka_unit_test(what_an_outsider_can_make_grow_is_bounded),
		cmocka_unit_test(a_file_that_cannot_be_read_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
