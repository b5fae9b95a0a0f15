/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_SOCK_BPF_H
#define CORE_SOCK_BPF_H

/*
 * Sockets and addresses in the format's layouts:
 *
 *	address  family byte, then ip (network order) and port (u16, host order); or a path with NUL
 *	tuple    family byte, then source ip, port, destination ip, port; for unix sockets the two
 *		 kernel addresses (u64) and a path with NUL
 */

#include "core/file.bpf.h"

#define AF_UNIX  1
#define AF_INET  2
#define AF_INET6 10

#define SOL_SOCKET 1

#define S_IFMT   0170000
#define S_IFSOCK 0140000

/* The socket a file stands for; NULL when it is none. */
static __always_inline struct sock *sock_of_file(struct file *f)
{
	struct socket *s;

	if (!f || (BPF_CORE_READ(f, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	s = BPF_CORE_READ(f, private_data);
	return BPF_CORE_READ(s, sk);
}

static __always_inline struct sock *sock_of(long fd)
{
	return sock_of_file(file_of(fd));
}

/* Where an address stands: in the caller's memory, or in ours since the kernel copied it. */
struct address_at {
	__u64 from, len;
	bool kept;
};

static __always_inline long address_bytes(void *to, __u32 n, const struct address_at *at,
					  __u32 skip)
{
	const void *from = (const void *)(at->from + skip);

	return at->kept ? bpf_probe_read_kernel(to, n, from) : bpf_probe_read_user(to, n, from);
}

/* The address the caller passed, copied whole: the kernel's own copy is gone at exit. */
struct user_address {
	__u16 family;
	__u16 port; /* network order */
	union {
		__u32 ip4;
		struct {
			__u32 flow;
			__u8 ip6[16];
		};
	};
};

/* An argument: the kernel's own copy where that was kept. */
static __always_inline struct address_at address_argument(struct bpf_scratch *e, __u64 from,
							  __u64 len)
{
	struct address_at at = { from, len, false };
	const struct call_copies *c;
	__u32 i;

	if (!copies_run() || !from)
		return at;
	c = copies_current();
	i = c ? copy_from(c, COPY_ADDRESS) : COPIES_OF_CALL;
	if (c && i < COPIES_OF_CALL && c->of[i].state == COPY_KEPT) {
		at = (struct address_at){ as_number(c->of[i].text), c->of[i].len, true };
		e->flags |= WIRE_COPIED;
	} else {
		e->flags |= WIRE_REREAD;
	}
	return at;
}

#define UNIX_PATH_MAX 108

/* False when there is none, or it is too short for its family. */
static __always_inline bool address_read(struct user_address *a, const struct address_at *at)
{
	__builtin_memset(a, 0, sizeof(*a));
	if (!at->from || at->len < sizeof(a->family))
		return false;
	if (address_bytes(&a->family, sizeof(a->family), at, 0) < 0)
		return false;
	if (a->family == AF_INET)
		return at->len >= 8 && address_bytes(a, 8, at, 0) == 0;
	if (a->family == AF_INET6)
		return at->len >= 24 && address_bytes(a, 24, at, 0) == 0;
	return true;
}

/* A unix path of len bytes behind the family, with a NUL added: at `at`; returns its length. */
static __always_inline __u32 append_unix_path(struct bpf_scratch *e, __u32 at,
					      const struct address_at *from)
{
	__u64 n = from->len > 2 ? (__u32)from->len - 2 : 0;
	__u8 first = 0;

	if (n > UNIX_PATH_MAX)
		n = UNIX_PATH_MAX;
	if (n == 0) {
		EMIT_STORE(e, __u8, at, 0);
		return 1;
	}
	address_bytes(&first, 1, from, 2);
	if (first) {
		const void *path = (const void *)(from->from + 2);
		long got;

		n++;
		BOUND(n, 127);
		got = from->kept ? bpf_probe_read_kernel_str(e->bytes + (at & EMIT_MASK), n, path)
				 : bpf_probe_read_user_str(e->bytes + (at & EMIT_MASK), n, path);
		return got > 0 ? got : 1;
	}
	/* An abstract name: its leading NUL is left out, as in Falco's events. */
	n--;
	BOUND(n, 127);
	if (n)
		address_bytes(e->bytes + (at & EMIT_MASK), n, from, 3);
	EMIT_STORE(e, __u8, at + n, 0);
	return n + 1;
}

static __always_inline __u16 swap16(__u16 v)
{
	return __builtin_bswap16(v);
}

static __always_inline void emit_address_at(struct bpf_scratch *e, const struct address_at *from)
{
	struct user_address a;
	__u32 at = e->at;

	if (!address_read(&a, from)) {
		emit_empty(e);
		return;
	}
	EMIT_STORE(e, __u8, at, a.family);
	if (a.family == AF_INET) {
		EMIT_STORE(e, __u32, at + 1, a.ip4);
		EMIT_STORE(e, __u16, at + 5, swap16(a.port));
		emit_length(e, 7);
	} else if (a.family == AF_INET6) {
		__builtin_memcpy(e->bytes + ((at + 1) & EMIT_MASK), a.ip6, 16);
		EMIT_STORE(e, __u16, at + 17, swap16(a.port));
		emit_length(e, 19);
	} else if (a.family == AF_UNIX) {
		emit_length(e, 1 + append_unix_path(e, at + 1, from));
	} else {
		emit_empty(e);
	}
}

enum direction { OUTBOUND, INBOUND }; /* the local side is the source, or the destination */

static __always_inline void store_ip4(struct bpf_scratch *e, __u32 at, __u32 ip, __u16 port)
{
	EMIT_STORE(e, __u32, at, ip);
	EMIT_STORE(e, __u16, at + 4, port);
}

static __always_inline void emit_tuple4(struct bpf_scratch *e, struct sock *sk, enum direction way,
					const struct user_address *other)
{
	struct inet_sock *inet = (void *)sk;
	__u32 local = BPF_CORE_READ(inet, inet_saddr);
	__u16 local_port = swap16(BPF_CORE_READ(inet, inet_sport));
	__u32 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	__u16 remote_port = swap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	__u32 at = e->at;

	if (other) {
		remote = other->ip4;
		remote_port = swap16(other->port);
	}
	EMIT_STORE(e, __u8, at, AF_INET);
	store_ip4(e, at + (way == OUTBOUND ? 1 : 7), local, local_port);
	store_ip4(e, at + (way == OUTBOUND ? 7 : 1), remote, remote_port);
	emit_length(e, 13);
}

static __always_inline void emit_tuple6(struct bpf_scratch *e, struct sock *sk, enum direction way,
					const struct user_address *other)
{
	struct inet_sock *inet = (void *)sk;
	__u32 at = e->at, local_at = at + (way == OUTBOUND ? 1 : 19);
	__u32 remote_at = at + (way == OUTBOUND ? 19 : 1);
	__u16 remote_port = swap16(BPF_CORE_READ(sk, __sk_common.skc_dport));

	EMIT_STORE(e, __u8, at, AF_INET6);
	bpf_core_read(e->bytes + (local_at & EMIT_MASK), 16, &sk->__sk_common.skc_v6_rcv_saddr);
	EMIT_STORE(e, __u16, local_at + 16, swap16(BPF_CORE_READ(inet, inet_sport)));
	if (other) {
		__builtin_memcpy(e->bytes + (remote_at & EMIT_MASK), other->ip6, 16);
		remote_port = swap16(other->port);
	} else {
		bpf_core_read(e->bytes + (remote_at & EMIT_MASK), 16,
			      &sk->__sk_common.skc_v6_daddr);
	}
	EMIT_STORE(e, __u16, remote_at + 16, remote_port);
	emit_length(e, 37);
}

/* The bound name of a unix socket with its NUL, at `at`; returns its length. */
static __always_inline __u32 append_bound_path(struct bpf_scratch *e, __u32 at, struct unix_sock *u)
{
	struct unix_address *a = u ? BPF_CORE_READ(u, addr) : NULL;
	int len = a ? BPF_CORE_READ(a, len) : 0;
	const char *path;
	char first = 0;
	long n;

	if (len <= 2) {
		EMIT_STORE(e, __u8, at, 0);
		return 1;
	}
	path = a->name[0].sun_path;
	bpf_probe_read_kernel(&first, 1, path);
	if (first) {
		n = bpf_probe_read_kernel_str(e->bytes + (at & EMIT_MASK), UNIX_PATH_MAX + 1, path);
		return n > 0 ? n : 1;
	}
	n = len - 3;
	BOUND(n, 127);
	if (n)
		bpf_probe_read_kernel(e->bytes + (at & EMIT_MASK), n, path + 1);
	EMIT_STORE(e, __u8, at + n, 0);
	return n + 1;
}

/* The name is that of the side that has one: the server. */
static __always_inline void emit_tuple_unix(struct bpf_scratch *e, struct sock *sk,
					    enum direction way, const struct address_at *name)
{
	struct unix_sock *local = (void *)sk;
	struct sock *peer = BPF_CORE_READ(local, peer);
	__u32 at = e->at;

	EMIT_STORE(e, __u8, at, AF_UNIX);
	EMIT_STORE(e, __u64, at + (way == OUTBOUND ? 1 : 9), (__u64)sk);
	EMIT_STORE(e, __u64, at + (way == OUTBOUND ? 9 : 1), (__u64)peer);
	if (name)
		emit_length(e, 17 + append_unix_path(e, at + 17, name));
	else
		emit_length(e, 17 + append_bound_path(e, at + 17,
						      way == INBOUND ? local : (void *)peer));
}

/* A socket's tuple, or an empty parameter without a socket. `name`: the caller's address. */
static __always_inline void emit_tuple_of(struct bpf_scratch *e, struct sock *sk,
					  enum direction way, const struct address_at *name)
{
	struct user_address a;
	bool given;
	__u16 family;

	if (!sk) {
		emit_empty(e);
		return;
	}
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	given = address_read(&a, name) && a.family == family;
	if (family == AF_INET)
		emit_tuple4(e, sk, way, given ? &a : NULL);
	else if (family == AF_INET6)
		emit_tuple6(e, sk, way, given ? &a : NULL);
	else if (family == AF_UNIX)
		emit_tuple_unix(e, sk, way, given ? name : NULL);
	else
		emit_empty(e);
}

static __always_inline void emit_tuple(struct bpf_scratch *e, long fd, enum direction way,
				       __u64 name, __u64 name_len)
{
	emit_tuple_of(e, sock_of(fd), way, &(struct address_at){ name, name_len, false });
}

/* Whether it is known where something was to go: a socket's peer, or an address given. */
static __always_inline bool has_destination(struct sock *sk, const struct address_at *name)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	struct user_address a;

	if (address_read(&a, name) && a.family == family)
		return true;
	return family == AF_UNIX ? BPF_CORE_READ((struct unix_sock *)sk, peer) != NULL
				 : BPF_CORE_READ(sk, __sk_common.skc_dport) != 0;
}

/* The tuple of a call that sends or connects; of one that failed if the destination is known. */
static __always_inline void emit_destination(struct bpf_scratch *e, long ret, long fd,
					     const struct address_at *at)
{
	struct sock *sk = sock_of(fd);

	if (ret < 0 && sk && !has_destination(sk, at))
		emit_empty(e);
	else
		emit_tuple_of(e, sk, OUTBOUND, at);
}

#define EINPROGRESS 115

/*
 * The tuple of a connect. One that succeeded or is under way is told by the socket: the address as
 * given is memory of the caller, who may have changed it meanwhile.
 */
static __always_inline void emit_connection(struct bpf_scratch *e, long ret, long fd,
					    const struct address_at *at)
{
	struct sock *sk = sock_of(fd);
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	bool made = ret == 0 || ret == -EINPROGRESS;

	if (made && (family == AF_INET || family == AF_INET6) &&
	    BPF_CORE_READ(sk, __sk_common.skc_dport))
		emit_tuple(e, fd, OUTBOUND, 0, 0);
	else
		emit_destination(e, ret, fd, at);
}

/* queuepct, queuelen, queuemax: zeros without a listener */
static __always_inline void emit_queue(struct bpf_scratch *e, struct sock *listener)
{
	__u32 queued = 0, most = 0;

	if (listener) {
		queued = BPF_CORE_READ(listener, sk_ack_backlog);
		most = BPF_CORE_READ(listener, sk_max_ack_backlog);
	}
	emit_u8(e, most ? queued * 100ull / most : 0);
	emit_u32(e, queued);
	emit_u32(e, most);
}

#endif
