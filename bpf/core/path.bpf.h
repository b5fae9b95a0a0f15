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
#define PATH_STEPS 4 /* by one call: the verifier follows them one by one */
#define PATH_MASK  (PATH_CAP - 1)
#define NAME_MASK  255
#define NAME_SHORT 32

/* The mount a vfsmount is part of. */
static __always_inline struct mount *mount_of(struct vfsmount *m)
{
	return (struct mount *)((char *)m - bpf_core_field_offset(struct mount, mnt));
}

#define PATH_STORE(e, type, at, value) (*(type *)((e)->path + ((at)&PATH_MASK)) = (value))

/* Puts a name in front; false when there is no room for it. Global: the verifier sees it once. */
__noinline int path_prepend_name(struct bpf_scratch *e, __u64 name, __u32 length)
{
	__u32 len = length & NAME_MASK, at;

	if (!e)
		return false;
	at = e->path_at;
	if (at < len + 5)
		return false;
	at -= len;
	BOUND(len, NAME_MASK); /* 6.12 loses it in the comparison */
	if (bpf_probe_read_kernel(e->path + (at & PATH_MASK), len, (void *)name) < 0)
		return false;
	at -= 1;
	PATH_STORE(e, __u8, at, '/');
	e->path_at = at;
	return true;
}

/* The same of a directory's entry, and without a call where it can be. */
static __always_inline bool path_prepend(struct bpf_scratch *e, struct dentry *dentry)
{
	__u64 name = as_number(FOLLOW(dentry, d_name.name));
	__u32 len = FOLLOW(dentry, d_name.len);
#ifndef READ_BY_HELPERS
	__u32 at = e->path_at;

	/* What stands in front of the name is taken along, to where the path has nothing yet. */
	if (len <= NAME_SHORT && at >= 2 * NAME_SHORT) {
		struct pt_regs *words = WORDS_AT(name + len - NAME_SHORT);

		if (len > 16) {
			PATH_STORE(e, __u64, at - 32, FOLLOW(words, r15));
			PATH_STORE(e, __u64, at - 24, FOLLOW(words, r14));
		}
		PATH_STORE(e, __u64, at - 16, FOLLOW(words, r13));
		PATH_STORE(e, __u64, at - 8, FOLLOW(words, r12));
		at -= len + 1;
		PATH_STORE(e, __u8, at, '/');
		e->path_at = at;
		return true;
	}
#endif
	return path_prepend_name(e, name, len);
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

static __always_inline enum walked walk_steps(struct bpf_scratch *e, struct walk *w)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_STEPS; i++) {
		enum walked how = walk_step(e, w);

		if (how != WALKED_ON)
			return how;
	}
	return WALKED_ON;
}

static __always_inline void walk_keep(struct bpf_scratch *e, const struct walk *w)
{
	e->walk.dentry = as_number(w->dentry);
	e->walk.top = as_number(w->top);
	e->walk.mount = as_number(w->mount);
}

/* Some steps. A function of its own, as is what follows the loop: the verifier sees each once. */
__noinline int path_steps(struct bpf_scratch *e)
{
	enum walked how;
	struct walk w;

	if (!e)
		return WALKED_TOO_FAR;
	w.dentry = TYPED((struct dentry *)e->walk.dentry);
	w.top = TYPED((struct dentry *)e->walk.top);
	w.mount = TYPED((struct mount *)e->walk.mount);
	how = walk_steps(e, &w);
	walk_keep(e, &w);
	return how;
}

/*
 * Leaves the path from scratch->path_at up to PATH_CAP - 1, where a NUL stands. Where it is quick
 * the first steps take no call.
 */
static __always_inline bool path_walk(struct bpf_scratch *e, __u64 address, bool quick)
{
	int how = WALKED_ON;
	struct walk w;

	e->path_at = PATH_CAP - 1;
	e->path[PATH_CAP - 1] = 0;
	walk_begin(&w, TYPED((struct path *)address));
	if (quick)
		how = walk_steps(e, &w);
	if (how == WALKED_ON)
		walk_keep(e, &w);
	for (int i = quick; i < PATH_DEPTH / PATH_STEPS && how == WALKED_ON; i++)
		how = path_steps(e);
	return how == WALKED_TO_TOP;
}

/* A path cut shows it; the root has no name of its own. */
static __always_inline void path_end(struct bpf_scratch *e, bool whole)
{
	if (!whole) {
		count_loss(WIRE_LOSS_CUT, e->type);
		path_prepend_mark(e);
	} else if (e->path_at == PATH_CAP - 1) {
		e->path[PATH_CAP - 2] = '/';
		e->path_at = PATH_CAP - 2;
	}
}

#define PATH_SHORT 64

/* What stands behind a short path is taken along, and written over by what follows. */
static __always_inline void path_copy_short(struct bpf_scratch *e, __u32 at)
{
	__u64 *to = (__u64 *)(e->bytes + (e->at & EMIT_MASK));
	const __u64 *from = (const __u64 *)(e->path + (at & PATH_MASK));

	for (int i = 0; i < PATH_SHORT / 8; i++)
		to[i] = from[i];
}

/* `address`: of a struct path. */
static __always_inline void emit_path_of(struct bpf_scratch *e, __u64 address, bool quick)
{
	__u32 at, len;

	path_end(e, path_walk(e, address, quick));
	at = e->path_at;
	len = PATH_CAP - at;
	if (len <= PATH_SHORT)
		path_copy_short(e, at);
	else if (bpf_probe_read_kernel(e->bytes + (e->at & EMIT_MASK), len & PATH_MASK,
				       e->path + (at & PATH_MASK)) < 0)
		len = 0;
	emit_length(e, len);
}

__noinline int emit_path_at(struct bpf_scratch *e, __u64 address)
{
	if (e)
		emit_path_of(e, address, false);
	return 0;
}

/* The path with its NUL as the next parameter; absent without an object. */
static __always_inline void emit_path(struct bpf_scratch *e, const struct path *from)
{
	if (from)
		emit_path_at(e, as_number(from));
	else
		emit_empty(e);
}

/* The same for programs of which much depends on how long they take. */
static __always_inline void emit_path_quick(struct bpf_scratch *e, const struct path *from)
{
	if (from)
		emit_path_of(e, as_number(from), true);
	else
		emit_empty(e);
}

#endif
