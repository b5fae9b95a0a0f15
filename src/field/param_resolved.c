/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "base/clock.h"
#include "internal.h"

/*
 * Names in table order, joined by '|'. A printed flag's bits are taken away; the name for 0
 * prints only for 0; a name for the whole value ends the list.
 */
void text_flags(struct text *t, const struct flag_set *set, uint32_t value)
{
	uint32_t left = value;
	bool first = true;

	for (size_t i = 0; i < set->n; i++) {
		uint32_t bits = set->flags[i].value;

		if (bits ? !left || (left & bits) != bits : value != 0)
			continue;
		if (!first)
			text_char(t, '|');
		text_str(t, set->flags[i].name);
		first = false;
		left &= ~bits;
		if (bits == value)
			break;
	}
}

/* Every name with exactly this value: "AF_LOCAL|AF_UNIX". */
void text_enum(struct text *t, const struct flag_set *set, uint32_t value)
{
	bool first = true;

	for (size_t i = 0; i < set->n; i++) {
		if (set->flags[i].value != value)
			continue;
		if (!first)
			text_char(t, '|');
		text_str(t, set->flags[i].name);
		first = false;
	}
}

static void errno_text(struct text *t, int64_t v)
{
	if (v < 0)
		text_str(t, errno_name(-(uint64_t)v));
}

static void fd_text(struct text *t, const struct field_ctx *ctx, int64_t num)
{
	const struct fd *fd;

	if (num == DIRFD_CWD) {
		text_str(t, STR("AT_FDCWD"));
		return;
	}
	if (num < 0) {
		errno_text(t, num);
		return;
	}
	fd = ctx->who->thread ? state_fd(ctx->state, ctx->who->thread, num) : NULL;
	if (!fd)
		return;
	text_char(t, '<');
	text_fd_letters(t, fd);
	text_char(t, '>');
	text_str(t, istr_view(fd->name));
}

static void pid_text(struct text *t, const struct field_ctx *ctx, int64_t pid)
{
	const struct thread *thread = pid >= 0 ? state_thread(ctx->state, pid) : NULL;

	if (thread)
		text_str(t, istr_view(thread->comm));
}

/* Users and groups are known per container; "" stands for the host. */
static struct str user_scope(const struct field_ctx *ctx)
{
	struct str id;

	if (!ctx->who->thread || !ctx->containers)
		return STR("");
	id = container_id(ctx->containers, ctx->who->thread);
	return str_eq(id, STR("host")) ? STR("") : id;
}

static void id_text(struct text *t, const struct field_ctx *ctx, enum value_type type, uint32_t id)
{
	const struct istr *name = NULL;

	if (id == UINT32_MAX) {
		text_str(t, STR("<NONE>"));
		return;
	}
	if (type == TYPE_UID) {
		const struct user *user = state_user(ctx->state, user_scope(ctx), id);

		name = user ? user->name : NULL;
	} else {
		const struct user_group *group = state_group(ctx->state, user_scope(ctx), id);

		name = group ? group->name : NULL;
	}
	text_str(t, name ? istr_view(name) : NO_NAME);
}

static void reltime_text(struct text *t, uint64_t ns)
{
	if (ns == UINT64_MAX)
		text_str(t, STR("none"));
	else
		text_printf(t, "%gs", (double)ns / (double)NS_PER_S);
}

/* Only relative paths stand for another text, and only where the directory is known. */
static void path_text(struct text *t, const struct field_ctx *ctx, const struct piece *p)
{
	struct str path, absolute;
	bool known = ctx->who->thread;

	if (!piece_text(p, &path) || !path.len || path.p[0] == '/')
		return;
	if (p->type == TYPE_FSPATH)
		absolute = path_from_cwd(ctx, path);
	else
		absolute = path_from_dirfd(
			ctx, event_int_or(ctx->ev, (unsigned)p->dirfd, DIRFD_CWD), path, &known);
	if (known)
		text_str(t, absolute);
}

static void integer_text(struct text *t, const struct field_ctx *ctx, const struct piece *p)
{
	int64_t v;

	if (!piece_int(p, &v))
		return;
	switch ((int)p->type) {
	case TYPE_ERRNO:
		errno_text(t, v);
		break;
	case TYPE_FD:
	case TYPE_FD32:
		fd_text(t, ctx, v);
		break;
	case TYPE_PID:
	case TYPE_PID32:
		pid_text(t, ctx, v);
		break;
	case TYPE_UID:
	case TYPE_GID:
		id_text(t, ctx, p->type, (uint32_t)v);
		break;
	case TYPE_SYSCALLID:
		text_str(t, syscall_info((unsigned)v)->name);
		break;
	case TYPE_SIGTYPE:
		text_str(t, signal_name((unsigned)v));
		break;
	case TYPE_RELTIME:
		reltime_text(t, (uint64_t)v);
		break;
	case TYPE_FLAGS8:
	case TYPE_FLAGS16:
	case TYPE_FLAGS32:
	case TYPE_MODE:
		if (p->flags)
			text_flags(t, p->flags, (uint32_t)v);
		break;
	case TYPE_ENUMFLAGS8:
	case TYPE_ENUMFLAGS16:
	case TYPE_ENUMFLAGS32:
		if (p->flags)
			text_enum(t, p->flags, (uint32_t)v);
		break;
	default:
		break;
	}
}

static void resolve(struct text *t, const struct field_ctx *ctx, const struct piece *p)
{
	struct piece held;

	if (p->type == TYPE_DYN) {
		if (piece_inside(p, &held) && held.type != TYPE_DYN)
			resolve(t, ctx, &held);
	} else if (p->type == TYPE_FSPATH || (p->type == TYPE_FSRELPATH && p->dirfd >= 0)) {
		path_text(t, ctx, p);
	} else {
		integer_text(t, ctx, p);
	}
}

/* A negative descriptor is an error only as the result; as an argument it stands for none. */
static bool is_no_descriptor(const struct event *ev, unsigned param, const struct piece *p)
{
	int64_t num;

	return (p->type == TYPE_FD || p->type == TYPE_FD32) &&
	       !(param == 0 && event_is_exit(ev->type)) && piece_int(p, &num) && num < 0 &&
	       num != DIRFD_CWD;
}

bool param_resolved(struct text *out, const struct field_ctx *ctx, unsigned param)
{
	size_t before = out->len;
	struct piece p;

	if (!piece_of(ctx->ev, param, &p) || is_no_descriptor(ctx->ev, param, &p))
		return false;
	resolve(out, ctx, &p);
	return out->len > before;
}
