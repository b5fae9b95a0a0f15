/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"
#include "schema/flags.h"

/* Parameters of the calls that open by flags; `flags` 0 for all other events. */
struct open_params {
	uint8_t flags, mode;
};

static struct open_params open_params_of(unsigned type)
{
	switch (type) {
	case EVENT_OPEN_X:
		return (struct open_params){ OPEN_X_FLAGS, OPEN_X_MODE };
	case EVENT_OPENAT_2_X:
		return (struct open_params){ OPENAT_2_X_FLAGS, OPENAT_2_X_MODE };
	case EVENT_OPENAT2_X:
		return (struct open_params){ OPENAT2_X_FLAGS, OPENAT2_X_MODE };
	case EVENT_OPEN_BY_HANDLE_AT_X:
		return (struct open_params){ OPEN_BY_HANDLE_AT_X_FLAGS, 0 };
	default:
		return (struct open_params){ 0, 0 };
	}
}

static uint32_t number_at(const struct event *ev, unsigned param)
{
	return param ? (uint32_t)event_int_or(ev, param, 0) : 0;
}

/* O_RDONLY is a bit here, and O_RDWR is O_RDONLY and O_WRONLY. Failed calls count, too. */
bool get_evt_is_open(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	uint32_t flags = number_at(ctx->ev, open_params_of(ctx->ev->type).flags);

	return val_uint(out, (flags & field_arg_of(ref)) != 0);
}

struct field_origin is_open_origin(const struct field_ref *ref, unsigned type)
{
	return (struct field_origin){ .kind = ORIGIN_BITS,
				      .param = open_params_of(type).flags,
				      .mask = open_params_of(type).flags ? field_arg_of(ref) : 0 };
}

#define ANY_EXEC (CHMOD_MODE_S_IXUSR | CHMOD_MODE_S_IXGRP | CHMOD_MODE_S_IXOTH)

/* The mode counts only where a file may be made. */
bool get_evt_is_open_exec(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct open_params at = open_params_of(ctx->ev->type);
	uint32_t mode = number_at(ctx->ev, at.mode);

	(void)ref;
	if (ctx->ev->type == EVENT_CREAT_X)
		mode = number_at(ctx->ev, CREAT_X_MODE);
	else if (!(number_at(ctx->ev, at.flags) & (FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TMPFILE)))
		mode = 0;
	return val_uint(out, (mode & ANY_EXEC) != 0);
}

bool get_evt_is_open_create(const struct field_ref *ref, const struct field_ctx *ctx,
			    struct val *out)
{
	uint32_t flags = number_at(ctx->ev, open_params_of(ctx->ev->type).flags);
	int64_t fd;

	(void)ref;
	return val_uint(out,
			flags & FILE_FLAGS_O_F_CREATED || (flags & FILE_FLAGS_O_TMPFILE &&
							   event_return(ctx->ev, &fd) && fd >= 0));
}

/* Which parameters evt.abspath.src and .dst are; 0: none (it never comes first). */
static const uint8_t paths[EVENT_TYPES][2] = {
	[EVENT_RENAMEAT_X] = { RENAMEAT_X_OLDPATH, RENAMEAT_X_NEWPATH },
	[EVENT_RENAMEAT2_X] = { RENAMEAT2_X_OLDPATH, RENAMEAT2_X_NEWPATH },
	[EVENT_LINKAT_2_X] = { LINKAT_2_X_OLDPATH, LINKAT_2_X_NEWPATH },
	[EVENT_SYMLINKAT_X] = { SYMLINKAT_X_LINKPATH, SYMLINKAT_X_LINKPATH },
	[EVENT_OPENAT_2_X] = { OPENAT_2_X_NAME, OPENAT_2_X_NAME },
	[EVENT_OPENAT2_X] = { OPENAT2_X_NAME, OPENAT2_X_NAME },
	[EVENT_OPEN_BY_HANDLE_AT_X] = { OPEN_BY_HANDLE_AT_X_PATH, OPEN_BY_HANDLE_AT_X_PATH },
	[EVENT_UNLINKAT_2_X] = { UNLINKAT_2_X_NAME, UNLINKAT_2_X_NAME },
	[EVENT_MKDIRAT_X] = { MKDIRAT_X_PATH, MKDIRAT_X_PATH },
	[EVENT_FCHMODAT_X] = { FCHMODAT_X_FILENAME, FCHMODAT_X_FILENAME },
	[EVENT_FCHOWNAT_X] = { FCHOWNAT_X_PATHNAME, FCHOWNAT_X_PATHNAME },
};

bool get_evt_abspath(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	unsigned param = paths[ctx->ev->type][ref->index];
	struct str path;

	if (!param || !event_text(ctx->ev, param, &path) || !path.len)
		return false;
	return val_text(out, path_of_param(ctx, param, path));
}
