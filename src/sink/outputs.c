/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static const struct sink_kind *const kinds[] = {
#define SINK(id, name, enabled, help) &sink_##id,
#include "tables/sinks.def"
#undef SINK
};

struct outputs {
	struct sink sinks[ARRAY_SIZE(kinds)];
	size_t n;
};

/* Signals are the main thread's; a closed pipe shows itself as EPIPE. */
static int start_thread(struct sink *s, struct err *err)
{
	sigset_t all, before;
	int n;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	n = pthread_create(&s->thread, NULL, queue_drain, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (n)
		return err_set(err, -n, "%s output: %s", s->kind->name, strerror(n));
	s->running = true;
	return 0;
}

static int open_sink(struct sink *s, const struct sink_kind *kind, const struct config *config,
		     const struct output_mode *mode, struct err *err)
{
	int n;

	*s = (struct sink){
		.kind = kind,
		.wait = mode->wait,
		.linger = mode->wait && !mode->unbuffered,
		.buffered = config->buffered_outputs && !mode->unbuffered,
		.capacity = (size_t)config->queue_capacity,
		.stats = { .name = kind->name },
	};
	n = kind->open(s, config, err);
	if (n < 0) {
		err_prefix(err, "%s output", kind->name);
		return n;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	pthread_cond_init(&s->room, NULL);
	s->pending.max = QUEUE_BYTES;
	n = start_thread(s, err);
	if (n < 0)
		kind->close(s, NULL);
	return n;
}

struct outputs *outputs_open(const struct config *config, const struct output_mode *mode,
			     struct err *err)
{
	struct outputs *o = calloc(1, sizeof(*o));

	if (!o) {
		err_set(err, -ENOMEM, "outputs: %s", strerror(ENOMEM));
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!kinds[i]->enabled(config))
			continue;
		if (open_sink(&o->sinks[o->n], kinds[i], config, mode, err) < 0) {
			outputs_close(o, NULL);
			return NULL;
		}
		o->n++;
	}
	return o;
}

void outputs_send(struct outputs *o, const struct alert_text *alert)
{
	for (size_t i = 0; i < o->n; i++)
		queue_put(&o->sinks[i], alert);
}

bool outputs_broken(struct outputs *o)
{
	bool broken = o->n > 0;

	for (size_t i = 0; i < o->n && broken; i++) {
		pthread_mutex_lock(&o->sinks[i].lock);
		broken = o->sinks[i].broken;
		pthread_mutex_unlock(&o->sinks[i].lock);
	}
	return broken;
}

static void close_sink(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	s->closing = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	buf_fini(&s->pending);
	pthread_cond_destroy(&s->room);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
}

int outputs_close(struct outputs *o, struct err *err)
{
	int first = 0;

	if (!o)
		return 0;
	for (size_t i = 0; i < o->n; i++) {
		close_sink(&o->sinks[i]);
		if (o->sinks[i].error.code && !first) {
			first = o->sinks[i].error.code;
			if (err)
				*err = o->sinks[i].error;
		}
	}
	free(o);
	return first;
}

size_t outputs_count(const struct outputs *o)
{
	return o->n;
}

void outputs_stats_of(struct outputs *o, size_t i, struct output_stats *out)
{
	pthread_mutex_lock(&o->sinks[i].lock);
	*out = o->sinks[i].stats;
	pthread_mutex_unlock(&o->sinks[i].lock);
}

void outputs_stats(struct outputs *o, struct output_stats *out)
{
	*out = (struct output_stats){ 0 };
	for (size_t i = 0; i < o->n; i++) {
		struct output_stats one;

		outputs_stats_of(o, i, &one);
		out->sent += one.sent;
		out->dropped += one.dropped;
		out->failed += one.failed;
	}
}
