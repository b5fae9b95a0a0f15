/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

/*
 * The straight line: source_next, event_open, state_apply, ruleset_match, alert_render,
 * outputs_send, state_retire. One thread runs it.
 */

#include "rule/rule.h"
#include "sink/sink.h"
#include "source/source.h"

struct engine;

struct alert_options {
	bool json;
	bool iso8601; /* time_format_iso_8601 */
	bool include_output, include_tags, include_message, include_fields;
	bool buffers_base64;
	const char *hostname; /* NULL: the machine's own */
};

/* A finished alert; everything is borrowed until the callback returns. */
struct alert {
	const struct rule *rule;
	struct alert_text text;
};

enum stage {
	STAGE_SOURCE,
	STAGE_OPEN,
	STAGE_STATE,
	STAGE_MATCH,
	STAGE_ALERT,
	STAGE_RETIRE,
	STAGES
};
const char *stage_name(enum stage s);

/*
 * Times of the stages, measured on every STAGE_EVERYth event; the cost of reading the clock is
 * taken off.
 */
#define STAGE_EVERY 64
struct stage_times {
	uint64_t samples; /* events measured */
	uint64_t ns[STAGES];
};

struct engine_stats {
	uint64_t events; /* real ones shown to rules or kept from them */
	uint64_t malformed;
	uint64_t alerts;
	uint64_t cut; /* alerts whose text was too long */
	uint64_t by_priority[8];
	const uint64_t *by_rule; /* parallel to ruleset.rules; NULL without rules */
	struct stage_times times;
	uint64_t swept; /* threads whose end was lost, found by engine_tidy */
};

struct engine_parts {
	struct source *source;   /* borrowed */
	struct ruleset *rules;   /* borrowed until engine_free or engine_swap; NULL: no rules */
	struct outputs *outputs; /* borrowed; NULL: none */
	struct alert_options alerts;
	struct static_fields statics; /* borrowed: the ones the rules were loaded with */
	struct state_limits limits;
	/* Called for every alert, before it goes to the outputs; NULL: nobody. */
	void (*on_alert)(const struct alert *alert, void *arg);
	void *on_alert_arg;
	/* Called for every real event that is shown to rules, after state_apply; NULL: nobody. */
	void (*watch)(const struct field_ctx *ctx, void *arg);
	void *watch_arg;
	bool timing;       /* fill stats.times */
	uint64_t sweep_ns; /* between looks for threads whose end was lost; 0: 5 minutes */
};

/* NULL with *err filled when there is no memory. */
struct engine *engine_new(const struct engine_parts *parts, struct err *err);
void engine_free(struct engine *e); /* accepts NULL */

/* One event: 1 consumed, 0 end, -EAGAIN nothing yet, another -errno with *err filled. */
int engine_step(struct engine *e, struct err *err);
/*
 * Between two steps of a live run, often: looks, a little at a time, for threads whose end was
 * lost. `idle`: the last step found nothing.
 */
void engine_tidy(struct engine *e, bool idle);
/*
 * A complete new rule set between two steps; the old one is the caller's again. Counts by rule
 * start anew, the others go on.
 */
struct ruleset *engine_swap(struct engine *e, struct ruleset *rules);
const struct engine_stats *engine_stats(const struct engine *e);
const struct state *engine_state(const struct engine *e);
/* "Events detected: N" and what follows, as Falco prints it at the end of a run. */
void engine_statistics(const struct engine *e, struct buf *out);

/*
 * An event whose verdict waits for something (container metadata still on its way): the event's
 * bytes and its descriptor as they were, owned, so that the step may end. The thread is named by
 * number and generation: what it was can be asked as long as it has not changed.
 */
struct retained;

struct retained *retained_new(const struct field_ctx *ctx); /* NULL: no memory */
void retained_free(struct retained *r);                     /* accepts NULL */
/*
 * A context for the retained event: `live` with event and subject replaced; valid as long as both
 * are. False when the thread has changed or gone since: the event then has no thread.
 */
bool retained_ctx(struct retained *r, const struct field_ctx *live, struct field_ctx *out);
size_t retained_bytes(const struct retained *r);

#endif
