/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_ITEMS 256u

/* Every object has its slot in front; the rest of a free one links to the next. */
struct slab_free {
	uint64_t slot;
	struct slab_free *next;
};

#define HEAD offsetof(struct slab_free, next)

void slab_init(struct slab *s, size_t item_size, uint32_t cap, struct budget *budget)
{
	if (item_size < sizeof(struct slab_free) - HEAD)
		item_size = sizeof(struct slab_free) - HEAD;
	*s = (struct slab){ .item_size = (item_size + 7) & ~(size_t)7,
			    .cap = cap,
			    .budget = budget };
}

static size_t chunk_bytes(const struct slab *s)
{
	return CHUNK_ITEMS * (HEAD + s->item_size);
}

void slab_fini(struct slab *s)
{
	if (s->chunks)
		for (uint32_t i = 0; i < s->fresh; i += CHUNK_ITEMS) {
			free(s->chunks[i / CHUNK_ITEMS]);
			budget_give(s->budget, budget_block(chunk_bytes(s)));
		}
	free(s->chunks);
	slab_init(s, s->item_size, s->cap, s->budget);
}

static struct slab_free *fresh_item(struct slab *s)
{
	uint32_t slot = s->fresh;
	struct slab_free *head;

	if (slot == s->cap)
		return NULL;
	if (!s->chunks) {
		s->chunks = calloc((s->cap + CHUNK_ITEMS - 1) / CHUNK_ITEMS, sizeof(void *));
		if (!s->chunks)
			return NULL;
	}
	if (slot % CHUNK_ITEMS == 0) {
		void *chunk = NULL;

		if (budget_take(s->budget, budget_block(chunk_bytes(s)))) {
			chunk = malloc(chunk_bytes(s));
			if (!chunk)
				budget_give(s->budget, budget_block(chunk_bytes(s)));
		}
		if (!chunk)
			return NULL;
		s->chunks[slot / CHUNK_ITEMS] = chunk;
	}
	head = (void *)((char *)s->chunks[slot / CHUNK_ITEMS] +
			slot % CHUNK_ITEMS * (HEAD + s->item_size));
	head->slot = slot;
	s->fresh++;
	return head;
}

void *slab_alloc(struct slab *s)
{
	struct slab_free *head = s->free;

	if (head)
		s->free = head->next;
	else
		head = fresh_item(s);
	if (!head) {
		s->refused++;
		return NULL;
	}
	s->n++;
	return memset((char *)head + HEAD, 0, s->item_size);
}

void slab_free(struct slab *s, void *item)
{
	struct slab_free *head;

	if (!item)
		return;
	head = (void *)((char *)item - HEAD);
	head->next = s->free;
	s->free = head;
	s->n--;
}

uint32_t slab_slot(const struct slab *s, const void *item)
{
	const struct slab_free *head = (const void *)((const char *)item - HEAD);

	(void)s;
	return (uint32_t)head->slot;
}
