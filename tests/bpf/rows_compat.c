/* SPDX-License-Identifier: Apache-2.0 */

/* Calls as 32-bit programs make them: other numbers, other structs, calls that stand for many. */

#include "socket_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	COMPAT_READ = 3,
	COMPAT_OPEN = 5,
	COMPAT_CLOSE = 6,
	COMPAT_GETPID = 20,
	COMPAT_SETUID16 = 23,
	COMPAT_SETRLIMIT = 75,
	COMPAT_OLD_MMAP = 90,
	COMPAT_SOCKETCALL = 102,
	COMPAT_LLSEEK = 140,
	COMPAT_WRITEV = 146,
	COMPAT_NANOSLEEP = 162,
	COMPAT_PREAD64 = 180,
	COMPAT_FCNTL64 = 221,
	COMPAT_OPENAT = 295,
	COMPAT_SENDMSG = 370,
	COMPAT_NANOSLEEP64 = 407,
};

struct words {
	uint32_t w[8];
};

static uint32_t low(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static void open_file(struct stage *s)
{
	s->slot[0] = open("file", O_RDWR);
}

static const struct words limits = { { 100, 200 } };
static const struct words milli = { { 0, 1000000 } };
static char room[64];
static uint64_t position;

/* Structs with pointers in them are made when the row runs, and found through a slot. */
static void keep(struct stage *s, unsigned slot, const struct words *w)
{
	s->slot[slot] = (int64_t)(uintptr_t)low_copy(w, sizeof(*w));
}

static void two_pieces(struct stage *s)
{
	open_file(s);
	keep(s, 1,
	     &(struct words){ { low(low_copy("first ", 6)), 6, low(low_copy("second", 6)), 6 } });
}

static void old_mmap(struct stage *s)
{
	keep(s, 0, &(struct words){ { 0, 8192, 3, 0x22, ~0u, 0 } });
}

static void socketcall_socket(struct stage *s)
{
	keep(s, 0, &(struct words){ { AF_INET, SOCK_STREAM, 6 } });
}

static struct listener server;

static void socketcall_connect(struct stage *s)
{
	server = listen_on(AF_INET, SOCK_STREAM);
	s->slot[1] = socket(AF_INET, SOCK_STREAM, 0);
	keep(s, 0, &(struct words){ { (uint32_t)s->slot[1], low(server.at), server.len } });
}

static void after_connect(struct stage *s)
{
	fact_tuple(s, 0, (int)s->slot[1], false, NULL);
	fact_address(s, 1, (struct sockaddr *)server.at);
}

static void socketcall_send(struct stage *s)
{
	server = listen_on(AF_INET, SOCK_STREAM);
	s->slot[1] = connect_to(&server, AF_INET, SOCK_STREAM);
	keep(s, 0,
	     &(struct words){ { (uint32_t)s->slot[1], low(low_copy("sent", 4)), 4, 0, 77, 78 } });
}

static void datagram(struct stage *s)
{
	struct words v = { { low(low_copy("mess", 4)), 4, low(low_copy("age", 3)), 3 } };
	struct words m;

	server = listen_on(AF_INET, SOCK_DGRAM);
	s->slot[1] = socket(AF_INET, SOCK_DGRAM, 0);
	m = (struct words){ { low(server.at), server.len, low(low_copy(&v, sizeof(v))), 2 } };
	keep(s, 0, &m);
}

static void after_datagram(struct stage *s)
{
	fact_tuple(s, 0, (int)s->slot[1], false, (struct sockaddr *)server.at);
	s->fact[0][1] = s->fact[0][2] = s->fact[0][3] = s->fact[0][4] = 0;
}

static void after_nothing(struct stage *s)
{
	(void)s;
}

#define EVENT1(type, ...)                                                                          \
	{                                                                                          \
		{                                                                                  \
			EVENT_##type,                                                              \
			{                                                                          \
				__VA_ARGS__                                                        \
			}                                                                          \
		}                                                                                  \
	}
#define COMPAT(number) .nr = COMPAT_##number, .compat = true

static const struct row rows[] = {
	{ .what = "32 bits: a call without arguments",
	  COMPAT(GETPID),
	  .events = EVENT1(GENERIC_X, I(16), I(SYS_getpid)) },
	{ .what = "32 bits: open",
	  COMPAT(OPEN),
	  .args = { T("file"), N(O_RDONLY) },
	  .events = EVENT1(OPEN_X, RESULT, S("file"), I(FILE_FLAGS_O_RDONLY), I(0), SLOT(SLOT_DEV),
			   SLOT(SLOT_INO)) },
	{ .what = "32 bits: openat",
	  COMPAT(OPENAT),
	  .args = { N(AT_FDCWD), T("nothing"), N(O_RDWR) },
	  .events = EVENT1(OPENAT_2_X, I(-ENOENT), I(AT_FDCWD), S("nothing"), I(FILE_FLAGS_O_RDWR),
			   I(0), I(0), I(0)) },
	{ .what = "32 bits: close of nothing",
	  COMPAT(CLOSE),
	  .args = { N(77) },
	  .events = EVENT1(CLOSE_X, I(-EBADF), I(77)) },
	{ .what = "32 bits: read",
	  COMPAT(READ),
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room), N(5) },
	  .events = EVENT1(READ_X, I(5), BYTES("hello"), SLOT(0), I(5)) },
	{ .what = "32 bits: pread64 beyond 4 GiB",
	  COMPAT(PREAD64),
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room), N(5), N(7), N(1) },
	  .events = EVENT1(PREAD_X, I(0), NONE, SLOT(0), I(5), I(0x100000007)) },
	{ .what = "32 bits: writev",
	  COMPAT(WRITEV),
	  .before = two_pieces,
	  .args = { FROM_SLOT(0), FROM_SLOT(1), N(2) },
	  .events = EVENT1(WRITEV_X, I(12), BYTES("first second"), SLOT(0), I(12)) },
	{ .what = "32 bits: _llseek",
	  COMPAT(LLSEEK),
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(2), N(3), B(position), N(SEEK_SET) },
	  .events = EVENT1(LSEEK_X, I(0x200000003), SLOT(0), I(0x200000003),
			   I(LSEEK_WHENCE_SEEK_SET)) },
	{ .what = "32 bits: setuid with 16 bits",
	  COMPAT(SETUID16),
	  .args = { N(0x1ffff) },
	  .events = EVENT1(SETUID_X, I(-EINVAL), I(-1)) },
	{ .what = "32 bits: setrlimit",
	  COMPAT(SETRLIMIT),
	  .args = { N(RLIMIT_NOFILE), B(limits) },
	  .events = EVENT1(SETRLIMIT_X, I(0), I(100), I(200), I(RLIMIT_RESOURCES_RLIMIT_NOFILE)) },
	{ .what = "32 bits: nanosleep",
	  COMPAT(NANOSLEEP),
	  .args = { B(milli), N(0) },
	  .events = EVENT1(NANOSLEEP_X, I(0), I(1000000)) },
	{ .what = "32 bits: fcntl for a 64-bit lock",
	  COMPAT(FCNTL64),
	  .args = { N(77), N(13), N(4096) },
	  .events = EVENT1(FCNTL_X, I(-EBADF), I(77), I(FCNTL_COMMANDS_FCNTL_F_SETLK64), I(4096)) },
	{ .what = "32 bits: mmap with its arguments in memory",
	  COMPAT(OLD_MMAP),
	  .before = old_mmap,
	  .args = { FROM_SLOT(0) },
	  .after = after_nothing,
	  .events = EVENT1(MMAP_X, SOME, SOME, SOME, SOME, I(0), I(8192),
			   I(PROT_FLAGS_PROT_READ | PROT_FLAGS_PROT_WRITE),
			   I(MMAP_FLAGS_MAP_PRIVATE | MMAP_FLAGS_MAP_ANONYMOUS), I(-1), I(0)) },
	{ .what = "32 bits: socketcall that makes a socket",
	  COMPAT(SOCKETCALL),
	  .before = socketcall_socket,
	  .args = { N(1), FROM_SLOT(0) },
	  .events = EVENT1(SOCKET_X, RESULT, I(SOCKET_FAMILIES_AF_INET), I(SOCK_STREAM), I(6),
			   I(0)) },
	{ .what = "32 bits: socketcall that connects",
	  COMPAT(SOCKETCALL),
	  .before = socketcall_connect,
	  .args = { N(3), FROM_SLOT(0) },
	  .after = after_connect,
	  .events = EVENT1(CONNECT_X, I(0), FACT(0), SLOT(1), FACT(1)) },
	{ .what = "32 bits: socketcall that sends",
	  COMPAT(SOCKETCALL),
	  .before = socketcall_send,
	  .args = { N(9), FROM_SLOT(0) },
	  .after = after_connect,
	  .events = EVENT1(SENDTO_X, I(4), BYTES("sent"), SLOT(1), I(4), FACT(0)) },
	{ .what = "32 bits: sendmsg",
	  COMPAT(SENDMSG),
	  .before = datagram,
	  .args = { FROM_SLOT(1), FROM_SLOT(0), N(0) },
	  .after = after_datagram,
	  .events = EVENT1(SENDMSG_X, I(7), BYTES("message"), SLOT(1), I(7), FACT(0)) },
};

const struct rows compat_rows = { "32 bits", rows, ARRAY_SIZE(rows) };
