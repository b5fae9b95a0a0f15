/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

#define PREFIX "on_copy_"

/* The functions whose programs stand in bpf/fexit/; without the first the others are not worth it. */
static const char *const functions[] = { "putname", "strndup_user", "security_socket_bind",
					 "security_socket_connect", "security_socket_sendmsg" };

bool is_copy_program(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

static int function_id(const struct btf *kernel, const char *name)
{
	return kernel ? btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC) : -ENOENT;
}

/* `r0 = 0; exit` */
int attach_nothing(int function, int type)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts,
			    .expected_attach_type = (enum bpf_attach_type)type,
			    .attach_btf_id = (__u32)function);
	int program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "besra_probe", "GPL", nothing,
				    ARRAY_SIZE(nothing), &opts);
	int link, n;

	if (program < 0)
		return -errno;
	link = bpf_raw_tracepoint_open(NULL, program);
	n = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(program);
	return n;
}

void copies_lack(const struct btf *kernel, char why[LIVE_WHY_MAX])
{
	const int function = function_id(kernel, functions[0]);
	const int n = function > 0 ? attach_nothing(function, BPF_TRACE_FENTRY) : 0;

	why[0] = '\0';
	if (function <= 0)
		snprintf(why, LIVE_WHY_MAX, "the kernel tells of no function %s", functions[0]);
	else if (n < 0)
		snprintf(why, LIVE_WHY_MAX, "attaching to functions: %s", strerror(-n));
}

void copies_learn(struct kernel_side *k)
{
	copies_lack(k->types, k->copies_lack);
	for (unsigned i = 0; i < ARRAY_SIZE(functions); i++)
		if (function_id(k->types, functions[i]) > 0)
			k->copies_from |= 1u << i;
}

void copies_refused(struct kernel_side *k)
{
	snprintf(k->copies_lack, sizeof(k->copies_lack), "the kernel refuses the programs for it");
}

bool copies_can_have(const struct kernel_side *k, const struct bpf_program *program)
{
	const char *function = strchr(bpf_program__section_name(program), '/');

	for (unsigned i = 0; function && i < ARRAY_SIZE(functions); i++)
		if (strcmp(function + 1, functions[i]) == 0)
			return k->copies_from >> i & 1;
	return false;
}

bool copies_missing(const struct kernel_side *k, const uint8_t *want)
{
	return !k->copies_lack[0] && !k->copies_loaded && need_wanted(want, WIRE_NEED_COPIES);
}

/* A kind of call whose copies are not to be had is told from the caller's memory. */
static void attach_object(struct kernel_side *k, const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		struct bpf_link *link;

		if (!is_copy_program(bpf_program__name(program)) || bpf_program__fd(program) < 0 ||
		    k->ncopy_links == ARRAY_SIZE(k->copy_links))
			continue;
		link = bpf_program__attach(program);
		if (link)
			k->copy_links[k->ncopy_links++] = link;
	}
}

void copies_detach(struct kernel_side *k)
{
	if (k->needs)
		k->needs->copies = 0;
	while (k->ncopy_links)
		bpf_link__destroy(k->copy_links[--k->ncopy_links]);
}

void copies_follow(struct kernel_side *k, const uint8_t *want)
{
	if (!need_wanted(want, WIRE_NEED_COPIES)) {
		copies_detach(k);
		return;
	}
	for (size_t i = 0; i < k->nobjects && !k->needs->copies; i++)
		attach_object(k, k->objects[i]);
	k->needs->copies = k->ncopy_links > 0;
}
