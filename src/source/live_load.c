/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include "base/clock.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* bpf/maps.bpf.c, and bpf/besra.bpf.c compiled in two ways; put into the program by the build. */
extern const uint8_t bpf_maps_begin[], bpf_maps_end[];
extern const uint8_t bpf_besra_begin[], bpf_besra_end[];
extern const uint8_t bpf_besra_helpers_begin[], bpf_besra_helpers_end[];

#define PROGRAMS_MAP "exit_programs"

/* The kernel-side knobs, in the order in which bpf/maps.bpf.h declares them in .rodata. */
struct knobs {
	uint32_t snaplen, shards_mask;
	uint64_t boot_epoch_ns;
	uint32_t look_every;
	uint32_t copies;
	uint32_t functions;
};

static uint32_t scratches(const struct live_options *o)
{
	return (o->by_functions ? WIRE_SCRATCHES : 1) * (uint32_t)libbpf_num_possible_cpus();
}

/* All scratches together put a sixteenth of a ring in before any of them looks. */
static uint32_t look_every(const struct live_options *o)
{
	const uint32_t least =
		o->state_ring_bytes < o->bulk_ring_bytes ? o->state_ring_bytes : o->bulk_ring_bytes;

	return least / 16 / scratches(o);
}

static uint64_t boot_epoch_ns(void)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return clock_realtime_ns() - ((uint64_t)boot.tv_sec * NS_PER_S + (uint64_t)boot.tv_nsec);
}

/* ---- Maps and knobs ------------------------------------------------------------------------- */

static struct bpf_object *open_object(const uint8_t *begin, const uint8_t *end, const char *types)
{
	const struct bpf_object_open_opts opts = {
		.sz = sizeof(opts),
		.object_name = "besra",
		.btf_custom_path = types,
	};

	return bpf_object__open_mem(begin, (uintptr_t)end - (uintptr_t)begin, &opts);
}

/* All objects work on the first one's maps, and each on its family's programs. */
static int share_maps(struct bpf_object *from, const struct family *family, struct bpf_object *to)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, to)
	{
		const char *name = bpf_map__name(map);
		int fd = strcmp(name, PROGRAMS_MAP) == 0
				 ? family->programs_fd
				 : bpf_object__find_map_fd_by_name(from, name);

		if (bpf_map__is_internal(map))
			continue;
		if (fd < 0)
			return fd;
		if (bpf_map__reuse_fd(map, fd) < 0)
			return -errno;
	}
	return 0;
}

/* Sets what is fixed at load time. */
static int set_knobs(const struct kernel_side *k, const struct live_options *options,
		     struct bpf_object *object)
{
	const struct knobs knobs = { options->snaplen,    options->shards - 1, k->boot_epoch_ns,
				     look_every(options), !k->copies_lack[0],  k->by_functions };
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	size_t room = 0;
	void *initial = map ? (void *)(uintptr_t)bpf_map__initial_value(map, &room) : NULL;

	if (!initial || bpf_map__value_size(map) < sizeof(knobs))
		return -EINVAL;
	memcpy(initial, &knobs, sizeof(knobs));
	return 0;
}

static int map_fd(struct kernel_side *k, const char *name)
{
	return bpf_object__find_map_fd_by_name(k->objects[0], name);
}

static int find_maps(struct kernel_side *k)
{
	void *needs = mmap(NULL, sizeof(*k->needs), PROT_READ | PROT_WRITE, MAP_SHARED,
			   map_fd(k, "needs"), 0);

	if (needs == MAP_FAILED)
		return -errno;
	k->needs = needs;
	k->tasks_fd = map_fd(k, "tasks");
	k->losses_fd = map_fd(k, "losses");
	k->rings_fd = map_fd(k, "rings");
	k->families[0].programs_fd = map_fd(k, PROGRAMS_MAP);
	k->uring_programs_fd = map_fd(k, "uring_programs");
	k->predicates_fd = map_fd(k, "predicates");
	k->saved_fd = map_fd(k, "saved");
	return 0;
}

static int load_maps(struct kernel_side *k, const struct live_options *options)
{
	struct bpf_object *object = open_object(bpf_maps_begin, bpf_maps_end, NULL);
	int n;

	if (!object)
		return -errno;
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "scratch"),
				 scratches(options));
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "claims"),
				 (uint32_t)libbpf_num_possible_cpus());
	n = bpf_object__load(object);
	if (n < 0) {
		bpf_object__close(object);
		return n;
	}
	k->objects[k->nobjects++] = object;
	return find_maps(k);
}

/* ---- Loading -------------------------------------------------------------------------------- */

#define ANNOUNCE "announce" /* attached by hand */

/* Below that many programs, two threads would not be done sooner than one. */
#define WORTH_PARTS 16

/* The functions a program calls are gone through as well. */
#define WORK_OF_CALL 50

struct share {
	struct bpf_program *program;
	size_t work;
};

/* How much there is for the verifier, as far as can be told beforehand, in instructions. */
static size_t work_of(const struct bpf_program *program)
{
	const struct bpf_insn *insns = bpf_program__insns(program);
	const size_t n = bpf_program__insn_cnt(program);
	size_t work = n;

	for (size_t i = 0; i < n; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == BPF_PSEUDO_CALL)
			work += WORK_OF_CALL;
	return work;
}

static int by_work(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return (x->work < y->work) - (x->work > y->work);
}

/*
 * Of the programs that are wanted, an object loads those that fall to its part: the most work first,
 * each to the part with the least to do. All parts come to the same division. 1, or 0 when there are
 * none; -errno.
 */
static int choose_programs(struct load_part *part, struct bpf_object *object)
{
	size_t load[LOAD_PARTS] = { 0 }, n = 0, nparts;
	struct bpf_program *program;
	struct share *shares;

	bpf_object__for_each_program(program, object) n++;
	shares = calloc(n, sizeof(*shares));
	if (!shares)
		return -ENOMEM;
	n = 0;
	bpf_object__for_each_program(program, object)
	{
		bpf_program__set_autoload(program, false);
		if (program_wanted(part->side, part->family, program, part->want))
			shares[n++] = (struct share){ program, work_of(program) };
	}
	qsort(shares, n, sizeof(*shares), by_work);
	nparts = n < WORTH_PARTS ? 1 : LOAD_PARTS;
	for (size_t i = 0; i < n; i++) {
		size_t least = 0;

		for (size_t p = 1; p < nparts; p++)
			if (load[p] < load[least])
				least = p;
		load[least] += shares[i].work;
		if (least == part->number)
			bpf_program__set_autoload(shares[i].program, true);
	}
	free(shares);
	return load[part->number] > 0;
}

/* Of the two objects the one that reads as this kernel permits: see bpf/read.bpf.h. */
static struct bpf_object *open_programs(const struct kernel_side *k)
{
	const char *types = k->types_path[0] ? k->types_path : NULL;

	return k->may_cast ? open_object(bpf_besra_begin, bpf_besra_end, types)
			   : open_object(bpf_besra_helpers_begin, bpf_besra_helpers_end, types);
}

static int load_object(struct load_part *part, struct bpf_object *object)
{
	int n = choose_programs(part, object);

	if (n <= 0)
		return n;
	n = share_maps(part->side->objects[0], part->family, object);
	if (n == 0)
		n = set_knobs(part->side, part->options, object);
	if (n == 0 && part->side->by_functions)
		n = functions_aim(part->family, object);
	if (n == 0)
		n = bpf_object__load(object);
	if (n == 0)
		n = programs_register(part->side, part->family, object);
	return n < 0 ? n : 1;
}

static void *load_part(void *argument)
{
	struct load_part *part = argument;
	struct bpf_object *object = open_programs(part->side);
	int n = object ? load_object(part, object) : -errno;

	if (n > 0)
		part->object = object;
	else
		bpf_object__close(object);
	part->result = n < 0 ? n : 0;
	return NULL;
}

/* Where there can be no thread, the work is done here and now. */
static void begin(struct load_thread *t, void *(*work)(void *), void *argument)
{
	t->runs = pthread_create(&t->id, NULL, work, argument) == 0;
	if (!t->runs)
		work(argument);
}

static void end(struct load_thread *t)
{
	if (t->runs)
		pthread_join(t->id, NULL);
}

static void begin_parts(struct kernel_side *k, struct family *family,
			const struct live_options *options, const uint8_t *want)
{
	for (size_t i = 0; i < LOAD_PARTS; i++) {
		struct load_part *part = &k->parts[i];

		*part = (struct load_part){ .side = k,
					    .family = family,
					    .options = options,
					    .want = family_wants(k, family, want),
					    .number = i };
		begin(&part->thread, load_part, part);
	}
	k->is_loading = true;
}

/* 0, or the first part's error, and then nothing is kept of any. */
static int end_parts(struct kernel_side *k)
{
	int n = 0;

	for (size_t i = 0; i < LOAD_PARTS; i++) {
		end(&k->parts[i].thread);
		if (n == 0)
			n = k->parts[i].result;
	}
	for (size_t i = 0; i < LOAD_PARTS; i++) {
		struct bpf_object *object = k->parts[i].object;

		if (n == 0 && object) {
			programs_remember(k, k->parts[i].family, object);
			k->objects[k->nobjects++] = object;
		} else {
			bpf_object__close(object);
		}
	}
	k->is_loading = false;
	return n;
}

/* What is missing says more than the error of whatever tripped over it. */
static int load_error(const struct kernel_side *k, struct err *err, int n)
{
	if (live_missing(err) < 0 || (k->by_functions && functions_explain(err) < 0))
		return n;
	return err_set(err, n, "load kernel programs: %s", strerror(-n));
}

/* The types that libbpf is to look for. 0 or -errno. */
static int reduce_types(struct kernel_side *k)
{
	struct bpf_object *object = open_programs(k);
	int fd = object ? live_types(k->types, bpf_object__btf(object)) : -errno;

	bpf_object__close(object);
	if (fd < 0)
		return fd;
	k->types_fd = fd;
	snprintf(k->types_path, sizeof(k->types_path), "/proc/self/fd/%d", fd);
	return 0;
}

/* What only some kernels can have. */
static void *learn_kernel(void *argument)
{
	struct kernel_side *k = argument;
	char why[LIVE_WHY_MAX];

	k->types = btf__load_vmlinux_btf();
	if (!k->types)
		return NULL;
	k->may_cast = btf__find_by_name_kind(k->types, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	iterators_lack(k->types, why);
	k->no_iterators = why[0];
	uring_lacks(k->types, k->uring_lacks);
	copies_learn(k);
	k->types_error = reduce_types(k);
	if (k->by_functions)
		functions_learn(k);
	return NULL;
}

/* Learns about the kernel, and makes the maps meanwhile. */
static int prepare(struct kernel_side *k, const struct live_options *options)
{
	struct load_thread learner;
	int n;

	k->boot_epoch_ns = boot_epoch_ns();
	k->by_functions = options->by_functions;
	k->nfamilies = 1;
	begin(&learner, learn_kernel, k);
	n = load_maps(k, options);
	end(&learner);
	if (n == 0)
		n = k->types ? k->types_error : -ENOENT;
	return n == 0 && k->by_functions ? functions_make_maps(k) : n;
}

int kernel_load_begin(struct kernel_side *k, const struct live_options *options,
		      const uint8_t *want, struct err *err)
{
	static const uint8_t everything[WIRE_SYSCALLS_MAX] = { [0 ... WIRE_SYSCALLS_MAX - 1] =
								       UINT8_MAX };
	int n = 0;

	libbpf_set_print(NULL); /* its messages are for developers; what users need is in *err */
	if (k->nobjects == 0)
		n = prepare(k, options);
	if (n < 0)
		return load_error(k, err, n);
	k->wanted = want;
	/* With the last ones comes all that is left: nothing can be missing after them. */
	if (k->nobjects + 2 * LOAD_PARTS * k->nfamilies > ARRAY_SIZE(k->objects))
		k->wanted = everything;
	begin_parts(k, &k->families[0], options, k->wanted);
	return 0;
}

/* Once more without programs one can do without; `n` when that is no other attempt. */
static int load_without(struct kernel_side *k, int n, const struct load_part *first, bool copies,
			bool uring)
{
	const bool have_copies = copies_missing(k, k->wanted);
	const bool have_uring = k->types && !k->uring_lacks[0];

	if (copies > have_copies || uring > have_uring)
		return n;
	if (copies)
		copies_refused(k);
	if (uring)
		uring_refused(k);
	begin_parts(k, first->family, first->options, k->wanted);
	n = end_parts(k);
	if (n < 0 && copies)
		k->copies_lack[0] = '\0';
	if (n < 0 && uring)
		k->uring_lacks[0] = '\0';
	return n;
}

int kernel_load_end(struct kernel_side *k, struct err *err)
{
	const struct load_part first = k->parts[0];
	int n = end_parts(k);

	if (n < 0 && n != -EPERM)
		n = load_without(k, n, &first, true, false);
	if (n < 0 && n != -EPERM)
		n = load_without(k, n, &first, false, true);
	if (n < 0 && n != -EPERM)
		n = load_without(k, n, &first, true, true);
	btf__free(k->types);
	k->types = NULL;
	for (size_t i = 1; n == 0 && i < k->nfamilies; i++) {
		begin_parts(k, &k->families[i], first.options, k->wanted);
		n = end_parts(k);
	}
	return n < 0 ? load_error(k, err, n) : 0;
}

int kernel_load(struct kernel_side *k, const struct live_options *options, const uint8_t *want,
		struct err *err)
{
	int n = kernel_load_begin(k, options, want, err);

	return n < 0 ? n : kernel_load_end(k, err);
}

static int attach_object(struct kernel_side *k, struct bpf_object *object, struct err *err)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);
		struct bpf_link *link;

		/* Iterators are attached when read. */
		if (is_jumped_to(name) || is_stub(name) || is_copy_program(name) ||
		    strncmp(name, "each_", 5) == 0 || strcmp(name, ANNOUNCE) == 0 ||
		    bpf_program__fd(program) < 0)
			continue;
		link = bpf_program__attach(program);
		if (!link && is_function_program(name) && functions_explain(err) < 0)
			return -errno;
		if (!link)
			return err_set(err, -errno, "attach the kernel program '%s': %s", name,
				       strerror(errno));
		k->links[k->nlinks++] = link;
	}
	return 0;
}

static int attach_announcing(struct kernel_side *k, size_t which, const char *tracepoint,
			     struct err *err)
{
	const struct bpf_program *p = kernel_program(k, ANNOUNCE);

	k->announcing[which] = bpf_program__attach_raw_tracepoint(p, tracepoint);
	if (k->announcing[which])
		return 0;
	return err_set(err, -errno, "attach the kernel program '%s' to '%s': %s", ANNOUNCE,
		       tracepoint, strerror(errno));
}

/*
 * Of the programs at one tracepoint the one attached first runs first. What a thread tells of
 * itself has to be later than its first call's event, and earlier than its end's.
 */
int kernel_attach(struct kernel_side *k, struct err *err)
{
	int n = attach_announcing(k, 0, "sched_process_exit", err);

	for (size_t i = 0; n == 0 && i < k->nobjects; i++)
		n = attach_object(k, k->objects[i], err);
	return n == 0 ? attach_announcing(k, 1, "sys_exit", err) : n;
}

void kernel_detach_announcing(struct kernel_side *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(k->announcing); i++) {
		bpf_link__destroy(k->announcing[i]);
		k->announcing[i] = NULL;
	}
}

void kernel_unload(struct kernel_side *k)
{
	if (k->is_loading)
		end_parts(k);
	for (size_t i = 0; i < k->nlinks; i++)
		bpf_link__destroy(k->links[i]);
	copies_detach(k);
	kernel_detach_announcing(k);
	functions_close(k);
	if (k->needs)
		munmap(k->needs, sizeof(*k->needs));
	for (size_t i = k->nobjects; i-- > 0;)
		bpf_object__close(k->objects[i]);
	btf__free(k->types);
	if (k->types_path[0])
		close(k->types_fd);
	*k = (struct kernel_side){ 0 };
}

static uint64_t missed_of(const struct bpf_object *object)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
			sum += info.recursion_misses;
	}
	return sum;
}

uint64_t kernel_missed(const struct kernel_side *k)
{
	uint64_t sum = functions_missed(k);

	for (size_t i = 0; i < k->nobjects; i++)
		sum += missed_of(k->objects[i]);
	return sum;
}

/* Several objects know a program's name; one has loaded it. */
struct bpf_program *kernel_program(const struct kernel_side *k, const char *name)
{
	for (size_t i = 0; i < k->nobjects; i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(k->objects[i], name);

		if (p && bpf_program__fd(p) >= 0)
			return p;
	}
	return NULL;
}
