/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

/*
 * Which parameters hold the paths: one (`name`), or two (`source`, `target`; for links the
 * source is the new name). 0: none, a path never comes first. Where an fd says which file it
 * is, `fd` is its parameter.
 */
struct paths {
	uint8_t name, source, target, fd;
	uint8_t target_dirfd; /* of a target that is no path parameter by itself */
	bool source_as_is;    /* a device or another word, not always a path */
};

static const struct paths paths[EVENT_TYPES] = {
	[EVENT_MKDIR_2_X] = { .name = MKDIR_2_X_PATH },
	[EVENT_MKDIRAT_X] = { .name = MKDIRAT_X_PATH },
	[EVENT_RMDIR_2_X] = { .name = RMDIR_2_X_PATH },
	[EVENT_UNLINK_2_X] = { .name = UNLINK_2_X_PATH },
	[EVENT_UNLINKAT_2_X] = { .name = UNLINKAT_2_X_NAME },
	[EVENT_OPEN_X] = { .name = OPEN_X_NAME },
	[EVENT_OPENAT_2_X] = { .name = OPENAT_2_X_NAME },
	[EVENT_OPENAT2_X] = { .name = OPENAT2_X_NAME },
	[EVENT_CHMOD_X] = { .name = CHMOD_X_FILENAME },
	[EVENT_FCHMOD_X] = { .fd = FCHMOD_X_FD },
	[EVENT_FCHMODAT_X] = { .name = FCHMODAT_X_FILENAME },
	[EVENT_CHOWN_X] = { .name = CHOWN_X_PATH },
	[EVENT_LCHOWN_X] = { .name = LCHOWN_X_PATH },
	[EVENT_FCHOWN_X] = { .fd = FCHOWN_X_FD },
	[EVENT_FCHOWNAT_X] = { .name = FCHOWNAT_X_PATHNAME },
	[EVENT_QUOTACTL_X] = { .name = QUOTACTL_X_SPECIAL },
	[EVENT_UMOUNT_1_X] = { .name = UMOUNT_1_X_NAME },
	[EVENT_UMOUNT2_X] = { .name = UMOUNT2_X_NAME },
	[EVENT_RENAME_X] = { .source = RENAME_X_OLDPATH, .target = RENAME_X_NEWPATH },
	[EVENT_RENAMEAT_X] = { .source = RENAMEAT_X_OLDPATH, .target = RENAMEAT_X_NEWPATH },
	[EVENT_RENAMEAT2_X] = { .source = RENAMEAT2_X_OLDPATH, .target = RENAMEAT2_X_NEWPATH },
	[EVENT_LINK_2_X] = { .source = LINK_2_X_NEWPATH, .target = LINK_2_X_OLDPATH },
	[EVENT_LINKAT_2_X] = { .source = LINKAT_2_X_NEWPATH, .target = LINKAT_2_X_OLDPATH },
	[EVENT_SYMLINK_X] = { .source = SYMLINK_X_LINKPATH, .target = SYMLINK_X_TARGET },
	[EVENT_SYMLINKAT_X] = { .source = SYMLINKAT_X_LINKPATH,
				.target = SYMLINKAT_X_TARGET,
				.target_dirfd = SYMLINKAT_X_LINKDIRFD },
	[EVENT_MOUNT_X] = { .source = MOUNT_X_DEV, .target = MOUNT_X_DIR, .source_as_is = true },
};

static bool is_open_call(unsigned type)
{
	return type == EVENT_OPEN_X || type == EVENT_OPENAT_2_X || type == EVENT_OPENAT2_X;
}

/* Which parameter the field is of; 0: none. */
static unsigned wanted_path(const struct field_ref *ref, unsigned type)
{
	const struct paths *at = &paths[type];

	switch (field_arg_of(ref) & FS_PATH_WHICH) {
	case FS_PATH_NAME:
		return at->fd ? at->fd : at->name;
	case FS_PATH_SOURCE:
		return at->source;
	case FS_PATH_TARGET:
		return at->target;
	}
	return 0;
}

struct field_origin fs_path_origin(const struct field_ref *ref, unsigned type)
{
	const struct paths *at = &paths[type];
	struct field_origin o = { .param = (uint8_t)wanted_path(ref, type) };
	const bool as_is = o.param == at->source && at->source_as_is;

	if (!o.param) {
		o.kind = ORIGIN_ABSENT;
	} else if (!at->fd && !is_open_call(type)) {
		o.kind = field_arg_of(ref) & FS_PATH_RAW || as_is ? ORIGIN_TEXT : ORIGIN_PLAIN_PATH;
		o.succeeds = true;
	}
	return o;
}

struct str path_of_param(const struct field_ctx *ctx, unsigned param, struct str path)
{
	int dirfd = ctx->ev->info->params[param].dirfd;
	bool known;

	if (dirfd < 0)
		return path_from_cwd(ctx, path);
	return path_from_dirfd(ctx, event_int_or(ctx->ev, (unsigned)dirfd, DIRFD_CWD), path,
			       &known);
}

/*
 * Paths of a call that failed do not count. Opening is asked whether it returned -1, though, so
 * that all failures but EPERM do.
 */
static bool counts(const struct event *ev)
{
	int64_t result;

	return event_return(ev, &result) && (is_open_call(ev->type) ? result != -1 : result == 0);
}

static bool fd_path(const struct field_ctx *ctx, unsigned param, struct val *out)
{
	const struct thread *thread = ctx->who->thread;
	const struct fd *fd;

	fd = thread ? state_fd(ctx->state, thread, event_int_or(ctx->ev, param, -1)) : NULL;
	return fd && val_text(out, istr_view(fd->name));
}

static bool full_path(const struct field_ctx *ctx, unsigned param, struct val *out)
{
	const struct paths *at = &paths[ctx->ev->type];
	bool known;

	if (!out->s.len || (param == at->source && at->source_as_is))
		return true;
	if (param == at->target && at->target_dirfd)
		return val_text(out,
				path_from_dirfd(ctx,
						event_int_or(ctx->ev, at->target_dirfd, DIRFD_CWD),
						out->s, &known));
	return val_text(out, path_of_param(ctx, param, out->s));
}

bool get_fs_path(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct paths *at = &paths[ctx->ev->type];
	const unsigned param = wanted_path(ref, ctx->ev->type);

	if (!param || !counts(ctx->ev))
		return false;
	if (at->fd)
		return fd_path(ctx, param, out);
	if (!event_text(ctx->ev, param, &out->s))
		return false;
	return field_arg_of(ref) & FS_PATH_RAW || full_path(ctx, param, out);
}
