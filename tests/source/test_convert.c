/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static struct str u64(const uint64_t *v)
{
	return str_of(v, sizeof(*v));
}

static struct str u32(const uint32_t *v)
{
	return str_of(v, sizeof(*v));
}

/* A capture under construction, then under examination. */
struct capture {
	struct buf bytes;
	struct source *source;
	struct event ev;
};

static void begin(struct capture *c)
{
	*c = (struct capture){ 0 };
	put_section(&c->bytes);
}

static void next_event(struct capture *c, unsigned type)
{
	struct raw raw;
	struct err err;
	int rc;

	if (!c->source)
		c->source = source_open_memory(c->bytes.p, c->bytes.len, NULL);
	assert_non_null(c->source);
	rc = source_next(c->source, &raw, &err);
	if (rc < 0)
		fail_msg("%s", err.text);
	assert_int_equal(rc, 1);
	assert_int_equal(event_open(&c->ev, &raw), 0);
	assert_int_equal(c->ev.type, type);
}

/* Nothing more comes; what was counted is returned. */
static struct source_stats end(struct capture *c)
{
	struct source_stats stats;
	struct raw raw;

	assert_int_equal(source_next(c->source, &raw, NULL), 0);
	stats = *source_stats(c->source);
	source_close(c->source);
	buf_fini(&c->bytes);
	return stats;
}

static void assert_int_param(const struct capture *c, unsigned i, int64_t want)
{
	int64_t got;

	assert_true(event_int(&c->ev, i, &got));
	if (got != want)
		fail_msg("%.*s is %" PRId64 ", not %" PRId64, STR_ARG(c->ev.info->params[i].name),
			 got, want);
}

/* Every count of parameters some writer used becomes a current event, or none. */
static void every_row_leads_to_the_current_shape(void **state)
{
	static const struct {
		uint16_t type;
		uint8_t n;
		const char *id;
	} rows[] = {
#define CONVERT(event, n, action, to) { EVENT_##event, n, #event },
#define SOURCE(kind, index, fallback)
#define END
#include "tables/conversion.def"
#undef CONVERT
#undef SOURCE
#undef END
	};
	const struct str params[LIMIT_EVENT_PARAMS] = { { NULL, 0 } };
	unsigned passed = 0, dropped = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct capture c;
		struct source_stats stats;
		struct raw raw;
		int rc;

		begin(&c);
		put_event(&c.bytes, rows[i].type, 1, 1, rows[i].n, params);
		c.source = source_open_memory(c.bytes.p, c.bytes.len, NULL);
		rc = source_next(c.source, &raw, NULL);
		if (rc == 1) {
			assert_int_equal(event_open(&c.ev, &raw), 0);
			if (c.ev.info->flags & EVENT_FLAG_OLD_VERSION && event_is_exit(c.ev.type))
				fail_msg("%s, %u: ends as an old version", rows[i].id, rows[i].n);
			assert_int_equal(c.ev.nparams, c.ev.info->nparams);
			passed++;
			stats = end(&c);
			assert_int_equal(stats.dropped, 0);
		} else {
			stats = *source_stats(c.source);
			assert_int_equal(stats.dropped, 1);
			dropped++;
			source_close(c.source);
			buf_fini(&c.bytes);
		}
		assert_int_equal(stats.malformed, 0);
	}
	/* Counted in the specification by following every chain there. */
	assert_int_equal(passed, 164);
	assert_int_equal(dropped, 89);
}

static void unused_and_old_enter_events_are_dropped(void **state)
{
	static const uint16_t types[] = { EVENT_PROCEXIT_X, EVENT_CLONE_11_E, EVENT_ACCEPT_E,
					  EVENT_KEYCTL_E };
	struct capture c;

	(void)state;
	begin(&c);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		put_event(&c.bytes, types[i], 1, 1, 0, NULL);
	put_event(&c.bytes, EVENT_PROCINFO_E, 2, 1, 0, NULL);
	next_event(&c, EVENT_PROCINFO_E);
	assert_int_equal(c.ev.raw.sequence, 1);
	assert_int_equal(end(&c).dropped, ARRAY_SIZE(types));
}

static void put_read_enter(struct buf *b, int64_t tid, uint64_t fd, uint32_t size)
{
	const struct str params[] = { u64(&fd), u32(&size) };

	put_event(b, EVENT_READ_E, 1, tid, 2, params);
}

static void put_read_exit(struct buf *b, int64_t tid)
{
	const uint64_t res = 3;
	const struct str params[] = { u64(&res), { "abc", 3 } };

	put_event(b, EVENT_READ_X, 2, tid, 2, params);
}

static void an_exit_takes_what_its_enter_had(void **state)
{
	struct capture c;
	struct source_stats stats;

	(void)state;
	begin(&c);
	put_read_enter(&c.bytes, 10, 5, 100);
	put_read_enter(&c.bytes, 11, 6, 200);
	put_read_exit(&c.bytes, 10);
	put_read_exit(&c.bytes, 11);
	for (int i = 0; i < 2; i++) {
		next_event(&c, EVENT_READ_X);
		assert_int_equal(c.ev.tid, 10 + i);
		assert_int_equal(c.ev.raw.sequence, 1 + i);
		assert_int_param(&c, READ_X_RES, 3);
		assert_memory_equal(event_param(&c.ev, READ_X_DATA).p, "abc", 3);
		assert_int_param(&c, READ_X_FD, 5 + i);
		assert_int_param(&c, READ_X_SIZE, 100 * (1 + i));
	}
	stats = end(&c);
	assert_int_equal(stats.dropped, 2);
	assert_int_equal(stats.converted, 2);
	assert_int_equal(stats.missing_enters + stats.stale_enters + stats.refused, 0);
}

static void an_exit_without_its_enter_gets_defaults(void **state)
{
	const uint64_t fd = 9;
	const struct str close_params[] = { u64(&fd) };
	struct capture c;
	struct source_stats stats;

	(void)state;
	begin(&c);
	/* None at all; one already used; one of another call whose exit was lost. */
	put_read_exit(&c.bytes, 10);
	put_read_enter(&c.bytes, 10, 5, 100);
	put_read_exit(&c.bytes, 10);
	put_read_exit(&c.bytes, 10);
	put_event(&c.bytes, EVENT_CLOSE_E, 1, 10, 1, close_params);
	put_read_exit(&c.bytes, 10);
	for (int i = 0; i < 4; i++) {
		next_event(&c, EVENT_READ_X);
		assert_int_param(&c, READ_X_FD, i == 1 ? 5 : 0);
		assert_int_param(&c, READ_X_SIZE, i == 1 ? 100 : 0);
	}
	stats = end(&c);
	assert_int_equal(stats.missing_enters, 2);
	assert_int_equal(stats.stale_enters, 1);
}

/* A thread number is used again: what its last owner entered and never left is not the new one's. */
static void an_enter_ends_with_its_thread(void **state)
{
	struct capture c;

	(void)state;
	begin(&c);
	put_read_enter(&c.bytes, 10, 5, 100);
	put_event(&c.bytes, EVENT_PROCEXIT_1_E, 1, 10, 0, NULL);
	put_read_exit(&c.bytes, 10);
	next_event(&c, EVENT_PROCEXIT_1_E);
	next_event(&c, EVENT_READ_X);
	assert_int_param(&c, READ_X_FD, 0);
	assert_int_equal(end(&c).missing_enters, 1);
}

/* The thread that entered longest ago makes room, and it is counted. */
static void the_table_of_enters_is_bounded(void **state)
{
	const unsigned threads = 8192, more = 10;
	struct capture c;
	struct source_stats stats;

	(void)state;
	begin(&c);
	for (unsigned i = 0; i < threads + more; i++)
		put_read_enter(&c.bytes, i, i, 1);
	for (unsigned i = 0; i < threads + more; i++)
		put_read_exit(&c.bytes, i);
	for (unsigned i = 0; i < threads + more; i++) {
		next_event(&c, EVENT_READ_X);
		assert_int_param(&c, READ_X_FD, i < more ? 0 : i);
	}
	stats = end(&c);
	assert_int_equal(stats.refused, more);
	assert_int_equal(stats.missing_enters, more);
}

/* Enter parameters of 60,000 bytes each: the bytes together are bounded, too. */
static void long_enters_are_bounded(void **state)
{
	const unsigned threads = 100;
	static char path[60000];
	uint64_t res = 0;
	struct capture c;
	struct source_stats stats;
	unsigned kept = 0;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	begin(&c);
	for (unsigned i = 0; i < threads; i++) {
		const struct str params[] = { { path, sizeof(path) } };

		put_event(&c.bytes, EVENT_EXECVE_19_E, 1, i, 1, params);
	}
	for (unsigned i = 0; i < threads; i++) {
		struct str params[LIMIT_EVENT_PARAMS] = { { (const char *)&res, sizeof(res) } };

		put_event(&c.bytes, EVENT_EXECVE_19_X, 1, i, 30, params);
	}
	for (unsigned i = 0; i < threads; i++) {
		next_event(&c, EVENT_EXECVE_19_E);
		assert_int_equal(c.ev.flags, WIRE_STATE_ONLY);
	}
	for (unsigned i = 0; i < threads; i++) {
		next_event(&c, EVENT_EXECVE_19_X);
		assert_int_equal(c.ev.nparams, c.ev.info->nparams);
		kept += event_param(&c.ev, EXECVE_19_X_FILENAME).len == sizeof(path);
	}
	stats = end(&c);
	assert_true(kept >= 15 && kept < 20);
	assert_int_equal(stats.refused, threads - kept);
	assert_int_equal(stats.missing_enters, threads - kept);
}

static void a_missing_user_is_no_value(void **state)
{
	const uint64_t res = 0;
	const struct str params[] = { u64(&res) };
	struct capture c;

	(void)state;
	begin(&c);
	put_event(&c.bytes, EVENT_SETUID_X, 1, 1, 1, params);
	next_event(&c, EVENT_SETUID_X);
	assert_int_param(&c, SETUID_X_RES, 0);
	assert_int_equal(c.ev.nparams, SETUID_X_UID + 1);
	assert_int_equal(event_param(&c.ev, SETUID_X_UID).len, 0);
	end(&c);
}

/* The tuple of an old sendto has no fixed size: its default is no bytes at all. */
static void a_missing_tuple_is_empty(void **state)
{
	const uint64_t res = 4;
	const struct str params[] = { u64(&res), { "data", 4 } };
	struct capture c;

	(void)state;
	begin(&c);
	put_event(&c.bytes, EVENT_SENDTO_X, 1, 1, 2, params);
	next_event(&c, EVENT_SENDTO_X);
	assert_int_param(&c, SENDTO_X_FD, 0);
	assert_int_equal(c.ev.nparams, SENDTO_X_TUPLE + 1);
	assert_int_equal(event_param(&c.ev, SENDTO_X_TUPLE).len, 0);
	end(&c);
}

static void a_wider_parameter_is_cut(void **state)
{
	const uint64_t fd = 5, size = 0x1122334455667788;
	const struct str params[] = { u64(&fd), u64(&size) };
	struct capture c;

	(void)state;
	begin(&c);
	put_event(&c.bytes, EVENT_READ_E, 1, 10, 2, params);
	put_read_exit(&c.bytes, 10);
	next_event(&c, EVENT_READ_X);
	assert_int_param(&c, READ_X_SIZE, 0x55667788);
	end(&c);
}

static void an_old_generic_call_gets_its_native_number(void **state)
{
	const uint16_t code = 7, native = 221;
	const struct str enter[] = { { (const char *)&code, 2 }, { (const char *)&native, 2 } };
	struct capture c;

	(void)state;
	begin(&c);
	put_event(&c.bytes, EVENT_GENERIC_E, 1, 10, 2, enter);
	put_event(&c.bytes, EVENT_GENERIC_X, 2, 10, 1, enter);
	next_event(&c, EVENT_GENERIC_X);
	assert_int_param(&c, GENERIC_X_ID, 7);
	assert_int_param(&c, GENERIC_X_NATIVEID, 221);
	end(&c);
}

static void an_old_container_event_becomes_json(void **state)
{
	static const char want[] =
		"{\"id\":\"3ad7b26ded6d\",\"type\":0,\"name\":\"sad\",\"image\":\"nginx\"}";
	const uint32_t type = 0;
	const struct str params[] = {
		{ "3ad7b26ded6d", 13 }, u32(&type), { "sad", 4 }, { "nginx", 6 }
	};
	struct capture c;

	(void)state;
	begin(&c);
	put_event(&c.bytes, EVENT_CONTAINER_E, 1, 10, 4, params);
	next_event(&c, EVENT_CONTAINER_JSON_2_E);
	assert_int_equal(event_param(&c.ev, 0).len, sizeof(want));
	assert_memory_equal(event_param(&c.ev, 0).p, want, sizeof(want));
	assert_int_equal(c.ev.flags, WIRE_STATE_ONLY);
	end(&c);
}

/* A newer writer may only have appended parameters. */
static void parameters_to_come_do_no_harm(void **state)
{
	const uint64_t v = 3;
	const struct str params[] = { u64(&v), { "abc", 3 }, u64(&v), u64(&v), { "new", 3 } };
	struct capture c;
	struct source_stats stats;

	(void)state;
	begin(&c);
	put_event(&c.bytes, EVENT_READ_X, 2, 10, 5, params);
	next_event(&c, EVENT_READ_X);
	assert_int_param(&c, READ_X_FD, 3);
	assert_int_equal(c.ev.nparams, 4);
	stats = end(&c);
	assert_int_equal(stats.malformed + stats.converted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_leads_to_the_current_shape),
		cmocka_unit_test(unused_and_old_enter_events_are_dropped),
		cmocka_unit_test(an_exit_takes_what_its_enter_had),
		cmocka_unit_test(an_exit_without_its_enter_gets_defaults),
		cmocka_unit_test(an_enter_ends_with_its_thread),
		cmocka_unit_test(the_table_of_enters_is_bounded),
		cmocka_unit_test(long_enters_are_bounded),
		cmocka_unit_test(a_missing_user_is_no_value),
		cmocka_unit_test(a_missing_tuple_is_empty),
		cmocka_unit_test(a_wider_parameter_is_cut),
		cmocka_unit_test(an_old_generic_call_gets_its_native_number),
		cmocka_unit_test(an_old_container_event_becomes_json),
		cmocka_unit_test(parameters_to_come_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
