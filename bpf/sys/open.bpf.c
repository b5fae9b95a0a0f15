/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Opening and closing. */

#include "core/extension.bpf.h"
#include "core/open_flags.bpf.h"

/* The file that was opened, once opened_nameless has found it. */
#define OPENED(e) ((struct file *)(e)->file)

/* O_TMPFILE: the caller named just a directory. Finds the file for all that follows. */
static __always_inline bool opened_nameless(struct bpf_scratch *e, struct task_struct *task,
					    const struct call *c)
{
	struct file *f = file_of_task(task, c->ret);

	e->file = as_number(f);
	return f && BPF_CORE_READ(f, f_flags) & O_TMPFILE_NATIVE;
}

/* The path of the file that was opened, whatever its name says by now. Quick where many calls are. */
static __always_inline void opened_extension(struct bpf_scratch *e, struct task_struct *task,
					     bool quick)
{
	const struct path *path = e->file ? &OPENED(e)->f_path : NULL;

	if (quick)
		emit_path_quick(e, path);
	else
		emit_path(e, path);
	emit_empty(e);
	emit_cred(e, BPF_CORE_READ(task, cred));
	emit_empty(e);
}

#define open_extension(e, c)              opened_extension(e, task, true)
#define openat_extension(e, c)            opened_extension(e, task, true)
#define openat2_extension(e, c)           opened_extension(e, task, false)
#define creat_extension(e, c)             opened_extension(e, task, false)
#define open_by_handle_at_extension(e, c) opened_extension(e, task, false)

SYSCALL_EXIT_EXTENDED(open, OPEN, OPEN_X, LANE_FD | SENT_HERE, opened_nameless(e, task, c))
{
	struct file *f = OPENED(e);

	emit_s64(e, c->ret);
	emit_user_str(e, ARG(0), PATH_CAP);
	emit_u32(e, open_flags(ARG(1)) | open_result_flags(f));
	emit_u32(e, open_mode(ARG(1), ARG(2)));
	emit_opened(e, f);
}

SYSCALL_EXIT_EXTENDED(openat, OPENAT, OPENAT_2_X, LANE_FD | SENT_HERE, opened_nameless(e, task, c))
{
	struct file *f = OPENED(e);

	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_user_str(e, ARG(1), PATH_CAP);
	emit_u32(e, open_flags(ARG(2)) | open_result_flags(f));
	emit_u32(e, open_mode(ARG(2), ARG(3)));
	emit_opened(e, f);
}

SYSCALL_EXIT_EXTENDED(openat2, OPENAT2, OPENAT2_X, LANE_FD, opened_nameless(e, task, c))
{
	struct file *f = OPENED(e);
	struct open_how how = { 0 };

	if (bpf_probe_read_user(&how, sizeof(how), (void *)ARG(2)) < 0)
		count_loss(WIRE_LOSS_READ, e->type);
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_user_str(e, ARG(1), PATH_CAP);
	emit_u32(e, open_flags(how.flags) | open_result_flags(f));
	emit_u32(e, open_mode(how.flags, how.mode));
	emit_u32(e, bits_openat2_flags(how.resolve));
	emit_opened(e, f);
}

SYSCALL_EXIT_EXTENDED(creat, CREAT, CREAT_X, LANE_FD, opened_nameless(e, task, c))
{
	struct file *f = OPENED(e);

	emit_s64(e, c->ret);
	emit_user_str(e, ARG(0), PATH_CAP);
	emit_u32(e, ARG(1));
	emit_opened(e, f);
	emit_u16(e, creat_flags(f));
}

SYSCALL_EXIT_EXTENDED(open_by_handle_at, OPEN_BY_HANDLE_AT, OPEN_BY_HANDLE_AT_X, LANE_FD,
		      opened_nameless(e, task, c))
{
	struct file *f = OPENED(e);

	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u32(e, open_flags(ARG(2)) | open_result_flags(f));
	emit_path(e, f ? &f->f_path : NULL);
	emit_opened(e, f);
}

SYSCALL_EXIT(close, CLOSE_X, LANE_FD | SENT_HERE)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT(close_range, CLOSE_RANGE_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u32(e, ARG(0));
	emit_u32(e, ARG(1));
	emit_u32(e, bits_close_range_flags(ARG(2)));
}
