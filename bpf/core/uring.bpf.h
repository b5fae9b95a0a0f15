/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_URING_BPF_H
#define CORE_URING_BPF_H

/*
 * Requests of io_urings between submission and completion. What the caller passed is kept when it
 * is submitted, since the entry and the memory it points to may be used again at once; from the
 * kernel's own copy where it has one, so that nobody can change it in between.
 *
 * A direct descriptor, a slot of a ring's own table, is no number of the process's. Events call it
 * ring << 32 | slot, where `ring` is never 0, so that it is known by the same number as long as it
 * lives and cannot be taken for a descriptor.
 */

#include "core/file.bpf.h"
#include "core/iovec.bpf.h"
#include "core/uring_maps.bpf.h"

enum uring_op {
#define URING_OP(opcode, id, native, positioned, lane) URING_##id = opcode,
#include "tables/uring_ops.def"
#undef URING_OP
	URING_OPS = 64
};

struct uring_op_info {
	__u16 native, positioned;
	__u8 lane, is_known;
};

static const volatile struct uring_op_info uring_ops[URING_OPS] = {
#define URING_OP(opcode, id, native, positioned, lane)                                             \
	[opcode] = { native, positioned, lane, true },
#include "tables/uring_ops.def"
#undef URING_OP
};

/* Requests are made in rows of that size and more: neighbours get different slots. */
static __always_inline __u32 tag_slot(__u64 req)
{
	return req >> 8 & (TAG_SLOTS - 1);
}

static __always_inline void tag_put(const struct uring_request *p)
{
	struct uring_tag tag = { p->ring, p->user_data };
	struct uring_tagged *t = bpf_map_lookup_elem(&uring_tags, &tag), none = { 0 };

	if (!t) {
		bpf_map_update_elem(&uring_tags, &tag, &none, BPF_NOEXIST);
		t = bpf_map_lookup_elem(&uring_tags, &tag);
	}
	if (t)
		t->request[tag_slot(p->request)] = p->request;
}

static __always_inline void tag_take(const struct uring_request *p)
{
	struct uring_tag tag = { p->ring, p->user_data };
	struct uring_tagged *t = bpf_map_lookup_elem(&uring_tags, &tag);

	if (t && t->request[tag_slot(p->request)] == p->request)
		t->request[tag_slot(p->request)] = 0;
}

/* Operations with many completions. */
static __always_inline bool op_repeats(__u8 opcode)
{
	return opcode == URING_ACCEPT || opcode == URING_RECV || opcode == URING_RECVMSG ||
	       opcode == URING_READ_MULTISHOT || opcode == URING_RECV_ZC || opcode == URING_SEND;
}

/*
 * The request behind a completion that names none: the oldest one with this tag that has this
 * result, or (NULL) that can have several. A guess when many are on their way.
 */
static __always_inline __u64 tag_find(const struct uring_tag *tag, const __s32 *result)
{
	struct uring_tagged *t = bpf_map_lookup_elem(&uring_tags, tag);
	__u64 found = 0, since = ~0ull;

	for (__u32 i = 0; t && i < TAG_SLOTS; i++) {
		__u64 req = t->request[i];
		struct uring_request *p = req ? bpf_map_lookup_elem(&uring_requests, &req) : NULL;

		if (!p || p->ring != tag->ring || p->user_data != tag->user_data ||
		    p->marks & URING_SILENT || p->since >= since)
			continue;
		if (result ? BPF_CORE_READ((struct io_kiocb *)req, cqe.res) != *result
			   : !op_repeats(p->opcode))
			continue;
		found = req;
		since = p->since;
	}
	return found;
}

/* ---- Direct descriptors --------------------------------------------------------------------- */

static __always_inline __s64 direct_fd(__u64 ring, __u32 slot)
{
	return ((ring >> 8 & 0x3fffffff) | 0x40000000) << 32 | slot;
}

/* The lower bits of a table's entry are flags. */
#define FILE_PTR_MASK (~7ul)

static __always_inline struct file *direct_file(__u64 ring, __u32 slot)
{
	struct io_ring_ctx___nodes *new = (void *)ring;
	struct io_ring_ctx___files *old = (void *)ring;
	struct io_file_table___nodes *has_nodes = NULL;
	unsigned long entry = 0;

	if (bpf_core_field_exists(has_nodes->data.nodes)) {
		struct io_rsrc_node **nodes = BPF_CORE_READ(new, file_table.data.nodes);
		struct io_rsrc_node *node = NULL;

		if (slot >= BPF_CORE_READ(new, file_table.data.nr))
			return NULL;
		bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
		if (node)
			entry = BPF_CORE_READ(node, file_ptr);
	} else if (bpf_core_field_exists(old->nr_user_files)) {
		struct io_fixed_file *files = BPF_CORE_READ(old, file_table.files);

		if (slot >= BPF_CORE_READ(old, nr_user_files))
			return NULL;
		bpf_probe_read_kernel(&entry, sizeof(entry), files + slot);
	}
	return (struct file *)(entry & FILE_PTR_MASK);
}

/* ---- Keeping what was submitted ------------------------------------------------------------- */

/* One name: the kernel's copy when there is one, else the caller's. */
static __always_inline void keep_name(struct uring_request *p, __u32 which, struct filename *copy,
				      __u64 user)
{
	const char *name = copy ? BPF_CORE_READ(copy, name) : NULL;
	__u32 at = which ? p->len[0] : 0;
	long n = -1;

	BOUND(at, 8191);
	if (name)
		n = bpf_probe_read_kernel_str(p->text + at, PATH_CAP, name);
	if (n < 0)
		p->marks |= URING_REREAD;
	if (n < 0 && user)
		n = read_user_str(p->text + at, PATH_CAP, (void *)user);
	if (n < 0 && (name || user))
		count_loss(WIRE_LOSS_READ, 0);
	p->len[which] = n > 0 ? n : 0;
}

/* The operation's own struct; only when the kernel accepted the entry. */
static __always_inline void *private_of(struct io_kiocb *req)
{
	return (void *)req + bpf_core_field_offset(struct io_kiocb, cmd);
}

#define O_LARGEFILE_NATIVE 0x8000

/* The kernel adds O_LARGEFILE by itself: whether the caller did, only its own flags tell. */
static __always_inline void keep_open(struct uring_request *p, struct io_open *o)
{
	__u64 flags = p->how.flags & O_LARGEFILE_NATIVE;

	if (p->marks & URING_REFUSED) {
		keep_name(p, 0, NULL, p->sqe.addr);
		return;
	}
	p->sqe.fd = BPF_CORE_READ(o, dfd);
	p->sqe.file_index = BPF_CORE_READ(o, file_slot);
	p->how.flags = (BPF_CORE_READ(o, how.flags) & ~(__u64)O_LARGEFILE_NATIVE) | flags;
	p->how.mode = BPF_CORE_READ(o, how.mode);
	p->how.resolve = BPF_CORE_READ(o, how.resolve);
	keep_name(p, 0, BPF_CORE_READ(o, filename), p->sqe.addr);
}

static __always_inline void keep_names(struct uring_request *p, struct io_kiocb *req)
{
	bool refused = p->marks & URING_REFUSED;
	struct filename *first = NULL, *second = NULL;
	void *own = private_of(req);

	switch (p->opcode) {
	case URING_UNLINKAT:
		if (!refused) {
			p->sqe.fd = BPF_CORE_READ((struct io_unlink *)own, dfd);
			first = BPF_CORE_READ((struct io_unlink *)own, filename);
		}
		keep_name(p, 0, first, p->sqe.addr);
		return;
	case URING_MKDIRAT:
		if (!refused) {
			p->sqe.fd = BPF_CORE_READ((struct io_mkdir *)own, dfd);
			first = BPF_CORE_READ((struct io_mkdir *)own, filename);
		}
		keep_name(p, 0, first, p->sqe.addr);
		return;
	case URING_RENAMEAT:
		if (!refused) {
			p->sqe.fd = BPF_CORE_READ((struct io_rename *)own, old_dfd);
			p->sqe.len = BPF_CORE_READ((struct io_rename *)own, new_dfd);
			first = BPF_CORE_READ((struct io_rename *)own, oldpath);
			second = BPF_CORE_READ((struct io_rename *)own, newpath);
		}
		break;
	case URING_SYMLINKAT:
	case URING_LINKAT:
		if (!refused) {
			first = BPF_CORE_READ((struct io_link *)own, oldpath);
			second = BPF_CORE_READ((struct io_link *)own, newpath);
		}
		break;
	default:
		return;
	}
	keep_name(p, 0, first, p->sqe.addr);
	keep_name(p, 1, second, p->sqe.off);
}

static __always_inline void keep_address(struct uring_request *p, __u64 from, __u64 len)
{
	if (len > URING_ADDRESS)
		len = URING_ADDRESS;
	BOUND(len, 255);
	if (!from || len == 0) {
		len = 0;
	} else if (bpf_probe_read_user(p->address, len, (void *)from) < 0) {
		count_loss(WIRE_LOSS_READ, 0);
		len = 0;
	}
	p->len[0] = len;
}

static __always_inline void keep_iovecs(struct uring_request *p, __u64 vector, __u64 n)
{
	__u32 kept = n < URING_IOVECS ? (__u32)n : URING_IOVECS;

	p->size = iovec_size(vector, n);
	BOUND(kept, 15);
	if (kept && bpf_probe_read_user(p->iovecs, kept * sizeof(struct iovec), (void *)vector) < 0)
		kept = 0;
	p->len[1] = kept;
}

static __always_inline void keep_message(struct uring_request *p)
{
	if (bpf_probe_read_user(&p->message, sizeof(p->message), (void *)p->sqe.addr) < 0) {
		count_loss(WIRE_LOSS_READ, 0);
		__builtin_memset(&p->message, 0, sizeof(p->message));
	}
	keep_address(p, p->message.name, p->message.name_len);
	keep_iovecs(p, p->message.iov, p->message.iovlen);
}

/* Everything about the request that its completion will not find any more. */
static __always_inline void keep_arguments(struct uring_request *p, struct io_kiocb *req)
{
	p->len[0] = p->len[1] = 0;
	p->size = 0;
	p->how = (struct open_how){ p->sqe.op_flags, p->sqe.len, 0 };
	switch (p->opcode) {
	case URING_OPENAT2:
		bpf_probe_read_user(&p->how, sizeof(p->how), (void *)p->sqe.off);
		keep_open(p, private_of(req));
		break;
	case URING_OPENAT:
		keep_open(p, private_of(req));
		break;
	case URING_CLOSE:
		if (!(p->marks & URING_REFUSED)) {
			p->sqe.fd = BPF_CORE_READ((struct io_close *)private_of(req), fd);
			p->sqe.file_index =
				BPF_CORE_READ((struct io_close *)private_of(req), file_slot);
		}
		break;
	case URING_CONNECT:
	case URING_BIND:
		keep_address(p, p->sqe.addr, (__u32)p->sqe.off);
		break;
	case URING_SEND:
	case URING_SEND_ZC:
		keep_address(p, p->sqe.off, (__u16)p->sqe.file_index);
		if (p->sqe.ioprio & URING_SEND_VECTORIZED)
			keep_iovecs(p, p->sqe.addr, p->sqe.len);
		break;
	case URING_SENDMSG:
	case URING_SENDMSG_ZC:
	case URING_RECVMSG:
		keep_message(p);
		break;
	case URING_READV:
	case URING_WRITEV:
	case URING_READV_FIXED:
	case URING_WRITEV_FIXED:
		keep_iovecs(p, p->sqe.addr, p->sqe.len);
		break;
	default:
		keep_names(p, req);
	}
}

#endif
