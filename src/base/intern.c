/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <stdlib.h>

/* A set of istr by content: open addressing, at most three quarters full. */
struct intern {
	struct istr **slots;
	size_t mask;
	size_t n;
	struct budget *budget;
	uint64_t refused;
};

#define SLOTS_MIN 64

static size_t slots_bytes(size_t mask)
{
	return budget_block((mask + 1) * sizeof(struct istr *));
}

/* The first slots are not counted: a table has them whatever its budget. */
static void give_slots(struct intern *t)
{
	if (t->mask >= SLOTS_MIN)
		budget_give(t->budget, slots_bytes(t->mask));
}

/* A string's block; where it is allocated, malloc is asked for the same. */
static size_t size_of(size_t len)
{
	return sizeof(struct istr) + len + 1;
}

static size_t cost(size_t len)
{
	return budget_block(size_of(len));
}

struct intern *intern_new(struct budget *budget)
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
	t->budget = budget;
	return t;
}

void intern_free(struct intern *t)
{
	if (!t)
		return;
	for (size_t i = 0; i <= t->mask; i++)
		if (t->slots[i]) {
			budget_give(t->budget, cost(t->slots[i]->len));
			free(t->slots[i]);
		}
	give_slots(t);
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
	const size_t mask = t->mask * 2 + 1, size = slots_bytes(mask);
	struct istr **slots;

	if (!budget_take(t->budget, size))
		return false;
	slots = calloc(mask + 1, sizeof(struct istr *));
	if (!slots) {
		budget_give(t->budget, size);
		return false;
	}
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
	give_slots(t);
	t->slots = slots;
	t->mask = mask;
	return true;
}

/* A new string of len bytes, to be filled in; NULL when there is no room for it. */
static struct istr *make(struct intern *t, size_t len)
{
	struct istr *new = NULL;

	if (len < UINT32_MAX && ((t->n + 1) * 4 <= (t->mask + 1) * 3 || grow(t)) &&
	    budget_take(t->budget, cost(len))) {
		new = malloc(size_of(len));
		if (!new)
			budget_give(t->budget, cost(len));
	}
	if (!new)
		t->refused++;
	return new;
}

struct istr *intern_get(struct intern *t, struct str s)
{
	uint64_t hash = str_hash(s);
	size_t i = find(t, s, hash);
	struct istr *new;

	if (t->slots[i])
		return istr_ref(t->slots[i]);
	new = make(t, s.len);
	if (!new)
		return NULL;
	new->hash = hash;
	new->refs = 1;
	new->len = (uint32_t)s.len;
	if (s.len)
		memcpy(new->text, s.p, s.len);
	new->text[s.len] = '\0';
	t->slots[find(t, s, hash)] = new;
	t->n++;
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
	budget_give(t->budget, cost(s->len));
	free(s);
}

uint64_t intern_refused(const struct intern *t)
{
	return t->refused;
}
