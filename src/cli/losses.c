/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <inttypes.h>

#include "base/clock.h"

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

/* The rules that could have matched, had they seen them. */
static void print_blind(const struct ruleset *rules, const struct live_loss *losses, size_t n)
{
	struct buf blind = { 0 };

	losses_blind(&blind, rules, losses, n);
	if (blind.len)
		complain("  rules that may have missed something: %.*s", STR_ARG(buf_view(&blind)));
	buf_fini(&blind);
}

void print_losses(struct source *s, const struct ruleset *rules)
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
		[WIRE_LOSS_RECURSION] =
			"times a kernel program was kept from interrupting itself: its event is "
			"lost",
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
		if (loss_is_of_events((enum wire_loss)i))
			name_types(&types, losses, n, (enum wire_loss)i);
		complain("%" PRIu64 " %s%.*s", sums[i], reasons[i], (int)types.len,
			 types.len ? types.p : "");
		buf_fini(&types);
		if (loss_is_of_events((enum wire_loss)i))
			print_groups(losses, n, (enum wire_loss)i);
	}
	print_blind(rules, losses, n);
}

void print_repairs(const struct source *s, const struct engine_stats *e)
{
	struct live_repairs r;

	live_repairs(s, &r);
	if (r.looked_up || r.not_found)
		complain("%" PRIu64 " threads were found late and looked up, %" PRIu64
			 " were gone by then",
			 r.looked_up, r.not_found);
	if (r.reread || r.waiting + r.given_up)
		complain("%" PRIu64 " times a process was read again since events of it were lost; "
			 "%" PRIu64 " were not for lack of time",
			 r.reread, r.waiting + r.given_up);
	if (e->swept)
		complain("%" PRIu64 " threads had ended unseen", e->swept);
}

bool act_on_losses(struct losses *l, struct engine *e, struct source *s, struct outputs *outputs)
{
	struct losses_news news;

	if (!losses_look(l, e, s, &news))
		return true;
	if (news.log)
		complain("%.*s", STR_ARG(news.text));
	if (news.line.len)
		outputs_send(outputs,
			     &(struct alert_text){ .line = news.line,
						   .rule = STR("Falco internal: syscall event "
							       "drop"),
						   .priority = STR("Debug"),
						   .severity = PRIORITY_DEBUG,
						   .ts = clock_realtime_ns() });
	if (news.exit)
		complain("%.*s Exiting.", STR_ARG(news.text));
	return !news.exit;
}

void print_unseen(const struct source *s)
{
	const char *why = live_uring_lacks(s);

	if (why)
		complain("what is handed in through io_urings is not seen: %s", why);
	for (unsigned nr = 0; nr < WIRE_SYSCALLS_MAX; nr++) {
		const int code = live_uncovered(s, nr) ? syscall_from_native(nr) : -1;

		if (code >= 0)
			complain(
				"the system call %.*s is not seen: this kernel has no function of it "
				"that programs can be attached to",
				STR_ARG(syscall_info((unsigned)code)->name));
	}
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
