/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

/*
 * Where finished alerts go. A sink knows neither rules nor events: it gets lines that own their
 * bytes. Each has a thread of its own behind a bounded queue.
 */

#include "base/buf.h"

struct err;
struct outputs;

/* What an alert is for the outside. Everything is copied by outputs_send. */
struct alert_text {
	struct str line; /* without the newline: text or JSON, as configured */
	struct str rule;
	struct str priority; /* "Warning" */
	int severity;        /* 0 emergency .. 7 debug */
	uint64_t ts;
};

struct output_options {
	bool stdout_enabled;
	bool unbuffered;  /* flush after every line */
	const char *file; /* append here; NULL: off */
	bool file_keep_alive;
	size_t queue; /* alerts a queue holds; 0: 1024 */
	bool wait;    /* replay: a full queue makes the sender wait instead of dropping */
};

struct outputs *outputs_open(const struct output_options *options, struct err *err);
/* Never fails: what cannot be queued is counted. */
void outputs_send(struct outputs *o, const struct alert_text *alert);
/* Sends what is queued, closes; the first error of any sink, or 0. */
int outputs_close(struct outputs *o, struct err *err);

struct output_stats {
	uint64_t sent, dropped, failed;
};
void outputs_stats(const struct outputs *o, struct output_stats *out);

#endif
