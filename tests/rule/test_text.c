/* SPDX-License-Identifier: Apache-2.0 */

/* Lists and exceptions as text: what the parser reads, and where a report about it points. */

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* One rule with this condition behind the given items. */
static struct ruleset *load_condition(const char *items, const char *condition, const char *more)
{
	struct buf text = { 0 };
	struct ruleset *set;

	buf_printf(&text,
		   "%s- rule: R\n  desc: d\n  condition: %s\n  output: o\n  priority: INFO\n%s",
		   items, condition, more);
	buf_char(&text, '\0');
	set = load_rules(text.p);
	buf_fini(&text);
	return set;
}

static void lists_are_put_in_as_text(void **state)
{
	static const struct {
		const char *what, *items, *condition, *read;
	} cases[] = {
		{ "items joined", "- list: l\n  items: [a, b]\n", "proc.name in (l)",
		  "proc.name in ( a, b )" },
		{ "an item with a blank gets quotes", "- list: l\n  items: [a b, '\"c d\"']\n",
		  "proc.name in (l)", "proc.name in ( \"a b\", \"c d\" )" },
		{ "blanks around the name collapse", "- list: l\n  items: [a]\n",
		  "proc.name in (  l  )", "proc.name in ( a )" },
		{ "only whole words", "- list: l\n  items: [a]\n", "proc.name in (l, xl, l.x, l-x)",
		  "proc.name in ( a , xl, l.x, l-x)" },
		{ "as a single value", "- list: l\n  items: [a]\n", "proc.name = l",
		  "proc.name = a " },
		{ "an empty list takes the comma before it", "- list: l\n  items: []\n",
		  "proc.name in (a, l, b)", "proc.name in (a  , b)" },
		{ "or the one behind it", "- list: l\n  items: []\n", "proc.name in (l, b)",
		  "proc.name in (   b)" },
		{ "an inner list one level deep",
		  "- list: i\n  items: [x, y]\n- list: l\n  items: [i, z]\n", "proc.name in (l)",
		  "proc.name in ( x, y, z )" },
		{ "a later list by its place in the text",
		  "- list: l\n  items: [i, z]\n- list: i\n  items: [x, y]\n", "proc.name in (l)",
		  "proc.name in ( x, y , z )" },
		{ "lists that name each other",
		  "- list: a\n  items: [b, x]\n- list: b\n  items: [a, y]\n", "proc.name in (a)",
		  "proc.name in ( b, x, y , x )" },
		{ "in quotes, too", "- list: l\n  items: [a]\n", "proc.cmdline = \"x l y\"",
		  "proc.cmdline = \"x a y\"" },
		{ "a name of two words", "- list: my list\n  items: [a]\n",
		  "proc.name in (my list)", "proc.name in ( a )" },
		{ "two in a row", "- list: a\n  items: [x]\n- list: b\n  items: [y]\n",
		  "proc.name in (a, b)", "proc.name in ( x , y )" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *set = load_condition(cases[i].items, cases[i].condition, "");

		print_message("  %s\n", cases[i].what);
		assert_true(set->ok);
		check_str(rule_named(set, "R")->condition, cases[i].read);
		ruleset_free(set);
	}
}

#define EXCEPTION(fields, comps, values)                                                           \
	"  exceptions:\n    - name: e\n      fields: " fields "\n" comps "      values: " values   \
	"\n"

static void exceptions_stand_behind_the_condition(void **state)
{
	static const struct {
		const char *what, *exceptions, *read;
	} cases[] = {
		{ "one row", EXCEPTION("[proc.name]", "", "[[a]]"),
		  "(evt.type=open) and not (( proc.name = a))" },
		{ "rows and fields", EXCEPTION("[proc.name, fd.name]", "", "[[a, /x], [b, /y]]"),
		  "(evt.type=open) and not (( proc.name = a and  fd.name = /x) or "
		  "( proc.name = b and  fd.name = /y))" },
		{ "comparators",
		  EXCEPTION("[proc.name, fd.name]", "      comps: [in, startswith]\n",
			    "[[[a, b], /x]]"),
		  "(evt.type=open) and not (( proc.name in (a, b) and  fd.name startswith /x))" },
		{ "one value where a list stands",
		  EXCEPTION("[proc.name]", "      comps: [in]\n", "[[a]]"),
		  "(evt.type=open) and not (( proc.name in (a)))" },
		{ "a single field", EXCEPTION("proc.name", "", "[a, b]"),
		  "(evt.type=open) and not (proc.name in (a, b))" },
		{ "a modifier", EXCEPTION("proc.name", "      comps: startswith anyof\n", "[a, b]"),
		  "(evt.type=open) and not (proc.name startswith anyof (a, b))" },
		{ "values with blanks", EXCEPTION("[proc.name]", "", "[[a b], ['\"c d\"']]"),
		  "(evt.type=open) and not (( proc.name = \"a b\") or ( proc.name = \"c d\"))" },
		{ "no values", EXCEPTION("[proc.name]", "", "[]"), "(evt.type=open)" },
		{ "none", "  exceptions: []\n", "evt.type=open" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *set = load_condition("", "evt.type=open", cases[i].exceptions);

		print_message("  %s\n", cases[i].what);
		assert_true(set->ok);
		check_str(rule_named(set, "R")->condition, cases[i].read);
		ruleset_free(set);
	}
}

/* The first error's span, as the text it covers, and its line. */
static void check_error(const struct ruleset *set, const char *covers, unsigned want_line)
{
	const struct diag *d = &set->results[0].diags.list.items[0];
	unsigned line, column;

	assert_false(set->ok);
	assert_non_null(d->at.doc);
	document_position(d->at.doc, d->at.start, &line, &column);
	check_str(str_of(d->at.doc->text.p + d->at.start, d->at.end - d->at.start), covers);
	assert_int_equal(line, want_line);
}

static void errors_point_at_the_authors_bytes(void **state)
{
	static const struct {
		const char *what, *items, *condition, *more, *covers;
		unsigned line;
	} cases[] = {
		{ "in the condition", "", "evt.type=open and no.such=1", "", "no.such", 3 },
		{ "behind a list", "- list: l\n  items: [a, b, c]\n",
		  "proc.name in (l) and no.such=1", "", "no.such", 5 },
		{ "in a list's item", "- list: l\n  items:\n    - open\n    - nosuch\n",
		  "evt.type in (l)", "", "nosuch", 4 },
		{ "in a quoted item of a list", "- list: l\n  items: [open, 'nosuch']\n",
		  "evt.type in (l)", "", "nosuch", 2 },
		{ "in an inner list's item",
		  "- list: i\n  items: [nosuch]\n- list: l\n  items: [i]\n", "evt.type in (l)", "",
		  "nosuch", 2 },
		{ "in a macro", "- macro: m\n  condition: evt.type=open and no.such=1\n", "m", "",
		  "no.such", 2 },
		{ "in a list that a macro names",
		  "- list: l\n  items: [nosuch]\n- macro: m\n  condition: evt.type in (l)\n", "m",
		  "", "nosuch", 2 },
		{ "in a folded condition", "", ">\n    evt.type=open\n    and no.such=1", "",
		  "no.such", 5 },
		{ "in a quoted condition", "", "\"evt.type=open and\\tno.such=1\"", "", "no.such",
		  3 },
		{ "in an exception's value", "", "proc.name=a",
		  EXCEPTION("[proc.pid]", "", "[[1], [abc]]"), "abc", 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *set =
			load_condition(cases[i].items, cases[i].condition, cases[i].more);

		print_message("  %s\n", cases[i].what);
		check_error(set, cases[i].covers, cases[i].line);
		ruleset_free(set);
	}
}

static void what_lists_and_macros_can_grow_to_is_bounded(void **state)
{
	struct buf lists = { 0 }, macros = { 0 };
	struct ruleset *set;

	(void)state;
	/* Text: each list names the next one ten times. */
	for (int i = 0; i < 12; i++) {
		buf_printf(&lists, "- list: l%d\n  items: [", i);
		for (int k = 0; k < 10; k++)
			buf_printf(&lists, "l%d, ", i + 1);
		buf_str(&lists, STR("x]\n"));
	}
	buf_str(&lists, STR("- rule: R\n  desc: d\n  condition: proc.name in (l0)\n"
			    "  output: o\n  priority: INFO\n"));
	buf_char(&lists, '\0');
	set = load_rules(lists.p);
	check_codes(set, 0, "LOAD_ERR_COMPILE_CONDITION");
	ruleset_free(set);
	/* Trees: each macro uses the one before ten times. */
	buf_str(&macros, STR("- macro: m0\n  condition: proc.name=a\n"));
	for (int i = 1; i < 12; i++) {
		buf_printf(&macros, "- macro: m%d\n  condition: m%d", i, i - 1);
		for (int k = 1; k < 10; k++)
			buf_printf(&macros, " or (m%d and proc.pid=%d)", i - 1, i * 10 + k);
		buf_char(&macros, '\n');
	}
	buf_str(&macros,
		STR("- rule: R\n  desc: d\n  condition: m11\n  output: o\n  priority: INFO\n"));
	buf_char(&macros, '\0');
	set = load_rules(macros.p);
	check_codes(set, 0, "LOAD_ERR_COMPILE_CONDITION");
	ruleset_free(set);
	buf_fini(&lists);
	buf_fini(&macros);
}

static void a_long_chain_of_macros_is_no_recursion_without_end(void **state)
{
	struct buf text = { 0 };
	struct ruleset *set;

	(void)state;
	/* Appending makes each macro see the one defined after it. */
	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "- macro: m%d\n  condition: proc.name=a\n", i);
	for (int i = 0; i < 2999; i++)
		buf_printf(&text,
			   "- macro: m%d\n  condition: or m%d\n  override: {condition: append}\n",
			   i, i + 1);
	buf_char(&text, '\0');
	set = load_rules(text.p);
	assert_false(set->ok);
	check_codes(set, 0, "LOAD_ERR_VALIDATE");
	ruleset_free(set);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_put_in_as_text),
		cmocka_unit_test(exceptions_stand_behind_the_condition),
		cmocka_unit_test(errors_point_at_the_authors_bytes),
		cmocka_unit_test(what_lists_and_macros_can_grow_to_is_bounded),
		cmocka_unit_test(a_long_chain_of_macros_is_no_recursion_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
