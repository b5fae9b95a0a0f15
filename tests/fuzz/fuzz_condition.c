/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/buf.h"
#include "filter/filter.h"

/*
 * Any text as a condition: parsed, printed, checked, and where it compiles evaluated on an event
 * by the program and by the interpreter, which must agree.
 */

struct world {
	struct state *state;
	struct containers *containers;
	struct buf bytes;
	struct event ev;
	struct subject who;
};

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	struct event_writer out;
	struct raw raw = { 0 };

	w->state = state_new(NULL);
	w->containers = containers_new(w->state);
	event_begin(&out, &w->bytes, EVENT_OPEN_X, 1000, 10, 6);
	event_push_int(&out, 3);
	event_push_text(&out, STR("/etc/passwd"));
	for (int i = 0; i < 4; i++)
		event_push_int(&out, i);
	if (event_end(&out) < 0)
		abort();
	raw.bytes = (const uint8_t *)w->bytes.p;
	raw.len = (uint32_t)w->bytes.len;
	if (event_open(&w->ev, &raw) < 0)
		abort();
	w->ev.num = 1;
	w->who = state_apply(w->state, &w->ev);
	return w;
}

static void evaluate(struct world *w, struct arena *arena, const struct pool *pool, expr_id expr)
{
	const struct program_rule rule = { expr, pool_event_types(pool, expr) };
	struct programs *p = programs_compile(arena, pool, &rule, 1, MATCH_ALL);
	struct field_history history = { 0 };
	struct field_ctx ctx = {
		.ev = &w->ev,
		.who = &w->who,
		.state = w->state,
		.containers = w->containers,
		.scratch = arena,
		.history = &history,
	};
	struct buf code = { 0 };
	struct matches hits;
	bool plain;

	if (!programs_check(p))
		abort();
	programs_disassemble(&code, p, EVENT_OPEN_X);
	programs_run(p, &ctx, &hits);
	plain = event_set_has(&rule.types, w->ev.type) && pool_eval(pool, expr, &ctx);
	if (plain != (hits.n == 1))
		abort();
	buf_fini(&code);
	programs_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world *world;
	struct arena *arena = arena_new();
	struct str copy = arena_str(arena, str_of(data, size));
	struct document doc = { "fuzz", copy };
	struct source_run run = { 0, { &doc, 0, (uint32_t)size }, true };
	struct source_text text = { copy, &run, 1 };
	struct diags diags = { .arena = arena };
	struct pool *pool = pool_new(arena, NULL);
	struct buf out = { .max = 1 << 16 };
	const struct ast *tree;
	bool unknown;
	size_t at = 0;
	expr_id expr;

	if (!world)
		world = world_new();
	tree = ast_parse(arena, &text, &diags, &at);
	if (tree) {
		ast_print(&out, tree);
		expr = pool_add(pool, tree, &text, &diags, &at, &unknown);
		if (expr != EXPR_NONE)
			evaluate(world, arena, pool, expr);
	}
	if (at > size || (!tree && diags.errors != 1))
		abort();
	for (size_t i = 0; i < diags.list.n; i++)
		diag_print(&out, &diags.list.items[i]);
	buf_fini(&out);
	pool_free(pool);
	arena_free(arena);
	return 0;
}
