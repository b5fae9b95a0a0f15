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

bool is_exit_program(const char *program)
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
bool program_wanted(const struct kernel_side *k, const struct family *family,
		    const struct bpf_program *program, const uint8_t *want)
{
	const char *name = bpf_program__name(program);
	int native;

	if (is_stub(name))
		return k->by_functions && !family->stub;
	if (!is_exit_program(name)) {
		if (family != &k->families[0])
			return false;
		if (is_copy_program(name))
			return copies_missing(k, k->wanted) && copies_can_have(k, program);
		if (!k->types)
			return false;
		if (is_function_program(name) || strcmp(name, "dispatch") == 0)
			return is_function_program(name) == k->by_functions;
		if (is_uring_program(name))
			return uring_wanted(k, program);
		return !k->no_iterators || strncmp(name, "each_", 5) != 0;
	}
	native = native_of(name);
	if (native < 0 || family->loaded[native])
		return false;
	if (native == WIRE_EARLY || native == WIRE_LATE)
		return need_wanted(want, native == WIRE_EARLY ? WIRE_NEED_EARLY : WIRE_NEED_LATE);
	return native == WIRE_GENERIC || native == WIRE_SEND || want[native];
}

/* Reached from another program, not from the kernel: needs no attaching. */
bool is_jumped_to(const char *program)
{
	return is_exit_program(program) || strcmp(program, URING_END) == 0;
}

int programs_register(const struct kernel_side *k, const struct family *family,
		      const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);
		int fd = bpf_program__fd(program), at = 0, map = k->uring_programs_fd;

		if (!is_jumped_to(name) || fd < 0)
			continue;
		if (is_exit_program(name)) {
			map = family->programs_fd;
			at = native_of(name);
		}
		if (bpf_map_update_elem(map, &at, &fd, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

void programs_remember(struct kernel_side *k, struct family *family,
		       const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		if (bpf_program__fd(program) < 0)
			continue;
		if (is_exit_program(name))
			family->loaded[native_of(name)] = true;
		else if (is_stub(name))
			family->stub = program;
		else if (is_copy_program(name))
			k->copies_loaded = true;
	}
}

static bool family_lacks(const struct family *family, const uint8_t *want)
{
	if ((need_wanted(want, WIRE_NEED_EARLY) && !family->loaded[WIRE_EARLY]) ||
	    (need_wanted(want, WIRE_NEED_LATE) && !family->loaded[WIRE_LATE]))
		return true;
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);

		if (info->exists && info->native >= 0 && info->native < WIRE_SYSCALLS_MAX &&
		    want[info->native] && info->exit_event != EVENT_GENERIC_X &&
		    !family->loaded[info->native])
			return true;
	}
	return false;
}

bool kernel_lacks(struct kernel_side *k, const uint8_t *want)
{
	for (size_t i = 0; i < k->nfamilies; i++)
		if (family_lacks(&k->families[i], family_wants(k, &k->families[i], want)))
			return true;
	return copies_missing(k, want);
}
