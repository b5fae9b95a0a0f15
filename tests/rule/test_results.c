/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void check_printed(const struct ruleset *set, bool json, bool verbose, const char *want)
{
	struct buf out = { 0 };

	ruleset_results(&out, set, json, verbose);
	check_str(buf_view(&out), want);
	buf_fini(&out);
}

static void results_have_falcos_shape_in_json(void **state)
{
	struct ruleset *set = load_rules("- macro: m\n  condition: evt.type=\n");

	(void)state;
	check_printed(
		set, true, false,
		"{\"falco_load_results\":[{\"errors\":[{\"code\":\"LOAD_ERR_COMPILE_CONDITION\","
		"\"codedesc\":\"bad condition\",\"context\":{\"locations\":["
		"{\"item_name\":\"\",\"item_type\":\"rules content\",\"position\":"
		"{\"column\":0,\"line\":0,\"name\":\"t.yaml\",\"offset\":0}},"
		"{\"item_name\":\"m\",\"item_type\":\"macro\",\"position\":"
		"{\"column\":2,\"line\":0,\"name\":\"t.yaml\",\"offset\":2}},"
		"{\"item_name\":\"\",\"item_type\":\"macro condition\",\"position\":"
		"{\"column\":13,\"line\":1,\"name\":\"t.yaml\",\"offset\":24}},"
		"{\"item_name\":\"\",\"item_type\":\"condition expression\",\"position\":"
		"{\"column\":23,\"line\":2,\"name\":\"t.yaml\",\"offset\":33}}],"
		"\"snippet\":\"  condition: evt.type=\\n                      ^\\n\"},"
		"\"message\":\"the condition ends where a value is expected after '='\"}],"
		"\"name\":\"t.yaml\",\"schema_valid\":true,\"schema_warnings\":[],"
		"\"successful\":false,\"warnings\":[]}]}\n");
	ruleset_free(set);
}

static void text_results_say_ok_or_why_not(void **state)
{
	struct ruleset *set = load_rules("- list: l\n  items: [a]\n");

	(void)state;
	check_printed(set, false, false, "t.yaml: Ok, with warnings\n");
	check_printed(set, false, true,
		      "t.yaml: Ok, with warnings\n"
		      "1 Warning:\n"
		      "t.yaml:1:9: warning: list 'l' is not used by any rule [LOAD_UNUSED_LIST]\n"
		      "- list: l\n"
		      "        ^\n");
	ruleset_free(set);
	set = load_rules("");
	check_printed(set, false, true, "t.yaml: Ok\n");
	check_printed(set, true, false,
		      "{\"falco_load_results\":[{\"errors\":[],\"name\":\"t.yaml\","
		      "\"successful\":true,\"warnings\":[]}]}\n");
	ruleset_free(set);
}

static void a_missing_file_is_an_error_of_its_own(void **state)
{
	static const char *const paths[] = { "/nonexistent/rules.yaml" };
	const struct rule_options options = { .threshold = PRIORITY_DEBUG };
	struct ruleset *set = ruleset_load(paths, 1, &options);

	(void)state;
	assert_false(set->ok);
	check_codes(set, 0, "LOAD_ERR_FILE_READ");
	check_printed(set, false, false,
		      "/nonexistent/rules.yaml: Invalid\n"
		      "1 Error:\n"
		      "/nonexistent/rules.yaml: error: /nonexistent/rules.yaml: "
		      "No such file or directory [LOAD_ERR_FILE_READ]\n");
	ruleset_free(set);
}

static void no_files_are_an_empty_set(void **state)
{
	const struct rule_options options = { .threshold = PRIORITY_DEBUG };
	struct ruleset *set = ruleset_load(NULL, 0, &options);

	(void)state;
	assert_true(set->ok);
	assert_int_equal(set->nrules, 0);
	assert_non_null(set->programs);
	ruleset_free(set);
	ruleset_free(NULL);
}

static void a_description_names_what_a_rule_uses(void **state)
{
	struct ruleset *set = load_good("- list: l\n  items: [a]\n"
					"- macro: m\n  condition: proc.name in (l)\n"
					"- rule: R\n  desc: what it is\n"
					"  condition: evt.type=open and m and fd.name pmatch (l)\n"
					"  output: \"%fd.name %tolower(proc.name)\"\n"
					"  priority: INFO\n  tags: [y, x]\n");
	struct buf out = { 0 };

	(void)state;
	ruleset_describe(&out, set, STR("R"), true);
	check_str(
		buf_view(&out),
		"{\"details\":{\"condition_compiled\":\"(evt.type = open and proc.name in (a) and "
		"fd.name pmatch (a))\",\"condition_fields\":[\"evt.type\",\"fd.name\",\"proc.name\"],"
		"\"condition_operators\":[\"=\",\"in\",\"pmatch\"],"
		"\"events\":[\"asyncevent\",\"open\"],"
		"\"exception_fields\":[],\"exception_names\":[],\"exception_operators\":[],"
		"\"extra_output_formatted_fields\":[],\"lists\":[\"l\"],\"macros\":[\"m\"],"
		"\"output_compiled\":\"%fd.name %tolower(proc.name)\","
		"\"output_fields\":[\"fd.name\",\"proc.name\",\"tolower(proc.name)\"],"
		"\"plugins\":[]},"
		"\"info\":{\"capture\":false,\"capture_duration\":0,"
		"\"condition\":\"evt.type=open and m and fd.name pmatch (l)\","
		"\"description\":\"what it is\",\"enabled\":true,\"name\":\"R\","
		"\"output\":\"%fd.name %tolower(proc.name)\",\"priority\":\"Informational\","
		"\"source\":\"syscall\",\"tags\":[\"x\",\"y\"]}}\n");
	buf_reset(&out);
	ruleset_describe(&out, set, (struct str){ 0 }, false);
	check_str(buf_view(&out),
		  "Rule                                               Description\n"
		  "----                                               -----------\n"
		  "R                                                  what it is\n\n");
	buf_fini(&out);
	ruleset_free(set);
}

static void touch(const char *directory, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fclose(fopen(path, "w"));
}

static void directories_give_their_rules_files_in_order(void **state)
{
	static const char *const names[] = { "b.yaml", "a.yml", "c.txt", "A.yaml", ".yaml~" };
	char directory[] = "/tmp/besra-rules-XXXXXX", path[300];
	struct arena *arena = arena_new();
	const char **files;
	struct err err;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		touch(directory, names[i]);
	snprintf(path, sizeof(path), "%s/sub.yaml", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(rule_files(arena, directory, &files, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_non_null(strstr(files[0], "/A.yaml"));
	assert_non_null(strstr(files[1], "/a.yml"));
	assert_non_null(strstr(files[2], "/b.yaml"));
	rmdir(path);

	snprintf(path, sizeof(path), "%s/b.yaml", directory);
	assert_int_equal(rule_files(arena, path, &files, &n, &err), 0);
	assert_int_equal(n, 1);
	snprintf(path, sizeof(path), "%s/c.txt", directory);
	assert_int_equal(rule_files(arena, path, &files, &n, &err), 0);
	assert_int_equal(n, 0);
	snprintf(path, sizeof(path), "%s/gone.yaml", directory);
	assert_int_equal(rule_files(arena, path, &files, &n, &err), -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_have_falcos_shape_in_json),
		cmocka_unit_test(text_results_say_ok_or_why_not),
		cmocka_unit_test(a_missing_file_is_an_error_of_its_own),
		cmocka_unit_test(no_files_are_an_empty_set),
		cmocka_unit_test(a_description_names_what_a_rule_uses),
		cmocka_unit_test(directories_give_their_rules_files_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
