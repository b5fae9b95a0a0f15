/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each part of the programs is worth: parts RULES.yaml TRACE.scap [ROUNDS [PART [PROFILE]]]
 *
 * The trace is gone through with the rules left out, with everything, and with one part left out
 * at a time, ROUNDS times in turn; the least time of each counts. Of the rules it is the time
 * within programs_run for events that some rule is about, without what reading the clock takes
 * and without steps that take so long that somebody else was running. A line of the result:
 * "NAME<tab>NS", ns per event. The last lines say what loading and compiling the rules takes, and
 * what is remembered. With PART, a number of enum program_part's bit, only that one is left out,
 * and ns are per event that some rule is about. With PROFILE, which `besra profile` saved, tests
 * are asked in the measured order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "container/container.h"
#include "rule/rule.h"
#include "source/source.h"

enum { STATE_ALONE, EVERYTHING, FIRST_PART, WAYS = FIRST_PART + PROGRAM_PARTS };

#define INTERRUPTED_NS 100000

struct pass {
	uint64_t runs;             /* events that some rule is about */
	uint64_t ns, events, hits; /* ns: of the rules, or of all when there are none */
	struct program_stats stats;
};

static _Noreturn void die(const char *text)
{
	fprintf(stderr, "%s\n", text);
	exit(1);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* What reading the clock takes: the least of many tries. */
static uint64_t clock_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 10000; i++) {
		uint64_t start = clock_monotonic_ns(), ns = clock_monotonic_ns() - start;

		if (ns < least)
			least = ns;
	}
	return least;
}

static void timed_run(struct programs *p, const struct field_ctx *ctx, struct matches *hits,
		      struct pass *out)
{
	uint64_t start, ns;

	if (!programs_want(p, ctx->ev->type))
		return;
	out->runs++;
	start = clock_monotonic_ns();
	programs_run(p, ctx, hits);
	ns = clock_monotonic_ns() - start;
	if (ns < INTERRUPTED_NS)
		out->ns += ns;
}

static void go(struct source *s, struct programs *p, struct pass *out)
{
	struct state *state = state_new(NULL);
	struct containers *containers = state ? containers_new(state) : NULL;
	struct arena *scratch = arena_new();
	struct field_history history = { 0 };
	struct raw raw;
	struct err err;
	int n;

	if (!containers)
		die("out of memory");
	while ((n = source_next(s, &raw, &err)) == 1) {
		struct matches hits = { 0 };
		struct subject who;
		struct event ev;

		if (event_open(&ev, &raw) < 0)
			continue;
		ev.num = raw.sequence;
		who = state_apply(state, &ev);
		containers_apply(containers, &ev);
		if (p && !(ev.flags & (WIRE_SYNTHETIC | WIRE_STATE_ONLY))) {
			const struct field_ctx ctx = { .ev = &ev,
						       .who = &who,
						       .state = state,
						       .containers = containers,
						       .scratch = scratch,
						       .history = &history };

			timed_run(p, &ctx, &hits, out);
			arena_reset(scratch);
		}
		out->events++;
		out->hits += hits.n;
		state_retire(state, &ev);
	}
	if (n < 0)
		die(err.text);
	containers_free(containers);
	state_free(state);
	arena_free(scratch);
}

static struct pass measure(const struct ruleset *rules, const char *trace, int way)
{
	struct program_rule *list = calloc(rules->norder + 1, sizeof(*list));
	struct program_options options = { .mode = MATCH_FIRST };
	struct arena *arena = arena_new();
	struct programs *p = NULL;
	struct pass pass = { 0 };
	struct source *s;
	struct err err;
	uint64_t start;

	if (!list)
		die("out of memory");
	for (size_t i = 0; i < rules->norder; i++) {
		const struct rule *r = &rules->rules[rules->order[i]];

		list[i] = (struct program_rule){ r->expr, r->types };
	}
	if (way >= FIRST_PART)
		options.without = 1u << (way - FIRST_PART);
	if (way != STATE_ALONE)
		p = programs_compile_with(arena, rules->pool, list, rules->norder, &options);
	s = source_open_scap(trace, &err);
	if (!s)
		die(err.text);
	start = cpu_ns();
	go(s, p, &pass);
	if (p) {
		const uint64_t clock = pass.runs * clock_cost();

		program_stats(p, &pass.stats);
		pass.ns = pass.ns > clock ? pass.ns - clock : 0;
	} else {
		pass.ns = cpu_ns() - start;
	}
	programs_free(p);
	source_close(s);
	arena_free(arena);
	free(list);
	return pass;
}

/* Until the program ends, as its only profile. */
static void read_profile(const char *file, struct measures *out)
{
	struct diags d = { .arena = arena_new() };

	if (!measures_read(d.arena, file, &d, out))
		die("the profile cannot be used");
}

static struct ruleset *load(const char *file, const struct measures *measures, uint64_t *least)
{
	const struct rule_options options = { .threshold = PRIORITY_DEBUG, .measures = measures };
	struct ruleset *rules = NULL;

	for (int i = 0; i < 10; i++) {
		uint64_t ns = cpu_ns();

		ruleset_free(rules);
		rules = ruleset_load(&file, 1, &options);
		ns = cpu_ns() - ns;
		if (!rules->ok)
			die("the rules do not load");
		if (ns < *least)
			*least = ns;
	}
	return rules;
}

static void print_way(const struct pass *best, int way, bool of_runs)
{
	const double ns =
		(double)best[way].ns / (double)(of_runs ? best[way].runs : best[way].events);

	if (way >= FIRST_PART)
		printf("without %s\t%.1f\n",
		       program_part_name((enum program_part)(1u << (way - FIRST_PART))), ns);
	else
		printf("%s\t%.1f\n", way == STATE_ALONE ? "reading and state" : "rules", ns);
}

static void print_rest(const struct pass *all, const struct ruleset *rules, uint64_t load_ns)
{
	printf("loading and compiling, ms\t%.2f\n", (double)load_ns / 1e6);
	printf("rules in force\t%zu\nmatches\t%" PRIu64 "\n", rules->norder, all->hits);
	printf("events that rules are about, %%\t%.1f\n",
	       100 * (double)all->runs / (double)all->events);
	printf("answers remembered of threads\t%" PRIu64 "\nmemory for them, KiB\t%zu\n",
	       all->stats.recalled, all->stats.bytes / 1024);
}

int main(int argc, char **argv)
{
	struct pass best[WAYS];
	uint64_t load_ns = UINT64_MAX;
	struct measures measures = { 0 };
	struct ruleset *rules;
	int rounds, only;

	if (argc < 3)
		die("usage: parts RULES.yaml TRACE.scap [ROUNDS [PART [PROFILE]]]");
	rounds = argc > 3 ? atoi(argv[3]) : 3;
	only = argc > 4 ? FIRST_PART + atoi(argv[4]) : 0;
	if (argc > 5)
		read_profile(argv[5], &measures);
	rules = load(argv[1], argc > 5 ? &measures : NULL, &load_ns);
	for (int round = 0; round < rounds; round++)
		for (int way = 0; way < WAYS; way++) {
			struct pass pass;

			if (only && way != EVERYTHING && way != only)
				continue;
			pass = measure(rules, argv[2], way);
			if (round == 0 || pass.ns < best[way].ns)
				best[way] = pass;
			if (way > EVERYTHING && pass.hits != best[EVERYTHING].hits)
				die("leaving a part out changes what matches");
		}
	for (int way = 0; way < WAYS; way++)
		if (!only || way == EVERYTHING || way == only)
			print_way(best, way, only);
	print_rest(&best[EVERYTHING], rules, load_ns);
	ruleset_free(rules);
	return 0;
}
