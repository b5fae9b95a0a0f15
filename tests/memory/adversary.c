/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Traces that try to fill memory: adversary KIND OUT.scap. Everything in them is legal for the
 * format, and each asks one table to grow without end.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/limits.h"
#include "source/source.h"

#define LONG_TEXT 4000

struct world {
	struct scap_writer *out;
	struct buf bytes;
	uint64_t ts;
	char filler[LONG_TEXT + 1];
};

static _Noreturn void die(const char *text)
{
	fprintf(stderr, "adversary: %s\n", text);
	exit(1);
}

/* One parameter that is not 0 or empty; p NULL: the number. */
struct set {
	unsigned param;
	int64_t i;
	const char *p;
	size_t len;
};
#define NUMBER(param, n)         ((struct set){ (param), (int64_t)(n), NULL, 0 })
#define TEXT(param, s)           ((struct set){ (param), 0, (s), strlen(s) + 1 })
#define BYTES(param, bytes, len) ((struct set){ (param), 0, (bytes), (len) })

static const struct set *set_for(const struct set *sets, size_t n, unsigned param)
{
	for (size_t i = 0; i < n; i++)
		if (sets[i].param == param)
			return &sets[i];
	return NULL;
}

static void send_sets(struct world *w, unsigned type, int64_t tid, const struct set *sets, size_t n)
{
	const struct event_info *info = event_info(type);
	struct event_writer to;
	struct raw raw = { 0 };
	struct event ev;
	struct err err;

	buf_reset(&w->bytes);
	event_begin(&to, &w->bytes, type, w->ts, tid, info->nparams);
	for (unsigned i = 0; i < info->nparams; i++) {
		const struct set *s = set_for(sets, n, i);

		if (s && s->p)
			event_push(&to, s->p, s->len);
		else if (info->params[i].width)
			event_push_int(&to, s ? s->i : 0);
		else
			event_push_empty(&to);
	}
	if (event_end(&to) < 0)
		die("an event does not fit");
	raw.bytes = (const uint8_t *)w->bytes.p;
	raw.len = (uint32_t)w->bytes.len;
	raw.flags = type >= EVENT_OWN_FIRST ? WIRE_SYNTHETIC : 0;
	if (event_open(&ev, &raw) < 0)
		die("an event cannot be opened");
	if (scap_write(w->out, &ev, &err) < 0)
		die(err.text);
	w->ts += 1000;
}

#define SEND(w, type, tid, ...)                                                                    \
	send_sets((w), EVENT_##type, (tid), (const struct set[]){ __VA_ARGS__ },                   \
		  ARRAY_SIZE(((const struct set[]){ __VA_ARGS__ })))

static void number_filler(struct world *w, int64_t i)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "/%016" PRIx64, (uint64_t)i);

	memcpy(w->filler, digits, (size_t)n);
}

static void fork_child(struct world *w, int64_t parent, int64_t child)
{
	SEND(w, CLONE_20_X, child, TEXT(CLONE_20_X_EXE, "/bin/x"), NUMBER(CLONE_20_X_TID, child),
	     NUMBER(CLONE_20_X_PID, child), NUMBER(CLONE_20_X_PTID, parent),
	     TEXT(CLONE_20_X_COMM, "x"), NUMBER(CLONE_20_X_VTID, child),
	     NUMBER(CLONE_20_X_VPID, child));
}

static void exec_long(struct world *w, int64_t tid)
{
	number_filler(w, tid);
	SEND(w, EXECVE_19_X, tid, TEXT(EXECVE_19_X_EXE, w->filler),
	     BYTES(EXECVE_19_X_ARGS, w->filler, LONG_TEXT + 1), NUMBER(EXECVE_19_X_TID, tid),
	     NUMBER(EXECVE_19_X_PID, tid), NUMBER(EXECVE_19_X_PTID, 1), TEXT(EXECVE_19_X_COMM, "x"),
	     TEXT(EXECVE_19_X_CWD, "/"), BYTES(EXECVE_19_X_ENV, w->filler, LONG_TEXT + 1),
	     TEXT(EXECVE_19_X_TRUSTED_EXEPATH, w->filler));
}

static void open_long(struct world *w, int64_t tid, int64_t fd, size_t len)
{
	number_filler(w, tid << 32 | fd);
	SEND(w, OPENAT_2_X, tid, NUMBER(OPENAT_2_X_FD, fd), NUMBER(OPENAT_2_X_DIRFD, -100),
	     BYTES(OPENAT_2_X_NAME, w->filler + LONG_TEXT - len, len + 1));
}

/* Threads that nobody announced. */
static void unknown_threads(struct world *w)
{
	for (int64_t i = 0; i < 100000; i++)
		SEND(w, CLOSE_X, 1000 + i, NUMBER(CLOSE_X_RES, 0), NUMBER(CLOSE_X_FD, 3));
}

/* Unknown again, and each opens files. */
static void unknown_openers(struct world *w)
{
	for (int64_t i = 0; i < 50000; i++)
		for (int64_t fd = 15; fd < 18; fd++)
			SEND(w, OPENAT_2_X, 1000 + i, NUMBER(OPENAT_2_X_FD, fd),
			     NUMBER(OPENAT_2_X_DIRFD, -100), TEXT(OPENAT_2_X_NAME, "/etc/x"));
}

static void forks(struct world *w)
{
	for (int64_t i = 0; i < 100000; i++)
		fork_child(w, 1, 1000 + i);
}

/* Each child of the one before: ancestors without end. */
static void lineage(struct world *w)
{
	for (int64_t i = 0; i < 100000; i++)
		fork_child(w, 999 + i, 1000 + i);
}

static void long_arguments(struct world *w)
{
	for (int64_t i = 0; i < 4000; i++) {
		fork_child(w, 1, 1000 + i);
		exec_long(w, 1000 + i);
	}
}

static void descriptors(struct world *w)
{
	fork_child(w, 1, 1000);
	for (int64_t fd = 3; fd < 300000; fd++)
		SEND(w, OPENAT_2_X, 1000, NUMBER(OPENAT_2_X_FD, fd), NUMBER(OPENAT_2_X_DIRFD, -100),
		     TEXT(OPENAT_2_X_NAME, "/etc/x"));
}

static void long_names(struct world *w)
{
	fork_child(w, 1, 1000);
	for (int64_t fd = 3; fd < 40000; fd++) {
		number_filler(w, fd);
		SEND(w, OPENAT_2_X, 1000, NUMBER(OPENAT_2_X_FD, fd), NUMBER(OPENAT_2_X_DIRFD, -100),
		     BYTES(OPENAT_2_X_NAME, w->filler, 1000));
	}
}

/* Every child copies its parent's descriptors. */
static void inherited(struct world *w)
{
	fork_child(w, 1, 1000);
	for (int64_t fd = 3; fd < 1000; fd++)
		open_long(w, 1000, fd, 100);
	for (int64_t i = 1; i < 5000; i++)
		fork_child(w, 1000, 1000 + i);
}

static void users(struct world *w)
{
	for (int64_t i = 0; i < 40000; i++) {
		number_filler(w, i);
		SEND(w, USER_ADDED_E, 0, NUMBER(USER_ADDED_E_UID, i),
		     BYTES(USER_ADDED_E_NAME, w->filler, 200),
		     BYTES(USER_ADDED_E_HOME, w->filler, 300),
		     BYTES(USER_ADDED_E_SHELL, w->filler, 400));
	}
}

/* One user in each of many containers with long names. */
static void userspaces(struct world *w)
{
	for (int64_t i = 0; i < 10000; i++) {
		number_filler(w, i);
		SEND(w, USER_ADDED_E, 0, NUMBER(USER_ADDED_E_UID, 1), TEXT(USER_ADDED_E_NAME, "u"),
		     TEXT(USER_ADDED_E_CONTAINER_ID, w->filler));
	}
}

static void announce(struct world *w, int64_t i, size_t label)
{
	static char json[LIMIT_LARGE_BYTES];
	size_t n;

	n = (size_t)snprintf(json, sizeof(json),
			     "{\"container\":{\"id\":\"%012" PRIx64 "\",\"name\":\"c%" PRId64
			     "\",\"type\":0,\"labels\":{\"l\":\"",
			     (uint64_t)i, i);
	memset(json + n, 'x', label);
	n += label;
	memcpy(json + n, "\"}}}", sizeof("\"}}}"));
	SEND(w, CONTAINER_JSON_2_E, -1, BYTES(CONTAINER_JSON_2_E_JSON, json, n + 5));
}

static void containers(struct world *w)
{
	for (int64_t i = 0; i < 1000; i++)
		announce(w, i, 15000);
}

/* As large as an event can be. */
static void large_json(struct world *w)
{
	for (int64_t i = 0; i < 3; i++)
		announce(w, i, LIMIT_LARGE_BYTES - 1000);
}

/* Elements of a JSON array are small in the text and large in memory. */
static void many_json_values(struct world *w)
{
	static char json[(256 << 10) - 64];
	size_t n = (size_t)snprintf(json, sizeof(json),
				    "{\"container\":{\"id\":\"0123456789ab\","
				    "\"Mounts\":[");

	while (n < sizeof(json) - 8) {
		json[n++] = '1';
		json[n++] = ',';
	}
	memcpy(json + n, "1]}}", sizeof("1]}}"));
	SEND(w, CONTAINER_JSON_2_E, -1, BYTES(CONTAINER_JSON_2_E_JSON, json, n + 5));
}

static void large_async(struct world *w)
{
	static char data[LIMIT_LARGE_BYTES - 4096];

	memset(data, 1, sizeof(data));
	for (int i = 0; i < 4; i++)
		SEND(w, ASYNCEVENT_E, 1, TEXT(ASYNCEVENT_E_NAME, "container"),
		     BYTES(ASYNCEVENT_E_DATA, data, sizeof(data)));
}

static void cgroups(struct world *w)
{
	char list[300];

	for (int64_t i = 0; i < 100000; i++) {
		size_t n = (size_t)snprintf(list, sizeof(list), "cpu=/docker/%064" PRIx64,
					    (uint64_t)i);

		SEND(w, CLONE_20_X, 1000 + i, TEXT(CLONE_20_X_EXE, "/bin/x"),
		     NUMBER(CLONE_20_X_TID, 1000 + i), NUMBER(CLONE_20_X_PID, 1000 + i),
		     NUMBER(CLONE_20_X_PTID, 1), TEXT(CLONE_20_X_COMM, "x"),
		     BYTES(CLONE_20_X_CGROUPS, list, n + 1), NUMBER(CLONE_20_X_VTID, 1000 + i),
		     NUMBER(CLONE_20_X_VPID, 1000 + i));
	}
}

/* A process list of a machine nobody has. */
static void listed(struct world *w)
{
	for (int64_t i = 0; i < 100000; i++)
		SEND(w, PROC_ENTRY, 1000 + i, NUMBER(PROC_ENTRY_PID, 1000 + i),
		     NUMBER(PROC_ENTRY_PTID, 999 + i), NUMBER(PROC_ENTRY_VTID, 1000 + i),
		     NUMBER(PROC_ENTRY_VPID, 1000 + i), TEXT(PROC_ENTRY_COMM, "x"),
		     TEXT(PROC_ENTRY_EXE, "/bin/x"), TEXT(PROC_ENTRY_CWD, "/"),
		     TEXT(PROC_ENTRY_ROOT, "/"));
	SEND(w, CLOSE_X, 1000, NUMBER(CLOSE_X_RES, 0), NUMBER(CLOSE_X_FD, 3));
}

/* Enter events of old captures, kept for exits that never come. */
static void enters(struct world *w)
{
	for (int64_t i = 0; i < 30000; i++) {
		number_filler(w, i);
		SEND(w, OPENAT_2_E, 1000 + i, NUMBER(OPENAT_2_E_DIRFD, -100),
		     BYTES(OPENAT_2_E_NAME, w->filler, 1000));
	}
}

/* Everything at once. */
static void everything(struct world *w)
{
	enters(w);
	long_arguments(w);
	inherited(w);
	cgroups(w);
	userspaces(w);
	containers(w);
	unknown_openers(w);
	large_async(w);
	many_json_values(w);
}

static const struct {
	const char *name;
	void (*write)(struct world *w);
} kinds[] = {
	{ "unknown_threads", unknown_threads },
	{ "unknown_openers", unknown_openers },
	{ "forks", forks },
	{ "lineage", lineage },
	{ "long_arguments", long_arguments },
	{ "descriptors", descriptors },
	{ "long_names", long_names },
	{ "inherited", inherited },
	{ "users", users },
	{ "userspaces", userspaces },
	{ "containers", containers },
	{ "large_json", large_json },
	{ "many_json_values", many_json_values },
	{ "large_async", large_async },
	{ "cgroups", cgroups },
	{ "listed", listed },
	{ "enters", enters },
	{ "everything", everything },
};

int main(int argc, char **argv)
{
	static struct world w = { .ts = UINT64_C(1600000000000000000) };
	struct err err;

	if (argc < 3) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			puts(kinds[i].name);
		return argc > 1;
	}
	w.bytes.max = (size_t)32 << 20;
	memset(w.filler, 'y', LONG_TEXT);
	w.out = scap_create(argv[2], false, &err);
	if (!w.out)
		die(err.text);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0) {
			kinds[i].write(&w);
			if (scap_finish(w.out, &err) < 0)
				die(err.text);
			buf_fini(&w.bytes);
			return 0;
		}
	die("no such kind");
}
