/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_IOVEC_BPF_H
#define CORE_IOVEC_BPF_H

/* Scattered buffers. The first IOVEC_MAX pieces are looked at: more than a snaplen needs. */

#include "call.bpf.h"

#define IOVEC_MAX 16

/* An array of Linux's struct iovec, each of two words. */
struct vector {
	__u64 at, n;
	__u32 compat; /* not 0: words of 32 bits */
};

struct message_and_length {
	struct message m;
	__u32 len, pad;
};

/* The same for 32-bit programs. */
struct message_and_length_compat {
	__u32 name, name_len, iov, iovlen, control, control_len, flags, len;
};

/* Global, for its stack: it is rarely needed. */
__noinline int message_read_compat(struct message_and_length *out, __u64 at, __u32 with_length)
{
	struct message_and_length_compat small = { 0 };
	__u32 without = with_length ? 0 : sizeof(small.len);

	if (!out)
		return false;
	if (bpf_probe_read_user(&small, sizeof(small) - without, (void *)at) < 0)
		return false;
	out->m = (struct message){
		.name = small.name,
		.name_len = small.name_len,
		.iov = small.iov,
		.iovlen = small.iovlen,
		.control = small.control,
		.control_len = small.control_len,
		.flags = small.flags,
	};
	out->len = small.len;
	return true;
}

/* Reads a message with what the call reported for it; false when it cannot be read. */
static __always_inline bool message_read(struct message_and_length *out, __u32 compat, __u64 at,
					 bool with_length)
{
	const __u32 size = with_length ? sizeof(*out) : sizeof(out->m);

	if (compat)
		return message_read_compat(out, at, with_length);
	return bpf_probe_read_user(out, size, (void *)at) == 0;
}

/* Where the control data of a message is. */
static __always_inline __u64 message_control(__u64 at, __u32 compat)
{
	if (compat)
		return user_u32(at + __builtin_offsetof(struct message_and_length_compat, control));
	return user_u64(at + __builtin_offsetof(struct message, control));
}

static __always_inline bool iovec_at(const struct vector *v, __u32 i, struct iovec *out)
{
	if (v->compat) {
		__u64 both;

		if (bpf_probe_read_user(&both, sizeof(both), (void *)(v->at + i * sizeof(both))) <
		    0)
			return false;
		out->base = (__u32)both;
		out->len = both >> 32;
		return true;
	}
	return bpf_probe_read_user(out, sizeof(*out), (void *)(v->at + i * sizeof(*out))) == 0;
}

/* What the pieces hold together. Global, as is the next one: the verifier sees them once. */
__noinline __u64 sum_pieces(__u64 at, __u64 n, __u32 compat)
{
	const struct vector v = { at, n, compat };
	__u64 size = 0;

	for (__u32 i = 0; i < IOVEC_MAX && i < n; i++) {
		struct iovec piece;

		if (!iovec_at(&v, i, &piece))
			break;
		size += piece.len;
	}
	return size;
}

static __always_inline __u64 vector_size(const struct vector *v)
{
	return sum_pieces(v->at, v->n, v->compat);
}

/* Appends one piece to the parameter being written, of which e->left bytes are missing; 0: enough. */
__noinline int append_piece(struct bpf_scratch *e, __u64 at, __u32 compat)
{
	const struct vector v = { at, 1, compat };
	struct iovec piece;
	__u32 len;

	if (!e || e->left == 0 || !iovec_at(&v, 0, &piece))
		return 0;
	len = e->left;
	len = piece.len < len ? (__u32)piece.len : len;
	len &= 0xffff;
	if (len == 0)
		return 1;
	if (bpf_probe_read_user(e->bytes + ((e->at + e->done) & EMIT_MASK), len,
				(void *)piece.base) < 0) {
		count_loss(WIRE_LOSS_READ, e->type);
		return 0;
	}
	e->done += len;
	e->left -= len;
	return 1;
}

__noinline int emit_pieces(struct bpf_scratch *e, __u64 at, __u64 n, __u32 compat, __s64 most)
{
	const __u32 size = compat ? sizeof(struct iovec) / 2 : sizeof(struct iovec);

	if (!e)
		return 0;
	e->left = most > 0 ? (most < knob_snaplen ? (__u32)most : knob_snaplen) : 0;
	e->done = 0;
	for (__u32 i = 0; i < IOVEC_MAX && i < n; i++)
		if (!append_piece(e, at + i * size, compat))
			break;
	emit_length(e, e->done);
	return 0;
}

/* The first `most` bytes of the pieces, as far as the snaplen allows, as one parameter. */
static __always_inline void emit_vector(struct bpf_scratch *e, const struct vector *v, __s64 most)
{
	emit_pieces(e, v->at, v->n, v->compat, most);
}

/* Of a call whose second and third arguments they are. */
static __always_inline struct vector call_vector(const struct call *c)
{
	return (struct vector){ ARG(1), ARG(2), c->compat };
}

static __always_inline struct vector message_vector(__u32 compat, const struct message *m)
{
	return (struct vector){ m->iov, m->iovlen, compat };
}

/* Of work handed in by 64-bit callers. */
static __always_inline __u64 iovec_size(__u64 vector, __u64 n)
{
	return vector_size(&(struct vector){ vector, n, 0 });
}

static __always_inline void emit_iovec(struct bpf_scratch *e, __u64 vector, __u64 n, __s64 most)
{
	emit_vector(e, &(struct vector){ vector, n, 0 }, most);
}

#endif
