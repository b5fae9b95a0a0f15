/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * A scalar, or a list of such to any depth; what is neither stands as an empty scalar, as Falco
 * has it, and fails later where it makes no sense.
 */
static bool read_entry(struct store *s, const struct yaml_node *node, const struct context *ctx,
		       struct exception_entry **out)
{
	struct exception_entry *e = ARENA_NEW(s->arena, struct exception_entry);

	*out = e;
	if (node->kind == YAML_SEQUENCE) {
		e->is_list = true;
		for (size_t i = 0; i < node->n; i++) {
			const struct yaml_node *item = node->items[i];
			struct context *inner = context_new(s, "exception", STR(""), item, ctx);
			struct context *value = context_new(s, "value for", STR(""), item, inner);
			struct exception_entry *part;

			if (!read_entry(s, item, value, &part))
				return false;
			VEC_PUSH(s->arena, &e->items, part);
		}
		return true;
	}
	e->text = text_generated(s->arena, STR(""), node->span);
	if (node->kind == YAML_MAP || yaml_is_null(node))
		return true;
	return get_scalar(s, node, ctx, &e->text);
}

static bool read_keyed_entry(struct store *s, const struct yaml_node *map, const char *key,
			     enum need need, const struct context *ctx,
			     struct exception_entry **out)
{
	const struct yaml_node *node = yaml_get(map, key);

	if (!node) {
		*out = ARENA_NEW(s->arena, struct exception_entry);
		if (need == OPTIONAL)
			return true;
		report(s, LOAD_ERR_YAML_VALIDATE, ctx, "exception '%.*s' has no '%s'",
		       STR_ARG(ctx->item_name), key);
		return false;
	}
	return read_entry(s, node, context_new(s, "value for", str_from(key), node, ctx), out);
}

static void strip_comparators(struct store *s, struct exception_entry *comps)
{
	if (!comps->is_list && comps->text.text.len)
		comps->text = text_trim(s->arena, &comps->text);
	for (size_t i = 0; i < comps->items.n; i++) {
		struct exception_entry *c = comps->items.items[i];

		if (!c->is_list && c->text.text.len)
			c->text = text_trim(s->arena, &c->text);
	}
}

static bool read_values(struct store *s, const struct yaml_node *map, struct exception_info *e,
			bool append)
{
	const struct yaml_node *node = yaml_get(map, "values");
	struct context *ctx;
	struct diag *d;

	if (!node) {
		if (append)
			report(s, LOAD_APPEND_NO_VALUES, e->ctx,
			       "exception '%.*s' is appended without values and adds nothing",
			       STR_ARG(e->name));
		return true;
	}
	ctx = context_new(s, "exception values", STR(""), node, e->ctx);
	if (node->kind != YAML_SEQUENCE) {
		d = report(s, LOAD_ERR_YAML_VALIDATE, ctx, "'values' takes a list");
		diag_note(s->d, d, d->at,
			  "one row per line, '- [first, second]'; [] when there are none yet");
		return false;
	}
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *row = node->items[i];
		struct context *outer = context_new(s, "exception value", STR(""), row, ctx);
		struct context *value = context_new(s, "value for", STR(""), row, outer);
		struct exception_entry *entry;

		if (!read_entry(s, row, value, &entry))
			return false;
		VEC_PUSH(s->arena, &e->values, entry);
	}
	return true;
}

static bool read_exception(struct store *s, const struct yaml_node *node, struct rule_info *r,
			   const struct context *list, bool append)
{
	struct exception_info *e = ARENA_NEW(s->arena, struct exception_info);
	struct context *ctx = context_new(s, "exception", STR(""), node, list);
	struct source_text name;

	if (node->kind != YAML_MAP) {
		report(s, LOAD_ERR_YAML_VALIDATE, ctx,
		       "an exception is a map of name, fields, comps and values");
		return false;
	}
	if (!get_text(s, node, "name", REQUIRED, ctx, &name))
		return false;
	e->name = name.text;
	ctx = context_new(s, "exception", e->name, node, list->parent);
	ctx->span = yaml_get(node, "name")->span;
	e->ctx = ctx;
	for (size_t i = 0; i < r->exceptions.n; i++)
		if (str_eq(r->exceptions.items[i]->name, e->name)) {
			struct diag *d =
				report(s, LOAD_EXCEPTION_NAME_NOT_UNIQUE, ctx,
				       "a second exception '%.*s' in one item", STR_ARG(e->name));

			diag_note(s->d, d, r->exceptions.items[i]->ctx->span,
				  "the first one is here");
			break;
		}
	if (!read_keyed_entry(s, node, "fields", append ? OPTIONAL : REQUIRED, ctx, &e->fields) ||
	    !read_keyed_entry(s, node, "comps", OPTIONAL, ctx, &e->comps))
		return false;
	strip_comparators(s, e->comps);
	if (!read_values(s, node, e, append))
		return false;
	VEC_PUSH(s->arena, &r->exceptions, e);
	return true;
}

bool read_exceptions(struct store *s, const struct yaml_node *item, struct rule_info *r,
		     const struct context *ctx, bool append)
{
	const struct yaml_node *node = yaml_get(item, "exceptions");
	struct context *list;

	if (!node || yaml_is_null(node))
		return true;
	list = context_new(s, "exceptions", STR(""), node, ctx);
	if (node->kind != YAML_SEQUENCE) {
		report(s, LOAD_ERR_YAML_VALIDATE, list, "'exceptions' takes a list of exceptions");
		return false;
	}
	for (size_t i = 0; i < node->n; i++)
		if (!read_exception(s, node->items[i], r, list, append))
			return false;
	return true;
}
