/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * The tree against the tables: a node whose path is an option is decoded, one on the way to an
 * option is entered, one below an accepted key is left alone, and anything else is unknown.
 */

static bool bad(struct diags *d, const struct yaml_node *n, const struct option_info *o,
		const char *expected)
{
	diag_add(d, LOAD_ERR_YAML_VALIDATE, n->span, "%s must be %s", o->key, expected);
	return false;
}

static bool decode_int(const struct yaml_node *n, const struct option_info *o, int64_t *out,
		       struct diags *d)
{
	int64_t v;

	if (!yaml_int(n, &v))
		return bad(d, n, o, "a whole number");
	if (v < o->min || v > o->max) {
		diag_add(d, LOAD_ERR_YAML_VALIDATE, n->span,
			 "%s must be from %" PRId64 " to %" PRId64, o->key, o->min, o->max);
		return false;
	}
	*out = v;
	return true;
}

/* With a point or without; ".1" and "1e-3" are numbers, too. */
static bool decode_number(const struct yaml_node *n, const struct option_info *o, double *out,
			  struct diags *d)
{
	char text[64] = "", *end = text;
	double v = 0;

	if (n->kind == YAML_SCALAR && n->value.text.len < sizeof(text)) {
		memcpy(text, n->value.text.p, n->value.text.len);
		text[n->value.text.len] = '\0';
		v = strtod(text, &end);
	}
	if (end == text || *end)
		return bad(d, n, o, "a number");
	/* Comparisons with what is no number are false. */
	if (!(v >= (double)o->min && v <= (double)o->max)) {
		diag_add(d, LOAD_ERR_YAML_VALIDATE, n->span,
			 "%s must be from %" PRId64 " to %" PRId64, o->key, o->min, o->max);
		return false;
	}
	*out = v;
	return true;
}

static bool is_choice(struct str words, struct str word)
{
	while (words.len) {
		size_t n = str_chr(words, ' ');

		if (str_ieq(str_of(words.p, n), word))
			return true;
		words = str_from_index(words, n + 1);
	}
	return false;
}

static bool decode_choice(const struct yaml_node *n, const struct option_info *o, struct str *out,
			  struct diags *d)
{
	if (n->kind != YAML_SCALAR || !is_choice(str_from(o->choices), n->value.text)) {
		diag_add(d, LOAD_ERR_YAML_VALIDATE, n->span, "%s must be one of: %s", o->key,
			 o->choices);
		return false;
	}
	*out = n->value.text;
	return true;
}

static bool decode_value(const struct yaml_node *n, const struct option_info *o, void *out,
			 struct diags *d)
{
	switch (o->type) {
	case TYPED_BOOL:
		return yaml_bool(n, out) || bad(d, n, o, "true or false");
	case TYPED_INT:
		return decode_int(n, o, out, d);
	case TYPED_NUMBER:
		return decode_number(n, o, out, d);
	case TYPED_TEXT:
		if (n->kind != YAML_SCALAR)
			return bad(d, n, o, "a text");
		*(struct str *)out = n->value.text;
		return true;
	case TYPED_CHOICE:
		return decode_choice(n, o, out, d);
	case TYPED_LIST:
		return decode_list(n, o->key, out, d);
	case TYPED_SELECTORS:
		return decode_selectors(n, out, d);
	case TYPED_APPENDS:
		return decode_appends(n, out, d);
	case TYPED_PAIRS:
		return decode_pairs(n, out, d);
	case TYPED_FILES:
		return decode_files(n, out, d);
	}
	return false;
}

static void decode_option(const struct yaml_node *n, size_t id, struct config *c, struct diags *d)
{
	const struct option_info *o = &option_table[id];

	/* `key:` with nothing behind it leaves the default. */
	if (yaml_is_null(n))
		return;
	if (decode_value(n, o, (char *)c + o->offset, d)) {
		c->given[id] = true;
		c->at[id] = n->span;
	}
}

/* True when `key` is `path` or lies below it. */
static bool leads_to(struct str path, const char *key)
{
	return strncmp(key, path.p, path.len) == 0 && (key[path.len] == '.' || !key[path.len]);
}

struct candidates {
	struct str parent; /* "file_output." or "" */
	size_t next;
};

static bool next_candidate(void *arg, struct str *out)
{
	struct candidates *c = arg;

	while (c->next < OPTIONS + accepted_count) {
		size_t i = c->next++;
		const char *key =
			i < OPTIONS ? option_table[i].key : accepted_table[i - OPTIONS].key;

		if (strncmp(key, c->parent.p, c->parent.len) == 0) {
			*out = str_of(key + c->parent.len, strcspn(key + c->parent.len, "."));
			return true;
		}
	}
	return false;
}

static void unknown(const struct yaml_node *key, struct str path, struct str parent,
		    struct diags *d)
{
	struct candidates all = { .parent = parent };
	struct str near = diag_nearest(key->value.text, next_candidate, &all);
	struct diag *w =
		diag_add(d, LOAD_UNKNOWN_KEY, key->span, "unknown option '%.*s'", STR_ARG(path));

	if (near.len)
		diag_note(d, w, key->span, "did you mean '%.*s%.*s'?", STR_ARG(parent),
			  STR_ARG(near));
}

static bool switched_off(const struct yaml_node *n)
{
	bool on = true;

	if (yaml_is_null(n) || (n->kind != YAML_SCALAR && n->n == 0))
		return true;
	if (n->kind == YAML_MAP && yaml_get(n, "enabled"))
		return yaml_bool(yaml_get(n, "enabled"), &on) && !on;
	return yaml_bool(n, &on) && !on;
}

/* load_plugins: [container] asks for what is built in. */
static bool only_container(const struct yaml_node *n)
{
	if (n->kind != YAML_SEQUENCE)
		return false;
	for (size_t i = 0; i < n->n; i++)
		if (n->items[i]->kind != YAML_SCALAR ||
		    !str_eq(n->items[i]->value.text, STR("container")))
			return false;
	return true;
}

static void accept(const struct accepted_info *a, const struct yaml_node *key,
		   const struct yaml_node *value, struct diags *d)
{
	if (a->when != WHEN_MISSING || switched_off(value) || only_container(value))
		return;
	diag_add(d, LOAD_DEPRECATED_ITEM, key->span, "%s has no effect: %s", a->key, a->why);
}

static void decode_map(const struct yaml_node *map, struct str parent, struct config *c,
		       struct diags *d);

static void decode_pair(const struct yaml_pair *p, struct str parent, struct config *c,
			struct diags *d)
{
	struct str name = p->key->kind == YAML_SCALAR ? p->key->value.text : STR("?");
	struct str path = arena_printf(d->arena, "%.*s%.*s", STR_ARG(parent), STR_ARG(name));
	bool on_the_way = false;

	for (size_t i = 0; i < OPTIONS; i++) {
		if (str_eq(path, str_from(option_table[i].key))) {
			decode_option(p->value, i, c, d);
			return;
		}
		on_the_way |= leads_to(path, option_table[i].key);
	}
	for (size_t i = 0; i < accepted_count; i++) {
		if (str_eq(path, str_from(accepted_table[i].key))) {
			accept(&accepted_table[i], p->key, p->value, d);
			return;
		}
		on_the_way |= leads_to(path, accepted_table[i].key);
	}
	if (!on_the_way) {
		unknown(p->key, path, parent, d);
	} else if (p->value->kind == YAML_MAP) {
		decode_map(p->value, arena_printf(d->arena, "%.*s.", STR_ARG(path)), c, d);
	} else if (!yaml_is_null(p->value)) {
		diag_add(d, LOAD_ERR_YAML_VALIDATE, p->value->span, "%.*s must be a map",
			 STR_ARG(path));
	}
}

/* The first of two equal keys counts, as in rules files. */
static bool repeated(const struct yaml_node *map, size_t i)
{
	const struct yaml_node *key = map->pairs[i].key;

	for (size_t j = 0; j < i; j++)
		if (map->pairs[j].key->kind == key->kind &&
		    str_eq(map->pairs[j].key->value.text, key->value.text))
			return true;
	return false;
}

/* Nesting is bounded by the table: only prefixes of its keys are entered. */
static void decode_map(const struct yaml_node *map, struct str parent, struct config *c,
		       struct diags *d)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_pair *p = &map->pairs[i];

		if (p->key->kind == YAML_SCALAR && repeated(map, i))
			diag_add(d, LOAD_UNKNOWN_KEY, p->key->span,
				 "'%.*s' stands here a second time and is ignored",
				 STR_ARG(p->key->value.text));
		else
			decode_pair(p, parent, c, d);
	}
}

void config_decode(const struct yaml_node *root, struct config *out, struct diags *d)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option_info *o = &option_table[i];

		if (o->preset[0])
			decode_value(tree_text(d->arena, str_from(o->preset), (struct span){ 0 }),
				     o, (char *)out + o->offset, d);
	}
	decode_map(root, STR(""), out, d);
	if (!out->given[OPTION_stdout_enabled])
		out->stdout_enabled = !out->file_enabled;
}
