/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Every system call of the machine passes here: leave at once unless somebody asked for it. */

#include "core/scope.bpf.h"

/* x86_64 numbers of 32-bit calls, plus one; 0: none. */
static const volatile __u16 native_of_compat[WIRE_SYSCALLS_MAX] = {
#define COMPAT(number, native, name) [number] = native + 1,
#include "tables/compat_syscalls.def"
#undef COMPAT
};

#define TS_COMPAT 2

SEC("tp_btf/sys_exit")
int BPF_PROG(dispatch, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 zero = 0, nr = regs->orig_ax;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	if (!n || nr >= WIRE_SYSCALLS_MAX)
		return 0;
	if (task->thread_info.status & TS_COMPAT) {
		nr = native_of_compat[nr];
		if (!nr--)
			return 0;
		nr &= WIRE_SYSCALLS_MAX - 1;
	}
	if (!(n->syscall[nr] & (ret < 0 ? WIRE_NEED_FAILED : WIRE_NEED_EVENT)))
		return 0;
	if (!task_wanted(task, n))
		return 0;
	bpf_tail_call(ctx, &exit_programs, nr);
	bpf_tail_call(ctx, &exit_programs, WIRE_GENERIC);
	count_loss(WIRE_LOSS_TAIL_CALL, nr);
	return 0;
}
