/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Sockets: making, binding, connecting, accepting, options. */

#include "core/extension.bpf.h"
#include "core/open_flags.bpf.h"
#include "core/sock.bpf.h"

#define RESULT emit_s64(e, c->ret)

SYSCALL_EXIT(socket, SOCKET_X, LANE_FD)
{
	RESULT;
	emit_u32(e, enum_socket_families(ARG(0), 0));
	emit_u32(e, ARG(1));
	emit_u32(e, ARG(2));
	emit_u32(e, fd_flags(ARG(1)));
}

SYSCALL_EXIT(socketpair, SOCKETPAIR_X, LANE_FD)
{
	int fds[2] = { -1, -1 };
	struct unix_sock *first = NULL;

	if (c->ret == 0) {
		bpf_probe_read_user(fds, sizeof(fds), (void *)ARG(3));
		first = (void *)sock_of(fds[0]);
	}
	RESULT;
	emit_s64(e, fds[0]);
	emit_s64(e, fds[1]);
	emit_u64(e, (__u64)first);
	emit_u64(e, first ? (__u64)BPF_CORE_READ(first, peer) : 0);
	emit_u32(e, enum_socket_families(ARG(0), 0));
	emit_u32(e, ARG(1));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(bind, BIND_X, LANE_FD)
{
	const struct address_at at = address_argument(e, ARG(1), (__u32)ARG(2));

	RESULT;
	emit_address_at(e, &at);
	emit_fd(e, ARG(0));
}

#define EINPROGRESS 115

static __always_inline void connect_extension(struct bpf_scratch *e, const struct call *c)
{
	emit_socket_truth(e, as_number(sock_of((__s32)ARG(0))), OUTBOUND);
	emit_extension_rest(e);
}

static __always_inline void accept_extension(struct bpf_scratch *e, const struct call *c)
{
	emit_socket_truth(e, as_number(sock_of(c->ret)), INBOUND);
	emit_extension_rest(e);
}

#define accept4_extension accept_extension

/* Under way is as good as made: the socket knows its ends. */
SYSCALL_EXIT_EXTENDED(connect, CONNECT, CONNECT_X, LANE_FD,
		      c->ret == -EINPROGRESS && extension_asked(NATIVE_CONNECT))
{
	const struct address_at at = address_argument(e, ARG(1), (__u32)ARG(2));

	RESULT;
	emit_connection(e, c->ret, (__s32)ARG(0), &at);
	emit_fd(e, ARG(0));
	emit_address_at(e, &at);
}

SYSCALL_EXIT(listen, LISTEN_X, LANE_FD)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_s32(e, ARG(1));
}

/* tuple, queuepct, queuelen, queuemax */
static __always_inline void emit_accepted(struct bpf_scratch *e, const struct call *c)
{
	if (c->ret >= 0)
		emit_tuple(e, c->ret, INBOUND, 0, 0);
	else
		emit_empty(e);
	emit_queue(e, c->ret >= 0 ? sock_of((__s32)ARG(0)) : NULL);
}

SYSCALL_EXIT_EXTENDED(accept, ACCEPT, ACCEPT_5_X, LANE_FD, false)
{
	RESULT;
	emit_accepted(e, c);
}

SYSCALL_EXIT_EXTENDED(accept4, ACCEPT4, ACCEPT4_6_X, LANE_FD, false)
{
	RESULT;
	emit_accepted(e, c);
	emit_s32(e, fd_flags(ARG(3)));
}

SYSCALL_EXIT(getsockname, GETSOCKNAME_X, WIRE_LANE_BULK)
{
}

SYSCALL_EXIT(getpeername, GETPEERNAME_X, WIRE_LANE_BULK)
{
}

SYSCALL_EXIT(shutdown, SHUTDOWN_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_fd(e, ARG(0));
	emit_u8(e, enum_shutdown_how(ARG(1), 0xff));
}

/* Indices of tables/dynamic.def. */
enum { SOCKOPT_UNKNOWN, SOCKOPT_ERRNO, SOCKOPT_UINT32, SOCKOPT_UINT64, SOCKOPT_TIMEVAL };

#define SOL_TCP 6

static __always_inline void emit_option(struct bpf_scratch *e, const struct call *c, __u32 len)
{
	__u64 level = ARG(1), name = ARG(2), value = ARG(3);
	__u32 at = e->at;

	if (level == SOL_SOCKET) {
		switch (name) {
		case 4: /* SO_ERROR */
			EMIT_STORE(e, __u8, at, SOCKOPT_ERRNO);
			EMIT_STORE(e, __s64, at + 1, -(__s64)(__s32)user_u32(value));
			emit_length(e, 9);
			return;
		case 20: /* SO_RCVTIMEO, SO_SNDTIMEO with longs */
		case 21:
			EMIT_STORE(e, __u8, at, SOCKOPT_TIMEVAL);
			EMIT_STORE(e, __u64, at + 1,
				   user_word(c, value) * NS_PER_S +
					   user_word(c, value + word_size(c)) * 1000);
			emit_length(e, 9);
			return;
		case 66: /* and with 64 bits everywhere */
		case 67:
			EMIT_STORE(e, __u8, at, SOCKOPT_TIMEVAL);
			EMIT_STORE(e, __u64, at + 1,
				   user_u64(value) * NS_PER_S + user_u64(value + 8) * 1000);
			emit_length(e, 9);
			return;
		case 57: /* SO_COOKIE */
			EMIT_STORE(e, __u8, at, SOCKOPT_UINT64);
			EMIT_STORE(e, __u64, at + 1, user_u64(value));
			emit_length(e, 9);
			return;
		case 1 ... 3:   /* SO_DEBUG, SO_REUSEADDR, SO_TYPE */
		case 5 ... 12:  /* SO_DONTROUTE .. SO_PRIORITY */
		case 15:        /* SO_REUSEPORT */
		case 16:        /* SO_PASSCRED */
		case 18:        /* SO_RCVLOWAT */
		case 19:        /* SO_SNDLOWAT */
		case 29:        /* SO_TIMESTAMP */
		case 30:        /* SO_ACCEPTCONN */
		case 32 ... 36: /* SO_SNDBUFFORCE .. SO_MARK */
		case 38 ... 40: /* SO_PROTOCOL .. SO_RXQ_OVFL */
		case 41 ... 49: /* SO_WIFI_STATUS .. SO_INCOMING_CPU */
			EMIT_STORE(e, __u8, at, SOCKOPT_UINT32);
			EMIT_STORE(e, __u32, at + 1, user_u32(value));
			emit_length(e, 5);
			return;
		}
	}
	len = len < knob_snaplen ? len : knob_snaplen;
	len &= 0xffff;
	EMIT_STORE(e, __u8, at, SOCKOPT_UNKNOWN);
	if (len && bpf_probe_read_user(e->bytes + ((at + 1) & EMIT_MASK), len, (void *)value) < 0)
		len = 0;
	emit_length(e, 1 + len);
}

/* level and optname by the format's own numbers */
static __always_inline void emit_option_name(struct bpf_scratch *e, const struct call *c)
{
	emit_fd(e, ARG(0));
	emit_u8(e, ARG(1) == SOL_SOCKET ? SOCKOPT_LEVELS_SOCKOPT_LEVEL_SOL_SOCKET
		   : ARG(1) == SOL_TCP  ? SOCKOPT_LEVELS_SOCKOPT_LEVEL_SOL_TCP
					: SOCKOPT_LEVELS_SOCKOPT_LEVEL_UNKNOWN);
	emit_u8(e, ARG(1) == SOL_SOCKET ? enum_sockopt_options(ARG(2), 0) : 0);
}

SYSCALL_EXIT(setsockopt, SETSOCKOPT_X, WIRE_LANE_BULK)
{
	RESULT;
	emit_option_name(e, c);
	emit_option(e, c, ARG(4));
	emit_u32(e, ARG(4));
}

SYSCALL_EXIT(getsockopt, GETSOCKOPT_X, LANE_FD)
{
	__u32 len = user_u32(ARG(4));

	RESULT;
	emit_option_name(e, c);
	emit_option(e, c, len);
	emit_u32(e, len);
}
