/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static char *listed(const char *source, enum list_format format)
{
	struct buf b = { 0 };

	field_list(&b, source, format);
	assert_false(b.cut);
	buf_char(&b, '\0');
	return b.p;
}

static bool is_hidden(enum field_id id)
{
	return field_info(id)->flags & (FIELD_TABLE_ONLY | FIELD_PRINT_ONLY);
}

static void names_come_one_a_line_in_table_order(void **state)
{
	char *text = listed(NULL, LIST_NAMES), *line = text, *rest;

	(void)state;
	for (enum field_id id = 0; id < FIELDS; id++) {
		if (is_hidden(id))
			continue;
		rest = strchr(line, '\n');
		assert_non_null(rest);
		*rest = '\0';
		assert_string_equal(line, field_info(id)->name);
		line = rest + 1;
	}
	assert_string_equal(line, "");
	free(text);
}

static void text_lists_every_field_under_its_class(void **state)
{
	char *text = listed("syscall", LIST_TEXT);
	const char *class = "";
	char *at = text;

	(void)state;
	for (enum field_id id = 0; id < FIELDS; id++) {
		const struct field_info *info = field_info(id);
		char wanted[128];

		if (is_hidden(id))
			continue;
		if (strcmp(info->class, class) != 0) {
			snprintf(wanted, sizeof(wanted), "\nField Class:%22s%s\n", "", info->class);
			at = strstr(at, wanted);
			assert_non_null(at);
			class = info->class;
		}
		snprintf(wanted, sizeof(wanted), "\n%s", info->name);
		at = strstr(at, wanted);
		assert_non_null(at);
		at++;
	}
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		assert_in_range(end - line, 0, 120);
		assert_true(end == line || end[-1] != ' ');
	}
	free(text);
}

static void json_is_json_and_complete(void **state)
{
	char *text = listed("", LIST_JSON);
	json_t *root = json_loads(text, 0, NULL), *class, *field;
	size_t i, k, n = 0, visible = 0;

	(void)state;
	assert_non_null(root);
	for (enum field_id id = 0; id < FIELDS; id++)
		visible += !is_hidden(id);
	json_array_foreach(json_object_get(root, "fieldclasses"), i, class)
	{
		assert_true(json_string_length(json_object_get(class, "desc")) > 0);
		json_array_foreach(json_object_get(class, "fields"), k, field)
		{
			assert_true(json_string_length(json_object_get(field, "name")) > 0);
			assert_true(json_string_length(json_object_get(field, "type")) > 0);
			assert_true(json_string_length(json_object_get(field, "desc")) > 0);
			n++;
		}
	}
	assert_int_equal(n, visible);
	json_decref(root);
	free(text);
}

static void markdown_has_a_row_per_field(void **state)
{
	char *text = listed(NULL, LIST_MARKDOWN);

	(void)state;
	assert_non_null(strstr(text, "## Field Class: evt\n"));
	assert_non_null(strstr(text, "\n`proc.name` | CHARBUF | comm of the thread\n"));
	assert_non_null(strstr(text, "\n`fd.types` | LIST of CHARBUF | "));
	assert_null(strstr(text, "`evt.outputtime`"));
	assert_null(strstr(text, "`util.cnt`"));
	free(text);
}

static void another_source_has_no_fields(void **state)
{
	char *text = listed("k8s_audit", LIST_TEXT), *json = listed("k8s_audit", LIST_JSON);

	(void)state;
	assert_string_equal(text, "");
	assert_string_equal(json, "{\"fieldclasses\":[]}\n");
	free(text);
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_one_a_line_in_table_order),
		cmocka_unit_test(text_lists_every_field_under_its_class),
		cmocka_unit_test(json_is_json_and_complete),
		cmocka_unit_test(markdown_has_a_row_per_field),
		cmocka_unit_test(another_source_has_no_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
