/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef EMIT_BPF_H
#define EMIT_BPF_H

/*
 * Putting one event together: begin, push parameters in the table's order, submit.
 *
 * Every write goes to scratch->bytes at an offset masked to the buffer, which is twice the
 * largest event, so that the verifier sees at once that nothing leaves it. An event that grew
 * over the maximum is dropped at submit, and counted.
 */

#include "copies.bpf.h"

#include <bpf/bpf_tracing.h>

enum event_type {
#define EVENT(number, id, name, category, flags) EVENT_##id = number,
#define PARAM(event, id, name, type, print, detail)
#define END
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END
};

/* CHDIR_X_PARAMS = 2: how many parameters the table gives an event. */
#define EVENT(number, id, name, category, flags)    enum { id##_PARAMS = 0
#define PARAM(event, id, name, type, print, detail) +1
#define END                                                                                        \
	}                                                                                          \
	;
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END

/* Keeps the compiler from forgetting a bound the verifier must see just before a helper's call. */
#define BOUND(v, mask) asm volatile("%0 &= %1" : "+r"(v) : "i"(mask))

#define EMIT_MASK  (WIRE_EVENT_MAX - 1)
#define EMIT_HEAD  ((__u32)(sizeof(struct wire_prefix) + sizeof(struct wire_event)))
#define STRING_CAP 4096

/*
 * The control group an event is counted for: that of v2, or where all tasks sit in its root, as on
 * hosts that still use v1, that of the memory controller.
 */
static __always_inline __u64 current_cgroup(void)
{
	struct task_struct *t = bpf_get_current_task_btf();
	struct cgroup *group = BPF_CORE_READ(t, cgroups, dfl_cgrp);

	if (BPF_CORE_READ(group, level) == 0 &&
	    bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		int memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);

		group = BPF_CORE_READ(t, cgroups, subsys[memory], cgroup);
	}
	return BPF_CORE_READ(group, kn, id);
}

/* A counter of this CPU. */
static __always_inline void count_up(__u64 *n)
{
	if (knob_functions)
		__sync_fetch_and_add(n, 1);
	else
		*n += 1;
}

/* Global: counting must not make every program longer for the verifier. */
__noinline int count_loss(__u32 reason, __u32 type)
{
	struct wire_loss_key key = {
		.cgroup = current_cgroup(),
		.reason = reason,
		.type = type,
	};
	__u64 one = 1, *n = bpf_map_lookup_elem(&losses, &key);

	if (n)
		count_up(n);
	else
		bpf_map_update_elem(&losses, &key, &one, BPF_NOEXIST);
	return 0;
}

/*
 * Takes a scratch for the current thread, until 0 is written to where that points. NULL when all are
 * in use by threads that were preempted.
 */
static __always_inline __u64 *scratch_claim(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct claims *c = bpf_map_lookup_elem(&claims, &cpu);
	__u64 thread = (__u32)bpf_get_current_pid_tgid();

	for (__u32 i = 1; c && i < WIRE_SCRATCHES; i++)
		if (__sync_val_compare_and_swap(&c->owner[i], 0, thread) == 0)
			return &c->owner[i];
	return NULL;
}

/* The current thread's scratch, or that of tracepoints. Global: the verifier sees it once. */
__noinline int scratch_of_thread(__u32 cpu)
{
	struct claims *c = bpf_map_lookup_elem(&claims, &cpu);
	__u64 thread = (__u32)bpf_get_current_pid_tgid();

	for (__u32 i = 1; c && i < WIRE_SCRATCHES; i++)
		if (c->owner[i] == thread)
			return cpu * WIRE_SCRATCHES + i;
	return cpu * WIRE_SCRATCHES;
}

static __always_inline struct bpf_scratch *emit_scratch(void)
{
	__u32 at = bpf_get_smp_processor_id();

	if (knob_functions)
		at = scratch_of_thread(at);
	return bpf_map_lookup_elem(&scratch, &at);
}

/*
 * The same number, of which the verifier knows nothing any more: it looks at what follows once, not
 * once per value.
 */
static __always_inline __u64 forget(struct bpf_scratch *e, __u64 v)
{
	*(volatile __u64 *)&e->forgotten = v;
	return *(volatile __u64 *)&e->forgotten;
}

#define EMIT_STORE(e, type, at, value) (*(type *)((e)->bytes + ((at)&EMIT_MASK)) = (value))

/*
 * Starts an event with `nparams` parameters. NULL when the scratch is in use. Of the header, the
 * length follows at submit.
 */
static __always_inline void emit_open(struct bpf_scratch *e, __u32 type, __u32 nparams, __u64 tid)
{
	e->type = type;
	e->flags = 0;
	e->lengths = EMIT_HEAD;
	e->at = EMIT_HEAD + nparams * sizeof(__u16);
	EMIT_STORE(e, __u64, 12, bpf_ktime_get_boot_ns() + knob_boot_epoch_ns);
	EMIT_STORE(e, __u64, 20, tid);
	EMIT_STORE(e, __u16, 32, type);
	EMIT_STORE(e, __u32, 34, nparams);
}

static __always_inline struct bpf_scratch *emit_begin(__u32 type, __u32 nparams)
{
	struct bpf_scratch *e = emit_scratch();

	if (e)
		emit_open(e, type, nparams, (__u32)bpf_get_current_pid_tgid());
	return e;
}

static __always_inline void emit_length(struct bpf_scratch *e, __u16 len)
{
	EMIT_STORE(e, __u16, e->lengths, len);
	e->lengths += sizeof(__u16);
	e->at += len;
}

#define EMIT_INT(name, type)                                                                       \
	static __always_inline void emit_##name(struct bpf_scratch *e, type v)                     \
	{                                                                                          \
		EMIT_STORE(e, type, e->at, v);                                                     \
		emit_length(e, sizeof(v));                                                         \
	}
EMIT_INT(u8, __u8)
EMIT_INT(u16, __u16)
EMIT_INT(u32, __u32)
EMIT_INT(u64, __u64)
EMIT_INT(s32, __s32)
EMIT_INT(s64, __s64)
#undef EMIT_INT

static __always_inline void emit_empty(struct bpf_scratch *e)
{
	emit_length(e, 0);
}

/* Some kernels (6.1 and 6.12 among them) do not count the NUL of an empty string. */
static __always_inline long read_user_str(void *to, __u32 cap, const void *from)
{
	long n = bpf_probe_read_user_str(to, cap, from);

	return n ? n : 1;
}

/*
 * The kernel's copy of the string at `from`. 0 when there is none, or when it copied from there
 * twice and nobody knows which one is meant. Global: seen once by the verifier.
 */
__noinline int emit_copy(struct bpf_scratch *e, __u64 from)
{
	__u32 flags = e ? e->flags : 0, i, len;
	const struct call_copies *c;
	const void *text;

	if (!e || !copies_run())
		return 0;
	e->flags = flags | WIRE_REREAD;
	c = copies_current();
	i = c ? copy_from(c, from) : COPIES_OF_CALL;
	if (!c || i >= COPIES_OF_CALL)
		return 0;
	if (c->of[i].state == COPY_KEPT)
		text = c->of[i].text;
	else if (c->of[i].state == COPY_KEPT_LONG)
		text = copy_long(i);
	else
		return 0;
	len = c->of[i].len;
	/* Read as kernel memory: the verifier need not know how much of which map that is. */
	BOUND(len, 2 * COPY_LONG - 1);
	if (bpf_probe_read_kernel(e->bytes + (e->at & EMIT_MASK), len, text) < 0)
		return 0;
	e->flags = flags | WIRE_COPIED;
	emit_length(e, len);
	return 1;
}

/*
 * A NUL-terminated string of the caller's memory, at most cap bytes with the NUL. What cannot be
 * read (never touched by the kernel, so not mapped yet) is absent, and counted.
 */
static __always_inline void emit_caller_str(struct bpf_scratch *e, __u64 from, __u32 cap)
{
	long n = 0;

	if (from) {
		n = read_user_str(e->bytes + (e->at & EMIT_MASK), cap, (void *)from);
		if (n < 0) {
			count_loss(WIRE_LOSS_READ, e->type);
			n = 0;
		} else if (n == cap) {
			count_loss(WIRE_LOSS_CUT, e->type);
		}
	}
	emit_length(e, n);
}

/* A string the kernel worked with: its own copy where that was kept. */
static __always_inline void emit_user_str(struct bpf_scratch *e, __u64 from, __u32 cap)
{
	if (!knob_copies || !from || !emit_copy(e, from))
		emit_caller_str(e, from, cap);
}

static __always_inline void emit_kernel_str(struct bpf_scratch *e, const void *from, __u32 cap)
{
	long n = 0;

	if (from) {
		n = bpf_probe_read_kernel_str(e->bytes + (e->at & EMIT_MASK), cap, from);
		if (n < 0)
			n = 0;
	}
	emit_length(e, n);
}

/* len bytes of the caller's memory, at most cap (a power of two minus one). */
static __always_inline void emit_user_bytes(struct bpf_scratch *e, __u64 from, __u64 len, __u32 cap)
{
	__u32 n = len < cap ? len : cap;

	if (!from || n == 0 ||
	    bpf_probe_read_user(e->bytes + (e->at & EMIT_MASK), n & cap, (void *)from) < 0) {
		if (from && n)
			count_loss(WIRE_LOSS_READ, e->type);
		n = 0;
	}
	emit_length(e, n);
}

/* A descriptor argument: the kernel looks at 32 bits of the register. */
static __always_inline void emit_fd(struct bpf_scratch *e, __u64 arg)
{
	emit_s64(e, (__s32)arg);
}

/* The first bytes of a data buffer, as many as the snaplen allows. */
static __always_inline void emit_data(struct bpf_scratch *e, __u64 from, __s64 len)
{
	__u32 n = len > 0 ? (len < knob_snaplen ? (__u32)len : knob_snaplen) : 0;

	n &= 0xffff;
	if (!from || n == 0) {
		emit_empty(e);
		return;
	}
	if (bpf_probe_read_user(e->bytes + (e->at & EMIT_MASK), n, (void *)from) < 0) {
		count_loss(WIRE_LOSS_READ, e->type);
		n = 0;
	}
	emit_length(e, n);
}

/* Words at a user address; 0 when unreadable. */
static __always_inline __u64 user_u64(__u64 at)
{
	__u64 v = 0;

	bpf_probe_read_user(&v, sizeof(v), (void *)at);
	return v;
}

static __always_inline __u32 user_u32(__u64 at)
{
	__u32 v = 0;

	bpf_probe_read_user(&v, sizeof(v), (void *)at);
	return v;
}

/* ---- Sending -------------------------------------------------------------------------------- */

/* What goes before the event, and how long the event is. */
static __always_inline void emit_head(struct bpf_scratch *e, __u32 size, __u16 cpu, __u16 flags,
				      __u64 sequence)
{
	EMIT_STORE(e, __u16, 0, cpu);
	EMIT_STORE(e, __u16, 2, flags);
	EMIT_STORE(e, __u64, 4, sequence);
	EMIT_STORE(e, __u32, 28, size - (__u32)sizeof(struct wire_prefix));
}

/*
 * What a map keeps of a task, made when there is none; NULL when there is no memory for it. Making
 * the first storage of a task fails when another program makes it at the same time: try again.
 */
static __always_inline void *storage_make(void *map, struct task_struct *t)
{
	void *kept = bpf_task_storage_get(map, t, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	return kept ? kept : bpf_task_storage_get(map, t, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* A leader's record. */
static __always_inline struct wire_task *record_make(struct task_struct *leader)
{
	return storage_make(&tasks, leader);
}

/* The record of a task's thread group; NULL (counted) when there is no memory for it. */
static __always_inline struct wire_task *record_of(struct task_struct *task, __u32 type)
{
	struct task_struct *leader = task->group_leader;
	struct wire_task *t = record_make(leader);

	if (!t) {
		count_loss(WIRE_LOSS_STORAGE, type);
	} else if (t->moved) {
		__u32 tgid = leader->tgid;
		struct wire_task *elsewhere = bpf_map_lookup_elem(&headless, &tgid);

		if (elsewhere)
			return elsewhere;
	}
	return t;
}

static __always_inline struct wire_task *current_record(__u32 type)
{
	return record_of(bpf_get_current_task_btf(), type);
}

/* The agent looks at the rings by itself while events come; only a sleeping one must be woken. */
static __always_inline __u64 wake_up(void)
{
	__u32 zero = 0;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	if (!n || !n->sleeping)
		return BPF_RB_NO_WAKEUP;
	n->sleeping = 0;
	return BPF_RB_FORCE_WAKEUP;
}

/*
 * In the lane of state changes, events of descriptors are shed before those of processes. A lane
 * given to emit_submit may carry this mark.
 */
#define EMIT_FD      0x80
#define EMIT_LANE(l) ((l)&0x7f)
#define LANE_FD      (WIRE_LANE_STATE | EMIT_FD)

#define SHARE_PART 8 /* of the ring, for the descriptors of one control group; processes: twice */

/*
 * Whether an event may go into a ring that is more than half full: only while its control group has
 * some of its share left, and descriptors never into the last eighth. A share is given anew when as
 * much has been taken out of the ring; so one group can never fill more than three quarters, however
 * long the agent is kept from reading, and what others do still finds room. `lane_of_ring`: the
 * lane in the lower byte, above it the shard.
 */
__noinline int share_allows(__u32 lane_of_ring, __u64 used, __u64 size, __u64 consumed, __u32 bytes)
{
	struct share_key key = { .ring = lane_of_ring & ~EMIT_FD };
	struct share fresh = { consumed, bytes }, *s;
	__u64 most = size / SHARE_PART;

	if (lane_of_ring & EMIT_FD && used > size - most)
		return 0;
	if ((lane_of_ring & 0xff) == WIRE_LANE_STATE)
		most *= 2;
	key.cgroup = current_cgroup();
	s = bpf_map_lookup_elem(&shares, &key);
	if (!s) {
		bpf_map_update_elem(&shares, &key, &fresh, BPF_NOEXIST);
		return 1;
	}
	if (consumed - s->since >= size / SHARE_PART) {
		s->since = consumed;
		s->bytes = 0;
	}
	if (s->bytes + bytes > most)
		return 0;
	__sync_fetch_and_add(&s->bytes, bytes);
	return 1;
}

/* What the agent must know of a lost event: the group's next one tells it. */
static __always_inline __u64 lost_of(__u32 lane)
{
	if (EMIT_LANE(lane) != WIRE_LANE_STATE)
		return 0;
	return lane & EMIT_FD ? WIRE_LOST_FDS : WIRE_LOST_PROCESS;
}

static __always_inline int emit_lost(struct bpf_scratch *e, struct wire_task *t, __u64 lost,
				     __u32 reason)
{
	count_loss(reason, e->type);
	if (t && lost)
		__sync_fetch_and_or(&t->lost, lost);
	return 0;
}

/*
 * Whether the ring takes the event. To ask how full it is costs a tenth of what an event costs, so
 * that is done only after some bytes have been put in, and each time while it is more than half
 * full; what all CPUs put in unasked is little beside the ring.
 */
static __always_inline bool ring_takes(struct bpf_scratch *e, void *ring, __u32 at, __u32 lane,
				       __u32 size)
{
	__u32 *unlooked = &e->unlooked[at & (WIRE_LANES * WIRE_SHARDS_MAX - 1)];
	__u64 used, room;

	*unlooked += size;
	if (*unlooked < knob_look_every)
		return true;
	used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	room = bpf_ringbuf_query(ring, BPF_RB_RING_SIZE);
	if (used > room / 2) {
		*unlooked = knob_look_every;
		return share_allows(lane | (at & (WIRE_SHARDS_MAX - 1)) << 8, used, room,
				    bpf_ringbuf_query(ring, BPF_RB_CONS_POS), size);
	}
	*unlooked = 0;
	return true;
}

/*
 * Completes the event and puts it into its lane's ring for this thread group. The number within
 * the group is taken even when the ring is full: the gap tells the agent that something is missing.
 * Without a record there is no number: 0.
 */
static __always_inline int emit_submit_of(struct bpf_scratch *e, __u32 lane, __u32 tgid,
					  struct wire_task *t)
{
	__u32 shard = tgid & knob_shards_mask;
	__u32 at = EMIT_LANE(lane) * WIRE_SHARDS_MAX + (shard & (WIRE_SHARDS_MAX - 1));
	void *ring = bpf_map_lookup_elem(&rings, &at);
	__u32 size = e->at;
	__u64 flags, lost = 0;

	if (!ring || size > WIRE_EVENT_MAX)
		return emit_lost(e, t, lost_of(lane), WIRE_LOSS_RING);
	if (t && t->lost)
		lost = __sync_fetch_and_and(&t->lost, 0);
	/* The group in the upper half, its count in the lower. */
	emit_head(e, size, bpf_get_smp_processor_id(), e->flags | lost,
		  (__u64)tgid << 32 | (__u32)(t ? __sync_fetch_and_add(&t->sequence, 1) + 1 : 0));
	if (!ring_takes(e, ring, at, lane, size))
		return emit_lost(e, t, lost | lost_of(lane), WIRE_LOSS_SHARE);
	flags = wake_up();
	/* Kernels before 6.2 forget across calls that it was compared. */
	BOUND(size, 2 * WIRE_EVENT_MAX - 1);
	if (bpf_ringbuf_output(ring, e->bytes, size, flags) < 0)
		emit_lost(e, t, lost | lost_of(lane), WIRE_LOSS_RING);
	return 0;
}

static __always_inline int emit_submit(struct bpf_scratch *e, __u32 lane)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return emit_submit_of(e, lane, task->tgid, record_of(task, e->type));
}

#endif
