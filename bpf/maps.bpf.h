/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

/* Every map and every knob. All objects share the maps: the agent hands those of maps.bpf.c to
 * the others by name. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

#include "wire.h"

#define PATH_CAP 4096 /* Linux's PATH_MAX */

/* ---- Knobs set before loading; the verifier deletes what they switch off --------------------- */

const volatile __u32 knob_snaplen = 80;
const volatile __u32 knob_shards_mask = 0; /* rings per lane minus one; a power of two minus one */
const volatile __u64 knob_boot_epoch_ns = 0; /* CLOCK_REALTIME minus CLOCK_BOOTTIME at start */
const volatile __u32 knob_look_every = 0;    /* bytes a CPU puts into a ring before it looks again
					   * at how full that is: see emit_submit_of */
const volatile __u32 knob_copies = 0;        /* not 0: those of fexit/copies.bpf.c can run */
const volatile __u32 knob_functions = 0;     /* not 0: calls are seen where their functions end */

/* ---- Changed while running ------------------------------------------------------------------ */

/* By x86_64 number: 0 leave, else the lane and flags of enum wire_need. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct wire_needs);
} needs SEC(".maps");

/* Whose number stands in needs.predicate; one half is in force while the other may be written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WIRE_PREDICATES);
	__type(key, __u32);
	__type(value, struct wire_predicate);
} predicates SEC(".maps");

/* Events not sent because their predicate said no, by x86_64 number. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WIRE_SYSCALLS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} saved SEC(".maps");

/* Exit programs by x86_64 number; behind them WIRE_GENERIC and its like. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, WIRE_PROGRAMS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} exit_programs SEC(".maps");

/* The one program that tells the end of a request. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} uring_programs SEC(".maps");

/* ---- Where events go ------------------------------------------------------------------------ */

struct inner_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* LANES x shards rings, lane-major; then WIRE_RING_ANNOUNCED, while the list is made. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, WIRE_RING_ANNOUNCED + 1);
	__type(key, __u32);
	__array(values, struct inner_ring);
} rings SEC(".maps");

/* A system call that just ended. */
struct call {
	long ret;
	__u64 args[6];
	__u32 compat; /* a 32-bit caller's number of the call; 0: none */
};

/*
 * One event being put together. Programs on tracepoints run with preemption off, and those we hook
 * are not reached from interrupts, so one per CPU is enough for them. The bytes are twice the
 * largest event: a write masked into the first half may run on into the second. What most events
 * use stands in front of them, in few lines of the cache.
 */
struct bpf_scratch {
	__u32 type;
	__u32 flags;
	__u32 lengths; /* where the next entry of the length array goes */
	__u32 at;      /* where the next parameter goes */
	__u32 lane;    /* where it will be sent, when its predicate is asked before */
	/* core/path.bpf.h works here. The walk's position is kept in memory on purpose: in a register
	 * the verifier would follow every value it can have through every step of the loop. */
	__u32 path_at;
	struct {
		__u64 dentry, top, mount;
	} walk; /* addresses: see core/path.bpf.h */
	struct {
		__u64 start, pid;
	} caller;        /* who called last, and is in scope: see core/scope.bpf.h */
	__u64 file;      /* the address of the file a call opened */
	__u64 forgotten; /* see forget */
	__u32 unlooked[WIRE_LANES *
		       WIRE_SHARDS_MAX]; /* bytes put into each ring since a look at it */
	__u8 bytes[2 * WIRE_EVENT_MAX];
	__u8 path[2 * PATH_CAP];
	/* Of loops other than the walk, for the same reason. */
	__u32 done, left;
	struct {
		__u64 request;
		__s64 result;
		__u32 how;
	} uring;            /* which request ended: see tp/io_uring.bpf.c */
	struct call compat; /* a 32-bit caller's, as its namesake: see complete_compat */
};

/* By CPU; a per-CPU map cannot hold values so large. The agent sets the number of entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_scratch);
} scratch SEC(".maps");

/*
 * Programs on functions can be preempted, and others can then run on the same CPU: each thread takes
 * one of the CPU's scratches but the first, which is that of tracepoints. It cannot move to another
 * CPU meanwhile.
 */
struct claims {
	__u64 owner[WIRE_SCRATCHES]; /* the thread's number; 0: nobody */
};

/* By CPU, as above. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct claims);
} claims SEC(".maps");

/* For iterators, which can be preempted by the programs that use the one above. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_scratch);
} iter_scratch SEC(".maps");

/* ---- Per thread group ----------------------------------------------------------------------- */

/*
 * Records of groups whose leader has exited before the others, by tgid. Should one of these exec,
 * it becomes the leader, and the record moves on to it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct wire_task);
} headless SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct wire_task);
} tasks SEC(".maps");

/* Not 0: the thread has told of itself, see tp/announce.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} announced SEC(".maps");

/* ---- Shares of a ring that fills up ----------------------------------------------------------- */

struct share_key {
	__u64 cgroup;
	__u64 ring;
};

struct share {
	__u64 since; /* how far the ring was read when it was given */
	__u64 bytes; /* taken of it */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct share_key);
	__type(value, struct share);
} shares SEC(".maps");

/* ---- Copies of arguments ---------------------------------------------------------------------- */

#define COPIES_OF_CALL 3   /* mount has as many */
#define COPY_ADDRESS   0   /* stands for where the address of a socket came from */
#define COPY_SHORT     232 /* bytes of a text, with the NUL; a longer one has an entry of its own */
#define COPY_LONG      4096

enum copy_state {
	COPY_KEPT,
	COPY_KEPT_LONG,
	COPY_NOT_KEPT,
	COPY_TWICE, /* copied again from the same place: nobody knows which one is asked for */
};

struct copy {
	__u64 from;  /* the caller's pointer */
	__u64 alive; /* address of the kernel's copy, while that is not given back; 0 */
	__u32 state; /* enum copy_state */
	__u32 len;   /* of the text, with its NUL, or of the address */
	__u8 text[COPY_SHORT];
};

/* What the kernel copied in the system call a thread is in, or would be in had it not been killed. */
struct call_copies {
	__u32 number; /* of the call, as the caller gave it */
	__u32 n;      /* 0 between calls */
	struct copy of[COPIES_OF_CALL];
};

/* With the thread, which alone looks at it. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call_copies);
} copies SEC(".maps");

struct long_copy_key {
	__u64 thread; /* pid_tgid */
	__u64 which;  /* of its copies */
};

struct long_copy {
	__u8 text[COPY_LONG];
};

/* From the copy to the end of the call. When all are in use, texts are not kept. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct long_copy_key);
	__type(value, struct long_copy);
} long_copies SEC(".maps");

/* ---- Losses --------------------------------------------------------------------------------- */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct wire_loss_key);
	__type(value, __u64);
} losses SEC(".maps");

#endif
