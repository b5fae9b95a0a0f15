/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory that lives and dies together: one compile, one rule set, one event's scratch.
 * Allocation never fails: when the system has no memory left the process ends with a
 * message. What an outsider can make grow must therefore be bounded before it is put here.
 */

#include "base/str.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* accepts NULL */

/* Forgets everything but keeps the first block, so that a warmed-up arena never calls malloc. */
void arena_reset(struct arena *a);

/* size zero bytes, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
/* size bytes, not cleared, aligned to 1: for text. */
char *arena_bytes(struct arena *a, size_t size);
/* Array of n zeroed elements; n * size is checked. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* Copies with a NUL behind, which the length does not count. */
struct str arena_str(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Bytes handed out since arena_new or arena_reset. */
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
