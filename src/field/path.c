/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

static struct str joined(const struct field_ctx *ctx, struct str dir, struct str path)
{
	char out[PATH_JOIN_MAX];
	size_t len = path_join(out, dir, path);

	return arena_str(ctx->scratch, str_of(out, len));
}

struct str path_from_cwd(const struct field_ctx *ctx, struct str path)
{
	const struct thread *thread = ctx->who->thread;

	return joined(ctx, thread && thread->fs ? istr_view(thread->fs->cwd) : STR(""), path);
}

struct str path_from_dirfd(const struct field_ctx *ctx, int64_t dirfd, struct str path, bool *known)
{
	const struct thread *thread = ctx->who->thread;
	const struct fd *dir;
	struct text base;

	*known = true;
	if (path.len && path.p[0] == '/')
		return joined(ctx, STR(""), path);
	if (thread && dirfd == DIRFD_CWD)
		return path_from_cwd(ctx, path);
	dir = thread ? state_fd(ctx->state, thread, dirfd) : NULL;
	if (!dir) {
		*known = false;
		return joined(ctx, STR("<UNKNOWN>/"), path);
	}
	base = text_in(ctx);
	text_str(&base, istr_view(dir->name));
	if (!str_ends_with(text_view(&base), STR("/")))
		text_char(&base, '/');
	return joined(ctx, text_view(&base), path);
}
