/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SRC_LIVE_H
#define SOURCE_SRC_LIVE_H

#include "base/buf.h"
#include "internal.h"
#include "source/live.h"

struct bpf_object;
struct bpf_link;
struct bpf_program;
struct btf;

/*
 * The reader's end of one kernel ring buffer. Layout of the kernel's
 * (Documentation/bpf/ringbuf.rst): a page with the consumer's position, a page with the
 * producer's, the data mapped twice in a row so that no record is ever split.
 */
struct ring {
	volatile unsigned long *consumer;
	const volatile unsigned long *producer;
	const uint8_t *data;
	size_t size;         /* of the data, a power of two */
	unsigned long taken; /* position behind the record handed out last */
	int fd;
};

int ring_open(struct ring *r, uint32_t bytes, struct err *err);
void ring_close(struct ring *r);
/* The oldest record not yet taken; false when there is none. */
bool ring_peek(struct ring *r, const uint8_t **record, uint32_t *len);
/* The oldest one is being written: it and what stands behind it will come. */
bool ring_is_busy(const struct ring *r);
/* Steps over it; the kernel may reuse its bytes only after ring_release. */
void ring_take(struct ring *r, uint32_t len);
void ring_release(struct ring *r);

/* The loaded programs and the maps all of them share. */
struct kernel_side {
	struct bpf_object *objects[32];
	size_t nobjects;
	struct bpf_link *links[32];
	size_t nlinks;
	struct wire_needs *needs;   /* mapped */
	uint64_t boot_epoch_ns;     /* what the kernel side adds to its clock */
	bool loaded[WIRE_PROGRAMS]; /* exit programs, by where the dispatcher finds them */
	int tasks_fd, losses_fd, rings_fd, programs_fd, predicates_fd, saved_fd;
	bool upper_half;                /* where the predicates in force are */
	char uring_lacks[LIVE_WHY_MAX]; /* why io_urings are not covered; empty: they are */
};

/*
 * Loads the programs for the calls in `want` (one byte per x86_64 number, not 0: wanted) that are
 * not loaded yet; the first time also those on tracepoints and the iterators.
 */
int kernel_load(struct kernel_side *k, const struct live_options *options, const uint8_t *want,
		struct err *err);
/* True when a wanted call has no program of its own yet, though there is one. */
bool kernel_lacks(const struct kernel_side *k, const uint8_t *want);
int kernel_attach(struct kernel_side *k, struct err *err);
void kernel_unload(struct kernel_side *k);
/* By its name in bpf/; NULL when there is none. */
struct bpf_program *kernel_program(const struct kernel_side *k, const char *name);

/* The needs without what asks for predicates. */
void predicates_drop(struct kernel_side *k, const uint8_t *wanted);
/* Writes them where none is in force, then puts them in force. 0 or -errno. */
int predicates_put(struct kernel_side *k, const uint8_t *wanted, const struct live_predicates *p);

/*
 * The programs for io_urings are optional: those this kernel can have are chosen; with the reason
 * kept, none when an essential one cannot be had or the kernel refuses them.
 */
bool is_uring_program(const char *name);
/* Which tracepoint is missing; empty when none is. */
void uring_lacks(const struct btf *kernel, char why[LIVE_WHY_MAX]);
void uring_choose(struct kernel_side *k, struct bpf_object *object);
void uring_refused(struct kernel_side *k);

/* 0, or -errno with *err filled: only the group of this directory, and those below it. */
int scope_cgroup(struct wire_needs *n, const char *path, struct err *err);
/* The process and all its descendants; what they fork from now on follows by itself. */
int scope_tree(const struct kernel_side *k, int64_t pid, struct err *err);

/* What is there already, as synthetic events. */
struct lister {
	struct kernel_side *kernel;
	bool with_env;
	struct buf facts; /* events of machine, interfaces, users; `fact` is the next one */
	size_t fact;
	size_t iterator; /* which of them is being read */
	int fd;
	uint8_t *chunk; /* read from the iterator; [used, have) is not yet handed out */
	size_t have, used;
	struct buf event; /* the event handed out last, when it had to be put together */
};

int lister_init(struct lister *l, struct kernel_side *kernel, bool with_env, struct err *err);
/* 1; 0 when all is told; -errno. Borrowed until the next call. */
int lister_next(struct lister *l, struct raw *raw, struct err *err);
void lister_fini(struct lister *l);

#endif
