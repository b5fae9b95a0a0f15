/* SPDX-License-Identifier: Apache-2.0 */
#include "format/format.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
#define FFFD "\xEF\xBF\xBD"

static void assert_text(const struct buf *b, const char *expected)
{
	if (b->len != strlen(expected) || (b->len && memcmp(b->p, expected, b->len) != 0))
		fail_msg("expected %s, got %.*s", expected, STR_ARG(buf_view(b)));
}

static void a_string_is_escaped_and_made_utf8(void **state)
{
	static const struct {
		const char *what;
		struct str in;
		const char *json; /* between the quotes */
		const char *text; /* in a text line */
	} cases[] = {
		{ "plain", BYTES("abc"), "abc", "abc" },
		{ "empty", BYTES(""), "", "" },
		{ "quotes", BYTES("a\"b\\c/d"), "a\\\"b\\\\c/d", "a\"b\\c/d" },
		{ "named controls", BYTES("\b\t\n\f\r"), "\\b\\t\\n\\f\\r", "\\b\\t\\n\\f\\r" },
		{ "other controls", BYTES("\x01\x1f"), "\\u0001\\u001f", "\\u0001\\u001f" },
		{ "NUL", BYTES("a\0b"), "a\\u0000b", "a\\u0000b" },
		{ "delete stays", BYTES("\x7f"), "\x7f", "\x7f" },
		{ "two to four bytes", BYTES("\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x90\xA6"),
		  "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x90\xA6", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x90\xA6" },
		{ "lone continuation", BYTES("a\x80z"), "a" FFFD "z", "a" FFFD "z" },
		{ "cut at the end", BYTES("a\xC3"), "a" FFFD, "a" FFFD },
		{ "cut three bytes", BYTES("\xE4\xB8"), FFFD, FFFD },
		{ "cut then a letter", BYTES("\xF0\x9F\x90x"), FFFD "x", FFFD "x" },
		{ "overlong slash", BYTES("\xC0\xAF"), FFFD FFFD, FFFD FFFD },
		{ "overlong three", BYTES("\xE0\x80\xAF"), FFFD FFFD FFFD, FFFD FFFD FFFD },
		{ "surrogate", BYTES("\xED\xA0\x80"), FFFD FFFD FFFD, FFFD FFFD FFFD },
		{ "beyond the last", BYTES("\xF4\x90\x80\x80"), FFFD FFFD FFFD FFFD,
		  FFFD FFFD FFFD FFFD },
		{ "never in UTF-8", BYTES("\xFF\xFE"), FFFD FFFD, FFFD FFFD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf json = { 0 }, text = { 0 };

		print_message("  %s\n", cases[i].what);
		json_escape(&json, cases[i].in);
		text_escape(&text, cases[i].in);
		assert_text(&json, cases[i].json);
		assert_text(&text, cases[i].text);
		buf_fini(&json);
		buf_fini(&text);
	}
}

static void a_value_keeps_its_type(void **state)
{
	static const struct val words[] = {
		{ .type = TYPE_CHARBUF, .s = { "file", 4 } },
		{ .type = TYPE_CHARBUF, .s = { "a\"b", 3 } },
	};
	static const struct {
		const char *what;
		struct val v;
		const char *json;
	} cases[] = {
		{ "signed", { .type = TYPE_INT64, .print = PRINT_DEC, .i = -2 }, "-2" },
		{ "fd", { .type = TYPE_FD, .print = PRINT_DEC, .i = -1 }, "-1" },
		{ "unsigned",
		  { .type = TYPE_UINT64, .print = PRINT_ID, .u = UINT64_MAX },
		  "18446744073709551615" },
		{ "padded in text only",
		  { .type = TYPE_RELTIME, .print = PRINT_PADDED_DEC, .u = 42 },
		  "42" },
		{ "port", { .type = TYPE_PORT, .print = PRINT_DEC, .u = 443 }, "443" },
		{ "hexadecimal is text",
		  { .type = TYPE_UINT32, .print = PRINT_HEX, .u = 255 },
		  "\"FF\"" },
		{ "octal is text", { .type = TYPE_UINT32, .print = PRINT_OCT, .u = 8 }, "\"10\"" },
		{ "true", { .type = TYPE_BOOL, .u = 1 }, "true" },
		{ "false", { .type = TYPE_BOOL, .u = 0 }, "false" },
		{ "double", { .type = TYPE_DOUBLE, .d = 0.1 }, "0.1" },
		{ "whole double", { .type = TYPE_DOUBLE, .d = 3 }, "3.0" },
		{ "no number", { .type = TYPE_DOUBLE, .d = NAN }, "null" },
		{ "text", { .type = TYPE_CHARBUF, .s = { "a\"\\b", 4 } }, "\"a\\\"\\\\b\"" },
		{ "address",
		  { .type = TYPE_IPV4ADDR, .ip = { .bytes = { 127, 0, 0, 1 }, .len = 4 } },
		  "\"127.0.0.1\"" },
		{ "bytes",
		  { .type = TYPE_BYTEBUF,
		    .s = { "\x7f"
			   "ELF",
			   4 } },
		  "\".ELF\"" },
		{ "list",
		  { .type = TYPE_CHARBUF, .is_list = true, .list = { words, 2 } },
		  "[\"file\",\"a\\\"b\"]" },
		{ "empty list",
		  { .type = TYPE_CHARBUF, .is_list = true, .list = { words, 0 } },
		  "[]" },
	};
	struct field_ctx ctx = { .scratch = arena_new() };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = { 0 };

		print_message("  %s\n", cases[i].what);
		val_json(&out, &cases[i].v, &ctx);
		assert_text(&out, cases[i].json);
		buf_fini(&out);
	}
	arena_free(ctx.scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_is_escaped_and_made_utf8),
		cmocka_unit_test(a_value_keeps_its_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
