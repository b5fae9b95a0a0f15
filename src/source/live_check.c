/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

/*
 * What live capture needs of a kernel, found out by asking the kernel, never by its version. Each
 * probe returns 1 for there, 0 for missing, or -errno when it could not be found out.
 */

/* The kernel's own types; loaded once for all probes. NULL: it describes none. */
struct probing {
	struct btf *btf;
};

static int has_btf(const struct probing *p)
{
	return p->btf != NULL;
}

/* bpf() itself must be allowed: a map of one entry is the least there is. */
static int may_use_bpf(const struct probing *p)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "besra_probe", 4, 4, 1, NULL);

	(void)p;
	if (fd < 0)
		return errno == EPERM ? 0 : -errno;
	close(fd);
	return 1;
}

static int may_trace(const struct probing *p)
{
	(void)p;
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL);
}

static int has_ring_buffers(const struct probing *p)
{
	(void)p;
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);
}

static int has_task_storage(const struct probing *p)
{
	(void)p;
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL);
}

static int has_tracepoint(const struct probing *p, const char *typedef_name)
{
	return p->btf && btf__find_by_name_kind(p->btf, typedef_name, BTF_KIND_TYPEDEF) > 0;
}

static int has_sys_exit(const struct probing *p)
{
	return has_tracepoint(p, "btf_trace_sys_exit");
}

static int has_process_events(const struct probing *p)
{
	return has_tracepoint(p, "btf_trace_sched_process_fork") &&
	       has_tracepoint(p, "btf_trace_sched_process_exit");
}

static int has_signals(const struct probing *p)
{
	return has_tracepoint(p, "btf_trace_signal_deliver");
}

static int has_iterators(const struct probing *p)
{
	return p->btf && btf__find_by_name_kind(p->btf, "bpf_iter_task", BTF_KIND_FUNC) > 0 &&
	       btf__find_by_name_kind(p->btf, "bpf_iter_task_file", BTF_KIND_FUNC) > 0;
}

static int has_io_uring(const struct probing *p)
{
	return (has_tracepoint(p, "btf_trace_io_uring_submit_req") ||
		has_tracepoint(p, "btf_trace_io_uring_submit_sqe")) &&
	       has_tracepoint(p, "btf_trace_io_uring_complete");
}

/* The lockdown mode "confidentiality" forbids reading kernel memory from programs. */
static int is_not_locked_down(const struct probing *p)
{
	char mode[128] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	(void)p;
	if (fd < 0)
		return 1; /* no lockdown in this kernel, or securityfs is not mounted */
	n = read(fd, mode, sizeof(mode) - 1);
	close(fd);
	return n > 0 && !strstr(mode, "[confidentiality]");
}

static const struct {
	struct live_feature about;
	int (*probe)(const struct probing *p);
} features[] = {
	{ { "kernel types (BTF)", "everything: programs find the kernel's data by it",
	    "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (/sys/kernel/btf/vmlinux)", true, 0 },
	  has_btf },
	{ { "permission for bpf()", "everything",
	    "run as root, or with CAP_BPF (before Linux 5.8: CAP_SYS_ADMIN); in a container also "
	    "allow bpf() in its seccomp profile",
	    true, 0 },
	  may_use_bpf },
	{ { "tracing programs", "everything", "run as root, or with CAP_PERFMON", true, 0 },
	  may_trace },
	{ { "no lockdown of confidentiality", "reading kernel memory from programs",
	    "boot without lockdown=confidentiality", true, 0 },
	  is_not_locked_down },
	{ { "ring buffers", "getting events out of the kernel", "use Linux 5.8 or newer", true, 0 },
	  has_ring_buffers },
	{ { "task storage", "numbering events, scope by process", "use Linux 5.11 or newer", true,
	    0 },
	  has_task_storage },
	{ { "tracepoint sys_exit", "system calls", "use a kernel with CONFIG_FTRACE_SYSCALLS=y",
	    true, 0 },
	  has_sys_exit },
	{ { "tracepoints fork and exit", "the life of processes",
	    "use a kernel with CONFIG_TRACEPOINTS=y", true, 0 },
	  has_process_events },
	{ { "tracepoint signal_deliver", "signals", "without it there are no signaldeliver events",
	    false, 0 },
	  has_signals },
	{ { "iterators over tasks and files", "what ran before besra",
	    "without them earlier processes are completed from /proc", false, 0 },
	  has_iterators },
	{ { "io_uring tracepoints with the request", "work that arrives through io_uring",
	    "without them io_uring is not covered on this kernel", false, 0 },
	  has_io_uring },
};

size_t live_features(struct live_feature *out, size_t max)
{
	struct probing p = { .btf = btf__load_vmlinux_btf() };
	size_t n = 0;

	if (libbpf_get_error(p.btf))
		p.btf = NULL;
	for (; n < ARRAY_SIZE(features) && n < max; n++) {
		out[n] = features[n].about;
		out[n].found = features[n].probe(&p);
	}
	btf__free(p.btf);
	return n;
}

int live_missing(struct err *err)
{
	struct live_feature found[ARRAY_SIZE(features)];
	size_t n = live_features(found, ARRAY_SIZE(found));

	for (size_t i = 0; i < n; i++)
		if (found[i].required && found[i].found == 0)
			return err_set(err, -ENOTSUP, "live capture needs %s: %s", found[i].name,
				       found[i].remedy);
	return 0;
}
