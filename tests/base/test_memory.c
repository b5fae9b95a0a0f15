/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/slab.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A small generator with a fixed seed: the same sequence on every machine. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void an_arena_gives_aligned_zeroed_memory_that_lasts(void **state)
{
	struct arena *a = arena_new();
	struct str kept = arena_str(a, STR("kept"));

	(void)state;
	for (size_t size = 1; size < 5000; size += 7) {
		unsigned char *p = arena_alloc(a, size);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
		arena_bytes(a, 1);
	}
	assert_true(str_eq(kept, STR("kept")));
	assert_int_equal(kept.p[kept.len], '\0');
	assert_true(str_eq(arena_printf(a, "%d-%s", 7, "x"), STR("7-x")));
	assert_non_null(arena_alloc(a, 10 << 20));
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	arena_free(a);
	arena_free(NULL);
}

static void a_vec_keeps_what_was_pushed(void **state)
{
	struct arena *a = arena_new();
	VEC(int) v = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		VEC_PUSH(a, &v, i);
	assert_int_equal(v.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v.items[i], i);
	arena_free(a);
}

static void a_buf_stops_at_its_limit(void **state)
{
	struct buf b = { .max = 10 };

	(void)state;
	buf_str(&b, STR("12345"));
	buf_u64(&b, 678);
	assert_false(b.cut);
	buf_str(&b, STR("90ab"));
	assert_true(b.cut);
	assert_true(str_eq(buf_view(&b), STR("1234567890")));
	assert_null(buf_reserve(&b, 1));
	buf_reset(&b);
	buf_i64(&b, INT64_MIN);
	assert_true(b.cut);
	buf_fini(&b);

	b = (struct buf){ 0 };
	buf_i64(&b, INT64_MIN);
	assert_true(str_eq(buf_view(&b), STR("-9223372036854775808")));
	buf_reset(&b);
	buf_printf(&b, "%0300d", 1);
	assert_int_equal(b.len, 300);
	buf_fini(&b);
}

/* The maps against a plain array of presence: every operation, many collisions and deletions. */
static void maps_agree_with_a_plain_array(void **state)
{
	enum { KEYS = 512 };
	static char names[KEYS][8];
	bool there[KEYS] = { 0 };
	struct idmap ids = { 0 };
	struct strmap words = { 0 };
	uint32_t seed = 1;
	size_t n = 0;

	(void)state;
	assert_null(idmap_get(&ids, 1));
	assert_null(idmap_del(&ids, 1));
	assert_null(strmap_get(&words, STR("x")));
	for (int i = 0; i < KEYS; i++)
		snprintf(names[i], sizeof(names[i]), "k%d", i);
	for (int step = 0; step < 20000; step++) {
		unsigned k = next_random(&seed) % KEYS;
		struct str name = str_from(names[k]);

		if (next_random(&seed) % 2) {
			assert_true(idmap_put(&ids, k * UINT64_C(4096), names[k]));
			assert_true(strmap_put(&words, name, names[k]));
			n += !there[k];
			there[k] = true;
		} else {
			void *was = there[k] ? names[k] : NULL;

			assert_ptr_equal(idmap_del(&ids, k * UINT64_C(4096)), was);
			assert_ptr_equal(strmap_del(&words, name), was);
			n -= there[k];
			there[k] = false;
		}
		assert_int_equal(ids.n, n);
		assert_int_equal(words.n, n);
		k = next_random(&seed) % KEYS;
		assert_ptr_equal(idmap_get(&ids, k * UINT64_C(4096)), there[k] ? names[k] : NULL);
		assert_ptr_equal(strmap_get(&words, str_from(names[k])),
				 there[k] ? names[k] : NULL);
	}
	idmap_fini(&ids);
	strmap_fini(&words);
}

static void a_full_slab_refuses_and_counts(void **state)
{
	struct slab s;
	uint64_t *items[600];

	(void)state;
	slab_init(&s, sizeof(uint64_t), 600, NULL);
	for (unsigned i = 0; i < 600; i++) {
		items[i] = slab_alloc(&s);
		assert_non_null(items[i]);
		assert_int_equal(*items[i], 0);
		assert_int_equal(slab_slot(&s, items[i]), i);
		*items[i] = i;
	}
	assert_null(slab_alloc(&s));
	assert_int_equal(s.refused, 1);
	for (unsigned i = 0; i < 600; i++)
		assert_int_equal(*items[i], i);
	slab_free(&s, items[300]);
	slab_free(&s, NULL);
	items[0] = slab_alloc(&s);
	assert_ptr_equal(items[0], items[300]);
	assert_int_equal(*items[0], 0);
	assert_int_equal(slab_slot(&s, items[0]), 300);
	slab_fini(&s);
}

static void interned_strings_are_one_and_bounded(void **state)
{
	struct budget budget = { .max = 200000 };
	struct intern *t = intern_new(&budget);
	struct istr *kept[1000];
	size_t before;
	char name[16], *long_text;

	(void)state;
	/* The places of a thousand strings stay; a second thousand leaves nothing more behind. */
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		kept[i] = intern_get(t, str_from(name));
	}
	for (int i = 0; i < 1000; i++)
		intern_put(t, kept[i]);
	before = budget.used;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "name-%d", i);
		kept[i] = intern_get(t, str_from(name));
		assert_non_null(kept[i]);
		assert_ptr_equal(intern_get(t, str_from(name)), kept[i]);
		intern_put(t, kept[i]);
	}
	for (int i = 0; i < 1000; i += 2)
		intern_put(t, kept[i]);
	for (int i = 1; i < 1000; i += 2) {
		snprintf(name, sizeof(name), "name-%d", i);
		assert_ptr_equal(intern_get(t, str_from(name)), kept[i]);
		intern_put(t, kept[i]);
		intern_put(t, kept[i]);
	}
	assert_int_equal(budget.used, before);
	long_text = calloc(1, 300000);
	assert_null(intern_get(t, str_of(long_text, 300000)));
	free(long_text);
	assert_int_equal(intern_refused(t), 1);
	intern_put(t, NULL);
	intern_free(t);
	intern_free(NULL);
	assert_int_equal(budget.used, 0);
}

static void tables_share_a_budget_and_give_it_back(void **state)
{
	struct budget all = { .max = 100000 }, part = { .max = 60000, .whole = &all };
	struct idmap map = { .budget = &part };
	struct slab slab;
	struct intern *strings = intern_new(&all);
	char name[16];
	uint64_t n = 0;

	(void)state;
	slab_init(&slab, 40, 100000, &all);
	while (idmap_put(&map, n, &map))
		n++;
	/* 2048 slots of 16 bytes fit into the part, 4096 do not. */
	assert_int_equal(n, 2048 * 3 / 4);
	assert_true(part.used <= part.max && all.used == part.used);
	assert_ptr_equal(idmap_get(&map, n - 1), &map);
	while (slab_alloc(&slab))
		n++;
	assert_int_equal(slab.refused, 1);
	for (int i = 0; intern_refused(strings) == 0; i++) {
		snprintf(name, sizeof(name), "%d", i);
		intern_get(strings, str_from(name));
	}
	assert_true(all.used <= all.max && all.used > all.max * 8 / 10);
	idmap_fini(&map);
	assert_int_equal(part.used, 0);
	assert_true(idmap_put(&map, 1, &map));
	idmap_fini(&map);
	slab_fini(&slab);
	intern_free(strings);
	assert_int_equal(all.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arena_gives_aligned_zeroed_memory_that_lasts),
		cmocka_unit_test(a_vec_keeps_what_was_pushed),
		cmocka_unit_test(a_buf_stops_at_its_limit),
		cmocka_unit_test(maps_agree_with_a_plain_array),
		cmocka_unit_test(a_full_slab_refuses_and_counts),
		cmocka_unit_test(interned_strings_are_one_and_bounded),
		cmocka_unit_test(tables_share_a_budget_and_give_it_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
