/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/losses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"

static const char rules_text[] =
	"- rule: Opens\n  desc: d\n  condition: evt.type in (open, openat)\n"
	"  output: x\n  priority: INFO\n"
	"- rule: Any\n  desc: d\n  condition: proc.name = x\n"
	"  output: x\n  priority: INFO\n"
	"- rule: Listens\n  desc: d\n  condition: evt.type = listen\n"
	"  output: x\n  priority: INFO\n"
	"- rule: Off\n  desc: d\n  condition: evt.type = openat\n"
	"  output: x\n  priority: INFO\n  enabled: false\n";

struct fixture {
	struct arena *arena;
	struct config config;
	struct losses *losses;
	struct ruleset *rules;
	struct engine *engine;
	struct diags diags;
};

static void begin(struct fixture *f, const char *const *options, size_t n)
{
	const struct rule_options rule_options = { .threshold = PRIORITY_DEBUG };
	const struct rule_text text = { "rules.yaml", STR(rules_text) };
	struct engine_parts parts = { 0 };
	struct err err;

	*f = (struct fixture){ .arena = arena_new() };
	f->diags.arena = f->arena;
	assert_int_equal(config_load(NULL, options, n, &f->config, &f->diags, &err), 0);
	f->losses = losses_new(&f->config, &f->diags);
	f->rules = ruleset_parse(&text, 1, &rule_options);
	assert_true(f->rules->ok);
	parts.rules = f->rules;
	f->engine = engine_new(&parts, &err);
	assert_non_null(f->engine);
}

static void end(struct fixture *f)
{
	engine_free(f->engine);
	ruleset_free(f->rules);
	losses_free(f->losses);
	arena_free(f->arena);
}

#define AT(seconds) (clock_base + (uint64_t)(seconds)*NS_PER_S)

static void what_grew_in_a_second_is_judged(void **state)
{
	static const struct {
		const char *what;
		struct live_loss rows[2];
		bool news;
		const char *says;
	} steps[] = {
		{ "the first", { { 1, WIRE_LOSS_RING, EVENT_OPENAT_2_X, 5 } }, true, ". 5 system" },
		{ "no more than before",
		  { { 1, WIRE_LOSS_RING, EVENT_OPENAT_2_X, 5 } },
		  false,
		  "" },
		{ "of two groups and reasons",
		  { { 1, WIRE_LOSS_RING, EVENT_OPENAT_2_X, 7 },
		    { 2, WIRE_LOSS_SHARE, EVENT_OPENAT_2_X, 3 } },
		  true,
		  ". 5 system" },
		{ "parameters are no events",
		  { { 1, WIRE_LOSS_RING, EVENT_OPENAT_2_X, 10 },
		    { 1, WIRE_LOSS_READ, EVENT_OPENAT_2_X, 100 } },
		  true,
		  ". 3 system" },
	};
	static const char *const options[] = { "syscall_event_drops.rate=1",
					       "syscall_event_drops.max_burst=10" };
	const uint64_t clock_base = clock_monotonic_ns();
	struct losses_news news;
	struct fixture f;

	(void)state;
	begin(&f, options, ARRAY_SIZE(options));
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		bool any = losses_judge(f.losses, f.engine, steps[i].rows, 2, AT(i + 1), &news);

		print_message("  %s\n", steps[i].what);
		assert_int_equal(any, steps[i].news);
		if (any)
			assert_non_null(strstr(arena_str(f.arena, news.text).p, steps[i].says));
	}
	end(&f);
}

static void actions_are_rationed(void **state)
{
	static const char *const options[] = { "syscall_event_drops.rate=0.1",
					       "syscall_event_drops.max_burst=2" };
	/* Two at once, then one every ten seconds. */
	static const int seconds[] = { 1, 2, 3, 8, 12, 13, 20, 23 };
	static const bool acted[] = { true, true, false, false, true, false, false, true };
	const uint64_t clock_base = clock_monotonic_ns();
	struct losses_news news;
	struct fixture f;

	(void)state;
	begin(&f, options, ARRAY_SIZE(options));
	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
		const struct live_loss row = { 1, WIRE_LOSS_RING, EVENT_OPENAT_2_X, i + 1 };

		assert_int_equal(losses_judge(f.losses, f.engine, &row, 1, AT(seconds[i]), &news),
				 acted[i]);
	}
	end(&f);
}

static void configured_actions_are_asked_for(void **state)
{
	static const struct {
		const char *action;
		bool news, log, leave, alert;
	} cases[] = {
		{ "log", true, true, false, false },
		{ "exit", true, false, true, false },
		{ "alert", true, false, false, true },
		{ "ignore", false, false, false, false },
	};
	const struct live_loss row = { 1, WIRE_LOSS_RING, EVENT_OPENAT_2_X, 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct losses_news news = { 0 };
		struct fixture f;
		char text[64];
		const char *option = text;

		print_message("  %s\n", cases[i].action);
		snprintf(text, sizeof(text), "syscall_event_drops.actions[0]=%s", cases[i].action);
		begin(&f, &option, 1);
		assert_int_equal(losses_judge(f.losses, f.engine, &row, 1,
					      clock_monotonic_ns() + NS_PER_S, &news),
				 cases[i].news);
		assert_int_equal(news.log, cases[i].log);
		assert_int_equal(news.exit, cases[i].leave);
		assert_int_equal(news.line.len > 0, cases[i].alert);
		end(&f);
	}
}

static void wrong_actions_are_refused(void **state)
{
	static const char *const wrong[][2] = {
		{ "syscall_event_drops.actions[0]=shout", "syscall_event_drops.rate=1" },
		{ "syscall_event_drops.actions[0]=ignore", "syscall_event_drops.actions[1]=log" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct fixture f;

		begin(&f, wrong[i], 2);
		assert_null(f.losses);
		assert_int_equal(f.diags.errors, 1);
		end(&f);
	}
}

static void rules_that_want_the_lost_type_are_blind(void **state)
{
	static const struct {
		const char *what;
		struct live_loss row;
		const char *blind;
	} cases[] = {
		{ "openat", { 1, WIRE_LOSS_RING, EVENT_OPENAT_2_X, 1 }, "Opens, Any" },
		{ "listen", { 1, WIRE_LOSS_SHARE, EVENT_LISTEN_X, 1 }, "Any, Listens" },
		{ "chdir", { 1, WIRE_LOSS_RING, EVENT_CHDIR_X, 1 }, "Any" },
		{ "of an unknown kind", { 1, WIRE_LOSS_RECURSION, 0, 1 }, "Opens, Any, Listens" },
		{ "a parameter", { 1, WIRE_LOSS_READ, EVENT_OPENAT_2_X, 1 }, "" },
	};
	struct fixture f;

	(void)state;
	begin(&f, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = { 0 };

		print_message("  %s\n", cases[i].what);
		losses_blind(&out, f.rules, &cases[i].row, 1);
		buf_char(&out, '\0');
		assert_string_equal(out.p, cases[i].blind);
		buf_fini(&out);
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_grew_in_a_second_is_judged),
		cmocka_unit_test(actions_are_rationed),
		cmocka_unit_test(configured_actions_are_asked_for),
		cmocka_unit_test(wrong_actions_are_refused),
		cmocka_unit_test(rules_that_want_the_lost_type_are_blind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
