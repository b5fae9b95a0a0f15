/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <inttypes.h>

#include "format/format.h"

/*
 * A whole trace against a rule: the parts that must all hold, how often each did not, and the
 * events that lacked the fewest of them.
 */

static void gather(const struct clause *c, const struct clause **out, size_t *n)
{
	if (c->kind == PART_MACRO && c->n) {
		gather(c->items[0], out, n);
	} else if (c->kind == PART_AND) {
		for (size_t i = 0; i < c->n; i++)
			gather(c->items[i], out, n);
	} else {
		out[(*n)++] = c;
	}
}

void trace_begin(struct explainer *e, struct subject_rule *r)
{
	const struct outline *o = &e->outlines->of[r->index];

	r->conjuncts = arena_array(e->arena, o->n, sizeof(*r->conjuncts));
	gather(o->root, r->conjuncts, &r->n);
	r->failed = arena_array(e->arena, r->n, sizeof(*r->failed));
	r->alone = arena_array(e->arena, r->n, sizeof(*r->alone));
	for (size_t i = 0; i < CLOSEST; i++)
		r->closest[i].failed = arena_array(e->arena, r->n, sizeof(bool));
}

/* Names are short; a trace that changes them with every event is bounded by CLOSEST. */
static struct str kept(struct explainer *e, struct str s)
{
	return arena_str(e->arena, s.len > 64 ? str_of(s.p, 64) : s);
}

static struct str text_of(const char *field, const struct field_ctx *ctx)
{
	struct field_ref ref;
	struct val v;

	if (field_parse(str_from(field), NULL, &ref) != FIELD_OK || !field_get(&ref, ctx, &v))
		return STR("?");
	return v.s;
}

/* Fewer failed parts are closer; of equals, one that the rule was tried on, then the earlier. */
static bool is_closer(const struct near_event *a, const struct near_event *b)
{
	return a->nfailed != b->nfailed ? a->nfailed < b->nfailed : a->tried && !b->tried;
}

static void remember(struct explainer *e, struct subject_rule *r, struct near_event new,
		     const struct field_ctx *ctx)
{
	size_t at = r->nclosest;
	bool *room;

	/* Another event that lacks just the same tells nothing new. */
	for (size_t i = 0; i < r->nclosest; i++)
		if (!memcmp(r->closest[i].failed, new.failed, r->n * sizeof(*new.failed)))
			return;
	while (at && is_closer(&new, &r->closest[at - 1]))
		at--;
	if (at == CLOSEST)
		return;
	if (r->nclosest < CLOSEST)
		r->nclosest++;
	room = r->closest[r->nclosest - 1].failed;
	memcpy(room, new.failed, r->n * sizeof(*room));
	for (size_t i = r->nclosest - 1; i > at; i--)
		r->closest[i] = r->closest[i - 1];
	new.failed = room;
	new.type = kept(e, text_of("evt.type", ctx));
	new.process = kept(e, text_of("proc.name", ctx));
	r->closest[at] = new;
}

void trace_event(struct explainer *e, struct subject_rule *r, const struct field_ctx *ctx)
{
	const struct rule *rule = &e->options.rules->rules[r->index];
	struct near_event now = { .num = ctx->ev->num, .tid = ctx->ev->tid };
	size_t last = 0;

	now.tried = event_set_has(&rule->types, ctx->ev->type);
	now.failed = arena_array(ctx->scratch, r->n, sizeof(*now.failed));
	r->tried += now.tried;
	for (size_t i = 0; i < r->n; i++) {
		now.failed[i] = !clause_eval(e, r->conjuncts[i], ctx);
		if (!now.failed[i])
			continue;
		last = i;
		now.nfailed++;
		r->failed[i]++;
	}
	if (now.nfailed == 1)
		r->alone[last]++;
	if (now.nfailed || !now.tried) {
		remember(e, r, now, ctx);
		return;
	}
	if (r->matched++)
		return;
	now.type = kept(e, text_of("evt.type", ctx));
	now.process = kept(e, text_of("proc.name", ctx));
	r->first = now;
}

/* ---- Text --------------------------------------------------------------------------------- */

static void put_near(struct buf *out, const struct near_event *n)
{
	buf_printf(out, "event %" PRIu64 ", ", n->num);
	text_escape(out, n->type);
	buf_str(out, STR(" by "));
	text_escape(out, n->process);
	buf_printf(out, " (tid %" PRId64 ")", n->tid);
}

/* A group has no short text of its own: its first words and its place tell which. */
static void put_conjunct(struct buf *out, const struct clause *c)
{
	put_clause_text(out, c);
	if (c->at.doc) {
		buf_str(out, STR("  ["));
		put_place(out, c->at);
		buf_char(out, ']');
	}
}

static void put_rule(const struct explainer *e, const struct subject_rule *r, struct buf *out)
{
	buf_str(out, STR("rule '"));
	text_escape(out, e->options.rules->rules[r->index].name);
	buf_printf(out,
		   "': %" PRIu64 " of %" PRIu64 " events match, %" PRIu64
		   " are of kinds it is tried on\n",
		   r->matched, e->events, r->tried);
	if (r->matched) {
		buf_str(out, STR("  first match: "));
		put_near(out, &r->first);
		buf_char(out, '\n');
	}
	buf_str(out, STR("      failed       alone  part\n"));
	for (size_t i = 0; i < r->n; i++) {
		buf_printf(out, "  %10" PRIu64 "  %10" PRIu64 "  ", r->failed[i], r->alone[i]);
		put_conjunct(out, r->conjuncts[i]);
		buf_char(out, '\n');
	}
	for (size_t k = 0; k < r->nclosest; k++) {
		const struct near_event *n = &r->closest[k];

		buf_str(out, STR("  close: "));
		put_near(out, n);
		buf_str(out, STR(", where this is false:\n"));
		for (size_t i = 0; i < r->n; i++) {
			if (!n->failed[i])
				continue;
			buf_str(out, STR("    "));
			put_conjunct(out, r->conjuncts[i]);
			buf_char(out, '\n');
		}
	}
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void put_json_near(struct buf *out, const struct near_event *n)
{
	buf_printf(out, "{\"num\":%" PRIu64 ",", n->num);
	put_json_text(out, "type", n->type);
	buf_char(out, ',');
	put_json_text(out, "process", n->process);
	buf_printf(out, ",\"tid\":%" PRId64, n->tid);
}

static void put_json_rule(const struct explainer *e, const struct subject_rule *r, struct buf *out)
{
	buf_char(out, '{');
	put_json_text(out, "rule", e->options.rules->rules[r->index].name);
	buf_printf(out, ",\"tried\":%" PRIu64 ",\"matched\":%" PRIu64, r->tried, r->matched);
	if (r->matched) {
		buf_str(out, STR(",\"first\":"));
		put_json_near(out, &r->first);
		buf_char(out, '}');
	}
	buf_str(out, STR(",\"parts\":["));
	for (size_t i = 0; i < r->n; i++) {
		struct buf text = { 0 };

		buf_str(out, i ? STR(",{") : STR("{"));
		put_clause_text(&text, r->conjuncts[i]);
		put_json_text(out, "text", buf_view(&text));
		buf_fini(&text);
		put_json_place(out, r->conjuncts[i]->at);
		buf_printf(out, ",\"failed\":%" PRIu64 ",\"alone\":%" PRIu64 "}", r->failed[i],
			   r->alone[i]);
	}
	buf_str(out, STR("],\"closest\":["));
	for (size_t k = 0; k < r->nclosest; k++) {
		bool first = true;

		if (k)
			buf_char(out, ',');
		put_json_near(out, &r->closest[k]);
		buf_str(out, STR(",\"failed\":["));
		for (size_t i = 0; i < r->n; i++) {
			if (!r->closest[k].failed[i])
				continue;
			buf_printf(out, first ? "%zu" : ",%zu", i);
			first = false;
		}
		buf_str(out, STR("]}"));
	}
	buf_str(out, STR("]}"));
}

void trace_result(const struct explainer *e, struct buf *out)
{
	if (!e->options.json) {
		for (size_t i = 0; i < e->n; i++) {
			if (i)
				buf_char(out, '\n');
			put_rule(e, &e->rules[i], out);
		}
		return;
	}
	buf_printf(out, "{\"events\":%" PRIu64 ",\"rules\":[", e->events);
	for (size_t i = 0; i < e->n; i++) {
		if (i)
			buf_char(out, ',');
		put_json_rule(e, &e->rules[i], out);
	}
	buf_str(out, STR("]}\n"));
}
