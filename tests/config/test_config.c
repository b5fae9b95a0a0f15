/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

struct fixture {
	char dir[64];
	char path[128];
	struct arena *arena;
	struct diags diags;
	struct config config;
	struct err err;
	int result;
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	strcpy(f->dir, "/tmp/besra-config-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/main.yaml", f->dir);
	f->arena = arena_new();
	f->diags.arena = f->arena;
}

static void load(struct fixture *f, const char *text, const char *const *overrides, size_t n)
{
	if (text)
		write_file(f->path, text);
	f->result =
		config_load(text ? f->path : NULL, overrides, n, &f->config, &f->diags, &f->err);
}

static void end(struct fixture *f)
{
	char command[128];

	arena_free(f->arena);
	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
}

static void assert_str(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p, expected, s.len);
}

/* The printed form of all diagnostics, in a static buffer. */
static const char *said(struct fixture *f)
{
	static char text[8192];
	struct buf out = { 0 };

	for (size_t i = 0; i < f->diags.list.n; i++)
		diag_print(&out, &f->diags.list.items[i]);
	snprintf(text, sizeof(text), "%.*s", STR_ARG(buf_view(&out)));
	buf_fini(&out);
	return text;
}

static void defaults_come_from_the_table(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	load(&f, NULL, NULL, 0);
	assert_int_equal(f.result, 0);
	assert_str(f.config.priority, "debug");
	assert_str(f.config.rule_matching, "first");
	assert_true(f.config.json_include_output_property);
	assert_false(f.config.json_output);
	assert_true(f.config.stdout_enabled);
	assert_int_equal(f.config.thread_table_size, 262144);
	assert_false(f.config.given[OPTION_priority]);
	end(&f);
}

static void every_kind_of_value_is_decoded(void **state)
{
	static const char text[] = "rules_files: [a.yaml, b.d]\n"
				   "rules:\n"
				   "  - disable: {rule: '*'}\n"
				   "  - enable: {tag: net, rule: \"x y\"}\n"
				   "json_output: yes\n"
				   "outputs_queue: {capacity: 17}\n"
				   "rule_matching: ALL\n"
				   "static_fields: {site: lab, n: 5}\n"
				   "append_output:\n"
				   "  - match: {source: syscall, tags: [a, b]}\n"
				   "    extra_output: x=%proc.name\n"
				   "    extra_fields: [proc.pid, {who: '%user.name'}]\n"
				   "    suggested_output: true\n"
				   "file_output: {enabled: true, filename: out.txt}\n";
	struct fixture f;
	struct config *c = &f.config;

	(void)state;
	begin(&f);
	load(&f, text, NULL, 0);
	assert_string_equal(said(&f), "");
	assert_int_equal(f.result, 0);
	assert_int_equal(c->rules_files.n, 2);
	assert_str(c->rules_files.items[1], "b.d");
	assert_int_equal(c->rules.n, 2);
	assert_false(c->rules.items[0].enable);
	assert_null(c->rules.items[0].tag.p);
	assert_str(c->rules.items[1].rule, "x y");
	assert_true(c->json_output);
	assert_int_equal(c->queue_capacity, 17);
	assert_str(c->rule_matching, "ALL");
	assert_str(c->static_fields.values[1], "5");
	assert_int_equal(c->append_output.n, 1);
	assert_int_equal(c->append_output.items[0].match_tags.n, 2);
	assert_null(c->append_output.items[0].match_rule.p);
	assert_str(c->append_output.items[0].extra_names.items[1], "who");
	assert_null(c->append_output.items[0].extra_formats.items[0].p);
	assert_true(c->append_output.items[0].suggested);
	/* Another channel was chosen, and stdout was not. */
	assert_false(c->stdout_enabled);
	end(&f);
}

static void an_override_reaches_every_place(void **state)
{
	static const char text[] = "rules_files: [a, b]\nfile_output:\n  enabled: false\n";
	static const char *const overrides[] = {
		"rules_files[1]=c",
		"rules_files[]=d",
		"file_output.enabled=true",
		"file_output.filename=x=y",
		"static_fields.a\\.b=1",
		"static_fields.${HOME}=${BESRA_TEST_VARIABLE}/$${X}",
		"append_output[]={\"extra_output\": \"more\"}",
		"priority=",
	};
	struct fixture f;

	(void)state;
	setenv("BESRA_TEST_VARIABLE", "value", 1);
	begin(&f);
	load(&f, text, overrides, ARRAY_SIZE(overrides));
	assert_string_equal(said(&f), "");
	assert_int_equal(f.config.rules_files.n, 3);
	assert_str(f.config.rules_files.items[0], "a");
	assert_str(f.config.rules_files.items[1], "c");
	assert_str(f.config.rules_files.items[2], "d");
	assert_true(f.config.file_enabled);
	assert_str(f.config.file_name, "x=y");
	assert_str(f.config.static_fields.keys[0], "a.b");
	assert_str(f.config.static_fields.values[1], "value/${X}");
	assert_str(f.config.append_output.items[0].extra_output, "more");
	assert_str(f.config.priority, "debug");
	end(&f);
}

static void what_is_wrong_is_said_at_its_place(void **state)
{
	static const struct {
		const char *what;
		const char *text;
		const char *override;
		const char *says; /* somewhere in what is printed */
		bool error;
	} cases[] = {
		{ "misspelt key", "json_outptu: true\n", NULL,
		  "main.yaml:1:1: warning: unknown option 'json_outptu'", false },
		{ "suggestion", "json_outptu: true\n", NULL, "did you mean 'json_output'?", false },
		{ "misspelt nested key", "file_output:\n  enabld: true\n", NULL,
		  "main.yaml:2:3: warning: unknown option 'file_output.enabld'", false },
		{ "nested suggestion", "file_output:\n  enabld: true\n", NULL,
		  "did you mean 'file_output.enabled'?", false },
		{ "not a boolean", "json_output: maybe\n", NULL,
		  "main.yaml:1:14: error: json_output must be true or false", true },
		{ "not a number", "outputs_queue: {capacity: many}\n", NULL,
		  "outputs_queue.capacity must be a whole number", true },
		{ "out of range", "outputs_queue: {capacity: -1}\n", NULL,
		  "outputs_queue.capacity must be from 0 to 10000000", true },
		{ "not a choice", "rule_matching: some\n", NULL,
		  "rule_matching must be one of: first all", true },
		{ "scalar for a map", "file_output: yes\n", NULL, "file_output must be a map",
		  true },
		{ "list at the top", "- a\n", NULL, "must be a map of keys to values", true },
		{ "not YAML", "a: [b\n", NULL, "main.yaml", true },
		{ "a key twice", "priority: info\npriority: debug\n", NULL,
		  "'priority' stands here a second time", false },
		{ "channel we lack", "http_output: {enabled: true}\n", NULL,
		  "http_output has no effect", false },
		{ "plugin we lack", "load_plugins: [k8saudit]\n", NULL,
		  "load_plugins has no effect", false },
		{ "rule selection without a target", "rules: [{enable: {}}]\n", NULL,
		  "a rule selection must be by `rule` or by `tag`", true },
		{ "unknown verb", "rules: [{switch: {rule: x}}]\n", NULL,
		  "a map with `enable` or `disable`", true },
		{ "override without =", NULL, "json_output", "-o takes key=value", true },
		{ "override beyond the end", NULL, "rules_files[3]=x",
		  "the index is beyond the end of the list", true },
		{ "override with a huge index", NULL, "rules_files[99999999999999999999]=x",
		  "the index is too large", true },
		{ "override with an open bracket", NULL, "rules_files[1=x", "'[' must be followed",
		  true },
		{ "override without a key", NULL, "=x", "a key is empty", true },
		{ "override with an empty step", NULL, "a..b=x", "a key is empty", true },
		{ "override ending in a backslash", NULL, "a\\=x", "-o takes key=value", true },
		{ "override of the wrong type", NULL, "json_output=perhaps",
		  "-o:1:13: error: json_output must be true or false", true },
		{ "override with broken YAML", NULL, "append_output[]={a: [", "-o", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;

		print_message("  %s\n", cases[i].what);
		begin(&f);
		load(&f, cases[i].text, &cases[i].override, cases[i].override ? 1 : 0);
		assert_int_equal(f.result, cases[i].error ? -EINVAL : 0);
		if (!strstr(said(&f), cases[i].says))
			fail_msg("missing \"%s\" in:\n%s", cases[i].says, said(&f));
		end(&f);
	}
}

static void what_is_switched_off_is_not_worth_a_word(void **state)
{
	static const char *const texts[] = {
		"http_output: {enabled: false, url: x}\n",
		"grpc: {enabled: false}\ngrpc_output: {enabled: false}\n",
		"load_plugins: []\nplugins: [{name: x}]\n",
		"load_plugins: [container]\n",
		"base_syscalls: {repair: true, custom_set: [a]}\n",
		"syscall_event_drops: {threshold: .1, actions: [log]}\n",
		"priority:\n",
		"",
		"---\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct fixture f;

		begin(&f);
		load(&f, texts[i], NULL, 0);
		assert_string_equal(said(&f), "");
		assert_int_equal(f.result, 0);
		end(&f);
	}
}

static void included_files_are_merged_by_their_strategy(void **state)
{
	static const struct {
		const char *strategy;
		const char *priority;
		size_t nfiles; /* in rules_files */
	} cases[] = {
		{ "append", "error", 2 },
		{ "override", "error", 1 },
		{ "add-only", "alert", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;
		char text[512], path[128];

		print_message("  %s\n", cases[i].strategy);
		begin(&f);
		snprintf(path, sizeof(path), "%s/more.yaml", f.dir);
		write_file(path, "priority: error\nrules_files: [b]\njson_output: true\n");
		snprintf(text, sizeof(text),
			 "config_files:\n  - {path: %s, strategy: %s}\npriority: alert\n"
			 "rules_files: [a]\n",
			 path, cases[i].strategy);
		load(&f, text, NULL, 0);
		assert_string_equal(said(&f), "");
		assert_str(f.config.priority, cases[i].priority);
		assert_int_equal(f.config.rules_files.n, cases[i].nfiles);
		assert_true(f.config.json_output);
		assert_int_equal(f.config.sources.n, 2);
		end(&f);
	}
}

static void a_directory_is_read_in_order_of_names(void **state)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "d/2.yaml", "priority: error\n" },
		{ "d/1.yml", "priority: alert\nrules_files: x\n" },
		{ "d/3.txt", "priority: [\n" },
	};
	struct fixture f;
	char path[128], text[256];

	(void)state;
	begin(&f);
	snprintf(path, sizeof(path), "%s/d", f.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", f.dir, files[i].name);
		write_file(path, files[i].text);
	}
	snprintf(text, sizeof(text), "config_files: %s/d\n", f.dir);
	load(&f, text, NULL, 0);
	assert_string_equal(said(&f), "");
	assert_str(f.config.priority, "error");
	assert_int_equal(f.config.rules_files.n, 1);
	end(&f);
}

static void includes_do_not_nest_and_missing_ones_are_named(void **state)
{
	struct fixture f;
	char path[128], text[256];

	(void)state;
	begin(&f);
	snprintf(path, sizeof(path), "%s/more.yaml", f.dir);
	write_file(path, "config_files: [x]\n");
	snprintf(text, sizeof(text), "config_files: %s\n", path);
	load(&f, text, NULL, 0);
	assert_int_equal(f.result, -EINVAL);
	assert_non_null(strstr(said(&f), "config_files can only stand in the main"));
	end(&f);

	begin(&f);
	load(&f, "config_files: /nowhere/at/all\n", NULL, 0);
	assert_int_equal(f.result, 0);
	assert_non_null(strstr(said(&f), "/nowhere/at/all: No such file"));
	end(&f);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.result = config_load("/nowhere/x.yaml", NULL, 0, &f.config, &f.diags, &f.err);
	assert_int_equal(f.result, -ENOENT);
	assert_non_null(strstr(f.err.text, "/nowhere/x.yaml"));
	end(&f);
}

static void help_and_schema_name_every_option(void **state)
{
	struct buf help = { 0 }, schema = { 0 };
	int depth = 0;

	(void)state;
	config_help(&help);
	config_schema(&schema);
	for (size_t i = 0; i < OPTIONS; i++) {
		const char *key = option_key((enum option_id)i);
		const char *leaf = strrchr(key, '.') ? strrchr(key, '.') + 1 : key;
		char quoted[128];

		assert_true(str_contains(buf_view(&help), str_from(key)));
		snprintf(quoted, sizeof(quoted), "\"%s\":{", leaf);
		assert_true(str_contains(buf_view(&schema), str_from(quoted)));
	}
	for (size_t i = 0; i < schema.len; i++) {
		depth += schema.p[i] == '{';
		depth -= schema.p[i] == '}';
		assert_true(depth >= 0);
	}
	assert_int_equal(depth, 0);
	buf_fini(&help);
	buf_fini(&schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_come_from_the_table),
		cmocka_unit_test(every_kind_of_value_is_decoded),
		cmocka_unit_test(an_override_reaches_every_place),
		cmocka_unit_test(what_is_wrong_is_said_at_its_place),
		cmocka_unit_test(what_is_switched_off_is_not_worth_a_word),
		cmocka_unit_test(included_files_are_merged_by_their_strategy),
		cmocka_unit_test(a_directory_is_read_in_order_of_names),
		cmocka_unit_test(includes_do_not_nest_and_missing_ones_are_named),
		cmocka_unit_test(a_file_that_cannot_be_read_is_named),
		cmocka_unit_test(help_and_schema_name_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
