/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define AT_CWD (-100) /* the format's own AT_FDCWD: the same number */

struct str dirfd_text(char out[PATH_JOIN_MAX], const struct thread *t, int64_t dirfd,
		      struct str path)
{
	const struct fd *fd;
	struct str name;

	if (path.len && path.p[0] == '/')
		return STR(".");
	if (dirfd == AT_CWD)
		return fs_cwd(t->fs);
	fd = fd_find(t->fds, dirfd);
	if (!fd)
		return STR("<UNKNOWN>");
	name = istr_view(fd->name);
	if (!name.len || name.p[name.len - 1] == '/' || name.len >= PATH_JOIN_MAX)
		return name;
	memcpy(out, name.p, name.len);
	out[name.len] = '/';
	return str_of(out, name.len + 1);
}

/* ---- what the enter event said ---- */

void enter_forget(struct state *s, struct node *n)
{
	if (!n->enter)
		return;
	intern_put(s->intern, n->enter->name);
	slab_free(&s->enter_slab, n->enter);
	n->enter = NULL;
}

/*
 * Arguments are read again at exit, when another thread may have changed them. Where a capture
 * has the enter event, its text and flags count: they are what the kernel was asked for or at
 * least what was there first.
 */
void apply_enter(struct state *s, const struct event *ev, struct subject *who)
{
	struct enter e = { .type = ev->type, .dirfd = AT_CWD };
	struct str name = { NULL, 0 };
	struct node *n;
	bool named;

	if (!who->thread)
		return;
	n = node_of(who->thread);
	enter_forget(s, n);
	switch (ev->type) {
	case EVENT_OPEN_E:
		named = event_text(ev, OPEN_E_NAME, &name);
		e.flags = param_u32_or(ev, OPEN_E_FLAGS, 0);
		break;
	case EVENT_CREAT_E:
		named = event_text(ev, CREAT_E_NAME, &name);
		break;
	case EVENT_OPENAT_2_E:
		named = event_text(ev, OPENAT_2_E_NAME, &name);
		e.flags = param_u32_or(ev, OPENAT_2_E_FLAGS, 0);
		e.dirfd = param_i64_or(ev, OPENAT_2_E_DIRFD, AT_CWD);
		break;
	case EVENT_OPENAT2_E:
		named = event_text(ev, OPENAT2_E_NAME, &name);
		e.flags = param_u32_or(ev, OPENAT2_E_FLAGS, 0);
		e.dirfd = param_i64_or(ev, OPENAT2_E_DIRFD, AT_CWD);
		break;
	default: /* EVENT_EXECVEAT_E: AT_EMPTY_PATH needs no name */
		named = true;
		event_text(ev, EXECVEAT_E_PATHNAME, &name);
		e.flags = param_u32_or(ev, EXECVEAT_E_FLAGS, 0);
		e.dirfd = param_i64_or(ev, EXECVEAT_E_DIRFD, AT_CWD);
		break;
	}
	if (!named || !(n->enter = slab_alloc(&s->enter_slab)))
		return;
	e.name = name.p ? intern_get(s->intern, name) : NULL;
	*n->enter = e;
}

/* ---- opening ---- */

struct opening {
	int64_t num;
	struct str name;
	struct str true_name; /* where the caller's names just a directory */
	int64_t dirfd;
	bool has_dirfd; /* false: the name is absolute or there is no name */
	uint32_t flags;
	uint32_t dev;
	uint64_t ino;
};

/* Prefers what the enter event said; bits that only the exit can know stay. */
static void prefer_enter(const struct node *n, uint16_t type, struct opening *o)
{
	const struct enter *e = n->enter;

	if (!e || e->type != type || !e->name)
		return;
	o->name = istr_view(e->name);
	o->dirfd = e->dirfd;
	o->has_dirfd = true;
	o->flags = e->flags | (o->flags & ~(uint32_t)(FILE_FLAGS_O_F_CREATED - 1));
}

/* O_TMPFILE makes a file without a name in the directory that is named. */
static void name_nameless(struct opening *o, const struct event *ev)
{
	const struct str path = event_extension(ev, EXTENSION_PATH);

	if (o->flags & FILE_FLAGS_O_TMPFILE)
		o->true_name = str_of(path.p, str_chr(path, '\0'));
}

static void opened(struct state *s, const struct opening *o, struct subject *who)
{
	struct thread *t = who->thread;
	char dir_buf[PATH_JOIN_MAX + 1], buf[PATH_JOIN_MAX];
	struct str dir = { "", 0 }, path;
	struct fd *fd;

	if (o->has_dirfd)
		dir = dirfd_text(dir_buf, t, o->dirfd, o->name);
	if (o->true_name.len)
		path = str_of(buf, path_join(buf, STR("."), o->true_name));
	else
		path = str_of(buf, path_join(buf, dir, o->name));
	who->fd_num = o->num;
	fd = fd_add(s, t->fds, o->num,
		    o->flags & FILE_FLAGS_O_DIRECTORY && !o->true_name.len ? FD_DIRECTORY
									   : FD_FILE_V2);
	who->fd = fd;
	if (!fd)
		return;
	fd->open_flags = o->flags;
	fd->dev = o->dev;
	fd->ino = o->ino;
	fd->name = path.len ? intern_get(s->intern, path) : NULL;
	fd->name_raw = str_eq(path, o->name) ? istr_ref(fd->name) : intern_get(s->intern, o->name);
	if (o->flags & FILE_FLAGS_O_CLOEXEC)
		fd->marks |= FD_CLOEXEC;
	if (o->flags & FILE_FLAGS_FD_UPPER_LAYER)
		fd->marks |= FD_OVERLAY_UPPER;
	if (o->flags & FILE_FLAGS_FD_LOWER_LAYER)
		fd->marks |= FD_OVERLAY_LOWER;
	who->fd_name_changed = fd->name != NULL;
}

static void take_inode(struct opening *o, const struct event *ev, unsigned dev, unsigned ino)
{
	o->dev = param_u32_or(ev, dev, 0);
	if (!param_u64(ev, ino, &o->ino))
		o->ino = 0;
}

void apply_open(struct state *s, const struct event *ev, struct subject *who)
{
	struct opening o = { .dirfd = AT_CWD, .has_dirfd = true };

	if (!who->thread || !succeeded(ev, &o.num))
		return;
	o.name = param_text(ev, OPEN_X_NAME);
	o.flags = param_u32_or(ev, OPEN_X_FLAGS, 0);
	take_inode(&o, ev, OPEN_X_DEV, OPEN_X_INO);
	prefer_enter(node_of(who->thread), EVENT_OPEN_E, &o);
	name_nameless(&o, ev);
	opened(s, &o, who);
}

void apply_openat(struct state *s, const struct event *ev, struct subject *who)
{
	struct opening o = { 0 };

	if (!who->thread || !succeeded(ev, &o.num))
		return;
	o.name = param_text(ev, OPENAT_2_X_NAME);
	o.flags = param_u32_or(ev, OPENAT_2_X_FLAGS, 0);
	o.has_dirfd = param_i64(ev, OPENAT_2_X_DIRFD, &o.dirfd);
	take_inode(&o, ev, OPENAT_2_X_DEV, OPENAT_2_X_INO);
	prefer_enter(node_of(who->thread), EVENT_OPENAT_2_E, &o);
	name_nameless(&o, ev);
	opened(s, &o, who);
}

void apply_openat2(struct state *s, const struct event *ev, struct subject *who)
{
	struct opening o = { 0 };

	if (!who->thread || !succeeded(ev, &o.num))
		return;
	o.name = param_text(ev, OPENAT2_X_NAME);
	o.flags = param_u32_or(ev, OPENAT2_X_FLAGS, 0);
	o.has_dirfd = param_i64(ev, OPENAT2_X_DIRFD, &o.dirfd);
	take_inode(&o, ev, OPENAT2_X_DEV, OPENAT2_X_INO);
	prefer_enter(node_of(who->thread), EVENT_OPENAT2_E, &o);
	name_nameless(&o, ev);
	opened(s, &o, who);
}

void apply_creat(struct state *s, const struct event *ev, struct subject *who)
{
	struct opening o = { .dirfd = AT_CWD, .has_dirfd = true };
	int64_t layer;

	if (!who->thread || !succeeded(ev, &o.num))
		return;
	o.name = param_text(ev, CREAT_X_NAME);
	layer = event_int_or(ev, CREAT_X_CREAT_FLAGS, 0);
	if (layer & CREAT_FLAGS_FD_UPPER_LAYER_CREAT)
		o.flags = FILE_FLAGS_FD_UPPER_LAYER;
	else if (layer & CREAT_FLAGS_FD_LOWER_LAYER_CREAT)
		o.flags = FILE_FLAGS_FD_LOWER_LAYER;
	take_inode(&o, ev, CREAT_X_DEV, CREAT_X_INO);
	prefer_enter(node_of(who->thread), EVENT_CREAT_E, &o);
	opened(s, &o, who);
}

/* The path comes from the kernel's own walk: absolute. */
void apply_open_by_handle(struct state *s, const struct event *ev, struct subject *who)
{
	struct opening o = { 0 };

	if (!who->thread || !succeeded(ev, &o.num))
		return;
	o.name = param_text(ev, OPEN_BY_HANDLE_AT_X_PATH);
	o.flags = param_u32_or(ev, OPEN_BY_HANDLE_AT_X_FLAGS, 0);
	take_inode(&o, ev, OPEN_BY_HANDLE_AT_X_DEV, OPEN_BY_HANDLE_AT_X_INO);
	opened(s, &o, who);
}
