/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPLAIN_INTERNAL_H
#define EXPLAIN_INTERNAL_H

/*
 *	explain.c	 the explainer, and one event as trees
 *	explain_trace.c	 a whole trace: what came closest
 *	explain_absent.c why a field has no value
 *	explain_put.c	 what both forms write
 */

#include "internal.h"
#include "regress/explain.h"

/* Events remembered of each rule. */
#define CLOSEST 3

struct near_event {
	uint64_t num;
	struct str type, process;
	int64_t tid;
	bool tried;
	size_t nfailed;
	bool *failed; /* by conjunct */
};

/* One rule being explained. */
struct subject_rule {
	uint32_t index; /* in the rule set */
	/* Of a whole trace: */
	const struct clause **conjuncts; /* what all must hold, macros opened */
	size_t n;
	uint64_t *failed; /* by conjunct: events on which it was false */
	uint64_t *alone;  /* and nothing else was */
	uint64_t tried;   /* events of the rule's types */
	uint64_t matched;
	struct near_event closest[CLOSEST];
	size_t nclosest;
	struct near_event first; /* match */
};

struct explainer {
	struct arena *arena;
	struct explain_options options;
	struct outlines *outlines;
	struct subject_rule *rules;
	size_t n;
	uint64_t events;
	bool *verdicts; /* of the outline being shown, by clause */
	struct buf out; /* of one event */
	bool found;
};

/* Evaluates all clauses into `verdicts`. */
bool clause_eval(const struct explainer *e, const struct clause *c, const struct field_ctx *ctx);
/* The first part that decided, down to where more than one had to. */
const struct clause *clause_decider(const struct explainer *e, const struct clause *c);

void trace_begin(struct explainer *e, struct subject_rule *r);
void trace_event(struct explainer *e, struct subject_rule *r, const struct field_ctx *ctx);
void trace_result(const struct explainer *e, struct buf *out);

/* Text without control characters, in the arena. */
struct str absent_why(struct arena *arena, const struct field_ref *f, const struct field_ctx *ctx);

/* As the author wrote it, on one line; the canonical form of what stands in no file. */
void put_clause_text(struct buf *out, const struct clause *c);
/* "file:line:column"; nothing without a place. */
void put_place(struct buf *out, struct span at);
/* ,"file":...,"line":...,"column":... */
void put_json_place(struct buf *out, struct span at);
void put_json_text(struct buf *out, const char *key, struct str value);
struct str event_name_of(const struct event *ev);

#endif
