/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include "regex.h"

/* Values against constants. Types that do not fit each other compare false. */

static bool order_test(enum comparison cmp, int order)
{
	switch (cmp) {
	case CMP_EQ:
	case CMP_EQEQ:
	case CMP_IN:
	case CMP_INTERSECTS:
		return order == 0;
	case CMP_NE:
		return order != 0;
	case CMP_LT:
		return order < 0;
	case CMP_LE:
		return order <= 0;
	case CMP_GT:
		return order > 0;
	case CMP_GE:
		return order >= 0;
	case CMP_EXISTS:
	case CMP_GLOB:
	case CMP_IGLOB:
	case CMP_CONTAINS:
	case CMP_ICONTAINS:
	case CMP_BCONTAINS:
	case CMP_STARTSWITH:
	case CMP_BSTARTSWITH:
	case CMP_ENDSWITH:
	case CMP_REGEX:
	case CMP_PMATCH:
	case COMPARISONS:
		break;
	}
	return false;
}

static bool text_test(enum comparison cmp, struct str s, const struct constant *c,
		      struct arena *scratch)
{
	const struct str with = c->v.s;
	struct str clean;

	switch (cmp) {
	case CMP_EQ:
	case CMP_EQEQ:
	case CMP_IN:
	case CMP_INTERSECTS:
		return str_eq(s, with);
	case CMP_NE:
		return !str_eq(s, with);
	case CMP_LT:
	case CMP_LE:
	case CMP_GT:
	case CMP_GE:
		return order_test(cmp, str_cmp(s, with));
	case CMP_GLOB:
		return glob_match(with, s, false);
	case CMP_IGLOB:
		return glob_match(with, s, true);
	case CMP_CONTAINS:
	case CMP_BCONTAINS:
		return str_contains(s, with);
	case CMP_ICONTAINS:
		return str_icontains(s, with);
	case CMP_STARTSWITH:
	case CMP_BSTARTSWITH:
		return str_starts_with(s, with);
	case CMP_ENDSWITH:
		return str_ends_with(s, with);
	case CMP_REGEX:
		clean = utf8_clean(scratch, s);
		return c->regex && regex_matches(c->regex, clean.p, clean.len);
	case CMP_PMATCH:
		return path_prefix_match(with, s);
	case CMP_EXISTS:
	case COMPARISONS:
		break;
	}
	return false;
}

static bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool ip_in_net(const struct ip *ip, const struct ip *net, unsigned bits)
{
	const unsigned whole = bits / 8, rest = bits % 8;

	if (ip->len != net->len || memcmp(ip->bytes, net->bytes, whole) != 0)
		return false;
	return rest == 0 || (ip->bytes[whole] ^ net->bytes[whole]) >> (8 - rest) == 0;
}

static int compare_signed(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_unsigned(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static bool is_number(enum value_class class)
{
	return class & (CLASS_SIGNED | CLASS_UNSIGNED | CLASS_BOOL);
}

bool value_test(enum comparison cmp, const struct val *v, const struct constant *c,
		struct arena *scratch)
{
	const enum value_class class = class_of(v->type), with = class_of(c->v.type);

	switch (class) {
	case CLASS_SIGNED:
		return is_number(with) && order_test(cmp, compare_signed(v->i, c->v.i));
	case CLASS_UNSIGNED:
	case CLASS_BOOL:
		return is_number(with) && order_test(cmp, compare_unsigned(v->u, c->v.u));
	case CLASS_DOUBLE:
		return with == CLASS_DOUBLE && order_test(cmp, (v->d > c->v.d) - (v->d < c->v.d));
	case CLASS_IP:
		return with == CLASS_IP && order_test(cmp, !ip_eq(&v->ip, &c->v.ip));
	case CLASS_NET:
		return with == CLASS_NET && order_test(cmp, !ip_in_net(&v->ip, &c->v.ip, c->bits));
	case CLASS_TEXT:
	case CLASS_BYTES:
		return (with == CLASS_TEXT || with == CLASS_BYTES) &&
		       text_test(cmp, v->s, c, scratch);
	case CLASS_OPAQUE:
	case CLASS_LISTS:
		break;
	}
	return false;
}

static size_t count_hits(const struct atom *a, const struct val *v, struct arena *scratch)
{
	size_t hits = 0;

	for (size_t i = 0; i < a->n; i++)
		hits += value_test(a->cmp, v, &a->constants[i], scratch);
	return hits;
}

static bool scalar_test(const struct atom *a, const struct val *v, struct arena *scratch)
{
	const size_t hits = count_hits(a, v, scratch);

	switch (a->modifier) {
	case MODIFIER_NONE: /* one constant, or in, intersects, pmatch: any of the list */
	case MODIFIER_ANYOF:
		return hits > 0;
	case MODIFIER_ALLOF:
		return a->n > 0 && hits == a->n;
	case MODIFIER_ONEOF:
		return hits == 1;
	}
	return false;
}

/* `in` wants every element of a list in the set, `intersects` one. */
bool atom_test(const struct atom *a, const struct val *v, struct arena *scratch)
{
	if (!v->is_list)
		return scalar_test(a, v, scratch);
	for (size_t i = 0; i < v->list.n; i++) {
		bool hit = scalar_test(a, &v->list.items[i], scratch);

		if (hit != (a->cmp == CMP_IN))
			return hit;
	}
	return a->cmp == CMP_IN;
}
