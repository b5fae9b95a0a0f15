/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

/*
 * Where events come from. Everything above sees one stream of encoded events in the current
 * shape, whatever wrote them. What a source knows besides (process and fd lists, users,
 * interfaces, the machine) arrives in the same stream as events marked WIRE_SYNTHETIC.
 */

#include "schema/event.h"

struct err;
struct source;

struct source_stats {
	uint64_t bytes;          /* read from the file, after decompression */
	uint64_t events;         /* event blocks seen, those not delivered included */
	uint64_t malformed;      /* not delivered: its own lengths contradict each other */
	uint64_t skipped_newer;  /* of a type above the format's last: a newer writer */
	uint64_t skipped_large;  /* longer than LIMIT_LARGE_BYTES */
	uint64_t skipped_blocks; /* of an unknown type: a newer writer */
	uint64_t dropped;        /* enter events folded into their exits, unused events */
	uint64_t converted;
	uint64_t stale_enters;   /* exits converted with defaults: another call's enter stored */
	uint64_t missing_enters; /* exits converted with defaults: no enter stored */
	uint64_t refused;        /* enters forgotten before their exit: table full */
};

/*
 * A .scap file, plain or gzip; "-" is standard input. NULL with *err filled when it cannot be
 * used. At most a few MiB of it are in memory at a time.
 */
struct source *source_open_scap(const char *path, struct err *err);
/* The same over bytes that must outlive the source; errors call them "memory". */
struct source *source_open_memory(const void *bytes, size_t len, struct err *err);
void source_close(struct source *s); /* accepts NULL */

/*
 * The next event, borrowed until the next call. 1; 0 at a clean end; -EAGAIN when a live source
 * has nothing yet; another -errno with *err filled (path and offset included) when the rest
 * cannot be read: everything before has been delivered by then.
 *
 * raw->sequence of a .scap event is its evt.num as Falco counts it; 0 for synthetic events. What
 * is delivered is counted, what is dropped is not. Counted but WIRE_STATE_ONLY, for Falco's rules
 * never see them: events recorded with that mark, the enter events that are still passed on, and
 * containers, users and groups added or deleted before a section's first other event.
 */
int source_next(struct source *s, struct raw *raw, struct err *err);

/* Asks a live source for a thread that no event has told of. */
enum look_up {
	LOOK_UP_NOBODY, /* it is gone, or the source a recording */
	LOOK_UP_LATER,  /* too much was asked lately */
	LOOK_UP_TOLD,   /* what there is of it comes next, and then the last event once more */
};
enum look_up source_look_up(struct source *s, int64_t tid);
/* Whether source_look_up can ever be of use. */
bool source_can_look_up(const struct source *s);
/* True when a live source knows that this thread has ended. */
bool source_is_gone(struct source *s, int64_t tid);

const struct source_stats *source_stats(const struct source *s);

/*
 * Writing a .scap file: current block versions, one section. Synthetic events passed to
 * scap_write become the metadata blocks they stand for and must all come before the first real
 * event; a real event is written as it is, without its extension unless that is asked for. A
 * SECTION_ENTRY begins another section. A closed pipe is an error only where SIGPIPE is ignored.
 */
struct scap_writer;

struct scap_writer *scap_create(const char *path, bool compress, struct err *err); /* "-": stdout */
/* Extensions, and the mark of io_uring, in a form that other readers pass over: from now on. */
void scap_with_extension(struct scap_writer *w);
/* Those left out because their blocks would have become too large. */
uint64_t scap_left_out(const struct scap_writer *w);
int scap_write(struct scap_writer *w, const struct event *ev, struct err *err);
/* What was written so far can be read; compressed traces grow by some bytes each time. */
int scap_flush(struct scap_writer *w, struct err *err);
/* Flushes and closes; the error of a full disk surfaces here at the latest. */
int scap_finish(struct scap_writer *w, struct err *err);

#endif
