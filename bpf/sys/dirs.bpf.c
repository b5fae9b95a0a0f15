/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Where a process stands: working directory, root, namespaces. */

#include "core/extension.bpf.h"
#include "core/path.bpf.h"
#include "flags.bpf.h"

/* Where the process stands now. */
static __always_inline void place_extension(struct bpf_scratch *e, const struct call *c)
{
	struct fs_struct *fs = BPF_CORE_READ(bpf_get_current_task_btf(), fs);

	emit_path(e, fs ? &fs->pwd : NULL);
	emit_empty(e);
	emit_extension_rest(e);
}

static __always_inline void root_extension(struct bpf_scratch *e, const struct call *c)
{
	struct fs_struct *fs = BPF_CORE_READ(bpf_get_current_task_btf(), fs);

	emit_path(e, fs ? &fs->root : NULL);
	emit_empty(e);
	emit_extension_rest(e);
}

#define chdir_extension  place_extension
#define fchdir_extension place_extension
#define chroot_extension root_extension

SYSCALL_EXIT_EXTENDED(chdir, CHDIR, CHDIR_X, WIRE_LANE_STATE, false)
{
	emit_s64(e, c->ret);
	emit_user_str(e, ARG(0), PATH_CAP);
}

SYSCALL_EXIT_EXTENDED(fchdir, FCHDIR, FCHDIR_X, WIRE_LANE_STATE, false)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT_EXTENDED(chroot, CHROOT, CHROOT_X, WIRE_LANE_STATE, false)
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
