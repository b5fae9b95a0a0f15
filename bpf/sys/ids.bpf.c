/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Who a process is: users, groups, capabilities, sessions, limits. */

#include "core/extension.bpf.h"
#include "core/task.bpf.h"
#include "flags.bpf.h"

#define RESULT emit_s64(e, c->ret)

static __always_inline void identity_extension(struct bpf_scratch *e, const struct call *c)
{
	emit_identity(e);
}

#define setuid_extension    identity_extension
#define setgid_extension    identity_extension
#define setreuid_extension  identity_extension
#define setregid_extension  identity_extension
#define setresuid_extension identity_extension
#define setresgid_extension identity_extension
#define capset_extension    identity_extension

#define SETS_ONE(name, NATIVE, EVENT)                                                              \
	SYSCALL_EXIT_EXTENDED(name, NATIVE, EVENT, WIRE_LANE_STATE, false)                         \
	{                                                                                          \
		RESULT;                                                                            \
		emit_u32(e, ARG(0));                                                               \
	}
SETS_ONE(setuid, SETUID, SETUID_X)
SETS_ONE(setgid, SETGID, SETGID_X)

#define SETS_TWO(name, NATIVE, EVENT)                                                              \
	SYSCALL_EXIT_EXTENDED(name, NATIVE, EVENT, WIRE_LANE_STATE, false)                         \
	{                                                                                          \
		RESULT;                                                                            \
		emit_u32(e, ARG(0));                                                               \
		emit_u32(e, ARG(1));                                                               \
	}
SETS_TWO(setreuid, SETREUID, SETREUID_X)
SETS_TWO(setregid, SETREGID, SETREGID_X)

#define SETS_THREE(name, NATIVE, EVENT)                                                            \
	SYSCALL_EXIT_EXTENDED(name, NATIVE, EVENT, WIRE_LANE_STATE, false)                         \
	{                                                                                          \
		RESULT;                                                                            \
		emit_u32(e, ARG(0));                                                               \
		emit_u32(e, ARG(1));                                                               \
		emit_u32(e, ARG(2));                                                               \
	}
SETS_THREE(setresuid, SETRESUID, SETRESUID_X)
SETS_THREE(setresgid, SETRESGID, SETRESGID_X)

#define GETS_THREE(name, EVENT)                                                                    \
	SYSCALL_EXIT(name, EVENT, WIRE_LANE_BULK)                                                  \
	{                                                                                          \
		RESULT;                                                                            \
		emit_u32(e, user_u32(ARG(0)));                                                     \
		emit_u32(e, user_u32(ARG(1)));                                                     \
		emit_u32(e, user_u32(ARG(2)));                                                     \
	}
GETS_THREE(getresuid, GETRESUID_X)
GETS_THREE(getresgid, GETRESGID_X)

#define GETS_RESULT(name, EVENT)                                                                   \
	SYSCALL_EXIT(name, EVENT, WIRE_LANE_BULK)                                                  \
	{                                                                                          \
		emit_u32(e, c->ret);                                                               \
	}
GETS_RESULT(getuid, GETUID_X)
GETS_RESULT(geteuid, GETEUID_X)
GETS_RESULT(getgid, GETGID_X)
GETS_RESULT(getegid, GETEGID_X)

/* What is in force afterwards, whether the call worked or not. */
SYSCALL_EXIT_EXTENDED(capset, CAPSET, CAPSET_X, WIRE_LANE_STATE, false)
{
	const struct cred *cred = BPF_CORE_READ(bpf_get_current_task_btf(), cred);

	RESULT;
	emit_u64(e, capabilities(&cred->cap_inheritable));
	emit_u64(e, capabilities(&cred->cap_permitted));
	emit_u64(e, capabilities(&cred->cap_effective));
}

SYSCALL_EXIT(setsid, SETSID_X, WIRE_LANE_STATE)
{
	RESULT;
}

SYSCALL_EXIT(setpgid, SETPGID_X, WIRE_LANE_STATE)
{
	RESULT;
	emit_s64(e, (__s32)ARG(0));
	emit_s64(e, (__s32)ARG(1));
}

#define RLIMIT_UNKNOWN 255

SYSCALL_EXIT(setrlimit, SETRLIMIT_X, WIRE_LANE_STATE)
{
	RESULT;
	emit_u64(e, user_word(c, ARG(1)));
	emit_u64(e, user_word(c, ARG(1) + word_size(c)));
	emit_u8(e, enum_rlimit_resources(ARG(0), RLIMIT_UNKNOWN));
}

SYSCALL_EXIT(getrlimit, GETRLIMIT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, c->ret < 0 ? (__u64)-1 : user_word(c, ARG(1)));
	emit_u64(e, c->ret < 0 ? (__u64)-1 : user_word(c, ARG(1) + word_size(c)));
	emit_u8(e, enum_rlimit_resources(ARG(0), RLIMIT_UNKNOWN));
}

SYSCALL_EXIT(prlimit64, PRLIMIT_X, WIRE_LANE_STATE)
{
	RESULT;
	emit_u64(e, ARG(2) ? user_u64(ARG(2)) : 0);
	emit_u64(e, ARG(2) ? user_u64(ARG(2) + 8) : 0);
	emit_u64(e, c->ret < 0 || !ARG(3) ? (__u64)-1 : user_u64(ARG(3)));
	emit_u64(e, c->ret < 0 || !ARG(3) ? (__u64)-1 : user_u64(ARG(3) + 8));
	emit_s64(e, (__s32)ARG(0));
	emit_u8(e, enum_rlimit_resources(ARG(1), RLIMIT_UNKNOWN));
}
