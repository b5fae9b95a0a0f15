/* SPDX-License-Identifier: Apache-2.0 */
#include "compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void recording_add(struct recording *r, const struct event *ev)
{
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 4096;
		r->events = realloc(r->events, r->room * sizeof(*r->events));
		if (!r->events)
			abort();
	}
	r->events[r->n++] = (struct recorded){ r->bytes.len, ev->raw.len, ev->flags, ev->tid };
	buf_add(&r->bytes, ev->raw.bytes, ev->raw.len);
}

void recording_free(struct recording *r)
{
	buf_fini(&r->bytes);
	free(r->events);
}

static bool open_at(const struct recording *r, size_t i, struct event *ev)
{
	const struct raw raw = { .bytes = (const uint8_t *)r->bytes.p + r->events[i].at,
				 .len = r->events[i].len,
				 .flags = r->events[i].flags };

	return event_open(ev, &raw) == 0;
}

static bool is_mark(const struct event *ev)
{
	return ev->type == EVENT_CLOSE_X && event_int_or(ev, CLOSE_X_FD, 0) == MARK_FD;
}

/* The next event of a thread from *i on; false when there is none. */
static bool next_of(const struct recording *r, int64_t tid, size_t *i, struct event *ev)
{
	for (; *i < r->n; (*i)++)
		if (r->events[*i].tid == tid && open_at(r, *i, ev)) {
			(*i)++;
			return true;
		}
	return false;
}

/* ---- One parameter -------------------------------------------------------------------------- */

static void print_bytes(const char *label, struct str s)
{
	printf("      %s: %zu bytes", label, s.len);
	for (size_t i = 0; i < s.len && i < 96; i++)
		printf(s.p[i] >= 0x20 && s.p[i] < 0x7f ? "%c" : "\\x%02x", (uint8_t)s.p[i]);
	printf("\n");
}

static bool same_bytes(struct str have, const void *p, size_t len)
{
	if (have.len == len && memcmp(have.p, p, len) == 0)
		return true;
	print_bytes("have", have);
	print_bytes("want", str_of(p, len));
	return false;
}

static bool same_int(const struct event *ev, unsigned i, int64_t want)
{
	int width = ev->info->params[i].width;
	int64_t have;

	if (!event_int(ev, i, &have)) {
		printf("      have no number, want %" PRId64 "\n", want);
		return false;
	}
	/* In the width of the parameter: -1 is 4294967295 in a u32. */
	want = int_at(&want, width);
	if (have == want)
		return true;
	printf("      have %" PRId64 " (%#" PRIx64 "), want %" PRId64 " (%#" PRIx64 ")\n", have,
	       (uint64_t)have, want, (uint64_t)want);
	return false;
}

static bool param_holds(const struct event *ev, unsigned i, const struct want *w,
			const struct stage *s)
{
	struct str have = event_param(ev, i);

	switch (w->kind) {
	case WANT_END:
		printf("      nothing is expected of it\n");
		return false;
	case WANT_RESULT:
		return same_int(ev, i, s->result);
	case WANT_INT:
		return same_int(ev, i, w->n);
	case WANT_SLOT:
		return same_int(ev, i, s->slot[w->n]);
	case WANT_TEXT:
	case WANT_BYTES:
		return same_bytes(have, w->p, w->len);
	case WANT_PATH: {
		const char *path = stage_path(s, w->p);

		return same_bytes(have, path, strlen(path) + 1);
	}
	case WANT_NONE:
		return same_bytes(have, "", 0);
	case WANT_FACT:
		return same_bytes(have, s->fact[w->n], s->fact_len[w->n]);
	case WANT_SOME:
		if (have.len == 0)
			printf("      no value\n");
		return have.len != 0;
	}
	return false;
}

/* ---- One event ------------------------------------------------------------------------------ */

/* As written into the event, not what the table makes of it. */
static unsigned params_written(const struct event *ev)
{
	struct wire_event head;

	memcpy(&head, ev->raw.bytes, sizeof(head));
	return head.nparams;
}

static bool event_holds(const struct event *ev, const struct event_want *w, const struct stage *s)
{
	const struct event_info *info = event_info(w->type);
	bool holds = true;

	if (ev->type != w->type) {
		printf("    the event is %.*s (%u), not %.*s (%u)\n", STR_ARG(ev->info->name),
		       ev->type, STR_ARG(info->name), w->type);
		return false;
	}
	if (params_written(ev) - ev->nextra != info->nparams) {
		printf("    %u parameters instead of %u\n", params_written(ev) - ev->nextra,
		       info->nparams);
		return false;
	}
	for (unsigned i = 0; i < info->nparams; i++)
		if (!param_holds(ev, i, &w->params[i], s)) {
			printf("      ^ parameter %.*s\n", STR_ARG(info->params[i].name));
			holds = false;
		}
	if (info->nparams < PARAMS_MAX && w->params[info->nparams].kind != WANT_END) {
		printf("    more is expected than there are parameters\n");
		return false;
	}
	return holds;
}

static bool child_holds(const struct row *row, const struct stage *s, const struct recording *r)
{
	struct event ev;
	size_t i = 0;

	if (next_of(r, s->result, &i, &ev))
		return event_holds(&ev, &row->made, s);
	printf("    no event of the child %ld\n", s->result);
	return false;
}

/* Steps over the events before the call. */
static bool find_call(const struct stage *s, const struct recording *r, size_t *i)
{
	struct event ev;

	do
		if (!next_of(r, s->pid, i, &ev)) {
			printf("    the call's process %d left no events\n", s->pid);
			return false;
		}
	while (!is_mark(&ev));
	return true;
}

/* The name in the first of the descriptors that came. */
static struct str descriptor_name(struct str entries)
{
	const struct raw raw = { .bytes = (const uint8_t *)entries.p,
				 .len = (uint32_t)entries.len };
	struct event entry;

	if (event_open(&entry, &raw) < 0 || entry.type != EVENT_FD_ENTRY)
		return str_of("", 0);
	return event_param(&entry, FD_ENTRY_NAME);
}

static bool extension_holds(struct str have, const struct want *w, const struct stage *s)
{
	const char *path;

	switch (w->kind) {
	case WANT_PATH:
		path = stage_path(s, w->p);
		return same_bytes(have, path, strlen(path) + 1);
	case WANT_FACT:
		return same_bytes(have, s->fact[w->n], s->fact_len[w->n]);
	case WANT_SOME:
		return have.len != 0;
	case WANT_NONE:
	case WANT_END:
		return same_bytes(have, "", 0);
	case WANT_RESULT:
	case WANT_INT:
	case WANT_TEXT:
	case WANT_BYTES:
	case WANT_SLOT:
		break;
	}
	printf("      an extension is no number\n");
	return false;
}

bool row_extension_holds(const struct row *row, const struct stage *s, const struct recording *r)
{
	struct event ev;
	bool holds = true;
	size_t i = 0;

	if (!find_call(s, r, &i) || !next_of(r, s->pid, &i, &ev))
		return false;
	if (!(ev.flags & WIRE_EXTENSION) || ev.nextra != EXTENSIONS) {
		printf("    %u extension parameters instead of %u\n", ev.nextra, EXTENSIONS);
		return false;
	}
	for (unsigned k = 0; k < EXTENSIONS; k++) {
		struct str have = event_extension(&ev, k);
		bool same;

		if (k == EXTENSION_CREDENTIALS)
			same = same_bytes(have, &s->identity, sizeof(s->identity));
		else if (k == EXTENSION_DESCRIPTORS && have.len)
			same = extension_holds(descriptor_name(have), &row->extension[k], s);
		else
			same = extension_holds(have, &row->extension[k], s);
		if (!same) {
			printf("      ^ extension %u\n", k);
			holds = false;
		}
	}
	return holds;
}

bool row_holds(const struct row *row, const struct stage *s, const struct recording *r)
{
	struct event ev;
	bool holds = true;
	size_t i = 0;

	if (!find_call(s, r, &i))
		return false;
	for (size_t k = 0; k < EVENTS_MAX && row->events[k].type; k++) {
		if (!next_of(r, s->pid, &i, &ev) || is_mark(&ev)) {
			printf("    event %zu is missing\n", k + 1);
			return false;
		}
		holds &= event_holds(&ev, &row->events[k], s);
		if (ev.nextra != (row->unasked && k == 0 ? EXTENSIONS : 0)) {
			printf("    %u extension parameters nobody asked for\n", ev.nextra);
			holds = false;
		}
	}
	if (!row->ends && next_of(r, s->pid, &i, &ev) && !is_mark(&ev)) {
		printf("    one more event: %.*s\n", STR_ARG(ev.info->name));
		return false;
	}
	return holds && (!row->made.type || child_holds(row, s, r));
}
