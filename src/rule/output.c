/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

/* A rule's output: what the options append, old names in it, its template. */

static bool has_tag(const struct rule_info *r, struct str tag)
{
	for (size_t i = 0; i < r->tags.n; i++)
		if (str_eq(r->tags.items[i], tag))
			return true;
	return false;
}

static bool is_meant(const struct append_output *a, const struct rule_info *r)
{
	if (a->match_source.p && !str_eq(a->match_source, r->source))
		return false;
	if (a->match_rule.p && !str_eq(a->match_rule, r->name))
		return false;
	if (a->unless_container_info && str_contains(r->output.text, STR("%container.info")))
		return false;
	for (size_t i = 0; i < a->nmatch_tags; i++)
		if (!has_tag(r, a->match_tags[i]))
			return false;
	return true;
}

/* " proc_name=%proc.name" */
static void put_named(struct buf *out, struct str field)
{
	buf_char(out, ' ');
	for (size_t i = 0; i < field.len; i++)
		buf_char(out, field.p[i] == '.' ? '_' : field.p[i]);
	buf_printf(out, "=%%%.*s", STR_ARG(field));
}

/* " container_id=%container.id ..." for the fields that are worth having in every output. */
static void put_suggested(struct store *s, struct buf *out)
{
	const struct static_fields *statics = &s->options->statics;

	for (size_t i = 0; i < FIELDS; i++) {
		const struct field_info *f = field_info((enum field_id)i);

		/* static.* is as many fields as the configuration defines. */
		if (f->flags & FIELD_SUGGESTED && i != FIELD_STATIC)
			put_named(out, str_from(f->name));
	}
	for (size_t i = 0; i < statics->n; i++)
		put_named(out, arena_printf(s->compiled, "static.%.*s", STR_ARG(statics->keys[i])));
}

static void put_appended(struct store *s, const struct rule_info *r, struct text_builder *b)
{
	for (size_t i = 0; i < s->options->nappends; i++) {
		const struct append_output *a = &s->options->appends[i];
		struct buf more = { 0 };

		if (!is_meant(a, r))
			continue;
		if (a->extra_output.len) {
			buf_char(&more, ' ');
			buf_str(&more, a->extra_output);
		}
		if (a->suggested)
			put_suggested(s, &more);
		if (more.len) {
			struct source_text text =
				text_generated(s->compiled, arena_str(s->compiled, buf_view(&more)),
					       r->output_ctx->span);

			text_put(b, &text);
		}
		buf_fini(&more);
	}
}

/* What %container.info stands for is an option; by itself, for nothing. */
static void put_without_container_info(struct store *s, const struct rule_info *r,
				       struct text_builder *b)
{
	struct str text = r->output.text, mark = STR("%container.info");
	size_t done = 0;
	struct diag *d;

	for (;;) {
		const char *hit = memmem(text.p + done, text.len - done, mark.p, mark.len);
		size_t at = hit ? (size_t)(hit - text.p) : text.len;

		text_copy(b, &r->output, done, at);
		if (!hit)
			return;
		if (!done) {
			d = report(s, LOAD_DEPRECATED_ITEM, r->ctx,
				   "'%%container.info' in an output is deprecated");
			d->at = source_span(&r->output, at, at + mark.len);
			diag_note(
				s->d, d, d->at,
				"name the fields you want, as in '%%container.id %%container.name'");
		}
		if (s->options->container_info.len) {
			struct source_text stands =
				text_generated(s->compiled, s->options->container_info,
					       source_span(&r->output, at, at + mark.len));

			text_put(b, &stands);
		}
		done = at + mark.len;
	}
}

static bool is_field_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* Underlines the whole name behind the '%' and says which one may have been meant. */
static void explain_unknown(struct store *s, struct diag *d)
{
	struct str text, name, near;

	if (!d->at.doc || d->at.start >= d->at.doc->text.len ||
	    d->at.doc->text.p[d->at.start] != '%')
		return;
	text = str_from_index(d->at.doc->text, d->at.start + 1);
	for (name = str_of(text.p, 0); name.len < text.len && is_field_char(text.p[name.len]);)
		name.len++;
	while (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (!name.len || str_chr(text, '(') == name.len)
		return;
	d->at.end = d->at.start + 1 + (uint32_t)name.len;
	near = field_nearest(name);
	if (near.len && !str_eq(near, name))
		diag_note(s->d, d, d->at, "did you mean '%%%.*s'?", STR_ARG(near));
}

/* *skip: it holds something unknown, and the rule asks to be skipped then. */
static bool compile_template(struct store *s, const struct rule_info *r,
			     const struct source_text *text, struct template **out, bool *skip)
{
	size_t first = s->d->list.n;
	bool unknown = false;

	*out = template_compile(s->compiled, text, &s->options->statics, s->d, &unknown);
	place_at(s, first, r->output_ctx);
	if (!*out && unknown && s->d->list.n > first)
		explain_unknown(s, &s->d->list.items[s->d->list.n - 1]);
	*skip = !*out && unknown && r->skip_unknown;
	return *out != NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A plain search, as Falco does it: words that only begin like such a field are found too. */
static void warn_deprecated(struct store *s, const struct rule_info *r)
{
	const char *names[FIELDS] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < FIELDS; i++)
		if (field_info((enum field_id)i)->flags & FIELD_DEPRECATED)
			names[n++] = field_info((enum field_id)i)->name;
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		struct str name = str_from(names[i]), text = r->output.text;
		struct diag *d;
		const char *hit;

		if (!str_contains(r->output_full, name))
			continue;
		d = report(s, LOAD_DEPRECATED_ITEM, r->output_ctx,
			   "field '%s' in the output is deprecated", names[i]);
		d->deprecated_field = name;
		note_deprecated(s, d);
		hit = memmem(text.p, text.len, name.p, name.len);
		if (hit)
			d->at = source_span(&r->output, (size_t)(hit - text.p),
					    (size_t)(hit - text.p) + name.len);
	}
}

static bool compile_extra(struct store *s, struct rule_info *r, const struct append_output *a)
{
	for (size_t i = 0; i < a->nextra; i++) {
		struct str format =
			a->extra_formats[i].p
				? a->extra_formats[i]
				: arena_printf(s->compiled, "%%%.*s", STR_ARG(a->extra_names[i]));
		struct source_text text = text_generated(s->compiled, format, r->output_ctx->span);
		struct template *t;
		bool skip;

		if (!compile_template(s, r, &text, &t, &skip))
			return false;
		r->extra[r->nextra] = t;
		r->extra_keys[r->nextra++] = a->extra_names[i];
	}
	return true;
}

static bool compile_extras(struct store *s, struct rule_info *r)
{
	size_t n = 0;

	for (size_t i = 0; i < s->options->nappends; i++)
		n += s->options->appends[i].nextra;
	r->extra = arena_array(s->compiled, n, sizeof(*r->extra));
	r->extra_keys = arena_array(s->compiled, n, sizeof(*r->extra_keys));
	r->nextra = 0;
	for (size_t i = 0; i < s->options->nappends; i++)
		if (is_meant(&s->options->appends[i], r) &&
		    !compile_extra(s, r, &s->options->appends[i]))
			return false;
	return true;
}

bool compile_output(struct store *s, struct rule_info *r, bool *skip)
{
	struct text_builder b;
	struct source_text text;

	text_begin(&b, s->compiled);
	put_without_container_info(s, r, &b);
	put_appended(s, r, &b);
	if (!text_end(&b, &text)) {
		report(s, LOAD_ERR_COMPILE_OUTPUT, r->output_ctx,
		       "the output of rule '%.*s' is too long", STR_ARG(r->name));
		return false;
	}
	r->output_full = text.text;
	if (!compile_template(s, r, &text, &r->message, skip)) {
		if (*skip)
			forgive_last(s);
		return *skip;
	}
	warn_deprecated(s, r);
	return compile_extras(s, r);
}
