/* SPDX-License-Identifier: Apache-2.0 */
/* The tables against the specification's own, row by row and in both directions. */
#include "schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "schema/flags.h"
#include "support.h"

static int category_bits(struct str names)
{
	static const struct {
		struct str name;
		int bits;
	} known[] = {
#define CATEGORY(id, number, word) { { #id, sizeof(#id) - 1 }, number },
#include "tables/categories.def"
#undef CATEGORY
	};
	int bits = 0;

	while (names.len) {
		struct str name = without_prefix(take_until(&names, '+'), "EC_");
		size_t i = 0;

		while (i < ARRAY_SIZE(known) && !str_eq(known[i].name, name))
			i++;
		if (i == ARRAY_SIZE(known))
			fail_msg("no category %.*s", STR_ARG(name));
		bits |= known[i].bits;
	}
	return bits;
}

static int flag_bits(struct str names)
{
	static const struct {
		struct str name;
		int bits;
	} known[] = {
#define EVENT_FLAG(id, bit) { { #id, sizeof(#id) - 1 }, EVENT_FLAG_##id },
#include "tables/event_flags.def"
#undef EVENT_FLAG
	};
	int bits = 0;

	if (str_eq(names, STR("EF_NONE")) || str_eq(names, STR("-")))
		return 0;
	while (names.len) {
		struct str name = without_prefix(take_until(&names, '+'), "EF_");
		size_t i = 0;

		while (i < ARRAY_SIZE(known) && !str_eq(known[i].name, name))
			i++;
		if (i == ARRAY_SIZE(known))
			fail_msg("no event flag %.*s", STR_ARG(name));
		bits |= known[i].bits;
	}
	return bits;
}

static enum print_format print_format(struct str name)
{
	static const struct {
		const char *name;
		enum print_format print;
	} known[] = {
		{ "PF_NA", PRINT_NA },   { "PF_DEC", PRINT_DEC },
		{ "PF_HEX", PRINT_HEX }, { "PF_10_PADDED_DEC", PRINT_PADDED_DEC },
		{ "PF_ID", PRINT_ID },   { "PF_DIR", PRINT_DIR },
		{ "PF_OCT", PRINT_OCT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(str_from(known[i].name), name))
			return known[i].print;
	fail_msg("no print format %.*s", STR_ARG(name));
	return PRINT_NA;
}

/* "name:PT_TYPE:PF_FORMAT", and perhaps ":flags=SET", ":dyn=SET_dynamic_param/N" or ":dirfd_param=I". */
static void check_param(const struct param_info *p, struct str text)
{
	struct str type;

	assert_str_equal(p->name, take_until(&text, ':'));
	type = without_prefix(take_until(&text, ':'), "PT_");
	assert_str_equal(str_from(type_name(p->type)), type);
	assert_int_equal(p->print, print_format(take_until(&text, ':')));
	if (str_starts_with(text, STR("flags="))) {
		assert_non_null(p->flags);
		assert_str_equal(str_from(p->flags->name), without_prefix(text, "flags="));
	} else {
		assert_null(p->flags);
	}
	if (str_starts_with(text, STR("dyn="))) {
		struct str set = without_prefix(take_until(&text, '_'), "dyn=");

		assert_non_null(p->dynamic);
		assert_str_equal(str_from(p->dynamic->name), set);
	} else {
		assert_null(p->dynamic);
	}
	if (str_starts_with(text, STR("dirfd_param=")))
		assert_int_equal(p->dirfd, without_prefix(text, "dirfd_param=").p[0] - '0');
	else
		assert_int_equal(p->dirfd, -1);
}

static void every_event_is_as_specified(void **state)
{
	static const struct {
		unsigned number;
		const char *id;
	} ids[] = {
#define EVENT(number, id, name, category, flags) { number, #id },
#define PARAM(event, id, name, type, print, detail)
#define END
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END
	};
	unsigned rows = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "events.tsv"); tsv_next(&t); rows++) {
		const struct event_info *info = event_info((unsigned)tsv_number(&t, "id"));
		struct str params = tsv_cell(&t, "params");

		assert_int_equal(tsv_number(&t, "id"), ids[rows].number);
		assert_true(str_ends_with(tsv_cell(&t, "enum"), str_from(ids[rows].id)));
		assert_true(info->exists);
		assert_str_equal(info->name, tsv_cell(&t, "name"));
		assert_int_equal(info->category, category_bits(tsv_cell(&t, "category")));
		assert_int_equal(info->flags, flag_bits(tsv_cell(&t, "flags")));
		assert_int_equal(info->length_size, tsv_number(&t, "len_size"));
		assert_int_equal(info->nparams, tsv_number(&t, "nparams"));
		for (unsigned i = 0; i < info->nparams; i++)
			check_param(&info->params[i], take_until(&params, '|'));
		assert_int_equal(params.len, 0);
	}
	assert_int_equal(rows, EVENT_FILE_TYPES);
	tsv_close(&t);
}

static void every_type_is_as_specified(void **state)
{
	unsigned rows = 0, known = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "param_types.tsv"); tsv_next(&t); rows++) {
		enum value_type type = (enum value_type)tsv_number(&t, "value");
		struct str encoding = tsv_cell(&t, "wire_encoding");
		uint64_t size;

		assert_str_equal(str_from(type_name(type)),
				 without_prefix(tsv_cell(&t, "type"), "PT_"));
		/* What never stands in an event has no size there. */
		if (!str_to_u64(tsv_cell(&t, "wire_size"), &size) ||
		    str_starts_with(encoding, STR("in-process pointer")) ||
		    str_starts_with(encoding, STR("filter values only")))
			size = 0;
		assert_int_equal(type_size(type), size);
	}
#define TYPE(id, number, size, kind, help) known++;
#include "tables/types.def"
#undef TYPE
	assert_int_equal(rows, known);
	tsv_close(&t);
}

static unsigned named_bits(struct str names, char between, const char *const *known, size_t n)
{
	unsigned bits = 0;

	if (str_eq(names, STR("-")))
		return 0;
	while (names.len) {
		struct str name = take_until(&names, between);
		size_t i = 0;

		while (i < n && !str_eq(str_from(known[i]), name))
			i++;
		if (i == n)
			fail_msg("no bit is called %.*s", STR_ARG(name));
		bits |= 1u << i;
	}
	return bits;
}

static void every_syscall_is_as_specified(void **state)
{
	/* In the order of the bits of enum syscall_set and enum syscall_flag. */
	static const char *const sets[] = { "state", "simple", "repair_base", "io", "io_other",
					    "file",  "net",    "proc",        "sys" };
	static const char *const flags[] = { "UF_USED", "UF_NEVER_DROP", "UF_ALWAYS_DROP" };
	int rows = 0, retired = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "syscalls.tsv"); tsv_next(&t); rows++) {
		int code = (int)tsv_number(&t, "sc_code");
		const struct syscall_info *info = syscall_info((unsigned)code);
		struct str event = tsv_cell(&t, "current_exit_event");
		struct str native = tsv_cell(&t, "x86_64_nr");

		assert_int_equal(code, rows);
		if (str_eq(tsv_cell(&t, "kind"), STR("unused"))) {
			assert_false(info->exists);
			retired++;
			continue;
		}
		assert_true(info->exists);
		assert_str_equal(info->name, tsv_cell(&t, "name"));
		assert_int_equal(syscall_from_name(info->name), code);
		assert_int_equal(info->sets,
				 named_bits(tsv_cell(&t, "sets"), ',', sets, ARRAY_SIZE(sets)));
		assert_int_equal(info->flags, named_bits(tsv_cell(&t, "syscall_table_flags"), '|',
							 flags, ARRAY_SIZE(flags)));
		if (str_eq(native, STR("-"))) {
			assert_int_equal(info->native, -1);
		} else {
			assert_int_equal(info->native, tsv_number(&t, "x86_64_nr"));
			assert_int_equal(syscall_from_native((unsigned)info->native), code);
		}
		if (str_starts_with(event, STR("PPME_GENERIC")))
			assert_int_equal(info->exit_event, EVENT_GENERIC_X);
	}
	assert_int_equal(rows, SYSCALL_CODES);
	assert_int_equal(retired, 1);
	tsv_close(&t);
}

/* The exit event of every system call, by the number events.tsv gives its name. */
static void every_syscall_leads_to_its_event(void **state)
{
	struct tsv calls, events;
	unsigned checked = 0;

	(void)state;
	tsv_open(&events, "events.tsv");
	for (tsv_open(&calls, "syscalls.tsv"); tsv_next(&calls);) {
		struct str want = tsv_cell(&calls, "current_exit_event");
		unsigned code = (unsigned)tsv_number(&calls, "sc_code");

		if (str_eq(tsv_cell(&calls, "kind"), STR("unused")) || str_eq(want, STR("-")))
			continue;
		events.left = buf_view(&events.text);
		do {
			if (!tsv_next(&events))
				fail_msg("events.tsv has no %.*s", STR_ARG(want));
		} while (!str_eq(tsv_cell(&events, "enum"), want));
		assert_int_equal(syscall_info(code)->exit_event, tsv_number(&events, "id"));
		checked++;
	}
	assert_true(checked >= 373);
	tsv_close(&calls);
	tsv_close(&events);
}

/* Tables of the same folder that no parameter's text is made from; they have tests of their own. */
static bool is_no_flag_set(struct str file)
{
	static const char *const others[] = { "capabilities.tsv",
					      "signals.tsv",
					      "errno.tsv",
					      "fd_types.tsv",
					      "l4_protocols.tsv",
					      "dynamic_params.tsv",
					      "thread_internal_flags.tsv" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_eq(file, str_from(others[i])))
			return true;
	return false;
}

static void every_flag_is_as_specified(void **state)
{
	unsigned sets = 0, known = 0;
	struct tsv index;

	(void)state;
	for (tsv_open(&index, "flags/INDEX.tsv"); tsv_next(&index);) {
		struct str file = tsv_cell(&index, "file");
		const struct flag_set *set =
			flag_set((struct str){ file.p, file.len - strlen(".tsv") });
		char path[256];
		size_t rows = 0;
		struct tsv t;

		if (!set && is_no_flag_set(file))
			continue;
		if (!set)
			fail_msg("no flag set for %.*s", STR_ARG(file));
		sets++;
		snprintf(path, sizeof(path), "flags/%.*s", STR_ARG(file));
		for (tsv_open(&t, path); tsv_next(&t); rows++) {
			struct str native = tsv_cell(&t, "native_value_x86_64");

			assert_true(rows < set->n);
			assert_str_equal(set->flags[rows].name, tsv_cell(&t, "name"));
			assert_int_equal(set->flags[rows].value, tsv_number(&t, "ppm_value"));
			if (str_starts_with(native, STR("0x")))
				assert_int_equal(set->flags[rows].native,
						 tsv_number(&t, "native_value_x86_64"));
		}
		assert_int_equal(rows, set->n);
		tsv_close(&t);
	}
#define FLAG_SET(name) known++;
#define FLAG(set, id, name, value, native)
#define END
#include "tables/flag_sets.def"
#undef FLAG_SET
#undef FLAG
#undef END
	assert_int_equal(sets, known);
	tsv_close(&index);
}

static void every_dynamic_type_is_as_specified(void **state)
{
	unsigned rows = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "flags/dynamic_params.tsv"); tsv_next(&t); rows++) {
		struct str table = tsv_cell(&t, "table"), set = take_until(&table, '_');
		size_t at = (size_t)tsv_number(&t, "index");
		const struct dynamic_set *dynamic = NULL;

		for (unsigned type = 0; type < EVENT_FILE_TYPES; type++) {
			const struct event_info *info = event_info(type);

			for (unsigned i = 0; i < info->nparams; i++)
				if (info->params[i].dynamic &&
				    str_eq(str_from(info->params[i].dynamic->name), set))
					dynamic = info->params[i].dynamic;
		}
		assert_non_null(dynamic);
		assert_true(at < dynamic->n);
		assert_str_equal(str_from(type_name(dynamic->types[at].type)),
				 without_prefix(tsv_cell(&t, "type"), "PT_"));
		assert_int_equal(dynamic->types[at].print, print_format(tsv_cell(&t, "format")));
	}
	assert_true(rows > 0);
	tsv_close(&t);
}

static void every_thread_flag_is_as_specified(void **state)
{
	static const struct {
		struct str name;
		long long value;
	} known[] = {
#define THREAD_FLAG(id, value) { { #id, sizeof(#id) - 1 }, CL_##id },
#include "tables/thread_flags.def"
#undef THREAD_FLAG
	};
	size_t rows = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "flags/thread_internal_flags.tsv"); tsv_next(&t); rows++) {
		assert_true(rows < ARRAY_SIZE(known));
		assert_str_equal(known[rows].name,
				 without_prefix(tsv_cell(&t, "ppm_macro"), "PPM_CL_"));
		assert_int_equal(known[rows].value, tsv_number(&t, "ppm_hex"));
	}
	assert_int_equal(rows, ARRAY_SIZE(known));
	tsv_close(&t);
}

static void errors_signals_and_capabilities_have_their_names(void **state)
{
	unsigned signals = 0, printed = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "flags/errno.tsv"); tsv_next(&t);)
		if (!str_eq(tsv_cell(&t, "printed_as"), STR("-")))
			assert_str_equal(errno_name((uint64_t)tsv_number(&t, "value")),
					 tsv_cell(&t, "printed_as"));
	tsv_close(&t);
	for (tsv_open(&t, "flags/signals.tsv"); tsv_next(&t);) {
		if (!str_eq(tsv_cell(&t, "printed"), STR("yes")))
			continue;
		assert_str_equal(signal_name((unsigned)tsv_number(&t, "value")),
				 tsv_cell(&t, "name"));
		printed++;
	}
	tsv_close(&t);
	for (unsigned i = 0; i < 256; i++)
		signals += signal_name(i).len > 0;
	assert_int_equal(signals, printed);
	for (tsv_open(&t, "flags/capabilities.tsv"); tsv_next(&t);)
		assert_str_equal(capability_name((unsigned)tsv_number(&t, "bit")),
				 tsv_cell(&t, "name"));
	tsv_close(&t);
}

static void protocols_have_their_names(void **state)
{
	unsigned rows = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "flags/l4_protocols.tsv"); tsv_next(&t); rows++) {
		unsigned protocol = (unsigned)tsv_number(&t, "value");
		struct str word = tsv_cell(&t, "fd_l4proto_string");
		struct str letter = tsv_cell(&t, "render_char");

		if (str_eq(word, STR("<NA>"))) {
			assert_int_equal(l4_name(protocol).len, 0);
			assert_int_equal(l4_letter(protocol), 0);
		} else {
			assert_str_equal(l4_name(protocol), word);
			assert_int_equal(l4_letter(protocol), letter.p[0]);
		}
	}
	assert_int_equal(rows, L4_PROTOCOLS);
	tsv_close(&t);
}

static void every_descriptor_type_is_as_specified(void **state)
{
	static const struct {
		long long number;
		struct str id, word;
		char letter;
	} known[] = {
#define FD_TYPE(number, id, letter, word)                                                          \
	{ number, { #id, sizeof(#id) - 1 }, { word, sizeof(word) - 1 }, letter },
#include "tables/fd_types.def"
#undef FD_TYPE
	};
	size_t rows = 0;
	struct tsv t;

	(void)state;
	for (tsv_open(&t, "flags/fd_types.tsv"); tsv_next(&t); rows++) {
		struct str word = tsv_cell(&t, "typestring");

		assert_true(rows < ARRAY_SIZE(known));
		assert_int_equal(known[rows].number, tsv_number(&t, "value"));
		assert_str_equal(known[rows].id,
				 without_prefix(tsv_cell(&t, "scap_fd_type"), "SCAP_FD_"));
		assert_int_equal(known[rows].letter, tsv_cell(&t, "typechar").p[0]);
		assert_str_equal(known[rows].word, str_eq(word, STR("<NA>")) ? STR("") : word);
	}
	assert_int_equal(rows, ARRAY_SIZE(known));
	tsv_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_is_as_specified),
		cmocka_unit_test(every_type_is_as_specified),
		cmocka_unit_test(every_syscall_is_as_specified),
		cmocka_unit_test(every_syscall_leads_to_its_event),
		cmocka_unit_test(every_flag_is_as_specified),
		cmocka_unit_test(every_dynamic_type_is_as_specified),
		cmocka_unit_test(every_thread_flag_is_as_specified),
		cmocka_unit_test(errors_signals_and_capabilities_have_their_names),
		cmocka_unit_test(protocols_have_their_names),
		cmocka_unit_test(every_descriptor_type_is_as_specified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
