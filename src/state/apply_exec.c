/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* execveat's failure has the parameters of execve but the last; only what both have is read. */
_Static_assert((int)EXECVE_19_X_GID == (int)EXECVEAT_X_GID, "one layout for both execs");

static struct str without_deleted(struct str path)
{
	static const struct str mark = { " (deleted)", 10 };

	if (path.len > mark.len && str_ends_with(path, mark))
		path.len -= mark.len;
	return path;
}

/*
 * Old captures do not say what was run but what was asked for, relative to a directory: for
 * execve in `filename`, for execveat in its enter event. False: neither is there.
 */
static bool asked_path(const struct event *ev, const struct node *n, char out[PATH_JOIN_MAX],
		       struct str *path)
{
	const struct enter *at = n->enter && n->enter->type == EVENT_EXECVEAT_E ? n->enter : NULL;
	struct str name, dir;

	if (at) {
		char buf[PATH_JOIN_MAX + 1];
		bool empty = at->flags & EXECVEAT_FLAGS_EXVAT_AT_EMPTY_PATH;

		name = istr_view(at->name);
		dir = dirfd_text(buf, &n->t, at->dirfd, name);
		if (str_eq(dir, STR("<UNKNOWN>")) || (!at->name && !empty))
			*path = STR("<NA>");
		else if (empty)
			*path = str_of(out, path_join(out, STR(""), dir));
		else
			*path = str_of(out, path_join(out, dir, name));
		return true;
	}
	if (ev->type != EVENT_EXECVE_19_X || !event_text(ev, EXECVE_19_X_FILENAME, &name))
		return false;
	*path = str_of(out, path_join(out, fs_cwd(n->t.fs), name));
	return true;
}

static void take_inode(struct image *facts, struct thread *t, const struct event *ev)
{
	uint64_t ino, ctime, mtime;

	if (!param_u64(ev, EXECVE_19_X_EXE_INO, &ino) ||
	    !param_u64(ev, EXECVE_19_X_EXE_INO_CTIME, &ctime) ||
	    !param_u64(ev, EXECVE_19_X_EXE_INO_MTIME, &mtime))
		return;
	facts->exe_ino = ino;
	facts->exe_ctime_ns = ctime;
	facts->exe_mtime_ns = mtime;
	if (t->clone_ts)
		t->ctime_to_start_ns = t->clone_ts - ctime;
	if (t->pidns_start_ts && ctime > t->pidns_start_ts)
		t->pidns_to_ctime_ns = ctime - t->pidns_start_ts;
}

static void take_image(struct state *s, struct node *n, const struct event *ev)
{
	struct image facts = *n->t.image;
	char buf[PATH_JOIN_MAX];
	struct str path;
	uint32_t flags;

	facts.exe = param_text(ev, EXECVE_19_X_EXE);
	facts.args = event_param(ev, EXECVE_19_X_ARGS);
	if (event_param(ev, EXECVE_19_X_ENV).len)
		facts.env = event_param(ev, EXECVE_19_X_ENV);
	if (event_text(ev, EXECVE_19_X_TRUSTED_EXEPATH, &path) || asked_path(ev, n, buf, &path))
		facts.exepath = without_deleted(path);
	if (param_u32(ev, EXECVE_19_X_FLAGS, &flags)) {
		facts.writable = flags & EXECVE_FLAGS_EXE_WRITABLE;
		facts.upper_layer = flags & EXECVE_FLAGS_EXE_UPPER_LAYER;
		facts.lower_layer = flags & EXECVE_FLAGS_EXE_LOWER_LAYER;
		facts.from_memfd = flags & EXECVE_FLAGS_EXE_FROM_MEMFD;
	}
	take_inode(&facts, &n->t, ev);
	thread_set_image(s, &n->t, image_new(s, &facts));
}

static void take_names(struct state *s, struct thread *t, const struct event *ev)
{
	struct str cgroups = event_param(ev, EXECVE_19_X_CGROUPS);
	bool has_comm = event_param(ev, EXECVE_19_X_COMM).len;

	intern_put(s->intern, t->comm);
	intern_put(s->intern, t->comm_now);
	t->comm = intern_get(s->intern,
			     param_text(ev, has_comm ? EXECVE_19_X_COMM : EXECVE_19_X_EXE));
	t->comm_now = NULL;
	if (cgroups.len) {
		intern_put(s->intern, t->cgroups);
		t->cgroups = cgroups_intern(s, cgroups);
	}
}

static void take_ids(struct thread *t, const struct event *ev)
{
	t->fdlimit = param_i64_or(ev, EXECVE_19_X_FDLIMIT, t->fdlimit);
	thread_take_memory(t, ev, EXECVE_19_X_PGFT_MAJ);
	t->tty = param_u32_or(ev, EXECVE_19_X_TTY, t->tty);
	t->vpgid = param_i64_or(ev, EXECVE_19_X_VPGID, t->vpgid);
	t->pgid = param_i64_or(ev, EXECVE_19_X_PGID, -1);
	t->loginuid = param_u32_or(ev, EXECVE_19_X_LOGINUID, t->loginuid);
	t->uid = param_u32_or(ev, EXECVE_19_X_UID, t->uid);
	t->gid = param_u32_or(ev, EXECVE_19_X_GID, t->gid);
	if (event_param(ev, EXECVE_19_X_CAP_EFFECTIVE).len) {
		param_u64(ev, EXECVE_19_X_CAP_INHERITABLE, &t->cap_inheritable);
		param_u64(ev, EXECVE_19_X_CAP_PERMITTED, &t->cap_permitted);
		param_u64(ev, EXECVE_19_X_CAP_EFFECTIVE, &t->cap_effective);
	}
}

/* The kernel has ended all other threads; the one that called goes on under the leader's id. */
static void end_other_threads(struct state *s, struct node *n)
{
	for (bool again = true; again;) {
		const struct pgroup *g = pgroup_of(n);

		again = false;
		for (struct node *m = g && g->g.alive > 1 ? g->first : NULL; m; m = m->group_next)
			if (m != n && &m->t != g->g.leader) {
				thread_remove(s, m);
				again = true;
				break;
			}
	}
}

static void take_cwd(struct state *s, struct node *n, const struct event *ev)
{
	struct str cwd;

	if (event_text(ev, EXECVE_19_X_CWD, &cwd) && cwd.len && cwd.p[0] == '/')
		fs_chdir(s, n, cwd);
}

void apply_exec(struct state *s, const struct event *ev, struct subject *who)
{
	struct thread *t = who->thread;
	struct node *n;
	int64_t res;

	if (!t || !succeeded(ev, &res))
		return;
	n = node_of(t);
	if (t->exited) {
		/* A leader that had exited before its last thread called exec. */
		t->exited = false;
		if (t->group)
			t->group->alive++;
	}
	if (thread_invalid(t)) {
		t->pid = param_i64_or(ev, EXECVE_19_X_PID, -1);
		t->ptid = param_i64_or(ev, EXECVE_19_X_PTID, -1);
		if (!(t->flags & CL_CHILD_IN_PIDNS)) {
			t->vtid = t->tid;
			t->vpid = t->pid;
		}
		thread_link(s, n);
	}
	end_other_threads(s, n);
	take_cwd(s, n, ev);
	take_image(s, n, ev);
	take_names(s, t, ev);
	take_ids(t, ev);
	fdtable_unshare(s, t);
	fdtable_close_on_exec(s, t->fds);
	t->exec_ts = ev->ts;
	t->flags = CL_ACTIVE | CL_NAME_CHANGED |
		   (t->flags & (CL_PIPE_SRC | CL_PIPE_DST | CL_IS_MAIN_THREAD | CL_CLONE_INVERTED));
	thread_renamed(s, n);
}
