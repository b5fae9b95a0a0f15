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

/*
 * Where the kernel lacks the function, libbpf looks for it in the kernel's modules, which takes
 * CAP_SYS_ADMIN: for those kernels all is compiled once more without it.
 */
#ifndef READ_BY_HELPERS
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

/* The kernel's own list of functions its verifier knows by name. */
enum special_kfunc_type {
	KF_bpf_rdonly_cast = 0,
};

#define CAN_CAST bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

#define KERNEL_CAST(p)                                                                             \
	((UNQUALIFIED(*(p)) *)bpf_rdonly_cast(                                                     \
		(p), __builtin_btf_type_id(*(UNQUALIFIED(*(p)) *)0, BPF_TYPE_ID_TARGET)))
#else
#define CAN_CAST       false
#define KERNEL_CAST(p) (p)
#endif

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
 * A pointer that can be followed, and reading by way of such a pointer or of what such a read gave.
 * `can` is a constant: code that follows many pointers is there twice, once for either kernel,
 * instead of asking at each of them.
 */
#define TYPED(can, p) ((can) ? KERNEL_CAST(p) : (p))
#define FOLLOW(can, source, a, ...)                                                                \
	({                                                                                         \
		UNQUALIFIED(___arrow((source), a, ##__VA_ARGS__)) value_;                          \
                                                                                                   \
		if (can)                                                                           \
			value_ = ___arrow((source), a, ##__VA_ARGS__);                             \
		else                                                                               \
			BPF_CORE_READ_INTO(&value_, (source), a, ##__VA_ARGS__);                   \
		value_;                                                                            \
	})

/* As libbpf has it, but by loads where the kernel permits them. */
#undef BPF_CORE_READ
#define BPF_CORE_READ(source, a, ...)                                                              \
	({                                                                                         \
		UNQUALIFIED(___arrow((source), a, ##__VA_ARGS__)) value_;                          \
                                                                                                   \
		if (CAN_CAST)                                                                      \
			value_ = ___arrow(KERNEL_CAST(source), a, ##__VA_ARGS__);                  \
		else                                                                               \
			BPF_CORE_READ_INTO(&value_, (source), a, ##__VA_ARGS__);                   \
		value_;                                                                            \
	})

#endif
