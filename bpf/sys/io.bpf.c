/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Reading, writing, seeking, copying. */

#include "call.bpf.h"
#include "core/iovec.bpf.h"
#include "flags.bpf.h"

/* A write that failed wrote nothing, but what it was asked to write is still worth seeing. */
static __always_inline __s64 written(const struct call *c, __u64 asked)
{
	return c->ret >= 0 ? c->ret : (__s64)asked;
}

SYSCALL_EXIT(read, READ_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_data(e, ARG(1), c->ret);
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(write, WRITE_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_data(e, ARG(1), written(c, ARG(2)));
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(pread64, PREAD_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_data(e, ARG(1), c->ret);
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(2));
	emit_u64(e, ARG(3));
}

SYSCALL_EXIT(pwrite64, PWRITE_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_data(e, ARG(1), written(c, ARG(2)));
	emit_fd(e, ARG(0));
	emit_u32(e, ARG(2));
	emit_u64(e, ARG(3));
}

SYSCALL_EXIT(readv, READV_X, WIRE_LANE_BULK)
{
	const struct vector v = call_vector(c);

	emit_s64(e, c->ret);
	emit_u32(e, c->ret >= 0 ? c->ret : 0);
	emit_vector(e, &v, c->ret);
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT(preadv, PREADV_X, WIRE_LANE_BULK)
{
	const struct vector v = call_vector(c);

	emit_s64(e, c->ret);
	emit_u32(e, c->ret >= 0 ? c->ret : 0);
	emit_vector(e, &v, c->ret);
	emit_fd(e, ARG(0));
	emit_u64(e, ARG(3));
}

SYSCALL_EXIT(writev, WRITEV_X, WIRE_LANE_BULK)
{
	const struct vector v = call_vector(c);
	__u64 size = vector_size(&v);

	emit_s64(e, c->ret);
	emit_vector(e, &v, written(c, size));
	emit_fd(e, ARG(0));
	emit_u32(e, size);
}

SYSCALL_EXIT(pwritev, PWRITEV_X, WIRE_LANE_BULK)
{
	const struct vector v = call_vector(c);
	__u64 size = vector_size(&v);

	emit_s64(e, c->ret);
	emit_vector(e, &v, written(c, size));
	emit_fd(e, ARG(0));
	emit_u32(e, size);
	emit_u64(e, ARG(3));
}

SYSCALL_EXIT(lseek, LSEEK_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u64(e, ARG(1));
	emit_u8(e, enum_lseek_whence(ARG(2), 0));
}

SYSCALL_EXIT(sendfile, SENDFILE_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	if (!ARG(2))
		emit_u64(e, 0);
	else
		emit_u64(e,
			 c->compat == COMPAT_SENDFILE64 ? user_u64(ARG(2)) : user_word(c, ARG(2)));
	emit_fd(e, ARG(0));
	emit_fd(e, ARG(1));
	emit_u64(e, ARG(3));
}

SYSCALL_EXIT(splice, SPLICE_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_fd(e, ARG(2));
	emit_u64(e, ARG(4));
	emit_u32(e, bits_splice_flags(ARG(5)));
}

SYSCALL_EXIT(copy_file_range, COPY_FILE_RANGE_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(2));
	emit_u64(e, ARG(3));
	emit_fd(e, ARG(0));
	emit_u64(e, ARG(1));
	emit_u64(e, ARG(4));
}

SYSCALL_EXIT(process_vm_readv, PROCESS_VM_READV_X, WIRE_LANE_BULK)
{
	const struct vector v = call_vector(c);

	emit_s64(e, c->ret);
	emit_s64(e, (__s32)ARG(0));
	emit_vector(e, &v, c->ret);
}

SYSCALL_EXIT(process_vm_writev, PROCESS_VM_WRITEV_X, WIRE_LANE_BULK)
{
	const struct vector v = call_vector(c);

	emit_s64(e, c->ret);
	emit_s64(e, (__s32)ARG(0));
	emit_vector(e, &v, c->ret);
}
