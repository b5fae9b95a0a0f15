/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct document document(const char *text)
{
	return (struct document){ .name = "f.yaml", .text = str_from(text) };
}

/* Bytes [start, end) of a text as diag_snippet shows them. */
static void check_snippet(const char *text, uint32_t start, uint32_t end, const char *want)
{
	struct document doc = document(text);
	struct buf out = { 0 };

	diag_snippet(&out, (struct span){ &doc, start, end });
	buf_char(&out, '\0');
	assert_string_equal(out.p, want);
	buf_fini(&out);
}

static void the_caret_stands_under_the_span(void **state)
{
	static const struct {
		const char *what, *text;
		uint32_t start, end;
		const char *shows;
	} cases[] = {
		{ "one byte", "abc\n", 1, 2, "abc\n ^\n" },
		{ "a word", "one two three\n", 4, 7, "one two three\n    ^~~\n" },
		{ "first line", "a\nb\n", 0, 1, "a\n^\n" },
		{ "last line without newline", "a\nbcd", 2, 5, "bcd\n^~~\n" },
		{ "an empty span", "abcd\n", 2, 2, "abcd\n  ^\n" },
		{ "the end of a line", "abc\nd\n", 3, 3, "abc\n   ^\n" },
		{ "the end of the text", "abc", 3, 3, "abc\n   ^\n" },
		{ "beyond the text", "abc", 90, 95, "abc\n   ^\n" },
		{ "an empty document", "", 0, 0, "\n^\n" },
		{ "tabs are copied", "\ta\tbc\n", 3, 5, "\ta\tbc\n\t \t^~\n" },
		{ "over several lines: the first is underlined", "a bc\nde\n", 2, 7,
		  "a bc\n  ^~\n" },
		{ "two bytes are one character", "\xC3\xA9\xC3\xA9 x\n", 5, 6,
		  "\xC3\xA9\xC3\xA9 x\n   ^\n" },
		{ "under such characters", "a\xC3\xA9\xC3\xA9z\n", 1, 5,
		  "a\xC3\xA9\xC3\xA9z\n ^~\n" },
		{ "a carriage return is not shown", "ab\r\ncd\r\n", 1, 2, "ab\n ^\n" },
		{ "control bytes cannot reach the terminal", "a\x1b[31mb\n", 6, 7,
		  "a?[31mb\n      ^\n" },
		{ "nor C1 control characters",
		  "a\xC2\x9B"
		  "31mb\n",
		  3, 4, "a??31mb\n   ^\n" },
		{ "nor bytes that are no UTF-8",
		  "\xff\xfe"
		  "a\n",
		  2, 3, "??a\n  ^\n" },
		{ "nor half a character", "x\xe2\x82", 0, 1, "x??\n^\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].what);
		check_snippet(cases[i].text, cases[i].start, cases[i].end, cases[i].shows);
	}
}

static void a_long_line_is_cut_around_the_caret(void **state)
{
	static const size_t places[] = { 0, 10, 79, 80, 81, 100, 500, 980, 999 };
	char text[1001];

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		text[i] = (char)('a' + i % 26);
	text[1000] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct document doc = document(text);
		struct buf out = { 0 };
		struct str line, caret;
		uint32_t at = (uint32_t)places[i];

		diag_snippet(&out, (struct span){ &doc, at, at + 1 });
		line = str_of(out.p, str_chr(buf_view(&out), '\n'));
		caret = str_from_index(buf_view(&out), line.len + 1);
		assert_true(line.len <= 160);
		assert_true(str_chr(caret, '^') < line.len);
		assert_int_equal(line.p[str_chr(caret, '^')], text[at]);
		assert_int_equal(str_starts_with(line, STR("...")), at > 80);
		assert_int_equal(str_ends_with(line, STR("...")), at < 900);
		buf_fini(&out);
	}
}

static void a_diagnostic_says_where_what_and_the_remedy(void **state)
{
	struct document doc = document("- rule: a\n  priority: WARNNG\n- rule: b\n");
	struct diags d = { .arena = arena_new() };
	struct span at = { &doc, 22, 28 }, other = { &doc, 2, 6 };
	struct diag *added =
		diag_add(&d, LOAD_ERR_YAML_VALIDATE, at, "'%s' is no priority", "WARNNG");
	struct buf out = { 0 };

	(void)state;
	diag_note(&d, added, at, "did you mean 'Warning'?");
	diag_note(&d, added, other, "in this rule");
	diag_note(&d, added, other, "a third note has no room");
	diag_print(&out, added);
	buf_char(&out, '\0');
	assert_string_equal(out.p,
			    "f.yaml:2:13: error: 'WARNNG' is no priority [LOAD_ERR_YAML_VALIDATE]\n"
			    "  priority: WARNNG\n"
			    "            ^~~~~~\n"
			    "f.yaml:2:13: note: did you mean 'Warning'?\n"
			    "f.yaml:1:3: note: in this rule\n"
			    "- rule: a\n"
			    "  ^~~~\n");
	assert_int_equal(d.errors, 1);
	assert_int_equal(d.warnings, 0);
	buf_fini(&out);
	arena_free(d.arena);
}

static void a_diagnostic_without_a_place_names_the_file(void **state)
{
	struct diags d = { .arena = arena_new() };
	struct location file = { .item_type = "rules content", .file = STR("gone.yaml") };
	struct diag *added = diag_add(&d, LOAD_ERR_FILE_READ, (struct span){ 0 }, "no such file");
	struct buf out = { 0 };

	(void)state;
	diag_print(&out, added);
	buf_char(&out, '\0');
	assert_string_equal(out.p, "error: no such file [LOAD_ERR_FILE_READ]\n");
	buf_reset(&out);
	added->locations = &file;
	added->nlocations = 1;
	diag_print(&out, added);
	buf_char(&out, '\0');
	assert_string_equal(out.p, "gone.yaml: error: no such file [LOAD_ERR_FILE_READ]\n");
	buf_fini(&out);
	arena_free(d.arena);
}

static void what_a_message_quotes_is_escaped(void **state)
{
	struct diags d = { .arena = arena_new() };
	struct diag *added =
		diag_add(&d, LOAD_UNUSED_LIST, (struct span){ 0 }, "list '%s'", "a\n\x1b\tb\xff");
	struct buf out = { 0 };

	(void)state;
	diag_print(&out, added);
	buf_char(&out, '\0');
	assert_string_equal(out.p, "warning: list 'a\\n\\x1b\\tb\\xff' [LOAD_UNUSED_LIST]\n");
	assert_int_equal(d.warnings, 1);
	buf_fini(&out);
	arena_free(d.arena);
}

static void positions_count_from_one_and_in_bytes(void **state)
{
	static const struct {
		size_t offset;
		unsigned line, column;
	} cases[] = {
		{ 0, 1, 1 }, { 2, 1, 3 }, { 3, 1, 4 }, { 4, 2, 1 }, { 7, 3, 1 }, { 99, 3, 1 }
	};
	struct document doc = document("a\xC3\xA9\nbc\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned line, column;

		document_position(&doc, cases[i].offset, &line, &column);
		assert_int_equal(line, cases[i].line);
		assert_int_equal(column, cases[i].column);
	}
}

static void codes_keep_falcos_names_and_order(void **state)
{
	(void)state;
	assert_int_equal(LOAD_CODES, 22);
	assert_string_equal(load_code_name(LOAD_ERR_FILE_READ), "LOAD_ERR_FILE_READ");
	assert_string_equal(load_code_name(LOAD_UNKNOWN_KEY), "LOAD_UNKNOWN_KEY");
	for (size_t i = 0; i < LOAD_CODES; i++) {
		enum load_code code = (enum load_code)i;
		bool error = str_starts_with(str_from(load_code_name(code)), STR("LOAD_ERR_"));

		assert_int_equal(load_code_severity(code),
				 error ? SEVERITY_ERROR : SEVERITY_WARNING);
		assert_true(strlen(load_code_short(code)) > 3);
		assert_true(strlen(load_code_description(code)) > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_caret_stands_under_the_span),
		cmocka_unit_test(a_long_line_is_cut_around_the_caret),
		cmocka_unit_test(a_diagnostic_says_where_what_and_the_remedy),
		cmocka_unit_test(a_diagnostic_without_a_place_names_the_file),
		cmocka_unit_test(what_a_message_quotes_is_escaped),
		cmocka_unit_test(positions_count_from_one_and_in_bytes),
		cmocka_unit_test(codes_keep_falcos_names_and_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
