/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * Work handed in through io_urings, as the system calls it stands for.
 *
 * A request is kept when it is submitted, by its owner or by the kernel's thread that polls for
 * the owner's entries, and becomes an event when its completion is posted, by whoever does that.
 * Four ways to be silent are covered: an entry that is refused (its completion is posted like
 * any other), a completion that does not fit into its queue, the many completions of one request,
 * and a request that asks for no completion unless it fails. The last one becomes an event at
 * submission, as if it succeeded; its failure is another event, where the kernel tells it (of
 * names made, moved or removed it does not).
 */

#include "core/scope.bpf.h"
#include "core/uring_params.bpf.h"

static __always_inline const struct wire_needs *uring_needs(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&needs, &zero);
}

static __always_inline bool op_wanted(const struct wire_needs *n, __u8 opcode)
{
	const volatile struct uring_op_info *op = &uring_ops[opcode & (URING_OPS - 1)];

	if (opcode >= URING_OPS || !op->is_known)
		return false;
	return n->syscall[op->native & (WIRE_SYSCALLS_MAX - 1)] ||
	       n->syscall[op->positioned & (WIRE_SYSCALLS_MAX - 1)];
}

/* ---- Completion ----------------------------------------------------------------------------- */

static __always_inline void forget_request(struct uring_request *p, __u64 req)
{
	tag_take(p);
	if (p->marks & URING_LONG)
		bpf_map_delete_elem(&uring_texts, &req);
	bpf_map_delete_elem(&uring_requests, &req);
}

enum { URING_MORE = 1, URING_PRESUMED = 2 }; /* how a request ended: more follows; who knows */

/*
 * What follows the parameters. Global functions: the verifier would go through them once for each
 * kind of request.
 */
__noinline int uring_received(struct bpf_scratch *e, __u64 control, __u32 rights)
{
	if (!e)
		return 0;
	e->flags |= WIRE_EXTENSION;
	emit_received_extension(e, control, rights, false);
	return 0;
}

__noinline int uring_submit(struct bpf_scratch *e, __u32 lane, __u32 tgid, bool is_owner)
{
	if (!e)
		return 0;
	e->flags |= WIRE_IO_URING;
	return emit_submit_of(e, lane, tgid, is_owner ? current_record(e->type) : NULL);
}

static __always_inline int emit_request(struct uring_request *p, __u64 req, __s64 ret, __u32 how)
{
	const volatile struct uring_op_info *op = &uring_ops[p->opcode & (URING_OPS - 1)];
	const struct wire_needs *n = uring_needs();
	struct bpf_scratch *e = emit_scratch();
	struct uring_end u = { p, req, ret };
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, nr;
	bool at;

	if (!n || !e)
		return 0;
	u.is_owner = tgid == p->tgid;
	if (!(how & URING_PRESUMED) && !(p->marks & URING_REFUSED))
		u.file = BPF_CORE_READ((struct io_kiocb *)req, file);
	else if (u.is_owner && !(p->sqe.flags & URING_FIXED_FILE))
		u.file = file_of(p->sqe.fd);
	else
		u.file = NULL;
	u.file = (struct file *)forget(e, (__u64)u.file);
	at = op->native != op->positioned && has_position(p, u.file);
	nr = at ? op->positioned : op->native;
	if (!(n->syscall[nr & (WIRE_SYSCALLS_MAX - 1)] &
	      (ret < 0 ? WIRE_NEED_FAILED : WIRE_NEED_EVENT)))
		return 0;
	if (ret >= 0 && u.is_owner && p->opcode == URING_RECVMSG)
		u.rights = find_rights(p->message.control, p->message.control_len, false);
	u.more = extension_size(&u, n->syscall[nr & (WIRE_SYSCALLS_MAX - 1)]);
	if (!name_params(e, &u) && !descriptor_params(e, &u) && !socket_params_of(e, &u) &&
	    !message_params(e, &u) && !io_params(e, &u, at)) {
		emit_open(e, EVENT_GENERIC_X, GENERIC_X_PARAMS, p->tid);
		emit_syscall_code(e, nr);
	}
	if (u.rights)
		uring_received(e, p->message.control, u.rights);
	else if (u.more)
		uring_extension(e, req,
				as_number(p->opcode == URING_CONNECT ? u.file : made_file(&u)),
				u.is_owner);
	return uring_submit(e, op->lane, p->tgid, u.is_owner);
}

/*
 * The end of a request is told by a program of its own, which the others jump to with the request
 * in the scratch: there is one of it, not a part of each. Of programs on tracepoints only untyped
 * ones can share what they jump to.
 */
SEC("raw_tp/io_uring_complete")
int uring_end(__u64 *ctx)
{
	struct bpf_scratch *e = emit_scratch();
	struct uring_request *p;
	__u64 req;

	if (!e)
		return 0;
	req = e->uring.request;
	p = bpf_map_lookup_elem(&uring_requests, &req);
	if (!p)
		return 0;
	emit_request(p, req, e->uring.result, e->uring.how);
	if (!e->uring.how)
		forget_request(p, req);
	return 0;
}

static __always_inline int uring_ended(void *ctx, __u64 req, __s64 ret, __u32 how)
{
	struct bpf_scratch *e = emit_scratch();

	if (!e)
		return 0;
	e->uring.request = req;
	e->uring.result = ret;
	e->uring.how = how;
	bpf_tail_call(ctx, &uring_programs, 0);
	count_loss(WIRE_LOSS_TAIL_CALL, 0);
	return 0;
}

/* A completion of a request nobody kept: its submission was missed, or it was made room for. */
static __always_inline void unknown_ended(struct io_kiocb *req)
{
	const struct wire_needs *n = uring_needs();

	if (n && op_wanted(n, BPF_CORE_READ(req, opcode)) && current_wanted(n))
		count_loss(WIRE_LOSS_URING, 0);
}

SEC("raw_tp/io_uring_complete")
int on_uring_complete(__u64 *ctx)
{
	struct uring_tag tag = { .ring = ctx[0] };
	__u64 req = ctx[1];
	__s32 result;

	if (req) {
		/* Of the request, since the queue's entry is memory the caller can write. */
		if (bpf_map_lookup_elem(&uring_requests, &req))
			return uring_ended(ctx, req, BPF_CORE_READ((struct io_kiocb *)req, cqe.res),
					   0);
		unknown_ended((struct io_kiocb *)req);
		return 0;
	}
	if (bpf_core_type_exists(btf_trace_io_uring_complete___cqe)) {
		struct io_uring_cqe *cqe = (void *)ctx[2];

		tag.user_data = BPF_CORE_READ(cqe, user_data);
		result = BPF_CORE_READ(cqe, res);
	} else {
		tag.user_data = ctx[2];
		result = ctx[3];
	}
	req = tag_find(&tag, NULL);
	return req ? uring_ended(ctx, req, result, URING_MORE) : 0;
}

/* The queue is full: the kernel puts the completion aside, and tells of it only here. */
SEC("raw_tp/io_uring_cqe_overflow")
int on_uring_cqe_overflow(__u64 *ctx)
{
	struct uring_tag tag = { ctx[0], ctx[1] };
	__s32 result = ctx[2];
	__u64 req = 0;

	if (ctx[3] & URING_CQE_MORE)
		req = tag_find(&tag, NULL);
	if (req)
		return uring_ended(ctx, req, result, URING_MORE);
	/* Of the two completions of a send without copying, the first is the result. */
	req = tag_find(&tag, &result);
	return req ? uring_ended(ctx, req, result, 0) : 0;
}

/* ---- Submission ----------------------------------------------------------------------------- */

/* The entry the kernel took last from the ring. */
static __always_inline void read_entry(struct uring_sqe *to, struct io_ring_ctx *ring)
{
	__u32 slots = BPF_CORE_READ(ring, sq_entries), setup = BPF_CORE_READ(ring, flags);
	__u32 at = (BPF_CORE_READ(ring, cached_sq_head) - 1) & (slots - 1);
	const __u32 *array = BPF_CORE_READ(ring, sq_array);
	const __u8 *entries = (const __u8 *)BPF_CORE_READ(ring, sq_sqes);

	if (!(setup & URING_SETUP_NO_SQARRAY) && array) {
		bpf_probe_read_kernel(&at, sizeof(at), array + at);
		at &= slots - 1;
	}
	if (setup & URING_SETUP_SQE128)
		at <<= 1;
	if (bpf_probe_read_kernel(to, sizeof(*to), entries + at * sizeof(*to)) < 0)
		__builtin_memset(to, 0, sizeof(*to));
}

/*
 * Who handed it in. Of a ring that the kernel polls nobody knows which thread that was: then it is
 * the process's first.
 */
static __always_inline __u32 owner_of(struct io_ring_ctx *ring)
{
	__u64 current = bpf_get_current_pid_tgid();

	return BPF_CORE_READ(ring, flags) & URING_SETUP_SQPOLL ? current >> 32 : current;
}

/* What a new request finds under its address has ended, unseen if it was not a silent one. */
static __always_inline void drop_older(__u64 req)
{
	struct uring_request *older = bpf_map_lookup_elem(&uring_requests, &req);

	if (!older)
		return;
	if (!(older->marks & URING_SILENT))
		count_loss(WIRE_LOSS_URING, 0);
	forget_request(older, req);
}

static __always_inline void store_request(const struct uring_request *p)
{
	__u64 req = p->request;

	if (p->marks & URING_LONG)
		bpf_map_update_elem(&uring_texts, &req, p->text, BPF_ANY);
	if (bpf_map_update_elem(&uring_requests, &req, p, BPF_ANY) < 0)
		count_loss(WIRE_LOSS_URING, 0);
	tag_put(p);
}

/* `entry`: the one that was refused; NULL for the one just accepted. NULL when nobody asked. */
static __always_inline struct uring_request *keep_request(struct io_kiocb *req, const void *entry)
{
	const struct wire_needs *n = uring_needs();
	struct bpf_scratch *e = emit_scratch();
	struct uring_request *p;
	__u32 flags;

	if (!n || !e)
		return NULL;
	p = (struct uring_request *)e->bytes;
	p->request = (__u64)req;
	drop_older(p->request);
	if (!op_wanted(n, BPF_CORE_READ(req, opcode)) || !current_wanted(n))
		return NULL;
	p->ring = as_number(BPF_CORE_READ(req, ctx));
	p->user_data = BPF_CORE_READ(req, cqe.user_data);
	p->since = bpf_ktime_get_boot_ns();
	p->tid = owner_of((struct io_ring_ctx *)p->ring);
	p->tgid = bpf_get_current_pid_tgid() >> 32;
	p->opcode = BPF_CORE_READ(req, opcode);
	p->marks = entry ? URING_REFUSED : 0;
	if (entry)
		bpf_probe_read_kernel(&p->sqe, sizeof(p->sqe), entry);
	else
		read_entry(&p->sqe, (struct io_ring_ctx *)p->ring);
	flags = BPF_CORE_READ(req, flags);
	p->sqe.flags = flags;
	if (!entry && flags & URING_CQE_SKIP)
		p->marks |= URING_SILENT;
	keep_arguments(p, req);
	if (p->len[0] + p->len[1] > URING_TEXT)
		p->marks |= URING_LONG;
	store_request(p);
	return p;
}

/* A silent request: what it asked for is what it got, as far as anybody knows. */
static __always_inline int submitted(void *ctx, struct io_kiocb *req)
{
	struct uring_request *p = keep_request(req, NULL);

	return p && p->marks & URING_SILENT ? uring_ended(ctx, p->request, 0, URING_PRESUMED) : 0;
}

SEC("raw_tp/io_uring_submit_req")
int BPF_PROG(on_uring_submit_req, struct io_kiocb *req)
{
	return submitted(ctx, req);
}

/* The same before 6.3. */
SEC("raw_tp/io_uring_submit_sqe")
int BPF_PROG(on_uring_submit_sqe, struct io_kiocb *req)
{
	return submitted(ctx, req);
}

SEC("raw_tp/io_uring_req_failed")
int BPF_PROG(on_uring_req_failed, const void *sqe, struct io_kiocb *req)
{
	keep_request(req, sqe);
	return 0;
}
