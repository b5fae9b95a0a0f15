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

struct engine_stats {
	uint64_t events; /* real ones, as Falco numbers them */
	uint64_t malformed;
	uint64_t alerts;
	uint64_t by_priority[8];
	uint64_t *by_rule; /* parallel to ruleset.rules */
	/* Filled when stage timing is on: ns in each stage. */
	uint64_t ns_source, ns_open, ns_state, ns_match, ns_alert;
};

struct engine_parts {
	struct source *source;   /* borrowed */
	struct ruleset *rules;   /* borrowed until engine_free or engine_swap; NULL: no rules */
	struct outputs *outputs; /* borrowed; NULL: alerts are only counted */
	struct alert_options alerts;
	struct state_limits limits;
	/* Called for every real event that is shown to rules, after state_apply; NULL: nobody. */
	void (*watch)(const struct field_ctx *ctx, void *arg);
	void *watch_arg;
	bool timing;
};

struct engine *engine_new(const struct engine_parts *parts, struct err *err);
void engine_free(struct engine *e);

/* One event: 1 consumed, 0 end, -EAGAIN nothing yet, another -errno with *err filled. */
int engine_step(struct engine *e, struct err *err);
/* A complete new rule set between two steps; the old one is the caller's again. */
struct ruleset *engine_swap(struct engine *e, struct ruleset *rules);
const struct engine_stats *engine_stats(const struct engine *e);
const struct state *engine_state(const struct engine *e);

#endif
