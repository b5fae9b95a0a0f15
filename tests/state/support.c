/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <arpa/inet.h>
#include <string.h>

struct machine machine_new(const struct state_limits *limits)
{
	struct machine m = { .s = state_new(limits), .ts = START_TS };

	assert_non_null(m.s);
	return m;
}

void machine_free(struct machine *m)
{
	state_free(m->s);
	buf_fini(&m->bytes);
}

void send_event(struct machine *m, unsigned type, int64_t tid, const struct arg *args, size_t n)
{
	const bool synthetic = type >= EVENT_OWN_FIRST;
	struct event_writer w;
	struct raw raw;

	buf_reset(&m->bytes);
	event_begin(&w, &m->bytes, type, synthetic && !m->running ? 0 : m->ts, tid, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		switch (args[i].kind) {
		case ARG_EMPTY:
			event_push_empty(&w);
			break;
		case ARG_INT:
			event_push_int(&w, args[i].i);
			break;
		case ARG_BYTES:
			event_push(&w, args[i].p, args[i].len);
			break;
		}
	assert_int_equal(event_end(&w), 0);
	raw = (struct raw){ .bytes = (const uint8_t *)m->bytes.p, .len = (uint32_t)m->bytes.len };
	if (synthetic)
		raw.flags = WIRE_SYNTHETIC;
	else if (n > event_info(type)->nparams)
		raw.flags = WIRE_EXTENSION;
	raw.flags |= (uint16_t)(m->age << WIRE_AGE_SHIFT);
	assert_int_equal(event_open(&m->ev, &raw), 0);
	m->who = state_apply(m->s, &m->ev);
	if (!m->retire_later)
		state_retire(m->s, &m->ev);
	m->ts += 1000;
}

static struct arg text_or(const char *s, const char *otherwise)
{
	return s ? TEXT(s) : TEXT(otherwise);
}

static int64_t or_else(int64_t v, int64_t otherwise)
{
	return v ? v : otherwise;
}

void list_process(struct machine *m, const struct listed *p)
{
	const int64_t pid = or_else(p->pid, p->tid);

	SEND(m, PROC_ENTRY, p->tid, INT(pid), INT(p->ptid), INT(or_else(p->sid, pid)),
	     INT(or_else(p->vpgid, pid)), INT(or_else(p->pgid, pid)), INT(or_else(p->vtid, p->tid)),
	     INT(or_else(p->vpid, pid)), text_or(p->comm, "proc"), text_or(p->exe, "/bin/proc"),
	     text_or(p->exepath, "/usr/bin/proc"), BYTES("-a\0-b\0"), BYTES("HOME=/\0PATH=/bin\0"),
	     text_or(p->cwd, "/"), TEXT("/"), BYTES("cpu=/a\0mem=/b\0"), INT(1024), INT(p->flags),
	     INT(1000), INT(1000), INT(1000), INT(34816), NONE, NONE, NONE, INT(0), INT(11),
	     INT(12), INT(13), INT(0), INT(p->start));
}

void list_file(struct machine *m, int64_t tid, int64_t num, const char *name, uint32_t flags)
{
	SEND(m, FD_ENTRY, tid, INT(num), INT(FD_FILE_V2), INT(77), INT(0x801), INT(flags),
	     TEXT(name), NONE, INT(0));
}

void list_usual(struct machine *m)
{
	list_process(m, &(struct listed){ .tid = 1, .comm = "systemd", .exe = "/sbin/init" });
	list_process(m, &(struct listed){ .tid = 100,
					  .ptid = 1,
					  .comm = "bash",
					  .exe = "/bin/bash",
					  .exepath = "/usr/bin/bash",
					  .cwd = "/home/u" });
	for (int64_t i = 0; i < 3; i++)
		list_file(m, 100, i, "/dev/tty1", FILE_FLAGS_O_RDWR);
}

void send_birth(struct machine *m, const struct birth *b)
{
	const int64_t pid = or_else(b->pid, b->in);
	const struct arg args[] = {
		INT(b->res),
		text_or(b->exe, "/bin/bash"),
		BYTES("-a\0-b\0"),
		INT(b->in),
		INT(pid),
		INT(b->ptid),
		NONE,
		INT(1024),
		INT(1),
		INT(2),
		INT(3),
		INT(4),
		INT(5),
		text_or(b->comm, "bash"),
		BYTES("cpu=/a\0"),
		INT(b->flags),
		INT(1000),
		INT(1001),
		INT(or_else(b->vtid, b->in)),
		INT(or_else(b->vpid, pid)),
		INT(0),
	};

	send_event(m, b->type ? b->type : EVENT_CLONE_20_X, b->in, args, ARRAY_SIZE(args));
}

void fork_child(struct machine *m, int64_t parent, int64_t child, uint32_t flags)
{
	send_birth(m, &(struct birth){ .in = child, .ptid = parent, .flags = flags });
}

void start_thread(struct machine *m, int64_t pid, int64_t ptid, int64_t tid)
{
	send_birth(m, &(struct birth){ .in = tid,
				       .pid = pid,
				       .ptid = ptid,
				       .flags = CL_CLONE_THREAD | CL_CLONE_FILES | CL_CLONE_FS |
						CL_CLONE_VM | CL_CLONE_SIGHAND });
}

void send_exec(struct machine *m, const struct run *r)
{
	const int64_t pid = or_else(r->pid, r->tid);

	SEND(m, EXECVE_19_X, r->tid, INT(0), text_or(r->exe, "ls"), r->args, INT(r->tid), INT(pid),
	     INT(r->ptid), r->cwd ? TEXT(r->cwd) : NONE, INT(2048), INT(6), INT(7), INT(8), INT(9),
	     INT(10), text_or(r->comm, "ls"), BYTES("cpu=/x\0"), r->env, INT(34817),
	     INT(or_else(r->vpgid, pid)), INT(1005), INT(r->flags), INT(1), INT(2), INT(3), INT(99),
	     INT(START_TS - 500), INT(START_TS - 400), INT(0), r->path ? TEXT(r->path) : NONE,
	     INT(pid), INT(0), r->filename ? TEXT(r->filename) : NONE);
}

void send_exit(struct machine *m, int64_t tid, int64_t reaper)
{
	SEND(m, PROCEXIT_1_E, tid, INT(0), INT(0), INT(0), INT(0), INT(reaper));
}

void open_file(struct machine *m, int64_t tid, int64_t num, const char *name, uint32_t flags)
{
	SEND(m, OPEN_X, tid, INT(num), TEXT(name), INT(flags), INT(0644), INT(0x801), INT(4242));
}

const char *fd_name(struct machine *m, int64_t tid, int64_t num)
{
	const struct fd *fd = state_fd(m->s, state_thread(m->s, tid), num);

	return !fd ? "<none>" : fd->name ? fd->name->text : "";
}

const char *cwd_of(struct machine *m, int64_t tid)
{
	return istr_view(thread_of(m, tid)->fs->cwd).p;
}

struct thread *thread_of(struct machine *m, int64_t tid)
{
	struct thread *t = state_thread(m->s, tid);

	assert_non_null(t);
	return t;
}

static void put(char **at, const void *bytes, size_t len)
{
	memcpy(*at, bytes, len);
	*at += len;
}

static void put_endpoint(char **at, uint32_t ip, uint16_t port)
{
	ip = htonl(ip);
	put(at, &ip, sizeof(ip));
	put(at, &port, sizeof(port));
}

struct arg tuple4(char out[13], uint32_t sip, uint16_t sport, uint32_t dip, uint16_t dport)
{
	char *at = out;

	*at++ = 2;
	put_endpoint(&at, sip, sport);
	put_endpoint(&at, dip, dport);
	return (struct arg){ .kind = ARG_BYTES, .p = out, .len = 13 };
}

struct arg address4(char out[7], uint32_t ip, uint16_t port)
{
	char *at = out;

	*at++ = 2;
	put_endpoint(&at, ip, port);
	return (struct arg){ .kind = ARG_BYTES, .p = out, .len = 7 };
}
