/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_PARSE_H
#define FILTER_PARSE_H

#include "syntax.h"

/* One condition being parsed. The first error wins: after it every step returns at once. */
struct parser {
	struct lexer lex;
	struct arena *arena;
	const struct source_text *source;
	struct diags *diags;
	size_t error_at;
	bool failed;
	unsigned calls; /* open calls around the operand being read */
};

/* Records the error at byte `at`, about the text up to `end`; NULL when there was one before. */
struct diag *parse_fail(struct parser *p, size_t at, size_t end, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The word or symbol at `at`, for messages: what the author seems to have meant as one thing. */
struct str parse_word(const struct parser *p, size_t at);

/*
 * Each of these returns NULL when the text does not begin with what it reads, or on an error
 * (p->failed). A name followed by a parenthesis commits to a call.
 */
struct operand *parse_field(struct parser *p);
struct operand *parse_call(struct parser *p);
struct operand *parse_val(struct parser *p);

/* False when there is no quoted text here, or on an error. */
bool parse_quoted(struct parser *p, struct str *out);

/* Reads the test behind an operand. */
bool parse_test(struct parser *p, struct check *check);

#endif
