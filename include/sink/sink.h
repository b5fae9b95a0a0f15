/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

/*
 * Where finished alerts go. A sink knows neither rules nor events: it gets lines that own their
 * bytes. Each has a thread of its own behind a bounded queue (tables/sinks.def).
 */

#include "base/buf.h"
#include "config/config.h"

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

struct output_mode {
	bool wait;       /* replay: a full queue makes the sender wait instead of dropping */
	bool unbuffered; /* one write per line whatever `buffered_outputs` says */
};

/*
 * Opens the channels that the configuration enables and starts their threads, which block every
 * signal: a reader that goes away is an error of its sink, never a SIGPIPE. NULL with *err
 * filled when one cannot be opened.
 */
struct outputs *outputs_open(const struct config *config, const struct output_mode *mode,
			     struct err *err);
/* Never fails: what cannot be queued is counted. */
void outputs_send(struct outputs *o, const struct alert_text *alert);
/* True when no channel is left that could deliver anything, because all readers went away. */
bool outputs_broken(struct outputs *o);
/* Sends what is queued, closes; the first error of any sink, or 0. Accepts NULL. */
int outputs_close(struct outputs *o, struct err *err);

struct output_stats {
	const char *name; /* NULL in the sum over all */
	uint64_t sent, dropped, failed;
};
/* The sum of all sinks. */
void outputs_stats(struct outputs *o, struct output_stats *out);
size_t outputs_count(const struct outputs *o);
void outputs_stats_of(struct outputs *o, size_t i, struct output_stats *out);

#endif
