/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_INSPECT_H
#define FILTER_INSPECT_H

/* Looking into a parsed condition, for tools that explain it to its author. */

#include "filter/filter.h"

enum part_kind { PART_AND, PART_OR, PART_NOT, PART_MACRO, PART_TEST };

/* One part of a condition. */
struct part {
	enum part_kind kind;
	struct span at;   /* the author's text; of a group from its first to its last part */
	size_t n;         /* AND, OR, NOT: parts inside */
	struct str macro; /* MACRO */
};

struct part ast_part(const struct ast *tree);
const struct ast *ast_inner(const struct ast *tree, size_t i);
/* False for trees that must not be walked by recursion: none that a rule set holds. */
bool ast_can_walk(const struct ast *tree);

/* What a comparison means, whichever way it is spelled. */
enum test_op {
#define OPERATOR(id, spelling, form, means, classes) TEST_##id,
#include "tables/operators.def"
#undef OPERATOR
	TEST_OPS
};

struct test_value {
	struct str text; /* after escapes */
	struct span at;
};

/* A PART_TEST: a comparison. */
struct test {
	struct str text; /* the comparison, in canonical form */
	struct str left; /* the left side, likewise */
	struct span left_at;
	bool plain; /* `field` is the left side, and constants are on the right */
	struct field_ref field;
	enum test_op op; /* never TEST_EQEQ */
	bool modified;   /* oneof, anyof, allof */
	const struct test_value *values;
	size_t nvalues;
	const struct field_ref *fields; /* all of both sides, inside functions too */
	size_t nfields;
};

/* Arrays and texts go to the arena. */
struct test ast_test(struct arena *arena, const struct ast *tree,
		     const struct static_fields *statics);

/* A PART_TEST as an expression of the pool; EXPR_NONE when it does not compile. */
expr_id pool_add_test(struct pool *p, const struct ast *tree);

/*
 * What a test in the pool says of a field's value that reads `value` as a constant: 1 true, 0
 * false, -1 not known (the right side is a field, the value is none for this type).
 */
int pool_would(const struct pool *p, expr_id test, struct str value);

#endif
