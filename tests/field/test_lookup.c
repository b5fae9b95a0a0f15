/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>

static struct str keys[] = { { "site", 4 }, { "site.rack-2", 11 } };
static struct str values[] = { { "vie", 3 }, { "r2", 2 } };
static const struct static_fields statics = { keys, values, 2 };

static void a_known_name_resolves(void **state)
{
	static const struct {
		const char *text;
		enum field_id id;
		int64_t index; /* -1: none */
		const char *key;
	} cases[] = {
		{ "proc.name", FIELD_PROC_NAME, -1, "" },
		{ "evt.reltime.ns", FIELD_EVT_RELTIME_NS, -1, "" },
		{ "evt.count.error.file", FIELD_EVT_COUNT_ERROR_FILE, -1, "" },
		{ "evt.args", FIELD_EVT_ARGS, -1, "" },
		{ "evt.arg[0]", FIELD_EVT_ARG, 0, "0" },
		{ "evt.arg[99]", FIELD_EVT_ARG, 99, "99" },
		{ "evt.arg.flags", FIELD_EVT_ARG, -1, "flags" },
		{ "evt.rawarg.res", FIELD_EVT_RAWARG, -1, "res" },
		{ "evt.abspath", FIELD_EVT_ABSPATH, -1, "" },
		{ "evt.abspath.src", FIELD_EVT_ABSPATH, -1, "" },
		{ "evt.abspath.dst", FIELD_EVT_ABSPATH, -1, "" },
		{ "evt.around[1505765889000000000]", FIELD_EVT_AROUND, 549374464,
		  "1505765889000000000" },
		{ "evt.type.is.open", FIELD_EVT_TYPE_IS, -1, "open" },
		{ "evt.type.is.3", FIELD_EVT_TYPE_IS, 3, "3" },
		{ "proc.aname", FIELD_PROC_ANAME, -1, "" },
		{ "proc.aname[0]", FIELD_PROC_ANAME, 0, "0" },
		{ "proc.aname[01]", FIELD_PROC_ANAME, 1, "01" },
		{ "proc.aname[-1]", FIELD_PROC_ANAME, UINT32_MAX, "-1" },
		{ "proc.aname[99999999999]", FIELD_PROC_ANAME, 1215752191, "99999999999" },
		{ "proc.aname[\"1\"]", FIELD_PROC_ANAME, 1, "1" },
		{ "proc.aname['1']", FIELD_PROC_ANAME, 1, "1" },
		{ "proc.env", FIELD_PROC_ENV, -1, "" },
		{ "proc.env[HOME]", FIELD_PROC_ENV, -1, "HOME" },
		{ "proc.env[\"A B\"]", FIELD_PROC_ENV, -1, "A B" },
		{ "proc.env[\"]\"]", FIELD_PROC_ENV, -1, "]" },
		{ "proc.env[A-B]", FIELD_PROC_ENV, -1, "A-B" },
		{ "proc.env[\"\"]", FIELD_PROC_ENV, -1, "" },
		{ "thread.cgroup.cpu", FIELD_THREAD_CGROUP, -1, "cpu" },
		{ "thread.cgroups", FIELD_THREAD_CGROUPS, -1, "" },
		{ "container.mount[0]", FIELD_CONTAINER_MOUNT, 0, "0" },
		{ "container.mount[01]", FIELD_CONTAINER_MOUNT, -1, "01" },
		{ "container.mount.source[/etc]", FIELD_CONTAINER_MOUNT_SOURCE, -1, "/etc" },
		{ "container.label[app.kubernetes.io/name]", FIELD_CONTAINER_LABEL, -1,
		  "app.kubernetes.io/name" },
		{ "k8s.pod.label[app]", FIELD_K8S_POD_LABEL, -1, "app" },
		{ "fd.types[1]", FIELD_FD_TYPES, 1, "1" },
		{ "static.site", FIELD_STATIC, -1, "site" },
		{ "static.site.rack-2", FIELD_STATIC, -1, "site.rack-2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct field_ref ref;

		print_message("  %s\n", cases[i].text);
		assert_int_equal(field_parse(str_from(cases[i].text), &statics, &ref), FIELD_OK);
		assert_int_equal(ref.id, cases[i].id);
		assert_int_equal(ref.has_index, cases[i].index >= 0);
		if (ref.has_index)
			assert_int_equal(ref.index, cases[i].index);
		assert_true(str_eq(ref.key, str_from(cases[i].key)));
		assert_true(str_eq(ref.text, str_from(cases[i].text)));
	}
}

static void an_unknown_name_or_argument_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum field_error error;
	} cases[] = {
		{ "", FIELD_UNKNOWN },
		{ "proc", FIELD_UNKNOWN },
		{ "proc.nmae", FIELD_UNKNOWN },
		{ "proc.namex", FIELD_UNKNOWN },
		{ "proc.name.x", FIELD_UNKNOWN },
		{ "evt.argsfoo", FIELD_UNKNOWN },
		{ "evt.arg", FIELD_NEEDS_ARGUMENT },
		{ "evt.arg.", FIELD_NEEDS_ARGUMENT },
		{ "evt.arg.flagsx", FIELD_BAD_ARGUMENT },
		{ "evt.arg.nosucharg", FIELD_BAD_ARGUMENT },
		{ "evt.arg[flags]", FIELD_BAD_ARGUMENT },
		{ "evt.rawarg", FIELD_NEEDS_ARGUMENT },
		{ "evt.rawarg[0]", FIELD_BAD_ARGUMENT },
		{ "evt.rawarg.nosucharg", FIELD_BAD_ARGUMENT },
		{ "evt.type.is", FIELD_NEEDS_ARGUMENT },
		{ "evt.type.is.nosuch", FIELD_BAD_ARGUMENT },
		{ "evt.abspath.both", FIELD_BAD_ARGUMENT },
		{ "evt.around", FIELD_NEEDS_ARGUMENT },
		{ "evt.around[x]", FIELD_BAD_ARGUMENT },
		{ "evt.num[a]", FIELD_BAD_ARGUMENT },
		{ "proc.name[1]", FIELD_BAD_ARGUMENT },
		{ "proc.aname[]", FIELD_BAD_ARGUMENT },
		{ "proc.aname[ 1 ]", FIELD_BAD_ARGUMENT },
		{ "proc.aname[1.5]", FIELD_BAD_ARGUMENT },
		{ "proc.aname[0x1]", FIELD_BAD_ARGUMENT },
		{ "proc.aname[x]", FIELD_BAD_ARGUMENT },
		{ "proc.aname[1", FIELD_BAD_ARGUMENT },
		{ "proc.aname[1][2]", FIELD_BAD_ARGUMENT },
		{ "proc.aname[-]", FIELD_BAD_ARGUMENT },
		{ "proc.env[a[b]", FIELD_BAD_ARGUMENT },
		{ "proc.env[\"HOME']", FIELD_BAD_ARGUMENT },
		{ "proc.env[\"]", FIELD_BAD_ARGUMENT },
		{ "thread.cgroup", FIELD_NEEDS_ARGUMENT },
		{ "thread.cgroup[cpu]", FIELD_BAD_ARGUMENT },
		{ "thread.cgroup.cpu.x", FIELD_BAD_ARGUMENT },
		{ "container.mount", FIELD_NEEDS_ARGUMENT },
		{ "container.label.app", FIELD_UNKNOWN },
		{ "container.label[\"a b\"]", FIELD_BAD_ARGUMENT },
		{ "static", FIELD_NEEDS_ARGUMENT },
		{ "static.nosuch", FIELD_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct field_ref ref = { .id = FIELDS };

		print_message("  %s\n", cases[i].text);
		assert_int_equal(field_parse(str_from(cases[i].text), &statics, &ref),
				 cases[i].error);
		assert_int_equal(ref.id, FIELDS);
	}
}

static void every_field_of_the_table_resolves_to_itself(void **state)
{
	static const char *const arguments[] = {
		[ARG_NONE] = "",     [ARG_OPT_INDEX] = "",    [ARG_OPT_KEY_INDEX] = "",
		[ARG_INDEX] = "[1]", [ARG_KEY] = "[k]",       [ARG_KEY_INDEX] = "[0]",
		[ARG_DOT] = ".open", [ARG_DOT_INDEX] = "[0]", [ARG_OPT_DOT] = "",
	};

	(void)state;
	for (enum field_id id = 0; id < FIELDS; id++) {
		const struct field_info *info = field_info(id);
		const char *argument = arguments[info->arg];
		struct field_ref ref;
		char text[128];

		if (id == FIELD_EVT_RAWARG)
			argument = ".fd";
		else if (id == FIELD_STATIC)
			argument = ".site";
		snprintf(text, sizeof(text), "%s%s", info->name, argument);
		if (field_parse(str_from(text), &statics, &ref) != FIELD_OK || ref.id != id)
			fail_msg("%s does not resolve to itself", text);
	}
}

static void a_raw_argument_has_the_type_of_its_first_parameter(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
	} cases[] = {
		{ "evt.rawarg.res", TYPE_ERRNO },    { "evt.rawarg.fd", TYPE_FD },
		{ "evt.rawarg.name", TYPE_FSPATH },  { "evt.rawarg.flags", TYPE_FLAGS32 },
		{ "evt.rawarg.data", TYPE_BYTEBUF }, { "evt.arg.data", TYPE_CHARBUF },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct field_ref ref;

		print_message("  %s\n", cases[i].text);
		assert_int_equal(field_parse(str_from(cases[i].text), NULL, &ref), FIELD_OK);
		assert_int_equal(ref.type, cases[i].type);
	}
}

static void a_template_takes_the_longest_prefix(void **state)
{
	static const struct {
		const char *text, *field; /* NULL: none */
	} cases[] = {
		{ "proc.name)", "proc.name" },
		{ "proc.name.", "proc.name" },
		{ "proc.name opened", "proc.name" },
		{ "proc.namefoo", "proc.name" },
		{ "proc.name[1]", "proc.name" },
		{ "evt.arg.fd)", "evt.arg.fd" },
		{ "evt.arg.flagsx", "evt.arg.flags" },
		{ "evt.arg[1]|%evt.arg[2]", "evt.arg[1]" },
		{ "proc.aname[2]]", "proc.aname[2]" },
		{ "proc.aname[2", "proc.aname" },
		{ "proc.env[\"a]b\"] x", "proc.env[\"a]b\"]" },
		{ "static.site.rack-2.", "static.site.rack-2" },
		{ "static.sites", "static.site" },
		{ "nothing", NULL },
		{ "evt.arg", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct field_ref ref;
		size_t len = field_parse_prefix(str_from(cases[i].text), &statics, &ref);

		print_message("  %s\n", cases[i].text);
		assert_int_equal(len, cases[i].field ? strlen(cases[i].field) : 0);
		if (len)
			assert_true(str_eq(ref.text, str_from(cases[i].field)));
	}
}

static void the_nearest_name_is_proposed(void **state)
{
	static const struct {
		const char *text, *nearest;
	} cases[] = {
		{ "proc.nmae", "proc.name" },
		{ "proc.anmae[2]", "proc.aname" },
		{ "fd.nam", "fd.name" },
		{ "container.image.repositor", "container.image.repository" },
		{ "completely.different.thing", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].text);
		assert_true(
			str_eq(field_nearest(str_from(cases[i].text)), str_from(cases[i].nearest)));
	}
}

static void fields_with_many_values_are_told(void **state)
{
	static const struct {
		const char *text;
		bool multi, ends;
	} cases[] = {
		{ "proc.name", false, false },     { "proc.aname", true, false },
		{ "proc.aname[1]", false, false }, { "proc.aenv", true, false },
		{ "proc.aenv[2]", true, false },   { "proc.aenv[HOME]", false, false },
		{ "proc.apid", true, false },      { "fd.ip", true, true },
		{ "fd.port", true, true },         { "fd.net", true, true },
		{ "fd.proto", true, true },        { "fd.sip", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct field_ref ref;

		print_message("  %s\n", cases[i].text);
		assert_int_equal(field_parse(str_from(cases[i].text), NULL, &ref), FIELD_OK);
		assert_int_equal(field_is_multi(&ref), cases[i].multi);
		assert_int_equal(field_is_ends(&ref), cases[i].ends);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_name_resolves),
		cmocka_unit_test(an_unknown_name_or_argument_is_refused),
		cmocka_unit_test(every_field_of_the_table_resolves_to_itself),
		cmocka_unit_test(a_raw_argument_has_the_type_of_its_first_parameter),
		cmocka_unit_test(a_template_takes_the_longest_prefix),
		cmocka_unit_test(the_nearest_name_is_proposed),
		cmocka_unit_test(fields_with_many_values_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
