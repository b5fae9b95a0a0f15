/* SPDX-License-Identifier: Apache-2.0 */
#include "dnf.h"
#include "filter/predicate.h"

#include <inttypes.h>

/* Predicates on events as they are here, and in words. */

/* ---- Holding -------------------------------------------------------------------------------- */

/* A path that normalising leaves as it is, but for a slash at its end. */
static bool is_plain(struct str path)
{
	if (path.len >= WIRE_PLAIN_BYTES)
		return false;
	for (size_t i = 0; i < path.len; i++) {
		const char c = path.p[i], next = i + 1 < path.len ? path.p[i + 1] : '\0';

		if (c < ' ' || c > '~' || (c == '/' && (next == '/' || next == '.')))
			return false;
	}
	return true;
}

static bool text_holds(const struct wire_test *t, struct str bytes)
{
	struct str text = str_of(bytes.p, str_chr(bytes, '\0'));
	uint8_t begin[WIRE_PREFIX_BYTES] = { 0 };
	const uint8_t *wanted = (const uint8_t *)t->a, *mask = (const uint8_t *)t->b;
	bool same = true;

	if (!bytes.len || (text.len && text.p[0] == '('))
		return true;
	if (t->relative && !(text.len && text.p[0] == '/'))
		return true;
	if (t->plain && (bytes.len > WIRE_PLAIN_BYTES || !is_plain(text)))
		return true;
	memcpy(begin, text.p, text.len < sizeof(begin) ? text.len : sizeof(begin));
	for (size_t i = 0; i < sizeof(begin); i++)
		same &= !((begin[i] ^ wanted[i]) & mask[i]);
	return same == (t->op == WIRE_TEST_PREFIX);
}

static bool test_holds(const struct wire_test *t, const struct event *ev)
{
	int64_t v;

	if (t->op == WIRE_TEST_PREFIX || t->op == WIRE_TEST_NO_PREFIX)
		return text_holds(t, event_param(ev, t->param));
	return !event_int(ev, t->param, &v) || test_number(t, (uint64_t)v);
}

bool predicate_holds(const struct wire_predicate *p, const struct event *ev)
{
	bool holds = true;

	for (size_t i = 0; i < p->n; i++) {
		holds = holds && test_holds(&p->tests[i], ev);
		if (p->tests[i].last && holds)
			return true;
		if (p->tests[i].last)
			holds = true;
	}
	return false;
}

/* ---- In words ------------------------------------------------------------------------------- */

static void print_range(struct buf *out, struct str name, const struct wire_test *t)
{
	const int64_t from = (int64_t)t->a[0], to = (int64_t)(t->a[0] + t->b[0]);

	if (from == to)
		buf_printf(out, "%.*s = %" PRId64, STR_ARG(name), from);
	else if (t->b[0] == UINT64_MAX - 1)
		buf_printf(out, "%.*s != %" PRId64, STR_ARG(name), from - 1);
	else if (to == INT64_MAX || (to == -1 && from >= 0))
		buf_printf(out, "%.*s >= %" PRId64, STR_ARG(name), from);
	else if (from == INT64_MIN && to == -1)
		buf_printf(out, "%.*s < 0", STR_ARG(name));
	else if (from == INT64_MIN)
		buf_printf(out, "%.*s <= %" PRId64, STR_ARG(name), to);
	else
		buf_printf(out, "%.*s in %" PRId64 "..%" PRId64, STR_ARG(name), from, to);
}

/* A value as the parameter names it, as a number where it does not. */
static void print_value(struct buf *out, const struct param_info *p, int64_t v)
{
	struct str name = { "", 0 };

	for (size_t i = 0; p->flags && i < p->flags->n && !name.len; i++)
		if ((int64_t)p->flags->flags[i].value == v)
			name = p->flags->flags[i].name;
	if (p->type == TYPE_SIGTYPE)
		name = signal_name((unsigned)v);
	if (p->type == TYPE_ERRNO && v < 0)
		name = errno_name(-(uint64_t)v);
	if (name.len)
		buf_str(out, name);
	else
		buf_printf(out, "%" PRId64, v);
}

static void print_set(struct buf *out, const struct param_info *p, const struct wire_test *t)
{
	const uint64_t bits = t->outside ? ~t->a[0] : t->a[0];
	const char *separator = "";

	buf_printf(out, "%.*s %sin (", STR_ARG(p->name), t->outside ? "not " : "");
	for (unsigned i = 0; i < 64; i++)
		if (bits >> i & 1) {
			buf_str(out, str_from(separator));
			print_value(out, p, (int64_t)(t->b[0] + i));
			separator = ", ";
		}
	buf_char(out, ')');
}

static void print_bits(struct buf *out, const struct param_info *p, const struct wire_test *t)
{
	const char *separator = "";

	buf_printf(out, "%.*s has %s", STR_ARG(p->name), t->op == WIRE_TEST_BITS ? "" : "not ");
	for (size_t i = 0; p->flags && i < p->flags->n; i++)
		if (p->flags->flags[i].value & t->a[0]) {
			buf_printf(out, "%s%.*s", separator, STR_ARG(p->flags->flags[i].name));
			separator = "|";
		}
	if (!*separator)
		buf_printf(out, "0x%" PRIx64, t->a[0]);
}

static void print_test(struct buf *out, const struct param_info *p, const struct wire_test *t)
{
	const uint8_t *mask = (const uint8_t *)t->b;
	size_t n = 0;

	switch ((enum wire_test_op)t->op) {
	case WIRE_TEST_RANGE:
		print_range(out, p->name, t);
		break;
	case WIRE_TEST_SET:
		print_set(out, p, t);
		break;
	case WIRE_TEST_BITS:
	case WIRE_TEST_NO_BITS:
		print_bits(out, p, t);
		break;
	case WIRE_TEST_PREFIX:
	case WIRE_TEST_NO_PREFIX:
		while (n < WIRE_PREFIX_BYTES && mask[n] && ((const char *)t->a)[n])
			n++;
		buf_printf(out, "%.*s %s%s \"%.*s\"", STR_ARG(p->name),
			   t->op == WIRE_TEST_PREFIX ? "" : "not ",
			   n < WIRE_PREFIX_BYTES && mask[n] ? "=" : "startswith", (int)n,
			   (const char *)t->a);
		break;
	}
}

void predicate_print(struct buf *out, const struct wire_predicate *p, unsigned type)
{
	const char *between = "";

	for (size_t i = 0; i < p->n; i++) {
		buf_str(out, str_from(between));
		print_test(out, &event_info(type)->params[p->tests[i].param], &p->tests[i]);
		between = p->tests[i].last ? " or " : " and ";
	}
}
