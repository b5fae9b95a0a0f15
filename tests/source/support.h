/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SOURCE_SUPPORT_H
#define TESTS_SOURCE_SUPPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "source/source.h"

/* Recordings and what Falco made of them lie outside the repository: $BESRA_SHARED. */
const char *shared_dir(void);
/* False, after saying so, when there are none. */
bool shared_there(const char *what);

/* Calls fn for every capture; how many there were. */
unsigned each_capture(void (*fn)(const char *path, void *arg), void *arg);

/* A whole file; `bytes` is to be freed. */
struct bytes {
	uint8_t *p;
	size_t len;
};
struct bytes file_bytes(const char *path);
struct bytes capture_bytes(const char *path); /* decompressed */
const char *base_name(const char *path);

/* Building captures by hand. */
void put_u8(struct buf *b, uint8_t v);
void put_u16(struct buf *b, uint16_t v);
void put_u32(struct buf *b, uint32_t v);
void put_u64(struct buf *b, uint64_t v);
void put_str16(struct buf *b, const char *text); /* u16 length, then the text */
/* One block with padding and trailer; begin returns what end wants. */
size_t block_begin(struct buf *b, uint32_t type);
void block_end(struct buf *b, size_t start);
void put_section(struct buf *b);
/* An event block (0x216) around parameters given as (bytes, length) pairs, n of them. */
void put_event(struct buf *b, unsigned type, uint64_t ts, int64_t tid, unsigned n,
	       const struct str *params);

/* A digest of all events of a source up to its end, and how it ended. */
struct run {
	uint64_t synthetic;
	uint64_t events;
	uint64_t digest;
	int end; /* what source_next returned last */
	struct err err;
	struct source_stats stats;
};
struct run run_source(struct source *s); /* closes it */
struct run run_memory(const void *bytes, size_t len);

#endif
