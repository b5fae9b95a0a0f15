/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STATE_SUPPORT_H
#define TESTS_STATE_SUPPORT_H

/* A machine that encodes events and applies them, as the engine does with those of a source. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "state/state.h"

#define START_TS UINT64_C(1600000000000000000)

struct machine {
	struct state *s;
	struct buf bytes;
	struct event ev;
	struct subject who; /* of the event sent last; its thread and fd until the next one */
	uint64_t ts;        /* of the next event; 1 us later for the one after it */
	unsigned age;       /* of children that tell of their birth: see WIRE_AGE_SHIFT */
	bool retire_later;  /* send() leaves that to the test */
	bool running;       /* lists are of a running machine: each entry has its time */
};

struct machine machine_new(const struct state_limits *limits);
void machine_free(struct machine *m);

/* One parameter. */
struct arg {
	enum { ARG_EMPTY, ARG_INT, ARG_BYTES } kind;
	int64_t i;
	const void *p;
	size_t len;
};
#define INT(v)   ((struct arg){ .kind = ARG_INT, .i = (int64_t)(v) })
#define TEXT(s)  ((struct arg){ .kind = ARG_BYTES, .p = (s), .len = strlen(s) + 1 })
#define BYTES(s) ((struct arg){ .kind = ARG_BYTES, .p = (s), .len = sizeof(s) - 1 })
#define NONE     ((struct arg){ .kind = ARG_EMPTY })

/* Applies one event with exactly these parameters; those beyond the table's are its extension. */
#define SEND(m, type, tid, ...)                                                                    \
	send_event((m), EVENT_##type, (tid), (const struct arg[]){ __VA_ARGS__ },                  \
		   ARRAY_SIZE(((const struct arg[]){ __VA_ARGS__ })))
void send_event(struct machine *m, unsigned type, int64_t tid, const struct arg *args, size_t n);

/* A process or thread as a list has it; zero members get plain values. */
struct listed {
	int64_t tid, pid, ptid, vtid, vpid, sid, vpgid, pgid;
	const char *comm, *exe, *exepath, *cwd;
	uint32_t flags;
	uint64_t start;
};
void list_process(struct machine *m, const struct listed *p);
/* A file in a list. */
void list_file(struct machine *m, int64_t tid, int64_t num, const char *name, uint32_t flags);
/* init (1, systemd) and a shell (100, bash, in /home/u/) with standard descriptors. */
void list_usual(struct machine *m);

/* clone, fork, vfork or clone3; zero members: pid as tid, no own namespace, "bash" from /bin/bash. */
struct birth {
	unsigned type; /* 0: clone */
	int64_t in;    /* the thread in which the call returns */
	int64_t res;
	int64_t pid, ptid, vtid, vpid;
	uint32_t flags;
	const char *exe, *comm;
};
void send_birth(struct machine *m, const struct birth *b);
/* A child of `parent` as the child's own event tells it. */
void fork_child(struct machine *m, int64_t parent, int64_t child, uint32_t flags);
/* A thread of `pid`, whose parent is ptid. */
void start_thread(struct machine *m, int64_t pid, int64_t ptid, int64_t tid);

/* A successful execve; zero members get plain values. */
struct run {
	int64_t tid, pid, ptid;
	const char *exe, *comm, *path, *filename, *cwd;
	struct arg args, env;
	int64_t vpgid;
	uint32_t flags;
};
void send_exec(struct machine *m, const struct run *r);
void send_exit(struct machine *m, int64_t tid, int64_t reaper);

/* A successful open of a name. */
void open_file(struct machine *m, int64_t tid, int64_t num, const char *name, uint32_t flags);

const char *fd_name(struct machine *m, int64_t tid, int64_t num); /* "<none>": no descriptor */
const char *cwd_of(struct machine *m, int64_t tid);
struct thread *thread_of(struct machine *m, int64_t tid); /* must exist */

/* SOCKTUPLE of IPv4: "\x02" source, port, destination, port; addresses as 0x7f000001. */
struct arg tuple4(char out[13], uint32_t sip, uint16_t sport, uint32_t dip, uint16_t dport);
struct arg address4(char out[7], uint32_t ip, uint16_t port);

#define assert_text(actual, expected) assert_string_equal((actual), (expected))

#endif
