/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include <fnmatch.h>

#include "internal.h"
#include "process.h"

#define ID_SHORT 12

/*
 * What is known of the thread's container. An event that tells of a container is about that
 * one, whoever sent it.
 */
static const struct container *container_of(const struct field_ctx *ctx)
{
	const struct container *told = container_announced(ctx->containers);

	return told ? told : container_get(ctx->containers, ctx->who->thread);
}

bool get_container_id(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);

	(void)ref;
	if (c)
		return val_text(out, c->id);
	return ctx->who->thread && val_text(out, container_id(ctx->containers, ctx->who->thread));
}

bool get_container_text(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);

	return c && val_text(out, *(const struct str *)((const char *)c + field_arg_of(ref)));
}

bool get_container_flag(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);

	return c && val_uint(out, *(const bool *)((const char *)c + field_arg_of(ref)));
}

/* Its first process began the pid namespace. */
static uint64_t start_of(const struct field_ctx *ctx)
{
	if (container_announced(ctx->containers) || !ctx->who->thread)
		return 0;
	return ctx->who->thread->pidns_start_ts;
}

bool get_container_start(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return start_of(ctx) && val_uint(out, start_of(ctx));
}

bool get_container_duration(const struct field_ref *ref, const struct field_ctx *ctx,
			    struct val *out)
{
	(void)ref;
	return start_of(ctx) && val_uint(out, ctx->ev->ts - start_of(ctx));
}

/* ---- Mounts ---- */

static void add_mount(struct text *text, const struct container_mount *m)
{
	text_str(text, m->source);
	text_char(text, ':');
	text_str(text, m->dest);
	text_char(text, ':');
	text_str(text, m->mode);
	text_str(text, m->rdwr ? STR(":true:") : STR(":false:"));
	text_str(text, m->propagation);
}

bool get_container_mounts(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);
	struct text text = text_in(ctx);

	(void)ref;
	if (!c)
		return false;
	for (size_t i = 0; i < c->nmounts; i++) {
		if (i)
			text_char(&text, ',');
		add_mount(&text, &c->mounts[i]);
	}
	return val_text(out, text_view(&text));
}

/*
 * By number, or the first whose source matches a glob; the source itself is asked for by
 * destination.
 */
static const struct container_mount *find_mount(const struct field_ref *ref,
						const struct field_ctx *ctx,
						const struct container *c, enum mount_part part)
{
	const char *glob;

	if (ref->has_index)
		return ref->index < c->nmounts ? &c->mounts[ref->index] : NULL;
	glob = arena_str(ctx->scratch, ref->key).p;
	for (size_t i = 0; i < c->nmounts; i++) {
		const struct container_mount *m = &c->mounts[i];
		const struct str path = part == MOUNT_SOURCE ? m->dest : m->source;

		if (fnmatch(glob, arena_str(ctx->scratch, path).p, FNM_PATHNAME) == 0)
			return m;
	}
	return NULL;
}

bool get_container_mount(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const enum mount_part part = (enum mount_part)field_arg_of(ref);
	const struct container *c = container_of(ctx);
	const struct container_mount *m = c ? find_mount(ref, ctx, c, part) : NULL;
	struct text text = text_in(ctx);

	if (!m)
		return false;
	switch (part) {
	case MOUNT_ALL:
		add_mount(&text, m);
		return val_text(out, text_view(&text));
	case MOUNT_SOURCE:
		return val_text(out, m->source);
	case MOUNT_DEST:
		return val_text(out, m->dest);
	case MOUNT_MODE:
		return val_text(out, m->mode);
	case MOUNT_RDWR:
		return val_text(out, m->rdwr ? STR("true") : STR("false"));
	case MOUNT_PROPAGATION:
		return val_text(out, m->propagation);
	}
	return false;
}

/* ---- Labels ---- */

static bool label(const struct container_label *labels, size_t n, struct str key, struct val *out)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(labels[i].key, key))
			return val_text(out, labels[i].value);
	return false;
}

/* "key:value, key:value", without what the kubelet adds for itself. */
static bool all_labels(const struct field_ctx *ctx, const struct container_label *labels, size_t n,
		       struct val *out)
{
	struct text text = text_in(ctx);

	for (size_t i = 0; i < n; i++) {
		if (str_starts_with(labels[i].key, STR("annotation.")) ||
		    str_starts_with(labels[i].key, STR("io.kubernetes.")))
			continue;
		if (text.len)
			text_str(&text, STR(", "));
		text_str(&text, labels[i].key);
		if (labels[i].value.len) {
			text_char(&text, ':');
			text_str(&text, labels[i].value);
		}
	}
	return val_text(out, text_view(&text));
}

bool get_container_label(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);

	return c && label(c->labels, c->nlabels, ref->key, out);
}

bool get_container_labels(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);

	(void)ref;
	return c && all_labels(ctx, c->labels, c->nlabels, out);
}

/* ---- Pods ---- */

/* Labels that the kubelet puts on every container of a pod. */
bool get_pod_fact(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	static const struct str keys[] = {
		[POD_FACT_NAME] = STR("io.kubernetes.pod.name"),
		[POD_FACT_NAMESPACE] = STR("io.kubernetes.pod.namespace"),
		[POD_FACT_UID] = STR("io.kubernetes.pod.uid"),
	};
	const struct container *c = container_of(ctx);

	return c && label(c->labels, c->nlabels, keys[field_arg_of(ref)], out);
}

bool get_pod_sandbox_id(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);
	const uint32_t max = field_arg_of(ref);

	if (!c)
		return false;
	out->s = c->pod_sandbox_id;
	if (out->s.len > max)
		out->s.len = max;
	return true;
}

/*
 * Where the runtime tells the pod's network with every container, the container itself; else
 * the pod's sandbox, if that is known. NULL: unknown.
 */
static const struct container *pod_of(const struct field_ctx *ctx, const struct container *c)
{
	struct str id = c->pod_sandbox_id;

	if (c->cni_json.len)
		return c;
	if (id.len > ID_SHORT)
		id.len = ID_SHORT;
	return id.len ? container_find(ctx->containers, id) : NULL;
}

bool get_pod_text(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);

	c = c ? pod_of(ctx, c) : NULL;
	return c && val_text(out, *(const struct str *)((const char *)c + field_arg_of(ref)));
}

bool get_pod_label(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);
	const struct container *pod = c ? pod_of(ctx, c) : NULL;

	if (!c)
		return false;
	return (pod && label(pod->pod_labels, pod->npod_labels, ref->key, out)) ||
	       label(c->pod_labels, c->npod_labels, ref->key, out);
}

bool get_pod_labels(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	const struct container *c = container_of(ctx);
	const struct container *pod = c ? pod_of(ctx, c) : NULL;

	(void)ref;
	if (!c)
		return false;
	if (!pod)
		pod = c;
	return all_labels(ctx, pod->pod_labels, pod->npod_labels, out);
}

/* Kept so that old rules load; Falco's container plugin does not answer them either. */
bool get_nothing(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	(void)ctx;
	(void)out;
	return false;
}
