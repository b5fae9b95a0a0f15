/* SPDX-License-Identifier: Apache-2.0 */
#include "push.h"

/*
 * Numbers are not worked out here: fields are asked about events made for it, so that what a
 * value is called is known in one place. Texts are looked at in push_text.c.
 */

/* ---- Tests ---------------------------------------------------------------------------------- */

enum plain_sign { SIGNED, UNSIGNED };

static const struct {
	uint16_t type;
	uint8_t param, argument, bits, sign;
} plain[] = {
#define PLAIN(event, param, argument, bits, sign)                                                  \
	{ EVENT_##event, event##_##param, argument, bits, sign },
#include "tables/plain_params.def"
#undef PLAIN
};

struct wire_test param_test(unsigned type, unsigned param)
{
	const int width = event_info(type)->params[param].width;
	struct wire_test t = { .param = (uint8_t)param,
			       .bits = (uint8_t)(8 * (width < 0 ? -width : width)),
			       .is_signed = width < 0 };

	if (param == 0 && t.bits == 64 && type != EVENT_GENERIC_X)
		t.reg = WIRE_REGISTER_RESULT;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (plain[i].type == type && plain[i].param == param) {
			t.reg = (uint8_t)(WIRE_REGISTER_ARG + plain[i].argument);
			t.bits = plain[i].bits;
			t.is_signed = plain[i].sign == SIGNED;
		}
	return t;
}

struct wire_test range_test(unsigned type, unsigned param, int64_t from, int64_t to)
{
	struct wire_test t = param_test(type, param);

	t.op = WIRE_TEST_RANGE;
	t.a[0] = (uint64_t)from;
	t.b[0] = (uint64_t)to - (uint64_t)from;
	return t;
}

static struct dnf in_range(const struct push *p, unsigned param, int64_t from, int64_t to)
{
	const struct wire_test t = range_test(p->type, param, from, to);

	return t.b[0] == UINT64_MAX ? dnf_const(true) : dnf_test(p->arena, &t);
}

/* Everything else; the whole range leaves nothing. */
static struct dnf outside_range(const struct push *p, unsigned param, int64_t from, int64_t to)
{
	struct wire_test t = range_test(p->type, param, from, to);

	if (t.b[0] == UINT64_MAX)
		return dnf_const(false);
	t.a[0] += t.b[0] + 1;
	t.b[0] = UINT64_MAX - t.b[0] - 1;
	return dnf_test(p->arena, &t);
}

static struct dnf with_bits(const struct push *p, unsigned param, uint32_t mask, bool set)
{
	struct wire_test t = param_test(p->type, param);

	t.op = set ? WIRE_TEST_BITS : WIRE_TEST_NO_BITS;
	t.a[0] = mask;
	return mask ? dnf_test(p->arena, &t) : dnf_const(!set);
}

static struct possible anything(void)
{
	return (struct possible){ dnf_const(true), dnf_const(true) };
}

static struct possible always(bool value)
{
	return (struct possible){ dnf_const(value), dnf_const(!value) };
}

/* ---- The event asked about ------------------------------------------------------------------ */

bool push_init(struct push *p, struct arena *arena, const struct pool *pool, unsigned type,
	       unsigned code)
{
	const struct event_info *info = event_info(type);
	struct event_writer w;
	struct raw raw = { 0 };

	*p = (struct push){ .arena = arena, .pool = pool, .type = type, .info = info };
	if (!info->exists || info->length_size != sizeof(uint16_t))
		return false;
	event_begin(&w, &p->bytes, type, 1, 1, info->nparams);
	for (unsigned i = 0; i < info->nparams; i++)
		if (type == EVENT_GENERIC_X && i == GENERIC_X_ID)
			event_push_int(&w, (int64_t)code);
		else if (type == EVENT_GENERIC_X && i == GENERIC_X_NATIVEID)
			event_push_int(&w, syscall_info(code)->native);
		else if (info->params[i].width)
			event_push_int(&w, 0);
		else
			event_push_empty(&w);
	if (event_end(&w) < 0)
		return false;
	raw.bytes = (const uint8_t *)p->bytes.p;
	raw.len = (uint32_t)p->bytes.len;
	p->ctx = (struct field_ctx){
		.ev = &p->ev, .who = &p->who, .scratch = arena, .statics = pool->statics
	};
	return event_open(&p->ev, &raw) == 0;
}

void push_fini(struct push *p)
{
	buf_fini(&p->bytes);
}

/* What the atom says when the parameter has this value, which is cut to the parameter's width. */
static bool asked(struct push *p, const struct atom *a, unsigned param, int64_t *v)
{
	const struct str s = event_param(&p->ev, param);
	const size_t at = (size_t)(s.p - p->bytes.p);
	bool verdict;

	memcpy(p->bytes.p + at, v, s.len);
	event_int(&p->ev, param, v);
	verdict = atom_eval(a, &p->ctx);
	memset(p->bytes.p + at, 0, s.len);
	return verdict;
}

static bool says(struct push *p, const struct atom *a, unsigned param, int64_t v)
{
	return asked(p, a, param, &v);
}

/* ---- Numbers compared as numbers ------------------------------------------------------------ */

static bool compares_signed(const struct push *p, const struct atom *a, unsigned param)
{
	if (a->left->field.id == FIELD_EVT_RAWARG)
		return class_of(p->info->params[param].type) == CLASS_SIGNED;
	return class_of(a->left->type) == CLASS_SIGNED;
}

/* The constants as one range that may be too large; as a set of bits where that is exact. */
static struct dnf one_of(const struct push *p, const struct atom *a, unsigned param)
{
	struct wire_test t = param_test(p->type, param);
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (size_t i = 0; i < a->n; i++) {
		const int64_t v = a->constants[i].v.i;

		least = v < least ? v : least;
		most = v > most ? v : most;
	}
	if (a->n == 1 || (uint64_t)most - (uint64_t)least >= 64)
		return in_range(p, param, least, most);
	t.op = WIRE_TEST_SET;
	t.b[0] = (uint64_t)least;
	for (size_t i = 0; i < a->n; i++)
		t.a[0] |= UINT64_C(1) << (uint64_t)(a->constants[i].v.i - least);
	return dnf_test(p->arena, &t);
}

/* Not one of them, or as much of that as can be said. */
static struct dnf none_of(const struct push *p, const struct atom *a, unsigned param)
{
	struct dnf in;
	struct wire_test t;

	if (a->n == 1)
		return outside_range(p, param, a->constants[0].v.i, a->constants[0].v.i);
	in = one_of(p, a, param);
	if (in.n != 1 || in.items[0].n != 1 || in.items[0].tests[0].op != WIRE_TEST_SET)
		return dnf_const(true);
	t = in.items[0].tests[0];
	t.a[0] = ~t.a[0];
	t.outside = 1;
	return dnf_test(p->arena, &t);
}

static struct possible compared(const struct push *p, const struct atom *a, unsigned param)
{
	const bool sign = compares_signed(p, a, param);
	const int64_t c = a->constants[0].v.i;
	/* unsigned numbers from 2^63 on are negative here, and ranges may wrap around */
	const int64_t least = sign ? INT64_MIN : 0, most = sign ? INT64_MAX : -1;

	switch (a->cmp) {
	case CMP_EQ:
	case CMP_IN:
	case CMP_INTERSECTS:
		return (struct possible){ one_of(p, a, param), none_of(p, a, param) };
	case CMP_NE:
		if (a->n != 1)
			return anything();
		return (struct possible){ none_of(p, a, param), one_of(p, a, param) };
	case CMP_LT:
		if (c == least)
			return always(false);
		return (struct possible){ in_range(p, param, least, c - 1),
					  in_range(p, param, c, most) };
	case CMP_LE:
		return (struct possible){ in_range(p, param, least, c),
					  c == most ? dnf_const(false)
						    : in_range(p, param, c + 1, most) };
	case CMP_GT:
		if (c == most)
			return always(false);
		return (struct possible){ in_range(p, param, c + 1, most),
					  in_range(p, param, least, c) };
	case CMP_GE:
		return (struct possible){ in_range(p, param, c, most),
					  c == least ? dnf_const(false)
						     : in_range(p, param, least, c - 1) };
	case CMP_EXISTS:
	case CMP_EQEQ:
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
	return anything();
}

static struct possible number_possible(const struct push *p, const struct atom *a, unsigned param)
{
	const enum value_class class = class_of(a->left->type);

	if (!(class & (CLASS_SIGNED | CLASS_UNSIGNED | CLASS_BOOL)) || !a->n ||
	    a->modifier != MODIFIER_NONE || !p->info->params[param].width ||
	    class_of(p->info->params[param].type) == CLASS_DOUBLE)
		return anything();
	return compared(p, a, param);
}

/* ---- Numbers that are a truth --------------------------------------------------------------- */

static struct possible sign_possible(struct push *p, const struct atom *a)
{
	const bool failed = says(p, a, 0, -1), worked = says(p, a, 0, 0);
	const struct dnf negative = in_range(p, 0, INT64_MIN, -1);
	const struct dnf positive = in_range(p, 0, 0, INT64_MAX);

	if (failed == worked)
		return always(failed);
	return failed ? (struct possible){ negative, positive }
		      : (struct possible){ positive, negative };
}

static struct possible bits_possible(struct push *p, const struct atom *a, unsigned param,
				     uint32_t mask)
{
	const bool clear = atom_eval(a, &p->ctx);
	const bool set = mask ? says(p, a, param, (int64_t)mask) : clear;

	if (set == clear)
		return always(set);
	return (struct possible){ with_bits(p, param, mask, set),
				  with_bits(p, param, mask, clear) };
}

/* A descriptor that was not made has a number below 0. */
static struct possible made_possible(const struct push *p, const struct atom *a)
{
	const bool has_result = p->info->nparams && p->info->params[0].width == -8;
	bool only_made = has_result && a->n && a->modifier == MODIFIER_NONE;

	for (size_t i = 0; i < a->n; i++)
		only_made &= a->constants[i].v.i >= (a->cmp == CMP_GT ? -1 : 0);
	only_made &= a->cmp == CMP_EQ || a->cmp == CMP_IN || a->cmp == CMP_GT || a->cmp == CMP_GE;
	if (!only_made || class_of(a->left->type) != CLASS_SIGNED)
		return anything();
	return (struct possible){ in_range(p, 0, 0, INT64_MAX), dnf_const(true) };
}

/* ---- Numbers that have names ---------------------------------------------------------------- */

/* Candidates and what the atom says of each. */
struct values {
	size_t n;
	int64_t v[512];
	bool is_true[512];
};

static void ask(struct values *c, struct push *p, const struct atom *a, unsigned param, int64_t v)
{
	if (c->n == ARRAY_SIZE(c->v))
		return;
	c->is_true[c->n] = asked(p, a, param, &v);
	c->v[c->n++] = v;
}

static bool could_be_number(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdefABCDEFxX-", s.p[i]) || !s.p[i])
			return false;
	return true;
}

/*
 * Whether the atom may be true (or false) of numbers that are no candidates, and so show as
 * numbers. `=` of a decimal number has made that a candidate.
 */
static void beyond_candidates(const struct atom *a, bool decimal, bool *may_true, bool *may_false)
{
	bool hit = false;

	*may_true = *may_false = true;
	if (a->modifier != MODIFIER_NONE)
		return;
	for (size_t i = 0; i < a->n; i++) {
		const struct str s = a->constants[i].v.s;
		int64_t n;

		if (a->cmp == CMP_EQ || a->cmp == CMP_IN || a->cmp == CMP_NE)
			hit |= could_be_number(s) && !(decimal && str_to_i64(s, &n));
		else
			hit |= could_be_number(s);
	}
	if (a->cmp == CMP_EQ || a->cmp == CMP_IN || a->cmp == CMP_CONTAINS ||
	    a->cmp == CMP_STARTSWITH || a->cmp == CMP_ENDSWITH)
		*may_true = hit;
	else if (a->cmp == CMP_NE && a->n == 1)
		*may_false = hit;
}

/* Where the atom may be `wanted`: at candidates that are, and beyond them when `beyond`. */
static struct dnf where(const struct push *p, const struct values *c, unsigned param, bool wanted,
			bool beyond)
{
	struct wire_test t = param_test(p->type, param);
	/* the numbers that are listed: those where it may be, or where it cannot be */
	const bool listed = beyond ? !wanted : wanted;
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (size_t i = 0; i < c->n; i++)
		if (c->is_true[i] == listed) {
			least = c->v[i] < least ? c->v[i] : least;
			most = c->v[i] > most ? c->v[i] : most;
		}
	if (least > most)
		return dnf_const(beyond);
	if (!beyond && (uint64_t)most - (uint64_t)least >= 64)
		return in_range(p, param, least, most);
	t.op = WIRE_TEST_SET;
	t.b[0] = (uint64_t)least;
	t.outside = beyond;
	for (size_t i = 0; i < c->n; i++)
		if (c->is_true[i] == listed && (uint64_t)c->v[i] - (uint64_t)least < 64)
			t.a[0] |= UINT64_C(1) << (c->v[i] - least);
	if (beyond)
		t.a[0] = ~t.a[0];
	return dnf_test(p->arena, &t);
}

enum { ERRNO_LAST = 133, SIGNAL_LAST = 64 };

static bool compares_text(const struct atom *a)
{
	return class_of(a->left->type) == CLASS_TEXT;
}

static struct possible name_possible(struct push *p, const struct atom *a, unsigned param)
{
	const struct param_info *info = &p->info->params[param];
	const bool decimal = info->print == PRINT_DEC || info->type == TYPE_ERRNO;
	struct values *c = ARENA_NEW(p->arena, struct values);
	bool may_true, may_false;
	int64_t n;

	if (!compares_text(a))
		return anything();
	for (size_t i = 0; info->flags && i < info->flags->n; i++)
		ask(c, p, a, param, info->flags->flags[i].value);
	if (info->type == TYPE_ERRNO)
		for (int e = 0; e <= ERRNO_LAST; e++)
			ask(c, p, a, param, -e);
	if (info->type == TYPE_SIGTYPE)
		for (int s = 0; s <= SIGNAL_LAST; s++)
			ask(c, p, a, param, s);
	for (size_t i = 0; i < a->n; i++)
		if (c->n == ARRAY_SIZE(c->v))
			return anything();
		else if (str_to_i64(a->constants[i].v.s, &n))
			ask(c, p, a, param, n);
	beyond_candidates(a, decimal, &may_true, &may_false);
	return (struct possible){ where(p, c, param, true, may_true),
				  where(p, c, param, false, may_false) };
}

static struct possible result_possible(struct push *p, const struct atom *a)
{
	const struct dnf negative = in_range(p, 0, INT64_MIN, -1);
	const struct dnf positive = in_range(p, 0, 0, INT64_MAX);
	struct values *c = ARENA_NEW(p->arena, struct values);
	struct possible out;
	bool may_true, may_false, worked;

	if (!compares_text(a) || p->info->params[0].type != TYPE_ERRNO)
		return anything();
	for (int e = 1; e <= ERRNO_LAST; e++)
		ask(c, p, a, 0, -e);
	worked = says(p, a, 0, 0);
	/* errors without a name show as numbers, of which none was asked about */
	beyond_candidates(a, false, &may_true, &may_false);
	out.yes = dnf_and(p->arena, negative, where(p, c, 0, true, may_true));
	out.no = dnf_and(p->arena, negative, where(p, c, 0, false, may_false));
	if (worked)
		out.yes = dnf_or(p->arena, out.yes, positive);
	else
		out.no = dnf_or(p->arena, out.no, positive);
	return out;
}

/* ---- Bits that have names ------------------------------------------------------------------- */

/* The bits by which a name that contains the text can come about. */
static uint32_t bits_named(const struct flag_set *set, struct str part, bool *zero)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < set->n; i++)
		if (str_contains(set->flags[i].name, part)) {
			mask |= set->flags[i].value;
			*zero |= !set->flags[i].value;
		}
	return mask;
}

/* Those of them that show by name whatever else is set: single bits no other name takes. */
static uint32_t bits_certain(const struct flag_set *set, struct str part)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < set->n; i++) {
		const uint32_t bit = set->flags[i].value;
		bool alone = bit && !(bit & (bit - 1)) && str_contains(set->flags[i].name, part);

		for (size_t k = 0; k < set->n && alone; k++)
			alone = k == i || !(set->flags[k].value & bit);
		mask |= alone ? bit : 0;
	}
	return mask;
}

static struct possible flags_possible(const struct push *p, const struct atom *a, unsigned param)
{
	const struct flag_set *set = p->info->params[param].flags;
	uint32_t mask = 0, certain = 0;
	bool zero = false;
	struct possible out;

	if (!compares_text(a) || a->cmp != CMP_CONTAINS || a->modifier != MODIFIER_NONE || !set)
		return anything();
	for (size_t i = 0; i < a->n; i++) {
		const struct str part = a->constants[i].v.s;

		if (could_be_number(part) || str_chr(part, '|') != part.len)
			return anything();
		mask |= bits_named(set, part, &zero);
		certain |= bits_certain(set, part);
	}
	out.yes = with_bits(p, param, mask, true);
	if (zero)
		out.yes = dnf_or(p->arena, out.yes, in_range(p, param, 0, 0));
	out.no = certain ? with_bits(p, param, certain, false) : dnf_const(true);
	return out;
}

/* ---- Atoms ---------------------------------------------------------------------------------- */

static struct possible by_origin(struct push *p, const struct atom *a, struct field_origin o)
{
	switch (o.kind) {
	case ORIGIN_ELSEWHERE:
		break;
	case ORIGIN_ABSENT:
		return always(false);
	case ORIGIN_TYPE:
		return always(atom_eval(a, &p->ctx));
	case ORIGIN_NUMBER:
		return number_possible(p, a, o.param);
	case ORIGIN_SIGN:
		return sign_possible(p, a);
	case ORIGIN_BITS:
		return bits_possible(p, a, o.param, o.mask);
	case ORIGIN_RESULT:
		return result_possible(p, a);
	case ORIGIN_NAME:
		return name_possible(p, a, o.param);
	case ORIGIN_FLAGS:
		return flags_possible(p, a, o.param);
	case ORIGIN_TEXT:
	case ORIGIN_PATH:
	case ORIGIN_PLAIN_PATH:
		return push_text(p, a, o);
	case ORIGIN_FD_MADE:
		return made_possible(p, a);
	}
	return anything();
}

struct possible push_atom(struct push *p, const struct atom *a)
{
	struct field_origin o;
	struct possible out;

	if (a->left->kind != OPERAND_FIELD || a->right || a->multi || a->left->is_list ||
	    a->left->field.id == FIELD_EVT_AROUND)
		return anything();
	o = field_origin(&a->left->field, p->type);
	if (o.param >= WIRE_TEST_PARAMS)
		return anything();
	out = a->cmp == CMP_EXISTS && o.kind != ORIGIN_ABSENT && o.kind != ORIGIN_TYPE
		      ? anything()
		      : by_origin(p, a, o);
	if (o.succeeds)
		out.yes = dnf_and(p->arena, out.yes, in_range(p, 0, 0, 0));
	/* Where the value may be absent, or the parameter is, no test can tell that it is not. */
	if (o.may_lack || o.succeeds)
		out.no = dnf_const(true);
	return out;
}
