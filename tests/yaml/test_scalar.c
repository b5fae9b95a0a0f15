/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/*
 * The value of "k: TEXT", and for each of its bytes where it came from: the same byte of the
 * file, or, for a byte that several bytes of the file stand for, those.
 */
static const struct {
	const char *what, *text, *value;
} cases[] = {
	{ "plain", "k: abc\n", "abc" },
	{ "plain with blanks inside", "k: a  b \n", "a  b" },
	{ "plain before a comment", "k: a b # c\n", "a b" },
	{ "plain over lines", "k: a\n  b\n   c\n", "a b c" },
	{ "plain over an empty line", "k: a\n\n  b\n", "a\nb" },
	{ "plain over CR LF", "k: a\r\n  b\r\n", "a b" },
	{ "plain with trailing tabs", "k: a\t\n  b\n", "a b" },
	{ "single quotes", "k: 'a b'\n", "a b" },
	{ "a quote in single quotes", "k: 'it''s'\n", "it's" },
	{ "single quotes over lines", "k: 'a \n  b\n\n  c'\n", "a b\nc" },
	{ "only blanks in quotes", "k: '   '\n", "   " },
	{ "blanks at both ends", "k: ' a '\n", " a " },
	{ "a break at the start", "k: '\n  a'\n", " a" },
	{ "empty quotes", "k: ''\n", "" },
	{ "double quotes", "k: \"a b\"\n", "a b" },
	{ "escapes", "k: \"a\\n\\t\\\"\\\\\\/\\x41\\u00e9\\0b\"\n", "a\n\t\"\\/A\xC3\xA9" },
	{ "a wide escape", "k: \"\\U0001F600\"\n", "\xF0\x9F\x98\x80" },
	{ "named escapes", "k: \"\\N\\_\\L\\P\\e\\a\"\n",
	  "\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\x1b\x07" },
	{ "double quotes over lines", "k: \"a\n  b\n\n  c\"\n", "a b\nc" },
	{ "an escaped break", "k: \"a \\\n   b\"\n", "a b" },
	{ "an escaped break and an empty line", "k: \"a\\\n\n  b\"\n", "a\nb" },
	{ "an escaped blank", "k: \"a\n \\ b\"\n", "a  b" },
	{ "literal", "k: |\n  a\n  b\n", "a\nb\n" },
	{ "literal, stripped", "k: |-\n  a\n  b\n\n", "a\nb" },
	{ "literal, kept", "k: |+\n  a\n\n\nm: x\n", "a\n\n\n" },
	{ "literal with deeper lines", "k: |\n  a\n    b\n\n  c\n", "a\n  b\n\nc\n" },
	{ "literal with an indicator", "k: |2\n    a\n  b\n", "  a\nb\n" },
	{ "literal with a comment in its head", "k: | # c\n  a\n", "a\n" },
	{ "literal without newline at the end", "k: |\n  a", "a" },
	{ "literal with trailing blanks", "k: |\n  a  \n  b\n", "a  \nb\n" },
	{ "literal with tabs", "k: |\n  a\n  \tb\n", "a\n\tb\n" },
	{ "literal with CR LF", "k: |\r\n  a\r\n  b\r\n", "a\nb\n" },
	{ "literal of empty lines", "k: |+\n\n\n", "\n\n" },
	{ "literal of nothing", "k: |\nm: x\n", "" },
	{ "literal with a leading empty line", "k: |\n\n  a\n", "\na\n" },
	{ "folded", "k: >\n  a\n  b\n", "a b\n" },
	{ "folded with empty lines", "k: >\n  a\n\n  b\n\n\n  c\n", "a\nb\n\nc\n" },
	{ "folded with deeper lines", "k: >\n  a\n    b\n  c\n", "a\n  b\nc\n" },
	{ "folded, stripped", "k: >-\n  a\n  b\n", "a b" },
	{ "folded, kept", "k: >+\n  a\n\n  b\n\n", "a\nb\n\n" },
	{ "folded with an indicator", "k: >1\n   a\n b\n", "  a\nb\n" },
	{ "folded with trailing blanks", "k: >\n  a \n  b\n", "a  b\n" },
	{ "folded with text beyond ASCII", "k: >\n  \xC3\xA9\n  b\n", "\xC3\xA9 b\n" },
	{ "behind an anchor", "k: &x a b\n", "a b" },
	{ "behind a tag", "k: !!str 'a b'\n", "a b" },
	{ "folded behind a tag", "k: !t >\n  a\n  b\n", "a b\n" },
	{ "in a flow list", "k: [a b, 'c']\n", "a b" },
};

static void values_are_decoded_and_each_byte_knows_its_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena *arena = arena_new();
		struct diags d = { .arena = arena };
		struct str text = str_from(cases[i].text);
		const struct source_text *v;
		struct yaml_file file;
		const struct yaml_node *n;

		print_message("  %s\n", cases[i].what);
		assert_int_equal(yaml_parse(arena, "t", text, &file, &d), 0);
		n = yaml_get(file.roots[0], "k");
		if (n->kind == YAML_SEQUENCE)
			n = n->items[0];
		v = &n->value;
		assert_true(str_starts_with(v->text, str_from(cases[i].value)));
		assert_true(v->nruns > 0);
		assert_int_equal(v->runs[0].at, 0);
		for (size_t at = 0; at < v->text.len; at++) {
			struct span from = source_span(v, at, at + 1);

			assert_ptr_equal(from.doc, file.doc);
			assert_true(from.start < from.end && from.end <= text.len);
			assert_true(from.start >= n->span.start && from.end <= n->span.end + 1);
			if (from.end - from.start == 1 && text.p[from.start] != '\n')
				assert_int_equal(text.p[from.start], v->text.p[at]);
		}
		arena_free(arena);
	}
}

static void a_word_in_a_folded_scalar_is_found_in_the_file(void **state)
{
	static const char text[] = "- condition: >\n    evt.type = open\n\n    and proc.nmae = x\n";
	struct arena *arena = arena_new();
	struct diags d = { .arena = arena };
	struct yaml_file file;
	const struct yaml_node *n;
	struct span s;
	size_t at;

	(void)state;
	assert_int_equal(yaml_parse(arena, "t", STR(text), &file, &d), 0);
	n = yaml_get(file.roots[0]->items[0], "condition");
	at = (size_t)((const char *)memmem(n->value.text.p, n->value.text.len, "proc.nmae", 9) -
		      n->value.text.p);
	s = source_span(&n->value, at, at + 9);
	assert_int_equal(s.end - s.start, 9);
	assert_memory_equal(text + s.start, "proc.nmae", 9);
	/* A span over the fold covers both lines. */
	s = source_span(&n->value, 0, at + 9);
	assert_memory_equal(text + s.start, "evt.type", 8);
	assert_memory_equal(text + s.end - 9, "proc.nmae", 9);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_decoded_and_each_byte_knows_its_origin),
		cmocka_unit_test(a_word_in_a_folded_scalar_is_found_in_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
