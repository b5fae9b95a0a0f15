/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tasks and descriptors from /proc, as the records the kernel's iterators would give. What /proc
 * does not tell stays empty: layers of an overlay, and when a nested pid namespace began.
 *
 * An entry must hold for the moment its time says. The reading takes longer than a moment, so what
 * can change is read before and behind it, until both are the same.
 */

#include "proc.h"

#include "base/clock.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define TRIES    8
#define PIDS_MAX 4194304 /* the kernel's own limit */

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

/* ---- A task ---------------------------------------------------------------------------------- */

#define PF_EXITING 0x4
#define STATUS_CAP 4096
#define STAT_CAP   1024

/* What is known of one task, as far as it can change while it is being read. */
struct task_facts {
	char status[STATUS_CAP], stat[STAT_CAP];
	char exe[PATH_MAX], cwd[PATH_MAX], root[PATH_MAX];
};

static void read_text(const char *dir, const char *name, char *out, size_t cap)
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

/* The target, without what the kernel says behind that of a file that is gone. */
static void read_link(const char *dir, const char *name, char *out)
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

static void read_facts(const char *dir, struct task_facts *f)
{
	read_text(dir, "status", f->status, sizeof(f->status));
	read_text(dir, "stat", f->stat, sizeof(f->stat));
	read_link(dir, "exe", f->exe);
	read_link(dir, "cwd", f->cwd);
	read_link(dir, "root", f->root);
}

/* The text of a line of /proc/PID/status, behind "Key:" and blanks; "" when there is none. */
static const char *status_of(const struct task_facts *f, const char *key)
{
	const size_t len = strlen(key);

	for (const char *at = f->status; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, key, len) == 0 && at[len] == ':')
			return at + len + 1 + strspn(at + len + 1, "\t ");
	}
	return "";
}

static struct str line_of(const char *text)
{
	return str_of(text, strcspn(text, "\n"));
}

static int64_t number_of(const struct task_facts *f, const char *key)
{
	return strtoll(status_of(f, key), NULL, 10);
}

/* The last word of a line: an id in the innermost of the task's pid namespaces. */
static int64_t inner_of(const struct task_facts *f, const char *key)
{
	struct str line = line_of(status_of(f, key));
	size_t at = line.len;

	while (at && line.p[at - 1] != '\t' && line.p[at - 1] != ' ')
		at--;
	return strtoll(line.p + at, NULL, 10);
}

static uint64_t mask_of(const struct task_facts *f, const char *key)
{
	return strtoull(status_of(f, key), NULL, 16);
}

/* Number `which` of /proc/PID/stat, counted as proc(5) does; from the fourth on. */
static uint64_t stat_of(const struct task_facts *f, int which)
{
	const char *at = strrchr(f->stat, ')');

	for (int i = 2; i < which && at; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

static bool same_line(const struct task_facts *a, const struct task_facts *b, const char *key)
{
	return str_eq(line_of(status_of(a, key)), line_of(status_of(b, key)));
}

static bool same_facts(const struct task_facts *a, const struct task_facts *b)
{
	return strcmp(a->exe, b->exe) == 0 && strcmp(a->cwd, b->cwd) == 0 &&
	       strcmp(a->root, b->root) == 0 && same_line(a, b, "Name") && same_line(a, b, "Uid") &&
	       same_line(a, b, "Gid") && same_line(a, b, "CapEff") && same_line(a, b, "NSsid") &&
	       same_line(a, b, "NSpgid") && same_line(a, b, "Tgid");
}

/* The facts, and a time at which they held; false when the task is gone. */
static bool settled_facts(const struct lister *l, const char *dir, struct task_facts *f,
			  uint64_t *ts)
{
	struct task_facts again;

	read_facts(dir, f);
	for (int i = 0; i < TRIES && f->status[0]; i++) {
		*ts = kernel_now_ns(l->kernel);
		read_facts(dir, &again);
		if (same_facts(f, &again))
			i = TRIES;
		*f = again;
	}
	return f->status[0];
}

static void push_cgroups(struct event_writer *w, const char *dir)
{
	static const char *const kept[] = { "cpuset", "cpu", "cpuacct", "blkio", "memory" };
	char text[STATUS_CAP], list[STATUS_CAP + 64], *save = NULL, *word_save;
	size_t len = 0;

	read_text(dir, "cgroup", text, sizeof(text));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		for (char *name = strtok_r(names + 1, ",", &word_save); name;
		     name = strtok_r(NULL, ",", &word_save))
			for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
				if (strcmp(name, kept[i]) == 0 &&
				    len + strlen(name) + strlen(path) + 2 <= sizeof(list))
					len += (size_t)sprintf(list + len, "%s=%s", name, path) + 1;
	}
	event_push(w, list, len);
}

/* As Falco's probe decides it: by owner and mode. */
static uint32_t exe_flags_of(const struct task_facts *f, const struct stat *st)
{
	const uint64_t euid = strtoull(strchr(status_of(f, "Uid"), '\t') + 1, NULL, 10);
	const uint64_t egid = strtoull(strchr(status_of(f, "Gid"), '\t') + 1, NULL, 10);
	const mode_t bit = euid == st->st_uid ? S_IWUSR : egid == st->st_gid ? S_IWGRP : S_IWOTH;
	const bool writable = st->st_mode & bit || mask_of(f, "CapEff") & 2; /* DAC_OVERRIDE */

	return (writable ? EXECVE_FLAGS_EXE_WRITABLE : 0) |
	       (strncmp(f->exe, "/memfd:", 7) == 0 ? EXECVE_FLAGS_EXE_FROM_MEMFD : 0);
}

static uint64_t timespec_ns(struct timespec t)
{
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void push_exe(struct event_writer *w, const char *dir, const struct task_facts *f)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/exe", dir);
	if (!f->exe[0] || stat(path, &st) < 0) {
		for (int i = 0; i < 4; i++)
			event_push_int(w, 0);
		return;
	}
	event_push_int(w, exe_flags_of(f, &st));
	event_push_int(w, (int64_t)st.st_ino);
	event_push_int(w, (int64_t)timespec_ns(st.st_ctim));
	event_push_int(w, (int64_t)timespec_ns(st.st_mtim));
}

static void push_counters(struct event_writer *w, const struct task_facts *f)
{
	const uint32_t vm[] = { (uint32_t)number_of(f, "VmSize"), (uint32_t)number_of(f, "VmRSS"),
				(uint32_t)number_of(f, "VmSwap") };
	const uint64_t faults[] = { stat_of(f, 12), stat_of(f, 10) };
	const uint64_t caps[] = { mask_of(f, "CapInh"), mask_of(f, "CapPrm"),
				  mask_of(f, "CapEff") };

	event_push(w, vm, sizeof(vm));
	event_push(w, faults, sizeof(faults));
	event_push(w, caps, sizeof(caps));
}

static void push_text_or_empty(struct event_writer *w, const char *text)
{
	if (text[0])
		event_push_text(w, str_from(text));
	else
		event_push_empty(w);
}

/* argv[0], the executable, the other arguments, the environment: those in order of PROC_ENTRY. */
static void push_image(struct event_writer *w, const struct lister *l, int64_t pid,
		       const struct task_facts *f)
{
	char text[LIST_CAP];
	struct str args = proc_bytes(text, pid, "cmdline"), rest;
	const size_t exe = str_chr(args, '\0');

	if (args.len)
		event_push_text(w, str_of(args.p, exe));
	else
		event_push_empty(w);
	push_text_or_empty(w, f->exe);
	rest = exe < args.len ? str_from_index(args, exe + 1) : str_of("", 0);
	event_push(w, rest.p, rest.len);
	rest = l->with_env ? proc_bytes(text, pid, "environ") : str_of("", 0);
	event_push(w, rest.p, rest.len);
}

static uint32_t login_of(const char *dir)
{
	char text[32];

	read_text(dir, "loginuid", text, sizeof(text));
	return text[0] ? (uint32_t)strtoul(text, NULL, 10) : UINT32_MAX;
}

static int64_t start_ns(const struct lister *l, const struct task_facts *f)
{
	return (int64_t)(stat_of(f, 22) * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK)) +
			 l->kernel->boot_epoch_ns);
}

static void put_task(struct lister *l, int64_t pid, int64_t tid)
{
	struct task_facts f;
	struct event_writer w;
	struct rlimit files = { 0 };
	char dir[64];
	uint64_t ts;
	bool ended;

	snprintf(dir, sizeof(dir), "/proc/%" PRId64 "/task/%" PRId64, pid, tid);
	if (!settled_facts(l, dir, &f, &ts) || !strchr(status_of(&f, "Uid"), '\t') ||
	    !strchr(status_of(&f, "Gid"), '\t'))
		return;
	/*
	 * Its end may have been told before anybody listened. A leader stays, as one that is dead, as
	 * long as others of its group live.
	 */
	ended = stat_of(&f, 9) & PF_EXITING;
	if (ended && (pid != tid || number_of(&f, "Threads") <= 1))
		return;
	prlimit((pid_t)pid, RLIMIT_NOFILE, NULL, &files);
	event_begin(&w, &l->batch, EVENT_PROC_ENTRY, ts, tid, PROC_ENTRY_START + 1);
	event_push_int(&w, pid);
	event_push_int(&w, number_of(&f, "PPid"));
	event_push_int(&w, inner_of(&f, "NSsid"));
	event_push_int(&w, inner_of(&f, "NSpgid"));
	event_push_int(&w, number_of(&f, "NSpgid"));
	event_push_int(&w, inner_of(&f, "NSpid"));
	event_push_int(&w, inner_of(&f, "NStgid"));
	event_push_text(&w, line_of(status_of(&f, "Name")));
	push_image(&w, l, pid, &f);
	push_text_or_empty(&w, f.cwd);
	push_text_or_empty(&w, f.root);
	push_cgroups(&w, dir);
	event_push_int(&w, (int64_t)files.rlim_cur);
	event_push_int(&w, ended ? CL_CLOSED : 0);
	event_push_int(&w, strtoll(strchr(status_of(&f, "Uid"), '\t') + 1, NULL, 10));
	event_push_int(&w, strtoll(strchr(status_of(&f, "Gid"), '\t') + 1, NULL, 10));
	event_push_int(&w, login_of(dir));
	event_push_int(&w, (int64_t)stat_of(&f, 7));
	push_counters(&w, &f);
	push_exe(&w, dir, &f);
	event_push_int(&w, number_of(&f, "NSpid") == inner_of(&f, "NSpid")
				   ? (int64_t)l->kernel->boot_epoch_ns
				   : 0);
	event_push_int(&w, start_ns(l, &f));
	event_end(&w);
}

static void put_tasks(struct lister *l, int64_t pid)
{
	char path[64];
	const struct dirent *d;
	int64_t tid;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/task", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		if (str_to_i64(str_from(d->d_name), &tid))
			put_task(l, pid, tid);
	if (dir)
		closedir(dir);
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
static void put_fd(struct lister *l, struct proc_sockets *sockets, int64_t pid, int64_t num)
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
	read_link(dir, name, target);
	if (!target[0] || stat(path, &st) < 0)
		return;
	snprintf(name, sizeof(name), "fdinfo/%" PRId64, num);
	read_text(dir, name, info, sizeof(info));
	if (!info[0])
		return;
	type = type_of(&st, target);
	if (S_ISSOCK(st.st_mode)) {
		proc_socket_find(sockets, pid, path, st.st_ino, &socket);
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

static void put_fds(struct lister *l, int64_t pid)
{
	char path[64];
	const struct dirent *d;
	int64_t num;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/fd", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		if (str_to_i64(str_from(d->d_name), &num))
			put_fd(l, l->sockets, pid, num);
	if (dir)
		closedir(dir);
}

/* What is not in the list was gone when it was done, not before. */
static void put_new_fds(struct lister *l, int64_t pid)
{
	const size_t mark = l->batch.len;
	uint64_t ts;

	list_mark(l);
	put_fds(l, pid);
	ts = kernel_now_ns(l->kernel);
	memcpy(l->batch.p + mark, &ts, sizeof(ts));
}

/* ---- In order -------------------------------------------------------------------------------- */

static int64_t group_of(int64_t tid)
{
	struct task_facts f;
	char dir[64];

	snprintf(dir, sizeof(dir), "/proc/%" PRId64, tid);
	read_text(dir, "status", f.status, sizeof(f.status));
	return f.status[0] ? number_of(&f, "Tgid") : 0;
}

static void put_one(struct lister *l)
{
	const int64_t pid = group_of(l->only);

	if (!pid || !in_scope(l, pid))
		return;
	if (!(l->left & LIST_TASKS))
		put_new_fds(l, pid);
	else if (l->whole)
		put_tasks(l, pid);
	else
		put_task(l, pid, l->only);
}

/* Of everything. */
static void put_part(struct lister *l, int64_t pid)
{
	if (l->left & LIST_TASKS) {
		put_tasks(l, pid);
	} else if (l->again) {
		l->only = pid;
		put_new_fds(l, pid);
		l->only = 0;
	} else {
		put_fds(l, pid);
	}
}

bool proc_fill(struct lister *l)
{
	if (l->left & LIST_FDS && !l->sockets)
		l->sockets = proc_sockets_new();
	if (l->only) {
		if (l->pid_at++)
			return false;
		put_one(l);
		proc_sockets_free(l->sockets);
		l->sockets = NULL;
		return true;
	}
	if (!l->npids && find_pids(l) < 0)
		return false;
	if (l->pid_at == l->npids)
		return false;
	if (in_scope(l, l->pids[l->pid_at])) {
		put_part(l, l->pids[l->pid_at]);
	}
	l->pid_at++;
	return true;
}
