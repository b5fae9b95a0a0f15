/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include <inttypes.h>

#include "base/cursor.h"
#include "internal.h"

/* Address families of the format: those of Linux. */
enum {
	FAMILY_UNIX = 1,
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
};

/*
 * SOCKADDR:  family u8, then by family
 *	unix   path, NUL
 *	inet   address 4, port u16
 *	inet6  address 16, port u16
 * SOCKTUPLE: family u8, then
 *	unix   source pointer u64, destination pointer u64, path, NUL
 *	inet   address 4, port u16, twice: source, destination
 *	inet6  address 16, port u16, twice
 * Addresses are in network order, ports in the host's.
 */
static void endpoint_text(struct text *t, const uint8_t *address, size_t len, uint16_t port)
{
	text_ip(t, address, len);
	text_char(t, ':');
	text_u64(t, port);
}

/* ::ffff:a.b.c.d, or no address at all: both have an IPv4 form. */
static bool has_inet_form(const uint8_t *address)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff }, none[16];

	return memcmp(address, prefix, sizeof(prefix)) == 0 ||
	       memcmp(address, none, sizeof(none)) == 0;
}

static void rest_text(struct text *t, const struct cursor *c)
{
	struct str rest = str_of(c->p, cursor_left(c));

	text_str(t, str_of(rest.p, str_chr(rest, '\0')));
}

static void family_text(struct text *t, uint8_t family)
{
	text_str(t, STR("family "));
	text_u64(t, family);
}

void text_sockaddr(struct text *t, struct str bytes)
{
	struct cursor c = cursor_over(bytes.p, bytes.len);
	uint8_t family = cursor_u8(&c);
	size_t len = family == FAMILY_INET ? 4 : 16;
	const uint8_t *address;
	uint16_t port;

	if (!bytes.len) {
		text_str(t, NO_NAME);
	} else if (family == FAMILY_UNIX) {
		rest_text(t, &c);
	} else if (family == FAMILY_INET || family == FAMILY_INET6) {
		address = cursor_bytes(&c, len);
		port = cursor_u16(&c);
		if (c.overrun)
			text_str(t,
				 family == FAMILY_INET ? STR("INVALID IPv4") : STR("INVALID IPv6"));
		else
			endpoint_text(t, address, len, port);
	} else {
		family_text(t, family);
	}
}

struct inet_ends {
	const uint8_t *from, *to;
	uint16_t from_port, to_port;
	size_t len; /* of the addresses */
};

static bool inet_ends(struct inet_ends *out, struct cursor *c, size_t len)
{
	out->from = cursor_bytes(c, len);
	out->from_port = cursor_u16(c);
	out->to = cursor_bytes(c, len);
	out->to_port = cursor_u16(c);
	out->len = len;
	if (c->overrun)
		return false;
	if (len == 16 && has_inet_form(out->from) && has_inet_form(out->to)) {
		out->from += 12;
		out->to += 12;
		out->len = 4;
	}
	return true;
}

static void inet_tuple(struct text *t, struct cursor *c, size_t len)
{
	struct inet_ends ends;

	if (!inet_ends(&ends, c, len)) {
		text_str(t, len == 4 ? STR("INVALID IPv4") : STR("INVALID IPv6"));
		return;
	}
	endpoint_text(t, ends.from, ends.len, ends.from_port);
	text_str(t, STR("->"));
	endpoint_text(t, ends.to, ends.len, ends.to_port);
}

bool tuple_end(struct str tuple, bool second, struct ip *address, uint16_t *port)
{
	struct cursor c = cursor_over(tuple.p, tuple.len);
	uint8_t family = cursor_u8(&c);
	struct inet_ends ends;

	if ((family != FAMILY_INET && family != FAMILY_INET6) ||
	    !inet_ends(&ends, &c, family == FAMILY_INET ? 4 : 16))
		return false;
	address->len = (uint8_t)ends.len;
	memcpy(address->bytes, second ? ends.to : ends.from, ends.len);
	*port = second ? ends.to_port : ends.from_port;
	return true;
}

void text_socktuple(struct text *t, struct str bytes)
{
	struct cursor c = cursor_over(bytes.p, bytes.len);
	uint8_t family = cursor_u8(&c);
	uint64_t from, to;

	if (!bytes.len) {
		text_str(t, STR("NULL"));
	} else if (family == FAMILY_UNIX) {
		from = cursor_u64(&c);
		to = cursor_u64(&c);
		if (c.overrun) {
			text_str(t, STR("INVALID UNIX"));
			return;
		}
		text_printf(t, "%" PRIx64 "->%" PRIx64 " ", from, to);
		rest_text(t, &c);
	} else if (family == FAMILY_INET) {
		inet_tuple(t, &c, 4);
	} else if (family == FAMILY_INET6) {
		inet_tuple(t, &c, 16);
	} else {
		family_text(t, family);
	}
}

/* FDLIST: u16 count, then per entry i64 fd, i16 flags. "10:44 3:u1": fd, letter, flags in hex. */
void text_fdlist(struct text *t, const struct field_ctx *ctx, struct str bytes)
{
	struct cursor c = cursor_over(bytes.p, bytes.len);
	uint16_t n = cursor_u16(&c);

	if (!bytes.len) {
		text_str(t, STR("NULL"));
		return;
	}
	for (uint16_t i = 0; i < n; i++) {
		int64_t num = cursor_i64(&c);
		uint16_t flags = cursor_u16(&c);
		const struct fd *fd;

		if (c.overrun)
			return;
		fd = ctx->who->thread ? state_fd(ctx->state, ctx->who->thread, num) : NULL;
		if (i)
			text_char(t, ' ');
		text_i64(t, num);
		text_char(t, ':');
		text_char(t, fd ? fd_type_letter((enum fd_type)fd->type) : '?');
		text_printf(t, "%" PRIx16, flags);
	}
}
