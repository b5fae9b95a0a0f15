/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/schema.h"

static const struct syscall_info syscalls[SYSCALL_CODES + 1] = {
#define SYSCALL(code, id, call_name, number, event, bits, members)                                 \
	[code] = {                                                                                 \
		.name = { (call_name), sizeof(call_name) - 1 },                                    \
		.native = (number),                                                                \
		.exit_event = (event),                                                             \
		.flags = (bits),                                                                   \
		.sets = (members),                                                                 \
		.exists = true,                                                                    \
	},
#include "tables/syscalls.def"
#undef SYSCALL
	[SYSCALL_CODES] = { .native = -1 }, /* what is no system call */
};

/* Above all numbers of x86_64; codes without such a number get the slots from here on. */
#define NATIVE_END 512

static const uint16_t code_by_native[NATIVE_END + SYSCALL_CODES] = {
#define SYSCALL(code, id, name, native, exit_event, flags, sets)                                   \
	[(native) >= 0 ? (native) : NATIVE_END + (code)] = (code),
#include "tables/syscalls.def"
#undef SYSCALL
};

#define SYSCALL(code, id, name, native, exit_event, flags, sets)                                   \
	_Static_assert((native) < NATIVE_END, "NATIVE_END is too low for " name);
#include "tables/syscalls.def"
#undef SYSCALL

const struct syscall_info *syscall_info(unsigned code)
{
	return &syscalls[code < SYSCALL_CODES && syscalls[code].exists ? code : SYSCALL_CODES];
}

int syscall_from_native(unsigned native)
{
	unsigned code = native < NATIVE_END ? code_by_native[native] : SC_UNKNOWN;

	return code == SC_UNKNOWN ? -1 : (int)code;
}

int syscall_from_name(struct str name)
{
	for (int code = 0; code < SYSCALL_CODES; code++)
		if (syscalls[code].exists && str_eq(syscalls[code].name, name))
			return code;
	return -1;
}
