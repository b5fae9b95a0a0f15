/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

/* nftw has no argument for its callback; a search runs only once, before anything else does. */
static struct {
	const char *id;
	char found[4096];
} search;

static int look_at(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (type != FTW_D || !strstr(path + at->base, search.id))
		return 0;
	snprintf(search.found, sizeof(search.found), "%s", path);
	return 1;
}

/* The control group whose directory is named after the container. */
static const char *container_cgroup(struct arena *a, const char *id)
{
	static const char *const trees[] = { "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids",
					     "/sys/fs/cgroup" };

	search.id = id;
	search.found[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(trees) && !search.found[0]; i++)
		nftw(trees[i], look_at, 16, FTW_PHYS);
	return search.found[0] ? arena_str(a, str_from(search.found)).p : NULL;
}

bool scope_parse(struct arena *a, const char *text, struct scope *out)
{
	*out = (struct scope){ .kind = WIRE_SCOPE_ALL };
	if (!text)
		return true;
	if (strncmp(text, "pid=", 4) == 0 && str_to_i64(str_from(text + 4), &out->pid) &&
	    out->pid > 0) {
		out->kind = WIRE_SCOPE_TASKS;
		return true;
	}
	out->kind = WIRE_SCOPE_CGROUP;
	if (strncmp(text, "cgroup=", 7) == 0 && text[7]) {
		out->cgroup = text + 7;
		return true;
	}
	if (strncmp(text, "container=", 10) == 0 && text[10]) {
		out->cgroup = container_cgroup(a, text + 10);
		if (!out->cgroup)
			complain("--scope %s: no control group is named after this container",
				 text);
		return out->cgroup;
	}
	complain("--scope takes pid=N, cgroup=PATH or container=ID, not '%s'", text);
	return false;
}
