/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RULE_INSPECT_H
#define RULE_INSPECT_H

/* Where the definitions of a loaded rule set stand, for tools that talk to its author. */

#include "rule/rule.h"

struct macro_place {
	struct str name;
	struct span at;        /* the definition */
	struct span condition; /* its text */
	const struct ast *ast; /* references to other macros stand */
	bool used;
};

struct list_place {
	struct str name;
	struct span at;
	const struct source_text *items; /* as written; a name of a list stands for it */
	size_t nitems;
	bool used;
};

struct rule_place {
	struct span at;
	struct span condition;
	bool warn_evttypes;
};

/* False when there is no such macro. */
bool ruleset_macro(const struct ruleset *r, struct str name, struct macro_place *out);
size_t ruleset_macros(const struct ruleset *r);
struct macro_place ruleset_macro_at(const struct ruleset *r, size_t i);
size_t ruleset_lists(const struct ruleset *r);
struct list_place ruleset_list_at(const struct ruleset *r, size_t i);
bool ruleset_is_list(const struct ruleset *r, struct str name);
/* `i`: index into r->rules. */
struct rule_place ruleset_rule_place(const struct ruleset *r, size_t i);

#endif
