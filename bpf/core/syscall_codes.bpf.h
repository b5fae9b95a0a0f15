/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_SYSCALL_CODES_BPF_H
#define CORE_SYSCALL_CODES_BPF_H

/* The format's code of each x86_64 number. */

#include "emit.bpf.h"

enum { SC_BY_NATIVE_SIZE = WIRE_SYSCALLS_MAX };

static const volatile __u16 code_of[SC_BY_NATIVE_SIZE] = {
#define SYSCALL(code, id, name, native, exit_event, flags, sets)                                   \
	[native < 0 ? SC_BY_NATIVE_SIZE - 1 : native] = native < 0 ? 0 : code,
#include "tables/syscalls.def"
#undef SYSCALL
};

/* 0: the format has no code for it. */
static __always_inline __u16 syscall_code(__u32 native)
{
	__u64 at = native < SC_BY_NATIVE_SIZE ? native : SC_BY_NATIVE_SIZE - 1;

	BOUND(at, SC_BY_NATIVE_SIZE - 1);
	return code_of[at];
}

/* ID, nativeID */
static __always_inline void emit_syscall_code(struct bpf_scratch *e, __u32 native)
{
	emit_u16(e, syscall_code(native));
	emit_u16(e, native);
}

#endif
