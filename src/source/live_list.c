/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is there before the first live event: the machine, its interfaces, users and groups, then
 * every task and open descriptor as the kernel's iterators tell them, or /proc where there are
 * none. All of it leaves here as synthetic events, in that order. Later the same for one process
 * or thread that has to be known better.
 */

#include "proc.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_CAP (2 * WIRE_EVENT_MAX)

/*
 * Kernels before 6.1 list everything or nothing. They do not know the second word of what is asked
 * here and refuse; the first one alone they would not even look at.
 */
static bool lists_one(const struct kernel_side *kernel)
{
	struct bpf_program *p = kernel_program(kernel, "each_task");
	union bpf_iter_link_info only = { .task = { .pid = (uint32_t)getpid() } };
	DECLARE_LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &only,
			    .link_info_len = sizeof(only));
	struct bpf_link *link = bpf_program__attach_iter(p, &opts);

	if (!link)
		return false;
	bpf_link__destroy(link);
	return true;
}

int lister_init(struct lister *l, struct kernel_side *kernel, const struct live_options *options,
		struct err *err)
{
	*l = (struct lister){
		.kernel = kernel,
		.with_env = options->with_env,
		.cgroup = options->cgroup,
		.by_proc = options->no_iterators || kernel->no_iterators,
		.fd = -1,
		.left = LIST_TASKS | LIST_FDS,
	};
	l->one_by_proc = l->by_proc || !lists_one(kernel);
	l->chunk = malloc(READ_CAP);
	if (!l->chunk)
		return err_set(err, -ENOMEM, "list the machine: %s", strerror(ENOMEM));
	facts_gather(&l->batch);
	return 0;
}

void lister_fini(struct lister *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->chunk);
	free(l->pids);
	proc_sockets_free(l->sockets);
	buf_fini(&l->batch);
	buf_fini(&l->event);
	*l = (struct lister){ .fd = -1 };
}

/* ---- Reading the iterators ------------------------------------------------------------------ */

static int iterator_error(struct lister *l, int error, struct err *err)
{
	return err_set(err, -error, "list the machine's tasks ('%s'): %s",
		       l->left & LIST_TASKS ? "each_task" : "each_file", strerror(error));
}

/* Of one process or thread, or of all. */
static int open_iterator(struct lister *l, struct err *err)
{
	const bool tasks = l->left & LIST_TASKS;
	struct bpf_program *p = kernel_program(l->kernel, tasks ? "each_task" : "each_file");
	union bpf_iter_link_info only = { 0 };
	DECLARE_LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &only,
			    .link_info_len = sizeof(only));
	struct bpf_link *link;
	int n = 0;

	if (l->only && tasks && !l->whole)
		only.task.tid = (uint32_t)l->only;
	else
		only.task.pid = (uint32_t)l->only;
	link = p ? bpf_program__attach_iter(p, l->only ? &opts : NULL) : NULL;
	if (!link)
		return iterator_error(l, errno, err);
	l->fd = bpf_iter_create(bpf_link__fd(link));
	if (l->fd < 0)
		n = iterator_error(l, errno, err);
	bpf_link__destroy(link);
	l->have = l->used = 0;
	return n;
}

/* One whole record of the iterator: 1, 0 at its end, -errno. */
static int next_record(struct lister *l, struct raw *raw, struct err *err)
{
	const size_t head = sizeof(struct wire_prefix) + sizeof(struct wire_event);

	for (;;) {
		struct wire_event ev;
		ssize_t n;

		if (l->have - l->used >= head) {
			memcpy(&ev, l->chunk + l->used + sizeof(struct wire_prefix), sizeof(ev));
			if (l->have - l->used >= sizeof(struct wire_prefix) + ev.len) {
				*raw = (struct raw){
					.bytes = l->chunk + l->used + sizeof(struct wire_prefix),
					.len = ev.len,
					.flags = WIRE_SYNTHETIC,
				};
				l->used += sizeof(struct wire_prefix) + ev.len;
				return 1;
			}
		}
		memmove(l->chunk, l->chunk + l->used, l->have - l->used);
		l->have -= l->used;
		l->used = 0;
		n = read(l->fd, l->chunk + l->have, READ_CAP - l->have);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_set(err, -errno, "read the machine's tasks: %s",
				       strerror(errno));
		if (n == 0)
			return 0;
		l->have += (size_t)n;
	}
}

/* ---- Arguments and environment -------------------------------------------------------------- */

struct str proc_bytes(char *out, int64_t pid, const char *name)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return str_of(out, 0);
	n = read(fd, out, LIST_CAP);
	close(fd);
	return str_of(out, n > 0 ? (size_t)n : 0);
}

/* A pipe without a path gets the name /proc has for it. */
static void complete_pipe(struct lister *l, struct raw *raw)
{
	struct event_writer w;
	struct event ev;
	struct str name;
	char text[40];

	if (event_open(&ev, raw) < 0 || event_int_or(&ev, FD_ENTRY_FD_TYPE, 0) != FD_FIFO)
		return;
	if (event_text(&ev, FD_ENTRY_NAME, &name) && !str_eq(name, STR("/")))
		return;
	snprintf(text, sizeof(text), "pipe:[%" PRIu64 "]",
		 (uint64_t)event_int_or(&ev, FD_ENTRY_INO, 0));
	buf_reset(&l->event);
	event_begin(&w, &l->event, ev.type, ev.ts, ev.tid, ev.nparams);
	for (unsigned i = 0; i < ev.nparams; i++) {
		struct str value = event_param(&ev, i);

		if (i == FD_ENTRY_NAME)
			event_push_text(&w, str_from(text));
		else
			event_push(&w, value.p, value.len);
	}
	if (event_end(&w) < 0)
		return;
	raw->bytes = (const uint8_t *)l->event.p;
	raw->len = (uint32_t)l->event.len;
}

bool tells_itself(const struct lister *l, int64_t tid)
{
	return !l->again && l->same_numbers && has_ended(tid);
}

/* What was not yet a dead leader when it was listed, and has a program, has arguments. */
static bool ended_since(const struct lister *l, const struct event *ev)
{
	struct str path;

	return event_text(ev, PROC_ENTRY_EXEPATH, &path) && path.len &&
	       !(event_int_or(ev, PROC_ENTRY_FLAGS, 0) & CL_CLOSED) && tells_itself(l, ev->tid);
}

/*
 * The same PROC_ENTRY with what only /proc tells: argv[0], arguments, environment. False when it is
 * not to be told.
 */
static bool complete_process(struct lister *l, struct raw *raw)
{
	char args[LIST_CAP], env[LIST_CAP];
	struct event_writer w;
	struct event ev;
	struct str line, variables = { env, 0 };
	size_t exe;

	if (event_open(&ev, raw) < 0)
		return false;
	/* Not by the number of the process: its leader may be dead. */
	line = proc_bytes(args, ev.tid, "cmdline");
	if (!line.len && ended_since(l, &ev))
		return false;
	if (l->with_env)
		variables = proc_bytes(env, ev.tid, "environ");
	exe = str_chr(line, '\0');
	buf_reset(&l->event);
	event_begin(&w, &l->event, ev.type, ev.ts, ev.tid, ev.nparams);
	for (unsigned i = 0; i < ev.nparams; i++) {
		struct str value = event_param(&ev, i);

		if (i == PROC_ENTRY_EXE && line.len)
			event_push_text(&w, str_of(line.p, exe));
		else if (i == PROC_ENTRY_ARGS)
			event_push(&w, line.p + (exe < line.len ? exe + 1 : line.len),
				   exe < line.len ? line.len - exe - 1 : 0);
		else if (i == PROC_ENTRY_ENV)
			event_push(&w, variables.p, variables.len);
		else
			event_push(&w, value.p, value.len);
	}
	if (event_end(&w) < 0)
		return true;
	raw->bytes = (const uint8_t *)l->event.p;
	raw->len = (uint32_t)l->event.len;
	return true;
}

/* ---- In order ------------------------------------------------------------------------------- */

static bool next_of_batch(struct lister *l, struct raw *raw)
{
	struct wire_event ev;

	if (l->at == l->batch.len) {
		buf_reset(&l->batch);
		l->at = 0;
		return false;
	}
	memcpy(&ev, l->batch.p + l->at, sizeof(ev));
	*raw = (struct raw){
		.bytes = (const uint8_t *)l->batch.p + l->at,
		.len = ev.len,
		.flags = WIRE_SYNTHETIC,
	};
	l->at += ev.len;
	return true;
}

void list_mark(struct lister *l, int64_t pid)
{
	struct event_writer w;

	event_begin(&w, &l->batch, EVENT_FDS_ENTRY, kernel_now_ns(l->kernel), pid, 0);
	event_end(&w);
}

/* Everything is listed anew: the descriptors of this process, too. */
static void mark_if_again(struct lister *l, const struct raw *raw)
{
	struct event ev;

	if (!l->again || l->only || event_open(&ev, raw) < 0 ||
	    event_int_or(&ev, PROC_ENTRY_PID, 0) != ev.tid)
		return;
	list_mark(l, ev.tid);
}

static bool next_of_iterator(struct lister *l, struct raw *raw, int *n, struct err *err)
{
	*n = l->fd < 0 ? open_iterator(l, err) : 0;
	if (*n == 0) {
		do
			*n = next_record(l, raw, err);
		while (*n == 1 && l->left & LIST_TASKS && !complete_process(l, raw));
	}
	if (*n != 1)
		return *n < 0;
	if (l->left & LIST_TASKS)
		mark_if_again(l, raw);
	else
		complete_pipe(l, raw);
	return true;
}

/* Sockets are looked up anew for the next list: others may be there by then. */
static void list_done(struct lister *l)
{
	l->left = 0;
	proc_sockets_free(l->sockets);
	l->sockets = NULL;
}

int lister_next(struct lister *l, struct raw *raw, struct err *err)
{
	for (;;) {
		const bool by_proc = l->only ? l->one_by_proc : l->by_proc;
		int n;

		if (next_of_batch(l, raw))
			return 1;
		if (!l->left)
			return 0;
		if (by_proc && proc_fill(l))
			continue;
		if (!by_proc && next_of_iterator(l, raw, &n, err))
			return n;
		if (l->fd >= 0)
			close(l->fd);
		l->fd = -1;
		l->pid_at = 0;
		if (!(l->left & LIST_TASKS)) {
			list_done(l);
		} else {
			l->left = LIST_FDS & l->left;
			if (l->left && l->only && !by_proc)
				list_mark(l, l->only);
		}
	}
}

void lister_begin(struct lister *l, int64_t id, bool whole, unsigned what)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	buf_reset(&l->batch);
	l->at = 0;
	l->only = id;
	l->whole = whole;
	l->again = true;
	l->left = what;
	l->pid_at = 0;
	if (!id)
		l->npids = 0;
	if (!(what & LIST_TASKS) && !l->one_by_proc)
		list_mark(l, id);
}
