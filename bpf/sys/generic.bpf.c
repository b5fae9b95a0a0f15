/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Calls without an event of their own. */

#include "core/syscall_codes.bpf.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_generic, struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_begin(EVENT_GENERIC_X, GENERIC_X_PARAMS);
	__u32 nr = regs->orig_ax;

	if (!e)
		return 0;
	emit_syscall_code(e, nr);
	return emit_submit(e, WIRE_LANE_BULK);
}
