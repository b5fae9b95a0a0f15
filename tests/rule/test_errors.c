/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tests/errors: each NAME.yaml is a rules file with something wrong, NAME.err exactly what is
 * said about it, carets included.
 */

#include "rule/rule.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DIRECTORY "tests/errors"

static struct str read_text(struct arena *arena, const char *name, const char *suffix)
{
	struct str path = arena_printf(arena, DIRECTORY "/%s%s", name, suffix);
	struct buf text = { 0 };
	char block[4096];
	struct str copy;
	FILE *f = fopen(path.p, "r");
	size_t n;

	if (!f)
		fail_msg("%s: cannot be read", path.p);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(&text, block, n);
	fclose(f);
	copy = arena_str(arena, buf_view(&text));
	buf_fini(&text);
	return copy;
}

static void check_file(const char *name)
{
	struct arena *arena = arena_new();
	struct str file = arena_printf(arena, "%s.yaml", name);
	const struct rule_text text = { file.p, read_text(arena, name, ".yaml") };
	const struct rule_options options = { .threshold = PRIORITY_DEBUG };
	struct ruleset *set = ruleset_parse(&text, 1, &options);
	struct buf out = { 0 };

	ruleset_results(&out, set, false, true);
	buf_char(&out, '\0');
	assert_string_equal(out.p, read_text(arena, name, ".err").p);
	buf_fini(&out);
	ruleset_free(set);
	arena_free(arena);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_expectation(const struct dirent *entry)
{
	return str_ends_with(str_from(entry->d_name), STR(".err"));
}

static void wrong_files_are_explained_as_written(void **state)
{
	struct dirent **entries;
	int n = scandir(DIRECTORY, &entries, is_expectation, by_name);

	(void)state;
	assert_true(n >= 80);
	for (int i = 0; i < n; i++) {
		char *name = entries[i]->d_name;

		name[strlen(name) - strlen(".err")] = '\0';
		print_message("  %s\n", name);
		check_file(name);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_files_are_explained_as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
