/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FORMAT_INTERNAL_H
#define FORMAT_INTERNAL_H

#include "format/format.h"

#define WIDTH_MAX   1000000 /* of %NNNfield */
#define OPERAND_MAX 1024    /* operands of one transformer */
#define LIST_MAX    4096    /* elements a transformer makes of a list */

enum transformer {
#define TRANSFORMER(id, name, min, max, help) TRANSFORM_##id,
#include "tables/transformers.def"
#undef TRANSFORMER
	TRANSFORMERS
};

enum operand_kind { OPERAND_FIELD, OPERAND_TEXT, OPERAND_LIST, OPERAND_CALL };

/* A field, a literal, a parenthesised list, or a transformer around others. */
struct operand {
	enum operand_kind kind;
	enum value_type type; /* of the value, or of a list's elements */
	bool is_list;
	struct field_ref ref;         /* FIELD */
	struct str text;              /* TEXT; the key of getopt(...)[key] */
	enum transformer transformer; /* CALL */
	bool has_key;
	const struct operand **args; /* CALL, LIST */
	size_t nargs;
};

/* False when there is no such transformer. */
bool transformer_parse(struct str name, enum transformer *out);
const char *transformer_name(enum transformer t);
/* Works out op->type and op->is_list from the arguments; an explanation when they do not fit. */
const char *transformer_check(struct operand *op);
/* The operand's value; false when it has none. Memory comes from ctx->scratch. */
bool operand_get(const struct operand *op, const struct field_ctx *ctx, struct val *out);

/*
 * Parses the longest prefix of `text` that is a field or a transformer call. Returns the bytes
 * taken, or 0 with a message.
 */
size_t operand_parse(struct arena *arena, struct str text, const struct static_fields *statics,
		     const struct operand **out, const char **why);

#endif
