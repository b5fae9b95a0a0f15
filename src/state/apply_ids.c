/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* ---- users and groups: a result of 0 and an id, or nothing changes ---- */

static void set_id(struct state *s, const struct event *ev, struct subject *who, unsigned at,
		   uint32_t *field)
{
	uint32_t id;
	int64_t res;

	if (!param_i64(ev, 0, &res) || res != 0 || !param_u32(ev, at, &id) || *field == id)
		return;
	*field = id;
	thread_changed(s, node_of(who->thread));
}

void apply_setuid(struct state *s, const struct event *ev, struct subject *who)
{
	if (who->thread)
		set_id(s, ev, who, SETUID_X_UID, &who->thread->uid);
}

void apply_setreuid(struct state *s, const struct event *ev, struct subject *who)
{
	if (who->thread)
		set_id(s, ev, who, SETREUID_X_EUID, &who->thread->uid);
}
_Static_assert((int)SETREUID_X_EUID == (int)SETRESUID_X_EUID, "one layout for both");

void apply_setgid(struct state *s, const struct event *ev, struct subject *who)
{
	if (who->thread)
		set_id(s, ev, who, SETGID_X_GID, &who->thread->gid);
}

void apply_setregid(struct state *s, const struct event *ev, struct subject *who)
{
	if (who->thread)
		set_id(s, ev, who, SETREGID_X_EGID, &who->thread->gid);
}
_Static_assert((int)SETREGID_X_EGID == (int)SETRESGID_X_EGID, "one layout for both");

void apply_capset(struct state *s, const struct event *ev, struct subject *who)
{
	struct thread *t = who->thread;
	int64_t res;

	if (!t || !succeeded(ev, &res))
		return;
	param_u64(ev, CAPSET_X_CAP_INHERITABLE, &t->cap_inheritable);
	param_u64(ev, CAPSET_X_CAP_PERMITTED, &t->cap_permitted);
	param_u64(ev, CAPSET_X_CAP_EFFECTIVE, &t->cap_effective);
	thread_changed(s, node_of(t));
}

/*
 * ---- sessions and process groups belong to the process: all its threads ----
 *
 * Old captures do not have the host's group id (-1); it stays unknown in them.
 */

static void set_groups(struct state *s, struct node *n, const int64_t *sid, int64_t vpgid,
		       int64_t pgid)
{
	struct pgroup *g = pgroup_of(n);

	for (struct node *m = g ? g->first : n; m; m = g ? m->group_next : NULL) {
		if (sid)
			m->t.sid = *sid;
		m->t.vpgid = vpgid;
		if (m->t.pgid != -1)
			m->t.pgid = pgid;
		thread_changed(s, m);
	}
	state_touch(s, STATE_LEADERS);
}

/* The caller leads a new session and in it a new group; the result is the session's id. */
void apply_setsid(struct state *s, const struct event *ev, struct subject *who)
{
	struct thread *t = who->thread;
	int64_t sid;

	if (t && succeeded(ev, &sid))
		set_groups(s, node_of(t), &sid, sid, t->pid);
}

/* The host's id of the group that is `vpgid` in t's pid namespace; -1: unknown. */
static int64_t host_pgid(const struct state *s, const struct thread *t, int64_t vpgid)
{
	const struct thread *up = t;

	if (!state_in_pidns(t))
		return vpgid;
	if (vpgid == t->vpid)
		return t->pid;
	for (unsigned i = 0; up && i < LIMIT_ANCESTORS; i++, up = state_parent(s, up))
		if (up->vpgid == vpgid && state_in_pidns(up))
			return up->pgid;
	return -1;
}

/* The process with this id in the pid namespace of t: itself, or a child of it. */
static struct thread *own_process(const struct state *s, struct thread *t, int64_t vpid)
{
	struct thread *leader = state_leader(s, t);

	if (vpid == 0 || vpid == t->vpid)
		return t;
	if (!state_in_pidns(t))
		return state_thread(s, vpid);
	for (struct node *c = leader ? node_of(leader)->child_first : NULL; c; c = c->sibling_next)
		if (c->t.vpid == vpid)
			return &c->t;
	return NULL;
}

void apply_setpgid(struct state *s, const struct event *ev, struct subject *who)
{
	struct thread *t = who->thread;
	int64_t res, pid, pgid;

	if (!t || !succeeded(ev, &res) || !param_i64(ev, SETPGID_X_PID, &pid) ||
	    !param_i64(ev, SETPGID_X_PGID, &pgid))
		return;
	t = own_process(s, t, pid);
	if (!t || t->placeholder)
		return;
	if (pgid == 0)
		pgid = t->vpid;
	set_groups(s, node_of(t), NULL, pgid, host_pgid(s, t, pgid));
}

void apply_prctl(struct state *s, const struct event *ev, struct subject *who)
{
	struct thread *t = who->thread;
	struct str name;
	int64_t res;

	if (!t || !succeeded(ev, &res))
		return;
	switch (param_u32_or(ev, PRCTL_X_OPTION, 0)) {
	case PRCTL_OPTIONS_PR_SET_NAME:
		if (!event_text(ev, PRCTL_X_ARG2_STR, &name))
			break;
		if (name.len > 15) /* TASK_COMM_LEN without the NUL */
			name.len = 15;
		intern_put(s->intern, t->comm_now);
		t->comm_now = intern_get(s->intern, name);
		thread_changed(s, node_of(t));
		break;
	case PRCTL_OPTIONS_PR_SET_CHILD_SUBREAPER:
	case PRCTL_OPTIONS_PR_GET_CHILD_SUBREAPER:
		if (t->group)
			t->group->reaper = param_i64_or(ev, PRCTL_X_ARG2_INT, 0) != 0;
		break;
	default:
		break;
	}
}

/* ---- limits: the leader's count for the process ---- */

static void set_fdlimit(struct state *s, struct thread *t, int64_t limit)
{
	struct thread *leader = state_leader(s, t);

	if (limit == -1 || !leader || leader->fdlimit == limit)
		return;
	leader->fdlimit = limit;
	group_changed(s, node_of(leader));
}

void apply_rlimit(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t res;

	if (who->thread && succeeded(ev, &res) &&
	    event_int_or(ev, SETRLIMIT_X_RESOURCE, -1) == RLIMIT_RESOURCES_RLIMIT_NOFILE)
		set_fdlimit(s, who->thread, param_i64_or(ev, SETRLIMIT_X_CUR, -1));
}
_Static_assert((int)GETRLIMIT_X_CUR == (int)SETRLIMIT_X_CUR &&
		       (int)GETRLIMIT_X_RESOURCE == (int)SETRLIMIT_X_RESOURCE,
	       "one layout for both");

void apply_prlimit(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t res, pid;

	if (!who->thread || !succeeded(ev, &res) || !param_i64(ev, PRLIMIT_X_PID, &pid) ||
	    event_int_or(ev, PRLIMIT_X_RESOURCE, -1) != RLIMIT_RESOURCES_RLIMIT_NOFILE)
		return;
	set_fdlimit(s, pid ? state_thread(s, pid) : who->thread,
		    param_i64_or(ev, PRLIMIT_X_NEWCUR, -1));
}

/* ---- counters ---- */

void apply_memory(struct state *s, const struct event *ev, struct subject *who)
{
	struct thread *t = who->thread;

	(void)s;
	if (!t)
		return;
	t->vmsize_kb = param_u32_or(ev, BRK_4_X_VM_SIZE, t->vmsize_kb);
	t->vmrss_kb = param_u32_or(ev, BRK_4_X_VM_RSS, t->vmrss_kb);
	t->vmswap_kb = param_u32_or(ev, BRK_4_X_VM_SWAP, t->vmswap_kb);
}
_Static_assert((int)BRK_4_X_VM_SWAP == (int)MMAP_X_VM_SWAP &&
		       (int)BRK_4_X_VM_SWAP == (int)MMAP2_X_VM_SWAP &&
		       (int)BRK_4_X_VM_SWAP == (int)MUNMAP_X_VM_SWAP,
	       "one layout for all");

/* The slice of the thread that leaves the CPU began when the last one left it. */
static void count_slice(struct state *s, const struct event *ev, struct thread *t)
{
	uint64_t *began;

	if (ev->cpu >= CPUS_MAX)
		return;
	began = &s->cpu_switch_ts[ev->cpu];
	if (t && *began) {
		t->slice_ns = ev->ts > *began ? ev->ts - *began : 0;
		t->slice_total_ns += t->slice_ns;
	}
	*began = ev->ts;
}

void apply_switch(struct state *s, const struct event *ev, struct subject *who)
{
	struct thread *t = who->thread, *leader;
	uint32_t swap;

	count_slice(s, ev, t);
	if (!t || !param_u32(ev, SCHEDSWITCH_6_E_VM_SWAP, &swap))
		return;
	param_u64(ev, SCHEDSWITCH_6_E_PGFT_MAJ, &t->pfmajor);
	param_u64(ev, SCHEDSWITCH_6_E_PGFT_MIN, &t->pfminor);
	leader = state_leader(s, t);
	if (!leader)
		return;
	param_u32(ev, SCHEDSWITCH_6_E_VM_SIZE, &leader->vmsize_kb);
	param_u32(ev, SCHEDSWITCH_6_E_VM_RSS, &leader->vmrss_kb);
	leader->vmswap_kb = swap;
}

/* Growth since the last look, in percent; nothing to compare with is 0. */
static double growth(uint64_t now, uint64_t before)
{
	const uint64_t delta = now - before;

	return !before ? 0 : delta > 100 ? 100 : (double)delta;
}

void apply_procinfo(struct state *s, const struct event *ev, struct subject *who)
{
	uint64_t user, system;
	struct node *n;

	(void)s;
	if (!who->thread || !param_u64(ev, PROCINFO_E_CPU_USR, &user) ||
	    !param_u64(ev, PROCINFO_E_CPU_SYS, &system))
		return;
	n = node_of(who->thread);
	n->t.cpu_user = growth(user, n->last_cpu_user);
	n->t.cpu_system = growth(system, n->last_cpu_system);
	n->t.cpu_total = growth(user + system, n->last_cpu_user + n->last_cpu_system);
	n->last_cpu_user = user;
	n->last_cpu_system = system;
}
