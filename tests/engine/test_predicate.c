/* SPDX-License-Identifier: Apache-2.0 */
#include "../filter/support_random.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "filter/predicate.h"

/*
 * Predicates against the interpreter on recorded machines: whatever event a condition is true for,
 * the predicate derived from it, and that of all conditions together, holds for it.
 */

enum { CONDITIONS = 60 };

struct derived {
	bool done;
	enum predicate_verdict verdict;
	struct wire_predicate predicate;
};

struct subjects {
	struct arena *arena;
	struct pool *pool;
	struct program_rule rules[CONDITIONS];
	struct str texts[CONDITIONS];
	size_t n;
	struct derived *of; /* [CONDITIONS + 1][EVENT_FILE_TYPES]; the last: of all together */
	uint64_t asked, kept_back, narrowed, faults, hits;
};

static void add_condition(struct subjects *s, struct str text)
{
	struct source_text source = { .text = arena_str(s->arena, text) };
	struct diags diags = { .arena = s->arena };
	struct program_rule *rule = &s->rules[s->n];
	const struct ast *tree;
	bool unknown;
	size_t at;

	tree = ast_parse(s->arena, &source, &diags, &at);
	rule->condition =
		tree ? pool_add(s->pool, tree, &source, &diags, &at, &unknown) : EXPR_NONE;
	if (rule->condition == EXPR_NONE)
		return;
	rule->types = pool_event_types(s->pool, rule->condition);
	s->texts[s->n++] = source.text;
}

static unsigned code_of(const struct event *ev)
{
	return ev->type == EVENT_GENERIC_X ? (unsigned)event_int_or(ev, GENERIC_X_ID, 0) : 0;
}

/* Generic events have one predicate per system call. */
static const struct derived *derive(struct subjects *s, size_t which, const struct event *ev,
				    struct derived *room)
{
	struct derived *d = &s->of[which * EVENT_FILE_TYPES + ev->type];
	const struct predicate_of of = {
		.pool = s->pool,
		.rules = which == s->n ? s->rules : &s->rules[which],
		.n = which == s->n ? s->n : 1,
		.type = ev->type,
		.code = code_of(ev),
	};

	if (ev->type == EVENT_GENERIC_X)
		d = room;
	if (d->done)
		return d;
	d->done = ev->type != EVENT_GENERIC_X;
	d->verdict = predicate_derive(&of, &d->predicate);
	s->narrowed += d->verdict == PREDICATE_SOME;
	return d;
}

static bool lets_pass(struct subjects *s, size_t which, const struct event *ev)
{
	struct derived room = { 0 };
	const struct derived *d = derive(s, which, ev, &room);

	s->asked++;
	if (d->verdict == PREDICATE_ALL ||
	    (d->verdict == PREDICATE_SOME && predicate_holds(&d->predicate, ev)))
		return true;
	s->kept_back++;
	return false;
}

static void fault(struct subjects *s, const struct event *ev, size_t which, const char *what)
{
	const struct derived *d = &s->of[which * EVENT_FILE_TYPES + ev->type];
	struct buf text = { 0 };

	if (s->faults++ >= 10)
		return;
	predicate_print(&text, &d->predicate, ev->type);
	print_error("\tevent %llu (%s) %s: %.*s\n\t\t%.*s\n", (unsigned long long)ev->num,
		    ev->info->name.p, what, which < s->n ? (int)s->texts[which].len : 0,
		    which < s->n ? s->texts[which].p : "", STR_ARG(buf_view(&text)));
	buf_fini(&text);
}

/* Of a system call's end, with all its numbers: old captures have events without. */
static bool is_as_the_kernel_side_writes(const struct event *ev)
{
	int64_t v;

	if (!event_is_exit(ev->type) || ev->type >= EVENT_FILE_TYPES || ev->flags & WIRE_IO_URING ||
	    ev->nparams < ev->info->nparams)
		return false;
	for (unsigned i = 0; i < ev->nparams; i++)
		if (ev->info->params[i].width && !event_int(ev, i, &v))
			return false;
	return true;
}

static void look(struct subjects *s, const struct field_ctx *ctx)
{
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		const bool hit = event_set_has(&s->rules[i].types, ctx->ev->type) &&
				 pool_eval(s->pool, s->rules[i].condition, ctx);

		any |= hit;
		s->hits += hit;
		if (!lets_pass(s, i, ctx->ev) && hit)
			fault(s, ctx->ev, i, "matches");
	}
	if (!lets_pass(s, s->n, ctx->ev) && any)
		fault(s, ctx->ev, s->n, "matches one of all");
}

/* ---- Events that might have been -------------------------------------------------------------- */

static bool is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

static void put_other_text(struct random_source *r, struct str was, struct buf *out)
{
	const struct str rest = str_from_index(was, was.len > 0);

	switch (random_below(r, 6)) {
	case 0: /* relative */
		buf_str(out, rest);
		break;
	case 1:
		buf_printf(out, "/x/..%.*s", STR_ARG(was));
		break;
	case 2:
		buf_printf(out, "/%.*s", STR_ARG(was));
		break;
	case 3:
		buf_printf(out, "%.*s/more", STR_ARG(was));
		break;
	case 4:
		buf_printf(out, "%.*s", (int)random_below(r, (uint32_t)was.len + 1), was.p);
		break;
	case 5:
		buf_printf(out, "/./%.*s", STR_ARG(rest));
		break;
	}
}

static int64_t other_number(struct random_source *r, int64_t was)
{
	static const int64_t others[] = { 0, 1, -1, -2, -13, 3, 100, 4096, 9, 15, -11 };
	const int64_t v = random_below(r, 2) ? was : others[random_below(r, ARRAY_SIZE(others))];

	return v + (int64_t)random_below(r, 3) - 1;
}

/*
 * The event with another value for one parameter. Descriptors stay: the state has looked them up
 * already; and so do the results of calls that make them.
 */
static bool make_other(struct random_source *r, const struct event *ev, struct buf *room,
		       struct event *out)
{
	const struct event_info *info = ev->info;
	const unsigned changed = ev->nparams ? random_below(r, ev->nparams) : 0;
	struct event_writer w;
	struct raw raw = ev->raw;
	struct buf text = { 0 };
	struct str was;

	if (!ev->nparams || ev->type == EVENT_GENERIC_X || info->params[changed].type == TYPE_FD ||
	    (changed == 0 && info->flags & EVENT_FLAG_CREATES_FD))
		return false;
	buf_reset(room);
	event_begin(&w, room, ev->type, ev->ts, ev->tid, ev->nparams);
	for (unsigned i = 0; i < ev->nparams; i++) {
		if (i == changed && info->params[i].width) {
			event_push_int(&w, other_number(r, event_int_or(ev, i, 0)));
		} else if (i == changed && is_text(info->params[i].type) &&
			   event_text(ev, i, &was)) {
			put_other_text(r, was, &text);
			event_push_text(&w, buf_view(&text));
		} else {
			event_push(&w, event_param(ev, i).p, event_param(ev, i).len);
		}
	}
	buf_fini(&text);
	if (event_end(&w) < 0)
		return false;
	raw.bytes = (const uint8_t *)room->p;
	raw.len = (uint32_t)room->len;
	return event_open(out, &raw) == 0;
}

enum { OTHERS = 3 };

static void look_around(struct subjects *s, const struct machine *m, struct random_source *r)
{
	static const struct subject nobody;
	struct field_ctx ctx = m->ctx;
	struct buf room = { 0 };
	struct event other;

	if (!is_as_the_kernel_side_writes(&m->ev))
		return;
	look(s, &ctx);
	ctx.who = &nobody;
	look(s, &ctx);
	ctx.ev = &other;
	for (int i = 0; i < OTHERS; i++) {
		ctx.who = &m->who;
		if (make_other(r, &m->ev, &room, &other))
			look(s, &ctx);
	}
	buf_fini(&room);
}

/* ---- Conditions that have something to push --------------------------------------------------- */

static void put_param(struct random_source *r, const struct event *ev, struct buf *out)
{
	const unsigned i = ev->nparams ? random_below(r, ev->nparams) : 0;

	if (ev->nparams)
		buf_printf(out, "evt.%sarg.%.*s", random_below(r, 3) ? "" : "raw",
			   STR_ARG(ev->info->params[i].name));
	else
		buf_str(out, STR("evt.res"));
}

static void put_field(struct random_source *r, const struct event *ev, struct buf *out)
{
	static const char *const fields[] = {
		"evt.res",           "evt.rawres",        "evt.failed",      "fd.num",
		"fs.path.name",      "fs.path.target",    "fs.path.source",  "fs.path.nameraw",
		"evt.is_open_read",  "evt.is_open_write", "evt.type",        "evt.dir",
		"fs.path.targetraw", "evt.is_io_write",   "evt.count.error", "evt.category",
	};

	if (random_below(r, 3) == 0)
		buf_str(out, str_from(fields[random_below(r, ARRAY_SIZE(fields))]));
	else
		put_param(r, ev, out);
}

/* A value the field has in this event, whole or its beginning, or another one. */
static void put_value(struct random_source *r, const struct machine *m, struct str field,
		      struct buf *out)
{
	static const char *const others[] = { "0",   "1",    "-2",      "true",   "false",  "/etc",
					      "/",   "-13",  "SUCCESS", "ENOENT", "3",      "/usr/",
					      "100", "read", "O_RDWR",  "4096",   "SIGKILL" };
	struct buf text = { 0 };
	struct field_ref ref;
	struct val v;

	if (random_below(r, 3) && field_parse(field, NULL, &ref) == FIELD_OK &&
	    field_get(&ref, &m->ctx, &v))
		val_print(&text, &v, false);
	if (text.len > 3 && random_below(r, 3) == 0)
		text.len = 1 + random_below(r, (uint32_t)text.len - 1);
	if (text.len && text.len < 200 && str_chr(buf_view(&text), '"') == text.len &&
	    str_chr(buf_view(&text), '\\') == text.len)
		buf_printf(out, "\"%.*s\"", STR_ARG(buf_view(&text)));
	else
		buf_printf(out, "\"%s\"", others[random_below(r, ARRAY_SIZE(others))]);
	buf_fini(&text);
}

static void put_test(struct random_source *r, const struct machine *m, struct buf *out)
{
	static const char *const operators[] = { "=",          "=",  "!=", "in",       "in",
						 "startswith", "<",  ">=", "contains", "startswith",
						 "pmatch",     "<=", ">",  "glob",     "exists" };
	const char *op = operators[random_below(r, ARRAY_SIZE(operators))];
	struct buf field = { 0 };

	put_field(r, &m->ev, &field);
	buf_printf(out, "%.*s %s ", STR_ARG(buf_view(&field)), op);
	if (strcmp(op, "in") == 0 || strcmp(op, "pmatch") == 0) {
		buf_char(out, '(');
		for (uint32_t i = 0, n = 1 + random_below(r, 5); i < n; i++) {
			buf_str(out, i ? STR(", ") : STR(""));
			put_value(r, m, buf_view(&field), out);
		}
		buf_char(out, ')');
	} else if (strcmp(op, "exists") != 0) {
		put_value(r, m, buf_view(&field), out);
	}
	buf_fini(&field);
}

static bool compiles(struct str text)
{
	struct compiled c = compile(text);
	const bool good = c.expr != EXPR_NONE;

	compiled_fini(&c);
	return good;
}

static void put_good_test(struct random_source *r, const struct machine *m, struct buf *out)
{
	for (;;) {
		struct buf text = { 0 };
		bool good;

		put_test(r, m, &text);
		good = compiles(buf_view(&text));
		if (good)
			buf_str(out, buf_view(&text));
		buf_fini(&text);
		if (good)
			return;
	}
}

static void put_tree(struct random_source *r, const struct machine *m, unsigned depth,
		     struct buf *out)
{
	const char *joint = random_below(r, 2) ? " and " : " or ";

	if (random_below(r, 4) == 0)
		buf_str(out, STR("not "));
	if (depth == 0) {
		if (random_below(r, 8))
			put_good_test(r, m, out);
		else
			buf_str(out, STR("proc.name = bash"));
		return;
	}
	buf_char(out, '(');
	for (uint32_t i = 0, n = 2 + random_below(r, 3); i < n; i++) {
		buf_str(out, str_from(i ? joint : ""));
		put_tree(r, m, depth - 1, out);
	}
	buf_char(out, ')');
}

/* What the usual rule looks like: a type, and more; or any tree of tests. */
static void put_condition(struct random_source *r, const struct machine *m, struct buf *out)
{
	if (random_below(r, 6) == 0) {
		random_condition(r, out);
		return;
	}
	if (random_below(r, 3))
		buf_printf(out, "evt.type = %.*s and ", STR_ARG(m->ev.info->name));
	put_tree(r, m, random_below(r, 3), out);
}

static void invent(struct subjects *s, const char *trace, uint64_t events, uint64_t seed)
{
	struct random_source r = { .state = seed };
	const uint64_t step = events / CONDITIONS + 1;
	struct machine m;
	uint64_t n = 0;

	machine_init(&m, trace);
	r.ctx = &m.ctx;
	while (s->n < CONDITIONS && machine_step(&m)) {
		if (n++ % step || !is_as_the_kernel_side_writes(&m.ev))
			continue;
		for (unsigned i = 0; i < 4 && s->n < CONDITIONS; i++) {
			struct buf text = { 0 };

			put_condition(&r, &m, &text);
			add_condition(s, buf_view(&text));
			buf_fini(&text);
		}
	}
	machine_fini(&m);
}

static void subjects_run(struct subjects *s, const char *trace, unsigned step)
{
	struct random_source r = { .state = 17 };
	struct machine m;
	uint64_t n = 0;

	machine_init(&m, trace);
	while (machine_step(&m))
		if (n++ % step == 0)
			look_around(s, &m, &r);
	machine_fini(&m);
}

struct totals {
	uint64_t conditions, asked, kept_back, narrowed, faults;
};

static struct subjects subjects_new(void)
{
	struct subjects s = { .arena = arena_new() };

	s.pool = pool_new(s.arena, NULL);
	s.of = arena_array(s.arena, (CONDITIONS + 1) * EVENT_FILE_TYPES, sizeof(*s.of));
	return s;
}

static void subjects_end(struct subjects *s, struct totals *t)
{
	t->conditions += s->n;
	t->asked += s->asked;
	t->kept_back += s->kept_back;
	t->narrowed += s->narrowed;
	t->faults += s->faults;
	pool_free(s->pool);
	arena_free(s->arena);
}

static void print_totals(const struct totals *t)
{
	print_message("  %llu conditions, %llu predicates that say something, asked %llu times, "
		      "%llu events kept back\n",
		      (unsigned long long)t->conditions, (unsigned long long)t->narrowed,
		      (unsigned long long)t->asked, (unsigned long long)t->kept_back);
}

static void no_event_that_a_rule_matches_is_kept_back(void **state)
{
	const bool thorough = getenv("BESRA_LONG") != NULL;
	const unsigned sets = thorough ? 40 : 5, events_each = thorough ? 4000 : 300;
	struct arena *arena = arena_new();
	const char *traces[TRACES];
	const size_t n = find_traces(arena, traces, TRACES);
	struct totals all = { 0 };

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const uint64_t events = count_events(traces[i]);

		for (unsigned k = 0; k < sets; k++) {
			struct subjects s = subjects_new();

			invent(&s, traces[i], events, 7919 * (uint64_t)k + i + 1);
			subjects_run(&s, traces[i], (unsigned)(events / events_each) + 1);
			subjects_end(&s, &all);
		}
	}
	print_totals(&all);
	assert_int_equal(all.faults, 0);
	assert_true(all.narrowed > all.conditions / 4 && all.kept_back > all.asked / 20);
	arena_free(arena);
}

/* The next conditions of a file with one a line; false at its end. */
static bool add_lines(struct subjects *s, FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = 0;

	while (s->n < CONDITIONS && (len = getline(&line, &size, f)) > 0)
		add_condition(s, str_trim(str_of(line, (size_t)len)));
	free(line);
	return s->n > 0;
}

static void the_conditions_of_a_file_keep_back_nothing_they_match(void **state)
{
	const char *path = getenv("BESRA_CONDITIONS");
	FILE *f = path ? fopen(path, "r") : NULL;
	struct arena *arena = arena_new();
	const char *traces[TRACES];
	const size_t n = find_traces(arena, traces, TRACES);
	struct totals all = { 0 };
	bool more = f != NULL;

	(void)state;
	if (!path)
		print_message("  SKIP: BESRA_CONDITIONS names no file\n");
	else if (!f)
		fail_msg("%s cannot be read", path);
	for (size_t i = 0; more; i = (i + 1) % n) {
		struct subjects s = subjects_new();

		more = add_lines(&s, f);
		subjects_run(&s, traces[i], (unsigned)(count_events(traces[i]) / 400) + 1);
		subjects_end(&s, &all);
	}
	if (f) {
		print_totals(&all);
		fclose(f);
	}
	assert_int_equal(all.faults, 0);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_event_that_a_rule_matches_is_kept_back),
		cmocka_unit_test(the_conditions_of_a_file_keep_back_nothing_they_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
