/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef READ_BPF_H
#define READ_BPF_H

/*
 * Reading the kernel's memory. A helper's call for each pointer that is followed costs ten times
 * what a load does. Linux 6.2 and newer let a program say that a number is the address of some
 * type; from there on it may follow pointers by plain loads, which give 0 where there is nothing.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* The type without `const`, which has no number and cannot be assigned to. */
#define UNQUALIFIED(type)                                                                          \
	typeof(({                                                                                  \
		typeof(type) plain_;                                                               \
		plain_;                                                                            \
	}))

/* An address as a number, even for the verifier: typed pointers are no arguments of functions. */
static __always_inline __u64 as_number(const void *p)
{
	__u64 n = (__u64)p;

	asm volatile("%0 = -%0; %0 = -%0" : "+r"(n));
	return n;
}

/*
 * TYPED: a pointer that can be followed. FOLLOW reads by way of such a pointer or of what such a
 * read gave, BPF_CORE_READ by way of any.
 *
 * Where the kernel lacks the function, libbpf looks for it in the kernel's modules, which takes
 * CAP_SYS_ADMIN: for those kernels all is compiled once more without it.
 */
#ifdef READ_BY_HELPERS
#define TYPED(p) (p)
#define FOLLOW   BPF_CORE_READ
#else
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;

/* Of what types. The agent tells their numbers in this kernel, as the values of an enum. */
#define FOLLOWED(TYPE)                                                                             \
	TYPE(cgroup)                                                                               \
	TYPE(cred)                                                                                 \
	TYPE(dentry)                                                                               \
	TYPE(fdtable)                                                                              \
	TYPE(file)                                                                                 \
	TYPE(filename)                                                                             \
	TYPE(filename___atomic)                                                                    \
	TYPE(group_info)                                                                           \
	TYPE(inet_sock)                                                                            \
	TYPE(inode)                                                                                \
	TYPE(inode___plain)                                                                        \
	TYPE(inode___seconds)                                                                      \
	TYPE(inode___under)                                                                        \
	TYPE(io_close)                                                                             \
	TYPE(io_kiocb)                                                                             \
	TYPE(io_link)                                                                              \
	TYPE(io_mkdir)                                                                             \
	TYPE(io_open)                                                                              \
	TYPE(io_rename)                                                                            \
	TYPE(io_ring_ctx)                                                                          \
	TYPE(io_ring_ctx___files)                                                                  \
	TYPE(io_ring_ctx___nodes)                                                                  \
	TYPE(io_rsrc_node)                                                                         \
	TYPE(io_rw)                                                                                \
	TYPE(io_sr_msg)                                                                            \
	TYPE(io_unlink)                                                                            \
	TYPE(io_uring_cqe)                                                                         \
	TYPE(kernel_siginfo)                                                                       \
	TYPE(kernfs_node)                                                                          \
	TYPE(kernfs_node___rcu)                                                                    \
	TYPE(list_head)                                                                            \
	TYPE(mm_struct)                                                                            \
	TYPE(mm_struct___atomic)                                                                   \
	TYPE(mount)                                                                                \
	TYPE(msghdr)                                                                               \
	TYPE(path)                                                                                 \
	TYPE(pid)                                                                                  \
	TYPE(pid_namespace)                                                                        \
	TYPE(pt_regs)                                                                              \
	TYPE(sock)                                                                                 \
	TYPE(socket)                                                                               \
	TYPE(task_struct)                                                                          \
	TYPE(tty_struct)                                                                           \
	TYPE(uid_gid_map)                                                                          \
	TYPE(unix_address)                                                                         \
	TYPE(unix_sock)                                                                            \
	TYPE(user_namespace)

#define TYPE(name) struct name;
FOLLOWED(TYPE)
#undef TYPE
#define TYPE(name) TYPE_##name,
enum kernel_type { FOLLOWED(TYPE) };
#undef TYPE

#define NUMBER_OF(name) , struct name * : bpf_core_enum_value(enum kernel_type, TYPE_##name)

#define TYPED(p)                                                                                   \
	((UNQUALIFIED(*(p)) *)bpf_rdonly_cast(                                                     \
		(p), _Generic((UNQUALIFIED(*(p)) *)0 FOLLOWED(NUMBER_OF))))
/* Two such reads must not become one by the compiler: of one the verifier wants one type. */
#define APART(value) asm volatile("" : "+r"(value) : "i"(__COUNTER__))
#define FOLLOW(source, a, ...)                                                                     \
	({                                                                                         \
		UNQUALIFIED(___arrow((source), a, ##__VA_ARGS__)) value_;                          \
                                                                                                   \
		value_ = ___arrow((source), a, ##__VA_ARGS__);                                     \
		APART(value_);                                                                     \
		value_;                                                                            \
	})

/* As libbpf has it, but by loads. */
#undef BPF_CORE_READ
#define BPF_CORE_READ(source, a, ...) FOLLOW(TYPED(source), a, ##__VA_ARGS__)
#endif

/* Words of the kernel's memory at any address: a struct of nothing else that all kernels have. */
#define WORDS_AT(at) TYPED((struct pt_regs *)(at))
#define WORD_AT(at)  BPF_CORE_READ((struct pt_regs *)(at), r15)

#endif
