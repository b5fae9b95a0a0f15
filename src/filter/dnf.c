/* SPDX-License-Identifier: Apache-2.0 */
#include "dnf.h"

#include <string.h>

bool test_number(const struct wire_test *t, uint64_t v)
{
	switch ((enum wire_test_op)t->op) {
	case WIRE_TEST_RANGE:
		return v - t->a[0] <= t->b[0];
	case WIRE_TEST_SET:
		return v - t->b[0] < 64 ? t->a[0] >> (v - t->b[0]) & 1 : t->outside;
	case WIRE_TEST_BITS:
		return v & t->a[0];
	case WIRE_TEST_NO_BITS:
		return !(v & t->a[0]);
	case WIRE_TEST_PREFIX:
	case WIRE_TEST_NO_PREFIX:
		break;
	}
	return true;
}

struct dnf dnf_const(bool value)
{
	static const struct conj always;

	return (struct dnf){ value, &always };
}

struct dnf dnf_test(struct arena *arena, const struct wire_test *t)
{
	struct conj *c = ARENA_NEW(arena, struct conj);

	c->n = 1;
	c->tests[0] = *t;
	return (struct dnf){ 1, c };
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static bool same_subject(const struct wire_test *t, const struct wire_test *u)
{
	return t->param == u->param && t->relative == u->relative && t->plain == u->plain;
}

static bool is_closed_set(const struct wire_test *t)
{
	return t->op == WIRE_TEST_SET && !t->outside;
}

static bool set_implies(const struct wire_test *t, const struct wire_test *u)
{
	for (unsigned i = 0; i < 64; i++)
		if (t->a[0] >> i & 1 && !test_number(u, t->b[0] + i))
			return false;
	return true;
}

static bool prefix_implies(const struct wire_test *t, const struct wire_test *u)
{
	for (size_t i = 0; i < WIRE_PREFIX_WORDS; i++)
		if ((t->a[i] ^ u->a[i]) & u->b[i] || u->b[i] & ~t->b[i])
			return false;
	return true;
}

/* Whenever t holds, u does. False when that is not seen. */
static bool implies(const struct wire_test *t, const struct wire_test *u)
{
	if (!same_subject(t, u))
		return false;
	if (memcmp(t, u, sizeof(*t)) == 0)
		return true;
	if (is_closed_set(t) && u->op <= WIRE_TEST_NO_BITS)
		return set_implies(t, u);
	if (t->op != u->op)
		return false;
	switch ((enum wire_test_op)t->op) {
	case WIRE_TEST_RANGE:
		return t->a[0] - u->a[0] <= u->b[0] && t->b[0] <= u->b[0] - (t->a[0] - u->a[0]);
	case WIRE_TEST_BITS:
		return !(t->a[0] & ~u->a[0]);
	case WIRE_TEST_NO_BITS:
		return !(u->a[0] & ~t->a[0]);
	case WIRE_TEST_PREFIX:
		return prefix_implies(t, u);
	case WIRE_TEST_SET:
	case WIRE_TEST_NO_PREFIX:
		break;
	}
	return false;
}

/* A range that does not wrap when its ends are read as signed numbers. */
static bool is_ordered(const struct wire_test *t)
{
	return t->op == WIRE_TEST_RANGE && (int64_t)t->a[0] <= (int64_t)(t->a[0] + t->b[0]);
}

enum meeting { MEET_BOTH, MEET_ONE, MEET_NEVER };

/* Two tests of one number at once: both are needed, or *t becomes what they say, or nothing does. */
static enum meeting meet(struct wire_test *t, const struct wire_test *u)
{
	if (!same_subject(t, u))
		return MEET_BOTH;
	if (is_closed_set(t) && u->op <= WIRE_TEST_NO_BITS) {
		for (unsigned i = 0; i < 64; i++)
			if (!test_number(u, t->b[0] + i))
				t->a[0] &= ~(UINT64_C(1) << i);
		return t->a[0] ? MEET_ONE : MEET_NEVER;
	}
	if (is_closed_set(u) && t->op <= WIRE_TEST_NO_BITS) {
		const struct wire_test was = *t;

		*t = *u;
		return meet(t, &was);
	}
	if (is_ordered(t) && is_ordered(u)) {
		const int64_t from =
			(int64_t)t->a[0] > (int64_t)u->a[0] ? (int64_t)t->a[0] : (int64_t)u->a[0];
		const int64_t t_to = (int64_t)(t->a[0] + t->b[0]);
		const int64_t u_to = (int64_t)(u->a[0] + u->b[0]);
		const int64_t to = t_to < u_to ? t_to : u_to;

		if (from > to)
			return MEET_NEVER;
		t->a[0] = (uint64_t)from;
		t->b[0] = (uint64_t)to - (uint64_t)from;
		return MEET_ONE;
	}
	return MEET_BOTH;
}

/* ---- Conjunctions --------------------------------------------------------------------------- */

/* False: it can never hold. A test for which there is no room is left out. */
static bool conj_add(struct conj *c, const struct wire_test *t)
{
	for (size_t i = 0; i < c->n; i++) {
		if (implies(&c->tests[i], t))
			return true;
		switch (meet(&c->tests[i], t)) {
		case MEET_BOTH:
			break;
		case MEET_ONE:
			return true;
		case MEET_NEVER:
			return false;
		}
	}
	if (c->n < CONJ_MAX)
		c->tests[c->n++] = *t;
	return true;
}

static bool conj_has(const struct conj *c, const struct wire_test *t)
{
	for (size_t i = 0; i < c->n; i++)
		if (implies(&c->tests[i], t))
			return true;
	return false;
}

static bool conj_implies(const struct conj *c, const struct conj *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (!conj_has(c, &d->tests[i]))
			return false;
	return true;
}

/* The bytes two prefixes have in common. */
static size_t common_bytes(const struct wire_test *t, const struct wire_test *u)
{
	const uint8_t *a = (const uint8_t *)t->a, *b = (const uint8_t *)u->a;
	const uint8_t *am = (const uint8_t *)t->b, *bm = (const uint8_t *)u->b;
	size_t n = 0;

	while (n < WIRE_PREFIX_BYTES && am[n] && bm[n] && a[n] == b[n])
		n++;
	return n;
}

/* One test that holds where either does, in *out; what it is worth, 0: there is none. */
static size_t widen(const struct wire_test *t, const struct wire_test *u, struct wire_test *out)
{
	size_t common;
	int64_t to;

	if (!same_subject(t, u) || t->op != u->op)
		return 0;
	*out = *t;
	switch ((enum wire_test_op)t->op) {
	case WIRE_TEST_PREFIX:
		common = common_bytes(t, u);
		memset((uint8_t *)out->a + common, 0, WIRE_PREFIX_BYTES - common);
		memset((uint8_t *)out->b + common, 0, WIRE_PREFIX_BYTES - common);
		return common > 1 ? 10 + common : 0;
	case WIRE_TEST_RANGE:
		if (!is_ordered(t) || !is_ordered(u))
			return 0;
		to = (int64_t)(t->a[0] + t->b[0]);
		if ((int64_t)u->a[0] < (int64_t)t->a[0])
			out->a[0] = u->a[0];
		if ((int64_t)(u->a[0] + u->b[0]) > to)
			to = (int64_t)(u->a[0] + u->b[0]);
		out->b[0] = (uint64_t)to - out->a[0];
		return out->b[0] == UINT64_MAX ? 0 : 20;
	case WIRE_TEST_SET:
		out->a[0] |= u->a[0];
		return t->b[0] == u->b[0] && t->outside == u->outside ? 25 : 0;
	case WIRE_TEST_BITS:
		out->a[0] |= u->a[0];
		return 25;
	case WIRE_TEST_NO_BITS:
		out->a[0] &= u->a[0];
		return out->a[0] ? 25 : 0;
	case WIRE_TEST_NO_PREFIX:
		break;
	}
	return 0;
}

/* What holds where either of two conjunctions does; returns how much it still says. */
static size_t conj_join(const struct conj *a, const struct conj *b, struct conj *out)
{
	struct wire_test wide;
	size_t worth = 0;

	out->n = 0;
	for (size_t i = 0; i < a->n; i++)
		if (conj_has(b, &a->tests[i]) && conj_add(out, &a->tests[i]))
			worth += 100;
	for (size_t i = 0; i < b->n; i++)
		if (conj_has(a, &b->tests[i]) && !conj_has(out, &b->tests[i]) &&
		    conj_add(out, &b->tests[i]))
			worth += 100;
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++) {
			const size_t w = widen(&a->tests[i], &b->tests[k], &wide);

			if (w && !conj_has(out, &wide) && conj_add(out, &wide))
				worth += w;
		}
	return worth;
}

/* ---- Disjunctions --------------------------------------------------------------------------- */

/* One more than DNF_MAX, for the moment before two become one. */
struct draft {
	size_t n;
	struct conj items[DNF_MAX + 1];
};

static void draft_remove(struct draft *d, size_t i)
{
	d->n--;
	memmove(&d->items[i], &d->items[i + 1], (d->n - i) * sizeof(d->items[0]));
}

static void draft_add(struct draft *d, const struct conj *c);

static void join_closest(struct draft *d)
{
	size_t best = 0, first = 0, second = 1;
	struct conj joined;

	for (size_t i = 0; i < d->n; i++)
		for (size_t k = i + 1; k < d->n; k++) {
			const size_t worth = conj_join(&d->items[i], &d->items[k], &joined);

			if (worth <= best)
				continue;
			best = worth;
			first = i;
			second = k;
		}
	conj_join(&d->items[first], &d->items[second], &joined);
	draft_remove(d, second);
	draft_remove(d, first);
	draft_add(d, &joined);
}

static void draft_add(struct draft *d, const struct conj *c)
{
	for (size_t i = 0; i < d->n; i++)
		if (conj_implies(c, &d->items[i]))
			return;
	for (size_t i = d->n; i-- > 0;)
		if (conj_implies(&d->items[i], c))
			draft_remove(d, i);
	d->items[d->n++] = *c;
	if (d->n > DNF_MAX)
		join_closest(d);
}

static struct dnf draft_done(struct arena *arena, const struct draft *d)
{
	struct conj *items = arena_array(arena, d->n, sizeof(*items));

	memcpy(items, d->items, d->n * sizeof(*items));
	return (struct dnf){ d->n, items };
}

struct dnf dnf_and(struct arena *arena, struct dnf a, struct dnf b)
{
	struct draft d = { 0 };

	if (!a.n || dnf_is_true(b))
		return a;
	if (!b.n || dnf_is_true(a))
		return b;
	for (size_t i = 0; i < a.n; i++)
		for (size_t k = 0; k < b.n; k++) {
			struct conj c = a.items[i];
			bool possible = true;

			for (size_t t = 0; t < b.items[k].n && possible; t++)
				possible = conj_add(&c, &b.items[k].tests[t]);
			if (possible)
				draft_add(&d, &c);
		}
	return draft_done(arena, &d);
}

struct dnf dnf_or(struct arena *arena, struct dnf a, struct dnf b)
{
	struct draft d = { 0 };

	if (!a.n || dnf_is_true(b))
		return b;
	if (!b.n || dnf_is_true(a))
		return a;
	for (size_t i = 0; i < a.n; i++)
		draft_add(&d, &a.items[i]);
	for (size_t i = 0; i < b.n; i++)
		draft_add(&d, &b.items[i]);
	return draft_done(arena, &d);
}
