/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Where a process stands: working directory, root, namespaces. */

#include "call.bpf.h"
#include "flags.bpf.h"

SYSCALL_EXIT(chdir, CHDIR_X, WIRE_LANE_STATE)
{
	emit_s64(e, c->ret);
	emit_user_str(e, ARG(0), PATH_CAP);
}

SYSCALL_EXIT(fchdir, FCHDIR_X, WIRE_LANE_STATE)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT(chroot, CHROOT_X, WIRE_LANE_STATE)
{
	emit_s64(e, c->ret);
	emit_user_str(e, ARG(0), PATH_CAP);
}

SYSCALL_EXIT(getcwd, GETCWD_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_user_str(e, c->ret >= 0 ? ARG(0) : 0, PATH_CAP);
}

SYSCALL_EXIT(setns, SETNS_X, WIRE_LANE_STATE)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u32(e, bits_clone_flags(ARG(1)));
}

SYSCALL_EXIT(unshare, UNSHARE_X, WIRE_LANE_STATE)
{
	emit_s64(e, c->ret);
	emit_u32(e, bits_clone_flags(ARG(0)));
}
