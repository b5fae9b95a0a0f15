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
#define WIRE_U16 uint16_t
#define WIRE_U32 uint32_t
#define WIRE_U64 uint64_t
#else
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

#endif
