/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 40
#define REFS   1024
#define VALUES 64

/* The same sequence in every run. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Mostly the right length, sometimes none, one too short, or far too long. */
static size_t odd_length(uint64_t *seed, enum value_type type)
{
	size_t right = type_size(type) ? type_size(type) : next_random(seed) % 40;

	switch (next_random(seed) % 8) {
	case 0:
		return 0;
	case 1:
		return right ? right - 1 : 0;
	case 2:
		return right + next_random(seed) % 3000;
	default:
		return right;
	}
}

static void push_odd(struct event_writer *writer, uint64_t *seed, enum value_type type)
{
	char bytes[3100];
	size_t len = odd_length(seed, type);
	uint32_t kind = next_random(seed) % 3;

	for (size_t i = 0; i < len; i++)
		bytes[i] = kind == 0   ? (char)next_random(seed)
			   : kind == 1 ? (char)(next_random(seed) % 3)
				       : "ab/.\0 =;:~"[next_random(seed) % 10];
	event_push(writer, bytes, len);
}

/* Every field of the table, some with several arguments. */
static size_t all_refs(struct field_ref *refs)
{
	static const char *const arguments[] = {
		"",      "[0]",   "[1]",   "[3]",  "[k]",  "[PATH]", ".open", ".fd",
		".name", ".data", ".addr", ".val", ".cpu", ".src",   ".dst",
	};
	static char text[REFS][96];
	size_t n = 0;

	for (enum field_id id = 0; id < FIELDS; id++)
		for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
			snprintf(text[n], sizeof(text[n]), "%s%s", field_info(id)->name,
				 arguments[i]);
			if (n < REFS &&
			    field_parse(str_from(text[n]), NULL, &refs[n]) == FIELD_OK &&
			    refs[n].id == id)
				n++;
		}
	return n;
}

static void ask_everything(struct world *w, const struct field_ref *refs, size_t n)
{
	struct val values[VALUES];

	for (size_t i = 0; i < n; i++) {
		size_t got = field_get(&refs[i], &w->ctx, values);

		if (field_is_multi(&refs[i]) && !w->ctx.in_output)
			got = field_get_all(&refs[i], &w->ctx, values, VALUES);
		assert_true(got <= VALUES);
		buf_reset(&w->text);
		for (size_t k = 0; k < got; k++)
			val_print(&w->text, &values[k], w->ctx.buffers_base64);
	}
	arena_reset(w->scratch);
}

static void odd_event(struct world *w, uint64_t *seed, unsigned type)
{
	const struct event_info *info = event_info(type);
	unsigned n = next_random(seed) % 4 ? info->nparams : next_random(seed) % 4;
	struct event_writer writer;
	struct raw raw = { 0 };

	if (n > info->nparams)
		n = info->nparams;
	buf_reset(&w->bytes);
	event_begin(&writer, &w->bytes, type, next_random(seed), next_random(seed) % 3 ? 10 : 4711,
		    n);
	for (unsigned i = 0; i < n; i++)
		push_odd(&writer, seed, info->params[i].type);
	assert_int_equal(event_end(&writer), 0);
	raw.bytes = (const uint8_t *)w->bytes.p;
	raw.len = (uint32_t)w->bytes.len;
	assert_int_equal(event_open(&w->ev, &raw), 0);
	w->ev.num = ++w->events;
}

static void any_event_can_be_asked_for_every_field(void **state)
{
	struct field_ref refs[REFS];
	size_t n = all_refs(refs);
	uint64_t seed = 20160804;
	struct world w;

	(void)state;
	assert_true(n > FIELDS);
	world_init(&w);
	world_process(&w);
	for (unsigned round = 0; round < ROUNDS; round++) {
		w.ctx.in_output = round & 1;
		w.ctx.buffers_base64 = round & 2;
		for (unsigned type = 0; type < EVENT_TYPES; type++) {
			if (!event_info(type)->exists)
				continue;
			odd_event(&w, &seed, type);
			w.who = state_apply(w.state, &w.ev);
			containers_apply(w.containers, &w.ev);
			ask_everything(&w, refs, n);
			state_retire(w.state, &w.ev);
		}
	}
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_event_can_be_asked_for_every_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
