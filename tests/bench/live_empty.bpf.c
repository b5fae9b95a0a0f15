/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* What any program on this tracepoint costs every system call of the machine. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/sys_exit")
int BPF_PROG(empty, struct pt_regs *regs, long ret)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
