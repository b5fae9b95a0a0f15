/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_PREDICATE_H
#define FILTER_PREDICATE_H

/*
 * Which events of a type can match some rule, as far as the bare event tells: for the kernel, so
 * that it need not send the others. A predicate holds for every event that a rule matches, and for
 * more; what it cannot tell counts as possible. wire.h says what it looks like. Events are those the
 * kernel side writes: their texts may be absent, their numbers are not.
 *
 * Only parameters count. What the state knows of users, control groups, names of processes and
 * kinds of descriptors is not always what the kernel knows at that moment (a change may have been
 * lost, a thread may not be known yet), so no predicate can stand for it.
 */

#include "filter/filter.h"
#include "wire.h"

enum predicate_verdict {
	PREDICATE_ALL,  /* any event may match: there is none */
	PREDICATE_SOME, /* those for which it holds */
	PREDICATE_NONE, /* no rule can match */
};

/* Exit events of one type, and the rules as programs_compile takes them. */
struct predicate_of {
	const struct pool *pool;
	const struct program_rule *rules;
	size_t n;
	unsigned type;
	unsigned code;  /* the system call, which tells generic events apart */
	bool successes; /* hold for every call that succeeded, whatever the rules say */
};
enum predicate_verdict predicate_derive(const struct predicate_of *of, struct wire_predicate *out);

/* Whether result and arguments alone can say no, and whether it looks at more than those. */
bool predicate_is_early(const struct wire_predicate *p);
bool predicate_is_late(const struct wire_predicate *p);

/* What the kernel side does, said plainly: for tests. */
bool predicate_holds(const struct wire_predicate *p, const struct event *ev);

/* "res >= 0 and fd = 1 or ...", by the names of the event's parameters. */
void predicate_print(struct buf *out, const struct wire_predicate *p, unsigned type);

#endif
