/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define LOOK_UPS_MAX     64 /* for one event */
#define SWEEP_DEFAULT_NS (300 * NS_PER_S)

struct engine {
	struct engine_parts parts;
	struct state *state;
	struct containers *containers;
	struct arena *scratch;
	struct alert_writer writer;
	struct field_history history; /* of conditions */
	struct engine_stats stats;
	uint64_t *by_rule; /* lives with the plans */
	uint64_t first_ts; /* of the first event of the machine; 0: none yet */
	struct sweep sweep;
	bool can_look_up;
	unsigned looked_up; /* threads, for the event that comes again */

	bool sampling; /* this event's stages are being measured */
	uint64_t steps, clock_ns, mark;
};

static const char *const stages[STAGES] = {
	[STAGE_SOURCE] = "source", [STAGE_OPEN] = "open",   [STAGE_STATE] = "state",
	[STAGE_MATCH] = "match",   [STAGE_ALERT] = "alert", [STAGE_RETIRE] = "retire",
};

const char *stage_name(enum stage s)
{
	return stages[s];
}

/* What reading the clock costs: the least of many tries. */
static uint64_t clock_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		uint64_t start = clock_monotonic_ns(), ns = clock_monotonic_ns() - start;

		if (ns < least)
			least = ns;
	}
	return least;
}

/* Books the time since the last mark to a stage. */
static inline void stage_done(struct engine *e, enum stage s)
{
	uint64_t now, ns;

	if (__builtin_expect(!e->sampling, 1))
		return;
	now = clock_monotonic_ns();
	ns = now - e->mark;
	e->stats.times.ns[s] += ns > e->clock_ns ? ns - e->clock_ns : 0;
	e->mark = clock_monotonic_ns();
}

static inline void stage_begin(struct engine *e)
{
	if (__builtin_expect(!e->parts.timing, 1))
		return;
	e->sampling = e->steps++ % STAGE_EVERY == 0;
	if (!e->sampling)
		return;
	e->stats.times.samples++;
	e->mark = clock_monotonic_ns();
}

static void use_rules(struct engine *e, struct ruleset *rules)
{
	e->parts.rules = rules;
	/* what is remembered may be of another engine's threads */
	if (rules && rules->programs)
		programs_forget(rules->programs);
	alert_writer_plan(&e->writer, rules);
	e->by_rule =
		rules ? arena_array(e->writer.arena, rules->nrules, sizeof(*e->by_rule)) : NULL;
	e->stats.by_rule = e->by_rule;
}

struct engine *engine_new(const struct engine_parts *parts, struct err *err)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		goto no_memory;
	e->parts = *parts;
	alert_writer_init(&e->writer, &parts->alerts);
	e->scratch = arena_new();
	e->state = state_new(&parts->limits);
	e->containers = e->state ? containers_new(e->state) : NULL;
	if (!e->containers)
		goto no_memory;
	use_rules(e, parts->rules);
	e->can_look_up = parts->source && source_can_look_up(parts->source);
	e->sweep.every_ns = parts->sweep_ns ? parts->sweep_ns : SWEEP_DEFAULT_NS;
	e->sweep.due = clock_monotonic_ns() + e->sweep.every_ns;
	if (parts->timing)
		e->clock_ns = clock_cost();
	return e;

no_memory:
	engine_free(e);
	err_set(err, -ENOMEM, "engine: %s", strerror(ENOMEM));
	return NULL;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	sweep_fini(&e->sweep);
	containers_free(e->containers);
	state_free(e->state);
	arena_free(e->scratch);
	alert_writer_fini(&e->writer);
	free(e);
}

static struct field_ctx context(struct engine *e, const struct event *ev, const struct subject *who)
{
	return (struct field_ctx){
		.ev = ev,
		.who = who,
		.state = e->state,
		.containers = e->containers,
		.scratch = e->scratch,
		.statics = &e->parts.statics,
		.history = &e->history,
		.first_ts = e->first_ts,
		.hostname = e->parts.alerts.hostname,
		.buffers_base64 = e->parts.alerts.buffers_base64,
	};
}

/* Synthetic events and those of threads nobody asked for change the state and no more. */
static inline bool shown_to_rules(const struct event *ev)
{
	return !(ev->flags & (WIRE_SYNTHETIC | WIRE_STATE_ONLY));
}

static void ruleset_match(struct engine *e, const struct field_ctx *ctx, struct matches *out)
{
	out->n = 0;
	if (e->parts.rules)
		programs_run(e->parts.rules->programs, ctx, out);
	if (e->parts.watch)
		e->parts.watch(ctx, e->parts.watch_arg);
}

static void alert_send(struct engine *e, const struct field_ctx *ctx, uint32_t match)
{
	const struct ruleset *rules = e->parts.rules;
	uint32_t rule = rules->order[match];
	struct alert alert;

	e->stats.alerts++;
	e->stats.by_priority[rules->rules[rule].priority]++;
	e->by_rule[rule]++;
	if (!alert_render(&e->writer, rules, rule, ctx, &alert))
		e->stats.cut++;
	if (e->parts.on_alert)
		e->parts.on_alert(&alert, e->parts.on_alert_arg);
	if (e->parts.outputs)
		outputs_send(e->parts.outputs, &alert.text);
}

static void event_show(struct engine *e, const struct event *ev, const struct subject *who)
{
	struct matches hits;
	struct field_ctx ctx;

	/* Events about the recording itself do not start the clock, as in Falco. */
	if (!e->first_ts && !(ev->info->category & CATEGORY_METAEVENT))
		e->first_ts = ev->ts;
	e->stats.events++;
	ctx = context(e, ev, who);
	ruleset_match(e, &ctx, &hits);
	stage_done(e, STAGE_MATCH);
	for (size_t i = 0; i < hits.n; i++)
		alert_send(e, &ctx, hits.rule[i]);
	stage_done(e, STAGE_ALERT);
	arena_reset(e->scratch);
}

struct sweep *engine_sweep(struct engine *e)
{
	return &e->sweep;
}

void engine_count_swept(struct engine *e)
{
	e->stats.swept++;
}

const struct alert_writer *engine_writer(const struct engine *e)
{
	return &e->writer;
}

const struct ruleset *engine_rules(const struct engine *e)
{
	return e->parts.rules;
}

struct source *engine_source(struct engine *e)
{
	return e->parts.source;
}

void engine_apply(struct engine *e, const struct event *ev)
{
	state_apply(e->state, ev);
	containers_apply(e->containers, ev);
	state_retire(e->state, ev);
}

/*
 * True when somebody the event depends on was unknown and can be told of: the event comes again
 * then.
 */
static bool looks_up(struct engine *e, const struct event *ev)
{
	struct lacking who;

	if (ev->flags & WIRE_SYNTHETIC)
		return false;
	who = state_lacks(e->state, ev);
	if (who.tid && e->looked_up < LOOK_UPS_MAX) {
		switch (source_look_up(e->parts.source, who.tid)) {
		case LOOK_UP_TOLD:
			e->looked_up++;
			return true;
		case LOOK_UP_LATER:
			state_doubt(e->state, who.of);
			break;
		case LOOK_UP_NOBODY:
			break;
		}
	}
	e->looked_up = 0;
	return false;
}

/*
 * One event, start to finish. Returns 1 if an event was consumed, 0 when the source is exhausted,
 * -EAGAIN when it has nothing yet, another -errno with *err set when it failed.
 */
int engine_step(struct engine *e, struct err *err)
{
	struct raw raw;
	struct event ev;
	struct subject who;
	int n;

	stage_begin(e);
	n = source_next(e->parts.source, &raw, err);
	stage_done(e, STAGE_SOURCE);
	if (n <= 0)
		return n;
	if (event_open(&ev, &raw) < 0) {
		e->stats.malformed++;
		return 1;
	}
	ev.num = raw.sequence;
	stage_done(e, STAGE_OPEN);
	if (e->can_look_up && looks_up(e, &ev))
		return 1;

	who = state_apply(e->state, &ev);
	containers_apply(e->containers, &ev);
	stage_done(e, STAGE_STATE);
	if (shown_to_rules(&ev))
		event_show(e, &ev, &who);
	/* Only now may an exit or close forget the thread or fd the rules just looked at. */
	state_retire(e->state, &ev);
	stage_done(e, STAGE_RETIRE);
	return 1;
}

/* What rules of the same name have counted so far goes on being counted. */
static void take_counts(uint64_t *to, const struct ruleset *new, const uint64_t *from,
			const struct ruleset *old)
{
	for (size_t i = 0; i < old->nrules; i++)
		for (size_t j = 0; from[i] && j < new->nrules; j++)
			if (str_eq(old->rules[i].name, new->rules[j].name))
				to[j] += from[i];
}

struct ruleset *engine_swap(struct engine *e, struct ruleset *rules)
{
	struct ruleset *old = e->parts.rules;
	uint64_t *counts = old ? calloc(old->nrules + 1, sizeof(*counts)) : NULL;

	if (counts)
		memcpy(counts, e->by_rule, old->nrules * sizeof(*counts));
	use_rules(e, rules);
	if (counts && rules)
		take_counts(e->by_rule, rules, counts, old);
	free(counts);
	return old;
}

const struct engine_stats *engine_stats(const struct engine *e)
{
	return &e->stats;
}

const struct state *engine_state(const struct engine *e)
{
	return e->state;
}

/* Upper case, and Falco's short form of the long one. */
static void put_severity(struct buf *out, enum priority p)
{
	if (p == PRIORITY_INFORMATIONAL) {
		buf_str(out, STR("INFO"));
		return;
	}
	for (const char *c = priority_name(p); *c; c++)
		buf_char(out, (char)toupper(*c));
}

static void put_count(struct buf *out, uint64_t n)
{
	buf_str(out, STR(": "));
	buf_u64(out, n);
	buf_char(out, '\n');
}

void engine_statistics(const struct engine *e, struct buf *out)
{
	const struct ruleset *rules = e->parts.rules;

	buf_str(out, STR("Events detected"));
	put_count(out, e->stats.alerts);
	buf_str(out, STR("Rule counts by severity:\n"));
	for (size_t i = 0; i < ARRAY_SIZE(e->stats.by_priority); i++) {
		if (!e->stats.by_priority[i])
			continue;
		buf_str(out, STR("   "));
		put_severity(out, (enum priority)i);
		put_count(out, e->stats.by_priority[i]);
	}
	buf_str(out, STR("Triggered rules by rule name:\n"));
	for (size_t i = 0; rules && i < rules->nrules; i++) {
		if (!e->by_rule[i])
			continue;
		buf_str(out, STR("   "));
		buf_str(out, rules->rules[i].name);
		put_count(out, e->by_rule[i]);
	}
}
