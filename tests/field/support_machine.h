/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FIELD_SUPPORT_MACHINE_H
#define TESTS_FIELD_SUPPORT_MACHINE_H

/* A machine made of events: what tests of fields ask is asked of the last one. */

#include "base/arena.h"
#include "base/buf.h"
#include "field/field.h"

struct machine {
	struct state *state;
	struct containers *containers;
	struct arena *scratch;
	struct buf bytes;
	struct event ev;
	struct subject who;
	struct field_ctx ctx;
	uint64_t clock; /* ts of the next event */
	bool pending;   /* the last event is not retired yet */
};

/* One parameter; the zero value is an empty one. */
struct part {
	enum { PART_EMPTY, PART_NUMBER, PART_TEXT, PART_BYTES } kind;
	int64_t number;
	const char *bytes;
	size_t len;
};

#define NUM(v)                                                                                     \
	{                                                                                          \
		.kind = PART_NUMBER, .number = (int64_t)(v)                                        \
	}
#define TEXT(s)                                                                                    \
	{                                                                                          \
		.kind = PART_TEXT, .bytes = (s)                                                    \
	}
/* All bytes of a literal, the last NUL included. */
#define BYTES(s)                                                                                   \
	{                                                                                          \
		.kind = PART_BYTES, .bytes = (s), .len = sizeof(s)                                 \
	}
#define RAW(p, n)                                                                                  \
	{                                                                                          \
		.kind = PART_BYTES, .bytes = (p), .len = (n)                                       \
	}
/* PARTS([OPEN_X_FD] = NUM(3), [OPEN_X_NAME] = TEXT("/x")) */
#define PARTS(...) ((const struct part[LIMIT_EVENT_PARAMS]){ __VA_ARGS__ })

struct machine machine_new(void);
void machine_free(struct machine *m);
/* Encodes the event, and applies it to state and containers. */
void machine_event(struct machine *m, unsigned type, int64_t tid, const struct part *parts);

/* A process of a list. Members that are NULL or 0 are unknown; tid 0 means pid. */
struct proc {
	int64_t tid, pid, ptid, sid, vpgid, pgid, vtid, vpid;
	const char *comm, *exe, *exepath;
	const char *args; /* one blank between them: no argument has one */
	const char *env;  /* the same */
	const char *cwd;
	const char *cgroup; /* of the one subsystem "cpu" */
	uint32_t uid, gid, loginuid, tty;
	int64_t fdlimit;
	uint64_t start; /* clone time */
	uint64_t cap_effective;
	uint64_t pidns_start;
};
void machine_process(struct machine *m, const struct proc *p);

/* The field of the last event as an output shows it; "(absent)" when it has no value. */
const char *machine_field(struct machine *m, const char *name);
struct field_expectation {
	const char *field, *want;
};
void machine_check(struct machine *m, const struct field_expectation *cases, size_t n);
/* The values a test of the field looks at, joined by '|'. */
const char *machine_all(struct machine *m, const char *name);

#endif
