/* SPDX-License-Identifier: Apache-2.0 */
#include "rule/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * tests/cases/rules.test: rules files and what is reported of them.
 *
 *	==== what the case is about
 *	the file; the mark » stands before what the first report points at
 *	---- ok, or the codes of all reports in their order
 */

#define MARK STR("\xc2\xbb")

static struct str read_file(struct arena *arena, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf text = { 0 };
	char bytes[4096];
	struct str copy;
	size_t n;

	if (!f)
		fail_msg("%s cannot be read: run from the top of the tree", path);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(&text, bytes, n);
	fclose(f);
	copy = arena_str(arena, buf_view(&text));
	buf_fini(&text);
	return copy;
}

static struct str take_line(struct str *rest)
{
	struct str line = str_of(rest->p, str_chr(*rest, '\n'));

	*rest = str_from_index(*rest, line.len + (line.len < rest->len));
	return line;
}

/* The text without its mark; *at is where that stood, or SIZE_MAX. */
static struct str without_mark(struct arena *arena, struct str text, size_t *at)
{
	struct buf out = { 0 };
	struct str copy;

	*at = SIZE_MAX;
	for (size_t i = 0; i < text.len; i++) {
		if (*at == SIZE_MAX && str_starts_with(str_from_index(text, i), MARK)) {
			*at = i;
			i += MARK.len - 1;
			continue;
		}
		buf_char(&out, text.p[i]);
	}
	copy = arena_str(arena, buf_view(&out));
	buf_fini(&out);
	return copy;
}

/* "ok", or the codes. */
static void put_codes(struct buf *out, const struct diags *d)
{
	if (d->list.n == 0)
		buf_str(out, STR("ok"));
	for (size_t i = 0; i < d->list.n; i++)
		buf_printf(out, "%s%s", i ? " " : "", load_code_name(d->list.items[i].code));
}

static bool check_case(struct arena *arena, struct str name, struct str text, struct str expected)
{
	const struct rule_options options = { .threshold = PRIORITY_DEBUG };
	struct buf codes = { 0 };
	struct rule_text file = { "case.yaml", { 0 } };
	const struct diags *d;
	struct ruleset *set;
	bool good, severe = str_contains(expected, STR("LOAD_ERR_"));
	size_t at, seen = SIZE_MAX;

	file.text = without_mark(arena, text, &at);
	set = ruleset_parse(&file, 1, &options);
	d = &set->results[0].diags;
	put_codes(&codes, d);
	if (d->list.n)
		seen = d->list.items[0].at.start;
	good = str_eq(buf_view(&codes), expected) && set->ok != severe &&
	       (at == SIZE_MAX || at == seen);
	if (!good)
		print_error("  %.*s: %.*s at %zu, not %.*s at %zu\n", STR_ARG(name),
			    STR_ARG(buf_view(&codes)), seen, STR_ARG(expected), at);
	if (!good && d->list.n)
		print_error("\t%.*s\n", STR_ARG(d->list.items[0].message));
	buf_fini(&codes);
	ruleset_free(set);
	return good;
}

static void files_load_or_are_refused_as_the_cases_say(void **state)
{
	struct arena *arena = arena_new();
	struct str rest = read_file(arena, "tests/cases/rules.test"), name = STR("");
	const char *start = rest.p;
	size_t cases = 0, faults = 0;

	(void)state;
	while (rest.len) {
		struct str line = take_line(&rest);

		if (str_starts_with(line, STR("==== "))) {
			name = str_from_index(line, 5);
			start = rest.p;
		} else if (str_starts_with(line, STR("---- "))) {
			cases++;
			faults += !check_case(arena, name, str_of(start, (size_t)(line.p - start)),
					      str_from_index(line, 5));
		}
	}
	print_message("  %zu files\n", cases);
	assert_int_equal(faults, 0);
	assert_true(cases >= 70);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_load_or_are_refused_as_the_cases_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
