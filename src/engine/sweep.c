/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Threads of which no event told the end, for it was lost. Now and then the source is asked
 * whether those the state knows are still there. The end of one that is not may be under way in a
 * ring: it is taken out only when it is still known after the rings have been empty.
 */

#include "internal.h"

#include <errno.h>
#include <stdlib.h>

#define STEP    64 /* threads asked about at one time */
#define STEP_NS (NS_PER_S / 50)
#define WAIT_NS NS_PER_S /* before the second look */

/*
 * A leader that is dead is looked after by its group's others; but these may have been about to
 * end when it was listed, and not be known.
 */
static bool is_looked_after(const struct thread *t)
{
	return t->exited && t->group && t->group->alive;
}

static void collect(struct thread *t, void *arg)
{
	struct sweep *w = arg;

	if (w->n < w->room && !is_looked_after(t))
		w->asked[w->n++] = (struct asked){ t->tid, t->clone_ts };
}

static void begin(struct sweep *w, const struct state *s)
{
	struct state_stats known;

	state_stats(s, &known);
	w->room = known.threads;
	w->asked = calloc(w->room + 1, sizeof(*w->asked));
	w->n = w->at = w->gone = 0;
	if (w->asked)
		state_thread_each(s, collect, w);
}

/* Those that are gone move to the front: the second look is at them. */
static void first_look(struct sweep *w, struct source *source, uint64_t now)
{
	for (unsigned i = 0; i < STEP && w->at < w->n; i++, w->at++)
		if (source_is_gone(source, w->asked[w->at].tid))
			w->asked[w->gone++] = w->asked[w->at];
	w->looked_at = now;
}

/* As the kernel side would have told it, as far as that can be known. */
static void end_of(struct engine *e, int64_t tid)
{
	struct sweep *w = engine_sweep(e);
	struct event_writer out;
	struct event ev;
	struct raw raw;

	buf_reset(&w->event);
	event_begin(&out, &w->event, EVENT_PROCEXIT_1_E, clock_realtime_ns(), tid,
		    PROCEXIT_1_E_REAPER_TID + 1);
	for (unsigned i = 0; i <= PROCEXIT_1_E_REAPER_TID; i++)
		event_push_empty(&out);
	if (event_end(&out) < 0)
		return;
	raw = (struct raw){ .bytes = (const uint8_t *)w->event.p,
			    .len = (uint32_t)w->event.len,
			    .flags = WIRE_SYNTHETIC };
	if (event_open(&ev, &raw) == 0)
		engine_apply(e, &ev);
}

static void second_look(struct engine *e, struct sweep *w)
{
	for (size_t i = 0; i < w->gone; i++) {
		const struct asked *a = &w->asked[i];
		const struct thread *t = state_thread(engine_state(e), a->tid);

		if (!t || is_looked_after(t) || t->clone_ts != a->clone_ts ||
		    !source_is_gone(engine_source(e), a->tid))
			continue;
		end_of(e, a->tid);
		engine_count_swept(e);
	}
	sweep_fini(w);
}

void engine_tidy(struct engine *e, bool idle)
{
	struct sweep *w = engine_sweep(e);
	const uint64_t now = clock_monotonic_ns();

	if (idle)
		w->idle_at = now;
	if (now < w->due)
		return;
	if (!w->asked) {
		begin(w, engine_state(e));
		w->due = now + (w->asked ? STEP_NS : w->every_ns);
	} else if (w->at < w->n) {
		first_look(w, engine_source(e), now);
		w->due = now + STEP_NS;
	} else if (!w->gone || (now > w->looked_at + WAIT_NS && w->idle_at > w->looked_at)) {
		second_look(e, w);
		w->due = now + w->every_ns;
	}
}

void sweep_fini(struct sweep *w)
{
	free(w->asked);
	w->asked = NULL;
	buf_fini(&w->event);
}
