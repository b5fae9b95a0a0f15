/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No slow input. The library is compiled so that every basic block it goes through calls
 * __sanitizer_cov_trace_pc, which counts; what a case costs is that number, and the bytes that
 * are allocated in the end. Each case is run with an input and with one of twice the size: that
 * may cost twice as much, and a little more.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/filter/sets.h"
#include "rule/rule.h"

static uint64_t blocks;

__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void);
__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

struct cost {
	uint64_t blocks;
	size_t bytes;
	bool good; /* what came out is what had to */
};

#define RULE_HEAD "- rule: R\n  desc: d\n  condition: "
#define RULE_TAIL "\n  output: o\n  priority: INFO\n"

static struct cost load(struct buf *yaml, bool loads)
{
	const struct rule_options options = { .threshold = PRIORITY_DEBUG };
	const struct rule_text text = { "case.yaml", buf_view(yaml) };
	const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct ruleset *set;
	struct cost c;

	blocks = 0;
	set = ruleset_parse(&text, 1, &options);
	c.blocks = blocks;
	c.bytes = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	c.good = set->ok == loads;
	ruleset_free(set);
	buf_fini(yaml);
	return c;
}

/* ---- Loading -------------------------------------------------------------------------------- */

static struct cost list_items(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR("- list: l\n  items: ["));
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%sname%zu", i ? ", " : "", i);
	buf_str(&b, STR("]\n" RULE_HEAD "evt.type = open and proc.name in (l)" RULE_TAIL));
	return load(&b, true);
}

static struct cost lists_in_a_row(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR("- list: l0\n  items: [a]\n"));
	for (size_t i = 1; i < n; i++)
		buf_printf(&b, "- list: l%zu\n  items: [b%zu]\n", i, i);
	buf_str(&b, STR(RULE_HEAD "evt.type = open and (proc.name in (l0)"));
	for (size_t i = 1; i < n; i++)
		buf_printf(&b, " or proc.name in (l%zu)", i);
	buf_str(&b, STR(")" RULE_TAIL));
	return load(&b, true);
}

static struct cost macros(size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "- macro: m%zu\n  condition: proc.name = n%zu and fd.num = %zu\n", i,
			   i, i);
	buf_str(&b, STR(RULE_HEAD "evt.type = open and (m0"));
	for (size_t i = 1; i < n; i++)
		buf_printf(&b, " or m%zu", i);
	buf_str(&b, STR(")" RULE_TAIL));
	return load(&b, true);
}

static struct cost macros_in_macros(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR("- macro: m0\n  condition: evt.type = open\n"));
	for (size_t i = 1; i < n; i++)
		buf_printf(&b, "- macro: m%zu\n  condition: m%zu and fd.num != %zu\n", i, i - 1, i);
	buf_printf(&b, RULE_HEAD "m%zu" RULE_TAIL, n - 1);
	return load(&b, true);
}

static struct cost long_condition(size_t bytes)
{
	struct buf b = { 0 };

	buf_str(&b, STR(RULE_HEAD "evt.type = open and (proc.pid = 0"));
	for (size_t i = 0; b.len < bytes; i++)
		buf_printf(&b, " or proc.name = n%zu", i);
	buf_str(&b, STR(")" RULE_TAIL));
	return load(&b, true);
}

static struct cost parentheses(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR(RULE_HEAD "evt.type = open and "));
	for (size_t i = 0; i < n; i++)
		buf_str(&b, STR("("));
	buf_str(&b, STR("fd.num = 1"));
	for (size_t i = 0; i < n; i++)
		buf_str(&b, STR(")"));
	buf_str(&b, STR(RULE_TAIL));
	return load(&b, true);
}

static struct cost negations(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR(RULE_HEAD "evt.type = open and "));
	for (size_t i = 0; i < n; i++)
		buf_str(&b, STR("not "));
	buf_str(&b, STR("fd.num = 1" RULE_TAIL));
	return load(&b, true);
}

static struct cost functions(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR(RULE_HEAD "evt.type = open and "));
	for (size_t i = 0; i < n; i++)
		buf_str(&b, STR("tolower("));
	buf_str(&b, STR("proc.name"));
	for (size_t i = 0; i < n; i++)
		buf_str(&b, STR(")"));
	buf_str(&b, STR(" = a" RULE_TAIL));
	return load(&b, true);
}

static struct cost exception_values(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b,
		STR(RULE_HEAD "evt.type = open" RULE_TAIL
			      "  exceptions:\n    - name: e\n      fields: [proc.name, fd.name]\n"
			      "      comps: [=, startswith]\n      values:\n"));
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "        - [n%zu, /p%zu]\n", i, i);
	return load(&b, true);
}

static struct cost rules(size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&b,
			   "- rule: R%zu\n  desc: d\n  condition: evt.type = open and fd.num = %zu "
			   "and not proc.name in (a, b%zu)" RULE_TAIL,
			   i, i, i);
	return load(&b, true);
}

/* One rule each for something that the same field's text may begin with, or hold. */
static struct cost patterns(size_t n, const char *condition)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "- rule: R%zu\n  desc: d\n  condition: evt.type = open and %s", i,
			   condition);
		buf_printf(&b, "%zu" RULE_TAIL, i * 7919);
	}
	return load(&b, true);
}

static struct cost prefixes(size_t n)
{
	return patterns(n, "fd.name startswith /usr/share/");
}

static struct cost words(size_t n)
{
	return patterns(n, "proc.cmdline contains word-");
}

static struct cost appended(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR("- list: l\n  items: [a]\n"));
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "- list: l\n  items: [b%zu]\n  override:\n    items: append\n", i);
	buf_str(&b, STR(RULE_HEAD "evt.type = open and proc.name in (l)" RULE_TAIL));
	return load(&b, true);
}

/* What a pattern compiles to doubles with its length; RE2 refuses what would become too large. */
static struct cost regex_refused(size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, STR(RULE_HEAD "evt.type = open and proc.name regex \""));
	for (size_t i = 0; i < n; i++)
		buf_str(&b, STR("("));
	buf_str(&b, STR("a{100}"));
	for (size_t i = 0; i < n; i++)
		buf_str(&b, STR("){100}"));
	buf_str(&b, STR("\"" RULE_TAIL));
	return load(&b, false);
}

/* ---- Matching ------------------------------------------------------------------------------- */

static struct str repeated(struct arena *arena, const char *piece, size_t bytes, const char *end)
{
	const size_t len = strlen(piece);
	char *out = arena_bytes(arena, bytes + strlen(end) + 1);
	size_t n = 0;

	while (n + len <= bytes) {
		memcpy(out + n, piece, len);
		n += len;
	}
	memcpy(out + n, end, strlen(end));
	return str_of(out, n + strlen(end));
}

static struct cost compare(enum comparison cmp, const char *piece, size_t pattern,
			   const char *pattern_end, const char *text, size_t bytes)
{
	struct arena *arena = arena_new();
	struct val v = { .type = TYPE_CHARBUF };
	struct constant c;
	const char *fault;
	struct cost cost = { 0 };

	v.s = repeated(arena, text, bytes, "");
	fault = constant_parse(arena, TYPE_CHARBUF, cmp,
			       repeated(arena, piece, pattern, pattern_end), &c);
	blocks = 0;
	cost.good = !fault && !value_test(cmp, &v, &c, arena);
	cost.blocks = blocks;
	arena_free(arena);
	return cost;
}

static struct cost stars_on_long_text(size_t n)
{
	return compare(CMP_GLOB, "*a", 100, "b", "a", n);
}

static struct cost long_pattern_of_stars(size_t n)
{
	return compare(CMP_GLOB, "*a", n, "b", "a", 16384);
}

static struct cost stars_without_case(size_t n)
{
	return compare(CMP_IGLOB, "*A?*", 100, "b", "aA", n);
}

static struct cost brackets(size_t n)
{
	return compare(CMP_GLOB, "*[!b-z]", 98, "b", "a", n);
}

static struct cost contained(size_t n)
{
	return compare(CMP_CONTAINS, "a", 200, "b", "a", n);
}

static struct cost contained_without_case(size_t n)
{
	return compare(CMP_ICONTAINS, "A", 200, "b", "a", n);
}

static struct cost path_of_many_parts(size_t n)
{
	return compare(CMP_PMATCH, "/a*", 120, "/b", "/aa", n);
}

/* Several globs compete at every level of the path. */
static struct cost paths(size_t n)
{
	struct arena *arena = arena_new();
	struct constant *prefixes = arena_array(arena, n, sizeof(*prefixes));
	struct str path = STR("/aaaa/aaaa/aaaa/aaaa/aaaa");
	struct path_set *set;
	struct cost cost = { 0 };

	for (size_t i = 0; i < n; i++)
		prefixes[i].v.s = arena_printf(arena, "/a*/*a/a?a*/b%zu", i);
	blocks = 0;
	set = path_set_new(arena, prefixes, n);
	cost.good = !path_set_match(set, path, arena);
	cost.blocks = blocks;
	arena_free(arena);
	return cost;
}

/* Texts that begin each other, in a text that goes back to shorter ones all the time. */
static struct cost scanned(size_t n)
{
	enum { TEXTS = 60 };
	struct arena *arena = arena_new();
	struct marked_text texts[TEXTS];
	const struct str text = repeated(arena, "aaaaaaab", n, "");
	const struct scanner *s;
	struct cost cost = { 0 };
	uint64_t row;

	for (uint32_t i = 0; i < TEXTS; i++)
		texts[i] = (struct marked_text){ repeated(arena, "a", i + 1, "b"), i };
	s = scanner_new(arena, texts, TEXTS, TEXTS);
	blocks = 0;
	scanner_find(s, text, &row);
	cost.blocks = blocks;
	/* seven in a row, and what is shorter */
	cost.good = row == 0x7f;
	arena_free(arena);
	return cost;
}

static struct cost begun(size_t n)
{
	struct arena *arena = arena_new();
	struct marked_text *texts = arena_array(arena, 250, sizeof(*texts));
	const struct str text = repeated(arena, "a", n, "");
	const struct radix *r;
	const uint64_t *row;
	struct cost cost = { 0 };

	for (uint32_t i = 0; i < 250; i++)
		texts[i] = (struct marked_text){ repeated(arena, "a", i + 1, ""), i };
	r = radix_new(arena, texts, 250, 250, false);
	blocks = 0;
	row = radix_find(r, text);
	cost.blocks = blocks;
	cost.good = row_has(row, 0) && row_has(row, 199) && row_has(row, 249) == (n >= 250);
	arena_free(arena);
	return cost;
}

static const struct {
	const char *name;
	struct cost (*run)(size_t n);
	size_t n; /* of the larger input */
	size_t bytes;
} cases[] = {
	{ "items of a list", list_items, 10000, 32 << 20 },
	{ "lists", lists_in_a_row, 2000, 32 << 20 },
	{ "macros", macros, 5000, 64 << 20 },
	{ "macros in macros", macros_in_macros, 2000, 64 << 20 },
	{ "bytes of a condition", long_condition, 1 << 20, 256 << 20 },
	{ "parentheses", parentheses, 4000, 32 << 20 },
	{ "negations", negations, 4000, 32 << 20 },
	{ "functions", functions, 2000, 32 << 20 },
	{ "values of an exception", exception_values, 4000, 64 << 20 },
	{ "rules", rules, 2000, 64 << 20 },
	{ "prefixes of one field, in rules", prefixes, 2000, 64 << 20 },
	{ "words of one field, in rules", words, 2000, 64 << 20 },
	{ "appended to a list", appended, 4000, 64 << 20 },
	{ "repetitions of repetitions", regex_refused, 8, 8 << 20 },
	{ "bytes of text, under stars", stars_on_long_text, 65536, 0 },
	{ "stars", long_pattern_of_stars, 240, 0 },
	{ "bytes of text, stars without case", stars_without_case, 65536, 0 },
	{ "bytes of text, under brackets", brackets, 65536, 0 },
	{ "bytes of text, searched", contained, 65536, 0 },
	{ "bytes of text, searched without case", contained_without_case, 65536, 0 },
	{ "bytes of text, scanned for many", scanned, 65536, 0 },
	{ "bytes of text, begun with by many", begun, 65536, 0 },
	{ "parts of a path", path_of_many_parts, 65536, 0 },
	{ "paths with globs", paths, 4000, 0 },
};

int main(void)
{
	int faults = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cost half = cases[i].run(cases[i].n / 2);
		const struct cost whole = cases[i].run(cases[i].n);
		const bool linear = whole.blocks < half.blocks * 5 / 2 + 2000;
		const bool bounded = !cases[i].bytes || whole.bytes <= cases[i].bytes;

		printf("%-38s %7zu  %11llu -> %11llu blocks  %8zu KiB%s%s%s\n", cases[i].name,
		       cases[i].n, (unsigned long long)half.blocks,
		       (unsigned long long)whole.blocks, whole.bytes / 1024,
		       linear ? "" : "  NOT LINEAR", bounded ? "" : "  TOO LARGE",
		       half.good && whole.good ? "" : "  WRONG RESULT");
		faults += !linear || !bounded || !half.good || !whole.good;
	}
	if (!blocks) {
		printf("built without counting: CFLAGS=-fsanitize-coverage=trace-pc\n");
		return 1;
	}
	return faults != 0;
}
