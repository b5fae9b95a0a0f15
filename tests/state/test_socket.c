/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define HOME  UINT32_C(0x7f000001) /* 127.0.0.1 */
#define HERE  UINT32_C(0x0a000002) /* 10.0.0.2, ours */
#define THERE UINT32_C(0x08080808) /* 8.8.8.8 */

static struct machine with_socket(int type)
{
	struct machine m = machine_new(NULL);

	SEND(&m, INTERFACE_ENTRY, 0, TEXT("lo"), BYTES("\x7f\0\0\x01"), BYTES("\xff\0\0\0"), NONE,
	     INT(0));
	SEND(&m, INTERFACE_ENTRY, 0, TEXT("eth0"), BYTES("\x0a\0\0\x02"), BYTES("\xff\xff\xff\0"),
	     NONE, INT(0));
	list_usual(&m);
	SEND(&m, SOCKET_X, 100, INT(3), INT(AF_INET), INT(type), INT(0), INT(0));
	return m;
}

static void connect_to(struct machine *m, int64_t res, uint32_t sip, uint16_t sport, uint32_t dip,
		       uint16_t dport)
{
	char buf[13];

	SEND(m, CONNECT_X, 100, INT(res), tuple4(buf, sip, sport, dip, dport), INT(3), NONE);
}

static void sockets_begin_without_a_name(void **state)
{
	static const struct {
		int domain, type, protocol;
		enum fd_type made;
		enum l4_protocol l4;
	} cases[] = {
		{ AF_INET, SOCK_STREAM, 0, FD_IPV4_SOCK, L4_TCP },
		{ AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, FD_IPV4_SOCK, L4_UDP },
		{ AF_INET6, SOCK_STREAM, 6, FD_IPV6_SOCK, L4_TCP },
		{ AF_INET, SOCK_RAW, 1, FD_IPV4_SOCK, L4_RAW },
		{ AF_INET, SOCK_DGRAM, 1, FD_IPV4_SOCK, L4_ICMP },
		{ AF_INET, SOCK_RAW, 255, FD_IPV4_SOCK, L4_RAW },
		{ AF_UNIX, SOCK_STREAM, 0, FD_UNIX_SOCK, L4_UNKNOWN },
		{ AF_NETLINK, SOCK_RAW, 0, FD_NETLINK, L4_UNKNOWN },
		{ 17, SOCK_RAW, 0, FD_UNKNOWN, L4_UNKNOWN },
	};
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SEND(&m, SOCKET_X, 100, INT(3), INT(cases[i].domain), INT(cases[i].type),
		     INT(cases[i].protocol), INT(0));
		assert_int_equal(m.who.fd_num, 3);
		assert_int_equal(m.who.fd->type, cases[i].made);
		assert_int_equal(m.who.fd->l4proto, cases[i].l4);
		assert_int_equal(m.who.fd->family, cases[i].domain);
		assert_null(m.who.fd->name);
	}
	SEND(&m, SOCKET_X, 100, INT(3), INT(AF_INET), INT(SOCK_STREAM | SOCK_CLOEXEC), INT(0),
	     INT(0));
	assert_true(m.who.fd->marks & FD_CLOEXEC);
	machine_free(&m);
}

static void a_client_connects(void **state)
{
	struct machine m = with_socket(SOCK_STREAM);
	const struct fd *fd = m.who.fd;

	(void)state;
	assert_int_equal(fd_l4proto(fd), L4_NA);
	connect_to(&m, -ECONNREFUSED, HERE, 40000, THERE, 443);
	assert_null(fd->name);
	connect_to(&m, -EINPROGRESS, HERE, 40000, THERE, 443);
	assert_true(m.who.fd_name_changed);
	assert_text(fd->name->text, "10.0.0.2:40000->8.8.8.8:443");
	assert_true((fd->marks & FD_CLIENT) && (fd->marks & FD_CONNECTED));
	assert_int_equal(fd_l4proto(fd), L4_TCP);
	assert_int_equal(fd->src.port, 40000);
	assert_int_equal(fd->dst.port, 443);
	assert_memory_equal(fd->dst.ip, "\x08\x08\x08\x08", 4);
	connect_to(&m, 0, HERE, 40000, THERE, 443);
	assert_false(m.who.fd_name_changed);
	/* What a stream carries does not rename it. */
	SEND(&m, SENDTO_X, 100, INT(1), BYTES("x"), INT(3), INT(1),
	     BYTES("\x02\0\0\0\0\0\0\0\0\0\0\0\0"));
	assert_text(fd->name->text, "10.0.0.2:40000->8.8.8.8:443");
	machine_free(&m);
}

static void a_server_accepts(void **state)
{
	struct machine m = with_socket(SOCK_STREAM);
	char buf[13];

	(void)state;
	SEND(&m, BIND_X, 100, INT(0), address4(buf, 0, 80), INT(3));
	assert_text(fd_name(&m, 100, 3), "0.0.0.0:80");
	assert_int_equal(m.who.fd->type, FD_IPV4_SERVSOCK);
	assert_true(m.who.fd->marks & FD_SERVER);
	assert_int_equal(fd_l4proto(m.who.fd), L4_TCP);
	SEND(&m, ACCEPT4_6_X, 100, INT(4), tuple4(buf, THERE, 5555, HERE, 80), INT(0), INT(0),
	     INT(5), INT(SOCK_CLOEXEC));
	assert_int_equal(m.who.fd_num, 4);
	assert_text(fd_name(&m, 100, 4), "8.8.8.8:5555->10.0.0.2:80");
	assert_true(m.who.fd->marks & FD_SERVER);
	assert_true(m.who.fd->marks & FD_CONNECTED);
	assert_true(m.who.fd->marks & FD_CLOEXEC);
	SEND(&m, ACCEPT_5_X, 100, INT(-11), NONE, INT(0), INT(0), INT(0));
	assert_null(m.who.fd);
	assert_int_equal(m.who.fd_num, -1);
	machine_free(&m);
}

static void binding_to_no_port_is_no_server(void **state)
{
	struct machine m = with_socket(SOCK_STREAM);
	char buf[7];

	(void)state;
	SEND(&m, BIND_X, 100, INT(0), address4(buf, HOME, 0), INT(3));
	assert_text(fd_name(&m, 100, 3), "127.0.0.1:0");
	assert_int_equal(m.who.fd->type, FD_IPV4_SOCK);
	assert_false(m.who.fd->marks & FD_SERVER);
	SEND(&m, BIND_X, 100, INT(-98), address4(buf, HOME, 80), INT(3));
	assert_text(fd_name(&m, 100, 3), "127.0.0.1:0");
	machine_free(&m);
}

/* The ends are kept as client -> server, whoever the process is. */
static void datagrams_tell_the_roles(void **state)
{
	struct machine m = with_socket(SOCK_DGRAM);
	char buf[13];

	(void)state;
	SEND(&m, SENDTO_X, 100, INT(4), BYTES("ping"), INT(3), INT(4),
	     tuple4(buf, 0, 4000, THERE, 53));
	/* The address left open is the one of the interface that leads there. */
	assert_text(fd_name(&m, 100, 3), "10.0.0.2:4000->8.8.8.8:53");
	assert_true(m.who.fd_name_changed && (m.who.fd->marks & FD_CLIENT));
	SEND(&m, RECVFROM_X, 100, INT(4), BYTES("pong"), tuple4(buf, THERE, 53, HERE, 4000), INT(3),
	     INT(4));
	assert_text(fd_name(&m, 100, 3), "10.0.0.2:4000->8.8.8.8:53");
	assert_false(m.who.fd_name_changed);
	/* No address buffer: nothing is known of the peer, and nothing is forgotten. */
	SEND(&m, RECVFROM_X, 100, INT(4), BYTES("pong"), tuple4(buf, 0, 0, 0, 4000), INT(3),
	     INT(4));
	assert_text(fd_name(&m, 100, 3), "10.0.0.2:4000->8.8.8.8:53");

	SEND(&m, SOCKET_X, 100, INT(5), INT(AF_INET), INT(SOCK_DGRAM), INT(0), INT(0));
	SEND(&m, BIND_X, 100, INT(0), address4(buf, HOME, 5353), INT(5));
	SEND(&m, RECVFROM_X, 100, INT(4), BYTES("ping"), tuple4(buf, HOME, 999, HOME, 5353), INT(5),
	     INT(4));
	assert_text(fd_name(&m, 100, 5), "127.0.0.1:999->127.0.0.1:5353");
	assert_true(m.who.fd->marks & FD_SERVER);
	SEND(&m, SENDTO_X, 100, INT(4), BYTES("pong"), INT(5), INT(4),
	     tuple4(buf, HOME, 5353, HOME, 999));
	assert_text(fd_name(&m, 100, 5), "127.0.0.1:999->127.0.0.1:5353");
	SEND(&m, SENDTO_X, 100, INT(4), BYTES("pong"), INT(5), INT(4),
	     tuple4(buf, HOME, 5353, HOME, 998));
	assert_text(fd_name(&m, 100, 5), "127.0.0.1:998->127.0.0.1:5353");
	machine_free(&m);
}

static void a_message_without_success_says_nothing(void **state)
{
	struct machine m = with_socket(SOCK_DGRAM);
	char buf[13];

	(void)state;
	SEND(&m, SENDTO_X, 100, INT(-1), NONE, INT(3), INT(4), tuple4(buf, HERE, 1, THERE, 53));
	assert_null(m.who.fd->name);
	assert_false(m.who.fd->marks & FD_CONNECTED);
	SEND(&m, SENDTO_X, 100, INT(4), NONE, INT(3), INT(4), BYTES("\x02\x01\x02"));
	assert_null(m.who.fd->name);
	assert_true(m.who.fd->marks & FD_CONNECTED);
	machine_free(&m);
}

static void a_missed_socket_is_taken_for_datagrams(void **state)
{
	struct machine m = machine_new(NULL);
	char buf[13];

	(void)state;
	list_usual(&m);
	SEND(&m, SENDTO_X, 100, INT(4), BYTES("ping"), INT(9), INT(4),
	     tuple4(buf, HERE, 4000, THERE, 53));
	assert_text(fd_name(&m, 100, 9), "10.0.0.2:4000->8.8.8.8:53");
	assert_int_equal(fd_l4proto(m.who.fd), L4_UDP);
	machine_free(&m);
}

static void ipv4_within_ipv6_is_ipv4(void **state)
{
	static const struct {
		const char *what;
		struct arg tuple;
		enum fd_type type;
		const char *name;
	} cases[] = {
		{ "mapped",
		  BYTES("\x0a\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01\xb8\x0b"
			"\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01\x50\0"),
		  FD_IPV4_SOCK, "127.0.0.1:3000->127.0.0.1:80" },
		{ "real",
		  BYTES("\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xb8\x0b"
			"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x50\0"),
		  FD_IPV6_SOCK, "::1:3000->2001:db8::2:80" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_new(NULL);

		print_message("  %s\n", cases[i].what);
		list_usual(&m);
		SEND(&m, SOCKET_X, 100, INT(3), INT(AF_INET6), INT(SOCK_STREAM), INT(0), INT(0));
		SEND(&m, CONNECT_X, 100, INT(0), cases[i].tuple, INT(3), NONE);
		assert_text(fd_name(&m, 100, 3), cases[i].name);
		assert_int_equal(m.who.fd->type, cases[i].type);
		machine_free(&m);
	}
}

static void a_server_is_named_as_it_was_bound(void **state)
{
	static const struct {
		const char *what;
		struct arg address;
		enum fd_type type;
		const char *name;
	} cases[] = {
		{ "IPv6", BYTES("\x0a\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x50\0"),
		  FD_IPV6_SERVSOCK, "2001:db8::2:80" },
		{ "IPv4 within", BYTES("\x0a\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01\x50\0"),
		  FD_IPV4_SERVSOCK, "::ffff:127.0.0.1:80" },
		{ "any", BYTES("\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x50\0"), FD_IPV4_SERVSOCK,
		  ":::80" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = machine_new(NULL);

		print_message("  %s\n", cases[i].what);
		list_usual(&m);
		SEND(&m, SOCKET_X, 100, INT(3), INT(AF_INET6), INT(SOCK_STREAM), INT(0), INT(0));
		SEND(&m, BIND_X, 100, INT(0), cases[i].address, INT(3));
		assert_text(fd_name(&m, 100, 3), cases[i].name);
		assert_int_equal(m.who.fd->type, cases[i].type);
		assert_int_equal(m.who.fd->dst.port, 80);
		machine_free(&m);
	}
}

static void unix_sockets_are_named_by_pointers_and_path(void **state)
{
	static const char full[] = "\x01\x10\0\0\0\0\0\0\xff\x20\0\0\0\0\0\0\xff/run/s\n";
	static const char poor[] = "\x01\x20\0\0\0\0\0\0\xff\x10\0\0\0\0\0\0\xff";
	static const char other[] = "\x01\x30\0\0\0\0\0\0\xff\x10\0\0\0\0\0\0\xff";
	struct machine m = machine_new(NULL);

	(void)state;
	list_usual(&m);
	SEND(&m, SOCKET_X, 100, INT(3), INT(AF_UNIX), INT(SOCK_STREAM), INT(0), INT(0));
	SEND(&m, CONNECT_X, 100, INT(0), ((struct arg){ ARG_BYTES, 0, full, sizeof(full) }), INT(3),
	     NONE);
	assert_text(fd_name(&m, 100, 3), "ff00000000000010->ff00000000000020 /run/s\xEF\xBF\xBD");
	assert_int_equal(m.who.fd->unix_src, UINT64_C(0xff00000000000010));
	assert_true(m.who.fd->marks & FD_CLIENT);
	/* A message that leaves out the path is no reason to forget it. */
	SEND(&m, RECVMSG_X, 100, INT(1), INT(1), BYTES("x"),
	     ((struct arg){ ARG_BYTES, 0, poor, sizeof(poor) }), NONE, INT(3));
	assert_text(fd_name(&m, 100, 3), "ff00000000000010->ff00000000000020 /run/s\xEF\xBF\xBD");
	SEND(&m, RECVMSG_X, 100, INT(1), INT(1), BYTES("x"),
	     ((struct arg){ ARG_BYTES, 0, other, sizeof(other) }), NONE, INT(3));
	assert_text(fd_name(&m, 100, 3), "ff00000000000030->ff00000000000010 ");
	SEND(&m, SOCKETPAIR_X, 100, INT(0), INT(5), INT(6), INT(17), INT(18), INT(AF_UNIX),
	     INT(SOCK_STREAM), INT(0));
	assert_int_equal(m.who.fd_num, 6);
	assert_int_equal(state_fd(m.s, thread_of(&m, 100), 5)->unix_dst, 18);
	SEND(&m, SOCKET_X, 100, INT(7), INT(AF_UNIX), INT(SOCK_STREAM), INT(0), INT(0));
	SEND(&m, BIND_X, 100, INT(0), BYTES("\x01/run/me\0"), INT(7));
	assert_text(fd_name(&m, 100, 7), "/run/me");
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_begin_without_a_name),
		cmocka_unit_test(a_client_connects),
		cmocka_unit_test(a_server_accepts),
		cmocka_unit_test(binding_to_no_port_is_no_server),
		cmocka_unit_test(datagrams_tell_the_roles),
		cmocka_unit_test(a_message_without_success_says_nothing),
		cmocka_unit_test(a_missed_socket_is_taken_for_datagrams),
		cmocka_unit_test(ipv4_within_ipv6_is_ipv4),
		cmocka_unit_test(a_server_is_named_as_it_was_bound),
		cmocka_unit_test(unix_sockets_are_named_by_pointers_and_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
