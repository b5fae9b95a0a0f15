/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* What goes through sockets. */

#include "core/iovec.bpf.h"
#include "core/sock.bpf.h"

#define RESULT emit_s64(e, c->ret)

SYSCALL_EXIT(sendto, SENDTO_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_data(e, ARG(1), c->ret >= 0 ? c->ret : (__s64)ARG(2));
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(2));
	emit_tuple(e, (__s32)ARG(0), OUTBOUND, ARG(4), (__u32)ARG(5));
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

struct message_and_length {
	struct message m;
	__u32 len, pad;
};

SYSCALL_EXIT(sendmsg, SENDMSG_X, WIRE_LANE_BULK)
{
	struct message m = { 0 };
	bool readable = bpf_probe_read_user(&m, sizeof(m), (void *)ARG(1)) == 0;
	__u64 size = iovec_size(m.iov, m.iovlen);

	RESULT;
	emit_iovec(e, m.iov, m.iovlen, c->ret >= 0 ? c->ret : (__s64)size);
	emit_fd(e, ARG(0));
	if (readable)
		emit_u32(e, size);
	else
		emit_empty(e);
	emit_tuple(e, (__s32)ARG(0), OUTBOUND, m.name, m.name_len);
}

SYSCALL_EXIT(recvmsg, RECVMSG_X, WIRE_LANE_BULK)
{
	struct message m = { 0 };

	bpf_probe_read_user(&m, sizeof(m), (void *)ARG(1));
	RESULT;
	emit_u32(e, c->ret >= 0 ? c->ret : 0);
	emit_iovec(e, m.iov, m.iovlen, c->ret);
	if (c->ret >= 0) {
		emit_tuple(e, (__s32)ARG(0), INBOUND, m.name, m.name_len);
		emit_data(e, m.control, m.control_len);
	} else {
		emit_empty(e);
		emit_empty(e);
	}
	emit_fd(e, ARG(0));
}

/* One event per message: the shapes of sendmmsg and recvmmsg differ only at the end. */
#define MESSAGES_MAX 8

/* Global, like path_walk: otherwise it is looked at once per turn of the loops below. */
__noinline int submit_message(__u64 vector, __u32 fd, __u32 i, __u32 sending)
{
	struct message_and_length m = { 0 };
	struct bpf_scratch *e = sending ? emit_begin(EVENT_SENDMMSG_X, SENDMMSG_X_PARAMS)
					: emit_begin(EVENT_RECVMMSG_X, RECVMMSG_X_PARAMS);

	if (!e)
		return 0;
	bpf_probe_read_user(&m, sizeof(m), (void *)(vector + i * sizeof(m)));
	emit_s64(e, m.len);
	emit_fd(e, fd);
	emit_u32(e, m.len);
	emit_iovec(e, m.m.iov, m.m.iovlen, m.len);
	emit_tuple(e, (__s32)fd, sending ? OUTBOUND : INBOUND, m.m.name, m.m.name_len);
	if (!sending)
		emit_data(e, m.m.control, m.m.control_len);
	return emit_submit(e, WIRE_LANE_BULK);
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
	struct call call, *c = &call;

	call_read(c, regs, ret);
	if (ret < 0)
		return submit_failure(c, true);
	for (__u32 i = 0; i < MESSAGES_MAX && i < ret; i++)
		submit_message(ARG(1), ARG(0), i, true);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_recvmmsg, struct pt_regs *regs, long ret)
{
	struct call call, *c = &call;

	call_read(c, regs, ret);
	if (ret < 0)
		return submit_failure(c, false);
	for (__u32 i = 0; i < MESSAGES_MAX && i < ret; i++)
		submit_message(ARG(1), ARG(0), i, false);
	return 0;
}
