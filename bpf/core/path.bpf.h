/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_PATH_BPF_H
#define CORE_PATH_BPF_H

/*
 * The path of an object the kernel holds: from its dentry through the mounts up to the root of its
 * mount namespace. Names are written backwards from the middle of scratch->path. A path of more
 * than PATH_DEPTH components, or longer than PATH_CAP, keeps its end and begins with "..." instead
 * of a slash; that is counted.
 */

#include "emit.bpf.h"

#define PATH_DEPTH 64
#define PATH_MASK  (PATH_CAP - 1)
#define NAME_MASK  255

/* The mount a vfsmount is part of. */
static __always_inline struct mount *mount_of(struct vfsmount *m)
{
	return (struct mount *)((char *)m - bpf_core_field_offset(struct mount, mnt));
}

/* Puts the name of a directory's entry in front; false when there is no room for it. */
static __always_inline bool path_prepend(struct bpf_scratch *e, struct dentry *dentry, bool can)
{
	__u32 len = FOLLOW(can, dentry, d_name.len) & NAME_MASK, at = e->path_at;

	if (at < len + 5)
		return false;
	at -= len;
	BOUND(len, NAME_MASK); /* 6.12 loses it in the comparison */
	if (bpf_probe_read_kernel(e->path + (at & PATH_MASK), len,
				  FOLLOW(can, dentry, d_name.name)) < 0)
		return false;
	at -= 1;
	e->path[at & PATH_MASK] = '/';
	e->path_at = at;
	return true;
}

static __always_inline void path_prepend_mark(struct bpf_scratch *e)
{
	__u32 at = e->path_at - 3;

	e->path[at & PATH_MASK] = '.';
	e->path[(at + 1) & PATH_MASK] = '.';
	e->path[(at + 2) & PATH_MASK] = '.';
	e->path_at = at & PATH_MASK;
}

/* False when that is farther away than the limits allow. */
static __always_inline bool path_walk_to_top(struct bpf_scratch *e, __u64 address, bool can)
{
	const struct path *from = TYPED(can, (struct path *)address);
	struct vfsmount *vfs = FOLLOW(can, from, mnt);
	struct dentry *dentry = FOLLOW(can, from, dentry);
	struct mount *mount = TYPED(can, mount_of(vfs));
	struct dentry *top = FOLLOW(can, vfs, mnt_root);

	for (int i = 0; i < PATH_DEPTH; i++) {
		struct dentry *parent;

		if (dentry == top) {
			struct mount *above = FOLLOW(can, mount, mnt_parent);

			if (above == mount)
				return true;
			dentry = FOLLOW(can, mount, mnt_mountpoint);
			mount = above;
			top = FOLLOW(can, mount, mnt.mnt_root);
			continue;
		}
		parent = FOLLOW(can, dentry, d_parent);
		if (parent == dentry) { /* no tree at all, just a name: a memfd, a pipe */
			if (path_prepend(e, dentry, can))
				e->path_at++; /* its name has no slash in front */
			return true;
		}
		if (!path_prepend(e, dentry, can))
			return false;
		dentry = parent;
	}
	return false;
}

/* What follows a loop stands outside its function: the verifier comes by there once per turn. */
__noinline int path_walk(struct bpf_scratch *e, __u64 address)
{
	if (!e)
		return 0;
	return CAN_CAST ? path_walk_to_top(e, address, true) : path_walk_to_top(e, address, false);
}

/*
 * Writes the path from scratch->path_at up to PATH_CAP - 1, where a NUL stands. `address` is that
 * of a struct path. A global function: the verifier looks at it once, not once per caller.
 */
__noinline int path_write(struct bpf_scratch *e, __u64 address)
{
	if (!e)
		return 0;
	e->path_at = PATH_CAP - 1;
	e->path[PATH_CAP - 1] = 0;
	if (!path_walk(e, address)) {
		count_loss(WIRE_LOSS_CUT, e->type);
		path_prepend_mark(e);
	} else if (e->path_at == PATH_CAP - 1) {
		e->path[PATH_CAP - 2] = '/';
		e->path_at = PATH_CAP - 2;
	}
	return 0;
}

/* The path with its NUL as the next parameter; absent without an object. */
static __always_inline void emit_path(struct bpf_scratch *e, const struct path *from)
{
	__u32 at, len;

	if (!from) {
		emit_empty(e);
		return;
	}
	path_write(e, as_number(from));
	at = e->path_at;
	len = PATH_CAP - at;
	if (bpf_probe_read_kernel(e->bytes + (e->at & EMIT_MASK), len & PATH_MASK,
				  e->path + (at & PATH_MASK)) < 0)
		len = 0;
	emit_length(e, len);
}

#endif
