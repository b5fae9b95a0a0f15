/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIELD_TERM_H
#define FIELD_TERM_H

/*
 * Values that conditions compare and outputs print: a field, a literal, a list, or one of the
 * functions of tables/transformers.def around others. How they are written is the business of
 * whoever parses them.
 */

#include "field/field.h"

enum transformer {
#define TRANSFORMER(id, name, min, max, help) FN_##id,
#include "tables/transformers.def"
#undef TRANSFORMER
	TRANSFORMERS
};

struct transformer_row {
	struct str name;
	uint8_t min, max; /* arguments */
};
extern const struct transformer_row transformers[TRANSFORMERS];

enum operand_kind {
	OPERAND_FIELD,
	OPERAND_CALL,
	OPERAND_TEXT, /* a literal: quoted text or a number, which is text too */
	OPERAND_LIST, /* of operands, as an argument of a call */
};

/* Lives in the arena of whoever made it, as all it points to. */
struct term {
	enum operand_kind kind;
	enum transformer fn;  /* CALL */
	enum value_type type; /* of the value, or of the list's elements */
	bool is_list;
	char option;            /* CALL: getopt(...)[c]; 0: none */
	uint16_t deps;          /* enum field_dep of all fields inside */
	struct field_ref field; /* FIELD */
	struct str text;        /* TEXT; of a CALL what stands in brackets behind it */
	struct term **items;    /* CALL, LIST */
	size_t n;
};

bool type_is_text(enum value_type type);

/* Makes an empty term that of a field. */
void term_set_field(struct term *t, const struct field_ref *ref);
/* Gives a call its arguments or a list its elements. */
void term_set_items(struct term *t, struct term **items, size_t n);

/*
 * Works out what kind of value a call has, from its function, arguments and brackets. NULL, or
 * what is wrong; *arg is the argument at fault then, or t->n when it is the call as a whole.
 */
const char *term_check_call(struct arena *arena, struct term *t, size_t *arg);

/*
 * The term's value; false when it has none: a field in it is absent, or a function does not take
 * the value. Results live in ctx->scratch or in the event.
 */
bool term_get(const struct term *t, const struct field_ctx *ctx, struct val *out);

#endif
