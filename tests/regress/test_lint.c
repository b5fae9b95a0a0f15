/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tests/cases/lint: each NAME.yaml is a rules file that loads. Its last lines say what lint finds
 * in it, all of it and in order: "# finds CODE at LINE:COLUMN", or "# finds nothing".
 */

#include "regress/lint.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DIRECTORY   "tests/cases/lint"
#define LEAST_CASES 60

static const struct rule_options first_match = { .threshold = PRIORITY_DEBUG };

/* A rule set from text and what lint says about it. */
struct linted {
	struct arena *arena;
	struct ruleset *rules;
	struct lint_report *report;
};

static struct linted lint_text(const char *name, struct str text,
			       const struct rule_options *options)
{
	struct linted l = { .arena = arena_new() };
	const struct rule_text file = { name, text };

	l.rules = ruleset_parse(&file, 1, options);
	if (!l.rules->ok)
		fail_msg("%s does not load", name);
	l.report = lint(l.arena, l.rules, options);
	return l;
}

static void linted_fini(struct linted *l)
{
	ruleset_free(l->rules);
	arena_free(l->arena);
}

static void read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char block[4096];
	size_t n;

	if (!f)
		fail_msg("%s: cannot be read", path);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(out, block, n);
	fclose(f);
}

static void put_found(struct buf *out, const struct lint_report *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		const struct lint_finding *f = &r->list.items[i];
		unsigned line, column;

		document_position(f->at.doc, f->at.start, &line, &column);
		buf_printf(out, "# finds %s at %u:%u\n", lint_info(f->code)->name, line, column);
	}
	if (!r->list.n)
		buf_str(out, STR("# finds nothing\n"));
}

static void check_case(const char *name)
{
	struct buf text = { 0 }, found = { 0 };
	struct linted l;
	char path[512];
	const char *wanted;

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	read_file(path, &text);
	buf_char(&text, '\0');
	wanted = strstr(text.p, "# finds ");
	if (!wanted)
		fail_msg("%s does not say what is found in it", name);
	l = lint_text(name, str_of(text.p, text.len - 1), &first_match);
	put_found(&found, l.report);
	buf_char(&found, '\0');
	if (strcmp(found.p, wanted) != 0)
		print_message("  in %s\n", name);
	assert_string_equal(found.p, wanted);
	linted_fini(&l);
	buf_fini(&found);
	buf_fini(&text);
}

static int is_case(const struct dirent *d)
{
	return str_ends_with(str_from(d->d_name), STR(".yaml"));
}

static void each_case_finds_what_it_says(void **state)
{
	struct dirent **names;
	const int n = scandir(DIRECTORY, &names, is_case, alphasort);

	(void)state;
	assert_true(n >= LEAST_CASES);
	for (int i = 0; i < n; i++) {
		check_case(names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

#define RULE(name, condition)                                                                      \
	"- rule: " name "\n  desc: d\n  condition: " condition "\n  output: o\n  priority: INFO\n"

static void no_rule_is_shadowed_when_all_match(void **state)
{
	static const char text[] = RULE("A", "evt.type = open") RULE("B", "evt.type = open");
	const struct rule_options all = { .threshold = PRIORITY_DEBUG, .matching = MATCH_ALL };
	struct linted l = lint_text("t.yaml", str_from(text), &first_match);

	(void)state;
	assert_int_equal(l.report->list.n, 1);
	assert_int_equal(l.report->list.items[0].code, LINT_SHADOWED);
	linted_fini(&l);
	l = lint_text("t.yaml", str_from(text), &all);
	assert_int_equal(l.report->list.n, 0);
	linted_fini(&l);
}

static void the_text_form_shows_carets_and_remedies(void **state)
{
	static const char text[] = RULE("R", "evt.type=open and proc.name=a-name-of-17-bytes");
	static const char wanted[] =
		"t.yaml:3:32: warning: rule 'R' can never match: "
		"'proc.name = a-name-of-17-bytes' is never true [never-matches]\n"
		"  condition: evt.type=open and proc.name=a-name-of-17-bytes\n"
		"                               ^~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
		"t.yaml:3:32: note: proc.name has no such value: the kernel cuts names at 15 bytes, "
		"this one is 'a-name-of-17-by'; proc.exepath has the whole name\n"
		"t.yaml:3:42: warning: proc.name is never 'a-name-of-17-bytes' [impossible-value]\n"
		"  condition: evt.type=open and proc.name=a-name-of-17-bytes\n"
		"                                         ^~~~~~~~~~~~~~~~~~\n"
		"t.yaml:3:42: note: the kernel cuts names at 15 bytes, this one is "
		"'a-name-of-17-by'; proc.exepath has the whole name\n"
		"2 warnings, 0 notes\n";
	struct linted l = lint_text("t.yaml", str_from(text), &first_match);
	struct buf out = { 0 };

	(void)state;
	lint_print(&out, l.report);
	buf_char(&out, '\0');
	assert_string_equal(out.p, wanted);
	buf_fini(&out);
	linted_fini(&l);
}

static void every_code_is_named_once_and_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < LINT_CODES; i++) {
		const struct lint_info *info = lint_info((enum lint_code)i);

		assert_true(strlen(info->short_text) > 10 && strlen(info->doc) > 20);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(info->name, lint_info((enum lint_code)k)->name);
	}
}

/* Work grows with the rules, not with their product: a bound on steps, not on seconds. */
static void large_sets_are_looked_at_in_bounded_time(void **state)
{
	struct buf text = { 0 };
	struct linted l;

	(void)state;
	for (int i = 0; i < 150; i++) {
		buf_printf(&text, "- rule: R%d\n  desc: d\n  condition: evt.type=open", i);
		for (int k = 0; k < 100; k++)
			buf_printf(&text, " and (proc.name=a%d_%d or fd.name=/b%d/%d)", i, k, i, k);
		buf_str(&text, STR("\n  output: o\n  priority: INFO\n"));
	}
	l = lint_text("large.yaml", buf_view(&text), &first_match);
	assert_int_equal(l.rules->nrules, 150);
	linted_fini(&l);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_finds_what_it_says),
		cmocka_unit_test(no_rule_is_shadowed_when_all_match),
		cmocka_unit_test(the_text_form_shows_carets_and_remedies),
		cmocka_unit_test(every_code_is_named_once_and_explained),
		cmocka_unit_test(large_sets_are_looked_at_in_bounded_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
