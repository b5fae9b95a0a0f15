/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

/*
 * Conditions: text to tree, tree to one shared DAG of atoms, DAG to one program per event type.
 * The AST interpreter answers the same question the slow way and is the oracle of the VM.
 */

#include "diag/diag.h"
#include "field/field.h"

/*
 * Every diagnostic added here has one location, "condition expression", whose line and column
 * count from 1 within the condition's text and whose offset is the byte: what Falco adds to the
 * position of the condition. Where Falco knows no position (a deprecated field, a comparison
 * with <NA>) line and column are 0. The span in `at` is the author's text.
 */

/* ---- Syntax ------------------------------------------------------------------------------- */

/*
 * A condition as parsed: macros are references by name, constants are text. Lives in the arena
 * it was parsed into and never changes.
 */
struct ast;

/*
 * Parses a whole condition. On failure returns NULL with one diagnostic added (code
 * LOAD_ERR_COMPILE_CONDITION), whose `error_at` is the byte of the condition's text at which
 * Falco's parser would stop too.
 */
struct ast *ast_parse(struct arena *arena, const struct source_text *text, struct diags *d,
		      size_t *error_at);

/* The canonical text, as `condition_compiled` of the describe output has it. */
void ast_print(struct buf *out, const struct ast *tree);

/* Calls fn for every macro name used, with the span of the use; false from fn stops. */
void ast_each_macro(const struct ast *tree, bool (*fn)(struct str name, size_t at, void *arg),
		    void *arg);

/*
 * A copy of `tree` in which every macro reference is replaced by the tree `find` returns, which
 * is shared, not copied, and must hold no references itself. A tree that becomes too deep or too
 * large by this is still returned; pool_add refuses it.
 */
struct ast *ast_expand(struct arena *arena, const struct ast *tree,
		       const struct ast *(*find)(struct str macro, void *arg), void *arg);

/* Facts for the describe output: fields, operators, event types used. */
void ast_each_field(const struct ast *tree, void (*fn)(struct str field, size_t at, void *arg),
		    void *arg);
void ast_each_operator(const struct ast *tree, void (*fn)(struct str op, void *arg), void *arg);

/* What a comparator of an exception may be: "in", "startswith", "glob anyof". */
enum comparator_form {
	COMPARATOR_UNKNOWN,
	COMPARATOR_UNARY, /* no value: exists */
	COMPARATOR_VALUE, /* one value */
	COMPARATOR_LIST,  /* a list in parentheses */
};
enum comparator_form comparator_form(struct str text);

/* ---- Meaning ------------------------------------------------------------------------------ */

/* A set of event types, one bit each. */
struct event_set {
	uint64_t words[(EVENT_TYPES + 63) / 64];
};

static inline bool event_set_has(const struct event_set *s, unsigned type)
{
	return s->words[type / 64] >> (type % 64) & 1;
}

/*
 * All atoms and expressions of one rule set: equal ones are the same node. Immutable once
 * programs were made from it.
 */
struct pool;

struct pool *pool_new(struct arena *arena, const struct static_fields *statics);
void pool_free(struct pool *p); /* what is not in the arena: compiled regexes and the like */

/* What a test did on a recording, by its canonical text (ast_print). */
struct measure {
	struct str test;
	uint64_t evaluations, hits, ns;
};
struct measures {
	struct measure *items; /* measures_sort puts them in order */
	size_t n;
};
void measures_sort(struct measures *m);
/*
 * Before anything is added: what was measured decides in which order programs ask. `m` must
 * outlive the pool.
 */
void pool_measured(struct pool *p, const struct measures *m);

typedef uint32_t expr_id;
#define EXPR_NONE UINT32_MAX

/*
 * Checks types, compiles constants and adds the (macro-free) tree to the pool, before which a
 * tree made by ast_expand must not go away. EXPR_NONE with a
 * diagnostic added when a field, operator or value is wrong; *error_at as for ast_parse, and
 * *unknown says that the fault is of the kind `skip-if-unknown-filter` forgives.
 */
expr_id pool_add(struct pool *p, const struct ast *tree, const struct source_text *text,
		 struct diags *d, size_t *error_at, bool *unknown);

/* The event types for which the expression can be true: spec/filter_language.md 7. */
struct event_set pool_event_types(const struct pool *p, expr_id e);

/* Whether it can be true for an event of this name (`evt.type`), as the same analysis sees it. */
bool pool_possible_for(const struct pool *p, expr_id e, struct str event_name);

/* What the values of all fields in it depend on: enum field_dep. */
uint16_t pool_deps(const struct pool *p, expr_id e);

/* The AST interpreter. */
bool pool_eval(const struct pool *p, expr_id e, const struct field_ctx *ctx);

/* ---- Programs ----------------------------------------------------------------------------- */

struct program_rule {
	expr_id condition;
	struct event_set types; /* tried only on these */
};

/* One program per event type that has rules; all of them share constants and atoms. */
struct programs;

enum match_mode { MATCH_FIRST, MATCH_ALL };

/* Rules in the order in which they are tried. Always succeeds; programs_check holds after it. */
struct programs *programs_compile(struct arena *arena, const struct pool *p,
				  const struct program_rule *rules, size_t n, enum match_mode mode);
void programs_free(struct programs *p); /* what is not in the arena */

/* What makes programs fast, each of which can be left out: for measurements and tests. */
enum program_part {
	PART_FOLD = 1 << 0,   /* what the event's type decides is decided beforehand */
	PART_SHARE = 1 << 1,  /* what several rules ask is found out once per event */
	PART_THREAD = 1 << 2, /* what depends only on the thread is kept until that changes */
	PART_INDEX = 1 << 3,  /* one lookup per field for all = and in, sets for long lists */
	PART_ORDER = 1 << 4,  /* the cheap and decisive come first */
	PART_SKIP = 1 << 5,   /* what is false for one rule is skipped in those after it */
	PART_TRIE = 1 << 6,   /* one walk of a text for all that it may begin or end with */
	PART_SCAN = 1 << 7,   /* one scan of a text for all that it may hold */
};
const char *program_part_name(enum program_part part);
#define PROGRAM_PARTS 8

struct program_options {
	enum match_mode mode;
	unsigned without;  /* enum program_part */
	bool check_memory; /* whatever is remembered of a thread is found out again and compared */
	size_t memory;     /* bytes for what is remembered of threads; 0: PROGRAM_MEMORY */
	uint32_t together; /* atoms from which on one walk or scan serves all; 0: where it pays */
};
#define PROGRAM_MEMORY ((size_t)64 << 20)

struct programs *programs_compile_with(struct arena *arena, const struct pool *p,
				       const struct program_rule *rules, size_t n,
				       const struct program_options *options);

struct program_stats {
	uint64_t recalled; /* answers remembered from an earlier event of the thread */
	uint64_t refused; /* threads of which nothing is remembered for want of memory, per event */
	uint64_t wrong;   /* check_memory: answers that were not true any more */
	size_t bytes;     /* held for what is remembered of threads */
};
void program_stats(const struct programs *p, struct program_stats *out);

/* What matched, as indices into the rules given to programs_compile, ascending. */
struct matches {
	size_t n;
	uint32_t *rule; /* owned by the programs; valid until the next run */
};

/*
 * One VM run: no allocation beyond ctx->scratch, no errors. What was found out for this event is
 * kept until the next run, and what was found out about ctx->who->thread until that changes, so
 * one `programs` belongs to one thread, and to one state until programs_forget.
 */
void programs_run(struct programs *p, const struct field_ctx *ctx, struct matches *out);
void programs_forget(struct programs *p);

/* True when some rule can match this type at all. */
bool programs_want(const struct programs *p, unsigned type);

/* Jumps forward only, operands in range, last instruction RETURN: for tests and assertions. */
bool programs_check(const struct programs *p);
void programs_disassemble(struct buf *out, const struct programs *p, unsigned type);

#endif
