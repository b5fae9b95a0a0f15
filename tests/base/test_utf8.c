/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void a_character_or_what_could_have_begun_one_is_told(void **state)
{
	static const struct {
		const char *what;
		struct str bytes;
		size_t len;
		uint32_t code; /* 0: none */
	} cases[] = {
		{ "ASCII", STR("ab"), 1, 'a' },
		{ "two bytes",
		  STR("\xC3\xA9"
		      "x"),
		  2, 0xE9 },
		{ "the first of two bytes", STR("\xC2\x80"), 2, 0x80 },
		{ "three bytes", STR("\xE2\x82\xAC"), 3, 0x20AC },
		{ "the first of three bytes", STR("\xE0\xA0\x80"), 3, 0x800 },
		{ "before the surrogates", STR("\xED\x9F\xBF"), 3, 0xD7FF },
		{ "four bytes", STR("\xF0\x9F\x98\x80"), 4, 0x1F600 },
		{ "the first of four bytes", STR("\xF0\x90\x80\x80"), 4, 0x10000 },
		{ "the last one", STR("\xF4\x8F\xBF\xBF"), 4, 0x10FFFF },
		{ "a lone continuation", STR("\x80"), 1, 0 },
		{ "two bytes for ASCII", STR("\xC0\xAF"), 1, 0 },
		{ "three bytes for two", STR("\xE0\x9F\xBF"), 1, 0 },
		{ "four bytes for three", STR("\xF0\x8F\xBF\xBF"), 1, 0 },
		{ "a surrogate", STR("\xED\xA0\x80"), 1, 0 },
		{ "beyond the last one", STR("\xF4\x90\x80\x80"), 1, 0 },
		{ "no lead byte", STR("\xFF"), 1, 0 },
		{ "cut off in two bytes", STR("\xC3"), 1, 0 },
		{ "cut off in three bytes", STR("\xE2\x82"), 2, 0 },
		{ "cut off in four bytes", STR("\xF0\x9F\x98"), 3, 0 },
		{ "broken in four bytes", STR("\xF0\x9F(\x80"), 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct utf8 u =
			utf8_at((const uint8_t *)cases[i].bytes.p, cases[i].bytes.len);

		print_message("  %s\n", cases[i].what);
		assert_int_equal(u.len, cases[i].len);
		assert_int_equal(u.whole, cases[i].code != 0);
		assert_int_equal(u.whole ? u.code : 0, cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_or_what_could_have_begun_one_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
