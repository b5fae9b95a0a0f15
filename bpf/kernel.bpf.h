/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

/*
 * The kernel's types, with just the members we touch. Offsets are found when the programs are
 * loaded (CO-RE), so nothing here depends on the machine it was compiled on. A member that has
 * another name or place in some kernels has a flavour of its struct (name___what) beside it.
 */

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

/* Kernel ABI numbers: include/uapi/linux/bpf.h. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1,
	BPF_F_MMAPABLE = 1 << 10,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
	BPF_RB_CONS_POS = 2,
};

/* Helper definitions name these as pointers only. */
struct bpf_map;
struct bpf_timer;
struct bpf_dynptr;
struct bpf_fib_lookup;
struct bpf_perf_event_data;
struct bpf_perf_event_value;
struct bpf_pidns_info;
struct bpf_redir_neigh;
struct bpf_sk_lookup;
struct bpf_sock;
struct bpf_sock_addr;
struct bpf_sock_ops;
struct bpf_sock_tuple;
struct bpf_spin_lock;
struct bpf_sysctl;
struct bpf_tcp_sock;
struct bpf_tunnel_key;
struct bpf_xfrm_state;
struct linux_binprm;
struct pt_regs;
struct sk_reuseport_md;
struct sk_msg_md;
struct tcphdr;
struct tcp6_sock;
struct tcp_sock;
struct tcp_timewait_sock;
struct tcp_request_sock;
struct udp6_sock;
struct unix_sock;
struct __sk_buff;
struct xdp_md;
struct seq_file;
struct btf_ptr;
struct inode;
struct socket;
struct file;
struct path;
struct iphdr;
struct ipv6hdr;
struct mptcp_sock;
struct cgroup;
struct sk_buff;
struct task_struct;
struct sockaddr;

#ifndef __TARGET_ARCH_x86
#error "system call arguments are read for x86_64 only"
#endif

/* Of user space, for 64-bit programs; the same everywhere. */
struct iovec {
	__u64 base, len;
};

/* Linux's struct user_msghdr. */
struct message {
	__u64 name;
	__u32 name_len, pad;
	__u64 iov, iovlen, control, control_len;
	__u32 flags, pad2;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	__u32 val;
} kuid_t;
typedef struct {
	__u32 val;
} kgid_t;

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags, s_magic;
	struct dentry *s_root;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode {
	__u16 i_mode;
	__u32 i_flags;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned long i_ino;
	struct super_block *i_sb;
	__u32 i_nlink;
};

/* From 6.13 on; between 6.6 and that, and before, see the flavours below. */
struct inode___seconds {
	__s64 i_mtime_sec, i_ctime_sec;
	__u32 i_mtime_nsec, i_ctime_nsec;
};
struct inode___under {
	struct timespec64 __i_ctime, __i_mtime;
};
struct inode___plain {
	struct timespec64 i_ctime, i_mtime;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file_operations;

struct file {
	const struct file_operations *f_op;
	struct path f_path;
	struct inode *f_inode;
	__u32 f_flags;
	__u32 f_mode;
	void *private_data;
};

/* Of user space and of the kernel. */
struct open_how {
	__u64 flags, mode, resolve;
};

struct fdtable {
	__u32 max_fds;
	struct file **fd;
	unsigned long *close_on_exec; /* a bit for each descriptor */
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct ns_common {
	__u32 inum;
};

struct pid_namespace {
	__u32 level;
	struct task_struct *child_reaper;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	__u32 level;
	struct upid numbers[1];
};

struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	struct tty_driver *driver;
	int index;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not begun to exit */
	struct list_head thread_head;
	__u32 is_child_subreaper : 1, has_child_subreaper : 1;
	struct pid *pids[4]; /* PIDTYPE_PID, TGID, PGID, SID */
	struct tty_struct *tty;
	struct rlimit rlim[16];
	unsigned long min_flt, maj_flt;
	int group_exit_code;
};

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct percpu_counter rss_stat[4];
};

typedef struct {
	__s64 counter;
} atomic64_t;

/* Before 6.2 the counters were one struct of atomics. */
struct mm_rss_stat___atomic {
	atomic64_t count[4];
};
struct mm_struct___atomic {
	struct mm_rss_stat___atomic rss_stat;
};

typedef struct {
	__u64 val;
} kernel_cap_t;

/* Before 6.3 a capability set was two words. */
struct kernel_cap_struct___words {
	__u32 cap[2];
};

struct uid_gid_extent {
	__u32 first, lower_first, count;
};

struct uid_gid_map {
	union {
		struct {
			struct uid_gid_extent extent[5];
			__u32 nr_extents;
		};
	};
};

struct user_namespace {
	struct uid_gid_map uid_map, gid_map;
	int level;
};

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

struct cred {
	kuid_t uid, euid, suid, fsuid;
	kgid_t gid, egid, sgid, fsgid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
	__u64 id;
};

/* From 6.15 on the parent is behind RCU and has another name. */
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

/* Numbers differ between configurations: bpf_core_enum_value finds them. */
enum cgroup_subsys_id {
	cpuset_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
	devices_cgrp_id,
	freezer_cgrp_id,
	net_cls_cgrp_id,
	perf_event_cgrp_id,
	net_prio_cgrp_id,
	hugetlb_cgrp_id,
	pids_cgrp_id,
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct seccomp {
	int mode;
};

/* What is known of a signal; who sent it stands in the same place for all that say so. */
union __sifields {
	struct {
		int _pid;
		__u32 _uid;
	} _kill;
};

struct kernel_siginfo {
	struct {
		int si_signo, si_errno, si_code;
		union __sifields _sifields;
	};
};

struct thread_info {
	__u32 status; /* bit 1: TS_COMPAT, a 32-bit system call */
};

struct task_struct {
	struct thread_info thread_info;
	int pid, tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct list_head children, thread_node;
	struct seccomp seccomp;
	struct sigpending pending;
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	const struct cred *cred;
	const struct cred *real_cred;
	struct signal_struct *signal;
	struct nsproxy *nsproxy;
	struct pid *thread_pid;
	struct css_set *cgroups;
	char comm[16];
	__u32 flags;
	int exit_code;
	__u64 start_boottime;
	unsigned long min_flt, maj_flt;
	kuid_t loginuid;
};

/* Without CONFIG_AUDIT there is no loginuid; before 5.x it stood elsewhere. */
struct task_struct___audit {
	kuid_t loginuid;
};

/* ---- Sockets -------------------------------------------------------------------------------- */

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	volatile unsigned char skc_state; /* TCP_LISTEN is 10 */
	__u16 skc_num;                    /* local port, host order */
	__u16 skc_family;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
	__u16 sk_type, sk_protocol;
};

struct inet_sock {
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct sockaddr_un {
	__u16 sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

struct socket {
	struct sock *sk;
	struct file *file;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
};

/* A name that was copied in: the copy, where it came from, and how many still use it. */
struct filename {
	const char *name;
	const char *uptr;
	int refcnt;
};

/* Linux 6.6 and newer. */
struct filename___atomic {
	struct {
		int counter;
	} refcnt;
};

/* ---- Iterators ------------------------------------------------------------------------------ */

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
