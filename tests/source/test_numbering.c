/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "support.h"

/* The recorded runs of Falco were cut here. */
#define LAST_NUM 20000

struct identity {
	uint64_t num;
	uint64_t ts;
	int64_t tid;
	char type[64];
};

/* The lines Falco printed, one event each. */
struct recorded {
	gzFile gz;
	char *line;
};

#define LINE_BYTES (1 << 20)

static struct recorded open_recorded(const char *capture)
{
	struct recorded r;
	char path[768];

	snprintf(path, sizeof(path), "%s/expected/fields/%s.jsonl.gz", shared_dir(),
		 base_name(capture));
	r.gz = gzopen(path, "rb");
	assert_non_null(r.gz);
	r.line = malloc(LINE_BYTES);
	assert_non_null(r.line);
	return r;
}

/*
 * What stands behind a key of one flat object; inside strings a quote has a backslash before it,
 * so the key is found nowhere else. A JSON reader would stumble: unsigned 64-bit numbers.
 */
static const char *value_of(const char *line, const char *key)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	at = strstr(line, quoted);
	assert_non_null(at);
	return at + strlen(quoted);
}

static bool next_recorded(struct recorded *r, struct identity *out)
{
	const char *type;

	if (!gzgets(r->gz, r->line, LINE_BYTES))
		return false;
	out->num = strtoull(value_of(r->line, "evt.num"), NULL, 10);
	out->ts = strtoull(value_of(r->line, "evt.rawtime"), NULL, 10);
	out->tid = strtoll(value_of(r->line, "thread.tid"), NULL, 10);
	type = value_of(r->line, "evt.type") + 1;
	snprintf(out->type, sizeof(out->type), "%.*s", (int)strcspn(type, "\""), type);
	return true;
}

static void close_recorded(struct recorded *r)
{
	gzclose(r->gz);
	free(r->line);
}

/* The generic event is called by its system call: by the code, or else the native number. */
static struct str type_of(const struct event *ev)
{
	int code;

	if (ev->type != EVENT_GENERIC_X)
		return ev->info->name;
	code = (int)event_int_or(ev, GENERIC_X_ID, SC_UNKNOWN);
	if (code == SC_UNKNOWN)
		code = syscall_from_native((unsigned)event_int_or(ev, GENERIC_X_NATIVEID, 0));
	return syscall_info((unsigned)code)->name;
}

/* The next event rules would see. */
static bool next_visible(struct source *s, struct identity *out)
{
	struct raw raw;
	struct event ev;
	struct err err;
	int rc;

	do {
		rc = source_next(s, &raw, &err);
		if (rc < 0)
			fail_msg("%s", err.text);
	} while (rc > 0 && (raw.flags & (WIRE_SYNTHETIC | WIRE_STATE_ONLY)));
	if (rc == 0 || raw.sequence > LAST_NUM)
		return false;
	assert_int_equal(event_open(&ev, &raw), 0);
	out->num = raw.sequence;
	out->ts = ev.ts;
	out->tid = ev.tid;
	snprintf(out->type, sizeof(out->type), "%.*s", STR_ARG(type_of(&ev)));
	return true;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return a->num == b->num && a->ts == b->ts && a->tid == b->tid &&
	       strcmp(a->type, b->type) == 0;
}

static void compare(const char *path, void *arg)
{
	struct recorded recorded = open_recorded(path);
	struct err err;
	struct source *s = source_open_scap(path, &err);
	struct identity want, got;
	uint64_t n = 0;

	(void)arg;
	assert_non_null(s);
	while (next_recorded(&recorded, &want)) {
		if (!next_visible(s, &got))
			fail_msg("%s: ends before event %" PRIu64, path, want.num);
		if (!same(&want, &got))
			fail_msg("%s: want %" PRIu64 " %" PRIu64 " %" PRId64 " %s, got %" PRIu64
				 " %" PRIu64 " %" PRId64 " %s",
				 path, want.num, want.ts, want.tid, want.type, got.num, got.ts,
				 got.tid, got.type);
		n++;
	}
	if (next_visible(s, &got))
		fail_msg("%s: event %" PRIu64 " (%s) was not shown", path, got.num, got.type);
	print_message("  %s: %" PRIu64 " events\n", base_name(path), n);
	assert_true(n > 0);
	source_close(s);
	close_recorded(&recorded);
}

static void visible_events_are_those_falco_showed(void **state)
{
	(void)state;
	if (!shared_there("visible_events_are_those_falco_showed"))
		skip();
	assert_true(each_capture(compare, NULL) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visible_events_are_those_falco_showed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
