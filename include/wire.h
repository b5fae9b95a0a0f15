/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
#ifndef WIRE_H
#define WIRE_H

/*
 * One event in a ring: a prefix of ours, then the bytes a .scap event block holds.
 *
 *	+-----+-------+----------+----+-----+-----+------+---------+----------+--------+
 *	| cpu | flags | sequence | ts | tid | len | type | nparams | lengths  | params |
 *	+-----+-------+----------+----+-----+-----+------+---------+----------+--------+
 *	  2      2        8        8    8     4      2       4       2 or 4 each
 *
 * `len` counts from ts to the end of the parameters; lengths are u16, or u32 for the few
 * types with large payloads. Nothing is aligned. Source of the inner part: the .scap format.
 */

#ifndef __bpf__
#include <stdint.h>
#define WIRE_U8  uint8_t
#define WIRE_U16 uint16_t
#define WIRE_U32 uint32_t
#define WIRE_U64 uint64_t
#else
#define WIRE_U8  __u8
#define WIRE_U16 __u16
#define WIRE_U32 __u32
#define WIRE_U64 __u64
#endif

struct wire_prefix {
	WIRE_U16 cpu;
	WIRE_U16 flags;
	WIRE_U64 sequence; /* within the thread group */
} __attribute__((packed));

struct wire_event {
	WIRE_U64 ts; /* ns since the epoch */
	WIRE_U64 tid;
	WIRE_U32 len;
	WIRE_U16 type;
	WIRE_U32 nparams;
} __attribute__((packed));

/* Bits of wire_prefix.flags and struct raw.flags. */
#define WIRE_SYNTHETIC  0x1 /* not an event of the machine: a process list entry and the like */
#define WIRE_STATE_ONLY 0x2 /* updates the state, is hidden from rules */
#define WIRE_IO_URING   0x4 /* the work arrived through a ring */
#define WIRE_EXTENSION  0x8 /* parameters beyond the table's follow: see schema/event.h */

/*
 * Since the last event of the thread group, some that change the state were lost. Behind a source
 * they say that it has not found out yet what these had changed.
 */
#define WIRE_LOST_FDS     0x10 /* those of descriptors */
#define WIRE_LOST_PROCESS 0x20
#define WIRE_LOST         (WIRE_LOST_FDS | WIRE_LOST_PROCESS)

/* Of the names and addresses among the arguments: some are copies that the kernel worked with; some
 * are the caller's memory as it was when the call was over, though copies were looked for. */
#define WIRE_COPIED 0x40
#define WIRE_REREAD 0x80

/*
 * In the upper byte, of the birth that a child tells: its age by then, as the least power of two that
 * is more, of ns. 0: it does not say.
 */
#define WIRE_AGE_SHIFT 8

/* ---- What the kernel's programs and the agent share besides events -------------------------- */

#define WIRE_SYSCALLS_MAX 512               /* x86_64 numbers end well below */
#define WIRE_GENERIC      WIRE_SYSCALLS_MAX /* index of the program of calls without an own one */
#define WIRE_EARLY        (WIRE_SYSCALLS_MAX + 1) /* of those that ask the call's predicate */
#define WIRE_LATE         (WIRE_SYSCALLS_MAX + 2)
#define WIRE_SEND         (WIRE_SYSCALLS_MAX + 3)
#define WIRE_PROGRAMS     (WIRE_SYSCALLS_MAX + 4)
#define WIRE_SHARDS_MAX   64
#define WIRE_EVENT_MAX    65536
#define WIRE_SCRATCHES    4 /* of each CPU, where calls are seen by their functions; otherwise 1 */

/* Bulk traffic cannot fill the lane of what changes the state. */
enum wire_lane { WIRE_LANE_STATE, WIRE_LANE_BULK, WIRE_LANES };

/* Behind the rings of the lanes: PROC_ENTRYs of threads that tell of themselves. */
#define WIRE_RING_ANNOUNCED (WIRE_LANES * WIRE_SHARDS_MAX)

/* What the agent wants of a system call. */
enum wire_need {
	WIRE_NEED_EVENT = 1 << 0,
	WIRE_NEED_FAILED = 1 << 1,    /* calls that failed, too */
	WIRE_NEED_EXTENSION = 1 << 2, /* what the kernel used: tables/extensions.def */
	WIRE_NEED_EARLY = 1 << 3,     /* its predicate can say no by result and arguments alone */
	WIRE_NEED_LATE = 1 << 4,      /* its predicate looks at the event put together */
	WIRE_NEED_SUCCESS = 1 << 5,   /* its predicate asks for nothing but success */
	WIRE_NEED_COPIES = 1 << 6,    /* names and addresses as the kernel copied them */
};

enum wire_scope {
	WIRE_SCOPE_ALL,
	WIRE_SCOPE_TASKS,  /* those marked in their storage, and what they fork */
	WIRE_SCOPE_CGROUP, /* those in one control group or below it */
};

/* Which hierarchy scope_cgroup is part of. */
enum wire_cgroup { WIRE_CGROUP_V2, WIRE_CGROUP_MEMORY, WIRE_CGROUP_PIDS };

struct wire_needs {
	/* By the number in the caller's register, whose meaning depends on the caller: not 0 where
	 * somebody asked for any call that has it. What is looked at of all calls stands here. */
	WIRE_U8 number[WIRE_SYSCALLS_MAX];
	WIRE_U8 syscall[WIRE_SYSCALLS_MAX];   /* enum wire_need, by x86_64 number */
	WIRE_U8 predicate[WIRE_SYSCALLS_MAX]; /* which of the predicates, where a need says so */
	WIRE_U32 scope;                       /* enum wire_scope */
	WIRE_U32 scope_controller;            /* enum wire_cgroup */
	WIRE_U64 scope_cgroup;                /* inode number of its directory */
	WIRE_U32 signals;                     /* not 0: signals delivered are wanted */
	WIRE_U32 copies;                      /* not 0: those of bpf/fexit/copies.bpf.c run */
	WIRE_U32 announce_env;                /* not 0: with their environment */
	WIRE_U32 sleeping; /* not 0: the agent sleeps, the next event wakes it and clears this */
	/* Threads that began before, ns since boot, tell of themselves; 0: none. */
	WIRE_U64 announce;
};

/*
 * ---- Predicates: which events of a system call can matter to any rule ----
 *
 * A disjunction of conjunctions of tests, one behind the other; `last` ends a conjunction. Each
 * test looks at one parameter of the event. What a test cannot tell (a parameter that is absent,
 * a path whose meaning depends on a directory) counts as true.
 */
enum wire_test_op {
	WIRE_TEST_RANGE,     /* number - a[0] <= b[0], in unsigned arithmetic: ranges of any sign */
	WIRE_TEST_SET,       /* bit number - b[0] of a[0]; beyond these 64 numbers: `outside` */
	WIRE_TEST_BITS,      /* number & a[0] is not 0 */
	WIRE_TEST_NO_BITS,   /* it is 0 */
	WIRE_TEST_PREFIX,    /* the text's first bytes, as far as b masks them, are those of a */
	WIRE_TEST_NO_PREFIX, /* they are not */
};

/* From which register the same number can be had before there is an event; 0: from none. */
enum wire_register { WIRE_REGISTER_NONE, WIRE_REGISTER_RESULT, WIRE_REGISTER_ARG };

#define WIRE_PREFIX_WORDS    3
#define WIRE_PREFIX_BYTES    (WIRE_PREFIX_WORDS * 8)
#define WIRE_PLAIN_BYTES     128 /* a longer path is not looked at for being plain */
#define WIRE_TESTS_MAX       32
#define WIRE_TEST_PARAMS     16 /* a test is of one of the first so many parameters */
#define WIRE_PREDICATES      64 /* half of them in force, the others to be written */
#define WIRE_PREDICATES_HALF (WIRE_PREDICATES / 2)

struct wire_test {
	WIRE_U8 op;    /* enum wire_test_op */
	WIRE_U8 param; /* index of the parameter */
	WIRE_U8 reg;   /* enum wire_register; argument n is WIRE_REGISTER_ARG + n */
	WIRE_U8 bits;  /* of the number: 8, 16, 32, 64 */
	WIRE_U8 is_signed;
	WIRE_U8 outside;  /* SET */
	WIRE_U8 relative; /* PREFIX: a text that does not begin with a slash may mean anything */
	WIRE_U8 plain;    /* PREFIX: so may one with "//", "/." or odd characters, or a long one */
	WIRE_U32 last;
	WIRE_U32 unused;
	WIRE_U64 a[WIRE_PREFIX_WORDS];
	WIRE_U64 b[WIRE_PREFIX_WORDS];
};

struct wire_predicate {
	WIRE_U32 n;
	WIRE_U32 unused;
	struct wire_test tests[WIRE_TESTS_MAX];
};

/* Why an event, or a part of it, is missing. */
enum wire_loss {
	WIRE_LOSS_RING,      /* the ring was full */
	WIRE_LOSS_SHARE,     /* the ring was filling up, and this control group had its share */
	WIRE_LOSS_TAIL_CALL, /* no program where one should be */
	WIRE_LOSS_STORAGE,   /* no memory for the thread group's record: sequence 0 */
	WIRE_LOSS_READ,      /* user or kernel memory could not be read: a parameter is absent */
	WIRE_LOSS_CUT,       /* a string or list was longer than its limit */
	WIRE_LOSS_URING,     /* work through a ring: its beginning, end or names were not kept */
	WIRE_LOSS_RECURSION, /* a program was kept from running inside another, mostly by the kernel,
			      * which the agent asks */
	WIRE_LOSSES
};

struct wire_loss_key {
	WIRE_U64 cgroup;
	WIRE_U32 reason; /* enum wire_loss */
	WIRE_U32 type;   /* event type */
};

/* Kept with the leader of a thread group; forked children inherit `scope`. */
struct wire_task {
	WIRE_U64 sequence;
	WIRE_U64 lost;  /* WIRE_LOST bits that no event has told the agent yet */
	WIRE_U32 scope; /* not 0: in scope */
	WIRE_U32 moved; /* not 0: the leader is gone, the record is the one in `headless` */
};

#endif
