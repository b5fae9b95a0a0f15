/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_EXE_BPF_H
#define CORE_EXE_BPF_H

/* What exec events say of the program's file. */

#include "core/overlay.bpf.h"
#include "schema_flags.bpf.h"

static __always_inline __u64 capabilities(const kernel_cap_t *set)
{
	/* Two numbers or one: the same eight bytes. */
	return WORD_AT(set);
}

/* Where the kernel notes, since 6.13, that somebody asked for the time. */
#define CTIME_QUERIED (1u << 31)

static __always_inline __u64 inode_ctime_ns(struct inode *inode)
{
	struct inode___seconds *new = (void *)inode;
	struct inode___under *mid = (void *)inode;
	struct inode___plain *old = (void *)inode;

	if (bpf_core_field_exists(new->i_ctime_sec))
		return BPF_CORE_READ(new, i_ctime_sec) * 1000000000ull +
		       (BPF_CORE_READ(new, i_ctime_nsec) & ~CTIME_QUERIED);
	if (bpf_core_field_exists(mid->__i_ctime))
		return BPF_CORE_READ(mid, __i_ctime.tv_sec) * 1000000000ull +
		       BPF_CORE_READ(mid, __i_ctime.tv_nsec);
	return BPF_CORE_READ(old, i_ctime.tv_sec) * 1000000000ull +
	       BPF_CORE_READ(old, i_ctime.tv_nsec);
}

static __always_inline __u64 inode_mtime_ns(struct inode *inode)
{
	struct inode___seconds *new = (void *)inode;
	struct inode___under *mid = (void *)inode;
	struct inode___plain *old = (void *)inode;

	if (bpf_core_field_exists(new->i_mtime_sec))
		return BPF_CORE_READ(new, i_mtime_sec) * 1000000000ull +
		       BPF_CORE_READ(new, i_mtime_nsec);
	if (bpf_core_field_exists(mid->__i_mtime))
		return BPF_CORE_READ(mid, __i_mtime.tv_sec) * 1000000000ull +
		       BPF_CORE_READ(mid, __i_mtime.tv_nsec);
	return BPF_CORE_READ(old, i_mtime.tv_sec) * 1000000000ull +
	       BPF_CORE_READ(old, i_mtime.tv_nsec);
}

/* ---- May the caller write it? --------------------------------------------------------------- */

#define SB_RDONLY   1
#define S_IMMUTABLE 8
#define MAY_WRITE   2

#define CAP_DAC_OVERRIDE 1

/* Groups and ranges looked at. */
#define GROUPS_MAX  32
#define EXTENTS_MAX 5 /* more are kept elsewhere, and are as good as none */

static __always_inline bool in_group(const struct cred *cred, __u32 gid)
{
	struct group_info *info = BPF_CORE_READ(cred, group_info);
	int n = BPF_CORE_READ(info, ngroups);

	if (gid == BPF_CORE_READ(cred, fsgid.val))
		return true;
	for (int i = 0; i < GROUPS_MAX && i < n; i++) {
		kgid_t have = { (__u32)-1 };

		bpf_core_read(&have, sizeof(have), &info->gid[i]);
		if (have.val == gid)
			return true;
	}
	return false;
}

/* `of_map` is an address. Global, for its loop. */
__noinline int is_mapped(__u64 of_map, __u32 id)
{
	const struct uid_gid_map *map = (const struct uid_gid_map *)of_map;
	__u32 n = BPF_CORE_READ(map, nr_extents);

	if (n > EXTENTS_MAX)
		return false;
	BOUND(n, 7);
	for (int i = 0; i < EXTENTS_MAX && i < n; i++) {
		struct uid_gid_extent range;

		bpf_core_read(&range, sizeof(range), &map->extent[i]);
		if (id >= range.lower_first && id - range.lower_first < range.count)
			return true;
	}
	return false;
}

/* A capability counts only for files whose owner and group its namespace knows. */
static __always_inline bool overrides_mode(const struct cred *cred, __u32 uid, __u32 gid)
{
	struct user_namespace *ns = BPF_CORE_READ(cred, user_ns);

	if (!(capabilities(&cred->cap_effective) & 1 << CAP_DAC_OVERRIDE))
		return false;
	return BPF_CORE_READ(ns, level) == 0 ||
	       (is_mapped(as_number(&ns->uid_map), uid) && is_mapped(as_number(&ns->gid_map), gid));
}

/*
 * As far as the file system and the inode decide; a mount that is read-only does not count. The
 * arguments are addresses. Global, like path_walk.
 */
__noinline int is_writable(__u64 of_cred, __u64 of_inode)
{
	const struct cred *cred = (const struct cred *)of_cred;
	struct inode *inode = (struct inode *)of_inode;
	__u32 uid = BPF_CORE_READ(inode, i_uid.val), gid = BPF_CORE_READ(inode, i_gid.val);
	__u32 mode = BPF_CORE_READ(inode, i_mode);

	if (BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY ||
	    BPF_CORE_READ(inode, i_flags) & S_IMMUTABLE)
		return false;
	if (uid == BPF_CORE_READ(cred, fsuid.val))
		mode >>= 6;
	else if (in_group(cred, gid))
		mode >>= 3;
	return mode & MAY_WRITE || overrides_mode(cred, uid, gid);
}

#define MEMFD_BEGIN 0x3a64666d656dull /* "memfd:" */

/* A file without a directory, by the name the kernel gave it. */
static __always_inline bool is_memfd(struct dentry *dentry)
{
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	__u64 begin = 0;

	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(&begin, 6, name);
	return begin == MEMFD_BEGIN;
}

static __always_inline __u32 exe_flags(const struct cred *cred, struct file *exe)
{
	enum layer layer = file_layer(exe);

	return (is_writable(as_number(cred), as_number(BPF_CORE_READ(exe, f_inode)))
			? EXECVE_FLAGS_EXE_WRITABLE
			: 0) |
	       (layer == LAYER_UPPER ? EXECVE_FLAGS_EXE_UPPER_LAYER : 0) |
	       (layer == LAYER_LOWER ? EXECVE_FLAGS_EXE_LOWER_LAYER : 0) |
	       (is_memfd(BPF_CORE_READ(exe, f_path.dentry)) ? EXECVE_FLAGS_EXE_FROM_MEMFD : 0);
}

#endif
