/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define RULE(name, priority, tags, more)                                                           \
	"- rule: " name                                                                            \
	"\n  desc: d\n  condition: evt.type=open\n  output: o\n  priority: " priority              \
	"\n  tags: [" tags "]\n" more

static const char rules[] = RULE("shell in container", "WARNING", "shell, container", "")
	RULE("shell on host", "ERROR", "shell", "")
		RULE("write below etc", "NOTICE", "file", "  enabled: false\n")
			RULE("everything", "DEBUG", "", "");

/* The rules that take part, in order: "a, b". */
static void check_set(const struct rule_options *options, const char *want)
{
	struct ruleset *set = load_with(rules, options);
	struct buf have = { 0 };

	assert_true(set->ok);
	for (size_t i = 0; i < set->norder; i++) {
		if (i)
			buf_str(&have, STR(", "));
		buf_str(&have, set->rules[set->order[i]].name);
	}
	buf_char(&have, '\0');
	assert_string_equal(have.p, want);
	buf_fini(&have);
	ruleset_free(set);
}

#define BY_RULE(on, pattern)                                                                       \
	{                                                                                          \
		.enable = on, .rule = STR(pattern)                                                 \
	}
#define BY_TAG(on, name)                                                                           \
	{                                                                                          \
		.enable = on, .tag = STR(name)                                                     \
	}

static void selectors_apply_in_order_and_keep_the_order_of_rules(void **state)
{
	static const struct {
		const char *what;
		struct rule_selector by[3];
		size_t n;
		const char *left;
	} cases[] = {
		{ "none", { { 0 } }, 0, "shell in container, shell on host, everything" },
		{ "disable by name",
		  { BY_RULE(false, "everything") },
		  1,
		  "shell in container, shell on host" },
		{ "disable by wildcard", { BY_RULE(false, "shell*") }, 1, "everything" },
		{ "disable by tag", { BY_TAG(false, "shell") }, 1, "everything" },
		{ "enable what is disabled",
		  { BY_RULE(true, "write*etc") },
		  1,
		  "shell in container, shell on host, write below etc, everything" },
		{ "all off, one tag on",
		  { BY_RULE(false, "*"), BY_TAG(true, "container") },
		  2,
		  "shell in container" },
		{ "one tag on, all off",
		  { BY_TAG(true, "container"), BY_RULE(false, "*") },
		  2,
		  "" },
		{ "tags are whole words",
		  { BY_TAG(false, "shel") },
		  1,
		  "shell in container, shell on host, everything" },
		{ "tags take no wildcard",
		  { BY_TAG(false, "*") },
		  1,
		  "shell in container, shell on host, everything" },
		{ "off and on again",
		  { BY_RULE(false, "shell in*"), BY_RULE(false, "every*"),
		    BY_RULE(true, "shell in*") },
		  3,
		  "shell in container, shell on host" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct rule_options options = {
			.selectors = cases[i].by,
			.nselectors = cases[i].n,
			.threshold = PRIORITY_DEBUG,
		};

		print_message("  %s\n", cases[i].what);
		check_set(&options, cases[i].left);
	}
}

static void less_severe_rules_stay_out(void **state)
{
	static const struct {
		enum priority threshold;
		const char *left;
	} cases[] = {
		{ PRIORITY_DEBUG, "shell in container, shell on host, everything" },
		{ PRIORITY_INFORMATIONAL, "shell in container, shell on host" },
		{ PRIORITY_WARNING, "shell in container, shell on host" },
		{ PRIORITY_ERROR, "shell on host" },
		{ PRIORITY_EMERGENCY, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct rule_options options = { .threshold = cases[i].threshold };

		check_set(&options, cases[i].left);
	}
}

static void redefinition_keeps_the_place(void **state)
{
	struct ruleset *set = load_good(RULE("a", "INFO", "", "") RULE("b", "INFO", "", "")
						RULE("a", "ERROR", "x", ""));

	(void)state;
	assert_int_equal(set->nrules, 2);
	check_str(set->rules[0].name, "a");
	assert_int_equal(set->rules[0].priority, PRIORITY_ERROR);
	assert_int_equal(set->order[0], 0);
	assert_int_equal(set->order[1], 1);
	ruleset_free(set);
}

static void priorities_have_names(void **state)
{
	enum priority p;

	(void)state;
	assert_string_equal(priority_name(PRIORITY_INFORMATIONAL), "Informational");
	assert_true(priority_parse(STR("info"), &p));
	assert_int_equal(p, PRIORITY_INFORMATIONAL);
	assert_true(priority_parse(STR("EMERGENCY"), &p));
	assert_int_equal(p, PRIORITY_EMERGENCY);
	assert_false(priority_parse(STR("warn"), &p));
	assert_false(priority_parse(STR("4"), &p));
	assert_false(priority_parse(STR(""), &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_apply_in_order_and_keep_the_order_of_rules),
		cmocka_unit_test(less_severe_rules_stay_out),
		cmocka_unit_test(redefinition_keeps_the_place),
		cmocka_unit_test(priorities_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
