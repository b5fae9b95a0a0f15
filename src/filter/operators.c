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
	switch (type) {
	case TYPE_INT8:
	case TYPE_INT16:
	case TYPE_INT32:
	case TYPE_INT64:
	case TYPE_ERRNO:
	case TYPE_FD:
	case TYPE_PID:
	case TYPE_FD32:
	case TYPE_PID32:
		return CLASS_SIGNED;
	case TYPE_UINT8:
	case TYPE_UINT16:
	case TYPE_UINT32:
	case TYPE_UINT64:
	case TYPE_SYSCALLID:
	case TYPE_RELTIME:
	case TYPE_ABSTIME:
	case TYPE_PORT:
	case TYPE_L4PROTO:
	case TYPE_SOCKFAMILY:
	case TYPE_FLAGS8:
	case TYPE_FLAGS16:
	case TYPE_FLAGS32:
	case TYPE_ENUMFLAGS8:
	case TYPE_ENUMFLAGS16:
	case TYPE_ENUMFLAGS32:
	case TYPE_UID:
	case TYPE_GID:
	case TYPE_MODE:
		return CLASS_UNSIGNED;
	case TYPE_DOUBLE:
		return CLASS_DOUBLE;
	case TYPE_BOOL:
		return CLASS_BOOL;
	case TYPE_IPADDR:
	case TYPE_IPV4ADDR:
	case TYPE_IPV6ADDR:
		return CLASS_IP;
	case TYPE_IPNET:
	case TYPE_IPV4NET:
	case TYPE_IPV6NET:
		return CLASS_NET;
	case TYPE_CHARBUF:
	case TYPE_FSPATH:
	case TYPE_FSRELPATH:
		return CLASS_TEXT;
	case TYPE_BYTEBUF:
		return CLASS_BYTES;
	/* A signal number can only be asked for: Falco refuses to compare it. */
	case TYPE_SIGTYPE:
	case TYPE_NONE:
	case TYPE_SOCKADDR:
	case TYPE_SOCKTUPLE:
	case TYPE_FDLIST:
	case TYPE_DYN:
	case TYPE_SIGSET:
	case TYPE_CHARBUFARRAY:
	case TYPE_CHARBUF_PAIR_ARRAY:
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
