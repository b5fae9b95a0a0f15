/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <stdlib.h>

/*
 * What is remembered of threads from event to event: bits in rows, one row per slot of the thread
 * table. A row is right for one generation of its thread; bits that depend on relatives or on
 * tables go when the shared generation of those has changed.
 */

static bool make_chunks(struct thread_memo *m, const struct state *state)
{
	m->nchunks = (state_thread_cap(state) + MEMO_CHUNK - 1) / MEMO_CHUNK;
	m->chunks = calloc(m->nchunks, sizeof(*m->chunks));
	if (!m->chunks)
		return false;
	m->state = state;
	m->used = m->nchunks * sizeof(*m->chunks);
	return true;
}

static uint8_t *make_chunk(struct thread_memo *m, size_t chunk)
{
	const size_t size = m->row_size * MEMO_CHUNK;

	if (m->used > m->memory || size > m->memory - m->used)
		return NULL;
	m->chunks[chunk] = calloc(1, size);
	if (m->chunks[chunk])
		m->used += size;
	return m->chunks[chunk];
}

static struct memo_row *find_row(struct thread_memo *m, const struct state *state, uint32_t slot)
{
	const size_t chunk = slot / MEMO_CHUNK;
	uint8_t *rows;

	if (m->state != state) {
		memo_free(m);
		if (!make_chunks(m, state))
			return NULL;
	}
	if (chunk >= m->nchunks)
		return NULL;
	rows = m->chunks[chunk] ? m->chunks[chunk] : make_chunk(m, chunk);
	return rows ? (struct memo_row *)(void *)(rows + slot % MEMO_CHUNK * m->row_size) : NULL;
}

struct memo_row *memo_row(struct thread_memo *m, const struct state *state, const struct thread *t)
{
	struct memo_row *row = find_row(m, state, t->slot);

	if (!row) {
		m->refused++;
		return NULL;
	}
	if (row->generation != t->generation) {
		memset(row->words, 0, m->words * sizeof(*row->words));
		row->generation = t->generation;
	}
	for (unsigned kind = 0; kind < MEMO_KINDS; kind++) {
		const uint32_t now = state_generation(state, (enum state_kind)kind);

		if (row->kinds[kind] == now)
			continue;
		row->kinds[kind] = now;
		for (size_t i = 0; i < m->words; i++)
			row->words[i] &= ~m->stale[kind][i];
	}
	return row;
}

void memo_free(struct thread_memo *m)
{
	for (size_t i = 0; i < m->nchunks; i++)
		free(m->chunks[i]);
	free(m->chunks);
	m->chunks = NULL;
	m->nchunks = 0;
	m->used = 0;
	m->state = NULL;
}

void programs_forget(struct programs *p)
{
	memo_free(&p->threads);
}

void program_stats(const struct programs *p, struct program_stats *out)
{
	out->recalled = p->threads.recalled;
	out->refused = p->threads.refused;
	out->wrong = p->threads.wrong;
	out->bytes = p->threads.used;
}
