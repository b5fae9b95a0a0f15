/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

void world_init(struct world *w)
{
	*w = (struct world){ 0 };
	w->scratch = arena_new();
	w->state = state_new(NULL);
	w->containers = containers_new(w->state);
	w->ctx = (struct field_ctx){
		.ev = &w->ev,
		.who = &w->who,
		.state = w->state,
		.containers = w->containers,
		.scratch = w->scratch,
		.statics = &w->statics,
		.history = &w->history,
	};
}

void world_fini(struct world *w)
{
	containers_free(w->containers);
	state_free(w->state);
	arena_free(w->scratch);
	buf_fini(&w->bytes);
	buf_fini(&w->text);
}

static void push(struct event_writer *writer, const struct given *given)
{
	switch (given->kind) {
	case GIVEN_INT:
		event_push_int(writer, given->i);
		break;
	case GIVEN_TEXT:
		event_push_text(writer, given->s);
		break;
	case GIVEN_BYTES:
		event_push(writer, given->s.p, given->s.len);
		break;
	case GIVEN_NONE:
		event_push_empty(writer);
		break;
	}
}

void world_event(struct world *w, unsigned type, int64_t tid, const struct given *params, size_t n)
{
	struct event_writer writer;
	struct raw raw = { .cpu = 3 };

	arena_reset(w->scratch);
	buf_reset(&w->bytes);
	event_begin(&writer, &w->bytes, type, 1470327477881730713u, tid, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		push(&writer, &params[i]);
	assert_int_equal(event_end(&writer), 0);
	raw.bytes = (const uint8_t *)w->bytes.p;
	raw.len = (uint32_t)w->bytes.len;
	if (n > event_info(type)->nparams)
		raw.flags |= WIRE_EXTENSION;
	assert_int_equal(event_open(&w->ev, &raw), 0);
	w->ev.num = ++w->events;
	w->who = (struct subject){ .thread = state_thread(w->state, tid) };
}

void world_apply(struct world *w, unsigned type, int64_t tid, const struct given *params, size_t n)
{
	if (w->events)
		state_retire(w->state, &w->ev);
	world_event(w, type, tid, params, n);
	w->who = state_apply(w->state, &w->ev);
}

void world_process(struct world *w)
{
	APPLY_OF(w, EVENT_EXECVE_19_X, 10, INT(0), TEXT("/bin/cat"), BYTES("/etc/passwd\0"),
		 INT(10), INT(10), INT(1), TEXT(""), INT(1024), INT(0), INT(0), INT(0), INT(0),
		 INT(0), TEXT("cat"), BYTES(""), BYTES("HOME=/root\0"), INT(0), INT(10), INT(-1),
		 INT(0), INT(0), INT(0), INT(0), INT(1), INT(0), INT(0), INT(0), TEXT("/bin/cat"),
		 INT(10), INT(0), TEXT("/bin/cat"));
	APPLY_OF(w, EVENT_CHDIR_X, 10, INT(0), TEXT("/home/me"));
}

const char *shown(struct world *w, const char *field)
{
	struct field_ref ref;
	struct val v;

	assert_int_equal(field_parse(str_from(field), &w->statics, &ref), FIELD_OK);
	buf_reset(&w->text);
	if (!field_get(&ref, &w->ctx, &v))
		return "(absent)";
	val_print(&w->text, &v, w->ctx.buffers_base64);
	buf_char(&w->text, '\0');
	return w->text.p;
}
