/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* What goes through sockets. */

#include "core/iovec.bpf.h"
#include "core/received.bpf.h"
#include "core/sock.bpf.h"

#define RESULT emit_s64(e, c->ret)

SYSCALL_EXIT(sendto, SENDTO_X, WIRE_LANE_BULK)
{
	const struct address_at at = address_argument(e, ARG(4), (__u32)ARG(5));

	RESULT;
	emit_data(e, ARG(1), c->ret >= 0 ? c->ret : (__s64)ARG(2));
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(2));
	emit_destination(e, c->ret, (__s32)ARG(0), &at);
}

SYSCALL_EXIT(recvfrom, RECVFROM_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_data(e, ARG(1), c->ret);
	if (c->ret >= 0)
		emit_tuple(e, (__s32)ARG(0), INBOUND, ARG(4), ARG(5) ? user_u32(ARG(5)) : 0);
	else
		emit_empty(e);
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(sendmsg, SENDMSG_X, WIRE_LANE_BULK)
{
	struct message_and_length of = { 0 };
	const struct message *m = &of.m;
	bool readable = message_read(&of, c->compat, ARG(1), false);
	const struct vector v = message_vector(c->compat, m);
	const struct address_at at = address_argument(e, m->name, m->name_len);
	__u64 size = vector_size(&v);

	RESULT;
	emit_vector(e, &v, c->ret >= 0 ? c->ret : (__s64)size);
	emit_fd(e, ARG(0));
	if (readable)
		emit_u32(e, size);
	else
		emit_empty(e);
	emit_destination(e, c->ret, (__s32)ARG(0), &at);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_recvmsg, struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_scratch();
	struct message_and_length of = { 0 };
	const struct message *m = &of.m;
	struct call call, *c = &call;
	struct vector v;
	__u32 rights;

	if (!e)
		return 0;
	call_read(e, c, regs, ret);
	message_read(&of, c->compat, ARG(1), false);
	v = message_vector(c->compat, m);
	rights = c->ret >= 0 ? find_rights(m->control, m->control_len, c->compat) : 0;
	emit_open_extended(e, EVENT_RECVMSG_X, RECVMSG_X_PARAMS, rights);
	RESULT;
	emit_u32(e, c->ret >= 0 ? c->ret : 0);
	emit_vector(e, &v, c->ret);
	if (c->ret >= 0) {
		emit_tuple(e, (__s32)ARG(0), INBOUND, m->name, m->name_len);
		emit_data(e, m->control, m->control_len);
	} else {
		emit_empty(e);
		emit_empty(e);
	}
	emit_fd(e, ARG(0));
	if (rights)
		emit_received_extension(e, m->control, rights, c->compat);
	return emit_end(ctx, e, regs, rights ? LANE_FD : WIRE_LANE_BULK);
}

/*
 * One event per message: the shapes of sendmmsg and recvmmsg differ only at the end. The kernel
 * takes no more messages than UIO_MAXIOV.
 */
#define MESSAGES_MAX 1024

/*
 * The parameters of one; what find_rights says of it. Global, for the stack: what a program uses of
 * it together with all that it calls is 512 bytes.
 */
__noinline __u32 emit_message(struct bpf_scratch *e, __u64 at, __u32 fd, __u32 sending,
			      __u32 compat)
{
	struct message_and_length m = { 0 };
	struct vector v;
	__u32 rights = 0;

	if (!e)
		return 0;
	message_read(&m, compat, at, true);
	v = message_vector(compat, &m.m);
	if (sending) {
		emit_open_extended(e, EVENT_SENDMMSG_X, SENDMMSG_X_PARAMS, false);
	} else {
		rights = find_rights(m.m.control, m.m.control_len, compat);
		emit_open_extended(e, EVENT_RECVMMSG_X, RECVMMSG_X_PARAMS, rights);
	}
	emit_s64(e, m.len);
	emit_fd(e, fd);
	emit_u32(e, m.len);
	emit_vector(e, &v, m.len);
	emit_tuple(e, (__s32)fd, sending ? OUTBOUND : INBOUND, m.m.name, m.m.name_len);
	if (!sending)
		emit_data(e, m.m.control, m.m.control_len);
	return rights;
}

/* Global, like path_write: otherwise it is looked at once per turn of the loops below. */
__noinline int submit_message(__u64 vector, __u32 fd, __u32 i, __u32 sending, __u32 compat)
{
	const __u64 size = compat ? sizeof(struct message_and_length_compat)
				  : sizeof(struct message_and_length);
	const __u64 at = vector + i * size;
	struct bpf_scratch *e = emit_scratch();
	__u32 rights;

	if (!e)
		return 0;
	rights = emit_message(e, at, fd, sending, compat);
	if (rights)
		emit_received_extension(e, message_control(at, compat), rights, compat);
	return emit_submit(e, rights ? LANE_FD : WIRE_LANE_BULK);
}

#define MESSAGES_ROW 32

/* Up to a row of messages, so that no loop is long. */
__noinline int submit_row(__u64 vector, __u32 fd, __u32 first, __u32 end, __u32 how)
{
	for (__u32 i = 0; i < MESSAGES_ROW && first + i < end; i++)
		submit_message(vector, fd, first + i, how & 1, how >> 1);
	return 0;
}

static __always_inline int submit_all(const struct call *c, bool sending)
{
	for (__u32 i = 0; i < MESSAGES_MAX && i < c->ret; i += MESSAGES_ROW)
		submit_row(ARG(1), ARG(0), i, c->ret, sending | c->compat << 1);
	return 0;
}

static __always_inline int submit_failure(const struct call *c, bool sending)
{
	struct bpf_scratch *e = sending ? emit_begin(EVENT_SENDMMSG_X, SENDMMSG_X_PARAMS)
					: emit_begin(EVENT_RECVMMSG_X, RECVMMSG_X_PARAMS);

	if (!e)
		return 0;
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u32(e, 0);
	emit_empty(e);
	emit_empty(e);
	if (!sending)
		emit_empty(e);
	return emit_submit(e, WIRE_LANE_BULK);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_sendmmsg, struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_scratch();
	struct call call, *c = &call;

	copies_forget();
	if (!e)
		return 0;
	call_read(e, c, regs, ret);
	if (c->ret < 0)
		return submit_failure(c, true);
	return submit_all(c, true);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_recvmmsg, struct pt_regs *regs, long ret)
{
	struct bpf_scratch *e = emit_scratch();
	struct call call, *c = &call;

	if (!e)
		return 0;
	call_read(e, c, regs, ret);
	if (c->ret < 0)
		return submit_failure(c, false);
	return submit_all(c, false);
}
