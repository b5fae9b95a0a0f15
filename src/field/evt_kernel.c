/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"
#include "internal.h"

/*
 * What the kernel used: fields of our own from the event's extension (tables/extensions.def).
 * Without one, or for a call that made no use of such a thing, they have no value.
 */

/* An exec tells the path of its program among its own parameters. */
bool get_evt_kernel_path(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct event *ev = ctx->ev;
	struct str path = event_extension(ev, EXTENSION_PATH);

	(void)ref;
	if (ev->type == EVENT_EXECVE_19_X && event_int_or(ev, EXECVE_19_X_RES, -1) == 0)
		return event_text(ev, EXECVE_19_X_TRUSTED_EXEPATH, &path) && val_text(out, path);
	if (!path.len)
		return false;
	path.len = str_chr(path, '\0');
	return val_text(out, path);
}

bool get_evt_kernel_tuple(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct str tuple = event_extension(ctx->ev, EXTENSION_TUPLE);
	struct text text = text_in(ctx);

	(void)ref;
	if (!tuple.len)
		return false;
	text_socktuple(&text, tuple);
	return val_text(out, text_view(&text));
}

/* A connect's tuple begins with its own side, an accept's with the other: with the client. */
static bool end_of(const struct field_ref *ref, const struct field_ctx *ctx, struct ip *address,
		   uint16_t *port)
{
	return tuple_end(event_extension(ctx->ev, EXTENSION_TUPLE),
			 field_arg_of(ref) == KERNEL_SERVER, address, port);
}

bool get_evt_kernel_ip(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	uint16_t port;

	return end_of(ref, ctx, &out->ip, &port);
}

bool get_evt_kernel_port(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct ip address;
	uint16_t port;

	return end_of(ref, ctx, &address, &port) && val_uint(out, port);
}

#define CREDENTIALS_BYTES (KERNEL_IDS * sizeof(uint32_t) + sizeof(uint64_t))

bool get_evt_kernel_id(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct str bytes = event_extension(ctx->ev, EXTENSION_CREDENTIALS);
	uint32_t id;

	if (bytes.len != CREDENTIALS_BYTES)
		return false;
	memcpy(&id, bytes.p + field_arg_of(ref) * sizeof(id), sizeof(id));
	return val_uint(out, id);
}

bool get_evt_kernel_caps(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct str bytes = event_extension(ctx->ev, EXTENSION_CREDENTIALS);
	struct text text = text_in(ctx);
	uint64_t set;

	(void)ref;
	if (bytes.len != CREDENTIALS_BYTES)
		return false;
	memcpy(&set, bytes.p + KERNEL_IDS * sizeof(uint32_t), sizeof(set));
	text_capabilities(&text, set);
	return val_text(out, text_view(&text));
}

bool get_evt_is_io_uring(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_uint(out, (ctx->ev->flags & WIRE_IO_URING) != 0);
}

bool get_evt_is_copied_by_kernel(const struct field_ref *ref, const struct field_ctx *ctx,
				 struct val *out)
{
	(void)ref;
	return val_uint(out, (ctx->ev->flags & (WIRE_COPIED | WIRE_REREAD)) == WIRE_COPIED);
}
