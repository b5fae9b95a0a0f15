/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Memory. */

#include "call.bpf.h"
#include "core/task.bpf.h"
#include "flags.bpf.h"

#define RESULT emit_s64(e, c->ret)

SYSCALL_EXIT(brk, BRK_4_X, WIRE_LANE_BULK)
{
	emit_u64(e, c->ret);
	emit_memory(e, bpf_get_current_task_btf());
	emit_u64(e, ARG(0));
}

SYSCALL_EXIT(mmap, MMAP_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_memory(e, bpf_get_current_task_btf());
	emit_u64(e, ARG(0));
	emit_u64(e, ARG(1));
	emit_u32(e, bits_prot_flags(ARG(2)));
	emit_u32(e, bits_mmap_flags(ARG(3)));
	emit_fd(e, ARG(4));
	emit_u64(e, ARG(5));
}

SYSCALL_EXIT(munmap, MUNMAP_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_memory(e, bpf_get_current_task_btf());
	emit_u64(e, ARG(0));
	emit_u64(e, ARG(1));
}

SYSCALL_EXIT(mprotect, MPROTECT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, ARG(0));
	emit_u64(e, ARG(1));
	emit_u32(e, bits_prot_flags(ARG(2)));
}

SYSCALL_EXIT(mlock, MLOCK_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, ARG(0));
	emit_u64(e, ARG(1));
}

SYSCALL_EXIT(munlock, MUNLOCK_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, ARG(0));
	emit_u64(e, ARG(1));
}

SYSCALL_EXIT(mlock2, MLOCK2_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, ARG(0));
	emit_u64(e, ARG(1));
	emit_u32(e, bits_mlock2_flags(ARG(2)));
}

SYSCALL_EXIT(mlockall, MLOCKALL_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u32(e, bits_mlockall_flags(ARG(0)));
}

SYSCALL_EXIT(munlockall, MUNLOCKALL_X, WIRE_LANE_BULK)
{
	RESULT;
}
