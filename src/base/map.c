/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <stdlib.h>

#define SLOTS_MIN 16

/* Both tables stay at most three quarters full, so probing always meets a free slot. */
static bool is_crowded(size_t n, size_t mask)
{
	return mask == 0 || (n + 1) * 4 > (mask + 1) * 3;
}

static size_t slots_bytes(size_t slots)
{
	return budget_block(slots * sizeof(struct idmap_slot));
}

void idmap_fini(struct idmap *m)
{
	if (m->slots)
		budget_give(m->budget, slots_bytes(m->mask + 1));
	free(m->slots);
	*m = (struct idmap){ .budget = m->budget };
}

static void idmap_insert(struct idmap *m, uint64_t key, void *value)
{
	size_t i = idmap_home(m, key);

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & m->mask;
	m->n += !m->slots[i].value;
	m->slots[i] = (struct idmap_slot){ key, value };
}

static bool idmap_grow(struct idmap *m)
{
	size_t slots = m->slots ? (m->mask + 1) * 2 : SLOTS_MIN;
	struct idmap grown = { .mask = slots - 1, .budget = m->budget };

	if (!budget_take(m->budget, slots_bytes(slots)))
		return false;
	grown.slots = calloc(slots, sizeof(*grown.slots));
	if (!grown.slots) {
		budget_give(m->budget, slots_bytes(slots));
		return false;
	}
	for (size_t i = 0; m->slots && i <= m->mask; i++)
		if (m->slots[i].value)
			idmap_insert(&grown, m->slots[i].key, m->slots[i].value);
	idmap_fini(m);
	*m = grown;
	return true;
}

bool idmap_put(struct idmap *m, uint64_t key, void *value)
{
	if (is_crowded(m->n, m->mask) && !idmap_grow(m))
		return false;
	idmap_insert(m, key, value);
	return true;
}

void *idmap_del(struct idmap *m, uint64_t key)
{
	size_t hole, i;
	void *value;

	if (!m->slots)
		return NULL;
	for (hole = idmap_home(m, key); m->slots[hole].key != key || !m->slots[hole].value;
	     hole = (hole + 1) & m->mask)
		if (!m->slots[hole].value)
			return NULL;
	value = m->slots[hole].value;
	/* Pull later entries of the run back over the hole, unless that passes their home. */
	for (i = (hole + 1) & m->mask; m->slots[i].value; i = (i + 1) & m->mask) {
		size_t home = idmap_home(m, m->slots[i].key);

		if (((i - home) & m->mask) >= ((i - hole) & m->mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].value = NULL;
	m->n--;
	return value;
}

void idmap_each(const struct idmap *m, void (*fn)(uint64_t key, void *value, void *arg), void *arg)
{
	for (size_t i = 0; m->slots && i <= m->mask; i++)
		if (m->slots[i].value)
			fn(m->slots[i].key, m->slots[i].value, arg);
}

void strmap_fini(struct strmap *m)
{
	free(m->slots);
	*m = (struct strmap){ 0 };
}

/* The slot that holds key, or the free one where it would go. */
static size_t strmap_find(const struct strmap *m, struct str key, uint64_t hash)
{
	size_t i = (size_t)hash & m->mask;

	while (m->slots[i].value && (m->slots[i].hash != hash || !str_eq(m->slots[i].key, key)))
		i = (i + 1) & m->mask;
	return i;
}

static bool strmap_grow(struct strmap *m)
{
	size_t slots = m->slots ? (m->mask + 1) * 2 : SLOTS_MIN;
	struct strmap grown = { calloc(slots, sizeof(*grown.slots)), slots - 1, m->n };

	if (!grown.slots)
		return false;
	for (size_t i = 0; m->slots && i <= m->mask; i++)
		if (m->slots[i].value)
			grown.slots[strmap_find(&grown, m->slots[i].key, m->slots[i].hash)] =
				m->slots[i];
	free(m->slots);
	*m = grown;
	return true;
}

bool strmap_put(struct strmap *m, struct str key, void *value)
{
	uint64_t hash = str_hash(key);
	size_t i;

	if (is_crowded(m->n, m->mask) && !strmap_grow(m))
		return false;
	i = strmap_find(m, key, hash);
	m->n += !m->slots[i].value;
	m->slots[i] = (struct strmap_slot){ key, hash, value };
	return true;
}

void *strmap_get(const struct strmap *m, struct str key)
{
	return m->slots ? m->slots[strmap_find(m, key, str_hash(key))].value : NULL;
}

void *strmap_del(struct strmap *m, struct str key)
{
	size_t hole;
	void *value;

	if (!m->slots)
		return NULL;
	hole = strmap_find(m, key, str_hash(key));
	value = m->slots[hole].value;
	if (!value)
		return NULL;
	for (size_t i = (hole + 1) & m->mask; m->slots[i].value; i = (i + 1) & m->mask) {
		size_t home = (size_t)m->slots[i].hash & m->mask;

		if (((i - home) & m->mask) >= ((i - hole) & m->mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].value = NULL;
	m->n--;
	return value;
}

void strmap_each(const struct strmap *m, void (*fn)(struct str key, void *value, void *arg),
		 void *arg)
{
	for (size_t i = 0; m->slots && i <= m->mask; i++)
		if (m->slots[i].value)
			fn(m->slots[i].key, m->slots[i].value, arg);
}
