/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_REAPER_BPF_H
#define CORE_REAPER_BPF_H

/* Who becomes the parent of the children a task leaves behind, as the kernel chooses it. */

#include "emit.bpf.h"

#define PF_EXITING 0x4

#define REAPER_THREADS 16
#define REAPER_DEPTH   16

/*
 * A thread of the task's group that is not exiting; 0 when none is among the first ones. The
 * argument is an address. Global: the verifier sees it once, not in every turn of the loop below.
 */
__noinline int alive_thread(__u64 task)
{
	struct task_struct *t = (struct task_struct *)task;
	struct signal_struct *group = BPF_CORE_READ(t, signal);
	struct list_head *head =
		(void *)group + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *at = BPF_CORE_READ(head, next);

	for (int i = 0; i < REAPER_THREADS && at != head; i++) {
		struct task_struct *thread =
			(void *)at - bpf_core_field_offset(struct task_struct, thread_node);

		if (!(BPF_CORE_READ(thread, flags) & PF_EXITING))
			return BPF_CORE_READ(thread, pid);
		at = BPF_CORE_READ(at, next);
	}
	return 0;
}

/* The first ancestor in the same namespace that asked for orphans. */
static __always_inline int subreaper(struct task_struct *t)
{
	__u32 level = BPF_CORE_READ(t, thread_pid, level);
	struct task_struct *up = BPF_CORE_READ(t, real_parent);

	for (int i = 0; i < REAPER_DEPTH; i++) {
		struct task_struct *next = BPF_CORE_READ(up, real_parent);
		struct signal_struct *group = BPF_CORE_READ(up, signal);

		if (next == up || BPF_CORE_READ(up, thread_pid, level) != level)
			return 0;
		if (BPF_CORE_READ_BITFIELD_PROBED(group, is_child_subreaper)) {
			int tid = alive_thread(as_number(up));

			if (tid)
				return tid;
		}
		up = next;
	}
	return 0;
}

/* Of the current task: its tid in the first namespace; 0 when the task has no children. */
static __always_inline int current_reaper(void)
{
	struct task_struct *t = (struct task_struct *)bpf_get_current_task();
	struct list_head *children =
		(void *)t + bpf_core_field_offset(struct task_struct, children);
	struct signal_struct *group = BPF_CORE_READ(t, signal);
	struct pid *pid = BPF_CORE_READ(t, thread_pid);
	struct task_struct *init;
	struct upid own;
	__u32 level;
	int tid;

	if (BPF_CORE_READ(children, next) == children)
		return 0;
	tid = alive_thread(as_number(t));
	if (!tid && BPF_CORE_READ_BITFIELD_PROBED(group, has_child_subreaper))
		tid = subreaper(t);
	if (tid)
		return tid;
	level = BPF_CORE_READ(pid, level) & 31;
	bpf_core_read(&own, sizeof(own), &pid->numbers[level]);
	init = BPF_CORE_READ(own.ns, child_reaper);
	return init == t ? 0 : BPF_CORE_READ(init, pid);
}

#endif
