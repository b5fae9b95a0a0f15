/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <string.h>

static void a_name_is_joined_and_cleaned(void **state)
{
	static const struct {
		const char *what, *dir, *path, *expected;
	} cases[] = {
		{ "relative", "/home/u/", "f", "/home/u/f" },
		{ "absolute ignores the directory", "/home/u/", "/etc/passwd", "/etc/passwd" },
		{ "no directory", "", "f", "f" },
		{ "directory without a slash", "app", "x/y", "appx/y" },
		{ "unknown directory", "<UNKNOWN>", "x", "<UNKNOWN>x" },
		{ "directory taken as it is", "app/////", "x////y", "app/////x/y" },
		{ "empty name", "/home/u/", "", "" },
		{ "only a slash", "/home/u/", "/", "/" },
		{ "many slashes", "/", "////app", "/app" },
		{ "nothing but slashes", "/", "///", "/" },
		{ "trailing slash", "/", "dir/", "/dir" },
		{ "one dot", "/home/u/", ".", "/home/u" },
		{ "two dots", "/home/u/", "..", "/home" },
		{ "two dots above the root", "/", "../../x", "/x" },
		{ "two dots at the root", "/", "..", "/" },
		{ "dots inside", "/", "/app/custom/dir/././././../../term/", "/app/term" },
		{ "dot slash", "/home/u/", "./x", "/home/u/x" },
		{ "dots at the end", "/home/u/", "x/.", "/home/u/x" },
		{ "two dots at the end", "/home/u/", "x/y/..", "/home/u/x" },
		{ "a hidden file", "/home/u/", ".profile", "/home/u/.profile" },
		{ "a name that begins with two dots", "/home/u/", "..data/x", "/home/u/..data/x" },
		{ "three dots", "/home/u/", ".../x", "/home/u/.../x" },
		{ "a dot inside a name", "/", "a.b/c..d/e", "/a.b/c..d/e" },
		{ "out of a relative directory", "app/", "../x", "x" },
		{ "up in a bare path", "", "foo/../a", "a" },
		{ "slashes and dots mixed", "/", ".//./a//.//b/..", "/a" },
		{ "control characters", "/", "a\n\tb\x7f",
		  "/a\xEF\xBF\xBD\xEF\xBF\xBD"
		  "b\xEF\xBF\xBD" },
		{ "a printable character of two bytes", "/", "\xC3\xA9", "/\xC3\xA9" },
		{ "of three", "/", "\xE8\xAF\xB6", "/\xE8\xAF\xB6" },
		{ "of four", "/", "\xF0\x9F\x98\x80", "/\xF0\x9F\x98\x80" },
		{ "a control of two bytes", "/", "\xC2\x85", "/\xEF\xBF\xBD" },
		{ "a stray byte", "/", "x\xFF/y", "/x\xEF\xBF\xBD/y" },
		{ "two stray bytes", "/", "\xFF\xFE", "/\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "cut short before a slash", "/", "\xE1\x80/y", "/\xEF\xBF\xBD/y" },
		{ "cut short at the end", "/", "x\xE1\x80", "/x\xEF\xBF\xBD" },
		{ "a surrogate", "/", "\xED\xA0\x80", "/\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "an overlong form", "/", "\xE0\x9F\xBF",
		  "/\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "no character at the end of a plane", "/", "\xF0\x9F\xBF\xBE", "/\xEF\xBF\xBD" },
		{ "no character in the middle", "/", "\xEF\xB7\x90", "/\xEF\xBF\xBD" },
		{ "above the last plane", "/", "\xF4\x90\x80\x80",
		  "/\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
	};
	char out[PATH_JOIN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = path_join(out, str_from(cases[i].dir), str_from(cases[i].path));

		print_message("  %s\n", cases[i].what);
		assert_text(out, cases[i].expected);
		assert_int_equal(len, strlen(cases[i].expected));
	}
}

static void what_is_too_long_has_one_name(void **state)
{
	static const struct {
		const char *what;
		size_t dir, path;
		char fill;
		bool fits;
	} cases[] = {
		{ "8191 bytes", 4191, 4000, 'x', true },
		{ "8192 bytes", 4192, 4000, 'x', false },
		{ "a long directory", 8192, 3, 'x', false },
		{ "a long name", 1, 8192, 'x', false },
		{ "bytes that grow", 1, 2731, '\x01', false },
		{ "bytes that grow and fit exactly", 193, 2666, '\x01', true },
	};
	char out[PATH_JOIN_MAX], dir[PATH_JOIN_MAX], path[PATH_JOIN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(dir, 'd', sizeof(dir));
		dir[cases[i].dir - 1] = '/';
		memset(path, cases[i].fill, sizeof(path));
		path_join(out, str_of(dir, cases[i].dir), str_of(path, cases[i].path));
		print_message("  %s\n", cases[i].what);
		if (cases[i].fits)
			assert_int_equal(strlen(out), PATH_JOIN_MAX - 1);
		else
			assert_text(out, "/DIR_TOO_LONG/FILENAME_TOO_LONG");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_joined_and_cleaned),
		cmocka_unit_test(what_is_too_long_has_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
