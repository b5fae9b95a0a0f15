/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a large trace of small ones: trace OUT.scap EVENTS IN.scap...
 *
 * The inputs follow one another, again and again, until EVENTS are written. Threads that were
 * there all the time stay the same ones; those that were born or died are other ones in each
 * round, as on a machine that goes on working. Their numbers are given out densely, a range for
 * each input, so that inputs from different machines do not meet. Users and interfaces are the
 * first input's.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "source/source.h"

#define ROUND_GAP_NS UINT64_C(1000000)

/* What becomes of a thread's number. */
struct id {
	int64_t fresh; /* from 1 on, in one numbering of its kind */
	bool passing;  /* born or dead within the input */
};

struct kept {
	size_t at; /* in trace.bytes */
	uint32_t len;
	uint16_t cpu, flags;
};

struct trace {
	const char *path;
	struct buf bytes;
	VEC(struct kept) events;
	struct idmap ids; /* number -> struct id */
	uint64_t first_ns, last_ns;
	uint64_t real; /* events that are no facts */
};

struct maker {
	struct arena *arena;
	struct trace *traces;
	size_t n;
	int64_t staying, passing; /* how many of each kind */
	struct scap_writer *out;
	struct buf scratch;
	uint64_t written;
};

static _Noreturn void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static struct id *id_of(struct maker *m, struct trace *t, int64_t number)
{
	struct id *id = idmap_get(&t->ids, (uint64_t)number);

	if (!id) {
		id = ARENA_NEW(m->arena, struct id);
		if (!idmap_put(&t->ids, (uint64_t)number, id))
			die("%s: out of memory", t->path);
	}
	return id;
}

static bool is_thread_number(enum value_type type)
{
	return type == TYPE_PID;
}

static bool is_clone(const struct event *ev)
{
	return event_is_exit(ev->type) &&
	       (str_eq(ev->info->name, STR("clone")) || str_eq(ev->info->name, STR("clone3")) ||
		str_eq(ev->info->name, STR("fork")) || str_eq(ev->info->name, STR("vfork")));
}

/* Learns the threads an event speaks of, and which of them come or go. */
static void note_threads(struct maker *m, struct trace *t, const struct event *ev)
{
	int64_t v;

	if (ev->tid > 0)
		id_of(m, t, ev->tid);
	for (unsigned i = 0; i < ev->nparams; i++)
		if (is_thread_number(ev->info->params[i].type) && event_int(ev, i, &v) && v > 0)
			id_of(m, t, v);
	if (ev->type == EVENT_PROCEXIT_1_E && ev->tid > 0)
		id_of(m, t, ev->tid)->passing = true;
	if (is_clone(ev) && event_result(ev, &v))
		id_of(m, t, v > 0 ? v : ev->tid)->passing |= v >= 0 && ev->tid > 0;
}

static void load(struct maker *m, struct trace *t, const char *path)
{
	struct err err;
	struct source *s = source_open_scap(path, &err);
	struct event ev;
	struct raw raw;
	int n;

	*t = (struct trace){ .path = path, .bytes.max = (size_t)1 << 30 };
	if (!s)
		die("%s", err.text);
	while ((n = source_next(s, &raw, &err)) == 1) {
		struct kept kept = { t->bytes.len, raw.len, raw.cpu, raw.flags };

		if (event_open(&ev, &raw) < 0)
			die("%s: an event does not open", path);
		note_threads(m, t, &ev);
		buf_add(&t->bytes, raw.bytes, raw.len);
		VEC_PUSH(m->arena, &t->events, kept);
		if (raw.flags & WIRE_SYNTHETIC)
			continue;
		t->real++;
		if (!ev.ts)
			continue;
		if (!t->first_ns || ev.ts < t->first_ns)
			t->first_ns = ev.ts;
		if (ev.ts > t->last_ns)
			t->last_ns = ev.ts;
	}
	/* The end of a file is often cut off; what came before it is as good as any. */
	if (n < 0)
		fprintf(stderr, "%s\n", err.text);
	if (t->bytes.cut)
		die("%s: too large", path);
	source_close(s);
}

static void number_thread(uint64_t key, void *value, void *arg)
{
	struct maker *m = arg;
	struct id *id = value;

	(void)key;
	id->fresh = id->passing ? ++m->passing : ++m->staying;
}

/* Round 0 is what the process lists speak of. */
static int64_t renumbered(const struct maker *m, const struct trace *t, int64_t number,
			  uint64_t round)
{
	const struct id *id = number > 0 ? idmap_get(&t->ids, (uint64_t)number) : NULL;

	if (!id)
		return number;
	return id->passing ? m->staying + (int64_t)round * m->passing + id->fresh : id->fresh;
}

static void put(void *at, size_t offset, const void *bytes, size_t len)
{
	memcpy((uint8_t *)at + offset, bytes, len);
}

static void write_kept(struct maker *m, const struct trace *t, const struct kept *k, uint64_t round,
		       uint64_t shift_ns)
{
	struct raw raw = { .len = k->len, .cpu = k->cpu, .flags = k->flags };
	struct event ev;
	struct err err;
	int64_t v;

	buf_reset(&m->scratch);
	buf_add(&m->scratch, t->bytes.p + k->at, k->len);
	raw.bytes = (const uint8_t *)m->scratch.p;
	if (event_open(&ev, &raw) < 0)
		die("%s: an event does not open", t->path);
	for (unsigned i = 0; i < ev.nparams; i++) {
		if (!is_thread_number(ev.info->params[i].type) || !event_int(&ev, i, &v))
			continue;
		v = renumbered(m, t, v, round);
		put(m->scratch.p, (size_t)(ev.data - raw.bytes) + ev.at[i], &v, sizeof(v));
	}
	v = renumbered(m, t, ev.tid, round);
	put(m->scratch.p, offsetof(struct wire_event, tid), &v, sizeof(v));
	if (ev.ts) {
		uint64_t ts = ev.ts + shift_ns;

		put(m->scratch.p, offsetof(struct wire_event, ts), &ts, sizeof(ts));
	}
	if (event_open(&ev, &raw) < 0 || scap_write(m->out, &ev, &err) < 0)
		die("%s", err.text);
}

/*
 * Round 0 has the first input's machine and everybody's processes with their descriptors. Those
 * of them who will be gone after a round are listed again for each other round.
 */
static bool is_wanted_fact(const struct maker *m, const struct trace *t, const struct kept *kept,
			   uint64_t round)
{
	struct wire_event head;
	const struct id *id;

	memcpy(&head, t->bytes.p + kept->at, sizeof(head));
	if (!(kept->flags & WIRE_SYNTHETIC) || head.type == EVENT_SECTION_ENTRY)
		return false;
	if (head.type != EVENT_PROC_ENTRY && head.type != EVENT_FD_ENTRY)
		return t == m->traces && round == 0;
	if (round == 0)
		return true;
	id = idmap_get(&t->ids, head.tid);
	return id && id->passing;
}

static void write_facts(struct maker *m, uint64_t rounds)
{
	for (uint64_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < m->n; i++) {
			const struct trace *t = &m->traces[i];

			for (size_t k = 0; k < t->events.n; k++)
				if (is_wanted_fact(m, t, &t->events.items[k], round))
					write_kept(m, t, &t->events.items[k], round, 0);
		}
}

/* All inputs once, in sequence. */
static uint64_t write_round(struct maker *m, uint64_t round, uint64_t begin_ns, uint64_t wanted)
{
	for (size_t i = 0; i < m->n && m->written < wanted; i++) {
		const struct trace *t = &m->traces[i];

		for (size_t k = 0; k < t->events.n && m->written < wanted; k++) {
			if (t->events.items[k].flags & WIRE_SYNTHETIC)
				continue;
			write_kept(m, t, &t->events.items[k], round, begin_ns - t->first_ns);
			m->written++;
		}
		begin_ns += t->last_ns - t->first_ns + ROUND_GAP_NS;
	}
	return begin_ns;
}

int main(int argc, char **argv)
{
	struct maker m = { 0 };
	uint64_t wanted, now, in_round = 0, rounds;
	struct err err;

	if (argc < 4 || !str_to_u64(str_from(argv[2]), &wanted) || !wanted) {
		fprintf(stderr, "usage: %s OUT.scap EVENTS IN.scap...\n", argv[0]);
		return 2;
	}
	m.arena = arena_new();
	m.n = (size_t)argc - 3;
	m.traces = arena_array(m.arena, m.n, sizeof(*m.traces));
	for (size_t i = 0; i < m.n; i++) {
		load(&m, &m.traces[i], argv[i + 3]);
		idmap_each(&m.traces[i].ids, number_thread, &m);
	}
	for (size_t i = 0; i < m.n; i++)
		in_round += m.traces[i].real;
	if (!in_round)
		die("the inputs have no events");
	rounds = (wanted + in_round - 1) / in_round;
	m.out = scap_create(argv[1], false, &err);
	if (!m.out)
		die("%s", err.text);
	write_facts(&m, rounds);
	now = m.traces[0].first_ns;
	for (uint64_t round = 0; round < rounds; round++)
		now = write_round(&m, round, now, wanted);
	if (scap_finish(m.out, &err) < 0)
		die("%s", err.text);
	printf("events %llu rounds %llu threads %lld\n", (unsigned long long)m.written,
	       (unsigned long long)rounds, (long long)(m.staying + (int64_t)rounds * m.passing));
	for (size_t i = 0; i < m.n; i++) {
		idmap_fini(&m.traces[i].ids);
		buf_fini(&m.traces[i].bytes);
	}
	buf_fini(&m.scratch);
	arena_free(m.arena);
	return 0;
}
