/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/event.h"

#include <errno.h>

#include "internal.h"

static size_t most_bytes(const struct event_writer *w)
{
	return w->length_size == sizeof(uint16_t) ? LIMIT_EVENT_BYTES : LIMIT_LARGE_BYTES;
}

void event_begin(struct event_writer *w, struct buf *out, unsigned type, uint64_t ts, int64_t tid,
		 unsigned nparams)
{
	const struct event_info *info = event_table_at(type);
	const struct wire_event head = {
		.ts = ts,
		.tid = (uint64_t)tid,
		.type = (uint16_t)type,
		.nparams = nparams,
	};
	size_t array = (size_t)nparams * info->length_size;

	w->out = out;
	w->start = out->len;
	w->type = (uint16_t)type;
	w->nparams = 0;
	w->expected = (uint16_t)nparams;
	w->length_size = info->length_size;
	w->overflow = false;
	w->invalid = !info->exists || nparams > ARRAY_SIZE(w->lengths);
	w->was_cut = out->cut;
	out->cut = false;
	if (w->invalid)
		return;
	buf_add(out, &head, sizeof(head));
	if (!out->cut && buf_reserve(out, array))
		out->len += array;
	else
		w->overflow = true;
}

/* Writes down the length of the next parameter; false when it may not follow. */
static bool next_param(struct event_writer *w, size_t len)
{
	if (w->nparams >= w->expected)
		w->invalid = true;
	if (len > most_bytes(w) - (w->out->len - w->start) ||
	    (w->length_size == sizeof(uint16_t) && len > UINT16_MAX))
		w->overflow = true;
	if (w->invalid || w->overflow)
		return false;
	w->lengths[w->nparams++] = (uint32_t)len;
	return true;
}

void event_push(struct event_writer *w, const void *bytes, size_t len)
{
	if (next_param(w, len) && len)
		buf_add(w->out, bytes, len);
}

void event_push_int(struct event_writer *w, int64_t v)
{
	const struct event_info *info = event_table_at(w->type);
	int width = w->nparams < info->nparams ? info->params[w->nparams].width : (int)sizeof(v);

	if (width == 0)
		w->invalid = true;
	/* The first bytes are the low ones: the format's machines are little-endian. */
	event_push(w, &v, (size_t)(width < 0 ? -width : width));
}

void event_push_text(struct event_writer *w, struct str s)
{
	if (!next_param(w, s.len + 1))
		return;
	if (s.len)
		buf_str(w->out, s);
	buf_char(w->out, '\0');
}

void event_push_empty(struct event_writer *w)
{
	event_push(w, NULL, 0);
}

static void put_length(struct event_writer *w, unsigned i)
{
	char *at = w->out->p + w->start + sizeof(struct wire_event) + (size_t)i * w->length_size;
	uint16_t small = (uint16_t)w->lengths[i];

	if (w->length_size == sizeof(small))
		memcpy(at, &small, sizeof(small));
	else
		memcpy(at, &w->lengths[i], sizeof(w->lengths[i]));
}

int event_end(struct event_writer *w)
{
	struct buf *out = w->out;
	bool overflow = w->overflow || out->cut;
	uint32_t len = (uint32_t)(out->len - w->start);

	out->cut = w->was_cut;
	if (w->invalid || overflow || w->nparams != w->expected) {
		out->len = w->start;
		return w->invalid || !overflow ? -EINVAL : -EMSGSIZE;
	}
	memcpy(out->p + w->start + offsetof(struct wire_event, len), &len, sizeof(len));
	for (unsigned i = 0; i < w->nparams; i++)
		put_length(w, i);
	return 0;
}
