/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "filter/predicate.h"

/*
 * What of a condition the kernel can tell, said as `-L --disassemble` says it. tests/engine holds
 * predicates against recorded events; here stands what is worth pushing down, and what must not be.
 */

static const struct predicate_case {
	const char *what;
	unsigned type;
	const char *condition;
	const char *pushed; /* "all": any event may match; "none": no event can */
} cases[] = {
	{ "the sign of the result", EVENT_UNLINK_2_X, "evt.failed = false", "res >= 0" },
	{ "its negation", EVENT_UNLINK_2_X, "not evt.failed = false", "res < 0" },
	{ "success by name", EVENT_UNLINK_2_X, "evt.res = SUCCESS", "res >= 0" },
	{ "an error by name", EVENT_UNLINK_2_X, "evt.res = ENOENT", "res in (ENOENT)" },
	{ "a contradiction", EVENT_UNLINK_2_X, "evt.res = ENOENT and evt.rawres >= 0", "none" },
	{ "two ends of a range", EVENT_READ_X, "evt.rawres > 10 and evt.rawres <= 20",
	  "res in 11..20" },
	{ "a set of numbers", EVENT_WRITE_X, "fd.num in (0, 2)", "fd in (0, 2)" },
	{ "no descriptor where no thread is known", EVENT_WRITE_X, "not fd.num = 1", "all" },
	{ "a descriptor that was not made", EVENT_OPENAT_2_X, "fd.num >= 0", "fd >= 0" },
	{ "a failed call may be asked for by its number", EVENT_OPENAT_2_X, "fd.num < 0", "all" },
	{ "a bit", EVENT_CHMOD_X, "evt.arg.mode contains S_ISUID", "mode has S_ISUID" },
	{ "no bit", EVENT_CHMOD_X, "not evt.arg.mode contains S_ISUID", "mode has not S_ISUID" },
	{ "a part of a name says nothing of other bits", EVENT_CHMOD_X, "evt.arg.mode contains 4",
	  "all" },
	{ "a signal", EVENT_KILL_X, "evt.arg.sig in (SIGKILL, SIGTERM)",
	  "sig in (SIGKILL, SIGTERM)" },
	{ "all but a signal", EVENT_KILL_X, "evt.arg.sig != SIGKILL", "sig not in (SIGKILL)" },
	{ "a request", EVENT_PTRACE_X, "evt.arg.request = PTRACE_ATTACH",
	  "request in (PTRACE_ATTACH)" },
	{ "a path as given", EVENT_MKDIR_2_X, "evt.arg.path startswith /etc/",
	  "path startswith \"/etc/\"" },
	{ "a path that is another", EVENT_MKDIR_2_X, "not evt.arg.path startswith /etc/",
	  "path not startswith \"/etc/\"" },
	{ "a path made up counts only after a success", EVENT_MKDIR_2_X,
	  "fs.path.name pmatch (/etc, /usr/bin)",
	  "path startswith \"/etc\" and res = 0 or path startswith \"/usr/bin\" and res = 0" },
	{ "the negation of one does not", EVENT_MKDIR_2_X, "not fs.path.name pmatch (/etc)",
	  "all" },
	{ "a pattern begins literally", EVENT_RENAME_X, "evt.arg.newpath glob /etc/c*/x",
	  "newpath startswith \"/etc/c\"" },
	{ "what only ends so begins anyhow", EVENT_RENAME_X, "evt.arg.newpath endswith /x", "all" },
	{ "a relative constant is no beginning of a path", EVENT_MKDIR_2_X,
	  "evt.arg.path startswith etc", "all" },
	{ "what only the agent knows", EVENT_WRITE_X, "proc.name = cat", "all" },
	{ "beside what the kernel knows", EVENT_WRITE_X, "proc.name = cat and fd.num = 1",
	  "fd = 1" },
	{ "one of the two", EVENT_WRITE_X, "proc.name = cat or fd.num = 1", "all" },
	{ "another type", EVENT_WRITE_X, "evt.type = read and fd.num = 1", "none" },
	{ "a parameter it does not have", EVENT_WRITE_X, "evt.arg.path = /x", "none" },
	{ "and its negation", EVENT_WRITE_X, "not evt.arg.path = /x and fd.num = 1", "fd = 1" },
	{ "what remembers other events", EVENT_WRITE_X, "evt.deltatime > 5 and fd.num = 1", "all" },
	{ "a mark that io leaves", EVENT_WRITE_X, "fd.connected = true and fd.num = 1", "all" },
	{ "memory counters are taken from all such calls", EVENT_BRK_4_X, "evt.rawres > 5", "all" },
	{ "another field on the right", EVENT_WRITE_X, "evt.rawres = val(fd.num)", "all" },
	{ "a transformer", EVENT_MKDIR_2_X, "tolower(evt.arg.path) startswith /etc", "all" },
	{ "a test that another one implies", EVENT_WRITE_X,
	  "evt.rawres >= 0 or (evt.rawres > 100 and fd.num = 1)", "res >= 0" },
	{ "no more than a predicate holds", EVENT_MKDIR_2_X,
	  "evt.arg.path in (/a/b0, /a/b1, /a/b2, /a/b3, /a/b4, /a/b5, /a/b6, /a/b7, /a/b8, "
	  "/a/b9, /a/c0, /a/c1, /a/c2, /a/c3, /a/c4, /a/c5, /a/c6, /a/c7, /a/c8, /a/c9, "
	  "/b0/x, /b1/x, /b2/x, /b3/x, /b4/x, /b5/x, /b6/x, /b7/x, /b8/x, /b9/x, /c/d, /e/f, /g/h)",
	  "all" },
	{ "but what all have in common", EVENT_MKDIR_2_X,
	  "evt.arg.path in (/a/b0, /a/b1, /a/b2, /a/b3, /a/b4, /a/b5, /a/b6, /a/b7, /a/b8, "
	  "/a/b9, /a/c0, /a/c1, /a/c2, /a/c3, /a/c4, /a/c5, /a/c6, /a/c7, /a/c8, /a/c9, /a/d0, "
	  "/a/d1, /a/d2, /a/d3, /a/d4, /a/d5, /a/d6, /a/d7, /a/d8, /a/d9, /a/e0, /a/e1, /a/e2)",
	  "path startswith \"/a/\"" },
	{ "one more than there is room for", EVENT_MKDIR_2_X,
	  "evt.arg.path in (/a/b0, /a/b1, /c, /d, /e, /f, /g, /h, /i, /j, /k, /l, /m)",
	  "path = \"/c\" or path = \"/d\" or path = \"/e\" or path = \"/f\" or path = \"/g\" or "
	  "path = \"/h\" or path = \"/i\" or path = \"/j\" or path = \"/k\" or path = \"/l\" or "
	  "path = \"/m\" or path startswith \"/a/b\"" },
};

static enum predicate_verdict derive(unsigned type, const char *condition,
				     struct wire_predicate *out)
{
	struct compiled compiled = compile(str_from(condition));
	const struct program_rule rule = { compiled.expr,
					   pool_event_types(compiled.pool, compiled.expr) };
	const struct predicate_of of = {
		.pool = compiled.pool, .rules = &rule, .n = 1, .type = type
	};
	const enum predicate_verdict v = predicate_derive(&of, out);

	compiled_fini(&compiled);
	return v;
}

static void pushed(const struct predicate_case *c, struct buf *out)
{
	struct wire_predicate p;

	switch (derive(c->type, c->condition, &p)) {
	case PREDICATE_ALL:
		buf_str(out, STR("all"));
		break;
	case PREDICATE_NONE:
		buf_str(out, STR("none"));
		break;
	case PREDICATE_SOME:
		predicate_print(out, &p, c->type);
		break;
	}
}

static void what_the_kernel_can_tell_is_pushed_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = { 0 };

		print_message("  %s\n", cases[i].what);
		pushed(&cases[i], &text);
		buf_char(&text, '\0');
		assert_string_equal(text.p, cases[i].pushed);
		buf_fini(&text);
	}
}

#define MADE_UP "fs.path.name startswith /etc/s"
#define GIVEN   "evt.arg.path startswith /etc/s"

static const struct holding_case {
	const char *what;
	const char *condition;
	const char *event;
	bool holds;
} holdings[] = {
	{ "the beginning", GIVEN, "MKDIR_2_X 1 res=0 path=/etc/shadow", true },
	{ "another one", GIVEN, "MKDIR_2_X 1 res=0 path=/etc/passwd", false },
	{ "a part of it", GIVEN, "MKDIR_2_X 1 res=0 path=/etc/", false },
	{ "what may be made a path that begins so", GIVEN, "MKDIR_2_X 1 res=0 path=shadow", true },
	{ "nothing", GIVEN, "MKDIR_2_X 1 res=0", true },
	{ "an old driver's nothing", GIVEN, "MKDIR_2_X 1 res=0 path=\"(NULL)\"", true },
	{ "the path as given is not made up", GIVEN, "MKDIR_2_X 1 res=0 path=/x/../etc/s", false },
	{ "a failure has an argument", GIVEN, "MKDIR_2_X 1 res=-13 path=/etc/s", true },
	{ "not the beginning", "not " GIVEN, "MKDIR_2_X 1 res=0 path=/etc/shadow", false },
	{ "not another one", "not " GIVEN, "MKDIR_2_X 1 res=0 path=/etc/passwd", true },
	{ "not what may be made so", "not " GIVEN, "MKDIR_2_X 1 res=0 path=shadow", true },
	{ "made up: the beginning", MADE_UP, "MKDIR_2_X 1 res=0 path=/etc/shadow", true },
	{ "made up: another one", MADE_UP, "MKDIR_2_X 1 res=0 path=/etc/passwd", false },
	{ "made up: by a detour", MADE_UP, "MKDIR_2_X 1 res=0 path=/x/../etc/shadow", true },
	{ "made up: by standing still", MADE_UP, "MKDIR_2_X 1 res=0 path=/./etc/shadow", true },
	{ "made up: with two slashes", MADE_UP, "MKDIR_2_X 1 res=0 path=//etc/shadow", true },
	{ "made up: late", MADE_UP,
	  "MKDIR_2_X 1 res=0 path=/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/aaaaaaaa/../b/../c", true },
	{ "made up: longer than anybody looks", MADE_UP,
	  "MKDIR_2_X 1 res=0 path=/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  true },
	{ "made up: with bytes that may go", MADE_UP, "MKDIR_2_X 1 res=0 path=\"/\\x01etc/s\"",
	  true },
	{ "made up: with others than ASCII", MADE_UP, "MKDIR_2_X 1 res=0 path=\"/\\xc3\\xa9\"",
	  true },
	{ "made up: of a failure", MADE_UP, "MKDIR_2_X 1 res=-2 path=/etc/shadow", false },
	{ "a set: in it", "evt.arg.sig in (SIGHUP, SIGKILL)", "KILL_X 1 res=0 pid=2 sig=9", true },
	{ "a set: between", "evt.arg.sig in (SIGHUP, SIGKILL)", "KILL_X 1 res=0 pid=2 sig=8",
	  false },
	{ "a set: beyond", "evt.arg.sig in (SIGHUP, SIGKILL)", "KILL_X 1 res=0 pid=2 sig=200",
	  false },
	{ "beyond what is left out", "evt.arg.sig != SIGKILL", "KILL_X 1 res=0 pid=2 sig=200",
	  true },
	{ "just above", "evt.rawres > 10", "KILL_X 1 res=11 pid=2 sig=0", true },
	{ "just not", "evt.rawres > 10", "KILL_X 1 res=10 pid=2 sig=0", false },
	{ "just equal", "evt.rawres >= 10 and evt.rawres <= 10", "KILL_X 1 res=10 pid=2 sig=0",
	  true },
	{ "just below", "evt.rawres < 10", "KILL_X 1 res=9 pid=2 sig=0", true },
	{ "just not below", "evt.rawres < 10", "KILL_X 1 res=10 pid=2 sig=0", false },
};

static void a_predicate_holds_for_whatever_may_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(holdings); i++) {
		const struct holding_case *c = &holdings[i];
		struct wire_predicate p;
		struct scene s;

		print_message("  %s\n", c->what);
		scene_init(&s);
		scene_event(&s, c->event);
		assert_int_equal(derive(s.ev.type, c->condition, &p), PREDICATE_SOME);
		assert_int_equal(predicate_holds(&p, &s.ev), c->holds);
		scene_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_predicate_holds_for_whatever_may_match),
		cmocka_unit_test(what_the_kernel_can_tell_is_pushed_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
