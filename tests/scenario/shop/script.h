/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_SCRIPT_H
#define TESTS_SCENARIO_SCRIPT_H

#include "machine.h"

/* One scene of the recording. */
struct scene {
	const char *what;
	void (*plays)(struct world *w);
	unsigned pause_ms; /* before it */
};

/* Ordinary work. */
void a_visitor_reads_a_page(struct world *w);
void a_visitor_asks_php(struct world *w);
void cron_runs_its_hourly_jobs(struct world *w);
void the_container_works(struct world *w);
void alice_logs_in(struct world *w);
void alice_looks_around(struct world *w);
void alice_builds_a_program(struct world *w);
void alice_installs_a_package(struct world *w);
void alice_logs_out(struct world *w);

/* The intrusion, in its order. */
void a_request_reaches_the_hole(struct world *w);
void the_intruder_looks_around(struct world *w);
void the_intruder_fetches_a_tool(struct world *w);
void the_tool_calls_home(struct world *w);
void the_intruder_becomes_root(struct world *w);
void the_intruder_collects_passwords(struct world *w);
void the_intruder_settles_in(struct world *w);
void the_intruder_enters_the_container(struct world *w);
void the_intruder_cleans_up(struct world *w);

#endif
