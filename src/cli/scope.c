/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ctype.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#define ID_FULL     64 /* hexadecimal digits of the ids that runtimes make */
#define ID_LEAST    8  /* as many of them must be given */
#define PATH_ROOM   4096
#define DIRECTORIES 16 /* open at a time */

/* nftw has no argument for its callback; a search runs only once, before anything else does. */
static struct {
	struct str id;
	char found[PATH_ROOM];
	bool several;
} search;

/* The id itself, or the beginning of one that a runtime made. */
static bool is_id(struct str word, struct str id)
{
	if (str_eq(word, id))
		return true;
	if (id.len < ID_LEAST || word.len != ID_FULL || !str_starts_with(word, id))
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (!isxdigit((unsigned char)word.p[i]))
			return false;
	return true;
}

/* "ID", "libpod-ID", "docker-ID.scope", "kubepods-pod7.slice:cri-containerd:ID" and the like. */
static bool is_named_after(struct str name, struct str id)
{
	if (str_ends_with(name, STR(".scope")))
		name.len -= STR(".scope").len;
	for (size_t at = 0; at < name.len; at++)
		if ((!at || name.p[at - 1] == '-' || name.p[at - 1] == ':') &&
		    is_id(str_from_index(name, at), id))
			return true;
	return false;
}

static int look_at(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (type != FTW_D || !is_named_after(str_from(path + at->base), search.id))
		return FTW_CONTINUE;
	search.several = search.found[0];
	if (!search.several)
		snprintf(search.found, sizeof(search.found), "%s", path);
	/* What the container makes below its group belongs to it. */
	return search.several ? FTW_STOP : FTW_SKIP_SUBTREE;
}

/* The control group whose directory is named after the container; NULL after a complaint. */
static const char *container_cgroup(struct arena *a, const char *id)
{
	static const char *const trees[] = { "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids",
					     "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

	search.id = str_from(id);
	search.found[0] = '\0';
	search.several = false;
	for (size_t i = 0; i < ARRAY_SIZE(trees) && !search.found[0]; i++)
		nftw(trees[i], look_at, DIRECTORIES, FTW_PHYS | FTW_ACTIONRETVAL);
	if (search.several)
		complain("--scope container=%s: several containers have ids that begin so", id);
	else if (!search.found[0])
		complain("--scope container=%s: no control group is named after this container; it "
			 "takes the id of a running one, not its name",
			 id);
	else
		return arena_str(a, str_from(search.found)).p;
	return NULL;
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
		return out->cgroup;
	}
	complain("--scope takes pid=N, cgroup=PATH or container=ID, not '%s'", text);
	return false;
}
