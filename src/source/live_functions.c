/* SPDX-License-Identifier: Apache-2.0 */

/*
 * System calls seen where their functions end, not at the tracepoint that all calls pass: each wanted
 * function of the kernel gets a copy of one small program, which jumps to the program of its call.
 *
 * A program can jump only to programs for functions of the same type, and in the kernel's types of
 * these functions the one parameter has two names. So there is a family of programs for each.
 */

#include "live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define STUB       "on_function"
#define CHILD      "on_child"
#define CHILD_LEFT "schedule_tail" /* the first function a child leaves */
#define PAIRS_MAX  2048
#define INFOS_MAX  16

/* A function of the kernel, and what is attached to it. */
struct function {
	uint32_t id;      /* in the kernel's types */
	uint32_t program; /* its number */
	int link;         /* -1: nothing */
	uint8_t family;
};

struct functions {
	struct function *all;
	size_t n;
	/* Which call is served by which of them; those of 64-bit callers first. */
	struct {
		uint16_t native, function;
	} pairs[PAIRS_MAX];
	size_t npairs;
	bool uncovered[WIRE_SYSCALLS_MAX]; /* wanted, but not seen for some callers */
	uint64_t missed;                   /* of those taken off */
	/* Taking one off lasts a tenth of a second, so a thread does that. */
	pthread_t closer;
	bool is_closing;
	int closing[PAIRS_MAX]; /* links */
	size_t nclosing;
};

/* These do not come back: the kernel forbids it, or must keep for ever what it would return to. */
static bool never_returns(unsigned native)
{
	const int code = syscall_from_native(native);

	return code == SC_EXIT || code == SC_EXIT_GROUP;
}

bool is_function_program(const char *name)
{
	return strcmp(name, STUB) == 0 || strcmp(name, CHILD) == 0;
}

bool is_stub(const char *name)
{
	return strcmp(name, STUB) == 0;
}

/* ---- What functions there are ---------------------------------------------------------------- */

void functions_lack(const struct btf *kernel, char why[LIVE_WHY_MAX])
{
	struct call_function first;
	int child = kernel ? btf__find_by_name_kind(kernel, CHILD_LEFT, BTF_KIND_FUNC) : -ENOENT;
	int n = 0;

	why[0] = '\0';
	if (!kernel || !call_functions(kernel, &first, 1))
		snprintf(why, LIVE_WHY_MAX, "the kernel tells of no functions of system calls");
	else if (child < 0)
		snprintf(why, LIVE_WHY_MAX, "the kernel tells of no function %s", CHILD_LEFT);
	else if ((n = attach_nothing((int)first.id, BPF_TRACE_FEXIT)) < 0 ||
		 (n = attach_nothing(child, BPF_TRACE_FEXIT)) < 0)
		snprintf(why, LIVE_WHY_MAX, "attaching to functions: %s", strerror(-n));
}

int functions_explain(struct err *err)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	char why[LIVE_WHY_MAX];

	functions_lack(kernel, why);
	btf__free(kernel);
	if (!why[0])
		return 0;
	return err_set(
		err, -ENOTSUP,
		"system calls cannot be seen where their functions end (%s): use a kernel that "
		"lets programs attach to functions (fexit), or see them at the tracepoint "
		"(engine.modern_ebpf.attach_to: tracepoint)",
		why);
}

/* The family of a type; FAMILIES_MAX when there are too many. */
static size_t family_of(struct kernel_side *k, const struct call_function *c)
{
	const struct btf_type *t;
	size_t i = 0;

	while (i < k->nfamilies && k->families[i].type != c->type)
		i++;
	if (i == k->nfamilies && i < FAMILIES_MAX) {
		t = btf__type_by_id(k->types, c->id);
		k->families[i].type = c->type;
		snprintf(k->families[i].function, sizeof(k->families[i].function), "%s",
			 btf__name_by_offset(k->types, t->name_off));
		k->nfamilies++;
	}
	return i;
}

static void add_pair(struct kernel_side *k, struct functions *f, const struct call_function *c)
{
	const size_t family = family_of(k, c);
	size_t i = 0;

	if (family == FAMILIES_MAX || never_returns(c->native))
		return;
	while (i < f->n && f->all[i].id != c->id)
		i++;
	if (i == f->n)
		f->all[f->n++] = (struct function){ c->id, 0, -1, (uint8_t)family };
	f->pairs[f->npairs].native = c->native;
	f->pairs[f->npairs++].function = (uint16_t)i;
	k->families[family].calls[c->native] = true;
	if (syscall_from_native(c->native) == SC_EXECVEAT) {
		/* Where it worked, it says that it was an execve. */
		const uint16_t execve = (uint16_t)syscall_info(SC_EXECVE)->native;
		const struct call_function worked = { c->id, c->type, execve };

		add_pair(k, f, &worked);
	}
}

void functions_learn(struct kernel_side *k)
{
	struct call_function *found = calloc(PAIRS_MAX, sizeof(*found));
	struct functions *f = calloc(1, sizeof(*f));
	size_t n;

	if (f)
		f->all = calloc(PAIRS_MAX, sizeof(*f->all));
	k->functions = f;
	k->nfamilies = 0;
	n = found && f && f->all ? call_functions(k->types, found, PAIRS_MAX) : 0;
	for (size_t i = 0; i < n; i++)
		add_pair(k, f, &found[i]);
	free(found);
}

int functions_make_maps(struct kernel_side *k)
{
	if (!k->nfamilies)
		return -ENOENT;
	for (size_t i = 1; i < k->nfamilies; i++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "exit_programs", sizeof(uint32_t),
					sizeof(uint32_t), WIRE_PROGRAMS, NULL);

		if (fd < 0)
			return -errno;
		k->families[i].programs_fd = fd;
	}
	return 0;
}

const uint8_t *family_wants(struct kernel_side *k, struct family *family, const uint8_t *want)
{
	if (!k->by_functions)
		return want;
	for (size_t i = 0; i < WIRE_SYSCALLS_MAX; i++)
		family->want[i] = family->calls[i] ? want[i] : 0;
	return family->want;
}

int functions_aim(const struct family *family, struct bpf_object *object)
{
	struct bpf_program *program;
	int n = 0;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		if (!bpf_program__autoload(program) || !(is_exit_program(name) || is_stub(name)))
			continue;
		bpf_program__set_expected_attach_type(program, BPF_TRACE_FEXIT);
		n = bpf_program__set_attach_target(program, 0, family->function);
		if (n < 0)
			break;
	}
	return n;
}

/* ---- Attaching -------------------------------------------------------------------------------- */

/* What is loaded again for each function. */
struct stub {
	const struct bpf_insn *insns;
	size_t n;
	struct bpf_func_info infos[INFOS_MAX];
	uint32_t ninfos;
	int btf;
};

static int by_offset(const void *a, const void *b)
{
	const struct bpf_func_info *x = a, *y = b;

	return (x->insn_off > y->insn_off) - (x->insn_off < y->insn_off);
}

/*
 * Where the functions of a program begin. The kernel tells their types, but the places they have
 * once it has rewritten the program.
 */
static uint32_t find_starts(const struct stub *s, struct bpf_func_info *out)
{
	uint32_t n = 1;

	out[0].insn_off = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		const uint32_t start = i + 1 + (uint32_t)s->insns[i].imm;
		uint32_t k = 0;

		if (s->insns[i].code != (BPF_JMP | BPF_CALL) ||
		    s->insns[i].src_reg != BPF_PSEUDO_CALL)
			continue;
		while (k < n && out[k].insn_off != start)
			k++;
		if (k == n && n < INFOS_MAX)
			out[n++].insn_off = start;
	}
	qsort(out, n, sizeof(*out), by_offset);
	return n;
}

/* 0 or -errno; the caller closes s->btf. */
static int stub_open(struct stub *s, const struct bpf_program *program)
{
	struct bpf_func_info starts[INFOS_MAX];
	struct bpf_prog_info info = { .nr_func_info = INFOS_MAX,
				      .func_info_rec_size = sizeof(s->infos[0]),
				      .func_info = (uintptr_t)s->infos };
	uint32_t len = sizeof(info);

	s->insns = bpf_program__insns(program);
	s->n = bpf_program__insn_cnt(program);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len) < 0)
		return -errno;
	s->ninfos = find_starts(s, starts);
	if (s->ninfos != info.nr_func_info)
		return -EINVAL;
	for (uint32_t i = 0; i < s->ninfos; i++)
		s->infos[i].insn_off = starts[i].insn_off;
	s->btf = bpf_btf_get_fd_by_id(info.btf_id);
	return s->btf < 0 ? -errno : 0;
}

/* The link's descriptor is the first free one from `above` on. */
static int attach(struct function *f, const struct stub *s, int above)
{
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT,
			    .attach_btf_id = f->id, .prog_btf_fd = (__u32)s->btf,
			    .func_info = s->infos, .func_info_cnt = s->ninfos,
			    .func_info_rec_size = sizeof(s->infos[0]));
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int program, link, n = 0;

	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, STUB, "GPL", s->insns, s->n, &opts);
	if (program < 0)
		return -errno;
	link = bpf_raw_tracepoint_open(NULL, program);
	if (link >= 0)
		f->link = fcntl(link, F_DUPFD_CLOEXEC, above);
	if (f->link < 0)
		n = -errno;
	else if (bpf_obj_get_info_by_fd(program, &info, &len) == 0)
		f->program = info.id;
	if (link >= 0)
		close(link);
	close(program);
	return n;
}

static uint64_t missed_by(uint32_t number)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int program = bpf_prog_get_fd_by_id(number);

	if (program < 0)
		return 0;
	bpf_obj_get_info_by_fd(program, &info, &len);
	close(program);
	return info.recursion_misses;
}

static void *close_links(void *argument)
{
	struct functions *f = argument;

	while (f->nclosing)
		close(f->closing[--f->nclosing]);
	return NULL;
}

static void wait_for_closer(struct functions *f)
{
	if (f->is_closing)
		pthread_join(f->closer, NULL);
	f->is_closing = false;
}

/* The same function may be known by two names; then it is attached to already. */
static bool is_seen_otherwise(const struct functions *f, uint16_t function)
{
	for (size_t i = 0; i < f->npairs; i++)
		for (size_t k = 0; f->pairs[i].function == function && k < f->npairs; k++)
			if (f->pairs[k].native == f->pairs[i].native &&
			    f->all[f->pairs[k].function].link >= 0)
				return true;
	return false;
}

static bool is_wanted(const struct functions *f, uint16_t function, const uint8_t *want)
{
	for (size_t i = 0; i < f->npairs; i++)
		if (f->pairs[i].function == function && want[f->pairs[i].native])
			return true;
	return false;
}

static void note_uncovered(struct functions *f, uint16_t function, const uint8_t *want)
{
	for (size_t i = 0; i < f->npairs; i++)
		if (f->pairs[i].function == function && want[f->pairs[i].native])
			f->uncovered[f->pairs[i].native] = true;
}

static int attach_wanted(struct functions *f, size_t family, const struct bpf_program *program,
			 const uint8_t *want, int above)
{
	struct stub stub = { .btf = -1 };
	int n = program ? stub_open(&stub, program) : -ENOENT;

	for (uint16_t i = 0; n == 0 && i < f->n; i++) {
		int result;

		if (f->all[i].family != family || f->all[i].link >= 0 || !is_wanted(f, i, want))
			continue;
		result = attach(&f->all[i], &stub, above);
		if (result == -EMFILE)
			n = result;
		else if (result < 0 && !(result == -EBUSY && is_seen_otherwise(f, i)))
			note_uncovered(f, i, want);
	}
	if (stub.btf >= 0)
		close(stub.btf);
	return n;
}

/* Those without any function of their own. */
static void find_uncovered(struct functions *f, const uint8_t *want)
{
	for (size_t nr = 0; nr < WIRE_SYSCALLS_MAX; nr++)
		f->uncovered[nr] = want[nr] && !never_returns((unsigned)nr);
	for (size_t i = 0; i < f->npairs; i++)
		f->uncovered[f->pairs[i].native] = false;
}

/* All that `want` does not need; NULL: all. No closer may be at work. */
static void detach(struct functions *f, const uint8_t *want)
{
	for (uint16_t i = 0; i < f->n; i++) {
		if (f->all[i].link < 0 || (want && is_wanted(f, i, want)))
			continue;
		f->missed += missed_by(f->all[i].program);
		f->closing[f->nclosing++] = f->all[i].link;
		f->all[i].link = -1;
	}
	if (!f->nclosing)
		return;
	f->is_closing = pthread_create(&f->closer, NULL, close_links, f) == 0;
	if (!f->is_closing)
		close_links(f);
}

int functions_follow(struct kernel_side *k, const uint8_t *want)
{
	struct functions *f = k->functions;
	struct rlimit limit, higher;
	int n = 0;

	if (!k->by_functions)
		return 0;
	/* What is still attached must not be attached twice. */
	wait_for_closer(f);
	find_uncovered(f, want);
	/* There are hundreds of links: they get numbers that nothing else here needs. */
	getrlimit(RLIMIT_NOFILE, &limit);
	higher = (struct rlimit){ limit.rlim_max, limit.rlim_max };
	setrlimit(RLIMIT_NOFILE, &higher);
	for (size_t i = 0; n == 0 && i < k->nfamilies; i++)
		n = attach_wanted(f, i, k->families[i].stub, want,
				  limit.rlim_cur < limit.rlim_max ? (int)limit.rlim_cur : 0);
	setrlimit(RLIMIT_NOFILE, &limit);
	if (n == 0)
		detach(f, want);
	return n;
}

void functions_close(struct kernel_side *k)
{
	struct functions *f = k->functions;

	if (!f)
		return;
	wait_for_closer(f);
	detach(f, NULL);
	wait_for_closer(f);
	for (size_t i = 1; i < k->nfamilies; i++)
		if (k->families[i].programs_fd > 0)
			close(k->families[i].programs_fd);
	free(f->all);
	free(f);
	k->functions = NULL;
}

uint64_t functions_missed(const struct kernel_side *k)
{
	const struct functions *f = k->functions;
	uint64_t sum = f ? f->missed : 0;

	for (size_t i = 0; f && i < f->n; i++)
		if (f->all[i].link >= 0)
			sum += missed_by(f->all[i].program);
	return sum;
}

bool functions_uncovered(const struct kernel_side *k, unsigned native)
{
	return k->functions && k->functions->uncovered[native];
}
