/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGRESS_LINT_H
#define REGRESS_LINT_H

/* What in a rule set is legal but wrong. */

#include "rule/rule.h"

enum lint_code {
#define LINT(id, name, severity, load, short_text, doc) LINT_##id,
#include "tables/lint_codes.def"
#undef LINT
	LINT_CODES
};

struct lint_info {
	const char *name; /* "never-matches" */
	enum severity severity;
	const char *short_text;
	const char *doc;
};
const struct lint_info *lint_info(enum lint_code code);

struct lint_finding {
	enum lint_code code;
	struct span at;
	struct str message;   /* lower case, no full stop */
	struct note notes[2]; /* the remedy; text.len == 0: unused */
	struct str rule;      /* empty: it is not about one rule */
};

struct lint_report {
	struct arena *arena;
	VEC(struct lint_finding) list; /* by file in the order of loading, then by place */
	size_t warnings, notes;
};

/*
 * The set has been loaded with these options and without errors; findings borrow from it and
 * from the arena.
 */
struct lint_report *lint(struct arena *arena, const struct ruleset *rules,
			 const struct rule_options *options);

/* With carets, as diagnostics are printed; then a line that counts them. */
void lint_print(struct buf *out, const struct lint_report *r);
/* {"findings":[...],"warnings":N,"notes":N} */
void lint_json(struct buf *out, const struct lint_report *r);
/* SARIF 2.1.0: one run. */
void lint_sarif(struct buf *out, const struct lint_report *r);
/* All codes with what they mean. */
void lint_codes(struct buf *out);

#endif
