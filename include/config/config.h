/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

/*
 * The configuration: a falco.yaml-compatible file, the files it names, and `-o key=value` on
 * top, checked against tables/options.def and decoded into one plain struct.
 */

#include "diag/diag.h"

struct err;

/* Text values: p is NULL when the key has no value. */
struct str_list {
	struct str *items;
	size_t n;
};

struct config_selector {
	bool enable;
	struct str rule; /* with '*' wildcards; p NULL: not given */
	struct str tag;  /* p NULL: not given */
	struct span at;
};

struct config_append {
	struct str match_source, match_rule; /* p NULL: any */
	struct str_list match_tags;
	struct str extra_output; /* p NULL: none */
	struct str_list extra_names;
	struct str_list extra_formats; /* parallel; p NULL: a plain field, typed */
	bool suggested;
	struct span at;
};

struct config_pairs {
	struct str *keys, *values;
	size_t n;
};

struct config_selectors {
	struct config_selector *items;
	size_t n;
};

struct config_appends {
	struct config_append *items;
	size_t n;
};

enum merge_strategy { MERGE_APPEND, MERGE_OVERRIDE, MERGE_ADD_ONLY };

struct config_files {
	struct str *paths;
	enum merge_strategy *strategies;
	size_t n;
};

enum option_id {
#define OPTION(member, key, type, preset, detail, help) OPTION_##member,
#define ACCEPTED(key, when, why)
#include "tables/options.def"
#undef OPTION
#undef ACCEPTED
	OPTIONS
};

#define OPTION_TYPE_BOOL      bool
#define OPTION_TYPE_INT       int64_t
#define OPTION_TYPE_NUMBER    double
#define OPTION_TYPE_TEXT      struct str
#define OPTION_TYPE_CHOICE    struct str
#define OPTION_TYPE_LIST      struct str_list
#define OPTION_TYPE_SELECTORS struct config_selectors
#define OPTION_TYPE_APPENDS   struct config_appends
#define OPTION_TYPE_PAIRS     struct config_pairs
#define OPTION_TYPE_FILES     struct config_files

/* Everything it points to lives in the arena it was loaded into. */
struct config {
#define OPTION(member, key, type, preset, detail, help) OPTION_TYPE_##type member;
#define ACCEPTED(key, when, why)
#include "tables/options.def"
#undef OPTION
#undef ACCEPTED
	bool given[OPTIONS];     /* by a file or on the command line, not by default */
	struct span at[OPTIONS]; /* where; doc NULL for a default */
	struct str_list sources; /* the files that were read, in order */
};

/*
 * Reads the file (NULL: defaults only) and what it includes, lays `overrides` ("key.path=value")
 * over it in order, and decodes. Warnings and errors about the text go to *d, whose arena
 * everything lives in. Returns 0; -errno with *err filled when a file cannot be read; -EINVAL when
 * *d holds errors.
 */
int config_load(const char *path, const char *const *overrides, size_t noverrides,
		struct config *out, struct diags *d, struct err *err);

/* An error about an option's value found by somebody else: a priority that is none. */
void config_complain(const struct config *c, enum option_id id, struct diags *d,
		     const char *message);

const char *option_key(enum option_id id);

/* All keys with type, default and help, for a reader. */
void config_help(struct buf *out);
/* The same as a JSON schema. */
void config_schema(struct buf *out);

#endif
