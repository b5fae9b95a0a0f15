/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * What is there already: every task, and every open descriptor, as the synthetic events
 * PROC_ENTRY and FD_ENTRY. Arguments and environment are another process's memory; the agent adds
 * them. Only tasks in scope.
 */

#include "core/open_flags.bpf.h"
#include "core/sock.bpf.h"
#include "core/task.bpf.h"

static __always_inline struct bpf_scratch *iter_begin(__u32 type, __u32 nparams, __u64 tid)
{
	__u32 zero = 0;
	struct bpf_scratch *e = bpf_map_lookup_elem(&iter_scratch, &zero);

	if (e)
		emit_open(e, type, nparams, tid);
	return e;
}

static __always_inline int iter_submit(struct bpf_scratch *e, struct seq_file *seq)
{
	__u64 size = e->at;

	EMIT_STORE(e, __u16, 0, 0);
	EMIT_STORE(e, __u16, 2, WIRE_SYNTHETIC);
	EMIT_STORE(e, __u64, 4, 0);
	EMIT_STORE(e, __u32, 28, size - (__u32)sizeof(struct wire_prefix));
	if (size > WIRE_EVENT_MAX)
		return 0;
	BOUND(size, 2 * WIRE_EVENT_MAX - 1);
	bpf_seq_write(seq, e->bytes, size);
	return 0;
}

static __always_inline bool task_listed(struct task_struct *t)
{
	__u32 zero = 0;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	return n && task_wanted(t, n);
}

#define PF_EXITING    0x4
#define RLIMIT_NOFILE 7
#define CL_CLOSED     0x40000 /* tables/thread_flags.def */

/*
 * A task that has begun to exit may have told so before anybody listened, and is not listed: its
 * end would never come. A leader stays as long as others of its group live, as one that is dead.
 */
static __always_inline bool is_exiting(struct task_struct *t)
{
	return t->flags & PF_EXITING;
}

static __always_inline bool is_left_out(struct task_struct *t)
{
	return is_exiting(t) && (t->pid != t->tgid || BPF_CORE_READ(t, signal, live.counter) <= 0);
}

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct bpf_scratch *e;
	const struct cred *cred;
	struct file *exe;
	struct mm_struct *mm;
	struct fs_struct *fs;

	if (!t || is_left_out(t) || !task_listed(t))
		return 0;
	e = iter_begin(EVENT_PROC_ENTRY, PROC_ENTRY_PARAMS, t->pid);
	if (!e)
		return 0;
	cred = t->cred;
	mm = t->mm;
	exe = BPF_CORE_READ(mm, exe_file);
	emit_s64(e, t->tgid);
	emit_s64(e, task_ptid(t));
	emit_s64(e, pid_in_own_namespace(BPF_CORE_READ(t, signal, pids[PIDTYPE_SID])));
	emit_s64(e, task_vpgid(t));
	emit_s64(e, task_pgid(t));
	emit_s64(e, task_vtid(t));
	emit_s64(e, task_vpid(t));
	emit_kernel_str(e, t->comm, 16);
	emit_empty(e); /* exe: argv[0] */
	if (exe)
		emit_path(e, &exe->f_path);
	else
		emit_empty(e);
	emit_empty(e); /* args */
	emit_empty(e); /* env */
	fs = BPF_CORE_READ(t, fs);
	if (fs) {
		emit_path(e, &fs->pwd);
		emit_path(e, &fs->root);
	} else {
		emit_empty(e);
		emit_empty(e);
	}
	emit_cgroups(e, t);
	emit_s64(e, BPF_CORE_READ(t, signal, rlim[RLIMIT_NOFILE].rlim_cur));
	emit_u32(e, is_exiting(t) ? CL_CLOSED : 0);
	emit_u32(e, BPF_CORE_READ(cred, euid.val));
	emit_u32(e, BPF_CORE_READ(cred, egid.val));
	emit_u32(e, task_loginuid(t));
	emit_u32(e, task_tty(t));
	/* vm, page faults, capabilities: three numbers each, as one parameter */
	EMIT_STORE(e, __u32, e->at, mm ? BPF_CORE_READ(mm, total_vm) * PAGE_KB : 0);
	EMIT_STORE(e, __u32, e->at + 4,
		   mm ? (rss_count(mm, MM_FILEPAGES) + rss_count(mm, MM_ANONPAGES) +
			 rss_count(mm, MM_SHMEMPAGES)) *
				   PAGE_KB
		      : 0);
	EMIT_STORE(e, __u32, e->at + 8, mm ? rss_count(mm, MM_SWAPENTS) * PAGE_KB : 0);
	emit_length(e, 12);
	EMIT_STORE(e, __u64, e->at, t->maj_flt);
	EMIT_STORE(e, __u64, e->at + 8, t->min_flt);
	emit_length(e, 16);
	EMIT_STORE(e, __u64, e->at, capabilities(&cred->cap_inheritable));
	EMIT_STORE(e, __u64, e->at + 8, capabilities(&cred->cap_permitted));
	EMIT_STORE(e, __u64, e->at + 16, capabilities(&cred->cap_effective));
	emit_length(e, 24);
	emit_u32(e, exe ? exe_flags(cred, exe) : 0);
	emit_u64(e, BPF_CORE_READ(exe, f_inode, i_ino));
	emit_u64(e, exe ? inode_ctime_ns(BPF_CORE_READ(exe, f_inode)) : 0);
	emit_u64(e, exe ? inode_mtime_ns(BPF_CORE_READ(exe, f_inode)) : 0);
	emit_u64(e, task_pidns_start(t));
	emit_u64(e, t->start_boottime + knob_boot_epoch_ns);
	return iter_submit(e, ctx->meta->seq);
}

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

static __always_inline void emit_socket(struct bpf_scratch *e, struct sock *sk, enum fd_type type)
{
	emit_empty(e); /* name */
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
}

/* The flag belongs to the number, not to the file. */
static __always_inline __u32 close_on_exec(struct task_struct *t, __u32 fd)
{
	unsigned long *bits = BPF_CORE_READ(t, files, fdt, close_on_exec), word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), bits + fd / 64);
	return word >> fd % 64 & 1 ? FILE_FLAGS_O_CLOEXEC : 0;
}

SEC("iter/task_file")
int each_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *t = ctx->task;
	struct file *f = ctx->file;
	struct dentry *dentry;
	struct bpf_scratch *e;
	enum fd_type type;
	struct sock *sk = NULL;
	__u32 mode;
	struct file *plain = NULL;
	__u64 name = 0;

	if (!t || !f || is_exiting(t) || !task_listed(t))
		return 0;
	e = iter_begin(EVENT_FD_ENTRY, FD_ENTRY_PARAMS, t->tgid);
	if (!e)
		return 0;
	/* The iterator took the file earlier: it may have been closed before the entry's time. */
	if (file_of_task(t, ctx->fd) != f)
		return 0;
	mode = BPF_CORE_READ(f, f_inode, i_mode) & S_IFMT;
	dentry = BPF_CORE_READ(f, f_path.dentry);
	if (mode == S_IFSOCK) {
		struct socket *s = f->private_data;

		sk = BPF_CORE_READ(s, sk);
		type = sk ? socket_type(sk) : FD_UNKNOWN;
	} else if (mode == S_IFIFO) {
		type = FD_FIFO;
	} else if (mode == S_IFDIR) {
		type = FD_DIRECTORY;
	} else if (BPF_CORE_READ(dentry, d_parent) == dentry && mode != S_IFDIR) {
		bpf_probe_read_kernel_str(&name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
		type = anonymous_type(name);
	} else {
		type = FD_FILE_V2;
	}
	emit_s64(e, ctx->fd);
	EMIT_STORE(e, __s8, e->at, type);
	emit_length(e, 1);
	emit_u64(e, BPF_CORE_READ(f, f_inode, i_ino));
	emit_u32(e, file_device(f));
	emit_u32(e, (open_flags(f->f_flags) & ~FILE_FLAGS_O_CLOEXEC) | close_on_exec(t, ctx->fd));
	if (sk) {
		emit_socket(e, sk, type);
	} else {
		/* Read as a number: path_walk takes no typed pointer. */
		bpf_probe_read_kernel(&plain, sizeof(plain), &ctx->file);
		emit_path(e, &plain->f_path);
		emit_empty(e);
		emit_u8(e, 0);
	}
	return iter_submit(e, ctx->meta->seq);
}
