/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Names in directories: links, renames, removals, modes, owners, and what they point to. */

#include "call.bpf.h"
#include "core/path.bpf.h"
#include "flags.bpf.h"
#include "schema_flags.bpf.h"

#define PATH(n) emit_user_str(e, ARG(n), PATH_CAP)
#define RESULT  emit_s64(e, c->ret)

SYSCALL_EXIT(link, LINK_2_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	PATH(1);
}

SYSCALL_EXIT(linkat, LINKAT_2_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_fd(e, ARG(2));
	PATH(3);
	emit_u32(e, bits_linkat_flags(ARG(4)));
}

SYSCALL_EXIT(symlink, SYMLINK_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	PATH(1);
}

SYSCALL_EXIT(symlinkat, SYMLINKAT_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_fd(e, ARG(1));
	PATH(2);
}

SYSCALL_EXIT(unlink, UNLINK_2_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
}

SYSCALL_EXIT(unlinkat, UNLINKAT_2_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_u32(e, bits_unlinkat_flags(ARG(2)));
}

SYSCALL_EXIT(rename, RENAME_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	PATH(1);
}

SYSCALL_EXIT(renameat, RENAMEAT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_fd(e, ARG(2));
	PATH(3);
}

SYSCALL_EXIT(renameat2, RENAMEAT2_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_fd(e, ARG(2));
	PATH(3);
	emit_u32(e, ARG(4));
}

SYSCALL_EXIT(mkdir, MKDIR_2_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_u32(e, ARG(1));
}

SYSCALL_EXIT(mkdirat, MKDIRAT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(rmdir, RMDIR_2_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
}

SYSCALL_EXIT(mknod, MKNOD_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_u32(e, bits_mknod_mode(ARG(1)));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(mknodat, MKNODAT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_u32(e, bits_mknod_mode(ARG(2)));
	emit_u32(e, ARG(3));
}

SYSCALL_EXIT(chmod, CHMOD_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_u32(e, bits_chmod_mode(ARG(1)));
}

SYSCALL_EXIT(fchmod, FCHMOD_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_u32(e, bits_chmod_mode(ARG(1)));
}

SYSCALL_EXIT(fchmodat, FCHMODAT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_u32(e, bits_chmod_mode(ARG(2)));
}

SYSCALL_EXIT(chown, CHOWN_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_u32(e, ARG(1));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(lchown, LCHOWN_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_u32(e, ARG(1));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(fchown, FCHOWN_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(1));
	emit_u32(e, ARG(2));
}

/* The format's bit for AT_SYMLINK_NOFOLLOW has the number of AT_SYMLINK_FOLLOW, which is not taken. */
static __always_inline __u32 fchownat_flags(__u64 native)
{
	return (native & 0x100 ? FCHOWNAT_FLAGS_AT_SYMLINK_FOLLOW : 0) |
	       (native & 0x1000 ? FCHOWNAT_FLAGS_AT_EMPTY_PATH : 0);
}

SYSCALL_EXIT(fchownat, FCHOWNAT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_u32(e, ARG(2));
	emit_u32(e, ARG(3));
	emit_u32(e, fchownat_flags(ARG(4)));
}

SYSCALL_EXIT(stat, STAT_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
}

SYSCALL_EXIT(lstat, LSTAT_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
}

SYSCALL_EXIT(fstat, FSTAT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT(newfstatat, NEWFSTATAT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	PATH(1);
	emit_u32(e, bits_newfstatat_flags(ARG(3)));
}

SYSCALL_EXIT(access, ACCESS_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_u32(e, bits_access_flags(ARG(1)));
}

SYSCALL_EXIT(getdents, GETDENTS_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT(getdents64, GETDENTS64_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT(mount, MOUNT_X, WIRE_LANE_BULK)
{
	__u64 flags = ARG(3);

	/* Old programs put a magic number into the upper half; the kernel takes it off. */
	if ((flags & 0xffff0000) == 0xc0ed0000)
		flags &= 0xffff;
	RESULT;
	PATH(0);
	PATH(1);
	PATH(2);
	emit_u32(e, flags);
}

SYSCALL_EXIT(umount2, UMOUNT2_X, WIRE_LANE_BULK)
{
	RESULT;
	PATH(0);
	emit_u32(e, bits_umount_flags(ARG(1)));
}
