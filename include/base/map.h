/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

/*
 * Two hash tables, both open addressing with linear probing and back-shift deletion.
 * Neither owns its values; NULL values are not allowed.
 */

#include "base/budget.h"
#include "base/str.h"

/* From a 64-bit number to a pointer. */
struct idmap {
	struct idmap_slot *slots;
	size_t mask; /* slots - 1, or 0 when empty */
	size_t n;
	struct budget *budget; /* the slots are taken from it; NULL: there is none */
};

struct idmap_slot {
	uint64_t key;
	void *value; /* NULL: free */
};

/* Empty again, and as usable as before. */
void idmap_fini(struct idmap *m);
/* False when there is no memory or budget for growing; the map is unchanged then. Replaces an equal key. */
bool idmap_put(struct idmap *m, uint64_t key, void *value);
/* Returns what was removed, or NULL. */
void *idmap_del(struct idmap *m, uint64_t key);
/* Calls fn on every entry; fn must not change the map. */
void idmap_each(const struct idmap *m, void (*fn)(uint64_t key, void *value, void *arg), void *arg);

static inline size_t idmap_home(const struct idmap *m, uint64_t key)
{
	return (size_t)((key * 0x9E3779B97F4A7C15u) >> 20) & m->mask;
}

static inline void *idmap_get(const struct idmap *m, uint64_t key)
{
	if (!m->slots)
		return NULL;
	for (size_t i = idmap_home(m, key);; i = (i + 1) & m->mask) {
		if (!m->slots[i].value)
			return NULL;
		if (m->slots[i].key == key)
			return m->slots[i].value;
	}
}

/* From text to a pointer. Keys are borrowed and must outlive the map. */
struct strmap {
	struct strmap_slot *slots;
	size_t mask;
	size_t n;
};

struct strmap_slot {
	struct str key;
	uint64_t hash;
	void *value;
};

void strmap_fini(struct strmap *m);
bool strmap_put(struct strmap *m, struct str key, void *value);
void *strmap_get(const struct strmap *m, struct str key);
void *strmap_del(struct strmap *m, struct str key);
void strmap_each(const struct strmap *m, void (*fn)(struct str key, void *value, void *arg),
		 void *arg);

#endif
