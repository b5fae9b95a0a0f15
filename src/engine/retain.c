/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

struct retained {
	size_t bytes;
	struct event ev; /* its raw bytes follow the struct */
	struct subject who;
	struct fd fd;
	int64_t tid;
	uint32_t slot, generation;
	bool has_thread;
	uint8_t block[];
};

static size_t name_size(const struct istr *s)
{
	return s ? (sizeof(*s) + s->len + 1 + 15) & ~(size_t)15 : 0;
}

/* A copy that no table knows: never counted, never given back. */
static struct istr *copy_name(uint8_t **at, const struct istr *from)
{
	struct istr *to = (struct istr *)(void *)*at;

	if (!from)
		return NULL;
	memcpy(to, from, sizeof(*from) + from->len + 1);
	*at += name_size(from);
	return to;
}

static void copy_fd(struct retained *r, const struct fd *fd, uint8_t *at)
{
	r->fd = *fd;
	r->fd.name = copy_name(&at, fd->name);
	r->fd.name_raw = copy_name(&at, fd->name_raw);
	r->who.fd = &r->fd;
}

struct retained *retained_new(const struct field_ctx *ctx)
{
	const struct fd *fd = ctx->who->fd;
	size_t raw = (ctx->ev->raw.len + 15u) & ~(size_t)15;
	size_t names = fd ? name_size(fd->name) + name_size(fd->name_raw) : 0;
	struct retained *r = calloc(1, sizeof(*r) + raw + names);

	if (!r)
		return NULL;
	r->bytes = sizeof(*r) + raw + names;
	memcpy(r->block, ctx->ev->raw.bytes, ctx->ev->raw.len);
	r->ev = *ctx->ev;
	r->ev.raw.bytes = r->block;
	r->ev.data = r->block + (ctx->ev->data - ctx->ev->raw.bytes);
	r->who = *ctx->who;
	r->who.thread = NULL;
	if (fd)
		copy_fd(r, fd, r->block + raw);
	if (ctx->who->thread) {
		r->has_thread = true;
		r->tid = ctx->who->thread->tid;
		r->slot = ctx->who->thread->slot;
		r->generation = ctx->who->thread->generation;
	}
	return r;
}

void retained_free(struct retained *r)
{
	free(r);
}

bool retained_ctx(struct retained *r, const struct field_ctx *live, struct field_ctx *out)
{
	struct thread *t = r->has_thread ? state_thread(live->state, r->tid) : NULL;

	if (t && (t->slot != r->slot || t->generation != r->generation))
		t = NULL;
	r->who.thread = t;
	*out = *live;
	out->ev = &r->ev;
	out->who = &r->who;
	return t || !r->has_thread;
}

size_t retained_bytes(const struct retained *r)
{
	return r->bytes;
}
