/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/event.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD sizeof(struct wire_event)

/* Bytes of an event in memory of exactly their length, so that a sanitizer sees each step beyond. */
struct copy {
	uint8_t *bytes;
	struct raw raw;
};

static struct copy copy_of(const void *bytes, size_t len)
{
	struct copy c = { .bytes = malloc(len ? len : 1) };

	assert_non_null(c.bytes);
	if (len)
		memcpy(c.bytes, bytes, len);
	c.raw = (struct raw){ .bytes = c.bytes, .len = (uint32_t)len };
	return c;
}

/* An event by hand: the header, then lengths and parameters as given. */
static struct buf event_bytes(uint16_t type, uint32_t nparams, const void *rest, size_t len)
{
	const struct wire_event head = {
		.ts = 7,
		.tid = 42,
		.len = (uint32_t)(HEAD + len),
		.type = type,
		.nparams = nparams,
	};
	struct buf b = { 0 };

	buf_add(&b, &head, sizeof(head));
	buf_add(&b, rest, len);
	return b;
}

static const uint8_t chdir_x[] = {
	8, 0, 5, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, '/', 't', 'm', 'p', 0,
};

static void an_opened_event_gives_its_parameters(void **state)
{
	struct buf b = event_bytes(EVENT_CHDIR_X, 2, chdir_x, sizeof(chdir_x));
	struct copy c = copy_of(b.p, b.len);
	struct event ev;
	struct str path;
	int64_t res;

	(void)state;
	c.raw.cpu = 3;
	c.raw.flags = WIRE_STATE_ONLY;
	assert_int_equal(event_open(&ev, &c.raw), 0);
	assert_int_equal(ev.ts, 7);
	assert_int_equal(ev.tid, 42);
	assert_int_equal(ev.cpu, 3);
	assert_int_equal(ev.flags, WIRE_STATE_ONLY);
	assert_int_equal(ev.type, EVENT_CHDIR_X);
	assert_ptr_equal(ev.info, event_info(EVENT_CHDIR_X));
	assert_int_equal(ev.nparams, 2);
	assert_true(event_int(&ev, CHDIR_X_RES, &res));
	assert_int_equal(res, -2);
	assert_true(event_text(&ev, CHDIR_X_PATH, &path));
	assert_true(str_eq(path, STR("/tmp")));
	assert_int_equal(event_param(&ev, CHDIR_X_PATH).len, 5);
	assert_null(event_param(&ev, 2).p);
	free(c.bytes);
	buf_fini(&b);
}

static void every_truncation_is_refused(void **state)
{
	struct buf b = event_bytes(EVENT_CHDIR_X, 2, chdir_x, sizeof(chdir_x));

	(void)state;
	for (size_t len = 0; len < b.len; len++) {
		struct copy c = copy_of(b.p, len);
		struct event ev;

		assert_int_equal(event_open(&ev, &c.raw), -EBADMSG);
		/* The header knows about the cut, too. */
		if (len >= HEAD) {
			uint32_t shorter = (uint32_t)len;

			memcpy(c.bytes + offsetof(struct wire_event, len), &shorter,
			       sizeof(shorter));
			assert_int_equal(event_open(&ev, &c.raw), -EBADMSG);
		}
		free(c.bytes);
	}
	buf_fini(&b);
}

static void contradictions_are_refused(void **state)
{
	static const struct {
		const char *what;
		uint16_t type;
		uint32_t nparams;
		uint32_t len; /* of lengths and parameters */
		uint8_t rest[12];
	} cases[] = {
		{ "a type in the gap before ours", 500, 0, 0, { 0 } },
		{ "the type behind the last", EVENT_TYPES, 0, 0, { 0 } },
		{ "an odd number of ours", EVENT_PROC_ENTRY + 1, 0, 0, { 0 } },
		{ "the largest type", UINT16_MAX, 0, 0, { 0 } },
		{ "more lengths than bytes", EVENT_CHDIR_X, 7, 12, { 0 } },
		{ "so many lengths that 32 bits overflow", EVENT_CHDIR_X, 0x80000000, 12, { 0 } },
		{ "a parameter one byte too long", EVENT_CHDIR_X, 2, 12, { 8, 0, 1, 0 } },
		{ "a parameter nobody reads too long", EVENT_CHDIR_X, 3, 12, { 1, 0, 1, 0, 5 } },
		{ "32-bit lengths that overflow", EVENT_CONTAINER_JSON_2_E, 1, 8, { 5, 0, 0, 0 } },
		{ "32-bit lengths whose sum wraps to fit",
		  EVENT_PLUGINEVENT_E,
		  2,
		  12,
		  { 0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b =
			event_bytes(cases[i].type, cases[i].nparams, cases[i].rest, cases[i].len);
		struct copy c = copy_of(b.p, b.len);
		struct event ev;

		print_message("  %s\n", cases[i].what);
		assert_int_equal(event_open(&ev, &c.raw), -EBADMSG);
		c.raw.flags = WIRE_EXTENSION;
		assert_int_equal(event_open(&ev, &c.raw), -EBADMSG);
		free(c.bytes);
		buf_fini(&b);
	}
}

static void parameters_beyond_the_table_are_passed_over(void **state)
{
	static const uint8_t rest[] = { 8, 0, 2, 0, 1, 0,   2, 0,   1,   2,  3,
					4, 5, 6, 7, 8, '/', 0, 'a', 'b', 'c' };
	struct buf b = event_bytes(EVENT_CHDIR_X, 4, rest, sizeof(rest));
	struct copy c = copy_of(b.p, b.len);
	struct event ev;
	struct str path;

	(void)state;
	assert_int_equal(event_open(&ev, &c.raw), 0);
	assert_int_equal(ev.nparams, 2);
	assert_int_equal(ev.nextra, 0);
	assert_true(event_text(&ev, CHDIR_X_PATH, &path));
	assert_true(str_eq(path, STR("/")));
	assert_null(event_extension(&ev, 0).p);

	c.raw.flags = WIRE_EXTENSION;
	assert_int_equal(event_open(&ev, &c.raw), 0);
	assert_int_equal(ev.nparams, 2);
	assert_int_equal(ev.nextra, 2);
	assert_true(str_eq(event_extension(&ev, 0), STR("a")));
	assert_true(str_eq(event_extension(&ev, 1), STR("bc")));
	assert_null(event_extension(&ev, 2).p);
	assert_null(event_param(&ev, 2).p);
	free(c.bytes);
	buf_fini(&b);
}

static void a_crowd_of_extensions_is_cut(void **state)
{
	uint8_t rest[2 * 1000 + 1000];
	struct event ev;
	struct buf b;
	struct copy c;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		rest[2 * i] = 1;
		rest[2 * i + 1] = 0;
		rest[2000 + i] = (uint8_t)i;
	}
	b = event_bytes(EVENT_CHDIR_X, 1000, rest, sizeof(rest));
	c = copy_of(b.p, b.len);
	c.raw.flags = WIRE_EXTENSION;
	assert_int_equal(event_open(&ev, &c.raw), 0);
	assert_int_equal(ev.nextra, LIMIT_EVENT_PARAMS);
	assert_int_equal(event_extension(&ev, LIMIT_EVENT_PARAMS - 1).p[0], LIMIT_EVENT_PARAMS + 1);
	free(c.bytes);
	buf_fini(&b);
}

static void an_old_event_has_no_value_for_what_came_later(void **state)
{
	struct buf b = event_bytes(EVENT_CHDIR_X, 0, NULL, 0);
	struct copy c = copy_of(b.p, b.len);
	struct event ev;
	struct str path;
	int64_t res;

	(void)state;
	assert_int_equal(event_open(&ev, &c.raw), 0);
	assert_int_equal(ev.nparams, 0);
	assert_false(event_text(&ev, CHDIR_X_PATH, &path));
	assert_false(event_int(&ev, CHDIR_X_RES, &res));
	assert_false(event_result(&ev, &res));
	assert_int_equal(event_int_or(&ev, CHDIR_X_RES, 77), 77);
	free(c.bytes);
	buf_fini(&b);
}

static void texts_end_at_the_first_nul(void **state)
{
	static const struct {
		const char *what;
		size_t len;
		const char *bytes;
		bool there;
		const char *text;
	} cases[] = {
		{ "no bytes", 0, "", false, "" },
		{ "what old drivers wrote for none", 7, "(NULL)\0", false, "" },
		{ "the same without its NUL", 6, "(NULL)", true, "(NULL)" },
		{ "the same with more behind", 8, "(NULL)x\0", true, "(NULL)x" },
		{ "empty text", 1, "\0", true, "" },
		{ "ordinary", 5, "/etc\0", true, "/etc" },
		{ "no NUL at all", 4, "/etc", true, "/etc" },
		{ "NUL inside", 5, "/\0tc\0", true, "/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t rest[2 * 2 + 8] = { 0, 0, (uint8_t)cases[i].len };
		struct copy c;
		struct event ev;
		struct buf b;
		struct str s;

		print_message("  %s\n", cases[i].what);
		memcpy(rest + 4, cases[i].bytes, cases[i].len);
		b = event_bytes(EVENT_CHDIR_X, 2, rest, 4 + cases[i].len);
		c = copy_of(b.p, b.len);
		assert_int_equal(event_open(&ev, &c.raw), 0);
		assert_int_equal(event_text(&ev, CHDIR_X_PATH, &s), cases[i].there);
		if (cases[i].there)
			assert_true(str_eq(s, str_from(cases[i].text)));
		free(c.bytes);
		buf_fini(&b);
	}
}

static void integers_widen_by_the_sign_of_their_type(void **state)
{
	static const uint8_t ones[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const struct {
		const char *what;
		unsigned type, param;
		size_t len;
		bool there;
		int64_t value;
	} cases[] = {
		{ "FD", EVENT_OPEN_X, OPEN_X_FD, 8, true, -1 },
		{ "FLAGS32", EVENT_OPEN_X, OPEN_X_FLAGS, 4, true, UINT32_MAX },
		{ "UINT64", EVENT_OPEN_X, OPEN_X_INO, 8, true, -1 },
		{ "UID", EVENT_GETUID_X, GETUID_X_UID, 4, true, UINT32_MAX },
		{ "SYSCALLID", EVENT_GENERIC_X, GENERIC_X_ID, 2, true, UINT16_MAX },
		{ "SIGTYPE", EVENT_SIGNALDELIVER_E, SIGNALDELIVER_E_SIG, 1, true, UINT8_MAX },
		{ "FD too short", EVENT_OPEN_X, OPEN_X_FD, 4, false, 0 },
		{ "FLAGS32 too long", EVENT_OPEN_X, OPEN_X_FLAGS, 8, false, 0 },
		{ "FLAGS32 of three bytes", EVENT_OPEN_X, OPEN_X_FLAGS, 3, false, 0 },
		{ "empty", EVENT_OPEN_X, OPEN_X_FD, 0, false, 0 },
		{ "text of eight bytes", EVENT_OPEN_X, OPEN_X_NAME, 8, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t rest[2 * LIMIT_EVENT_PARAMS + 8] = { 0 };
		const uint32_t n = cases[i].param + 1;
		struct copy c;
		struct event ev;
		struct buf b;
		int64_t v = 5;

		print_message("  %s\n", cases[i].what);
		rest[2 * cases[i].param] = (uint8_t)cases[i].len;
		memcpy(rest + 2 * n, ones, cases[i].len);
		b = event_bytes((uint16_t)cases[i].type, n, rest, 2 * n + cases[i].len);
		c = copy_of(b.p, b.len);
		assert_int_equal(event_open(&ev, &c.raw), 0);
		assert_int_equal(event_int(&ev, cases[i].param, &v), cases[i].there);
		assert_int_equal(v, cases[i].there ? cases[i].value : 5);
		free(c.bytes);
		buf_fini(&b);
	}
}

static void a_result_is_what_an_exit_says_first(void **state)
{
	static const uint8_t minus_two[8] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const struct {
		const char *what;
		unsigned type;
		size_t len;
		bool there;
	} cases[] = {
		{ "errno", EVENT_CHDIR_X, 8, true },
		{ "descriptor", EVENT_OPEN_X, 8, true },
		{ "user id", EVENT_GETUID_X, 4, true },
		{ "empty", EVENT_CHDIR_X, 0, false },
		{ "odd size", EVENT_CHDIR_X, 2, false },
		{ "generic: the system call's code", EVENT_GENERIC_X, 2, false },
		{ "enter", EVENT_CREAT_E, 8, false },
		{ "no system call", EVENT_DROP_X, 4, false },
		{ "procexit", EVENT_PROCEXIT_1_E, 8, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t rest[2 + 8] = { (uint8_t)cases[i].len };
		struct copy c;
		struct event ev;
		struct buf b;
		int64_t v = 5;

		print_message("  %s\n", cases[i].what);
		memcpy(rest + 2, minus_two, cases[i].len);
		b = event_bytes((uint16_t)cases[i].type, 1, rest, 2 + cases[i].len);
		c = copy_of(b.p, b.len);
		assert_int_equal(event_open(&ev, &c.raw), 0);
		assert_int_equal(event_result(&ev, &v), cases[i].there);
		assert_int_equal(v, cases[i].there ? -2 : 5);
		free(c.bytes);
		buf_fini(&b);
	}
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* Whatever opens, all its parameters lie inside the bytes: the sanitizers watch the reads. */
static void random_bytes_never_lead_outside(void **state)
{
	uint64_t seed = 1, opened = 0, sum = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		uint8_t bytes[160];
		size_t len = next_random(&seed) % sizeof(bytes);
		struct wire_event head;
		struct copy c;
		struct event ev;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)(next_random(&seed) % 8 ? 0 : next_random(&seed));
		if (len >= HEAD && round % 8) {
			head = (struct wire_event){
				.len = (uint32_t)(len - next_random(&seed) % 3),
				.type = (uint16_t)(next_random(&seed) % (EVENT_TYPES + 2)),
				.nparams = (uint32_t)(next_random(&seed) % 40),
			};
			memcpy(bytes, &head, sizeof(head));
		}
		c = copy_of(bytes, len);
		c.raw.flags = round & 1 ? WIRE_EXTENSION : 0;
		if (event_open(&ev, &c.raw) == 0) {
			opened++;
			assert_true(ev.nparams <= ev.info->nparams);
			assert_true(ev.nextra <= LIMIT_EVENT_PARAMS);
			for (unsigned i = 0; i < ev.nparams; i++) {
				struct str s = event_param(&ev, i);

				for (size_t k = 0; k < s.len; k++)
					sum += (uint8_t)s.p[k];
				if (event_text(&ev, i, &s))
					sum += s.len;
				sum += (uint64_t)event_int_or(&ev, i, 0);
			}
			for (unsigned i = 0; i < ev.nextra; i++) {
				struct str s = event_extension(&ev, i);

				for (size_t k = 0; k < s.len; k++)
					sum += (uint8_t)s.p[k];
			}
		}
		free(c.bytes);
	}
	print_message("  %llu events opened, sum %llu\n", (unsigned long long)opened,
		      (unsigned long long)sum);
	assert_true(opened > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_opened_event_gives_its_parameters),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(parameters_beyond_the_table_are_passed_over),
		cmocka_unit_test(a_crowd_of_extensions_is_cut),
		cmocka_unit_test(an_old_event_has_no_value_for_what_came_later),
		cmocka_unit_test(texts_end_at_the_first_nul),
		cmocka_unit_test(integers_widen_by_the_sign_of_their_type),
		cmocka_unit_test(a_result_is_what_an_exit_says_first),
		cmocka_unit_test(random_bytes_never_lead_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
