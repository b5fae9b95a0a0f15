/* SPDX-License-Identifier: Apache-2.0 */
#include "../filter/support.h"
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

void machine_init(struct machine *m, const char *trace)
{
	struct err err;

	*m = (struct machine){ .source = source_open_scap(trace, &err) };
	if (!m->source)
		fail_msg("%s", err.text);
	m->state = state_new(NULL);
	m->containers = containers_new(m->state);
	m->scratch = arena_new();
	assert_non_null(m->containers);
}

void machine_fini(struct machine *m)
{
	source_close(m->source);
	containers_free(m->containers);
	state_free(m->state);
	arena_free(m->scratch);
}

bool machine_step(struct machine *m)
{
	struct raw raw;
	struct err err;

	for (;;) {
		if (m->begun)
			state_retire(m->state, &m->ev);
		m->begun = false;
		arena_reset(m->scratch);
		if (source_next(m->source, &raw, &err) != 1)
			return false;
		if (event_open(&m->ev, &raw) < 0)
			continue;
		m->begun = true;
		m->ev.num = raw.sequence;
		m->who = state_apply(m->state, &m->ev);
		containers_apply(m->containers, &m->ev);
		m->ctx = (struct field_ctx){ .ev = &m->ev,
					     .who = &m->who,
					     .state = m->state,
					     .containers = m->containers,
					     .scratch = m->scratch,
					     .first_ts = 1 };
		if (!(m->ev.flags & (WIRE_SYNTHETIC | WIRE_STATE_ONLY)))
			return true;
	}
}

uint64_t count_events(const char *trace)
{
	struct machine m;
	uint64_t n = 0;

	machine_init(&m, trace);
	while (machine_step(&m))
		n++;
	machine_fini(&m);
	return n;
}

size_t find_traces(struct arena *arena, const char **out, size_t max)
{
	const char *shared = getenv("BESRA_SHARED");
	struct str dir = arena_printf(arena, "%s/traces", shared ? shared : "../shared");
	struct dirent **names;
	int found = scandir(dir.p, &names, NULL, alphasort);
	size_t n = 0;

	for (int i = 0; i < found; i++) {
		if (str_ends_with(str_from(names[i]->d_name), STR(".scap")) && n < max)
			out[n++] = arena_printf(arena, "%s/%s", dir.p, names[i]->d_name).p;
		free(names[i]);
	}
	if (found >= 0)
		free(names);
	if (n == 0) {
		print_message("  SKIP: no captures under %s; only the repository's own\n", dir.p);
		out[n++] = "traces/intrusion.scap";
	}
	return n;
}
