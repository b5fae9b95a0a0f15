/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* The options whose values are more than a scalar. */

static bool complain(struct diags *d, const struct yaml_node *n, const char *what,
		     const char *expected)
{
	diag_add(d, LOAD_ERR_YAML_VALIDATE, n->span, "%s must be %s", what, expected);
	return false;
}

static bool text_of(const struct yaml_node *n, const char *what, struct str *out, struct diags *d)
{
	if (n->kind != YAML_SCALAR)
		return complain(d, n, what, "a text");
	*out = n->value.text;
	return true;
}

static struct str key_of(const struct yaml_pair *p)
{
	return p->key->kind == YAML_SCALAR ? p->key->value.text : STR("");
}

static void unknown_key(struct diags *d, const struct yaml_pair *p, const char *what)
{
	struct str key = key_of(p);

	diag_add(d, LOAD_UNKNOWN_KEY, p->key->span, "%s has no key '%.*s'", what, STR_ARG(key));
}

/* One text stands for a list of one; nothing for an empty list. */
bool decode_list(const struct yaml_node *n, const char *what, struct str_list *out, struct diags *d)
{
	if (yaml_is_null(n)) {
		*out = (struct str_list){ 0 };
		return true;
	}
	if (n->kind == YAML_SCALAR) {
		out->items = arena_array(d->arena, 1, sizeof(*out->items));
		out->items[0] = n->value.text;
		out->n = 1;
		return true;
	}
	if (n->kind != YAML_SEQUENCE)
		return complain(d, n, what, "a list of texts");
	out->items = arena_array(d->arena, n->n, sizeof(*out->items));
	out->n = 0;
	for (size_t i = 0; i < n->n; i++)
		if (!text_of(n->items[i], what, &out->items[out->n++], d))
			return false;
	return true;
}

/* { rule: NAME, tag: NAME }, at least one of them */
static bool selector_target(const struct yaml_node *n, struct config_selector *out, struct diags *d)
{
	if (n->kind != YAML_MAP)
		return complain(d, n, "enable and disable", "a map with `rule` or `tag`");
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_pair *p = &n->pairs[i];

		if (str_eq(key_of(p), STR("rule"))) {
			if (!text_of(p->value, "rule", &out->rule, d))
				return false;
		} else if (str_eq(key_of(p), STR("tag"))) {
			if (!text_of(p->value, "tag", &out->tag, d))
				return false;
		} else {
			unknown_key(d, p, "a rule selection");
		}
	}
	if (!out->rule.p && !out->tag.p)
		return complain(d, n, "a rule selection", "by `rule` or by `tag`");
	return true;
}

static bool decode_selector(const struct yaml_node *n, struct config_selector *out, struct diags *d)
{
	struct str key;

	if (n->kind != YAML_MAP || n->n != 1)
		return complain(d, n, "an item of rules", "a map with `enable` or `disable`");
	key = key_of(&n->pairs[0]);
	if (!str_eq(key, STR("enable")) && !str_eq(key, STR("disable")))
		return complain(d, n, "an item of rules", "a map with `enable` or `disable`");
	out->enable = str_eq(key, STR("enable"));
	out->at = n->span;
	return selector_target(n->pairs[0].value, out, d);
}

bool decode_selectors(const struct yaml_node *n, struct config_selectors *out, struct diags *d)
{
	if (yaml_is_null(n))
		return true;
	if (n->kind != YAML_SEQUENCE)
		return complain(d, n, "rules", "a list");
	out->items = arena_array(d->arena, n->n, sizeof(*out->items));
	for (size_t i = 0; i < n->n; i++, out->n++)
		if (!decode_selector(n->items[i], &out->items[i], d))
			return false;
	return true;
}

static bool append_match(const struct yaml_node *n, struct config_append *out, struct diags *d)
{
	if (yaml_is_null(n))
		return true;
	if (n->kind != YAML_MAP)
		return complain(d, n, "match", "a map with `source`, `rule` or `tags`");
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_pair *p = &n->pairs[i];
		bool ok = true;

		if (str_eq(key_of(p), STR("source")))
			ok = text_of(p->value, "source", &out->match_source, d);
		else if (str_eq(key_of(p), STR("rule")))
			ok = text_of(p->value, "rule", &out->match_rule, d);
		else if (str_eq(key_of(p), STR("tags")))
			ok = decode_list(p->value, "tags", &out->match_tags, d);
		else
			unknown_key(d, p, "match");
		if (!ok)
			return false;
	}
	return true;
}

/* An item is a field's name, or a map of names to formats. */
static bool append_fields(const struct yaml_node *n, struct config_append *out, struct diags *d)
{
	size_t room = 0, used = 0;

	if (yaml_is_null(n))
		return true;
	if (n->kind != YAML_SEQUENCE)
		return complain(d, n, "extra_fields", "a list");
	for (size_t i = 0; i < n->n; i++)
		room += n->items[i]->kind == YAML_MAP ? n->items[i]->n : 1;
	out->extra_names.items = arena_array(d->arena, room, sizeof(struct str));
	out->extra_formats.items = arena_array(d->arena, room, sizeof(struct str));
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *item = n->items[i];

		if (item->kind == YAML_SCALAR) {
			out->extra_names.items[used++] = item->value.text;
			continue;
		}
		if (item->kind != YAML_MAP)
			return complain(d, item, "extra_fields", "field names, or maps to formats");
		for (size_t j = 0; j < item->n; j++) {
			out->extra_names.items[used] = key_of(&item->pairs[j]);
			if (!text_of(item->pairs[j].value, "a format",
				     &out->extra_formats.items[used++], d))
				return false;
		}
	}
	out->extra_names.n = out->extra_formats.n = used;
	return true;
}

static bool decode_append(const struct yaml_node *n, struct config_append *out, struct diags *d)
{
	if (n->kind != YAML_MAP)
		return complain(d, n, "an item of append_output", "a map");
	out->at = n->span;
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_pair *p = &n->pairs[i];
		bool ok = true;

		if (str_eq(key_of(p), STR("match")))
			ok = append_match(p->value, out, d);
		else if (str_eq(key_of(p), STR("extra_output")))
			ok = text_of(p->value, "extra_output", &out->extra_output, d);
		else if (str_eq(key_of(p), STR("extra_fields")))
			ok = append_fields(p->value, out, d);
		else if (str_eq(key_of(p), STR("suggested_output")))
			ok = yaml_bool(p->value, &out->suggested) ||
			     complain(d, p->value, "suggested_output", "true or false");
		else
			unknown_key(d, p, "append_output");
		if (!ok)
			return false;
	}
	return true;
}

bool decode_appends(const struct yaml_node *n, struct config_appends *out, struct diags *d)
{
	if (yaml_is_null(n))
		return true;
	if (n->kind != YAML_SEQUENCE)
		return complain(d, n, "append_output", "a list");
	out->items = arena_array(d->arena, n->n, sizeof(*out->items));
	for (size_t i = 0; i < n->n; i++, out->n++)
		if (!decode_append(n->items[i], &out->items[i], d))
			return false;
	return true;
}

bool decode_pairs(const struct yaml_node *n, struct config_pairs *out, struct diags *d)
{
	if (yaml_is_null(n))
		return true;
	if (n->kind != YAML_MAP)
		return complain(d, n, "static_fields", "a map of names to texts");
	out->keys = arena_array(d->arena, n->n, sizeof(*out->keys));
	out->values = arena_array(d->arena, n->n, sizeof(*out->values));
	for (size_t i = 0; i < n->n; i++, out->n++) {
		out->keys[i] = key_of(&n->pairs[i]);
		if (!text_of(n->pairs[i].value, "a static field", &out->values[i], d))
			return false;
	}
	return true;
}

static bool parse_strategy(const struct yaml_node *n, enum merge_strategy *out, struct diags *d)
{
	static const char *const names[] = {
		[MERGE_APPEND] = "append",
		[MERGE_OVERRIDE] = "override",
		[MERGE_ADD_ONLY] = "add-only",
	};

	for (size_t i = 0; n->kind == YAML_SCALAR && i < ARRAY_SIZE(names); i++)
		if (str_eq(n->value.text, str_from(names[i]))) {
			*out = (enum merge_strategy)i;
			return true;
		}
	return complain(d, n, "strategy", "append, override or add-only");
}

static bool decode_file(const struct yaml_node *n, struct str *path, enum merge_strategy *how,
			struct diags *d)
{
	const struct yaml_node *at, *strategy;

	if (n->kind == YAML_SCALAR) {
		*path = n->value.text;
		return true;
	}
	at = n->kind == YAML_MAP ? yaml_get(n, "path") : NULL;
	if (!at)
		return complain(d, n, "an item of config_files", "a path, or a map with `path`");
	strategy = yaml_get(n, "strategy");
	if (strategy && !parse_strategy(strategy, how, d))
		return false;
	return text_of(at, "path", path, d);
}

bool decode_files(const struct yaml_node *n, struct config_files *out, struct diags *d)
{
	size_t room = n->kind == YAML_SEQUENCE ? n->n : 1;

	if (yaml_is_null(n))
		return true;
	if (room > CONFIG_FILES_MAX)
		return complain(d, n, "config_files", "shorter");
	out->paths = arena_array(d->arena, room, sizeof(*out->paths));
	out->strategies = arena_array(d->arena, room, sizeof(*out->strategies));
	for (size_t i = 0; i < room; i++, out->n++)
		if (!decode_file(n->kind == YAML_SEQUENCE ? n->items[i] : n, &out->paths[i],
				 &out->strategies[i], d))
			return false;
	return true;
}
