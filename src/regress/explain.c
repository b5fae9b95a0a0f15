/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <inttypes.h>

#include "format/format.h"

/* Ancestors and ends of a connection that are shown. */
#define VALUES_MAX 16

struct str event_name_of(const struct event *ev)
{
	return ev->info->name;
}

/* ---- Verdicts ----------------------------------------------------------------------------- */

static bool group_eval(const struct explainer *e, const struct clause *c,
		       const struct field_ctx *ctx)
{
	bool all = true, any = false;

	/* Nothing is left out: the tree shows every part. */
	for (size_t i = 0; i < c->n; i++) {
		const bool verdict = clause_eval(e, c->items[i], ctx);

		all &= verdict;
		any |= verdict;
	}
	switch (c->kind) {
	case PART_OR:
		return any;
	case PART_NOT:
		return !all;
	case PART_AND:
	case PART_MACRO:
	case PART_TEST:
		break;
	}
	return all;
}

bool clause_eval(const struct explainer *e, const struct clause *c, const struct field_ctx *ctx)
{
	bool verdict;

	if (c->kind == PART_TEST)
		verdict = c->expr != EXPR_NONE && pool_eval(e->outlines->pool, c->expr, ctx);
	else
		verdict = group_eval(e, c, ctx);
	e->verdicts[c->number] = verdict;
	return verdict;
}

const struct clause *clause_decider(const struct explainer *e, const struct clause *c)
{
	for (;;) {
		const bool verdict = e->verdicts[c->number];
		const struct clause *next = NULL;

		if (c->kind == PART_TEST)
			return c;
		if (c->kind == PART_NOT || c->kind == PART_MACRO || c->n == 1)
			next = c->n ? c->items[0] : NULL;
		else if (verdict == (c->kind == PART_OR))
			for (size_t i = 0; i < c->n && !next; i++)
				if (e->verdicts[c->items[i]->number] == verdict)
					next = c->items[i];
		if (!next)
			return c;
		c = next;
	}
}

/* ---- Values ------------------------------------------------------------------------------- */

static bool get_value(const struct field_ref *f, const struct field_ctx *ctx, struct val *out)
{
	struct val *all;
	size_t n;

	if (!field_is_multi(f))
		return field_get(f, ctx, out);
	all = arena_array(ctx->scratch, VALUES_MAX, sizeof(*all));
	n = field_get_all(f, ctx, all, VALUES_MAX);
	if (!n)
		return false;
	*out = (struct val){ .type = all[0].type, .print = all[0].print, .is_list = true };
	out->list.items = all;
	out->list.n = n;
	return true;
}

static void put_field(struct explainer *e, const struct field_ref *f, const struct field_ctx *ctx)
{
	struct buf text = { 0 };
	struct val v;

	text_escape(&e->out, f->text);
	if (get_value(f, ctx, &v)) {
		const bool quoted = v.type == TYPE_CHARBUF && !v.is_list;

		val_print(&text, &v, false);
		buf_str(&e->out, quoted ? STR(" = \"") : STR(" = "));
		text_escape(&e->out, buf_view(&text));
		if (quoted)
			buf_char(&e->out, '"');
	} else {
		buf_str(&e->out, STR(" has no value: "));
		text_escape(&e->out, absent_why(ctx->scratch, f, ctx));
	}
	buf_fini(&text);
}

static void put_json_fields(struct explainer *e, const struct test *t, const struct field_ctx *ctx)
{
	buf_str(&e->out, STR(",\"fields\":["));
	for (size_t i = 0; i < t->nfields; i++) {
		const struct field_ref *f = &t->fields[i];
		struct val v;

		buf_str(&e->out, i ? STR(",{") : STR("{"));
		put_json_text(&e->out, "name", f->text);
		buf_char(&e->out, ',');
		if (get_value(f, ctx, &v)) {
			buf_str(&e->out, STR("\"value\":"));
			val_json(&e->out, &v, ctx);
		} else {
			buf_str(&e->out, STR("\"value\":null,"));
			put_json_text(&e->out, "absent", absent_why(ctx->scratch, f, ctx));
		}
		buf_char(&e->out, '}');
	}
	buf_char(&e->out, ']');
}

/* ---- Trees -------------------------------------------------------------------------------- */

static const char *const kinds[] = {
	[PART_AND] = "and",     [PART_OR] = "or",     [PART_NOT] = "not",
	[PART_MACRO] = "macro", [PART_TEST] = "test",
};

struct showing {
	struct explainer *e;
	const struct field_ctx *ctx;
	const struct clause *decider;
};

static void put_tree(const struct showing *s, const struct clause *c, unsigned depth)
{
	struct buf *out = &s->e->out;

	buf_printf(out, "%s %-5s ", c == s->decider ? " ->" : "   ",
		   s->e->verdicts[c->number] ? "true" : "false");
	/* A tree may be thousands deep; its picture need not be that wide. */
	for (unsigned i = 0; i < depth && i < 40; i++)
		buf_str(out, STR("  "));
	if (c->kind == PART_TEST || c->kind == PART_MACRO)
		put_clause_text(out, c);
	else
		buf_str(out, str_from(kinds[c->kind]));
	if (c->kind == PART_MACRO)
		buf_str(out, STR(" (macro)"));
	for (size_t i = 0; c->kind == PART_TEST && i < c->test->nfields; i++) {
		buf_str(out, i ? STR(", ") : STR("    # "));
		put_field(s->e, &c->test->fields[i], s->ctx);
	}
	buf_char(out, '\n');
	for (size_t i = 0; i < c->n; i++)
		put_tree(s, c->items[i], depth + 1);
}

static void put_json_tree(const struct showing *s, const struct clause *c)
{
	struct buf *out = &s->e->out, text = { 0 };

	buf_char(out, '{');
	put_json_text(out, "kind", str_from(kinds[c->kind]));
	if (c->kind == PART_TEST || c->kind == PART_MACRO) {
		put_clause_text(&text, c);
		buf_char(out, ',');
		put_json_text(out, "text", buf_view(&text));
		buf_fini(&text);
	}
	put_json_place(out, c->at);
	buf_printf(out, ",\"verdict\":%s,\"decided\":%s",
		   s->e->verdicts[c->number] ? "true" : "false",
		   c == s->decider ? "true" : "false");
	if (c->kind == PART_TEST)
		put_json_fields(s->e, c->test, s->ctx);
	for (size_t i = 0; i < c->n; i++) {
		buf_str(out, i ? STR(",") : STR(",\"parts\":["));
		put_json_tree(s, c->items[i]);
	}
	buf_str(out, c->n ? STR("]}") : STR("}"));
}

/* ---- One event ---------------------------------------------------------------------------- */

static struct str process_name(const struct field_ctx *ctx)
{
	struct field_ref name;
	struct val v;

	if (field_parse(STR("proc.name"), NULL, &name) != FIELD_OK || !field_get(&name, ctx, &v))
		return STR("an unknown process");
	return v.s;
}

static struct str type_of(const struct field_ctx *ctx)
{
	struct field_ref type;
	struct val v;

	if (field_parse(STR("evt.type"), NULL, &type) != FIELD_OK || !field_get(&type, ctx, &v))
		return event_name_of(ctx->ev);
	return v.s;
}

static void put_event(struct explainer *e, const struct field_ctx *ctx)
{
	struct buf *out = &e->out;

	if (e->options.json) {
		buf_printf(out, "{\"event\":{\"num\":%" PRIu64 ",", ctx->ev->num);
		put_json_text(out, "type", type_of(ctx));
		buf_printf(out, ",\"time\":%" PRIu64 ",\"tid\":%" PRId64 ",", ctx->ev->ts,
			   ctx->ev->tid);
		put_json_text(out, "process", process_name(ctx));
		buf_str(out, STR("},\"rules\":["));
		return;
	}
	buf_printf(out, "event %" PRIu64 ": ", ctx->ev->num);
	text_escape(out, type_of(ctx));
	buf_str(out, STR(" by "));
	text_escape(out, process_name(ctx));
	buf_printf(out, " (tid %" PRId64 ")\n", ctx->ev->tid);
}

static void put_verdict(const struct showing *s, const struct rule *rule, bool tried,
			const struct clause *root)
{
	struct buf *out = &s->e->out;
	const bool verdict = s->e->verdicts[root->number] && tried;

	buf_str(out, STR("\nrule '"));
	text_escape(out, rule->name);
	buf_str(out, verdict ? STR("' matches") : STR("' does not match"));
	if (!tried) {
		buf_str(out, STR(": it is not tried on events of this kind\n"));
	} else if (s->decider && s->decider->kind == PART_TEST) {
		buf_str(out, STR(": '"));
		put_clause_text(out, s->decider);
		buf_str(out, s->e->verdicts[s->decider->number] ? STR("' is true, ")
								: STR("' is false, "));
		put_place(out, s->decider->at);
		buf_char(out, '\n');
	} else {
		buf_str(out, verdict ? STR(": all of its parts are true")
				     : STR(": none of its alternatives is true"));
		if (s->decider) {
			buf_str(out, STR(", "));
			put_place(out, s->decider->at);
		}
		buf_char(out, '\n');
	}
}

static void explain_event(struct explainer *e, const struct subject_rule *r,
			  const struct field_ctx *ctx)
{
	const struct rule *rule = &e->options.rules->rules[r->index];
	const struct clause *root = e->outlines->of[r->index].root;
	const bool tried = event_set_has(&rule->types, ctx->ev->type);
	struct showing s = { e, ctx, NULL };
	const bool verdict = clause_eval(e, root, ctx);

	s.decider = clause_decider(e, root);
	/* That all of it was needed is no place to point at. */
	if (s.decider == root && root->kind != PART_TEST)
		s.decider = NULL;
	if (!e->options.json) {
		put_verdict(&s, rule, tried, root);
		put_tree(&s, root, 0);
		return;
	}
	if (r != e->rules)
		buf_char(&e->out, ',');
	buf_char(&e->out, '{');
	put_json_text(&e->out, "rule", rule->name);
	buf_printf(&e->out, ",\"tried\":%s,\"matches\":%s,\"condition\":", tried ? "true" : "false",
		   tried && verdict ? "true" : "false");
	put_json_tree(&s, root);
	buf_char(&e->out, '}');
}

/* ---- The explainer ------------------------------------------------------------------------ */

struct explainer *explainer_new(struct arena *arena, const struct explain_options *options)
{
	struct explainer *e = ARENA_NEW(arena, struct explainer);
	const struct ruleset *set = options->rules;
	size_t largest = 0;

	e->arena = arena;
	e->options = *options;
	e->rules = arena_array(arena, set->nrules, sizeof(*e->rules));
	e->outlines = outlines_new(arena, set, options->statics);
	for (size_t i = 0; i < set->nrules; i++) {
		const struct outline *o = &e->outlines->of[i];
		const bool named = options->rule.p && str_eq(options->rule, set->rules[i].name);

		if (!o->root || !(named || (!options->rule.p && set->rules[i].in_set)))
			continue;
		e->rules[e->n].index = (uint32_t)i;
		if (!options->event)
			trace_begin(e, &e->rules[e->n]);
		e->n++;
		if (o->n > largest)
			largest = o->n;
	}
	e->verdicts = arena_array(arena, largest, sizeof(*e->verdicts));
	if (e->n)
		return e;
	explainer_free(e);
	return NULL;
}

void explainer_free(struct explainer *e)
{
	if (!e)
		return;
	outlines_free(e->outlines);
	buf_fini(&e->out);
}

void explainer_watch(const struct field_ctx *ctx, void *arg)
{
	struct explainer *e = arg;

	e->events++;
	if (e->options.event && (e->found || ctx->ev->num != e->options.event))
		return;
	if (!e->options.event) {
		for (size_t i = 0; i < e->n; i++)
			trace_event(e, &e->rules[i], ctx);
		return;
	}
	e->found = true;
	put_event(e, ctx);
	for (size_t i = 0; i < e->n; i++)
		explain_event(e, &e->rules[i], ctx);
	if (e->options.json)
		buf_str(&e->out, STR("]}\n"));
}

bool explainer_done(const struct explainer *e)
{
	return e->options.event && e->found;
}

bool explainer_result(struct explainer *e, struct buf *out)
{
	if (!e->options.event) {
		trace_result(e, out);
		return true;
	}
	buf_str(out, buf_view(&e->out));
	return e->found;
}
