/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"
#include "proc.h"

#include "base/clock.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define RING_BYTES_DEFAULT (4u << 20)
#define SNAPLEN_DEFAULT    80
#define HOLD_NS_DEFAULT    (NS_PER_S / 1000)
#define BUSY_HOLD_NS       NS_PER_S /* for a record that is being written */

struct live {
	struct source base;
	struct kernel_side kernel;
	struct live_options options; /* with the defaults filled in */
	struct ring rings[WIRE_LANES * WIRE_SHARDS_MAX];
	size_t nrings;
	struct ring *out; /* of the record handed out last, not yet released */
	struct lister lister;
	struct announced announced; /* until the list is told */
	bool starting;              /* the list of everything is not told yet */
	bool listing;               /* the lister has more to tell */
	bool first_waits;           /* of what the lister has, this is told first: */
	struct raw first;
	struct raw current; /* the event that comes next, or came last */
	bool comes_again;   /* behind the list */
	struct repairs repairs;
	int epoll;
	uint64_t hold_ns;
};

/* What a ring has to offer next. */
struct head {
	struct ring *ring;
	const uint8_t *record;
	uint32_t len;
	uint64_t ts, sequence;
};

static bool head_of(struct ring *r, struct head *out)
{
	struct wire_prefix prefix;
	uint64_t ts;

	out->ring = r;
	if (!ring_peek(r, &out->record, &out->len))
		return false;
	if (out->len < sizeof(prefix) + sizeof(struct wire_event))
		return false; /* our own programs never write such a record */
	memcpy(&prefix, out->record, sizeof(prefix));
	memcpy(&ts, out->record + sizeof(prefix), sizeof(ts));
	out->ts = ts;
	out->sequence = prefix.sequence;
	return true;
}

/* Within a thread group (the upper half of the sequence) the kernel's own count decides. */
static bool is_before(const struct head *a, const struct head *b)
{
	if (a->sequence >> 32 == b->sequence >> 32)
		return (int32_t)((uint32_t)a->sequence - (uint32_t)b->sequence) < 0;
	return a->ts < b->ts;
}

/* What rings that offer nothing can still bring before what others offer. */
enum missing {
	NOTHING,  /* there are no such rings */
	PERHAPS,  /* an empty one: something that was not begun when its time was taken */
	CERTAINLY /* one whose next record is being written, maybe by a CPU that was taken away */
};

/* The earliest event of all rings. */
static bool earliest(struct live *l, struct head *out, enum missing *missing)
{
	bool found = false;

	*missing = NOTHING;
	for (size_t i = 0; i < l->nrings; i++) {
		struct head h;

		if (!head_of(&l->rings[i], &h)) {
			if (ring_is_busy(&l->rings[i]))
				*missing = CERTAINLY;
			else if (*missing == NOTHING)
				*missing = PERHAPS;
			continue;
		}
		if (!found || is_before(&h, out))
			*out = h;
		found = true;
	}
	return found;
}

/* ---- What is there, told as events ----------------------------------------------------------- */

/* 1; 0 when all is told. At the start a failure is one; later one just knows no better. */
static int list_next(struct live *l, struct raw *raw, struct err *err)
{
	uint64_t start = clock_monotonic_ns();
	int n = 1;

	if (l->first_waits) {
		l->first_waits = false;
		*raw = l->first;
		return 1;
	}
	n = lister_next(&l->lister, raw, err);
	if (l->starting) {
		if (n == 1)
			announced_note(&l->announced, raw);
		else if (n == 0)
			n = announced_next(&l->announced, raw);
		l->starting = l->listing = n != 0;
		return n;
	}
	repairs_charge(&l->repairs, clock_monotonic_ns() - start);
	l->listing = n == 1;
	return l->listing;
}

static void list_again(struct live *l, uint32_t tgid, unsigned lost)
{
	lister_begin(&l->lister, tgid, true,
		     lost & WIRE_LOST_PROCESS ? LIST_TASKS | LIST_FDS : LIST_FDS);
	l->listing = true;
}

/* The event comes behind what is known of its process. */
static bool repair(struct live *l)
{
	const uint32_t tgid = (uint32_t)(l->current.sequence >> 32);
	const unsigned lost = repairs_due(&l->repairs, tgid, l->current.flags & WIRE_LOST);

	if (!lost)
		return false;
	l->current.flags &= (uint16_t)~WIRE_LOST;
	list_again(l, tgid, lost);
	l->comes_again = true;
	return true;
}

/* Nothing else is to be done: one that was put off. */
static bool repair_idle(struct live *l)
{
	uint32_t id = 0;
	const unsigned lost = repairs_idle(&l->repairs, &id);
	/* One that was put off when it was to be looked up may be any thread of its group. */
	const int64_t tgid = lost ? proc_group_of(id) : 0;

	if (tgid)
		list_again(l, (uint32_t)tgid, lost);
	return tgid;
}

/* A task that began after the event is another one of the same number. */
static bool is_of_current(const struct live *l, const struct raw *entry, int64_t *pid)
{
	struct event ev;
	uint64_t ts;

	if (event_open(&ev, entry) < 0 || ev.type != EVENT_PROC_ENTRY)
		return false;
	memcpy(&ts, l->current.bytes, sizeof(ts));
	*pid = event_int_or(&ev, PROC_ENTRY_PID, 0);
	return (uint64_t)event_int_or(&ev, PROC_ENTRY_START, 0) <= ts;
}

static enum look_up live_look_up(struct source *s, int64_t tid)
{
	struct live *l = (struct live *)s;
	uint64_t start = clock_monotonic_ns();
	struct err err;
	int64_t pid = 0;
	enum look_up may;
	bool found;

	if (!l->out || l->listing)
		return LOOK_UP_NOBODY;
	may = repairs_may_look_up(&l->repairs, tid, start);
	if (may != LOOK_UP_TOLD)
		return may;
	lister_begin(&l->lister, tid, false, LIST_TASKS | LIST_FDS);
	found = lister_next(&l->lister, &l->first, &err) == 1 && is_of_current(l, &l->first, &pid);
	repairs_looked_up(&l->repairs, tid, found, start);
	repairs_charge(&l->repairs, clock_monotonic_ns() - start);
	if (!found)
		return LOOK_UP_NOBODY;
	/* Descriptors are told of the leader; the others share them. */
	if (pid != tid)
		l->lister.left &= ~(unsigned)LIST_FDS;
	l->listing = l->first_waits = l->comes_again = true;
	return LOOK_UP_TOLD;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static int next_of_rings(struct live *l, struct raw *raw)
{
	/* Before the rings are looked at, one after the other: what comes meanwhile is younger. */
	const uint64_t now = kernel_now_ns(&l->kernel);
	struct wire_prefix prefix;
	struct head h;
	enum missing missing;

	if (l->out) {
		ring_release(l->out);
		l->out = NULL;
	}
	if (!earliest(l, &h, &missing))
		return -EAGAIN;
	if (missing != NOTHING && h.ts + (missing == CERTAINLY ? BUSY_HOLD_NS : l->hold_ns) > now)
		return -EAGAIN;
	memcpy(&prefix, h.record, sizeof(prefix));
	*raw = (struct raw){
		.bytes = h.record + sizeof(prefix),
		.len = h.len - (uint32_t)sizeof(prefix),
		.cpu = prefix.cpu,
		.flags = prefix.flags,
		.sequence = prefix.sequence,
	};
	ring_take(h.ring, h.len);
	l->out = h.ring;
	l->base.stats.events++;
	l->base.stats.bytes += h.len;
	return 1;
}

static int live_next(struct source *s, struct raw *raw, struct err *err)
{
	struct live *l = (struct live *)s;
	int n;

	for (;;) {
		if (l->listing && (n = list_next(l, raw, err)))
			return n;
		if (l->comes_again) {
			l->comes_again = false;
			*raw = l->current;
			return 1;
		}
		n = next_of_rings(l, &l->current);
		if (n == -EAGAIN && repair_idle(l))
			continue;
		if (n < 0)
			return n;
		if (!repair(l)) {
			*raw = l->current;
			return 1;
		}
	}
}

static bool live_is_gone(struct source *s, int64_t tid)
{
	const struct live *l = (const struct live *)s;

	return l->repairs.same_numbers && has_ended(tid);
}

static void live_close(struct source *s)
{
	struct live *l = (struct live *)s;

	lister_fini(&l->lister);
	announced_fini(&l->announced);
	kernel_unload(&l->kernel);
	for (size_t i = 0; i < l->nrings; i++)
		ring_close(&l->rings[i]);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l);
}

static int create_rings(struct live *l, const struct live_options *o, struct err *err)
{
	for (uint32_t lane = 0; lane < WIRE_LANES; lane++)
		for (uint32_t shard = 0; shard < o->shards; shard++) {
			uint32_t at = lane * WIRE_SHARDS_MAX + shard;
			uint32_t bytes =
				lane == WIRE_LANE_STATE ? o->state_ring_bytes : o->bulk_ring_bytes;
			struct ring *r = &l->rings[l->nrings];
			struct epoll_event ready = { .events = EPOLLIN };
			int n = ring_create(r, bytes, err);

			if (n < 0)
				return n;
			l->nrings++;
			if (bpf_map_update_elem(l->kernel.rings_fd, &at, &r->fd, BPF_ANY) < 0 ||
			    epoll_ctl(l->epoll, EPOLL_CTL_ADD, r->fd, &ready) < 0)
				return err_set(err, -errno, "hand a ring buffer to the kernel: %s",
					       strerror(errno));
		}
	return 0;
}

static uint32_t default_shards(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t shards = 1;

	while (shards * 4 < (uint32_t)(cpus > 0 ? cpus : 1) && shards < WIRE_SHARDS_MAX)
		shards *= 2;
	return shards;
}

struct source *source_open_live(const struct live_options *options, struct err *err)
{
	static const uint8_t nothing[WIRE_SYSCALLS_MAX];
	struct live_options o = *options;
	struct live *l = calloc(1, sizeof(*l));
	int n;

	if (!l) {
		err_set(err, -ENOMEM, "open a live source: %s", strerror(ENOMEM));
		return NULL;
	}
	o.snaplen = o.snaplen ? o.snaplen : SNAPLEN_DEFAULT;
	o.shards = o.shards ? o.shards : default_shards();
	o.state_ring_bytes = o.state_ring_bytes ? o.state_ring_bytes : RING_BYTES_DEFAULT;
	o.bulk_ring_bytes = o.bulk_ring_bytes ? o.bulk_ring_bytes : RING_BYTES_DEFAULT;
	l->base.next = live_next;
	l->base.look_up = live_look_up;
	l->base.is_gone = live_is_gone;
	l->starting = l->listing = true;
	repairs_init(&l->repairs);
	l->base.close = live_close;
	l->hold_ns = o.hold_ns ? o.hold_ns : HOLD_NS_DEFAULT;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->lister.fd = l->announced.ring.fd = -1;
	l->options = o;
	n = kernel_load_begin(&l->kernel, &o, o.want ? o.want : nothing, err);
	if (n == 0)
		n = create_rings(l, &o, err);
	if (n == 0)
		n = announced_init(&l->announced, &l->kernel, o.with_env, err);
	if (n == 0)
		n = kernel_load_end(&l->kernel, err);
	for (size_t i = 0; n == 0 && i < l->nrings; i++)
		n = ring_map(&l->rings[i], err);
	if (n == 0)
		n = ring_map(&l->announced.ring, err);
	if (n == 0 && o.scope == WIRE_SCOPE_CGROUP)
		n = scope_cgroup(l->kernel.needs, o.cgroup, err);
	if (n == 0) {
		/* Nobody is in scope before all programs are attached: none is told of without its end. */
		l->kernel.needs->scope = WIRE_SCOPE_TASKS;
		n = kernel_attach(&l->kernel, err);
		l->kernel.needs->scope = o.scope;
	}
	if (n == 0)
		n = lister_init(&l->lister, &l->kernel, &o, err);
	l->lister.same_numbers = l->repairs.same_numbers;
	if (n < 0) {
		live_close(&l->base);
		return NULL;
	}
	return &l->base;
}

int live_want(struct source *s, const uint8_t wanted[WIRE_SYSCALLS_MAX], bool signals,
	      struct err *err)
{
	struct live *l = (struct live *)s;
	int n = 0;

	/* Wider first: what is wanted from now on must have its program. */
	if (kernel_lacks(&l->kernel, wanted))
		n = kernel_load(&l->kernel, &l->options, wanted, err);
	if (n == 0 && (n = functions_follow(&l->kernel, wanted)) < 0)
		return err_set(err, n, "attach to the functions of system calls: %s", strerror(-n));
	if (n == 0) {
		copies_follow(&l->kernel, wanted);
		predicates_drop(&l->kernel, wanted);
		l->kernel.needs->signals = signals;
		/* Births in a process tree are events when all of it is known to be in scope. */
		if (l->options.scope != WIRE_SCOPE_TASKS)
			announced_born_before_now(&l->announced);
	}
	return n;
}

int live_push_down(struct source *s, const uint8_t wanted[WIRE_SYSCALLS_MAX],
		   const struct live_predicates *p, struct err *err)
{
	struct live *l = (struct live *)s;
	int n = 0;

	if (kernel_lacks(&l->kernel, wanted))
		n = kernel_load(&l->kernel, &l->options, wanted, err);
	if (n == 0 && (n = predicates_put(&l->kernel, wanted, p)) < 0)
		err_set(err, n, "hand predicates to the kernel: %s", strerror(-n));
	return n;
}

void live_saved(struct source *s, uint64_t out[WIRE_SYSCALLS_MAX])
{
	struct live *l = (struct live *)s;
	const int cpus = libbpf_num_possible_cpus();
	uint64_t *counts = calloc((size_t)cpus, sizeof(*counts));

	memset(out, 0, WIRE_SYSCALLS_MAX * sizeof(*out));
	for (uint32_t nr = 0; counts && nr < WIRE_SYSCALLS_MAX; nr++)
		if (bpf_map_lookup_elem(l->kernel.saved_fd, &nr, counts) == 0)
			for (int i = 0; i < cpus; i++)
				out[nr] += counts[i];
	free(counts);
}

void live_list_again(struct source *s)
{
	struct live *l = (struct live *)s;

	if (l->listing)
		return;
	lister_begin(&l->lister, 0, true, LIST_TASKS | LIST_FDS);
	l->listing = true;
}

int live_scope_pid(struct source *s, int64_t pid, struct err *err)
{
	struct live *l = (struct live *)s;
	int n = scope_tree(&l->kernel, pid, err);

	announced_born_before_now(&l->announced);
	return n;
}

void live_repairs(const struct source *s, struct live_repairs *out)
{
	const struct live *l = (const struct live *)s;

	*out = l->repairs.counts;
	out->waiting = l->repairs.nstale;
}

const char *live_uring_lacks(const struct source *s)
{
	const struct live *l = (const struct live *)s;

	return l->kernel.uring_lacks[0] ? l->kernel.uring_lacks : NULL;
}

bool live_uncovered(const struct source *s, unsigned native)
{
	const struct live *l = (const struct live *)s;

	return functions_uncovered(&l->kernel, native);
}

void live_wait(struct source *s, uint64_t timeout_ns)
{
	struct live *l = (struct live *)s;
	struct timespec most = { (time_t)(timeout_ns / NS_PER_S), (long)(timeout_ns % NS_PER_S) };
	struct pollfd p = { .fd = l->epoll, .events = POLLIN };
	struct head h;
	enum missing missing;

	/* The kernel takes tens of ms for that: not before the events queued meanwhile are told. */
	if (!l->starting)
		announced_fini(&l->announced);
	/* An event that came before the flag was seen woke nobody: look once more behind it. */
	__atomic_store_n(&l->kernel.needs->sleeping, 1, __ATOMIC_SEQ_CST);
	if (!earliest(l, &h, &missing))
		ppoll(&p, 1, &most, NULL);
	__atomic_store_n(&l->kernel.needs->sleeping, 0, __ATOMIC_SEQ_CST);
}

size_t live_losses(struct source *s, struct live_loss *out, size_t max)
{
	struct live *l = (struct live *)s;
	const int cpus = libbpf_num_possible_cpus();
	uint64_t *counts = calloc((size_t)cpus, sizeof(*counts));
	struct wire_loss_key key, *last = NULL;
	uint64_t missed;
	size_t n = 0;

	while (counts && bpf_map_get_next_key(l->kernel.losses_fd, last, &key) == 0) {
		last = &key;
		if (bpf_map_lookup_elem(l->kernel.losses_fd, &key, counts) < 0)
			continue;
		if (n < max) {
			out[n] = (struct live_loss){
				.cgroup = key.cgroup,
				.reason = (enum wire_loss)key.reason,
				.type = (uint16_t)key.type,
			};
			for (int i = 0; i < cpus; i++)
				out[n].count += counts[i];
		}
		n++;
	}
	free(counts);
	missed = kernel_missed(&l->kernel);
	if (missed) {
		if (n < max)
			out[n] = (struct live_loss){ .reason = WIRE_LOSS_RECURSION,
						     .count = missed };
		n++;
	}
	return n;
}
