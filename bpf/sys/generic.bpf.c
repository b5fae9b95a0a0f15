/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Calls without an event of their own. */

#include "call.bpf.h"
#include "core/syscall_codes.bpf.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_generic, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct bpf_scratch *e;
	__u32 nr;

	if (!call_number(task, regs, &nr))
		return 0;
	/* A number that neither the format nor the kernel knows is no system call. */
	if (!syscall_code(nr) && ret == -ENOSYS)
		return 0;
	e = emit_begin(EVENT_GENERIC_X, GENERIC_X_PARAMS);
	if (!e)
		return 0;
	emit_syscall_code(e, nr);
	return emit_end(ctx, e, regs, WIRE_LANE_BULK);
}
