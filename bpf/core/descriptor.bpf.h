/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_DESCRIPTOR_BPF_H
#define CORE_DESCRIPTOR_BPF_H

/* What stands behind a descriptor whose making nobody saw, as the event FD_ENTRY tells it. */

#include "core/open_flags.bpf.h"
#include "core/sock.bpf.h"

/* Numbers of the format: tables/fd_types.def. */
enum fd_type {
#define FD_TYPE(number, id, letter, word) FD_##id = number,
#include "tables/fd_types.def"
#undef FD_TYPE
};

enum l4 {
#define L4(number, id, word, letter) L4_##id = number,
#include "tables/l4_protocols.def"
#undef L4
};

#define S_IFDIR    0040000
#define S_IFIFO    0010000
#define TCP_LISTEN 10
#define AF_NETLINK 16

static __always_inline enum fd_type socket_type(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	bool serves = BPF_CORE_READ(sk, __sk_common.skc_dport) == 0;

	switch (family) {
	case AF_INET:
		return serves ? FD_IPV4_SERVSOCK : FD_IPV4_SOCK;
	case AF_INET6:
		return serves ? FD_IPV6_SERVSOCK : FD_IPV6_SOCK;
	case AF_UNIX:
		return FD_UNIX_SOCK;
	case AF_NETLINK:
		return FD_NETLINK;
	}
	return FD_UNKNOWN;
}

static __always_inline __u8 socket_l4(struct sock *sk)
{
	switch (BPF_CORE_READ(sk, sk_protocol)) {
	case 6:
		return L4_TCP;
	case 17:
		return L4_UDP;
	case 1:
	case 58:
		return L4_ICMP;
	}
	return L4_UNKNOWN;
}

/* The first seven bytes of a name as one number. */
#define SEVEN(a, b, c, d, e, f, g)                                                                 \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48)

/* Files without a directory are known by the name the kernel gave them: "[eventfd]", ... */
static __always_inline enum fd_type anonymous_type(__u64 name)
{
	switch (name & 0xffffffffffffffull) {
	case SEVEN('[', 'e', 'v', 'e', 'n', 't', 'f'):
		return FD_EVENT;
	case SEVEN('[', 'e', 'v', 'e', 'n', 't', 'p'):
		return FD_EVENTPOLL;
	case SEVEN('[', 's', 'i', 'g', 'n', 'a', 'l'):
		return FD_SIGNALFD;
	case SEVEN('[', 't', 'i', 'm', 'e', 'r', 'f'):
		return FD_TIMERFD;
	case SEVEN('i', 'n', 'o', 't', 'i', 'f', 'y'):
		return FD_INOTIFY;
	case SEVEN('[', 'i', 'o', '_', 'u', 'r', 'i'):
		return FD_IOURING;
	case SEVEN('[', 'u', 's', 'e', 'r', 'f', 'a'):
		return FD_USERFAULTFD;
	case SEVEN('[', 'p', 'i', 'd', 'f', 'd', ']'):
		return FD_PIDFD;
	case SEVEN('b', 'p', 'f', '-', 'm', 'a', 'p'):
	case SEVEN('b', 'p', 'f', '-', 'p', 'r', 'o'):
		return FD_BPF;
	}
	return (name & 0xffffffffffull) == (SEVEN('m', 'e', 'm', 'f', 'd', 0, 0)) ? FD_MEMFD
										  : FD_UNSUPPORTED;
}

/* The flag belongs to the number, not to the file. */
static __always_inline __u32 close_on_exec(struct task_struct *t, __u32 fd)
{
	unsigned long *bits = BPF_CORE_READ(t, files, fdt, close_on_exec), word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), bits + fd / 64);
	return word >> fd % 64 & 1 ? FILE_FLAGS_O_CLOEXEC : 0;
}

/* enum fd_type; `address` is that of a struct file. Global: see append_entry. */
__noinline __u32 descriptor_type(__u64 address)
{
	struct file *f = (struct file *)address;
	__u32 mode = BPF_CORE_READ(f, f_inode, i_mode) & S_IFMT;
	struct dentry *dentry;
	struct sock *sk;
	__u64 name = 0;

	switch (mode) {
	case S_IFSOCK:
		sk = sock_of_file(f);
		return sk ? socket_type(sk) : FD_UNKNOWN;
	case S_IFIFO:
		return FD_FIFO;
	case S_IFDIR:
		return FD_DIRECTORY;
	}
	dentry = BPF_CORE_READ(f, f_path.dentry);
	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return FD_FILE_V2;
	bpf_probe_read_kernel_str(&name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	return anonymous_type(name);
}

/* Name, tuple and protocol; not 0 when it is a socket. `address` as above. */
__noinline int emit_socket(struct bpf_scratch *e, __u64 address, __u32 type)
{
	struct sock *sk = sock_of_file((struct file *)address);

	if (!e || !sk)
		return 0;
	emit_empty(e);
	if (type == FD_IPV4_SOCK)
		emit_tuple4(e, sk, OUTBOUND, NULL);
	else if (type == FD_IPV4_SERVSOCK)
		emit_tuple4(e, sk, INBOUND, NULL);
	else if (type == FD_IPV6_SOCK)
		emit_tuple6(e, sk, OUTBOUND, NULL);
	else if (type == FD_IPV6_SERVSOCK)
		emit_tuple6(e, sk, INBOUND, NULL);
	else if (type == FD_UNIX_SOCK)
		emit_tuple_unix(e, sk, OUTBOUND, NULL);
	else
		emit_empty(e);
	emit_u8(e, socket_l4(sk));
	return 1;
}

/* The parameters of an FD_ENTRY; `address` is that of a struct file. */
static __always_inline void emit_descriptor(struct bpf_scratch *e, struct task_struct *t, __u32 fd,
					    __u64 address)
{
	struct file *f = (struct file *)address;
	__u32 flags = open_flags(BPF_CORE_READ(f, f_flags)) & ~FILE_FLAGS_O_CLOEXEC;
	__u32 type = descriptor_type(address);

	emit_s64(e, fd);
	emit_u8(e, type);
	emit_u64(e, file_inode(f));
	emit_u32(e, file_device(f));
	emit_u32(e, flags | close_on_exec(t, fd));
	if (!emit_socket(e, address, type)) {
		emit_path(e, &f->f_path);
		emit_empty(e);
		emit_u8(e, 0);
	}
}

/* ---- Descriptors that came from another process ---------------------------------------------- */

#define ENTRY_HEAD    ((__u32)(sizeof(struct wire_event) + FD_ENTRY_PARAMS * sizeof(__u16)))
#define ENTRIES_MAX   16
#define ENTRIES_BYTES 49152 /* of the event, where the last of them may begin */

/* The address of the file behind a descriptor. Global, for the stack: see append_entry. */
__noinline __u64 find_file(__u32 fd)
{
	return as_number(file_of((__s32)fd));
}

/*
 * Appends a whole FD_ENTRY to the parameter being written. Global: the verifier sees it once. It is
 * called at the end of long chains, whose stacks have 512 bytes together.
 */
__noinline int append_entry(struct bpf_scratch *e, __u32 fd)
{
	__u64 file = find_file(fd);
	__u32 start;

	if (!e || !file)
		return 0;
	start = e->at;
	if (start > ENTRIES_BYTES) {
		count_loss(WIRE_LOSS_CUT, e->type);
		return 0;
	}
	EMIT_STORE(e, __u64, start, *(__u64 *)(e->bytes + 12));
	EMIT_STORE(e, __u64, start + 8, (__u32)bpf_get_current_pid_tgid());
	EMIT_STORE(e, __u16, start + 20, EVENT_FD_ENTRY);
	EMIT_STORE(e, __u32, start + 22, FD_ENTRY_PARAMS);
	e->lengths = start + sizeof(struct wire_event);
	e->at = start + ENTRY_HEAD;
	emit_descriptor(e, bpf_get_current_task_btf(), fd, file);
	EMIT_STORE(e, __u32, start + 16, e->at - start);
	return 0;
}

/* Around the calls of append_entry: `lengths` and `at` of the event they are part of. */
struct entries {
	__u32 lengths, at;
};

static __always_inline struct entries entries_begin(struct bpf_scratch *e)
{
	return (struct entries){ e->lengths, e->at };
}

static __always_inline void entries_end(struct bpf_scratch *e, const struct entries *from)
{
	__u32 len = e->at - from->at;

	e->lengths = from->lengths;
	e->at = from->at;
	emit_length(e, len);
}

#endif
