/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CALL_BPF_H
#define CALL_BPF_H

/*
 * The system call that just ended: which one, with what arguments and what result. The kernel
 * serves 32-bit callers, too (int 0x80, which 64-bit programs may use as well); their numbers,
 * registers and structs differ.
 */

#include "core/predicate.bpf.h"

#define ARG(n) (c->args[n])

/* ---- Numbers -------------------------------------------------------------------------------- */

/* x86_64 numbers of 32-bit calls, plus one; 0: none. */
#define ROW(number, native) [number] = native + 1,
#define SKIP(number, native)

#define COMPAT(number, native, name)     ROW(number, native)
#define SOCKETCALL(number, native, name) SKIP(number, native)
#define IPC(number, native, name)        SKIP(number, native)
static const volatile __u16 native_of_compat[WIRE_SYSCALLS_MAX] = {
#include "tables/compat_syscalls.def"
};
#undef COMPAT
#undef SOCKETCALL
#define COMPAT(number, native, name)     SKIP(number, native)
#define SOCKETCALL(number, native, name) ROW(number, native)
static const volatile __u16 native_of_socketcall[32] = {
#include "tables/compat_syscalls.def"
};
#undef SOCKETCALL
#undef IPC
#define SOCKETCALL(number, native, name) SKIP(number, native)
#define IPC(number, native, name)        ROW(number, native)
static const volatile __u16 native_of_ipc[32] = {
#include "tables/compat_syscalls.def"
};
#undef COMPAT
#undef SOCKETCALL
#undef IPC
#undef ROW
#undef SKIP

/* 32-bit calls whose arguments are not simply those of their 64-bit namesakes. */
enum {
	COMPAT_LCHOWN = 16,
	COMPAT_UMOUNT = 22,
	COMPAT_SETUID = 23,
	COMPAT_SETGID = 46,
	COMPAT_SETREUID = 70,
	COMPAT_SETREGID = 71,
	COMPAT_MMAP = 90,
	COMPAT_FCHOWN = 95,
	COMPAT_SOCKETCALL = 102,
	COMPAT_IPC = 117,
	COMPAT_LLSEEK = 140,
	COMPAT_SETRESUID = 164,
	COMPAT_SETRESGID = 170,
	COMPAT_PREAD64 = 180,
	COMPAT_PWRITE64 = 181,
	COMPAT_CHOWN = 182,
	COMPAT_MMAP2 = 192,
	COMPAT_SENDFILE64 = 239,
	COMPAT_PREADV = 333,
	COMPAT_PWRITEV = 334,
	COMPAT_TIME64 = 403, /* from here on times have 64 bits */
};

enum { SOCKETCALL_SEND = 9, SOCKETCALL_RECV = 10 };
enum { IPC_SEMOP = 1, IPC_SEMCTL = 3, IPC_SEMTIMEDOP = 4 };

#define TS_COMPAT 2

/* What is rare stands behind what is not, so that this takes fewer lines of the cache. */
#define RARE(condition) __builtin_expect(!!(condition), 0)

static __always_inline bool task_is_compat(struct task_struct *task)
{
	return RARE(task->thread_info.status & TS_COMPAT);
}

/* The x86_64 number of the call; false when there is none. */
static __always_inline bool call_number(struct task_struct *task, struct pt_regs *regs, __u32 *out)
{
	__u32 nr = regs->orig_ax;

	if (nr >= WIRE_SYSCALLS_MAX)
		return false;
	if (task_is_compat(task)) {
		if (nr == COMPAT_SOCKETCALL)
			nr = native_of_socketcall[regs->bx & 31];
		else if (nr == COMPAT_IPC)
			nr = native_of_ipc[regs->bx & 31];
		else
			nr = native_of_compat[nr];
		if (!nr--)
			return false;
		nr &= WIRE_SYSCALLS_MAX - 1;
	}
	*out = nr;
	return true;
}

/* ---- The result ----------------------------------------------------------------------------- */

#define EPERM           1
#define EINTR           4
#define ENOSYS          38
#define ERESTARTSYS     512
#define ENOIOCTLCMD     515
#define ERESTART_LAST   516 /* ERESTART_RESTARTBLOCK */
#define SIGSYS          31
#define SIGNAL_BIT(sig) (1ull << ((sig)-1))

/*
 * A seccomp filter that kills or traps leaves the call's number in the result register and the
 * caller with a pending SIGSYS: the call was not made.
 */
static __always_inline bool refused_by_filter(struct task_struct *task, struct pt_regs *regs,
					      long ret)
{
	return ret == (long)regs->orig_ax && task->seccomp.mode &&
	       task->pending.signal.sig[0] & SIGNAL_BIT(SIGSYS);
}

/*
 * What the caller can be said to get. The kernel's notes to itself that an interrupted call is to
 * be made again, or else to fail with EINTR, are an interruption.
 */
static __always_inline long call_result(struct task_struct *task, struct pt_regs *regs, long ret)
{
	if (ret >= 0)
		return refused_by_filter(task, regs, ret) ? -EPERM : ret;
	if (ret <= -ERESTARTSYS && ret >= -ERESTART_LAST && ret != -ENOIOCTLCMD)
		return -EINTR;
	return ret;
}

/* ---- Arguments ------------------------------------------------------------------------------ */

/* Some 32-bit calls pass a pointer to their arguments, as many words as the call has. */
static __always_inline void read_argument_block(struct call *c, __u64 at)
{
	c->args[0] = user_u32(at);
	c->args[1] = user_u32(at + 4);
	c->args[2] = user_u32(at + 8);
	c->args[3] = user_u32(at + 12);
	c->args[4] = user_u32(at + 16);
	c->args[5] = user_u32(at + 20);
}

static __always_inline void read_ipc_arguments(struct call *c)
{
	__u32 number = c->args[0] & 31, count = c->args[2];

	c->args[0] = c->args[1];
	c->args[1] = c->args[2];
	c->args[2] = c->args[3];
	c->args[3] = 0;
	if (number == IPC_SEMOP || number == IPC_SEMTIMEDOP) {
		c->args[1] = c->args[4];
		c->args[2] = count;
	} else if (number == IPC_SEMCTL) {
		c->args[3] = user_u32(c->args[4]);
	}
}

/* Ids of 16 bits: all ones means "leave it", as in 32 bits. */
static __always_inline void widen_id(struct call *c, int i)
{
	__u16 id = c->args[i];

	c->args[i] = id == 0xffff ? (__u32)-1 : id;
}

/* Makes a 32-bit call's arguments those of its namesake. Global: the verifier sees it once. */
__noinline int complete_compat(struct call *c)
{
	if (!c)
		return 0;
	switch (c->compat) {
	case COMPAT_UMOUNT:
		c->args[1] = 0;
		break;
	case COMPAT_LCHOWN:
	case COMPAT_CHOWN:
	case COMPAT_FCHOWN:
		widen_id(c, 1);
		widen_id(c, 2);
		break;
	case COMPAT_SETUID:
	case COMPAT_SETGID:
	case COMPAT_SETREUID:
	case COMPAT_SETREGID:
	case COMPAT_SETRESUID:
	case COMPAT_SETRESGID:
		widen_id(c, 0);
		widen_id(c, 1);
		widen_id(c, 2);
		break;
	case COMPAT_MMAP:
		read_argument_block(c, c->args[0]);
		break;
	case COMPAT_SOCKETCALL: {
		__u32 number = c->args[0];

		read_argument_block(c, c->args[1]);
		if (number == SOCKETCALL_SEND || number == SOCKETCALL_RECV)
			c->args[4] = c->args[5] = 0;
		break;
	}
	case COMPAT_IPC:
		read_ipc_arguments(c);
		break;
	case COMPAT_MMAP2: /* in pages */
		c->args[5] <<= 12;
		break;
	case COMPAT_LLSEEK: /* the new position goes to user memory */
		if (c->ret == 0)
			c->ret = (long)user_u64(c->args[3]);
		c->args[1] = c->args[1] << 32 | c->args[2];
		c->args[2] = c->args[4];
		break;
	case COMPAT_PREAD64:
	case COMPAT_PWRITE64:
	case COMPAT_PREADV:
	case COMPAT_PWRITEV:
		c->args[3] |= c->args[4] << 32;
		break;
	}
	return 0;
}

/* Keeps what a 32-bit caller passed, and got, for the programs that follow: see call_read_of. */
static __always_inline void keep_compat(struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_scratch();

	if (!e)
		return;
	e->compat = (struct call){
		.ret = ret,
		.args = { (__u32)regs->bx, (__u32)regs->cx, (__u32)regs->dx, (__u32)regs->si,
			  (__u32)regs->di, (__u32)regs->bp },
		.compat = regs->orig_ax,
	};
	complete_compat(&e->compat);
}

static __always_inline void call_read_native(struct task_struct *task, struct call *c,
					     struct pt_regs *regs, long ret)
{
	c->ret = call_result(task, regs, ret);
	c->compat = 0;
	c->args[0] = regs->di;
	c->args[1] = regs->si;
	c->args[2] = regs->dx;
	c->args[3] = regs->r10;
	c->args[4] = regs->r8;
	c->args[5] = regs->r9;
}

/*
 * What a 32-bit caller passed is made its namesake's by one program, which all calls pass before:
 * in each of them that would be half of what the verifier has to look at.
 */
static __always_inline void call_read_of(const struct bpf_scratch *e, struct task_struct *task,
					 struct call *c, struct pt_regs *regs, long ret)
{
	if (task_is_compat(task))
		bpf_probe_read_kernel(c, sizeof(*c), &e->compat);
	else
		call_read_native(task, c, regs, ret);
}

static __always_inline void call_read(const struct bpf_scratch *e, struct call *c,
				      struct pt_regs *regs, long ret)
{
	call_read_of(e, bpf_get_current_task_btf(), c, regs, ret);
}

/* ---- The caller's memory -------------------------------------------------------------------- */

/* The size of its longs and pointers. */
static __always_inline __u64 word_size(const struct call *c)
{
	return c->compat ? sizeof(__u32) : sizeof(__u64);
}

/* A long or pointer; 0 when unreadable. */
static __always_inline __u64 user_word(const struct call *c, __u64 at)
{
	return c->compat ? user_u32(at) : user_u64(at);
}

#define NS_PER_S 1000000000ull

/* A struct timespec in ns. */
static __always_inline __u64 user_timespec_ns(const struct call *c, __u64 at)
{
	if (c->compat && c->compat < COMPAT_TIME64)
		return user_u32(at) * NS_PER_S + user_u32(at + sizeof(__u32));
	return user_u64(at) * NS_PER_S + user_u64(at + sizeof(__u64));
}

/* ---- Programs ------------------------------------------------------------------------------- */

/*
 * Sends the event of a call. That is done by a program of its own, of which there is one, not a
 * part of every program: exit_send, or where the event's predicate is to be asked before,
 * exit_late. Without that one all are sent. Of the calls made most the programs do it themselves:
 * their lanes carry the mark SENT_HERE.
 */
#define SENT_HERE 0x100

static __always_inline int emit_end_of(void *ctx, struct bpf_scratch *e, struct task_struct *task,
				       struct pt_regs *regs, __u32 lane)
{
	__u32 zero = 0, nr = regs->orig_ax & (WIRE_SYSCALLS_MAX - 1);
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	e->lane = lane & ~SENT_HERE;
	if (n && n->syscall[nr] & WIRE_NEED_LATE)
		bpf_tail_call(ctx, &exit_programs, WIRE_LATE);
	if (lane & SENT_HERE) {
		copies_forget();
		return emit_submit_of(e, lane & ~SENT_HERE, task->tgid, record_of(task, e->type));
	}
	bpf_tail_call(ctx, &exit_programs, WIRE_SEND);
	count_loss(WIRE_LOSS_TAIL_CALL, e->type);
	return 0;
}

static __always_inline int emit_end(void *ctx, struct bpf_scratch *e, struct pt_regs *regs,
				    __u32 lane)
{
	return emit_end_of(ctx, e, NULL, regs, lane);
}

/*
 * SYSCALL_EXIT(name, EVENT, lane) { ... } defines the program for one system call, and name##_ended,
 * which does the same inside another program. Inside, `e` takes parameters, c->ret is the result,
 * ARG(0) .. ARG(5) are the arguments as they were passed.
 */
#define SYSCALL_EXIT(name, EVENT, lane)                                                            \
	static __always_inline void name##_params(struct bpf_scratch *e, const struct call *c);    \
	static __always_inline int name##_ended(void *ctx, struct task_struct *task,               \
						struct pt_regs *regs, long ret)                    \
	{                                                                                          \
		struct bpf_scratch *e = emit_scratch();                                            \
		struct call c;                                                                     \
                                                                                                   \
		if (!e)                                                                            \
			return 0;                                                                  \
		emit_open(e, EVENT_##EVENT, EVENT##_PARAMS, task->pid);                            \
		call_read_of(e, task, &c, regs, ret);                                              \
		name##_params(e, &c);                                                              \
		return emit_end_of(ctx, e, task, regs, lane);                                      \
	}                                                                                          \
	SEC("tp_btf/sys_exit")                                                                     \
	int BPF_PROG(exit_##name, struct pt_regs *regs, long ret)                                  \
	{                                                                                          \
		return name##_ended(ctx, bpf_get_current_task_btf(), regs, ret);                   \
	}                                                                                          \
	static __always_inline void name##_params(struct bpf_scratch *e, const struct call *c)

#endif
