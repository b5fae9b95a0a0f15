/* SPDX-License-Identifier: Apache-2.0 */
#include "scap.h"

#define MARK_BYTES (sizeof(EXTENSION_MARK) - 1)
#define HEAD_BYTES (MARK_BYTES + 2 * sizeof(uint16_t))

static uint16_t marks_of(const struct event *ev)
{
	const unsigned copies = ev->flags & (WIRE_COPIED | WIRE_REREAD);

	return (uint16_t)((ev->flags & WIRE_IO_URING ? SCAP_IO_URING : 0) |
			  (copies == WIRE_COPIED ? SCAP_COPIED : 0));
}

void scap_put_extension(struct buf *out, const struct event *ev)
{
	static const uint8_t zeros[4];
	const size_t start = out->len;

	if (!ev->nextra && !marks_of(ev))
		return;
	buf_add(out, EXTENSION_MARK, MARK_BYTES);
	scap_put_u16(out, marks_of(ev));
	scap_put_u16(out, ev->nextra);
	for (unsigned i = 0; i < ev->nextra; i++)
		scap_put_u32(out, (uint32_t)event_extension(ev, i).len);
	for (unsigned i = 0; i < ev->nextra; i++)
		buf_str(out, event_extension(ev, i));
	buf_add(out, zeros, -(out->len - start) & 3);
}

/* The event with all the table's parameters, those it lacks empty, and the extension's behind. */
static bool join(struct raw *raw, const struct str extra[EXTENSIONS], struct buf *out)
{
	struct event_writer w;
	struct event ev;

	if (event_open(&ev, raw) < 0)
		return false;
	buf_reset(out);
	event_begin(&w, out, ev.type, ev.ts, ev.tid, ev.info->nparams + EXTENSIONS);
	for (unsigned i = 0; i < ev.info->nparams; i++) {
		struct str s = event_param(&ev, i);

		event_push(&w, s.p, s.len);
	}
	for (unsigned i = 0; i < EXTENSIONS; i++)
		event_push(&w, extra[i].p, extra[i].len);
	if (event_end(&w) < 0)
		return false;
	raw->bytes = (const uint8_t *)out->p;
	raw->len = (uint32_t)out->len;
	raw->flags |= WIRE_EXTENSION;
	return true;
}

bool scap_take_extension(struct raw *raw, const uint8_t *p, size_t len, struct buf *out)
{
	struct cursor lengths = cursor_over(p, len), bytes;
	struct str extra[EXTENSIONS] = { { 0 } };
	uint16_t flags, count;

	if (len < HEAD_BYTES || memcmp(p, EXTENSION_MARK, MARK_BYTES) != 0)
		return false;
	cursor_bytes(&lengths, MARK_BYTES);
	flags = cursor_u16(&lengths);
	count = cursor_u16(&lengths);
	bytes = lengths;
	cursor_bytes(&bytes, (size_t)count * sizeof(uint32_t));
	for (unsigned i = 0; i < count && i < EXTENSIONS; i++)
		extra[i] = cursor_str(&bytes, cursor_u32(&lengths));
	if (bytes.overrun || (count && !join(raw, extra, out)))
		return false;
	if (flags & SCAP_IO_URING)
		raw->flags |= WIRE_IO_URING;
	if (flags & SCAP_COPIED)
		raw->flags |= WIRE_COPIED;
	return true;
}
