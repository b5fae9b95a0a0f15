/* SPDX-License-Identifier: Apache-2.0 */
#include "proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define SOCKETS_MAX    262144
#define NAMESPACES_MAX 256
#define LINE_CAP       512

struct proc_sockets {
	struct idmap by_ino; /* -> struct proc_socket, owned */
	uint64_t namespaces[NAMESPACES_MAX];
	size_t nnamespaces;
};

struct proc_sockets *proc_sockets_new(void)
{
	return calloc(1, sizeof(struct proc_sockets));
}

static void free_one(uint64_t key, void *value, void *arg)
{
	(void)key;
	(void)arg;
	free(value);
}

void proc_sockets_free(struct proc_sockets *s)
{
	if (!s)
		return;
	idmap_each(&s->by_ino, free_one, NULL);
	idmap_fini(&s->by_ino);
	free(s);
}

static void keep(struct proc_sockets *s, uint64_t ino, const struct proc_socket *facts)
{
	struct proc_socket *copy;

	if (!ino || s->by_ino.n >= SOCKETS_MAX || idmap_get(&s->by_ino, ino))
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return;
	*copy = *facts;
	if (!idmap_put(&s->by_ino, ino, copy))
		free(copy);
}

/* ---- Tables of one namespace ----------------------------------------------------------------- */

struct table {
	const char *name;
	enum l4_protocol l4proto;
	int family;
};

/* "0100007F" or four such words: each is a number in the machine's order of network bytes. */
static bool read_ip(const char *text, int family, uint8_t *out)
{
	const int words = family == AF_INET ? 1 : 4;

	for (int i = 0; i < words; i++) {
		uint32_t word;

		if (sscanf(text + (size_t)i * 8, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(out + (size_t)i * 4, &word, sizeof(word));
	}
	return true;
}

/* Without a peer it serves: its own address stands as the destination. */
static void make_tuple(struct proc_socket *k, int family, const uint8_t local[18],
		       const uint8_t remote[18])
{
	const size_t end = family == AF_INET ? 6 : 18;
	uint16_t remote_port;
	bool serves;

	memcpy(&remote_port, remote + end - 2, sizeof(remote_port));
	serves = !remote_port;
	if (family == AF_INET)
		k->type = serves ? FD_IPV4_SERVSOCK : FD_IPV4_SOCK;
	else
		k->type = serves ? FD_IPV6_SERVSOCK : FD_IPV6_SOCK;
	k->tuple[0] = (uint8_t)family;
	memcpy(k->tuple + 1, serves ? remote : local, end);
	memcpy(k->tuple + 1 + end, serves ? local : remote, end);
	k->tuple_len = (uint8_t)(1 + 2 * end);
}

static void read_inet(struct proc_sockets *s, const struct table *t, const char *line)
{
	struct proc_socket k = { .l4proto = (uint8_t)t->l4proto };
	uint8_t ends[2][18] = { 0 };
	const size_t at = t->family == AF_INET ? 4 : 16;
	char ip[2][33];
	uint16_t port[2];
	uint64_t ino;

	if (sscanf(line,
		   " %*u: %32[0-9A-F]:%4" SCNx16 " %32[0-9A-F]:%4" SCNx16
		   " %*x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64,
		   ip[0], &port[0], ip[1], &port[1], &ino) != 5)
		return;
	for (int i = 0; i < 2; i++) {
		if (strlen(ip[i]) != at * 2 || !read_ip(ip[i], t->family, ends[i]))
			return;
		memcpy(ends[i] + at, &port[i], sizeof(port[i]));
	}
	make_tuple(&k, t->family, ends[0], ends[1]);
	keep(s, ino, &k);
}

/* The kernel's addresses of both ends are not told here: zeros. */
static void read_unix(struct proc_sockets *s, const struct table *t, const char *line)
{
	struct proc_socket k = { .type = FD_UNIX_SOCK, .l4proto = (uint8_t)t->l4proto };
	char path[109] = "";
	uint64_t ino;
	size_t len;

	if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %" SCNu64 " %108[^\n]", &ino, path) < 1)
		return;
	len = strlen(path) + 1;
	k.tuple[0] = AF_UNIX;
	memcpy(k.tuple + 17, path, len);
	k.tuple_len = (uint8_t)(17 + len);
	keep(s, ino, &k);
}

static void read_netlink(struct proc_sockets *s, const struct table *t, const char *line)
{
	struct proc_socket k = { .type = FD_NETLINK, .l4proto = (uint8_t)t->l4proto };
	uint64_t ino;

	if (sscanf(line, "%*x %*d %*d %*x %*d %*d %*d %*d %*u %" SCNu64, &ino) == 1)
		keep(s, ino, &k);
}

static void read_table(struct proc_sockets *s, int64_t pid, const struct table *t)
{
	char path[64], line[LINE_CAP];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/net/%s", pid, t->name);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (t->family == AF_UNIX)
			read_unix(s, t, line);
		else if (t->family == AF_NETLINK)
			read_netlink(s, t, line);
		else
			read_inet(s, t, line);
	}
	fclose(f);
}

static const struct table tables[] = {
	{ "tcp", L4_TCP, AF_INET },      { "tcp6", L4_TCP, AF_INET6 },
	{ "udp", L4_UDP, AF_INET },      { "udp6", L4_UDP, AF_INET6 },
	{ "icmp", L4_ICMP, AF_INET },    { "icmp6", L4_ICMP, AF_INET6 },
	{ "raw", L4_UNKNOWN, AF_INET },  { "raw6", L4_UNKNOWN, AF_INET6 },
	{ "unix", L4_UNKNOWN, AF_UNIX }, { "netlink", L4_UNKNOWN, AF_NETLINK },
};

static void read_namespace(struct proc_sockets *s, int64_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/ns/net", pid);
	if (stat(path, &st) < 0)
		return;
	for (size_t i = 0; i < s->nnamespaces; i++)
		if (s->namespaces[i] == st.st_ino)
			return;
	if (s->nnamespaces == NAMESPACES_MAX)
		return;
	s->namespaces[s->nnamespaces++] = st.st_ino;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		read_table(s, pid, &tables[i]);
}

/* ---- One socket ------------------------------------------------------------------------------ */

/* Protocols by the name the kernel gives a socket that no table has. */
static void find_by_name(const char *path, struct proc_socket *out)
{
	static const struct {
		const char *name;
		enum fd_type type;
		enum l4_protocol l4proto;
		int family;
	} kinds[] = {
		{ "TCP", FD_IPV4_SERVSOCK, L4_TCP, AF_INET },
		{ "TCPv6", FD_IPV6_SERVSOCK, L4_TCP, AF_INET6 },
		{ "UDP", FD_IPV4_SERVSOCK, L4_UDP, AF_INET },
		{ "UDPv6", FD_IPV6_SERVSOCK, L4_UDP, AF_INET6 },
		{ "PING", FD_IPV4_SERVSOCK, L4_ICMP, AF_INET },
		{ "PINGv6", FD_IPV6_SERVSOCK, L4_ICMP, AF_INET6 },
		{ "RAW", FD_IPV4_SERVSOCK, L4_UNKNOWN, AF_INET },
		{ "RAWv6", FD_IPV6_SERVSOCK, L4_UNKNOWN, AF_INET6 },
		{ "UNIX", FD_UNIX_SOCK, L4_UNKNOWN, 0 },
		{ "UNIX-STREAM", FD_UNIX_SOCK, L4_UNKNOWN, 0 },
		{ "NETLINK", FD_NETLINK, L4_UNKNOWN, 0 },
	};
	char name[64] = "";

	*out = (struct proc_socket){ .type = FD_UNKNOWN };
	if (getxattr(path, "system.sockprotoname", name, sizeof(name) - 1) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		static const uint8_t nowhere[18];

		if (strcmp(name, kinds[i].name) != 0)
			continue;
		out->type = (int8_t)kinds[i].type;
		out->l4proto = (uint8_t)kinds[i].l4proto;
		if (kinds[i].family)
			make_tuple(out, kinds[i].family, nowhere, nowhere);
		return;
	}
}

void proc_socket_find(struct proc_sockets *s, int64_t pid, const char *path, uint64_t ino,
		      struct proc_socket *out)
{
	const struct proc_socket *known;

	read_namespace(s, pid);
	known = idmap_get(&s->by_ino, ino);
	if (known)
		*out = *known;
	else
		find_by_name(path, out);
}
