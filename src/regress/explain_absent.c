/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <errno.h>
#include <inttypes.h>

/* Why a field has no value for an event, as far as event and state tell. */

static bool works_on_fd(const struct event *ev)
{
	return ev->info->flags &
	       (EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD | EVENT_FLAG_DESTROYS_FD);
}

static struct str no_descriptor(struct arena *a, const struct field_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	const struct str type = ev->info->name;
	int64_t result;

	if (!works_on_fd(ev))
		return arena_printf(a, "an event of type %.*s has no descriptor", STR_ARG(type));
	if (ev->info->flags & EVENT_FLAG_CREATES_FD && event_result(ev, &result) && result < 0)
		return arena_printf(a, "the %.*s failed and made no descriptor", STR_ARG(type));
	if (!ctx->who->thread)
		return arena_printf(a, "thread %" PRId64 " was never seen", ev->tid);
	if (ctx->who->has_fd_num)
		return arena_printf(
			a, "no fd %" PRId64 " in this process: opened before the trace began",
			ctx->who->fd_num);
	return arena_printf(a, "the %.*s event does not say which descriptor", STR_ARG(type));
}

static struct str of_descriptor(struct arena *a, const struct field_ref *f,
				const struct field_ctx *ctx)
{
	const struct fd *fd = ctx->who->fd;
	struct str word;

	if (!works_on_fd(ctx->ev) || !fd)
		return no_descriptor(a, ctx);
	word = fd_type_word((enum fd_type)fd->type);
	if (fd->type == FD_IPV4_SOCK || fd->type == FD_IPV6_SOCK)
		return arena_printf(a, "which end of fd %" PRId64 " is the server is not known",
				    fd->num);
	return arena_printf(a, "fd %" PRId64 " is %s%.*s, which has no %s", fd->num,
			    word.len ? "of type " : "of an unknown type", STR_ARG(word),
			    field_info(f->id)->name);
}

static struct str of_parameter(struct arena *a, const struct field_ref *f,
			       const struct field_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	const int i = f->has_index ? (int)f->index : event_param_index(ev->type, f->key);

	if (i < 0 || i >= ev->info->nparams)
		return arena_printf(a, "an event of type %.*s has no such parameter",
				    STR_ARG(ev->info->name));
	if (i >= ev->nparams)
		return arena_str(a, STR("the event was recorded without this parameter"));
	return arena_str(a, STR("the parameter is empty"));
}

static struct str of_ancestor(struct arena *a, const struct field_ref *f,
			      const struct field_ctx *ctx)
{
	const struct thread *t = ctx->who->thread;
	unsigned known = 0;

	while (known < LIMIT_ANCESTORS && (t = state_parent(ctx->state, t)))
		known++;
	if (f->has_index && f->index > known)
		return arena_printf(a, "only %u ancestor%s of the process known", known,
				    known == 1 ? " is" : "s are");
	return known ? arena_str(a, STR("nothing is known of it"))
		     : arena_str(a, STR("the parent of the process was never seen"));
}

static enum extension part_of(enum field_id id)
{
	if (id == FIELD_EVT_KERNEL_PATH)
		return EXTENSION_PATH;
	return id < FIELD_EVT_KERNEL_UID ? EXTENSION_TUPLE : EXTENSION_CREDENTIALS;
}

/* What the kernel used: fields of our own. */
static struct str of_extension(struct arena *a, const struct field_ref *f,
			       const struct field_ctx *ctx)
{
	static const char *const parts[EXTENSIONS] = { [EXTENSION_PATH] = "path",
						       [EXTENSION_TUPLE] = "connection",
						       [EXTENSION_CREDENTIALS] = "identity",
						       [EXTENSION_DESCRIPTORS] = "descriptor" };
	const struct event *ev = ctx->ev;
	const struct str type = ev->info->name;
	const enum extension part = part_of(f->id);
	int64_t result;

	if (event_result(ev, &result) && result < 0 && result != -EINPROGRESS)
		return arena_printf(a, "the %.*s failed: the kernel used nothing", STR_ARG(type));
	if (!(event_extensions(ev->type) & 1u << part))
		return arena_printf(a,
				    "an event of type %.*s does not tell what %s the kernel used",
				    STR_ARG(type), parts[part]);
	if (!(ev->flags & WIRE_EXTENSION))
		return arena_str(a, STR("the trace was recorded without what the kernel used "
					"(besra record --extension keeps it)"));
	return arena_printf(a, "the %.*s used no %s", STR_ARG(type), parts[part]);
}

static bool is_class(const struct field_ref *f, const char *class)
{
	return strcmp(field_info(f->id)->class, class) == 0;
}

struct str absent_why(struct arena *arena, const struct field_ref *f, const struct field_ctx *ctx)
{
	const uint16_t deps = field_info(f->id)->deps;

	if (deps == DEP_CONST && f->id != FIELD_STATIC)
		return arena_str(arena, STR("the field never has a value any more"));
	if (deps & DEP_EXTENSION)
		return of_extension(arena, f, ctx);
	if (f->id == FIELD_EVT_ARG || f->id == FIELD_EVT_RAWARG)
		return of_parameter(arena, f, ctx);
	if (is_class(f, "fd"))
		return of_descriptor(arena, f, ctx);
	if ((is_class(f, "process") || is_class(f, "user") || is_class(f, "group") ||
	     is_class(f, "container")) &&
	    !ctx->who->thread)
		return arena_printf(arena, "thread %" PRId64 " was never seen", ctx->ev->tid);
	if (is_class(f, "container"))
		return arena_str(arena, STR("the process is in no container, or nothing is known "
					    "of its container"));
	if (deps & DEP_ANCESTRY && ctx->who->thread)
		return of_ancestor(arena, f, ctx);
	if (is_class(f, "user") || is_class(f, "group"))
		return arena_str(arena, STR("the trace does not list it"));
	if (is_class(f, "evt") || is_class(f, "fs.path"))
		return arena_printf(arena, "an event of type %.*s %s", STR_ARG(ctx->ev->info->name),
				    is_class(f, "fs.path") ? "has no such path, or it failed"
							   : "has no such value");
	return arena_str(arena, STR("nothing is known of it"));
}
