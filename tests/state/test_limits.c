/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_full_thread_table_refuses_and_counts(void **state)
{
	struct machine m = machine_new(&(struct state_limits){ .threads = 4 });
	struct state_stats stats;

	(void)state;
	list_usual(&m);
	fork_child(&m, 100, 200, 0);
	fork_child(&m, 100, 201, 0);
	fork_child(&m, 100, 202, 0);
	assert_null(m.who.thread);
	assert_null(state_thread(m.s, 202));
	SEND(&m, GETUID_X, 999, INT(0));
	assert_null(m.who.thread);
	open_file(&m, 999, 3, "/tmp/f", FILE_FLAGS_O_RDONLY);
	send_exec(&m, &(struct run){ .tid = 999, .ptid = 1 });
	state_stats(m.s, &stats);
	assert_int_equal(stats.threads, 4);
	assert_int_equal(stats.refused_threads, 4);
	assert_int_equal(state_thread_cap(m.s), 4);
	/* There is room again when one has ended. */
	send_exit(&m, 200, 0);
	fork_child(&m, 100, 203, 0);
	assert_non_null(state_thread(m.s, 203));
	assert_true(state_thread(m.s, 203)->slot < 4);
	machine_free(&m);
}

static void a_full_descriptor_table_refuses_and_counts(void **state)
{
	struct machine m = machine_new(&(struct state_limits){ .fds = 8 });
	struct state_stats stats;

	(void)state;
	list_usual(&m);
	for (int64_t i = 3; i < 12; i++)
		open_file(&m, 100, i, "/tmp/f", FILE_FLAGS_O_RDONLY);
	assert_null(m.who.fd);
	assert_int_equal(m.who.fd_num, 11);
	state_stats(m.s, &stats);
	assert_int_equal(stats.fds, 8);
	assert_int_equal(stats.refused_fds, 4);
	/* A copy for a child gets what fits: nothing. */
	fork_child(&m, 100, 200, 0);
	assert_int_equal(state_fd_count(m.s, thread_of(&m, 200)), 0);
	/* Without room for its successor, what had the number is gone all the same. */
	open_file(&m, 100, 3, "/tmp/new", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 100, 3), "<none>");
	SEND(&m, CLOSE_X, 100, INT(0), INT(4));
	open_file(&m, 100, 3, "/tmp/new", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 100, 3), "/tmp/new");
	machine_free(&m);
}

static void all_tables_share_a_budget(void **state)
{
	enum { MEMORY = 1 << 20 };
	struct machine m = machine_new(&(struct state_limits){ .memory = MEMORY });
	struct state_stats stats;
	char name[256], env[2000];

	(void)state;
	memset(env, 'e', sizeof(env));
	list_usual(&m);
	for (int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "/tmp/%0200d", i);
		open_file(&m, 100, 3 + i, name, FILE_FLAGS_O_RDONLY);
	}
	state_stats(m.s, &stats);
	assert_true(stats.refused_fds > 0);
	assert_true(stats.memory <= MEMORY);
	/* Of images first the lists go, then everything; a quarter is left for the threads. */
	for (int64_t i = 0; i < 50; i++) {
		fork_child(&m, 100, 1000 + i, 0);
		send_exec(&m, &(struct run){ .tid = 1000 + i,
					     .ptid = 100,
					     .path = "/usr/bin/ls",
					     .args = BYTES("one\0two\0three\0"),
					     .env = { ARG_BYTES, 0, env, sizeof(env) } });
		assert_non_null(thread_of(&m, 1000 + i)->image);
	}
	state_stats(m.s, &stats);
	assert_true(stats.refused_strings > 0);
	assert_true(stats.memory <= MEMORY);
	machine_free(&m);
}

static void threads_nobody_announced_leave_room_for_the_others(void **state)
{
	struct machine m = machine_new(&(struct state_limits){ .threads = 40 });
	struct state_stats stats;

	(void)state;
	list_usual(&m);
	for (int64_t i = 0; i < 100; i++)
		SEND(&m, GETUID_X, 1000 + i, INT(0));
	assert_null(m.who.thread);
	state_stats(m.s, &stats);
	assert_int_equal(stats.threads, 2 + 10);
	assert_int_equal(stats.refused_threads, 90);
	assert_int_equal(stats.unknown_threads, 100);
	for (int64_t i = 0; i < 20; i++)
		fork_child(&m, 100, 200 + i, 0);
	assert_non_null(state_thread(m.s, 219));
	/* One of which more becomes known counts no longer; one that ends makes room. */
	send_exec(&m, &(struct run){ .tid = 1000, .ptid = 100 });
	send_exit(&m, 1001, 0);
	SEND(&m, GETUID_X, 2000, INT(0));
	assert_non_null(m.who.thread);
	SEND(&m, GETUID_X, 2001, INT(0));
	assert_non_null(m.who.thread);
	SEND(&m, GETUID_X, 2002, INT(0));
	assert_null(m.who.thread);
	machine_free(&m);
}

static void many_enter_events_are_bounded(void **state)
{
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	for (int64_t i = 0; i < 6000; i++) {
		fork_child(&m, 100, 1000 + i, 0);
		SEND(&m, OPEN_E, 1000 + i, TEXT("/first"), INT(FILE_FLAGS_O_RDONLY), INT(0));
	}
	open_file(&m, 1000, 3, "/second", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 1000, 3), "/first");
	open_file(&m, 1000 + 5999, 3, "/second", FILE_FLAGS_O_RDONLY);
	assert_text(fd_name(&m, 1000 + 5999, 3), "/second");
	machine_free(&m);
}

/* ---- whatever comes ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct arg random_arg(uint32_t *seed, const struct param_info *p, char bytes[64])
{
	static const int64_t numbers[] = { 0,      1,      2,         3,         4,
					   5,      6,      7,         8,         9,
					   63,     64,     200,       -1,        -2,
					   -100,   -115,   INT64_MIN, INT64_MAX, UINT32_MAX,
					   0x2000, 0x2301, 0x20000040 };
	size_t len = next_random(seed) % 64;

	if (next_random(seed) % 12 == 0)
		return NONE;
	if (p->width)
		return INT(numbers[next_random(seed) % ARRAY_SIZE(numbers)]);
	for (size_t i = 0; i < len; i++)
		bytes[i] = "\0\0/.a\x01\x02\x0a\xff="[next_random(seed) % 10];
	if (next_random(seed) % 3)
		bytes[0] = "\x01\x02\x0a/"[next_random(seed) % 4];
	return (struct arg){ .kind = ARG_BYTES, .p = bytes, .len = len };
}

static void check_thread(struct thread *t, void *arg)
{
	const struct state *s = arg;
	size_t steps = 0;

	assert_ptr_equal(state_thread(s, t->tid), t);
	assert_non_null(t->image);
	assert_non_null(t->fs);
	if (t->group) {
		assert_true(t->group->alive <= t->group->refs);
		assert_int_equal(t->group->pid, t->pid);
	}
	for (const struct thread *up = t; up && steps <= 64; up = state_parent(s, up))
		steps++;
	state_lead(s, t, LEAD_SESSION);
}

/* Half of all are of those that matter most. */
static unsigned random_type(uint32_t *seed, const unsigned *types, unsigned n)
{
	static const unsigned often[] = {
		EVENT_CLONE_20_X, EVENT_CLONE_20_X,   EVENT_CLONE3_X,   EVENT_EXECVE_19_X,
		EVENT_PROC_ENTRY, EVENT_PROCEXIT_1_E, EVENT_OPENAT_2_X, EVENT_DUP2_X,
		EVENT_CLOSE_X,    EVENT_UNSHARE_X,    EVENT_CONNECT_X,  EVENT_FD_ENTRY,
	};

	if (next_random(seed) % 2)
		return often[next_random(seed) % ARRAY_SIZE(often)];
	return types[next_random(seed) % n];
}

static void random_events_do_no_harm(void **state)
{
	struct machine m = machine_new(
		&(struct state_limits){ .threads = 24, .fds = 200, .memory = 300 << 10 });
	uint32_t seed = 20260;
	unsigned types[EVENT_TYPES], n = 0;
	struct state_stats stats;

	(void)state;
	for (unsigned type = 0; type < EVENT_TYPES; type++)
		if (event_info(type)->exists && event_info(type)->nparams <= LIMIT_EVENT_PARAMS)
			types[n++] = type;
	list_usual(&m);
	for (unsigned i = 0; i < 150000; i++) {
		const unsigned type = random_type(&seed, types, n);
		const struct event_info *info = event_info(type);
		char bytes[LIMIT_EVENT_PARAMS][64];
		struct arg args[LIMIT_EVENT_PARAMS];

		if (type == EVENT_SECTION_ENTRY && next_random(&seed) % 64)
			continue;
		for (unsigned k = 0; k < info->nparams; k++)
			args[k] = random_arg(&seed, &info->params[k], bytes[k]);
		send_event(&m, type, (int64_t)(next_random(&seed) % 14) - 1, args, info->nparams);
		if (i % 256 == 0)
			state_thread_each(m.s, check_thread, m.s);
	}
	state_stats(m.s, &stats);
	assert_true(stats.threads <= 24);
	assert_true(stats.fds <= 200);
	assert_int_equal(stats.added_threads - stats.removed_threads, stats.threads);
	assert_int_equal(stats.added_fds - stats.removed_fds, stats.fds);
	assert_true(stats.memory <= 300 << 10);
	assert_true(stats.added_threads > 1000);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_thread_table_refuses_and_counts),
		cmocka_unit_test(a_full_descriptor_table_refuses_and_counts),
		cmocka_unit_test(all_tables_share_a_budget),
		cmocka_unit_test(threads_nobody_announced_leave_room_for_the_others),
		cmocka_unit_test(many_enter_events_are_bounded),
		cmocka_unit_test(random_events_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
