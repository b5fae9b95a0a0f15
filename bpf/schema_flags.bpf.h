/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef SCHEMA_FLAGS_BPF_H
#define SCHEMA_FLAGS_BPF_H

/* The format's flag values by name: FILE_FLAGS_O_RDONLY, CLONE_FLAGS_CL_CLONE_FS, ... */

#include "flags.bpf.h"

enum {
#define FLAG(set, id, name, value, native) set##_##id = value,
#include "tables/flags/clone_flags.def"
#include "tables/flags/creat_flags.def"
#include "tables/flags/execve_flags.def"
#include "tables/flags/fchownat_flags.def"
#include "tables/flags/fcntl_commands.def"
#include "tables/flags/file_flags.def"
#include "tables/flags/poll_flags.def"
#include "tables/flags/quotactl_quota_fmts.def"
#include "tables/flags/sockopt_levels.def"
#undef FLAG
};

#endif
