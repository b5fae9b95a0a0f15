/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FILTER_SUPPORT_H
#define TESTS_FILTER_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "filter/filter.h"

/*
 * A machine made of events written by hand. The last event of a scene is the one conditions are
 * asked about; it is not retired, so that what it ends is still there.
 *
 *	EVENT_ID tid [name=value]...
 *
 * A value is a number for parameters of fixed size, otherwise text: bare, or in double quotes
 * with \n \t \0 \\ \" and \xHH as escapes. Text parameters get their NUL, byte parameters do not.
 * Parameters that are not named are empty.
 */
struct scene {
	struct arena *arena;
	struct state *state;
	struct containers *containers;
	struct buf bytes;
	struct event ev;
	struct subject who;
	struct field_history history;
	struct field_ctx ctx;
	uint64_t events;
};

void scene_init(struct scene *s);
void scene_fini(struct scene *s);
/* Fails the test when the line is wrong. */
void scene_event(struct scene *s, const char *line);
void scene_events(struct scene *s, const char *const *lines, size_t n);

/* A condition in a pool of its own. */
struct compiled {
	struct arena *arena;
	struct pool *pool;
	struct diags diags;
	const struct ast *tree; /* NULL: does not parse */
	expr_id expr;           /* EXPR_NONE: does not parse or check */
	size_t error_at;
	bool unknown;
};

struct compiled compile(struct str condition);
void compiled_fini(struct compiled *c);
/* The message of the last error, or "". */
const char *compiled_message(const struct compiled *c);

/* The verdict of a program that has this condition as its only rule. */
bool verdict_of_program(const struct compiled *c, const struct field_ctx *ctx);

/* Standard scenes: tests/cases/scenes.txt has them by name. */
struct scenes {
	struct arena *arena;
	struct named_scene {
		struct str name;
		struct scene scene;
	} * items;
	size_t n;
};
void scenes_load(struct scenes *s);
void scenes_fini(struct scenes *s);
/* Fails the test when there is none of that name. */
struct scene *scenes_get(struct scenes *s, struct str name);

/* A whole file of tests/cases, in the arena; fails the test when it cannot be read. */
struct str read_case_file(struct arena *arena, const char *name);
/* The next line without its end; false at the end of the text. */
bool next_line(struct str *rest, struct str *line);

#endif
