/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/needs.h"

#include "filter/predicate.h"
#include "source/live.h"

/*
 * What the kernel need not send. Whatever changes the state is always sent: of its calls only
 * failures are kept back, and of those whose failures matter, too, nothing.
 */

struct rules_of_set {
	const struct pool *pool;
	struct program_rule *items;
	size_t n;
};

static struct rules_of_set rules_of(const struct ruleset *r, struct arena *arena)
{
	struct rules_of_set out = { .pool = r->pool, .n = r->norder };

	out.items = arena_array(arena, r->norder, sizeof(*out.items));
	for (size_t i = 0; i < r->norder; i++) {
		const struct rule *rule = &r->rules[r->order[i]];

		out.items[i] = (struct program_rule){ rule->expr, rule->types };
	}
	return out;
}

static bool is_state(const struct syscall_info *info)
{
	return info->sets & SYSCALL_STATE || state_interest(info->exit_event) > STATE_MARKS;
}

static enum predicate_verdict verdict_of(const struct rules_of_set *r, unsigned code,
					 struct wire_predicate *out)
{
	const struct syscall_info *info = syscall_info(code);
	const struct predicate_of of = {
		.pool = r->pool,
		.rules = r->items,
		.n = r->n,
		.type = info->exit_event,
		.code = code,
		.successes = is_state(info),
	};

	return predicate_derive(&of, out);
}

/* Equal predicates are one; false when there is no room for another. */
static bool keep(struct live_predicates *all, struct wire_predicate *items, size_t native,
		 const struct wire_predicate *p)
{
	size_t i = 0;

	while (i < all->n && memcmp(&items[i], p, sizeof(*p)) != 0)
		i++;
	if (i == WIRE_PREDICATES_HALF)
		return false;
	if (i == all->n)
		items[all->n++] = *p;
	all->of[native] = (uint8_t)(i + 1);
	return true;
}

/* No rule can match: as if none had asked. */
static uint8_t without_rules(const struct syscall_info *info, uint8_t need)
{
	if (!is_state(info))
		return 0;
	return state_interest(info->exit_event) == STATE_WANTS_ALL ? need : need & WIRE_NEED_EVENT;
}

static bool is_candidate(const struct syscall_info *info, const struct needs *n)
{
	const int native = info->native;

	/* without failures among them, only state calls that no rule wants are asked for */
	return info->exists && native >= 0 && native < WIRE_SYSCALLS_MAX && !n->named[native] &&
	       n->syscall[native] & WIRE_NEED_EVENT &&
	       (n->syscall[native] & WIRE_NEED_FAILED || !is_state(info));
}

const struct live_predicates *needs_push_down(const struct ruleset *rules, struct needs *n,
					      struct arena *arena)
{
	struct live_predicates *all = ARENA_NEW(arena, struct live_predicates);
	struct wire_predicate *items = arena_array(arena, WIRE_PREDICATES_HALF, sizeof(*items));
	const struct rules_of_set r = rules_of(rules, arena);
	struct wire_predicate p;

	all->items = items;
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);
		uint8_t *need;

		if (!is_candidate(info, n))
			continue;
		need = &n->syscall[info->native];
		switch (verdict_of(&r, code, &p)) {
		case PREDICATE_ALL:
			break;
		case PREDICATE_NONE:
			*need = without_rules(info, *need);
			break;
		case PREDICATE_SOME:
			if (!keep(all, items, (size_t)info->native, &p))
				break;
			*need |= (uint8_t)(predicate_is_early(&p) ? WIRE_NEED_EARLY : 0) |
				 (uint8_t)(predicate_is_late(&p) ? WIRE_NEED_LATE : 0);
			break;
		}
	}
	return all;
}

void needs_print_pushed(struct buf *out, const struct ruleset *rules, struct str name)
{
	struct arena *arena = arena_new();
	const struct rules_of_set r = rules_of(rules, arena);
	struct wire_predicate p;
	struct needs n;

	needs_of_rules(rules, &n);
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);

		if (!is_candidate(info, &n) ||
		    (name.len && !str_eq(name, info->name) &&
		     !str_eq(name, event_info(info->exit_event)->name)) ||
		    verdict_of(&r, code, &p) != PREDICATE_SOME)
			continue;
		buf_printf(out, "%.*s is sent only if ", STR_ARG(info->name));
		predicate_print(out, &p, info->exit_event);
		buf_char(out, '\n');
	}
	arena_free(arena);
}
