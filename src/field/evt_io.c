/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

bool event_return(const struct event *ev, int64_t *out)
{
	struct piece p;

	if (!event_is_exit(ev->type) || ev->type == EVENT_GENERIC_X ||
	    !(ev->info->category & CATEGORY_SYSCALL) || !piece_of(ev, 0, &p))
		return false;
	if (!piece_int(&p, out))
		return false;
	/* A result of four bytes counts as signed whatever its type. */
	if (p.bytes.len == sizeof(int32_t))
		*out = (int32_t)*out;
	return true;
}

bool get_evt_rawres(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return event_return(ctx->ev, &out->i);
}

bool get_evt_res(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct text t = text_in(ctx);
	int64_t result;

	(void)ref;
	if (!event_return(ctx->ev, &result))
		return false;
	if (result >= 0)
		return val_text(out, STR("SUCCESS"));
	if (!param_resolved(&t, ctx, 0))
		param_raw(&t, ctx, 0);
	return val_text(out, text_view(&t));
}

bool get_evt_failed(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	int64_t result;

	(void)ref;
	return event_return(ctx->ev, &result) && val_uint(out, result < 0);
}

static bool is_file(const struct fd *fd)
{
	return fd->type == FD_FILE || fd->type == FD_FILE_V2 || fd->type == FD_DIRECTORY;
}

static bool is_ip_socket(const struct fd *fd)
{
	return fd->type == FD_IPV4_SOCK || fd->type == FD_IPV6_SOCK ||
	       fd->type == FD_IPV4_SERVSOCK || fd->type == FD_IPV6_SERVSOCK;
}

/* Of which classes an error is: by the descriptor, or where there is none by the event. */
static bool is_file_event(const struct field_ctx *ctx)
{
	if (ctx->who->fd)
		return is_file(ctx->who->fd);
	switch (ctx->ev->type) {
	case EVENT_OPEN_X:
	case EVENT_CREAT_X:
	case EVENT_OPENAT_X:
	case EVENT_OPENAT_2_X:
	case EVENT_OPENAT2_X:
	case EVENT_OPEN_BY_HANDLE_AT_X:
		return true;
	default:
		return false;
	}
}

static bool is_net_event(const struct field_ctx *ctx)
{
	if (ctx->who->fd)
		return is_ip_socket(ctx->who->fd) || ctx->who->fd->type == FD_UNIX_SOCK;
	switch (ctx->ev->type) {
	case EVENT_ACCEPT_X:
	case EVENT_ACCEPT_5_X:
	case EVENT_ACCEPT4_X:
	case EVENT_ACCEPT4_5_X:
	case EVENT_ACCEPT4_6_X:
	case EVENT_CONNECT_X:
		return true;
	default:
		return false;
	}
}

static bool is_memory_event(const struct field_ctx *ctx)
{
	return CATEGORY_CLASS(ctx->ev->info->category) == CATEGORY_MEMORY;
}

bool get_evt_count_error(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	switch ((enum error_class)field_arg_of(ref)) {
	case ERROR_ANY:
		break;
	case ERROR_FILE:
		if (!is_file_event(ctx))
			return false;
		break;
	case ERROR_NET:
		if (!is_net_event(ctx))
			return false;
		break;
	case ERROR_MEMORY:
		if (!is_memory_event(ctx))
			return false;
		break;
	case ERROR_OTHER:
		if (is_file_event(ctx) || is_net_event(ctx) || is_memory_event(ctx))
			return false;
		break;
	}
	return get_evt_failed(ref, ctx, out);
}

static unsigned io_of(const struct event *ev)
{
	return (ev->info->flags & EVENT_FLAG_READS_FROM_FD ? IO_READ : 0u) |
	       (ev->info->flags & EVENT_FLAG_WRITES_TO_FD ? IO_WRITE : 0u);
}

bool get_evt_is_io(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	return val_uint(out, (io_of(ctx->ev) & field_arg_of(ref)) != 0);
}

bool get_evt_io_dir(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	unsigned io = io_of(ctx->ev);

	(void)ref;
	/* copy_file_range does both: its descriptor is the one written to. */
	return io && val_text(out, io & IO_WRITE ? STR("write") : STR("read"));
}

bool get_evt_is_wait(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_uint(out, (ctx->ev->info->flags & EVENT_FLAG_WAITS) != 0);
}

bool get_evt_is_syslog(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = ctx->who->fd;

	(void)ref;
	return val_uint(out, io_of(ctx->ev) & IO_WRITE && fd &&
				     str_contains(istr_view(fd->name), STR("/dev/log")));
}

bool get_evt_buflen(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	unsigned class = CATEGORY_CLASS(ctx->ev->info->category);
	unsigned wanted = field_arg_of(ref);
	const struct fd *fd = ctx->who->fd;
	int64_t result;

	if (!fd)
		return false;
	if (class != CATEGORY_IO_READ && class != CATEGORY_IO_WRITE && class != CATEGORY_IO_OTHER)
		return false;
	if ((wanted & IO_READ && class != CATEGORY_IO_READ) ||
	    (wanted & IO_WRITE && class != CATEGORY_IO_WRITE) ||
	    (wanted & IO_FILE && fd->type != FD_FILE && fd->type != FD_FILE_V2) ||
	    (wanted & IO_NET && !is_ip_socket(fd)))
		return false;
	return event_return(ctx->ev, &result) && result >= 0 && val_uint(out, (uint64_t)result);
}
