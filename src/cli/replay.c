/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define LOOK_EVERY 256 /* events between looks at the clock and at broken outputs */

/* All events; a damaged end is told after everything before it has been shown. */
static int run_events(struct run *r)
{
	struct err err = { 0 };
	int n = 1;

	for (uint64_t i = 1; n > 0 && go_on(); i++) {
		n = engine_step(r->engine, &err);
		if (i % LOOK_EVERY == 0 && run_is_over(r))
			break;
	}
	if (n < 0 && go_on())
		complain("%s", err.text);
	return n < 0 && go_on() ? EXIT_FAILED : EXIT_OK;
}

static bool open_trace(struct run *r)
{
	const struct setup *s = r->setup;
	struct err err = { 0 };

	r->source = source_open_scap(arena_str(s->arena, s->config.capture_file).p, &err);
	if (!r->source)
		complain("%s", err.text);
	return r->source;
}

int replay(const struct setup *s)
{
	struct run r = { .setup = s };
	int status = EXIT_FAILED;

	if (!run_take_duration(&r))
		return EXIT_FAILED;
	r.rules = load_rule_set(s);
	if (!r.rules)
		return EXIT_FAILED;
	catch_signals();
	if (open_trace(&r) && run_start(&r, true))
		status = run_finish(&r, run_events(&r));
	run_close(&r);
	return status;
}
