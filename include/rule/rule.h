/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RULE_RULE_H
#define RULE_RULE_H

/* Rule files to an immutable rule set. */

#include "filter/filter.h"
#include "format/format.h"

struct err;

enum priority {
	PRIORITY_EMERGENCY,
	PRIORITY_ALERT,
	PRIORITY_CRITICAL,
	PRIORITY_ERROR,
	PRIORITY_WARNING,
	PRIORITY_NOTICE,
	PRIORITY_INFORMATIONAL,
	PRIORITY_DEBUG,
};
const char *priority_name(enum priority p);               /* "Informational" */
bool priority_parse(struct str text, enum priority *out); /* any case; "Info" too */

/* A rule as loaded, in the arena of its rule set. */
struct rule {
	struct str name, desc, source;
	struct str condition; /* after lists, exceptions and overrides: what the parser read */
	struct str output;    /* as written, trimmed */
	struct str output_compiled; /* with the appended parts */
	enum priority priority;
	const struct str *tags; /* sorted, unique */
	size_t ntags;
	bool enabled;    /* after selection */
	bool in_set;     /* takes part in matching: enabled, compiled, severe enough */
	struct ast *ast; /* macros still references; NULL when it did not parse */
	struct ast *expanded;
	expr_id expr;
	struct event_set types;
	struct template *message;      /* output_compiled */
	const struct template **extra; /* append_output extra_fields, parallel to extra_keys */
	const struct str *extra_keys;
	size_t nextra;
	bool capture;                 /* record when it matches */
	uint32_t capture_duration_ms; /* 0: the default */
};

/* Selection and shaping, from configuration and command line. */
struct rule_selector {
	bool enable;
	struct str rule; /* with '*' wildcards; p NULL: not given */
	struct str tag;
};

struct append_output {
	struct str match_source, match_rule; /* p NULL: any */
	const struct str *match_tags;
	size_t nmatch_tags;
	struct str extra_output;         /* p NULL: none */
	const struct str *extra_names;   /* extra_fields */
	const struct str *extra_formats; /* p NULL: a plain field, typed */
	size_t nextra;
	bool suggested;
	bool unless_container_info; /* not where the output says %container.info */
};

struct rule_options {
	const struct rule_selector *selectors;
	size_t nselectors;
	const struct append_output *appends;
	size_t nappends;
	enum priority threshold;
	enum match_mode matching;
	struct static_fields statics;
	struct str container_info;       /* what %container.info expands to */
	const struct measures *measures; /* of tests, for the order of asking; NULL: none */
	bool keep_going; /* validation: the files after one that fails are read, too */
};

/* One file's verdict, in the shape of falco_load_results. */
struct load_result {
	struct str file;
	bool ok;
	struct diags diags; /* errors and warnings, in Falco's order */
	int schema;         /* 1 valid, 0 not valid, -1 not checked */
	const struct str *schema_warnings;
	size_t nschema_warnings;
};

struct store; /* the definitions, for ruleset_describe */

struct ruleset {
	struct arena *arena;
	struct store *store;
	struct rule *rules; /* in the order of first definition */
	size_t nrules;
	uint32_t *order; /* rule index by position in `programs`: the order of evaluation */
	size_t norder;
	struct pool *pool;
	struct programs *programs;
	struct event_set extended; /* what some rule, its output included, asks the extension of */
	struct load_result *results;
	size_t nresults;
	bool ok;
};

/*
 * Loads files one after the other into one store, compiles after each, selects at the end.
 * Never NULL; ->ok tells whether it can be used, ->results what was found. Stops at the first
 * file that fails, as Falco does.
 */
struct ruleset *ruleset_load(const char *const *paths, size_t n,
			     const struct rule_options *options);
/* The same from memory. */
struct rule_text {
	const char *name;
	struct str text;
};
struct ruleset *ruleset_parse(const struct rule_text *texts, size_t n,
			      const struct rule_options *options);
void ruleset_free(struct ruleset *r);

/* Files named by -r: a directory gives its *.yaml and *.yml sorted by path; see rules_format.md. */
int rule_files(struct arena *arena, const char *path, const char ***files, size_t *n,
	       struct err *err);

/* -L and -l: text, or JSON in falco_describe_results' shape; name.p NULL: all rules. */
void ruleset_describe(struct buf *out, const struct ruleset *r, struct str name, bool json);
/* -V: falco_load_results as JSON, or the text form. */
void ruleset_results(struct buf *out, const struct ruleset *r, bool json, bool verbose);

/*
 * What `besra profile` saved: JSON with `parts`, each of which has `test`, `ns`, `evaluations` and
 * `true`. False with an error in *d; what is found lives in the arena.
 */
bool measures_read(struct arena *arena, const char *path, struct diags *d, struct measures *out);

/* The engine version we are compatible with. */
#define RULE_ENGINE_VERSION "0.62.0"

#endif
