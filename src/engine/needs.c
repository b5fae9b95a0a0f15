/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/needs.h"

#define EVERY (WIRE_NEED_EVENT | WIRE_NEED_FAILED)

void needs_all(struct needs *out)
{
	memset(out->syscall, EVERY, sizeof(out->syscall));
	out->signals = true;
}

/* Calls whose failure changes the state, too: a connect under way fails with EINPROGRESS. */
static bool failure_matters(unsigned code)
{
	return code == SC_CONNECT;
}

/* Calls without an event of their own share one; a rule may want some of them, by name. */
static bool rules_want_by_name(const struct ruleset *rules, struct str name)
{
	for (size_t i = 0; i < rules->norder; i++) {
		const struct rule *r = &rules->rules[rules->order[i]];

		if (event_set_has(&r->types, EVENT_GENERIC_X) &&
		    pool_possible_for(rules->pool, r->expr, name))
			return true;
	}
	return false;
}

/* A successful execveat is an execve event: whoever wants one has to capture both. */
static bool rules_want(const struct ruleset *rules, const struct syscall_info *info, unsigned code)
{
	if (!rules || !rules->programs)
		return false;
	if (programs_want(rules->programs, info->exit_event))
		return info->exit_event != EVENT_GENERIC_X || rules_want_by_name(rules, info->name);
	return code == SC_EXECVEAT && programs_want(rules->programs, EVENT_EXECVE_19_X);
}

static bool extension_wanted(const struct ruleset *rules, const struct syscall_info *info,
			     unsigned code)
{
	const unsigned event = code == SC_EXECVEAT ? EVENT_EXECVE_19_X : info->exit_event;

	return event_extensions(event) && event_set_has(&rules->extended, event);
}

/* Names and addresses among its arguments can be rewritten while the kernel works with them. */
static bool can_be_rewritten(const struct syscall_info *info)
{
	const struct event_info *event = event_info(info->exit_event);

	for (unsigned i = 0; i < event->nparams; i++) {
		const enum value_type type = event->params[i].type;

		if (type == TYPE_FSPATH || type == TYPE_FSRELPATH || type == TYPE_SOCKADDR ||
		    type == TYPE_SOCKTUPLE)
			return true;
	}
	return false;
}

static uint8_t need_of_rules(const struct ruleset *rules, const struct syscall_info *info,
			     unsigned code)
{
	uint8_t need = EVERY;

	if (extension_wanted(rules, info, code))
		need |= WIRE_NEED_EXTENSION;
	if (can_be_rewritten(info))
		need |= WIRE_NEED_COPIES;
	return need;
}

static void add_needs(const struct ruleset *rules, bool state, struct needs *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);
		uint8_t *want;

		if (!info->exists || info->native < 0 || info->native >= WIRE_SYSCALLS_MAX)
			continue;
		want = &out->syscall[info->native];
		if (rules_want(rules, info, code))
			*want = need_of_rules(rules, info, code);
		else if (state && info->sets & SYSCALL_STATE)
			*want = failure_matters(code) ? EVERY : WIRE_NEED_EVENT;
	}
	out->signals =
		rules && rules->programs && programs_want(rules->programs, EVENT_SIGNALDELIVER_E);
}

void needs_of_rules(const struct ruleset *rules, struct needs *out)
{
	add_needs(rules, true, out);
}

void needs_of_rules_alone(const struct ruleset *rules, struct needs *out)
{
	add_needs(rules, false, out);
}

bool needs_adds(const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].len && names[i].p[0] != '!')
			return true;
	return false;
}

bool needs_adjust(struct needs *n, const struct str *names, size_t count, struct str *unknown)
{
	for (size_t i = 0; i < count; i++) {
		bool away = names[i].len && names[i].p[0] == '!';
		struct str name = str_from_index(names[i], away);
		int code = syscall_from_name(name);
		int native = code < 0 ? -1 : syscall_info((unsigned)code)->native;

		if (code < 0) {
			*unknown = name;
			return false;
		}
		if (native >= 0 && native < WIRE_SYSCALLS_MAX) {
			n->syscall[native] = away ? 0 : n->syscall[native] | EVERY;
			n->named[native] = !away;
		}
	}
	return true;
}

void needs_extension(struct needs *n)
{
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);

		if (!info->exists || info->native < 0 || info->native >= WIRE_SYSCALLS_MAX ||
		    !(n->syscall[info->native] & WIRE_NEED_EVENT))
			continue;
		if (event_extensions(info->exit_event) || code == SC_EXECVEAT)
			n->syscall[info->native] |= WIRE_NEED_EXTENSION;
		if (can_be_rewritten(info))
			n->syscall[info->native] |= WIRE_NEED_COPIES;
	}
}

void needs_repair(struct needs *n)
{
	struct needs least;

	needs_of_rules(NULL, &least);
	needs_merge(n, &least);
}

void needs_drop_failed(struct needs *n)
{
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);

		if (info->exists && info->native >= 0 && info->native < WIRE_SYSCALLS_MAX &&
		    !failure_matters(code))
			n->syscall[info->native] &= (uint8_t)~WIRE_NEED_FAILED;
	}
}

bool needs_more_state(const struct needs *old, const struct needs *new)
{
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);

		if (info->exists && info->native >= 0 && info->native < WIRE_SYSCALLS_MAX &&
		    info->sets & SYSCALL_STATE && !old->syscall[info->native] &&
		    new->syscall[info->native])
			return true;
	}
	return false;
}

void needs_merge(struct needs *n, const struct needs *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(n->syscall); i++)
		n->syscall[i] |= other->syscall[i];
	n->signals |= other->signals;
}
