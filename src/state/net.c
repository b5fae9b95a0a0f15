/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

bool ip_is_zero(const uint8_t ip[16])
{
	static const uint8_t zero[16];

	return memcmp(ip, zero, sizeof(zero)) == 0;
}

bool endpoint_is_zero(const struct endpoint *e)
{
	return e->port == 0 && ip_is_zero(e->ip);
}

/* ---- parameters ---- */

/* ::ffff:a.b.c.d, and the unspecified address, which stands for either family. */
static bool is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xFF, [11] = 0xFF };

	return memcmp(ip, prefix, sizeof(prefix)) == 0 || ip_is_zero(ip);
}

static void unmap(struct endpoint *e)
{
	memmove(e->ip, e->ip + 12, 4);
	memset(e->ip + 4, 0, 12);
}

static struct endpoint endpoint_at(struct cursor *c, size_t ip_len)
{
	struct endpoint e = { 0 };
	const uint8_t *ip = cursor_bytes(c, ip_len);

	if (ip)
		memcpy(e.ip, ip, ip_len);
	e.port = cursor_u16(c);
	return e;
}

static struct str path_at(struct cursor *c)
{
	struct str s = cursor_str(c, cursor_left(c));

	s.len = str_chr(s, '\0');
	return s;
}

/*
 *	AF_INET, AF_INET6	family u8, source ip, port u16, destination ip, port u16
 *	AF_UNIX			family u8, source u64, destination u64, path NUL
 */
bool tuple_parse_plain(struct str bytes, struct tuple *out)
{
	struct cursor c = cursor_over(bytes.p, bytes.len);
	struct tuple t = { .family = cursor_u8(&c) };

	switch (t.family) {
	case AF_INET:
	case AF_INET6:
		t.src = endpoint_at(&c, t.family == AF_INET ? 4 : 16);
		t.dst = endpoint_at(&c, t.family == AF_INET ? 4 : 16);
		break;
	case AF_UNIX:
		t.unix_src = cursor_u64(&c);
		t.unix_dst = cursor_u64(&c);
		t.path = path_at(&c);
		break;
	default:
		break;
	}
	if (c.overrun)
		return false;
	*out = t;
	return true;
}

bool tuple_parse(struct str bytes, struct tuple *out)
{
	if (!tuple_parse_plain(bytes, out))
		return false;
	if (out->family == AF_INET6 && is_mapped(out->src.ip) && is_mapped(out->dst.ip)) {
		out->family = AF_INET;
		unmap(&out->src);
		unmap(&out->dst);
	}
	return true;
}

bool address_parse(struct str bytes, struct tuple *out)
{
	struct cursor c = cursor_over(bytes.p, bytes.len);
	struct tuple t = { .family = cursor_u8(&c) };

	switch (t.family) {
	case AF_INET:
	case AF_INET6:
		t.dst = endpoint_at(&c, t.family == AF_INET ? 4 : 16);
		break;
	case AF_UNIX:
		t.path = path_at(&c);
		break;
	default:
		break;
	}
	if (c.overrun)
		return false;
	*out = t;
	return true;
}

void address_unmap(struct tuple *t)
{
	if (t->family != AF_INET6 || !is_mapped(t->dst.ip))
		return;
	t->family = AF_INET;
	unmap(&t->dst);
}

/* ---- texts ---- */

static char *add_number(char *at, unsigned v)
{
	char digits[8];
	unsigned n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		*at++ = digits[--n];
	return at;
}

static char *add_ip(char *at, const uint8_t ip[16], bool v6)
{
	if (v6) {
		inet_ntop(AF_INET6, ip, at, INET6_ADDRSTRLEN);
		return at + strlen(at);
	}
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = add_number(at, ip[i]);
	}
	return at;
}

static char *add_endpoint(char *at, const struct endpoint *e, bool v6, bool with_port)
{
	at = add_ip(at, e->ip, v6);
	if (with_port) {
		*at++ = ':';
		at = add_number(at, e->port);
	}
	return at;
}

static struct str pair_text(char out[NET_TEXT_MAX], const struct endpoint *src,
			    const struct endpoint *dst, bool v6, bool with_port)
{
	char *at = add_endpoint(out, src, v6, with_port);

	*at++ = '-';
	*at++ = '>';
	at = add_endpoint(at, dst, v6, with_port);
	return str_of(out, (size_t)(at - out));
}

struct str fd_tuple_text(char out[NET_TEXT_MAX], const struct fd *fd)
{
	const bool v6 = fd->type == FD_IPV6_SOCK;

	switch ((enum l4_protocol)fd->l4proto) {
	case L4_TCP:
	case L4_UDP:
		return pair_text(out, &fd->src, &fd->dst, v6, true);
	case L4_ICMP:
	case L4_RAW:
		return pair_text(out, &fd->src, &fd->dst, v6, false);
	case L4_UNKNOWN:
	case L4_NA:
	case L4_PROTOCOLS:
		break;
	}
	return STR("<unknown>");
}

struct str fd_server_text(char out[NET_TEXT_MAX], const struct fd *fd)
{
	const char *end = add_endpoint(out, &fd->dst, fd->type == FD_IPV6_SERVSOCK, true);

	return str_of(out, (size_t)(end - out));
}

static struct str family_text(char out[NET_TEXT_MAX], unsigned family)
{
	return str_of(out, (size_t)snprintf(out, NET_TEXT_MAX, "family %u", family));
}

struct str tuple_text(char out[NET_TEXT_MAX], const struct tuple *t)
{
	size_t len;

	if (t->family == AF_INET || t->family == AF_INET6)
		return pair_text(out, &t->src, &t->dst, t->family == AF_INET6, true);
	if (t->family != AF_UNIX)
		return family_text(out, t->family);
	len = (size_t)snprintf(out, NET_TEXT_MAX, "%llx->%llx ", (unsigned long long)t->unix_src,
			       (unsigned long long)t->unix_dst);
	len += text_clean(out + len, NET_TEXT_MAX - len, t->path);
	return str_of(out, len);
}

struct str address_text(char out[NET_TEXT_MAX], const struct tuple *t)
{
	if (t->family == AF_INET || t->family == AF_INET6) {
		const char *end = add_endpoint(out, &t->dst, t->family == AF_INET6, true);

		return str_of(out, (size_t)(end - out));
	}
	if (t->family == AF_UNIX)
		return str_of(out, text_clean(out, NET_TEXT_MAX, t->path));
	return family_text(out, t->family);
}

/* ---- interfaces ---- */

void interface_add(struct state *s, const struct event *ev)
{
	struct str ip = event_param(ev, INTERFACE_ENTRY_ADDRESS);
	struct str mask = event_param(ev, INTERFACE_ENTRY_NETMASK);
	const bool v6 = ip.len == 16;
	size_t *n = v6 ? &s->nv6 : &s->nv4;
	struct interface *i;

	if ((!v6 && ip.len != 4) || *n == INTERFACES_MAX)
		return;
	i = (v6 ? s->v6 : s->v4) + (*n)++;
	*i = (struct interface){ 0 };
	memcpy(i->ip, ip.p, ip.len);
	if (mask.len == ip.len)
		memcpy(i->mask, mask.p, mask.len);
	state_touch(s, STATE_INTERFACES);
}

static bool same_net(const struct interface *i, const uint8_t *ip, bool v6)
{
	/* Of IPv6 the recordings keep no useful mask: 64 bits are the network. */
	if (v6)
		return memcmp(i->ip, ip, 8) == 0;
	for (unsigned b = 0; b < 4; b++)
		if ((i->ip[b] ^ ip[b]) & i->mask[b])
			return false;
	return true;
}

bool state_is_local(const struct state *s, const uint8_t *ip, size_t len)
{
	if (len == 16) {
		for (size_t i = 0; i < s->nv6; i++)
			if (same_net(&s->v6[i], ip, true))
				return true;
		return false;
	}
	for (size_t i = 0; len == 4 && i < s->nv4; i++)
		if (memcmp(s->v4[i].ip, ip, 4) == 0)
			return true;
	return false;
}

static bool is_loopback(const uint8_t *ip, bool v6)
{
	static const uint8_t v4_loopback[4] = { 127, 0, 0, 1 }, v6_loopback[16] = { [15] = 1 };

	return memcmp(ip, v6 ? v6_loopback : v4_loopback, v6 ? 16 : 4) == 0;
}

/* The machine's own address towards `peer`: the same one, one of its net, any but loopback. */
static const uint8_t *address_towards(const struct state *s, const uint8_t *peer, bool v6)
{
	const struct interface *list = v6 ? s->v6 : s->v4;
	const size_t n = v6 ? s->nv6 : s->nv4, len = v6 ? 16 : 4;

	for (size_t i = 0; i < n; i++)
		if (memcmp(list[i].ip, peer, len) == 0)
			return list[i].ip;
	for (size_t i = 0; i < n; i++)
		if (same_net(&list[i], peer, v6))
			return list[i].ip;
	for (size_t i = 0; i < n; i++)
		if (!is_loopback(list[i].ip, v6))
			return list[i].ip;
	return NULL;
}

void fd_patch_addresses(const struct state *s, struct fd *fd)
{
	const bool v6 = fd->type == FD_IPV6_SOCK, no_src = ip_is_zero(fd->src.ip);
	uint8_t *open = no_src ? fd->src.ip : fd->dst.ip;
	const uint8_t *peer = no_src ? fd->dst.ip : fd->src.ip, *ours;

	if (!no_src && !ip_is_zero(fd->dst.ip))
		return;
	ours = address_towards(s, peer, v6);
	if (!ours)
		return;
	/* A socket does not talk to itself. */
	if (memcmp(ours, peer, v6 ? 16 : 4) == 0 && fd->src.port == fd->dst.port)
		return;
	memcpy(open, ours, v6 ? 16 : 4);
}
