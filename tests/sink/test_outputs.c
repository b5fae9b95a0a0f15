/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

#define LINES 5000

/* Standard output of the test, replaced by `fd` until it is put back. */
static int replace_stdout(int fd)
{
	int saved = dup(STDOUT_FILENO);

	fflush(stdout);
	assert_true(saved >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	return saved;
}

static void restore_stdout(int saved)
{
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

static struct alert_text numbered(char *text, size_t size, int i)
{
	struct alert_text a = { .rule = STR("R"), .priority = STR("Notice"), .severity = 5 };

	a.line = str_of(text, (size_t)snprintf(text, size, "alert %d", i));
	return a;
}

static void send_numbered(struct outputs *o, int n)
{
	for (int i = 0; i < n; i++) {
		char text[32];
		struct alert_text a = numbered(text, sizeof(text), i);

		outputs_send(o, &a);
	}
}

static void read_numbered(const char *path, int n)
{
	FILE *f = fopen(path, "r");
	char line[64], expected[64];

	assert_non_null(f);
	for (int i = 0; i < n; i++) {
		snprintf(expected, sizeof(expected), "alert %d\n", i);
		assert_non_null(fgets(line, sizeof(line), f));
		assert_string_equal(line, expected);
	}
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
}

static void replay_delivers_everything_in_order(void **state)
{
	static const struct {
		const char *what;
		bool keep_alive, buffered, unbuffered;
		int64_t capacity;
	} cases[] = {
		{ "one by one", true, false, false, 0 },
		{ "in batches", true, true, false, 0 },
		{ "reopened", false, true, false, 0 },
		{ "forced one by one", true, true, true, 0 },
		{ "a queue of three", true, true, false, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[] = "/tmp/besra-sink-XXXXXX";
		struct config config = { .file_enabled = true,
					 .file_keep_alive = cases[i].keep_alive,
					 .buffered_outputs = cases[i].buffered,
					 .queue_capacity = cases[i].capacity };
		struct output_mode mode = { .wait = true, .unbuffered = cases[i].unbuffered };
		struct outputs *o;
		struct err err;

		print_message("  %s\n", cases[i].what);
		close(mkstemp(path));
		config.file_name = str_from(path);
		o = outputs_open(&config, &mode, &err);
		assert_non_null(o);
		assert_int_equal(outputs_count(o), 1);
		send_numbered(o, LINES);
		assert_int_equal(outputs_close(o, &err), 0);
		read_numbered(path, LINES);
		unlink(path);
	}
}

/* They wait for others to come, but not for the end. */
static void alerts_of_a_replay_come_out_while_it_goes_on(void **state)
{
	char path[] = "/tmp/besra-sink-XXXXXX";
	struct config config = { .file_enabled = true, .file_keep_alive = true };
	const struct output_mode mode = { .wait = true };
	struct output_stats stats = { 0 };
	struct outputs *o;
	struct err err;

	(void)state;
	close(mkstemp(path));
	config.file_name = str_from(path);
	o = outputs_open(&config, &mode, &err);
	assert_non_null(o);
	send_numbered(o, 3);
	for (int i = 0; i < 60000 && stats.sent < 3; i++) {
		usleep(1000);
		outputs_stats(o, &stats);
	}
	assert_int_equal(stats.sent, 3);
	read_numbered(path, 3);
	assert_int_equal(outputs_close(o, &err), 0);
	unlink(path);
}

static void two_channels_both_get_every_line(void **state)
{
	char path[] = "/tmp/besra-sink-XXXXXX", out[] = "/tmp/besra-sink-XXXXXX";
	struct config config = { .file_enabled = true,
				 .file_keep_alive = true,
				 .stdout_enabled = true };
	struct output_mode mode = { .wait = true };
	struct output_stats stats;
	struct outputs *o;
	struct err err;
	int saved, fd = mkstemp(out);

	(void)state;
	close(mkstemp(path));
	config.file_name = str_from(path);
	saved = replace_stdout(fd);
	o = outputs_open(&config, &mode, &err);
	if (o) {
		send_numbered(o, LINES);
		outputs_stats(o, &stats);
		outputs_close(o, &err);
	}
	restore_stdout(saved);
	close(fd);
	assert_non_null(o);
	assert_int_equal(stats.dropped, 0);
	read_numbered(path, LINES);
	read_numbered(out, LINES);
	unlink(path);
	unlink(out);
}

static void a_reader_that_goes_away_is_an_error_not_a_signal(void **state)
{
	struct config config = { .stdout_enabled = true };
	struct output_mode mode = { .wait = true };
	struct output_stats stats = { 0 };
	struct outputs *o;
	struct err err;
	int ends[2], saved, result = 0;
	bool broken = false;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	saved = replace_stdout(ends[1]);
	o = outputs_open(&config, &mode, &err);
	for (int i = 0; o && i < 1000 && !broken; i++) {
		send_numbered(o, 10);
		usleep(1000);
		broken = outputs_broken(o);
	}
	if (o) {
		outputs_stats(o, &stats);
		result = outputs_close(o, &err);
	}
	restore_stdout(saved);
	close(ends[1]);
	assert_non_null(o);
	assert_true(broken);
	assert_int_equal(result, -EPIPE);
	assert_string_equal(err.text, "standard output: Broken pipe");
	assert_int_equal(stats.sent, 0);
	assert_true(stats.failed > 0);
}

static void a_full_disk_is_told_and_counted(void **state)
{
	struct config config = { .file_enabled = true, .file_name = STR("/dev/full") };
	struct output_mode mode = { .wait = true };
	struct outputs *o;
	struct err err;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	o = outputs_open(&config, &mode, &err);
	assert_non_null(o);
	send_numbered(o, 3);
	assert_false(outputs_broken(o));
	assert_int_equal(outputs_close(o, &err), -ENOSPC);
	assert_string_equal(err.text, "/dev/full: No space left on device");
}

static void a_channel_that_cannot_be_opened_is_named(void **state)
{
	static const struct {
		const char *what;
		struct str name;
		const char *says;
	} cases[] = {
		{ "no such directory",
		  { "/nowhere/at/all", 15 },
		  "file output: /nowhere/at/all: No such file or directory" },
		{ "a directory", { "/tmp", 4 }, "file output: /tmp: Is a directory" },
		{ "no name",
		  { NULL, 0 },
		  "file output: file_output is enabled without a filename" },
	};
	struct output_mode mode = { .wait = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config = { .file_enabled = true, .file_name = cases[i].name };
		struct err err;

		print_message("  %s\n", cases[i].what);
		assert_null(outputs_open(&config, &mode, &err));
		assert_string_equal(err.text, cases[i].says);
	}
}

/* A pipe nobody reads: the first batch blocks the sink's thread, the rest has to wait or go. */
static void a_live_queue_that_is_full_drops_and_counts(void **state)
{
	char dir[] = "/tmp/besra-sink-XXXXXX", path[64];
	struct config config = { .file_enabled = true,
				 .file_keep_alive = true,
				 .queue_capacity = 10 };
	struct output_mode mode = { .wait = false };
	struct output_stats stats;
	struct alert_text big = { .rule = STR("R") };
	static char text[40000];
	struct outputs *o;
	int reader;

	(void)state;
	memset(text, 'x', sizeof(text));
	big.line = str_of(text, sizeof(text));
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	config.file_name = str_from(path);
	o = outputs_open(&config, &mode, NULL);
	assert_non_null(o);
	for (int i = 0; i < 200; i++)
		outputs_send(o, &big);
	outputs_stats(o, &stats);
	/* Ten wait, up to ten are in the batch on its way, and the pipe took two at most. */
	assert_true(stats.dropped >= 200 - 10 - 10 - 2);
	assert_true(stats.dropped < 200);
	close(reader);
	assert_int_equal(outputs_close(o, NULL), -EPIPE);
	unlink(path);
	rmdir(dir);
}

static void an_alert_larger_than_the_queue_is_refused(void **state)
{
	char path[] = "/tmp/besra-sink-XXXXXX";
	struct config config = { .file_enabled = true };
	struct output_mode mode = { .wait = true };
	struct output_stats stats;
	struct alert_text huge = { 0 };
	size_t size = (size_t)5 << 20;
	char *text = calloc(size, 1);
	struct outputs *o;

	(void)state;
	close(mkstemp(path));
	config.file_name = str_from(path);
	o = outputs_open(&config, &mode, NULL);
	assert_non_null(o);
	huge.line = str_of(text, size);
	outputs_send(o, &huge);
	send_numbered(o, 2);
	outputs_stats(o, &stats);
	assert_int_equal(stats.dropped, 1);
	assert_int_equal(outputs_close(o, NULL), 0);
	read_numbered(path, 2);
	free(text);
	unlink(path);
}

static void without_channels_nothing_is_broken(void **state)
{
	struct config config = { 0 };
	struct output_mode mode = { .wait = true };
	struct outputs *o = outputs_open(&config, &mode, NULL);

	(void)state;
	assert_non_null(o);
	send_numbered(o, 5);
	assert_false(outputs_broken(o));
	assert_int_equal(outputs_close(o, NULL), 0);
	assert_int_equal(outputs_close(NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_delivers_everything_in_order),
		cmocka_unit_test(alerts_of_a_replay_come_out_while_it_goes_on),
		cmocka_unit_test(two_channels_both_get_every_line),
		cmocka_unit_test(a_reader_that_goes_away_is_an_error_not_a_signal),
		cmocka_unit_test(a_full_disk_is_told_and_counted),
		cmocka_unit_test(a_channel_that_cannot_be_opened_is_named),
		cmocka_unit_test(a_live_queue_that_is_full_drops_and_counts),
		cmocka_unit_test(an_alert_larger_than_the_queue_is_refused),
		cmocka_unit_test(without_channels_nothing_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
