/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * The structural check that goes beside reading and never fails a load: what an editor with
 * the JSON schema of rules files would underline. It is stricter than the reader in some things
 * (upper-case priorities, true and false only) and laxer in others (nothing is required).
 * Only the first document of a file is looked at, as Falco does.
 */

enum shape {
	SHAPE_TEXT,
	SHAPE_BOOL,
	SHAPE_INT,
	SHAPE_PRIORITY,
	SHAPE_TEXTS,
	SHAPE_EXCEPTIONS,
	SHAPE_OVERRIDE,
	SHAPE_PLUGINS,
	SHAPE_CELLS,
};

static const enum shape shapes[RULE_KEYS] = {
	[KEY_REQUIRED_ENGINE_VERSION] = SHAPE_TEXT,
	[KEY_REQUIRED_PLUGIN_VERSIONS] = SHAPE_PLUGINS,
	[KEY_LIST] = SHAPE_TEXT,
	[KEY_ITEMS] = SHAPE_TEXTS,
	[KEY_MACRO] = SHAPE_TEXT,
	[KEY_RULE] = SHAPE_TEXT,
	[KEY_CONDITION] = SHAPE_TEXT,
	[KEY_DESC] = SHAPE_TEXT,
	[KEY_OUTPUT] = SHAPE_TEXT,
	[KEY_PRIORITY] = SHAPE_PRIORITY,
	[KEY_SOURCE] = SHAPE_TEXT,
	[KEY_ENABLED] = SHAPE_BOOL,
	[KEY_TAGS] = SHAPE_TEXTS,
	[KEY_EXCEPTIONS] = SHAPE_EXCEPTIONS,
	[KEY_WARN_EVTTYPES] = SHAPE_BOOL,
	[KEY_SKIP_IF_UNKNOWN_FILTER] = SHAPE_BOOL,
	[KEY_CAPTURE] = SHAPE_BOOL,
	[KEY_CAPTURE_DURATION] = SHAPE_INT,
	[KEY_APPEND] = SHAPE_BOOL,
	[KEY_OVERRIDE] = SHAPE_OVERRIDE,
};

struct member {
	const char *name;
	enum shape shape;
	bool required;
};

struct checker {
	struct store *s;
	VEC(struct str) found;
};

#define FOUND_MAX 100 /* findings kept; a file that is something else entirely has no end of them */

static void finding(struct checker *c, const struct yaml_node *at, const char *what, struct str key)
{
	if (c->found.n < FOUND_MAX)
		VEC_PUSH(c->s->arena, &c->found,
			 arena_printf(c->s->arena, "%.*s:%u:%u: %s%s%.*s", STR_ARG(c->s->file),
				      at->line + 1, at->column + 1, what, key.len ? ": " : "",
				      STR_ARG(key)));
}

static void check_value(struct checker *c, const struct yaml_node *n, enum shape shape,
			struct str key);

static bool is_text(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && !yaml_is_null(n);
}

static void check_members(struct checker *c, const struct yaml_node *n,
			  const struct member *members, size_t nmembers)
{
	if (n->kind != YAML_MAP) {
		finding(c, n, "a map is expected", STR(""));
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		struct str key = n->pairs[i].key->value.text;
		size_t m = 0;

		while (m < nmembers && !str_eq(key, str_from(members[m].name)))
			m++;
		if (m == nmembers)
			finding(c, n->pairs[i].key, "key is not known here", key);
		else if (yaml_get(n, members[m].name) != n->pairs[i].value)
			finding(c, n->pairs[i].key, "key is given twice", key);
		else
			check_value(c, n->pairs[i].value, members[m].shape, key);
	}
	for (size_t m = 0; m < nmembers; m++)
		if (members[m].required && !yaml_get(n, members[m].name))
			finding(c, n, "key is missing", str_from(members[m].name));
}

static void check_exception_map(struct checker *c, const struct yaml_node *n)
{
	static const struct member members[] = {
		{ "name", SHAPE_TEXT, true },
		{ "fields", SHAPE_CELLS, false },
		{ "comps", SHAPE_CELLS, false },
		{ "values", SHAPE_CELLS, false },
	};

	check_members(c, n, members, ARRAY_SIZE(members));
}

static void check_plugin(struct checker *c, const struct yaml_node *n, bool outer)
{
	static const struct member members[] = {
		{ "name", SHAPE_TEXT, true },
		{ "version", SHAPE_TEXT, true },
		{ "alternatives", SHAPE_PLUGINS, false },
	};

	check_members(c, n, members, ARRAY_SIZE(members) - !outer);
}

static void check_override(struct checker *c, const struct yaml_node *n)
{
	if (n->kind != YAML_MAP || !n->n) {
		finding(c, n, "a map of keys to 'append' or 'replace' is expected", STR(""));
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		struct str key = n->pairs[i].key->value.text, op = n->pairs[i].value->value.text;

		if (!override_known(key))
			finding(c, n->pairs[i].key, "key cannot be overridden", key);
		else if (yaml_get(n, arena_str(c->s->arena, key).p) != n->pairs[i].value)
			finding(c, n->pairs[i].key, "key is given twice", key);
		else if (!str_eq(op, STR("append")) && !str_eq(op, STR("replace")))
			finding(c, n->pairs[i].value, "'append' or 'replace' is expected", key);
	}
}

static bool is_upper_priority(struct str text)
{
	enum priority p;

	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] >= 'a' && text.p[i] <= 'z')
			return false;
	return priority_parse(text, &p);
}

static void check_value(struct checker *c, const struct yaml_node *n, enum shape shape,
			struct str key)
{
	bool list = n->kind == YAML_SEQUENCE;
	struct str text = n->value.text;
	int64_t number;

	switch (shape) {
	case SHAPE_TEXT:
		if (!is_text(n))
			finding(c, n, "a single value is expected", key);
		return;
	case SHAPE_BOOL:
		if (!is_text(n) || (!str_eq(text, STR("true")) && !str_eq(text, STR("false"))))
			finding(c, n, "true or false is expected", key);
		return;
	case SHAPE_INT:
		if (!is_text(n) || !str_to_i64(text, &number))
			finding(c, n, "a whole number is expected", key);
		return;
	case SHAPE_PRIORITY:
		if (!is_text(n) || !is_upper_priority(text))
			finding(c, n, "the name of a priority in capitals is expected", key);
		return;
	case SHAPE_TEXTS:
	case SHAPE_EXCEPTIONS:
	case SHAPE_PLUGINS:
		if (!list)
			finding(c, n, "a list is expected", key);
		for (size_t i = 0; list && i < n->n; i++) {
			if (shape == SHAPE_TEXTS)
				check_value(c, n->items[i], SHAPE_TEXT, key);
			else if (shape == SHAPE_EXCEPTIONS)
				check_exception_map(c, n->items[i]);
			else
				check_plugin(c, n->items[i],
					     str_eq(key, STR("required_plugin_versions")));
		}
		return;
	case SHAPE_OVERRIDE:
		check_override(c, n);
		return;
	case SHAPE_CELLS:
		return;
	}
}

static void check_item(struct checker *c, const struct yaml_node *item)
{
	struct member members[RULE_KEYS];

	for (size_t i = 0; i < RULE_KEYS; i++)
		members[i] = (struct member){ rule_key_name((enum rule_key)i), shapes[i], false };
	check_members(c, item, members, RULE_KEYS);
}

void check_schema(struct store *s, const struct yaml_file *file)
{
	struct checker c = { .s = s };
	const struct yaml_node *doc;

	if (!file->nroots)
		return;
	doc = file->roots[0];
	for (size_t i = 0; doc && doc->kind == YAML_SEQUENCE && i < doc->n; i++)
		check_item(&c, doc->items[i]);
	if (doc && doc->kind != YAML_SEQUENCE)
		finding(&c, doc, "a list of items is expected", STR(""));
	s->result->schema = doc && !c.found.n;
	s->result->schema_warnings = c.found.items;
	s->result->nschema_warnings = c.found.n;
}
