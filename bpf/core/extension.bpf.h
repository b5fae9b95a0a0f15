/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_EXTENSION_BPF_H
#define CORE_EXTENSION_BPF_H

/*
 * What the kernel used, told behind an event's own parameters (tables/extensions.def): of calls
 * that worked, where the agent asked for it or where the descriptor has no name without it.
 */

#include "call.bpf.h"
#include "core/descriptor.bpf.h"
#include "core/exe.bpf.h"

enum {
#define EXTENSION(id, name, type) EXTENSION_##id,
#include "tables/extensions.def"
#undef EXTENSION
	EXTENSIONS
};

/* NATIVE_OPEN = 2, ... */
enum {
#define SYSCALL(code, id, name, native, exit_event, flags, sets) NATIVE_##id = native,
#include "tables/syscalls.def"
#undef SYSCALL
};

/* Whether somebody asked for the extension of a call. */
static __always_inline bool extension_asked(__u32 native)
{
	__u32 zero = 0;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);

	return n && n->syscall[native] & WIRE_NEED_EXTENSION;
}

/* And the call worked. */
static __always_inline bool extension_wanted(const struct call *c, __u32 native)
{
	return c->ret >= 0 && extension_asked(native);
}

/*
 * A user's id and the group's. They stand side by side, unless the kernel was built to lay its
 * structs out at random.
 */
#define EMIT_IDS(e, to, cred, user, group)                                                         \
	do {                                                                                       \
		if (bpf_core_field_offset(struct cred, group) ==                                   \
		    bpf_core_field_offset(struct cred, user) + sizeof(kuid_t)) {                   \
			EMIT_STORE(e, __u64, to, WORD_AT(&(cred)->user));                          \
		} else {                                                                           \
			EMIT_STORE(e, __u32, to, BPF_CORE_READ(cred, user.val));                   \
			EMIT_STORE(e, __u32, (to) + 4, BPF_CORE_READ(cred, group.val));            \
		}                                                                                  \
	} while (0)

static __always_inline void emit_cred(struct bpf_scratch *e, const struct cred *cred)
{
	__u32 at = e->at;

	EMIT_IDS(e, at, cred, uid, gid);
	EMIT_IDS(e, at + 8, cred, euid, egid);
	EMIT_IDS(e, at + 16, cred, suid, sgid);
	EMIT_IDS(e, at + 24, cred, fsuid, fsgid);
	EMIT_STORE(e, __u64, at + 32, capabilities(&cred->cap_effective));
	emit_length(e, 40);
}

/* `address`: of a struct cred. Global: the verifier sees it once. */
__noinline int emit_credentials(struct bpf_scratch *e, __u64 address)
{
	if (e)
		emit_cred(e, (const struct cred *)address);
	return 0;
}

/* Path and tuple of a file. */
static __always_inline void emit_file_truth(struct bpf_scratch *e, struct file *f)
{
	emit_path(e, f ? &f->f_path : NULL);
	emit_empty(e);
}

/*
 * Path and tuple of a socket: its own ends; of a unix socket also where its server is bound.
 * `address` is that of a struct sock.
 */
__noinline int emit_socket_truth(struct bpf_scratch *e, __u64 address, __u32 way)
{
	struct sock *sk = (struct sock *)address;
	struct unix_sock *server = (void *)sk;

	if (!e)
		return 0;
	if (sk && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
		if (way == OUTBOUND)
			server = (void *)BPF_CORE_READ(server, peer);
		emit_path(e, server && BPF_CORE_READ(server, path.dentry) ? &server->path : NULL);
	} else {
		emit_empty(e);
	}
	emit_tuple_of(e, sk, way ? INBOUND : OUTBOUND, &(struct address_at){ 0 });
	return 0;
}

static __always_inline __u64 current_credentials(void)
{
	return as_number(BPF_CORE_READ(bpf_get_current_task_btf(), cred));
}

/* The parameters behind path and tuple, where no descriptor came from elsewhere. */
static __always_inline void emit_extension_rest(struct bpf_scratch *e)
{
	emit_credentials(e, current_credentials());
	emit_empty(e);
}

/* The parameters before the descriptors, where neither a path nor a socket was used. */
static __always_inline void emit_nothing_used(struct bpf_scratch *e)
{
	emit_empty(e);
	emit_empty(e);
	emit_credentials(e, current_credentials());
}

/* The extension of a call that used nothing but its caller's identity. */
static __always_inline void emit_identity(struct bpf_scratch *e)
{
	emit_nothing_used(e);
	emit_empty(e);
}

/* Starts an event with or without room for an extension. */
static __always_inline void emit_open_extended_of(struct bpf_scratch *e, __u32 tid, __u32 type,
						  __u32 nparams, bool more)
{
	emit_open(e, type, nparams + (more ? EXTENSIONS : 0), tid);
	if (more)
		e->flags |= WIRE_EXTENSION;
}

static __always_inline void emit_open_extended(struct bpf_scratch *e, __u32 type, __u32 nparams,
					       bool more)
{
	emit_open_extended_of(e, (__u32)bpf_get_current_pid_tgid(), type, nparams, more);
}

/*
 * SYSCALL_EXIT for a call with an extension: name##_extension gets it, where it is wanted or
 * `always` holds, and pushes EXTENSIONS parameters.
 */
#define SYSCALL_EXIT_EXTENDED(name, NATIVE, EVENT, lane, always)                                   \
	static __always_inline void name##_params(struct bpf_scratch *e, const struct call *c);    \
	static __always_inline int name##_ended(void *ctx, struct task_struct *task,               \
						struct pt_regs *regs, long ret)                    \
	{                                                                                          \
		struct bpf_scratch *e = emit_scratch();                                            \
		struct call call, *c = &call;                                                      \
		bool more;                                                                         \
                                                                                                   \
		if (!e)                                                                            \
			return 0;                                                                  \
		call_read_of(e, task, c, regs, ret);                                               \
		more = always;                                                                     \
		more = forget(e, more | extension_wanted(c, NATIVE_##NATIVE));                     \
		emit_open_extended_of(e, task->pid, EVENT_##EVENT, EVENT##_PARAMS, more);          \
		name##_params(e, c);                                                               \
		if (more)                                                                          \
			name##_extension(e, c);                                                    \
		return emit_end_of(ctx, e, task, regs, lane);                                      \
	}                                                                                          \
	SEC("tp_btf/sys_exit")                                                                     \
	int BPF_PROG(exit_##name, struct pt_regs *regs, long ret)                                  \
	{                                                                                          \
		return name##_ended(ctx, bpf_get_current_task_btf(), regs, ret);                   \
	}                                                                                          \
	static __always_inline void name##_params(struct bpf_scratch *e, const struct call *c)

#endif
