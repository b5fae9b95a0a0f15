/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

/*
 * Alerts wait in one buffer, records one behind the other; the sink's thread swaps it for an
 * empty one and works through it without the lock. So at most twice QUEUE_BYTES are in use.
 *
 *	+----+----------+------+------+----------+------ ... ------+
 *	| ts | severity | line | rule | priority |      texts      |
 *	+----+----------+------+------+----------+------ ... ------+
 *	  8       4        4      4       4		lengths, then the texts in that order
 */
struct record {
	uint64_t ts;
	int32_t severity;
	uint32_t line, rule, priority;
};

static size_t record_size(const struct alert_text *a)
{
	return sizeof(struct record) + a->line.len + a->rule.len + a->priority.len;
}

static bool has_room(const struct sink *s, size_t size)
{
	if (s->npending == 0)
		return true;
	return s->pending.len + size <= QUEUE_BYTES && (!s->capacity || s->npending < s->capacity);
}

static bool append(struct sink *s, const struct alert_text *a)
{
	struct record r = { .ts = a->ts,
			    .severity = a->severity,
			    .line = (uint32_t)a->line.len,
			    .rule = (uint32_t)a->rule.len,
			    .priority = (uint32_t)a->priority.len };
	size_t size = record_size(a), start = s->pending.len;

	if (!buf_reserve(&s->pending, size))
		return false;
	buf_add(&s->pending, &r, sizeof(r));
	buf_str(&s->pending, a->line);
	buf_str(&s->pending, a->rule);
	buf_str(&s->pending, a->priority);
	return s->pending.len == start + size;
}

static bool is_enough(const struct sink *s)
{
	return s->pending.len >= LINGER_BYTES || s->hurry || s->closing;
}

bool queue_put(struct sink *s, const struct alert_text *alert)
{
	size_t size = record_size(alert);
	bool taken = false, was_enough;

	pthread_mutex_lock(&s->lock);
	while (s->wait && !s->broken && !has_room(s, size)) {
		s->hurry = true;
		pthread_cond_signal(&s->more);
		pthread_cond_wait(&s->room, &s->lock);
	}
	was_enough = is_enough(s);
	if (s->broken) {
		s->stats.failed++;
	} else if (size <= QUEUE_BYTES && has_room(s, size) && append(s, alert)) {
		taken = true;
		if (s->npending++ == 0 || is_enough(s) != was_enough)
			pthread_cond_signal(&s->more);
	} else {
		s->stats.dropped++;
	}
	pthread_mutex_unlock(&s->lock);
	return taken;
}

static void linger(struct sink *s)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LINGER_NS;
	until.tv_sec += until.tv_nsec / (long)NS_PER_S;
	until.tv_nsec %= (long)NS_PER_S;
	while (!is_enough(s) &&
	       pthread_cond_clockwait(&s->more, &s->lock, CLOCK_MONOTONIC, &until) == 0)
		;
}

/* Waits for alerts and takes them all; 0 when the sink is closed and nothing is left. */
static size_t take_batch(struct sink *s, struct buf *batch)
{
	struct buf empty = *batch;
	size_t n;

	buf_reset(&empty);
	pthread_mutex_lock(&s->lock);
	while (!s->npending && !s->closing)
		pthread_cond_wait(&s->more, &s->lock);
	if (s->linger)
		linger(s);
	s->hurry = false;
	*batch = s->pending;
	n = s->npending;
	s->pending = empty;
	s->npending = 0;
	pthread_cond_broadcast(&s->room);
	pthread_mutex_unlock(&s->lock);
	return n;
}

static size_t next_alert(const struct buf *batch, size_t at, struct alert_text *out)
{
	const char *p = batch->p + at + sizeof(struct record);
	struct record r;

	memcpy(&r, batch->p + at, sizeof(r));
	out->ts = r.ts;
	out->severity = r.severity;
	out->line = str_of(p, r.line);
	out->rule = str_of(p + r.line, r.rule);
	out->priority = str_of(p + r.line + r.rule, r.priority);
	return at + record_size(out);
}

/* Books what became of `sent` alerts; keeps the first error. */
static void book(struct sink *s, size_t sent, size_t failed, const struct err *err)
{
	pthread_mutex_lock(&s->lock);
	s->stats.sent += sent;
	s->stats.failed += failed;
	if (err->code && !s->error.code)
		s->error = *err;
	if (err->code == -EPIPE) {
		s->broken = true;
		pthread_cond_broadcast(&s->room);
	}
	pthread_mutex_unlock(&s->lock);
}

/*
 * A failed send or flush counts for all alerts that were kept back since the last success:
 * which of them arrived cannot be known.
 */
static void send_batch(struct sink *s, const struct buf *batch, size_t n)
{
	size_t at = 0, held = 0, sent = 0;
	struct err err = { 0 };

	for (size_t i = 0; i < n && err.code != -EPIPE; i++) {
		struct alert_text alert;
		int rc;

		err = (struct err){ 0 };
		at = next_alert(batch, at, &alert);
		held++;
		rc = s->kind->send(s, &alert, &err);
		if (rc < 0) {
			book(s, 0, err.code == -EPIPE ? held + n - i - 1 : held, &err);
			held = 0;
		} else if (rc > 0) {
			sent += held;
			held = 0;
		}
	}
	err = (struct err){ 0 };
	if (held && s->kind->flush(s, &err) < 0)
		book(s, sent, held, &err);
	else
		book(s, sent + held, 0, &err);
}

void *queue_drain(void *sink)
{
	struct sink *s = sink;
	struct buf batch = { .max = QUEUE_BYTES };
	struct err err = { 0 };
	size_t n;

	while ((n = take_batch(s, &batch)))
		send_batch(s, &batch, n);
	if (s->kind->close(s, &err) < 0)
		book(s, 0, 0, &err);
	buf_fini(&batch);
	return NULL;
}
