/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* The keys of a rule item, whichever of its four forms it has: full, append, override, toggle. */

static const char *const priority_names[] = {
	[PRIORITY_EMERGENCY] = "Emergency",
	[PRIORITY_ALERT] = "Alert",
	[PRIORITY_CRITICAL] = "Critical",
	[PRIORITY_ERROR] = "Error",
	[PRIORITY_WARNING] = "Warning",
	[PRIORITY_NOTICE] = "Notice",
	[PRIORITY_INFORMATIONAL] = "Informational",
	[PRIORITY_DEBUG] = "Debug",
};

const char *priority_name(enum priority p)
{
	return priority_names[p];
}

bool priority_parse(struct str text, enum priority *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(priority_names); i++)
		if (str_ieq(text, str_from(priority_names[i]))) {
			*out = (enum priority)i;
			return true;
		}
	if (!str_ieq(text, STR("Info")))
		return false;
	*out = PRIORITY_INFORMATIONAL;
	return true;
}

static bool next_priority(void *arg, struct str *candidate)
{
	size_t *at = arg;

	if (*at == ARRAY_SIZE(priority_names))
		return false;
	*candidate = str_from(priority_names[(*at)++]);
	return true;
}

static bool get_priority(struct store *s, const struct yaml_node *item, const struct context *ctx,
			 enum priority *out)
{
	struct source_text text;
	struct context *place;
	struct diag *d;
	struct str near;
	size_t at = 0;

	if (!get_text(s, item, "priority", REQUIRED, ctx, &text))
		return false;
	if (priority_parse(text.text, out))
		return true;
	place = context_new(s, "rule priority", STR(""), yaml_get(item, "priority"), ctx);
	d = report(s, LOAD_ERR_YAML_VALIDATE, place, "'%.*s' is no priority", STR_ARG(text.text));
	near = diag_nearest(text.text, next_priority, &at);
	if (near.len)
		diag_note(s->d, d, d->at, "did you mean '%.*s'?", STR_ARG(near));
	else
		diag_note(s->d, d, d->at,
			  "priorities are Emergency, Alert, Critical, Error, Warning, Notice, "
			  "Informational and Debug");
	return false;
}

static bool get_tags(struct store *s, const struct yaml_node *item, const struct context *ctx,
		     struct rule_info *r)
{
	text_vec texts = { 0 };

	if (!yaml_get(item, "tags"))
		return true;
	if (!get_texts(s, item, "tags", ctx, &texts))
		return false;
	for (size_t i = 0; i < texts.n; i++) {
		bool known = false;

		for (size_t j = 0; j < r->tags.n; j++)
			known |= str_eq(r->tags.items[j], texts.items[i].text);
		if (!known)
			VEC_PUSH(s->arena, &r->tags, texts.items[i].text);
	}
	return true;
}

static bool get_condition(struct store *s, const struct yaml_node *item, struct rule_info *r)
{
	if (!get_text(s, item, "condition", REQUIRED, r->ctx, &r->condition))
		return false;
	r->cond_ctx =
		context_new(s, "rule condition", STR(""), yaml_get(item, "condition"), r->ctx);
	return true;
}

static bool get_output(struct store *s, const struct yaml_node *item, struct rule_info *r)
{
	struct source_text raw;

	if (!get_text(s, item, "output", REQUIRED, r->ctx, &raw))
		return false;
	r->output = text_trim(s->arena, &raw);
	r->output_ctx = context_new(s, "rule output", STR(""), yaml_get(item, "output"), r->ctx);
	return true;
}

static bool get_one(struct store *s, const struct yaml_node *item, enum rule_key key,
		    struct rule_info *r, bool append)
{
	switch (key) {
	case KEY_CONDITION:
		return get_condition(s, item, r);
	case KEY_OUTPUT:
		return get_output(s, item, r);
	case KEY_DESC:
		return get_text(s, item, "desc", REQUIRED, r->ctx, &r->desc);
	case KEY_TAGS:
		return get_tags(s, item, r->ctx, r);
	case KEY_EXCEPTIONS:
		return read_exceptions(s, item, r, r->ctx, append);
	case KEY_PRIORITY:
		return get_priority(s, item, r->ctx, &r->priority);
	case KEY_ENABLED:
		return get_bool(s, item, "enabled", REQUIRED, r->ctx, &r->enabled);
	case KEY_WARN_EVTTYPES:
		return get_bool(s, item, "warn_evttypes", REQUIRED, r->ctx, &r->warn_evttypes);
	case KEY_SKIP_IF_UNKNOWN_FILTER:
		return get_bool(s, item, "skip-if-unknown-filter", REQUIRED, r->ctx,
				&r->skip_unknown);
	case KEY_CAPTURE:
		return get_bool(s, item, "capture", REQUIRED, r->ctx, &r->capture);
	case KEY_CAPTURE_DURATION:
		return get_u32(s, item, "capture_duration", REQUIRED, r->ctx,
			       &r->capture_duration_ms);
	case KEY_REQUIRED_ENGINE_VERSION:
	case KEY_REQUIRED_PLUGIN_VERSIONS:
	case KEY_LIST:
	case KEY_ITEMS:
	case KEY_MACRO:
	case KEY_RULE:
	case KEY_SOURCE:
	case KEY_APPEND:
	case KEY_OVERRIDE:
	case RULE_KEYS:
		break;
	}
	return true;
}

static bool check_overrides(struct store *s, const struct yaml_node *item,
			    const struct overrides *o, const struct context *ctx)
{
	for (size_t i = 0; i < RULE_KEYS; i++) {
		const char *key = rule_key_name((enum rule_key)i);

		if ((o->append[i] || o->replace[i]) && !yaml_get(item, key)) {
			report(s, LOAD_ERR_YAML_VALIDATE, ctx,
			       "'override' names '%s', but the item has no '%s'", key, key);
			return false;
		}
		if (o->append[i] && o->replace[i]) {
			report(s, LOAD_ERR_YAML_VALIDATE, ctx,
			       "'%s' is overridden twice: either append or replace", key);
			return false;
		}
	}
	return true;
}

/* A key that `override` does not mention would have no effect: surely not what was meant. */
static bool check_unlisted(struct store *s, const struct yaml_node *item, const struct overrides *o,
			   const struct context *ctx)
{
	static const enum rule_key all[] = {
		KEY_CONDITION, KEY_OUTPUT,          KEY_DESC,
		KEY_TAGS,      KEY_EXCEPTIONS,      KEY_PRIORITY,
		KEY_ENABLED,   KEY_WARN_EVTTYPES,   KEY_SKIP_IF_UNKNOWN_FILTER,
		KEY_CAPTURE,   KEY_CAPTURE_DURATION
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const char *key = rule_key_name(all[i]);
		const struct yaml_node *node = yaml_get(item, key);
		struct diag *d;

		if (!node || o->append[all[i]] || o->replace[all[i]])
			continue;
		d = report(s, LOAD_ERR_YAML_VALIDATE,
			   context_new(s, "overrides", str_from(key), node, ctx),
			   "'%s' is given, but 'override' does not say what to do with it", key);
		diag_note(s->d, d, d->at, "add '%s: append' or '%s: replace' to 'override'", key,
			  key);
		return false;
	}
	return true;
}

static bool read_overriding(struct store *s, const struct yaml_node *item, struct rule_info *r,
			    const struct overrides *o)
{
	struct rule_info *more = ARENA_NEW(s->arena, struct rule_info);
	struct source_text source = { 0 };

	if (!get_text(s, item, "source", OPTIONAL, r->ctx, &source) ||
	    !check_overrides(s, item, o, r->ctx))
		return false;
	r->source = source.text;
	*more = *r;
	for (size_t i = 0; i < RULE_KEYS; i++)
		if (o->append[i] && !get_one(s, item, (enum rule_key)i, more, true))
			return false;
	for (size_t i = 0; i < RULE_KEYS; i++)
		if (o->replace[i] && !get_one(s, item, (enum rule_key)i, r, false))
			return false;
	if (!check_unlisted(s, item, o, r->ctx))
		return false;
	if (o->nappend && !append_rule(s, more))
		return false;
	return !o->nreplace || replace_in_rule(s, r, o);
}

static bool read_appending(struct store *s, const struct yaml_node *item, struct rule_info *r)
{
	struct source_text source = { 0 };
	struct diag *d;

	if (yaml_get(item, "condition") && !get_condition(s, item, r))
		return false;
	if (!read_exceptions(s, item, r, r->ctx, true) ||
	    !get_text(s, item, "source", OPTIONAL, r->ctx, &source))
		return false;
	r->source = source.text;
	if (!r->condition.text.len && !r->exceptions.n) {
		d = report(s, LOAD_ERR_VALIDATE, r->ctx, "nothing to append to rule '%.*s'",
			   STR_ARG(r->name));
		diag_note(s->d, d, d->at,
			  "only a condition and exceptions can be appended; "
			  "use 'override' for other keys");
		return false;
	}
	return append_rule(s, r);
}

static bool read_toggle(struct store *s, const struct yaml_node *item, struct rule_info *r)
{
	struct diag *d;

	if (!yaml_get(item, "enabled")) {
		d = report(s, LOAD_ERR_YAML_VALIDATE, r->ctx,
			   "rule '%.*s' has no condition, output, desc or priority",
			   STR_ARG(r->name));
		diag_note(s->d, d, d->at, "a rule needs all four of them");
		return false;
	}
	if (!get_bool(s, item, "enabled", REQUIRED, r->ctx, &r->enabled))
		return false;
	d = report(s, LOAD_DEPRECATED_ITEM, r->ctx,
		   "switching a rule by 'enabled' alone is deprecated");
	diag_note(s->d, d, d->at, "add 'override: {enabled: replace}'");
	return toggle_rule(s, r);
}

static bool read_full(struct store *s, const struct yaml_node *item, struct rule_info *r)
{
	struct source_text source = { .text = STR("syscall") };

	if (!get_condition(s, item, r) || !get_output(s, item, r) ||
	    !get_text(s, item, "desc", REQUIRED, r->ctx, &r->desc) ||
	    !get_priority(s, item, r->ctx, &r->priority) ||
	    !get_text(s, item, "source", OPTIONAL, r->ctx, &source) ||
	    !get_bool(s, item, "enabled", OPTIONAL, r->ctx, &r->enabled) ||
	    !get_bool(s, item, "capture", OPTIONAL, r->ctx, &r->capture) ||
	    !get_u32(s, item, "capture_duration", OPTIONAL, r->ctx, &r->capture_duration_ms) ||
	    !get_bool(s, item, "warn_evttypes", OPTIONAL, r->ctx, &r->warn_evttypes) ||
	    !get_bool(s, item, "skip-if-unknown-filter", OPTIONAL, r->ctx, &r->skip_unknown) ||
	    !get_tags(s, item, r->ctx, r) || !read_exceptions(s, item, r, r->ctx, false))
		return false;
	r->source = source.text;
	return define_rule(s, r);
}

static bool has_definition(const struct yaml_node *item)
{
	return yaml_get(item, "condition") || yaml_get(item, "output") || yaml_get(item, "desc") ||
	       yaml_get(item, "priority");
}

static bool read_form(struct store *s, const struct yaml_node *item, struct rule_info *r)
{
	bool append = false;
	struct overrides o;
	struct diag *d;

	if (!get_bool(s, item, "append", OPTIONAL, r->ctx, &append))
		return false;
	if (append) {
		d = report(s, LOAD_DEPRECATED_ITEM, r->ctx, "'append' of a rule is deprecated");
		diag_note(s->d, d, d->at,
			  "write 'override' with the keys to append to, each with 'append'");
	}
	if (!read_overrides(s, item, ITEM_RULE, r->ctx, &o))
		return false;
	if (append && o.nappend + o.nreplace) {
		report(s, LOAD_ERR_YAML_VALIDATE, r->ctx,
		       "'override' and 'append' exclude each other");
		return false;
	}
	if (o.nappend + o.nreplace)
		return read_overriding(s, item, r, &o);
	if (append)
		return read_appending(s, item, r);
	return has_definition(item) ? read_full(s, item, r) : read_toggle(s, item, r);
}

bool read_rule(struct store *s, const struct yaml_node *item, const struct context *root)
{
	struct rule_info *r = ARENA_NEW(s->arena, struct rule_info);
	struct context *ctx = context_new(s, "rule", STR(""), item, root);
	const struct yaml_node *name = yaml_get(item, "rule");
	struct source_text text;

	ctx->span = name->span;
	if (!get_text(s, item, "rule", REQUIRED, ctx, &text))
		return false;
	ctx = context_new(s, "rule", text.text, item, root);
	ctx->span = name->span;
	r->name = text.text;
	r->ctx = ctx;
	r->enabled = r->warn_evttypes = true;
	if (!read_form(s, item, r))
		return false;
	warn_unknown_keys(s, item, ITEM_RULE, ctx);
	return true;
}
