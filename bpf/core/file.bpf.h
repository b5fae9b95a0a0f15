/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_FILE_BPF_H
#define CORE_FILE_BPF_H

/* Open files of the current task, and what Falco's events say of them. */

#include "core/path.bpf.h"

/* The file behind a descriptor of a task; NULL when there is none. */
static __always_inline struct file *file_of_task(struct task_struct *task, long fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	return (struct file *)WORD_AT(files + (__u32)fd);
}

static __always_inline struct file *file_of(long fd)
{
	return file_of_task(bpf_get_current_task_btf(), fd);
}

/* The format's device number is the one user space sees: new_encode_dev of the kernel's. */
static __always_inline __u32 device_number(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

static __always_inline __u32 file_device(struct file *f)
{
	return device_number(BPF_CORE_READ(f, f_inode, i_sb, s_dev));
}

static __always_inline __u64 file_inode(struct file *f)
{
	return BPF_CORE_READ(f, f_inode, i_ino);
}

#endif
