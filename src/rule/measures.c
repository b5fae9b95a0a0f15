/* SPDX-License-Identifier: Apache-2.0 */
#include "rule/rule.h"

#include "base/err.h"
#include "yaml/tree.h"

#include <errno.h>

/* Reading what `besra profile` saved. It is JSON, which is YAML as well. */

static bool fail(struct diags *d, const struct yaml_node *at, const char *message)
{
	diag_add(d, LOAD_ERR_YAML_VALIDATE, at->span,
		 "%s; 'besra profile --save' writes such a file", message);
	return false;
}

static bool read_count(const struct yaml_node *part, const char *key, uint64_t *out)
{
	const struct yaml_node *n = yaml_get(part, key);
	int64_t v;

	if (!n || !yaml_int(n, &v) || v < 0)
		return false;
	*out = (uint64_t)v;
	return true;
}

static bool read_part(const struct yaml_node *part, struct diags *d, struct measure *out)
{
	const struct yaml_node *test = part->kind == YAML_MAP ? yaml_get(part, "test") : NULL;

	if (!test || test->kind != YAML_SCALAR)
		return fail(d, part, "a part needs 'test', the text of a comparison");
	if (!read_count(part, "evaluations", &out->evaluations) ||
	    !read_count(part, "true", &out->hits) || !read_count(part, "ns", &out->ns) ||
	    out->hits > out->evaluations)
		return fail(d, part, "a part needs the numbers 'evaluations', 'true' and 'ns'");
	out->test = test->value.text;
	return true;
}

bool measures_read(struct arena *arena, const char *path, struct diags *d, struct measures *out)
{
	const struct yaml_node *root = NULL, *parts = NULL;
	struct measures found = { 0 };
	struct err err = { 0 };
	struct yaml_file file;
	const int code = yaml_read(arena, path, &file, d, &err);

	if (code < 0) {
		if (code != -EBADMSG)
			diag_add(d, LOAD_ERR_FILE_READ, (struct span){ 0 }, "%s", err.text);
		return false;
	}
	if (file.nroots)
		root = file.roots[0];
	if (root && root->kind == YAML_MAP)
		parts = yaml_get(root, "parts");
	if (!parts || parts->kind != YAML_SEQUENCE) {
		diag_add(d, LOAD_ERR_YAML_VALIDATE, (struct span){ 0 },
			 "%s has no list 'parts'; 'besra profile --save' writes such a file", path);
		return false;
	}
	found.items = arena_array(arena, parts->n, sizeof(*found.items));
	for (; found.n < parts->n; found.n++)
		if (!read_part(parts->items[found.n], d, &found.items[found.n]))
			return false;
	measures_sort(&found);
	*out = found;
	return true;
}
