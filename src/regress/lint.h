/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINT_INTERNAL_H
#define LINT_INTERNAL_H

/*
 * How findings are made:
 *
 *	lint.c		the report; what needs no look into conditions
 *	lint_meaning.c	parts that are never or always true, absent fields, order
 *	lint_values.c	constants and lists
 *	lint_facts.c	what one test says about another one
 *	lint_shadow.c	rules behind others
 *	lint_print.c	text, JSON, SARIF
 *
 * A finding is made only where it is certain: what cannot be proved is let pass.
 */

#include "internal.h"
#include "regress/lint.h"

struct linter {
	struct arena *arena;
	const struct ruleset *rules;
	const struct outlines *outlines;
	struct lint_report *report;
	const struct rule *rule; /* being looked at; NULL: none */
	uint64_t steps;          /* left for this rule; at 0 everything is let pass */
	bool *never;             /* by rule: it cannot match */
};

/* Adds a finding, unless the same was found at the same place; NULL then. */
struct lint_finding *finding(struct linter *l, enum lint_code code, struct span at,
			     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Both accept a NULL finding. */
void remedy(struct linter *l, struct lint_finding *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void point_at(struct linter *l, struct lint_finding *f, struct span at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The text, cut where it is too long for a message. */
struct str brief(const struct linter *l, struct str text);
/* False when nothing is left. */
bool step(struct linter *l);

/* ---- Facts -------------------------------------------------------------------------------- */

/* A test, or its negation. */
struct fact {
	const struct clause *test;
	bool negated;
};

/* The tests cannot both hold; `present`: where their field has a value. */
bool facts_exclude(const struct linter *l, struct fact a, struct fact b, bool present);
/* Wherever a holds, b does. */
bool fact_implies(const struct linter *l, struct fact a, struct fact b);
/* The operator is about values as a whole. */
bool wants_exact(enum test_op op);
/*
 * A value that the test's field never equals, or never begins or ends with or holds, as the test
 * asks: what it has instead; NULL when it may.
 */
const char *value_impossible(struct arena *arena, const struct test *t, struct str value);
/* The same of all values of a test for being equal to one of them. */
const char *test_impossible(struct arena *arena, const struct test *t);
/* The field belongs to the event's descriptor. */
bool is_fd_field(const struct field_ref *f);
/* The field belongs to an internet connection. */
bool is_socket_field(const struct field_ref *f);

/* ---- Checks ------------------------------------------------------------------------------- */

/* Sets l->never. */
void lint_meaning(struct linter *l, size_t rule);
void lint_values(struct linter *l, const struct clause *c);
void lint_lists(struct linter *l);
void lint_shadowed(struct linter *l);

#endif
