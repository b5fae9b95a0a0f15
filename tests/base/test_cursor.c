/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/cursor.h"
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void a_cursor_never_leaves_its_window(void **state)
{
	const uint8_t bytes[] = { 1, 2, 0, 3, 0, 0, 0, 9 };
	struct cursor c = cursor_over(bytes, sizeof(bytes)), sub;

	(void)state;
	assert_int_equal(cursor_u8(&c), 1);
	assert_int_equal(cursor_u16(&c), 2);
	assert_int_equal(cursor_u32(&c), 3);
	assert_false(c.overrun);
	assert_int_equal(cursor_left(&c), 1);
	assert_int_equal(cursor_u16(&c), 0);
	assert_true(c.overrun);
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(cursor_str(&c, 1).len, 0);

	c = cursor_over(bytes, sizeof(bytes));
	sub = cursor_sub(&c, 4);
	assert_int_equal(cursor_left(&sub), 4);
	assert_int_equal(cursor_left(&c), 4);
	sub = cursor_sub(&c, SIZE_MAX);
	assert_true(sub.overrun);
	assert_true(c.overrun);
}

static void errors_say_what_and_are_cut_not_overrun(void **state)
{
	struct err e;
	char longest[2000];

	(void)state;
	assert_int_equal(err_set(&e, -ENOENT, "open %s", "x.scap"), -ENOENT);
	assert_int_equal(err_prefix(&e, "source"), -ENOENT);
	assert_string_equal(e.text, "source: open x.scap");
	assert_int_equal(err_set(NULL, -EIO, "nobody listens"), -EIO);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	err_set(&e, -EIO, "%s", longest);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_prefix(&e, "%s", longest);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

static void times_print_as_falco_prints_them(void **state)
{
	struct buf b = { 0 };
	const uint64_t ns = UINT64_C(1470327475999999999);

	(void)state;
	setenv("TZ", "XYZ-02", 1); /* two hours east, no daylight saving */
	tzset();
	clock_iso8601(&b, ns, "+0000");
	assert_true(str_eq(buf_view(&b), STR("2016-08-04T16:17:55.999999999+0000")));
	buf_reset(&b);
	clock_local(&b, ns, true, true);
	assert_true(str_eq(buf_view(&b), STR("2016-08-04 18:17:55.999999999")));
	buf_reset(&b);
	clock_local(&b, ns, false, false);
	assert_true(str_eq(buf_view(&b), STR("18:17:55")));
	buf_reset(&b);
	clock_local_offset(&b);
	assert_true(str_eq(buf_view(&b), STR("+0200")));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_never_leaves_its_window),
		cmocka_unit_test(errors_say_what_and_are_cut_not_overrun),
		cmocka_unit_test(times_print_as_falco_prints_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
