/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_PREDICATE_BPF_H
#define CORE_PREDICATE_BPF_H

/*
 * Whether an event can matter to any rule: wire.h says what a predicate is. It is asked up to two
 * times: at the call's end, when only result and arguments are known (all other tests count as
 * true), and once the event is put together. A text is tested in the copy that is then sent, never
 * in the caller's memory: another thread may change that between two looks.
 */

#include "emit.bpf.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* 0x80 in every byte that is 0. */
static __always_inline __u64 zero_bytes(__u64 x)
{
	const __u64 low = 0x7f7f7f7f7f7f7f7full;

	return ~(((x & low) + low) | x | low);
}

/* Where parameter i of the event begins; the lengths of those before it are added up. */
__noinline int param_at(struct bpf_scratch *e, __u32 i)
{
	__u32 at;

	if (!e)
		return 0;
	at = EMIT_HEAD + *(__u16 *)(e->bytes + 34) * sizeof(__u16);
	for (__u32 k = 0; k < WIRE_TEST_PARAMS; k++) {
		if (k >= i)
			break;
		at += *(__u16 *)(e->bytes + EMIT_HEAD + k * sizeof(__u16));
	}
	return at & EMIT_MASK;
}

#define EVERY_BYTE(b) (0x0101010101010101ull * (b))

/* A path that normalising leaves as it is, but for a slash at its end. `len` counts the NUL. */
__noinline int path_is_plain(struct bpf_scratch *e, __u32 at, __u32 len)
{
	if (!e || len > WIRE_PLAIN_BYTES)
		return 0;
	for (__u32 i = 0; i < WIRE_PLAIN_BYTES; i += 8) {
		__u64 here, next, mask = ~0ull, odd;

		if (i + 1 >= len)
			break;
		if (len - 1 - i < 8)
			mask >>= 64 - 8 * ((len - 1 - i) & 7);
		here = *(__u64 *)(e->bytes + ((at + i) & EMIT_MASK));
		next = *(__u64 *)(e->bytes + ((at + i + 1) & EMIT_MASK));
		odd = zero_bytes(here ^ EVERY_BYTE('/')) &
		      (zero_bytes(next ^ EVERY_BYTE('/')) | zero_bytes(next ^ EVERY_BYTE('.')));
		/* above ASCII, control characters, DEL */
		odd |= here & EVERY_BYTE(0x80);
		odd |= zero_bytes(here & EVERY_BYTE(0xe0));
		odd |= zero_bytes(here ^ EVERY_BYTE(0x7f));
		if (odd & mask)
			return 0;
	}
	return 1;
}

static __always_inline bool text_holds(struct bpf_scratch *e, const struct wire_test *t, __u32 at,
				       __u32 len)
{
	const __u8 *text;
	__u64 differs = 0;

	BOUND(at, EMIT_MASK);
	text = e->bytes + at;
	if (len == 0 || *text == '(') /* "(NULL)" is no text */
		return true;
	if (t->relative && *text != '/')
		return true;
	if (t->plain && !path_is_plain(e, at, len))
		return true;
	for (__u32 i = 0; i < WIRE_PREFIX_WORDS; i++)
		differs |= (*(__u64 *)(text + 8 * i) ^ t->a[i]) & t->b[i];
	return (differs == 0) == (t->op == WIRE_TEST_PREFIX);
}

static __always_inline bool number_holds(const struct wire_test *t, __u64 v)
{
	const __u32 shift = (64 - t->bits) & 63;

	v <<= shift;
	v = t->is_signed ? (__u64)((__s64)v >> shift) : v >> shift;
	switch (t->op) {
	case WIRE_TEST_RANGE:
		return v - t->a[0] <= t->b[0];
	case WIRE_TEST_SET:
		v -= t->b[0];
		return v < 64 ? t->a[0] >> (v & 63) & 1 : t->outside;
	case WIRE_TEST_BITS:
		return v & t->a[0];
	case WIRE_TEST_NO_BITS:
		return !(v & t->a[0]);
	}
	return true;
}

/* A global function: the verifier looks at it once, not once for every place in the loop. */
__noinline int test_holds(const struct call *c, const struct wire_test *t, __u32 late)
{
	struct bpf_scratch *e;
	__u32 arg, at, len;

	if (!c || !t)
		return 1;
	if (t->reg == WIRE_REGISTER_RESULT)
		return number_holds(t, c->ret);
	arg = t->reg - WIRE_REGISTER_ARG;
	BOUND(arg, 255);
	if (t->reg && arg < ARRAY_SIZE(c->args))
		return number_holds(t, c->args[arg]);
	e = late ? emit_scratch() : NULL;
	if (!e)
		return 1;
	at = param_at(e, t->param);
	len = *(__u16 *)(e->bytes + EMIT_HEAD + (t->param & (WIRE_TEST_PARAMS - 1)) * 2);
	if (t->op == WIRE_TEST_PREFIX || t->op == WIRE_TEST_NO_PREFIX)
		return text_holds(e, t, at, len);
	BOUND(at, EMIT_MASK);
	return len * 8 != t->bits || number_holds(t, *(__u64 *)(e->bytes + at));
}

__noinline int predicate_holds(const struct call *c, __u32 slot, __u32 late)
{
	const struct wire_predicate *p = bpf_map_lookup_elem(&predicates, &slot);
	__u32 holds = 1;

	if (!c || !p)
		return 1;
	for (__u32 i = 0; i < WIRE_TESTS_MAX; i++) {
		if (i >= p->n)
			break;
		holds &= test_holds(c, &p->tests[i], late);
		if (p->tests[i].last & holds)
			return 1;
		holds |= p->tests[i].last;
	}
	return 0;
}

static __always_inline void count_saved(__u32 nr)
{
	__u64 *count = bpf_map_lookup_elem(&saved, &nr);

	if (count)
		count_up(count);
}

/* True when the event may matter; otherwise it is counted as not sent. */
static __always_inline bool event_wanted(const struct call *c, const struct wire_needs *n,
					 __u32 native, bool late)
{
	__u32 nr = native & (WIRE_SYSCALLS_MAX - 1);

	if (predicate_holds(c, n->predicate[nr], late))
		return true;
	count_saved(nr);
	return false;
}

#endif
