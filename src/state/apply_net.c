/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define ROLES (FD_CLIENT | FD_SERVER)

static bool is_ip(const struct fd *fd)
{
	return fd->type == FD_IPV4_SOCK || fd->type == FD_IPV6_SOCK;
}

static enum fd_type ip_type(uint8_t family)
{
	return family == AF_INET6 ? FD_IPV6_SOCK : FD_IPV4_SOCK;
}

static enum l4_protocol l4_of(uint32_t type, uint32_t protocol)
{
	const bool raw = (type & 0xff) == SOCK_RAW;

	switch (protocol) {
	case IPPROTO_TCP:
		return raw ? L4_RAW : L4_TCP;
	case IPPROTO_UDP:
		return raw ? L4_RAW : L4_UDP;
	case IPPROTO_ICMP:
		return raw ? L4_RAW : L4_ICMP;
	case IPPROTO_RAW:
		return L4_RAW;
	case IPPROTO_IP:
		if ((type & 0xff) == SOCK_STREAM)
			return L4_TCP;
		return (type & 0xff) == SOCK_DGRAM ? L4_UDP : L4_UNKNOWN;
	default:
		return L4_UNKNOWN;
	}
}

static struct fd *add_socket(struct state *s, struct subject *who, int64_t num, uint32_t domain,
			     uint32_t type, uint32_t protocol)
{
	enum fd_type kind = FD_UNKNOWN;
	struct fd *fd;

	if (domain == AF_UNIX)
		kind = FD_UNIX_SOCK;
	else if (domain == AF_INET || domain == AF_INET6)
		kind = ip_type((uint8_t)domain);
	else if (domain == AF_NETLINK)
		kind = FD_NETLINK;
	fd = fd_add(s, who->thread->fds, num, kind);
	who->fd = fd;
	who->fd_num = num;
	if (!fd)
		return NULL;
	fd->family = (uint8_t)domain;
	if (domain == AF_INET || domain == AF_INET6)
		fd->l4proto = (uint8_t)l4_of(type, protocol);
	if (type & SOCK_CLOEXEC)
		fd->marks |= FD_CLOEXEC;
	return fd;
}

void apply_socket(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t num;

	if (!who->thread || !succeeded(ev, &num))
		return;
	add_socket(s, who, num, param_u32_or(ev, SOCKET_X_DOMAIN, 0),
		   param_u32_or(ev, SOCKET_X_TYPE, 0), param_u32_or(ev, SOCKET_X_PROTO, 0));
	if (who->fd && (param_u32_or(ev, SOCKET_X_FLAGS, 0) & FILE_FLAGS_O_CLOEXEC))
		who->fd->marks |= FD_CLOEXEC;
}

void apply_socketpair(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t res, num[2] = { -1, -1 };
	struct fd *fd = NULL;

	if (!who->thread || !succeeded(ev, &res))
		return;
	num[0] = param_i64_or(ev, SOCKETPAIR_X_FD1, -1);
	num[1] = param_i64_or(ev, SOCKETPAIR_X_FD2, -1);
	if (num[0] == num[1])
		return;
	for (unsigned i = 0; i < 2; i++) {
		fd = fd_add(s, who->thread->fds, num[i], FD_UNIX_SOCK);
		if (!fd)
			continue;
		fd->family = AF_UNIX;
		if (!param_u64(ev, SOCKETPAIR_X_SOURCE, &fd->unix_src) ||
		    !param_u64(ev, SOCKETPAIR_X_PEER, &fd->unix_dst))
			fd->unix_src = fd->unix_dst = 0;
		if (param_u32_or(ev, SOCKETPAIR_X_TYPE, 0) & SOCK_CLOEXEC)
			fd->marks |= FD_CLOEXEC;
	}
	who->fd = fd;
	who->fd_num = num[1];
}

void apply_bind(struct state *s, const struct event *ev, struct subject *who)
{
	char text[NET_TEXT_MAX];
	struct fd *fd = who->fd;
	struct tuple a;
	int64_t res;

	if (!fd || !succeeded(ev, &res) || !address_parse(event_param(ev, BIND_X_ADDR), &a))
		return;
	/* The name is the address as it was given, the address what it means. */
	who->fd_name_changed = fd_rename_text(s, fd, address_text(text, &a));
	address_unmap(&a);
	if ((a.family != AF_INET && a.family != AF_INET6) || a.dst.port == 0)
		return;
	fd->type = a.family == AF_INET6 ? FD_IPV6_SERVSOCK : FD_IPV4_SERVSOCK;
	fd->src = (struct endpoint){ 0 };
	fd->dst = a.dst;
	fd->marks = (uint16_t)((fd->marks & ~FD_CLIENT) | FD_SERVER);
}

/* ---- both ends of a connection ---- */

static bool same_end(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static void swap_ends(struct fd *fd)
{
	struct endpoint e = fd->src;

	fd->src = fd->dst;
	fd->dst = e;
}

/*
 * Gives the descriptor the addresses of the tuple. False when it has them already, in whatever
 * direction: that stays as it is.
 */
static bool take_ends(struct fd *fd, const struct tuple *t)
{
	const bool was = fd->type == (int8_t)ip_type(t->family);

	fd->type = (int8_t)ip_type(t->family);
	if (was && ((same_end(&fd->src, &t->src) && same_end(&fd->dst, &t->dst)) ||
		    (same_end(&fd->src, &t->dst) && same_end(&fd->dst, &t->src))))
		return false;
	fd->src = t->src;
	fd->dst = t->dst;
	fd->marks |= FD_TUPLE;
	return true;
}

static void take_unix(struct fd *fd, const struct tuple *t)
{
	fd->type = FD_UNIX_SOCK;
	fd->unix_src = t->unix_src;
	fd->unix_dst = t->unix_dst;
	fd->marks |= FD_TUPLE;
}

static bool name_by_ends(struct state *s, struct fd *fd)
{
	char text[NET_TEXT_MAX];

	return fd_rename_text(s, fd, fd_tuple_text(text, fd));
}

void apply_connect(struct state *s, const struct event *ev, struct subject *who)
{
	struct fd *fd = who->fd;
	char text[NET_TEXT_MAX];
	struct tuple t;
	int64_t res;

	if (!fd || !param_i64(ev, CONNECT_X_RES, &res) || (res < 0 && res != -EINPROGRESS))
		return;
	fd->marks |= FD_CONNECTED;
	if (!tuple_parse(event_param(ev, CONNECT_X_TUPLE), &t))
		return;
	if (t.family == AF_INET || t.family == AF_INET6) {
		if (take_ends(fd, &t) && (fd->marks & FD_SERVER) && fd_l4proto(fd) == L4_UDP)
			swap_ends(fd);
		who->fd_name_changed = name_by_ends(s, fd);
	} else if (fd->type == FD_UNIX_SOCK) {
		take_unix(fd, &t);
		who->fd_name_changed = fd_rename_text(s, fd, tuple_text(text, &t));
	} else {
		return;
	}
	if (!(fd->marks & ROLES))
		fd->marks |= FD_CLIENT;
}

void apply_accept(struct state *s, const struct event *ev, struct subject *who)
{
	char text[NET_TEXT_MAX];
	struct tuple t;
	int64_t num;
	struct fd *fd;

	if (!who->thread || !succeeded(ev, &num))
		return;
	who->fd_num = num;
	if (!tuple_parse(event_param(ev, ACCEPT_5_X_TUPLE), &t) ||
	    (t.family != AF_INET && t.family != AF_INET6 && t.family != AF_UNIX)) {
		who->fd = fd_find(who->thread->fds, num);
		return;
	}
	fd = fd_add(s, who->thread->fds, num, FD_UNIX_SOCK);
	who->fd = fd;
	if (!fd)
		return;
	fd->family = t.family;
	if (t.family == AF_UNIX) {
		take_unix(fd, &t);
	} else {
		take_ends(fd, &t);
		fd->l4proto = L4_TCP;
	}
	fd->marks |= FD_SERVER | FD_CONNECTED;
	if (ev->type == EVENT_ACCEPT4_6_X &&
	    (event_int_or(ev, ACCEPT4_6_X_FLAGS, 0) & SOCK_CLOEXEC))
		fd->marks |= FD_CLOEXEC;
	who->fd_name_changed = fd_rename_text(s, fd, tuple_text(text, &t));
}
_Static_assert((int)ACCEPT_5_X_TUPLE == (int)ACCEPT4_6_X_TUPLE, "one layout for both accepts");

/* ---- reading and writing ---- */

void apply_io(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t res;

	(void)s;
	if (who->fd && is_ip(who->fd) && succeeded(ev, &res))
		who->fd->marks |= FD_CONNECTED;
}

/* True when the tuple says less than what is known: nothing about the peer. */
static bool is_poorer(const struct fd *fd, const struct tuple *t, bool incoming)
{
	const struct str old = istr_view(fd->name);

	if (!(fd->marks & FD_TUPLE))
		return false;
	if (t->family != AF_UNIX)
		return endpoint_is_zero(incoming ? &t->src : &t->dst);
	return t->path.len == 0 && old.len && old.p[old.len - 1] != ' ' &&
	       ((t->unix_src == fd->unix_src && t->unix_dst == fd->unix_dst) ||
		(t->unix_src == fd->unix_dst && t->unix_dst == fd->unix_src));
}

/*
 * Datagrams say with each message where they come from or go to, and a stream whose connect or
 * accept was missed says it, too. The role is guessed from who speaks first, and the ends are
 * kept as client -> server.
 */
static void take_message(struct state *s, struct subject *who, const struct tuple *t, bool incoming)
{
	struct fd *fd = who->fd;
	const bool listened = !is_ip(fd);
	char text[NET_TEXT_MAX];

	if (t->family == AF_UNIX) {
		take_unix(fd, t);
		who->fd_name_changed = fd_rename_text(s, fd, tuple_text(text, t));
		return;
	}
	if (!take_ends(fd, t))
		return;
	/* A TCP socket that listens moves no data, and a known one keeps its ends. */
	if (fd->l4proto == L4_UNKNOWN || (listened && fd->l4proto == L4_TCP))
		fd->l4proto = L4_UDP;
	fd_patch_addresses(s, fd);
	if (!(fd->marks & ROLES))
		fd->marks |= incoming ? FD_SERVER : FD_CLIENT;
	if (fd->marks & (incoming ? FD_CLIENT : FD_SERVER))
		swap_ends(fd);
	who->fd_name_changed = name_by_ends(s, fd);
}

static void message(struct state *s, const struct event *ev, struct subject *who, unsigned tuple_at,
		    bool incoming)
{
	struct fd *fd = who->fd;
	struct tuple t;
	int64_t res;

	if (!fd || !succeeded(ev, &res))
		return;
	if (is_ip(fd))
		fd->marks |= FD_CONNECTED;
	if (fd->name && is_ip(fd) && fd_l4proto(fd) == L4_TCP)
		return;
	if (!tuple_parse(event_param(ev, tuple_at), &t) || is_poorer(fd, &t, incoming))
		return;
	if (t.family == AF_INET || t.family == AF_INET6 || t.family == AF_UNIX)
		take_message(s, who, &t, incoming);
}

void apply_recv(struct state *s, const struct event *ev, struct subject *who)
{
	static const uint8_t tuple_at[] = {
		[EVENT_RECV_X - EVENT_RECV_X] = RECV_X_TUPLE,
		[EVENT_RECVFROM_X - EVENT_RECV_X] = RECVFROM_X_TUPLE,
		[EVENT_RECVMSG_X - EVENT_RECV_X] = RECVMSG_X_TUPLE,
		[EVENT_RECVMMSG_X - EVENT_RECV_X] = RECVMMSG_X_TUPLE,
	};

	message(s, ev, who, tuple_at[ev->type - EVENT_RECV_X], true);
	if (ev->nextra && who->thread)
		fds_receive(s, who->thread, ev);
}

/* A socket whose creation was missed: sending to an address it is taken for UDP. */
static void guess_socket(struct state *s, const struct event *ev, struct subject *who)
{
	struct tuple t;
	int64_t res;

	if (who->fd || !who->thread || who->fd_num < 0 || ev->type == EVENT_SENDMMSG_X ||
	    !succeeded(ev, &res) || !tuple_parse(event_param(ev, SENDTO_X_TUPLE), &t))
		return;
	if (t.family == AF_INET || t.family == AF_INET6)
		add_socket(s, who, who->fd_num, t.family, SOCK_DGRAM, IPPROTO_UDP);
}

void apply_send(struct state *s, const struct event *ev, struct subject *who)
{
	guess_socket(s, ev, who);
	message(s, ev, who, SENDTO_X_TUPLE, false);
}
_Static_assert((int)SEND_X_TUPLE == (int)SENDTO_X_TUPLE &&
		       (int)SENDMSG_X_TUPLE == (int)SENDTO_X_TUPLE &&
		       (int)SENDMMSG_X_TUPLE == (int)SENDTO_X_TUPLE,
	       "one layout for all sends");
