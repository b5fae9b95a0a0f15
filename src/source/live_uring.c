/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

#define PREFIX  "on_uring_"
#define SECTION "raw_tp/"

/* What the programs cannot do without: one of each row, by the kernel's version. */
static const struct {
	const char *names[2];
	unsigned at;      /* which argument is the request, from 0 */
	const char *type; /* of what it points to; NULL: to anything */
} needed[] = {
	{ { "io_uring_submit_req", "io_uring_submit_sqe" }, 0, "io_kiocb" },
	{ { "io_uring_complete" }, 1, NULL },
};

bool is_uring_program(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 || strcmp(name, URING_END) == 0;
}

/* The kernel's types name each of its tracepoints; 0 for none. */
static int tracepoint(const struct btf *kernel, const char *name)
{
	char type[64];
	int id;

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	id = btf__find_by_name_kind(kernel, type, BTF_KIND_TYPEDEF);
	return id > 0 ? id : 0;
}

/* Older kernels pass other things under the same name. */
static bool passes_request(const struct btf *kernel, const char *name, unsigned at,
			   const char *type)
{
	const int id = tracepoint(kernel, name);
	const struct btf_type *t = id ? btf__type_by_id(kernel, (__u32)id) : NULL;

	/* The type is a pointer to a function, whose first argument is the program's own data. */
	t = t ? btf__type_by_id(kernel, t->type) : NULL;
	t = t && btf_is_ptr(t) ? btf__type_by_id(kernel, t->type) : NULL;
	if (!t || !btf_is_func_proto(t) || btf_vlen(t) < at + 2)
		return false;
	t = btf__type_by_id(kernel, btf_params(t)[at + 1].type);
	if (!t || !btf_is_ptr(t))
		return false;
	if (!type)
		return true;
	t = btf__type_by_id(kernel, t->type);
	return t && btf_is_struct(t) && strcmp(btf__name_by_offset(kernel, t->name_off), type) == 0;
}

void uring_lacks(const struct btf *kernel, char why[LIVE_WHY_MAX])
{
	why[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(needed) && !why[0]; i++) {
		bool found = false;

		for (size_t n = 0; n < ARRAY_SIZE(needed[i].names) && needed[i].names[n]; n++)
			found = found || passes_request(kernel, needed[i].names[n], needed[i].at,
							needed[i].type);
		if (!found)
			snprintf(why, LIVE_WHY_MAX, "no tracepoint %s that tells the request",
				 needed[i].names[0]);
	}
}

bool uring_wanted(const struct kernel_side *k, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return !k->uring_lacks[0] && tracepoint(k->types, section + strlen(SECTION));
}

void uring_refused(struct kernel_side *k)
{
	snprintf(k->uring_lacks, sizeof(k->uring_lacks), "the kernel refuses the programs for it");
}
