/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"
#include "proc.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CREDIT_PART 20                   /* of the time, at most one in so many */
#define CREDIT_MAX  (NS_PER_S / 5)       /* saved up for a burst */
#define MISSED_NS   NS_PER_S             /* a thread not found is not looked for again before */
#define FIRST_PIDNS UINT64_C(0xEFFFFFFC) /* the kernel's inode number for it */

uint64_t kernel_now_ns(const struct kernel_side *k)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (uint64_t)boot.tv_sec * NS_PER_S + (uint64_t)boot.tv_nsec + k->boot_epoch_ns;
}

/* Everybody has a process group until the parent has been told of the end. */
bool kernel_has_no(int64_t tid)
{
	return getpgid((pid_t)tid) < 0 && errno == ESRCH;
}

bool has_ended(int64_t tid)
{
	return kernel_has_no(tid) || proc_is_exiting(tid);
}

void repairs_init(struct repairs *r)
{
	struct stat st;

	r->same_numbers = stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == FIRST_PIDNS;
	r->credit_ns = CREDIT_MAX;
	r->credited_at = clock_monotonic_ns();
}

static bool has_credit(struct repairs *r, uint64_t now)
{
	r->credit_ns += (int64_t)((now - r->credited_at) / CREDIT_PART);
	r->credited_at = now;
	if (r->credit_ns > (int64_t)CREDIT_MAX)
		r->credit_ns = CREDIT_MAX;
	return r->credit_ns > 0;
}

void repairs_charge(struct repairs *r, uint64_t ns)
{
	r->credit_ns -= (int64_t)ns;
}

static void put_off(struct repairs *r, uint32_t tgid, unsigned lost)
{
	const size_t i = tgid & (REPAIRS_SLOTS - 1);

	r->counts.put_off++;
	if (r->stale[i].lost && r->stale[i].tgid != tgid)
		r->counts.given_up++;
	else
		r->nstale += !r->stale[i].lost;
	r->stale[i].tgid = tgid;
	r->stale[i].lost = lost;
}

unsigned repairs_due(struct repairs *r, uint32_t tgid, unsigned lost)
{
	const size_t i = tgid & (REPAIRS_SLOTS - 1);
	const bool waits = r->nstale && r->stale[i].lost && r->stale[i].tgid == tgid;

	if (waits)
		lost |= r->stale[i].lost;
	if (!lost || !r->same_numbers)
		return 0;
	if (!has_credit(r, clock_monotonic_ns())) {
		put_off(r, tgid, lost);
		return 0;
	}
	if (waits) {
		r->stale[i].lost = 0;
		r->nstale--;
	}
	r->counts.reread++;
	return lost;
}

unsigned repairs_idle(struct repairs *r, uint32_t *tgid)
{
	if (!r->nstale || !has_credit(r, clock_monotonic_ns()))
		return 0;
	for (size_t n = 0; n < REPAIRS_SLOTS; n++) {
		const size_t i = r->next++ & (REPAIRS_SLOTS - 1);

		if (!r->stale[i].lost)
			continue;
		*tgid = r->stale[i].tgid;
		return repairs_due(r, *tgid, 0);
	}
	return 0;
}

enum look_up repairs_may_look_up(struct repairs *r, int64_t tid, uint64_t now)
{
	const size_t i = (size_t)tid & (REPAIRS_SLOTS - 1);

	if (!r->same_numbers || (r->missed[i].tid == tid && now < r->missed[i].until))
		return LOOK_UP_NOBODY;
	if (has_credit(r, now))
		return LOOK_UP_TOLD;
	put_off(r, (uint32_t)tid, WIRE_LOST_PROCESS);
	return LOOK_UP_LATER;
}

void repairs_looked_up(struct repairs *r, int64_t tid, bool found, uint64_t now)
{
	const size_t i = (size_t)tid & (REPAIRS_SLOTS - 1);

	r->counts.looked_up += found;
	/* One that is still there is out of scope. */
	r->counts.not_found += !found && kernel_has_no(tid);
	if (found)
		return;
	r->missed[i].tid = tid;
	r->missed[i].until = now + MISSED_NS;
}
