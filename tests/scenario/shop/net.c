/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "world.h"

#define ADDR_BYTES  7
#define TUPLE_BYTES 13
#define UNIX_TUPLE  17 /* before the path */
#define BACKLOG     511
#define NAME_SERVER ((struct address){ "192.0.2.53", 53 })

/* An address is four bytes in network order and a port in the host's. */
static void put_endpoint(uint8_t out[6], struct address a)
{
	if (inet_pton(AF_INET, a.ip, out) != 1)
		die("'%s' is no IPv4 address", a.ip);
	memcpy(out + 4, &a.port, sizeof(a.port));
}

void ipv4_tuple(uint8_t out[13], struct address from, struct address to)
{
	out[0] = AF_INET;
	put_endpoint(out + 1, from);
	put_endpoint(out + 7, to);
}

static int opens_socket(struct world *w, struct proc *p, uint32_t family, uint32_t type)
{
	int fd = __builtin_ctzll(~p->fds);

	p->fds |= UINT64_C(1) << fd;
	EMIT(w, p, EVENT_SOCKET_X, INT(fd), INT(family), INT(type | SOCK_CLOEXEC), INT(0),
	     INT(FILE_FLAGS_O_CLOEXEC));
	return fd;
}

static int connects_as(struct world *w, struct proc *p, uint32_t type, struct address from,
		       struct address to)
{
	uint8_t tuple[TUPLE_BYTES], addr[ADDR_BYTES] = { AF_INET };
	int fd = opens_socket(w, p, SOCKET_FAMILIES_AF_INET, type);

	ipv4_tuple(tuple, from, to);
	put_endpoint(addr + 1, to);
	EMIT(w, p, EVENT_CONNECT_X, INT(0), BYTES(str_of(tuple, sizeof(tuple))), INT(fd),
	     BYTES(str_of(addr, sizeof(addr))));
	return fd;
}

int connects(struct world *w, struct proc *p, struct address from, struct address to)
{
	return connects_as(w, p, SOCK_STREAM, from, to);
}

void resolves(struct world *w, struct proc *p, struct address from, const char *name)
{
	int fd;

	reads_file(w, p, "/etc/resolv.conf", "nameserver 192.0.2.53\n");
	fd = connects_as(w, p, SOCK_DGRAM, from, NAME_SERVER);
	sends(w, p, fd, name);
	receives(w, p, fd, name);
	closes(w, p, fd);
}

static int accepts_tuple(struct world *w, struct proc *p, struct str tuple)
{
	int fd = __builtin_ctzll(~p->fds);

	p->fds |= UINT64_C(1) << fd;
	EMIT(w, p, EVENT_ACCEPT4_6_X, INT(fd), BYTES(tuple), INT(0), INT(0), INT(BACKLOG), INT(0));
	return fd;
}

int accepts(struct world *w, struct proc *p, struct address from, struct address at)
{
	uint8_t tuple[TUPLE_BYTES];

	ipv4_tuple(tuple, from, at);
	return accepts_tuple(w, p, str_of(tuple, sizeof(tuple)));
}

/* A unix socket's two kernel addresses stand before its path; they only have to differ. */
static struct str unix_tuple(uint8_t *out, size_t cap, const char *path)
{
	const uint64_t source = 0xffff8880a0000000u + inode_of(path) * 64, dest = source + 2048;
	size_t len = strlen(path) + 1;

	if (len > cap - UNIX_TUPLE)
		die("socket path too long: %s", path);
	out[0] = AF_UNIX;
	memcpy(out + 1, &source, sizeof(source));
	memcpy(out + 9, &dest, sizeof(dest));
	memcpy(out + UNIX_TUPLE, path, len);
	return str_of(out, UNIX_TUPLE + len);
}

int connects_unix(struct world *w, struct proc *p, const char *path)
{
	uint8_t tuple[UNIX_TUPLE + 108], addr[1 + 108] = { AF_UNIX };
	int fd = opens_socket(w, p, SOCKET_FAMILIES_AF_UNIX, SOCK_STREAM);
	struct str bytes = unix_tuple(tuple, sizeof(tuple), path);

	memcpy(addr + 1, path, strlen(path) + 1);
	EMIT(w, p, EVENT_CONNECT_X, INT(0), BYTES(bytes), INT(fd),
	     BYTES(str_of(addr, strlen(path) + 2)));
	return fd;
}

int accepts_unix(struct world *w, struct proc *p, const char *path)
{
	uint8_t tuple[UNIX_TUPLE + 108];

	return accepts_tuple(w, p, unix_tuple(tuple, sizeof(tuple), path));
}

void sends(struct world *w, struct proc *p, int fd, const char *text)
{
	EMIT(w, p, EVENT_SENDTO_X, INT(strlen(text)), BYTES(str_from(text)), INT(fd),
	     INT(strlen(text)), EMPTY);
}

void receives(struct world *w, struct proc *p, int fd, const char *text)
{
	EMIT(w, p, EVENT_RECVFROM_X, INT(strlen(text)), BYTES(str_from(text)), EMPTY, INT(fd),
	     INT(8192));
}
