/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <inttypes.h>

/* Which events: " (openat 12, close 3)". */
static void name_types(struct buf *out, const struct live_loss *losses, size_t n,
		       enum wire_loss reason)
{
	uint64_t counts[EVENT_TYPES] = { 0 };
	const char *before = " (";

	for (size_t i = 0; i < n; i++)
		if (losses[i].reason == reason && losses[i].type < EVENT_TYPES)
			counts[losses[i].type] += losses[i].count;
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		if (!counts[type])
			continue;
		buf_printf(out, "%s%.*s %" PRIu64, before, STR_ARG(event_info(type)->name),
			   counts[type]);
		before = ", ";
	}
	buf_printf(out, "%s", *before == ',' ? ")" : "");
}

/*
 * Whose they were: each control group once, by the inode number of its directory, since that may be
 * gone by now, and with it its name.
 */
static void print_groups(const struct live_loss *losses, size_t n, enum wire_loss reason)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t sum = 0;
		bool told = false;

		for (size_t j = 0; j < n; j++)
			if (losses[j].reason == reason && losses[j].cgroup == losses[i].cgroup) {
				told |= j < i;
				sum += losses[j].count;
			}
		if (losses[i].reason == reason && !told)
			complain("  %" PRIu64 " in control group %" PRIu64, sum, losses[i].cgroup);
	}
}

static bool is_of_events(enum wire_loss reason)
{
	return reason == WIRE_LOSS_RING || reason == WIRE_LOSS_SHARE;
}

void print_losses(struct source *s)
{
	static const char *const reasons[WIRE_LOSSES] = {
		[WIRE_LOSS_RING] = "events lost: a ring buffer was full",
		[WIRE_LOSS_SHARE] = "events lost: a ring buffer was filling up and their control "
				    "group had used its share",
		[WIRE_LOSS_TAIL_CALL] = "events lost: a kernel program is missing",
		[WIRE_LOSS_STORAGE] = "events without a number: no memory for their process",
		[WIRE_LOSS_READ] = "parameters absent: their memory could not be read",
		[WIRE_LOSS_CUT] = "parameters cut: longer than their limit",
		[WIRE_LOSS_URING] =
			"requests of io_urings whose beginning, end or names were missed",
	};
	struct live_loss losses[1024];
	size_t n = live_losses(s, losses, ARRAY_SIZE(losses));
	uint64_t sums[WIRE_LOSSES] = { 0 };

	if (n > ARRAY_SIZE(losses))
		n = ARRAY_SIZE(losses);
	for (size_t i = 0; i < n; i++)
		if (losses[i].reason < WIRE_LOSSES)
			sums[losses[i].reason] += losses[i].count;
	for (size_t i = 0; i < WIRE_LOSSES; i++) {
		struct buf types = { 0 };

		if (!sums[i] || !reasons[i])
			continue;
		if (is_of_events((enum wire_loss)i))
			name_types(&types, losses, n, (enum wire_loss)i);
		complain("%" PRIu64 " %s%.*s", sums[i], reasons[i], (int)types.len,
			 types.len ? types.p : "");
		buf_fini(&types);
		if (is_of_events((enum wire_loss)i))
			print_groups(losses, n, (enum wire_loss)i);
	}
}

void print_unseen(const struct source *s)
{
	const char *why = live_uring_lacks(s);

	if (why)
		complain("what is handed in through io_urings is not seen: %s", why);
}

void print_saved(struct source *s)
{
	uint64_t saved[WIRE_SYSCALLS_MAX], sum = 0;

	live_saved(s, saved);
	for (unsigned nr = 0; nr < ARRAY_SIZE(saved); nr++) {
		const int code = saved[nr] ? syscall_from_native(nr) : -1;

		sum += saved[nr];
		if (code >= 0)
			complain("%" PRIu64 " events of %.*s kept back in the kernel: no rule can "
				 "match them",
				 saved[nr], STR_ARG(syscall_info((unsigned)code)->name));
	}
	complain("%" PRIu64 " events kept back in the kernel", sum);
}
