/* SPDX-License-Identifier: Apache-2.0 */

/* What later items do to earlier ones, within one file and from file to file. */

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char base[] = "- rule: R\n  desc: old\n  condition: evt.type=open\n  output: out\n"
			   "  priority: INFO\n  tags: [b, a]\n"
			   "  exceptions: [{name: e, fields: [proc.name], values: [[x]]}]\n";

/* The base rule and one more item. */
static struct ruleset *change(const char *item)
{
	struct buf text = { 0 };
	struct ruleset *set;

	buf_printf(&text, "%s%s", base, item);
	buf_char(&text, '\0');
	set = load_good(text.p);
	buf_fini(&text);
	return set;
}

static void conditions_are_appended_before_the_exceptions(void **state)
{
	static const char *const items[] = {
		"- rule: R\n  condition: and proc.pid=1\n  append: true\n",
		"- rule: R\n  condition: and proc.pid=1\n  override: {condition: append}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		struct ruleset *set = change(items[i]);

		check_str(rule_named(set, "R")->condition,
			  "(evt.type=open and proc.pid=1) and not (( proc.name = x))");
		ruleset_free(set);
	}
}

static void overrides_append_and_replace_key_by_key(void **state)
{
	struct ruleset *set = change(
		"- rule: R\n  desc: new\n  output: more\n  tags: [c, a]\n  priority: ERROR\n"
		"  override: {desc: replace, output: append, tags: append, priority: replace}\n");
	const struct rule *r = rule_named(set, "R");

	(void)state;
	check_str(r->desc, "new");
	check_str(r->output, "out more");
	check_str(r->output_compiled, "out more");
	assert_int_equal(r->priority, PRIORITY_ERROR);
	assert_int_equal(r->ntags, 3);
	check_str(r->tags[0], "a");
	check_str(r->tags[1], "b");
	check_str(r->tags[2], "c");
	check_codes(set, 0, "");
	ruleset_free(set);
}

static void appended_exceptions_join_by_name(void **state)
{
	struct ruleset *set =
		change("- rule: R\n  exceptions:\n    - name: e\n      values: [[y]]\n"
		       "    - name: f\n      fields: [proc.pid]\n      values: [[1]]\n"
		       "  override: {exceptions: append}\n");

	(void)state;
	check_str(rule_named(set, "R")->condition,
		  "(evt.type=open) and not (( proc.name = x) or ( proc.name = y)) "
		  "and not (( proc.pid = 1))");
	ruleset_free(set);
	set = change("- rule: R\n  exceptions: []\n  override: {exceptions: replace}\n");
	check_str(rule_named(set, "R")->condition, "evt.type=open");
	ruleset_free(set);
}

static void enabled_switches_a_rule(void **state)
{
	static const struct {
		const char *item;
		bool in_set;
		const char *codes;
	} cases[] = {
		{ "- rule: R\n  enabled: false\n  override: {enabled: replace}\n", false, "" },
		{ "- rule: R\n  enabled: false\n", false, "LOAD_DEPRECATED_ITEM" },
		{ "- rule: R\n  enabled: false\n- rule: R\n  enabled: yes\n", true,
		  "LOAD_DEPRECATED_ITEM LOAD_DEPRECATED_ITEM" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *set = change(cases[i].item);

		assert_int_equal(rule_named(set, "R")->in_set, cases[i].in_set);
		assert_int_equal(set->norder, cases[i].in_set);
		check_codes(set, 0, cases[i].codes);
		ruleset_free(set);
	}
}

static void a_later_file_changes_an_earlier_one(void **state)
{
	const struct rule_text files[] = {
		{ "1.yaml",
		  STR("- list: l\n  items: [a]\n- macro: m\n  condition: proc.name in (l)\n"
		      "- rule: R\n  desc: d\n  condition: evt.type=open and m\n"
		      "  output: o\n  priority: INFO\n") },
		{ "2.yaml", STR("- list: l\n  items: [b]\n  override: {items: append}\n"
				"- macro: m\n  condition: or proc.pid=1\n"
				"  override: {condition: append}\n") },
	};
	const struct rule_options options = { .threshold = PRIORITY_DEBUG };
	struct ruleset *set = ruleset_parse(files, 2, &options);
	struct buf text = { 0 };

	(void)state;
	assert_true(set->ok);
	assert_int_equal(set->nresults, 2);
	ast_print(&text, rule_named(set, "R")->expanded);
	check_str(buf_view(&text), "(evt.type = open and (proc.name in (a, b) or proc.pid = 1))");
	buf_fini(&text);
	ruleset_free(set);
}

static void loading_stops_at_the_first_bad_file_unless_told(void **state)
{
	const struct rule_text files[] = {
		{ "1.yaml", STR("- list: l\n  items: [a]\n- list: k\n") },
		{ "2.yaml", STR("- rule: R\n  desc: d\n  condition: evt.type=open and "
				"proc.name in (l)\n  output: o\n  priority: INFO\n") },
	};
	struct rule_options options = { .threshold = PRIORITY_DEBUG };
	struct ruleset *set = ruleset_parse(files, 2, &options);

	(void)state;
	assert_false(set->ok);
	assert_int_equal(set->nresults, 1);
	ruleset_free(set);
	options.keep_going = true;
	set = ruleset_parse(files, 2, &options);
	assert_false(set->ok);
	assert_int_equal(set->nresults, 2);
	check_codes(set, 0, "LOAD_ERR_YAML_VALIDATE");
	/* What came before the error stays defined. */
	assert_true(set->results[1].ok);
	check_codes(set, 1, "");
	ruleset_free(set);
}

static void outputs_are_extended_where_the_match_says(void **state)
{
	static const struct str tag = STR("a"), other_tag = STR("z");
	static const struct str names[] = { STR("proc.name"), STR("who") };
	static const struct str formats[] = { { NULL, 0 }, STR("by %user.name") };
	const struct append_output appends[] = {
		{ .extra_output = STR("always") },
		{ .match_tags = &tag, .nmatch_tags = 1, .extra_output = STR("%evt.num") },
		{ .match_tags = &other_tag, .nmatch_tags = 1, .extra_output = STR("never") },
		{ .match_rule = STR("Q"), .extra_output = STR("never") },
		{ .match_source = STR("syscall"),
		  .extra_names = names,
		  .extra_formats = formats,
		  .nextra = 2 },
	};
	struct rule_options options = {
		.threshold = PRIORITY_DEBUG,
		.appends = appends,
		.nappends = ARRAY_SIZE(appends),
		.container_info = STR("id=%container.id"),
	};
	struct ruleset *set = load_with("- rule: R\n  desc: d\n  condition: evt.type=open\n"
					"  output: x %container.info y\n  priority: INFO\n"
					"  tags: [a, b]\n",
					&options);
	const struct rule *r = rule_named(set, "R");

	(void)state;
	assert_true(set->ok);
	check_str(r->output_compiled, "x id=%container.id y always %evt.num");
	check_codes(set, 0, "LOAD_DEPRECATED_ITEM");
	assert_int_equal(r->nextra, 2);
	check_str(r->extra_keys[0], "proc.name");
	check_str(r->extra_keys[1], "who");
	ruleset_free(set);
}

static void rules_of_other_sources_are_kept_but_never_compiled(void **state)
{
	struct ruleset *set =
		load_good("- rule: R\n  desc: d\n  condition: ka.verb=get and nosuch\n"
			  "  output: \"%ka.verb\"\n  priority: INFO\n"
			  "  source: k8s_audit\n");

	(void)state;
	check_codes(set, 0, "LOAD_UNKNOWN_SOURCE");
	assert_int_equal(set->nrules, 1);
	assert_int_equal(set->norder, 0);
	assert_false(rule_named(set, "R")->in_set);
	ruleset_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_appended_before_the_exceptions),
		cmocka_unit_test(overrides_append_and_replace_key_by_key),
		cmocka_unit_test(appended_exceptions_join_by_name),
		cmocka_unit_test(enabled_switches_a_rule),
		cmocka_unit_test(a_later_file_changes_an_earlier_one),
		cmocka_unit_test(loading_stops_at_the_first_bad_file_unless_told),
		cmocka_unit_test(outputs_are_extended_where_the_match_says),
		cmocka_unit_test(rules_of_other_sources_are_kept_but_never_compiled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
