/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

#define START_TS 1470327477882054739u

/* A trace of `n` unlinks, one nanosecond apart, of /f0, /f1, ... */
struct fixture {
	char path[32];
	struct source *source;
	struct ruleset *rules;
	struct engine *engine;
	struct arena *arena;
	VEC(struct str) lines;
	VEC(struct str) names; /* of the rules that alerted */
	unsigned watched;
};

/* `flags`: of all but the first event. */
static void write_trace_of(const char *path, unsigned n, uint16_t flags)
{
	struct scap_writer *w = scap_create(path, false, NULL);

	assert_non_null(w);
	scap_with_extension(w);
	for (unsigned i = 0; i < n; i++) {
		struct buf bytes = { 0 };
		struct event_writer e;
		struct event ev;
		struct raw raw = { .flags = i ? flags : 0 };
		char name[32];

		snprintf(name, sizeof(name), "/f%u", i);
		event_begin(&e, &bytes, EVENT_UNLINK_2_X, START_TS + i, 42, 2);
		event_push_int(&e, 0);
		event_push_text(&e, str_from(name));
		assert_int_equal(event_end(&e), 0);
		raw.bytes = (const uint8_t *)bytes.p;
		raw.len = (uint32_t)bytes.len;
		assert_int_equal(event_open(&ev, &raw), 0);
		assert_int_equal(scap_write(w, &ev, NULL), 0);
		buf_fini(&bytes);
	}
	assert_int_equal(scap_finish(w, NULL), 0);
}

static void write_trace(const char *path, unsigned n)
{
	write_trace_of(path, n, 0);
}

static struct ruleset *load(const char *text, enum match_mode mode)
{
	struct rule_text one = { "rules.yaml", str_from(text) };
	struct rule_options options = { .threshold = PRIORITY_DEBUG, .matching = mode };
	struct ruleset *r = ruleset_parse(&one, 1, &options);

	for (size_t i = 0; i < r->nresults; i++) {
		struct buf out = { 0 };

		for (size_t j = 0; j < r->results[i].diags.list.n && !r->ok; j++)
			diag_print(&out, &r->results[i].diags.list.items[j]);
		if (!r->ok)
			fail_msg("%.*s", STR_ARG(buf_view(&out)));
		buf_fini(&out);
	}
	return r;
}

static void keep_alert(const struct alert *a, void *arg)
{
	struct fixture *f = arg;

	VEC_PUSH(f->arena, &f->lines, arena_str(f->arena, a->text.line));
	VEC_PUSH(f->arena, &f->names, arena_str(f->arena, a->rule->name));
}

static void begin(struct fixture *f, unsigned events, struct ruleset *rules,
		  struct engine_parts parts)
{
	struct err err;

	*f = (struct fixture){ .arena = arena_new(), .rules = rules };
	strcpy(f->path, "/tmp/besra-engine-XXXXXX");
	close(mkstemp(f->path));
	write_trace(f->path, events);
	f->source = source_open_scap(f->path, &err);
	assert_non_null(f->source);
	parts.source = f->source;
	parts.rules = rules;
	parts.on_alert = keep_alert;
	parts.on_alert_arg = f;
	if (parts.watch)
		parts.watch_arg = f;
	f->engine = engine_new(&parts, &err);
	assert_non_null(f->engine);
}

static void run(struct fixture *f)
{
	struct err err;
	int n;

	while ((n = engine_step(f->engine, &err)) > 0)
		;
	assert_int_equal(n, 0);
}

static void end(struct fixture *f)
{
	engine_free(f->engine);
	source_close(f->source);
	ruleset_free(f->rules);
	arena_free(f->arena);
	unlink(f->path);
}

static const char three_rules[] =
	"- rule: Any\n  desc: d\n  condition: evt.type=unlink\n  output: gone %evt.arg.path\n"
	"  priority: WARNING\n  tags: [z, a]\n"
	"- rule: Second\n  desc: d\n  condition: evt.arg.path=/f1\n  output: 'q\" %evt.num'\n"
	"  priority: INFO\n"
	"- rule: Never\n  desc: d\n  condition: evt.type=open\n  output: x\n  priority: ERROR\n";

static void alerts_come_in_order_of_events_and_rules(void **state)
{
	static const struct {
		const char *what;
		enum match_mode mode;
		const char *names[5];
	} cases[] = {
		{ "all", MATCH_ALL, { "Any", "Any", "Second", "Any", NULL } },
		{ "first", MATCH_FIRST, { "Any", "Any", "Any", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;
		size_t n = 0;

		print_message("  %s\n", cases[i].what);
		begin(&f, 3, load(three_rules, cases[i].mode), (struct engine_parts){ 0 });
		run(&f);
		for (; cases[i].names[n]; n++)
			assert_true(str_eq(f.names.items[n], str_from(cases[i].names[n])));
		assert_int_equal(f.names.n, n);
		end(&f);
	}
}

static void an_alert_reads_as_falco_writes_it(void **state)
{
	static const struct {
		const char *what;
		struct alert_options options;
		const char *lines[2]; /* of the second event */
	} cases[] = {
		{ "text",
		  { .json = false },
		  { "16:17:57.882054740: Warning gone /f1",
		    "16:17:57.882054740: Informational q\" 2" } },
		{ "text with a date",
		  { .iso8601 = true },
		  { "2016-08-04T16:17:57.882054740+0000: Warning gone /f1",
		    "2016-08-04T16:17:57.882054740+0000: Informational q\" 2" } },
		{ "JSON with everything",
		  { .json = true,
		    .include_output = true,
		    .include_message = true,
		    .include_fields = true,
		    .include_tags = true,
		    .hostname = "h" },
		  { "{\"hostname\":\"h\",\"message\":\"gone /f1\",\"output\":\"16:17:57.882054740: "
		    "Warning gone /f1\",\"output_fields\":{\"evt.arg.path\":\"/f1\",\"evt.time\":"
		    "1470327477882054740},\"priority\":\"Warning\",\"rule\":\"Any\",\"source\":"
		    "\"syscall\",\"tags\":[\"a\",\"z\"],\"time\":\"2016-08-04T16:17:57.882054740Z\"}",
		    "{\"hostname\":\"h\",\"message\":\"q\\\" 2\",\"output\":\"16:17:57.882054740: "
		    "Informational q\\\" 2\",\"output_fields\":{\"evt.num\":2,\"evt.time\":"
		    "1470327477882054740},\"priority\":\"Informational\",\"rule\":\"Second\","
		    "\"source\":\"syscall\",\"tags\":[],\"time\":\"2016-08-04T16:17:57.882054740Z\"}" } },
		{ "JSON with nothing",
		  { .json = true, .hostname = "h" },
		  { "{\"hostname\":\"h\",\"priority\":\"Warning\",\"rule\":\"Any\",\"source\":"
		    "\"syscall\",\"time\":\"2016-08-04T16:17:57.882054740Z\"}",
		    "{\"hostname\":\"h\",\"priority\":\"Informational\",\"rule\":\"Second\",\"source\":"
		    "\"syscall\",\"time\":\"2016-08-04T16:17:57.882054740Z\"}" } },
	};

	(void)state;
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;

		print_message("  %s\n", cases[i].what);
		begin(&f, 2, load(three_rules, MATCH_ALL),
		      (struct engine_parts){ .alerts = cases[i].options });
		run(&f);
		assert_int_equal(f.lines.n, 3);
		assert_string_equal(f.lines.items[1].p, cases[i].lines[0]);
		assert_string_equal(f.lines.items[2].p, cases[i].lines[1]);
		end(&f);
	}
}

static void an_alert_of_an_io_uring_says_so(void **state)
{
	struct engine_parts parts = { .alerts = { .json = true, .include_fields = true } };
	struct fixture f;
	struct err err;

	(void)state;
	begin(&f, 0, load(three_rules, MATCH_FIRST), parts);
	engine_free(f.engine);
	source_close(f.source);
	write_trace_of(f.path, 2, WIRE_IO_URING);
	f.source = parts.source = source_open_scap(f.path, &err);
	parts.rules = f.rules;
	parts.on_alert = keep_alert;
	parts.on_alert_arg = &f;
	f.engine = engine_new(&parts, &err);
	run(&f);
	assert_int_equal(f.lines.n, 2);
	assert_null(strstr(f.lines.items[0].p, "io_uring"));
	assert_non_null(strstr(f.lines.items[1].p,
			       "{\"evt.arg.path\":\"/f1\",\"evt.is_io_uring\":true,"
			       "\"evt.time\":1470327477882054740}"));
	end(&f);
}

static void statistics_count_by_severity_and_rule(void **state)
{
	struct fixture f;
	struct buf out = { 0 };

	(void)state;
	begin(&f, 3, load(three_rules, MATCH_ALL), (struct engine_parts){ 0 });
	run(&f);
	engine_statistics(f.engine, &out);
	buf_char(&out, '\0');
	assert_string_equal(out.p, "Events detected: 4\n"
				   "Rule counts by severity:\n"
				   "   WARNING: 3\n"
				   "   INFO: 1\n"
				   "Triggered rules by rule name:\n"
				   "   Any: 3\n"
				   "   Second: 1\n");
	assert_int_equal(engine_stats(f.engine)->events, 3);
	assert_int_equal(engine_stats(f.engine)->alerts, 4);
	buf_fini(&out);
	end(&f);
}

static void count_watched(const struct field_ctx *ctx, void *arg)
{
	struct fixture *f = arg;

	f->watched++;
	assert_int_equal(ctx->ev->num, f->watched);
}

static void a_watcher_sees_every_event_even_without_rules(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 5, NULL, (struct engine_parts){ .watch = count_watched });
	run(&f);
	assert_int_equal(f.watched, 5);
	assert_int_equal(f.lines.n, 0);
	end(&f);
}

static void rules_are_swapped_between_two_steps(void **state)
{
	static const char other[] = "- rule: Other\n  desc: d\n  condition: evt.type=unlink\n"
				    "  output: o\n  priority: DEBUG\n";
	struct fixture f;
	struct ruleset *old;
	struct err err;

	(void)state;
	begin(&f, 3, load(three_rules, MATCH_ALL), (struct engine_parts){ 0 });
	while (f.lines.n == 0)
		assert_int_equal(engine_step(f.engine, &err), 1);
	old = engine_swap(f.engine, load(other, MATCH_ALL));
	assert_ptr_equal(old, f.rules);
	ruleset_free(old);
	run(&f);
	assert_int_equal(f.names.n, 3);
	assert_true(str_eq(f.names.items[0], STR("Any")));
	assert_true(str_eq(f.names.items[1], STR("Other")));
	assert_int_equal(engine_stats(f.engine)->by_rule[0], 2);
	assert_int_equal(engine_stats(f.engine)->alerts, 3);
	f.rules = engine_swap(f.engine, NULL);
	end(&f);
}

static void a_cut_trace_gives_what_it_has_then_the_error(void **state)
{
	struct fixture f;
	struct err err = { 0 };
	struct stat st;
	int n;

	(void)state;
	begin(&f, 10, load(three_rules, MATCH_FIRST), (struct engine_parts){ 0 });
	source_close(f.source);
	engine_free(f.engine);
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(truncate(f.path, st.st_size - 10), 0);
	f.source = source_open_scap(f.path, &err);
	assert_non_null(f.source);
	f.engine = engine_new(&(struct engine_parts){ .source = f.source,
						      .rules = f.rules,
						      .on_alert = keep_alert,
						      .on_alert_arg = &f },
			      &err);
	while ((n = engine_step(f.engine, &err)) > 0)
		;
	assert_true(n < 0);
	assert_non_null(strstr(err.text, f.path));
	assert_int_equal(f.lines.n, 9);
	end(&f);
}

static void an_endless_output_is_cut_and_stays_json(void **state)
{
	static const char rules[] =
		"- rule: Long\n  desc: d\n  condition: evt.type=unlink\n  priority: DEBUG\n"
		"  output: '%1000000evt.num%1000000evt.num%1000000evt.num%1000000evt.num'\n";
	struct alert_options json = {
		.json = true, .include_output = true, .include_fields = true, .hostname = "h"
	};
	struct fixture f;
	struct str line;

	(void)state;
	begin(&f, 1, load(rules, MATCH_FIRST), (struct engine_parts){ .alerts = json });
	run(&f);
	assert_int_equal(engine_stats(f.engine)->cut, 1);
	line = f.lines.items[0];
	assert_true(line.len < 70000);
	assert_true(str_starts_with(line, STR("{\"hostname\":\"h\",\"output\":\"")));
	assert_true(str_ends_with(line, STR("Z\"}")));
	assert_false(str_contains(line, STR("output_fields")));
	end(&f);
}

static void retain_first(const struct field_ctx *ctx, void *arg)
{
	struct fixture *f = arg;
	struct field_ctx again;
	struct retained *r;
	struct field_ref ref;
	struct val v;

	if (f->watched++)
		return;
	r = retained_new(ctx);
	assert_non_null(r);
	assert_true(retained_bytes(r) > ctx->ev->raw.len);
	assert_true(retained_ctx(r, ctx, &again));
	assert_ptr_not_equal(again.ev->data, ctx->ev->data);
	assert_ptr_equal(again.who->thread, ctx->who->thread);
	assert_int_equal(field_parse(STR("evt.arg.path"), NULL, &ref), FIELD_OK);
	assert_true(field_get(&ref, &again, &v));
	assert_true(str_eq(v.s, STR("/f0")));
	retained_free(r);
	retained_free(NULL);
}

static void a_retained_event_owns_its_bytes(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 2, NULL, (struct engine_parts){ .watch = retain_first });
	run(&f);
	assert_int_equal(f.watched, 2);
	end(&f);
}

static void stages_are_timed_by_samples(void **state)
{
	struct fixture f;
	const struct stage_times *t;

	(void)state;
	begin(&f, 1000, load(three_rules, MATCH_ALL), (struct engine_parts){ .timing = true });
	run(&f);
	t = &engine_stats(f.engine)->times;
	assert_in_range(t->samples, 1000 / STAGE_EVERY, 1000 / STAGE_EVERY + 3);
	assert_true(t->ns[STAGE_ALERT] > 0);
	for (int s = 0; s < STAGES; s++)
		assert_true(t->ns[s] < 1000000000);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_come_in_order_of_events_and_rules),
		cmocka_unit_test(an_alert_reads_as_falco_writes_it),
		cmocka_unit_test(an_alert_of_an_io_uring_says_so),
		cmocka_unit_test(statistics_count_by_severity_and_rule),
		cmocka_unit_test(a_watcher_sees_every_event_even_without_rules),
		cmocka_unit_test(rules_are_swapped_between_two_steps),
		cmocka_unit_test(a_cut_trace_gives_what_it_has_then_the_error),
		cmocka_unit_test(an_endless_output_is_cut_and_stays_json),
		cmocka_unit_test(a_retained_event_owns_its_bytes),
		cmocka_unit_test(stages_are_timed_by_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
