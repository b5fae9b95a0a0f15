/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include "base/clock.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* The compiled objects, put into the program by the build. */
#define BPF_OBJECT(name) extern const uint8_t bpf_##name##_begin[], bpf_##name##_end[];
#include "tables/bpf_objects.def"
#undef BPF_OBJECT

static const struct {
	const char *name;
	const uint8_t *begin, *end;
} images[] = {
#define BPF_OBJECT(name) { #name, bpf_##name##_begin, bpf_##name##_end },
#include "tables/bpf_objects.def"
#undef BPF_OBJECT
};

/* The kernel-side knobs, in the order in which bpf/maps.bpf.h declares them in .rodata. */
struct knobs {
	uint32_t snaplen, shards_mask;
	uint64_t boot_epoch_ns;
};

static uint64_t boot_epoch_ns(void)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return clock_realtime_ns() - ((uint64_t)boot.tv_sec * NS_PER_S + (uint64_t)boot.tv_nsec);
}

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
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		size_t size = strlen(name);

		if (size > 7 && strcmp(name + size - 7, ".rodata") == 0 &&
		    bpf_map__value_size(map) >= sizeof(*knobs)) {
			size_t room;
			void *initial = (void *)(uintptr_t)bpf_map__initial_value(map, &room);

			if (!initial)
				return -EINVAL;
			memcpy(initial, knobs, sizeof(*knobs));
		}
	}
	return 0;
}

/* Puts the programs named exit_SYSCALL where the dispatcher looks for them. */
static int register_programs(struct kernel_side *k, struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);
		int fd = bpf_program__fd(program), code;
		uint32_t native;

		if (strncmp(name, "exit_", 5) != 0)
			continue;
		code = syscall_from_name(str_from(name + 5));
		if (code >= 0 && syscall_info((unsigned)code)->native >= 0)
			native = (uint32_t)syscall_info((unsigned)code)->native;
		else if (strcmp(name, "exit_generic") == 0)
			native = WIRE_GENERIC;
		else
			return -ENOENT;
		if (bpf_map_update_elem(k->programs_fd, &native, &fd, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

static int load_one(struct kernel_side *k, size_t i, const struct knobs *knobs, struct err *err)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = images[i].name);
	struct bpf_object *object = bpf_object__open_mem(
		images[i].begin, (size_t)(images[i].end - images[i].begin), &opts);
	int n;

	if (!object)
		return err_set(err, -errno, "kernel programs '%s': cannot be read: %s",
			       images[i].name, strerror(errno));
	k->objects[k->nobjects++] = object;
	if (i == 0)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "scratch"),
					 (uint32_t)libbpf_num_possible_cpus());
	else if ((n = share_maps(k->objects[0], object)) < 0)
		return err_set(err, n, "kernel programs '%s': maps cannot be shared: %s",
			       images[i].name, strerror(-n));
	n = set_knobs(object, knobs);
	if (n == 0)
		n = bpf_object__load(object);
	if (n < 0)
		return err_set(err, n, "kernel programs '%s' cannot be loaded: %s", images[i].name,
			       strerror(-n));
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
	return 0;
}

/* libbpf's own messages are for developers; what users need is in *err. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int kernel_load(struct kernel_side *k, const struct live_options *options, struct err *err)
{
	const struct knobs knobs = {
		.snaplen = options->snaplen,
		.shards_mask = options->shards - 1,
		.boot_epoch_ns = boot_epoch_ns(),
	};

	libbpf_set_print(say_nothing);
	k->boot_epoch_ns = knobs.boot_epoch_ns;
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		int n = load_one(k, i, &knobs, err);

		if (n == 0 && i == 0)
			n = find_maps(k, err);
		if (n == 0 && (n = register_programs(k, k->objects[i])) < 0)
			err_set(err, n, "kernel programs '%s': no such system call",
				images[i].name);
		if (n < 0)
			return n;
	}
	return 0;
}

int kernel_attach(struct kernel_side *k, struct err *err)
{
	for (size_t i = 0; i < k->nobjects; i++) {
		struct bpf_program *program;

		bpf_object__for_each_program(program, k->objects[i])
		{
			const char *name = bpf_program__name(program);
			struct bpf_link *link;

			/* Tail calls need no attaching, iterators are attached when read. */
			if (strncmp(name, "exit_", 5) == 0 || strncmp(name, "each_", 5) == 0)
				continue;
			link = bpf_program__attach(program);
			if (!link)
				return err_set(err, -errno, "attach the kernel program '%s': %s",
					       name, strerror(errno));
			k->links[k->nlinks++] = link;
		}
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

struct bpf_program *kernel_program(const struct kernel_side *k, const char *name)
{
	for (size_t i = 0; i < k->nobjects; i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(k->objects[i], name);

		if (p)
			return p;
	}
	return NULL;
}
