/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is there before the first live event: the machine, its interfaces, users and groups, then
 * every task and open descriptor as the kernel's iterators tell them. All of it leaves here as
 * synthetic events, in that order.
 */

#include "live.h"

#include "base/buf.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* Longest arguments or environment kept, as in exec events. */
#define LIST_CAP 4096
#define READ_CAP (2 * WIRE_EVENT_MAX)

enum fd_type {
#define FD_TYPE(number, id, letter, word) FD_##id = number,
#include "tables/fd_types.def"
#undef FD_TYPE
};

static void begin(struct event_writer *w, struct buf *out, unsigned type, int64_t tid)
{
	event_begin(w, out, type, clock_realtime_ns(), tid, event_info(type)->nparams);
}

static void add_machine(struct buf *out)
{
	struct event_writer w;
	struct sysinfo info = { 0 };
	char hostname[256] = "";

	gethostname(hostname, sizeof(hostname) - 1);
	sysinfo(&info);
	begin(&w, out, EVENT_MACHINE_ENTRY, 0);
	event_push_text(&w, str_from(hostname));
	event_push_int(&w, sysconf(_SC_NPROCESSORS_ONLN));
	event_push_int(&w, (int64_t)(info.totalram * info.mem_unit));
	event_push_int(&w, 0);
	event_push_int(&w, (int64_t)(clock_realtime_ns() - (uint64_t)info.uptime * NS_PER_S));
	event_end(&w);
}

static void push_address(struct event_writer *w, const struct sockaddr *a)
{
	if (a && a->sa_family == AF_INET)
		event_push(w, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
	else if (a && a->sa_family == AF_INET6)
		event_push(w, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
	else
		event_push_empty(w);
}

static void add_interfaces(struct buf *out)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return; /* no interface is known then: nothing counts as local */
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct event_writer w;

		if (!i->ifa_addr ||
		    (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		begin(&w, out, EVENT_INTERFACE_ENTRY, 0);
		event_push_text(&w, str_from(i->ifa_name));
		push_address(&w, i->ifa_addr);
		push_address(&w, i->ifa_netmask);
		push_address(&w, i->ifa_broadaddr);
		event_push_int(&w, 0);
		event_end(&w);
	}
	freeifaddrs(list);
}

static void add_users(struct buf *out)
{
	const struct passwd *p;
	const struct group *g;
	struct event_writer w;

	setpwent();
	while ((p = getpwent())) {
		begin(&w, out, EVENT_USER_ADDED_E, 0);
		event_push_int(&w, p->pw_uid);
		event_push_int(&w, p->pw_gid);
		event_push_text(&w, str_from(p->pw_name));
		event_push_text(&w, str_from(p->pw_dir));
		event_push_text(&w, str_from(p->pw_shell));
		event_push_empty(&w);
		event_end(&w);
	}
	endpwent();
	setgrent();
	while ((g = getgrent())) {
		begin(&w, out, EVENT_GROUP_ADDED_E, 0);
		event_push_int(&w, g->gr_gid);
		event_push_text(&w, str_from(g->gr_name));
		event_push_empty(&w);
		event_end(&w);
	}
	endgrent();
}

int lister_init(struct lister *l, struct kernel_side *kernel, bool with_env, struct err *err)
{
	*l = (struct lister){
		.kernel = kernel, .with_env = with_env, .fd = -1, .facts.max = 64 << 20
	};
	l->chunk = malloc(READ_CAP);
	if (!l->chunk)
		return err_set(err, -ENOMEM, "list the machine: %s", strerror(ENOMEM));
	add_machine(&l->facts);
	add_interfaces(&l->facts);
	add_users(&l->facts);
	return 0;
}

void lister_fini(struct lister *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->chunk);
	buf_fini(&l->facts);
	buf_fini(&l->event);
	*l = (struct lister){ .fd = -1 };
}

/* ---- Reading the iterators ------------------------------------------------------------------ */

static int open_iterator(struct lister *l, const char *program, struct err *err)
{
	struct bpf_program *p = kernel_program(l->kernel, program);
	struct bpf_link *link = p ? bpf_program__attach_iter(p, NULL) : NULL;
	int n = 0;

	if (!link)
		return err_set(err, -errno, "list the machine's tasks ('%s'): %s", program,
			       strerror(errno));
	l->fd = bpf_iter_create(bpf_link__fd(link));
	if (l->fd < 0)
		n = err_set(err, -errno, "list the machine's tasks ('%s'): %s", program,
			    strerror(errno));
	bpf_link__destroy(link);
	l->have = l->used = 0;
	return n;
}

/* One whole record of the iterator: 1, 0 at its end, -errno. */
static int next_record(struct lister *l, const uint8_t **record, uint32_t *len, struct err *err)
{
	const size_t head = sizeof(struct wire_prefix) + sizeof(struct wire_event);

	for (;;) {
		struct wire_event ev;
		ssize_t n;

		if (l->have - l->used >= head) {
			memcpy(&ev, l->chunk + l->used + sizeof(struct wire_prefix), sizeof(ev));
			if (l->have - l->used >= sizeof(struct wire_prefix) + ev.len) {
				*record = l->chunk + l->used;
				*len = (uint32_t)sizeof(struct wire_prefix) + ev.len;
				l->used += *len;
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

/* At most LIST_CAP bytes of /proc/PID/NAME; empty for kernel threads and the dead. */
static struct str proc_bytes(char *out, int64_t pid, const char *name)
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

/* The same PROC_ENTRY with what only /proc tells: argv[0], arguments, environment. */
static void complete_process(struct lister *l, struct raw *raw)
{
	char args[LIST_CAP], env[LIST_CAP];
	struct event_writer w;
	struct event ev;
	struct str line, variables = { env, 0 };
	size_t exe;
	int64_t pid;

	if (event_open(&ev, raw) < 0)
		return;
	pid = event_int_or(&ev, PROC_ENTRY_PID, 0);
	line = proc_bytes(args, pid, "cmdline");
	if (l->with_env)
		variables = proc_bytes(env, pid, "environ");
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
		return;
	raw->bytes = (const uint8_t *)l->event.p;
	raw->len = (uint32_t)l->event.len;
}

/* ---- In order ------------------------------------------------------------------------------- */

static bool next_fact(struct lister *l, struct raw *raw)
{
	struct wire_event ev;

	if (l->fact == l->facts.len)
		return false;
	memcpy(&ev, l->facts.p + l->fact, sizeof(ev));
	*raw = (struct raw){
		.bytes = (const uint8_t *)l->facts.p + l->fact,
		.len = ev.len,
		.flags = WIRE_SYNTHETIC,
	};
	l->fact += ev.len;
	return true;
}

int lister_next(struct lister *l, struct raw *raw, struct err *err)
{
	static const char *const iterators[] = { "each_task", "each_file" };
	const uint8_t *record = NULL;
	uint32_t len = 0;
	int n;

	if (next_fact(l, raw))
		return 1;
	while (l->iterator < ARRAY_SIZE(iterators)) {
		if (l->fd < 0 && (n = open_iterator(l, iterators[l->iterator], err)) < 0)
			return n;
		n = next_record(l, &record, &len, err);
		if (n < 0)
			return n;
		if (n == 1) {
			*raw = (struct raw){
				.bytes = record + sizeof(struct wire_prefix),
				.len = len - (uint32_t)sizeof(struct wire_prefix),
				.flags = WIRE_SYNTHETIC,
			};
			if (l->iterator == 0)
				complete_process(l, raw);
			else
				complete_pipe(l, raw);
			return 1;
		}
		close(l->fd);
		l->fd = -1;
		l->iterator++;
	}
	return 0;
}
