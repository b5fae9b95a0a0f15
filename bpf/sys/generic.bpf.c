/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Calls without an event of their own. */

#include "emit.bpf.h"

enum { SC_BY_NATIVE_SIZE = WIRE_SYSCALLS_MAX };

/* The format's code of each x86_64 number. */
static const volatile __u16 code_of[SC_BY_NATIVE_SIZE] = {
#define SYSCALL(code, id, name, native, exit_event, flags, sets)                                   \
	[native < 0 ? SC_BY_NATIVE_SIZE - 1 : native] = native < 0 ? 0 : code,
#include "tables/syscalls.def"
#undef SYSCALL
};

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_generic, struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_begin(EVENT_GENERIC_X, GENERIC_X_PARAMS);
	__u32 nr = regs->orig_ax;

	if (!e)
		return 0;
	emit_u16(e, nr < SC_BY_NATIVE_SIZE ? code_of[nr] : 0);
	emit_u16(e, nr);
	return emit_submit(e, WIRE_LANE_BULK);
}

char LICENSE[] SEC("license") = "GPL";
