/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * Asking a call's predicate: before and after its event is put together. Loaded only where there
 * are predicates; when one of these programs is not there, its callers go on as if it said yes.
 */

#include "call.bpf.h"

/*
 * What result and arguments say already. A 32-bit caller's are not looked at: they are made those
 * of its namesake only where the event is put together.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_early, struct pt_regs *regs, long ret)
{
	__u32 zero = 0, nr;
	struct task_struct *task = bpf_get_current_task_btf();
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);
	struct call c;

	if (!n || !call_number(task, regs, &nr))
		return 0;
	if (!task_is_compat(task)) {
		call_read_native(task, &c, regs, ret);
		if (!event_wanted(&c, n, nr, false)) {
			copies_forget();
			return 0;
		}
	}
	bpf_tail_call(ctx, &exit_programs, nr);
	bpf_tail_call(ctx, &exit_programs, WIRE_GENERIC);
	count_loss(WIRE_LOSS_TAIL_CALL, nr);
	return 0;
}

/* The event in the scratch, complete but not sent. */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_send, struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_scratch();

	copies_forget();
	return e ? emit_submit(e, e->lane) : 0;
}

/*
 * The event in the scratch, complete but not sent. A 32-bit caller's number is not the one that
 * needs go by, so it may get here with an event that nobody has a predicate for.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_late, struct pt_regs *regs, long ret)
{
	__u32 zero = 0;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);
	struct bpf_scratch *e = emit_scratch();
	struct call c;

	copies_forget();
	if (!e || !n)
		return 0;
	call_read(e, &c, regs, ret);
	return c.compat || event_wanted(&c, n, regs->orig_ax, true) ? emit_submit(e, e->lane) : 0;
}
