/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

/*
 * One tree is made of all files and overrides; only then is it compared with the table. The
 * tree is made of the yaml module's own nodes, so a complaint can always point at its text.
 */

#include "base/err.h"
#include "config/config.h"
#include "yaml/tree.h"

#define CONFIG_FILES_MAX 256       /* included files, directories expanded */
#define CONFIG_INDEX_MAX 100000    /* n of `-o key[n]=` */
#define CONFIG_VALUE_MAX (1 << 20) /* bytes of one value after ${VARIABLES} were put in */
#define CONFIG_KEY_MAX   512       /* bytes of a key path shown in a message */

enum option_type {
	TYPED_BOOL,
	TYPED_INT,
	TYPED_NUMBER,
	TYPED_TEXT,
	TYPED_CHOICE,
	TYPED_LIST,
	TYPED_SELECTORS,
	TYPED_APPENDS,
	TYPED_PAIRS,
	TYPED_FILES,
};

struct option_info {
	const char *key;
	enum option_type type;
	const char *preset;  /* "": nothing */
	const char *choices; /* TYPED_CHOICE: separated by blanks */
	int64_t min, max;    /* TYPED_INT, TYPED_NUMBER */
	size_t offset;       /* in struct config */
	const char *help;
};

enum accepted_when { WHEN_LIVE, WHEN_QUIET, WHEN_MISSING };

struct accepted_info {
	const char *key;
	enum accepted_when when;
	const char *why;
};

extern const struct option_info option_table[OPTIONS];
extern const struct accepted_info accepted_table[];
extern const size_t accepted_count;

/* ---- tree.c ---- */

struct yaml_node *tree_map(struct arena *a, struct span at);
struct yaml_node *tree_text(struct arena *a, struct str value, struct span at);
/* Sets what the path ("a.b[2].c[]") leads to. False with *why set when there is no such place. */
bool tree_set(struct arena *a, struct yaml_node *root, struct str path, struct yaml_node *value,
	      const char **why);
/* Lays the top-level keys of `from` over `into`. */
void tree_merge(struct arena *a, struct yaml_node *into, const struct yaml_node *from,
		enum merge_strategy how);
/* Replaces ${NAME} by the environment's value in every scalar; $${NAME} becomes ${NAME}. */
void tree_expand(struct arena *a, struct yaml_node *n);

/* ---- decode.c ---- */

/* Decodes the whole tree; complaints go to *d. */
void config_decode(const struct yaml_node *root, struct config *out, struct diags *d);
bool decode_files(const struct yaml_node *n, struct config_files *out, struct diags *d);

/* ---- structured.c ---- */

bool decode_list(const struct yaml_node *n, const char *what, struct str_list *out,
		 struct diags *d);
bool decode_selectors(const struct yaml_node *n, struct config_selectors *out, struct diags *d);
bool decode_appends(const struct yaml_node *n, struct config_appends *out, struct diags *d);
bool decode_pairs(const struct yaml_node *n, struct config_pairs *out, struct diags *d);

#endif
