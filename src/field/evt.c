/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

bool get_evt_num(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_uint(out, ctx->ev->num);
}

bool get_evt_cpu(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_int(out, (int16_t)ctx->ev->cpu);
}

bool get_evt_dir(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_text(out, event_is_exit(ctx->ev->type) ? STR("<") : STR(">"));
}

bool get_evt_hostname(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	val_text(out, ctx->hostname ? str_from(ctx->hostname) : state_hostname(ctx->state));
	return out->s.len > 0;
}

/* No plugin can be loaded, so no event has one. */
bool get_evt_plugin(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	(void)ctx;
	(void)out;
	return false;
}

/*
 * A generic event holds a system call code; an old reader's code may be "unknown" beside a
 * native number that is not.
 */
static struct str generic_name(const struct event *ev)
{
	int64_t code = event_int_or(ev, GENERIC_X_ID, SC_UNKNOWN);

	if (code == SC_UNKNOWN) {
		int64_t native = event_int_or(ev, GENERIC_X_NATIVEID, -1);
		int known = native >= 0 ? syscall_from_native((unsigned)native) : -1;

		if (known >= 0)
			code = known;
	}
	return syscall_info((unsigned)code)->name;
}

struct str event_name(const struct event *ev)
{
	struct str name;

	if (ev->type == EVENT_GENERIC_E || ev->type == EVENT_GENERIC_X)
		return generic_name(ev);
	if (ev->type == EVENT_ASYNCEVENT_E && event_text(ev, ASYNCEVENT_E_NAME, &name))
		return name;
	return ev->info->name;
}

bool get_evt_type(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_text(out, event_name(ctx->ev));
}

/* Only for conditions: Falco has no print format for it, so outputs show nothing. */
bool get_evt_type_is(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	unsigned type = ref->has_index ? ctx->ev->type : ctx->ev->type & ~1u;

	return !ctx->in_output && val_uint(out, type == ref->index);
}

bool get_syscall_type(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return ctx->ev->info->category & CATEGORY_SYSCALL && val_text(out, event_name(ctx->ev));
}

bool get_evt_source(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return !(ctx->ev->info->category & CATEGORY_PLUGIN) && val_text(out, STR("syscall"));
}

bool get_evt_is_async(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_uint(out, (ctx->ev->info->category & CATEGORY_METAEVENT) != 0);
}

bool get_evt_asynctype(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return ctx->ev->info->category & CATEGORY_METAEVENT && val_text(out, event_name(ctx->ev));
}

static const struct {
	uint16_t number;
	struct str name;
} categories[] = {
#define CATEGORY(id, number, name) { (number), { (name), sizeof(name) - 1 } },
#include "tables/categories.def"
#undef CATEGORY
};

/* Reading and writing belong to the category of what is read or written. */
static struct str io_category(const struct fd *fd)
{
	switch (fd ? fd->type : FD_UNINITIALIZED) {
	case FD_FILE:
	case FD_FILE_V2:
	case FD_DIRECTORY:
		return STR("file");
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		return STR("net");
	case FD_FIFO:
	case FD_UNIX_SOCK:
	case FD_EVENT:
	case FD_SIGNALFD:
	case FD_INOTIFY:
	case FD_USERFAULTFD:
		return STR("ipc");
	default:
		return STR("unknown");
	}
}

bool get_evt_category(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	unsigned category = ctx->ev->info->category, class = CATEGORY_CLASS(category);

	(void)ref;
	if (class == CATEGORY_IO_READ || class == CATEGORY_IO_WRITE || class == CATEGORY_IO_OTHER)
		return val_text(out, io_category(ctx->who->fd));
	if (category & CATEGORY_INTERNAL)
		class = CATEGORY_INTERNAL;
	for (size_t i = 0; i < ARRAY_SIZE(categories); i++)
		if (categories[i].number == class)
			return val_text(out, categories[i].name);
	return val_text(out, STR("unknown"));
}

bool get_evt_count(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	(void)ctx;
	return val_uint(out, 1);
}

bool get_evt_count_exit(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return event_is_exit(ctx->ev->type) && val_uint(out, 1);
}

bool get_evt_count_threadinfo(const struct field_ref *ref, const struct field_ctx *ctx,
			      struct val *out)
{
	(void)ref;
	return val_uint(out, ctx->ev->type == EVENT_PROCINFO_E);
}

bool get_evt_count_procinfo(const struct field_ref *ref, const struct field_ctx *ctx,
			    struct val *out)
{
	const struct thread *thread = ctx->who->thread;

	(void)ref;
	return val_uint(out,
			ctx->ev->type == EVENT_PROCINFO_E && thread && thread->tid == thread->pid);
}

/* The description of an infrastructure event: "Event: pull; ID: 2ab...; name: web; Image: x". */
bool get_evt_infra(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	static const struct str keys[] = {
		[INFRA_EVENT] = { "Event", 5 },
		[INFRA_ID] = { "ID", 2 },
		[INFRA_NAME] = { "name", 4 },
		[INFRA_IMAGE] = { "Image", 5 },
	};
	uint32_t wanted = field_arg_of(ref);
	struct str rest;

	if (ctx->ev->type != EVENT_INFRASTRUCTURE_EVENT_E ||
	    !event_text(ctx->ev, INFRASTRUCTURE_EVENT_E_DESCRIPTION, &rest))
		return false;
	while (rest.len) {
		size_t end = str_chr(rest, ';');
		struct str element = str_trim(str_of(rest.p, end)), value;

		rest = str_from_index(rest, end + 1);
		if (!str_starts_with(element, keys[wanted]))
			continue;
		value = str_from_index(element, str_chr(element, ':') + 1);
		value = str_trim(str_of(value.p, str_chr(value, ':')));
		if (wanted == INFRA_ID && value.len > 12)
			value.len = 12;
		return val_text(out, value);
	}
	return false;
}
