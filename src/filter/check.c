/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "regex.h"

/* One comparison: do its operator, its left side and its right side fit together? */

static void fail_operator(struct checker *c, const struct check *k, const struct term *left)
{
	check_fail(c, k->left->at, k->left->end,
		   "operator '%.*s' is not supported for '%.*s', "
		   "which is %s%s",
		   STR_ARG(operators[k->op].spelling), STR_ARG(k->left->text),
		   left->is_list ? "a list of " : "of type ", type_name(left->type));
}

static bool list_elements_compare(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_UINT64 || type == TYPE_RELTIME ||
	       type == TYPE_ABSTIME || type == TYPE_BOOL || type == TYPE_IPADDR ||
	       type == TYPE_IPNET;
}

static bool check_operator(struct checker *c, const struct check *k, const struct term *left)
{
	const struct operator_row *row = &operators[k->op];
	bool fits = row->classes & class_of(left->type);

	if (left->is_list && row->means != CMP_EXISTS)
		fits = fits && row->classes & CLASS_LISTS && list_elements_compare(left->type);
	/* evt.around[T] = D is a question of its own in the shape of a comparison. */
	if (left->kind == OPERAND_FIELD && left->field.id == FIELD_EVT_AROUND)
		fits = row->means == CMP_EXISTS || row->means == CMP_EQ;
	if (!fits)
		fail_operator(c, k, left);
	return fits;
}

/* evt.type decides for which events a rule is tried at all, so nothing may disguise it. */
static bool check_event_type(struct checker *c, const struct check *k, const struct term *left)
{
	const struct term *inner = left;

	while (inner->kind == OPERAND_CALL && inner->n == 1)
		inner = inner->items[0];
	if (!term_is_event_type(inner) || (inner == left && k->right != RIGHT_OPERAND))
		return true;
	check_fail(c, k->left->at, k->left->end, "'%.*s' can only be compared with constants",
		   STR_ARG(inner->field.text));
	return false;
}

static bool check_right(struct checker *c, const struct check *k, struct atom *a)
{
	const struct term *left = a->left, *right;

	if (k->right != RIGHT_OPERAND)
		return true;
	if (a->cmp == CMP_PMATCH || a->cmp == CMP_REGEX || class_of(left->type) == CLASS_NET) {
		check_fail(c, k->operand->at, k->operand->end,
			   "'%.*s' of '%.*s' takes constants only",
			   STR_ARG(operators[k->op].spelling), STR_ARG(k->left->text));
		return false;
	}
	if (left->kind == OPERAND_FIELD && field_info(left->field.id)->flags & FIELD_NO_RHS) {
		check_fail(c, k->left->at, k->left->end,
			   "'%.*s' cannot be compared with another field", STR_ARG(k->left->text));
		return false;
	}
	right = term_check(c, k->operand, true);
	if (!right)
		return false;
	if (right->type != left->type || right->is_list != left->is_list || right->is_list) {
		check_fail(c, k->operand->at, k->operand->end,
			   "%s%s on the left cannot be compared with %s%s on the right",
			   left->is_list ? "a list of " : "", type_name(left->type),
			   right->is_list ? "a list of " : "", type_name(right->type));
		return false;
	}
	a->right = right;
	a->deps |= right->deps;
	return true;
}

static void write_key(struct buf *key, const struct check *k, const struct atom *a)
{
	buf_printf(key, "%d %d ", (int)a->cmp, (int)a->modifier);
	term_key(key, a->left);
	if (a->right)
		term_key(key, a->right);
	for (size_t i = 0; i < k->n; i++) {
		buf_printf(key, " %zu:", k->values[i].text.len);
		buf_str(key, k->values[i].text);
	}
}

bool check_atom(struct checker *c, const struct check *k, struct buf *key, struct atom *out)
{
	const struct term *left = term_check(c, k->left, false);

	if (!left || !check_operator(c, k, left) || !check_event_type(c, k, left))
		return false;
	out->left = left;
	out->cmp = operators[k->op].means;
	out->modifier = k->modifier;
	out->deps = left->deps;
	out->multi = left->kind == OPERAND_FIELD && field_is_multi(&left->field);
	out->ends = out->multi && field_is_ends(&left->field);
	/* An end of a connection exists when the descriptor does, an ancestor when there is one. */
	if (out->ends && out->cmp == CMP_EXISTS)
		out->multi = out->ends = false;
	if (!check_right(c, k, out))
		return false;
	write_key(key, k, out);
	return true;
}

static bool check_value(struct checker *c, const struct literal *value, const struct atom *a,
			struct constant *out)
{
	const struct term *left = a->left;
	const struct str text = arena_str(c->pool->arena, value->text);
	const size_t from = value->at, to = value->at + value->text.len;
	const char *fault;

	fault = constant_parse(c->pool->arena, left->type, a->cmp, text, out);
	if (fault) {
		check_fail(c, from, to, "'%.*s%s' %s", (int)(text.len < 80 ? text.len : 80), text.p,
			   text.len < 80 ? "" : "...", fault);
		return false;
	}
	if (out->regex)
		VEC_PUSH(c->pool->arena, &c->pool->regexes, out->regex);
	if (left->kind == OPERAND_FIELD && left->field.id == FIELD_EVT_TYPE && text.len &&
	    !event_name_exists(text)) {
		check_fail(c, from, to, "unknown event type '%.*s'", STR_ARG(text));
		c->unknown = true;
		return false;
	}
	return true;
}

/*
 * Where Falco's comparison of several values at once falls short of its operators, rules have
 * come to mean what it does:
 * - a modifier on networks, the ends of a connection and ancestors looks at the first constant
 *   only;
 * - `fd.net in` does the same;
 * - `fd.ip in`, `proc.apid in` and `fd.net intersects` are never true.
 * (Its `intersects` on fd.ip and fd.port ends the program; here it means what it says.)
 */
static size_t constants_that_count(const struct atom *a)
{
	const bool net = class_of(a->left->type) == CLASS_NET;
	const bool first = a->modifier != MODIFIER_NONE && (net || a->multi);
	const bool no_in = a->multi && (class_of(a->left->type) == CLASS_IP ||
					a->left->field.id == FIELD_PROC_APID);

	if ((a->cmp == CMP_IN && no_in) || (a->cmp == CMP_INTERSECTS && net && a->ends))
		return 0;
	if (first || (a->ends && a->cmp == CMP_IN && net))
		return a->n ? 1 : 0;
	return a->n;
}

bool check_constants(struct checker *c, const struct check *k, struct atom *out)
{
	struct constant *constants;

	if (k->right == RIGHT_NONE || k->right == RIGHT_OPERAND)
		return true;
	constants = arena_array(c->pool->arena, k->n, sizeof(*constants));
	for (size_t i = 0; i < k->n; i++)
		if (!check_value(c, &k->values[i], out, &constants[i]))
			return false;
	out->constants = constants;
	out->n = k->n;
	out->n = constants_that_count(out);
	if (out->n < k->n && out->modifier != MODIFIER_NONE)
		out->modifier = MODIFIER_ANYOF;
	if (out->cmp == CMP_PMATCH)
		out->paths = path_set_new(c->pool->arena, constants, out->n);
	return true;
}
