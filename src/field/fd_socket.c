/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include <arpa/inet.h>

#include "internal.h"
#include "process.h"

/*
 * A connection has a client and a server end, known once the socket has a role. A bound socket
 * has one address, that of the server.
 */

static const struct fd *fd_of(const struct field_ctx *ctx)
{
	const uint16_t works_on_fd =
		EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD | EVENT_FLAG_DESTROYS_FD;

	return ctx->who->thread && ctx->ev->info->flags & works_on_fd ? ctx->who->fd : NULL;
}

static bool is_connection(const struct fd *fd)
{
	return fd->type == FD_IPV4_SOCK || fd->type == FD_IPV6_SOCK;
}

static bool is_bound(const struct fd *fd)
{
	return fd->type == FD_IPV4_SERVSOCK || fd->type == FD_IPV6_SERVSOCK;
}

static bool has_role(const struct fd *fd)
{
	return fd->marks & (FD_CLIENT | FD_SERVER);
}

static uint8_t address_len(const struct fd *fd)
{
	return fd->type == FD_IPV6_SOCK || fd->type == FD_IPV6_SERVSOCK ? 16 : 4;
}

static bool is_address_text(struct str s, const struct endpoint *e)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr ip;

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET, text, &ip) == 1 && memcmp(&ip, e->ip, sizeof(ip)) == 0;
}

/*
 * In a container its own address is local and so are the machine's, but no IPv6 address, and none
 * at all where the runtime told everything except an address (0.0.0.0 is one).
 */
static bool is_local(const struct field_ctx *ctx, const struct fd *fd, const struct endpoint *e)
{
	const struct thread *t = ctx->who->thread;
	const struct container *c;

	if (!str_eq(container_id(ctx->containers, t), STR("host"))) {
		if (address_len(fd) == 16)
			return false;
		c = container_get(ctx->containers, t);
		if (c && (!c->ip.len || is_address_text(c->ip, e)))
			return c->ip.len;
	}
	return state_is_local(ctx->state, e->ip, address_len(fd));
}

/* NULL: the descriptor has no such end, or it is not known yet which one that is. */
static const struct endpoint *end_of(const struct field_ctx *ctx, const struct fd *fd,
				     enum fd_end which)
{
	if (is_bound(fd))
		return which == END_SERVER ? &fd->dst : NULL;
	if (!is_connection(fd) || !has_role(fd))
		return NULL;
	switch (which) {
	case END_CLIENT:
		return &fd->src;
	case END_SERVER:
		return &fd->dst;
	case END_LOCAL:
		return is_local(ctx, fd, &fd->src) ? &fd->src : &fd->dst;
	case END_REMOTE:
		return is_local(ctx, fd, &fd->src) ? &fd->dst : &fd->src;
	}
	return NULL;
}

static bool val_address(struct val *out, const struct fd *fd, const struct endpoint *e)
{
	out->ip.len = address_len(fd);
	memcpy(out->ip.bytes, e->ip, out->ip.len);
	return true;
}

bool get_fd_end_ip(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	const struct endpoint *e =
		fd && has_role(fd) ? end_of(ctx, fd, (enum fd_end)field_arg_of(ref)) : NULL;

	return e && val_address(out, fd, e);
}

bool get_fd_end_port(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	const struct endpoint *e = fd ? end_of(ctx, fd, (enum fd_end)field_arg_of(ref)) : NULL;

	return e && val_uint(out, e->port);
}

/*
 * Port numbers as text: services are not named. A bound socket's is empty, as is the client's
 * where there is a role but no connection.
 */
bool get_fd_end_service(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const enum fd_end which = (enum fd_end)field_arg_of(ref);
	const struct fd *fd = fd_of(ctx);
	const struct endpoint *e = fd ? end_of(ctx, fd, which) : NULL;
	struct text text = text_in(ctx);

	if (!fd)
		return false;
	if (!is_connection(fd))
		return ((which == END_SERVER && is_bound(fd)) ||
			(which == END_CLIENT && has_role(fd))) &&
		       val_text(out, STR(""));
	if (!e)
		return false;
	text_u64(&text, e->port);
	return val_text(out, text_view(&text));
}

/*
 * Names are what lookups of the names that rules compare with have shown; there is nothing to
 * show for an address by itself.
 */
bool get_fd_end_name(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	(void)ctx;
	(void)out;
	return false;
}

/* ---- Both ends at once ---- */

/* The ends a test on "either" looks at; a bound socket has one. */
static size_t both_ends(const struct fd *fd, const struct endpoint *ends[2])
{
	if (!fd || (!is_connection(fd) && !is_bound(fd)))
		return 0;
	ends[0] = &fd->dst;
	if (is_bound(fd))
		return 1;
	ends[1] = &fd->src;
	return 2;
}

/* Present, with no address, for every known descriptor: that is what `exists` asks. */
bool get_fd_either_ip(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	const struct endpoint *ends[2];

	(void)ref;
	out->ip = (struct ip){ .len = 0 };
	return both_ends(fd, ends) ? val_address(out, fd, ends[0]) : fd != NULL;
}

size_t all_fd_either_ip(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out,
			size_t max)
{
	const struct fd *fd = fd_of(ctx);
	const struct endpoint *ends[2];
	size_t n = both_ends(fd, ends);

	(void)ref;
	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		val_address(&out[i], fd, ends[i]);
	return n;
}

bool get_fd_either_port(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	const struct endpoint *ends[2];

	(void)ref;
	return fd && val_uint(out, both_ends(fd, ends) ? ends[0]->port : 0);
}

size_t all_fd_either_port(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out,
			  size_t max)
{
	const struct endpoint *ends[2];
	size_t n = both_ends(fd_of(ctx), ends);

	(void)ref;
	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		val_uint(&out[i], ends[i]->port);
	return n;
}

/* ---- The socket ---- */

bool get_fd_l4proto(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	struct str word;

	(void)ref;
	if (!fd)
		return false;
	word = l4_name(fd_l4proto(fd));
	return val_text(out, word.len ? word : NO_NAME);
}

bool get_fd_sockfamily(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	(void)ref;
	if (!fd)
		return false;
	if (is_connection(fd) || is_bound(fd))
		return val_text(out, STR("ip"));
	return fd->type == FD_UNIX_SOCK && val_text(out, STR("unix"));
}

bool get_fd_is_server(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	(void)ref;
	return fd &&
	       val_uint(out, is_bound(fd) || (is_connection(fd) && is_local(ctx, fd, &fd->dst)));
}
