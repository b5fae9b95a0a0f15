/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * What is there already: every task, and every open descriptor, as the synthetic events
 * PROC_ENTRY and FD_ENTRY. Arguments and environment are another process's memory; the agent adds
 * them. Only tasks in scope.
 */

#include "core/descriptor.bpf.h"
#include "core/task.bpf.h"

static __always_inline struct bpf_scratch *iter_begin(__u32 type, __u32 nparams, __u64 tid)
{
	__u32 zero = 0;
	struct bpf_scratch *e = bpf_map_lookup_elem(&iter_scratch, &zero);

	if (e)
		emit_open(e, type, nparams, tid);
	return e;
}

static __always_inline int iter_submit(struct bpf_scratch *e, struct seq_file *seq)
{
	__u64 size = e->at;

	EMIT_STORE(e, __u16, 0, 0);
	EMIT_STORE(e, __u16, 2, WIRE_SYNTHETIC);
	EMIT_STORE(e, __u64, 4, 0);
	EMIT_STORE(e, __u32, 28, size - (__u32)sizeof(struct wire_prefix));
	if (size > WIRE_EVENT_MAX)
		return 0;
	BOUND(size, 2 * WIRE_EVENT_MAX - 1);
	bpf_seq_write(seq, e->bytes, size);
	return 0;
}

static __always_inline bool task_listed(struct task_struct *t)
{
	__u32 zero = 0;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	return n && task_wanted(t, n);
}

#define PF_EXITING    0x4
#define RLIMIT_NOFILE 7
#define CL_CLOSED     0x40000 /* tables/thread_flags.def */

/*
 * A task that has begun to exit may have told so before anybody listened, and is not listed: its
 * end would never come. A leader stays as long as others of its group live, as one that is dead.
 */
static __always_inline bool is_exiting(struct task_struct *t)
{
	return t->flags & PF_EXITING;
}

static __always_inline bool is_left_out(struct task_struct *t)
{
	return is_exiting(t) && (t->pid != t->tgid || BPF_CORE_READ(t, signal, live.counter) <= 0);
}

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct bpf_scratch *e;
	const struct cred *cred;
	struct file *exe;
	struct mm_struct *mm;
	struct fs_struct *fs;

	if (!t || is_left_out(t) || !task_listed(t))
		return 0;
	e = iter_begin(EVENT_PROC_ENTRY, PROC_ENTRY_PARAMS, t->pid);
	if (!e)
		return 0;
	cred = BPF_CORE_READ(t, cred);
	mm = BPF_CORE_READ(t, mm);
	exe = BPF_CORE_READ(mm, exe_file);
	emit_s64(e, t->tgid);
	emit_s64(e, task_ptid(t));
	emit_s64(e, pid_in_own_namespace(BPF_CORE_READ(t, signal, pids[PIDTYPE_SID])));
	emit_s64(e, task_vpgid(t));
	emit_s64(e, task_pgid(t));
	emit_s64(e, task_vtid(t));
	emit_s64(e, task_vpid(t));
	emit_kernel_str(e, t->comm, 16);
	emit_empty(e); /* exe: argv[0] */
	if (exe)
		emit_path(e, &exe->f_path);
	else
		emit_empty(e);
	emit_empty(e); /* args */
	emit_empty(e); /* env */
	fs = BPF_CORE_READ(t, fs);
	if (fs) {
		emit_path(e, &fs->pwd);
		emit_path(e, &fs->root);
	} else {
		emit_empty(e);
		emit_empty(e);
	}
	emit_cgroups(e, t);
	emit_s64(e, BPF_CORE_READ(t, signal, rlim[RLIMIT_NOFILE].rlim_cur));
	emit_u32(e, is_exiting(t) ? CL_CLOSED : 0);
	emit_u32(e, BPF_CORE_READ(cred, euid.val));
	emit_u32(e, BPF_CORE_READ(cred, egid.val));
	emit_u32(e, task_loginuid(t));
	emit_u32(e, task_tty(t));
	/* vm, page faults, capabilities: three numbers each, as one parameter */
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
	emit_u32(e, exe ? exe_flags(cred, exe) : 0);
	emit_u64(e, BPF_CORE_READ(exe, f_inode, i_ino));
	emit_u64(e, exe ? inode_ctime_ns(BPF_CORE_READ(exe, f_inode)) : 0);
	emit_u64(e, exe ? inode_mtime_ns(BPF_CORE_READ(exe, f_inode)) : 0);
	emit_u64(e, task_pidns_start(t));
	emit_u64(e, t->start_boottime + knob_boot_epoch_ns);
	return iter_submit(e, ctx->meta->seq);
}

SEC("iter/task_file")
int each_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *t = ctx->task;
	struct file *f = ctx->file, *plain = NULL;
	struct bpf_scratch *e;

	if (!t || !f || is_exiting(t) || !task_listed(t))
		return 0;
	e = iter_begin(EVENT_FD_ENTRY, FD_ENTRY_PARAMS, t->tgid);
	if (!e)
		return 0;
	/* The iterator took the file earlier: it may have been closed before the entry's time. */
	if (file_of_task(t, ctx->fd) != f)
		return 0;
	/* Read as a number: path_walk takes no typed pointer. */
	bpf_probe_read_kernel(&plain, sizeof(plain), &ctx->file);
	emit_descriptor(e, t, ctx->fd, as_number(plain));
	return iter_submit(e, ctx->meta->seq);
}
