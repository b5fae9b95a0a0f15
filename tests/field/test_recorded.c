/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * BESRA_SHARED/expected/live/expected.jsonl: per event the recorded parameters (`raw`) and what
 * Falco printed for them (`args`). Every parameter whose text does not depend on the state is
 * encoded from the one and must print as the other.
 */
struct tally {
	size_t events, compared, skipped, wrong, unreadable;
};

static bool is_placeholder(const char *text)
{
	return text && strchr(text, '$');
}

/* Names of threads, users, descriptors and directories come from the state. */
static bool needs_state(enum value_type type)
{
	return type == TYPE_PID || type == TYPE_UID || type == TYPE_GID || type == TYPE_FDLIST ||
	       type == TYPE_ABSTIME;
}

static bool is_hex(enum value_type type)
{
	return type == TYPE_BYTEBUF || type == TYPE_SOCKADDR || type == TYPE_SOCKTUPLE ||
	       type == TYPE_DYN || type == TYPE_FDLIST;
}

static void push_hex(struct event_writer *writer, const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *bytes = malloc(n + 1);
	unsigned byte;

	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (char)byte;
	}
	event_push(writer, bytes, n);
	free(bytes);
}

/* Arguments and environment: each ended by NUL, the last of a cut list excepted. */
static void push_list(struct event_writer *writer, const json_t *list)
{
	struct buf b = { 0 };
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
	{
		buf_str(&b, str_from(json_string_value(item)));
		buf_char(&b, '\0');
	}
	event_push(writer, b.p, b.len);
	buf_fini(&b);
}

/* False when the recording does not say what the parameter held. */
static bool push_param(struct event_writer *writer, const struct param_info *param,
		       const json_t *raw)
{
	const char *text = json_string_value(raw);

	if (json_is_integer(raw)) {
		event_push_int(writer, json_integer_value(raw));
		return true;
	}
	if (json_is_array(raw)) {
		push_list(writer, raw);
		return true;
	}
	if (!text || is_placeholder(text) || strchr(text, '\\')) {
		event_push_empty(writer);
		return json_is_null(raw);
	}
	if (is_hex(param->type))
		push_hex(writer, text);
	else
		event_push_text(writer, str_from(text));
	return true;
}

static bool resolves_to_state(const struct param_info *param, const json_t *raw)
{
	const char *text = json_string_value(raw);

	if (param->type == TYPE_FD)
		return json_integer_value(raw) >= 0;
	if (param->type == TYPE_FSPATH || param->type == TYPE_FSRELPATH)
		return text && text[0] != '/';
	if (param->type == TYPE_DYN)
		return param->dynamic && strcmp(param->dynamic->name, "bpf") == 0;
	return needs_state(param->type);
}

static void compare(struct world *w, struct tally *tally, const json_t *event, unsigned i,
		    const char *expected)
{
	struct buf printed = { 0 };

	buf_reset(&w->text);
	if (!param_print(&w->text, &w->ctx, i, true))
		param_print(&w->text, &w->ctx, i, false);
	val_print_text(&printed, buf_view(&w->text));
	tally->compared++;
	if (!str_eq(buf_view(&printed), str_from(expected))) {
		tally->wrong++;
		print_message("  %s %s: '%.*s', not '%s'\n",
			      json_string_value(json_object_get(event, "case")),
			      w->ev.info->params[i].name.p, STR_ARG(buf_view(&printed)), expected);
	}
	buf_fini(&printed);
}

static void check_event(struct world *w, struct tally *tally, const json_t *event)
{
	unsigned type = (unsigned)json_integer_value(json_object_get(event, "event"));
	const json_t *raw = json_object_get(event, "raw"), *args = json_object_get(event, "args");
	const struct event_info *info = event_info(type);
	struct raw encoded = { 0 };
	struct event_writer writer;
	bool known[LIMIT_EVENT_PARAMS];

	if (json_is_true(json_object_get(event, "volatile_case")))
		return;
	arena_reset(w->scratch);
	buf_reset(&w->bytes);
	event_begin(&writer, &w->bytes, type, 1, 10, info->nparams);
	for (unsigned i = 0; i < info->nparams; i++) {
		const json_t *value = json_object_get(raw, info->params[i].name.p);

		known[i] = push_param(&writer, &info->params[i], value) &&
			   !resolves_to_state(&info->params[i], value);
	}
	assert_int_equal(event_end(&writer), 0);
	encoded.bytes = (const uint8_t *)w->bytes.p;
	encoded.len = (uint32_t)w->bytes.len;
	assert_int_equal(event_open(&w->ev, &encoded), 0);
	tally->events++;
	for (unsigned i = 0; i < info->nparams; i++) {
		const char *expected =
			json_string_value(json_object_get(args, info->params[i].name.p));

		/* An argument of -1 stands for no descriptor; Falco takes it for an error. */
		if (expected && i > 0 && info->params[i].type == TYPE_FD &&
		    strcmp(expected, "EPERM") == 0)
			expected = "-1";
		if (!known[i] || !expected || is_placeholder(expected))
			tally->skipped++;
		else
			compare(w, tally, event, i, expected);
	}
}

static void parameters_print_as_recorded(void **state)
{
	const char *shared = getenv("BESRA_SHARED");
	struct tally tally = { 0 };
	char path[4096];
	char *line = NULL;
	size_t cap = 0;
	struct world w;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/expected/live/expected.jsonl",
		 shared ? shared : "../shared");
	f = fopen(path, "r");
	if (!f) {
		print_message("SKIP: no %s (set BESRA_SHARED)\n", path);
		skip();
	}
	world_init(&w);
	while (getline(&line, &cap, f) > 0) {
		json_error_t error;
		json_t *event = json_loads(line, JSON_ALLOW_NUL, &error);

		/* The JSON reader has no unsigned 64-bit numbers; a few events have such a value. */
		if (!event && json_error_code(&error) == json_error_numeric_overflow) {
			tally.unreadable++;
			continue;
		}
		if (!event)
			fail_msg("%s: %s", path, error.text);
		check_event(&w, &tally, event);
		json_decref(event);
	}
	free(line);
	fclose(f);
	world_fini(&w);
	print_message(
		"  %zu events (%zu not read), %zu parameters compared, %zu not recorded or of "
		"the state\n",
		tally.events, tally.unreadable, tally.compared, tally.skipped);
	assert_true(tally.unreadable * 20 < tally.events);
	assert_true(tally.compared > 0);
	assert_int_equal(tally.wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_print_as_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
