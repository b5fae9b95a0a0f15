/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#define LOOK_EVERY 256 /* events between looks at the clock and at broken outputs */

/* Written by the signal handler, which can be handed nothing else. */
static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int number)
{
	(void)number;
	stop_asked = 1;
}

void catch_signals(void)
{
	struct sigaction once = { .sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &once, NULL);
	sigaction(SIGTERM, &once, NULL);
}

bool go_on(void)
{
	return !stop_asked;
}

/* -M in ns, 0 for no limit; false after a complaint. */
static bool duration(const struct flags *f, uint64_t *ns)
{
	const char *text = flag_value(f, FLAG_DURATION);
	uint64_t seconds = 0;

	if (text && (!str_to_u64(str_from(text), &seconds) || seconds > UINT64_MAX / NS_PER_S)) {
		complain("-M takes a number of seconds, not '%s'", text);
		return false;
	}
	*ns = seconds * NS_PER_S;
	return true;
}

struct run {
	const struct setup *setup;
	struct source *source;
	struct ruleset *rules;
	struct outputs *outputs;
	struct engine *engine;
	uint64_t limit_ns;
};

/* All events; a damaged end is told after everything before it has been shown. */
static int run_events(struct run *r)
{
	uint64_t end = r->limit_ns ? clock_monotonic_ns() + r->limit_ns : UINT64_MAX;
	struct err err = { 0 };
	int n = 1;

	for (uint64_t i = 1; n > 0 && go_on(); i++) {
		n = engine_step(r->engine, &err);
		if (i % LOOK_EVERY == 0 &&
		    (outputs_broken(r->outputs) || clock_monotonic_ns() >= end))
			break;
	}
	if (n < 0 && go_on())
		complain("%s", err.text);
	return n < 0 && go_on() ? EXIT_FAILED : EXIT_OK;
}

static void print_stage_times(const struct engine *e)
{
	const struct stage_times *t = &engine_stats(e)->times;
	uint64_t sum = 0;

	for (size_t i = 0; t->samples && i < STAGES; i++) {
		fprintf(stderr, "%-8s %8.1f ns/event\n", stage_name((enum stage)i),
			(double)t->ns[i] / (double)t->samples);
		sum += t->ns[i];
	}
	if (t->samples)
		fprintf(stderr, "%-8s %8.1f ns/event, from %" PRIu64 " of %" PRIu64 " events\n",
			"sum", (double)sum / (double)t->samples, t->samples,
			t->samples * STAGE_EVERY);
}

/* What was lost or odd on the way; -v tells the rest. */
static void print_oddities(const struct run *r)
{
	const struct engine_stats *e = engine_stats(r->engine);
	const struct source_stats *s = source_stats(r->source);

	if (e->malformed + s->malformed)
		complain("warning: %" PRIu64 " events could not be decoded",
			 e->malformed + s->malformed);
	if (e->cut)
		complain("warning: %" PRIu64 " alerts were too long and are cut", e->cut);
	if (s->skipped_newer)
		complain("warning: %" PRIu64 " events are of types newer than this program",
			 s->skipped_newer);
	if (flag_given(r->setup->flags, FLAG_VERBOSE))
		complain("%" PRIu64 " events, %" PRIu64 " bytes", e->events, s->bytes);
}

/* The sinks are closed first, so that the statistics come behind the last alert. */
static int finish(struct run *r, int status)
{
	struct buf text = { 0 };
	struct err err = { 0 };
	int n;

	n = outputs_close(r->outputs, &err);
	r->outputs = NULL;
	if (n < 0) {
		if (n != -EPIPE)
			complain("%s", err.text);
		status = EXIT_FAILED;
	}
	if (n != -EPIPE) {
		engine_statistics(r->engine, &text);
		if (!print_out(&text))
			status = EXIT_FAILED;
	}
	buf_fini(&text);
	print_oddities(r);
	if (flag_given(r->setup->flags, FLAG_STAGE_TIMES))
		print_stage_times(r->engine);
	return status;
}

static bool start(struct run *r)
{
	const struct setup *s = r->setup;
	struct output_mode mode = { .wait = true,
				    .unbuffered = flag_given(s->flags, FLAG_UNBUFFERED) };
	struct engine_parts parts = {
		.rules = r->rules,
		.alerts = setup_alerts(&s->config),
		.statics = s->rules.statics,
		.limits = setup_limits(&s->config),
		.timing = flag_given(s->flags, FLAG_STAGE_TIMES),
	};
	struct err err = { 0 };

	r->source = source_open_scap(arena_str(s->arena, s->config.capture_file).p, &err);
	if (r->source)
		r->outputs = outputs_open(&s->config, &mode, &err);
	parts.source = r->source;
	parts.outputs = r->outputs;
	parts.alerts.hostname = getenv("FALCO_HOSTNAME");
	if (r->outputs)
		r->engine = engine_new(&parts, &err);
	if (!r->engine)
		complain("%s", err.text);
	return r->engine;
}

int replay(const struct setup *s)
{
	struct run r = { .setup = s };
	int status = EXIT_FAILED;

	if (!duration(s->flags, &r.limit_ns))
		return EXIT_FAILED;
	r.rules = load_rule_set(s);
	if (!r.rules)
		return EXIT_FAILED;
	catch_signals();
	if (start(&r))
		status = finish(&r, run_events(&r));
	outputs_close(r.outputs, NULL);
	engine_free(r.engine);
	source_close(r.source);
	ruleset_free(r.rules);
	return status;
}
