/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SCAP_READER_H
#define SOURCE_SCAP_READER_H

/* The reader's insides, shared by the files it is made of: scap.c, metadata and events. */

#include "scap.h"

enum entry_length {
	LENGTH_NONE,
	LENGTH_WITH_ITSELF,
	LENGTH_WITHOUT_ITSELF,
};

struct list_type {
	uint32_t type;
	uint32_t old_type; /* the number old writers used; 0: none */
	const char *what;
	entry_reader *read;
	uint8_t version;
	uint8_t length; /* enum entry_length */
};

/* The list block being read; its entries are handed out one by one. */
struct list {
	const struct list_type *type; /* NULL: none is open */
	uint64_t at;                  /* offset of the block */
	uint32_t length;              /* of the block, as its head says */
	uint32_t left;                /* of the body */
	uint64_t tid;
};

struct reader {
	struct source base;
	struct input in;
	struct converter converter;
	struct list list;
	struct buf synthetic; /* the list entry handed out last */
	struct buf completed; /* the event of an old block, with nparams */
	uint64_t num;
	unsigned sections;
	bool begun;   /* something but the section's head was read */
	bool initial; /* only events describing the initial state so far */
	int failed;   /* the error every further call repeats */
	struct err err;
};

/* Makes the error all further calls return: path, offset and what the format says. */
int reader_fail(struct reader *r, uint64_t at, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* For a result below 1 of input_want or input_skip, for what belongs to the block at `at`. */
int reader_fail_short(struct reader *r, uint64_t at, int rc, const char *what);
/* 0, or reader_fail_short. */
int reader_want(struct reader *r, uint64_t at, size_t n, const char *what);
int reader_skip(struct reader *r, uint64_t at, uint64_t n, const char *what);
/* The length at a block's end must repeat the one in its head. */
int reader_check_trailer(struct reader *r, uint64_t at, uint32_t length);
/* What stands in r->synthetic is the next event: 1. */
int reader_hand_out(struct reader *r, struct raw *raw);

/*
 * One block each, with its head still unread: 1 with *raw set when it gave an event, 0 when it
 * did not, -errno with the reader failed.
 */
int reader_machine(struct reader *r, uint64_t at, uint32_t length, struct raw *raw);
int reader_event(struct reader *r, uint64_t at, uint32_t type, uint32_t length, struct raw *raw);
int reader_skip_unknown(struct reader *r, uint64_t at, uint32_t type, uint32_t length);
/* Afterwards reader_next_entry hands out the entries, until r->list.type is NULL again. */
int reader_open_list(struct reader *r, uint64_t at, uint32_t length, const struct list_type *type);
int reader_next_entry(struct reader *r, struct raw *raw);
/* NULL when blocks of this type are no lists. */
const struct list_type *reader_list_type(uint32_t type);

#endif
