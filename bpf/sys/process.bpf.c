/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Processes: exec, clone, fork. */

#include "core/extension.bpf.h"
#include "core/task.bpf.h"
#include "schema_flags.bpf.h"

/* From `tid` to `cgroups`: the part that exec and clone events share. Global, like path_walk. */
__noinline int emit_task(struct bpf_scratch *e)
{
	struct task_struct *t = bpf_get_current_task_btf();

	if (!e)
		return 0;
	emit_s64(e, BPF_CORE_READ(t, pid));
	emit_s64(e, BPF_CORE_READ(t, tgid));
	emit_s64(e, task_ptid(t));
	emit_empty(e); /* cwd: the state engine follows it */
	emit_u64(e, BPF_CORE_READ(t, signal, rlim[7].rlim_cur)); /* RLIMIT_NOFILE */
	emit_u64(e, BPF_CORE_READ(t, maj_flt));
	emit_u64(e, BPF_CORE_READ(t, min_flt));
	emit_memory(e, t);
	emit_kernel_str(e, t->comm, 16);
	emit_cgroups(e, t);
	return 0;
}

/* From `tty` to `gid`, but for what only execve has at the end. Global, like path_walk. */
__noinline int emit_image(struct bpf_scratch *e)
{
	struct task_struct *t = bpf_get_current_task_btf();
	const struct cred *cred = BPF_CORE_READ(t, cred);
	struct file *exe = BPF_CORE_READ(t, mm, exe_file);
	struct inode *inode = BPF_CORE_READ(exe, f_inode);

	if (!e)
		return 0;
	emit_u32(e, task_tty(t));
	emit_s64(e, task_vpgid(t));
	emit_u32(e, task_loginuid(t));
	emit_u32(e, exe_flags(cred, exe));
	emit_u64(e, capabilities(&cred->cap_inheritable));
	emit_u64(e, capabilities(&cred->cap_permitted));
	emit_u64(e, capabilities(&cred->cap_effective));
	emit_u64(e, BPF_CORE_READ(inode, i_ino));
	emit_u64(e, inode_ctime_ns(inode));
	emit_u64(e, inode_mtime_ns(inode));
	emit_u32(e, BPF_CORE_READ(cred, euid.val));
	emit_path(e, &exe->f_path);
	emit_s64(e, task_pgid(t));
	emit_u32(e, BPF_CORE_READ(cred, egid.val));
	return 0;
}

/*
 * An exec that worked: arguments, environment and the name that was executed stand on the new
 * stack, the name right behind the environment.
 */
static __always_inline void emit_new_image(struct bpf_scratch *e, const struct call *c)
{
	struct task_struct *t = bpf_get_current_task_btf();
	unsigned long env_end = BPF_CORE_READ(t, mm, env_end);

	emit_s64(e, c->ret);
	emit_arguments(e, t);
	emit_task(e);
	emit_user_strings(e, BPF_CORE_READ(t, mm, env_start), env_end, LIST_CAP);
	emit_image(e);
	emit_caller_str(e, env_end, PATH_CAP);
}

/* An exec that failed: what the caller asked for. */
static __always_inline void emit_exec_attempt(struct bpf_scratch *e, const struct call *c,
					      __u64 argv, __u64 env)
{
	emit_s64(e, c->ret);
	emit_argument_array(e, c, argv);
	emit_task(e);
	emit_user_array(e, c, env, 0);
	emit_image(e);
}

/* The program's path is a parameter of the event itself. */
static __always_inline void execve_extension(struct bpf_scratch *e, const struct call *c)
{
	emit_identity(e);
}

SYSCALL_EXIT_EXTENDED(execve, EXECVE, EXECVE_19_X, WIRE_LANE_STATE, false)
{
	if (c->ret == 0) {
		emit_new_image(e, c);
	} else {
		emit_exec_attempt(e, c, ARG(1), ARG(2));
		emit_user_str(e, ARG(0), PATH_CAP);
	}
}

/* A success is an execve event, whose file name says where the program came from. */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_execveat, struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_scratch();
	struct call call, *c = &call;
	bool more;

	if (!e)
		return 0;
	call_read(e, c, regs, ret);
	if (c->ret == 0) {
		more = extension_wanted(c, NATIVE_EXECVEAT);
		emit_open_extended(e, EVENT_EXECVE_19_X, EXECVE_19_X_PARAMS, more);
		emit_new_image(e, c);
		if (more)
			execve_extension(e, c);
	} else {
		emit_open_extended(e, EVENT_EXECVEAT_X, EXECVEAT_X_PARAMS, false);
		emit_exec_attempt(e, c, ARG(2), ARG(3));
	}
	return emit_end(ctx, e, regs, WIRE_LANE_STATE);
}

/* From `flags` on. */
static __always_inline void emit_clone(struct bpf_scratch *e, struct task_struct *t,
				       const struct call *c, __u64 native)
{
	const struct cred *cred = BPF_CORE_READ(t, cred);
	int vtid = task_vtid(t);
	__u32 flags = bits_clone_flags(native);

	if (vtid != BPF_CORE_READ(t, pid))
		flags |= CLONE_FLAGS_CL_CHILD_IN_PIDNS;
	emit_u32(e, flags);
	emit_u32(e, BPF_CORE_READ(cred, euid.val));
	emit_u32(e, BPF_CORE_READ(cred, egid.val));
	emit_s64(e, vtid);
	emit_s64(e, task_vpid(t));
	emit_u64(e, c->ret == 0 ? task_pidns_start(t) : 0); /* of the child only */
}

/* How many bits a number has. Global: the verifier sees it once. */
__noinline __u32 bits_of(__u64 n)
{
	__u32 bits = 0;

	for (__u32 step = 32; step; step /= 2)
		if (n >> step) {
			n >>= step;
			bits += step;
		}
	return n ? bits + 1 : 0;
}

static __always_inline __u32 age_of(struct task_struct *t)
{
	return bits_of(bpf_ktime_get_boot_ns() - t->start_boottime) & 63;
}

/* All of a clone's event; `native`: the flags that make what the call made. */
static __always_inline void emit_clone_event(struct bpf_scratch *e, const struct call *c,
					     __u64 native)
{
	struct task_struct *t = bpf_get_current_task_btf();

	if (c->ret == 0)
		e->flags |= age_of(t) << WIRE_AGE_SHIFT;
	emit_s64(e, c->ret);
	emit_arguments(e, t);
	emit_task(e);
	emit_clone(e, t, c, native);
}

SYSCALL_EXIT(clone, CLONE_20_X, WIRE_LANE_STATE)
{
	emit_clone_event(e, c, ARG(0));
}

SYSCALL_EXIT(fork, FORK_20_X, WIRE_LANE_STATE)
{
	emit_clone_event(e, c, 0);
}

SYSCALL_EXIT(vfork, VFORK_20_X, WIRE_LANE_STATE)
{
	emit_clone_event(e, c, 0);
}

SYSCALL_EXIT(clone3, CLONE3_X, WIRE_LANE_STATE)
{
	/* struct clone_args begins with its flags */
	emit_clone_event(e, c, user_u64(ARG(0)));
}

/* ---- A child's first steps -------------------------------------------------------------------- */

/* The number of parameters is the same for all. */
_Static_assert(CLONE_20_X_PARAMS == FORK_20_X_PARAMS && CLONE_20_X_PARAMS == VFORK_20_X_PARAMS &&
		       CLONE_20_X_PARAMS == CLONE3_X_PARAMS,
	       "one program for the children of all calls");

/* What the child of this call tells; 0: the call makes no child. */
static __always_inline __u32 child_event(__u32 native)
{
	switch (native) {
	case NATIVE_CLONE:
		return EVENT_CLONE_20_X;
	case NATIVE_FORK:
		return EVENT_FORK_20_X;
	case NATIVE_VFORK:
		return EVENT_VFORK_20_X;
	case NATIVE_CLONE3:
		return EVENT_CLONE3_X;
	}
	return 0;
}

static __always_inline int emit_child(struct bpf_scratch *e, struct task_struct *t,
				      struct pt_regs *regs, __u32 type)
{
	__u64 flags = 0;
	struct call c;

	if (!e)
		return 0;
	if (task_is_compat(t))
		keep_compat(regs, 0);
	emit_open(e, type, CLONE_20_X_PARAMS, t->pid);
	call_read_of(e, t, &c, regs, 0);
	if (type == EVENT_CLONE_20_X)
		flags = c.args[0];
	else if (type == EVENT_CLONE3_X)
		flags = user_u64(c.args[0]);
	emit_clone_event(e, &c, flags);
	return emit_submit(e, WIRE_LANE_STATE);
}

#define PF_IO_WORKER 0x10
#define PF_KTHREAD   0x200000

/*
 * A child does not leave the function of the call that made it. This is the first one it leaves;
 * loaded only where calls are seen by their functions.
 */
SEC("fexit/schedule_tail")
int BPF_PROG(on_child, struct task_struct *previous)
{
	struct task_struct *t = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(t);
	__u32 zero = 0, nr, type;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);
	__u64 *claim;

	if (!n || t->flags & (PF_KTHREAD | PF_IO_WORKER) || !call_number(t, regs, &nr) ||
	    !(n->syscall[nr] & WIRE_NEED_EVENT) || !caller_wanted(t, n))
		return 0;
	type = child_event(nr);
	if (!type)
		return 0;
	claim = scratch_claim();
	if (claim) {
		emit_child(emit_scratch(), t, regs, type);
		*(volatile __u64 *)claim = 0;
	} else {
		count_loss(WIRE_LOSS_RECURSION, 0);
	}
	return 0;
}
