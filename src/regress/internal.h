/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGRESS_INTERNAL_H
#define REGRESS_INTERNAL_H

/*
 * Conditions as their authors wrote them: trees in which the macros are open and every part knows
 * its place. lint looks for what is wrong with them, explain and profile evaluate them.
 *
 *	outline.c	the trees
 *	lint*.c		findings and how they are shown
 *	explain*.c	verdicts of one event or of a whole trace
 *	profile.c	what parts cost
 */

#include "base/map.h"
#include "filter/inspect.h"
#include "rule/inspect.h"

/* One text of an author's: a rule's condition, or a macro's. */
struct frame {
	struct str macro; /* empty: the rule's own */
	struct span at;   /* the whole text; exceptions stand outside it */
};

struct clause {
	enum part_kind kind;
	uint32_t number; /* within the outline, from 0, parents before their parts */
	const struct frame *frame;
	struct span at;
	struct str macro;      /* MACRO: whose one part is what the macro stands for */
	struct clause **items; /* AND, OR, NOT, MACRO */
	size_t n;
	const struct test *test; /* TEST; equal texts at one place share it */
	expr_id expr;            /* TEST: in the outlines' own pool; equal tests are equal */
};

struct outline {
	struct clause *root; /* NULL: the rule has no condition that compiles */
	uint32_t n;          /* clauses */
};

/* All outlines of one rule set, and a pool of their tests: the set's own stays as it is. */
struct outlines {
	struct arena *arena;
	const struct ruleset *rules;
	struct pool *pool;
	struct outline *of; /* by rule */
	struct idmap tests; /* by tree */
};

struct outlines *outlines_new(struct arena *arena, const struct ruleset *rules,
			      const struct static_fields *statics);
void outlines_free(struct outlines *o); /* what is not in the arena */

/* Without macros around it. */
const struct clause *clause_open(const struct clause *c);
/* They mean the same, whatever macros they are written with. */
bool clause_equal(const struct clause *a, const struct clause *b);

/* Places: the first lies in the second; they are the same. */
bool span_within(struct span inner, struct span outer);
bool span_equal(struct span a, struct span b);

#endif
