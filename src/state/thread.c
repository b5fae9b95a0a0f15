/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* ---- table ---- */

struct node *thread_find(struct state *s, int64_t tid)
{
	struct node *n = s->last;

	if (n && n->t.tid == tid)
		return n;
	n = idmap_get(&s->threads, (uint64_t)tid);
	if (n)
		s->last = n;
	return n;
}

struct node *thread_new(struct state *s, int64_t tid)
{
	struct node *n = slab_alloc(&s->nodes);

	if (!n)
		return NULL;
	n->t = (struct thread){
		.tid = tid,
		.pid = -1,
		.ptid = -1,
		.vtid = -1,
		.vpid = -1,
		.sid = -1,
		.vpgid = -1,
		.pgid = -1,
		.uid = UINT32_MAX,
		.gid = UINT32_MAX,
		.loginuid = UINT32_MAX,
		.flags = CL_NAME_CHANGED,
		.fdlimit = -1,
		.slot = slab_slot(&s->nodes, n),
	};
	thread_changed(s, n);
	if (!idmap_put(&s->threads, (uint64_t)tid, n)) {
		slab_free(&s->nodes, n);
		s->stats.refused_threads++;
		return NULL;
	}
	s->stats.added_threads++;
	return n;
}

struct node *thread_get(struct state *s, int64_t tid)
{
	struct node *n = thread_find(s, tid);

	if (likely(n))
		return n;
	s->stats.unknown_threads++;
	if (s->placeholders >= s->placeholders_max) {
		s->stats.refused_threads++;
		return NULL;
	}
	n = thread_new(s, tid);
	if (!n)
		return NULL;
	n->t.placeholder = true;
	s->placeholders++;
	n->t.comm = istr_ref(s->na);
	n->t.image = image_ref(s->na_image);
	n->t.fs = fs_ref(s->na_fs);
	n->t.fds = fdtable_new(s);
	s->last = n;
	/* Somebody's parent or leader may have this id. */
	state_touch(s, STATE_ANCESTRY);
	state_touch(s, STATE_LEADERS);
	return n;
}

bool thread_invalid(const struct thread *t)
{
	return t->tid < 0 || t->pid < 0 || t->ptid < 0;
}

void thread_set_image(struct state *s, struct thread *t, struct image *image)
{
	image_unref(s, t->image);
	t->image = image ? image : image_ref(s->no_image);
}

/* ---- groups ---- */

static struct pgroup *group_get(struct state *s, int64_t pid)
{
	struct pgroup *g = idmap_get(&s->groups, (uint64_t)pid);

	if (g)
		return g;
	g = slab_alloc(&s->group_slab);
	if (!g)
		return NULL;
	g->g.pid = pid;
	if (!idmap_put(&s->groups, (uint64_t)pid, g)) {
		slab_free(&s->group_slab, g);
		return NULL;
	}
	return g;
}

static bool is_leader(const struct thread *t)
{
	return t->tid == t->pid || (t->flags & CL_IS_MAIN_THREAD);
}

static void group_join(struct pgroup *g, struct node *n)
{
	n->t.group = &g->g;
	g->g.refs++;
	g->g.alive += !n->t.exited;
	if (n->t.pid == 1 || n->t.vpid == 1)
		g->g.reaper = true;
	if (is_leader(&n->t) && !g->g.leader) {
		g->g.leader = &n->t;
		n->group_next = g->first;
		if (g->first)
			g->first->group_prev = n;
		else
			g->last = n;
		g->first = n;
		return;
	}
	n->group_prev = g->last;
	if (g->last)
		g->last->group_next = n;
	else
		g->first = n;
	g->last = n;
}

static void group_leave(struct state *s, struct node *n)
{
	struct pgroup *g = pgroup_of(n);

	if (!g)
		return;
	if (n->group_prev)
		n->group_prev->group_next = n->group_next;
	else
		g->first = n->group_next;
	if (n->group_next)
		n->group_next->group_prev = n->group_prev;
	else
		g->last = n->group_prev;
	n->group_prev = n->group_next = NULL;
	n->t.group = NULL;
	if (g->g.leader == &n->t)
		g->g.leader = NULL;
	g->g.alive -= !n->t.exited;
	if (--g->g.refs == 0) {
		idmap_del(&s->groups, (uint64_t)g->g.pid);
		slab_free(&s->group_slab, g);
	}
}

void group_changed(struct state *s, struct node *n)
{
	struct pgroup *g = pgroup_of(n);

	if (!g) {
		thread_changed(s, n);
		return;
	}
	for (struct node *m = g->first; m; m = m->group_next)
		thread_changed(s, m);
}

/* ---- parents ---- */

static void leave_parent(struct node *n)
{
	if (!n->parent)
		return;
	if (n->sibling_prev)
		n->sibling_prev->sibling_next = n->sibling_next;
	else
		n->parent->child_first = n->sibling_next;
	if (n->sibling_next)
		n->sibling_next->sibling_prev = n->sibling_prev;
	n->parent = n->sibling_prev = n->sibling_next = NULL;
}

void thread_set_parent(struct state *s, struct node *n, struct node *parent)
{
	leave_parent(n);
	n->t.ptid = parent ? parent->t.tid : 0;
	if (parent) {
		n->parent = parent;
		n->sibling_next = parent->child_first;
		if (parent->child_first)
			parent->child_first->sibling_prev = n;
		parent->child_first = n;
	}
	thread_changed(s, n);
}

void thread_join_group(struct state *s, struct node *n)
{
	struct pgroup *g;

	if (n->t.group || thread_invalid(&n->t))
		return;
	s->placeholders -= n->t.placeholder;
	n->t.unsure |= n->t.placeholder;
	n->t.placeholder = false;
	if (n->t.fs == s->na_fs) {
		fs_unref(s, n->t.fs);
		n->t.fs = fs_new(s, NULL, NULL);
	}
	g = group_get(s, n->t.pid);
	if (!g)
		return;
	group_join(g, n);
	/* A leader that comes after its threads changes whose children and ancestors they are. */
	if (g->g.leader == &n->t && g->g.refs > 1) {
		group_changed(s, n);
		state_touch(s, STATE_ANCESTRY);
	}
}

void thread_join_parent(struct state *s, struct node *n)
{
	struct node *parent;

	if (!n->t.group || n->t.pid == 1)
		return;
	parent = idmap_get(&s->threads, (uint64_t)n->t.ptid);
	thread_set_parent(s, n,
			  parent && parent != n && !thread_invalid(&parent->t) ? parent : NULL);
}

void thread_link(struct state *s, struct node *n)
{
	if (n->t.group)
		return;
	thread_join_group(s, n);
	thread_join_parent(s, n);
}

void thread_renamed(struct state *s, struct node *n)
{
	const struct thread *t = &n->t;

	thread_changed(s, n);
	if (n->child_first)
		state_touch(s, STATE_ANCESTRY);
	if (t->sid == t->vpid || t->vpgid == t->vpid || t->pgid == t->pid)
		state_touch(s, STATE_LEADERS);
}

/* ---- the end ---- */

void thread_mark_dead(struct node *n)
{
	if (n->t.exited)
		return;
	n->t.exited = true;
	if (n->t.group)
		n->t.group->alive--;
}

static void unlist(struct state *s, struct node *n)
{
	if (!n->listed)
		return;
	for (struct node **at = &s->listed; *at; at = &(*at)->listed_next)
		if (*at == n) {
			*at = n->listed_next;
			break;
		}
	n->listed = false;
}

void thread_drop(struct state *s, struct node *n)
{
	while (n->child_first)
		thread_set_parent(s, n->child_first, NULL);
	leave_parent(n);
	group_leave(s, n);
	unlist(s, n);
	enter_forget(s, n);
	idmap_del(&s->threads, (uint64_t)n->t.tid);
	if (s->last == n)
		s->last = NULL;
	if (s->dying == n)
		s->dying = NULL;
	s->placeholders -= n->t.placeholder;
	intern_put(s->intern, n->t.comm);
	intern_put(s->intern, n->t.comm_now);
	intern_put(s->intern, n->t.cgroups);
	image_unref(s, n->t.image);
	fs_unref(s, n->t.fs);
	fdtable_unref(s, n->t.fds);
	slab_free(&s->nodes, n);
	s->stats.removed_threads++;
}

static struct node *first_alive(const struct pgroup *g, const struct node *not_this)
{
	if (g && g->g.alive)
		for (struct node *m = g->first; m; m = m->group_next)
			if (!m->t.exited && m != not_this)
				return m;
	return NULL;
}

/*
 * Who inherits the children, as in the kernel: another thread of the group, then the nearest
 * ancestor that is a subreaper or the init of the same pid namespace.
 */
static struct node *find_reaper(struct node *n)
{
	struct node *reaper = first_alive(pgroup_of(n), n), *up = n->parent;

	for (unsigned i = 0; !reaper && up && i < LIMIT_ANCESTORS; i++, up = up->parent) {
		if (state_in_pidns(&up->t) != state_in_pidns(&n->t))
			break;
		if (up->t.group && up->t.group->reaper)
			reaper = first_alive(pgroup_of(up), n);
	}
	return reaper;
}

static void reparent_children(struct state *s, struct node *n)
{
	struct node *reaper = NULL;

	if (n->reaper_tid > 0)
		reaper = idmap_get(&s->threads, (uint64_t)n->reaper_tid);
	if (!reaper || reaper == n || thread_invalid(&reaper->t))
		reaper = find_reaper(n);
	if (reaper && reaper->t.group && reaper->t.pid != n->t.pid)
		reaper->t.group->reaper = true;
	while (n->child_first)
		thread_set_parent(s, n->child_first, n->child_first == reaper ? NULL : reaper);
	state_touch(s, STATE_ANCESTRY);
}

/* Nobody else's session or group could be named after it. */
static bool leads_nothing(const struct thread *t)
{
	return t->sid != t->vpid && t->vpgid != t->vpid && t->pgid != t->pid;
}

void thread_remove(struct state *s, struct node *n)
{
	struct pgroup *g = pgroup_of(n);

	if (!g) {
		thread_drop(s, n);
		return;
	}
	thread_mark_dead(n);
	if (n->child_first)
		reparent_children(s, n);
	if (!leads_nothing(&n->t))
		state_touch(s, STATE_LEADERS);

	if (g->g.alive == 0) {
		struct node *leader = g->g.leader ? node_of(g->g.leader) : NULL;

		if (leader && leader != n) {
			if (leader->child_first)
				reparent_children(s, leader);
			thread_drop(s, leader);
		}
		thread_drop(s, n);
	} else if (g->g.leader != &n->t) {
		thread_drop(s, n);
	}
}

void threads_clear(struct state *s)
{
	for (struct node *n = s->listed; n; n = n->listed_next)
		n->listed = false;
	s->listed = NULL;
	/* Removal moves later entries into the hole: the same slot is looked at again. */
	for (size_t i = 0; s->threads.n && i <= s->threads.mask;) {
		struct node *n = s->threads.slots[i].value;

		if (n)
			thread_drop(s, n);
		else
			i++;
	}
}
