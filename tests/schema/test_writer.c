/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/event.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int open_at(struct event *ev, const struct buf *b, size_t start)
{
	struct raw raw = { .bytes = (const uint8_t *)b->p + start,
			   .len = (uint32_t)(b->len - start) };

	return event_open(ev, &raw);
}

/* What parameter i of any event is given in these tests: distinct, and negative now and then. */
static int64_t number_for(unsigned i)
{
	return (int64_t)i * 37 - 200;
}

static void push_sample(struct event_writer *w, const struct param_info *p, unsigned i)
{
	char text[32];

	if (p->width) {
		event_push_int(w, number_for(i));
	} else if (type_size(p->type)) {
		memset(text, (int)i, type_size(p->type));
		event_push(w, text, type_size(p->type));
	} else if (i % 3 == 2) {
		event_push_empty(w);
	} else {
		int n = snprintf(text, sizeof(text), "parameter %u", i);

		event_push_text(w, (struct str){ text, (size_t)n });
	}
}

static void check_sample(const struct event *ev, const struct param_info *p, unsigned i)
{
	unsigned size = type_size(p->type);
	char text[32];
	struct str s;
	int64_t v;

	if (p->width) {
		unsigned cut = 64 - 8 * size;
		uint64_t low = (uint64_t)number_for(i) << cut;

		assert_true(event_int(ev, i, &v));
		assert_int_equal(v, p->width < 0 ? (int64_t)low >> cut : (int64_t)(low >> cut));
	} else if (size) {
		assert_int_equal(event_param(ev, i).len, size);
		assert_int_equal(event_param(ev, i).p[size - 1], i);
	} else if (i % 3 == 2) {
		assert_int_equal(event_param(ev, i).len, 0);
		assert_false(event_text(ev, i, &s));
	} else {
		snprintf(text, sizeof(text), "parameter %u", i);
		assert_true(event_text(ev, i, &s));
		assert_true(str_eq(s, str_from(text)));
	}
}

static void every_type_reads_back_as_written(void **state)
{
	struct buf b = { 0 };
	unsigned types = 0;

	(void)state;
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		const struct event_info *info = event_info(type);
		size_t start = b.len;
		struct event_writer w;
		struct event ev;

		if (!info->exists)
			continue;
		event_begin(&w, &b, type, type * UINT64_C(1000003), -(int64_t)type, info->nparams);
		for (unsigned i = 0; i < info->nparams; i++)
			push_sample(&w, &info->params[i], i);
		assert_int_equal(event_end(&w), 0);
		assert_int_equal(open_at(&ev, &b, start), 0);
		assert_int_equal(ev.type, type);
		assert_int_equal(ev.ts, type * UINT64_C(1000003));
		assert_int_equal(ev.tid, -(int64_t)type);
		assert_int_equal(ev.nparams, info->nparams);
		for (unsigned i = 0; i < info->nparams; i++)
			check_sample(&ev, &info->params[i], i);
		types++;
	}
	assert_true(types > EVENT_FILE_TYPES);
	buf_fini(&b);
}

static void extension_parameters_follow_the_tables(void **state)
{
	struct buf b = { 0 };
	struct event_writer w;
	struct event ev;
	struct raw raw;

	(void)state;
	event_begin(&w, &b, EVENT_CHDIR_X, 1, 2, 4);
	event_push_int(&w, 0);
	event_push_text(&w, STR("/"));
	event_push_text(&w, STR("/true/path"));
	event_push_int(&w, -9);
	assert_int_equal(event_end(&w), 0);
	raw = (struct raw){ .bytes = (uint8_t *)b.p,
			    .len = (uint32_t)b.len,
			    .flags = WIRE_EXTENSION };
	assert_int_equal(event_open(&ev, &raw), 0);
	assert_int_equal(ev.nextra, 2);
	assert_string_equal(event_extension(&ev, 0).p, "/true/path");
	assert_int_equal(int_at(event_extension(&ev, 1).p, -8), -9);
	buf_fini(&b);
}

enum misuse {
	UNKNOWN_TYPE,
	TOO_FEW,
	TOO_MANY,
	ABSURD_COUNT,
	INTEGER_AS_TEXT,
	PARAMETER_TOO_LONG,
	EVENT_TOO_LONG,
	BUFFER_FULL,
};

static int misused(struct buf *b, enum misuse how)
{
	static char big[UINT16_MAX + 1];
	struct event_writer w;

	switch (how) {
	case UNKNOWN_TYPE:
		event_begin(&w, b, 500, 1, 1, 1);
		event_push_int(&w, 1);
		break;
	case TOO_FEW:
		event_begin(&w, b, EVENT_CHDIR_X, 1, 1, 2);
		event_push_int(&w, 1);
		break;
	case TOO_MANY:
		event_begin(&w, b, EVENT_CHDIR_X, 1, 1, 1);
		event_push_int(&w, 1);
		event_push_text(&w, STR("x"));
		break;
	case ABSURD_COUNT:
		event_begin(&w, b, EVENT_CHDIR_X, 1, 1, 100000);
		for (unsigned i = 0; i < 100; i++)
			event_push_empty(&w);
		break;
	case INTEGER_AS_TEXT:
		event_begin(&w, b, EVENT_CHDIR_X, 1, 1, 2);
		event_push_int(&w, 0);
		event_push_int(&w, 0);
		break;
	case PARAMETER_TOO_LONG:
		event_begin(&w, b, EVENT_CHDIR_X, 1, 1, 2);
		event_push_int(&w, 0);
		event_push(&w, big, sizeof(big));
		break;
	case EVENT_TOO_LONG:
		event_begin(&w, b, EVENT_RENAME_X, 1, 1, 3);
		event_push_int(&w, 0);
		event_push(&w, big, 40000);
		event_push(&w, big, 40000);
		break;
	case BUFFER_FULL:
		b->max = b->len + 40;
		event_begin(&w, b, EVENT_CHDIR_X, 1, 1, 2);
		event_push_int(&w, 0);
		event_push_text(&w, STR("too much"));
		break;
	}
	return event_end(&w);
}

static void a_failed_event_leaves_the_buffer_as_it_was(void **state)
{
	static const struct {
		const char *what;
		enum misuse how;
		int result;
	} cases[] = {
		{ "unknown type", UNKNOWN_TYPE, -EINVAL },
		{ "too few parameters", TOO_FEW, -EINVAL },
		{ "too many parameters", TOO_MANY, -EINVAL },
		{ "more than any event has", ABSURD_COUNT, -EINVAL },
		{ "an integer where text belongs", INTEGER_AS_TEXT, -EINVAL },
		{ "a parameter beyond its length field", PARAMETER_TOO_LONG, -EMSGSIZE },
		{ "an event beyond the limit", EVENT_TOO_LONG, -EMSGSIZE },
		{ "a buffer that is full", BUFFER_FULL, -EMSGSIZE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b = { 0 };

		print_message("  %s\n", cases[i].what);
		buf_str(&b, STR("before"));
		assert_int_equal(misused(&b, cases[i].how), cases[i].result);
		assert_true(str_eq(buf_view(&b), STR("before")));
		assert_false(b.cut);
		buf_fini(&b);
	}
}

static void large_types_take_large_parameters(void **state)
{
	const size_t len = 300000;
	struct buf b = { 0 };
	struct event_writer w;
	char *json = malloc(len);
	struct event ev;

	(void)state;
	assert_non_null(json);
	memset(json, 'x', len);
	event_begin(&w, &b, EVENT_CONTAINER_JSON_2_E, 1, 1, 1);
	event_push_text(&w, (struct str){ json, len });
	assert_int_equal(event_end(&w), 0);
	assert_int_equal(open_at(&ev, &b, 0), 0);
	assert_int_equal(event_param(&ev, CONTAINER_JSON_2_E_JSON).len, len + 1);

	b.len = 0;
	event_begin(&w, &b, EVENT_CONTAINER_JSON_2_E, 1, 1, 1);
	event_push(&w, json, (size_t)LIMIT_LARGE_BYTES + 1);
	assert_int_equal(event_end(&w), -EMSGSIZE);
	free(json);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_reads_back_as_written),
		cmocka_unit_test(extension_parameters_follow_the_tables),
		cmocka_unit_test(a_failed_event_leaves_the_buffer_as_it_was),
		cmocka_unit_test(large_types_take_large_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
