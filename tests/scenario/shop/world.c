/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "source/source.h"

_Noreturn void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void world_begin(struct world *w, const char *path, uint64_t now, int64_t last_pid)
{
	struct err err;

	*w = (struct world){ .now = now, .seed = 1, .last_pid = last_pid };
	w->out = scap_create(path, false, &err);
	if (!w->out)
		die("%s", err.text);
}

void world_end(struct world *w)
{
	struct err err;

	if (scap_finish(w->out, &err) < 0)
		die("%s", err.text);
	buf_fini(&w->event);
}

uint64_t chance(struct world *w, uint64_t limit)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (w->seed >> 33) % limit;
}

void pause_ms(struct world *w, unsigned ms)
{
	uint64_t ns = (uint64_t)ms * 1000000;

	w->now += ns - ns / 10 + chance(w, ns / 5 + 1);
}

uint64_t inode_of(const char *path)
{
	uint64_t hash = 14695981039346656037u;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 1099511628211u;
	return 131072 + hash % 4000000;
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void write_event(struct world *w, unsigned type, uint64_t ts, int64_t tid, uint16_t flags,
			const struct value *values, size_t n)
{
	const struct event_info *info = event_info(type);
	struct event_writer ew;
	struct event ev;
	struct raw raw;
	struct err err;

	if (n != info->nparams)
		die("%.*s (%u): %zu values for %u parameters", STR_ARG(info->name), type, n,
		    info->nparams);
	buf_reset(&w->event);
	event_begin(&ew, &w->event, type, ts, tid, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		switch (values[i].kind) {
		case VALUE_EMPTY:
			event_push_empty(&ew);
			break;
		case VALUE_INT:
			event_push_int(&ew, values[i].number);
			break;
		case VALUE_TEXT:
			event_push_text(&ew, values[i].bytes);
			break;
		case VALUE_BYTES:
			event_push(&ew, values[i].bytes.p, values[i].bytes.len);
			break;
		}
	}
	if (event_end(&ew) < 0)
		die("%.*s (%u): a value does not fit its parameter", STR_ARG(info->name), type);

	raw = (struct raw){
		.bytes = (const uint8_t *)w->event.p,
		.len = (uint32_t)w->event.len,
		.cpu = (uint16_t)(tid > 0 ? tid % WORLD_CPUS : 0),
		.flags = flags,
	};
	if (event_open(&ev, &raw) < 0)
		die("%.*s (%u): the event does not open", STR_ARG(info->name), type);
	if (scap_write(w->out, &ev, &err) < 0)
		die("%s", err.text);
}

void emit(struct world *w, const struct proc *p, unsigned type, const struct value *values,
	  size_t n)
{
	w->now += 900 + chance(w, 40000);
	write_event(w, type, w->now, p ? p->tid : -1, 0, values, n);
}

void emit_fact(struct world *w, int64_t tid, unsigned type, const struct value *values, size_t n)
{
	write_event(w, type, 0, tid, WIRE_SYNTHETIC, values, n);
}
