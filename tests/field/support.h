/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FIELD_SUPPORT_H
#define TESTS_FIELD_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "field/field.h"

/* One event and everything its fields may look at. */
struct world {
	struct buf bytes, text;
	struct arena *scratch;
	struct state *state;
	struct containers *containers;
	struct event ev;
	struct subject who;
	struct field_history history;
	struct static_fields statics;
	struct field_ctx ctx;
	uint64_t events;
};

/* One parameter to encode. */
struct given {
	enum {
		GIVEN_INT,
		GIVEN_TEXT,
		GIVEN_BYTES,
		GIVEN_NONE,
	} kind;
	int64_t i;
	struct str s;
};

#define INT(n)                                                                                     \
	{                                                                                          \
		.kind = GIVEN_INT, .i = (n)                                                        \
	}
#define TEXT(lit)                                                                                  \
	{                                                                                          \
		.kind = GIVEN_TEXT, .s = {(lit), sizeof(lit) - 1 }                                 \
	}
#define BYTES(lit)                                                                                 \
	{                                                                                          \
		.kind = GIVEN_BYTES, .s = {(lit), sizeof(lit) - 1 }                                \
	}
#define NOTHING                                                                                    \
	{                                                                                          \
		.kind = GIVEN_NONE                                                                 \
	}

void world_init(struct world *w);
void world_fini(struct world *w);

/*
 * Encodes an event of thread `tid` and opens it; the state does not see it. Parameters beyond the
 * table's are its extension.
 */
void world_event(struct world *w, unsigned type, int64_t tid, const struct given *params, size_t n);
/* The state applies it, too; what it ends is gone when the next event comes. */
void world_apply(struct world *w, unsigned type, int64_t tid, const struct given *params, size_t n);

#define EVENT_OF(w, type, tid, ...)                                                                \
	world_event((w), (type), (tid), (const struct given[]){ __VA_ARGS__ },                     \
		    sizeof((const struct given[]){ __VA_ARGS__ }) / sizeof(struct given))
#define APPLY_OF(w, type, tid, ...)                                                                \
	world_apply((w), (type), (tid), (const struct given[]){ __VA_ARGS__ },                     \
		    sizeof((const struct given[]){ __VA_ARGS__ }) / sizeof(struct given))

/* The thread 10 "cat" of process 10 with working directory /home/me/, made by an exec. */
void world_process(struct world *w);

/* The field's printed value, or "(absent)"; valid until the next call. */
const char *shown(struct world *w, const char *field);

#endif
