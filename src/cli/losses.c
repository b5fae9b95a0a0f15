/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <inttypes.h>

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

	for (size_t i = 0; i < n && i < ARRAY_SIZE(losses); i++)
		if (losses[i].reason < WIRE_LOSSES)
			sums[losses[i].reason] += losses[i].count;
	for (size_t i = 0; i < WIRE_LOSSES; i++)
		if (sums[i] && reasons[i])
			complain("%" PRIu64 " %s", sums[i], reasons[i]);
}

void print_unseen(const struct source *s)
{
	const char *why = live_uring_lacks(s);

	if (why)
		complain("what is handed in through io_urings is not seen: %s", why);
}
