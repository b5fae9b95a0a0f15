/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_OVERLAY_BPF_H
#define CORE_OVERLAY_BPF_H

/* Which layer of an overlay file system a file is taken from. */

#include "emit.bpf.h"

#define OVERLAYFS_MAGIC 0x794c7630

enum layer { LAYER_NONE, LAYER_UPPER, LAYER_LOWER };

/*
 * An overlay's inode is part of a larger struct (ovl_inode), in which the dentry of the upper
 * layer's file comes next: NULL as long as the file was not copied up. The type itself is known
 * only where the file system is not a module. `inode` is an address. Global: the verifier sees it
 * once.
 */
__noinline int overlay_layer(__u64 inode)
{
	struct dentry *upper = (struct dentry *)WORD_AT(inode + bpf_core_type_size(struct inode));

	return upper && BPF_CORE_READ(upper, d_inode) ? LAYER_UPPER : LAYER_LOWER;
}

static __always_inline enum layer file_layer(struct file *f)
{
	struct inode *inode = BPF_CORE_READ(f, f_inode);

	if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_MAGIC)
		return LAYER_NONE;
	return overlay_layer(as_number(inode));
}

#endif
