/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include "base/clock.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* bpf/besra.bpf.c compiled in two ways, put into the program by the build. */
extern const uint8_t bpf_besra_begin[], bpf_besra_end[];
extern const uint8_t bpf_besra_helpers_begin[], bpf_besra_helpers_end[];

/* The kernel-side knobs, in the order in which bpf/maps.bpf.h declares them in .rodata. */
struct knobs {
	uint32_t snaplen, shards_mask;
	uint64_t boot_epoch_ns;
	uint32_t look_every;
};

/* All CPUs together put a sixteenth of a ring in before any of them looks. */
static uint32_t look_every(const struct live_options *o)
{
	const uint32_t least =
		o->state_ring_bytes < o->bulk_ring_bytes ? o->state_ring_bytes : o->bulk_ring_bytes;

	return least / 16 / (uint32_t)libbpf_num_possible_cpus();
}

static uint64_t boot_epoch_ns(void)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return clock_realtime_ns() - ((uint64_t)boot.tv_sec * NS_PER_S + (uint64_t)boot.tv_nsec);
}

/* ---- Which programs ------------------------------------------------------------------------- */

/* Where the dispatcher looks for exit_NAME: the x86_64 number of its call; -1 for no such call. */
static int native_of(const char *program)
{
	int code;

	if (strcmp(program, "exit_generic") == 0)
		return WIRE_GENERIC;
	if (strcmp(program, "exit_early") == 0)
		return WIRE_EARLY;
	if (strcmp(program, "exit_late") == 0)
		return WIRE_LATE;
	if (strcmp(program, "exit_send") == 0)
		return WIRE_SEND;
	code = syscall_from_name(str_from(program + strlen("exit_")));
	return code < 0 ? -1 : syscall_info((unsigned)code)->native;
}

static bool is_exit(const char *program)
{
	return strncmp(program, "exit_", 5) == 0;
}

static bool need_wanted(const uint8_t *want, uint8_t need)
{
	for (size_t i = 0; i < WIRE_SYSCALLS_MAX; i++)
		if (want[i] & need)
			return true;
	return false;
}

/* The generic program serves every call without one of its own, exit_send sends what all make. */
static bool program_wanted(const struct kernel_side *k, const char *name, const uint8_t *want)
{
	int native;

	if (!is_exit(name))
		return k->nobjects ==
		       0; /* tracepoints and iterators: once, with the first object */
	native = native_of(name);
	if (native < 0 || k->loaded[native])
		return false;
	if (native == WIRE_EARLY || native == WIRE_LATE)
		return need_wanted(want, native == WIRE_EARLY ? WIRE_NEED_EARLY : WIRE_NEED_LATE);
	return native == WIRE_GENERIC || native == WIRE_SEND || want[native];
}

/* Some programs only some kernels can have: known with the first object. */
static void choose_optional(struct kernel_side *k, struct bpf_object *object,
			    const struct btf *kernel)
{
	struct bpf_program *program;
	char why[LIVE_WHY_MAX];

	uring_choose(k, object, kernel);
	iterators_lack(kernel, why);
	k->no_iterators = why[0];
	bpf_object__for_each_program(program, object)
	{
		if (k->no_iterators && strncmp(bpf_program__name(program), "each_", 5) == 0)
			bpf_program__set_autoload(program, false);
	}
}

static void choose_programs(struct kernel_side *k, struct bpf_object *object, const uint8_t *want)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		bool load = program_wanted(k, bpf_program__name(program), want);

		bpf_program__set_autoload(program, load);
	}
}

/* Reached from another program, not from the kernel: needs no attaching. */
static bool is_jumped_to(const char *program)
{
	return is_exit(program) || strcmp(program, URING_END) == 0;
}

/* Puts the loaded programs where those that jump to them look. */
static int register_programs(struct kernel_side *k, struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);
		int fd = bpf_program__fd(program), at = 0, map = k->uring_programs_fd;

		if (!is_jumped_to(name) || fd < 0)
			continue;
		if (is_exit(name)) {
			map = k->programs_fd;
			at = native_of(name);
			k->loaded[at] = true;
		}
		if (bpf_map_update_elem(map, &at, &fd, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

/* ---- Maps and knobs ------------------------------------------------------------------------- */

/* Later objects work on the first one's maps. */
static int share_maps(struct bpf_object *from, struct bpf_object *to)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, to)
	{
		struct bpf_map *theirs = bpf_object__find_map_by_name(from, bpf_map__name(map));

		if (theirs && !bpf_map__is_internal(map) &&
		    bpf_map__reuse_fd(map, bpf_map__fd(theirs)) < 0)
			return -errno;
	}
	return 0;
}

/* Sets what is fixed at load time. */
static int set_knobs(struct bpf_object *object, const struct knobs *knobs)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	size_t room = 0;
	void *initial = map ? (void *)(uintptr_t)bpf_map__initial_value(map, &room) : NULL;

	if (!initial || bpf_map__value_size(map) < sizeof(*knobs))
		return -EINVAL;
	memcpy(initial, knobs, sizeof(*knobs));
	return 0;
}

static int map_fd(struct kernel_side *k, const char *name)
{
	return bpf_object__find_map_fd_by_name(k->objects[0], name);
}

static int find_maps(struct kernel_side *k, struct err *err)
{
	void *needs = mmap(NULL, sizeof(*k->needs), PROT_READ | PROT_WRITE, MAP_SHARED,
			   map_fd(k, "needs"), 0);

	if (needs == MAP_FAILED)
		return err_set(err, -errno, "map the kernel side's needs: %s", strerror(errno));
	k->needs = needs;
	k->tasks_fd = map_fd(k, "tasks");
	k->losses_fd = map_fd(k, "losses");
	k->rings_fd = map_fd(k, "rings");
	k->programs_fd = map_fd(k, "exit_programs");
	k->uring_programs_fd = map_fd(k, "uring_programs");
	k->predicates_fd = map_fd(k, "predicates");
	k->saved_fd = map_fd(k, "saved");
	return 0;
}

/* ---- Loading -------------------------------------------------------------------------------- */

/* What is missing says more than the error of whatever tripped over it. */
static int load_error(struct err *err, int n)
{
	if (live_missing(err) < 0)
		return n;
	return err_set(err, n, "load kernel programs: %s", strerror(-n));
}

/* Of the two objects the one that reads as this kernel permits: see bpf/read.bpf.h. */
static struct bpf_object *open_object(const struct kernel_side *k)
{
	const struct bpf_object_open_opts opts = { .sz = sizeof(opts), .object_name = "besra" };
	const uint8_t *begin = k->may_cast ? bpf_besra_begin : bpf_besra_helpers_begin;
	const uint8_t *end = k->may_cast ? bpf_besra_end : bpf_besra_helpers_end;

	return bpf_object__open_mem(begin, (uintptr_t)end - (uintptr_t)begin, &opts);
}

/* The object with the programs that are missing, loaded. */
static int load_object(struct kernel_side *k, const struct live_options *options,
		       const uint8_t *want, struct bpf_object **out)
{
	const struct knobs knobs = { options->snaplen, options->shards - 1, k->boot_epoch_ns,
				     look_every(options) };
	struct btf *kernel = k->nobjects ? NULL : btf__load_vmlinux_btf();
	struct bpf_object *object;
	int n = 0;

	if (k->nobjects == 0)
		k->may_cast = kernel &&
			      btf__find_by_name_kind(kernel, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	object = open_object(k);
	if (!object) {
		n = -errno;
		btf__free(kernel);
		return n;
	}
	choose_programs(k, object, want);
	if (k->nobjects == 0) {
		choose_optional(k, object, kernel);
		bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "scratch"),
					 (uint32_t)libbpf_num_possible_cpus());
	} else {
		n = share_maps(k->objects[0], object);
	}
	btf__free(kernel);
	if (n == 0)
		n = set_knobs(object, &knobs);
	if (n == 0)
		n = bpf_object__load(object);
	if (n < 0) {
		bpf_object__close(object);
		return n;
	}
	*out = object;
	return 0;
}

int kernel_load(struct kernel_side *k, const struct live_options *options, const uint8_t *want,
		struct err *err)
{
	static const uint8_t everything[WIRE_SYSCALLS_MAX] = { [0 ... WIRE_SYSCALLS_MAX - 1] =
								       UINT8_MAX };
	struct bpf_object *object;
	int n;

	/* With the last one comes all that is left: nothing can be missing after it. */
	if (k->nobjects == ARRAY_SIZE(k->objects) - 1)
		want = everything;
	libbpf_set_print(NULL); /* its messages are for developers; what users need is in *err */
	if (!k->boot_epoch_ns)
		k->boot_epoch_ns = boot_epoch_ns();
	n = load_object(k, options, want, &object);
	if (n < 0 && n != -EPERM && k->nobjects == 0 && !k->uring_lacks[0]) {
		uring_refused(k);
		n = load_object(k, options, want, &object);
	}
	if (n < 0)
		return load_error(err, n);
	k->objects[k->nobjects++] = object;
	if (k->nobjects == 1 && (n = find_maps(k, err)) < 0)
		return n;
	n = register_programs(k, object);
	return n < 0 ? load_error(err, n) : 0;
}

bool kernel_lacks(const struct kernel_side *k, const uint8_t *want)
{
	if ((need_wanted(want, WIRE_NEED_EARLY) && !k->loaded[WIRE_EARLY]) ||
	    (need_wanted(want, WIRE_NEED_LATE) && !k->loaded[WIRE_LATE]))
		return true;
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);

		if (info->exists && info->native >= 0 && info->native < WIRE_SYSCALLS_MAX &&
		    want[info->native] && info->exit_event != EVENT_GENERIC_X &&
		    !k->loaded[info->native])
			return true;
	}
	return false;
}

int kernel_attach(struct kernel_side *k, struct err *err)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, k->objects[0])
	{
		const char *name = bpf_program__name(program);
		struct bpf_link *link;

		/* Iterators are attached when read. */
		if (is_jumped_to(name) || strncmp(name, "each_", 5) == 0 ||
		    bpf_program__fd(program) < 0)
			continue;
		link = bpf_program__attach(program);
		if (!link)
			return err_set(err, -errno, "attach the kernel program '%s': %s", name,
				       strerror(errno));
		k->links[k->nlinks++] = link;
	}
	return 0;
}

void kernel_unload(struct kernel_side *k)
{
	for (size_t i = 0; i < k->nlinks; i++)
		bpf_link__destroy(k->links[i]);
	if (k->needs)
		munmap(k->needs, sizeof(*k->needs));
	for (size_t i = k->nobjects; i-- > 0;)
		bpf_object__close(k->objects[i]);
	*k = (struct kernel_side){ 0 };
}

uint64_t kernel_missed(const struct kernel_side *k)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, k->objects[0])
	{
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
			sum += info.recursion_misses;
	}
	return sum;
}

struct bpf_program *kernel_program(const struct kernel_side *k, const char *name)
{
	return bpf_object__find_program_by_name(k->objects[0], name);
}
