/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RULE_INTERNAL_H
#define RULE_INTERNAL_H

/*
 * How rule files become a rule set:
 *
 *	read_*.c	YAML nodes to the structs below, checked one by one
 *	collect.c	define, append and replace in the store, which grows from file to file
 *	lists.c		lists put into text, macros into trees
 *	exceptions.c	exceptions as text behind the condition
 *	compile.c	the whole store to trees, templates and the pool, after each file
 *	select.c	which rules take part, and their programs
 *	schema.c	the structural check beside all this
 *	describe*.c, results.c	what is printed
 *
 * A function that can find the user's text wrong returns false after it has added the
 * diagnostic; the first error of a file ends it.
 */

#include "base/map.h"
#include "rule/rule.h"
#include "yaml/tree.h"

/* ---- Places ------------------------------------------------------------------------------- */

/* "In rule 'x', in its condition": a chain up to the file. */
struct context {
	const char *item_type;
	struct str item_name;
	const struct context *parent; /* NULL: the file itself */
	struct str file;
	uint32_t line, column, offset; /* of the node, from 0 */
	struct span span;              /* what a caret should point at */
};

/* ---- Text with origins -------------------------------------------------------------------- */

struct text_builder {
	struct buf bytes;
	struct arena *arena;
	VEC(struct source_run) runs;
};

void text_begin(struct text_builder *b, struct arena *arena);
/* Bytes [from, to) of t with their origins. */
void text_copy(struct text_builder *b, const struct source_text *t, size_t from, size_t to);
void text_put(struct text_builder *b, const struct source_text *t);
/* Text nobody wrote, standing for `at`. */
void text_word(struct text_builder *b, const char *word, struct span at);
/* False when it became longer than LIMIT_CONDITION. */
bool text_end(struct text_builder *b, struct source_text *out);
struct source_text text_generated(struct arena *arena, struct str s, struct span at);
/* Without blanks around it. */
struct source_text text_trim(struct arena *arena, const struct source_text *t);

/* Macros inside macros inside macros. */
#define MACRO_DEPTH 2000

/* ---- The store ---------------------------------------------------------------------------- */

/* Counts definitions and appends: what was first defined earlier has a smaller index. */
struct item_order {
	size_t index;      /* at the first definition */
	size_t visibility; /* at the last change */
};

struct list_info {
	struct str name;
	const struct context *ctx;
	struct item_order order;
	VEC(struct source_text) items;
	/* Since the last compile: */
	size_t position; /* in the store */
	bool odd;        /* the name is not one word */
	bool plain;      /* its items bring no names of lists, and there are some */
	VEC(struct source_text) compiled;
	VEC(struct str) lists; /* inner lists put in */
	bool used;
};

struct macro_info {
	struct str name;
	const struct context *ctx, *cond_ctx;
	struct item_order order;
	struct source_text condition;
	/* Since the last compile: */
	struct source_text resolved; /* with lists put in */
	struct ast *ast, *expanded;
	enum { MACRO_NEW, MACRO_OPEN, MACRO_DONE } state;
	bool used;
};

struct exception_entry {
	bool is_list;
	struct source_text text; /* of a scalar; empty for what is neither scalar nor list */
	VEC(struct exception_entry *) items;
};

struct exception_info {
	struct str name;
	const struct context *ctx;
	struct exception_entry *fields, *comps;
	VEC(struct exception_entry *) values;
};

struct rule_info {
	struct str name;
	const struct context *ctx, *cond_ctx, *output_ctx;
	struct item_order order;
	struct str source;
	bool unknown_source;
	struct source_text condition, desc, output;
	enum priority priority;
	bool enabled, warn_evttypes, skip_unknown, capture;
	uint32_t capture_duration_ms;
	VEC(struct str) tags;
	VEC(struct exception_info *) exceptions;
	/* Since the last compile; `compiled` only when all is well and the rule was not skipped: */
	bool compiled;
	struct source_text full; /* what the parser read */
	struct str output_full;
	struct ast *ast, *expanded;
	expr_id expr;
	struct event_set types;
	struct template *message;
	const struct template **extra;
	struct str *extra_keys;
	size_t nextra;
	VEC(struct str) exception_fields;
};

struct version {
	uint32_t major, minor, patch;
};

struct plugin_version {
	struct str name, version;
};

struct plugin_requirement {
	const struct context *ctx;
	size_t file_index;
	VEC(struct plugin_version) any; /* the plugin itself, then its alternatives */
};

struct store {
	struct arena *arena;
	struct arena *compiled; /* of the last compile */
	const struct rule_options *options;
	struct load_result *result; /* of the file being read */
	struct diags *d;            /* its diagnostics */
	struct str file;
	size_t file_index; /* of the result */
	size_t next_index;
	VEC(struct list_info *) lists;
	VEC(struct macro_info *) macros;
	VEC(struct rule_info *) rules;
	struct strmap list_names, macro_names, rule_names;
	struct version engine; /* the highest one required */
	VEC(struct plugin_requirement *) plugins;
	struct pool *pool;
	bool *wanted;   /* by position: lists a text may name; see lists.c */
	bool odd_lists; /* some name is no word */
	struct version engine_offered;
};

/* ---- Diagnostics -------------------------------------------------------------------------- */

struct context *context_new(struct store *s, const char *item_type, struct str name,
			    const struct yaml_node *node, const struct context *parent);
/* Adds a diagnostic at ctx, with its chain of locations. */
struct diag *report(struct store *s, enum load_code code, const struct context *ctx,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Gives the diagnostics from index `first` on the locations of ctx and nothing else. */
void place_at(struct store *s, size_t first, const struct context *ctx);
/*
 * Puts the locations of ctx in front of those a lower module gave to the diagnostics from
 * index `first` on: their positions are within the text that stands at ctx.
 */
void relocate(struct store *s, size_t first, const struct context *ctx);
/* The position of byte `at` of a condition's text as one more location below ctx. */
void add_expression(struct store *s, struct diag *d, const struct context *ctx, struct str text,
		    size_t at);
/* What to do about a deprecated field. */
void note_deprecated(struct store *s, struct diag *d);
/* Nearest name of the store's items; empty when none is near. */
struct str nearest_name(struct str name, const struct strmap *names);

/* ---- Reading ------------------------------------------------------------------------------ */

bool read_file(struct store *s, const struct yaml_file *file);
bool read_rule(struct store *s, const struct yaml_node *item, const struct context *root);
bool read_exceptions(struct store *s, const struct yaml_node *item, struct rule_info *r,
		     const struct context *ctx, bool append);
bool read_engine_version(struct store *s, const struct yaml_node *item, const struct context *root);
bool read_plugin_versions(struct store *s, const struct yaml_node *item,
			  const struct context *root);

/*
 * One key of an item. A key that is not there is an error, or fine when `need` is OPTIONAL; then
 * *out keeps what it had.
 */
enum need { REQUIRED, OPTIONAL };
bool get_text(struct store *s, const struct yaml_node *item, const char *key, enum need need,
	      const struct context *ctx, struct source_text *out);
bool get_bool(struct store *s, const struct yaml_node *item, const char *key, enum need need,
	      const struct context *ctx, bool *out);
bool get_u32(struct store *s, const struct yaml_node *item, const char *key, enum need need,
	     const struct context *ctx, uint32_t *out);
/* A sequence of scalars under `key`. */
typedef VEC(struct source_text) text_vec;
bool get_texts(struct store *s, const struct yaml_node *item, const char *key,
	       const struct context *ctx, text_vec *out);
/* A scalar that stands at ctx's node: not empty, not a list or map. */
bool get_scalar(struct store *s, const struct yaml_node *node, const struct context *ctx,
		struct source_text *out);

enum item_kind { ITEM_ENGINE_VERSION, ITEM_PLUGIN_VERSIONS, ITEM_LIST, ITEM_MACRO, ITEM_RULE };
/* LOAD_UNKNOWN_KEY for keys the item's kind does not know: tables/rule_keys.def. */
void warn_unknown_keys(struct store *s, const struct yaml_node *item, enum item_kind kind,
		       const struct context *ctx);

/* What `override` says, per key of tables/rule_keys.def. */
enum rule_key {
#define RULE_KEY(id, name, kinds, overrides) KEY_##id,
#include "tables/rule_keys.def"
#undef RULE_KEY
	RULE_KEYS
};
const char *rule_key_name(enum rule_key key);
/* True when `override` of some kind of item may name the key. */
bool override_known(struct str key);

struct overrides {
	bool append[RULE_KEYS], replace[RULE_KEYS];
	size_t nappend, nreplace;
};
bool read_overrides(struct store *s, const struct yaml_node *item, enum item_kind kind,
		    const struct context *ctx, struct overrides *out);

/* ---- Collecting --------------------------------------------------------------------------- */

struct list_info *find_list(const struct store *s, struct str name);
struct macro_info *find_macro(const struct store *s, struct str name);
struct rule_info *find_rule(const struct store *s, struct str name);

void define_list(struct store *s, struct list_info *l);
bool append_list(struct store *s, const struct list_info *l);
void define_macro(struct store *s, struct macro_info *m);
bool append_macro(struct store *s, const struct macro_info *m);

bool define_rule(struct store *s, struct rule_info *r);
bool append_rule(struct store *s, const struct rule_info *r);
bool replace_in_rule(struct store *s, const struct rule_info *r, const struct overrides *o);
bool toggle_rule(struct store *s, const struct rule_info *r);

/* ---- Compiling ---------------------------------------------------------------------------- */

bool compile_store(struct store *s);
void compile_lists(struct store *s);
/* The text with all lists put in; false when it became too long. Marks them as used. */
bool put_lists(struct store *s, const struct source_text *text, struct source_text *out);
bool compile_macros(struct store *s);
/* Replaces the macros of a rule's tree, all of which are visible, and marks them as used. */
bool expand_rule(struct store *s, struct rule_info *r);

bool exception_entry_given(const struct exception_entry *e);
bool check_exception(struct store *s, struct exception_info *e);
/* The condition with its exceptions. */
bool put_exceptions(struct store *s, struct rule_info *r, struct source_text *out);

/*
 * The last diagnostic is an error about something unknown in a rule that asks to be skipped
 * then: it becomes a warning.
 */
void forgive_last(struct store *s);
/* The rule's output with what the options append; checked and compiled. */
bool compile_output(struct store *s, struct rule_info *r, bool *skip);

void check_schema(struct store *s, const struct yaml_file *file);

void select_rules(struct store *s, struct ruleset *set);

/* ---- Small things ------------------------------------------------------------------------- */

/* Digits with an optional plus sign, or 0x and hex digits, or 0 and octal ones. */
bool whole_number(struct str s, uint32_t *out);
bool version_parse(struct str text, struct version *out);
bool version_compatible(struct version offered, struct version required);
int version_cmp(struct version a, struct version b);
/* "a*b": see spec rules_format.md 8 for what it matches. */
bool wildcard_matches(struct str pattern, struct str text);

#endif
