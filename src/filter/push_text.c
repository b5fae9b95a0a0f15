/* SPDX-License-Identifier: Apache-2.0 */
#include "push.h"

/* Beginnings of texts. A longer beginning is tested as far as a test can hold it. */

/* More constants than this are looked at only for what they have in common. */
#define CONSTANTS_EACH 32

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* What stands in front of the first byte of `special`. */
static struct str literal_part(struct str s, const char *special)
{
	size_t n = 0;

	while (n < s.len && !is_one_of(s.p[n], special))
		n++;
	return str_of(s.p, n);
}

/*
 * The bytes with which every text begins for which the comparison with this constant holds; false
 * when there are none. `whole`: the text ends behind them.
 */
static bool beginning(enum comparison cmp, struct str s, struct str *out, bool *whole)
{
	*whole = false;
	*out = s;
	switch (cmp) {
	case CMP_EQ:
	case CMP_IN:
	case CMP_INTERSECTS:
		*whole = true;
		return true;
	case CMP_STARTSWITH:
		return s.len > 0;
	case CMP_GLOB:
		*out = literal_part(s, "*?[\\");
		return out->len > 0;
	case CMP_PMATCH:
		*out = literal_part(s, "*?[\\");
		/* a component that is a pattern in part begins at its slash */
		while (out->len && out->len < s.len && out->p[out->len - 1] != '/')
			out->len--;
		while (out->len > 1 && out->p[out->len - 1] == '/')
			out->len--;
		return out->len > 1 && out->p[0] == '/' && !str_contains(*out, STR("//"));
	case CMP_EXISTS:
	case CMP_EQEQ:
	case CMP_NE:
	case CMP_LE:
	case CMP_LT:
	case CMP_GE:
	case CMP_GT:
	case CMP_IGLOB:
	case CMP_CONTAINS:
	case CMP_ICONTAINS:
	case CMP_BCONTAINS:
	case CMP_BSTARTSWITH:
	case CMP_ENDSWITH:
	case CMP_REGEX:
	case COMPARISONS:
		break;
	}
	return false;
}

static struct wire_test prefix_test(const struct push *p, const struct atom *a,
				    struct field_origin o, struct str s, bool whole)
{
	struct wire_test t = param_test(p->type, o.param);
	size_t n = s.len < WIRE_PREFIX_BYTES ? s.len : WIRE_PREFIX_BYTES;

	t.op = WIRE_TEST_PREFIX;
	/* a path that may be completed, and one whose components alone are compared */
	t.relative = o.kind != ORIGIN_TEXT || a->cmp == CMP_PMATCH;
	t.plain = o.kind == ORIGIN_PLAIN_PATH || a->cmp == CMP_PMATCH;
	memcpy(t.a, s.p, n);
	if (whole && n == s.len && n < WIRE_PREFIX_BYTES && o.kind != ORIGIN_PLAIN_PATH)
		n++; /* the NUL; normalising takes a slash from the end */
	memset(t.b, 0xff, n);
	return t;
}

/*
 * An absent text shows as "<NA>" or "NULL" in some fields, and the old drivers' "(NULL)" stands for
 * it: constants that look like it are left alone.
 */
static bool is_ordinary(struct field_origin o, struct str s)
{
	if (str_chr(s, '\0') != s.len || (s.len && is_one_of(s.p[0], "<(N")))
		return false;
	/* what is not absolute may be a part of the path a relative one stands for */
	return o.kind == ORIGIN_TEXT || (s.len && s.p[0] == '/');
}

/* May be true: one of the beginnings. */
static struct dnf begins(const struct push *p, const struct atom *a, struct field_origin o)
{
	struct dnf out = dnf_const(false);
	struct wire_test common = { 0 };

	for (size_t i = 0; i < a->n; i++) {
		struct str s;
		struct wire_test t;
		bool whole;

		if (!is_ordinary(o, a->constants[i].v.s) ||
		    !beginning(a->cmp, a->constants[i].v.s, &s, &whole))
			return dnf_const(true);
		t = prefix_test(p, a, o, s, whole);
		if (a->n <= CONSTANTS_EACH) {
			out = dnf_or(p->arena, out, dnf_test(p->arena, &t));
			continue;
		}
		if (i == 0)
			common = t;
		for (size_t k = 0; k < WIRE_PREFIX_BYTES; k++)
			if (((uint8_t *)common.b)[k] &&
			    (!((uint8_t *)t.b)[k] ||
			     ((uint8_t *)common.a)[k] != ((uint8_t *)t.a)[k])) {
				memset((uint8_t *)common.a + k, 0, WIRE_PREFIX_BYTES - k);
				memset((uint8_t *)common.b + k, 0, WIRE_PREFIX_BYTES - k);
			}
	}
	if (a->n <= CONSTANTS_EACH)
		return out;
	/* a slash alone says nothing */
	return ((uint8_t *)common.b)[1] ? dnf_test(p->arena, &common) : dnf_const(true);
}

/* May be false: where `startswith` is wholly decided by the test, none of the beginnings. */
static struct dnf begins_otherwise(const struct push *p, const struct atom *a,
				   struct field_origin o)
{
	struct dnf out = dnf_const(true);

	if (a->cmp != CMP_STARTSWITH || a->modifier != MODIFIER_NONE || o.kind == ORIGIN_PLAIN_PATH)
		return out;
	for (size_t i = 0; i < a->n; i++) {
		struct wire_test t;

		if (a->constants[i].v.s.len > WIRE_PREFIX_BYTES ||
		    !is_ordinary(o, a->constants[i].v.s))
			continue;
		t = prefix_test(p, a, o, a->constants[i].v.s, false);
		t.op = WIRE_TEST_NO_PREFIX;
		out = dnf_and(p->arena, out, dnf_test(p->arena, &t));
	}
	return out;
}

struct possible push_text(const struct push *p, const struct atom *a, struct field_origin o)
{
	const enum value_class class = class_of(a->left->type);

	if (!a->n || !(class & (CLASS_TEXT | CLASS_BYTES)) || a->cmp == CMP_NE)
		return (struct possible){ dnf_const(true), dnf_const(true) };
	return (struct possible){ begins(p, a, o), begins_otherwise(p, a, o) };
}
