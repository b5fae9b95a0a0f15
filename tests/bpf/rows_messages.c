/* SPDX-License-Identifier: Apache-2.0 */

/* What goes through sockets. */

#include "socket_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static struct listener receiver;
static struct sockaddr_storage *other;

/* A bound receiver in slot 0, a sender that is not connected in slot 1. */
static void udp4(struct stage *s)
{
	receiver = listen_on(AF_INET, SOCK_DGRAM);
	s->slot[0] = receiver.fd;
	s->slot[1] = socket(AF_INET, SOCK_DGRAM, 0);
}

static void udp6(struct stage *s)
{
	receiver = listen_on(AF_INET6, SOCK_DGRAM);
	s->slot[0] = receiver.fd;
	s->slot[1] = socket(AF_INET6, SOCK_DGRAM, 0);
}

static void udp4_waiting(struct stage *s)
{
	udp4(s);
	other = low_memory(sizeof(*other));
	if (sendto((int)s->slot[1], "datagram", 8, 0, (struct sockaddr *)receiver.at,
		   receiver.len) != 8)
		_exit(99);
}

static void tcp4(struct stage *s)
{
	struct listener l = listen_on(AF_INET, SOCK_STREAM);

	s->slot[0] = connect_to(&l, AF_INET, SOCK_STREAM);
	s->slot[1] = accept(l.fd, NULL, NULL);
	if (write((int)s->slot[1], "from the server", 15) != 15)
		_exit(99);
}

/* ---- One at a time -------------------------------------------------------------------------- */

static long send_datagram(struct stage *s)
{
	return RAW(SYS_sendto, (uint64_t)s->slot[1], AT(low_copy("datagram", 8)), 8, 0,
		   AT(receiver.at), receiver.len);
}

static void after_send(struct stage *s)
{
	fact_tuple(s, 0, (int)s->slot[1], false, (struct sockaddr *)receiver.at);
}

static long receive_datagram(struct stage *s)
{
	socklen_t *len = low_memory(sizeof(*len));

	*len = sizeof(*other);
	return RAW(SYS_recvfrom, (uint64_t)s->slot[0], AT(low_memory(100)), 100, 0, AT(other),
		   AT(len));
}

static void after_receive(struct stage *s)
{
	fact_tuple(s, 0, (int)s->slot[0], true, (struct sockaddr *)other);
}

static void after_stream(struct stage *s)
{
	fact_tuple(s, 0, (int)s->slot[0], false, NULL);
	fact_tuple(s, 1, (int)s->slot[0], true, NULL);
}

static char room[64];

/* ---- Messages in pieces --------------------------------------------------------------------- */

static struct msghdr *message(void *name, socklen_t len)
{
	struct msghdr *m = low_memory(sizeof(*m));
	struct iovec *v = low_memory(2 * sizeof(*v));

	v[0] = (struct iovec){ low_copy("head ", 5), 5 };
	v[1] = (struct iovec){ low_copy("tail", 4), 4 };
	*m = (struct msghdr){ .msg_name = name, .msg_namelen = len, .msg_iov = v, .msg_iovlen = 2 };
	return m;
}

static long send_message(struct stage *s)
{
	return RAW(SYS_sendmsg, (uint64_t)s->slot[1], AT(message(receiver.at, receiver.len)), 0);
}

static long send_message_nowhere(struct stage *s)
{
	(void)s;
	return RAW(SYS_sendmsg, 77, AT(message(NULL, 0)), 0);
}

static long receive_message(struct stage *s)
{
	return RAW(SYS_recvmsg, (uint64_t)s->slot[0], AT(message(other, sizeof(*other))), 0);
}

/* A descriptor passed along: the control data tells of it. */
static void pass_descriptor(struct stage *s)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec v = { "fd", 2 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fds[2], passed = open("file", O_RDONLY);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed, sizeof(passed));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 || sendmsg(fds[0], &m, 0) != 2)
		_exit(99);
	s->slot[0] = fds[1];
}

static struct msghdr *received;

static long receive_descriptor(struct stage *s)
{
	struct iovec *v = low_memory(sizeof(*v));

	*v = (struct iovec){ low_memory(10), 10 };
	received = low_memory(sizeof(*received));
	*received = (struct msghdr){
		.msg_iov = v, .msg_iovlen = 1, .msg_control = low_memory(64), .msg_controllen = 64
	};
	return RAW(SYS_recvmsg, (uint64_t)s->slot[0], AT(received), 0);
}

static void after_descriptor(struct stage *s)
{
	stage_fact(s, 0, received->msg_control, received->msg_controllen);
}

/* ---- Many at once --------------------------------------------------------------------------- */

static struct mmsghdr *messages(void *name, socklen_t len)
{
	struct mmsghdr *m = low_memory(2 * sizeof(*m));

	m[0].msg_hdr = *message(name, len);
	m[1].msg_hdr = *message(name, len);
	m[1].msg_hdr.msg_iovlen = 1;
	return m;
}

static long send_messages(struct stage *s)
{
	return RAW(SYS_sendmmsg, (uint64_t)s->slot[1], AT(messages(receiver.at, receiver.len)), 2,
		   0);
}

static long send_messages_nowhere(struct stage *s)
{
	(void)s;
	return RAW(SYS_sendmmsg, 77, AT(messages(NULL, 0)), 2, 0);
}

static long receive_messages(struct stage *s)
{
	return RAW(SYS_recvmmsg, (uint64_t)s->slot[0], AT(messages(other, sizeof(*other))), 2,
		   MSG_DONTWAIT, 0);
}

static long receive_descriptor_of_many(struct stage *s)
{
	struct mmsghdr *m = low_memory(sizeof(*m));
	struct iovec *v = low_memory(sizeof(*v));

	*v = (struct iovec){ low_memory(10), 10 };
	m->msg_hdr = (struct msghdr){
		.msg_iov = v, .msg_iovlen = 1, .msg_control = low_memory(64), .msg_controllen = 64
	};
	received = &m->msg_hdr;
	return RAW(SYS_recvmmsg, (uint64_t)s->slot[0], AT(m), 1, 0, 0);
}

static void two_waiting(struct stage *s)
{
	udp4_waiting(s);
	if (sendto((int)s->slot[1], "more", 4, 0, (struct sockaddr *)receiver.at, receiver.len) !=
	    4)
		_exit(99);
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

static const struct row rows[] = {
	{ .what = "sendto an IPv4 address",
	  .before = udp4,
	  .call = send_datagram,
	  .after = after_send,
	  .events = EVENT1(SENDTO_X, I(8), BYTES("datagram"), SLOT(1), I(8), FACT(0)) },
	{ .what = "sendto an IPv6 address",
	  .before = udp6,
	  .call = send_datagram,
	  .after = after_send,
	  .events = EVENT1(SENDTO_X, I(8), BYTES("datagram"), SLOT(1), I(8), FACT(0)) },
	{ .what = "sendto a connection",
	  .nr = SYS_sendto,
	  .before = tcp4,
	  .args = { FROM_SLOT(0), T("bytes"), N(5), N(0), N(0), N(0) },
	  .after = after_stream,
	  .events = EVENT1(SENDTO_X, I(5), BYTES("bytes"), SLOT(0), I(5), FACT(0)) },
	{ .what = "sendto nobody",
	  .nr = SYS_sendto,
	  .before = udp4,
	  .args = { FROM_SLOT(1), T("abc"), N(3), N(0), N(0), N(0) },
	  .events = EVENT1(SENDTO_X, I(-EDESTADDRREQ), BYTES("abc"), SLOT(1), I(3), NONE) },
	{ .what = "sendto on nothing",
	  .nr = SYS_sendto,
	  .args = { N(77), T("abc"), N(3), N(0), N(0), N(0) },
	  .events = EVENT1(SENDTO_X, I(-EBADF), BYTES("abc"), I(77), I(3), NONE) },
	{ .what = "recvfrom tells who sent",
	  .before = udp4_waiting,
	  .call = receive_datagram,
	  .after = after_receive,
	  .events = EVENT1(RECVFROM_X, I(8), BYTES("datagram"), FACT(0), SLOT(0), I(100)) },
	{ .what = "recvfrom a connection",
	  .nr = SYS_recvfrom,
	  .before = tcp4,
	  .args = { FROM_SLOT(0), B(room), N(64), N(0), N(0), N(0) },
	  .after = after_stream,
	  .events = EVENT1(RECVFROM_X, I(15), BYTES("from the server"), FACT(1), SLOT(0), I(64)) },
	{ .what = "recvfrom of nothing",
	  .nr = SYS_recvfrom,
	  .args = { N(77), B(room), N(10), N(0), N(0), N(0) },
	  .events = EVENT1(RECVFROM_X, I(-EBADF), NONE, NONE, I(77), I(10)) },
	{ .what = "sendmsg",
	  .before = udp4,
	  .call = send_message,
	  .after = after_send,
	  .events = EVENT1(SENDMSG_X, I(9), BYTES("head tail"), SLOT(1), I(9), FACT(0)) },
	{ .what = "sendmsg on nothing",
	  .call = send_message_nowhere,
	  .events = EVENT1(SENDMSG_X, I(-EBADF), BYTES("head tail"), I(77), I(9), NONE) },
	{ .what = "sendmsg without a message",
	  .nr = SYS_sendmsg,
	  .before = udp4,
	  .args = { FROM_SLOT(1), N(BAD_ADDRESS), N(0) },
	  .events = EVENT1(SENDMSG_X, I(-EFAULT), NONE, SLOT(1), NONE, NONE) },
	{ .what = "recvmsg",
	  .before = udp4_waiting,
	  .call = receive_message,
	  .after = after_receive,
	  .events = EVENT1(RECVMSG_X, I(8), I(8), BYTES("datagram"), FACT(0), NONE, SLOT(0)) },
	{ .what = "recvmsg of a descriptor",
	  .before = pass_descriptor,
	  .call = receive_descriptor,
	  .after = after_descriptor,
	  .extension = { NONE, NONE, NONE, PATH("file") },
	  .unasked = true,
	  .events = EVENT1(RECVMSG_X, I(2), I(2), BYTES("fd"), SOME, FACT(0), SLOT(0)) },
	{ .what = "recvmsg of nothing",
	  .nr = SYS_recvmsg,
	  .args = { N(77), N(BAD_ADDRESS), N(0) },
	  .events = EVENT1(RECVMSG_X, I(-EBADF), I(0), NONE, NONE, NONE, I(77)) },
	{ .what = "sendmmsg: an event for each message",
	  .before = udp4,
	  .call = send_messages,
	  .after = after_send,
	  .events = { { EVENT_SENDMMSG_X, { I(9), SLOT(1), I(9), BYTES("head tail"), FACT(0) } },
		      { EVENT_SENDMMSG_X, { I(5), SLOT(1), I(5), BYTES("head "), FACT(0) } } } },
	{ .what = "sendmmsg on nothing",
	  .call = send_messages_nowhere,
	  .events = EVENT1(SENDMMSG_X, I(-EBADF), I(77), I(0), NONE, NONE) },
	{ .what = "recvmmsg: an event for each message",
	  .before = two_waiting,
	  .call = receive_messages,
	  .after = after_receive,
	  .events = { { EVENT_RECVMMSG_X,
			{ I(8), SLOT(0), I(8), BYTES("datagram"), FACT(0), NONE } },
		      { EVENT_RECVMMSG_X,
			{ I(4), SLOT(0), I(4), BYTES("more"), FACT(0), NONE } } } },
	{ .what = "recvmmsg of a descriptor",
	  .before = pass_descriptor,
	  .call = receive_descriptor_of_many,
	  .after = after_descriptor,
	  .extension = { NONE, NONE, NONE, PATH("file") },
	  .unasked = true,
	  .events = EVENT1(RECVMMSG_X, I(2), SLOT(0), I(2), BYTES("fd"), SOME, FACT(0)) },
	{ .what = "recvmmsg in vain",
	  .before = udp4,
	  .call = receive_messages,
	  .events = EVENT1(RECVMMSG_X, I(-EAGAIN), SLOT(0), I(0), NONE, NONE, NONE) },
};

const struct rows message_rows = { "messages", rows, ARRAY_SIZE(rows) };
