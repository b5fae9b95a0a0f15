/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Calls that govern the system or another process: ptrace, prctl, bpf, modules, quotas, rings. */

#include "call.bpf.h"
#include "flags.bpf.h"
#include "schema_flags.bpf.h"

#define RESULT emit_s64(e, c->ret)

/* Indices of tables/dynamic.def. */
enum { PTRACE_UINT64, PTRACE_SIGTYPE };
enum { KEYCTL_INT64, KEYCTL_CHARBUF };

static __always_inline void emit_tagged_u64(struct bpf_scratch *e, __u8 tag, __u64 v)
{
	EMIT_STORE(e, __u8, e->at, tag);
	EMIT_STORE(e, __u64, e->at + 1, v);
	emit_length(e, 9);
}

static __always_inline void emit_tagged_str(struct bpf_scratch *e, __u8 tag, __u64 from)
{
	long n = read_user_str(e->bytes + ((e->at + 1) & EMIT_MASK), PATH_CAP, (void *)from);

	EMIT_STORE(e, __u8, e->at, tag);
	emit_length(e, n > 0 ? n + 1 : 1);
}

/* ptrace requests, include/uapi/linux/ptrace.h */
#define PTRACE_PEEKTEXT   1
#define PTRACE_PEEKUSR    3
#define PTRACE_CONT       7
#define PTRACE_SINGLESTEP 9
#define PTRACE_DETACH     17
#define PTRACE_SYSCALL    24

SYSCALL_EXIT(ptrace, PTRACE_X, WIRE_LANE_BULK)
{
	__u64 request = ARG(0);

	RESULT;
	if (c->ret < 0) {
		emit_tagged_u64(e, PTRACE_UINT64, 0);
		emit_tagged_u64(e, PTRACE_UINT64, 0);
	} else {
		emit_tagged_u64(e, PTRACE_UINT64, ARG(2));
		if (request >= PTRACE_PEEKTEXT && request <= PTRACE_PEEKUSR) {
			emit_tagged_u64(e, PTRACE_UINT64, user_word(c, ARG(3)));
		} else if (request == PTRACE_CONT || request == PTRACE_SINGLESTEP ||
			   request == PTRACE_DETACH || request == PTRACE_SYSCALL) {
			EMIT_STORE(e, __u8, e->at, PTRACE_SIGTYPE);
			EMIT_STORE(e, __u8, e->at + 1, ARG(3));
			emit_length(e, 2);
		} else {
			emit_tagged_u64(e, PTRACE_UINT64, ARG(3));
		}
	}
	emit_u16(e, enum_ptrace_requests(request, 0));
	emit_s64(e, (__s32)ARG(1));
}

#define PR_SET_NAME            15
#define PR_GET_NAME            16
#define PR_GET_CHILD_SUBREAPER 37

SYSCALL_EXIT(prctl, PRCTL_X, WIRE_LANE_STATE)
{
	RESULT;
	emit_u32(e, ARG(0));
	if (ARG(0) == PR_SET_NAME || ARG(0) == PR_GET_NAME) {
		emit_user_str(e, ARG(1), PATH_CAP);
		emit_s64(e, 0);
	} else if (ARG(0) == PR_GET_CHILD_SUBREAPER) {
		emit_empty(e);
		emit_s64(e, (__s32)user_u32(ARG(1)));
	} else {
		emit_empty(e);
		emit_s64(e, ARG(1));
	}
}

SYSCALL_EXIT(bpf, BPF_2_X, WIRE_LANE_STATE)
{
	RESULT;
	emit_u32(e, ARG(0));
}

SYSCALL_EXIT(seccomp, SECCOMP_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u64(e, ARG(0));
	emit_u64(e, ARG(1));
}

/* The module itself, as far as an event holds it: it exists nowhere else afterwards. */
#define MODULE_CAP 0x7fff

static __always_inline void emit_image_bytes(struct bpf_scratch *e, __u64 from, __u64 len)
{
	len = len < MODULE_CAP ? len : MODULE_CAP;
	BOUND(len, MODULE_CAP);
	if (len == 0 || bpf_probe_read_user(e->bytes + (e->at & EMIT_MASK), len, (void *)from) < 0)
		len = 0;
	emit_length(e, len);
}

SYSCALL_EXIT(init_module, INIT_MODULE_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_image_bytes(e, ARG(0), ARG(1));
	emit_u64(e, ARG(1));
	emit_user_str(e, ARG(2), PATH_CAP);
}

SYSCALL_EXIT(finit_module, FINIT_MODULE_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_user_str(e, ARG(1), PATH_CAP);
	emit_u32(e, bits_finit_module_flags(ARG(2)));
}

SYSCALL_EXIT(delete_module, DELETE_MODULE_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_user_str(e, ARG(0), PATH_CAP);
	emit_u32(e, bits_delete_module_flags(ARG(1)));
}

#define KEYCTL_JOIN_SESSION_KEYRING 1
#define KEYCTL_SEARCH               10

SYSCALL_EXIT(keyctl, KEYCTL_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_u32(e, ARG(0));
	if (ARG(0) == KEYCTL_JOIN_SESSION_KEYRING)
		emit_tagged_str(e, KEYCTL_CHARBUF, ARG(1));
	else
		emit_tagged_u64(e, KEYCTL_INT64, ARG(1));
	if (ARG(0) == KEYCTL_SEARCH) {
		emit_tagged_str(e, KEYCTL_CHARBUF, ARG(2));
		emit_tagged_str(e, KEYCTL_CHARBUF, ARG(3));
	} else {
		emit_tagged_u64(e, KEYCTL_INT64, ARG(2));
		emit_tagged_u64(e, KEYCTL_INT64, ARG(3));
	}
	emit_tagged_u64(e, KEYCTL_INT64, ARG(4));
}

SYSCALL_EXIT(fsconfig, FSCONFIG_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(1));
	emit_user_str(e, ARG(2), PATH_CAP);
	if (c->ret < 0) {
		emit_empty(e);
		emit_empty(e);
	} else if (ARG(1) == 2) { /* FSCONFIG_SET_BINARY: aux is the length */
		emit_data(e, ARG(3), (__s32)ARG(4));
		emit_empty(e);
	} else if (ARG(1) == 1 || ARG(1) == 3 || ARG(1) == 4) { /* strings and paths */
		emit_empty(e);
		emit_user_str(e, ARG(3), PATH_CAP);
	} else {
		emit_empty(e);
		emit_empty(e);
	}
	emit_s32(e, ARG(4));
}

/* Linux's struct io_uring_params as far as it is shown. */
struct io_uring_params {
	__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};

SYSCALL_EXIT(io_uring_setup, IO_URING_SETUP_X, WIRE_LANE_STATE)
{
	struct io_uring_params p = { 0 };

	bpf_probe_read_user(&p, sizeof(p), (void *)ARG(1));
	RESULT;
	emit_u32(e, ARG(0));
	emit_u32(e, p.sq_entries);
	emit_u32(e, p.cq_entries);
	emit_u32(e, bits_io_uring_setup_flags(p.flags));
	emit_u32(e, p.sq_thread_cpu);
	emit_u32(e, p.sq_thread_idle);
	emit_u32(e, bits_io_uring_setup_feats(p.features));
}

SYSCALL_EXIT(io_uring_enter, IO_URING_ENTER_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(1));
	emit_u32(e, ARG(2));
	emit_u32(e, bits_io_uring_enter_flags(ARG(3)));
	emit_u32(e, ARG(4) ? user_u32(ARG(4)) : 0);
}

SYSCALL_EXIT(io_uring_register, IO_URING_REGISTER_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_u16(e, ARG(1));
	emit_u64(e, ARG(2));
	emit_u32(e, ARG(3));
}

/* Linux's struct if_dqblk and struct if_dqinfo as far as they are shown. */
struct dqblk {
	__u64 bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes, btime, itime;
};
struct dqinfo {
	__u64 bgrace, igrace;
	__u32 flags;
};

#define Q_GETFMT   0x800004
#define Q_GETINFO  0x800005
#define Q_SETINFO  0x800006
#define Q_GETQUOTA 0x800007
#define Q_SETQUOTA 0x800008
#define Q_QUOTAON  0x800002

SYSCALL_EXIT(quotactl, QUOTACTL_X, WIRE_LANE_BULK)
{
	__u32 cmd = (__u32)ARG(0) >> 8;
	struct dqblk q = { 0 };
	struct dqinfo i = { 0 };
	__u32 format = 0;

	if (cmd == Q_GETQUOTA || cmd == Q_SETQUOTA)
		bpf_probe_read_user(&q, sizeof(q), (void *)ARG(3));
	if (cmd == Q_GETINFO || cmd == Q_SETINFO)
		bpf_probe_read_user(&i, sizeof(i), (void *)ARG(3));
	if (cmd == Q_GETFMT)
		format = user_u32(ARG(3));
	RESULT;
	emit_user_str(e, ARG(1), PATH_CAP);
	emit_user_str(e, cmd == Q_QUOTAON ? ARG(3) : 0, PATH_CAP);
	emit_u64(e, q.bhardlimit);
	emit_u64(e, q.bsoftlimit);
	emit_u64(e, q.curspace);
	emit_u64(e, q.ihardlimit);
	emit_u64(e, q.isoftlimit);
	emit_u64(e, q.btime);
	emit_u64(e, q.itime);
	emit_u64(e, i.bgrace);
	emit_u64(e, i.igrace);
	emit_u8(e, i.flags);
	emit_u8(e, enum_quotactl_quota_fmts(format, QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED));
	emit_u16(e, enum_quotactl_cmds(cmd, 0));
	emit_u8(e, enum_quotactl_types(ARG(0) & 0xff, 0));
	/* The id means a user only where a quota is asked for or set. */
	emit_u32(e, cmd == Q_GETQUOTA || cmd == Q_SETQUOTA ? ARG(2) : 0);
	emit_u8(e, cmd == Q_QUOTAON
			   ? enum_quotactl_quota_fmts(ARG(2), QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED)
			   : QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED);
}
