/* SPDX-License-Identifier: Apache-2.0 */
#include "besra/besra.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Run from the top of the repository, as make does. */
#define TRACE "traces/intrusion.scap"
#define RULES "rules/besra_rules.yaml"

struct seen {
	unsigned alerts;
	char first[8192];
	char rule[128];
	int severity;
};

static void see(const struct besra_alert *a, void *arg)
{
	struct seen *s = arg;

	assert_int_equal(strlen(a->text), a->length);
	assert_true(a->time_ns > 0);
	assert_non_null(a->priority);
	if (s->alerts++ == 0) {
		snprintf(s->first, sizeof(s->first), "%s", a->text);
		snprintf(s->rule, sizeof(s->rule), "%s", a->rule);
		s->severity = a->severity;
	}
}

static bool have_trace(void)
{
	return access(TRACE, R_OK) == 0 && access(RULES, R_OK) == 0;
}

static void a_trace_gives_its_alerts_step_by_step_or_at_once(void **state)
{
	struct seen steps = { 0 }, once = { 0 };
	struct besra *a = besra_new(), *b = besra_new();
	int n;

	(void)state;
	if (!have_trace())
		skip();
	besra_on_alert(a, see, &steps);
	besra_on_alert(b, see, &once);
	assert_int_equal(besra_load_rules(a, RULES), 0);
	assert_int_equal(besra_load_rules(b, RULES), 0);
	assert_int_equal(besra_open(a, TRACE), 0);
	assert_int_equal(besra_open(b, TRACE), 0);
	while ((n = besra_step(a)) > 0)
		;
	assert_int_equal(n, 0);
	assert_int_equal(besra_run(b), 0);
	assert_true(steps.alerts > 0);
	assert_int_equal(steps.alerts, once.alerts);
	assert_string_equal(steps.first, once.first);
	assert_non_null(strstr(steps.first, ": "));
	assert_int_equal(besra_alerts(b), once.alerts);
	assert_true(besra_events(b) > once.alerts);
	assert_string_equal(besra_error(b), "");
	besra_free(a);
	besra_free(b);
}

static void options_change_what_an_alert_is(void **state)
{
	struct seen seen = { 0 };
	struct besra *b = besra_new();

	(void)state;
	if (!have_trace())
		skip();
	besra_on_alert(b, see, &seen);
	assert_int_equal(besra_set(b, "json_output=true"), 0);
	assert_int_equal(besra_load_rules(b, RULES), 0);
	assert_int_equal(besra_open(b, TRACE), 0);
	assert_int_equal(besra_run(b), 0);
	assert_int_equal(seen.first[0], '{');
	assert_non_null(strstr(seen.first, seen.rule));
	besra_free(b);
}

static void what_fails_is_said(void **state)
{
	static const struct {
		const char *what;
		const char *option, *rules, *trace;
		const char *says;
		int code;
	} cases[] = {
		{ "unknown file", NULL, "/nowhere.yaml", NULL, "/nowhere.yaml", -ENOENT },
		{ "rules that are no YAML file", NULL, TRACE, NULL, "no rules files", -EINVAL },
		{ "unknown trace", NULL, NULL, "/nowhere.scap", "/nowhere.scap", -ENOENT },
		{ "no trace", NULL, RULES, NULL, "no trace is open", -EINVAL },
		{ "wrong option", "json_output=perhaps", RULES, TRACE,
		  "json_output must be true or false", -EINVAL },
		{ "wrong priority", "priority=loud", RULES, TRACE, "this is no priority", -EINVAL },
	};

	(void)state;
	if (!have_trace())
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct besra *b = besra_new();
		int n = 0;

		print_message("  %s\n", cases[i].what);
		if (cases[i].option)
			n = besra_set(b, cases[i].option);
		if (n == 0 && cases[i].rules)
			n = besra_load_rules(b, cases[i].rules);
		if (n == 0 && cases[i].trace)
			n = besra_open(b, cases[i].trace);
		if (n == 0)
			n = besra_run(b);
		assert_int_equal(n, cases[i].code);
		if (!strstr(besra_error(b), cases[i].says))
			fail_msg("said: %s", besra_error(b));
		assert_true(besra_error(b)[strlen(besra_error(b)) - 1] != '\n');
		besra_free(b);
	}
}

static void nothing_changes_after_the_first_event(void **state)
{
	struct besra *b = besra_new();

	(void)state;
	if (!have_trace())
		skip();
	assert_int_equal(besra_load_rules(b, RULES), 0);
	assert_int_equal(besra_open(b, TRACE), 0);
	assert_int_equal(besra_step(b), 1);
	assert_int_equal(besra_set(b, "json_output=true"), -EBUSY);
	assert_int_equal(besra_load_rules(b, RULES), -EBUSY);
	assert_int_equal(besra_open(b, TRACE), -EBUSY);
	assert_string_equal(besra_error(b), "events have been read already");
	assert_int_equal(besra_run(b), 0);
	besra_free(b);
}

static void the_library_tells_its_version(void **state)
{
	(void)state;
	assert_string_equal(besra_version(), BESRA_VERSION);
	assert_int_equal(besra_api(), BESRA_API);
	besra_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_gives_its_alerts_step_by_step_or_at_once),
		cmocka_unit_test(options_change_what_an_alert_is),
		cmocka_unit_test(what_fails_is_said),
		cmocka_unit_test(nothing_changes_after_the_first_event),
		cmocka_unit_test(the_library_tells_its_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
