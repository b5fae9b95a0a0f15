/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FILTER_SUPPORT_RANDOM_H
#define TESTS_FILTER_SUPPORT_RANDOM_H

#include "support.h"

/* Random conditions over all fields and operators; the same seed gives the same ones. */
struct random_source {
	uint64_t state;
	/* Values that fields really have are taken from the scenes or, without, from the context. */
	struct scenes *scenes;
	const struct field_ctx *ctx;
};

uint32_t random_below(struct random_source *r, uint32_t n);
/* Writes a condition; most of them compile, some do not. */
void random_condition(struct random_source *r, struct buf *out);

#endif
