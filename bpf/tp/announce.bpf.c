/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * Who is there when the agent begins to look may be gone before it is listed. While the list is
 * made, everybody who began earlier tells of itself: at the end of its first call that somebody
 * wants, or when it ends without one. Not told are the descriptors it has. On kernels before 6.16 a
 * task that ends has given its memory back already: of one that made no call, program and arguments
 * are not known.
 */

#include "core/entry.bpf.h"

/* Whether it tells of itself now, with `ctx` as of sys_exit or sched_process_exit. */
static __always_inline bool is_to_announce(struct task_struct *t, const struct wire_needs *n,
					   __u64 *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx[0];
	__u32 nr;

	if (t->start_boottime >= n->announce)
		return false;
	if (!is_exiting(t)) {
		nr = BPF_CORE_READ(regs, orig_ax);
		if (nr >= WIRE_SYSCALLS_MAX || !n->number[nr])
			return false;
	}
	return current_wanted(n);
}

/* Most live on and are listed: half of the ring is for those that do not. */
static __always_inline bool is_put_off(struct task_struct *t, void *ring)
{
	return !is_exiting(t) && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) >
					 bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 2;
}

/* True once for each thread; more often only when there is no memory to remember that. */
static __always_inline bool is_first(struct task_struct *t)
{
	__u32 *told = storage_make(&announced, t);

	if (!told)
		return true;
	if (*told)
		return false;
	*told = 1;
	return true;
}

/* On both tracepoints. Behind the call's own event, which is older than what this tells. */
SEC("raw_tp")
int announce(__u64 *ctx)
{
	struct task_struct *t = bpf_get_current_task_btf();
	__u32 zero = 0, at = WIRE_RING_ANNOUNCED, size;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);
	struct bpf_scratch *e;
	void *ring;

	if (!n || !is_to_announce(t, n, ctx))
		return 0;
	e = emit_scratch();
	ring = bpf_map_lookup_elem(&rings, &at);
	if (!e || !ring || is_put_off(t, ring) || !is_first(t))
		return 0;
	emit_open(e, EVENT_PROC_ENTRY, PROC_ENTRY_PARAMS, t->pid);
	emit_entry(e, t, n);
	size = e->at;
	emit_head(e, size, bpf_get_smp_processor_id(), WIRE_SYNTHETIC, 0);
	BOUND(size, 2 * WIRE_EVENT_MAX - 1);
	if (bpf_ringbuf_output(ring, e->bytes, size, BPF_RB_NO_WAKEUP) < 0)
		count_loss(WIRE_LOSS_RING, EVENT_PROC_ENTRY);
	return 0;
}
