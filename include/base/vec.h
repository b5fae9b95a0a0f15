/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

/*
 * Growing arrays in an arena: declare `struct { T *items; size_t n, cap; }`, push with
 * VEC_PUSH. Old storage stays in the arena until that is freed.
 */

#include "base/arena.h"

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t n;                                                                          \
		size_t cap;                                                                        \
	}

void *vec_grown(struct arena *a, void *items, size_t n, size_t *cap, size_t item_size);

#define VEC_PUSH(arena, v, item)                                                                   \
	((v)->items = (v)->n < (v)->cap ? (v)->items                                               \
					: vec_grown((arena), (v)->items, (v)->n, &(v)->cap,        \
						    sizeof(*(v)->items)),                          \
	 (void)((v)->items[(v)->n++] = (item)))

#endif
