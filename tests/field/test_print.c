/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void expect(const struct val *v, bool base64, const char *text)
{
	struct buf b = { 0 };

	val_print(&b, v, base64);
	buf_char(&b, '\0');
	assert_string_equal(b.p, text);
	buf_fini(&b);
}

static void a_value_prints_by_type_and_format(void **state)
{
	static const struct {
		struct val v;
		const char *text;
	} cases[] = {
		{ { .type = TYPE_INT64, .print = PRINT_DEC, .i = -2 }, "-2" },
		{ { .type = TYPE_INT32, .print = PRINT_HEX, .i = -1 }, "FFFFFFFF" },
		{ { .type = TYPE_INT64, .print = PRINT_HEX, .i = 0xfd00 }, "FD00" },
		{ { .type = TYPE_UINT64, .print = PRINT_DEC, .u = UINT64_MAX },
		  "18446744073709551615" },
		{ { .type = TYPE_UINT32, .print = PRINT_ID, .u = 4294967295 }, "4294967295" },
		{ { .type = TYPE_UINT32, .print = PRINT_OCT, .u = 0644 }, "644" },
		{ { .type = TYPE_RELTIME, .print = PRINT_PADDED_DEC, .u = 324026 }, "000324026" },
		{ { .type = TYPE_RELTIME, .print = PRINT_DEC, .u = 324026 }, "324026" },
		{ { .type = TYPE_BOOL, .u = 1 }, "true" },
		{ { .type = TYPE_BOOL, .u = 0 }, "false" },
		{ { .type = TYPE_DOUBLE, .d = 12.345 }, "12.3" },
		{ { .type = TYPE_PORT, .print = PRINT_DEC, .u = 443 }, "443" },
		{ { .type = TYPE_CHARBUF, .s = { "a b", 3 } }, "a b" },
		{ { .type = TYPE_IPADDR, .ip = { .bytes = { 10, 0, 0, 1 }, .len = 4 } },
		  "10.0.0.1" },
		{ { .type = TYPE_IPADDR, .ip = { .bytes = { [15] = 1 }, .len = 16 } }, "::1" },
		{ { .type = TYPE_IPNET }, "<IPNET>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].text);
		expect(&cases[i].v, false, cases[i].text);
	}
}

static void a_list_prints_in_parentheses(void **state)
{
	const struct val items[] = {
		{ .type = TYPE_CHARBUF, .s = { "file", 4 } },
		{ .type = TYPE_CHARBUF, .s = { "pipe", 4 } },
	};
	struct val v = { .type = TYPE_CHARBUF, .is_list = true, .list = { items, 2 } };

	(void)state;
	expect(&v, false, "(file,pipe)");
	v.list.n = 1;
	expect(&v, false, "(file)");
	v.list.n = 0;
	expect(&v, false, "()");
}

/* The test vectors of RFC 4648, section 10, and bytes that are not text. */
static void bytes_print_as_dots_or_base64(void **state)
{
	static const struct {
		struct str bytes;
		const char *dots, *base64;
	} cases[] = {
		{ { "", 0 }, "", "" },
		{ { "f", 1 }, "f", "Zg==" },
		{ { "fo", 2 }, "fo", "Zm8=" },
		{ { "foo", 3 }, "foo", "Zm9v" },
		{ { "foob", 4 }, "foob", "Zm9vYg==" },
		{ { "fooba", 5 }, "fooba", "Zm9vYmE=" },
		{ { "foobar", 6 }, "foobar", "Zm9vYmFy" },
		{ { "\x7f\x45\x4c\x46\x00\xff", 6 }, ".ELF..", "f0VMRgD/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct val v = { .type = TYPE_BYTEBUF, .s = cases[i].bytes };

		print_message("  %s\n", cases[i].base64);
		expect(&v, false, cases[i].dots);
		expect(&v, true, cases[i].base64);
	}
}

#define UNKNOWN "\xef\xbf\xbd"

static void text_shows_what_is_no_text_as_unknown(void **state)
{
	static const struct {
		const char *what;
		struct str text;
		const char *shown;
	} cases[] = {
		{ "ascii", { "caf\x65 ~", 6 }, "cafe ~" },
		{ "two bytes", { "caf\xc3\xa9", 5 }, "caf\xc3\xa9" },
		{ "four bytes", { "\xf0\x9f\x90\x88", 4 }, "\xf0\x9f\x90\x88" },
		{ "control characters", { "a\n\tb\x7f", 5 }, "a" UNKNOWN UNKNOWN "b" UNKNOWN },
		{ "NUL", { "a\0b", 3 }, "a" UNKNOWN "b" },
		{ "stray bytes", { "\xff\xfe", 2 }, UNKNOWN UNKNOWN },
		{ "cut sequence", { "a\xc3", 2 }, "a" UNKNOWN },
		{ "overlong", { "\xc0\xaf", 2 }, UNKNOWN UNKNOWN },
		{ "surrogate", { "\xed\xa0\x80", 3 }, UNKNOWN UNKNOWN UNKNOWN },
		{ "beyond Unicode", { "\xf4\x90\x80\x80", 4 }, UNKNOWN UNKNOWN UNKNOWN UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct val v = { .type = TYPE_CHARBUF, .s = cases[i].text };

		print_message("  %s\n", cases[i].what);
		expect(&v, false, cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_prints_by_type_and_format),
		cmocka_unit_test(a_list_prints_in_parentheses),
		cmocka_unit_test(bytes_print_as_dots_or_base64),
		cmocka_unit_test(text_shows_what_is_no_text_as_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
