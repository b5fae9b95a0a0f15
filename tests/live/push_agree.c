/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether the kernel side asks predicates as the reference does. A command is run with everything
 * sent; from its events come rules about their own values, from these predicates. Then it runs
 * again with the predicates in force: what arrives must be what they hold for, and as much must
 * have been kept back as they said no to in the first run.
 *
 * usage: push_agree SEED COMMAND...
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"
#include "filter/predicate.h"
#include "source/live.h"

#define RING (16u << 20)

struct recording {
	struct arena *arena;
	VEC(struct raw) events;
};

/* ---- Running a command under capture ---------------------------------------------------------- */

static pid_t start_held(char **command, int go[2])
{
	pid_t child;
	char c;

	if (pipe(go) < 0)
		return -1;
	child = fork();
	if (child)
		return child;
	if (dup2(go[0], 4) < 0 || close_range(5, ~0u, 0) < 0 || read(4, &c, 1) != 1)
		_exit(126);
	close(4);
	execvp(command[0], command);
	_exit(127);
}

static int drain(struct source *s, struct recording *r, struct err *err)
{
	struct raw raw;
	int n;

	while ((n = source_next(s, &raw, err)) == 1) {
		if (raw.flags & (WIRE_SYNTHETIC | WIRE_IO_URING))
			continue;
		raw.bytes = (const uint8_t *)arena_str(r->arena,
						       str_of((const char *)raw.bytes, raw.len))
				    .p;
		VEC_PUSH(r->arena, &r->events, raw);
	}
	return n == -EAGAIN ? 0 : n;
}

/* `saved`: what was kept back of the command itself. */
static bool watch(struct source *s, char **command, struct recording *r, uint64_t *saved,
		  struct err *err)
{
	int go[2], status;
	const pid_t child = start_held(command, go);
	struct recording before = { .arena = r->arena };
	uint64_t saved_before[WIRE_SYSCALLS_MAX];
	bool ended = false;

	if (child < 0 || live_scope_pid(s, child, err) < 0)
		return false;
	usleep(50000); /* until it waits */
	live_saved(s, saved_before);
	if (drain(s, &before, err) < 0 || write(go[1], "", 1) != 1)
		return false;
	close(go[0]);
	close(go[1]);
	while (!ended) {
		ended = waitpid(child, &status, WNOHANG) == child;
		if (drain(s, r, err) < 0)
			return false;
		live_wait(s, 1000000);
	}
	usleep(20000);
	live_saved(s, saved);
	for (size_t i = 0; i < WIRE_SYSCALLS_MAX; i++)
		saved[i] -= saved_before[i];
	return drain(s, r, err) == 0;
}

static struct source *open_source(const uint8_t *want, struct err *err)
{
	const struct live_options o = { .want = want,
					.scope = WIRE_SCOPE_TASKS,
					.hold_ns = 1,
					.state_ring_bytes = RING,
					.bulk_ring_bytes = RING };
	struct source *s = source_open_live(&o, err);

	if (s && live_want(s, want, false, err) == 0)
		return s;
	source_close(s);
	return NULL;
}

/* ---- Rules about what happened ---------------------------------------------------------------- */

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % n;
}

static bool is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

/* What is the same whenever a program does the same: no ids, addresses, times, sizes of memory. */
static bool is_steady(const struct param_info *p)
{
	switch ((int)p->type) {
	case TYPE_ERRNO:
	case TYPE_FD:
	case TYPE_SIGTYPE:
	case TYPE_UID:
	case TYPE_GID:
	case TYPE_MODE:
	case TYPE_FLAGS8:
	case TYPE_FLAGS16:
	case TYPE_FLAGS32:
	case TYPE_ENUMFLAGS8:
	case TYPE_ENUMFLAGS16:
	case TYPE_ENUMFLAGS32:
		return true;
	default:
		return is_text(p->type) || str_eq(p->name, STR("size"));
	}
}

/* One comparison of one parameter with what it is in the event; false where it has no use. */
static bool put_test(struct buf *out, const struct event *ev)
{
	static const char *const operators[] = { "=", "!=", "<", ">=", "in" };
	const unsigned i = below(ev->nparams);
	const struct param_info *p = &ev->info->params[i];
	struct str text;
	int64_t v;

	if (i == 0 && below(2)) {
		buf_str(out, below(2) ? STR("evt.failed = true") : STR("evt.res = SUCCESS"));
		return true;
	}
	if (!is_steady(p))
		return false;
	if (is_text(p->type)) {
		if (!event_text(ev, i, &text) || text.len < 2 || text.len > 100 ||
		    str_chr(text, '"') != text.len || str_chr(text, '\\') != text.len)
			return false;
		buf_printf(out, "evt.%sarg.%.*s %s \"%.*s\"", below(2) ? "raw" : "",
			   STR_ARG(p->name), below(3) ? "startswith" : "=",
			   (int)(1 + below((uint32_t)text.len)), text.p);
		return true;
	}
	if (!p->width || !event_int(ev, i, &v) || v < 0)
		return false;
	text = str_from(operators[below(ARRAY_SIZE(operators))]);
	buf_printf(out, "evt.rawarg.%.*s %.*s ", STR_ARG(p->name), STR_ARG(text));
	if (str_eq(text, STR("in")))
		buf_printf(out, "(%lld, %u, %u)", (long long)v, below(9), below(4096));
	else
		buf_printf(out, "%lld", (long long)v);
	return true;
}

static void put_condition(struct buf *out, const struct event *ev)
{
	const unsigned tests = 1 + below(3);

	buf_printf(out, "evt.type = %.*s", STR_ARG(ev->info->name));
	for (unsigned i = 0; i < tests; i++) {
		const size_t start = out->len;

		buf_str(out, below(4) ? STR(" and ") : STR(" and not "));
		for (unsigned tries = 0; !put_test(out, ev); tries++)
			if (tries == 20) {
				out->len = start;
				break;
			}
	}
}

struct rules {
	struct arena *arena;
	struct pool *pool;
	struct program_rule items[2 * SYSCALL_CODES];
	size_t n;
};

static void add_rule(struct rules *r, struct str text)
{
	struct source_text source = { .text = arena_str(r->arena, text) };
	struct diags diags = { .arena = r->arena };
	const struct ast *tree;
	struct program_rule rule;
	bool unknown;
	size_t at;

	tree = ast_parse(r->arena, &source, &diags, &at);
	rule.condition = tree ? pool_add(r->pool, tree, &source, &diags, &at, &unknown) : EXPR_NONE;
	if (rule.condition == EXPR_NONE || r->n == ARRAY_SIZE(r->items))
		return;
	rule.types = pool_event_types(r->pool, rule.condition);
	r->items[r->n++] = rule;
}

/* One or two rules for some of the types that were seen. */
static void make_rules(struct rules *r, const struct recording *seen)
{
	uint8_t tried[EVENT_TYPES] = { 0 };

	r->pool = pool_new(r->arena, NULL);
	for (size_t i = 0; i < 40 * SYSCALL_CODES && seen->events.n; i++) {
		struct event ev;
		struct buf text = { 0 };

		if (event_open(&ev, &seen->events.items[below((uint32_t)seen->events.n)]) < 0 ||
		    !event_is_exit(ev.type) || ev.type == EVENT_GENERIC_X || !ev.nparams ||
		    tried[ev.type] >= 2)
			continue;
		tried[ev.type]++;
		put_condition(&text, &ev);
		add_rule(r, buf_view(&text));
		buf_fini(&text);
	}
}

/* ---- Predicates by type ----------------------------------------------------------------------- */

struct pushed {
	uint8_t want[WIRE_SYSCALLS_MAX];
	struct live_predicates all;
	struct wire_predicate items[WIRE_PREDICATES_HALF];
	uint8_t of_type[EVENT_TYPES]; /* as live_predicates.of */
	int native[EVENT_TYPES];
	uint64_t refused[EVENT_TYPES]; /* by the reference, in the first run */
};

/*
 * Some calls give several events or one of another call's type, or are not asked about once their
 * event is put together; successes of all of these are sent whatever rules say.
 */
static bool is_simple(unsigned code)
{
	return code != SC_SENDMMSG && code != SC_RECVMMSG && code != SC_RECVMSG &&
	       code != SC_EXECVE && code != SC_EXECVEAT && code != SC_EXIT && code != SC_EXIT_GROUP;
}

static void derive(struct pushed *p, const struct rules *r)
{
	const unsigned start = below(SYSCALL_CODES);

	p->all.items = p->items;
	for (unsigned k = 0; k < SYSCALL_CODES; k++) {
		const unsigned code = (start + k) % SYSCALL_CODES;
		const struct syscall_info *info = syscall_info(code);
		const struct predicate_of of = { .pool = r->pool,
						 .rules = r->items,
						 .n = r->n,
						 .type = info->exit_event,
						 .code = code };
		struct wire_predicate *out = &p->items[p->all.n];

		if (p->all.n == WIRE_PREDICATES_HALF || !info->exists || info->native < 0 ||
		    info->exit_event == EVENT_GENERIC_X || !is_simple(code) ||
		    predicate_derive(&of, out) != PREDICATE_SOME)
			continue;
		p->all.of[info->native] = p->of_type[info->exit_event] = (uint8_t)++p->all.n;
		p->native[info->exit_event] = info->native;
		p->want[info->native] |= (uint8_t)(predicate_is_early(out) ? WIRE_NEED_EARLY : 0) |
					 (uint8_t)(predicate_is_late(out) ? WIRE_NEED_LATE : 0);
	}
}

static bool is_refused(const struct pushed *p, const struct raw *raw, struct event *ev)
{
	return event_open(ev, raw) == 0 && p->of_type[ev->type] &&
	       !predicate_holds(&p->items[p->of_type[ev->type] - 1], ev);
}

static void explain(const struct pushed *p, unsigned type, const char *what, uint64_t n, uint64_t m)
{
	struct buf text = { 0 };

	predicate_print(&text, &p->items[p->of_type[type] - 1], type);
	printf("%s: %s, %llu and %llu: %.*s\n", event_info(type)->name.p, what,
	       (unsigned long long)n, (unsigned long long)m, STR_ARG(buf_view(&text)));
	buf_fini(&text);
}

static void count_types(const struct recording *r, uint64_t *out)
{
	struct event ev;

	for (size_t i = 0; i < r->events.n; i++)
		if (event_open(&ev, &r->events.items[i]) == 0)
			out[ev.type]++;
}

/*
 * The number of types about which kernel side and reference do not agree. Of a call that was made
 * more often in one run than in the other (how often a pipe is read is a matter of luck), what was
 * kept back is not compared.
 */
static unsigned compare(struct pushed *p, const struct recording *first,
			const struct recording *second, const uint64_t *saved)
{
	uint64_t before[EVENT_TYPES] = { 0 }, after[EVENT_TYPES] = { 0 };
	unsigned wrong = 0, equal = 0, kept = 0;
	struct event ev;

	for (size_t i = 0; i < first->events.n; i++)
		if (is_refused(p, &first->events.items[i], &ev))
			p->refused[ev.type]++;
	for (size_t i = 0; i < second->events.n; i++)
		if (is_refused(p, &second->events.items[i], &ev)) {
			explain(p, ev.type, "arrived although it does not hold", ev.ts, 0);
			wrong++;
		}
	count_types(first, before);
	count_types(second, after);
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		const uint64_t back = p->of_type[type] ? saved[p->native[type]] : 0;

		if (!p->of_type[type] || before[type] != after[type] + back)
			continue;
		equal++;
		kept += back > 0;
		if (back != p->refused[type]) {
			explain(p, type, "kept back, refused", back, p->refused[type]);
			wrong++;
		}
	}
	printf("%zu predicates in force, %u of calls made equally often, %u kept events back, "
	       "%zu events then %zu\n",
	       p->all.n, equal, kept, first->events.n, second->events.n);
	return wrong;
}

static bool run(char **command, uint8_t *want, const struct live_predicates *p,
		struct recording *out, uint64_t *saved)
{
	struct err err = { 0 };
	struct source *s = open_source(want, &err);
	bool ok = s && (!p || live_push_down(s, want, p, &err) == 0) &&
		  watch(s, command, out, saved, &err);

	if (!ok)
		fprintf(stderr, "%s\n", err.text);
	source_close(s);
	return ok;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct pushed *p = ARENA_NEW(arena, struct pushed);
	struct rules *r = ARENA_NEW(arena, struct rules);
	struct recording first = { .arena = arena }, second = { .arena = arena };
	uint64_t saved[WIRE_SYSCALLS_MAX];
	unsigned wrong;

	if (argc < 3)
		return 2;
	random_state = strtoull(argv[1], NULL, 10);
	memset(p->want, WIRE_NEED_EVENT | WIRE_NEED_FAILED, sizeof(p->want));
	if (!run(argv + 2, p->want, NULL, &first, saved))
		return 2;
	r->arena = arena;
	make_rules(r, &first);
	derive(p, r);
	if (!run(argv + 2, p->want, &p->all, &second, saved))
		return 2;
	wrong = compare(p, &first, &second, saved);
	pool_free(r->pool);
	arena_free(arena);
	return wrong > 0;
}
