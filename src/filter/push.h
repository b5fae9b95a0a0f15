/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_PUSH_H
#define FILTER_PUSH_H

/* Deriving predicates: what the bare event says of atoms. */

#include "dnf.h"
#include "filter/predicate.h"
#include "pool.h"

/* An event of the type whose parameters are all 0 or empty, to ask fields about. */
struct push {
	struct arena *arena;
	const struct pool *pool;
	unsigned type;
	const struct event_info *info;
	struct buf bytes;
	struct event ev;
	struct subject who;
	struct field_ctx ctx;
};

/* False: no such event can be made. */
bool push_init(struct push *p, struct arena *arena, const struct pool *pool, unsigned type,
	       unsigned code);
void push_fini(struct push *p);

/* Of an atom or node: where it may be true, and where it may be false. */
struct possible {
	struct dnf yes, no;
};
struct possible push_atom(struct push *p, const struct atom *a);

struct possible push_text(const struct push *p, const struct atom *a, struct field_origin o);

/* A test of a parameter, with nothing said yet of the value. */
struct wire_test param_test(unsigned type, unsigned param);
struct wire_test range_test(unsigned type, unsigned param, int64_t from, int64_t to);

#endif
