/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

#define PREFIX  "on_uring_"
#define SECTION "tp_btf/"

/* What the programs cannot do without: one of each row, by the kernel's version. */
static const char *const needed[][2] = {
	{ "io_uring_submit_req", "io_uring_submit_sqe" },
	{ "io_uring_complete", NULL },
};

bool is_uring_program(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

/* The kernel's types name each of its tracepoints. */
static bool has_tracepoint(const struct btf *kernel, const char *name)
{
	char type[64];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(kernel, type, BTF_KIND_TYPEDEF) > 0;
}

static void leave_out(struct kernel_side *k, const char *why, const char *what)
{
	snprintf(k->uring_lacks, sizeof(k->uring_lacks), "%s%s", why, what);
}

static void look_for_needed(struct kernel_side *k, const struct btf *kernel)
{
	for (size_t i = 0; i < ARRAY_SIZE(needed) && !k->uring_lacks[0]; i++)
		if (!has_tracepoint(kernel, needed[i][0]) &&
		    !(needed[i][1] && has_tracepoint(kernel, needed[i][1])))
			leave_out(k, "this kernel has no tracepoint ", needed[i][0]);
}

void uring_choose(struct kernel_side *k, struct bpf_object *object)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct bpf_program *program;

	if (!kernel)
		leave_out(k, "this kernel does not describe its types (BTF)", "");
	else
		look_for_needed(k, kernel);
	bpf_object__for_each_program(program, object)
	{
		const char *section = bpf_program__section_name(program);

		if (is_uring_program(bpf_program__name(program)))
			bpf_program__set_autoload(
				program, !k->uring_lacks[0] &&
						 has_tracepoint(kernel, section + strlen(SECTION)));
	}
	btf__free(kernel);
}

void uring_refused(struct kernel_side *k)
{
	leave_out(k, "this kernel refuses the programs", "");
}
