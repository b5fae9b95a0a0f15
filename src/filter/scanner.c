/* SPDX-License-Identifier: Apache-2.0 */
#include "sets.h"

/*
 * An automaton after Aho and Corasick that finds all of many texts in one go. Upper and lower case
 * are one class of bytes, and so are all bytes that stand in none of the texts. States are offsets
 * into the table; those that find something stand behind the others.
 */

/* Of the table: what stays in the nearer caches while texts are short. */
#define TABLE_BYTES ((size_t)4 << 20)

struct scanner {
	uint8_t class[256];
	uint32_t stride;
	uint32_t first_hit; /* states from here on have a row */
	const uint32_t *next;
	const uint64_t *const *rows; /* by (state - first_hit) / stride */
	uint32_t bits;
};

/* While it is built, states are numbered in the order in which they were met; 0 is the start. */
struct build {
	struct arena *arena, *scratch;
	struct scanner *out;
	uint32_t *next; /* state * classes + class; 0: none yet, or the start */
	uint32_t n, classes;
	uint32_t *order; /* nearest to the start first */
	uint32_t *fail;
	uint64_t **rows;
};

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static size_t set_classes(struct build *b, const struct marked_text *texts, size_t n)
{
	bool used[256] = { false };
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		bytes += texts[i].text.len;
		for (size_t k = 0; k < texts[i].text.len; k++)
			used[lower((uint8_t)texts[i].text.p[k])] = true;
	}
	b->classes = 1;
	for (unsigned c = 0; c < 256; c++)
		if (used[c])
			b->out->class[c] = (uint8_t)b->classes++;
	for (unsigned c = 'A'; c <= 'Z'; c++)
		b->out->class[c] = b->out->class[lower((uint8_t)c)];
	return bytes;
}

static void put_bit(struct build *b, uint32_t state, uint32_t bit)
{
	if (!b->rows[state])
		b->rows[state] = arena_array(b->arena, (b->out->bits + 63) / 64, sizeof(uint64_t));
	row_set(b->rows[state], bit);
}

static void put_text(struct build *b, const struct marked_text *t)
{
	uint32_t state = 0;

	for (size_t i = 0; i < t->text.len; i++) {
		uint32_t *to = &b->next[state * b->classes + b->out->class[(uint8_t)t->text.p[i]]];

		if (!*to)
			*to = b->n++;
		state = *to;
	}
	put_bit(b, state, t->bit);
}

/* What is found in the shorter text that the state ends with is found in the state. */
static void inherit(struct build *b, uint32_t state)
{
	const uint64_t *from = b->rows[b->fail[state]];

	if (from && !b->rows[state]) {
		b->rows[state] = b->rows[b->fail[state]];
		return;
	}
	for (size_t i = 0; from && i < (b->out->bits + 63) / 64; i++)
		b->rows[state][i] |= from[i];
}

/* Every state gets a successor for every class: where there is none, that of its fail state. */
static void complete(struct build *b)
{
	uint32_t known = 0;

	b->order[known++] = 0;
	for (uint32_t i = 0; i < known; i++) {
		const uint32_t state = b->order[i], fail = b->fail[state];
		uint32_t *row = &b->next[state * b->classes];
		const uint32_t *other = &b->next[fail * b->classes];

		if (state)
			inherit(b, state);
		for (uint32_t c = 0; c < b->classes; c++) {
			if (row[c]) {
				b->order[known++] = row[c];
				b->fail[row[c]] = state ? other[c] : 0;
			} else if (state) {
				row[c] = other[c];
			}
		}
	}
}

static void write_table(struct build *b)
{
	struct scanner *s = b->out;
	uint32_t *place = arena_array(b->scratch, b->n, sizeof(*place)), at = 0, hits = 0;
	uint32_t *table = arena_array(b->arena, (size_t)b->n * b->classes, sizeof(*table));
	const uint64_t **rows;

	for (uint32_t state = 0; state < b->n; state++)
		hits += b->rows[state] != NULL;
	rows = arena_array(b->arena, hits, sizeof(*rows));
	s->first_hit = (b->n - hits) * b->classes;
	hits = 0;
	for (uint32_t state = 0; state < b->n; state++) {
		if (b->rows[state]) {
			place[state] = s->first_hit + hits * b->classes;
			rows[hits++] = b->rows[state];
		} else {
			place[state] = at;
			at += b->classes;
		}
	}
	for (uint32_t state = 0; state < b->n; state++)
		for (uint32_t c = 0; c < b->classes; c++)
			table[place[state] + c] = place[b->next[state * b->classes + c]];
	s->next = table;
	s->rows = rows;
	s->stride = b->classes;
}

struct scanner *scanner_new(struct arena *arena, const struct marked_text *texts, size_t n,
			    uint32_t bits)
{
	struct build b = { .arena = arena, .n = 1 };
	struct scanner *s = ARENA_NEW(arena, struct scanner);
	size_t states;

	b.out = s;
	s->bits = bits;
	states = set_classes(&b, texts, n) + 1;
	if (states * b.classes * sizeof(*b.next) > TABLE_BYTES)
		return NULL;
	b.scratch = arena_new();
	b.next = arena_array(b.scratch, states * b.classes, sizeof(*b.next));
	b.order = arena_array(b.scratch, states, sizeof(*b.order));
	b.fail = arena_array(b.scratch, states, sizeof(*b.fail));
	b.rows = arena_array(b.scratch, states, sizeof(*b.rows));
	for (size_t i = 0; i < n; i++)
		put_text(&b, &texts[i]);
	complete(&b);
	write_table(&b);
	arena_free(b.scratch);
	return s;
}

const uint64_t *scanner_find(const struct scanner *s, struct str text, uint64_t *row)
{
	const size_t words = (s->bits + 63) / 64;
	uint32_t state = 0;

	memset(row, 0, words * sizeof(*row));
	for (size_t i = 0; i < text.len; i++) {
		const uint64_t *hit;

		state = s->next[state + s->class[(uint8_t)text.p[i]]];
		if (state < s->first_hit)
			continue;
		hit = s->rows[(state - s->first_hit) / s->stride];
		for (size_t k = 0; k < words; k++)
			row[k] |= hit[k];
	}
	return row;
}
