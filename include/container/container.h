/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTAINER_CONTAINER_H
#define CONTAINER_CONTAINER_H

/*
 * From a thread's cgroups to the container it runs in, and what is known of that container:
 * from container events of a trace here, from the runtimes when live.
 */

#include "state/state.h"

struct containers;

struct container_mount {
	struct str source, dest, mode, propagation;
	bool rdwr;
};

struct container_label {
	struct str key, value;
};

/* Metadata, all of it present or an empty string; owned by the registry, valid for one event. */
struct container {
	struct str id, full_id, name, image, image_id, image_repository, image_tag, image_digest;
	struct str type; /* "docker", "containerd", ... */
	struct str ip;
	struct str cni_json; /* of the pod, where the runtime tells it with the container */
	struct str user;
	struct str pod_sandbox_id; /* full */
	const struct container_mount *mounts;
	size_t nmounts;
	const struct container_label *labels, *pod_labels; /* ordered by key */
	size_t nlabels, npod_labels;
	bool privileged, host_pid, host_network, host_ipc, is_pod_sandbox;
};

struct container_stats {
	uint64_t known;     /* containers now */
	uint64_t bytes;     /* of their metadata */
	uint64_t evicted;   /* forgotten because there were too many or too much of them */
	uint64_t malformed; /* events whose JSON could not be read, or without an id */
	uint64_t cut;       /* labels or mounts left out, texts over the limit */
};

/* Both before the state's own: places in the state's cgroup strings are remembered. */
struct containers *containers_new(struct state *state);
void containers_free(struct containers *c);

/* Looks at container and container-related async events; cheap for all others. */
void containers_apply(struct containers *c, const struct event *ev);
void containers_stats(const struct containers *c, struct container_stats *out);

/*
 * The short id of the thread's container, "host" outside of one; also for a thread of which
 * little more than the number is known, as in Falco. Empty for NULL. Valid for one event.
 */
struct str container_id(struct containers *c, const struct thread *t);
/* Its metadata; NULL when nothing is known. For the host a record named "host". */
const struct container *container_get(struct containers *c, const struct thread *t);
/* By short id. */
const struct container *container_find(const struct containers *c, struct str id);
/* What the event last applied told of a container; NULL when it was about something else. */
const struct container *container_announced(const struct containers *c);

/* Finds a container id and runtime in "subsys=path" cgroups; both empty when there is none. */
struct cgroup_match {
	struct str id;      /* 12 characters for hex ids */
	struct str runtime; /* "docker", "cri", "containerd", "podman", "lxc", ... */
};
struct cgroup_match container_match(struct str cgroups);

#endif
