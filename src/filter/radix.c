/* SPDX-License-Identifier: Apache-2.0 */
#include "sets.h"

#include <stdlib.h>

/*
 * A trie over the bytes of texts, chains of single children drawn together. The row of a node
 * holds the bits of all texts that end on the way to it, so that the last node that is reached
 * answers for all. For suffixes everything is read from the end.
 */

struct radix_node {
	const char *label; /* the bytes that lead here, forwards in memory in any case */
	uint32_t len;
	uint32_t nchildren;
	const uint64_t *row;  /* NULL: nothing ends here or above */
	const uint8_t *first; /* of each child the first byte in reading order */
	struct radix_node *children;
};

struct radix {
	struct radix_node root;
	bool backwards;
};

struct build {
	struct arena *arena;
	struct marked_text *texts; /* sorted */
	uint32_t bits;
	bool backwards;
};

static uint8_t byte_at(struct str s, size_t at, bool backwards)
{
	return (uint8_t)s.p[backwards ? s.len - 1 - at : at];
}

static int compare(struct str a, struct str b, bool backwards)
{
	const size_t least = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < least; i++) {
		const uint8_t x = byte_at(a, i, backwards), y = byte_at(b, i, backwards);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.len > b.len) - (a.len < b.len);
}

static int forwards_order(const void *a, const void *b)
{
	return compare(((const struct marked_text *)a)->text, ((const struct marked_text *)b)->text,
		       false);
}

static int backwards_order(const void *a, const void *b)
{
	return compare(((const struct marked_text *)a)->text, ((const struct marked_text *)b)->text,
		       true);
}

/* The row of a node: what was true above it, and the texts from *from on that are `depth` long. */
static const uint64_t *row_at(struct build *b, const uint64_t *above, size_t *from, size_t to,
			      size_t depth)
{
	const size_t words = (b->bits + 63) / 64;
	uint64_t *row;

	if (*from == to || b->texts[*from].text.len > depth)
		return above;
	row = arena_array(b->arena, words, sizeof(*row));
	if (above)
		memcpy(row, above, words * sizeof(*row));
	for (; *from < to && b->texts[*from].text.len == depth; ++*from)
		row_set(row, b->texts[*from].bit);
	return row;
}

/* Where the texts from `from` on that share their byte at `depth` end. */
static size_t group_end(const struct build *b, size_t from, size_t to, size_t depth)
{
	const uint8_t byte = byte_at(b->texts[from].text, depth, b->backwards);

	while (from < to && byte_at(b->texts[from].text, depth, b->backwards) == byte)
		from++;
	return from;
}

/* How far sorted texts agree: as far as the first and the last of them do. */
static size_t common_length(const struct build *b, size_t from, size_t to, size_t depth)
{
	const struct str first = b->texts[from].text, last = b->texts[to - 1].text;

	while (depth < first.len && depth < last.len &&
	       byte_at(first, depth, b->backwards) == byte_at(last, depth, b->backwards))
		depth++;
	return depth;
}

/* Recursion is as deep as the longest constant. */
static void fill(struct build *b, struct radix_node *n, size_t from, size_t to, size_t depth)
{
	uint8_t *first;

	n->row = row_at(b, n->row, &from, to, depth);
	for (size_t i = from; i < to; i = group_end(b, i, to, depth))
		n->nchildren++;
	n->children = arena_array(b->arena, n->nchildren, sizeof(*n->children));
	first = arena_array(b->arena, n->nchildren, 1);
	n->first = first;
	for (size_t i = 0; i < n->nchildren; i++) {
		const size_t end = group_end(b, from, to, depth);
		const size_t below = common_length(b, from, end, depth);
		const struct str text = b->texts[from].text;
		struct radix_node *child = &n->children[i];

		first[i] = byte_at(text, depth, b->backwards);
		child->row = n->row;
		child->len = (uint32_t)(below - depth);
		child->label = text.p + (b->backwards ? text.len - below : depth);
		fill(b, child, from, end, below);
		from = end;
	}
}

struct radix *radix_new(struct arena *arena, struct marked_text *texts, size_t n, uint32_t bits,
			bool backwards)
{
	struct radix *r = ARENA_NEW(arena, struct radix);
	struct build b = { arena, texts, bits, backwards };

	r->backwards = backwards;
	if (n)
		qsort(texts, n, sizeof(*texts), backwards ? backwards_order : forwards_order);
	fill(&b, &r->root, 0, n, 0);
	return r;
}

static const struct radix_node *child_for(const struct radix_node *n, uint8_t byte)
{
	const uint8_t *at = n->nchildren ? memchr(n->first, byte, n->nchildren) : NULL;

	return at ? &n->children[at - n->first] : NULL;
}

static const uint64_t *find_prefixes(const struct radix *r, struct str s)
{
	const struct radix_node *n = &r->root, *next = n;

	while (s.len && (next = child_for(n, (uint8_t)s.p[0])) && s.len >= next->len &&
	       memcmp(s.p, next->label, next->len) == 0) {
		s = str_from_index(s, next->len);
		n = next;
	}
	return n->row;
}

static const uint64_t *find_suffixes(const struct radix *r, struct str s)
{
	const struct radix_node *n = &r->root, *next = n;

	while (s.len && (next = child_for(n, (uint8_t)s.p[s.len - 1])) && s.len >= next->len &&
	       memcmp(s.p + s.len - next->len, next->label, next->len) == 0) {
		s.len -= next->len;
		n = next;
	}
	return n->row;
}

const uint64_t *radix_find(const struct radix *r, struct str s)
{
	return r->backwards ? find_suffixes(r, s) : find_prefixes(r, s);
}
