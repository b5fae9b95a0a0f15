/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGRESS_EXPLAIN_H
#define REGRESS_EXPLAIN_H

/* Why a rule matched an event or did not, in its author's words. */

#include "rule/rule.h"

struct explain_options {
	const struct ruleset *rules;
	const struct static_fields *statics;
	struct str rule; /* p NULL: all rules that take part */
	uint64_t event;  /* evt.num; 0: the whole trace, and what came closest */
	bool json;
};

struct explainer;

/* Lives in the arena; NULL when there is no such rule. */
struct explainer *explainer_new(struct arena *arena, const struct explain_options *options);
void explainer_free(struct explainer *e); /* what is not in the arena */
/* For engine_parts.watch: an event and the state after it; arg is the explainer. */
void explainer_watch(const struct field_ctx *ctx, void *arg);
/* True once nothing more can be learned from the trace. */
bool explainer_done(const struct explainer *e);
/* False when the event that was asked for did not come. */
bool explainer_result(struct explainer *e, struct buf *out);

#endif
