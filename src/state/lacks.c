/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Ancestors somebody is asked about, for one event. */
#define KIN_MAX 32

static bool is_unknown(struct state *s, int64_t tid)
{
	const struct node *n = thread_find(s, tid);

	return !n || n->t.placeholder || n->t.unsure || n->t.unheard || thread_invalid(&n->t);
}

/* Nobody has the number 0, and nothing the rules could say of kernel threads is above theirs. */
static int64_t missing_kin(struct state *s, const struct node *n)
{
	for (unsigned i = 0; n && i < KIN_MAX; i++) {
		if (n->t.pid != n->t.tid && is_unknown(s, n->t.pid))
			return n->t.pid;
		if (n->t.ptid <= 0)
			return 0;
		if (is_unknown(s, n->t.ptid))
			return n->t.ptid;
		n = idmap_get(&s->threads, (uint64_t)n->t.ptid);
	}
	return 0;
}

/* The thread the event is about, or takes after; 0: none that would have to be known. */
static int64_t concerned(const struct state *s, const struct event *ev)
{
	const struct row *row = &s->rows[ev->type];
	int64_t res;

	if (row->apply == apply_clone) {
		if (!succeeded(ev, &res))
			return 0;
		return res == 0 ? birth_source(ev) : ev->tid;
	}
	return row->lookup == LOOKUP_MAKE ? ev->tid : 0;
}

struct lacking state_lacks(struct state *s, const struct event *ev)
{
	const int64_t who = concerned(s, ev);
	int64_t kin;

	if (who > 0 && is_unknown(s, who))
		return (struct lacking){ who, who };
	for (const struct node *n = s->listed; unlikely(n); n = n->listed_next)
		if ((kin = missing_kin(s, n)) != 0)
			return (struct lacking){ kin, n->t.tid };
	return (struct lacking){ 0, 0 };
}

void state_doubt(struct state *s, int64_t tid)
{
	struct node *n = thread_find(s, tid);

	if (n)
		n->t.unsure = true;
}
