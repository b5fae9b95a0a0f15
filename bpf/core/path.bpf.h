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
static __always_inline bool path_prepend(struct bpf_scratch *e, struct dentry *dentry)
{
	__u32 len = FOLLOW(dentry, d_name.len) & NAME_MASK, at = e->path_at;

	if (at < len + 5)
		return false;
	at -= len;
	BOUND(len, NAME_MASK); /* 6.12 loses it in the comparison */
	if (bpf_probe_read_kernel(e->path + (at & PATH_MASK), len, FOLLOW(dentry, d_name.name)) < 0)
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

/* Where a walk stands. */
struct walk {
	struct dentry *dentry, *top; /* top: the root of the mount */
	struct mount *mount;
};

enum walked { WALKED_ON, WALKED_TO_TOP, WALKED_TOO_FAR };

static __always_inline void walk_begin(struct walk *w, const struct path *from)
{
	struct vfsmount *vfs = FOLLOW(from, mnt);

	w->dentry = FOLLOW(from, dentry);
	w->mount = TYPED(mount_of(vfs));
	w->top = FOLLOW(vfs, mnt_root);
}

/* By copies of the pointers: a read by way of w would count as one of the kernel's types. */
static __always_inline enum walked walk_step(struct bpf_scratch *e, struct walk *w)
{
	struct dentry *dentry = w->dentry, *parent;
	struct mount *mount = w->mount;

	if (dentry == w->top) {
		struct mount *above = FOLLOW(mount, mnt_parent);

		if (above == mount)
			return WALKED_TO_TOP;
		w->dentry = FOLLOW(mount, mnt_mountpoint);
		w->mount = above;
		w->top = FOLLOW(above, mnt.mnt_root);
		return WALKED_ON;
	}
	parent = FOLLOW(dentry, d_parent);
	if (parent == dentry) { /* no tree at all, just a name: a memfd, a pipe */
		if (path_prepend(e, dentry))
			e->path_at++; /* its name has no slash in front */
		return WALKED_TO_TOP;
	}
	if (!path_prepend(e, dentry))
		return WALKED_TOO_FAR;
	w->dentry = parent;
	return WALKED_ON;
}

/* One step. A function of its own, as is what follows the loop: the verifier sees each once. */
__noinline int path_step(struct bpf_scratch *e)
{
	struct walk w;
	enum walked how;

	if (!e)
		return WALKED_TOO_FAR;
	w.dentry = TYPED((struct dentry *)e->walk.dentry);
	w.top = TYPED((struct dentry *)e->walk.top);
	w.mount = TYPED((struct mount *)e->walk.mount);
	how = walk_step(e, &w);
	e->walk.dentry = as_number(w.dentry);
	e->walk.top = as_number(w.top);
	e->walk.mount = as_number(w.mount);
	return how;
}

__noinline int path_walk(struct bpf_scratch *e, __u64 address)
{
	struct walk w;

	if (!e)
		return 0;
	walk_begin(&w, TYPED((struct path *)address));
	e->walk.dentry = as_number(w.dentry);
	e->walk.top = as_number(w.top);
	e->walk.mount = as_number(w.mount);
	for (int i = 0; i < PATH_DEPTH; i++) {
		int how = path_step(e);

		if (how != WALKED_ON)
			return how == WALKED_TO_TOP;
	}
	return 0;
}

/* Around a walk, which leaves the path from scratch->path_at up to PATH_CAP - 1, where a NUL stands. */
static __always_inline void path_begin(struct bpf_scratch *e)
{
	e->path_at = PATH_CAP - 1;
	e->path[PATH_CAP - 1] = 0;
}

__noinline int path_end(struct bpf_scratch *e, __u32 whole)
{
	if (!e)
		return 0;
	if (!whole) {
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
	path_begin(e);
	path_end(e, path_walk(e, as_number(from)));
	at = e->path_at;
	len = PATH_CAP - at;
	if (bpf_probe_read_kernel(e->bytes + (e->at & EMIT_MASK), len & PATH_MASK,
				  e->path + (at & PATH_MASK)) < 0)
		len = 0;
	emit_length(e, len);
}

#endif
