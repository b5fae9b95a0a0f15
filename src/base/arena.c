/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_MIN ((size_t)16 << 10)
#define BLOCK_MAX ((size_t)256 << 10)
#define ALIGNMENT _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t size; /* of bytes[] */
	size_t used;
	_Alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *head;  /* the block being filled */
	struct block *first; /* kept by arena_reset */
	size_t used;
};

/* Documented in the header: an arena has no way to say no. */
static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "besra: out of memory (asked for %zu bytes)\n", size);
	abort();
}

static struct block *block_new(size_t size, struct block *next)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b))
		out_of_memory(size);
	b = malloc(sizeof(*b) + size);
	if (!b)
		out_of_memory(size);
	b->next = next;
	b->size = size;
	b->used = 0;
	return b;
}

struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		out_of_memory(sizeof(*a));
	a->first = a->head = block_new(BLOCK_MIN, NULL);
	return a;
}

static void free_chain(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	free_chain(a->head);
	free(a);
}

void arena_reset(struct arena *a)
{
	struct block *b = a->head;

	while (b != a->first) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
	a->head = a->first;
	a->first->used = 0;
	a->used = 0;
}

static void *take(struct arena *a, size_t size, size_t alignment)
{
	struct block *b = a->head;
	size_t at = (b->used + alignment - 1) & ~(alignment - 1);

	if (at > b->size || size > b->size - at) {
		size_t grown = b->size * 2 < BLOCK_MAX ? b->size * 2 : BLOCK_MAX;

		b = a->head = block_new(size > grown ? size : grown, b);
		at = 0;
	}
	b->used = at + size;
	a->used += size;
	return b->bytes + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size, ALIGNMENT), 0, size);
}

char *arena_bytes(struct arena *a, size_t size)
{
	return take(a, size, 1);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory(SIZE_MAX);
	return arena_alloc(a, bytes);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy = arena_bytes(a, s.len + 1);

	if (s.len)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return (struct str){ copy, s.len };
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	char *text;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		n = 0;
	text = arena_bytes(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	return (struct str){ text, (size_t)n };
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

void *vec_grown(struct arena *a, void *items, size_t n, size_t *cap, size_t item_size)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *grown = arena_array(a, more, item_size);

	if (n)
		memcpy(grown, items, n * item_size);
	*cap = more;
	return grown;
}
