/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

/*
 * Bytes that several tables share. One that finds nothing left refuses to grow, and counts that
 * itself. A budget may be a part of another one.
 */

#include <stdbool.h>
#include <stddef.h>

struct budget {
	size_t used, max;
	struct budget *whole; /* NULL: stands for itself */
};

/* What malloc takes from the system for n bytes. */
static inline size_t budget_block(size_t n)
{
	return n < 24 ? 32 : (n + 8 + 15) & ~(size_t)15;
}

/* False, with nothing taken, when so much is not left. b NULL: there is no limit. */
static inline bool budget_take(struct budget *b, size_t n)
{
	if (!b)
		return true;
	if (n > b->max - b->used || !budget_take(b->whole, n))
		return false;
	b->used += n;
	return true;
}

static inline void budget_give(struct budget *b, size_t n)
{
	for (; b; b = b->whole)
		b->used -= n;
}

#endif
