/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What live capture needs of a kernel and of its own rights, found out by asking the kernel, never
 * by its version. Each probe returns 1 for there, 0 for missing, or -errno when it could not be
 * found out; more about either than the table knows it puts into `why`.
 */

struct probing {
	struct btf *btf; /* the kernel's own types; NULL: it describes none */
	bool may_bpf;
	struct kernel_side loaded;
	bool is_loaded;
	char *why;
};

static void say_why(struct probing *p, const char *text)
{
	snprintf(p->why, LIVE_WHY_MAX, "%.*s", LIVE_WHY_MAX - 1, text);
}

/* ---- Rights --------------------------------------------------------------------------------- */

static int has_capability(unsigned which)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };

	if (syscall(SYS_capget, &head, sets) < 0)
		return -errno;
	return (sets[which / 32].effective >> which % 32 & 1) ||
	       (sets[CAP_SYS_ADMIN / 32].effective >> CAP_SYS_ADMIN % 32 & 1);
}

static int has_cap_bpf(struct probing *p)
{
	(void)p;
	return has_capability(CAP_BPF);
}

static int has_cap_perfmon(struct probing *p)
{
	(void)p;
	return has_capability(CAP_PERFMON);
}

/* A map of one entry is the least there is to ask for. */
static int may_use_bpf(struct probing *p)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "besra_probe", 4, 4, 1, NULL);

	p->may_bpf = fd >= 0;
	if (fd < 0)
		say_why(p, strerror(errno));
	else
		close(fd);
	return p->may_bpf;
}

/* The lockdown mode "confidentiality" forbids reading kernel memory from programs. */
static int is_not_locked_down(struct probing *p)
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

/* ---- BPF ------------------------------------------------------------------------------------ */

static int has_btf(struct probing *p)
{
	return p->btf != NULL;
}

static int may_trace(struct probing *p)
{
	(void)p;
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL);
}

static int has_ring_buffers(struct probing *p)
{
	(void)p;
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);
}

#define RING_BYTES (4u << 20)

/* Maps are charged to the limit of locked memory or, since 5.11, to the control group's. */
static int has_memory(struct probing *p)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "besra_probe", 0, 0, RING_BYTES, NULL);

	if (fd < 0) {
		say_why(p, strerror(errno));
		return errno == EPERM || errno == ENOMEM ? 0 : -errno;
	}
	close(fd);
	return 1;
}

static int has_task_storage(struct probing *p)
{
	(void)p;
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL);
}

/* All of them, as this kernel's verifier sees them; attached to nothing. */
static int programs_load(struct probing *p)
{
	const struct live_options options = { .shards = 1 };
	uint8_t every[WIRE_SYSCALLS_MAX];
	struct err err = { 0 };

	memset(every, WIRE_NEED_EVENT | WIRE_NEED_COPIES, sizeof(every));
	p->is_loaded = kernel_load(&p->loaded, &options, every, &err) == 0;
	if (!p->is_loaded)
		say_why(p, err.text);
	return p->is_loaded;
}

/* ---- Tracepoints and iterators, which the kernel's types name ------------------------------- */

/* 1 when all are there; the first one missing is the reason why not. */
static int has_all(const struct btf *kernel, const char *prefix, uint32_t kind,
		   const char *const *names, char why[LIVE_WHY_MAX])
{
	char type[64];

	why[0] = '\0';
	for (; *names; names++) {
		snprintf(type, sizeof(type), "%s%s", prefix, *names);
		if (kernel && btf__find_by_name_kind(kernel, type, kind) > 0)
			continue;
		snprintf(why, LIVE_WHY_MAX, "there is no %s", *names);
		return 0;
	}
	return 1;
}

static int has_tracepoints(struct probing *p, const char *const *names)
{
	return has_all(p->btf, "btf_trace_", BTF_KIND_TYPEDEF, names, p->why);
}

static int has_sys_exit(struct probing *p)
{
	return has_tracepoints(p, (const char *const[]){ "sys_exit", NULL });
}

static int has_process_events(struct probing *p)
{
	return has_tracepoints(p, (const char *const[]){ "sched_process_fork", "sched_process_exec",
							 "sched_process_exit", NULL });
}

static int has_signals(struct probing *p)
{
	return has_tracepoints(p, (const char *const[]){ "signal_deliver", NULL });
}

void iterators_lack(const struct btf *kernel, char why[LIVE_WHY_MAX])
{
	has_all(kernel, "bpf_iter_", BTF_KIND_FUNC,
		(const char *const[]){ "task", "task_file", NULL }, why);
}

static int has_iterators(struct probing *p)
{
	iterators_lack(p->btf, p->why);
	return !p->why[0];
}

static int has_io_uring(struct probing *p)
{
	if (p->is_loaded)
		say_why(p, p->loaded.uring_lacks);
	else
		uring_lacks(p->btf, p->why);
	return !p->why[0];
}

static int has_copies(struct probing *p)
{
	if (p->is_loaded)
		say_why(p, p->loaded.copies_lack);
	else
		copies_lack(p->btf, p->why);
	return !p->why[0];
}

static int has_functions(struct probing *p)
{
	functions_lack(p->btf, p->why);
	return !p->why[0];
}

/* ---- The table ------------------------------------------------------------------------------ */

/* What must be there for a probe to mean anything. */
enum asks { OF_ANYBODY, OF_TYPES = 1, OF_BPF = 2 };

static const struct {
	const char *name, *needed_for, *remedy;
	bool required;
	unsigned asks; /* enum asks */
	int (*probe)(struct probing *p);
} features[] = {
#define FEATURE(probe, asks, required, name, needed_for, remedy)                                   \
	{ name, needed_for, remedy, required, asks, probe },
#include "tables/live_features.def"
#undef FEATURE
};

static int ask(struct probing *p, size_t i, struct live_feature *out)
{
	*out = (struct live_feature){ .name = features[i].name,
				      .needed_for = features[i].needed_for,
				      .remedy = features[i].remedy,
				      .required = features[i].required };
	p->why = out->why;
	if (features[i].asks & OF_TYPES && !p->btf) {
		say_why(p, "the kernel's types would tell");
		return -ENODATA;
	}
	if (features[i].asks & OF_BPF && !p->may_bpf) {
		say_why(p, "bpf(2) would tell");
		return -EPERM;
	}
	return features[i].probe(p);
}

static void begin(struct probing *p)
{
	libbpf_set_print(NULL);
	*p = (struct probing){ .btf = btf__load_vmlinux_btf() };
	if (libbpf_get_error(p->btf))
		p->btf = NULL;
}

size_t live_features(struct live_feature *out, size_t max)
{
	struct probing p;
	size_t n = 0;

	begin(&p);
	for (; n < ARRAY_SIZE(features) && n < max; n++)
		out[n].found = ask(&p, n, &out[n]);
	kernel_unload(&p.loaded);
	btf__free(p.btf);
	return n;
}

int live_missing(struct err *err)
{
	struct probing p;
	int n = 0;

	begin(&p);
	for (size_t i = 0; n == 0 && i < ARRAY_SIZE(features); i++) {
		struct live_feature f;

		/* Whoever asks has tried to load them. */
		if (features[i].probe == programs_load)
			continue;
		f.found = ask(&p, i, &f);
		if (f.required && f.found == 0)
			n = err_set(err, -ENOTSUP, "live capture needs %s%s%s%s: %s", f.name,
				    f.why[0] ? " (" : "", f.why, f.why[0] ? ")" : "", f.remedy);
	}
	btf__free(p.btf);
	return n;
}
