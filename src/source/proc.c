/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tasks and descriptors from /proc, as the records the kernel's iterators would give. What /proc
 * does not tell stays empty: layers of an overlay, and when a nested pid namespace began.
 *
 * An entry must hold for the moment its time says. The reading takes longer than a moment, so what
 * can change is read before and behind it, until both are the same.
 */

#include "proc.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define PIDS_MAX 4194304 /* the kernel's own limit */

/* ---- Texts and links of /proc ----------------------------------------------------------------- */

void proc_read_text(const char *dir, const char *name, char *out, size_t cap)
{
	char path[128];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, out, cap - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
}

void proc_read_link(const char *dir, const char *name, char *out)
{
	static const char gone[] = " (deleted)";
	char path[128];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	n = readlink(path, out, PATH_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	if (n > (ssize_t)sizeof(gone) && strcmp(out + n - (sizeof(gone) - 1), gone) == 0)
		out[n - (ssize_t)(sizeof(gone) - 1)] = '\0';
}

void proc_each_number(struct lister *l, int64_t pid, const char *name,
		      void (*put)(struct lister *l, int64_t pid, int64_t number))
{
	char path[64];
	const struct dirent *d;
	int64_t number;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/%s", pid, name);
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		if (str_to_i64(str_from(d->d_name), &number))
			put(l, pid, number);
	if (dir)
		closedir(dir);
}

/* ---- Which processes ------------------------------------------------------------------------- */

static bool add_pid(struct lister *l, int64_t pid)
{
	if ((l->npids & (l->npids - 1)) == 0) {
		size_t room = l->npids ? l->npids * 2 : 1;
		int64_t *grown = realloc(l->pids, room * sizeof(*grown));

		if (!grown)
			return false;
		l->pids = grown;
	}
	l->pids[l->npids++] = pid;
	return true;
}

static bool in_scope(const struct lister *l, int64_t pid)
{
	struct wire_task record;
	bool in;
	int fd;

	if (l->kernel->needs->scope != WIRE_SCOPE_TASKS)
		return true;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (fd < 0)
		return false;
	in = bpf_map_lookup_elem(l->kernel->tasks_fd, &fd, &record) == 0 && record.scope;
	close(fd);
	return in;
}

static int add_all(struct lister *l)
{
	DIR *proc = opendir("/proc");
	const struct dirent *d;
	int n = 0;

	if (!proc)
		return -errno;
	while (n == 0 && (d = readdir(proc))) {
		int64_t pid;

		if (str_to_i64(str_from(d->d_name), &pid) && l->npids < PIDS_MAX &&
		    !add_pid(l, pid))
			n = -ENOMEM;
	}
	closedir(proc);
	return n;
}

/* Those in a control group's directory and below it. */
static int add_cgroup(struct lister *l, const char *directory, unsigned depth)
{
	char path[4096];
	const struct dirent *d;
	int64_t pid;
	DIR *dir;
	FILE *f;
	int n = 0;

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	f = fopen(path, "re");
	while (f && n == 0 && fscanf(f, "%" SCNd64, &pid) == 1)
		n = l->npids < PIDS_MAX && !add_pid(l, pid) ? -ENOMEM : 0;
	if (f)
		fclose(f);
	dir = depth ? opendir(directory) : NULL;
	while (dir && n == 0 && (d = readdir(dir))) {
		if (d->d_type != DT_DIR || d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, d->d_name);
		n = add_cgroup(l, path, depth - 1);
	}
	if (dir)
		closedir(dir);
	return n;
}

#define CGROUP_DEPTH 16 /* as deep as the kernel side looks */

/* Asked only when the list begins: whom scope includes is settled by then. */
static int find_pids(struct lister *l)
{
	if (l->kernel->needs->scope == WIRE_SCOPE_CGROUP)
		return add_cgroup(l, l->cgroup, CGROUP_DEPTH);
	return add_all(l);
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static enum fd_type anonymous_type(const char *target)
{
	static const struct {
		const char *begin;
		enum fd_type type;
	} kinds[] = {
		{ "anon_inode:[eventfd]", FD_EVENT },
		{ "anon_inode:[eventpoll]", FD_EVENTPOLL },
		{ "anon_inode:[signalfd]", FD_SIGNALFD },
		{ "anon_inode:[timerfd]", FD_TIMERFD },
		{ "anon_inode:inotify", FD_INOTIFY },
		{ "anon_inode:[io_uring]", FD_IOURING },
		{ "anon_inode:[userfaultfd]", FD_USERFAULTFD },
		{ "anon_inode:[pidfd]", FD_PIDFD },
		{ "pidfd:", FD_PIDFD },
		{ "anon_inode:bpf-map", FD_BPF },
		{ "anon_inode:bpf-prog", FD_BPF },
		{ "/memfd:", FD_MEMFD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(target, kinds[i].begin, strlen(kinds[i].begin)) == 0)
			return kinds[i].type;
	return FD_UNSUPPORTED;
}

static enum fd_type type_of(const struct stat *st, const char *target)
{
	if (S_ISSOCK(st->st_mode))
		return FD_UNKNOWN;
	if (S_ISFIFO(st->st_mode))
		return FD_FIFO;
	if (S_ISDIR(st->st_mode))
		return FD_DIRECTORY;
	return target[0] == '/' && strncmp(target, "/memfd:", 7) != 0 ? FD_FILE_V2
								      : anonymous_type(target);
}

static uint32_t device_number(dev_t dev)
{
	const uint32_t ma = major(dev), mi = minor(dev);

	return (mi & 0xff) | ma << 8 | (mi & ~0xffu) << 12;
}

static uint32_t open_flags_of(const char *fdinfo)
{
	const char *at = strstr(fdinfo, "flags:");
	const uint64_t native = at ? strtoull(at + 6, NULL, 8) : 0;
	uint32_t out;

	if ((native & O_ACCMODE) == O_RDWR)
		out = FILE_FLAGS_O_RDWR;
	else
		out = (native & O_ACCMODE) == O_WRONLY ? FILE_FLAGS_O_WRONLY : FILE_FLAGS_O_RDONLY;
#define FLAG(set, id, name, value, bits)                                                           \
	if ((bits) > 3 && (native & (uint64_t)(bits)) == (uint64_t)(bits))                         \
		out |= (value);
#include "tables/flags/file_flags.def"
#undef FLAG
	return out;
}

/* Its time is that before the reading: what comes behind it is applied once more, to no harm. */
static void put_fd(struct lister *l, int64_t pid, int64_t num)
{
	char dir[64], name[64], path[128], target[PATH_MAX], info[512];
	struct proc_socket socket = { .type = FD_UNKNOWN };
	const uint64_t ts = kernel_now_ns(l->kernel);
	struct event_writer w;
	enum fd_type type;
	struct stat st;

	snprintf(dir, sizeof(dir), "/proc/%" PRId64, pid);
	snprintf(name, sizeof(name), "fd/%" PRId64, num);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	proc_read_link(dir, name, target);
	if (!target[0] || stat(path, &st) < 0)
		return;
	snprintf(name, sizeof(name), "fdinfo/%" PRId64, num);
	proc_read_text(dir, name, info, sizeof(info));
	if (!info[0])
		return;
	type = type_of(&st, target);
	if (S_ISSOCK(st.st_mode) && l->sockets) {
		proc_socket_find(l->sockets, pid, path, st.st_ino, &socket);
		type = (enum fd_type)socket.type;
	}
	event_begin(&w, &l->batch, EVENT_FD_ENTRY, ts, pid, FD_ENTRY_L4PROTO + 1);
	event_push_int(&w, num);
	event_push_int(&w, type);
	event_push_int(&w, (int64_t)st.st_ino);
	event_push_int(&w, device_number(st.st_dev));
	event_push_int(&w, open_flags_of(info));
	if (S_ISSOCK(st.st_mode))
		event_push_empty(&w);
	else
		event_push_text(&w, str_from(strncmp(target, "anon_inode:", 11) == 0 ? target + 11
										     : target));
	event_push(&w, socket.tuple, socket.tuple_len);
	event_push_int(&w, socket.l4proto);
	event_end(&w);
}

/* What is not in the list was gone when it was done, not before. */
static void put_fds(struct lister *l, int64_t pid)
{
	const size_t mark = l->batch.len;
	uint64_t ts;

	list_mark(l, pid);
	proc_each_number(l, pid, "fd", put_fd);
	ts = kernel_now_ns(l->kernel);
	memcpy(l->batch.p + mark, &ts, sizeof(ts));
}

/* ---- In order -------------------------------------------------------------------------------- */

/* When one is asked about who was in no list. */
static bool in_scope_now(struct lister *l, int64_t pid)
{
	bool found = false;

	if (l->kernel->needs->scope != WIRE_SCOPE_CGROUP)
		return in_scope(l, pid);
	l->npids = 0;
	if (find_pids(l) < 0)
		return false;
	for (size_t i = 0; i < l->npids && !found; i++)
		found = l->pids[i] == pid;
	return found;
}

static void put_one(struct lister *l)
{
	const int64_t pid = proc_group_of(l->only);

	if (!pid || !in_scope_now(l, pid))
		return;
	if (!(l->left & LIST_TASKS))
		put_fds(l, pid);
	else if (l->whole)
		proc_put_tasks(l, pid);
	else
		proc_put_task(l, pid, l->only);
}

/*
 * Of everything. Who is ending is not listed: that may have been told before anybody listened. It
 * may take its time to close what it has.
 */
static void put_part(struct lister *l, int64_t pid)
{
	if (l->left & LIST_TASKS)
		proc_put_tasks(l, pid);
	else if (!proc_is_exiting(pid))
		put_fds(l, pid);
}

bool proc_fill(struct lister *l)
{
	if (l->left & LIST_FDS && !l->sockets)
		l->sockets = proc_sockets_new();
	if (l->only) {
		if (l->pid_at++)
			return false;
		put_one(l);
		return true;
	}
	if (!l->npids && find_pids(l) < 0)
		return false;
	if (l->pid_at == l->npids)
		return false;
	if (in_scope(l, l->pids[l->pid_at]))
		put_part(l, l->pids[l->pid_at]);
	l->pid_at++;
	return true;
}
