/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <getopt.h>
#include <stdlib.h>

#include "regress/lint.h"

/* `besra lint`: what in rules files is legal but wrong. */

/* Beyond the usual two, so that a CI job can tell findings from rules that do not load. */
#define EXIT_FINDINGS 1
#define EXIT_UNUSABLE 2

enum { OPTION_FORMAT = 256, OPTION_LIST, OPTION_ZERO };

static const struct option long_options[] = {
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "list", no_argument, NULL, OPTION_LIST },
	{ "exit-zero", no_argument, NULL, OPTION_ZERO },
	{ "option", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

enum form { FORM_TEXT, FORM_JSON, FORM_SARIF };

static const char *const forms[] = {
	[FORM_TEXT] = "text",
	[FORM_JSON] = "json",
	[FORM_SARIF] = "sarif",
};

struct lint_run {
	struct arena *arena;
	enum form form;
	bool help, list, zero;
	VEC(const char *) options, paths;
};

static int usage(void)
{
	struct buf out = { 0 };

	buf_str(&out,
		STR("Usage: besra lint [options] RULES...\n\n"
		    "Finds what is legal but wrong in rules files or directories of them, which are\n"
		    "loaded in the order given.\n\n"
		    "  --format FORMAT    text (default), json or sarif\n"
		    "  --exit-zero        exit with 0 whatever is found\n"
		    "  --list             print all codes with what they mean\n"
		    "  -o, --option K=V   a configuration key: rule_matching=all, json_output=true\n"
		    "  -h, --help         print this page\n\n"
		    "Exit status: 0 nothing but notes was found, 1 there are warnings, 2 the rules\n"
		    "do not load or the command line is wrong.\n"));
	return finish_with(&out);
}

static bool take_format(struct lint_run *r, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (strcmp(forms[i], text) == 0) {
			r->form = (enum form)i;
			return true;
		}
	complain("--format is text, json or sarif, not '%s'", text);
	return false;
}

static bool take_option(struct lint_run *r, int option, char **argv)
{
	switch (option) {
	case OPTION_FORMAT:
		return take_format(r, optarg);
	case OPTION_LIST:
		r->list = true;
		return true;
	case OPTION_ZERO:
		r->zero = true;
		return true;
	case 'o':
		VEC_PUSH(r->arena, &r->options, optarg);
		return true;
	case 'h':
		r->help = true;
		return true;
	case ':':
		complain("option '%s' needs a value", argv[optind - 1]);
		return false;
	default:
		complain("unknown option '%s'; besra lint --help lists them", argv[optind - 1]);
		return false;
	}
}

static bool parse_arguments(struct lint_run *r, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":ho:", long_options, NULL)) != -1)
		if (!take_option(r, option, argv))
			return false;
	for (; optind < argc; optind++)
		VEC_PUSH(r->arena, &r->paths, argv[optind]);
	if (r->help || r->list || r->paths.n)
		return true;
	complain("name a rules file, or a directory of them");
	return false;
}

static void print_report(struct lint_run *r, const struct lint_report *report, struct buf *out)
{
	switch (r->form) {
	case FORM_TEXT:
		lint_print(out, report);
		break;
	case FORM_JSON:
		lint_json(out, report);
		break;
	case FORM_SARIF:
		lint_sarif(out, report);
		break;
	}
}

static int check(struct lint_run *r)
{
	struct setup setup = { .arena = r->arena };
	struct lint_report *report;
	struct ruleset *rules;
	struct buf out = { 0 };
	int status;

	if (!setup_for_tool(&setup, r->options.items, r->options.n, r->paths.items, r->paths.n))
		return EXIT_UNUSABLE;
	if (setup.config.json_output && r->form == FORM_TEXT)
		r->form = FORM_JSON;
	rules = load_quietly(&setup);
	if (!rules)
		return EXIT_UNUSABLE;
	report = lint(r->arena, rules, &setup.rules);
	print_report(r, report, &out);
	status = finish_with(&out);
	ruleset_free(rules);
	if (status != EXIT_OK)
		return EXIT_UNUSABLE;
	return report->warnings && !r->zero ? EXIT_FINDINGS : EXIT_OK;
}

int command_lint(int argc, char **argv)
{
	struct lint_run r = { .arena = arena_new() };
	int status = EXIT_UNUSABLE;

	if (parse_arguments(&r, argc, argv)) {
		if (r.help) {
			status = usage();
		} else if (r.list) {
			struct buf out = { 0 };

			lint_codes(&out);
			status = finish_with(&out);
		} else {
			status = check(&r);
		}
	}
	arena_free(r.arena);
	return status;
}
