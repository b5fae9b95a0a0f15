/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

struct fdtable *fdtable_new(struct state *s)
{
	struct fdtable *t = slab_alloc(&s->table_slab);

	if (t) {
		t->refs = 1;
		t->high.budget = &s->facts_memory;
	}
	return t;
}

struct fdtable *fdtable_ref(struct fdtable *t)
{
	if (t)
		t->refs++;
	return t;
}

static void fd_free(struct state *s, struct fd *fd)
{
	intern_put(s->intern, fd->name);
	intern_put(s->intern, fd->name_raw);
	slab_free(&s->fd_slab, fd);
	s->stats.removed_fds++;
}

static void free_high(uint64_t key, void *value, void *arg)
{
	(void)key;
	fd_free(arg, value);
}

void fdtable_unref(struct state *s, struct fdtable *t)
{
	if (!t || --t->refs)
		return;
	for (size_t i = 0; i < FD_LOW; i++)
		if (t->low[i])
			fd_free(s, t->low[i]);
	idmap_each(&t->high, free_high, s);
	idmap_fini(&t->high);
	if (s->closing_table == t)
		s->closing_table = NULL;
	slab_free(&s->table_slab, t);
}

struct copying {
	struct state *s;
	struct fdtable *to;
};

static void copy_fd(struct fd *fd, void *arg)
{
	struct copying *c = arg;

	fd_clone(c->s, c->to, fd->num, fd);
}

struct fdtable *fdtable_copy(struct state *s, const struct fdtable *t)
{
	struct fdtable *to = fdtable_new(s);

	if (to)
		fdtable_each(t, copy_fd, &(struct copying){ s, to });
	return to;
}

/* Whether it was there when the child was born nobody knows, but the child's own list does. */
static void copy_older(struct fd *fd, void *arg)
{
	struct copying *c = arg;

	if (!listed_later(c->s, fd->listed_ts))
		fd_clone(c->s, c->to, fd->num, fd);
}

static void copy_listed(struct fd *fd, void *arg)
{
	struct copying *c = arg;
	struct fd *copy = fd_clone(c->s, c->to, fd->num, fd);

	if (copy)
		copy->listed_ts = fd->listed_ts;
}

struct fdtable *fdtable_merge(struct state *s, const struct fdtable *parent,
			      const struct fdtable *listed)
{
	struct fdtable *to = fdtable_new(s);

	if (to) {
		fdtable_each(parent, copy_older, &(struct copying){ s, to });
		fdtable_each(listed, copy_listed, &(struct copying){ s, to });
	}
	return to;
}

struct visiting {
	void (*fn)(struct fd *fd, void *arg);
	void *arg;
};

static void visit_high(uint64_t key, void *value, void *arg)
{
	struct visiting *v = arg;

	(void)key;
	v->fn(value, v->arg);
}

void fdtable_each(const struct fdtable *t, void (*fn)(struct fd *fd, void *arg), void *arg)
{
	if (!t)
		return;
	for (size_t i = 0; i < FD_LOW; i++)
		if (t->low[i])
			fn(t->low[i], arg);
	idmap_each(&t->high, visit_high, &(struct visiting){ fn, arg });
}

void fdtable_unshare(struct state *s, struct thread *t)
{
	struct fdtable *own;

	if (!t->fds || t->fds->refs == 1)
		return;
	own = fdtable_copy(s, t->fds);
	fdtable_unref(s, t->fds);
	t->fds = own;
}

/* Which descriptors to close; the range is inclusive. */
struct closing {
	int64_t first, last;
	bool only_cloexec;
};

static bool is_meant(const struct state *s, const struct closing *c, const struct fd *fd)
{
	return fd->num >= c->first && fd->num <= c->last &&
	       (!c->only_cloexec || (fd->marks & FD_CLOEXEC)) && !listed_later(s, fd->listed_ts);
}

static void close_all(struct state *s, struct fdtable *t, const struct closing *c)
{
	for (int64_t i = 0; i < FD_LOW; i++)
		if (t->low[i] && is_meant(s, c, t->low[i]))
			fdtable_del(s, t, i);
	/* Removal moves later entries into the hole: the same slot is looked at again. */
	for (size_t i = 0; t->high.n && i <= t->high.mask;) {
		const struct fd *fd = t->high.slots[i].value;

		if (fd && is_meant(s, c, fd))
			fdtable_del(s, t, fd->num);
		else
			i++;
	}
}

void fdtable_close_on_exec(struct state *s, struct fdtable *t)
{
	if (t && t->n)
		close_all(s, t, &(struct closing){ 0, INT64_MAX, true });
}

void fdtable_clear(struct state *s, struct fdtable *t)
{
	for (int64_t i = 0; t && i < FD_LOW; i++)
		fdtable_del(s, t, i);
	while (t && t->high.n)
		for (size_t i = 0; t->high.n && i <= t->high.mask; i++)
			if (t->high.slots[i].value)
				fdtable_del(s, t, (int64_t)t->high.slots[i].key);
}

struct marking {
	const struct state *s;
	const struct closing *c;
};

static void mark_cloexec(struct fd *fd, void *arg)
{
	const struct marking *m = arg;

	if (is_meant(m->s, m->c, fd))
		fd->marks |= FD_CLOEXEC;
}

void fdtable_close_range(struct state *s, struct fdtable *t, int64_t first, int64_t last,
			 bool at_exec)
{
	struct closing c = { first, last, false };

	if (!t || !t->n)
		return;
	if (at_exec)
		fdtable_each(t, mark_cloexec, &(struct marking){ s, &c });
	else
		close_all(s, t, &c);
}

void fdtable_del(struct state *s, struct fdtable *t, int64_t num)
{
	struct fd *fd = fd_find(t, num);

	if (!fd)
		return;
	if (num < FD_LOW)
		t->low[num] = NULL;
	else
		idmap_del(&t->high, (uint64_t)num);
	t->n--;
	fd_free(s, fd);
}

/* What was listed later stays: it is what became of this number since. */
static bool is_listed_later(const struct state *s, const struct fdtable *t, int64_t num)
{
	const struct fd *fd;

	if (likely(!listed_later(s, s->listed_ts)))
		return false;
	fd = fd_find(t, num);
	return fd && listed_later(s, fd->listed_ts);
}

void fd_forget_passing(struct state *s)
{
	if (s->passing)
		fd_free(s, s->passing);
	s->passing = NULL;
}

/*
 * Puts fd into the table under its number, or where its successor stands there already, beside it;
 * false: no memory, and fd is gone.
 */
static bool fd_place(struct state *s, struct fdtable *t, struct fd *fd)
{
	if (is_listed_later(s, t, fd->num)) {
		fd_forget_passing(s);
		s->passing = fd;
		return true;
	}
	fdtable_del(s, t, fd->num);
	if (fd->num < FD_LOW) {
		t->low[fd->num] = fd;
	} else if (!idmap_put(&t->high, (uint64_t)fd->num, fd)) {
		fd_free(s, fd);
		s->stats.refused_fds++;
		return false;
	}
	t->n++;
	return true;
}

struct fd *fd_add(struct state *s, struct fdtable *t, int64_t num, enum fd_type type)
{
	struct fd *fd;

	if (!t || num < 0)
		return NULL;
	fd = slab_alloc(&s->fd_slab);
	if (!fd) {
		/* What stood there is closed, whether or not its successor has room. */
		if (!is_listed_later(s, t, num))
			fdtable_del(s, t, num);
		return NULL;
	}
	fd->num = num;
	fd->type = (int8_t)type;
	s->stats.added_fds++;
	return fd_place(s, t, fd) ? fd : NULL;
}

struct fd *fd_clone(struct state *s, struct fdtable *t, int64_t num, const struct fd *from)
{
	struct fd *fd;

	if (!t || num < 0)
		return NULL;
	fd = slab_alloc(&s->fd_slab);
	if (!fd)
		return NULL;
	*fd = *from;
	fd->listed_ts = 0;
	istr_ref(fd->name);
	istr_ref(fd->name_raw);
	fd->num = num;
	fd->marks = (uint16_t)((fd->marks & ~FD_CLOSING) | FD_INHERITED);
	s->stats.added_fds++;
	return fd_place(s, t, fd) ? fd : NULL;
}

bool fd_rename(struct state *s, struct fd *fd, struct istr *name)
{
	bool changed = fd->name != name;

	intern_put(s->intern, fd->name);
	fd->name = name;
	return changed;
}

bool fd_rename_text(struct state *s, struct fd *fd, struct str name)
{
	return fd_rename(s, fd, name.len ? intern_get(s->intern, name) : NULL);
}

char fd_type_letter(enum fd_type t)
{
	switch (t) {
#define FD_TYPE(number, id, letter, word)                                                          \
	case FD_##id:                                                                              \
		return letter;
#include "tables/fd_types.def"
#undef FD_TYPE
	}
	return '?';
}

struct str fd_type_word(enum fd_type t)
{
	switch (t) {
#define FD_TYPE(number, id, letter, word)                                                          \
	case FD_##id:                                                                              \
		return STR(word);
#include "tables/fd_types.def"
#undef FD_TYPE
	}
	return STR("");
}

enum l4_protocol fd_l4proto(const struct fd *fd)
{
	switch ((enum fd_type)fd->type) {
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
		if (fd->l4proto != L4_RAW && !(fd->marks & (FD_CLIENT | FD_SERVER)))
			return L4_NA;
		return fd->l4proto;
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		return fd->l4proto;
	case FD_UNINITIALIZED:
	case FD_UNKNOWN:
	case FD_FILE:
	case FD_DIRECTORY:
	case FD_FIFO:
	case FD_UNIX_SOCK:
	case FD_EVENT:
	case FD_UNSUPPORTED:
	case FD_SIGNALFD:
	case FD_EVENTPOLL:
	case FD_INOTIFY:
	case FD_TIMERFD:
	case FD_NETLINK:
	case FD_FILE_V2:
	case FD_BPF:
	case FD_USERFAULTFD:
	case FD_IOURING:
	case FD_MEMFD:
	case FD_PIDFD:
		break;
	}
	return L4_NA;
}
