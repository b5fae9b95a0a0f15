/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "regress/explain.h"
#include "regress/profile.h"

/* `besra explain` and `besra profile`: rules against a trace, seen from the rules. */

enum { OPTION_RULE = 256, OPTION_EVENT, OPTION_JSON, OPTION_LIMIT, OPTION_SAVE };

struct tool {
	struct arena *arena;
	const char *name;
	const char *trace, *rule, *save;
	uint64_t event, limit;
	bool json, help;
	VEC(const char *) options, paths;
};

struct tool_option {
	struct option getopt;
	const char *argument;
	const char *help;
};

static const struct tool_option common[] = {
	{ { NULL, required_argument, NULL, 'r' }, "PATH", "rules file or directory of them" },
	{ { NULL, required_argument, NULL, 'e' }, "TRACE", "trace; - is standard input" },
	{ { "option", required_argument, NULL, 'o' }, "K=V", "a configuration key" },
	{ { "json", no_argument, NULL, OPTION_JSON }, "", "print JSON" },
	{ { "help", no_argument, NULL, 'h' }, "", "print this page" },
	{ { 0 }, NULL, NULL },
};

static const struct tool_option of_explain[] = {
	{ { "rule", required_argument, NULL, OPTION_RULE }, "NAME", "only this rule" },
	{ { "event", required_argument, NULL, OPTION_EVENT },
	  "N",
	  "the event with this evt.num; without it, what came closest" },
	{ { 0 }, NULL, NULL },
};

static const struct tool_option of_profile[] = {
	{ { "limit", required_argument, NULL, OPTION_LIMIT },
	  "N",
	  "print the N costliest rules and parts; 0, all, is the default" },
	{ { "save", required_argument, NULL, OPTION_SAVE },
	  "FILE",
	  "write all of it as JSON, for the option measured_order" },
	{ { 0 }, NULL, NULL },
};

#define OPTIONS_MAX (ARRAY_SIZE(common) + ARRAY_SIZE(of_explain))

static int usage(const struct tool *t, const struct tool_option *own, const char *what)
{
	const struct tool_option *tables[] = { common, own };
	struct buf out = { 0 };

	buf_printf(&out, "Usage: besra %s -r RULES -e TRACE [options]\n\n%s\n\n", t->name, what);
	for (size_t k = 0; k < ARRAY_SIZE(tables); k++)
		for (const struct tool_option *o = tables[k]; o->help; o++) {
			char word[32] = "";

			if (o->getopt.val < 256)
				buf_printf(&out, "  -%c%c ", o->getopt.val,
					   o->getopt.name ? ',' : ' ');
			else
				buf_str(&out, STR("      "));
			if (o->getopt.name)
				snprintf(word, sizeof(word), "--%s", o->getopt.name);
			buf_printf(&out, "%-9s %-6s %s\n", word, o->argument, o->help);
		}
	return finish_with(&out);
}

static bool take_number(const struct tool *t, const char *name, uint64_t least, uint64_t *out)
{
	uint64_t n;

	if (!str_to_u64(str_from(optarg), &n) || n < least) {
		complain("%s: --%s takes a number%s, not '%s'", t->name, name,
			 least ? " from 1 on" : "", optarg);
		return false;
	}
	*out = n;
	return true;
}

static bool take_option(struct tool *t, int option, char **argv)
{
	switch (option) {
	case 'r':
		VEC_PUSH(t->arena, &t->paths, optarg);
		return true;
	case 'e':
		t->trace = optarg;
		return true;
	case 'o':
		VEC_PUSH(t->arena, &t->options, optarg);
		return true;
	case 'h':
		t->help = true;
		return true;
	case OPTION_JSON:
		t->json = true;
		return true;
	case OPTION_RULE:
		t->rule = optarg;
		return true;
	case OPTION_EVENT:
		return take_number(t, "event", 1, &t->event);
	case OPTION_LIMIT:
		return take_number(t, "limit", 0, &t->limit);
	case OPTION_SAVE:
		t->save = optarg;
		return true;
	case ':':
		complain("option '%s' needs a value", argv[optind - 1]);
		return false;
	default:
		complain("unknown option '%s'; besra %s --help lists them", argv[optind - 1],
			 t->name);
		return false;
	}
}

static bool parse_arguments(struct tool *t, const struct tool_option *own, int argc, char **argv)
{
	struct option table[OPTIONS_MAX] = { 0 };
	size_t n = 0;
	int option;

	for (const struct tool_option *o = common; o->help; o++)
		if (o->getopt.name)
			table[n++] = o->getopt;
	for (const struct tool_option *o = own; o->help; o++)
		table[n++] = o->getopt;
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":hr:e:o:", table, NULL)) != -1)
		if (!take_option(t, option, argv))
			return false;
	if (t->help)
		return true;
	if (optind < argc) {
		complain("unexpected argument '%s'", argv[optind]);
		return false;
	}
	if (!t->paths.n)
		complain("name rules with -r");
	else if (!t->trace)
		complain("name a trace with -e; - is standard input");
	return t->paths.n && t->trace;
}

/* Runs the trace past `watch`, without rules of the engine's own. */
struct watcher {
	void (*watch)(const struct field_ctx *ctx, void *arg);
	bool (*done)(void *arg); /* NULL: at the end of the trace */
	void *arg;
};

/* A damaged end does not take away what was seen before it: it is told, and fails. */
static int run_trace(const struct tool *t, const struct setup *s, const struct watcher *w)
{
	struct engine_parts parts = {
		.watch = w->watch,
		.watch_arg = w->arg,
		.statics = s->rules.statics,
		.limits = setup_limits(&s->config, false),
	};
	struct engine *engine = NULL;
	struct err err = { 0 };
	int n = -1;

	parts.source = source_open_scap(t->trace, &err);
	if (parts.source)
		engine = engine_new(&parts, &err);
	if (engine)
		do
			n = engine_step(engine, &err);
		while (n > 0 && go_on() && !(w->done && w->done(w->arg)));
	if (n < 0)
		complain("%s", err.text);
	engine_free(engine);
	source_close(parts.source);
	return n < 0 ? EXIT_FAILED : EXIT_OK;
}

/* What either tool does once rules are loaded. */
typedef int (*tool_run)(const struct tool *t, const struct setup *s, struct ruleset *rules);

static int run_tool(struct tool *t, tool_run run)
{
	struct setup setup = { .arena = t->arena };
	struct ruleset *rules;
	int status;

	if (!setup_for_tool(&setup, t->options.items, t->options.n, t->paths.items, t->paths.n))
		return EXIT_FAILED;
	t->json |= setup.config.json_output;
	rules = load_quietly(&setup);
	if (!rules)
		return EXIT_FAILED;
	catch_signals();
	status = run(t, &setup, rules);
	ruleset_free(rules);
	return status;
}

/* ---- explain ------------------------------------------------------------------------------ */

static bool is_explained(void *arg)
{
	return explainer_done(arg);
}

struct rule_walk {
	const struct ruleset *rules;
	size_t at;
};

static bool next_rule(void *arg, struct str *out)
{
	struct rule_walk *w = arg;

	if (w->at == w->rules->nrules)
		return false;
	*out = w->rules->rules[w->at++].name;
	return true;
}

static bool check_rule(const struct tool *t, const struct ruleset *rules)
{
	struct rule_walk walk = { .rules = rules };
	struct str near;

	for (size_t i = 0; i < rules->nrules; i++)
		if (str_eq(rules->rules[i].name, str_from(t->rule)))
			return true;
	near = diag_nearest(str_from(t->rule), next_rule, &walk);
	if (near.len)
		complain("there is no rule '%s'; did you mean '%.*s'?", t->rule, STR_ARG(near));
	else
		complain("there is no rule '%s'", t->rule);
	return false;
}

static int explain(const struct tool *t, const struct setup *s, struct ruleset *rules)
{
	const struct explain_options options = {
		.rules = rules,
		.statics = &s->rules.statics,
		.rule = str_from(t->rule),
		.event = t->event,
		.json = t->json,
	};
	struct watcher w = { explainer_watch, is_explained, NULL };
	struct buf out = { 0 };
	struct explainer *e;
	int status, printed;

	if (t->rule && !check_rule(t, rules))
		return EXIT_FAILED;
	e = explainer_new(t->arena, &options);
	if (!e) {
		complain("no rule takes part: it is disabled, skipped or of another source");
		return EXIT_FAILED;
	}
	w.arg = e;
	status = run_trace(t, s, &w);
	if (!explainer_result(e, &out)) {
		if (status == EXIT_OK)
			complain("%s: there is no event %llu that rules look at", t->trace,
				 (unsigned long long)t->event);
		status = EXIT_FAILED;
	}
	printed = finish_with(&out);
	explainer_free(e);
	return status == EXIT_OK ? printed : status;
}

int command_explain(int argc, char **argv)
{
	struct tool t = { .arena = arena_new(), .name = "explain" };
	int status = EXIT_FAILED;

	if (parse_arguments(&t, of_explain, argc, argv))
		status = t.help ? usage(&t, of_explain,
					"Says why rules did or did not match an event: every part "
					"of the condition with its\nverdict and the values it saw. "
					"Without --event, which events came closest, and which\n"
					"parts failed how often.")
				: run_tool(&t, explain);
	arena_free(t.arena);
	return status;
}

/* ---- profile ------------------------------------------------------------------------------ */

static bool save_profile(const struct profile *p, const char *path)
{
	struct buf out = { 0 };
	FILE *f = fopen(path, "w");
	bool good = f != NULL;

	profile_result(p, &out, true, 0);
	good = good && !out.cut && fwrite(out.p, 1, out.len, f) == out.len;
	if (f)
		good &= fclose(f) == 0;
	if (!good)
		complain("%s: %s", path, strerror(errno));
	buf_fini(&out);
	return good;
}

static int profile(const struct tool *t, const struct setup *s, struct ruleset *rules)
{
	struct profile *p = profile_new(t->arena, rules, &s->rules);
	struct watcher w = { profile_watch, NULL, p };
	struct buf out = { 0 };
	int status = run_trace(t, s, &w), printed;

	if (t->save && !save_profile(p, t->save))
		status = EXIT_FAILED;
	profile_result(p, &out, t->json, (size_t)t->limit);
	printed = finish_with(&out);
	profile_free(p);
	return status == EXIT_OK ? printed : status;
}

int command_profile(int argc, char **argv)
{
	struct tool t = { .arena = arena_new(), .name = "profile" };
	int status = EXIT_FAILED;

	if (parse_arguments(&t, of_profile, argc, argv))
		status =
			t.help ? usage(&t, of_profile,
				       "Counts and times rules and their parts, each by itself and "
				       "in the author's order. The\nprograms that make alerts "
				       "share parts between rules and are faster.")
			       : run_tool(&t, profile);
	arena_free(t.arena);
	return status;
}
