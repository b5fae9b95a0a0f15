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

/* Metadata, all of it present or an empty string; owned by the registry. */
struct container {
	struct str id, full_id, name, image, image_id, image_repository, image_tag, image_digest;
	struct str type; /* "docker", "containerd", ... */
	struct str ip;
	struct str cni_json;
	struct str user;
	struct str pod_sandbox_id, pod_ip, pod_cni_json;
	const struct container_mount *mounts;
	size_t nmounts;
	const struct container_label *labels, *pod_labels;
	size_t nlabels, npod_labels;
	bool privileged, host_pid, host_network, host_ipc;
	bool has_metadata; /* false: only the id is known so far */
};

struct containers *containers_new(struct state *state);
void containers_free(struct containers *c);

/* Looks at container and container-related async events; cheap for all others. */
void containers_apply(struct containers *c, const struct event *ev);

/*
 * The short id of the thread's container, "host" outside of one. Empty when the thread or its
 * cgroups are unknown. Remembered per cgroup string.
 */
struct str container_id(struct containers *c, const struct thread *t);
/* Its metadata; NULL when nothing is known. For the host a record named "host". */
const struct container *container_get(struct containers *c, const struct thread *t);

/* Finds a container id and runtime in "subsys=path" cgroups; both empty when there is none. */
struct cgroup_match {
	struct str id;      /* 12 characters for hex ids */
	struct str runtime; /* "docker", "cri", "containerd", "podman", "lxc", ... */
};
struct cgroup_match container_match(struct str cgroups);

#endif
