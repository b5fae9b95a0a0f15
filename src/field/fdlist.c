/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "base/cursor.h"
#include "internal.h"

static bool is_ip_tuple(const struct fd *fd)
{
	return fd && (fd->type == FD_IPV4_SOCK || fd->type == FD_IPV6_SOCK);
}

static size_t address_len(const struct fd *fd)
{
	return fd->type == FD_IPV4_SOCK ? 4 : 16;
}

/* One descriptor's part of the list; false when it has none. */
static bool add_part(struct text *t, enum fdlist_part part, int64_t num, const struct fd *fd)
{
	switch (part) {
	case FDLIST_NUMS:
		text_i64(t, num);
		return true;
	case FDLIST_NAMES:
		text_str(t, fd && fd->name && fd->name->len ? istr_view(fd->name) : NO_NAME);
		return true;
	case FDLIST_CIPS:
		if (is_ip_tuple(fd))
			text_ip(t, fd->src.ip, address_len(fd));
		break;
	case FDLIST_SIPS:
		if (is_ip_tuple(fd))
			text_ip(t, fd->dst.ip, address_len(fd));
		break;
	case FDLIST_CPORTS:
		if (is_ip_tuple(fd))
			text_u64(t, fd->src.port);
		break;
	case FDLIST_SPORTS:
		if (is_ip_tuple(fd))
			text_u64(t, fd->dst.port);
		break;
	}
	return is_ip_tuple(fd);
}

/* Descriptors a poll asked for, joined by commas: numbers, names, or what sockets there are. */
bool get_fdlist(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *thread = ctx->who->thread;
	struct text t = text_in(ctx);
	struct cursor c;
	struct str list;
	uint16_t n;

	if (ctx->ev->type == EVENT_POLL_X)
		list = event_param(ctx->ev, POLL_X_FDS);
	else if (ctx->ev->type == EVENT_PPOLL_X)
		list = event_param(ctx->ev, PPOLL_X_FDS);
	else
		return false;
	if (!thread)
		return false;

	c = cursor_over(list.p, list.len);
	n = cursor_u16(&c);
	for (uint16_t i = 0; i < n; i++) {
		int64_t num = cursor_i64(&c);
		size_t before = t.len;

		cursor_u16(&c);
		if (c.overrun)
			break;
		if (before)
			text_char(&t, ',');
		if (!add_part(&t, (enum fdlist_part)field_arg_of(ref), num,
			      state_fd(ctx->state, thread, num)))
			t.len = before;
	}
	return t.len && val_text(out, text_view(&t));
}
