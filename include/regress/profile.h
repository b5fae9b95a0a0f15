/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGRESS_PROFILE_H
#define REGRESS_PROFILE_H

/*
 * What rules and their parts cost on a trace, each by itself: rules are evaluated in order, parts
 * from left to right as the author wrote them, nothing is shared between rules. The programs that
 * alerts come from are not touched, and are faster.
 */

#include "rule/rule.h"

struct profile;

/* Lives in the arena. */
struct profile *profile_new(struct arena *arena, const struct ruleset *rules,
			    const struct rule_options *options);
void profile_free(struct profile *p); /* what is not in the arena */
/* For engine_parts.watch; arg is the profile. */
void profile_watch(const struct field_ctx *ctx, void *arg);
/* Rules, then parts, the costliest first; at most `limit` of each, 0: all. */
void profile_result(const struct profile *p, struct buf *out, bool json, size_t limit);

#endif
