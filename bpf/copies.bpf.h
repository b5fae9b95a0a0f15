/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef COPIES_BPF_H
#define COPIES_BPF_H

/*
 * The kernel's own copies of names and addresses, which fexit/copies.bpf.c keeps until the system
 * call is over. All of this is deleted by the verifier where that cannot run.
 */

#include "maps.bpf.h"
#include "read.bpf.h"

#include <bpf/bpf_tracing.h>

/* The number of the current system call, as the caller gave it. */
static __always_inline __u32 current_number(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return regs->orig_ax;
}

static __always_inline bool copies_run(void)
{
	__u32 zero = 0;
	struct wire_needs *n = knob_copies ? bpf_map_lookup_elem(&needs, &zero) : NULL;

	return n && n->copies;
}

/* Those of the current call; NULL when there are none. */
static __always_inline struct call_copies *copies_current(void)
{
	struct call_copies *c = bpf_task_storage_get(&copies, bpf_get_current_task_btf(), NULL, 0);

	return c && c->n && c->number == current_number() ? c : NULL;
}

/* Which copy was made from there; COPIES_OF_CALL: none. */
static __always_inline __u32 copy_from(const struct call_copies *c, __u64 from)
{
	for (__u32 i = 0; i < COPIES_OF_CALL; i++)
		if (i < c->n && c->of[i].from == from)
			return i;
	return COPIES_OF_CALL;
}

static __always_inline struct long_copy *copy_long(__u32 which)
{
	struct long_copy_key key = { bpf_get_current_pid_tgid(), which };

	return bpf_map_lookup_elem(&long_copies, &key);
}

/* The call is over, or its thread is. */
static __always_inline void copies_forget(void)
{
	struct call_copies *c;

	if (!knob_copies)
		return;
	c = bpf_task_storage_get(&copies, bpf_get_current_task_btf(), NULL, 0);
	if (!c || !c->n)
		return;
	c->n = 0;
	for (__u32 i = 0; i < COPIES_OF_CALL; i++) {
		struct long_copy_key key = { bpf_get_current_pid_tgid(), i };

		if (c->of[i].state == COPY_KEPT_LONG)
			bpf_map_delete_elem(&long_copies, &key);
		c->of[i].state = COPY_NOT_KEPT;
	}
}

#endif
