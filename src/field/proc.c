/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"
#include "process.h"

static const struct image no_image = {
	.exe = { "", 0 },
	.exepath = { "", 0 },
	.args = { "", 0 },
	.joined = { "", 0 },
	.env = { "", 0 },
};

static const struct image *image_of(const struct thread *t)
{
	return t->image ? t->image : &no_image;
}

/* "first rest" in scratch; with `always`, the blank stands even where there is no argument. */
static struct str with_args(const struct field_ctx *ctx, struct str first,
			    const struct image *image, bool always)
{
	const size_t len = first.len + 1 + image->joined.len;
	char *text;

	if (!image->argc && !always)
		return first;
	text = arena_bytes(ctx->scratch, len);
	if (first.len)
		memcpy(text, first.p, first.len);
	text[first.len] = ' ';
	if (image->joined.len)
		memcpy(text + first.len + 1, image->joined.p, image->joined.len);
	return str_of(text, len);
}

/* NUL-ended strings with blanks between them. */
static struct str blank_joined(const struct field_ctx *ctx, struct str list)
{
	char *copy;

	if (!list.len)
		return STR("");
	if (list.p[list.len - 1] == '\0')
		list.len--;
	copy = arena_bytes(ctx->scratch, list.len + 1);
	for (size_t i = 0; i < list.len; i++)
		copy[i] = list.p[i] ? list.p[i] : ' ';
	return str_of(copy, list.len);
}

struct str proc_text(const struct field_ctx *ctx, const struct thread *t, enum proc_text which)
{
	const struct image *image = image_of(t);

	switch (which) {
	case PROC_COMM:
		return istr_view(t->comm);
	case PROC_EXE_TEXT:
		return image->exe;
	case PROC_EXEPATH_TEXT:
		return image->exepath;
	case PROC_ARGS_TEXT:
		return image->joined;
	case PROC_CMDLINE_TEXT:
		return with_args(ctx, istr_view(t->comm), image, false);
	case PROC_EXELINE_TEXT:
		return with_args(ctx, image->exe, image, true);
	case PROC_ENV_TEXT:
		return blank_joined(ctx, image->env);
	}
	return STR("");
}

/* The string at the head of a list of NUL-ended ones; steps behind it. */
static struct str next_string(struct str *list)
{
	const struct str s = { list->p, str_chr(*list, '\0') };

	*list = str_from_index(*list, s.len + 1);
	return s;
}

struct str proc_env_value(const struct thread *t, struct str name)
{
	struct str env = image_of(t)->env;

	while (env.len) {
		struct str s = next_string(&env);

		if (s.len <= name.len + 1 || s.p[name.len] != '=' || !str_starts_with(s, name))
			continue;
		s = str_from_index(s, name.len + 1);
		while (s.len && s.p[0] == ' ')
			s = str_from_index(s, 1);
		while (s.len && s.p[s.len - 1] == ' ')
			s.len--;
		return s;
	}
	return STR("");
}

bool get_proc_text(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	return t && val_text(out, proc_text(ctx, t, (enum proc_text)field_arg_of(ref)));
}

bool get_proc_args(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	struct str args, arg = STR("");

	if (!t)
		return false;
	if (!ref->has_index)
		return val_text(out, image_of(t)->joined);
	if (ref->index >= image_of(t)->argc)
		return val_text(out, STR(""));
	args = image_of(t)->args;
	for (uint32_t i = 0; args.len && i <= ref->index; i++)
		arg = next_string(&args);
	return val_text(out, arg);
}

bool get_proc_env(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	if (!t)
		return false;
	/* No variable is called by a number. */
	if (ref->has_index)
		return val_text(out, STR(""));
	return val_text(out, ref->has_key ? proc_env_value(t, ref->key)
					  : proc_text(ctx, t, PROC_ENV_TEXT));
}

bool get_proc_cmdnargs(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_uint(out, image_of(t)->argc);
}

bool get_proc_cmdlenargs(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_uint(out, image_of(t)->args.len - image_of(t)->argc);
}

bool get_proc_cwd(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_text(out, istr_view(t->fs ? t->fs->cwd : NULL));
}

bool get_proc_duration(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && t->clone_ts && val_uint(out, ctx->ev->ts - t->clone_ts);
}

/* ---- The executable ---- */

bool get_image_flag(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	return t && val_uint(out, *(const bool *)((const char *)image_of(t) + field_arg_of(ref)));
}

bool get_image_number(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	uint64_t v;

	if (!t)
		return false;
	v = *(const uint64_t *)((const char *)image_of(t) + field_arg_of(ref));
	return v && val_uint(out, v);
}

/* ---- Standard input and outputs ---- */

static const struct fd *standard_fd(const struct field_ref *ref, const struct field_ctx *ctx)
{
	const struct thread *t = ctx->who->thread;

	return t ? state_fd(ctx->state, t, field_arg_of(ref)) : NULL;
}

bool get_standard_type(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = standard_fd(ref, ctx);
	struct str word;

	if (!fd)
		return false;
	word = fd_type_word((enum fd_type)fd->type);
	return val_text(out, word.len ? word : NO_NAME);
}

bool get_standard_name(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = standard_fd(ref, ctx);

	return fd && val_text(out, istr_view(fd->name));
}
