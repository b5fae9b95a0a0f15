/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BPF_SOCKET_FACTS_H
#define TESTS_BPF_SOCKET_FACTS_H

/* Addresses and tuples as events hold them, made from what the kernel says of a socket. */

#include "stage.h"

#include <sys/socket.h>

/*
 * fact i = the tuple of a socket: its own address and that of its peer. `other`, where given,
 * takes the place of the peer's. What comes in has the peer first.
 */
void fact_tuple(struct stage *s, unsigned i, int fd, bool incoming, const struct sockaddr *other);
/* fact i = an address as a parameter has it. */
void fact_address(struct stage *s, unsigned i, const struct sockaddr *a);

/* 127.0.0.1 or ::1 with a port chosen by the kernel, listening; the address in low memory. */
struct listener {
	int fd;
	struct sockaddr_storage *at;
	socklen_t len;
};
struct listener listen_on(int family, int type);
int connect_to(const struct listener *l, int family, int type);

#endif
