/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * clone, fork, vfork and clone3 give one event in the parent (res is the child's id) and one in
 * the child (res is 0), in any order. Whichever comes first makes the child; the other finds it
 * there. All four have the same parameters.
 */
#define SAME_PARAM(name)                                                                           \
	_Static_assert((int)CLONE_20_X_##name == (int)FORK_20_X_##name &&                          \
			       (int)CLONE_20_X_##name == (int)VFORK_20_X_##name &&                 \
			       (int)CLONE_20_X_##name == (int)CLONE3_X_##name,                     \
		       "one layout for all births")
SAME_PARAM(EXE);
SAME_PARAM(CGROUPS);
SAME_PARAM(PIDNS_INIT_START_TS);

/* What is decided about a child before it is made. */
struct birth {
	int64_t tid, pid, ptid, vtid, vpid;
	uint32_t flags;
	uint64_t began;               /* at this time or a little later */
	const struct node *source;    /* parent or leader it takes after; NULL: unknown */
	const struct node *shares;    /* with whom it can share place and descriptors */
	const struct fdtable *listed; /* its own, when a list knew them before; or NULL */
};

static bool is_thread(const struct birth *b)
{
	return b->flags & CL_CLONE_THREAD;
}

/* The parent's image, with what the event says of name and arguments where that differs. */
static struct image *child_image(struct state *s, const struct event *ev, const struct image *from)
{
	struct image facts = from ? *from : (struct image){ 0 };
	struct str args = list_trim(event_param(ev, CLONE_20_X_ARGS));

	facts.exe = param_text(ev, CLONE_20_X_EXE);
	if (from && str_eq(facts.exe, from->exe) && str_eq(args, list_trim(from->args)))
		return NULL;
	facts.args = args;
	return image_new(s, &facts);
}

void thread_take_memory(struct thread *t, const struct event *ev, unsigned first)
{
	uint64_t major, minor;
	uint32_t size, rss, swap;

	if (!param_u64(ev, first, &major) || !param_u64(ev, first + 1, &minor) ||
	    !param_u32(ev, first + 2, &size) || !param_u32(ev, first + 3, &rss) ||
	    !param_u32(ev, first + 4, &swap))
		return;
	t->pfmajor = major;
	t->pfminor = minor;
	t->vmsize_kb = size;
	t->vmrss_kb = rss;
	t->vmswap_kb = swap;
}

static struct str name_in(const struct event *ev)
{
	return param_text(ev,
			  event_param(ev, CLONE_20_X_COMM).len ? CLONE_20_X_COMM : CLONE_20_X_EXE);
}

static void take_event(struct state *s, struct thread *t, const struct event *ev)
{
	struct str cgroups = event_param(ev, CLONE_20_X_CGROUPS);

	t->comm = intern_get(s->intern, name_in(ev));
	t->fdlimit = param_i64_or(ev, CLONE_20_X_FDLIMIT, -1);
	thread_take_memory(t, ev, CLONE_20_X_PGFT_MAJ);
	t->uid = param_u32_or(ev, CLONE_20_X_UID, UINT32_MAX);
	t->gid = param_u32_or(ev, CLONE_20_X_GID, UINT32_MAX);
	if (cgroups.len)
		t->cgroups = cgroups_intern(s, cgroups);
	t->clone_ts = ev->ts;
}

static void take_after(struct thread *t, const struct thread *from)
{
	t->sid = from->sid;
	t->vpgid = from->vpgid;
	t->pgid = from->pgid;
	t->tty = from->tty;
	t->loginuid = from->loginuid;
	t->cap_permitted = from->cap_permitted;
	t->cap_inheritable = from->cap_inheritable;
	t->cap_effective = from->cap_effective;
	t->ctime_to_start_ns = from->ctime_to_start_ns;
}

static void share_or_copy(struct state *s, struct thread *t, const struct birth *b)
{
	const struct thread *from = b->source ? &b->source->t : NULL;
	const struct thread *with = b->shares ? &b->shares->t : NULL;

	if (with && (b->flags & CL_CLONE_FS) && with->fs != s->na_fs)
		t->fs = fs_ref(with->fs);
	else
		t->fs = fs_copy(s, from ? from->fs : NULL);
	if (with && with->fds && (b->flags & CL_CLONE_FILES))
		t->fds = fdtable_ref(with->fds);
	else if (b->listed)
		t->fds = fdtable_merge(s, from ? from->fds : NULL, b->listed);
	else
		t->fds = fdtable_copy(s, from ? from->fds : NULL);
	if (from && is_thread(b))
		t->exec_ts = from->exec_ts;
}

/* A child may come to its first moment long after its parent went on. */
static uint64_t beginning_of(const struct event *ev)
{
	const unsigned age = ev->flags >> WIRE_AGE_SHIFT & 63;

	return age ? ev->ts - (UINT64_C(1) << age) : ev->ts;
}

/* What became of the parent after the birth stands in its entry already. */
static bool is_unsure(const struct state *s, const struct birth *b)
{
	const struct thread *from = b->source ? &b->source->t : NULL;

	if (!from || from->unsure || (from->fds && from->fds->unsure))
		return true;
	return s->listed_ts > b->began &&
	       (from->listed_ts > b->began || from->fs->listed_ts > b->began ||
		(from->fds && from->fds->listed_ts > b->began));
}

static struct node *bear(struct state *s, const struct event *ev, const struct birth *b)
{
	struct node *n = thread_new(s, b->tid);
	struct image *image, *from = b->source ? b->source->t.image : NULL;
	struct thread *t;

	if (!n)
		return NULL;
	t = &n->t;
	t->pid = b->pid;
	t->ptid = b->ptid;
	t->vtid = b->vtid;
	t->vpid = b->vpid;
	t->flags = b->flags;
	take_event(s, t, ev);
	if (b->source)
		take_after(t, &b->source->t);
	image = child_image(s, ev, from);
	thread_set_image(s, t, image || !from ? image : image_ref(from));
	share_or_copy(s, t, b);
	t->unsure = is_unsure(s, b);
	thread_link(s, n);
	return n;
}

/* A thread of which only its events are known gets what one of them says of itself. */
static void complete(struct state *s, struct node *n, const struct event *ev)
{
	struct thread *t = &n->t;

	t->pid = param_i64_or(ev, CLONE_20_X_PID, -1);
	t->ptid = param_i64_or(ev, CLONE_20_X_PTID, -1);
	t->vpid = param_i64_or(ev, CLONE_20_X_VPID, -1);
	t->vtid = t->vpid == -1 ? t->tid : param_i64_or(ev, CLONE_20_X_VTID, t->tid);
	thread_link(s, n);
	thread_changed(s, n);
}

/* The name and arguments in the event are the same for the one it was made up for. */
static void name_after_event(struct state *s, struct node *n, const struct event *ev)
{
	struct thread *t = &n->t;

	thread_set_image(s, t, child_image(s, ev, NULL));
	intern_put(s->intern, t->comm);
	t->comm = intern_get(s->intern, name_in(ev));
	thread_renamed(s, n);
}

static bool exited_just_now(const struct state *s, int64_t tid, int64_t ptid, uint64_t ts)
{
	for (unsigned i = 0; i < EXITED_RING; i++) {
		const struct exited *e = &s->exited[i];

		/* One known by its descriptors alone has no parent yet. */
		if (e->tid == tid && (e->ptid == ptid || e->ptid == -1) && e->ts &&
		    (ts > e->ts ? ts - e->ts : e->ts - ts) < CLONE_STALE_NS)
			return true;
	}
	return false;
}

/* The entry of this tid is the child itself: its own event, or a list, came first. */
static bool is_known(const struct event *ev, const struct thread *t)
{
	if (t->listed_ts)
		return t->listed_ts > ev->ts || ev->ts - t->clone_ts < CLONE_STALE_NS;
	return t->flags & CL_CLONE_INVERTED;
}

/*
 * Takes away what stands where a child is to be: its end was missed, or it was made up. Returns
 * the descriptors a list has told of the child; the reference is the caller's.
 */
static struct fdtable *make_room(struct state *s, struct node *old)
{
	const int64_t tid = old->t.tid;
	struct fdtable *listed = old->t.placeholder ? fdtable_ref(old->t.fds) : NULL;

	thread_remove(s, old);
	old = idmap_get(&s->threads, (uint64_t)tid);
	if (old)
		thread_drop(s, old);
	return listed;
}

/*
 * True when the parent's event can make the child: its result is the child's id as the parent
 * sees it, which is the host's only outside of pid namespaces. A vfork parent comes back when
 * the child has gone on or is gone; the child spoke for itself.
 */
static bool parent_can_tell(const struct event *ev, const struct thread *parent, uint32_t flags)
{
	return !(flags &
		 (CL_CHILD_IN_PIDNS | CL_CLONE_NEWPID | CL_CLONE_PARENT | CL_CLONE_VFORK)) &&
	       parent->tid == parent->vtid && ev->type != EVENT_VFORK_20_X;
}

static void seen_in_parent(struct state *s, const struct event *ev, int64_t child_tid,
			   struct subject *who)
{
	const uint32_t flags = param_u32_or(ev, CLONE_20_X_FLAGS, 0);
	struct node *parent = thread_get(s, ev->tid), *child;
	struct birth b = { .tid = child_tid, .vtid = child_tid, .flags = flags, .began = ev->ts };
	struct fdtable *listed = NULL;
	bool known;

	who->thread = parent ? &parent->t : NULL;
	if (!parent)
		return;
	known = !thread_invalid(&parent->t);
	if (!known)
		complete(s, parent, ev);
	if (!parent_can_tell(ev, &parent->t, flags) || child_tid == ev->tid)
		return;

	child = idmap_get(&s->threads, (uint64_t)child_tid);
	if (child && is_known(ev, &child->t))
		return;
	if (!child && exited_just_now(s, child_tid, ev->tid, ev->ts))
		return;
	if (child) {
		listed = make_room(s, child);
		/* An older one's group may take the parent along. */
		parent = thread_find(s, ev->tid);
		who->thread = parent ? &parent->t : NULL;
		if (!parent) {
			fdtable_unref(s, listed);
			return;
		}
	}
	b.pid = is_thread(&b) ? parent->t.pid : child_tid;
	b.ptid = is_thread(&b) ? parent->t.ptid : parent->t.tid;
	b.vpid = b.pid;
	b.source = known ? parent : NULL;
	b.shares = parent;
	b.listed = listed;
	child = bear(s, ev, &b);
	fdtable_unref(s, listed);
	if (!known)
		name_after_event(s, parent, ev);
	if (child) {
		child->t.pidns_start_ts = s->boot_ts;
		child->t.unheard = true;
	}
}

static uint64_t pidns_start(const struct state *s, const struct event *ev, const struct thread *t)
{
	uint64_t since_boot;

	if (!state_in_pidns(t) && !(t->flags & CL_CLONE_NEWPID))
		return s->boot_ts;
	return param_u64(ev, CLONE_20_X_PIDNS_INIT_START_TS, &since_boot) ? since_boot + s->boot_ts
									  : 0;
}

int64_t birth_source(const struct event *ev)
{
	const bool thread = param_u32_or(ev, CLONE_20_X_FLAGS, 0) & CL_CLONE_THREAD;

	return param_i64_or(ev, thread ? CLONE_20_X_PID : CLONE_20_X_PTID, -1);
}

/* The leader of a new thread was never seen: what holds for the one holds for the other. */
static void complete_leader(struct state *s, struct node *leader, const struct birth *b,
			    const struct event *ev)
{
	leader->t.pid = b->pid;
	leader->t.ptid = b->ptid;
	leader->t.vpid = b->vpid;
	leader->t.vtid = b->vpid;
	thread_link(s, leader);
	name_after_event(s, leader, ev);
}

static void seen_in_child(struct state *s, const struct event *ev, struct subject *who)
{
	struct node *old = who->thread ? node_of(who->thread) : NULL, *source, *child;
	struct birth b = {
		.tid = ev->tid,
		.pid = param_i64_or(ev, CLONE_20_X_PID, -1),
		.ptid = param_i64_or(ev, CLONE_20_X_PTID, -1),
		.vpid = param_i64_or(ev, CLONE_20_X_VPID, -1),
		.flags = param_u32_or(ev, CLONE_20_X_FLAGS, 0) | CL_CLONE_INVERTED,
	};
	const int64_t source_tid = birth_source(ev);
	struct fdtable *listed = NULL;

	/* What a thread does, it does to what it shares. */
	b.began = is_thread(&b) ? ev->ts : beginning_of(ev);
	if (old) {
		old->t.unheard = false;
		if (listed_later(s, old->t.listed_ts) ||
		    (old->t.clone_ts && ev->ts - old->t.clone_ts < CLONE_STALE_NS))
			return;
		listed = make_room(s, old);
	}
	who->thread = NULL;
	b.vtid = b.vpid == -1 ? b.tid : param_i64_or(ev, CLONE_20_X_VTID, b.tid);
	source = source_tid == b.tid ? NULL : thread_get(s, source_tid);
	if (source && !thread_invalid(&source->t))
		b.source = source;
	else if (source && is_thread(&b))
		complete_leader(s, source, &b, ev);
	b.shares = source;
	b.listed = listed;
	child = bear(s, ev, &b);
	fdtable_unref(s, listed);
	if (!child)
		return;
	child->t.pidns_start_ts = pidns_start(s, ev, &child->t);
	who->thread = &child->t;
	s->last = child;
}

void apply_clone(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t res;

	if (!succeeded(ev, &res))
		return;
	if (res == 0)
		seen_in_child(s, ev, who);
	else
		seen_in_parent(s, ev, res, who);
}

void apply_procexit(struct state *s, const struct event *ev, struct subject *who)
{
	struct node *n;

	if (!who->thread)
		return;
	n = node_of(who->thread);
	/* An older thread of this number. */
	if (listed_later(s, n->t.listed_ts) && n->t.clone_ts > ev->ts)
		return;
	thread_mark_dead(n);
	n->reaper_tid = param_i64_or(ev, PROCEXIT_1_E_REAPER_TID, -1);
	s->dying = n;
	s->exited[s->exited_at++ % EXITED_RING] = (struct exited){ n->t.tid, n->t.ptid, ev->ts };
}
