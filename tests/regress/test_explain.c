/* SPDX-License-Identifier: Apache-2.0 */

/*
 * explain and profile on traces/intrusion.scap, whose story traces/README.md tells. Which of its
 * events are looked at, and what is expected of them, comes from the events' own parameters.
 */

#include "engine/engine.h"
#include "regress/explain.h"
#include "regress/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

#define TRACE "traces/intrusion.scap"

static const char rules_text[] = "- list: secrets\n"
				 "  items: [/etc/shadow, /etc/gshadow]\n"
				 "- macro: opened\n"
				 "  condition: (evt.type in (open, openat) and fd.num >= 0)\n"
				 "- rule: Secret opened\n"
				 "  desc: d\n"
				 "  condition: >\n"
				 "    opened\n"
				 "    and fd.name in (secrets)\n"
				 "    and not proc.name in (login, sudo)\n"
				 "  output: o\n"
				 "  priority: INFO\n"
				 "- rule: Connected\n"
				 "  desc: d\n"
				 "  condition: evt.type = connect and fd.sip = 10.1.2.3\n"
				 "  output: o\n"
				 "  priority: INFO\n"
				 "- rule: Kernel\n"
				 "  desc: d\n"
				 "  condition: >\n"
				 "    evt.type in (openat, read) and evt.kernel_path = /x\n"
				 "    and evt.kernel_sip = 10.1.2.3\n"
				 "  output: o\n"
				 "  priority: INFO\n";

static const struct rule_options options = { .threshold = PRIORITY_DEBUG };

struct seen {
	struct arena *arena;
	struct ruleset *rules;
	struct buf out;
};

static void begin(struct seen *s)
{
	const struct rule_text text = { "t.yaml", str_from(rules_text) };

	*s = (struct seen){ .arena = arena_new() };
	s->rules = ruleset_parse(&text, 1, &options);
	assert_true(s->rules->ok);
}

static void end(struct seen *s)
{
	buf_fini(&s->out);
	ruleset_free(s->rules);
	arena_free(s->arena);
}

static void run_file(const char *path, void (*watch)(const struct field_ctx *ctx, void *arg),
		     void *arg)
{
	struct engine_parts parts = { .watch = watch, .watch_arg = arg };
	struct err err = { 0 };
	struct engine *engine;
	int n;

	parts.source = source_open_scap(path, &err);
	if (!parts.source)
		fail_msg("%s", err.text);
	engine = engine_new(&parts, &err);
	assert_non_null(engine);
	do
		n = engine_step(engine, &err);
	while (n > 0);
	assert_int_equal(n, 0);
	engine_free(engine);
	source_close(parts.source);
}

static void run_trace(void (*watch)(const struct field_ctx *ctx, void *arg), void *arg)
{
	run_file(TRACE, watch, arg);
}

/* The same trace without what the kernel used; the caller unlinks it. */
static void write_without_extension(char path[static sizeof("/tmp/besra-explain-XXXXXX")])
{
	struct scap_writer *w;
	struct source *s;
	struct event ev;
	struct raw raw;
	struct err err;

	strcpy(path, "/tmp/besra-explain-XXXXXX");
	close(mkstemp(path));
	s = source_open_scap(TRACE, &err);
	w = scap_create(path, true, &err);
	assert_non_null(s);
	assert_non_null(w);
	while (source_next(s, &raw, &err) > 0) {
		assert_int_equal(event_open(&ev, &raw), 0);
		assert_int_equal(scap_write(w, &ev, &err), 0);
	}
	assert_int_equal(scap_finish(w, &err), 0);
	source_close(s);
}

/* ---- Events by what they say themselves -------------------------------------------------------- */

struct wanted {
	bool (*is)(const struct event *ev);
	const char *process; /* NULL: any */
	uint64_t num;        /* of the first such event */
	int64_t tid, fd;     /* fd: what the event has as its descriptor */
	struct field_ref name;
};

static bool is_opened(const struct event *ev)
{
	return ev->type == EVENT_OPENAT_2_X && event_int_or(ev, OPENAT_2_X_FD, -1) >= 0;
}

static bool is_shadow_opened(const struct event *ev)
{
	struct str name;

	return is_opened(ev) && event_text(ev, OPENAT_2_X_NAME, &name) &&
	       str_eq(name, STR("/etc/shadow"));
}

static bool is_not_opened(const struct event *ev)
{
	return ev->type == EVENT_OPENAT_2_X && event_int_or(ev, OPENAT_2_X_FD, 0) < 0;
}

static bool is_read(const struct event *ev)
{
	return ev->type == EVENT_READ_X;
}

static bool is_execve(const struct event *ev)
{
	return ev->type == EVENT_EXECVE_19_X;
}

/* The first byte of a tuple is the address family. */
static bool is_connect_to_unix(const struct event *ev)
{
	return ev->type == EVENT_CONNECT_X && event_param(ev, CONNECT_X_TUPLE).len &&
	       *event_param(ev, CONNECT_X_TUPLE).p == AF_UNIX;
}

static void look(const struct field_ctx *ctx, void *arg)
{
	struct wanted *w = arg;
	struct val v;

	if (w->num || !w->is(ctx->ev))
		return;
	if (w->process && !(field_get(&w->name, ctx, &v) && str_eq(v.s, str_from(w->process))))
		return;
	w->num = ctx->ev->num;
	w->tid = ctx->ev->tid;
	w->fd = ctx->ev->type == EVENT_CONNECT_X ? event_int_or(ctx->ev, CONNECT_X_FD, -1)
						 : event_int_or(ctx->ev, OPENAT_2_X_FD, -1);
}

static struct wanted find_by(const char *process, bool (*is)(const struct event *ev))
{
	struct wanted w = { .is = is, .process = process };

	assert_int_equal(field_parse(STR("proc.name"), NULL, &w.name), FIELD_OK);
	run_trace(look, &w);
	assert_int_not_equal(w.num, 0);
	return w;
}

static uint64_t find(bool (*is)(const struct event *ev))
{
	return find_by(NULL, is).num;
}

/* ---- explain ------------------------------------------------------------------------------------ */

/* The text about one rule and one event of a trace, NUL behind it; event 0: all of it. */
static bool explain_in(struct seen *s, const char *trace, const char *rule, uint64_t event)
{
	struct explain_options o = {
		.statics = &options.statics,
		.rule = str_from(rule),
		.event = event,
	};
	struct explainer *e;
	bool found;

	begin(s);
	o.rules = s->rules;
	e = explainer_new(s->arena, &o);
	assert_non_null(e);
	run_file(trace, explainer_watch, e);
	found = explainer_result(e, &s->out);
	buf_char(&s->out, '\0');
	explainer_free(e);
	return found;
}

static bool explain(struct seen *s, const char *rule, uint64_t event)
{
	return explain_in(s, TRACE, rule, event);
}

/* login reads /etc/shadow, as it does at every login. */
static void the_tree_shows_verdicts_values_and_the_deciding_part(void **state)
{
	static const char format[] =
		"event %llu: openat by login (tid %lld)\n"
		"\n"
		"rule 'Secret opened' does not match: 'proc.name in (login, sudo)' is true, "
		"t.yaml:10:13\n"
		"    false and\n"
		"    true    opened (macro)\n"
		"    true      and\n"
		"    true        evt.type in (open, openat)    # evt.type = \"openat\"\n"
		"    true        fd.num >= 0    # fd.num = %lld\n"
		"    true    fd.name in (secrets)    # fd.name = \"/etc/shadow\"\n"
		"    false   not\n"
		" -> true      proc.name in (login, sudo)    # proc.name = \"login\"\n";
	const struct wanted w = find_by("login", is_shadow_opened);
	char wanted[sizeof(format) + 60];
	struct seen s;

	(void)state;
	snprintf(wanted, sizeof(wanted), format, (unsigned long long)w.num, (long long)w.tid,
		 (long long)w.fd);
	assert_true(explain(&s, "Secret opened", w.num));
	assert_string_equal(s.out.p, wanted);
	end(&s);
}

/* tar packs /etc/shadow. */
static void a_match_is_explained_too(void **state)
{
	const struct wanted w = find_by("tar", is_shadow_opened);
	char head[64];
	struct seen s;

	(void)state;
	assert_true(explain(&s, "Secret opened", w.num));
	snprintf(head, sizeof(head), "event %llu: openat by tar", (unsigned long long)w.num);
	assert_non_null(strstr(s.out.p, head));
	assert_non_null(strstr(s.out.p, "rule 'Secret opened' matches: all of its parts are true"));
	assert_non_null(strstr(s.out.p, "fd.name = \"/etc/shadow\""));
	assert_null(strstr(s.out.p, "->"));
	end(&s);
}

static void the_reason_for_an_absent_value_is_told(void **state)
{
	const struct wanted w = find_by(NULL, is_connect_to_unix);
	char reason[64];
	struct seen s;

	(void)state;
	assert_true(explain(&s, "Connected", w.num));
	snprintf(reason, sizeof(reason), "fd.sip has no value: fd %lld is of type unix",
		 (long long)w.fd);
	assert_non_null(strstr(s.out.p, reason));
	end(&s);
	assert_true(explain(&s, "Secret opened", find(is_execve)));
	assert_non_null(strstr(s.out.p, "it is not tried on events of this kind"));
	assert_non_null(
		strstr(s.out.p, "fd.num has no value: an event of type execve has no descriptor"));
	end(&s);
}

static void why_it_is_not_known_what_the_kernel_used_is_told(void **state)
{
	static const struct {
		bool (*is)(const struct event *ev);
		const char *reason;
	} cases[] = {
		{ is_opened,
		  "evt.kernel_path has no value: the trace was recorded without what the "
		  "kernel used (besra record --extension keeps it)" },
		{ is_opened, "evt.kernel_sip has no value: an event of type openat does not tell "
			     "what connection the kernel used" },
		{ is_not_opened,
		  "evt.kernel_path has no value: the openat failed: the kernel used nothing" },
		{ is_read, "evt.kernel_path has no value: an event of type read does not tell what "
			   "path the kernel used" },
	};
	char path[sizeof("/tmp/besra-explain-XXXXXX")];

	(void)state;
	write_without_extension(path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seen s;

		assert_true(explain_in(&s, path, "Kernel", find(cases[i].is)));
		assert_non_null(strstr(s.out.p, cases[i].reason));
		end(&s);
	}
	unlink(path);
}

static void an_event_that_does_not_come_is_not_found(void **state)
{
	struct seen s;

	(void)state;
	assert_false(explain(&s, "Secret opened", 99999));
	end(&s);
}

static void an_unknown_rule_is_refused(void **state)
{
	struct seen s;
	struct explain_options o = { .rule = STR("nobody"), .statics = &options.statics };

	(void)state;
	begin(&s);
	o.rules = s.rules;
	assert_null(explainer_new(s.arena, &o));
	end(&s);
}

/* Counts that a condition of its own gives, one event type at a time. */
struct counts {
	uint64_t events, not_opened, secrets, only_not_opened;
	struct field_ref type, name, num, proc;
};

static void counts_init(struct counts *c)
{
	*c = (struct counts){ 0 };
	assert_int_equal(field_parse(STR("evt.type"), NULL, &c->type), FIELD_OK);
	assert_int_equal(field_parse(STR("fd.name"), NULL, &c->name), FIELD_OK);
	assert_int_equal(field_parse(STR("fd.num"), NULL, &c->num), FIELD_OK);
	assert_int_equal(field_parse(STR("proc.name"), NULL, &c->proc), FIELD_OK);
}

static bool is_one_of(const struct field_ref *f, const struct field_ctx *ctx, struct str a,
		      struct str b)
{
	struct val v;

	return field_get(f, ctx, &v) && (str_eq(v.s, a) || str_eq(v.s, b));
}

static void count(const struct field_ctx *ctx, void *arg)
{
	struct counts *c = arg;
	const bool opens = is_one_of(&c->type, ctx, STR("open"), STR("openat"));
	const bool secret = is_one_of(&c->name, ctx, STR("/etc/shadow"), STR("/etc/gshadow"));
	const bool login = is_one_of(&c->proc, ctx, STR("login"), STR("sudo"));
	struct val v;

	c->events++;
	c->not_opened += !opens;
	c->secrets += secret;
	c->only_not_opened += !opens && secret && !login && field_get(&c->num, ctx, &v) && v.i >= 0;
}

static void the_summary_counts_how_often_each_part_failed(void **state)
{
	const struct wanted w = find_by("login", is_shadow_opened);
	struct counts c;
	char line[256];
	struct seen s;

	(void)state;
	counts_init(&c);
	run_trace(count, &c);
	assert_true(c.secrets > 0 && c.secrets < c.events);
	explain(&s, "Secret opened", 0);
	snprintf(line, sizeof(line), "of %llu events match", (unsigned long long)c.events);
	assert_non_null(strstr(s.out.p, line));
	snprintf(line, sizeof(line), "  %10llu  %10llu  evt.type in (open, openat)",
		 (unsigned long long)c.not_opened, (unsigned long long)c.only_not_opened);
	assert_non_null(strstr(s.out.p, line));
	snprintf(line, sizeof(line), "  %10llu  ", (unsigned long long)(c.events - c.secrets));
	assert_non_null(strstr(s.out.p, line));
	/* login's own reading of the file is the nearest miss that only its name spoils. */
	snprintf(line, sizeof(line), "close: event %llu, openat by login (tid %lld)",
		 (unsigned long long)w.num, (long long)w.tid);
	assert_non_null(strstr(s.out.p, line));
	end(&s);
}

static void profile_counts_what_the_interpreter_would_evaluate(void **state)
{
	struct counts c;
	struct profile *p;
	char wanted[256];
	struct seen s;

	(void)state;
	counts_init(&c);
	run_trace(count, &c);
	begin(&s);
	p = profile_new(s.arena, s.rules, &options);
	run_trace(profile_watch, p);
	profile_result(p, &s.out, true, 0);
	buf_char(&s.out, '\0');
	/* The first part of the rule is asked for open and openat only, and is true for them. */
	snprintf(wanted, sizeof(wanted), "\"true\":%llu,\"false\":0",
		 (unsigned long long)(c.events - c.not_opened));
	assert_non_null(strstr(strstr(s.out.p, "evt.type in (open, openat)"), wanted));
	snprintf(wanted, sizeof(wanted), "{\"events\":%llu,", (unsigned long long)c.events);
	assert_true(str_starts_with(str_from(s.out.p), str_from(wanted)));
	profile_free(p);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_shows_verdicts_values_and_the_deciding_part),
		cmocka_unit_test(a_match_is_explained_too),
		cmocka_unit_test(the_reason_for_an_absent_value_is_told),
		cmocka_unit_test(why_it_is_not_known_what_the_kernel_used_is_told),
		cmocka_unit_test(an_event_that_does_not_come_is_not_found),
		cmocka_unit_test(an_unknown_rule_is_refused),
		cmocka_unit_test(the_summary_counts_how_often_each_part_failed),
		cmocka_unit_test(profile_counts_what_the_interpreter_would_evaluate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
