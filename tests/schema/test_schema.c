/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups; what the tables hold is checked in test_tables.c. */
#include "schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "schema/flags.h"

static void numbers_of_nothing_give_the_empty_entry(void **state)
{
	static const unsigned none[] = { EVENT_FILE_TYPES, 1023,       EVENT_PROC_ENTRY + 1,
					 EVENT_TYPES,      UINT16_MAX, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_false(event_info(none[i])->exists);
		assert_int_equal(event_info(none[i])->nparams, 0);
		assert_int_equal(event_param_index(none[i], STR("res")), -1);
	}
	assert_false(syscall_info(382)->exists);
	assert_int_equal(syscall_info(382)->native, -1);
	assert_false(syscall_info(SYSCALL_CODES)->exists);
	assert_false(syscall_info(UINT32_MAX)->exists);
	assert_int_equal(type_size((enum value_type)1000), 0);
	assert_string_equal(type_name((enum value_type)1000), "");
}

static void our_own_events_stand_behind_the_gap(void **state)
{
	(void)state;
	assert_true(event_info(EVENT_PROC_ENTRY)->exists);
	assert_true(str_eq(event_info(EVENT_PROC_ENTRY)->name, STR("proc_entry")));
	assert_true(event_info(EVENT_SECTION_ENTRY)->exists);
	assert_int_equal(EVENT_TYPES, EVENT_FDS_ENTRY + 1);
}

static void parameters_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(event_param_index(EVENT_CHDIR_X, STR("res")), CHDIR_X_RES);
	assert_int_equal(event_param_index(EVENT_CHDIR_X, STR("path")), CHDIR_X_PATH);
	assert_int_equal(event_param_index(EVENT_CHDIR_X, STR("pat")), -1);
	assert_int_equal(event_param_index(EVENT_CHDIR_X, STR("")), -1);
}

static void system_calls_are_found_by_name_and_number(void **state)
{
	(void)state;
	assert_int_equal(syscall_from_native(0), SC_READ);
	assert_int_equal(syscall_from_native(257), SC_OPENAT);
	assert_int_equal(syscall_from_native(511), -1);
	assert_int_equal(syscall_from_native(UINT32_MAX), -1);
	assert_int_equal(syscall_from_name(STR("openat")), SC_OPENAT);
	assert_int_equal(syscall_from_name(STR("openat3")), -1);
	assert_int_equal(syscall_from_name(STR("")), -1);
}

static void names_of_events_and_calls_exist_and_no_others(void **state)
{
	static const struct {
		const char *name;
		bool exists;
	} cases[] = {
		{ "open", true },      { "execve", true },      { "times", true },
		{ "procexit", true },  { "container", true },   { "switch", true },
		{ "syscall", true },   { "asyncevent", true },  { "NA", false },
		{ "", false },         { "proc_entry", false }, { "Open", false },
		{ "openat99", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("  %s\n", cases[i].name);
		assert_int_equal(event_name_exists(str_from(cases[i].name)), cases[i].exists);
	}
}

static void flag_sets_are_found_by_name(void **state)
{
	const struct flag_set *files = flag_set(STR("file_flags"));

	(void)state;
	assert_non_null(files);
	assert_ptr_equal(files, event_info(EVENT_OPEN_X)->params[OPEN_X_FLAGS].flags);
	assert_int_equal(files->flags[0].value, FILE_FLAGS_O_LARGEFILE);
	assert_null(flag_set(STR("file_flag")));
	assert_null(flag_set(STR("")));
}

static void names_are_empty_where_there_is_none(void **state)
{
	(void)state;
	assert_true(str_eq(errno_name(2), STR("ENOENT")));
	assert_int_equal(errno_name(0).len, 0);
	assert_int_equal(errno_name(200).len, 0);
	assert_int_equal(errno_name(UINT64_MAX).len, 0);
	assert_true(str_eq(signal_name(9), STR("SIGKILL")));
	assert_int_equal(signal_name(0).len, 0);
	assert_int_equal(signal_name(UINT32_MAX).len, 0);
	assert_true(str_eq(capability_name(0), STR("CAP_CHOWN")));
	assert_int_equal(capability_name(CAPABILITIES).len, 0);
	assert_true(str_eq(l4_name(L4_TCP), STR("tcp")));
	assert_int_equal(l4_name(L4_NA).len, 0);
	assert_int_equal(l4_name(L4_PROTOCOLS).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_nothing_give_the_empty_entry),
		cmocka_unit_test(our_own_events_stand_behind_the_gap),
		cmocka_unit_test(parameters_are_found_by_name),
		cmocka_unit_test(system_calls_are_found_by_name_and_number),
		cmocka_unit_test(names_of_events_and_calls_exist_and_no_others),
		cmocka_unit_test(flag_sets_are_found_by_name),
		cmocka_unit_test(names_are_empty_where_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
