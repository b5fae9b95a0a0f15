/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DIAG_DIAG_H
#define DIAG_DIAG_H

/*
 * What is wrong with the user's text, and where. Spans are byte ranges into a named document;
 * line and column are worked out only when somebody prints.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

#include <stdarg.h>

struct document {
	const char *name; /* as the user gave it: "rules/shell.yaml" */
	struct str text;  /* the whole file */
};

/* Bytes [start, end) of doc->text. doc NULL: no place is known. */
struct span {
	const struct document *doc;
	uint32_t start;
	uint32_t end;
};

/*
 * Text put together from pieces of documents: a folded YAML scalar, a condition after lists
 * were put in. Offset `at` of the text and those after it, up to the next run, come from
 * `from`: byte by byte when `verbatim`, else as a whole (an escape, a generated word).
 */
struct source_run {
	uint32_t at;
	struct span from;
	bool verbatim;
};

struct source_text {
	struct str text;
	const struct source_run *runs; /* ascending `at`; the first one has at == 0 */
	size_t nruns;
};

/* The index of the run that byte `at` belongs to; the text has runs. */
size_t source_run_at(const struct source_text *t, size_t at);
/* The place in a document of bytes [start, end) of a source text. */
struct span source_span(const struct source_text *t, size_t start, size_t end);

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/* LOAD_ERR_YAML_PARSE, ...: tables/load_codes.def. */
enum load_code {
#define LOAD_CODE(id, severity, short_text, description) id,
#include "tables/load_codes.def"
#undef LOAD_CODE
	LOAD_CODES
};

const char *load_code_name(enum load_code code);  /* "LOAD_ERR_VALIDATE" */
const char *load_code_short(enum load_code code); /* "Error validating rule/macro/..." */
const char *load_code_description(enum load_code code);
enum severity load_code_severity(enum load_code code);

/* One step of "in rule 'x', in its condition": positions as Falco counts them, from 0. */
struct location {
	const char *item_type; /* "rule condition": spec/rules_format.md 7 */
	struct str item_name;
	struct str file;
	uint32_t line, column, offset;
};

struct note {
	struct span at;
	struct str text;
};

struct diag {
	enum load_code code;
	struct span at;
	struct str message;         /* lower case, no full stop */
	struct note notes[2];       /* "did you mean 'proc.name'?"; text.len == 0: unused */
	struct location *locations; /* outermost first */
	size_t nlocations;
	struct str deprecated_field; /* for LOAD_DEPRECATED_ITEM about a field */
};

/* In the order found; memory is the arena's. */
struct diags {
	struct arena *arena;
	VEC(struct diag) list;
	size_t errors;
	size_t warnings;
};

/* The new entry, for adding notes and locations; message is formatted into the arena. */
struct diag *diag_add(struct diags *d, enum load_code code, struct span at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
struct diag *diag_addv(struct diags *d, enum load_code code, struct span at, const char *format,
		       va_list args);
void diag_note(struct diags *d, struct diag *to, struct span at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Line and column of a byte, both counting from 1; the column counts bytes. */
void document_position(const struct document *doc, size_t offset, unsigned *line, unsigned *column);

/*
 *	rules/shell.yaml:12:26: error: unknown field 'proc.nmae' [LOAD_ERR_COMPILE_CONDITION]
 *	  condition: spawned and proc.nmae = bash
 *	                         ^~~~~~~~~
 *	rules/shell.yaml:12:26: note: did you mean 'proc.name'?
 */
void diag_print(struct buf *out, const struct diag *d);

/* The line at `at` and the caret under it, as diag_print shows them; nothing without a place. */
void diag_snippet(struct buf *out, struct span at);

/*
 * The candidate nearest to `name`, when it is near enough to be worth a suggestion; an empty
 * str otherwise. `next` yields candidates until it returns false.
 */
struct str diag_nearest(struct str name, bool (*next)(void *arg, struct str *candidate), void *arg);

#endif
