/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_RECEIVED_BPF_H
#define CORE_RECEIVED_BPF_H

/*
 * Descriptors that came with a message. Which numbers they were given stands in the caller's memory;
 * what is behind them is looked up in the caller's table.
 */

#include "core/extension.bpf.h"

#define SCM_RIGHTS 1

/* Besides rights the kernel adds credentials, a pidfd, a security label, times, ... */
#define CONTROLS_MAX 8

/* Linux's struct cmsghdr: a length of one word, which counts the header, then the data. */
struct control {
	__u64 len;
	__u32 level, type;
};

static __always_inline bool control_read(struct control *out, __u64 at, __u32 compat)
{
	struct {
		__u32 len, level, type;
	} small;

	if (!compat)
		return bpf_probe_read_user(out, sizeof(*out), (void *)at) == 0;
	if (bpf_probe_read_user(&small, sizeof(small), (void *)at) < 0)
		return false;
	*out = (struct control){ small.len, small.level, small.type };
	return true;
}

static __always_inline __u32 control_head(__u32 compat)
{
	return compat ? 12 : 16;
}

/*
 * Where in the control data of a message the list of descriptors begins: behind its header, so
 * never 0, which means none. Global: the verifier sees it once.
 */
__noinline __u32 find_rights(__u64 control, __u64 len, __u32 compat)
{
	const __u32 head = control_head(compat), align = compat ? 3 : 7;
	__u64 at = 0;

	if (!control)
		return 0;
	for (int i = 0; i < CONTROLS_MAX && at + head <= len; i++) {
		struct control c;

		if (!control_read(&c, control + at, compat) || c.len < head || c.len > len - at)
			break;
		if (c.level == SOL_SOCKET && c.type == SCM_RIGHTS)
			return c.len > head ? at + head : 0;
		at += (c.len + align) & ~(__u64)align;
	}
	return 0;
}

/* `rights` as find_rights gave it. */
__noinline int emit_entries(struct bpf_scratch *e, __u64 control, __u32 rights, __u32 compat)
{
	struct control c;
	struct entries from;
	__u32 n;

	if (!e)
		return 0;
	if (!control_read(&c, control + rights - control_head(compat), compat))
		c.len = 0;
	n = c.len > control_head(compat) ? (c.len - control_head(compat)) / sizeof(__u32) : 0;
	if (n > ENTRIES_MAX)
		count_loss(WIRE_LOSS_CUT, e->type);
	from = entries_begin(e);
	for (__u32 i = 0; i < ENTRIES_MAX && i < n; i++)
		append_entry(e, user_u32(control + rights + i * sizeof(__u32)));
	entries_end(e, &from);
	return 0;
}

static __always_inline void emit_received_extension(struct bpf_scratch *e, __u64 control,
						    __u32 rights, __u32 compat)
{
	emit_nothing_used(e);
	emit_entries(e, control, rights, compat);
}

#endif
