/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BPF_STAGE_H
#define TESTS_BPF_STAGE_H

/*
 * A row is one system call and what its events must say. Each is made in a process of its own, in
 * a directory of its own that holds `file` (13 bytes), `link` to it and the directory `sub`. What
 * the process learns on the way (results, numbers of descriptors, addresses) it leaves in its
 * stage, which it shares with the test.
 */

#include "schema/event.h"
#include "schema/flags.h"

#include <sys/types.h>

/* ---- What is passed ------------------------------------------------------------------------- */

enum arg_kind {
	ARG_NUMBER,
	ARG_BYTES, /* a copy of them, in memory below 4 GiB that is there */
	ARG_PATH,  /* the row's directory in front */
	ARG_SLOT,
};

struct arg {
	enum arg_kind kind;
	uint64_t n;
	const void *p;
	size_t len;
};
#define N(v)                                                                                       \
	{                                                                                          \
		.kind = ARG_NUMBER, .n = (uint64_t)(v)                                             \
	}
#define T(text)                                                                                    \
	{                                                                                          \
		.kind = ARG_BYTES, .p = (text), .len = sizeof(text)                                \
	}
#define B(object)                                                                                  \
	{                                                                                          \
		.kind = ARG_BYTES, .p = &(object), .len = sizeof(object)                           \
	}
#define IN_DIR(text)                                                                               \
	{                                                                                          \
		.kind = ARG_PATH, .p = (text)                                                      \
	}
#define FROM_SLOT(i)                                                                               \
	{                                                                                          \
		.kind = ARG_SLOT, .n = (i)                                                         \
	}
#define BAD_ADDRESS 8

/* ---- What is expected ----------------------------------------------------------------------- */

enum want_kind {
	WANT_END,
	WANT_RESULT, /* what the call returned */
	WANT_INT,
	WANT_TEXT,  /* with its NUL */
	WANT_BYTES, /* exactly these */
	WANT_PATH,  /* the row's directory in front */
	WANT_NONE,  /* length 0 */
	WANT_SOME,  /* a value, which one is not known */
	WANT_SLOT,
	WANT_FACT,
};

struct want {
	enum want_kind kind;
	int64_t n;
	const void *p;
	size_t len;
};
#define RESULT                                                                                     \
	{                                                                                          \
		.kind = WANT_RESULT                                                                \
	}
#define I(v)                                                                                       \
	{                                                                                          \
		.kind = WANT_INT, .n = (int64_t)(v)                                                \
	}
#define S(text)                                                                                    \
	{                                                                                          \
		.kind = WANT_TEXT, .p = (text), .len = sizeof(text)                                \
	}
#define BYTES(text)                                                                                \
	{                                                                                          \
		.kind = WANT_BYTES, .p = (text), .len = sizeof(text) - 1                           \
	}
#define PATH(text)                                                                                 \
	{                                                                                          \
		.kind = WANT_PATH, .p = (text)                                                     \
	}
#define NONE                                                                                       \
	{                                                                                          \
		.kind = WANT_NONE                                                                  \
	}
#define SOME                                                                                       \
	{                                                                                          \
		.kind = WANT_SOME                                                                  \
	}
#define SLOT(i)                                                                                    \
	{                                                                                          \
		.kind = WANT_SLOT, .n = (i)                                                        \
	}
#define FACT(i)                                                                                    \
	{                                                                                          \
		.kind = WANT_FACT, .n = (i)                                                        \
	}

#define SLOTS      16
#define FACTS      8
#define FACT_BYTES 4200

/* Slots and facts with a meaning; the others are the row's. */
enum { SLOT_DEV = 14, SLOT_INO = 15 }; /* of the descriptor returned; 0 when there is none */

#define PARAMS_MAX 32
#define EVENTS_MAX 4

struct event_want {
	unsigned type;                  /* 0: none */
	struct want params[PARAMS_MAX]; /* all the table has, in its order */
};

struct stage;

struct row {
	const char *what;
	long nr;
	struct arg args[6];
	void (*before)(struct stage *s);
	long (*call)(struct stage *s); /* makes the call instead of nr and args */
	void (*after)(struct stage *s);
	struct event_want events[EVENTS_MAX]; /* of the caller, from the call on */
	struct event_want made;               /* the first event of the child it made */
	/*
	 * Of the first event, where it is asked for: path, tuple, (the credentials are those of the
	 * process), the name in its first descriptor.
	 */
	struct want extension[EXTENSIONS];
	bool unasked; /* it comes even where nobody asks */
	bool compat;  /* through int 0x80 */
	bool ends;    /* the process, or its program: later events are not looked at */
};

struct rows {
	const char *name;
	const struct row *row;
	size_t n;
};

/* Of /proc/self/status, as an extension has it. */
struct identity {
	uint32_t id[8]; /* user and group: real, effective, saved, for files */
	uint64_t effective;
};

struct stage {
	char dir[64];
	pid_t pid;
	bool made;     /* the call was made */
	char skip[96]; /* why not, when it cannot be made here */
	long result;
	int64_t slot[SLOTS];
	struct identity identity; /* before the call, and after it where the process goes on */
	uint8_t fact[FACTS][FACT_BYTES];
	size_t fact_len[FACTS];
};

/* Marks what follows, and what went before: a close of a descriptor nobody has. */
#define MARK_FD 0x7abc0000

/* The row's process: makes the call and ends. */
_Noreturn void stage_run(const struct row *row, struct stage *s);

/* ---- For before, call and after ------------------------------------------------------------- */

/* Makes system call nr as it stands: -errno on failure. */
long raw_call(long nr, const uint64_t a[6]);
#define RAW(nr, ...) raw_call((nr), (const uint64_t[6]){ __VA_ARGS__ })
#define AT(p)        ((uint64_t)(uintptr_t)(p))
/* Zeroed memory below 4 GiB that is mapped and written to; never fails. */
void *low_memory(size_t n);
void *low_copy(const void *p, size_t n);
/* For what cannot be made here. Ends the process. */
_Noreturn void stage_skip(struct stage *s, const char *why);
/* A value for FACT(i). */
void stage_fact(struct stage *s, unsigned i, const void *p, size_t n);
/* "name" under the row's directory; valid until the next call. */
const char *stage_path(const struct stage *s, const char *name);

#endif
