/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

struct loader {
	struct config *out;
	struct diags *d;
	struct err *err;
	struct yaml_node *root;
	VEC(struct str) sources;
};

/* The map of a file; an empty file is an empty map. */
static int read_map(struct loader *l, const char *path, struct yaml_node **out)
{
	struct yaml_file file = { 0 };
	struct yaml_node *root;
	int n = yaml_read(l->d->arena, path, &file, l->d, l->err);

	if (n == -EBADMSG)
		return -EINVAL;
	if (n < 0)
		return n;
	VEC_PUSH(l->d->arena, &l->sources, arena_str(l->d->arena, str_from(path)));
	root = file.nroots ? file.roots[0] : NULL;
	if (!root || yaml_is_null(root)) {
		*out = tree_map(l->d->arena, (struct span){ .doc = file.doc });
		return 0;
	}
	if (root->kind != YAML_MAP) {
		diag_add(l->d, LOAD_ERR_YAML_VALIDATE, root->span,
			 "a configuration file must be a map of keys to values");
		return -EINVAL;
	}
	*out = root;
	return 0;
}

static int merge_file(struct loader *l, const char *path, enum merge_strategy how)
{
	struct yaml_node *map = NULL;
	const struct yaml_node *nested;
	int n = read_map(l, path, &map);

	if (n < 0)
		return n;
	nested = yaml_get(map, "config_files");
	if (nested) {
		diag_add(l->d, LOAD_ERR_YAML_VALIDATE, nested->span,
			 "config_files can only stand in the main configuration file");
		return -EINVAL;
	}
	tree_merge(l->d->arena, l->root, map, how);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The *.yaml and *.yml of a directory, sorted by name, not recursive. */
static int merge_directory(struct loader *l, const char *path, enum merge_strategy how)
{
	DIR *dir = opendir(path);
	VEC(struct str) names = { 0 };
	struct dirent *e;
	int n = 0;

	if (!dir)
		return err_set(l->err, -errno, "%s: %s", path, strerror(errno));
	while ((e = readdir(dir)) && names.n < CONFIG_FILES_MAX) {
		struct str name = str_from(e->d_name);

		if (str_ends_with(name, STR(".yaml")) || str_ends_with(name, STR(".yml")))
			VEC_PUSH(l->d->arena, &names,
				 arena_printf(l->d->arena, "%s/%s", path, e->d_name));
	}
	closedir(dir);
	if (names.n)
		qsort(names.items, names.n, sizeof(*names.items), by_name);
	for (size_t i = 0; i < names.n && n == 0; i++)
		n = merge_file(l, names.items[i].p, how);
	return n;
}

static int merge_included(struct loader *l)
{
	const struct yaml_node *n = yaml_get(l->root, "config_files");
	struct config_files files = { 0 };
	int rc = 0;

	if (!n)
		return 0;
	if (!decode_files(n, &files, l->d))
		return -EINVAL;
	for (size_t i = 0; i < files.n && rc == 0; i++) {
		const char *path = arena_str(l->d->arena, files.paths[i]).p;
		struct stat st;

		if (stat(path, &st) < 0) {
			/* Falco's own configuration names a directory that need not exist. */
			diag_add(l->d, LOAD_UNKNOWN_ITEM, n->span, "%s: %s", path, strerror(errno));
			continue;
		}
		rc = S_ISDIR(st.st_mode) ? merge_directory(l, path, files.strategies[i])
					 : merge_file(l, path, files.strategies[i]);
	}
	return rc;
}

/* `-o key=value`; a value that begins with { or [ is YAML, any other a text. */
static struct yaml_node *override_value(struct loader *l, const struct document *doc, size_t at)
{
	struct str text = str_from_index(doc->text, at);
	struct span where = { doc, (uint32_t)at, (uint32_t)doc->text.len };
	struct yaml_file file = { 0 };

	if (!text.len || (text.p[0] != '{' && text.p[0] != '['))
		return tree_text(l->d->arena, text, where);
	if (yaml_parse(l->d->arena, doc->name, text, &file, l->d) < 0)
		return NULL;
	return file.nroots && file.roots[0] ? file.roots[0] : tree_text(l->d->arena, text, where);
}

static size_t equals_sign(struct str s)
{
	size_t i = 0;

	while (i < s.len && s.p[i] != '=')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.len ? i : s.len;
}

static void override_one(struct loader *l, const char *text)
{
	struct document *doc = ARENA_NEW(l->d->arena, struct document);
	struct yaml_node *value;
	struct span all;
	const char *why;
	size_t at;

	doc->name = "-o";
	doc->text = arena_str(l->d->arena, str_from(text));
	all = (struct span){ doc, 0, (uint32_t)doc->text.len };
	at = equals_sign(doc->text);
	if (at == doc->text.len) {
		diag_add(l->d, LOAD_ERR_YAML_VALIDATE, all, "-o takes key=value");
		return;
	}
	value = override_value(l, doc, at + 1);
	if (value && !tree_set(l->d->arena, l->root, str_of(doc->text.p, at), value, &why))
		diag_add(l->d, LOAD_ERR_YAML_VALIDATE, (struct span){ doc, 0, (uint32_t)at }, "%s",
			 why);
}

int config_load(const char *path, const char *const *overrides, size_t noverrides,
		struct config *out, struct diags *d, struct err *err)
{
	struct loader l = { .out = out, .d = d, .err = err };
	size_t errors = d->errors;
	int n;

	*out = (struct config){ 0 };
	l.root = tree_map(d->arena, (struct span){ 0 });
	if (path) {
		n = read_map(&l, path, &l.root);
		if (n < 0)
			return n;
		n = merge_included(&l);
		if (n < 0)
			return n;
	}
	for (size_t i = 0; i < noverrides; i++)
		override_one(&l, overrides[i]);
	tree_expand(d->arena, l.root);
	config_decode(l.root, out, d);
	out->sources = (struct str_list){ l.sources.items, l.sources.n };
	return d->errors > errors ? -EINVAL : 0;
}

void config_complain(const struct config *c, enum option_id id, struct diags *d,
		     const char *message)
{
	diag_add(d, LOAD_ERR_YAML_VALIDATE, c->at[id], "%s: %s", option_key(id), message);
}
