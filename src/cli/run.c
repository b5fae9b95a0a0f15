/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* Written by the signal handler, which can be handed nothing else. */
static volatile sig_atomic_t stop_asked; /* by this signal; 0: not yet */

static void ask_to_stop(int number)
{
	stop_asked = number;
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

bool was_terminated(void)
{
	return stop_asked == SIGTERM;
}

bool run_take_duration(struct run *r)
{
	const char *text = flag_value(r->setup->flags, FLAG_DURATION);
	uint64_t seconds;

	r->duration_ns = 0;
	if (!text)
		return true;
	if (!str_to_u64(str_from(text), &seconds) || seconds > UINT64_MAX / NS_PER_S / 2) {
		complain("-M takes a number of seconds, not '%s'", text);
		return false;
	}
	r->duration_ns = seconds * NS_PER_S;
	return true;
}

bool run_start(struct run *r, bool wait)
{
	const struct setup *s = r->setup;
	struct output_mode mode = { .wait = wait,
				    .unbuffered = flag_given(s->flags, FLAG_UNBUFFERED) };
	struct engine_parts parts = {
		.rules = r->rules,
		.source = r->source,
		.alerts = setup_alerts(&s->config),
		.statics = s->rules.statics,
		.limits = setup_limits(&s->config, !wait),
		.timing = flag_given(s->flags, FLAG_STAGE_TIMES),
		.sweep_ns = (uint64_t)s->config.purging_interval * NS_PER_S,
	};
	struct err err = { 0 };

	parts.alerts.hostname = getenv("FALCO_HOSTNAME");
	parts.outputs = r->outputs = outputs_open(&s->config, &mode, &err);
	if (r->outputs)
		r->engine = engine_new(&parts, &err);
	if (!r->engine)
		complain("%s", err.text);
	r->end_ns = r->duration_ns ? clock_monotonic_ns() + r->duration_ns : UINT64_MAX;
	return r->engine;
}

bool run_is_over(const struct run *r)
{
	return outputs_broken(r->outputs) || clock_monotonic_ns() >= r->end_ns;
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

static void warn_of(uint64_t count, const char *what)
{
	if (count)
		complain("warning: %" PRIu64 " %s", count, what);
}

/* What was lost or odd on the way; -v tells the rest. */
static void print_oddities(const struct run *r)
{
	const struct engine_stats *e = engine_stats(r->engine);
	const struct source_stats *s = source_stats(r->source);

	struct state_stats known;

	state_stats(engine_state(r->engine), &known);
	warn_of(e->malformed + s->malformed, "events could not be decoded");
	warn_of(e->cut, "alerts were too long and are cut");
	warn_of(s->skipped_newer, "events are of types newer than this program");
	warn_of(s->skipped_large, "events are too large to be looked at");
	warn_of(s->skipped_blocks, "blocks are of kinds this program does not know");
	warn_of(known.refused_threads, "times there was no room for a thread (memory_budget)");
	warn_of(known.refused_fds, "times there was no room for a descriptor (memory_budget)");
	warn_of(known.refused_strings, "times there was no room for a text (memory_budget)");
	if (flag_given(r->setup->flags, FLAG_VERBOSE))
		complain("%" PRIu64 " events, %" PRIu64 " bytes", e->events, s->bytes);
}

/* The sinks are closed first, so that the statistics come behind the last alert. */
int run_finish(struct run *r, int status)
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

void run_close(struct run *r)
{
	outputs_close(r->outputs, NULL);
	engine_free(r->engine);
	source_close(r->source);
	ruleset_free(r->rules);
}
