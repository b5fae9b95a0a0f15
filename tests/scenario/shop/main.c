/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the demonstration trace: scenario OUT.scap */
#include "script.h"

/* 2025-03-10 09:14:07 UTC */
#define BEGINS   UINT64_C(1741598047000000000)
#define LAST_PID 4711

static const struct scene scenes[] = {
	{ "a visitor reads a page", a_visitor_reads_a_page, 0 },
	{ "a visitor puts something in the cart", a_visitor_asks_php, 30 },
	{ "the shop's store answers", the_container_works, 1 },
	{ "alice logs in", alice_logs_in, 700 },
	{ "alice looks around", alice_looks_around, 900 },
	{ "a visitor reads a page", a_visitor_reads_a_page, 300 },
	{ "alice builds a program", alice_builds_a_program, 5000 },
	{ "cron runs its hourly jobs", cron_runs_its_hourly_jobs, 2000 },
	{ "a request reaches the hole", a_request_reaches_the_hole, 800 },
	{ "the intruder looks around", the_intruder_looks_around, 20 },
	{ "a visitor reads a page", a_visitor_reads_a_page, 400 },
	{ "alice installs a package", alice_installs_a_package, 2000 },
	{ "the intruder fetches a tool", the_intruder_fetches_a_tool, 3000 },
	{ "the tool calls home", the_tool_calls_home, 300 },
	{ "a visitor puts something in the cart", a_visitor_asks_php, 600 },
	{ "the shop's store answers", the_container_works, 1 },
	{ "the intruder becomes root", the_intruder_becomes_root, 4000 },
	{ "the intruder collects passwords", the_intruder_collects_passwords, 1500 },
	{ "the intruder settles in", the_intruder_settles_in, 2500 },
	{ "the intruder enters the container", the_intruder_enters_the_container, 6000 },
	{ "a visitor reads a page", a_visitor_reads_a_page, 200 },
	{ "alice logs out", alice_logs_out, 900 },
	{ "the intruder cleans up", the_intruder_cleans_up, 1000 },
};

int main(int argc, char **argv)
{
	static struct world world;

	if (argc != 2)
		die("usage: %s OUT.scap", argv[0]);
	world_begin(&world, argv[1], BEGINS, LAST_PID);
	machine_lists(&world);
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		pause_ms(&world, scenes[i].pause_ms);
		scenes[i].plays(&world);
	}
	world_end(&world);
	return 0;
}
