/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_ENTRY_BPF_H
#define CORE_ENTRY_BPF_H

/* A task as PROC_ENTRY tells it. */

#include "core/task.bpf.h"

#define PF_EXITING    0x4
#define RLIMIT_NOFILE 7
#define CL_CLOSED     0x40000 /* tables/thread_flags.def */

static __always_inline bool is_exiting(struct task_struct *t)
{
	return t->flags & PF_EXITING;
}

/* The length of the parameter put in last. */
static __always_inline __u16 emitted(struct bpf_scratch *e)
{
	return *(__u16 *)(e->bytes + ((e->lengths - sizeof(__u16)) & EMIT_MASK));
}

static __always_inline void emit_exe_path(struct bpf_scratch *e, struct file *exe)
{
	if (exe)
		emit_path(e, &exe->f_path);
	else
		emit_empty(e);
}

/* Of another task: its memory cannot be read here. */
static __always_inline void emit_image_of(struct bpf_scratch *e, struct file *exe)
{
	emit_empty(e); /* argv[0] */
	emit_exe_path(e, exe);
	emit_empty(e); /* the other arguments */
	emit_empty(e); /* the environment */
}

/* Of the current one; once it has given its memory back, nothing of it is known. */
static __always_inline void emit_own_image(struct bpf_scratch *e, struct mm_struct *mm,
					   struct file *exe, bool with_env)
{
	unsigned long from = BPF_CORE_READ(mm, arg_start), to = BPF_CORE_READ(mm, arg_end);
	__u32 first;

	emit_caller_str(e, from < to ? from : 0, LIST_CAP);
	first = emitted(e);
	emit_exe_path(e, exe);
	BOUND(first, LIST_CAP * 2 - 1);
	emit_user_strings(e, from + first, to, LIST_CAP - first);
	if (with_env)
		emit_user_strings(e, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end),
				  LIST_CAP);
	else
		emit_empty(e);
}

static __always_inline void emit_place(struct bpf_scratch *e, struct task_struct *t)
{
	struct fs_struct *fs = BPF_CORE_READ(t, fs);

	if (fs) {
		emit_path(e, &fs->pwd);
		emit_path(e, &fs->root);
	} else {
		emit_empty(e);
		emit_empty(e);
	}
}

/* Memory, page faults, capabilities: two or three numbers each, as one parameter. */
static __always_inline void emit_counters(struct bpf_scratch *e, struct task_struct *t,
					  struct mm_struct *mm, const struct cred *cred)
{
	EMIT_STORE(e, __u32, e->at, mm ? BPF_CORE_READ(mm, total_vm) * PAGE_KB : 0);
	EMIT_STORE(e, __u32, e->at + 4,
		   mm ? (rss_count(mm, MM_FILEPAGES) + rss_count(mm, MM_ANONPAGES) +
			 rss_count(mm, MM_SHMEMPAGES)) *
				   PAGE_KB
		      : 0);
	EMIT_STORE(e, __u32, e->at + 8, mm ? rss_count(mm, MM_SWAPENTS) * PAGE_KB : 0);
	emit_length(e, 12);
	EMIT_STORE(e, __u64, e->at, t->maj_flt);
	EMIT_STORE(e, __u64, e->at + 8, t->min_flt);
	emit_length(e, 16);
	EMIT_STORE(e, __u64, e->at, capabilities(&cred->cap_inheritable));
	EMIT_STORE(e, __u64, e->at + 8, capabilities(&cred->cap_permitted));
	EMIT_STORE(e, __u64, e->at + 16, capabilities(&cred->cap_effective));
	emit_length(e, 24);
}

/* `own`: the task is the current one, and tells what is asked for here. */
static __always_inline void emit_entry(struct bpf_scratch *e, struct task_struct *t,
				       const struct wire_needs *own)
{
	const struct cred *cred = BPF_CORE_READ(t, cred);
	struct mm_struct *mm = BPF_CORE_READ(t, mm);
	struct file *exe = BPF_CORE_READ(mm, exe_file);

	emit_s64(e, t->tgid);
	emit_s64(e, task_ptid(t));
	emit_s64(e, pid_in_own_namespace(BPF_CORE_READ(t, signal, pids[PIDTYPE_SID])));
	emit_s64(e, task_vpgid(t));
	emit_s64(e, task_pgid(t));
	emit_s64(e, task_vtid(t));
	emit_s64(e, task_vpid(t));
	emit_kernel_str(e, t->comm, 16);
	if (own)
		emit_own_image(e, mm, exe, own->announce_env);
	else
		emit_image_of(e, exe);
	emit_place(e, t);
	emit_cgroups(e, t);
	emit_s64(e, BPF_CORE_READ(t, signal, rlim[RLIMIT_NOFILE].rlim_cur));
	emit_u32(e, !own && is_exiting(t) ? CL_CLOSED : 0);
	emit_u32(e, BPF_CORE_READ(cred, euid.val));
	emit_u32(e, BPF_CORE_READ(cred, egid.val));
	emit_u32(e, task_loginuid(t));
	emit_u32(e, task_tty(t));
	emit_counters(e, t, mm, cred);
	emit_u32(e, exe ? exe_flags(cred, exe) : 0);
	emit_u64(e, BPF_CORE_READ(exe, f_inode, i_ino));
	emit_u64(e, exe ? inode_ctime_ns(BPF_CORE_READ(exe, f_inode)) : 0);
	emit_u64(e, exe ? inode_mtime_ns(BPF_CORE_READ(exe, f_inode)) : 0);
	emit_u64(e, task_pidns_start(t));
	emit_u64(e, t->start_boottime + knob_boot_epoch_ns);
}

#endif
