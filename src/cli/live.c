/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "engine/needs.h"

/* ---- What the kernel offers ------------------------------------------------------------------ */

static void print_feature(struct buf *out, const struct live_feature *f)
{
	const char *found = f->found > 0 ? "yes" : f->found == 0 ? "no" : "unknown";

	buf_printf(out, "%-8s %-32s %s\n", found, f->name, f->needed_for);
	if (f->found <= 0 && f->why[0])
		buf_printf(out, "         (%s)\n", f->why);
	if (f->found == 0)
		buf_printf(out, "         %s\n", f->remedy);
}

int check_kernel(void)
{
	struct live_feature f[32];
	size_t n = live_features(f, ARRAY_SIZE(f));
	struct buf out = { 0 };
	bool missing = false;

	for (size_t i = 0; i < n; i++) {
		print_feature(&out, &f[i]);
		missing = missing || (f[i].required && f[i].found <= 0);
	}
	buf_str(&out, STR("\n"));
	for (size_t i = 0; i < n && !missing; i++)
		if (f[i].found <= 0)
			buf_printf(&out, "Not to be had: %s.\n", f[i].needed_for);
	buf_str(&out,
		missing ? STR("Live capture does not work here: something it needs is missing.\n")
			: STR("Live capture works here.\n"));
	return finish_with(&out) == EXIT_OK && !missing ? EXIT_OK : EXIT_FAILED;
}

/* ---- A live run ----------------------------------------------------------------------------- */

#define LOOK_EVERY    256               /* events between looks at the clock and the outputs */
#define ACTIVE_NAP_NS (NS_PER_S / 2000) /* between looks while events are coming */
#define IDLE_SLEEP_NS (NS_PER_S / 10)   /* at most this long without a look at signals */
#define NAPS          4                 /* empty looks before the agent really sleeps */
#define DRAIN_NS      (2 * NS_PER_S)    /* for what is in the rings at the end, at most */
#define LINGER_NS     (NS_PER_S / 20)   /* for the last events of a command that ended */

struct live_run {
	struct run run;
	struct scope scope;
	struct child child;
	struct needs needs; /* what the kernel side was asked for */
	struct arena *pushed_arena;
	const struct live_predicates
		*pushed; /* NULL: the kernel side sends all that was asked for */
	struct losses *losses;
	struct arena *rules_arena; /* what the rules in force were loaded by; NULL: the setup's */
	unsigned empty;            /* looks that found nothing, in a row */
};

/* Nothing is there now: wait a moment, or sleep until the kernel side wakes us. */
static void rest(struct live_run *r)
{
	struct timespec nap = { .tv_nsec = ACTIVE_NAP_NS };

	/* What was there before is known now: the command may begin. */
	if (r->child.go >= 0)
		child_go(&r->child);
	if (r->child.pid > 0 && r->run.end_ns == UINT64_MAX && child_has_ended(&r->child))
		r->run.end_ns = clock_monotonic_ns() + LINGER_NS;
	if (r->empty++ < NAPS || r->child.ended)
		nanosleep(&nap, NULL);
	else
		live_wait(r->run.source, IDLE_SLEEP_NS);
}

/* What the rules and base_syscalls ask for; false after a complaint. */
static bool needs_configured(const struct setup *s, const struct ruleset *rules, struct needs *out)
{
	const struct config *c = &s->config;
	struct str unknown;

	if (needs_adds(c->syscalls_custom.items, c->syscalls_custom.n))
		needs_of_rules_alone(rules, out);
	else
		needs_of_rules(rules, out);
	if (c->syscalls_all) {
		struct needs all;

		needs_all(&all);
		needs_merge(out, &all);
	}
	if (!needs_adjust(out, c->syscalls_custom.items, c->syscalls_custom.n, &unknown)) {
		complain("base_syscalls.custom_set: there is no system call '%.*s'",
			 STR_ARG(unknown));
		return false;
	}
	if (c->syscalls_repair)
		needs_repair(out);
	if (c->drop_failed_exit)
		needs_drop_failed(out);
	return true;
}

/*
 * What need not be sent of it, in an arena of its own; NULL when everything is to be sent. Says in
 * `n` which calls that is of, so it comes before the programs are loaded.
 */
static const struct live_predicates *push_down(const struct setup *s, const struct ruleset *rules,
					       struct needs *n, struct arena **arena)
{
	*arena = NULL;
	if (s->config.syscalls_all || flag_given(s->flags, FLAG_NO_PUSHDOWN))
		return NULL;
	*arena = arena_new();
	return needs_push_down(rules, n, *arena);
}

static bool put_in_force(struct live_run *r, struct err *err)
{
	return !r->pushed || live_push_down(r->run.source, r->needs.syscall, r->pushed, err) == 0;
}

#define RING_BYTES_LEAST (UINT32_C(1) << 20)

static bool open_source(struct live_run *r)
{
	const struct config *c = &r->run.setup->config;
	struct live_options options = {
		.snaplen = (uint32_t)c->snaplen,
		.state_ring_bytes = RING_BYTES_LEAST << (c->buf_size_preset - 1),
		.bulk_ring_bytes = RING_BYTES_LEAST << (c->buf_size_preset - 1),
		.scope = r->scope.kind,
		.cgroup = r->scope.cgroup,
		.no_iterators = c->disable_iterators,
		.by_functions = str_eq(c->attach_to, STR("functions")),
	};
	struct err err = { 0 };
	bool ok;

	if (!needs_configured(r->run.setup, r->run.rules, &r->needs))
		return false;
	r->pushed = push_down(r->run.setup, r->run.rules, &r->needs, &r->pushed_arena);
	options.want = r->needs.syscall;
	r->run.source = source_open_live(&options, &err);
	ok = r->run.source &&
	     live_want(r->run.source, r->needs.syscall, r->needs.signals, &err) == 0 &&
	     put_in_force(r, &err);
	if (ok && r->scope.kind == WIRE_SCOPE_TASKS)
		ok = live_scope_pid(r->run.source, r->scope.pid, &err) == 0;
	if (ok)
		print_unseen(r->run.source);
	else
		complain("%s", err.text);
	return ok;
}

/* ---- Reload --------------------------------------------------------------------------------- */

static volatile sig_atomic_t reload_asked;

static void ask_to_reload(int number)
{
	(void)number;
	reload_asked = 1;
}

/* The configuration as it is, its files looked for anew, in an arena of its own. */
static struct ruleset *load_again(const struct live_run *r, struct setup *again)
{
	*again = *r->run.setup;
	again->arena = arena_new();
	again->rule_paths = NULL;
	again->nrule_paths = 0;
	return setup_rule_set(again) ? load_rule_set(again) : NULL;
}

/*
 * New rules without a gap: the kernel side is widened first (no predicate is in force then), what
 * was not followed before is listed, the rule set swapped between two events, then the kernel side
 * narrowed. Rules that cannot be loaded leave everything as it was.
 */
static void reload(struct live_run *r)
{
	struct setup again;
	struct ruleset *rules = load_again(r, &again);
	const struct live_predicates *pushed;
	struct arena *arena;
	struct needs next, wide;
	struct err err = { 0 };

	reload_asked = 0;
	if (!rules || !needs_configured(&again, rules, &next)) {
		complain("the rules in force stay: the new ones cannot be used");
		ruleset_free(rules);
		arena_free(again.arena);
		return;
	}
	pushed = push_down(&again, rules, &next, &arena);
	wide = r->needs;
	needs_merge(&wide, &next);
	if (live_want(r->run.source, wide.syscall, wide.signals, &err) < 0) {
		complain("the rules in force stay: %s", err.text);
		ruleset_free(rules);
		arena_free(again.arena);
		arena_free(arena);
		return;
	}
	if (needs_more_state(&r->needs, &next))
		live_list_again(r->run.source);
	ruleset_free(engine_swap(r->run.engine, rules));
	r->run.rules = rules;
	r->needs = next;
	r->pushed = pushed;
	arena_free(r->pushed_arena);
	r->pushed_arena = arena;
	arena_free(r->rules_arena);
	r->rules_arena = again.arena;
	if (live_want(r->run.source, next.syscall, next.signals, &err) < 0 ||
	    !put_in_force(r, &err))
		complain("%s", err.text);
	complain("%zu rules loaded", rules->nrules);
}

/* ---- The run -------------------------------------------------------------------------------- */

/* What was captured before the end was asked for is checked, and then no more. */
static int drain(struct live_run *r)
{
	static const uint8_t nothing[WIRE_SYSCALLS_MAX];
	const uint64_t end_ns = clock_monotonic_ns() + DRAIN_NS;
	const struct timespec nap = { .tv_nsec = ACTIVE_NAP_NS };
	struct err err = { 0 };
	int n, empty = 0;

	live_want(r->run.source, nothing, false, &err);
	while (empty < NAPS && clock_monotonic_ns() < end_ns && !outputs_broken(r->run.outputs)) {
		n = engine_step(r->run.engine, &err);
		if (n < 0 && n != -EAGAIN) {
			complain("%s", err.text);
			return EXIT_FAILED;
		}
		empty = n == -EAGAIN ? empty + 1 : 0;
		if (n == -EAGAIN)
			nanosleep(&nap, NULL);
	}
	return EXIT_OK;
}

static int run_events(struct live_run *r)
{
	struct err err = { 0 };

	for (uint64_t i = 1; go_on(); i++) {
		int n;

		if (reload_asked)
			reload(r);
		n = engine_step(r->run.engine, &err);
		if (n == -EAGAIN)
			rest(r);
		else
			r->empty = 0;
		if (n < 0 && n != -EAGAIN) {
			complain("%s", err.text);
			return EXIT_FAILED;
		}
		if (n != -EAGAIN && i % LOOK_EVERY)
			continue;
		engine_tidy(r->run.engine, n == -EAGAIN);
		if (!act_on_losses(r->losses, r->run.engine, r->run.source, r->run.outputs))
			return EXIT_FAILED;
		if (run_is_over(&r->run))
			break;
	}
	return drain(r);
}

static struct losses *losses_configured(const struct setup *s)
{
	struct diags d = { .arena = s->arena };
	struct losses *l = losses_new(&s->config, &d);

	print_diags(&d, true);
	if (!l && !d.errors)
		complain("count losses: out of memory");
	return l;
}

int run_live(const struct setup *s)
{
	struct live_run r = { .run = { .setup = s }, .child = { .pid = -1, .go = -1 } };
	int status = EXIT_FAILED;

	if (!run_take_duration(&r.run) ||
	    !scope_parse(s->arena, flag_value(s->flags, FLAG_SCOPE), &r.scope))
		return EXIT_FAILED;
	if (s->flags->command && r.scope.kind != WIRE_SCOPE_ALL) {
		complain("--scope and a command do not go together: the command is the scope");
		return EXIT_FAILED;
	}
	r.losses = losses_configured(s);
	r.run.rules = r.losses ? load_rule_set(s) : NULL;
	if (!r.run.rules) {
		losses_free(r.losses);
		return EXIT_FAILED;
	}
	if (s->flags->command && child_prepare(&r.child, s->flags->command))
		r.scope = (struct scope){ .kind = WIRE_SCOPE_TASKS, .pid = r.child.pid };
	catch_signals();
	signal(SIGHUP, ask_to_reload);
	if ((!s->flags->command || r.child.pid > 0) && open_source(&r) &&
	    run_start(&r.run, false)) {
		status = run_finish(&r.run, run_events(&r));
		print_losses(r.run.source, r.run.rules);
		if (flag_given(s->flags, FLAG_VERBOSE))
			print_repairs(r.run.source, engine_stats(r.run.engine));
		if (flag_given(s->flags, FLAG_VERBOSE))
			print_saved(r.run.source);
	}
	if (status == EXIT_OK)
		status = child_exit_status(&r.child);
	child_abandon(&r.child);
	run_close(&r.run);
	losses_free(r.losses);
	arena_free(r.pushed_arena);
	arena_free(r.rules_arena);
	return status;
}
