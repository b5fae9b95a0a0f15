/* SPDX-License-Identifier: Apache-2.0 */
#include "format/format.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* An openat of /etc/hosts by a thread the state has never heard of. */
struct fixture {
	struct arena *arena;
	struct diags diags;
	struct buf bytes;
	struct state *state;
	struct containers *containers;
	struct event ev;
	struct subject who;
	struct field_ctx ctx;
	struct document doc;
	struct source_run run;
};

static const struct str static_keys[] = { { "site", 4 }, { "b64", 3 }, { "bad", 3 } };
static const struct str static_values[] = { { "lab A/b.txt", 11 }, { "Y2F0", 4 }, { "cat", 3 } };
static const struct static_fields statics = { static_keys, static_values, 3 };

static void begin(struct fixture *f)
{
	struct event_writer w;
	struct raw raw = { .sequence = 7 };

	*f = (struct fixture){ .arena = arena_new() };
	f->diags.arena = f->arena;
	f->state = state_new(&(struct state_limits){ 0 });
	f->containers = containers_new(f->state);
	event_begin(&w, &f->bytes, EVENT_UNLINK_2_X, 1470327477882054739u, 42, 2);
	event_push_int(&w, -2);
	event_push_text(&w, STR("/etc/hosts"));
	assert_int_equal(event_end(&w), 0);
	raw.bytes = (const uint8_t *)f->bytes.p;
	raw.len = (uint32_t)f->bytes.len;
	assert_int_equal(event_open(&f->ev, &raw), 0);
	f->ev.num = 7;
	f->who = state_apply(f->state, &f->ev);
	f->ctx = (struct field_ctx){ .ev = &f->ev,
				     .who = &f->who,
				     .state = f->state,
				     .containers = f->containers,
				     .scratch = f->arena,
				     .statics = &statics,
				     .first_ts = f->ev.ts,
				     .in_output = true };
}

static void end(struct fixture *f)
{
	containers_free(f->containers);
	state_free(f->state);
	buf_fini(&f->bytes);
	arena_free(f->arena);
}

static struct template *compile(struct fixture *f, const char *text, bool *unknown)
{
	struct source_text source;

	f->doc = (struct document){ .name = "output", .text = str_from(text) };
	f->run = (struct source_run){ .from = { &f->doc, 0, (uint32_t)f->doc.text.len },
				      .verbatim = true };
	source = (struct source_text){ .text = f->doc.text, .runs = &f->run, .nruns = 1 };
	return template_compile(f->arena, &source, &statics, &f->diags, unknown);
}

static void a_template_prints(void **state)
{
	static const struct {
		const char *what;
		const char *template;
		const char *prints;
		bool whole; /* every field had a value */
	} cases[] = {
		{ "text alone", "hello", "hello", true },
		{ "one field", "%evt.num", "7", true },
		{ "fields side by side", "%evt.num%evt.type", "7unlink", true },
		{ "a leading star", "*x %evt.num", "x 7", true },
		{ "a star inside", "a*b %evt.num", "a*b 7", true },
		{ "what follows a field", "(%evt.type), %evt.type. %evt.typeX",
		  "(unlink), unlink. unlinkX", true },
		{ "other letters behind a field", "%evt.type\xC3\xA9", "unlink\xC3\xA9", true },
		{ "an argument", "%evt.arg.path %evt.arg[1]", "/etc/hosts /etc/hosts", true },
		{ "an open bracket is text", "%evt.type[2", "unlink[2", true },
		{ "a wrong argument is text", "%evt.type[x]", "unlink[x]", true },
		{ "absent", "%fd.name|", "<NA>|", false },
		{ "padded", "[%10evt.type]", "[unlink    ]", true },
		{ "cut", "[%2evt.type]", "[un]", true },
		{ "a width with a zero", "[%03evt.num]", "[7  ]", true },
		{ "a width of zero", "[%0evt.num]", "[7]", true },
		{ "padded absent", "[%6fd.name]", "[<NA>  ]", false },
		{ "upper case", "%toupper(evt.type)", "UNLINK", true },
		{ "chained", "%toupper(basename(static.site))", "B.TXT", true },
		{ "blanks inside", "%toupper( evt.type )", "UNLINK", true },
		{ "of a literal", "%toupper(\"aB\\\"c\")", "AB\"C", true },
		{ "width of a call", "[%8tolower(evt.type)]", "[unlink  ]", true },
		{ "base64 decoded", "%b64(static.b64)", "cat", true },
		{ "no base64", "%b64(static.bad)", "<NA>", false },
		{ "length", "%len(evt.type) %len(\"caf\xC3\xA9\")", "6 5", true },
		{ "joined", "%join(\"-\", (evt.type, \"x\", 5))", "unlink-x-5", true },
		{ "a set is a list, with an index, too", "%join(\"-\", fd.types[3])", "<NA>",
		  false },
		{ "joined with an absent one", "%join(\"-\", (evt.type, fd.name))", "<NA>", false },
		{ "concatenated", "%concat(evt.type, \"/\", static.b64)x", "unlink/Y2F0x", true },
		{ "options", "%join(\" \", getopt((\"-ab\", \"v\", \"-cX\", \"rest\"), \"ab:c:\"))",
		  "a b v c X", true },
		{ "unknown options", "%join(\" \", getopt((\"-az\", \"--\", \"-a\"), \"a\"))",
		  "a ?", true },
		{ "one option", "%getopt((\"-a\", \"-b1\", \"-b\", \"2\"), \"ab:\")[b]", "2",
		  true },
		{ "an option that is not there", "%getopt((\"-a\"), \"ab:\")[b]", "<NA>", false },
		{ "a flag", "%getopt((\"-a\"), \"ab:\")[a]", "a", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;
		struct template *t;
		struct buf out = { 0 };

		print_message("  %s\n", cases[i].what);
		begin(&f);
		t = compile(&f, cases[i].template, NULL);
		assert_non_null(t);
		assert_int_equal(template_render(t, &f.ctx, &out), cases[i].whole);
		if (!str_eq(buf_view(&out), str_from(cases[i].prints)))
			fail_msg("printed %.*s", STR_ARG(buf_view(&out)));
		buf_fini(&out);
		end(&f);
	}
}

static void a_wrong_template_is_refused_at_its_place(void **state)
{
	static const struct {
		const char *what;
		const char *template;
		const char *says;
		uint32_t at;
		bool unknown;
	} cases[] = {
		{ "nothing", "", "an output cannot be empty", 0, false },
		{ "percent at the end", "a%", "an output cannot end in '%' or a width", 1, false },
		{ "a width at the end", "%5", "an output cannot end in '%' or a width", 0, false },
		{ "a huge width", "%99999999evt.num", "the width is too large", 0, false },
		{ "two percents", "100%%", "a '%' must be followed by a field", 3, true },
		{ "percent and blank", "a % b", "a '%' must be followed by a field", 2, true },
		{ "unknown", "x %no.such y", "unknown field 'no.such'", 2, true },
		{ "capitals", "%EVT.NUM", "unknown field 'EVT.NUM'", 0, true },
		{ "parentheses", "%(evt.num)", "a '%' must be followed by a field", 0, true },
		{ "unknown transformer", "%upcase(evt.type)", "unknown field 'upcase'", 0, true },
		{ "not closed", "%toupper(evt.type", "')' is missing", 0, true },
		{ "nothing inside", "%toupper()", "toupper() takes 1 argument, not 0", 0, true },
		{ "too much inside", "%toupper(evt.type, evt.type)",
		  "toupper() takes 1 argument, not 2", 0, true },
		{ "a number", "%toupper(evt.num)", "toupper() wants text, not UINT64", 0, true },
		{ "a separator that is a list", "%join((\"a\"), (\"b\"))",
		  "join() wants a text as separator, not a list of CHARBUF", 0, true },
		{ "val", "%val(evt.type)", "val has no place in an output", 0, true },
		{ "no transformer allowed", "%toupper(proc.aname[1])",
		  "'proc.aname[1]' cannot stand in a transformer", 0, true },
		{ "percent inside", "%toupper(%evt.type)",
		  "an argument is a field, a text, a number or a list", 0, true },
		{ "text not closed", "%toupper(\"abc)", "a text is not closed", 0, true },
		{ "wrong escape", "%toupper(\"a\\qc\")", "wrong escape in a text", 0, true },
		{ "a list in a list", "%join(\"\", ((\"a\")))", "a list in a list", 0, true },
		{ "two letters", "%getopt((\"-a\"), \"a\")[ab]",
		  "getopt()[c] wants one letter, not 'ab'", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;
		struct diag *d;
		bool unknown = false;

		print_message("  %s\n", cases[i].what);
		begin(&f);
		assert_null(compile(&f, cases[i].template, &unknown));
		assert_int_equal(f.diags.list.n, 1);
		d = &f.diags.list.items[0];
		assert_int_equal(d->code, LOAD_ERR_COMPILE_OUTPUT);
		if (!str_eq(d->message, str_from(cases[i].says)))
			fail_msg("said %.*s", STR_ARG(d->message));
		assert_int_equal(d->at.start, cases[i].at);
		assert_int_equal(unknown, cases[i].unknown);
		end(&f);
	}
}

static void deep_nesting_is_refused_not_followed(void **state)
{
	struct buf text = { 0 };
	struct fixture f;

	(void)state;
	begin(&f);
	buf_char(&text, '%');
	for (int i = 0; i < 100000; i++)
		buf_str(&text, STR("toupper("));
	buf_char(&text, '\0');
	assert_null(compile(&f, text.p, NULL));
	assert_true(str_eq(f.diags.list.items[0].message, STR("too deeply nested")));
	buf_fini(&text);
	end(&f);
}

static void fields_are_told_once_in_order_of_use(void **state)
{
	static const char *const expected[] = { "evt.type", "evt.arg[1]", "fd.name", "evt.num" };
	const struct field_ref *refs;
	struct fixture f;
	struct template *t;

	(void)state;
	begin(&f);
	t = compile(&f, "%evt.type %evt.arg[1] %join(\"\", (fd.name, evt.type)) %evt.num %fd.name",
		    NULL);
	assert_non_null(t);
	assert_int_equal(template_fields(t, &refs), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_true(str_eq(refs[i].text, str_from(expected[i])));
	end(&f);
}

static void a_field_is_json_by_itself(void **state)
{
	static const struct {
		const char *field;
		const char *json;
	} cases[] = {
		{ "evt.num", "7" },
		{ "evt.type", "\"unlink\"" },
		{ "fd.name", "null" },
		{ "evt.time", "1470327477882054739" },
		{ "evt.time.iso8601", "1470327477882054739" },
		{ "evt.datetime.s", "1470327477882054739" },
		{ "evt.failed", "true" },
		{ "evt.res", "\"ENOENT\"" },
		{ "evt.rawres", "-2" },
		{ "static.site", "\"lab A/b.txt\"" },
	};
	struct fixture f;

	(void)state;
	begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct field_ref ref;
		struct buf out = { 0 };

		print_message("  %s\n", cases[i].field);
		assert_int_equal(field_parse(str_from(cases[i].field), &statics, &ref), FIELD_OK);
		field_json(&out, &ref, &f.ctx);
		assert_true(str_eq(buf_view(&out), str_from(cases[i].json)));
		buf_fini(&out);
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_prints),
		cmocka_unit_test(a_wrong_template_is_refused_at_its_place),
		cmocka_unit_test(deep_nesting_is_refused_not_followed),
		cmocka_unit_test(fields_are_told_once_in_order_of_use),
		cmocka_unit_test(a_field_is_json_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
