/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_INTERNAL_H
#define SOURCE_INTERNAL_H

#include "base/err.h"
#include "source/source.h"

/* What every kind of source starts with. `next` and `close` get the struct they stand in. */
struct source {
	int (*next)(struct source *s, struct raw *raw, struct err *err);
	void (*close)(struct source *s);
	enum look_up (*look_up)(struct source *s, int64_t tid); /* NULL: cannot */
	bool (*is_gone)(struct source *s, int64_t tid);         /* NULL: nobody knows */
	struct source_stats stats;
};

/*
 * A stream of bytes, plain or gzip, from a file, a pipe or memory. What is unread lies
 * contiguous between p and end; input_want moves it, so nothing borrowed from there outlives
 * the next input_want that had to fetch.
 *
 * Files are read into one buffer rather than mapped: a mapped file that another process cuts
 * kills the reader.
 */
struct input {
	const uint8_t *p;
	const uint8_t *end;
	uint64_t end_offset; /* of `end` in the (decompressed) stream */
	const char *name;    /* for messages; owned */
	uint8_t *buf;        /* NULL for plain memory, which is read where it is */
	size_t cap;
	struct gunzip *gz; /* NULL: plain */
	int fd;            /* -1: memory */
	const uint8_t *memory;
	size_t memory_left;
	bool eof;
	int failed;      /* -errno once fetching failed */
	char reason[96]; /* why, when failed */
};

/* "-" is standard input. Nothing but what the last of them says needs input_close on failure. */
int input_open(struct input *in, const char *path, struct err *err);
int input_open_memory(struct input *in, const void *bytes, size_t len, struct err *err);
void input_close(struct input *in);

int input_fetch(struct input *in, size_t n);

/*
 * 1: at least n bytes are there; 0: the stream ends before that; -errno: it cannot be read on,
 * in->reason says why. n is bounded by the caller: the buffer grows to hold it.
 */
static inline int input_want(struct input *in, size_t n)
{
	if (__builtin_expect((size_t)(in->end - in->p) >= n, 1))
		return 1;
	return input_fetch(in, n);
}

static inline size_t input_left(const struct input *in)
{
	return (size_t)(in->end - in->p);
}

static inline uint64_t input_offset(const struct input *in)
{
	return in->end_offset - input_left(in);
}

/* Steps over n bytes however many; the results of input_want. */
int input_skip(struct input *in, uint64_t n);

/* What input_offset counts in: "" or " of the uncompressed stream", for messages. */
const char *input_offset_kind(const struct input *in);

/* What happens to an event of this type; see convert.c. */
enum fate {
	FATE_PASS,          /* as it is */
	FATE_PASS_COMPLETE, /* as it is with the table's number of parameters, else converted */
	FATE_CONVERT,       /* by tables/conversion.def */
	FATE_DROP,
};

enum type_mark {
	MARK_HIDDEN = 1 << 0,  /* for the state only: enters that are still passed on */
	MARK_INITIAL = 1 << 1, /* describes the state at a capture's start: see scap.c */
	MARK_ENDS_THREAD = 1 << 2,
};

struct type_rule {
	uint8_t fate;  /* enum fate */
	uint8_t marks; /* enum type_mark */
	uint8_t nparams;
};

extern const struct type_rule type_rules[EVENT_TYPES];

/* Turns events of older writers into the current shape. */
struct converter {
	struct enters *enters;
	struct buf out;     /* the event handed out last */
	struct buf scratch; /* parameters being put together */
	struct source_stats *stats;
};

enum verdict {
	VERDICT_PASS, /* *raw is the event, maybe a new one, borrowed until the next call */
	VERDICT_DROP,
	VERDICT_MALFORMED,
};

int converter_init(struct converter *c, struct source_stats *stats);
void converter_fini(struct converter *c);
/* For events whose type_rules entry does not already say pass or drop. */
enum verdict convert_event(struct converter *c, struct raw *raw);
/* A thread is gone, or all are: what it stored is forgotten. */
void converter_forget(struct converter *c, uint64_t tid);
void converter_reset(struct converter *c);

/*
 * The last enter event of each thread, for the exit that needs its parameters. Bounded in
 * threads and bytes; the thread that stored longest ago makes room.
 */
struct enters;

struct enter {
	uint16_t type;
	uint8_t nparams;
	uint32_t at[LIMIT_EVENT_PARAMS + 1]; /* parameter i is data[at[i]] .. data[at[i + 1]] */
	const uint8_t *data;
};

struct enters *enters_new(void);
void enters_free(struct enters *t); /* accepts NULL */
/* False when it could not be kept; *forgotten counts other threads' enters that made room. */
bool enters_put(struct enters *t, uint64_t tid, const struct enter *e, uint64_t *forgotten);
/* False when the thread has none. Valid until the next put. */
bool enters_get(const struct enters *t, uint64_t tid, struct enter *out);
/* The enter was used; the thread will store another soon. */
void enters_used(struct enters *t, uint64_t tid);
void enters_forget(struct enters *t, uint64_t tid);
void enters_reset(struct enters *t);

#endif
