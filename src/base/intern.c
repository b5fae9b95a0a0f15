/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <stdlib.h>

/* A set of istr by content: open addressing, at most three quarters full. */
struct intern {
	struct istr **slots;
	size_t mask;
	size_t n;
	size_t bytes;
	size_t max_bytes;
	uint64_t refused;
};

#define SLOTS_MIN 64

struct intern *intern_new(size_t max_bytes)
{
	struct intern *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->slots = calloc(SLOTS_MIN, sizeof(struct istr *));
	if (!t->slots) {
		free(t);
		return NULL;
	}
	t->mask = SLOTS_MIN - 1;
	t->max_bytes = max_bytes;
	return t;
}

void intern_free(struct intern *t)
{
	if (!t)
		return;
	for (size_t i = 0; i <= t->mask; i++)
		free(t->slots[i]);
	free(t->slots);
	free(t);
}

static size_t find(const struct intern *t, struct str s, uint64_t hash)
{
	size_t i = (size_t)hash & t->mask;

	while (t->slots[i] && (t->slots[i]->hash != hash || !str_eq(istr_view(t->slots[i]), s)))
		i = (i + 1) & t->mask;
	return i;
}

static bool grow(struct intern *t)
{
	size_t mask = t->mask * 2 + 1;
	struct istr **slots = calloc(mask + 1, sizeof(struct istr *));

	if (!slots)
		return false;
	for (size_t i = 0; i <= t->mask; i++) {
		struct istr *s = t->slots[i];
		size_t to;

		if (!s)
			continue;
		for (to = (size_t)s->hash & mask; slots[to]; to = (to + 1) & mask)
			;
		slots[to] = s;
	}
	free(t->slots);
	t->slots = slots;
	t->mask = mask;
	return true;
}

static size_t cost(size_t len)
{
	return sizeof(struct istr) + len + 1;
}

struct istr *intern_get(struct intern *t, struct str s)
{
	uint64_t hash = str_hash(s);
	size_t i = find(t, s, hash);
	struct istr *new;

	if (t->slots[i])
		return istr_ref(t->slots[i]);
	if (s.len >= UINT32_MAX || t->bytes + cost(s.len) > t->max_bytes ||
	    ((t->n + 1) * 4 > (t->mask + 1) * 3 && !grow(t)) || !(new = malloc(cost(s.len)))) {
		t->refused++;
		return NULL;
	}
	new->hash = hash;
	new->refs = 1;
	new->len = (uint32_t)s.len;
	if (s.len)
		memcpy(new->text, s.p, s.len);
	new->text[s.len] = '\0';
	t->slots[find(t, s, hash)] = new;
	t->n++;
	t->bytes += cost(s.len);
	return new;
}

void intern_put(struct intern *t, struct istr *s)
{
	size_t hole;

	if (!s || --s->refs)
		return;
	for (hole = (size_t)s->hash & t->mask; t->slots[hole] != s; hole = (hole + 1) & t->mask)
		;
	/* Pull later entries of the run back over the hole, unless that passes their home. */
	for (size_t i = (hole + 1) & t->mask; t->slots[i]; i = (i + 1) & t->mask) {
		size_t home = (size_t)t->slots[i]->hash & t->mask;

		if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole] = NULL;
	t->n--;
	t->bytes -= cost(s->len);
	free(s);
}

size_t intern_bytes(const struct intern *t)
{
	return t->bytes;
}

uint64_t intern_refused(const struct intern *t)
{
	return t->refused;
}
