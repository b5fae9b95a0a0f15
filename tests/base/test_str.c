/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void order_is_that_of_unsigned_bytes(void **state)
{
	static const struct {
		const char *what;
		struct str a, b;
		int sign;
	} cases[] = {
		{ "equal", { "abc", 3 }, { "abc", 3 }, 0 },
		{ "prefix first", { "ab", 2 }, { "abc", 3 }, -1 },
		{ "high bytes last", { "\xff", 1 }, { "a", 1 }, 1 },
		{ "empty first", { "", 0 }, { "a", 1 }, -1 },
		{ "NUL counts", { "a\0b", 3 }, { "a\0a", 3 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int order = str_cmp(cases[i].a, cases[i].b);

		print_message("  %s\n", cases[i].what);
		assert_int_equal((order > 0) - (order < 0), cases[i].sign);
		order = str_cmp(cases[i].b, cases[i].a);
		assert_int_equal((order > 0) - (order < 0), -cases[i].sign);
	}
}

static void contains_finds_what_is_there(void **state)
{
	(void)state;
	assert_true(str_contains(STR("/etc/shadow"), STR("shad")));
	assert_true(str_contains(STR("x"), STR("")));
	assert_true(str_contains(STR(""), STR("")));
	assert_false(str_contains(STR(""), STR("x")));
	assert_false(str_contains(STR("abc"), STR("abcd")));
	assert_true(str_icontains(STR("CAP_SYS_MODULE"), STR("sys_module")));
	assert_false(str_icontains(STR("CAP_SYS_MODUL"), STR("sys_module")));
	/* '[' and '{' differ by the same bit as letters of two cases */
	assert_false(str_icontains(STR("["), STR("{")));
}

static void numbers_are_whole_and_in_range(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "-1", true, -1 },
		{ "+7", true, 7 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "1 ", false, 0 },
		{ "0x1", false, 0 },
	};
	uint64_t u = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t v = 42;

		print_message("  '%s'\n", cases[i].text);
		assert_int_equal(str_to_i64(str_from(cases[i].text), &v), cases[i].ok);
		assert_true(v == (cases[i].ok ? cases[i].value : 42));
	}
	assert_true(str_to_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_to_u64(STR("18446744073709551616"), &u));
	assert_false(str_to_u64(STR("-1"), &u));
}

static void distance_counts_single_edits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{ "proc.nmae", "proc.name", 1 },  { "", "abc", 3 },
		{ "kitten", "sitting", 3 },       { "fd.name", "fd.name", 0 },
		{ "startwith", "startswith", 1 }, { "ab", "ba", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(str_distance(str_from(cases[i].a), str_from(cases[i].b)),
				 cases[i].distance);
		assert_int_equal(str_distance(str_from(cases[i].b), str_from(cases[i].a)),
				 cases[i].distance);
	}
}

static void trimming_and_searching_keep_to_the_bounds(void **state)
{
	(void)state;
	assert_true(str_eq(str_trim(STR(" \t a b \r\n")), STR("a b")));
	assert_int_equal(str_trim(STR(" \n ")).len, 0);
	assert_int_equal(str_chr(STR("a/b/c"), '/'), 1);
	assert_int_equal(str_rchr(STR("a/b/c"), '/'), 3);
	assert_int_equal(str_chr(STR("abc"), '/'), 3);
	assert_int_equal(str_rchr(STR(""), '/'), 0);
	assert_int_equal(str_from_index(STR("abc"), 9).len, 0);
	assert_true(str_eq(str_from_index(STR("abc"), 1), STR("bc")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_that_of_unsigned_bytes),
		cmocka_unit_test(contains_finds_what_is_there),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(distance_counts_single_edits),
		cmocka_unit_test(trimming_and_searching_keep_to_the_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
