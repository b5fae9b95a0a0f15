/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_URING_PARAMS_BPF_H
#define CORE_URING_PARAMS_BPF_H

/*
 * Parameters of requests that ended, in the order of the event table. They differ from those of the
 * same system calls in where they come from: names and addresses were kept at submission, files
 * are the request's own, and memory is read only when the one who ends it is of the owner's
 * process.
 */

#include "core/received.bpf.h"
#include "core/syscall_codes.bpf.h"
#include "core/uring.bpf.h"

struct uring_end {
	struct uring_request *p;
	__u64 req;
	__s64 ret;
	struct file *file; /* what it worked on */
	bool is_owner;     /* the current task sees the owner's memory and descriptors */
	__u32 more;        /* parameters of the extension */
	__u32 rights;      /* descriptors came with it: see find_rights */
};

#define EVENT(id) emit_open(e, EVENT_##id, id##_PARAMS + u->more, u->p->tid)

/* ---- Parts ---------------------------------------------------------------------------------- */

/*
 * The global functions are looked at once by the verifier, not once per use; in return they take
 * numbers instead of pointers.
 */

__noinline int uring_name(struct bpf_scratch *e, __u64 req, __u32 which)
{
	struct uring_request *p = bpf_map_lookup_elem(&uring_requests, &req);
	const char *from;
	__u32 len, at;

	if (!p || !e)
		return 0;
	from = p->text;
	len = which ? p->len[1] : p->len[0];
	at = which ? p->len[0] : 0;
	if (p->marks & URING_LONG) {
		struct uring_text *t = bpf_map_lookup_elem(&uring_texts, &req);

		if (!t) {
			count_loss(WIRE_LOSS_URING, e->type);
			emit_empty(e);
			return 0;
		}
		from = t->text;
	}
	e->flags |= p->marks & URING_REREAD ? WIRE_REREAD : WIRE_COPIED;
	if (len == PATH_CAP)
		count_loss(WIRE_LOSS_CUT, e->type);
	BOUND(at, 8191);
	BOUND(len, 8191);
	if (bpf_probe_read_kernel(e->bytes + (e->at & EMIT_MASK), len, from + at) < 0)
		len = 0;
	emit_length(e, len);
	return 0;
}

/* The descriptor it worked on. */
static __always_inline __s64 used_fd(const struct uring_request *p)
{
	return p->sqe.flags & URING_FIXED_FILE ? direct_fd(p->ring, p->sqe.fd) : p->sqe.fd;
}

/*
 * The descriptor it made. Which number a silent request was given nobody will tell: it gets that of
 * a slot that no table has.
 */
static __always_inline __s64 made_fd(const struct uring_end *u)
{
	const struct uring_request *p = u->p;

	if (u->ret < 0)
		return u->ret;
	if (p->sqe.file_index && p->sqe.file_index != URING_FILE_INDEX_FREE)
		return direct_fd(p->ring, p->sqe.file_index - 1);
	if (p->marks & URING_SILENT)
		return direct_fd(p->ring, ~0u);
	return p->sqe.file_index ? direct_fd(p->ring, u->ret) : u->ret;
}

static __always_inline struct file *made_file(const struct uring_end *u)
{
	const struct uring_request *p = u->p;

	if (u->ret < 0 || p->marks & URING_SILENT)
		return NULL;
	if (p->sqe.file_index == URING_FILE_INDEX_FREE)
		return direct_file(p->ring, u->ret);
	if (p->sqe.file_index)
		return direct_file(p->ring, p->sqe.file_index - 1);
	return u->is_owner ? file_of(u->ret) : NULL;
}

/* An address as it was kept. */
__noinline int uring_address(struct bpf_scratch *e, __u64 req)
{
	struct uring_request *p = bpf_map_lookup_elem(&uring_requests, &req);
	struct address_at at = { 0 };

	if (!p || !e)
		return 0;
	if (p->len[0])
		at = (struct address_at){ (__u64)p->address, p->len[0], true };
	emit_address_at(e, &at);
	return 0;
}

/* `address_of`: the request whose address names the other side, or 0. */
__noinline int uring_tuple(struct bpf_scratch *e, __u64 sock, __u32 way, __u64 address_of)
{
	struct uring_request *p = bpf_map_lookup_elem(&uring_requests, &address_of);
	struct address_at at = { 0 };

	if (!e)
		return 0;
	if (p && p->len[0])
		at = (struct address_at){ (__u64)p->address, p->len[0], true };
	emit_tuple_of(e, (struct sock *)sock, way ? INBOUND : OUTBOUND, &at);
	return 0;
}

/* The first bytes of one buffer; absent when nobody knows where it is. */
__noinline int uring_buffer(struct bpf_scratch *e, __u64 from, __s64 len, bool is_owner)
{
	if (!e)
		return 0;
	if (is_owner && from) {
		emit_data(e, from, len);
		return 0;
	}
	if (len > 0)
		count_loss(WIRE_LOSS_READ, e->type);
	emit_empty(e);
	return 0;
}

/* The same of the pieces; those beyond URING_IOVECS are not looked at. */
__noinline int uring_pieces(struct bpf_scratch *e, __u64 req, __s64 most, bool is_owner)
{
	struct uring_request *p = bpf_map_lookup_elem(&uring_requests, &req);

	if (!p || !e)
		return 0;
	e->left = most > 0 ? (most < knob_snaplen ? (__u32)most : knob_snaplen) : 0;
	e->done = 0;
	for (__u32 i = 0; i < URING_IOVECS && i < p->len[1]; i++) {
		struct iovec v = p->iovecs[i];
		__u32 len = e->left;

		len = v.len < len ? (__u32)v.len : len;
		len &= 0xffff;
		if (len == 0)
			continue;
		if (!is_owner || bpf_probe_read_user(e->bytes + ((e->at + e->done) & EMIT_MASK),
						     len, (void *)v.base) < 0) {
			count_loss(WIRE_LOSS_READ, e->type);
			break;
		}
		e->done += len;
		e->left -= len;
	}
	emit_length(e, e->done);
	return 0;
}

/* Where the kernel put what it read, when it was to choose; some kernels forget that at once. */
static __always_inline __u64 chosen_buffer(const struct uring_end *u, bool message)
{
	void *own = (void *)u->req + bpf_core_field_offset(struct io_kiocb, cmd);

	if (!(u->p->sqe.flags & URING_BUFFER_SELECT))
		return u->p->sqe.addr;
	if (message)
		return as_number(BPF_CORE_READ((struct io_sr_msg *)own, buf));
	return BPF_CORE_READ((struct io_rw *)own, addr);
}

/* ---- Names ---------------------------------------------------------------------------------- */

static __always_inline bool name_params(struct bpf_scratch *e, const struct uring_end *u)
{
	const struct uring_sqe *sqe = &u->p->sqe;

	switch (u->p->opcode) {
	case URING_RENAMEAT:
		EVENT(RENAMEAT2_X);
		emit_s64(e, u->ret);
		emit_s64(e, sqe->fd);
		uring_name(e, u->req, 0);
		emit_s64(e, (__s32)sqe->len);
		uring_name(e, u->req, 1);
		emit_u32(e, sqe->op_flags);
		return true;
	case URING_LINKAT:
		EVENT(LINKAT_2_X);
		emit_s64(e, u->ret);
		emit_s64(e, sqe->fd);
		uring_name(e, u->req, 0);
		emit_s64(e, (__s32)sqe->len);
		uring_name(e, u->req, 1);
		emit_u32(e, bits_linkat_flags(sqe->op_flags));
		return true;
	case URING_SYMLINKAT:
		EVENT(SYMLINKAT_X);
		emit_s64(e, u->ret);
		uring_name(e, u->req, 0);
		emit_s64(e, sqe->fd);
		uring_name(e, u->req, 1);
		return true;
	case URING_UNLINKAT:
		EVENT(UNLINKAT_2_X);
		emit_s64(e, u->ret);
		emit_s64(e, sqe->fd);
		uring_name(e, u->req, 0);
		emit_u32(e, bits_unlinkat_flags(sqe->op_flags));
		return true;
	case URING_MKDIRAT:
		EVENT(MKDIRAT_X);
		emit_s64(e, u->ret);
		emit_s64(e, sqe->fd);
		uring_name(e, u->req, 0);
		emit_u32(e, sqe->len);
		return true;
	}
	return false;
}

/* ---- Descriptors ---------------------------------------------------------------------------- */

static __always_inline void emit_open_params(struct bpf_scratch *e, const struct uring_end *u)
{
	const struct open_how *how = &u->p->how;
	struct file *f = made_file(u);

	emit_s64(e, made_fd(u));
	emit_s64(e, u->p->sqe.fd);
	uring_name(e, u->req, 0);
	emit_u32(e, open_flags(how->flags) | open_result_flags(f));
	emit_u32(e, open_mode(how->flags, how->mode));
	if (u->p->opcode == URING_OPENAT2)
		emit_u32(e, bits_openat2_flags(how->resolve));
	emit_opened(e, f);
}

/* The kernel tells the numbers only in the caller's memory; those of given slots are known. */
static __always_inline void emit_pipe_params(struct bpf_scratch *e, const struct uring_end *u)
{
	const struct uring_sqe *sqe = &u->p->sqe;
	__s64 first = -1, second = -1;
	struct file *f = NULL;
	int fds[2];

	if (u->ret >= 0 && sqe->file_index && sqe->file_index != URING_FILE_INDEX_FREE) {
		first = direct_fd(u->p->ring, sqe->file_index - 1);
		second = direct_fd(u->p->ring, sqe->file_index);
	} else if (u->ret >= 0 && u->is_owner &&
		   bpf_probe_read_user(fds, sizeof(fds), (void *)sqe->addr) == 0) {
		first = sqe->file_index ? direct_fd(u->p->ring, fds[0]) : fds[0];
		second = sqe->file_index ? direct_fd(u->p->ring, fds[1]) : fds[1];
		f = sqe->file_index ? NULL : file_of(fds[0]);
	}
	emit_s64(e, u->ret);
	emit_s64(e, first);
	emit_s64(e, second);
	emit_u64(e, f ? file_inode(f) : 0);
	emit_u32(e, fd_flags(sqe->op_flags) | (sqe->op_flags & 0x4000 ? FILE_FLAGS_O_DIRECT : 0));
}

static __always_inline bool descriptor_params(struct bpf_scratch *e, const struct uring_end *u)
{
	const struct uring_sqe *sqe = &u->p->sqe;

	switch (u->p->opcode) {
	case URING_OPENAT:
	case URING_OPENAT2:
		if (u->p->opcode == URING_OPENAT)
			EVENT(OPENAT_2_X);
		else
			EVENT(OPENAT2_X);
		emit_open_params(e, u);
		return true;
	case URING_CLOSE:
		EVENT(CLOSE_X);
		emit_s64(e, u->ret);
		emit_s64(e, sqe->file_index ? direct_fd(u->p->ring, sqe->file_index - 1) : sqe->fd);
		return true;
	case URING_FIXED_FD_INSTALL:
		EVENT(DUP_1_X);
		emit_s64(e, u->ret);
		emit_s64(e, used_fd(u->p));
		return true;
	case URING_PIPE:
		EVENT(PIPE2_X);
		emit_pipe_params(e, u);
		return true;
	case URING_EPOLL_WAIT:
		EVENT(EPOLLWAIT_X);
		emit_s64(e, u->ret);
		emit_s64(e, (__s32)sqe->len);
		return true;
	}
	return false;
}

/* ---- Sockets -------------------------------------------------------------------------------- */

static __always_inline bool socket_params_of(struct bpf_scratch *e, const struct uring_end *u)
{
	const struct uring_request *p = u->p;

	switch (p->opcode) {
	case URING_SOCKET:
		EVENT(SOCKET_X);
		emit_s64(e, made_fd(u));
		emit_u32(e, enum_socket_families(p->sqe.fd, 0));
		emit_u32(e, p->sqe.off);
		emit_u32(e, p->sqe.len);
		emit_u32(e, fd_flags(p->sqe.off));
		return true;
	case URING_BIND:
		EVENT(BIND_X);
		emit_s64(e, u->ret);
		uring_address(e, u->req);
		emit_s64(e, used_fd(p));
		return true;
	case URING_CONNECT:
		EVENT(CONNECT_X);
		emit_s64(e, u->ret);
		uring_tuple(e, as_number(sock_of_file(u->file)), OUTBOUND, u->req);
		emit_s64(e, used_fd(p));
		uring_address(e, u->req);
		return true;
	case URING_LISTEN:
		EVENT(LISTEN_X);
		emit_s64(e, u->ret);
		emit_s64(e, used_fd(p));
		emit_s32(e, p->sqe.len);
		return true;
	case URING_ACCEPT:
		EVENT(ACCEPT4_6_X);
		emit_s64(e, made_fd(u));
		uring_tuple(e, as_number(sock_of_file(made_file(u))), INBOUND, 0);
		emit_queue(e, u->ret >= 0 ? sock_of_file(u->file) : NULL);
		emit_s32(e, fd_flags(p->sqe.op_flags));
		return true;
	case URING_SHUTDOWN:
		EVENT(SHUTDOWN_X);
		emit_s64(e, u->ret);
		emit_s64(e, used_fd(p));
		emit_u8(e, enum_shutdown_how(p->sqe.len, 0xff));
		return true;
	}
	return false;
}

/* ---- Messages ------------------------------------------------------------------------------- */

static __always_inline void emit_received(struct bpf_scratch *e, const struct uring_end *u)
{
	struct message *m = &u->p->message;

	emit_s64(e, u->ret);
	emit_u32(e, u->ret >= 0 ? u->ret : 0);
	if (u->p->sqe.flags & URING_BUFFER_SELECT)
		uring_buffer(e, chosen_buffer(u, true), u->ret, u->is_owner);
	else
		uring_pieces(e, u->req, u->ret, u->is_owner);
	if (u->ret >= 0) {
		/* Who sent it stands in the caller's memory only now. */
		keep_address(u->p, u->is_owner ? m->name : 0, m->name_len);
		uring_tuple(e, as_number(sock_of_file(u->file)), INBOUND, u->req);
		uring_buffer(e, m->control, m->control_len, u->is_owner);
	} else {
		emit_empty(e);
		emit_empty(e);
	}
	emit_s64(e, used_fd(u->p));
}

static __always_inline bool message_params(struct bpf_scratch *e, const struct uring_end *u)
{
	const struct uring_request *p = u->p;
	bool pieces = p->sqe.ioprio & URING_SEND_VECTORIZED;
	__u64 asked = pieces ? p->size : p->sqe.len;

	switch (p->opcode) {
	case URING_SEND:
	case URING_SEND_ZC:
		EVENT(SENDTO_X);
		emit_s64(e, u->ret);
		if (pieces)
			uring_pieces(e, u->req, u->ret >= 0 ? u->ret : (__s64)asked, u->is_owner);
		else
			uring_buffer(e, p->sqe.addr, u->ret >= 0 ? u->ret : (__s64)asked,
				     u->is_owner);
		emit_s64(e, used_fd(p));
		emit_u32(e, asked);
		uring_tuple(e, as_number(sock_of_file(u->file)), OUTBOUND, u->req);
		return true;
	case URING_RECV:
	case URING_RECV_ZC:
		EVENT(RECVFROM_X);
		emit_s64(e, u->ret);
		uring_buffer(e, p->opcode == URING_RECV ? chosen_buffer(u, true) : 0, u->ret,
			     u->is_owner);
		uring_tuple(e, u->ret >= 0 ? as_number(sock_of_file(u->file)) : 0, INBOUND, 0);
		emit_s64(e, used_fd(p));
		emit_u32(e, p->sqe.len);
		return true;
	case URING_SENDMSG:
	case URING_SENDMSG_ZC:
		EVENT(SENDMSG_X);
		emit_s64(e, u->ret);
		uring_pieces(e, u->req, u->ret >= 0 ? u->ret : (__s64)p->size, u->is_owner);
		emit_s64(e, used_fd(p));
		emit_u32(e, p->size);
		uring_tuple(e, as_number(sock_of_file(u->file)), OUTBOUND, u->req);
		return true;
	case URING_RECVMSG:
		EVENT(RECVMSG_X);
		emit_received(e, u);
		return true;
	}
	return false;
}

/* ---- Reading and writing -------------------------------------------------------------------- */

#define FMODE_STREAM 0x200000

/* Sockets and pipes know no position, whatever the caller passed. */
static __always_inline bool has_position(const struct uring_request *p, struct file *f)
{
	return p->sqe.off != ~0ull && !(f && BPF_CORE_READ(f, f_mode) & FMODE_STREAM);
}

/* The variants with and without a position differ in a parameter at the end. */
#define EVENT_POSITIONED(plain, positioned)                                                        \
	do {                                                                                       \
		if (at)                                                                            \
			EVENT(positioned);                                                         \
		else                                                                               \
			EVENT(plain);                                                              \
	} while (0)

static __always_inline bool io_params(struct bpf_scratch *e, const struct uring_end *u, bool at)
{
	const struct uring_request *p = u->p;
	__s64 done = u->ret;

	switch (p->opcode) {
	case URING_READ:
	case URING_READ_FIXED:
	case URING_READ_MULTISHOT:
		EVENT_POSITIONED(READ_X, PREAD_X);
		emit_s64(e, done);
		uring_buffer(e, chosen_buffer(u, false), done, u->is_owner);
		emit_s64(e, used_fd(p));
		emit_u32(e, p->sqe.len);
		break;
	case URING_WRITE:
	case URING_WRITE_FIXED:
		EVENT_POSITIONED(WRITE_X, PWRITE_X);
		emit_s64(e, done);
		uring_buffer(e, p->sqe.addr, done >= 0 ? done : (__s64)p->sqe.len, u->is_owner);
		emit_s64(e, used_fd(p));
		emit_u32(e, p->sqe.len);
		break;
	case URING_READV:
	case URING_READV_FIXED:
		EVENT_POSITIONED(READV_X, PREADV_X);
		emit_s64(e, done);
		emit_u32(e, done >= 0 ? done : 0);
		uring_pieces(e, u->req, done, u->is_owner);
		emit_s64(e, used_fd(p));
		break;
	case URING_WRITEV:
	case URING_WRITEV_FIXED:
		EVENT_POSITIONED(WRITEV_X, PWRITEV_X);
		emit_s64(e, done);
		uring_pieces(e, u->req, done >= 0 ? done : (__s64)p->size, u->is_owner);
		emit_s64(e, used_fd(p));
		emit_u32(e, p->size);
		break;
	case URING_SPLICE:
		EVENT(SPLICE_X);
		emit_s64(e, done);
		emit_s64(e, p->sqe.op_flags & URING_FD_IN_FIXED
				    ? direct_fd(p->ring, p->sqe.file_index)
				    : (__s32)p->sqe.file_index);
		emit_s64(e, used_fd(p));
		emit_u64(e, p->sqe.len);
		emit_u32(e, bits_splice_flags(p->sqe.op_flags));
		return true;
	default:
		return false;
	}
	if (at)
		emit_u64(e, p->sqe.off);
	return true;
}

#undef EVENT

/* ---- What the kernel used -------------------------------------------------------------------- */

#define URING_EXTENDED                                                                             \
	(1ull << URING_OPENAT | 1ull << URING_OPENAT2 | 1ull << URING_CONNECT |                    \
	 1ull << URING_ACCEPT)

/*
 * How many parameters follow: all, or none. Computed without a branch, since after one the verifier
 * would go through everything that follows twice.
 */
static __always_inline __u32 extension_size(const struct uring_end *u, __u32 need)
{
	__u32 all =
		need / WIRE_NEED_EXTENSION & ~u->ret >> 63 & URING_EXTENDED >> u->p->opcode % 64;

	all |= -u->rights >> 31;
	return (all & 1) * EXTENSIONS;
}

/* `file`: address of the one it made or connected. Global, as above. */
__noinline int uring_extension(struct bpf_scratch *e, __u64 req, __u64 file, bool is_owner)
{
	struct uring_request *p = bpf_map_lookup_elem(&uring_requests, &req);
	__u64 cred = as_number(BPF_CORE_READ((struct io_kiocb *)req, creds));

	if (!e || !p)
		return 0;
	e->flags |= WIRE_EXTENSION;
	if (p->opcode == URING_CONNECT)
		emit_socket_truth(e, as_number(sock_of_file((struct file *)file)), OUTBOUND);
	else if (p->opcode == URING_ACCEPT)
		emit_socket_truth(e, as_number(sock_of_file((struct file *)file)), INBOUND);
	else
		emit_file_truth(e, (struct file *)file);
	if (!cred && is_owner)
		cred = current_credentials();
	if (cred)
		emit_credentials(e, cred);
	else
		emit_empty(e);
	emit_empty(e);
	return 0;
}

#endif
