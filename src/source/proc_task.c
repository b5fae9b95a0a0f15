/* SPDX-License-Identifier: Apache-2.0 */

/* A task from /proc, as a PROC_ENTRY. */

#include "proc.h"

#include "base/clock.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES      8
#define PF_EXITING 0x4
#define STATUS_CAP 4096
#define STAT_CAP   1024

/* What is known of one task, as far as it can change while it is being read. */
struct task_facts {
	char status[STATUS_CAP], stat[STAT_CAP];
	char exe[PATH_MAX], cwd[PATH_MAX], root[PATH_MAX];
};

static void read_facts(const char *dir, struct task_facts *f)
{
	proc_read_text(dir, "status", f->status, sizeof(f->status));
	proc_read_text(dir, "stat", f->stat, sizeof(f->stat));
	proc_read_link(dir, "exe", f->exe);
	proc_read_link(dir, "cwd", f->cwd);
	proc_read_link(dir, "root", f->root);
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

	proc_read_text(dir, "cgroup", text, sizeof(text));
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

	proc_read_text(dir, "loginuid", text, sizeof(text));
	return text[0] ? (uint32_t)strtoul(text, NULL, 10) : UINT32_MAX;
}

static int64_t start_ns(const struct lister *l, const struct task_facts *f)
{
	return (int64_t)(stat_of(f, 22) * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK)) +
			 l->kernel->boot_epoch_ns);
}

void proc_put_task(struct lister *l, int64_t pid, int64_t tid)
{
	struct task_facts f;
	struct event_writer w;
	struct rlimit files = { 0 };
	const size_t begin = l->batch.len;
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
	if (!ended && tells_itself(l, tid))
		l->batch.len = begin;
}

void proc_put_tasks(struct lister *l, int64_t pid)
{
	proc_each_number(l, pid, "task", proc_put_task);
}

bool proc_is_exiting(int64_t tid)
{
	struct task_facts f = { .stat = "" };
	char dir[64];

	snprintf(dir, sizeof(dir), "/proc/%" PRId64, tid);
	proc_read_text(dir, "stat", f.stat, sizeof(f.stat));
	return stat_of(&f, 9) & PF_EXITING;
}

int64_t proc_group_of(int64_t tid)
{
	struct task_facts f = { .status = "" };
	char dir[64];

	snprintf(dir, sizeof(dir), "/proc/%" PRId64, tid);
	proc_read_text(dir, "status", f.status, sizeof(f.status));
	return f.status[0] ? number_of(&f, "Tgid") : 0;
}
