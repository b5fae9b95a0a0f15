/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RULE_FACTS_H
#define RULE_FACTS_H

/* What the describe output says about conditions and outputs: names, each once, sorted. */

#include "internal.h"

struct names {
	struct arena *arena;
	VEC(struct str) list;
};

void names_add(struct names *n, struct str name);
void names_sort(struct names *n);

void facts_of_tree(const struct ast *tree, struct names *fields, struct names *operators);
/* Macros and lists by the names the author used. */
void facts_of_text(const struct store *s, const struct source_text *text, struct names *macros,
		   struct names *lists);
void names_of_events(const struct pool *p, expr_id e, const struct event_set *types,
		     struct names *out);
void names_of_output(struct str text, const struct template *t, struct names *out);

#endif
