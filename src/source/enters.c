/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/slab.h"

#define THREADS_MAX 8192
/* Most calls' arguments: numbers, a socket tuple, a short path. */
#define INLINE_BYTES 192
/* All longer ones together. A slot keeps its memory for the next long one. */
#define LONG_BYTES_MAX (1 << 20)

/* In a ring through `head`, the one stored last behind it. */
struct slot {
	struct slot *newer, *older;
	uint64_t tid;
	uint16_t type;
	uint8_t nparams;
	bool stored;
	uint8_t *longer; /* NULL, or of longer_cap bytes: used instead of `bytes` when it is set */
	uint32_t longer_cap;
	uint32_t at[LIMIT_EVENT_PARAMS + 1];
	uint8_t bytes[INLINE_BYTES];
};

struct enters {
	struct idmap by_tid;
	struct slab slots;
	struct slot *oldest, *newest;
	size_t long_bytes;
};

struct enters *enters_new(void)
{
	struct enters *t = calloc(1, sizeof(*t));

	if (t)
		slab_init(&t->slots, sizeof(struct slot), THREADS_MAX, NULL);
	return t;
}

static void unlink_slot(struct enters *t, struct slot *s)
{
	if (s->older)
		s->older->newer = s->newer;
	else
		t->oldest = s->newer;
	if (s->newer)
		s->newer->older = s->older;
	else
		t->newest = s->older;
}

static void link_newest(struct enters *t, struct slot *s)
{
	s->older = t->newest;
	s->newer = NULL;
	if (t->newest)
		t->newest->newer = s;
	else
		t->oldest = s;
	t->newest = s;
}

static void free_slot(struct enters *t, struct slot *s)
{
	unlink_slot(t, s);
	idmap_del(&t->by_tid, s->tid);
	t->long_bytes -= s->longer_cap;
	free(s->longer);
	slab_free(&t->slots, s);
}

void enters_reset(struct enters *t)
{
	while (t->oldest)
		free_slot(t, t->oldest);
}

void enters_free(struct enters *t)
{
	if (!t)
		return;
	enters_reset(t);
	idmap_fini(&t->by_tid);
	slab_fini(&t->slots);
	free(t);
}

/* The thread's slot, a new one, or that of the thread which stored longest ago. */
static struct slot *slot_for(struct enters *t, uint64_t tid, uint64_t *forgotten)
{
	struct slot *s = idmap_get(&t->by_tid, tid);

	if (s) {
		unlink_slot(t, s);
		link_newest(t, s);
		return s;
	}
	if (t->slots.n == t->slots.cap) {
		*forgotten += t->oldest->stored;
		free_slot(t, t->oldest);
	}
	s = slab_alloc(&t->slots);
	if (!s)
		return NULL;
	s->tid = tid;
	if (!idmap_put(&t->by_tid, tid, s)) {
		slab_free(&t->slots, s);
		return NULL;
	}
	link_newest(t, s);
	return s;
}

/* Where len bytes go, or NULL when they are too many. */
static uint8_t *room_in(struct enters *t, struct slot *s, size_t len)
{
	uint8_t *grown;

	if (len <= sizeof(s->bytes) && !s->longer)
		return s->bytes;
	if (len <= s->longer_cap)
		return s->longer;
	if (len > LONG_BYTES_MAX - (t->long_bytes - s->longer_cap))
		return NULL;
	grown = realloc(s->longer, len);
	if (!grown)
		return NULL;
	t->long_bytes += len - s->longer_cap;
	s->longer = grown;
	s->longer_cap = (uint32_t)len;
	return grown;
}

bool enters_put(struct enters *t, uint64_t tid, const struct enter *e, uint64_t *forgotten)
{
	struct slot *s = slot_for(t, tid, forgotten);
	size_t len = e->at[e->nparams];
	uint8_t *to;

	if (!s)
		return false;
	to = room_in(t, s, len);
	s->stored = to != NULL;
	if (!to)
		return false;
	s->type = e->type;
	s->nparams = e->nparams;
	memcpy(s->at, e->at, (e->nparams + 1u) * sizeof(e->at[0]));
	if (len)
		memcpy(to, e->data, len);
	return true;
}

bool enters_get(const struct enters *t, uint64_t tid, struct enter *out)
{
	const struct slot *s = idmap_get(&t->by_tid, tid);

	if (!s || !s->stored)
		return false;
	out->type = s->type;
	out->nparams = s->nparams;
	memcpy(out->at, s->at, (s->nparams + 1u) * sizeof(s->at[0]));
	out->data = s->longer ? s->longer : s->bytes;
	return true;
}

void enters_used(struct enters *t, uint64_t tid)
{
	struct slot *s = idmap_get(&t->by_tid, tid);

	if (s)
		s->stored = false;
}

void enters_forget(struct enters *t, uint64_t tid)
{
	struct slot *s = idmap_get(&t->by_tid, tid);

	if (s)
		free_slot(t, s);
}
