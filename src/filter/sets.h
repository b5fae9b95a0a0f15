/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_SETS_H
#define FILTER_SETS_H

/*
 * What is found out about one text for many atoms at once. The answer is a row: bit k says that
 * text k of the set is there; NULL stands for a row without any bit.
 */

#include "pool.h"

struct marked_text {
	struct str text;
	uint32_t bit;
};

static inline bool row_has(const uint64_t *row, uint32_t bit)
{
	return row && row[bit / 64] >> (bit % 64) & 1;
}

static inline void row_set(uint64_t *row, uint32_t bit)
{
	row[bit / 64] |= (uint64_t)1 << (bit % 64);
}

/* The texts that a text begins with or, `backwards`, ends with. Sorts `texts`, keeps their bytes. */
struct radix *radix_new(struct arena *arena, struct marked_text *texts, size_t n, uint32_t bits,
			bool backwards);
const uint64_t *radix_find(const struct radix *r, struct str s);

/*
 * The texts that stand anywhere in a text, when ASCII letters are compared without case. NULL
 * when the automaton would be too large.
 */
struct scanner *scanner_new(struct arena *arena, const struct marked_text *texts, size_t n,
			    uint32_t bits);
/* `row`: where it is put together. */
const uint64_t *scanner_find(const struct scanner *s, struct str text, uint64_t *row);

/* Path prefixes of several atoms, in the same trie as those of one (pool.h). */
struct path_set *path_set_begin(struct arena *arena, uint32_t bits);
void path_set_add(struct path_set *s, struct arena *arena, struct str prefix, uint32_t bit);
const uint64_t *path_set_find(const struct path_set *s, struct str path, uint64_t *row,
			      struct arena *scratch);

/*
 * A text that, up to the case of ASCII letters, stands in every text that the constant matches;
 * empty when none is known. *sure: no other text holds it.
 */
struct str required_text(struct arena *arena, enum comparison cmp, struct str constant, bool *sure);

#endif
