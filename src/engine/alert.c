/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>
#include <unistd.h>

/*
 * Alerts as Falco writes them. A text alert is one line:
 *
 *	16:17:57.882054739: Warning A shell was started (user=root)
 *
 * A JSON alert is an object without blanks whose keys, and those of output_fields, are sorted. That
 * of an event whose work came through an io_uring says so: "evt.is_io_uring":true.
 */

void alert_writer_init(struct alert_writer *w, const struct alert_options *options)
{
	*w = (struct alert_writer){ .options = *options };
	w->message.max = w->line.max = ALERT_MAX;
	if (options->hostname)
		strncpy(w->hostname, options->hostname, sizeof(w->hostname) - 1);
	else
		gethostname(w->hostname, sizeof(w->hostname) - 1);
	field_parse(options->iso8601 ? STR("evt.time.iso8601") : STR("evt.time"), NULL, &w->time);
	field_parse(STR("evt.is_io_uring"), NULL, &w->uring);
}

void alert_writer_fini(struct alert_writer *w)
{
	arena_free(w->arena);
	buf_fini(&w->message);
	buf_fini(&w->line);
}

struct plan_builder {
	struct arena *arena;
	VEC(struct alert_field) fields;
};

/* A later field of the same name replaces an earlier one. */
static void plan_field(struct plan_builder *b, struct alert_field f)
{
	for (size_t i = 0; i < b->fields.n; i++)
		if (str_eq(b->fields.items[i].key, f.key)) {
			b->fields.items[i] = f;
			return;
		}
	VEC_PUSH(b->arena, &b->fields, f);
}

/* An extra field given by its name alone keeps its type; one given by a format is text. */
static struct alert_field extra_field(struct str key, const struct template *t)
{
	const struct field_ref *refs;
	struct alert_field f = { .key = key, .text = t };

	if (template_fields(t, &refs) == 1 && str_eq(refs[0].text, key))
		f.ref = &refs[0];
	return f;
}

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct alert_field *)a)->key, ((const struct alert_field *)b)->key);
}

static struct alert_plan plan_rule(struct alert_writer *w, const struct rule *r)
{
	struct plan_builder b = { .arena = w->arena };
	const struct field_ref *refs;
	size_t n = template_fields(r->message, &refs);

	plan_field(&b, (struct alert_field){
			       .key = w->uring.text, .ref = &w->uring, .of_uring = true });
	for (size_t i = 0; i < n; i++)
		plan_field(&b, (struct alert_field){ .key = refs[i].text, .ref = &refs[i] });
	plan_field(&b, (struct alert_field){ .key = w->time.text, .ref = &w->time });
	for (size_t i = 0; i < r->nextra; i++)
		plan_field(&b, extra_field(r->extra_keys[i], r->extra[i]));
	qsort(b.fields.items, b.fields.n, sizeof(*b.fields.items), by_key);
	return (struct alert_plan){ .fields = b.fields.items, .n = b.fields.n };
}

void alert_writer_plan(struct alert_writer *w, const struct ruleset *rules)
{
	arena_free(w->arena);
	w->arena = arena_new();
	w->plans = arena_array(w->arena, rules ? rules->nrules : 0, sizeof(*w->plans));
	for (size_t i = 0; rules && i < rules->nrules; i++)
		if (rules->rules[i].message)
			w->plans[i] = plan_rule(w, &rules->rules[i]);
}

/* "TIME: Priority ", in front of the message. */
static void put_prefix(const struct alert_writer *w, const struct rule *r, uint64_t ts,
		       struct buf *out)
{
	if (w->options.iso8601)
		clock_iso8601(out, ts, "+0000");
	else
		clock_local(out, ts, false, true);
	buf_str(out, STR(": "));
	buf_str(out, str_from(priority_name(r->priority)));
	buf_char(out, ' ');
}

static void put_key(struct buf *out, struct str key)
{
	if (out->p[out->len - 1] != '{')
		buf_char(out, ',');
	json_string(out, key);
	buf_char(out, ':');
}

static void put_pair(struct buf *out, struct str key, struct str value)
{
	put_key(out, key);
	json_string(out, value);
}

static void put_output(const struct alert_writer *w, const struct rule *r, uint64_t ts,
		       struct str message, struct buf *out)
{
	put_key(out, STR("output"));
	buf_char(out, '"');
	put_prefix(w, r, ts, out);
	json_escape(out, message);
	buf_char(out, '"');
}

static void put_fields(const struct alert_plan *plan, const struct field_ctx *ctx, struct buf *out)
{
	put_key(out, STR("output_fields"));
	buf_char(out, '{');
	for (size_t i = 0; i < plan->n; i++) {
		const struct alert_field *f = &plan->fields[i];
		struct buf text = { .max = ALERT_MAX };

		if (f->of_uring && !(ctx->ev->flags & WIRE_IO_URING))
			continue;
		put_key(out, f->key);
		if (f->ref) {
			field_json(out, f->ref, ctx);
			continue;
		}
		template_render(f->text, ctx, &text);
		json_string(out, buf_view(&text));
		out->cut |= text.cut;
		buf_fini(&text);
	}
	buf_char(out, '}');
}

static void put_tags(const struct rule *r, struct buf *out)
{
	put_key(out, STR("tags"));
	buf_char(out, '[');
	for (size_t i = 0; i < r->ntags; i++) {
		if (i)
			buf_char(out, ',');
		json_string(out, r->tags[i]);
	}
	buf_char(out, ']');
}

/* `plan` NULL: without output_fields. Keys in the order of their names. */
static void put_json(const struct alert_writer *w, const struct rule *r,
		     const struct alert_plan *plan, const struct field_ctx *ctx, struct str message,
		     struct buf *out)
{
	uint64_t ts = ctx->ev->ts;

	buf_char(out, '{');
	put_pair(out, STR("hostname"), str_from(w->hostname));
	if (w->options.include_message)
		put_pair(out, STR("message"), message);
	if (w->options.include_output)
		put_output(w, r, ts, message, out);
	if (w->options.include_fields && plan)
		put_fields(plan, ctx, out);
	put_pair(out, STR("priority"), str_from(priority_name(r->priority)));
	put_pair(out, STR("rule"), r->name);
	put_pair(out, STR("source"), r->source);
	if (w->options.include_tags)
		put_tags(r, out);
	put_key(out, STR("time"));
	buf_char(out, '"');
	clock_iso8601(out, ts, "Z");
	buf_str(out, STR("\"}"));
}

/* A line that was cut would be no JSON: such an alert is written again without its fields. */
static bool write_json(struct alert_writer *w, const struct ruleset *rules, uint32_t rule,
		       const struct field_ctx *ctx)
{
	const struct rule *r = &rules->rules[rule];
	struct str message = buf_view(&w->message);

	put_json(w, r, &w->plans[rule], ctx, message, &w->line);
	if (!w->line.cut && !w->message.cut)
		return true;
	buf_reset(&w->line);
	if (message.len > ALERT_BRIEF)
		message.len = ALERT_BRIEF;
	put_json(w, r, NULL, ctx, message, &w->line);
	return false;
}

static bool write_text(struct alert_writer *w, const struct rule *r, const struct field_ctx *ctx)
{
	put_prefix(w, r, ctx->ev->ts, &w->line);
	text_escape(&w->line, buf_view(&w->message));
	return !w->line.cut && !w->message.cut;
}

/* Memory that one long alert needed is not kept. */
static void begin_again(struct buf *b)
{
	if (b->cap > ALERT_BRIEF)
		buf_fini(b);
	buf_reset(b);
}

bool alert_render(struct alert_writer *w, const struct ruleset *rules, uint32_t rule,
		  const struct field_ctx *ctx, struct alert *out)
{
	const struct rule *r = &rules->rules[rule];
	struct field_ctx shown = *ctx;
	bool whole;

	shown.in_output = true;
	shown.history = &w->plans[rule].history;
	begin_again(&w->message);
	begin_again(&w->line);
	template_render(r->message, &shown, &w->message);
	whole = w->options.json ? write_json(w, rules, rule, &shown) : write_text(w, r, &shown);
	*out = (struct alert){
		.rule = r,
		.text = { .line = buf_view(&w->line),
			  .rule = r->name,
			  .priority = str_from(priority_name(r->priority)),
			  .severity = (int)r->priority,
			  .ts = ctx->ev->ts },
	};
	return whole;
}
