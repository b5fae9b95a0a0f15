/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * What is there already: every task, and every open descriptor, as the synthetic events
 * PROC_ENTRY and FD_ENTRY. Arguments and environment are another process's memory; the agent adds
 * them. Only tasks in scope.
 */

#include "core/descriptor.bpf.h"
#include "core/entry.bpf.h"

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

	emit_head(e, size, 0, WIRE_SYNTHETIC, 0);
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

/*
 * A task that has begun to exit may have told so before anybody listened, and is not listed: its
 * end would never come. A leader stays as long as others of its group live, as one that is dead.
 */
static __always_inline bool is_left_out(struct task_struct *t)
{
	return is_exiting(t) && (t->pid != t->tgid || BPF_CORE_READ(t, signal, live.counter) <= 0);
}

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct bpf_scratch *e;

	if (!t || is_left_out(t) || !task_listed(t))
		return 0;
	e = iter_begin(EVENT_PROC_ENTRY, PROC_ENTRY_PARAMS, t->pid);
	if (!e)
		return 0;
	emit_entry(e, t, NULL);
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
