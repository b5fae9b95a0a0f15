/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax.h"

enum {
	NUMBERS = CLASS_SIGNED | CLASS_UNSIGNED | CLASS_DOUBLE,
	TEXT = CLASS_TEXT,
	BYTES = CLASS_BYTES,
	SCALAR = NUMBERS | TEXT | BYTES | CLASS_BOOL | CLASS_IP | CLASS_NET,
	ANY = SCALAR | CLASS_OPAQUE,
	LISTS = CLASS_LISTS,
};

const struct operator_row operators[COMPARISONS] = {
#define OPERATOR(id, text, how, what, classes)                                                     \
	[CMP_##id] = { { text, sizeof(text) - 1 }, FORM_##how, CMP_##what, classes },
#include "tables/operators.def"
#undef OPERATOR
};

const struct str modifier_words[MODIFIER_ALLOF + 1] = {
	[MODIFIER_NONE] = { "", 0 },
	[MODIFIER_ONEOF] = { "oneof", 5 },
	[MODIFIER_ANYOF] = { "anyof", 5 },
	[MODIFIER_ALLOF] = { "allof", 5 },
};

enum value_class class_of(enum value_type type)
{
	/* Signal numbers and sets can only be asked for: Falco refuses to compare them. */
	if (type == TYPE_SIGTYPE || type == TYPE_SIGSET)
		return CLASS_OPAQUE;
	switch (type_kind(type)) {
	case KIND_SIGNED:
		return CLASS_SIGNED;
	case KIND_UNSIGNED:
		return CLASS_UNSIGNED;
	case KIND_DOUBLE:
		return CLASS_DOUBLE;
	case KIND_BOOL:
		return CLASS_BOOL;
	case KIND_IP:
		return CLASS_IP;
	case KIND_NET:
		return CLASS_NET;
	case KIND_TEXT:
		return CLASS_TEXT;
	case KIND_BYTES:
		return CLASS_BYTES;
	case KIND_STRUCT:
	case KIND_NONE:
		return CLASS_OPAQUE;
	}
	return CLASS_OPAQUE;
}

enum comparator_form comparator_form(struct str text)
{
	for (size_t i = 0; i < COMPARISONS; i++) {
		const struct operator_row *row = &operators[i];
		struct str rest;

		if (!str_starts_with(text, row->spelling))
			continue;
		rest = str_from_index(text, row->spelling.len);
		if (rest.len == 0)
			return row->form == FORM_UNARY  ? COMPARATOR_UNARY
			       : row->form == FORM_LIST ? COMPARATOR_LIST
							: COMPARATOR_VALUE;
		if (row->form != FORM_SYMBOL && row->form != FORM_WORD)
			continue;
		for (size_t m = MODIFIER_ONEOF; m <= MODIFIER_ALLOF; m++)
			if (rest.p[0] == ' ' && str_eq(str_from_index(rest, 1), modifier_words[m]))
				return COMPARATOR_LIST;
	}
	return COMPARATOR_UNKNOWN;
}
