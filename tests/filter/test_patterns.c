/* SPDX-License-Identifier: Apache-2.0 */
#include "support_random.h"

#include <fnmatch.h>

#include "../../src/filter/code.h"
#include "../../src/filter/regex.h"

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

/* ---- Sets: many texts at once against each by itself -------------------------------------- */

enum { SET_TEXTS = 90, SET_BITS = 70 };

/* Pieces that overlap each other, in both cases, with bytes that end texts elsewhere. */
static void random_bytes(struct random_source *r, struct buf *out, uint32_t max)
{
	static const struct str parts[] = {
		{ "a", 1 },        { "A", 1 },
		{ "ab", 2 },       { "aba", 3 },
		{ "/", 1 },        { "etc", 3 },
		{ "ETC", 3 },      { "\0", 1 },
		{ "\xc3\xa9", 2 }, { "\xff", 1 },
		{ "b", 1 },        { "/etc/abab", 9 },
		{ "[@`{", 4 },     { "\xc3\x89\x80", 3 },
		{ "Z", 1 },
	};
	const uint32_t n = random_below(r, max);

	buf_reset(out);
	for (uint32_t i = 0; i < n; i++)
		buf_str(out, parts[random_below(r, ARRAY_SIZE(parts))]);
}

struct set_case {
	struct arena *arena;
	struct marked_text texts[SET_TEXTS], sorted[SET_TEXTS];
	size_t n;
};

/* With duplicates and, unless `least` says otherwise, with nothing at all. */
static void set_case_init(struct set_case *c, struct random_source *r, size_t least)
{
	struct buf text = { 0 };

	*c = (struct set_case){ .arena = arena_new() };
	c->n = random_below(r, SET_TEXTS);
	for (size_t i = 0; i < c->n; i++) {
		do {
			random_bytes(r, &text, 5);
		} while (text.len < least);
		c->texts[i].text = arena_str(c->arena, buf_view(&text));
		c->texts[i].bit = random_below(r, SET_BITS);
	}
	memcpy(c->sorted, c->texts, sizeof(c->sorted));
	buf_fini(&text);
}

static void expect_row(const struct set_case *c, const uint64_t *row, struct str s,
		       bool (*holds)(struct str s, struct str text), unsigned *hits)
{
	for (uint32_t bit = 0; bit < SET_BITS; bit++) {
		bool expected = false;

		for (size_t i = 0; i < c->n; i++)
			expected |= c->texts[i].bit == bit && holds(s, c->texts[i].text);
		*hits += expected;
		assert_int_equal(row_has(row, bit), expected);
	}
}

static void tries_find_every_prefix_and_suffix(void **state)
{
	struct random_source r = { .state = 2024 };
	struct buf s = { 0 };
	unsigned hits = 0;

	(void)state;
	for (unsigned round = 0; round < 600; round++) {
		struct radix *forwards, *backwards;
		struct set_case c;

		set_case_init(&c, &r, 0);
		forwards = radix_new(c.arena, c.sorted, c.n, SET_BITS, false);
		backwards = radix_new(c.arena, c.sorted, c.n, SET_BITS, true);
		for (unsigned k = 0; k < 20; k++) {
			random_bytes(&r, &s, 8);
			expect_row(&c, radix_find(forwards, buf_view(&s)), buf_view(&s),
				   str_starts_with, &hits);
			expect_row(&c, radix_find(backwards, buf_view(&s)), buf_view(&s),
				   str_ends_with, &hits);
		}
		arena_free(c.arena);
	}
	assert_true(hits > 50000);
	buf_fini(&s);
}

static void scans_find_everything_without_case(void **state)
{
	struct random_source r = { .state = 77 };
	struct buf s = { 0 };
	unsigned hits = 0;

	(void)state;
	for (unsigned round = 0; round < 600; round++) {
		struct scanner *scanner;
		struct set_case c;
		uint64_t row[(SET_BITS + 63) / 64];

		set_case_init(&c, &r, 1);
		scanner = scanner_new(c.arena, c.texts, c.n, SET_BITS);
		assert_non_null(scanner);
		for (unsigned k = 0; k < 20; k++) {
			random_bytes(&r, &s, k ? 10 : 20000);
			expect_row(&c, scanner_find(scanner, buf_view(&s), row), buf_view(&s),
				   str_icontains, &hits);
		}
		arena_free(c.arena);
	}
	assert_true(hits > 50000);
	buf_fini(&s);
}

/* More states than the table may have: the caller is told. */
static void a_scan_that_would_need_too_much_is_refused(void **state)
{
	struct arena *arena = arena_new();
	struct marked_text *texts = arena_array(arena, 50000, sizeof(*texts));

	(void)state;
	for (uint32_t i = 0; i < 50000; i++)
		texts[i] = (struct marked_text){ arena_printf(arena, "%u/%u", i, i * 7919), i };
	assert_null(scanner_new(arena, texts, 50000, 50000));
	assert_non_null(scanner_new(arena, texts, 1000, 1000));
	arena_free(arena);
}

static void path_sets_tell_all_their_prefixes(void **state)
{
	enum { PATHS = 40 };
	struct random_source r = { .state = 4711 };
	struct buf text = { 0 };
	unsigned hits = 0;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct arena *arena = arena_new();
		struct path_set *set = path_set_begin(arena, PATHS + 64);
		struct str prefixes[PATHS];
		uint64_t row[(PATHS + 64 + 63) / 64];

		for (uint32_t i = 0; i < PATHS; i++) {
			random_path(&r, &text, true);
			prefixes[i] = arena_str(arena, buf_view(&text));
			path_set_add(set, arena, prefixes[i], i + 50);
		}
		for (unsigned k = 0; k < 20; k++) {
			random_path(&r, &text, false);
			path_set_find(set, buf_view(&text), row, arena);
			for (uint32_t i = 0; i < PATHS; i++) {
				const bool expected =
					path_prefix_match(prefixes[i], buf_view(&text));

				hits += expected;
				assert_int_equal(row_has(row, i + 50), expected);
			}
		}
		arena_free(arena);
	}
	assert_true(hits > 10000);
	buf_fini(&text);
}

/* What is said to be required stands in every text that matches. */
static void nothing_matches_without_what_is_required(void **state)
{
	static const char *const regex_pieces[] = {
		"ab",   "a",      "B",        ".",     ".*",   "c+", "b*",        "a?",
		"[ab]", "[^a]",   "(ab)",     "(a|b",  ")",    "|",  "a{2}",      "{1,}",
		"\\.",  "\\[",    "^",        "$",     "[]a]", "[[", "[:alpha:]", "]",
		"\\",   "x{0,1}", "\xc3\xa9", "b{,3}", "-",    "/",
	};
	struct random_source r = { .state = 31337 };
	struct buf pattern = { 0 }, text = { 0 };
	unsigned matches = 0, required = 0;

	(void)state;
	for (unsigned round = 0; round < 60000; round++) {
		const bool is_regex = round % 2;
		struct arena *arena = arena_new();
		struct regex *re = NULL;
		char why[128];
		struct str needed;
		bool sure;

		random_text(&r, &pattern, true, 8);
		if (is_regex) {
			const uint32_t n = 1 + random_below(&r, 6);

			buf_reset(&pattern);
			for (uint32_t i = 0; i < n; i++)
				buf_str(&pattern, str_from(regex_pieces[random_below(
							  &r, ARRAY_SIZE(regex_pieces))]));
			re = regex_new(pattern.p, pattern.len, why, sizeof(why));
		}
		needed = required_text(arena, is_regex ? CMP_REGEX : CMP_IGLOB, buf_view(&pattern),
				       &sure);
		assert_false(sure);
		required += needed.len > 0;
		for (unsigned k = 0; k < 40; k++) {
			struct str clean;
			bool hit;

			if (is_regex) {
				static const char letters[] = "aabbc.x[]-/B\xc3\xa9\xff\\{1}";
				const uint32_t n = random_below(&r, 6);

				buf_reset(&text);
				for (uint32_t i = 0; i < n; i++)
					buf_char(&text,
						 letters[random_below(&r, sizeof(letters) - 1)]);
			} else {
				random_text(&r, &text, false, 7);
			}
			clean = utf8_clean(arena, buf_view(&text));
			hit = is_regex ? re && regex_matches(re, clean.p, clean.len)
				       : glob_match(buf_view(&pattern), buf_view(&text), true);
			matches += hit;
			if (hit && !str_icontains(buf_view(&text), needed))
				fail_msg("'%.*s' matches '%.*s', which does not hold '%.*s'",
					 STR_ARG(buf_view(&pattern)), STR_ARG(buf_view(&text)),
					 STR_ARG(needed));
		}
		regex_free(re);
		arena_free(arena);
	}
	print_message("  %u patterns require something, %u texts match\n", required, matches);
	assert_true(required > 20000 && matches > 30000);
	buf_fini(&pattern);
	buf_fini(&text);
}

static void what_is_required_is_the_longest_plain_part(void **state)
{
	static const struct {
		enum comparison cmp;
		const char *constant, *required;
		bool sure;
	} cases[] = {
		{ CMP_CONTAINS, "/.ssh/", "/.ssh/", false },
		{ CMP_CONTAINS, "/.42/", "/.42/", true },
		{ CMP_ICONTAINS, "NetCat", "NetCat", true },
		{ CMP_GLOB, "/home/alice/*/id_?sa", "/home/alice/", false },
		{ CMP_GLOB, "/h*/.ssh/id_?sa", "/.ssh/id_", false },
		{ CMP_GLOB, "a\\*bc[de]fghijk", "a*bc", false },
		{ CMP_GLOB, "*", "", false },
		{ CMP_REGEX, ".*nginx[ =][0-9]+.*", "nginx", false },
		{ CMP_REGEX, "^/proc/[0-9]+/environ$", "/environ", false },
		{ CMP_REGEX, "abc|abd", "", false },
		{ CMP_REGEX, "(abc|abd)ef", "ef", false },
		{ CMP_REGEX, "abcd?e\\.so", "e.so", false },
		{ CMP_REGEX, "abcd{2}ef", "abc", false },
		{ CMP_REGEX, "ab[[:alpha:]]+cde", "cde", false },
		{ CMP_REGEX, "ab[c(]de(f[)]g)hij", "hij", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena *arena = arena_new();
		bool sure;
		struct str s =
			required_text(arena, cases[i].cmp, str_from(cases[i].constant), &sure);

		print_message("  %s\n", cases[i].constant);
		assert_true(str_eq(s, str_from(cases[i].required)));
		assert_int_equal(sure, cases[i].sure);
		arena_free(arena);
	}
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
		cmocka_unit_test(tries_find_every_prefix_and_suffix),
		cmocka_unit_test(scans_find_everything_without_case),
		cmocka_unit_test(a_scan_that_would_need_too_much_is_refused),
		cmocka_unit_test(path_sets_tell_all_their_prefixes),
		cmocka_unit_test(nothing_matches_without_what_is_required),
		cmocka_unit_test(what_is_required_is_the_longest_plain_part),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
