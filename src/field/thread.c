/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"
#include "process.h"

/* Members of struct thread: their offset is the row's argument. */
#define MEMBER(type, t, offset) (*(const type *)((const char *)(t) + (offset)))

bool get_thread_i64(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	return t && val_int(out, MEMBER(int64_t, t, field_arg_of(ref)));
}

bool get_thread_u32(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	return t && val_uint(out, MEMBER(uint32_t, t, field_arg_of(ref)));
}

bool get_thread_u64(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	return t && val_uint(out, MEMBER(uint64_t, t, field_arg_of(ref)));
}

/* Zero means that it is not known. */
bool get_thread_u64_known(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	return get_thread_u64(ref, ctx, out) && out->u;
}

/*
 * Sources that cannot tell host ids put their own numbers outside of this range, to keep
 * threads apart; nobody wants to read those.
 */
bool is_shown_id(int64_t id)
{
	return id >= -1 && id <= UINT32_MAX;
}

bool get_thread_pid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return ctx->who->thread && is_shown_id(ctx->who->thread->pid) &&
	       val_int(out, ctx->who->thread->pid);
}

/* Ids in the thread's own namespace; -1 means that it is not known. */
bool get_thread_virtual_id(const struct field_ref *ref, const struct field_ctx *ctx,
			   struct val *out)
{
	return get_thread_i64(ref, ctx, out) && out->i != -1;
}

bool get_thread_tid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return is_shown_id(ctx->ev->tid) && val_int(out, ctx->ev->tid);
}

static bool is_main(const struct thread *t)
{
	return t->tid == t->pid || t->flags & CL_IS_MAIN_THREAD;
}

bool get_thread_ismain(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_uint(out, is_main(t));
}

bool get_is_session_leader(const struct field_ref *ref, const struct field_ctx *ctx,
			   struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_uint(out, t->sid == t->vpid);
}

bool get_is_vpgroup_leader(const struct field_ref *ref, const struct field_ctx *ctx,
			   struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_uint(out, t->vpgid == t->vpid);
}

bool get_is_pgroup_leader(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_uint(out, t->pgid == t->pid);
}

bool get_thread_nametid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	struct text text = text_in(ctx);

	(void)ref;
	if (!t)
		return false;
	text_str(&text, istr_view(t->comm));
	text_i64(&text, ctx->ev->tid);
	return val_text(out, text_view(&text));
}

void text_capabilities(struct text *t, uint64_t set)
{
	for (unsigned bit = 0; bit < CAPABILITIES; bit++) {
		if (!(set >> bit & 1))
			continue;
		if (t->len)
			text_char(t, ' ');
		text_str(t, capability_name(bit));
	}
}

bool get_thread_caps(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	struct text text = text_in(ctx);

	if (!t)
		return false;
	text_capabilities(&text, MEMBER(uint64_t, t, field_arg_of(ref)));
	return val_text(out, text_view(&text));
}

/* ---- Cgroups: "subsys=path", each ended by NUL ---- */

bool get_thread_cgroups(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	struct str list = istr_view(t ? t->cgroups : NULL);
	char *copy;

	(void)ref;
	if (!list.len)
		return false;
	if (list.p[list.len - 1] == '\0')
		list.len--;
	copy = arena_bytes(ctx->scratch, list.len + 1);
	for (size_t i = 0; i < list.len; i++)
		copy[i] = list.p[i] ? list.p[i] : ' ';
	return val_text(out, str_of(copy, list.len));
}

bool get_thread_cgroup(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;
	struct str list = istr_view(t ? t->cgroups : NULL);

	while (list.len) {
		const struct str entry = { list.p, str_chr(list, '\0') };
		const size_t eq = str_chr(entry, '=');

		if (eq < entry.len && str_eq(str_of(entry.p, eq), ref->key))
			return val_text(out, str_from_index(entry, eq + 1));
		list = str_from_index(list, entry.len + 1);
	}
	return false;
}

/* ---- Counts of the whole process ---- */

bool get_fd_open_count(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *leader = own_process(ctx);

	(void)ref;
	if (!ctx->who->thread)
		return false;
	return val_uint(out, leader ? state_fd_count(ctx->state, leader) : 0);
}

bool get_fd_limit(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *leader = own_process(ctx);

	(void)ref;
	return ctx->who->thread && val_int(out, leader ? leader->fdlimit : 0);
}

bool get_fd_usage(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *leader = own_process(ctx);
	double limit, open;

	(void)ref;
	if (!ctx->who->thread)
		return false;
	out->d = 0;
	if (!leader || leader->fdlimit <= 0)
		return true;
	limit = (double)leader->fdlimit;
	open = (double)state_fd_count(ctx->state, leader);
	out->d = open <= limit ? open * 100 / limit : 100;
	return true;
}

bool get_thread_count(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return t && val_uint(out, t->group ? t->group->alive : 0);
}

/* The leader is not counted, unless it has gone already. */
bool get_thread_children(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread, *leader = own_process(ctx);
	uint64_t n;

	(void)ref;
	if (!t)
		return false;
	n = t->group ? t->group->alive : 0;
	return val_uint(out, n - (n && leader && !leader->exited));
}

/* ---- Memory and time ---- */

/* Memory belongs to the process: counted for its leader only. */
static bool leaders_memory(const struct field_ref *ref, const struct field_ctx *ctx, uint64_t unit,
			   struct val *out)
{
	const struct thread *t = ctx->who->thread;

	return t && val_uint(out, is_main(t) ? MEMBER(uint32_t, t, field_arg_of(ref)) * unit : 0);
}

bool get_thread_memory_kb(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	return leaders_memory(ref, ctx, 1, out);
}

bool get_thread_memory_bytes(const struct field_ref *ref, const struct field_ctx *ctx,
			     struct val *out)
{
	return leaders_memory(ref, ctx, 1024, out);
}

static bool is_switch(const struct event *ev)
{
	return ev->type == EVENT_SCHEDSWITCH_1_E || ev->type == EVENT_SCHEDSWITCH_6_E;
}

bool get_thread_exectime(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	(void)ref;
	return val_uint(out, t && is_switch(ctx->ev) ? t->slice_ns : 0);
}

/* A percentage of the time since the last such event; only procinfo events tell. */
bool get_thread_cpu(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct thread *t = ctx->who->thread;

	if (!t || ctx->ev->type != EVENT_PROCINFO_E)
		return false;
	memcpy(&out->d, (const char *)t + field_arg_of(ref), sizeof(out->d));
	return true;
}
