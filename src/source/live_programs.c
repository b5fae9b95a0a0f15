/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

/* Which programs of bpf/ are loaded, and where those that jump to them find them. */

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

bool need_wanted(const uint8_t *want, uint8_t need)
{
	for (size_t i = 0; i < WIRE_SYSCALLS_MAX; i++)
		if (want[i] & need)
			return true;
	return false;
}

/*
 * Programs without a call of their own come with the first load; some of these only some kernels
 * can have. The generic program serves every call without one, exit_send sends what all make.
 */
bool program_wanted(const struct kernel_side *k, const struct bpf_program *program,
		    const uint8_t *want)
{
	const char *name = bpf_program__name(program);
	int native;

	if (is_copy_program(name))
		return copies_missing(k, want) && copies_can_have(k, program);
	if (!is_exit(name)) {
		if (!k->types)
			return false;
		if (is_uring_program(name))
			return uring_wanted(k, program);
		return !k->no_iterators || strncmp(name, "each_", 5) != 0;
	}
	native = native_of(name);
	if (native < 0 || k->loaded[native])
		return false;
	if (native == WIRE_EARLY || native == WIRE_LATE)
		return need_wanted(want, native == WIRE_EARLY ? WIRE_NEED_EARLY : WIRE_NEED_LATE);
	return native == WIRE_GENERIC || native == WIRE_SEND || want[native];
}

/* Reached from another program, not from the kernel: needs no attaching. */
bool is_jumped_to(const char *program)
{
	return is_exit(program) || strcmp(program, URING_END) == 0;
}

int programs_register(const struct kernel_side *k, const struct bpf_object *object)
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
		}
		if (bpf_map_update_elem(map, &at, &fd, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

void programs_remember(struct kernel_side *k, const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		if (bpf_program__fd(program) < 0)
			continue;
		if (is_exit(name))
			k->loaded[native_of(name)] = true;
		else if (is_copy_program(name))
			k->copies_loaded = true;
	}
}

bool kernel_lacks(const struct kernel_side *k, const uint8_t *want)
{
	if ((need_wanted(want, WIRE_NEED_EARLY) && !k->loaded[WIRE_EARLY]) ||
	    (need_wanted(want, WIRE_NEED_LATE) && !k->loaded[WIRE_LATE]) || copies_missing(k, want))
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
