/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LIVE_URING_H
#define TESTS_LIVE_URING_H

/*
 * One io_uring by raw system calls. Whatever fails here ends the program: it is a test's tool.
 *
 * What comes next is announced by access("/uring/CASE/PART"), a call that fails and does nothing.
 * What is expected is told on standard output: "RESULT CASE N", "THREAD CASE TID", "SKIP ...".
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By the project's own table, which knows more operations than older headers. */
enum {
#define URING_OP(opcode, id, native, positioned, lane) OP_##id = opcode,
#include "tables/uring_ops.def"
#undef URING_OP
	OP_NOP = 0,
	OP_PROVIDE_BUFFERS = 31,
	OPS = 64
};

struct uring {
	int fd;
	unsigned *sq_tail, *sq_flags, *cq_head, *cq_tail;
	unsigned sq_mask, cq_mask, prepared;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *completions;
	bool polled; /* the kernel looks for entries by itself */
	bool knows[OPS];
};

static inline void uring_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static inline uint64_t ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static inline void announce(const char *name, const char *part)
{
	char path[128];

	snprintf(path, sizeof(path), "/uring/%s/%s", name, part);
	access(path, F_OK);
}

/* Both programs begin in a directory with one file, and /dev/null as descriptor 0. */
static inline void uring_begin(const char *directory)
{
	int file;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (chdir(directory) < 0)
		uring_die(directory);
	file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file < 0 || write(file, "0123456789abcdefghijklmnopqrstuvwxyz", 36) != 36)
		uring_die("file");
	close(file);
	close(0);
	if (open("/dev/null", O_RDONLY) != 0)
		uring_die("/dev/null");
}

static inline void uring_register(const struct uring *r, unsigned what, void *arg, unsigned n)
{
	if (syscall(SYS_io_uring_register, r->fd, what, arg, n) < 0)
		uring_die("io_uring_register");
}

static inline void *uring_map(int fd, size_t size, off_t what)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (map == MAP_FAILED)
		uring_die("map a ring");
	return map;
}

static inline void uring_probe(struct uring *r)
{
	struct {
		struct io_uring_probe head;
		struct io_uring_probe_op ops[OPS];
	} p = { 0 };

	uring_register(r, IORING_REGISTER_PROBE, &p, OPS);
	for (unsigned i = 0; i < OPS && i < p.head.ops_len; i++)
		r->knows[i] = p.ops[i].flags & IO_URING_OP_SUPPORTED;
}

static inline void uring_open(struct uring *r, unsigned entries, unsigned flags)
{
	struct io_uring_params p = { .flags = flags, .sq_thread_idle = 50 };
	uint8_t *ring;

	*r = (struct uring){ .polled = flags & IORING_SETUP_SQPOLL };
	r->fd = (int)syscall(SYS_io_uring_setup, entries, &p);
	if (r->fd < 0)
		uring_die("io_uring_setup");
	ring = uring_map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
			 IORING_OFF_SQ_RING);
	r->entries = uring_map(r->fd, p.sq_entries * sizeof(*r->entries), IORING_OFF_SQES);
	r->sq_tail = (unsigned *)(void *)(ring + p.sq_off.tail);
	r->sq_flags = (unsigned *)(void *)(ring + p.sq_off.flags);
	r->cq_head = (unsigned *)(void *)(ring + p.cq_off.head);
	r->cq_tail = (unsigned *)(void *)(ring + p.cq_off.tail);
	r->completions = (struct io_uring_cqe *)(void *)(ring + p.cq_off.cqes);
	r->sq_mask = p.sq_entries - 1;
	r->cq_mask = p.cq_entries - 1;
	for (unsigned i = 0; i < p.sq_entries; i++)
		((unsigned *)(void *)(ring + p.sq_off.array))[i] = i;
	uring_probe(r);
}

/* A zeroed entry to fill in; the next uring_submit hands it in. */
static inline struct io_uring_sqe *uring_entry(struct uring *r, uint8_t opcode)
{
	struct io_uring_sqe *e = &r->entries[(*r->sq_tail + r->prepared++) & r->sq_mask];

	memset(e, 0, sizeof(*e));
	e->opcode = opcode;
	return e;
}

static inline void uring_enter(const struct uring *r, unsigned submit, unsigned wait)
{
	unsigned flags = wait ? IORING_ENTER_GETEVENTS : 0;

	if (r->polled && __atomic_load_n(r->sq_flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (flags || (submit && !r->polled))
		while (syscall(SYS_io_uring_enter, r->fd, r->polled ? 0 : submit, wait, flags, NULL,
			       0) < 0)
			if (errno != EINTR && errno != EBUSY)
				uring_die("io_uring_enter");
}

static inline void uring_submit(struct uring *r)
{
	unsigned n = r->prepared;

	r->prepared = 0;
	__atomic_store_n(r->sq_tail, *r->sq_tail + n, __ATOMIC_SEQ_CST);
	uring_enter(r, n, 0);
}

/* The next completion, waited for. */
static inline struct io_uring_cqe uring_take(struct uring *r)
{
	unsigned head = *r->cq_head;
	struct io_uring_cqe c;

	while (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		uring_enter(r, 0, 1);
	c = r->completions[head & r->cq_mask];
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return c;
}

/* Hands in what was prepared and takes one completion: its result. */
static inline int uring_run(struct uring *r)
{
	uring_submit(r);
	return uring_take(r).res;
}

static inline void uring_close(struct uring *r)
{
	close(r->fd);
}

#endif
