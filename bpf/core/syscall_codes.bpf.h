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

/* ID, nativeID */
static __always_inline void emit_syscall_code(struct bpf_scratch *e, __u32 native)
{
	__u64 at = native < SC_BY_NATIVE_SIZE ? native : 0;

	BOUND(at, SC_BY_NATIVE_SIZE - 1);
	emit_u16(e, code_of[at]);
	emit_u16(e, native);
}

#endif
