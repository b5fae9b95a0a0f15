/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

void apply_chdir(struct state *s, const struct event *ev, struct subject *who)
{
	struct str path;
	int64_t res;

	if (who->thread && succeeded(ev, &res) && event_text(ev, CHDIR_X_PATH, &path))
		fs_chdir(s, node_of(who->thread), path);
}

void apply_fchdir(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t res;

	if (who->fd && who->fd->name && succeeded(ev, &res))
		fs_chdir(s, node_of(who->thread), istr_view(who->fd->name));
}

/* The kernel's word on where the process is; "(unreachable)..." is not a place. */
void apply_getcwd(struct state *s, const struct event *ev, struct subject *who)
{
	struct str path;
	int64_t res;

	if (who->thread && succeeded(ev, &res) && event_text(ev, GETCWD_X_PATH, &path) &&
	    path.p[0] == '/')
		fs_chdir(s, node_of(who->thread), path);
}

void apply_chroot(struct state *s, const struct event *ev, struct subject *who)
{
	char text[PATH_JOIN_MAX];
	struct str path;
	struct fs *fs;
	int64_t res;

	if (!who->thread || !succeeded(ev, &res) || !event_text(ev, CHROOT_X_PATH, &path))
		return;
	fs = who->thread->fs;
	if (fs == s->na_fs || fs == s->no_fs)
		return;
	path = str_of(text, path_join(text, fs_cwd(fs), path));
	intern_put(s->intern, fs->root);
	fs->root = intern_get(s->intern, path);
}

/* In a user namespace of its own a process has every capability. */
static void gain_capabilities(struct state *s, struct thread *t)
{
	const uint64_t all = (UINT64_C(1) << CAPABILITIES) - 1;

	t->cap_inheritable = t->cap_permitted = t->cap_effective = all;
	thread_changed(s, node_of(t));
}

static void fs_unshare(struct state *s, struct thread *t)
{
	struct fs *own;

	if (t->fs->refs == 1 || t->fs == s->na_fs || t->fs == s->no_fs)
		return;
	own = fs_copy(s, t->fs);
	fs_unref(s, t->fs);
	t->fs = own;
}

void apply_unshare(struct state *s, const struct event *ev, struct subject *who)
{
	const uint32_t flags = param_u32_or(ev, UNSHARE_X_FLAGS, 0);
	int64_t res;

	if (!who->thread || !succeeded(ev, &res))
		return;
	/* New mount and user namespaces imply an own place, as in the kernel. */
	if (flags & (CL_CLONE_FS | CL_CLONE_NEWNS | CL_CLONE_NEWUSER))
		fs_unshare(s, who->thread);
	if (flags & CL_CLONE_FILES)
		fdtable_unshare(s, who->thread);
	if (flags & CL_CLONE_NEWUSER)
		gain_capabilities(s, who->thread);
}

void apply_setns(struct state *s, const struct event *ev, struct subject *who)
{
	const uint32_t flags = param_u32_or(ev, SETNS_X_NSTYPE, 0);
	bool mounts = flags & CL_CLONE_NEWNS;
	int64_t res;

	if (!who->thread || !succeeded(ev, &res))
		return;
	if (!flags && who->fd)
		mounts = str_ends_with(istr_view(who->fd->name), STR("/ns/mnt"));
	/* Entering another mount namespace puts the caller at its root. */
	if (mounts)
		fs_chdir(s, node_of(who->thread), STR("/"));
	if (flags & CL_CLONE_NEWUSER)
		gain_capabilities(s, who->thread);
}
