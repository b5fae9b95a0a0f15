/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_TASK_BPF_H
#define CORE_TASK_BPF_H

/* What Falco's events say of a task. */

#include "call.bpf.h"
#include "core/exe.bpf.h"
#include "core/file.bpf.h"
#include "core/scope.bpf.h"
#include "schema_flags.bpf.h"

/* ---- Numbers of a task, in its own namespace and in the first one --------------------------- */

enum { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };

static __always_inline int pid_in_own_namespace(struct pid *pid)
{
	__u32 level = BPF_CORE_READ(pid, level) & 31;
	struct upid own;

	bpf_core_read(&own, sizeof(own), &pid->numbers[level]);
	return own.nr;
}

static __always_inline int task_vtid(struct task_struct *t)
{
	return pid_in_own_namespace(BPF_CORE_READ(t, thread_pid));
}

static __always_inline int task_vpid(struct task_struct *t)
{
	return pid_in_own_namespace(BPF_CORE_READ(t, group_leader, thread_pid));
}

static __always_inline int task_vpgid(struct task_struct *t)
{
	return pid_in_own_namespace(BPF_CORE_READ(t, signal, pids[PIDTYPE_PGID]));
}

static __always_inline int task_pgid(struct task_struct *t)
{
	return BPF_CORE_READ(t, signal, pids[PIDTYPE_PGID], numbers[0].nr);
}

static __always_inline int task_ptid(struct task_struct *t)
{
	return BPF_CORE_READ(t, real_parent, pid);
}

/* When init of the task's pid namespace started, ns since the epoch; 0 in the first one. */
static __always_inline __u64 task_pidns_start(struct task_struct *t)
{
	struct pid_namespace *ns = BPF_CORE_READ(t, nsproxy, pid_ns_for_children);

	return BPF_CORE_READ(ns, child_reaper, start_boottime) + knob_boot_epoch_ns;
}

/* ---- Credentials ---------------------------------------------------------------------------- */

static __always_inline __u32 task_loginuid(struct task_struct *t)
{
	return bpf_core_field_exists(t->loginuid) ? BPF_CORE_READ(t, loginuid.val) : (__u32)-1;
}

/* ---- Terminal ------------------------------------------------------------------------------- */

static __always_inline __u32 task_tty(struct task_struct *t)
{
	struct tty_struct *tty = BPF_CORE_READ(t, signal, tty);
	__u32 major, minor;

	if (!tty)
		return 0;
	major = BPF_CORE_READ(tty, driver, major);
	minor = BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index);
	return device_number(major << 20 | minor);
}

/* ---- Memory --------------------------------------------------------------------------------- */

#define PAGE_KB 4

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };

/*
 * One member of the resident set. Per-CPU parts of the counter are not summed: the value may be a
 * few pages off. A macro, since the index must be a constant where the offset is looked up.
 */
#define rss_count(mm, member)                                                                      \
	({                                                                                         \
		struct mm_struct___atomic *old = (void *)(mm);                                     \
		__s64 pages;                                                                       \
                                                                                                   \
		if (bpf_core_field_exists(old->rss_stat.count))                                    \
			pages = BPF_CORE_READ(old, rss_stat.count[member].counter);                \
		else                                                                               \
			pages = BPF_CORE_READ((mm), rss_stat[member].count);                       \
		pages > 0 ? pages : 0;                                                             \
	})

static __always_inline void emit_memory(struct bpf_scratch *e, struct task_struct *t)
{
	struct mm_struct *mm = BPF_CORE_READ(t, mm);

	if (!mm) {
		emit_u32(e, 0);
		emit_u32(e, 0);
		emit_u32(e, 0);
		return;
	}
	emit_u32(e, BPF_CORE_READ(mm, total_vm) * PAGE_KB);
	emit_u32(e, (rss_count(mm, MM_FILEPAGES) + rss_count(mm, MM_ANONPAGES) +
		     rss_count(mm, MM_SHMEMPAGES)) *
			    PAGE_KB);
	emit_u32(e, rss_count(mm, MM_SWAPENTS) * PAGE_KB);
}

/* ---- Arguments and environment -------------------------------------------------------------- */

#define LIST_CAP 4096

/* Strings that were cut show it: their last bytes are dots. */
#define CUT_MARK     0x002e2e2e /* "..." and a NUL */
#define CUT_MARK_LEN ((__u32)sizeof(__u32))

static __always_inline void mark_cut(struct bpf_scratch *e, __u32 len)
{
	count_loss(WIRE_LOSS_CUT, e->type);
	if (len >= CUT_MARK_LEN)
		EMIT_STORE(e, __u32, e->at + len - CUT_MARK_LEN, CUT_MARK);
}

/* Strings that follow each other in user memory, at most LIST_CAP bytes; the last byte is NUL. */
static __always_inline void emit_user_strings(struct bpf_scratch *e, unsigned long from,
					      unsigned long to, __u32 room)
{
	unsigned long len = to - from;
	bool cut = len > room;

	if (from >= to || room == 0) {
		emit_empty(e);
		return;
	}
	if (cut)
		len = room;
	len &= LIST_CAP * 2 - 1;
	if (bpf_probe_read_user(e->bytes + (e->at & EMIT_MASK), len, (void *)from) < 0) {
		count_loss(WIRE_LOSS_READ, e->type);
		emit_empty(e);
		return;
	}
	EMIT_STORE(e, __u8, e->at + len - 1, 0);
	if (cut)
		mark_cut(e, len);
	emit_length(e, len);
}

/* argv[0] and the rest as two parameters; both together at most LIST_CAP bytes. */
static __always_inline void emit_arguments(struct bpf_scratch *e, struct task_struct *t)
{
	unsigned long start = BPF_CORE_READ(t, mm, arg_start), end = BPF_CORE_READ(t, mm, arg_end);
	long n = 0;

	if (start < end)
		n = read_user_str(e->bytes + (e->at & EMIT_MASK), LIST_CAP, (void *)start);
	if (n <= 0) {
		emit_empty(e);
		emit_empty(e);
		return;
	}
	emit_length(e, n);
	emit_user_strings(e, start + n, end, LIST_CAP - n);
}

#define ARRAY_MAX 64

/*
 * Appends the string of one entry of an argv-like array to the parameter being written; 0 when it
 * is the last. e->left is not 0 as long as there is more. Global: the verifier sees it once, not
 * once per turn of the loop below.
 */
__noinline int append_user_string(struct bpf_scratch *e, __u64 entry, __u32 compat)
{
	const struct call call = { .compat = compat };
	__u64 string = user_word(&call, entry);
	__u32 room;
	long n;

	if (!e)
		return 0;
	if (!string) {
		e->left = 0;
		return 0;
	}
	if (e->done >= LIST_CAP)
		return 0;
	room = LIST_CAP - e->done;
	BOUND(room, 8191);
	n = read_user_str(e->bytes + ((e->at + e->done) & EMIT_MASK), room, (void *)string);
	if (n <= 0) {
		count_loss(WIRE_LOSS_READ, e->type);
		e->left = 0;
		return 0;
	}
	e->done += n;
	return 1;
}

/* All of them from index `first` on. What follows the loop stands outside, as with path_walk. */
__noinline int append_user_strings(struct bpf_scratch *e, __u64 array, __u32 first, __u32 compat)
{
	const struct call call = { .compat = compat };

	/* From a constant on: otherwise older verifiers find no end. */
	for (__u32 i = 0; i < ARRAY_MAX; i++)
		if (i + first >= ARRAY_MAX ||
		    !append_user_string(e, array + (i + first) * word_size(&call), compat))
			break;
	return 0;
}

/*
 * The strings an argv-like array points to, from index `first` on, at most LIST_CAP bytes and
 * ARRAY_MAX strings.
 */
static __always_inline void emit_user_array(struct bpf_scratch *e, const struct call *c,
					    __u64 array, __u32 first)
{
	e->done = 0;
	e->left = array != 0;
	if (array)
		append_user_strings(e, array, first, c->compat);
	if (e->left)
		mark_cut(e, e->done);
	emit_length(e, e->done);
}

/* argv[0] and the rest as two parameters. */
static __always_inline void emit_argument_array(struct bpf_scratch *e, const struct call *c,
						__u64 array)
{
	emit_caller_str(e, array ? user_word(c, array) : 0, LIST_CAP);
	emit_user_array(e, c, array, 1);
}

/* ---- Control groups ------------------------------------------------------------------------- */

#define CGROUP_DEPTH 16

/*
 * The path of a control group with its NUL, put at `at`; returns its length. `address` is that of
 * a struct cgroup. Global, like path_walk.
 */
__noinline int append_cgroup_path(struct bpf_scratch *e, __u32 at, __u64 address)
{
	const struct cgroup *cgroup = (const struct cgroup *)address;
	struct kernfs_node *node = BPF_CORE_READ(cgroup, kn);
	__u32 from, len;

	if (!e)
		return 0;
	e->path_at = PATH_CAP - 1;
	e->path[PATH_CAP - 1] = 0;
	for (int i = 0; i < CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = kernfs_parent(node);
		const char *name = BPF_CORE_READ(node, name);
		__u8 *begin = e->path + PATH_CAP; /* the upper half is free: measure there */
		long n;

		if (!parent)
			break;
		n = bpf_probe_read_kernel_str(begin, 256, name) - 1;
		if (n <= 0 || e->path_at < 300)
			break;
		from = (e->path_at - (__u32)n) & PATH_MASK;
		bpf_probe_read_kernel(e->path + from, n & 255, begin);
		from = (from - 1) & PATH_MASK;
		e->path[from] = '/';
		e->path_at = from;
		node = parent;
	}
	if (e->path_at == PATH_CAP - 1) {
		e->path[PATH_CAP - 2] = '/';
		e->path_at = PATH_CAP - 2;
	}
	from = e->path_at & PATH_MASK;
	len = (PATH_CAP - from) & PATH_MASK;
	bpf_probe_read_kernel(e->bytes + (at & EMIT_MASK), len, e->path + from);
	return len;
}

/* "subsys=path" of one controller, appended to the parameter being written. */
#define APPEND_CGROUP(id, text)                                                                    \
	do {                                                                                       \
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id##_cgrp_id)) {             \
			int number = bpf_core_enum_value(enum cgroup_subsys_id, id##_cgrp_id);     \
			struct cgroup *group = BPF_CORE_READ(t, cgroups, subsys[number], cgroup);  \
                                                                                                   \
			__builtin_memcpy(e->bytes + ((e->at + len) & EMIT_MASK), text "=",         \
					 sizeof(text));                                            \
			len += sizeof(text);                                                       \
			len += append_cgroup_path(e, e->at + len, as_number(group));               \
		}                                                                                  \
	} while (0)

static __always_inline void emit_cgroups(struct bpf_scratch *e, struct task_struct *t)
{
	__u32 len = 0;

	APPEND_CGROUP(cpuset, "cpuset");
	APPEND_CGROUP(cpu, "cpu");
	APPEND_CGROUP(cpuacct, "cpuacct");
	APPEND_CGROUP(io, "io");
	APPEND_CGROUP(memory, "memory");
	emit_length(e, len);
}

#endif
