/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/err.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Plugins whose events and fields are built in, for `required_plugin_versions`. */
static const struct {
	struct str name;
	struct version version;
} builtin_plugins[] = {
	{ { "container", 9 }, { 0, 7, 0 } },
};

static void version_of(struct version *out)
{
	version_parse(STR(RULE_ENGINE_VERSION), out);
}

/* ---- One file ----------------------------------------------------------------------------- */

static void not_readable(struct store *s, const struct err *err)
{
	struct context *root = context_new(s, "rules content", STR(""), NULL, NULL);

	report(s, LOAD_ERR_FILE_READ, root, "%s", err->text);
}

/* The place of a YAML error is its last location. */
static void locate_yaml_error(struct store *s)
{
	struct context *root = context_new(s, "rules content", STR(""), NULL, NULL);

	for (size_t i = 0; i < s->d->list.n; i++) {
		struct context *at = context_new(s, "value for", STR(""), NULL, root);
		struct span where = s->d->list.items[i].at;
		unsigned line = 1, column = 1;

		if (where.doc)
			document_position(where.doc, where.start, &line, &column);
		at->line = line - 1;
		at->column = column - 1;
		at->offset = where.start;
		at->span = where;
		place_at(s, i, at);
	}
}

static bool load_parsed(struct store *s, const struct yaml_file *file)
{
	check_schema(s, file);
	return read_file(s, file) && compile_store(s);
}

static struct load_result *begin_file(struct store *s, struct ruleset *set, size_t i,
				      struct str name)
{
	struct load_result *r = &set->results[i];

	r->file = arena_str(set->arena, name);
	r->diags.arena = set->arena;
	r->schema = -1;
	s->result = r;
	s->file_index = i;
	s->d = &r->diags;
	s->file = r->file;
	set->nresults = i + 1;
	return r;
}

static bool load_path(struct store *s, const char *path)
{
	struct err err = { 0 };
	struct yaml_file file;
	int code = yaml_read(s->arena, path, &file, s->d, &err);

	if (code == -EBADMSG)
		return locate_yaml_error(s), false;
	if (code < 0)
		return not_readable(s, &err), false;
	return load_parsed(s, &file);
}

static bool load_text(struct store *s, const struct rule_text *t)
{
	struct yaml_file file;

	if (yaml_parse(s->arena, t->name, arena_str(s->arena, t->text), &file, s->d) < 0)
		return locate_yaml_error(s), false;
	return load_parsed(s, &file);
}

/* ---- All files ---------------------------------------------------------------------------- */

static bool is_provided(const struct plugin_version *p)
{
	struct version required;

	for (size_t i = 0; i < ARRAY_SIZE(builtin_plugins); i++)
		if (str_eq(builtin_plugins[i].name, p->name) &&
		    version_parse(p->version, &required) &&
		    version_compatible(builtin_plugins[i].version, required))
			return true;
	return false;
}

/* Each requirement must be met by the plugin itself or by one of its alternatives. */
static void check_plugins(struct store *s, struct ruleset *set)
{
	for (size_t i = 0; i < s->plugins.n; i++) {
		const struct plugin_requirement *r = s->plugins.items[i];
		const struct plugin_version *p = &r->any.items[0];
		bool met = false;
		struct diag *d;

		for (size_t j = 0; j < r->any.n; j++)
			met |= is_provided(&r->any.items[j]);
		if (met)
			continue;
		s->result = &set->results[r->file_index];
		s->d = &s->result->diags;
		d = report(s, LOAD_ERR_VALIDATE, r->ctx,
			   "these rules need plugin '%.*s' %.*s or a compatible version",
			   STR_ARG(p->name), STR_ARG(p->version));
		diag_note(
			s->d, d, d->at,
			"of the plugins' events and fields, those of 'container' 0.7 are built in");
		s->result->ok = false;
		set->ok = false;
	}
}

static struct ruleset *ruleset_new(size_t n, const struct rule_options *options)
{
	struct arena *arena = arena_new();
	struct ruleset *set = ARENA_NEW(arena, struct ruleset);
	struct store *s = ARENA_NEW(arena, struct store);
	struct rule_options *own = ARENA_NEW(arena, struct rule_options);

	*own = *options;
	set->arena = arena;
	set->store = s;
	set->results = arena_array(arena, n, sizeof(*set->results));
	set->ok = true;
	s->arena = arena;
	s->options = own;
	version_of(&s->engine_offered);
	return set;
}

static struct ruleset *finish(struct ruleset *set)
{
	struct store *s = set->store;

	check_plugins(s, set);
	/* Without any file there is nothing compiled yet, and the empty set is a set too. */
	if (set->ok && !s->pool)
		compile_store(s);
	if (set->ok)
		select_rules(s, set);
	return set;
}

struct ruleset *ruleset_load(const char *const *paths, size_t n, const struct rule_options *options)
{
	struct ruleset *set = ruleset_new(n, options);

	for (size_t i = 0; i < n && (set->ok || options->keep_going); i++) {
		struct load_result *r = begin_file(set->store, set, i, str_from(paths[i]));

		r->ok = load_path(set->store, paths[i]);
		set->ok &= r->ok;
	}
	return finish(set);
}

struct ruleset *ruleset_parse(const struct rule_text *texts, size_t n,
			      const struct rule_options *options)
{
	struct ruleset *set = ruleset_new(n, options);

	for (size_t i = 0; i < n && (set->ok || options->keep_going); i++) {
		struct load_result *r = begin_file(set->store, set, i, str_from(texts[i].name));

		r->ok = load_text(set->store, &texts[i]);
		set->ok &= r->ok;
	}
	return finish(set);
}

void ruleset_free(struct ruleset *r)
{
	struct store *s;

	if (!r)
		return;
	s = r->store;
	programs_free(r->programs);
	pool_free(s->pool);
	strmap_fini(&s->list_names);
	strmap_fini(&s->macro_names);
	strmap_fini(&s->rule_names);
	arena_free(s->compiled);
	arena_free(r->arena);
}

/* ---- Which files -------------------------------------------------------------------------- */

static bool is_rules_file(const char *path)
{
	return wildcard_matches(STR("*.yaml"), str_from(path)) ||
	       wildcard_matches(STR("*.yml"), str_from(path));
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_directory(struct arena *arena, const char *path, const char ***files, size_t *n,
			  struct err *err)
{
	VEC(const char *) found = { 0 };
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		struct str full = arena_printf(arena, "%s/%s", path, entry->d_name);
		struct stat st;

		if (is_rules_file(full.p) && stat(full.p, &st) == 0 && S_ISREG(st.st_mode))
			VEC_PUSH(arena, &found, full.p);
	}
	closedir(dir);
	if (found.n)
		qsort(found.items, found.n, sizeof(*found.items), by_path);
	*files = found.items;
	*n = found.n;
	return 0;
}

int rule_files(struct arena *arena, const char *path, const char ***files, size_t *n,
	       struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return list_directory(arena, path, files, n, err);
	*n = is_rules_file(path);
	*files = arena_array(arena, 1, sizeof(**files));
	(*files)[0] = arena_str(arena, str_from(path)).p;
	return 0;
}
