/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SINK_INTERNAL_H
#define SINK_INTERNAL_H

#include <pthread.h>

#include "base/err.h"
#include "sink/sink.h"

#define QUEUE_BYTES ((size_t)2 << 20) /* of one sink; an alert larger than that is refused */
/*
 * In a replay nobody waits for an alert, and waking the sink's thread costs more than making one:
 * it sleeps on until so much has come together, or so long after the first.
 */
#define LINGER_BYTES ((size_t)256 << 10)
#define LINGER_NS    10000000

struct sink;

/*
 * A channel. All run on the sink's own thread except open, which runs before it starts. send
 * returns 1 when this alert and all before it were delivered, 0 when it keeps bytes back until
 * flush, which follows every batch. -EPIPE means that nobody will ever read again; other errors
 * may pass.
 */
struct sink_kind {
	const char *name;
	bool (*enabled)(const struct config *config);
	int (*open)(struct sink *s, const struct config *config, struct err *err);
	int (*send)(struct sink *s, const struct alert_text *alert, struct err *err);
	int (*flush)(struct sink *s, struct err *err);
	int (*close)(struct sink *s, struct err *err);
};

/* Lines on their way to a descriptor. */
struct lines {
	int fd;
	struct buf out;
	bool torn; /* the last write stopped inside a line */
};

struct sink {
	const struct sink_kind *kind;
	bool wait;
	bool linger;
	bool buffered;
	size_t capacity; /* alerts; 0: only bytes count */
	pthread_t thread;
	bool running;

	pthread_mutex_t lock; /* guards what follows, up to the blank line */
	pthread_cond_t more, room;
	struct buf pending;
	size_t npending;
	bool closing;
	bool hurry; /* the sender waits for room */
	bool broken;
	struct output_stats stats;
	struct err error; /* the first one; code 0: none */

	/* The channel's own. */
	struct lines lines;
	const char *path;
	bool keep_open;
};

#define SINK(id, name, enabled, help) extern const struct sink_kind sink_##id;
#include "tables/sinks.def"
#undef SINK

/* ---- queue.c ---- */

/* True when the alert was taken. */
bool queue_put(struct sink *s, const struct alert_text *alert);
/* The sink's thread: sends until the sink is closed and the queue is empty. */
void *queue_drain(void *sink);

/* ---- lines.c ---- */

void lines_add(struct lines *l, struct str line);
/* Writes everything; what could not be written is dropped and told by a negative errno. */
int lines_flush(struct lines *l, const char *what, struct err *err);
void lines_fini(struct lines *l);

#endif
