/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

/*
 * Objects of one size with a hard cap. Memory grows in chunks up to the cap and is reused,
 * never given back before slab_fini. Every object has a slot number (dense, below the cap),
 * for side tables kept by others.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/budget.h"

struct slab {
	size_t item_size;
	uint32_t cap;     /* objects at most */
	uint32_t n;       /* objects in use */
	uint64_t refused; /* allocations that found the slab full or no memory */
	uint32_t fresh;   /* slots below this number were used at least once */
	struct budget *budget;
	struct slab_free *free;
	void **chunks;
};

/* Chunks are taken from the budget; NULL: there is none. */
void slab_init(struct slab *s, size_t item_size, uint32_t cap, struct budget *budget);
void slab_fini(struct slab *s);
/* A zeroed object, or NULL (counted in s->refused). */
void *slab_alloc(struct slab *s);
/* `item` must come from this slab; NULL is accepted. */
void slab_free(struct slab *s, void *item);
uint32_t slab_slot(const struct slab *s, const void *item);

#endif
