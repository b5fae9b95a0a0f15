/* SPDX-License-Identifier: Apache-2.0 */
#include "support_random.h"

#include <fnmatch.h>

#include "../../src/filter/code.h"

/* Matchers of our own against simpler ones, on random input. */

static const char *const pieces[] = {
	"[[:alpha:]]", "[[:digit:]a]", "[a-c]",    "[!a-c]", "[]a]",      "[^]a]", "[a-]", "[-a]",
	"[\\]a]",      "[[.a.]]",      "[[=a=]b]", "[A-z]",  "[[:foo:]]", "[",     "[a",   "*",
	"?",           "\\*",          "\\",       "[[.",    "[a-",       "]",     "[!",   "[^",
};

static void random_text(struct random_source *r, struct buf *out, bool pattern, uint32_t max)
{
	static const char letters[] = "ab]c[!^-*?\\:.=AxB[]*?alphdigt/.";
	const uint32_t n = random_below(r, max);

	buf_reset(out);
	for (uint32_t i = 0; i < n; i++) {
		if (pattern && random_below(r, 4) == 0)
			buf_str(out, str_from(pieces[random_below(r, ARRAY_SIZE(pieces))]));
		else
			buf_char(out, letters[random_below(r, sizeof(letters) - 1)]);
	}
	buf_char(out, '\0');
	out->len--;
}

static void glob_is_fnmatch(void **state)
{
	struct random_source r = { .state = 7 };
	struct buf pattern = { 0 }, text = { 0 };
	unsigned matches = 0;

	(void)state;
	for (unsigned i = 0; i < 400000; i++) {
		random_text(&r, &pattern, true, 8);
		random_text(&r, &text, false, 7);
		for (int fold = 0; fold < 2; fold++) {
			const bool theirs =
				fnmatch(pattern.p, text.p, fold ? FNM_CASEFOLD : 0) == 0;

			matches += theirs;
			if (glob_match(buf_view(&pattern), buf_view(&text), fold) != theirs)
				fail_msg("'%s' on '%s', fold %d", pattern.p, text.p, fold);
		}
	}
	assert_true(matches > 10000);
	buf_fini(&pattern);
	buf_fini(&text);
}

/* Stars in a row on a long text: linear in each, not exponential. */
static void glob_takes_bounded_time(void **state)
{
	struct buf text = { 0 };

	(void)state;
	for (unsigned i = 0; i < 60000; i++)
		buf_char(&text, 'a');
	assert_false(glob_match(STR("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), buf_view(&text), false));
	assert_true(glob_match(STR("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*"), buf_view(&text), false));
	buf_fini(&text);
}

static void random_path(struct random_source *r, struct buf *out, bool pattern)
{
	static const char *const names[] = { "a", "b", "c", "ab", "etc" };
	static const char *const globs[] = { "*", "?", "a*", "[ab]", "*b" };
	const uint32_t n = random_below(r, 4);

	buf_reset(out);
	for (uint32_t i = 0; i < n; i++) {
		if (random_below(r, 6))
			buf_char(out, '/');
		if (random_below(r, 10) == 0)
			buf_char(out, '/');
		buf_str(out, str_from(pattern && random_below(r, 3) == 0
					      ? globs[random_below(r, ARRAY_SIZE(globs))]
					      : names[random_below(r, ARRAY_SIZE(names))]));
	}
	if (random_below(r, 4) == 0)
		buf_char(out, '/');
}

static void path_sets_are_prefixes_one_by_one(void **state)
{
	struct random_source r = { .state = 99 };
	struct buf text = { 0 };
	unsigned matches = 0;

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		struct arena *arena = arena_new();
		struct constant prefixes[30] = { 0 };
		const size_t n = random_below(&r, ARRAY_SIZE(prefixes));
		struct path_set *set;

		for (size_t i = 0; i < n; i++) {
			random_path(&r, &text, true);
			prefixes[i].v.s = arena_str(arena, buf_view(&text));
		}
		set = path_set_new(arena, prefixes, n);
		for (unsigned k = 0; k < 30; k++) {
			bool expected = false;

			random_path(&r, &text, false);
			for (size_t i = 0; i < n && !expected; i++)
				expected = path_prefix_match(prefixes[i].v.s, buf_view(&text));
			matches += expected;
			assert_int_equal(path_set_match(set, buf_view(&text), arena), expected);
		}
		arena_free(arena);
	}
	assert_true(matches > 10000 && matches < 110000);
	buf_fini(&text);
}

static void text_indexes_find_what_was_put_in(void **state)
{
	enum { TEXTS = 500, BITS = 70 };
	struct random_source r = { .state = 5 };
	struct arena *arena = arena_new();
	struct index_builder b = index_begin(arena, TEXTS, BITS);
	struct str texts[TEXTS];
	uint32_t bits[TEXTS];

	(void)state;
	for (size_t i = 0; i < TEXTS; i++) {
		texts[i] = arena_printf(arena, "%.*s%u", (int)random_below(&r, 9), "/usr/lib/",
					random_below(&r, 200));
		bits[i] = random_below(&r, BITS);
		index_put(&b, texts[i], bits[i]);
	}
	for (size_t i = 0; i < TEXTS; i++) {
		const uint64_t *row = index_get(b.index, texts[i]);

		for (uint32_t bit = 0; bit < BITS; bit++) {
			bool expected = false;

			for (size_t k = 0; k < TEXTS; k++)
				expected |= bits[k] == bit && str_eq(texts[k], texts[i]);
			assert_int_equal(row_has(row, bit), expected);
		}
	}
	assert_null(index_get(b.index, STR("/usr/lib/x")));
	assert_null(index_get(b.index, STR("")));
	arena_free(arena);
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
	static const struct {
		const char *text, *clean;
	} cases[] = {
		{ "abc", "abc" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "a\xff"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82"
		  "a",
		  "\xef\xbf\xbd\xef\xbf\xbd"
		  "a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena *arena = arena_new();

		assert_true(str_eq(utf8_clean(arena, str_from(cases[i].text)),
				   str_from(cases[i].clean)));
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glob_is_fnmatch),
		cmocka_unit_test(glob_takes_bounded_time),
		cmocka_unit_test(path_sets_are_prefixes_one_by_one),
		cmocka_unit_test(text_indexes_find_what_was_put_in),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
