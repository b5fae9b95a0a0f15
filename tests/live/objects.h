/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIVE_OBJECTS_H
#define LIVE_OBJECTS_H

/* Objects with programs for the kernel, as the tools here load them. */

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* `types`: a descriptor of the kernel's types, as many of them as libbpf is to know. NULL: errno. */
static struct bpf_object *open_with(const char *path, int types)
{
	char types_path[32];
	const struct bpf_object_open_opts opts = { .sz = sizeof(opts),
						   .btf_custom_path = types_path };

	snprintf(types_path, sizeof(types_path), "/proc/self/fd/%d", types);
	return bpf_object__open_file(path, &opts);
}

/* Programs for what only other kernels have are left out, and those on functions. */
static bool has_target(const struct btf *kernel, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program), *name = strchr(section, '/');
	char type[128];

	if (!name || strncmp(section, "iter", 4) == 0)
		return true;
	snprintf(type, sizeof(type), "btf_trace_%s", name + 1);
	return btf__find_by_name_kind(kernel, type, BTF_KIND_TYPEDEF) > 0;
}

#endif
