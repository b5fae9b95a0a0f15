/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_IOVEC_BPF_H
#define CORE_IOVEC_BPF_H

/* Scattered buffers. The first IOVEC_MAX pieces are looked at: more than a snaplen needs. */

#include "emit.bpf.h"

#define IOVEC_MAX 16

struct iovec {
	__u64 base, len;
};

/* Linux's struct user_msghdr for 64-bit programs */
struct message {
	__u64 name;
	__u32 name_len, pad;
	__u64 iov, iovlen, control, control_len;
	__u32 flags, pad2;
};

static __always_inline bool iovec_at(__u64 vector, __u32 i, struct iovec *out)
{
	return bpf_probe_read_user(out, sizeof(*out), (void *)(vector + i * sizeof(*out))) == 0;
}

/* What the pieces hold together. */
static __always_inline __u64 iovec_size(__u64 vector, __u64 n)
{
	__u64 size = 0;

	for (__u32 i = 0; i < IOVEC_MAX && i < n; i++) {
		struct iovec v;

		if (!iovec_at(vector, i, &v))
			break;
		size += v.len;
	}
	return size;
}

/* The first `most` bytes of the pieces, as far as the snaplen allows, as one parameter. */
static __always_inline void emit_iovec(struct bpf_scratch *e, __u64 vector, __u64 n, __s64 most)
{
	e->left = most > 0 ? (most < knob_snaplen ? (__u32)most : knob_snaplen) : 0;
	e->done = 0;
	for (__u32 i = 0; i < IOVEC_MAX && i < n; i++) {
		struct iovec v;
		__u32 len = e->left;

		if (len == 0 || !iovec_at(vector, i, &v))
			break;
		len = v.len < len ? (__u32)v.len : len;
		len &= 0xffff;
		if (len == 0)
			continue;
		if (bpf_probe_read_user(e->bytes + ((e->at + e->done) & EMIT_MASK), len,
					(void *)v.base) < 0) {
			count_loss(WIRE_LOSS_READ, e->type);
			break;
		}
		e->done += len;
		e->left -= len;
	}
	emit_length(e, e->done);
}

#endif
