/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"
#include "process.h"

/*
 * Users and groups are looked up in the table of the thread's container, which is empty for
 * most: only root has names everywhere.
 */
static struct str user_table(const struct field_ctx *ctx)
{
	const struct str id = container_id(ctx->containers, ctx->who->thread);

	return str_eq(id, STR("host")) ? STR("") : id;
}

/* Captures also hold users whose recorder did not know more than the number. */
static struct str told_or(const struct istr *text, struct str otherwise)
{
	return text && !str_eq(istr_view(text), NO_NAME) ? istr_view(text) : otherwise;
}

static const struct user *user_of(const struct field_ctx *ctx, uint32_t uid)
{
	return state_user(ctx->state, user_table(ctx), uid);
}

static struct str user_name(const struct field_ctx *ctx, uint32_t uid)
{
	const struct user *u = user_of(ctx, uid);

	return told_or(u ? u->name : NULL, uid == 0 ? STR("root") : NO_NAME);
}

/* For an event that tells of a container, the user it was configured with. */
bool get_user_name(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	const struct container *announced = container_announced(ctx->containers);

	(void)ref;
	if (!t)
		return false;
	if (announced && announced->user.len)
		return val_text(out, announced->user);
	return val_text(out, user_name(ctx, t->uid));
}

bool get_user_homedir(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	const struct user *u;

	(void)ref;
	if (!t)
		return false;
	u = user_of(ctx, t->uid);
	return val_text(out, told_or(u ? u->home : NULL, t->uid == 0 ? STR("/root") : NO_NAME));
}

bool get_user_shell(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	const struct user *u;

	(void)ref;
	if (!t)
		return false;
	u = user_of(ctx, t->uid);
	return val_text(out, told_or(u ? u->shell : NULL, NO_NAME));
}

bool get_user_loginuid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_int(out, t->loginuid == UINT32_MAX ? -1 : (int64_t)t->loginuid);
}

bool get_user_loginname(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_text(out, user_name(ctx, t->loginuid));
}

bool get_group_name(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	const struct user_group *g;

	(void)ref;
	if (!t)
		return false;
	g = state_group(ctx->state, user_table(ctx), t->gid);
	return val_text(out, told_or(g ? g->name : NULL, t->gid == 0 ? STR("root") : NO_NAME));
}
