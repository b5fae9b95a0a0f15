/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ENGINE_SUPPORT_H
#define TESTS_ENGINE_SUPPORT_H

/* Recorded machines, event by event, as rules get to see them. */

#include "field/field.h"
#include "source/source.h"

struct machine {
	struct source *source;
	struct state *state;
	struct containers *containers;
	struct arena *scratch;
	struct event ev;
	struct subject who;
	struct field_ctx ctx;
	bool begun;
};

void machine_init(struct machine *m, const char *trace);
void machine_fini(struct machine *m);
/* The next event that rules get to see; a file that is cut off ends where it is. */
bool machine_step(struct machine *m);

uint64_t count_events(const char *trace);

enum { TRACES = 64 };

/* The captures, in the order of their names, in `arena`; returns how many. */
size_t find_traces(struct arena *arena, const char **out, size_t max);

#endif
