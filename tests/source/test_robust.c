/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support.h"

/*
 * Damaged captures. Nothing is checked but what always holds: an end within bounded time, an
 * error that names its place, everything before it delivered. The sanitizers check the rest.
 */

#define FLIPS_DEFAULT   100000
#define SECONDS_DEFAULT 40
#define SEED            UINT64_C(0x853c49e6748fea9b)

/* A capture of every generation of lists, cut to a size that many runs can afford. */
static const struct {
	const char *name;
	size_t len;
} captures[] = {
	{ "falcosecurity+falco__test__trace_files__cat_write.scap", 200000 },
	{ "falcosecurity+libs__userspace__libsinsp__test__resources__sample.scap", 200000 },
	{ "sysflow-telemetry+sf-collector__tests__rename__rename.scap", 900000 },
	{ "draios+sysdig-inspect__capture-samples__502Error.scap", 100000 },
};

static struct bytes load(size_t i)
{
	char path[768];
	struct bytes all;

	snprintf(path, sizeof(path), "%s/traces/%s", shared_dir(), captures[i].name);
	all = capture_bytes(path);
	if (all.len > captures[i].len)
		all.len = captures[i].len;
	return all;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : otherwise;
}

/* xorshift64*: the same numbers every run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static void assert_sane(const struct run *run, size_t len)
{
	if (run->end < 0) {
		assert_int_equal(run->err.code, run->end);
		/* An error at the very beginning may be about the file as a whole. */
		if (!strstr(run->err.text, "memory: not a .scap capture") && len)
			assert_non_null(strstr(run->err.text, "memory: offset "));
	}
	assert_true(run->stats.bytes <= len);
}

/* A small capture with every kind of block, so that every prefix of it can be tried. */
static void put_small(struct buf *b)
{
	const uint64_t v = 3;
	const struct str params[] = { { (const char *)&v, 8 }, { "/some/dir", 10 } };
	size_t start;

	put_section(b);
	start = block_begin(b, 0x201);
	for (unsigned i = 0; i < 180; i++)
		put_u8(b, 0);
	block_end(b, start);
	start = block_begin(b, 0x206);
	put_u8(b, 1);
	put_u32(b, 1);
	put_str16(b, "group");
	block_end(b, start);
	start = block_begin(b, 0x203);
	put_u64(b, 1);
	put_u64(b, 0);
	put_u64(b, 0);
	put_u8(b, 1);
	put_str16(b, "/dev/null");
	block_end(b, start);
	for (unsigned i = 0; i < 3; i++)
		put_event(b, EVENT_CHDIR_X, i, 1, 2, params);
	put_section(b);
	put_event(b, EVENT_CHDIR_X, 9, 1, 2, params);
}

static void every_prefix_gives_what_is_whole(void **state)
{
	struct buf b = { 0 };
	uint64_t before = 0;

	(void)state;
	put_small(&b);
	for (size_t len = 0; len <= b.len; len++) {
		uint8_t *exact = malloc(len ? len : 1);
		struct run run;

		assert_non_null(exact);
		memcpy(exact, b.p, len);
		run = run_memory(exact, len);
		assert_sane(&run, len);
		assert_true(run.synthetic + run.events >= before);
		before = run.synthetic + run.events;
		free(exact);
	}
	/* Machine, group, descriptor, second section; and the events. */
	assert_int_equal(before, 4 + 4);
	buf_fini(&b);
}

static void prefixes_of_captures_give_what_is_whole(void **state)
{
	(void)state;
	if (!shared_there("prefixes_of_captures_give_what_is_whole"))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
		struct bytes all = load(i);
		uint64_t before = 0;

		for (size_t len = 0; len < all.len; len += 997) {
			uint8_t *exact = malloc(len ? len : 1);
			struct run run;

			assert_non_null(exact);
			memcpy(exact, all.p, len);
			run = run_memory(exact, len);
			assert_sane(&run, len);
			assert_true(run.synthetic + run.events >= before);
			before = run.synthetic + run.events;
			free(exact);
		}
		assert_true(before > 0);
		free(all.p);
	}
}

/* Some bits near each other: a length and what it counts get a chance to agree. */
static void damage(uint8_t *p, size_t len, uint64_t *random)
{
	size_t at = next_random(random) % len;
	unsigned n = 1 + next_random(random) % 4;

	while (n--) {
		p[at] = (uint8_t)next_random(random);
		at += next_random(random) % 8;
		if (at >= len)
			break;
	}
}

/* Where the first event block of a whole capture begins. */
static size_t events_of(const struct bytes *all)
{
	size_t at = 0;
	uint32_t head[2];

	for (;;) {
		assert_true(at + sizeof(head) <= all->len);
		memcpy(head, all->p + at, sizeof(head));
		if (head[0] == 0x204 || head[0] == 0x216)
			return at;
		at += head[1];
	}
}

/*
 * Two pieces of each capture: one begins as the capture does and ends within its lists, the
 * other goes from the machine info right to the events.
 */
#define PIECE 24000
#define LISTS 220

struct piece {
	size_t len;
	uint8_t bytes[PIECE];
};

static void cut_pieces(struct piece pieces[])
{
	for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
		struct bytes all = load(i);
		size_t at = events_of(&all), left = all.len - at;
		struct piece *lists = &pieces[2 * i], *events = lists + 1;

		lists->len = PIECE;
		memcpy(lists->bytes, all.p, PIECE);
		if (left > PIECE - LISTS)
			left = PIECE - LISTS;
		memcpy(events->bytes, all.p, LISTS);
		memcpy(events->bytes + LISTS, all.p + at, left);
		events->len = LISTS + left;
		free(all.p);
	}
}

/* BESRA_FLIPS and BESRA_FLIP_SECONDS: how many, and for how long at most. */
static void damaged_captures_do_no_harm(void **state)
{
	const uint64_t flips = setting("BESRA_FLIPS", FLIPS_DEFAULT);
	const uint64_t until =
		clock_monotonic_ns() + setting("BESRA_FLIP_SECONDS", SECONDS_DEFAULT) * NS_PER_S;
	static struct piece pieces[2 * ARRAY_SIZE(captures)];
	uint64_t random = SEED, done = 0, events = 0, cut = 0;

	(void)state;
	if (!shared_there("damaged_captures_do_no_harm"))
		skip();
	cut_pieces(pieces);
	while (done < flips && clock_monotonic_ns() < until) {
		const struct piece *piece = &pieces[done % ARRAY_SIZE(pieces)];
		/* Of just that size, for a step beyond the end to be seen. */
		uint8_t *copy = malloc(piece->len);
		struct run run;

		assert_non_null(copy);
		memcpy(copy, piece->bytes, piece->len);
		damage(copy, piece->len, &random);
		run = run_memory(copy, piece->len);
		assert_sane(&run, piece->len);
		free(copy);
		events += run.events + run.synthetic;
		cut += run.end < 0;
		done++;
	}
	print_message("  %" PRIu64 " damaged captures, %" PRIu64 " read to a broken end, %" PRIu64
		      " events\n",
		      done, cut, events);
	assert_true(done > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_gives_what_is_whole),
		cmocka_unit_test(prefixes_of_captures_give_what_is_whole),
		cmocka_unit_test(damaged_captures_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
