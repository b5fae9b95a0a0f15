/* SPDX-License-Identifier: Apache-2.0 */
#include "socket_facts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

/* ip, port */
static size_t put_end(uint8_t *out, const struct sockaddr *a)
{
	uint16_t port;

	if (a->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)a;

		port = ntohs(in->sin_port);
		memcpy(out, &in->sin_addr, 4);
		memcpy(out + 4, &port, 2);
		return 6;
	}
	port = ntohs(((const struct sockaddr_in6 *)(const void *)a)->sin6_port);
	memcpy(out, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
	memcpy(out + 16, &port, 2);
	return 18;
}

void fact_tuple(struct stage *s, unsigned i, int fd, bool incoming, const struct sockaddr *other)
{
	struct sockaddr_storage own = { 0 }, peer = { 0 };
	socklen_t own_len = sizeof(own), peer_len = sizeof(peer);
	const struct sockaddr *ends[2];
	uint8_t out[64];
	size_t n = 1;

	getsockname(fd, (struct sockaddr *)&own, &own_len);
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0)
		peer.ss_family = own.ss_family;
	ends[incoming] = (struct sockaddr *)&own;
	ends[!incoming] = other ? other : (struct sockaddr *)&peer;
	out[0] = (uint8_t)own.ss_family;
	n += put_end(out + n, ends[0]);
	n += put_end(out + n, ends[1]);
	stage_fact(s, i, out, n);
}

void fact_address(struct stage *s, unsigned i, const struct sockaddr *a)
{
	uint8_t out[32] = { (uint8_t)a->sa_family };

	stage_fact(s, i, out, 1 + put_end(out + 1, a));
}

struct listener listen_on(int family, int type)
{
	struct listener l = { .fd = socket(family, type, 0),
			      .at = low_memory(sizeof(*l.at)),
			      .len = sizeof(*l.at) };

	l.at->ss_family = (sa_family_t)family;
	if (family == AF_INET)
		((struct sockaddr_in *)l.at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)l.at)->sin6_addr = in6addr_loopback;
	l.len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (l.fd < 0 || bind(l.fd, (struct sockaddr *)l.at, l.len) < 0 ||
	    getsockname(l.fd, (struct sockaddr *)l.at, &l.len) < 0 ||
	    (type == SOCK_STREAM && listen(l.fd, 5) < 0))
		_exit(99);
	return l;
}

int connect_to(const struct listener *l, int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)l->at, l->len) < 0)
		_exit(99);
	return fd;
}
