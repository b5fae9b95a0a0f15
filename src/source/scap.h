/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SCAP_H
#define SOURCE_SCAP_H

/*
 * The .scap format, shared by its reader and its writer. A file is a list of blocks:
 *
 *	+------+--------+---- ... ----+---------+--------+
 *	| type | length |    body     | padding | length |	length counts all parts
 *	+------+--------+---- ... ----+---------+--------+
 *	   4       4                      0..3      4
 *
 * Integers have the byte order of the machine that recorded, nothing is aligned.
 */

#include "base/cursor.h"
#include "internal.h"

/* The types handled one by one; lists are a table in scap.c. */
enum block_type {
	BLOCK_SECTION = 0x0A0D0D0A,
	BLOCK_MACHINE = 0x201,
	BLOCK_MACHINE_OLD = 0x8002ABCD,
	BLOCK_EVENT_1 = 0x204, /* without nparams, as the next two */
	BLOCK_EVENT_1_OLD = 0x8010ABCD,
	BLOCK_EVENT_FLAGS_1 = 0x208,
	BLOCK_PROCS_9 = 0x215,
	BLOCK_EVENT_2 = 0x216,
	BLOCK_EVENT_FLAGS_2 = 0x217,
	BLOCK_FDS_2 = 0x218,
	BLOCK_INTERFACES_2 = 0x219,
	BLOCK_USERS_2 = 0x220,
	BLOCK_EVENT_LARGE = 0x221,
	BLOCK_EVENT_FLAGS_LARGE = 0x222,
};

#define BLOCK_HEAD  8
#define BLOCK_TAIL  4
#define BLOCK_FRAME (BLOCK_HEAD + BLOCK_TAIL)

#define SECTION_MAGIC          0x1A2B3C4DU
#define SECTION_MAGIC_SWAPPED  0x4D3C2B1AU
#define SECTION_MAJOR          1
#define SECTION_MINOR          2
#define SECTION_BODY           16
#define SECTION_LENGTH_UNKNOWN UINT64_MAX

#define MACHINE_BODY     180
#define MACHINE_HOSTNAME 128

/* The old form of the event header: no nparams. */
#define EVENT_HEAD_1 22
_Static_assert(sizeof(struct wire_event) == 26, "the header as files have it");

/*
 * What besra knows beyond the format stands behind an event in its block. Other readers go by the
 * event's own length and do not look there; in their own blocks nothing but padding follows.
 *
 *	+-----+-------+---------+------+-------+-------+---------+-------+---------+
 *	| cpu | event | padding | mark | flags | count | lengths | bytes | padding |
 *	+-----+-------+---------+------+-------+-------+---------+-------+---------+
 *	   2             0..3      8      2       2     4 * count           0..3
 *
 * The first padding is that of a block which ends there. Flags: SCAP_IO_URING, SCAP_COPIED; others
 * mean nothing yet. Behind them stand the parameters of tables/extensions.def, as many as the writer knew.
 */
#define EXTENSION_MARK "besra\0\0\1"
#define SCAP_IO_URING  0x1
#define SCAP_COPIED    0x2

/* Appends what belongs there, in a multiple of four bytes; nothing for an event without any. */
void scap_put_extension(struct buf *out, const struct event *ev);
/*
 * Gives the event back what stands behind it: `p` is where the first padding ends. The whole
 * event is put into *out. False, with *raw as it was, when there is nothing, or it is damaged.
 */
bool scap_take_extension(struct raw *raw, const uint8_t *p, size_t len, struct buf *out);

/* Dump flags of an event block. */
#define DUMP_STATE_ONLY 0x1

/* Strings in lists; longer ones are damage. Source: spec scap_format.md 6-9. */
#define TEXT_MAX      1024
#define LONG_TEXT_MAX 4096

/*
 * One entry of a list block while it is read. The reader appends it to `out` as a synthetic
 * event and returns 0, or -errno with *err saying what is wrong (without path and offset). An
 * entry that ends too soon only sets in.overrun.
 */
struct entry {
	struct cursor in; /* in versions with entry lengths: just this entry's bytes */
	unsigned version; /* of the list's block */
	uint64_t tid;     /* descriptors: whose */
	struct buf *out;
	struct err *err;
};

typedef int entry_reader(struct entry *e);

entry_reader scap_read_interface;
entry_reader scap_read_user;
entry_reader scap_read_proc;
entry_reader scap_read_fd;
entry_reader scap_read_machine;

/*
 * The other way round: append one entry, its length included, in the newest version. What is
 * longer than a reader takes is cut.
 */
void scap_put_interface(struct buf *out, const struct event *ev);
void scap_put_user(struct buf *out, const struct event *ev);
void scap_put_proc(struct buf *out, const struct event *ev);
void scap_put_fd(struct buf *out, const struct event *ev);
void scap_put_machine(struct buf *out, const struct event *ev);

/*
 * u16 length, then the text. One longer than `max` fills *e->err (once: the first stands) and
 * ends the entry.
 */
struct str scap_text(struct entry *e, size_t max, const char *what);
void scap_put_text(struct buf *out, struct str s, size_t max);
/* Writes the length of the entry that begins at `start` into its first four bytes. */
void scap_end_length(struct buf *out, size_t start);
/* The text of an event's parameter without its NUL; empty when it has none. */
struct str scap_param_text(const struct event *ev, unsigned i);
/* Ends a synthetic event; 0 or -errno with *e->err filled, that of scap_text included. */
int scap_end_entry(struct entry *e, struct event_writer *w);

static inline void scap_put_u8(struct buf *out, uint8_t v)
{
	buf_add(out, &v, sizeof(v));
}

static inline void scap_put_u16(struct buf *out, uint16_t v)
{
	buf_add(out, &v, sizeof(v));
}

static inline void scap_put_u32(struct buf *out, uint32_t v)
{
	buf_add(out, &v, sizeof(v));
}

static inline void scap_put_u64(struct buf *out, uint64_t v)
{
	buf_add(out, &v, sizeof(v));
}

#endif
