/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include "base/map.h"
#include "base/str.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- A control group ------------------------------------------------------------------------- */

#define CGROUP_V1_MAGIC 0x27e0eb
#define CGROUP_V2_MAGIC 0x63677270

/* Two directories of one v1 hierarchy are on one device. */
static bool same_hierarchy(const struct stat *a, const char *mount)
{
	struct stat b;

	return stat(mount, &b) == 0 && a->st_dev == b.st_dev;
}

int scope_cgroup(struct wire_needs *n, const char *path, struct err *err)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) < 0 || stat(path, &st) < 0)
		return err_set(err, -errno, "scope to control group %s: %s", path, strerror(errno));
	if (fs.f_type == CGROUP_V2_MAGIC)
		n->scope_controller = WIRE_CGROUP_V2;
	else if (fs.f_type == CGROUP_V1_MAGIC && same_hierarchy(&st, "/sys/fs/cgroup/memory"))
		n->scope_controller = WIRE_CGROUP_MEMORY;
	else if (fs.f_type == CGROUP_V1_MAGIC && same_hierarchy(&st, "/sys/fs/cgroup/pids"))
		n->scope_controller = WIRE_CGROUP_PIDS;
	else
		return err_set(err, -EINVAL,
			       "scope to control group %s: it is no directory of the v2, memory or "
			       "pids hierarchy",
			       path);
	n->scope_cgroup = st.st_ino;
	return 0;
}

/* ---- A process tree --------------------------------------------------------------------------- */

/* The kernel gives up (EAGAIN) when something else makes the task's first storage meanwhile. */
#define STORAGE_TRIES 100

/* 1 when it was not in scope before, 0 when it was, or -errno. */
static int scope_one(const struct kernel_side *k, int64_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0), n, tries = 0;
	struct wire_task record;

	if (fd < 0)
		return -errno;
	do {
		record = (struct wire_task){ 0 };
		if (bpf_map_lookup_elem(k->tasks_fd, &fd, &record) == 0 && record.scope) {
			n = 0;
			break;
		}
		record.scope = 1;
		n = bpf_map_update_elem(k->tasks_fd, &fd, &record, BPF_ANY) < 0 ? -errno : 1;
	} while (n == -EAGAIN && ++tries < STORAGE_TRIES);
	close(fd);
	return n;
}

/* The fourth word of /proc/PID/stat; the second, in parentheses, may hold anything. */
static bool parent_of(const char *pid, int64_t *parent)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %" SCNd64, parent) == 1;
}

/*
 * Children of those in scope, so far as they are in scope not yet. They come in the order of their
 * numbers, mostly parents first: what is found late, the next pass finds. Returns how many were new.
 */
static int scope_children(const struct kernel_side *k, struct idmap *tree)
{
	DIR *proc = opendir("/proc");
	const struct dirent *d;
	int found = 0;

	if (!proc)
		return -errno;
	while ((d = readdir(proc))) {
		int64_t pid, parent;

		if (!str_to_i64(str_from(d->d_name), &pid) || idmap_get(tree, (uint64_t)pid) ||
		    !parent_of(d->d_name, &parent) || !idmap_get(tree, (uint64_t)parent))
			continue;
		if (!idmap_put(tree, (uint64_t)pid, tree)) {
			found = -ENOMEM;
			break;
		}
		/* One that is gone meanwhile needs nothing. */
		if (scope_one(k, pid) > 0)
			found++;
	}
	closedir(proc);
	return found;
}

/*
 * Whoever is in scope passes that on when forking, so a pass that finds nobody was the last one
 * needed.
 */
int scope_tree(const struct kernel_side *k, int64_t pid, struct err *err)
{
	struct idmap tree = { 0 };
	int n = scope_one(k, pid);

	if (n >= 0 && !idmap_put(&tree, (uint64_t)pid, &tree))
		n = -ENOMEM;
	if (n >= 0)
		while ((n = scope_children(k, &tree)) > 0)
			continue;
	idmap_fini(&tree);
	if (n < 0)
		return err_set(err, n, "scope to process %" PRId64 ": %s", pid, strerror(-n));
	return 0;
}
