/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: run_conditions CAPTURE CONDITIONS [LAST]
 *
 * Replays the capture once with all conditions of a file, one a line, as the rules of one
 * program set, and prints one JSON object a line for each: its `matches` (evt.num), or the
 * `error` it does not compile with. Events after evt.num LAST are not looked at. Every verdict of
 * the programs is compared with the interpreter's; a difference is printed as `vm_differs`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "engine/engine.h"
#include "filter/filter.h"
#include "format/format.h"

#define CONDITIONS_MAX 20000

struct condition {
	struct str text;
	expr_id expr;
	struct event_set types;
	struct str error;
	struct buf matches; /* "1,2,3" */
	uint64_t differs;   /* evt.num of the first event on which VM and interpreter differ */
};

struct run {
	struct arena *arena;
	struct pool *pool;
	struct programs *programs;
	struct condition *conditions;
	size_t n;
	uint32_t *order; /* condition by rule number */
	size_t nrules;
	uint64_t last;
	bool done;
};

static bool read_conditions(struct run *r, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!f) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	r->conditions = arena_array(r->arena, CONDITIONS_MAX, sizeof(*r->conditions));
	while (r->n < CONDITIONS_MAX && (len = getline(&line, &size, f)) > 0) {
		struct str text = str_of(line, (size_t)len - (line[len - 1] == '\n'));

		r->conditions[r->n++].text = arena_str(r->arena, text);
	}
	free(line);
	fclose(f);
	return true;
}

static void compile(struct run *r)
{
	struct program_rule *rules = arena_array(r->arena, r->n, sizeof(*rules));

	r->pool = pool_new(r->arena, NULL);
	r->order = arena_array(r->arena, r->n, sizeof(*r->order));
	for (size_t i = 0; i < r->n; i++) {
		struct condition *c = &r->conditions[i];
		struct diags diags = { .arena = r->arena };
		struct source_text text = { .text = c->text };
		struct ast *tree;
		size_t at;
		bool unknown;

		c->expr = EXPR_NONE;
		tree = ast_parse(r->arena, &text, &diags, &at);
		if (tree)
			c->expr = pool_add(r->pool, tree, &text, &diags, &at, &unknown);
		if (c->expr == EXPR_NONE) {
			c->error = diags.list.items[diags.list.n - 1].message;
			continue;
		}
		c->types = pool_event_types(r->pool, c->expr);
		rules[r->nrules] = (struct program_rule){ c->expr, c->types };
		r->order[r->nrules++] = (uint32_t)i;
	}
	r->programs = programs_compile(r->arena, r->pool, rules, r->nrules, MATCH_ALL);
}

static void look(const struct field_ctx *ctx, void *arg)
{
	struct run *r = arg;
	struct matches hits;
	size_t at = 0;

	if (r->last && ctx->ev->num > r->last) {
		r->done = true;
		return;
	}
	programs_run(r->programs, ctx, &hits);
	for (uint32_t rule = 0; rule < r->nrules; rule++) {
		struct condition *c = &r->conditions[r->order[rule]];
		const bool hit = at < hits.n && hits.rule[at] == rule;
		bool plain =
			event_set_has(&c->types, ctx->ev->type) && pool_eval(r->pool, c->expr, ctx);

		at += hit;
		if (hit != plain && !c->differs)
			c->differs = ctx->ev->num;
		if (!hit)
			continue;
		if (c->matches.len)
			buf_char(&c->matches, ',');
		buf_u64(&c->matches, ctx->ev->num);
	}
}

static int replay(struct run *r, const char *capture)
{
	struct engine_parts parts = { .watch = look, .watch_arg = r };
	struct engine *engine;
	struct err err;
	int n = 0;

	parts.source = source_open_scap(capture, &err);
	if (!parts.source) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	engine = engine_new(&parts, &err);
	if (engine)
		while (!r->done && (n = engine_step(engine, &err)) > 0)
			;
	if (!engine || n < 0)
		fprintf(stderr, "%s\n", err.text);
	engine_free(engine);
	source_close(parts.source);
	return !engine || n < 0;
}

static void print(const struct condition *c)
{
	struct buf out = { 0 };

	if (c->expr == EXPR_NONE) {
		buf_str(&out, STR("{\"error\":"));
		json_string(&out, c->error);
	} else {
		buf_printf(&out, "{\"matches\":[%.*s]", STR_ARG(buf_view(&c->matches)));
	}
	if (c->differs)
		buf_printf(&out, ",\"vm_differs\":%llu", (unsigned long long)c->differs);
	buf_str(&out, STR("}\n"));
	fwrite(out.p, 1, out.len, stdout);
	buf_fini(&out);
}

int main(int argc, char **argv)
{
	struct run r = { .arena = arena_new() };
	int status = 2;

	if (argc < 3) {
		fprintf(stderr, "usage: run_conditions CAPTURE CONDITIONS [LAST]\n");
	} else if (read_conditions(&r, argv[2])) {
		r.last = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
		compile(&r);
		status = replay(&r, argv[1]);
		for (size_t i = 0; i < r.n; i++) {
			print(&r.conditions[i]);
			buf_fini(&r.conditions[i].matches);
		}
		programs_free(r.programs);
		pool_free(r.pool);
	}
	arena_free(r.arena);
	return status;
}
