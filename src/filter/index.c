/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

struct index_builder index_begin(struct arena *arena, size_t texts, uint32_t bits)
{
	struct index_builder b = { .arena = arena, .index = ARENA_NEW(arena, struct text_index) };
	size_t size = 8;

	/* At most half full, so that probing always meets a free slot. */
	while (size < texts * 2)
		size *= 2;
	b.index->slots = arena_array(arena, size, sizeof(*b.index->slots));
	b.index->mask = size - 1;
	b.index->bits = bits;
	return b;
}

void index_put(struct index_builder *b, struct str text, uint32_t bit)
{
	const uint64_t hash = str_hash(text);
	struct text_index *x = b->index;
	size_t i = hash & x->mask;
	uint64_t *row;

	while (x->slots[i].row && !(x->slots[i].hash == hash && str_eq(x->slots[i].text, text)))
		i = (i + 1) & x->mask;
	if (!x->slots[i].row) {
		x->slots[i].text = text;
		x->slots[i].hash = hash;
		x->slots[i].row = arena_array(b->arena, (x->bits + 63) / 64, sizeof(*row));
		x->lengths |= (uint64_t)1 << (text.len < 63 ? text.len : 63);
	}
	row = (uint64_t *)x->slots[i].row;
	row_set(row, bit);
}
