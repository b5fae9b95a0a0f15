/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef FLAGS_BPF_H
#define FLAGS_BPF_H

/*
 * From Linux's numbers to the format's, expanded from tables/flags/. A set of bits keeps the bits
 * that have a name; an enumeration gives `otherwise` for a number that has none.
 */

#include "kernel.bpf.h"

#define FLAG_NO_NATIVE (~0ull)

#define BITS_BEGIN(set)                                                                            \
	static __always_inline __u32 bits_##set(__u64 in)                                          \
	{                                                                                          \
		__u32 out = 0;
#define BITS_END                                                                                   \
	return out;                                                                                \
	}
#define FLAG(set, id, name, value, native)                                                         \
	if ((native) != FLAG_NO_NATIVE && (native) != 0 && (in & (native)) == (native))            \
		out |= (value);

BITS_BEGIN(mmap_flags)
#include "tables/flags/mmap_flags.def"
BITS_END
BITS_BEGIN(prot_flags)
#include "tables/flags/prot_flags.def"
BITS_END
BITS_BEGIN(mlockall_flags)
#include "tables/flags/mlockall_flags.def"
BITS_END
BITS_BEGIN(mlock2_flags)
#include "tables/flags/mlock2_flags.def"
BITS_END
BITS_BEGIN(splice_flags)
#include "tables/flags/splice_flags.def"
BITS_END
BITS_BEGIN(unlinkat_flags)
#include "tables/flags/unlinkat_flags.def"
BITS_END
BITS_BEGIN(linkat_flags)
#include "tables/flags/linkat_flags.def"
BITS_END
BITS_BEGIN(newfstatat_flags)
#include "tables/flags/newfstatat_flags.def"
BITS_END
BITS_BEGIN(openat2_flags)
#include "tables/flags/openat2_flags.def"
BITS_END
BITS_BEGIN(io_uring_setup_flags)
#include "tables/flags/io_uring_setup_flags.def"
BITS_END
BITS_BEGIN(io_uring_setup_feats)
#include "tables/flags/io_uring_setup_feats.def"
BITS_END
BITS_BEGIN(io_uring_enter_flags)
#include "tables/flags/io_uring_enter_flags.def"
BITS_END
BITS_BEGIN(epoll_create1_flags)
#include "tables/flags/epoll_create1_flags.def"
BITS_END
BITS_BEGIN(memfd_create_flags)
#include "tables/flags/memfd_create_flags.def"
BITS_END
BITS_BEGIN(pidfd_open_flags)
#include "tables/flags/pidfd_open_flags.def"
BITS_END
BITS_BEGIN(delete_module_flags)
#include "tables/flags/delete_module_flags.def"
BITS_END
BITS_BEGIN(close_range_flags)
#include "tables/flags/close_range_flags.def"
BITS_END
BITS_BEGIN(finit_module_flags)
#include "tables/flags/finit_module_flags.def"
BITS_END
BITS_BEGIN(chmod_mode)
#include "tables/flags/chmod_mode.def"
BITS_END
BITS_BEGIN(mknod_mode)
#include "tables/flags/mknod_mode.def"
BITS_END
BITS_BEGIN(access_flags)
#include "tables/flags/access_flags.def"
BITS_END
BITS_BEGIN(umount_flags)
#include "tables/flags/umount_flags.def"
BITS_END
BITS_BEGIN(renameat2_flags)
#include "tables/flags/renameat2_flags.def"
BITS_END
BITS_BEGIN(flock_flags)
#include "tables/flags/flock_flags.def"
BITS_END
BITS_BEGIN(semget_flags)
#include "tables/flags/semget_flags.def"
BITS_END
BITS_BEGIN(semop_flags)
#include "tables/flags/semop_flags.def"
BITS_END
BITS_BEGIN(poll_flags)
#include "tables/flags/poll_flags.def"
BITS_END
BITS_BEGIN(clone_flags)
#include "tables/flags/clone_flags.def"
BITS_END

#undef FLAG
#define ENUM_BEGIN(set)                                                                            \
	static __always_inline __u32 enum_##set(__u64 in, __u32 otherwise)                         \
	{
#define ENUM_END                                                                                   \
	return otherwise;                                                                          \
	}
#define FLAG(set, id, name, value, native)                                                         \
	if ((native) != FLAG_NO_NATIVE && in == (native))                                          \
		return (value);

ENUM_BEGIN(socket_families)
#include "tables/flags/socket_families.def"
ENUM_END
ENUM_BEGIN(lseek_whence)
#include "tables/flags/lseek_whence.def"
ENUM_END
ENUM_BEGIN(shutdown_how)
#include "tables/flags/shutdown_how.def"
ENUM_END
ENUM_BEGIN(rlimit_resources)
#include "tables/flags/rlimit_resources.def"
ENUM_END
ENUM_BEGIN(fcntl_commands)
#include "tables/flags/fcntl_commands.def"
ENUM_END
ENUM_BEGIN(sockopt_options)
#include "tables/flags/sockopt_options.def"
ENUM_END
ENUM_BEGIN(ptrace_requests)
#include "tables/flags/ptrace_requests.def"
ENUM_END
ENUM_BEGIN(quotactl_cmds)
#include "tables/flags/quotactl_cmds.def"
ENUM_END
ENUM_BEGIN(quotactl_types)
#include "tables/flags/quotactl_types.def"
ENUM_END
ENUM_BEGIN(quotactl_quota_fmts)
#include "tables/flags/quotactl_quota_fmts.def"
ENUM_END
ENUM_BEGIN(semctl_commands)
#include "tables/flags/semctl_commands.def"
ENUM_END
ENUM_BEGIN(futex_operations)
#include "tables/flags/futex_operations.def"
ENUM_END
ENUM_BEGIN(fsconfig_cmds)
#include "tables/flags/fsconfig_cmds.def"
ENUM_END
#undef FLAG

#endif
