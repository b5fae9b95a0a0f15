/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_POOL_H
#define FILTER_POOL_H

/*
 * Checked conditions: terms, constants, atoms (one comparison) and the
 * nodes of the shared DAG. Built by pool_add, read by the interpreter and by the compiler.
 */

#include "base/map.h"
#include "syntax.h"

struct regex;
struct path_set;

/* The right side of a comparison, compiled for the type on its left. */
struct constant {
	struct val v;        /* numbers are widened to 64 bit, DOUBLE is in v.d */
	uint8_t bits;        /* of a network */
	struct regex *regex; /* CMP_REGEX: the pool frees it */
};

struct atom {
	const struct term *left;
	const struct term *right; /* or the constants below */
	enum comparison cmp;
	enum modifier modifier;
	bool multi; /* compared through field_get_all */
	bool ends;  /* != must hold for all values */
	uint16_t deps;
	const struct constant *constants;
	size_t n;
	const struct path_set *paths;  /* CMP_PMATCH */
	const struct measure *measure; /* or NULL */
};

enum node_kind { NODE_ATOM, NODE_NOT, NODE_AND, NODE_OR };

/* Children have smaller numbers than their parents. */
struct node {
	enum node_kind kind;
	uint32_t depth;
	uint16_t deps;
	uint32_t atom;
	const expr_id *items;
	size_t n;
	/* The event types for which it can be true, and for which its negation can. */
	const struct event_set *yes, *no;
};

/* What came of a tree that stands in others as it is: the body of a macro. */
struct known_tree {
	expr_id id;   /* EXPR_NONE: not yet added */
	bool calm;    /* nothing in it is worth a hint about its fields */
	bool correct; /* nor about its constants */
};

struct pool {
	struct arena *arena;
	const struct static_fields *statics;
	VEC(struct atom) atoms;
	VEC(struct node) nodes;
	VEC(struct regex *) regexes;
	struct strmap atom_ids; /* by key: number + 1 as a pointer */
	struct strmap node_ids;
	struct idmap trees; /* struct known_tree by the tree's address */
	const struct event_set *all, *none;
	const struct measures *measures; /* or NULL */
};

/* ---- Building ----------------------------------------------------------------------------- */

/* What checking one condition needs to know. The first error wins. */
struct checker {
	struct pool *pool;
	const struct source_text *source;
	struct diags *diags;
	size_t at; /* start of the check being looked at: where Falco reports its errors */
	size_t error_at;
	bool failed;
	bool unknown;
};

/* The fault is in bytes [from, to) of the text. */
struct diag *check_fail(struct checker *c, size_t from, size_t to, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Of a tree that was expanded; NULL for any other, and without memory. */
struct known_tree *tree_known(struct pool *p, const struct ast *tree);

/* NULL after an error. `right`: it stands on the right of an operator. */
struct term *term_check(struct checker *c, const struct operand *o, bool right);
/* Appends what makes two terms equal. */
void term_key(struct buf *out, const struct term *t);

/* Warnings that come before all checks, and those that come only when nothing was wrong. */
void warn_early(struct checker *c, const struct ast *tree);
void warn_late(struct checker *c, const struct ast *tree);

/* NULL, or what is wrong with the text as a constant for a field of this type. */
const char *constant_parse(struct arena *arena, enum value_type type, enum comparison cmp,
			   struct str text, struct constant *out);

/* The sets of an atom: spec/filter_language.md 7. */
void events_of_atom(struct pool *p, const struct atom *a, const struct event_set **yes,
		    const struct event_set **no);
void events_of_group(struct pool *p, struct node *n);
/* Whether the field is evt.type or syscall.type itself, undisguised. */
bool term_is_event_type(const struct term *t);

/* ---- Evaluating --------------------------------------------------------------------------- */

/* An atom without right side on a value of its left side. */
bool atom_test(const struct atom *a, const struct val *v, struct arena *scratch);
bool atom_eval(const struct atom *a, const struct field_ctx *ctx);
/* One value against one constant. */
bool value_test(enum comparison cmp, const struct val *v, const struct constant *c,
		struct arena *scratch);

/* fnmatch without flags in the C locale, `fold`: ASCII letters without case. */
bool glob_match(struct str pattern, struct str text, bool fold);

/* Path prefixes by component; a component holding ? * or [ is a glob. */
struct path_set *path_set_new(struct arena *arena, const struct constant *prefixes, size_t n);
bool path_set_match(const struct path_set *s, struct str path, struct arena *scratch);
/* The same for one prefix, the plain way. */
bool path_prefix_match(struct str prefix, struct str path);

/* Bytes that are no UTF-8 become U+FFFD; the text itself when there are none. */
struct str utf8_clean(struct arena *scratch, struct str s);

#endif
