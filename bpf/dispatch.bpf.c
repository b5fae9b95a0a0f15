/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Every system call of the machine passes here: leave at once unless somebody asked for it. */

#include "call.bpf.h"
#include "core/scope.bpf.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(dispatch, struct pt_regs *regs, long ret)
{
	struct task_struct *task;
	__u32 zero = 0, nr = regs->orig_ax;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	if (!n || nr >= WIRE_SYSCALLS_MAX || !n->number[nr])
		return 0;
	task = bpf_get_current_task_btf();
	if (!call_number(task, regs, &nr) || !n->syscall[nr])
		return 0;
	ret = call_result(task, regs, ret);
	if (!(n->syscall[nr] & (ret < 0 ? WIRE_NEED_FAILED : WIRE_NEED_EVENT))) {
		copies_forget();
		return 0;
	}
	if (!caller_wanted(task, n))
		return 0;
	if (ret < 0 && n->syscall[nr] & WIRE_NEED_SUCCESS) {
		count_saved(nr);
		copies_forget();
		return 0;
	}
	if (task_is_compat(task))
		keep_compat(regs, ret);
	if (n->syscall[nr] & WIRE_NEED_EARLY)
		bpf_tail_call(ctx, &exit_programs, WIRE_EARLY);
	bpf_tail_call(ctx, &exit_programs, nr);
	bpf_tail_call(ctx, &exit_programs, WIRE_GENERIC);
	count_loss(WIRE_LOSS_TAIL_CALL, nr);
	return 0;
}
