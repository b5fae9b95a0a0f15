/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTAINER_INTERNAL_H
#define CONTAINER_INTERNAL_H

#include "container/container.h"

/* One container's metadata in one block: the record, its arrays, its text. */
struct record {
	struct record *older, *newer; /* in the registry's list */
	size_t bytes;                 /* of the block */
	struct container container;
};

/*
 * Reads what a container event or Falco's own async events carry as JSON. NULL when it is no
 * JSON, names no container or there is no memory. *cut grows by what the limits leave out.
 */
struct record *record_from_json(struct str json, uint64_t *cut);
/* The oldest form of the event: id, type, name and image only. */
struct record *record_from_text(struct str id, uint32_t type, struct str name, struct str image);
void record_free(struct record *r);

#endif
