/* SPDX-License-Identifier: Apache-2.0 */

/* Reading, writing, seeking, copying. The snaplen is 80 bytes. */

#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SNAPLEN 80

static void open_file(struct stage *s)
{
	s->slot[0] = open("file", O_RDWR);
}

static void open_two(struct stage *s)
{
	open_file(s);
	s->slot[1] = open("copy", O_RDWR | O_CREAT, 0600);
}

static void open_pipes(struct stage *s)
{
	int fds[2];

	open_file(s);
	if (pipe(fds) < 0)
		_exit(99);
	s->slot[1] = fds[0];
	s->slot[2] = fds[1];
}

/* 200 bytes, of which the event holds SNAPLEN. */
static char *alphabet(struct stage *s)
{
	char *p = low_memory(200);

	for (int i = 0; i < 200; i++)
		p[i] = (char)('a' + i % 26);
	stage_fact(s, 0, p, SNAPLEN);
	return p;
}

static long write_much(struct stage *s)
{
	return RAW(SYS_write, (uint64_t)s->slot[0], AT(alphabet(s)), 200);
}

static long write_much_nowhere(struct stage *s)
{
	return RAW(SYS_write, 77, AT(alphabet(s)), 200);
}

static void write_before(struct stage *s)
{
	open_file(s);
	if (pwrite((int)s->slot[0], alphabet(s), 200, 0) != 200)
		_exit(99);
}

/* Scattered: an empty piece, and one that the snaplen cuts. */
static struct iovec *pieces(struct stage *s)
{
	struct iovec *v = low_memory(4 * sizeof(*v));
	char *p = alphabet(s);

	v[0] = (struct iovec){ p, 7 };
	v[1] = (struct iovec){ p, 0 };
	v[2] = (struct iovec){ p + 7, 73 };
	v[3] = (struct iovec){ p + 80, 20 };
	return v;
}

static long writev_pieces(struct stage *s)
{
	return RAW(SYS_writev, (uint64_t)s->slot[0], AT(pieces(s)), 4);
}

static long writev_nowhere(struct stage *s)
{
	return RAW(SYS_writev, 77, AT(pieces(s)), 4);
}

static long pwritev_pieces(struct stage *s)
{
	return RAW(SYS_pwritev, (uint64_t)s->slot[0], AT(pieces(s)), 4, 5, 0);
}

static long readv_pieces(struct stage *s)
{
	return RAW(SYS_readv, (uint64_t)s->slot[0], AT(pieces(s)), 4);
}

static long preadv_pieces(struct stage *s)
{
	struct iovec *v = pieces(s);

	return RAW(SYS_preadv, (uint64_t)s->slot[0], AT(v), 1, 2, 0);
}

static long read_own_memory(struct stage *s)
{
	struct iovec *local = pieces(s), *remote = low_memory(sizeof(*remote));

	*remote = (struct iovec){ low_copy("remote", 6), 6 };
	stage_fact(s, 0, "remote", 6);
	s->slot[0] = s->pid;
	return RAW(SYS_process_vm_readv, (uint64_t)s->slot[0], AT(local), 1, AT(remote), 1, 0);
}

static long write_own_memory(struct stage *s)
{
	struct iovec *local = pieces(s), *remote = low_memory(sizeof(*remote));

	*remote = (struct iovec){ low_memory(200), 200 };
	s->slot[0] = s->pid;
	return RAW(SYS_process_vm_writev, (uint64_t)s->slot[0], AT(local), 4, AT(remote), 1, 0);
}

static void after_nothing(struct stage *s)
{
	(void)s;
}

static char room[100];
static int64_t at_seven = 7;

#define EVENT1(type, ...)                                                                          \
	{                                                                                          \
		{                                                                                  \
			EVENT_##type,                                                              \
			{                                                                          \
				__VA_ARGS__                                                        \
			}                                                                          \
		}                                                                                  \
	}
#define HELLO BYTES("hello, world\n")

static const struct row rows[] = {
	{ .what = "read",
	  .nr = SYS_read,
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room), N(sizeof(room)) },
	  .events = EVENT1(READ_X, I(13), HELLO, SLOT(0), I(100)) },
	{ .what = "read more than the snaplen",
	  .nr = SYS_read,
	  .before = write_before,
	  .args = { FROM_SLOT(0), B(room), N(100) },
	  .events = EVENT1(READ_X, I(100), FACT(0), SLOT(0), I(100)) },
	{ .what = "read nothing",
	  .nr = SYS_read,
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room), N(0) },
	  .events = EVENT1(READ_X, I(0), NONE, SLOT(0), I(0)) },
	{ .what = "read from nowhere",
	  .nr = SYS_read,
	  .args = { N(77), B(room), N(4) },
	  .events = EVENT1(READ_X, I(-EBADF), NONE, I(77), I(4)) },
	{ .what = "read to nowhere",
	  .nr = SYS_read,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(BAD_ADDRESS), N(4) },
	  .events = EVENT1(READ_X, I(-EFAULT), NONE, SLOT(0), I(4)) },
	{ .what = "write",
	  .nr = SYS_write,
	  .before = open_file,
	  .args = { FROM_SLOT(0), T("bytes"), N(5) },
	  .events = EVENT1(WRITE_X, I(5), BYTES("bytes"), SLOT(0), I(5)) },
	{ .what = "write more than the snaplen",
	  .before = open_file,
	  .call = write_much,
	  .after = after_nothing,
	  .events = EVENT1(WRITE_X, I(200), FACT(0), SLOT(0), I(200)) },
	{ .what = "write to nowhere what is still seen",
	  .call = write_much_nowhere,
	  .events = EVENT1(WRITE_X, I(-EBADF), FACT(0), I(77), I(200)) },
	{ .what = "write from nowhere",
	  .nr = SYS_write,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(BAD_ADDRESS), N(4) },
	  .events = EVENT1(WRITE_X, I(-EFAULT), NONE, SLOT(0), I(4)) },
	{ .what = "pread64",
	  .nr = SYS_pread64,
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room), N(5), N(7) },
	  .events = EVENT1(PREAD_X, I(5), BYTES("world"), SLOT(0), I(5), I(7)) },
	{ .what = "pread64 before the beginning",
	  .nr = SYS_pread64,
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room), N(5), N(-1) },
	  .events = EVENT1(PREAD_X, I(-EINVAL), NONE, SLOT(0), I(5), I(-1)) },
	{ .what = "pwrite64 far away",
	  .nr = SYS_pwrite64,
	  .before = open_file,
	  .args = { FROM_SLOT(0), T("z"), N(1), N(1L << 33) },
	  .events = EVENT1(PWRITE_X, I(1), BYTES("z"), SLOT(0), I(1), I(1L << 33)) },
	{ .what = "pwrite64 to nowhere",
	  .nr = SYS_pwrite64,
	  .args = { N(77), T("z"), N(1), N(0) },
	  .events = EVENT1(PWRITE_X, I(-EBADF), BYTES("z"), I(77), I(1), I(0)) },
	{ .what = "readv",
	  .before = open_file,
	  .call = readv_pieces,
	  .after = after_nothing,
	  .events = EVENT1(READV_X, I(13), I(13), HELLO, SLOT(0)) },
	{ .what = "readv of nothing",
	  .nr = SYS_readv,
	  .args = { N(77), N(BAD_ADDRESS), N(1) },
	  .events = EVENT1(READV_X, I(-EBADF), I(0), NONE, I(77)) },
	{ .what = "preadv",
	  .before = write_before,
	  .call = preadv_pieces,
	  .after = after_nothing,
	  .events = EVENT1(PREADV_X, I(7), I(7), BYTES("cdefghi"), SLOT(0), I(2)) },
	{ .what = "writev",
	  .before = open_file,
	  .call = writev_pieces,
	  .after = after_nothing,
	  .events = EVENT1(WRITEV_X, I(100), FACT(0), SLOT(0), I(100)) },
	{ .what = "writev to nowhere",
	  .call = writev_nowhere,
	  .events = EVENT1(WRITEV_X, I(-EBADF), FACT(0), I(77), I(100)) },
	{ .what = "writev without a vector",
	  .nr = SYS_writev,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(BAD_ADDRESS), N(1) },
	  .events = EVENT1(WRITEV_X, I(-EFAULT), NONE, SLOT(0), I(0)) },
	{ .what = "pwritev",
	  .before = open_file,
	  .call = pwritev_pieces,
	  .after = after_nothing,
	  .events = EVENT1(PWRITEV_X, I(100), FACT(0), SLOT(0), I(100), I(5)) },
	{ .what = "lseek",
	  .nr = SYS_lseek,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(-3), N(SEEK_END) },
	  .events = EVENT1(LSEEK_X, I(10), SLOT(0), I(-3), I(LSEEK_WHENCE_SEEK_END)) },
	{ .what = "lseek a way nobody knows",
	  .nr = SYS_lseek,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(0), N(99) },
	  .events = EVENT1(LSEEK_X, I(-EINVAL), SLOT(0), I(0), I(0)) },
	{ .what = "sendfile tells where it ended",
	  .nr = SYS_sendfile,
	  .before = open_two,
	  .args = { FROM_SLOT(1), FROM_SLOT(0), B(at_seven), N(100) },
	  .events = EVENT1(SENDFILE_X, I(6), I(13), SLOT(1), SLOT(0), I(100)) },
	{ .what = "sendfile to nowhere",
	  .nr = SYS_sendfile,
	  .before = open_two,
	  .args = { N(77), FROM_SLOT(0), N(0), N(5) },
	  .events = EVENT1(SENDFILE_X, I(-EBADF), I(0), I(77), SLOT(0), I(5)) },
	{ .what = "splice",
	  .nr = SYS_splice,
	  .before = open_pipes,
	  .args = { FROM_SLOT(0), N(0), FROM_SLOT(2), N(0), N(5),
		    N(SPLICE_F_MOVE | SPLICE_F_NONBLOCK) },
	  .events = EVENT1(SPLICE_X, I(5), SLOT(0), SLOT(2), I(5),
			   I(SPLICE_FLAGS_SPLICE_F_MOVE | SPLICE_FLAGS_SPLICE_F_NONBLOCK)) },
	{ .what = "splice of nothing",
	  .nr = SYS_splice,
	  .args = { N(77), N(0), N(78), N(0), N(5), N(0) },
	  .events = EVENT1(SPLICE_X, I(-EBADF), I(77), I(78), I(5), I(0)) },
	{ .what = "copy_file_range",
	  .nr = SYS_copy_file_range,
	  .before = open_two,
	  .args = { FROM_SLOT(0), N(0), FROM_SLOT(1), N(0), N(4), N(0) },
	  .events = EVENT1(COPY_FILE_RANGE_X, I(4), SLOT(1), I(0), SLOT(0), I(0), I(4)) },
	{ .what = "copy_file_range to nowhere",
	  .nr = SYS_copy_file_range,
	  .before = open_two,
	  .args = { FROM_SLOT(0), N(0), N(77), N(0), N(4), N(0) },
	  .events = EVENT1(COPY_FILE_RANGE_X, I(-EBADF), I(77), I(0), SLOT(0), I(0), I(4)) },
	{ .what = "process_vm_readv",
	  .call = read_own_memory,
	  .after = after_nothing,
	  .events = EVENT1(PROCESS_VM_READV_X, I(6), SLOT(0), FACT(0)) },
	{ .what = "process_vm_writev",
	  .call = write_own_memory,
	  .after = after_nothing,
	  .events = EVENT1(PROCESS_VM_WRITEV_X, I(100), SLOT(0), FACT(0)) },
	{ .what = "process_vm_readv of nobody",
	  .nr = SYS_process_vm_readv,
	  .args = { N(0x3ffffff), N(0), N(0), N(0), N(0), N(0) },
	  .events = EVENT1(PROCESS_VM_READV_X, RESULT, I(0x3ffffff), NONE) },
};

const struct rows io_rows = { "io", rows, ARRAY_SIZE(rows) };
