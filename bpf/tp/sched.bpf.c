/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Life and death of tasks, and the signals they get. */

#include "core/reaper.bpf.h"
#include "core/task.bpf.h"

/*
 * Scope goes with a fork, and so does what is not known for sure: the child has the parent's
 * descriptors. Threads of a group share its leader's record and need nothing.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct wire_task *from, *to, *elsewhere;
	__u32 tgid = parent->tgid;

	if (child->pid != child->tgid)
		return 0;
	from = bpf_task_storage_get(&tasks, parent->group_leader, NULL, 0);
	if (from && from->moved) {
		elsewhere = bpf_map_lookup_elem(&headless, &tgid);
		if (elsewhere)
			from = elsewhere;
	}
	if (!from || (!from->scope && !from->lost))
		return 0;
	to = record_make(child);
	if (to) {
		to->scope = from->scope;
		to->lost = from->lost;
	} else {
		count_loss(WIRE_LOSS_STORAGE, 0);
	}
	return 0;
}

/*
 * The last of its group forgets the record; a leader that goes first leaves it to the others.
 * Global: the verifier sees it once.
 */
__noinline int pass_record_on(void)
{
	struct task_struct *t = bpf_get_current_task_btf(), *leader = t->group_leader;
	struct wire_task *from = bpf_task_storage_get(&tasks, leader, NULL, 0);
	int others = BPF_CORE_READ(t, signal, live.counter);
	__u32 tgid = t->tgid;

	if (!from)
		return 0;
	if (from->moved && others == 0) {
		bpf_map_delete_elem(&headless, &tgid);
	} else if (t == leader && others > 0) {
		struct wire_task copy = { from->sequence, from->lost, from->scope, false };

		if (bpf_map_update_elem(&headless, &tgid, &copy, BPF_ANY) < 0)
			count_loss(WIRE_LOSS_STORAGE, EVENT_PROCEXIT_1_E);
		else
			from->moved = true;
	}
	return 0;
}

/* A thread that executes a program while it is not the leader becomes the leader. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *t, int old_pid)
{
	struct wire_task *from, *to;
	__u32 tgid = t->tgid;

	if (old_pid == t->pid)
		return 0;
	from = bpf_map_lookup_elem(&headless, &tgid);
	if (!from)
		return 0;
	to = record_make(t);
	if (to) {
		to->sequence = from->sequence;
		to->lost = from->lost;
		to->scope = from->scope;
	} else {
		count_loss(WIRE_LOSS_STORAGE, EVENT_EXECVE_19_X);
	}
	bpf_map_delete_elem(&headless, &tgid);
	return 0;
}

/* Happens to every task: leave at once when nobody asked for it. */
static __always_inline const struct wire_needs *wanted_here(void)
{
	__u32 zero = 0;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	return n && current_wanted(n) ? n : NULL;
}

#define SIGNAL_MASK 0x7f
#define CORE_BIT    0x80

static __always_inline void emit_exit(struct task_struct *t)
{
	struct bpf_scratch *e = emit_begin(EVENT_PROCEXIT_1_E, PROCEXIT_1_E_PARAMS);
	__u32 status;

	if (!e)
		return;
	status = t->exit_code;
	emit_s64(e, status);
	emit_s64(e, status >> 8 & 0xff);
	emit_u8(e, status & SIGNAL_MASK);
	emit_u8(e, (status & CORE_BIT) != 0);
	emit_s64(e, current_reaper());
	emit_submit(e, WIRE_LANE_STATE);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *t)
{
	if (wanted_here())
		emit_exit(t);
	copies_forget();
	pass_record_on();
	return 0;
}

#define SI_KERNEL 0x80 /* the kernel itself */
#define SIGCHLD   17

/*
 * Who sent a signal, 0 when it is not known. The number is that of the receiver's namespace, so it
 * says something here only in the first one.
 */
static __always_inline int sender_of(int sig, const struct kernel_siginfo *info)
{
	int code;

	if (!info || BPF_CORE_READ(bpf_get_current_task_btf(), thread_pid, level))
		return 0;
	code = BPF_CORE_READ(info, si_code);
	return code <= 0 || sig == SIGCHLD ? BPF_CORE_READ(info, _sifields._kill._pid) : 0;
}

/* Seen when a handler is about to run or the default action to happen; not for ignored signals. */
SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal, int sig, struct kernel_siginfo *info)
{
	const struct wire_needs *n = wanted_here();
	struct bpf_scratch *e;

	if (!n || !n->signals)
		return 0;
	e = emit_begin(EVENT_SIGNALDELIVER_E, SIGNALDELIVER_E_PARAMS);
	if (!e)
		return 0;
	emit_s64(e, sender_of(sig, info));
	emit_s64(e, (__u32)bpf_get_current_pid_tgid());
	emit_u8(e, sig);
	return emit_submit(e, WIRE_LANE_BULK);
}
