/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Getting one key of an item, with all that can be wrong about it. */

/* ---- Keys --------------------------------------------------------------------------------- */

enum {
	NO = 0,
	ENGINE = 1 << ITEM_ENGINE_VERSION,
	PLUGINS = 1 << ITEM_PLUGIN_VERSIONS,
	LIST = 1 << ITEM_LIST,
	MACRO = 1 << ITEM_MACRO,
	RULE = 1 << ITEM_RULE,
	APPEND_LIST = LIST,
	APPEND_MACRO = MACRO,
	APPEND_RULE = RULE,
	REPLACE_LIST = LIST << 8,
	REPLACE_MACRO = MACRO << 8,
	REPLACE_RULE = RULE << 8,
};

static const struct {
	const char *name;
	unsigned kinds;
	unsigned overrides; /* append in the low byte, replace above */
} keys[] = {
#define RULE_KEY(id, key, kinds_of, overrides_of) [KEY_##id] = { key, kinds_of, overrides_of },
#include "tables/rule_keys.def"
#undef RULE_KEY
};

static const char *const kind_names[] = {
	[ITEM_ENGINE_VERSION] = "a version requirement",
	[ITEM_PLUGIN_VERSIONS] = "a plugin requirement",
	[ITEM_LIST] = "a list",
	[ITEM_MACRO] = "a macro",
	[ITEM_RULE] = "a rule",
};

const char *rule_key_name(enum rule_key key)
{
	return keys[key].name;
}

static enum rule_key find_key(struct str name)
{
	for (size_t i = 0; i < RULE_KEYS; i++)
		if (str_eq(name, str_from(keys[i].name)))
			return (enum rule_key)i;
	return RULE_KEYS;
}

struct pair_walk {
	const struct yaml_node *item;
	size_t at;
};

/* ---- Values ------------------------------------------------------------------------------ */

static const char *kind_name(const struct yaml_node *n)
{
	if (yaml_is_null(n))
		return "nothing";
	switch (n->kind) {
	case YAML_SCALAR:
		return "a single value";
	case YAML_SEQUENCE:
		return "a list";
	case YAML_MAP:
		return "a map";
	}
	return "something else";
}

bool get_scalar(struct store *s, const struct yaml_node *node, const struct context *ctx,
		struct source_text *out)
{
	const char *what = ctx->item_name.len ? ctx->item_name.p : "this";

	if (node->kind != YAML_SCALAR) {
		report(s, LOAD_ERR_YAML_VALIDATE, ctx, "'%s' takes a single value, not %s", what,
		       kind_name(node));
		return false;
	}
	if (!node->value.text.len) {
		report(s, LOAD_ERR_YAML_VALIDATE, ctx, "'%s' is empty", what);
		return false;
	}
	*out = node->value;
	return true;
}

static bool next_pair(void *arg, struct str *candidate)
{
	struct pair_walk *w = arg;

	while (w->at < w->item->n) {
		const struct yaml_node *key = w->item->pairs[w->at++].key;

		if (key->kind == YAML_SCALAR && find_key(key->value.text) == RULE_KEYS) {
			*candidate = key->value.text;
			return true;
		}
	}
	return false;
}

/* A key of the item that nobody knows and that may be the one that is missing. */
static void note_misspelt(struct store *s, struct diag *d, const struct yaml_node *item,
			  const char *key)
{
	struct pair_walk walk = { .item = item };
	struct str near = diag_nearest(str_from(key), next_pair, &walk);

	for (size_t i = 0; near.len && i < item->n; i++) {
		const struct yaml_node *k = item->pairs[i].key;

		if (k->kind == YAML_SCALAR && k->value.text.p == near.p) {
			diag_note(s->d, d, k->span, "is '%.*s' meant to be '%s'?", STR_ARG(near),
				  key);
			return;
		}
	}
}

/*
 * The node of a key and the context of its value: 1 when there is one, 0 when an optional one is
 * not there, -1 with a diagnostic.
 */
static int find_value(struct store *s, const struct yaml_node *item, const char *key,
		      enum need need, const struct context *ctx, const struct yaml_node **node)
{
	struct diag *d;

	*node = yaml_get(item, key);
	if (!*node && need == OPTIONAL)
		return 0;
	if (!*node) {
		d = report(s, LOAD_ERR_YAML_VALIDATE, ctx, "key '%s' is missing", key);
		note_misspelt(s, d, item, key);
		return -1;
	}
	if (!yaml_is_null(*node))
		return 1;
	d = report(s, LOAD_ERR_YAML_VALIDATE, ctx, "key '%s' has no value", key);
	diag_note(s->d, d, (*node)->span, "write a value here, or leave '%s' out", key);
	return -1;
}

static struct context *value_context(struct store *s, const struct yaml_node *node, const char *key,
				     const struct context *ctx)
{
	return context_new(s, "value for", str_from(key), node, ctx);
}

bool get_text(struct store *s, const struct yaml_node *item, const char *key, enum need need,
	      const struct context *ctx, struct source_text *out)
{
	const struct yaml_node *node;
	int found = find_value(s, item, key, need, ctx, &node);

	if (found <= 0)
		return found == 0;
	return get_scalar(s, node, value_context(s, node, key, ctx), out);
}

bool get_bool(struct store *s, const struct yaml_node *item, const char *key, enum need need,
	      const struct context *ctx, bool *out)
{
	const struct yaml_node *node;
	int found = find_value(s, item, key, need, ctx, &node);
	struct source_text text;
	struct context *value;

	if (found <= 0)
		return found == 0;
	value = value_context(s, node, key, ctx);
	if (!get_scalar(s, node, value, &text))
		return false;
	if (yaml_bool_word(text.text, out))
		return true;
	report(s, LOAD_ERR_YAML_VALIDATE, value, "'%s' takes true or false, not '%.*s'", key,
	       STR_ARG(text.text));
	return false;
}

bool get_u32(struct store *s, const struct yaml_node *item, const char *key, enum need need,
	     const struct context *ctx, uint32_t *out)
{
	const struct yaml_node *node;
	int found = find_value(s, item, key, need, ctx, &node);
	struct source_text text;
	struct context *value;

	if (found <= 0)
		return found == 0;
	value = value_context(s, node, key, ctx);
	if (!get_scalar(s, node, value, &text))
		return false;
	if (whole_number(text.text, out))
		return true;
	report(s, LOAD_ERR_YAML_VALIDATE, value,
	       "'%s' takes a whole number of milliseconds, not '%.*s'", key, STR_ARG(text.text));
	return false;
}

bool get_texts(struct store *s, const struct yaml_node *item, const char *key,
	       const struct context *ctx, text_vec *out)
{
	const struct yaml_node *node = yaml_get(item, key);
	struct context *value;

	if (!node) {
		note_misspelt(s, report(s, LOAD_ERR_YAML_VALIDATE, ctx, "key '%s' is missing", key),
			      item, key);
		return false;
	}
	value = value_context(s, node, key, ctx);
	if (node->kind != YAML_SEQUENCE) {
		struct diag *d = report(s, LOAD_ERR_YAML_VALIDATE, value,
					"'%s' takes a list, not %s", key, kind_name(node));

		diag_note(s->d, d, d->at, "write it as [a, b], or one value per line behind '- '");
		return false;
	}
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *n = node->items[i];

		if (n->kind != YAML_SCALAR || yaml_is_null(n)) {
			report(s, LOAD_ERR_YAML_VALIDATE,
			       context_new(s, "list item", STR(""), n, value),
			       "an item of '%s' is a single value, not %s", key, kind_name(n));
			return false;
		}
		VEC_PUSH(s->arena, out, n->value);
	}
	return true;
}

/* ---- Keys of items and overrides ---------------------------------------------------------- */

bool override_known(struct str key)
{
	enum rule_key id = find_key(key);

	return id != RULE_KEYS && keys[id].overrides;
}

struct key_walk {
	size_t at;
	unsigned kinds;
};

static bool next_key(void *arg, struct str *candidate)
{
	struct key_walk *w = arg;

	while (w->at < RULE_KEYS) {
		size_t i = w->at++;

		if (keys[i].kinds & w->kinds) {
			*candidate = str_from(keys[i].name);
			return true;
		}
	}
	return false;
}

void warn_unknown_keys(struct store *s, const struct yaml_node *item, enum item_kind kind,
		       const struct context *ctx)
{
	for (size_t i = 0; i < item->n; i++) {
		const struct yaml_node *key = item->pairs[i].key;
		struct key_walk walk = { .kinds = 1u << kind };
		enum rule_key known = RULE_KEYS;
		struct str near;
		struct diag *d;

		if (key->kind == YAML_SCALAR)
			known = find_key(key->value.text);
		if (known != RULE_KEYS && keys[known].kinds & 1u << kind)
			continue;
		d = report(s, LOAD_UNKNOWN_KEY, ctx, "%s has no key '%.*s'; it is ignored",
			   kind_names[kind], STR_ARG(key->value.text));
		d->at = key->span;
		if (key->kind != YAML_SCALAR)
			continue;
		near = diag_nearest(key->value.text, next_key, &walk);
		if (near.len)
			diag_note(s->d, d, d->at, "did you mean '%.*s'?", STR_ARG(near));
	}
}

static bool read_override(struct store *s, const struct yaml_pair *pair, enum item_kind kind,
			  const struct context *ctx, struct overrides *out)
{
	struct str key = pair->key->value.text, op = pair->value->value.text;
	enum rule_key id = find_key(key);
	unsigned bit = 1u << kind, can = id == RULE_KEYS ? 0 : keys[id].overrides;
	bool append = str_eq(op, STR("append")), replace = str_eq(op, STR("replace"));
	struct context *at;
	struct diag *d;

	if (pair->value->kind != YAML_SCALAR || (!append && !replace)) {
		at = context_new(s, "value for", key, pair->value, ctx);
		report(s, LOAD_ERR_YAML_VALIDATE, at,
		       "an override is either 'append' or 'replace', not '%.*s'", STR_ARG(op));
		return false;
	}
	if (append ? can & bit : can >> 8 & bit) {
		out->nappend += append;
		out->nreplace += replace;
		out->append[id] |= append;
		out->replace[id] |= replace;
		return true;
	}
	at = context_new(s, "overrides", key, pair->key, ctx);
	if (can >> 8 & bit) {
		d = report(s, LOAD_ERR_YAML_VALIDATE, at, "'%.*s' of %s cannot be appended to",
			   STR_ARG(key), kind_names[kind]);
		diag_note(s->d, d, d->at, "write 'replace'");
	} else {
		d = report(s, LOAD_ERR_YAML_VALIDATE, at, "'%.*s' of %s cannot be overridden",
			   STR_ARG(key), kind_names[kind]);
	}
	return false;
}

bool read_overrides(struct store *s, const struct yaml_node *item, enum item_kind kind,
		    const struct context *ctx, struct overrides *out)
{
	const struct yaml_node *node = yaml_get(item, "override");
	struct context *place;

	*out = (struct overrides){ 0 };
	if (!node || node->kind == YAML_SCALAR)
		return true;
	place = context_new(s, "overrides", STR(""), item, ctx);
	for (size_t i = 0; i < node->n; i++) {
		bool pairs = node->kind == YAML_MAP;

		if (pairs && node->pairs[i].key->kind == YAML_SCALAR &&
		    node->pairs[i].value->kind == YAML_SCALAR) {
			if (!read_override(s, &node->pairs[i], kind, place, out))
				return false;
			continue;
		}
		break;
	}
	if (node->kind == YAML_MAP && (!node->n || out->nappend + out->nreplace == node->n))
		return true;
	/* Falco knows no place here, and its tools expect one empty location. */
	struct diag *d = diag_add(s->d, LOAD_ERR_VALIDATE, node->span,
				  "'override' takes a map from keys to 'append' or 'replace'");

	d->locations = ARENA_NEW(s->arena, struct location);
	d->nlocations = 1;
	d->locations[0].item_type = "rules content";
	d->locations[0].file = s->file;
	return false;
}
