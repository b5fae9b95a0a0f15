/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

#define PATH_BYTES 768

/* A name in a folder of this run's own. */
static char folder[] = "/tmp/besra-writer-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *temporary(char *path, const char *name)
{
	snprintf(path, PATH_BYTES, "%s/%s", folder, name);
	return path;
}

static struct source *open_capture(const char *path)
{
	struct err err;
	struct source *s = source_open_scap(path, &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static struct scap_writer *create(const char *path, bool compress)
{
	struct err err;
	struct scap_writer *w = scap_create(path, compress, &err);

	if (!w)
		fail_msg("%s", err.text);
	return w;
}

/* Writes everything a source has; closes it. */
static void copy_source(struct source *s, const char *to, bool compress)
{
	struct scap_writer *w = create(to, compress);
	struct raw raw;
	struct event ev;
	struct err err;

	while (source_next(s, &raw, &err) > 0) {
		assert_int_equal(event_open(&ev, &raw), 0);
		if (scap_write(w, &ev, &err) < 0)
			fail_msg("%s", err.text);
	}
	assert_int_equal(scap_finish(w, &err), 0);
	source_close(s);
}

static void assert_same_stream(const char *a_path, const char *b_path)
{
	struct source *a = open_capture(a_path), *b = open_capture(b_path);
	struct raw x, y;
	struct err err;
	uint64_t n = 0;
	int rc;

	while ((rc = source_next(a, &x, &err)) > 0) {
		n++;
		if (source_next(b, &y, &err) <= 0)
			fail_msg("%s: event %" PRIu64 " is missing in the copy", a_path, n);
		assert_int_equal(x.len, y.len);
		assert_memory_equal(x.bytes, y.bytes, x.len);
		assert_int_equal(x.cpu, y.cpu);
		assert_int_equal(x.flags, y.flags);
		assert_int_equal(x.sequence, y.sequence);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(source_next(b, &y, &err), 0);
	assert_true(n > 0);
	source_close(a);
	source_close(b);
}

static void round_trip(const char *path, void *arg)
{
	char copy[PATH_BYTES];
	bool *compress = arg;

	copy_source(open_capture(path), temporary(copy, "copy.scap"), *compress);
	assert_same_stream(path, copy);
	unlink(copy);
	*compress = !*compress;
}

static void every_capture_survives_a_round_trip(void **state)
{
	bool compress = false;

	(void)state;
	if (!shared_there("every_capture_survives_a_round_trip"))
		skip();
	assert_true(each_capture(round_trip, &compress) > 0);
}

static struct buf output_of(const char *command)
{
	struct buf out = { .max = 32 << 20 };
	char piece[65536];
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&out, piece, n);
	assert_int_equal(pclose(f), 0);
	return out;
}

static void assert_sysdig_agrees(const char *a, const char *b, const char *arguments)
{
	char command[2 * PATH_BYTES];
	struct buf want, got;

	snprintf(command, sizeof(command), "sysdig -r '%s' %s 2>/dev/null", a, arguments);
	want = output_of(command);
	snprintf(command, sizeof(command), "sysdig -r '%s' %s 2>/dev/null", b, arguments);
	got = output_of(command);
	assert_true(want.len > 0);
	assert_int_equal(want.len, got.len);
	assert_memory_equal(want.p, got.p, want.len);
	buf_fini(&want);
	buf_fini(&got);
}

/*
 * Debian's sysdig knows the formats up to 2022. What it reads from our lists must be what it
 * reads from the original ones, all versions of which occur here. Events can only be compared
 * where the capture has few calls with parameters younger than it.
 */
static void sysdig_reads_what_we_write(void **state)
{
	static const struct {
		const char *capture;
		bool events;
	} cases[] = {
		{ "draios+sysdig-inspect__capture-samples__502Error.scap", false },
		{ "falcosecurity+falco__test__trace_files__cat_write.scap", false },
		{ "falcosecurity+falco__test__trace_files__connect_localhost.scap", false },
		{ "falcosecurity+falco__test__trace_files__psp__run_as_user_0_container.scap",
		  false },
		{ "falcosecurity+libs__userspace__libsinsp__test__resources__sample.scap", true },
		{ "sysflow-telemetry+sf-collector__tests__rename__rename.scap", true },
	};

	(void)state;
	if (!shared_there("sysdig_reads_what_we_write"))
		skip();
	if (system("command -v sysdig >/dev/null") != 0) {
		printf("SKIP: sysdig_reads_what_we_write: sysdig is not installed\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[PATH_BYTES], copy[PATH_BYTES];

		snprintf(path, sizeof(path), "%s/traces/%s", shared_dir(), cases[i].capture);
		print_message("  %s\n", cases[i].capture);
		copy_source(open_capture(path), temporary(copy, "copy.scap"), i % 2);
		assert_sysdig_agrees(path, copy, "-c ps");
		assert_sysdig_agrees(path, copy, "-c lsof");
		if (cases[i].events)
			assert_sysdig_agrees(
				path, copy,
				"-p '%evt.rawtime %evt.cpu %thread.tid %proc.name %evt.args' "
				"'evt.dir=<'");
		unlink(copy);
	}
}

/* Encodes one event; *ev borrows from b until it changes. */
static void open_event(struct event *ev, struct buf *b, unsigned type, uint16_t flags, unsigned n,
		       const struct str *params)
{
	struct event_writer w;
	struct raw raw = { .flags = flags, .cpu = 2 };

	buf_reset(b);
	event_begin(&w, b, type, 1000, 42, n);
	for (unsigned i = 0; i < n; i++)
		event_push(&w, params[i].p, params[i].len);
	assert_int_equal(event_end(&w), 0);
	raw.bytes = (const uint8_t *)b->p;
	raw.len = (uint32_t)b->len;
	assert_int_equal(event_open(ev, &raw), 0);
}

static const struct str chdir_params[] = {
	{ "\0\0\0\0\0\0\0\0", 8 },
	{ "/tmp", 5 },
	{ "more", 4 },
};

static void write_ok(struct scap_writer *w, const struct event *ev)
{
	struct err err;

	if (scap_write(w, ev, &err) < 0)
		fail_msg("%s", err.text);
}

static void next_ok(struct source *s, struct raw *raw)
{
	struct err err;
	int rc = source_next(s, raw, &err);

	if (rc < 0)
		fail_msg("%s", err.text);
	assert_int_equal(rc, 1);
}

static void an_extension_stays_behind(void **state)
{
	char path[PATH_BYTES];
	struct scap_writer *w = create(temporary(path, "extension.scap"), false);
	struct buf b = { 0 };
	struct event ev;
	struct raw raw;
	struct source *s;

	(void)state;
	open_event(&ev, &b, EVENT_CHDIR_X, WIRE_EXTENSION, 3, chdir_params);
	assert_int_equal(ev.nextra, 1);
	write_ok(w, &ev);
	assert_int_equal(scap_finish(w, NULL), 0);

	s = open_capture(path);
	next_ok(s, &raw);
	assert_int_equal(event_open(&ev, &raw), 0);
	assert_int_equal(raw.len, sizeof(struct wire_event) + 2 * 2 + 8 + 5);
	assert_string_equal(event_param(&ev, CHDIR_X_PATH).p, "/tmp");
	assert_int_equal(raw.cpu, 2);
	source_close(s);
	buf_fini(&b);
	unlink(path);
}

static void an_event_for_the_state_only_stays_one(void **state)
{
	char path[PATH_BYTES];
	struct scap_writer *w = create(temporary(path, "state.scap"), true);
	struct buf b = { 0 };
	struct event ev;
	struct raw raw;
	struct source *s;

	(void)state;
	open_event(&ev, &b, EVENT_CHDIR_X, WIRE_STATE_ONLY, 2, chdir_params);
	write_ok(w, &ev);
	open_event(&ev, &b, EVENT_CHDIR_X, 0, 2, chdir_params);
	write_ok(w, &ev);
	assert_int_equal(scap_finish(w, NULL), 0);

	s = open_capture(path);
	next_ok(s, &raw);
	assert_int_equal(raw.flags, WIRE_STATE_ONLY);
	assert_int_equal(raw.sequence, 1);
	next_ok(s, &raw);
	assert_int_equal(raw.flags, 0);
	assert_int_equal(raw.sequence, 2);
	source_close(s);
	buf_fini(&b);
	unlink(path);
}

static void a_large_event_comes_back_whole(void **state)
{
	const size_t len = LIMIT_LARGE_BYTES - 4096;
	char path[PATH_BYTES];
	struct scap_writer *w = create(temporary(path, "large.scap"), false);
	struct buf b = { 0 };
	char *json = malloc(len);
	struct event ev;
	struct raw raw;
	struct source *s;
	struct str param = { json, len };

	(void)state;
	assert_non_null(json);
	memset(json, 'x', len);
	json[len - 1] = '\0';
	open_event(&ev, &b, EVENT_CONTAINER_JSON_2_E, 0, 1, &param);
	write_ok(w, &ev);
	open_event(&ev, &b, EVENT_CHDIR_X, 0, 2, chdir_params);
	write_ok(w, &ev);
	assert_int_equal(scap_finish(w, NULL), 0);

	s = open_capture(path);
	next_ok(s, &raw);
	assert_int_equal(event_open(&ev, &raw), 0);
	assert_int_equal(event_param(&ev, 0).len, len);
	assert_memory_equal(event_param(&ev, 0).p, json, len);
	next_ok(s, &raw);
	assert_int_equal(event_open(&ev, &raw), 0);
	assert_int_equal(ev.type, EVENT_CHDIR_X);
	source_close(s);
	buf_fini(&b);
	free(json);
	unlink(path);
}

static void put_group(struct scap_writer *w, struct buf *b, uint32_t gid)
{
	const struct str params[] = { { (const char *)&gid, 4 }, { "staff", 6 }, { "", 1 } };
	struct event ev;

	open_event(&ev, b, EVENT_GROUP_ADDED_E, WIRE_SYNTHETIC, 3, params);
	write_ok(w, &ev);
}

/* Readers keep the last user list only: one that grew is written again with all its entries. */
static void a_late_group_does_not_replace_the_earlier_ones(void **state)
{
	static const uint32_t want[] = { 10, 10, 20 };
	char path[PATH_BYTES];
	struct scap_writer *w = create(temporary(path, "late.scap"), false);
	struct buf b = { 0 };
	const struct str fd[] = { { "\3\0\0\0\0\0\0\0", 8 }, { "\1", 1 } };
	struct event ev;
	struct raw raw;
	struct source *s;
	unsigned n = 0;

	(void)state;
	put_group(w, &b, 10);
	open_event(&ev, &b, EVENT_FD_ENTRY, WIRE_SYNTHETIC, 2, fd);
	write_ok(w, &ev);
	put_group(w, &b, 20);
	open_event(&ev, &b, EVENT_CHDIR_X, 0, 2, chdir_params);
	write_ok(w, &ev);
	assert_int_equal(scap_finish(w, NULL), 0);

	s = open_capture(path);
	while (source_next(s, &raw, NULL) > 0) {
		assert_int_equal(event_open(&ev, &raw), 0);
		if (ev.type != EVENT_GROUP_ADDED_E)
			continue;
		assert_true(n < ARRAY_SIZE(want));
		assert_int_equal(event_int_or(&ev, GROUP_ADDED_E_GID, 0), want[n]);
		n++;
	}
	assert_int_equal(n, ARRAY_SIZE(want));
	source_close(s);
	buf_fini(&b);
	unlink(path);
}

static void a_list_entry_behind_an_event_is_refused(void **state)
{
	char path[PATH_BYTES], says[2 * PATH_BYTES];
	struct scap_writer *w = create(temporary(path, "order.scap"), false);
	const struct str machine[] = { { "host", 5 } };
	struct buf b = { 0 };
	struct event ev;
	struct err err;

	(void)state;
	open_event(&ev, &b, EVENT_CHDIR_X, 0, 2, chdir_params);
	write_ok(w, &ev);
	open_event(&ev, &b, EVENT_MACHINE_ENTRY, WIRE_SYNTHETIC, 1, machine);
	assert_int_equal(scap_write(w, &ev, &err), -EINVAL);
	snprintf(says, sizeof(says), "%s: cannot write: a list entry behind the first event", path);
	assert_string_equal(err.text, says);
	assert_int_equal(scap_finish(w, &err), -EINVAL);
	buf_fini(&b);
	unlink(path);
}

static void what_cannot_be_created_is_named(void **state)
{
	struct err err;

	(void)state;
	assert_null(scap_create("/nonexistent/x.scap", false, &err));
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.text,
			    "/nonexistent/x.scap: cannot create: No such file or directory");
	assert_null(scap_create("/", false, &err));
	assert_string_equal(err.text, "/: cannot create: Is a directory");
}

static void a_full_disk_is_reported(void **state)
{
	static const bool kinds[] = { false, true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct scap_writer *w = create("/dev/full", kinds[i]);
		struct buf b = { 0 };
		struct event ev;
		struct err err;

		open_event(&ev, &b, EVENT_CHDIR_X, 0, 2, chdir_params);
		write_ok(w, &ev);
		assert_int_equal(scap_finish(w, &err), -ENOSPC);
		assert_string_equal(err.text, "/dev/full: cannot write: No space left on device");
		buf_fini(&b);
	}
}

/* A reader that went away: the error comes while writing, and stays. */
static void a_closed_pipe_is_reported(void **state)
{
	int ends[2], saved = dup(STDOUT_FILENO);
	struct buf b = { 0 };
	struct scap_writer *w;
	struct event ev;
	struct err err;
	int rc = 0;

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	w = scap_create("-", false, &err);
	dup2(saved, STDOUT_FILENO);
	assert_non_null(w);
	close(ends[0]);
	close(ends[1]);
	open_event(&ev, &b, EVENT_CHDIR_X, 0, 2, chdir_params);
	for (unsigned i = 0; i < 100000 && rc == 0; i++)
		rc = scap_write(w, &ev, &err);
	assert_int_equal(rc, -EPIPE);
	assert_string_equal(err.text, "standard output: cannot write: Broken pipe");
	assert_int_equal(scap_write(w, &ev, &err), -EPIPE);
	assert_int_equal(scap_finish(w, &err), -EPIPE);
	close(saved);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_capture_survives_a_round_trip),
		cmocka_unit_test(sysdig_reads_what_we_write),
		cmocka_unit_test(an_extension_stays_behind),
		cmocka_unit_test(an_event_for_the_state_only_stays_one),
		cmocka_unit_test(a_large_event_comes_back_whole),
		cmocka_unit_test(a_late_group_does_not_replace_the_earlier_ones),
		cmocka_unit_test(a_list_entry_behind_an_event_is_refused),
		cmocka_unit_test(what_cannot_be_created_is_named),
		cmocka_unit_test(a_full_disk_is_reported),
		cmocka_unit_test(a_closed_pipe_is_reported),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
