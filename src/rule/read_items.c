/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* The file, its items, and all kinds of items but rules. */

static void warn_append(struct store *s, const struct context *ctx, const char *kind)
{
	struct diag *d =
		report(s, LOAD_DEPRECATED_ITEM, ctx, "'append' of a %s is deprecated", kind);

	diag_note(s->d, d, d->at,
		  "write 'override' with the keys to append to, each with 'append'");
}

static bool both_ways(struct store *s, const struct context *ctx)
{
	report(s, LOAD_ERR_YAML_VALIDATE, ctx, "'override' and 'append' exclude each other");
	return false;
}

/* [a-zA-Z]+[a-zA-Z0-9_]* */
static bool is_identifier(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (!i || !((c >= '0' && c <= '9') || c == '_')))
			return false;
	}
	return s.len > 0;
}

/* [^()"'[:space:]=,]+ */
static bool is_bare_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || strchr("()\"'=, \t\n\v\f\r", s.p[i]))
			return false;
	return s.len > 0;
}

/*
 * The item's context, first without and then with its name. The caret of what concerns the
 * whole item points at the name.
 */
static struct context *name_item(struct store *s, const struct yaml_node *item, const char *key,
				 const char *item_type, const struct context *root,
				 struct str *name)
{
	struct context *ctx = context_new(s, item_type, STR(""), item, root);
	const struct yaml_node *node = yaml_get(item, key);
	struct source_text text;

	if (node->kind == YAML_SCALAR)
		ctx->span = node->span;
	if (!get_text(s, item, key, REQUIRED, ctx, &text))
		return NULL;
	*name = text.text;
	ctx = context_new(s, item_type, *name, item, root);
	ctx->span = node->span;
	return ctx;
}

/* What `override` and `append` of a list or macro ask for, whose one value is under `key`. */
enum change { CHANGE_ERROR, CHANGE_DEFINE, CHANGE_APPEND };

static enum change read_change(struct store *s, const struct yaml_node *item, enum item_kind kind,
			       enum rule_key key, const struct context *ctx)
{
	bool append = false;
	struct overrides o;

	if (!get_bool(s, item, "append", OPTIONAL, ctx, &append))
		return CHANGE_ERROR;
	if (append)
		warn_append(s, ctx, kind == ITEM_LIST ? "list" : "macro");
	if (!read_overrides(s, item, kind, ctx, &o))
		return CHANGE_ERROR;
	if (append && o.nappend + o.nreplace)
		return both_ways(s, ctx), CHANGE_ERROR;
	if (o.append[key] && o.replace[key]) {
		report(s, LOAD_ERR_YAML_VALIDATE, ctx,
		       "'%s' is overridden twice: either append or replace", rule_key_name(key));
		return CHANGE_ERROR;
	}
	return append || o.append[key] ? CHANGE_APPEND : CHANGE_DEFINE;
}

static bool read_list(struct store *s, const struct yaml_node *item, const struct context *root)
{
	struct list_info *l = ARENA_NEW(s->arena, struct list_info);
	struct context *ctx = name_item(s, item, "list", "list", root, &l->name);
	enum change change;
	text_vec items = { 0 };

	if (!ctx)
		return false;
	l->ctx = ctx;
	if (!is_bare_word(l->name)) {
		struct diag *d = report(s, LOAD_INVALID_LIST_NAME, ctx,
					"'%.*s' cannot be written as a word in a condition",
					STR_ARG(l->name));

		diag_note(s->d, d, d->at, "leave out blanks, quotes, parentheses, commas and '='");
	}
	if (!get_texts(s, item, "items", ctx, &items))
		return false;
	change = read_change(s, item, ITEM_LIST, KEY_ITEMS, ctx);
	if (change == CHANGE_ERROR)
		return false;
	for (size_t i = 0; i < items.n; i++)
		VEC_PUSH(s->arena, &l->items, items.items[i]);
	if (change == CHANGE_APPEND && !append_list(s, l))
		return false;
	if (change == CHANGE_DEFINE)
		define_list(s, l);
	warn_unknown_keys(s, item, ITEM_LIST, ctx);
	return true;
}

static bool read_macro(struct store *s, const struct yaml_node *item, const struct context *root)
{
	struct macro_info *m = ARENA_NEW(s->arena, struct macro_info);
	struct context *ctx = name_item(s, item, "macro", "macro", root, &m->name);
	enum change change;

	if (!ctx)
		return false;
	m->ctx = ctx;
	if (!is_identifier(m->name)) {
		struct diag *d =
			report(s, LOAD_INVALID_MACRO_NAME, ctx,
			       "'%.*s' cannot be used as a macro in a condition", STR_ARG(m->name));

		diag_note(s->d, d, d->at,
			  "a macro's name is a letter, then letters, digits and '_'");
	}
	if (!get_text(s, item, "condition", REQUIRED, ctx, &m->condition))
		return false;
	m->cond_ctx = context_new(s, "macro condition", STR(""), yaml_get(item, "condition"), ctx);
	change = read_change(s, item, ITEM_MACRO, KEY_CONDITION, ctx);
	if (change == CHANGE_ERROR)
		return false;
	if (change == CHANGE_APPEND && !append_macro(s, m))
		return false;
	if (change == CHANGE_DEFINE)
		define_macro(s, m);
	warn_unknown_keys(s, item, ITEM_MACRO, ctx);
	return true;
}

/* ---- Versions ----------------------------------------------------------------------------- */

bool read_engine_version(struct store *s, const struct yaml_node *item, const struct context *root)
{
	static const char key[] = "required_engine_version";
	struct context *ctx = context_new(s, "required_engine_version", STR(""), item, root);
	const struct yaml_node *node = yaml_get(item, key);
	struct source_text text;
	struct version v;
	uint32_t number;

	ctx->span = node->span;
	if (!get_text(s, item, key, REQUIRED, ctx, &text))
		return false;
	if (whole_number(text.text, &number)) {
		/* Before there were three numbers there was one, which is the middle one now. */
		v = (struct version){ 0, number, 0 };
	} else if (!version_parse(text.text, &v)) {
		struct diag *d =
			report(s, LOAD_ERR_YAML_VALIDATE, ctx,
			       "'%.*s' is no version: it is written 0.26.0, or 26 in old files",
			       STR_ARG(text.text));

		(void)d;
		return false;
	}
	if (!version_compatible(s->engine_offered, v)) {
		struct diag *d = report(
			s, LOAD_ERR_VALIDATE, ctx,
			"these rules need engine version %u.%u.%u, this is " RULE_ENGINE_VERSION,
			v.major, v.minor, v.patch);

		diag_note(s->d, d, d->at,
			  v.major == s->engine_offered.major
				  ? "update besra, or use an older version of the rules"
				  : "rules of another major version cannot be used");
		return false;
	}
	if (version_cmp(v, s->engine) > 0)
		s->engine = v;
	warn_unknown_keys(s, item, ITEM_ENGINE_VERSION, ctx);
	return true;
}

static bool read_plugin(struct store *s, const struct yaml_node *node, const char *item_type,
			const struct context *parent, struct plugin_version *out,
			struct context **ctx)
{
	struct source_text name, version;

	*ctx = context_new(s, item_type, STR(""), node, parent);
	if (node->kind != YAML_MAP) {
		report(s, LOAD_ERR_YAML_VALIDATE, *ctx,
		       "a plugin is named by a map of name and version");
		return false;
	}
	if (!get_text(s, node, "name", REQUIRED, *ctx, &name))
		return false;
	*ctx = context_new(s, item_type, name.text, node, parent);
	if (!get_text(s, node, "version", REQUIRED, *ctx, &version))
		return false;
	*out = (struct plugin_version){ name.text, version.text };
	return true;
}

static bool check_plugins(struct store *s, struct plugin_requirement *r)
{
	for (size_t i = 0; i < r->any.n; i++) {
		struct plugin_version *p = &r->any.items[i];
		struct version v;

		if (!version_parse(p->version, &v)) {
			report(s, LOAD_ERR_VALIDATE, r->ctx,
			       "'%.*s' is no version of plugin '%.*s': it is written 1.2.3",
			       STR_ARG(p->version), STR_ARG(p->name));
			return false;
		}
		for (size_t j = 0; j < i; j++)
			if (str_eq(r->any.items[j].name, p->name)) {
				report(s, LOAD_ERR_VALIDATE, r->ctx,
				       "plugin '%.*s' is named twice in one requirement",
				       STR_ARG(p->name));
				return false;
			}
	}
	return true;
}

static bool read_requirement(struct store *s, const struct yaml_node *node,
			     const struct context *parent)
{
	struct plugin_requirement *r = ARENA_NEW(s->arena, struct plugin_requirement);
	const struct yaml_node *others;
	struct plugin_version p;
	struct context *ctx, *inner;

	if (!read_plugin(s, node, "required plugin versions entry", parent, &p, &ctx))
		return false;
	r->ctx = ctx;
	r->file_index = s->file_index;
	VEC_PUSH(s->arena, &r->any, p);
	others = yaml_get(node, "alternatives");
	if (others && others->kind != YAML_SEQUENCE) {
		report(s, LOAD_ERR_YAML_VALIDATE, ctx, "'alternatives' takes a list of plugins");
		return false;
	}
	for (size_t i = 0; others && i < others->n; i++) {
		if (!read_plugin(s, others->items[i], "required plugin versions alternative", ctx,
				 &p, &inner))
			return false;
		VEC_PUSH(s->arena, &r->any, p);
	}
	if (!check_plugins(s, r))
		return false;
	VEC_PUSH(s->arena, &s->plugins, r);
	return true;
}

bool read_plugin_versions(struct store *s, const struct yaml_node *item, const struct context *root)
{
	const struct yaml_node *node = yaml_get(item, "required_plugin_versions");
	struct context *ctx = context_new(s, "required plugin versions", STR(""), node, root);
	struct context *item_ctx = context_new(s, "required plugin versions", STR(""), item, root);

	if (node->kind != YAML_SEQUENCE) {
		report(s, LOAD_ERR_YAML_VALIDATE, ctx,
		       "'required_plugin_versions' takes a list of plugins");
		return false;
	}
	for (size_t i = 0; i < node->n; i++)
		if (!read_requirement(s, node->items[i], ctx))
			return false;
	warn_unknown_keys(s, item, ITEM_PLUGIN_VERSIONS, item_ctx);
	return true;
}

/* ---- File --------------------------------------------------------------------------------- */

static bool next_item_key(void *arg, struct str *candidate)
{
	static const enum rule_key leading[] = { KEY_REQUIRED_ENGINE_VERSION,
						 KEY_REQUIRED_PLUGIN_VERSIONS, KEY_LIST, KEY_MACRO,
						 KEY_RULE };
	size_t *at = arg;

	if (*at == ARRAY_SIZE(leading))
		return false;
	*candidate = str_from(rule_key_name(leading[(*at)++]));
	return true;
}

static void warn_unknown_item(struct store *s, const struct yaml_node *item,
			      const struct context *ctx)
{
	struct diag *d = report(s, LOAD_UNKNOWN_ITEM, ctx,
				"neither a rule, a macro, a list nor a requirement; it is ignored");

	if (item->n)
		d->at = item->pairs[0].key->span;
	for (size_t i = 0; i < item->n; i++) {
		const struct yaml_node *key = item->pairs[i].key;
		struct str near = { "", 0 };
		size_t at = 0;

		if (key->kind == YAML_SCALAR)
			near = diag_nearest(str_trim(key->value.text), next_item_key, &at);
		if (near.len) {
			diag_note(s->d, d, key->span, "did you mean '%.*s'?", STR_ARG(near));
			return;
		}
	}
}

static bool read_item(struct store *s, const struct yaml_node *item, const struct context *root)
{
	struct context *ctx = context_new(s, "rules content item", STR(""), item, root);

	if (item->kind != YAML_MAP) {
		struct diag *d = report(s, LOAD_ERR_YAML_VALIDATE, ctx,
					"an item of a rules file is a map that begins with "
					"'rule:', 'macro:', 'list:' or a requirement");

		(void)d;
		return false;
	}
	if (yaml_get(item, "required_engine_version"))
		return read_engine_version(s, item, root);
	if (yaml_get(item, "required_plugin_versions"))
		return read_plugin_versions(s, item, root);
	if (yaml_get(item, "list"))
		return read_list(s, item, root);
	if (yaml_get(item, "macro"))
		return read_macro(s, item, root);
	if (yaml_get(item, "rule"))
		return read_rule(s, item, root);
	warn_unknown_item(s, item, ctx);
	return true;
}

bool read_file(struct store *s, const struct yaml_file *file)
{
	struct context *root = context_new(s, "rules content", STR(""), NULL, NULL);

	for (size_t i = 0; i < file->nroots; i++) {
		const struct yaml_node *doc = file->roots[i];

		if (!doc || yaml_is_null(doc))
			continue;
		root->span = doc->span;
		if (doc->kind != YAML_SEQUENCE) {
			struct diag *d = report(s, LOAD_ERR_YAML_VALIDATE, root,
						"a rules file is a list of items");

			diag_note(s->d, d, d->at, "begin each rule, macro and list with '- '");
			return false;
		}
		for (size_t j = 0; j < doc->n; j++)
			if (!yaml_is_null(doc->items[j]) && !read_item(s, doc->items[j], root))
				return false;
	}
	return true;
}
