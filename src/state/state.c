/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

#define MEMORY_DEFAULT ((size_t)512 << 20)

/* A quarter of the memory is kept for each of the two kinds of tables, whatever the other does. */
static void share_memory(struct state *s, size_t memory)
{
	s->memory = (struct budget){ .max = memory };
	s->threads_memory = (struct budget){ .max = memory - memory / 4, .whole = &s->memory };
	s->facts_memory = (struct budget){ .max = memory - memory / 4, .whole = &s->memory };
	s->threads.budget = s->groups.budget = &s->threads_memory;
}

static void make_slabs(struct state *s, uint32_t threads, uint32_t fds)
{
	struct budget *own = &s->threads_memory;

	slab_init(&s->nodes, sizeof(struct node), threads, own);
	slab_init(&s->group_slab, sizeof(struct pgroup), threads, own);
	slab_init(&s->table_slab, sizeof(struct fdtable), threads, own);
	slab_init(&s->fs_slab, sizeof(struct fs), threads + 2, own); /* na_fs, no_fs */
	slab_init(&s->fd_slab, sizeof(struct fd), fds, &s->facts_memory);
	slab_init(&s->enter_slab, sizeof(struct enter), ENTERS_MAX, NULL);
}

/*
 * Of threads nobody announced at most a quarter of the table: they must not keep out those of
 * which more is known.
 */
static uint32_t placeholders_max(uint32_t threads, size_t memory)
{
	const size_t cost = sizeof(struct node) + sizeof(struct fdtable) + 64;
	const size_t max = memory / 4 / cost;

	return max < threads / 4 ? (uint32_t)max : (threads + 3) / 4;
}

static bool make_constants(struct state *s)
{
	s->na = intern_get(s->intern, STR("<NA>"));
	s->na_image = image_new(s, &(struct image){ .exe = STR("<NA>") });
	s->no_image = image_new(s, &(struct image){ 0 });
	s->no_fs = fs_new(s, NULL, NULL);
	s->na_fs = fs_new(s, intern_get(s->intern, STR("./")), NULL);
	return s->na && s->na_image && s->no_image && s->no_fs && s->na_fs;
}

struct state *state_new(const struct state_limits *limits)
{
	struct state *s = calloc(1, sizeof(*s));
	uint32_t threads = limits && limits->threads ? limits->threads : LIMIT_THREADS;
	uint32_t fds = limits && limits->fds ? limits->fds : LIMIT_FDS;
	size_t memory = limits && limits->memory ? limits->memory : MEMORY_DEFAULT;

	if (!s)
		return NULL;
	share_memory(s, memory);
	make_slabs(s, threads, fds);
	s->placeholders_max = placeholders_max(threads, memory);
	s->intern = intern_new(&s->facts_memory);
	s->users = userdb_new(&s->facts_memory);
	s->v4 = calloc(INTERFACES_MAX, sizeof(*s->v4));
	s->v6 = calloc(INTERFACES_MAX, sizeof(*s->v6));
	if (!s->intern || !s->users || !s->v4 || !s->v6 || !make_constants(s)) {
		state_free(s);
		return NULL;
	}
	rows_init(s);
	return s;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	threads_clear(s);
	idmap_fini(&s->threads);
	idmap_fini(&s->groups);
	image_unref(s, s->na_image);
	image_unref(s, s->no_image);
	userdb_free(s->users, s->intern);
	slab_fini(&s->nodes);
	slab_fini(&s->group_slab);
	slab_fini(&s->fd_slab);
	slab_fini(&s->table_slab);
	slab_fini(&s->fs_slab);
	slab_fini(&s->enter_slab);
	free(s->v4);
	free(s->v6);
	intern_free(s->intern);
	free(s);
}

struct thread *state_thread(const struct state *s, int64_t tid)
{
	struct node *n = idmap_get(&s->threads, (uint64_t)tid);

	return n ? &n->t : NULL;
}

struct thread *state_leader(const struct state *s, const struct thread *t)
{
	(void)s;
	return t && t->group ? t->group->leader : NULL;
}

struct thread *state_parent(const struct state *s, const struct thread *t)
{
	const struct thread *leader = state_leader(s, t);

	return leader ? state_leader(s, state_thread(s, leader->ptid)) : NULL;
}

bool state_in_pidns(const struct thread *t)
{
	return (t->flags & CL_CHILD_IN_PIDNS) || t->tid != t->vtid;
}

static int64_t lead_id(const struct thread *t, enum state_lead which)
{
	switch (which) {
	case LEAD_SESSION:
		return t->sid;
	case LEAD_VPGROUP:
		return t->vpgid;
	case LEAD_PGROUP:
		return t->pgid;
	}
	return -1;
}

struct thread *state_lead(const struct state *s, const struct thread *t, enum state_lead which)
{
	const int64_t id = lead_id(t, which);
	struct thread *up, *leader = NULL;

	if (id == -1)
		return NULL;
	if (which == LEAD_PGROUP || !state_in_pidns(t)) {
		leader = state_thread(s, id);
		if (leader)
			return leader;
	}
	up = state_thread(s, t->ptid);
	for (unsigned i = 0; up && lead_id(up, which) == id && i < LIMIT_ANCESTORS; i++) {
		leader = up;
		up = state_thread(s, up->ptid);
	}
	return leader;
}

struct each {
	void (*fn)(struct thread *t, void *arg);
	void *arg;
};

static void each_thread(uint64_t key, void *value, void *arg)
{
	struct each *e = arg;
	struct node *n = value;

	(void)key;
	e->fn(&n->t, e->arg);
}

void state_thread_each(const struct state *s, void (*fn)(struct thread *t, void *arg), void *arg)
{
	idmap_each(&s->threads, each_thread, &(struct each){ fn, arg });
}

uint32_t state_thread_cap(const struct state *s)
{
	return s->nodes.cap;
}

struct fd *state_fd(const struct state *s, const struct thread *t, int64_t num)
{
	(void)s;
	return t ? fd_find(t->fds, num) : NULL;
}

size_t state_fd_count(const struct state *s, const struct thread *t)
{
	(void)s;
	return t && t->fds ? t->fds->n : 0;
}

void state_fd_each(const struct state *s, const struct thread *t,
		   void (*fn)(struct fd *fd, void *arg), void *arg)
{
	(void)s;
	if (t)
		fdtable_each(t->fds, fn, arg);
}

uint32_t state_generation(const struct state *s, enum state_kind kind)
{
	return s->generations[kind];
}

void state_touch(struct state *s, enum state_kind kind)
{
	s->generations[kind]++;
}

struct intern *state_intern(const struct state *s)
{
	return s->intern;
}

struct budget *state_budget(struct state *s)
{
	return &s->facts_memory;
}

void state_stats(const struct state *s, struct state_stats *out)
{
	*out = s->stats;
	out->threads = s->threads.n;
	out->fds = s->fd_slab.n;
	out->memory = s->memory.used;
	out->refused_threads += s->nodes.refused;
	out->refused_fds += s->fd_slab.refused + s->table_slab.refused;
	out->refused_strings = intern_refused(s->intern) + s->image_cuts;
}

struct str state_hostname(const struct state *s)
{
	return istr_view(s->hostname);
}

uint64_t state_boot_ts(const struct state *s)
{
	return s->boot_ts;
}
