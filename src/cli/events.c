/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

/* `besra events`: the events of a trace, one line each. */

#define DEFAULT_FORMAT                                                                             \
	"*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"
#define FLUSH_BYTES 65536

static const struct {
	char letter;
	const char *argument;
	const char *help;
} letters[] = {
	{ 'e', "TRACE", "the .scap trace to read; - is standard input" },
	{ 'p', "FORMAT",
	  "what to print of an event, tabs and all; without a leading * events lacking a field are "
	  "left out" },
	{ 'j', NULL, "print the fields of the format as JSON objects" },
	{ 'b', NULL, "print data buffers in base64" },
	{ 'n', "COUNT", "stop after so many lines" },
	{ 'h', NULL, "print this page" },
};

struct viewer {
	struct arena *arena;
	const char *trace, *format, *condition;
	bool json, base64, help;
	uint64_t limit; /* lines; 0: all */

	struct template *template;
	struct pool *pool;
	struct programs *programs; /* NULL: every event */
	struct field_ref const *fields;
	size_t nfields;
	struct field_history history;
	struct buf out;
	uint64_t lines;
	bool failed; /* standard output takes no more */
};

static int usage(void)
{
	struct buf out = { 0 };

	buf_str(&out, STR("Usage: besra events -e TRACE [options] ['CONDITION']\n\n"));
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		buf_printf(&out, "  -%c %-8s %s\n", letters[i].letter,
			   letters[i].argument ? letters[i].argument : "", letters[i].help);
	buf_str(&out, STR("\nThe format when none is given: " DEFAULT_FORMAT "\n"));
	return finish_with(&out);
}

static bool take_letter(struct viewer *v, int letter)
{
	switch (letter) {
	case 'e':
		v->trace = optarg;
		return true;
	case 'p':
		v->format = optarg;
		return true;
	case 'j':
		v->json = true;
		return true;
	case 'b':
		v->base64 = true;
		return true;
	case 'h':
		v->help = true;
		return true;
	case 'n':
		if (str_to_u64(str_from(optarg), &v->limit) && v->limit)
			return true;
		complain("-n takes a number of lines, not '%s'", optarg);
		return false;
	case ':':
		complain("option '-%c' needs a value", optopt);
		return false;
	default:
		complain("unknown option '-%c'; besra events -h lists them", optopt);
		return false;
	}
}

static bool parse_arguments(struct viewer *v, int argc, char **argv)
{
	char spec[2 * ARRAY_SIZE(letters) + 2], *at = spec;
	int letter;

	*at++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
		*at++ = letters[i].letter;
		if (letters[i].argument)
			*at++ = ':';
	}
	*at = '\0';
	opterr = 0;
	optind = 1;
	while ((letter = getopt(argc, argv, spec)) != -1)
		if (!take_letter(v, letter))
			return false;
	if (optind < argc)
		v->condition = argv[optind++];
	if (optind < argc) {
		complain("unexpected argument '%s': a condition is one argument, in quotes",
			 argv[optind]);
		return false;
	}
	if (!v->help && !v->trace)
		complain("name a trace with -e; - is standard input");
	return v->help || v->trace;
}

/* A text given on the command line as a document, so that carets point into it. */
static struct source_text command_text(struct arena *a, const char *name, const char *text)
{
	struct document *doc = ARENA_NEW(a, struct document);
	struct source_run *run = ARENA_NEW(a, struct source_run);

	*doc = (struct document){ .name = name, .text = arena_str(a, str_from(text)) };
	*run = (struct source_run){ .from = { doc, 0, (uint32_t)doc->text.len }, .verbatim = true };
	return (struct source_text){ .text = doc->text, .runs = run, .nruns = 1 };
}

static bool compile_condition(struct viewer *v, struct diags *d)
{
	struct source_text *text = ARENA_NEW(v->arena, struct source_text);
	struct program_rule rule;
	struct ast *tree;
	bool unknown;
	size_t at;

	if (!v->condition)
		return true;
	*text = command_text(v->arena, "condition", v->condition);
	tree = ast_parse(v->arena, text, d, &at);
	if (!tree)
		return false;
	v->pool = pool_new(v->arena, NULL);
	rule.condition = pool_add(v->pool, tree, text, d, &at, &unknown);
	if (rule.condition == EXPR_NONE)
		return false;
	rule.types = pool_event_types(v->pool, rule.condition);
	v->programs = programs_compile(v->arena, v->pool, &rule, 1, MATCH_ALL);
	return true;
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(((const struct field_ref *)a)->text, ((const struct field_ref *)b)->text);
}

static bool compile_format(struct viewer *v, struct diags *d)
{
	struct source_text *text = ARENA_NEW(v->arena, struct source_text);
	const struct field_ref *refs;
	struct field_ref *sorted;

	if (!v->format)
		v->format = DEFAULT_FORMAT;
	*text = command_text(v->arena, "format", v->format);
	v->template = template_compile(v->arena, text, NULL, d, NULL);
	if (!v->template)
		return false;
	v->nfields = template_fields(v->template, &refs);
	sorted = arena_array(v->arena, v->nfields, sizeof(*sorted));
	if (v->nfields) {
		memcpy(sorted, refs, v->nfields * sizeof(*sorted));
		qsort(sorted, v->nfields, sizeof(*sorted), by_text);
	}
	v->fields = sorted;
	return true;
}

static void put_object(const struct viewer *v, const struct field_ctx *ctx, struct buf *out)
{
	buf_char(out, '{');
	for (size_t i = 0; i < v->nfields; i++) {
		if (i)
			buf_char(out, ',');
		json_string(out, v->fields[i].text);
		buf_char(out, ':');
		field_json(out, &v->fields[i], ctx);
	}
	buf_char(out, '}');
}

static void flush_lines(struct viewer *v)
{
	if (!v->failed && v->out.len && !print_out(&v->out))
		v->failed = true;
	buf_reset(&v->out);
}

static bool wanted(struct viewer *v, const struct field_ctx *ctx)
{
	struct matches hits;

	if (v->limit && v->lines >= v->limit)
		return false;
	if (!v->programs)
		return true;
	programs_run(v->programs, ctx, &hits);
	return hits.n > 0;
}

/*
 * False when nothing is to be shown: a value is absent, and no star asks for the line nevertheless.
 * No value prints a control character; those of the format stay what they are.
 */
static bool put_line(struct viewer *v, const struct field_ctx *ctx)
{
	const size_t start = v->out.len;

	if (template_render(v->template, ctx, &v->out) || v->format[0] == '*')
		return true;
	v->out.len = start;
	return false;
}

static void watch(const struct field_ctx *ctx, void *arg)
{
	struct viewer *v = arg;
	struct field_ctx shown = *ctx;

	if (!wanted(v, ctx))
		return;
	shown.in_output = true;
	shown.history = &v->history;
	shown.buffers_base64 = v->base64;
	if (v->json)
		put_object(v, &shown, &v->out);
	else if (!put_line(v, &shown))
		return;
	buf_char(&v->out, '\n');
	v->lines++;
	if (v->out.len >= FLUSH_BYTES)
		flush_lines(v);
}

static int view(struct viewer *v)
{
	struct engine_parts parts = {
		.watch = watch,
		.watch_arg = v,
		.limits = { .memory = (size_t)SETUP_REPLAY_MIB << 20 },
	};
	struct engine *engine = NULL;
	struct err err = { 0 };
	int n = -1;

	parts.source = source_open_scap(v->trace, &err);
	if (parts.source)
		engine = engine_new(&parts, &err);
	if (engine) {
		do
			n = engine_step(engine, &err);
		while (n > 0 && !v->failed && go_on() && !(v->limit && v->lines >= v->limit));
		flush_lines(v);
	}
	if (n < 0 && !v->failed && go_on())
		complain("%s", err.text);
	engine_free(engine);
	source_close(parts.source);
	return n < 0 || v->failed ? EXIT_FAILED : EXIT_OK;
}

int command_events(int argc, char **argv)
{
	struct viewer v = { .arena = arena_new() };
	struct diags d = { .arena = v.arena };
	int status = EXIT_FAILED;

	if (parse_arguments(&v, argc, argv)) {
		if (v.help) {
			status = usage();
		} else if (compile_condition(&v, &d) && compile_format(&v, &d)) {
			print_diags(&d, true);
			catch_signals();
			status = view(&v);
		} else {
			print_diags(&d, true);
		}
	}
	programs_free(v.programs);
	pool_free(v.pool);
	buf_fini(&v.out);
	arena_free(v.arena);
	return status;
}
