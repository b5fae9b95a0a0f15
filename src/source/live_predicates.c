/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/bpf.h>
#include <errno.h>

/*
 * Predicates change while the kernel side reads them. Those in force are never written to: new
 * ones go to the other half, and that was left at the change before the last, so no program is
 * still reading there.
 */

#define ASKS (WIRE_NEED_EARLY | WIRE_NEED_LATE | WIRE_NEED_SUCCESS)

enum { COMPAT_SOCKETCALL = 102, COMPAT_IPC = 117 };

/* Numbers under which a wanted call can come: its own, and those 32-bit callers have for it. */
static void put_numbers(struct kernel_side *k, const uint8_t *wanted)
{
	uint8_t numbers[WIRE_SYSCALLS_MAX];

	memcpy(numbers, wanted, sizeof(numbers));
#define COMPAT(number, native, name)     numbers[number] |= wanted[native];
#define SOCKETCALL(number, native, name) numbers[COMPAT_SOCKETCALL] |= wanted[native];
#define IPC(number, native, name)        numbers[COMPAT_IPC] |= wanted[native];
#include "tables/compat_syscalls.def"
#undef COMPAT
#undef SOCKETCALL
#undef IPC
	memcpy(k->needs->number, numbers, sizeof(numbers));
}

void predicates_drop(struct kernel_side *k, const uint8_t *wanted)
{
	put_numbers(k, wanted);
	for (size_t i = 0; i < WIRE_SYSCALLS_MAX; i++)
		__atomic_store_n(&k->needs->syscall[i], (uint8_t)(wanted[i] & ~ASKS),
				 __ATOMIC_RELEASE);
}

/* Most predicates of calls that change the state say just this, and the dispatcher knows it. */
static bool asks_for_success(const struct wire_predicate *p)
{
	const struct wire_test *t = &p->tests[0];

	return p->n == 1 && t->reg == WIRE_REGISTER_RESULT && t->op == WIRE_TEST_RANGE &&
	       t->bits == 64 && t->is_signed && t->a[0] == 0 && t->b[0] == INT64_MAX;
}

static uint8_t need_of(uint8_t wanted, const struct wire_predicate *p)
{
	return asks_for_success(p) ? (uint8_t)((wanted & ~ASKS) | WIRE_NEED_SUCCESS) : wanted;
}

int predicates_put(struct kernel_side *k, const uint8_t *wanted, const struct live_predicates *p)
{
	const bool upper = !k->upper_half;
	const uint32_t first = upper ? WIRE_PREDICATES_HALF : 0;

	if (p->n > WIRE_PREDICATES_HALF)
		return -E2BIG;
	for (uint32_t i = 0; i < p->n; i++) {
		const uint32_t at = first + i;

		if (bpf_map_update_elem(k->predicates_fd, &at, &p->items[i], BPF_ANY) < 0)
			return -errno;
	}
	k->upper_half = upper;
	for (size_t i = 0; i < WIRE_SYSCALLS_MAX; i++) {
		if (!p->of[i])
			continue;
		k->needs->predicate[i] = (uint8_t)(first + p->of[i] - 1);
		__atomic_store_n(&k->needs->syscall[i], need_of(wanted[i], &p->items[p->of[i] - 1]),
				 __ATOMIC_RELEASE);
	}
	return 0;
}
