/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_NEEDS_H
#define ENGINE_NEEDS_H

/*
 * Which system calls have to be captured: those some rule can match, and those without which the
 * state would not be true. Everything else leaves the kernel side at its first instruction. What
 * the kernel used (tables/extensions.def) comes with those calls of which a rule reads it.
 */

#include "rule/rule.h"
#include "wire.h"

struct live_predicates;

struct needs {
	uint8_t syscall[WIRE_SYSCALLS_MAX]; /* enum wire_need, by x86_64 number */
	bool signals;                       /* signals delivered */
	bool named[WIRE_SYSCALLS_MAX];      /* asked for by needs_adjust */
};

/* Everything the kernel can produce: for recording. */
void needs_all(struct needs *out);
/* What these rules and the state need; rules NULL: the state alone. */
void needs_of_rules(const struct ruleset *rules, struct needs *out);
/* Without what only the state needs: threads and descriptors go stale. */
void needs_of_rules_alone(const struct ruleset *rules, struct needs *out);
/* Whether such a list names a call to be added. */
bool needs_adds(const struct str *names, size_t count);
/*
 * A list as base_syscalls.custom_set has it: names are added, "!name" is taken away, whatever the
 * rules want. False with the unknown name in *unknown.
 */
bool needs_adjust(struct needs *n, const struct str *names, size_t count, struct str *unknown);
/* What the kernel used, too, of all that is captured: for recording. */
void needs_extension(struct needs *n);
/* Adds what the state needs, whatever was taken away. */
void needs_repair(struct needs *n);
/* No failed calls, but for those that change the state. */
void needs_drop_failed(struct needs *n);
/*
 * Which events of the calls that rules want can matter to a rule or to the state: says in `n` where
 * a predicate tells that, and drops what no rule can match. Asked last, and not of needs_all.
 * What the predicates are is the arena's.
 */
const struct live_predicates *needs_push_down(const struct ruleset *rules, struct needs *n,
					      struct arena *arena);
/* For the calls of exit events called `name`, or all: what is pushed down, one line each. */
void needs_print_pushed(struct buf *out, const struct ruleset *rules, struct str name);
/* Whether calls that change the state are wanted that were not before. */
bool needs_more_state(const struct needs *old, const struct needs *new);
/* Both together: while one rule set takes over from another. */
void needs_merge(struct needs *n, const struct needs *other);

#endif
