/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "base/clock.h"
#include "base/err.h"
#include "engine/engine.h"

/* An alert's line at most; a queue holds one of that size. A longer one is cut, and counted. */
#define ALERT_MAX   ((size_t)512 << 10)
#define ALERT_BRIEF ((size_t)64 << 10) /* of `output` in a JSON alert that had to be cut */

/* One entry of output_fields: a field with its type, or the text of a template. */
struct alert_field {
	struct str key;
	const struct field_ref *ref; /* NULL: `text` */
	const struct template *text;
	bool of_uring; /* only in alerts of events that came through an io_uring */
};

/* What JSON alerts of one rule hold, worked out once; sorted by key. */
struct alert_plan {
	const struct alert_field *fields;
	size_t n;
	struct field_history history; /* of the rule's alerts */
};

struct alert_writer {
	struct alert_options options;
	char hostname[256];
	struct arena *arena;      /* of the plans */
	struct field_ref time;    /* the prefix's field */
	struct field_ref uring;   /* the mark of work handed in through a ring */
	struct alert_plan *plans; /* parallel to ruleset.rules */
	struct buf message, line;
};

void alert_writer_init(struct alert_writer *w, const struct alert_options *options);
void alert_writer_fini(struct alert_writer *w);
/* Plans for all rules of a set, in place of the last one's. */
void alert_writer_plan(struct alert_writer *w, const struct ruleset *rules);
/* Fills in *out, which borrows from the writer until the next call. False when it was cut. */
bool alert_render(struct alert_writer *w, const struct ruleset *rules, uint32_t rule,
		  const struct field_ctx *ctx, struct alert *out);

/* ---- sweep.c ---- */

struct asked {
	int64_t tid;
	uint64_t clone_ts; /* tells it from another thread of this number */
};

struct sweep {
	uint64_t every_ns, due; /* when something is to be done next, by clock_monotonic_ns */
	uint64_t looked_at;     /* at the last thread */
	uint64_t idle_at;       /* when the source had nothing */
	struct asked *asked;    /* NULL: between two sweeps */
	size_t n, room, at, gone;
	struct buf event;
};

void sweep_fini(struct sweep *w);

/* ---- engine.c ---- */

struct sweep *engine_sweep(struct engine *e);
struct source *engine_source(struct engine *e);
const struct alert_writer *engine_writer(const struct engine *e);
const struct ruleset *engine_rules(const struct engine *e);
void engine_count_swept(struct engine *e);
/* An event that changes the state and is shown to nobody. */
void engine_apply(struct engine *e, const struct event *ev);

#endif
