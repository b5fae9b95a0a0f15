/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Life and death of tasks, and the signals they get. */

#include "core/task.bpf.h"

/* Scope goes with a fork. Threads of a group share its leader's record and need nothing. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct wire_task *from, *to;

	if (child->pid != child->tgid)
		return 0;
	from = bpf_task_storage_get(&tasks, parent->group_leader, NULL, 0);
	if (!from || !from->scope)
		return 0;
	to = bpf_task_storage_get(&tasks, child, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (to)
		to->scope = from->scope;
	else
		count_loss(WIRE_LOSS_STORAGE, 0);
	return 0;
}

/* Happens to every task: leave at once when nobody asked for it. */
static __always_inline const struct wire_needs *wanted_here(void)
{
	__u32 zero = 0;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	return n && task_wanted(bpf_get_current_task_btf(), n) ? n : NULL;
}

#define SIGNAL_MASK 0x7f
#define CORE_BIT    0x80

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *t)
{
	struct bpf_scratch *e;
	__u32 status;

	if (!wanted_here())
		return 0;
	e = emit_begin(EVENT_PROCEXIT_1_E, PROCEXIT_1_E_PARAMS);
	if (!e)
		return 0;
	status = t->exit_code;
	emit_s64(e, status);
	emit_s64(e, status >> 8 & 0xff);
	emit_u8(e, status & SIGNAL_MASK);
	emit_u8(e, (status & CORE_BIT) != 0);
	emit_s64(e, 0);
	return emit_submit(e, WIRE_LANE_STATE);
}

/* Seen when a handler is about to run or the default action to happen; not for ignored signals. */
SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal, int sig)
{
	const struct wire_needs *n = wanted_here();
	struct bpf_scratch *e;

	if (!n || !n->signals)
		return 0;
	e = emit_begin(EVENT_SIGNALDELIVER_E, SIGNALDELIVER_E_PARAMS);
	if (!e)
		return 0;
	emit_s64(e, 0);
	emit_s64(e, (__u32)bpf_get_current_pid_tgid());
	emit_u8(e, sig);
	return emit_submit(e, WIRE_LANE_BULK);
}
