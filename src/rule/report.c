/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

struct context *context_new(struct store *s, const char *item_type, struct str name,
			    const struct yaml_node *node, const struct context *parent)
{
	struct context *c = ARENA_NEW(s->arena, struct context);

	c->item_type = item_type;
	c->item_name = name;
	c->parent = parent;
	c->file = s->file;
	if (node) {
		c->line = node->line;
		c->column = node->column;
		c->offset = node->span.start;
		c->span = node->span;
	}
	return c;
}

static struct location location_of(const struct context *c)
{
	return (struct location){
		.item_type = c->item_type,
		.item_name = c->item_name,
		.file = c->file,
		.line = c->line,
		.column = c->column,
		.offset = c->offset,
	};
}

/* The locations of ctx, outermost first, with room for `more` behind them. */
static struct location *locations_of(struct store *s, const struct context *ctx, size_t more,
				     size_t *n)
{
	struct location *out;
	size_t i = 0;

	for (const struct context *c = ctx; c; c = c->parent)
		i++;
	out = arena_array(s->arena, i + more, sizeof(*out));
	*n = i;
	for (const struct context *c = ctx; c; c = c->parent)
		out[--i] = location_of(c);
	return out;
}

struct diag *report(struct store *s, enum load_code code, const struct context *ctx,
		    const char *format, ...)
{
	struct diag *d;
	va_list args;

	va_start(args, format);
	d = diag_addv(s->d, code, ctx->span, format, args);
	va_end(args);
	d->locations = locations_of(s, ctx, 0, &d->nlocations);
	return d;
}

void place_at(struct store *s, size_t first, const struct context *ctx)
{
	for (size_t i = first; i < s->d->list.n; i++) {
		struct diag *d = &s->d->list.items[i];

		d->locations = locations_of(s, ctx, 0, &d->nlocations);
	}
}

/* Positions in a text are added to where the text stands, as if it all stood on one line. */
static void append_location(struct store *s, struct diag *d, const struct context *ctx,
			    struct location inner)
{
	size_t n;
	struct location *all = locations_of(s, ctx, 1, &n);

	inner.file = ctx->file;
	inner.line += ctx->line;
	inner.column += ctx->column;
	inner.offset += ctx->offset;
	all[n] = inner;
	d->locations = all;
	d->nlocations = n + 1;
}

void relocate(struct store *s, size_t first, const struct context *ctx)
{
	for (size_t i = first; i < s->d->list.n; i++) {
		struct diag *d = &s->d->list.items[i];
		struct location inner = { .item_type = "condition expression" };

		if (d->nlocations)
			inner = d->locations[d->nlocations - 1];
		append_location(s, d, ctx, inner);
	}
}

void add_expression(struct store *s, struct diag *d, const struct context *ctx, struct str text,
		    size_t at)
{
	struct location inner = { .item_type = "condition expression", .line = 1, .column = 1 };

	inner.offset = (uint32_t)at;
	for (size_t i = 0; i < at && i < text.len; i++) {
		inner.column++;
		if (text.p[i] == '\n') {
			inner.line++;
			inner.column = 1;
		}
	}
	append_location(s, d, ctx, inner);
}

void note_deprecated(struct store *s, struct diag *d)
{
	if (str_eq(d->deprecated_field, STR("evt.dir")))
		diag_note(s->d, d, d->at,
			  "each event stands for the whole call now, and evt.dir is always '<': "
			  "leave it out");
	else
		diag_note(s->d, d, d->at,
			  "there is no enter event to measure from any more: leave it out");
}

struct name_walk {
	const struct strmap *names;
	size_t at;
};

static bool next_name(void *arg, struct str *candidate)
{
	struct name_walk *w = arg;

	while (w->names->slots && w->at <= w->names->mask) {
		const struct strmap_slot *slot = &w->names->slots[w->at++];

		if (slot->value) {
			*candidate = slot->key;
			return true;
		}
	}
	return false;
}

struct str nearest_name(struct str name, const struct strmap *names)
{
	struct name_walk w = { .names = names };

	return diag_nearest(name, next_name, &w);
}
