/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * Where system calls end: every call of the machine passes `dispatch`, or where the agent attaches
 * to functions, the wanted ones pass a copy of `on_function` each. Leave at once unless somebody
 * asked for the call.
 */

#include "call.bpf.h"
#include "core/scope.bpf.h"

struct ending {
	struct task_struct *task;
	long ret; /* what the caller can be said to get */
	__u32 nr; /* of x86_64 */
	__u8 need;
	bool compat;
};

/* Whether anything is wanted of a call like this, by who made it. */
static __always_inline bool call_needed(struct ending *end, struct pt_regs *regs, long ret)
{
	struct task_struct *task;
	__u32 zero = 0, nr = regs->orig_ax;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	if (!n || nr >= WIRE_SYSCALLS_MAX || !n->number[nr])
		return false;
	task = bpf_get_current_task_btf();
	if (!call_number(task, regs, &nr) || !n->syscall[nr])
		return false;
	ret = call_result(task, regs, ret);
	if (!(n->syscall[nr] & (ret < 0 ? WIRE_NEED_FAILED : WIRE_NEED_EVENT))) {
		copies_forget();
		return false;
	}
	if (!caller_wanted(task, n))
		return false;
	if (ret < 0 && n->syscall[nr] & WIRE_NEED_SUCCESS) {
		count_saved(nr);
		copies_forget();
		return false;
	}
	*end = (struct ending){ task, ret, nr, n->syscall[nr], task_is_compat(task) };
	return true;
}

static __always_inline int jump(void *ctx, __u32 nr, __u8 need)
{
	if (need & WIRE_NEED_EARLY)
		bpf_tail_call(ctx, &exit_programs, WIRE_EARLY);
	bpf_tail_call(ctx, &exit_programs, nr);
	bpf_tail_call(ctx, &exit_programs, WIRE_GENERIC);
	count_loss(WIRE_LOSS_TAIL_CALL, nr);
	return 0;
}

/* What most events are of is told here: a jump would cost a tenth of what that does. */
SEC("tp_btf/sys_exit")
int BPF_PROG(dispatch, struct pt_regs *regs, long ret)
{
	struct ending end;

	if (!call_needed(&end, regs, ret))
		return 0;
	if (end.compat)
		keep_compat(regs, end.ret);
	if (!(end.need & (WIRE_NEED_EARLY | WIRE_NEED_LATE))) {
		if (end.nr == NATIVE_CLOSE)
			return close_ended(ctx, end.task, regs, end.ret);
		if (end.nr == NATIVE_OPENAT)
			return openat_ended(ctx, end.task, regs, end.ret);
	}
	return jump(ctx, end.nr, end.need);
}

/* The program jumped to returns to the caller of this. */
static __noinline int jump_and_return(void *ctx, __u32 nr, __u8 need)
{
	return jump(ctx, nr, need);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_function, struct pt_regs *regs, long ret)
{
	struct ending end;
	__u64 *claim;

	if (!call_needed(&end, regs, ret))
		return 0;
	claim = scratch_claim();
	if (claim) {
		if (end.compat)
			keep_compat(regs, end.ret);
		jump_and_return(ctx, end.nr, end.need);
		*(volatile __u64 *)claim = 0;
	} else {
		copies_forget();
		count_loss(WIRE_LOSS_RECURSION, 0);
	}
	return 0;
}
