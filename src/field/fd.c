/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"
#include "process.h"

/* Fields of the fd class exist for events that work on a descriptor, made by a known thread. */
static bool applies(const struct field_ctx *ctx)
{
	return ctx->who->thread &&
	       ctx->ev->info->flags &
		       (EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD | EVENT_FLAG_DESTROYS_FD);
}

static const struct fd *fd_of(const struct field_ctx *ctx)
{
	return applies(ctx) ? ctx->who->fd : NULL;
}

static bool is_file(const struct fd *fd)
{
	return fd->type == FD_FILE || fd->type == FD_FILE_V2;
}

static int64_t number(const struct field_ctx *ctx)
{
	return ctx->who->has_fd_num ? ctx->who->fd_num : -1;
}

bool get_fd_num(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return applies(ctx) && val_int(out, number(ctx));
}

/* Not unique: thread 1, descriptor 23 and thread 12, descriptor 3 have the same. */
bool get_fd_uid(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct text text = text_in(ctx);

	(void)ref;
	if (!applies(ctx))
		return false;
	text_i64(&text, ctx->who->thread->tid);
	text_i64(&text, number(ctx));
	return val_text(out, text_view(&text));
}

/* ---- Kind ---- */

static struct str type_word(const struct fd *fd)
{
	const struct str word = fd_type_word((enum fd_type)fd->type);

	return word.len ? word : NO_NAME;
}

bool get_fd_type(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	(void)ref;
	return fd && val_text(out, type_word(fd));
}

/* What the call was about to make. A failed open is not guessed, as in Falco. */
static char guessed_letter(const struct event *ev)
{
	switch (ev->type & ~1) {
	case EVENT_OPENAT_E:
	case EVENT_OPENAT_2_E:
	case EVENT_OPENAT2_E:
	case EVENT_CREAT_E:
		return fd_type_letter(FD_FILE);
	case EVENT_SOCKET_E:
	case EVENT_ACCEPT_E:
	case EVENT_ACCEPT_5_E:
	case EVENT_ACCEPT4_E:
	case EVENT_ACCEPT4_5_E:
	case EVENT_ACCEPT4_6_E:
		return fd_type_letter(FD_IPV4_SOCK);
	case EVENT_PIPE_E:
	case EVENT_PIPE2_E:
		return fd_type_letter(FD_FIFO);
	case EVENT_EVENTFD_E:
	case EVENT_EVENTFD2_E:
		return fd_type_letter(FD_EVENT);
	case EVENT_SIGNALFD_E:
	case EVENT_SIGNALFD4_E:
		return fd_type_letter(FD_SIGNALFD);
	case EVENT_TIMERFD_CREATE_E:
		return fd_type_letter(FD_TIMERFD);
	case EVENT_INOTIFY_INIT_E:
	case EVENT_INOTIFY_INIT1_E:
		return fd_type_letter(FD_INOTIFY);
	default:
		return fd_type_letter(FD_UNKNOWN);
	}
}

bool get_fd_typechar(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	struct text text = text_in(ctx);

	(void)ref;
	if (!applies(ctx))
		return false;
	text_char(&text, fd ? fd_type_letter((enum fd_type)fd->type) : guessed_letter(ctx->ev));
	return val_text(out, text_view(&text));
}

/* Every word once. There are fewer words than kinds. */
#define WORDS_MAX 32

struct words {
	struct val *items;
	size_t n;
};

static void add_word(struct fd *fd, void *arg)
{
	struct words *w = arg;
	const struct str word = type_word(fd);

	for (size_t i = 0; i < w->n; i++)
		if (w->items[i].s.p == word.p)
			return;
	if (w->n < WORDS_MAX)
		w->items[w->n++] = (struct val){ .type = TYPE_CHARBUF, .s = word };
}

/* fd.types: of all descriptors; fd.types[n]: of one. */
bool get_fd_types(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct words words = { 0 };
	struct fd *fd;

	if (!applies(ctx))
		return false;
	words.items = arena_array(ctx->scratch, WORDS_MAX, sizeof(*words.items));
	if (ref->has_index) {
		fd = state_fd(ctx->state, ctx->who->thread, ref->index);
		if (!fd)
			return false;
		add_word(fd, &words);
	} else {
		state_fd_each(ctx->state, ctx->who->thread, add_word, &words);
	}
	out->list.items = words.items;
	out->list.n = words.n;
	return words.n;
}

/* ---- Name ---- */

/* The parameter as evt.arg shows it. */
static struct str shown(const struct field_ctx *ctx, unsigned param)
{
	struct text text = text_in(ctx);

	if (!param_resolved(&text, ctx, param) || !text.len) {
		text.len = 0;
		param_raw(&text, ctx, param);
	}
	return text_view(&text);
}

static struct str raw_path(const struct event *ev, unsigned param)
{
	struct str path;

	return event_text(ev, param, &path) ? path : NO_NAME;
}

static struct str relative_path(const struct field_ctx *ctx, unsigned dirfd, unsigned path,
				bool as_given)
{
	const struct str given = raw_path(ctx->ev, path);
	bool known;

	if (as_given)
		return given;
	return path_from_dirfd(ctx, event_int_or(ctx->ev, dirfd, -1), given, &known);
}

/*
 * The name that a call which failed, or whose descriptor is not known, would have given. False
 * for enter events; empty for calls that name nothing.
 */
static bool name_from_call(const struct field_ctx *ctx, bool as_given, struct str *out)
{
	const struct event *ev = ctx->ev;

	if (!event_is_exit(ev->type))
		return false;
	switch (ev->type) {
	case EVENT_OPEN_X:
		*out = shown(ctx, OPEN_X_NAME);
		return true;
	case EVENT_CREAT_X:
		*out = shown(ctx, CREAT_X_NAME);
		return true;
	case EVENT_ACCEPT_X:
	case EVENT_ACCEPT_5_X:
	case EVENT_ACCEPT4_X:
	case EVENT_ACCEPT4_5_X:
	case EVENT_ACCEPT4_6_X:
		/* The same index in all versions. */
		*out = shown(ctx, ACCEPT4_6_X_TUPLE);
		return true;
	case EVENT_CONNECT_X:
		*out = shown(ctx, CONNECT_X_TUPLE);
		return true;
	case EVENT_OPENAT_2_X:
		*out = relative_path(ctx, OPENAT_2_X_DIRFD, OPENAT_2_X_NAME, as_given);
		return true;
	case EVENT_OPENAT2_X:
		*out = relative_path(ctx, OPENAT2_X_DIRFD, OPENAT2_X_NAME, as_given);
		return true;
	case EVENT_OPEN_BY_HANDLE_AT_X:
		*out = raw_path(ev, OPEN_BY_HANDLE_AT_X_PATH);
		return true;
	default:
		*out = STR("");
		return true;
	}
}

static bool name(const struct field_ctx *ctx, struct str *out)
{
	const struct fd *fd = fd_of(ctx);

	if (!applies(ctx))
		return false;
	if (!fd)
		return name_from_call(ctx, false, out);
	*out = istr_view(fd->name);
	return true;
}

/* The part before the last slash; all of it where nothing follows that slash. */
static struct str directory_part(struct str path)
{
	const size_t slash = str_rchr(path, '/');

	if (slash == path.len || slash == 0)
		return STR("/");
	return slash + 1 < path.len ? str_of(path.p, slash) : path;
}

static bool directory(const struct field_ctx *ctx, struct str *out)
{
	const struct fd *fd = fd_of(ctx);

	if (!applies(ctx))
		return false;
	if (!fd) {
		if (!name_from_call(ctx, false, out))
			return false;
		*out = directory_part(*out);
		return true;
	}
	if (!is_file(fd) && fd->type != FD_DIRECTORY)
		return false;
	*out = is_file(fd) ? directory_part(istr_view(fd->name)) : istr_view(fd->name);
	return true;
}

/* The container's id in front, nothing on the host. */
static bool with_container(const struct field_ctx *ctx, struct str s, struct val *out)
{
	const struct str id = container_id(ctx->containers, ctx->who->thread);
	struct text text = text_in(ctx);

	if (!str_eq(id, STR("host")))
		text_str(&text, id);
	text_char(&text, ':');
	text_str(&text, s);
	return val_text(out, text_view(&text));
}

bool get_fd_name(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return name(ctx, &out->s);
}

bool get_fd_containername(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct str s;

	(void)ref;
	return name(ctx, &s) && with_container(ctx, s, out);
}

bool get_fd_directory(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return directory(ctx, &out->s);
}

bool get_fd_containerdirectory(const struct field_ref *ref, const struct field_ctx *ctx,
			       struct val *out)
{
	struct str s;

	(void)ref;
	return directory(ctx, &s) && with_container(ctx, s, out);
}

bool get_fd_filename(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	struct str path;
	size_t slash;

	(void)ref;
	if (!fd || !is_file(fd))
		return false;
	path = istr_view(fd->name);
	slash = str_rchr(path, '/');
	if (slash == path.len)
		return val_text(out, STR("/"));
	return val_text(out, slash + 1 < path.len ? str_from_index(path, slash + 1) : path);
}

static struct str without_double_slashes(const struct field_ctx *ctx, struct str s)
{
	struct text text = text_in(ctx);

	if (!str_contains(s, STR("//")))
		return s;
	for (size_t i = 0; i < s.len; i++)
		if (!i || s.p[i] != '/' || s.p[i - 1] != '/')
			text_char(&text, s.p[i]);
	return text_view(&text);
}

bool get_fd_nameraw(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);
	struct str s;

	(void)ref;
	if (!applies(ctx))
		return false;
	if (fd)
		s = istr_view(fd->name_raw);
	else if (!name_from_call(ctx, true, &s))
		return false;
	return val_text(out, without_double_slashes(ctx, s));
}

/* ---- The object behind it ---- */

bool get_fd_mark(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	return fd && val_uint(out, (fd->marks & field_arg_of(ref)) != 0);
}

bool get_fd_name_changed(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return fd_of(ctx) && val_uint(out, ctx->who->fd_name_changed);
}

bool get_fd_dev(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	(void)ref;
	return fd && val_int(out, (int32_t)fd->dev);
}

/* The kernel's own encoding: 12 bits of the major number between the parts of the minor one. */
bool get_fd_dev_major(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	(void)ref;
	return fd && val_int(out, (fd->dev & 0xfff00) >> 8);
}

bool get_fd_dev_minor(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	(void)ref;
	return fd && val_int(out, (fd->dev & 0xff) | (fd->dev >> 12 & 0xfff00));
}

bool get_fd_ino(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct fd *fd = fd_of(ctx);

	(void)ref;
	return fd && val_int(out, (int64_t)fd->ino);
}
