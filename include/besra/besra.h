/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BESRA_BESRA_H
#define BESRA_BESRA_H

/*
 * The public interface of libbesra: open a trace, load rules, get alerts. It includes nothing of
 * the library's own, and stays compatible within one BESRA_API.
 *
 *	struct besra *b = besra_new();
 *
 *	besra_on_alert(b, print_alert, NULL);
 *	if (besra_load_rules(b, "rules.yaml") < 0 || besra_open(b, "trace.scap") < 0 ||
 *	    besra_run(b) < 0)
 *		fprintf(stderr, "%s\n", besra_error(b));
 *	besra_free(b);
 *
 * A handle belongs to one thread at a time; different handles are independent of each other.
 * Functions that can fail return a negative errno, and besra_error then says what happened.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BESRA_VERSION "0.1.0"
/* Raised when something here changes so that a program has to be changed. */
#define BESRA_API 1

struct besra;

/* Valid until the callback returns. Texts end in a NUL that the length does not count. */
struct besra_alert {
	const char *text; /* the line: text, or JSON after besra_set(b, "json_output=true") */
	size_t length;
	const char *rule;
	const char *priority; /* "Warning" */
	int severity;         /* 0 emergency .. 7 debug */
	uint64_t time_ns;     /* of the event, since the epoch */
};

typedef void besra_alert_fn(const struct besra_alert *alert, void *arg);

/* Version and API of the library, which may be newer than this header. */
const char *besra_version(void);
unsigned besra_api(void);

struct besra *besra_new(void);    /* NULL: no memory */
void besra_free(struct besra *b); /* accepts NULL */

/* A configuration key as on the command line: "rule_matching=all". Before the first event. */
int besra_set(struct besra *b, const char *key_and_value);
/* A rules file, or a directory of them, loaded after those before. Before the first event. */
int besra_load_rules(struct besra *b, const char *path);
/* The trace; "-" is standard input. */
int besra_open(struct besra *b, const char *path);
/* Called for every alert, in order, from within besra_step or besra_run. */
void besra_on_alert(struct besra *b, besra_alert_fn *fn, void *arg);

/* One event: 1, or 0 at the end of the trace. */
int besra_step(struct besra *b);
/* All events that are left: 0 at the end of the trace. */
int besra_run(struct besra *b);

/* Events read so far, and alerts. */
uint64_t besra_events(const struct besra *b);
uint64_t besra_alerts(const struct besra *b);

/* What the last failure was, in one or more lines without the last newline; "" after none. */
const char *besra_error(const struct besra *b);

#ifdef __cplusplus
}
#endif

#endif
