/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_DNF_H
#define FILTER_DNF_H

/*
 * Disjunctions of conjunctions of tests, of bounded size. What does not fit is widened: the
 * operations below may hold for more than they should, never for less.
 */

#include "base/arena.h"
#include "wire.h"

#define DNF_MAX  12 /* conjunctions */
#define CONJ_MAX 4  /* tests of one */

struct conj {
	size_t n; /* 0: always true */
	struct wire_test tests[CONJ_MAX];
};

struct dnf {
	size_t n; /* 0: never true */
	const struct conj *items;
};

struct dnf dnf_const(bool value);
struct dnf dnf_test(struct arena *arena, const struct wire_test *t);
struct dnf dnf_and(struct arena *arena, struct dnf a, struct dnf b);
struct dnf dnf_or(struct arena *arena, struct dnf a, struct dnf b);

static inline bool dnf_is_true(struct dnf d)
{
	return d.n == 1 && d.items[0].n == 0;
}

/* What a test of a number says of it. */
bool test_number(const struct wire_test *t, uint64_t v);

#endif
