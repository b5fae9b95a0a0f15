/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHEMA_INTERNAL_H
#define SCHEMA_INTERNAL_H

#include "schema/schema.h"

/*
 * Where an event number stands in event_table: the file's numbers as they are, ours right
 * behind them, so that the gap between the two costs nothing.
 */
#define EVENT_SLOT(number)                                                                         \
	((number) < EVENT_OWN_FIRST ? (number) : (number)-EVENT_OWN_FIRST + EVENT_FILE_TYPES)
#define EVENT_SLOTS (EVENT_TYPES - EVENT_OWN_FIRST + EVENT_FILE_TYPES)

/* The slot of what is no event; zero-filled. */
#define EVENT_SLOT_NONE EVENT_SLOTS

extern const struct event_info event_table[EVENT_SLOTS + 1];

static inline const struct event_info *event_table_at(unsigned type)
{
	if (type < EVENT_FILE_TYPES)
		return &event_table[type];
	if (type < EVENT_OWN_FIRST || type >= EVENT_TYPES)
		return &event_table[EVENT_SLOT_NONE];
	return &event_table[EVENT_SLOT(type)];
}

extern const struct flag_set flag_set_table[];
extern const struct dynamic_set dynamic_set_table[];

/* FLAG_SET_file_flags, ...: indices of flag_set_table. */
enum {
#define FLAG_SET(name) FLAG_SET_##name,
#define FLAG(set, id, name, value, native)
#define END
#include "tables/flag_sets.def"
#undef FLAG_SET
#undef FLAG
#undef END
	FLAG_SETS
};

/* DYNAMIC_SET_sockopt, ...: indices of dynamic_set_table. */
enum {
#define DYNAMIC_SET(name) DYNAMIC_SET_##name,
#define DYNAMIC(id, type, print)
#define END
#include "tables/dynamic.def"
#undef DYNAMIC_SET
#undef DYNAMIC
#undef END
	DYNAMIC_SETS
};

#endif
