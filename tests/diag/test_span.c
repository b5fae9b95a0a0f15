/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/*
 *	text	ab cd XY ef
 *	file	ab....cd (10..) XY generated for 20..30, " ef" from another file
 */
static const struct document file = { "f", { "ab  cd....................................", 42 } };
static const struct document other = { "g", { "..... ef", 8 } };
static const struct source_run runs[] = {
	{ 0, { &file, 0, 2 }, true },
	{ 2, { &file, 2, 4 }, false }, /* two blanks folded into one */
	{ 3, { &file, 4, 6 }, true },
	{ 5, { &file, 20, 30 }, false }, /* " XY" stands for ten bytes */
	{ 8, { &other, 5, 8 }, true },
};
static const struct source_text text = { { "ab cd XY ef", 11 }, runs, ARRAY_SIZE(runs) };

static void a_span_of_a_text_leads_to_the_file(void **state)
{
	static const struct {
		const char *what;
		size_t start, end;
		const struct document *doc;
		uint32_t from, to;
	} cases[] = {
		{ "inside one run", 0, 1, &file, 0, 1 },
		{ "the second byte", 1, 2, &file, 1, 2 },
		{ "a folded blank is both", 2, 3, &file, 2, 4 },
		{ "across runs", 0, 5, &file, 0, 6 },
		{ "after the fold", 4, 5, &file, 5, 6 },
		{ "generated text is one place", 6, 7, &file, 20, 30 },
		{ "from verbatim into generated", 3, 7, &file, 4, 30 },
		{ "another document", 9, 11, &other, 6, 8 },
		{ "across documents the first counts", 3, 11, &file, 4, 6 },
		{ "an empty span", 4, 4, &file, 5, 5 },
		{ "the end of the text", 11, 11, &other, 8, 8 },
		{ "beyond the text", 50, 60, &other, 8, 8 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span s = source_span(&text, cases[i].start, cases[i].end);

		print_message("  %s\n", cases[i].what);
		assert_ptr_equal(s.doc, cases[i].doc);
		assert_int_equal(s.start, cases[i].from);
		assert_int_equal(s.end, cases[i].to);
	}
}

static void a_text_without_origin_has_no_place(void **state)
{
	struct source_text plain = { STR("abc"), NULL, 0 };

	(void)state;
	assert_null(source_span(&plain, 0, 1).doc);
}

struct words {
	const char *const *items;
	size_t n;
};

static bool next_word(void *arg, struct str *candidate)
{
	struct words *w = arg;

	if (!w->n)
		return false;
	w->n--;
	*candidate = str_from(*w->items++);
	return true;
}

static void the_nearest_name_is_suggested_when_it_is_near(void **state)
{
	static const char *const names[] = { "proc.name",     "proc.pname", "fd.name", "evt.type",
					     "user.loginuid", "Warning",    "Debug" };
	static const struct {
		const char *written, *meant;
	} cases[] = {
		{ "proc.nmae", "proc.name" }, /* two letters swapped */
		{ "procname", "proc.name" },
		{ "proc.pnam", "proc.pname" },
		{ "PROC.NAME", "proc.name" },
		{ "WARNNG", "Warning" },
		{ "evt.typ", "evt.type" },
		{ "something.else", "" },
		{ "x", "" },
		{ "", "" },
		{ "user.login", "user.loginuid" },
	};
	char endless[4096];
	struct words all = { names, ARRAY_SIZE(names) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct words w = { names, ARRAY_SIZE(names) };
		struct str near = diag_nearest(str_from(cases[i].written), next_word, &w);

		print_message("  %s\n", cases[i].written);
		assert_true(str_eq(near, str_from(cases[i].meant)));
	}
	memset(endless, 'a', sizeof(endless));
	assert_int_equal(diag_nearest(str_of(endless, sizeof(endless)), next_word, &all).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_span_of_a_text_leads_to_the_file),
		cmocka_unit_test(a_text_without_origin_has_no_place),
		cmocka_unit_test(the_nearest_name_is_suggested_when_it_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
