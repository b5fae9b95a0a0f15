/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Ancestors somebody is asked about, for one event. */
#define KIN_MAX 32

static bool is_unknown(struct state *s, int64_t tid)
{
	const struct node *n = thread_find(s, tid);

	return !n || n->t.placeholder || n->t.unsure || thread_invalid(&n->t);
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

int64_t state_lacks(struct state *s, const struct event *ev, bool kin)
{
	const struct row *row = &s->rows[ev->type];
	int64_t who = ev->tid, res;

	if (row->apply == apply_clone) {
		if (!succeeded(ev, &res))
			return 0;
		if (res == 0)
			who = birth_source(ev);
	} else if (row->lookup != LOOKUP_MAKE) {
		return 0;
	}
	if (who <= 0)
		return 0;
	if (is_unknown(s, who))
		return who;
	return kin ? missing_kin(s, thread_find(s, who)) : 0;
}
