/* SPDX-License-Identifier: Apache-2.0 */

/* Sockets: made, named, connected, accepted, configured. */

#include "socket_facts.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static struct listener listener;

static void listen4(struct stage *s)
{
	listener = listen_on(AF_INET, SOCK_STREAM);
	s->slot[0] = listener.fd;
}

static void listen6(struct stage *s)
{
	listener = listen_on(AF_INET6, SOCK_STREAM);
	s->slot[0] = listener.fd;
}

static void stream4(struct stage *s)
{
	listen4(s);
	s->slot[1] = socket(AF_INET, SOCK_STREAM, 0);
}

/* As it does not wait, it gets no further than being under way. */
static void impatient4(struct stage *s)
{
	listen4(s);
	s->slot[1] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static void stream6(struct stage *s)
{
	listen6(s);
	s->slot[1] = socket(AF_INET6, SOCK_STREAM, 0);
}

/* A port nobody listens on. */
static void closed4(struct stage *s)
{
	stream4(s);
	close(listener.fd);
}

static void client_waits(struct stage *s)
{
	listen4(s);
	s->slot[1] = connect_to(&listener, AF_INET, SOCK_STREAM);
}

static void client6_waits(struct stage *s)
{
	listen6(s);
	s->slot[1] = connect_to(&listener, AF_INET6, SOCK_STREAM);
}

static void plain4(struct stage *s)
{
	s->slot[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

/* ---- Connecting ----------------------------------------------------------------------------- */

static long connect_it(struct stage *s)
{
	return RAW(SYS_connect, (uint64_t)s->slot[1], AT(listener.at), listener.len);
}

static void after_connect(struct stage *s)
{
	fact_tuple(s, 0, (int)s->slot[1], false, (struct sockaddr *)listener.at);
	fact_address(s, 1, (struct sockaddr *)listener.at);
}

/* v4-mapped: an IPv6 socket that speaks to an IPv4 one. */
static long connect_mapped(struct stage *s)
{
	struct sockaddr_in6 *a = low_memory(sizeof(*a));

	a->sin6_family = AF_INET6;
	a->sin6_port = ((struct sockaddr_in *)listener.at)->sin_port;
	memcpy(&a->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
	memcpy(listener.at, a, sizeof(*a));
	return RAW(SYS_connect, (uint64_t)s->slot[1], AT(a), sizeof(*a));
}

static void mapped(struct stage *s)
{
	listen4(s);
	s->slot[1] = socket(AF_INET6, SOCK_STREAM, 0);
}

/* ---- Accepting ------------------------------------------------------------------------------ */

static void after_accept(struct stage *s)
{
	fact_tuple(s, 0, (int)s->result, true, NULL);
}

/* ---- Unix sockets: what the kernel calls them is not known here ------------------------------ */

static struct sockaddr_un *unix_name(const char *name, size_t len, socklen_t *out)
{
	struct sockaddr_un *a = low_memory(sizeof(*a));

	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, name, len);
	*out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return a;
}

static void unix_socket(struct stage *s)
{
	s->slot[0] = socket(AF_UNIX, SOCK_STREAM, 0);
}

static long bind_path(struct stage *s)
{
	socklen_t len;
	struct sockaddr_un *a = unix_name("path", 5, &len);

	return RAW(SYS_bind, (uint64_t)s->slot[0], AT(a), len);
}

static long bind_abstract(struct stage *s)
{
	socklen_t len;
	struct sockaddr_un *a = unix_name("\0besra-test-abstract", 20, &len);

	return RAW(SYS_bind, (uint64_t)s->slot[0], AT(a), len);
}

/* A name that fills the whole struct has no NUL of its own. */
static long bind_longest(struct stage *s)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
	uint8_t fact[1 + sizeof(name) + 1] = { AF_UNIX };
	socklen_t len;

	memset(name, 'n', sizeof(name));
	memcpy(fact + 1, name, sizeof(name));
	stage_fact(s, 0, fact, sizeof(fact));
	return RAW(SYS_bind, (uint64_t)s->slot[0], AT(unix_name(name, sizeof(name), &len)), len);
}

static void unix_server(struct stage *s)
{
	struct sockaddr_un *a;
	socklen_t len;

	unix_socket(s);
	a = unix_name("server", 7, &len);
	s->slot[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind((int)s->slot[1], (struct sockaddr *)a, len) < 0 || listen((int)s->slot[1], 3) < 0)
		_exit(99);
}

static long connect_path(struct stage *s)
{
	socklen_t len;
	struct sockaddr_un *a = unix_name("server", 7, &len);

	return RAW(SYS_connect, (uint64_t)s->slot[0], AT(a), len);
}

static int *pair;

static void pair_room(struct stage *s)
{
	(void)s;
	pair = low_memory(2 * sizeof(int));
}

static long make_pair(struct stage *s)
{
	(void)s;
	return RAW(SYS_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, AT(pair));
}

static void after_pair(struct stage *s)
{
	s->slot[0] = pair[0];
	s->slot[1] = pair[1];
}

/* ---- Options -------------------------------------------------------------------------------- */

static int one = 1, four_thousand = 4096;
static struct timeval some_time = { 3, 500000 };

static long get_type(struct stage *s)
{
	int *value = low_memory(sizeof(*value));
	socklen_t *len = low_memory(sizeof(*len));

	*len = sizeof(*value);
	return RAW(SYS_getsockopt, (uint64_t)s->slot[0], SOL_SOCKET, SO_TYPE, AT(value), AT(len));
}

static struct sockaddr_in any4 = { .sin_family = AF_INET };
static struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT };

static void plain6(struct stage *s)
{
	s->slot[0] = socket(AF_INET6, SOCK_DGRAM, 0);
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
#define INET         I(SOCKET_FAMILIES_AF_INET)
#define OPTION(name) I(SOCKOPT_LEVELS_SOCKOPT_LEVEL_SOL_SOCKET), I(SOCKOPT_OPTIONS_SOCKOPT_##name)

static const struct row rows[] = {
	{ .what = "socket",
	  .nr = SYS_socket,
	  .args = { N(AF_INET), N(SOCK_STREAM), N(IPPROTO_TCP) },
	  .events = EVENT1(SOCKET_X, RESULT, INET, I(SOCK_STREAM), I(IPPROTO_TCP), I(0)) },
	{ .what = "socket with flags in its type",
	  .nr = SYS_socket,
	  .args = { N(AF_INET6), N(SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK), N(0) },
	  .events = EVENT1(SOCKET_X, RESULT, I(SOCKET_FAMILIES_AF_INET6),
			   I(SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK), I(0),
			   I(FILE_FLAGS_O_CLOEXEC | FILE_FLAGS_O_NONBLOCK)) },
	{ .what = "socket of a family nobody knows",
	  .nr = SYS_socket,
	  .args = { N(200), N(1), N(0) },
	  .events = EVENT1(SOCKET_X, I(-EAFNOSUPPORT), I(0), I(1), I(0), I(0)) },
	{ .what = "socketpair",
	  .before = pair_room,
	  .call = make_pair,
	  .after = after_pair,
	  .events = EVENT1(SOCKETPAIR_X, I(0), SLOT(0), SLOT(1), SOME, SOME,
			   I(SOCKET_FAMILIES_AF_UNIX), I(SOCK_DGRAM | SOCK_CLOEXEC), I(0)) },
	{ .what = "socketpair of a family that has none",
	  .nr = SYS_socketpair,
	  .args = { N(AF_INET), N(SOCK_STREAM), N(0), B(one) },
	  .events = EVENT1(SOCKETPAIR_X, I(-EOPNOTSUPP), I(-1), I(-1), I(0), I(0), INET,
			   I(SOCK_STREAM), I(0)) },
	{ .what = "bind to any IPv4 address",
	  .nr = SYS_bind,
	  .before = plain4,
	  .args = { FROM_SLOT(0), B(any4), N(sizeof(any4)) },
	  .events = EVENT1(BIND_X, I(0), BYTES("\2\0\0\0\0\0\0"), SLOT(0)) },
	{ .what = "bind to any IPv6 address",
	  .nr = SYS_bind,
	  .before = plain6,
	  .args = { FROM_SLOT(0), B(any6), N(sizeof(any6)) },
	  .events =
		  EVENT1(BIND_X, I(0), BYTES("\12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), SLOT(0)) },
	{ .what = "bind to a path",
	  .before = unix_socket,
	  .call = bind_path,
	  .after = NULL,
	  .events = EVENT1(BIND_X, I(0), BYTES("\1path\0"), SLOT(0)) },
	{ .what = "bind to an abstract name",
	  .before = unix_socket,
	  .call = bind_abstract,
	  .events = EVENT1(BIND_X, I(0), BYTES("\1besra-test-abstract\0"), SLOT(0)) },
	{ .what = "bind to the longest path",
	  .before = unix_socket,
	  .call = bind_longest,
	  .events = EVENT1(BIND_X, I(0), FACT(0), SLOT(0)) },
	{ .what = "bind of nothing",
	  .nr = SYS_bind,
	  .args = { N(77), B(any4), N(sizeof(any4)) },
	  .events = EVENT1(BIND_X, I(-EBADF), BYTES("\2\0\0\0\0\0\0"), I(77)) },
	{ .what = "bind to an address too short",
	  .nr = SYS_bind,
	  .before = plain4,
	  .args = { FROM_SLOT(0), B(any4), N(4) },
	  .events = EVENT1(BIND_X, I(-EINVAL), NONE, SLOT(0)) },
	{ .what = "listen",
	  .nr = SYS_listen,
	  .before = plain4,
	  .args = { FROM_SLOT(0), N(7) },
	  .events = EVENT1(LISTEN_X, I(0), SLOT(0), I(7)) },
	{ .what = "listen on nothing",
	  .nr = SYS_listen,
	  .args = { N(77), N(-1) },
	  .events = EVENT1(LISTEN_X, I(-EBADF), I(77), I(-1)) },
	{ .what = "connect over IPv4",
	  .before = stream4,
	  .call = connect_it,
	  .after = after_connect,
	  .extension = { NONE, FACT(0) },
	  .events = EVENT1(CONNECT_X, I(0), FACT(0), SLOT(1), FACT(1)) },
	{ .what = "connect over IPv4 without waiting",
	  .before = impatient4,
	  .call = connect_it,
	  .after = after_connect,
	  .extension = { NONE, FACT(0) },
	  .events = EVENT1(CONNECT_X, I(-EINPROGRESS), FACT(0), SLOT(1), FACT(1)) },
	{ .what = "connect over IPv6",
	  .before = stream6,
	  .call = connect_it,
	  .after = after_connect,
	  .extension = { NONE, FACT(0) },
	  .events = EVENT1(CONNECT_X, I(0), FACT(0), SLOT(1), FACT(1)) },
	{ .what = "connect over IPv6 to an IPv4 address",
	  .before = mapped,
	  .call = connect_mapped,
	  .after = after_connect,
	  .events = EVENT1(CONNECT_X, I(0), FACT(0), SLOT(1), FACT(1)) },
	{ .what = "connect that is refused names its destination",
	  .before = closed4,
	  .call = connect_it,
	  .after = after_connect,
	  .events = EVENT1(CONNECT_X, I(-ECONNREFUSED), SOME, SLOT(1), FACT(1)) },
	{ .what = "connect without an address",
	  .nr = SYS_connect,
	  .before = plain4,
	  .args = { FROM_SLOT(0), N(BAD_ADDRESS), N(16) },
	  .events = EVENT1(CONNECT_X, I(-EFAULT), NONE, SLOT(0), NONE) },
	{ .what = "connect to an address too short",
	  .nr = SYS_connect,
	  .before = plain4,
	  .args = { FROM_SLOT(0), B(any4), N(3) },
	  .events = EVENT1(CONNECT_X, I(-EINVAL), NONE, SLOT(0), NONE) },
	{ .what = "connect of nothing",
	  .nr = SYS_connect,
	  .args = { N(77), B(any4), N(sizeof(any4)) },
	  .events = EVENT1(CONNECT_X, I(-EBADF), NONE, I(77), BYTES("\2\0\0\0\0\0\0")) },
	{ .what = "connect to a path",
	  .before = unix_server,
	  .call = connect_path,
	  .extension = { PATH("server"), SOME },
	  .events = EVENT1(CONNECT_X, I(0), SOME, SLOT(0), BYTES("\1server\0")) },
	{ .what = "accept",
	  .nr = SYS_accept,
	  .before = client_waits,
	  .args = { FROM_SLOT(0), N(0), N(0) },
	  .after = after_accept,
	  .extension = { NONE, FACT(0) },
	  .events = EVENT1(ACCEPT_5_X, RESULT, FACT(0), I(0), I(0), I(5)) },
	{ .what = "accept of nobody",
	  .nr = SYS_accept,
	  .before = plain4,
	  .args = { FROM_SLOT(0), N(0), N(0) },
	  .events = EVENT1(ACCEPT_5_X, I(-EINVAL), NONE, I(0), I(0), I(0)) },
	{ .what = "accept4 over IPv6",
	  .nr = SYS_accept4,
	  .before = client6_waits,
	  .args = { FROM_SLOT(0), N(0), N(0), N(SOCK_CLOEXEC | SOCK_NONBLOCK) },
	  .after = after_accept,
	  .extension = { NONE, FACT(0) },
	  .events = EVENT1(ACCEPT4_6_X, RESULT, FACT(0), I(0), I(0), I(5),
			   I(FILE_FLAGS_O_CLOEXEC | FILE_FLAGS_O_NONBLOCK)) },
	{ .what = "accept4 on nothing",
	  .nr = SYS_accept4,
	  .args = { N(77), N(0), N(0), N(0) },
	  .events = EVENT1(ACCEPT4_6_X, I(-EBADF), NONE, I(0), I(0), I(0), I(0)) },
	{ .what = "getsockname",
	  .nr = SYS_getsockname,
	  .args = { N(77), N(0), N(0) },
	  .events = { { EVENT_GETSOCKNAME_X, { { 0 } } } } },
	{ .what = "getpeername",
	  .nr = SYS_getpeername,
	  .args = { N(77), N(0), N(0) },
	  .events = { { EVENT_GETPEERNAME_X, { { 0 } } } } },
	{ .what = "shutdown",
	  .nr = SYS_shutdown,
	  .before = client_waits,
	  .args = { FROM_SLOT(1), N(SHUT_WR) },
	  .events = EVENT1(SHUTDOWN_X, I(0), SLOT(1), I(SHUTDOWN_HOW_SHUT_WR)) },
	{ .what = "shutdown a way nobody knows",
	  .nr = SYS_shutdown,
	  .before = client_waits,
	  .args = { FROM_SLOT(1), N(9) },
	  .events = EVENT1(SHUTDOWN_X, I(-EINVAL), SLOT(1), I(0xff)) },
	{ .what = "setsockopt of a number",
	  .nr = SYS_setsockopt,
	  .before = plain4,
	  .args = { FROM_SLOT(0), N(SOL_SOCKET), N(SO_SNDBUF), B(four_thousand), N(4) },
	  .events = EVENT1(SETSOCKOPT_X, I(0), SLOT(0), OPTION(SO_SNDBUF), BYTES("\2\0\x10\0\0"),
			   I(4)) },
	{ .what = "setsockopt of a time",
	  .nr = SYS_setsockopt,
	  .before = plain4,
	  .args = { FROM_SLOT(0), N(SOL_SOCKET), N(SO_RCVTIMEO), B(some_time),
		    N(sizeof(some_time)) },
	  .events = EVENT1(SETSOCKOPT_X, I(0), SLOT(0), OPTION(SO_RCVTIMEO),
			   BYTES("\4\0\xc3\x9d\xd0\0\0\0\0"), I(16)) },
	{ .what = "setsockopt of another level",
	  .nr = SYS_setsockopt,
	  .before = plain4,
	  .args = { FROM_SLOT(0), N(IPPROTO_TCP), N(TCP_NODELAY), B(one), N(4) },
	  .events = EVENT1(SETSOCKOPT_X, I(0), SLOT(0), I(SOCKOPT_LEVELS_SOCKOPT_LEVEL_SOL_TCP),
			   I(0), BYTES("\0\1\0\0\0"), I(4)) },
	{ .what = "setsockopt of an option nobody knows",
	  .nr = SYS_setsockopt,
	  .before = plain4,
	  .args = { FROM_SLOT(0), N(SOL_SOCKET), N(9999), T("value"), N(5) },
	  .events = EVENT1(SETSOCKOPT_X, I(-ENOPROTOOPT), SLOT(0),
			   I(SOCKOPT_LEVELS_SOCKOPT_LEVEL_SOL_SOCKET), I(0), BYTES("\0value"),
			   I(5)) },
	{ .what = "getsockopt",
	  .before = plain4,
	  .call = get_type,
	  .events =
		  EVENT1(GETSOCKOPT_X, I(0), SLOT(0), OPTION(SO_TYPE), BYTES("\2\1\0\0\0"), I(4)) },
	{ .what = "getsockopt of nothing",
	  .nr = SYS_getsockopt,
	  .args = { N(77), N(SOL_SOCKET), N(SO_TYPE), B(one), B(four_thousand) },
	  .events = EVENT1(GETSOCKOPT_X, I(-EBADF), I(77), OPTION(SO_TYPE), BYTES("\2\1\0\0\0"),
			   I(4096)) },
};

const struct rows socket_rows = { "sockets", rows, ARRAY_SIZE(rows) };
