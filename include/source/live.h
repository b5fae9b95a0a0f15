/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_LIVE_H
#define SOURCE_LIVE_H

/*
 * Events from the running kernel. The programs in bpf/ write them into rings; this side loads and
 * attaches the programs, puts the rings' events into one order, and counts what is missing.
 */

#include "source/source.h"

struct live_options {
	const uint8_t *want;       /* as for live_want: what to load at once; NULL: nothing */
	uint32_t snaplen;          /* bytes of a data buffer kept; 0: 80 */
	uint32_t shards;           /* rings per lane, a power of two; 0: by the number of CPUs */
	uint32_t state_ring_bytes; /* per ring, a power of two; 0: 4 MiB */
	uint32_t bulk_ring_bytes;
	uint64_t hold_ns;      /* how long an event waits for an earlier one elsewhere; 0: 1 ms */
	enum wire_scope scope; /* WIRE_SCOPE_TASKS: what live_scope_pid names */
	const char *cgroup; /* WIRE_SCOPE_CGROUP: its directory, in the v2, memory or pids tree */
	bool with_env;      /* environments of running processes in the process list */
	bool no_iterators;  /* list them from /proc, as on kernels without iterators */
	bool by_functions;  /* system calls are seen where their functions end, which costs nothing
			     * to those not wanted, not at the tracepoint that all pass */
};

/* NULL with *err filled: what is missing on this machine and how to get it. Needs CAP_BPF and
 * CAP_PERFMON (or root) and a kernel with BTF. Programs are attached, nothing is asked for yet. */
struct source *source_open_live(const struct live_options *options, struct err *err);

/*
 * What is wanted from now on: wire_need bits per x86_64 number, and whether signals are. Loads
 * the programs this takes. No predicate is in force afterwards. 0; -errno with *err filled and
 * nothing changed.
 */
int live_want(struct source *s, const uint8_t wanted[WIRE_SYSCALLS_MAX], bool signals,
	      struct err *err);

/* Predicates for system calls: by x86_64 number one more than an index into items; 0: none. */
struct live_predicates {
	uint8_t of[WIRE_SYSCALLS_MAX];
	const struct wire_predicate *items;
	size_t n; /* at most WIRE_PREDICATES_HALF */
};

/*
 * Puts predicates in force for calls among those last wanted, where `wanted` says which of its two
 * times each is asked. Rules they were not derived from must not be in use any more. 0 or -errno.
 */
int live_push_down(struct source *s, const uint8_t wanted[WIRE_SYSCALLS_MAX],
		   const struct live_predicates *p, struct err *err);

/* Events not sent so far because a predicate said no, by x86_64 number. */
void live_saved(struct source *s, uint64_t out[WIRE_SYSCALLS_MAX]);

/* What is there is told once more, before the next event: for calls that were not followed so far. */
void live_list_again(struct source *s);

/* A process, its descendants and what they fork from now on are in scope. */
int live_scope_pid(struct source *s, int64_t pid, struct err *err);

/*
 * What live capture found out afterwards: threads it has events of that nobody announced, and
 * processes of which events were lost.
 */
struct live_repairs {
	uint64_t looked_up; /* threads */
	uint64_t not_found; /* gone already */
	uint64_t reread;    /* processes, or their descriptors */
	uint64_t put_off;   /* over the budget of time: tried again with the next event */
	uint64_t given_up;  /* put off, and not remembered any more */
	uint64_t waiting;   /* put off, now */
};
void live_repairs(const struct source *s, struct live_repairs *out);

/* Why work handed in through io_urings is not seen on this kernel; NULL: it is. */
const char *live_uring_lacks(const struct source *s);

/* Whether a system call that was wanted last is not seen, of 32-bit callers at least: by_functions,
 * and this kernel does not let us attach to its function. By x86_64 number. */
bool live_uncovered(const struct source *s, unsigned native);

/* Sleeps until some ring has data or timeout_ns passed. */
void live_wait(struct source *s, uint64_t timeout_ns);

#define LIVE_WHY_MAX 256

/* One thing asked of the kernel, and what was found. */
struct live_feature {
	const char *name;
	const char *needed_for;
	const char *remedy;     /* when it is missing */
	bool required;          /* without it nothing can be captured */
	int found;              /* 1 there, 0 missing, -errno: could not be found out */
	char why[LIVE_WHY_MAX]; /* what exactly is missing, or keeps from finding out; may be empty */
};
/* Asks for all of them, the required ones first; returns how many there are. */
size_t live_features(struct live_feature *out, size_t max);
/* The first required feature that is missing, as an error; 0 when there is none. */
int live_missing(struct err *err);

/*
 * As much of the kernel's types as the programs of an object name, for libbpf to find them in: a
 * file in memory, which the caller closes, or -errno. Without it the object cannot be loaded.
 */
struct btf;
int live_types(const struct btf *kernel, const struct btf *programs);

struct live_loss {
	uint64_t cgroup; /* v2 id; 0: unknown */
	enum wire_loss reason;
	uint16_t type;
	uint64_t count;
};
/* Losses so far, at most max rows, in no order; returns how many there are. */
size_t live_losses(struct source *s, struct live_loss *out, size_t max);

#endif
