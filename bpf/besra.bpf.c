/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/*
 * All programs in one object: the kernel's types are looked up once, and the agent loads just those
 * programs it needs. A program is called exit_CALL for a system call's end (reached by tail call
 * from `dispatch`), on_EVENT for a tracepoint or a function, each_THING for an iterator; `announce`
 * is for two tracepoints.
 */

#include "fexit/copies.bpf.c"
#include "iter/machine.bpf.c"
#include "sys/control.bpf.c"
#include "sys/descriptors.bpf.c"
#include "sys/dirs.bpf.c"
#include "sys/generic.bpf.c"
#include "sys/ids.bpf.c"
#include "sys/io.bpf.c"
#include "sys/memory.bpf.c"
#include "sys/messages.bpf.c"
#include "sys/names.bpf.c"
#include "sys/open.bpf.c"
#include "sys/predicate.bpf.c"
#include "sys/process.bpf.c"
#include "sys/signals.bpf.c"
#include "sys/sockets.bpf.c"
#include "tp/announce.bpf.c"
#include "tp/io_uring.bpf.c"
#include "tp/sched.bpf.c"

/* Some of the above are built into it. */
#include "dispatch.bpf.c"

/* Of the sources: GPL-2.0 or Apache-2.0; to the kernel, which knows no such pair: */
char LICENSE[] SEC("license") = "GPL";
