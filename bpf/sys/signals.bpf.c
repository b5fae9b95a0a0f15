/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Signals, waiting, locks between processes. */

#include "call.bpf.h"
#include "flags.bpf.h"

#define RESULT emit_s64(e, c->ret)

SYSCALL_EXIT(kill, KILL_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_s64(e, (__s32)ARG(0));
	emit_u8(e, ARG(1));
}

SYSCALL_EXIT(tkill, TKILL_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_s64(e, (__s32)ARG(0));
	emit_u8(e, ARG(1));
}

SYSCALL_EXIT(tgkill, TGKILL_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_s64(e, (__s32)ARG(0));
	emit_s64(e, (__s32)ARG(1));
	emit_u8(e, ARG(2));
}

SYSCALL_EXIT(nanosleep, NANOSLEEP_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, user_timespec_ns(c, ARG(0)));
}

SYSCALL_EXIT(futex, FUTEX_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, ARG(0));
	emit_u16(e, enum_futex_operations(ARG(1) & 127, 0) | (ARG(1) & 0x180));
	emit_u64(e, ARG(2));
}

SYSCALL_EXIT(semget, SEMGET_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_s32(e, ARG(0));
	emit_s32(e, ARG(1));
	emit_u32(e, bits_semget_flags(ARG(2)));
}

SYSCALL_EXIT(semctl, SEMCTL_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_s32(e, ARG(0));
	emit_s32(e, ARG(1));
	emit_u16(e, enum_semctl_commands(ARG(2), 0));
	emit_s32(e, ARG(3));
}

/* Linux's struct sembuf */
struct sembuf {
	__u16 num;
	__s16 op, flags;
};

static __always_inline void emit_sembuf(struct bpf_scratch *e, const struct call *c, __u32 i)
{
	struct sembuf s = { 0 };

	if (c->ret >= 0 && i < ARG(2))
		bpf_probe_read_user(&s, sizeof(s), (void *)(ARG(1) + i * sizeof(s)));
	emit_u16(e, s.num);
	emit_u16(e, s.op);
	emit_u16(e, bits_semop_flags((__u16)s.flags));
}

SYSCALL_EXIT(semop, SEMOP_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u32(e, ARG(2));
	emit_sembuf(e, c, 0);
	emit_sembuf(e, c, 1);
	emit_s32(e, ARG(0));
}
