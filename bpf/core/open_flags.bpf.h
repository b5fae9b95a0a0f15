/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_OPEN_FLAGS_BPF_H
#define CORE_OPEN_FLAGS_BPF_H

/* Flags of open, in the format's bits, with the quirks of Falco's probe that rules rely on. */

#include "core/file.bpf.h"
#include "core/overlay.bpf.h"
#include "schema_flags.bpf.h"

#define O_CREAT_NATIVE   0x40
#define O_TMPFILE_NATIVE 0x400000 /* without the O_DIRECTORY bit it includes */
#define O_DIRECTORY_BIT  0x10000
#define FMODE_CREATED    0x100000

static __always_inline __u32 open_flags(__u64 native)
{
	__u32 out = 0;

	switch (native & 3) {
	case 0:
	case 3:
		out = FILE_FLAGS_O_RDONLY;
		break;
	case 1:
		out = FILE_FLAGS_O_WRONLY;
		break;
	default:
		out = FILE_FLAGS_O_RDWR;
	}
#define FLAG(set, id, name, value, native_value)                                                   \
	if ((native_value) != FLAG_NO_NATIVE && (native_value) > 3 &&                              \
	    (native & (native_value)) == (native_value))                                           \
		out |= (value);
#include "tables/flags/file_flags.def"
#undef FLAG
	return out;
}

/* The mode argument means something only when a file may be made. */
static __always_inline __u32 open_mode(__u64 flags, __u64 mode)
{
	return flags & (O_CREAT_NATIVE | O_TMPFILE_NATIVE) ? (__u32)mode : 0;
}

/* Flags of calls that take only these two, sockets' included. */
static __always_inline __u32 fd_flags(__u64 native)
{
	return (native & 0x80000 ? FILE_FLAGS_O_CLOEXEC : 0) |
	       (native & 0x800 ? FILE_FLAGS_O_NONBLOCK : 0);
}

/* What the file says: whether this very call made it, and where in an overlay it is. */
static __always_inline __u32 open_result_flags(struct file *f)
{
	enum layer layer = file_layer(f);

	return (BPF_CORE_READ(f, f_mode) & FMODE_CREATED ? FILE_FLAGS_O_F_CREATED : 0) |
	       (layer == LAYER_UPPER ? FILE_FLAGS_FD_UPPER_LAYER : 0) |
	       (layer == LAYER_LOWER ? FILE_FLAGS_FD_LOWER_LAYER : 0);
}

static __always_inline __u16 creat_flags(struct file *f)
{
	enum layer layer = file_layer(f);

	return (layer == LAYER_UPPER ? CREAT_FLAGS_FD_UPPER_LAYER_CREAT : 0) |
	       (layer == LAYER_LOWER ? CREAT_FLAGS_FD_LOWER_LAYER_CREAT : 0);
}

/* dev, ino of what was opened; zeros for a call that failed. */
static __always_inline void emit_opened(struct bpf_scratch *e, struct file *f)
{
	struct inode *inode = BPF_CORE_READ(f, f_inode);

	emit_u32(e, device_number(BPF_CORE_READ(inode, i_sb, s_dev)));
	emit_u64(e, BPF_CORE_READ(inode, i_ino));
}

#endif
