/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"
#include "process.h"

/* proc.aenv[NAME] gives up after so many levels. */
#define ENV_LEVELS 20

const struct thread *own_process(const struct field_ctx *ctx)
{
	return ctx->who->thread ? state_leader(ctx->state, ctx->who->thread) : NULL;
}

const struct thread *ancestor(const struct field_ctx *ctx, uint32_t n)
{
	const struct thread *t = own_process(ctx);

	if (n > LIMIT_ANCESTORS)
		return NULL;
	while (t && n--)
		t = state_parent(ctx->state, t);
	return t;
}

struct ancestor_walk walk_ancestors(const struct field_ctx *ctx)
{
	const struct thread *own = own_process(ctx);

	return (struct ancestor_walk){
		.state = ctx->state,
		.next = own ? state_thread(ctx->state, own->ptid) : NULL,
		.anchor = own,
		.turn = 1,
	};
}

/* The anchor moves up at every power of two steps, so every loop is met within two rounds. */
const struct thread *walk_next(struct ancestor_walk *w)
{
	const struct thread *t = w->next;

	if (!t || t->tid == -1 || t == w->anchor || w->steps == LIMIT_ANCESTORS)
		return NULL;
	if (++w->steps == w->turn) {
		w->anchor = t;
		w->turn *= 2;
	}
	w->next = state_thread(w->state, t->ptid);
	return t;
}

/* All ancestors' texts with a blank between them, but none before the first that is not empty. */
static bool joined(const struct field_ctx *ctx, enum proc_text which, struct val *out)
{
	struct ancestor_walk w = walk_ancestors(ctx);
	struct text text = text_in(ctx);

	for (const struct thread *t; (t = walk_next(&w));) {
		if (text.len)
			text_char(&text, ' ');
		text_str(&text, proc_text(ctx, t, which));
	}
	return text.len && val_text(out, text_view(&text));
}

/*
 * In a condition only `exists` asks for the value of a field that stands for all ancestors: is
 * there one.
 */
static bool asks_for_any(const struct field_ref *ref, const struct field_ctx *ctx)
{
	return !ctx->in_output && field_is_multi(ref);
}

static bool any_ancestor(const struct field_ctx *ctx, struct val *out)
{
	struct ancestor_walk w = walk_ancestors(ctx);
	const struct thread *t = walk_next(&w);

	return t && val_text(out, STR(""));
}

static bool ancestor_text(const struct field_ref *ref, const struct field_ctx *ctx,
			  enum proc_text which, struct val *out)
{
	const struct thread *t;

	if (asks_for_any(ref, ctx))
		return any_ancestor(ctx, out);
	if (!ref->has_index)
		return joined(ctx, which, out);
	t = ancestor(ctx, ref->index);
	return t && val_text(out, proc_text(ctx, t, which));
}

static size_t all_texts(const struct field_ctx *ctx, enum proc_text which, struct val *out,
			size_t max)
{
	struct ancestor_walk w = walk_ancestors(ctx);
	size_t n = 0;

	for (const struct thread *t; n < max && (t = walk_next(&w));)
		val_text(&out[n++], proc_text(ctx, t, which));
	return n;
}

bool get_ancestor_text(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	return ancestor_text(ref, ctx, (enum proc_text)field_arg_of(ref), out);
}

size_t all_ancestor_text(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out,
			 size_t max)
{
	return all_texts(ctx, (enum proc_text)field_arg_of(ref), out, max);
}

/* Unlike its siblings a filter compares it with the joined text. */
bool get_ancestor_args(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	return ancestor_text(ref, ctx, PROC_ARGS_TEXT, out);
}

/* Without an index, in outputs, the process itself. */
bool get_ancestor_pid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t;

	if (asks_for_any(ref, ctx))
		return any_ancestor(ctx, out);
	t = ancestor(ctx, ref->has_index ? ref->index : 0);
	return t && is_shown_id(t->pid) && val_int(out, t->pid);
}

size_t all_ancestor_pid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out,
			size_t max)
{
	struct ancestor_walk w = walk_ancestors(ctx);
	size_t n = 0;

	(void)ref;
	for (const struct thread *t; n < max && (t = walk_next(&w));)
		val_int(&out[n++], t->pid);
	return n;
}

static struct str nearest_env(const struct field_ctx *ctx, struct str name)
{
	const struct thread *t = own_process(ctx);
	struct str value = STR("");

	for (unsigned level = 0; t && !value.len && level < ENV_LEVELS; level++) {
		t = state_parent(ctx->state, t);
		if (t)
			value = proc_env_value(t, name);
	}
	return value;
}

bool get_ancestor_env(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	if (!t)
		return false;
	if (asks_for_any(ref, ctx))
		return any_ancestor(ctx, out);
	if (ref->has_key)
		return val_text(out, nearest_env(ctx, ref->key));
	if (ref->has_index && ref->index)
		t = ancestor(ctx, ref->index);
	return t && val_text(out, proc_text(ctx, t, PROC_ENV_TEXT));
}

size_t all_ancestor_env(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out,
			size_t max)
{
	(void)ref;
	return all_texts(ctx, PROC_ENV_TEXT, out, max);
}

/* ---- The parent ---- */

bool get_parent_text(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ancestor(ctx, 1);

	return t && val_text(out, proc_text(ctx, t, (enum proc_text)field_arg_of(ref)));
}

bool get_parent_pid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ancestor(ctx, 1);

	(void)ref;
	return t && is_shown_id(t->pid) && val_int(out, t->pid);
}

/* The thread itself that forked, not the leader of its group. */
static const struct thread *forking_thread(const struct field_ctx *ctx)
{
	const struct thread *t = ctx->who->thread;

	return t ? state_thread(ctx->state, t->ptid) : NULL;
}

bool get_parent_vpid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = forking_thread(ctx);

	(void)ref;
	return t && val_int(out, t->vpid);
}

bool get_parent_start(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = forking_thread(ctx);

	(void)ref;
	return t && val_uint(out, t->clone_ts);
}

bool get_parent_duration(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = forking_thread(ctx);

	(void)ref;
	return t && t->clone_ts && val_uint(out, ctx->ev->ts - t->clone_ts);
}

/* ---- Leaders of sessions and process groups ---- */

bool get_leader_text(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const uint32_t arg = field_arg_of(ref);
	const struct thread *t = ctx->who->thread;

	if (!t)
		return false;
	t = state_lead(ctx->state, t, (enum state_lead)(arg >> 8));
	return val_text(out, t ? proc_text(ctx, t, (enum proc_text)(arg & 0xff)) : STR(""));
}

static bool is_shell(const struct thread *t)
{
	return str_ends_with(istr_view(t->comm), STR("sh"));
}

bool get_login_shell(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *shell = NULL, *own = own_process(ctx);
	struct ancestor_walk w = walk_ancestors(ctx);

	(void)ref;
	if (own && is_shell(own))
		shell = own;
	for (const struct thread *t; (t = walk_next(&w));)
		if (is_shell(t))
			shell = t;
	return shell && val_int(out, shell->pid);
}
