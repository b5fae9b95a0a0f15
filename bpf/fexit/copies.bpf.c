/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * Keeps the kernel's own copies of names and addresses until the system call is over. A caller can
 * rewrite its memory while the kernel works; it cannot rewrite these. Not every kernel lets programs
 * attach to its functions: src/source/live_copies.c asks.
 *
 * They run with preemption on, so the scratch is not theirs; texts go straight into the maps.
 */

#include "call.bpf.h"
#include "core/scope.bpf.h"

static const volatile struct long_copy no_long_copy;

/* Where to keep what was copied in the current call; NULL when it is not wanted. */
static __always_inline struct call_copies *copies_wanted(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	__u32 zero = 0, nr;
	struct wire_needs *n = bpf_map_lookup_elem(&needs, &zero);
	struct call_copies *c;

	if (!n || !call_number(task, regs, &nr) || !(n->syscall[nr] & WIRE_NEED_COPIES) ||
	    !current_wanted(n))
		return NULL;
	c = bpf_task_storage_get(&copies, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (c && c->number != regs->orig_ax) {
		copies_forget();
		c->number = regs->orig_ax;
	}
	return c;
}

/* Where the copy from there goes; COPIES_OF_CALL when there is no place, or it is known already. */
static __always_inline __u32 copy_place(struct call_copies *c, __u64 from, __u64 copy)
{
	__u32 i = copy_from(c, from);

	if (i < COPIES_OF_CALL && from != COPY_ADDRESS) {
		/* Audit asks for the same copy again, and gives it back at the end. */
		if (!copy || c->of[i].alive != copy)
			c->of[i].state = COPY_TWICE;
		return COPIES_OF_CALL;
	}
	if (i == COPIES_OF_CALL)
		i = c->n;
	if (i < COPIES_OF_CALL) {
		c->of[i].from = from;
		c->of[i].alive = 0;
		c->of[i].state = COPY_NOT_KEPT;
		if (i == c->n)
			c->n++;
	}
	return i;
}

/*
 * Whether this is the last use of a copy of a call that was told already: audit gives names back
 * when the call's function has ended.
 */
static __always_inline bool is_late(struct call_copies *c, __u64 copy)
{
	if (!knob_functions || c->n || !copy)
		return false;
	for (__u32 i = 0; i < COPIES_OF_CALL; i++)
		if (c->of[i].alive == copy) {
			c->of[i].alive = 0;
			return true;
		}
	return false;
}

/* `copy`: the address of the kernel's, 0 when nobody can ask for it again; it may be `still_used`. */
static __always_inline void keep_text(__u64 from, const char *text, __u64 copy, bool still_used)
{
	struct long_copy_key key = { .thread = bpf_get_current_pid_tgid() };
	struct call_copies *c = copies_wanted();
	struct long_copy *l;
	struct copy *to;
	__u32 i;
	long n;

	if (!c || is_late(c, copy))
		return;
	i = copy_place(c, from, copy);
	if (i >= COPIES_OF_CALL)
		return;
	to = &c->of[i];
	to->alive = still_used ? copy : 0;
	n = bpf_probe_read_kernel_str(to->text, sizeof(to->text), text);
	if (n < 0)
		return;
	to->len = n ? n : 1; /* some kernels do not count the NUL of an empty string */
	if (n < (long)sizeof(to->text)) {
		to->state = COPY_KEPT;
		return;
	}
	key.which = i;
	bpf_map_update_elem(&long_copies, &key, (void *)&no_long_copy, BPF_ANY);
	l = bpf_map_lookup_elem(&long_copies, &key);
	if (!l)
		return;
	to->state = COPY_KEPT_LONG;
	n = bpf_probe_read_kernel_str(l->text, sizeof(l->text), text);
	to->len = n > 0 ? n : 1;
}

static __always_inline bool is_error(const void *p)
{
	return (unsigned long)p >= (unsigned long)-4095;
}

static __always_inline int users_of(const struct filename *name)
{
	const struct filename___atomic *new = (const void *)name;

	if (bpf_core_field_exists(new->refcnt.counter))
		return BPF_CORE_READ(new, refcnt.counter);
	return BPF_CORE_READ(name, refcnt);
}

/* Where every name ends that was copied in, after it was used and before it is forgotten. */
SEC("fentry/putname")
int BPF_PROG(on_copy_name, struct filename *name)
{
	__u64 from = name && !is_error(name) ? as_number(BPF_CORE_READ(name, uptr)) : 0;

	if (from)
		keep_text(from, BPF_CORE_READ(name, name), as_number(name), users_of(name) > 1);
	return 0;
}

/* What is to be mounted, the type of a file system. */
SEC("fexit/strndup_user")
int BPF_PROG(on_copy_text, const char *from, long most, const char *copy)
{
	if (from && copy && !is_error(copy))
		keep_text(as_number(from), copy, 0, false);
	return 0;
}

#define ADDRESS_MAX 127 /* bytes kept: those of unix sockets, the longest, are 110 */

static __always_inline void keep_socket_address(const void *address, int len)
{
	struct call_copies *c;
	__u64 n = len < ADDRESS_MAX ? len : ADDRESS_MAX;
	__u32 i;

	if (!address || len <= 0)
		return;
	c = copies_wanted();
	if (!c)
		return;
	i = copy_place(c, COPY_ADDRESS, 0);
	if (i >= COPIES_OF_CALL)
		return;
	BOUND(n, ADDRESS_MAX);
	if (bpf_probe_read_kernel(c->of[i].text, n, address) == 0) {
		c->of[i].len = n;
		c->of[i].state = COPY_KEPT;
	}
}

SEC("fentry/security_socket_bind")
int BPF_PROG(on_copy_bind, struct socket *sock, void *address, int len)
{
	keep_socket_address(address, len);
	return 0;
}

SEC("fentry/security_socket_connect")
int BPF_PROG(on_copy_connect, struct socket *sock, void *address, int len)
{
	keep_socket_address(address, len);
	return 0;
}

SEC("fentry/security_socket_sendmsg")
int BPF_PROG(on_copy_send, struct socket *sock, struct msghdr *message, int size)
{
	keep_socket_address(BPF_CORE_READ(message, msg_name), BPF_CORE_READ(message, msg_namelen));
	return 0;
}
