/* SPDX-License-Identifier: Apache-2.0 */
#ifndef YAML_TREE_H
#define YAML_TREE_H

/*
 * A YAML file as a tree of nodes that remember where they came from. Every scalar keeps the
 * runs that lead from its value back to the file, so that a caret inside a folded scalar points
 * at the author's own text.
 */

#include "diag/diag.h"

struct err;

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	struct span span;
	uint32_t line, column; /* of the node's first character, both from 0, as libyaml's marks */
	/* YAML_SCALAR */
	struct source_text value;
	bool plain; /* unquoted: only such a scalar can be null, a number or a boolean */
	/* YAML_SEQUENCE: items; YAML_MAP: pairs, in file order, duplicates included */
	struct yaml_node **items;
	struct yaml_pair *pairs;
	size_t n;
};

struct yaml_pair {
	struct yaml_node *key;
	struct yaml_node *value;
};

struct yaml_file {
	struct document *doc;
	struct yaml_node **roots; /* one per document of the file; NULL: an empty document */
	size_t nroots;
};

/*
 * Reads and parses a file. The tree lives in `arena`. Returns 0; -errno with *err filled when
 * the file cannot be read; -EBADMSG with one LOAD_ERR_YAML_PARSE in *d when it is not YAML (what
 * was parsed before the fault is in *out then).
 */
int yaml_read(struct arena *arena, const char *path, struct yaml_file *out, struct diags *d,
	      struct err *err);
/* The same for text in memory; `text` must outlive the arena. */
int yaml_parse(struct arena *arena, const char *name, struct str text, struct yaml_file *out,
	       struct diags *d);

/* The value of the first pair with that key, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* null, ~ or nothing, unquoted */
bool yaml_is_null(const struct yaml_node *n);
/* YAML 1.1 booleans: y, yes, true, on and their opposites in three spellings each */
bool yaml_bool(const struct yaml_node *n, bool *out);
/* The same for text that may have stood in quotes. */
bool yaml_bool_word(struct str text, bool *out);
bool yaml_int(const struct yaml_node *n, int64_t *out);

#endif
