/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIELD_PROCESS_H
#define FIELD_PROCESS_H

/* What the rows of the process, user, fd and container classes share. */

#include <stddef.h>

#include "field/field.h"

/* A text of a process: of the thread itself, of its parent, of ancestors, of leaders. */
enum proc_text {
	PROC_COMM,
	PROC_EXE_TEXT,
	PROC_EXEPATH_TEXT,
	PROC_ARGS_TEXT,
	PROC_CMDLINE_TEXT,
	PROC_EXELINE_TEXT,
	PROC_ENV_TEXT,
};

struct str proc_text(const struct field_ctx *ctx, const struct thread *t, enum proc_text which);
/* The value of an environment variable without blanks around it; empty when it has none. */
struct str proc_env_value(const struct thread *t, struct str name);

/* False for numbers that stand for no host id. */
bool is_shown_id(int64_t id);

/* The argument of a row about a leader: who, and which of its texts. */
#define LEADER(lead, text) ((uint32_t)(lead) << 8 | (uint32_t)(text))

/* The leader of the event's thread group: level 0 of the ancestors. NULL: unknown. */
const struct thread *own_process(const struct field_ctx *ctx);
/* n steps up from it, each to the leader of a group. NULL: one of them is unknown. */
const struct thread *ancestor(const struct field_ctx *ctx, uint32_t n);

/*
 * A walk along the threads that `ptid` names, not their leaders, from the parent of own_process
 * on. Ends at an unknown thread, in a loop, or after LIMIT_ANCESTORS steps.
 */
struct ancestor_walk {
	const struct state *state;
	const struct thread *next;
	const struct thread *anchor; /* passed again: a loop */
	uint32_t steps, turn;
};
struct ancestor_walk walk_ancestors(const struct field_ctx *ctx);
/* NULL at the end. */
const struct thread *walk_next(struct ancestor_walk *w);

/* Which end of a connection a row shows. */
enum fd_end {
	END_CLIENT,
	END_SERVER,
	END_LOCAL,
	END_REMOTE,
};

/* Which part of a container's mount a row shows. */
enum mount_part {
	MOUNT_ALL,
	MOUNT_SOURCE,
	MOUNT_DEST,
	MOUNT_MODE,
	MOUNT_RDWR,
	MOUNT_PROPAGATION,
};

/* Which of the facts that its containers carry as labels a row about a pod shows. */
enum pod_fact {
	POD_FACT_NAME,
	POD_FACT_NAMESPACE,
	POD_FACT_UID,
};

#endif
