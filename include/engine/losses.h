/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_LOSSES_H
#define ENGINE_LOSSES_H

/*
 * What a live run missed: which events, why, whose, and which rules could have been blind. Looked
 * at once a second, with what the configuration wants done about it, and told as a whole at the
 * end.
 */

#include "engine/engine.h"
#include "source/live.h"

struct losses;

/* NULL after an error in *d, or without memory: *d is without errors then. */
struct losses *losses_new(const struct config *config, struct diags *d);
void losses_free(struct losses *l); /* accepts NULL */

/* What a second lost, if it was to be acted on. The texts are valid until the next look. */
struct losses_news {
	bool log, exit;
	struct str text; /* what happened, for people */
	struct str line; /* the alert, text or JSON as alerts are; empty: none is wanted */
};
/* True when there is something to be done. Looks at most once a second. */
bool losses_look(struct losses *l, struct engine *e, struct source *source,
		 struct losses_news *out);
/* The same for counts from elsewhere, at a time of clock_monotonic_ns. */
bool losses_judge(struct losses *l, struct engine *e, const struct live_loss *counts, size_t n,
		  uint64_t now, struct losses_news *out);

/* Names of the enabled rules that want events of a type some of these rows lost: "a, b, c". */
void losses_blind(struct buf *out, const struct ruleset *rules, const struct live_loss *rows,
		  size_t n);
/* True for the reasons that cost whole events. */
bool loss_is_of_events(enum wire_loss reason);

#endif
