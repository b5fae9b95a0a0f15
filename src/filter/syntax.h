/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_SYNTAX_H
#define FILTER_SYNTAX_H

/* The parsed condition: what the lexer, parser, printer and checker share. */

#include "base/limits.h"
#include "base/vec.h"
#include "field/term.h"
#include "filter/filter.h"

/* ---- Tables ------------------------------------------------------------------------------- */

/* Kinds of values, as far as operators tell them apart. */
enum value_class {
	CLASS_SIGNED = 1 << 0,
	CLASS_UNSIGNED = 1 << 1,
	CLASS_DOUBLE = 1 << 2,
	CLASS_BOOL = 1 << 3,
	CLASS_IP = 1 << 4,
	CLASS_NET = 1 << 5,
	CLASS_TEXT = 1 << 6,
	CLASS_BYTES = 1 << 7,
	CLASS_OPAQUE = 1 << 8, /* may exist, and that is all */
	CLASS_LISTS = 1 << 9,  /* of operators: take lists of values too */
};
enum value_class class_of(enum value_type type);

enum comparison {
#define OPERATOR(id, spelling, form, means, classes) CMP_##id,
#include "tables/operators.def"
#undef OPERATOR
	COMPARISONS
};

enum operator_form { FORM_UNARY, FORM_NUMBER, FORM_SYMBOL, FORM_WORD, FORM_LIST };

struct operator_row {
	struct str spelling;
	enum operator_form form;
	enum comparison means; /* CMP_EQ for "==" too */
	uint16_t classes;      /* enum value_class, CLASS_LISTS */
};
extern const struct operator_row operators[COMPARISONS];

enum modifier { MODIFIER_NONE, MODIFIER_ONEOF, MODIFIER_ANYOF, MODIFIER_ALLOF };
/* By enum modifier; empty for MODIFIER_NONE. */
extern const struct str modifier_words[MODIFIER_ALLOF + 1];

/* ---- Trees -------------------------------------------------------------------------------- */

/* Calls inside calls; Falco is known to take 1,100. */
#define CALL_NESTING 2000
/* Nodes of one condition after macros; far above what 4 MiB of honest text can hold. */
#define TREE_WEIGHT (1u << 18)

/* A value as written, without types. */
struct operand {
	enum operand_kind kind;
	enum transformer fn; /* CALL */
	bool has_key;        /* [key] behind a field or a call; the key may be empty */
	size_t at, end;      /* bytes of the condition's text */
	struct str text;     /* FIELD: the name without key; TEXT: the value */
	struct str key;
	struct operand **items; /* CALL: arguments; LIST: elements */
	size_t n;
};

struct literal {
	struct str text; /* after escapes */
	size_t at;
};

enum right_kind {
	RIGHT_NONE,
	RIGHT_VALUE,
	RIGHT_WORD, /* a single identifier where a list could stand */
	RIGHT_LIST,
	RIGHT_OPERAND,
};

struct check {
	const struct operand *left;
	enum comparison op; /* as spelled: CMP_EQEQ stays */
	enum modifier modifier;
	enum right_kind right;
	size_t right_at; /* where the value, or the list's parenthesis, stands */
	const struct literal *values;
	size_t n;
	const struct operand *operand;
};

enum ast_kind { AST_AND, AST_OR, AST_NOT, AST_MACRO, AST_CHECK };

struct ast {
	enum ast_kind kind;
	bool expanded;   /* without references; it may stand in several others */
	uint32_t depth;  /* 1 for a leaf; saturates */
	uint32_t weight; /* nodes below and this one, shared ones counted each time; saturates */
	size_t at, end;
	const struct source_text *source; /* of a leaf: the text in which `at` and `end` count */
	union {
		struct {
			const struct ast **items; /* NOT: one */
			size_t n;
		} group;
		struct str macro;
		struct check check;
	};
};

/* A group of n >= 1 trees, with depth and weight worked out; AND and OR of one are that one. */
const struct ast *ast_group(struct arena *arena, enum ast_kind kind, const struct ast **items,
			    size_t n);
/* False for trees that passes over trees must not enter: they recurse. */
bool ast_is_bounded(const struct ast *tree);

/* The field with its key as the describe output names it: name or name[key]; empty is none. */
struct str operand_field_text(struct arena *arena, const struct operand *o);
void operand_print(struct buf *out, const struct operand *o);

/*
 * Adds a diagnostic about bytes [from, to) of the text. Its location is that of byte `at`: the
 * place where Falco reports it, which is often the start of the whole check.
 */
struct diag *filter_diag(struct diags *d, enum load_code code, const struct source_text *text,
			 size_t at, size_t from, size_t to, const char *format, ...)
	__attribute__((format(printf, 7, 8)));

/* ---- Lexer -------------------------------------------------------------------------------- */

/* A position in the text. A lex_* function that returns false has not moved it. */
struct lexer {
	struct str text;
	size_t at;
};

void lex_blanks(struct lexer *l);
bool lex_is_blank(char c);
/* True when the text goes on with these bytes, whatever follows them. */
bool lex_literal(struct lexer *l, struct str word);
/* [a-zA-Z]+[a-zA-Z0-9_]* */
bool lex_identifier(struct lexer *l, struct str *out);
/* Identifiers joined by at least one dot. */
bool lex_field(struct lexer *l, struct str *out);
bool lex_number(struct lexer *l, struct str *out);
bool lex_bare(struct lexer *l, struct str *out);
bool lex_key(struct lexer *l, struct str *out);

enum lex_quoted { QUOTED_NONE, QUOTED_OK, QUOTED_BAD_ESCAPE };
/* Decoded into the arena. On a bad escape l stands behind the string, *out is the escape. */
enum lex_quoted lex_quoted(struct lexer *l, struct arena *arena, struct str *out);

#endif
