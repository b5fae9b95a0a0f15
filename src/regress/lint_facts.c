/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

/*
 * What follows from one test for another one on the same field. Fields with several values at
 * once (fd.ip, proc.aname, lists) say nothing here.
 */

#define COMM_MAX 15 /* TASK_COMM_LEN less the NUL */

static bool same_value(const struct test *a, const struct test *b)
{
	return a->plain && b->plain && a->field.id == b->field.id &&
	       str_eq(a->field.text, b->field.text) && !field_is_multi(&a->field) &&
	       !(field_info(a->field.id)->flags & FIELD_LIST);
}

bool is_fd_field(const struct field_ref *f)
{
	return strcmp(field_info(f->id)->class, "fd") == 0 && f->id != FIELD_FD_TYPES;
}

bool is_socket_field(const struct field_ref *f)
{
	switch ((int)f->id) {
	case FIELD_FD_IP:
	case FIELD_FD_CIP:
	case FIELD_FD_SIP:
	case FIELD_FD_LIP:
	case FIELD_FD_RIP:
	case FIELD_FD_PORT:
	case FIELD_FD_CPORT:
	case FIELD_FD_SPORT:
	case FIELD_FD_LPORT:
	case FIELD_FD_RPORT:
	case FIELD_FD_NET:
	case FIELD_FD_CNET:
	case FIELD_FD_SNET:
	case FIELD_FD_LNET:
	case FIELD_FD_RNET:
	case FIELD_FD_PROTO:
	case FIELD_FD_CPROTO:
	case FIELD_FD_SPROTO:
	case FIELD_FD_LPROTO:
	case FIELD_FD_RPROTO:
	case FIELD_FD_L4PROTO:
	case FIELD_FD_IS_SERVER:
		return true;
	default:
		return false;
	}
}

/* The field must be one of the test's values; `present`: where it has one at all. */
static bool is_finite(struct fact f, bool present)
{
	const struct test *t = f.test->test;

	if (t->modified || !t->nvalues)
		return false;
	if (t->op == TEST_NE)
		return f.negated && present;
	return !f.negated && (t->op == TEST_EQ || t->op == TEST_IN);
}

/* Every value that a allows fails b (`holds` false) or satisfies it (`holds` true). */
static bool all_values(const struct linter *l, struct fact a, struct fact b, bool holds)
{
	const struct test *t = a.test->test;
	const int wanted = holds != b.negated;

	for (size_t i = 0; i < t->nvalues; i++)
		if (pool_would(l->outlines->pool, b.test->expr, t->values[i].text) != wanted)
			return false;
	return true;
}

static bool different_starts(const struct test *a, const struct test *b)
{
	struct str x, y;

	if (a->op != b->op || a->nvalues != 1 || b->nvalues != 1 || a->modified || b->modified)
		return false;
	x = a->values[0].text;
	y = b->values[0].text;
	if (a->op == TEST_STARTSWITH)
		return !str_starts_with(x, y) && !str_starts_with(y, x);
	return a->op == TEST_ENDSWITH && !str_ends_with(x, y) && !str_ends_with(y, x);
}

static bool is_integer(enum value_type type)
{
	return type == TYPE_INT8 || type == TYPE_INT16 || type == TYPE_INT32 ||
	       type == TYPE_INT64 || type == TYPE_UINT8 || type == TYPE_UINT16 ||
	       type == TYPE_UINT32 || type == TYPE_UINT64 || type == TYPE_PORT ||
	       type == TYPE_RELTIME || type == TYPE_ABSTIME || type == TYPE_PID ||
	       type == TYPE_FD || type == TYPE_UID || type == TYPE_GID || type == TYPE_ERRNO;
}

/* The numbers that satisfy the fact, both ends included; false when they are no such range. */
static bool range_of(struct fact f, int64_t *low, int64_t *high)
{
	const struct test *t = f.test->test;
	enum test_op op = t->op;
	int64_t n;

	if (!is_integer(t->field.type) || t->nvalues != 1 || t->modified ||
	    !str_to_i64(t->values[0].text, &n) || n <= INT64_MIN + 1 || n >= INT64_MAX - 1)
		return false;
	*low = INT64_MIN;
	*high = INT64_MAX;
	if (op == TEST_GT || op == TEST_GE) {
		n = (op == TEST_GT) != f.negated ? n + (op == TEST_GT) : n;
		if (f.negated)
			*high = op == TEST_GT ? n : n - 1;
		else
			*low = n;
		return true;
	}
	if (op == TEST_LT || op == TEST_LE) {
		if (f.negated)
			*low = op == TEST_LT ? n : n + 1;
		else
			*high = op == TEST_LT ? n - 1 : n;
		return true;
	}
	return false;
}

static bool ranges_apart(struct fact a, struct fact b)
{
	int64_t low[2], high[2];

	return range_of(a, &low[0], &high[0]) && range_of(b, &low[1], &high[1]) &&
	       (low[0] > high[1] || low[1] > high[0]);
}

bool facts_exclude(const struct linter *l, struct fact a, struct fact b, bool present)
{
	const struct test *x = a.test->test, *y = b.test->test;

	if (a.test->expr == EXPR_NONE || b.test->expr == EXPR_NONE)
		return false;
	if (a.test->expr == b.test->expr)
		return a.negated != b.negated;
	if (!same_value(x, y))
		return false;
	/* A test that holds shows that there is a value. */
	present = present || !a.negated || !b.negated;
	if (a.negated && x->op == TEST_EXISTS && !b.negated)
		return true;
	if (b.negated && y->op == TEST_EXISTS && !a.negated)
		return true;
	if (is_finite(a, present) && all_values(l, a, b, false))
		return true;
	if (is_finite(b, present) && all_values(l, b, a, false))
		return true;
	if (present && ranges_apart(a, b))
		return true;
	return !a.negated && !b.negated && different_starts(x, y);
}

bool fact_implies(const struct linter *l, struct fact a, struct fact b)
{
	const struct test *x = a.test->test, *y = b.test->test;

	if (a.test->expr == EXPR_NONE || b.test->expr == EXPR_NONE)
		return false;
	if (a.test->expr == b.test->expr)
		return a.negated == b.negated;
	if (!same_value(x, y))
		return false;
	if (a.negated)
		return b.negated && fact_implies(l, (struct fact){ b.test, false },
						 (struct fact){ a.test, false });
	if (y->op == TEST_EXISTS)
		return !b.negated;
	if (is_finite(a, true) && all_values(l, a, b, true))
		return true;
	if (b.negated || x->op != y->op || x->nvalues != 1 || y->nvalues != 1 || x->modified ||
	    y->modified)
		return false;
	if (x->op == TEST_STARTSWITH)
		return str_starts_with(x->values[0].text, y->values[0].text);
	return x->op == TEST_ENDSWITH && str_ends_with(x->values[0].text, y->values[0].text);
}

/* ---- Values that cannot be ---------------------------------------------------------------- */

static const struct str fd_words[] = {
#define FD_TYPE(number, id, letter, word) { word, sizeof(word) - 1 },
#include "tables/fd_types.def"
#undef FD_TYPE
};

static const char fd_letters[] = {
#define FD_TYPE(number, id, letter, word) letter,
#include "tables/fd_types.def"
#undef FD_TYPE
};

static const struct str l4_words[] = {
#define L4(number, id, word, letter) { word, sizeof(word) - 1 },
#include "tables/l4_protocols.def"
#undef L4
};

static const struct str category_words[] = {
#define CATEGORY(id, number, name) { name, sizeof(name) - 1 },
#include "tables/categories.def"
#undef CATEGORY
};

static const struct str errno_words[] = {
#define ERRNO(number, name) { name, sizeof(name) - 1 },
#include "tables/errno.def"
#undef ERRNO
};

static bool is_word(const struct str *words, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(words[i], s))
			return true;
	return false;
}

static struct str joined(struct arena *arena, const struct str *words, size_t n)
{
	struct buf out = { 0 };
	struct str s;

	for (size_t i = 0; i < n; i++) {
		if (!words[i].len || is_word(words, i, words[i]))
			continue;
		if (out.len)
			buf_str(&out, STR(", "));
		buf_str(&out, words[i]);
	}
	s = arena_str(arena, buf_view(&out));
	buf_fini(&out);
	return s;
}

static const char *one_of(struct arena *arena, const struct str *words, size_t n, struct str s)
{
	if (is_word(words, n, s))
		return NULL;
	return arena_printf(arena, "it is one of %.*s", STR_ARG(joined(arena, words, n))).p;
}

static const char *letter(struct arena *arena, struct str s)
{
	if (s.len == 1 && memchr(fd_letters, s.p[0], sizeof(fd_letters)))
		return NULL;
	return arena_printf(arena, "it is one letter of %.*s", (int)sizeof(fd_letters), fd_letters)
		.p;
}

static const char *comm(struct arena *arena, struct str s)
{
	if (s.len <= COMM_MAX)
		return NULL;
	return arena_printf(arena,
			    "the kernel cuts names at %d bytes, this one is '%.*s'; "
			    "proc.exepath has the whole name",
			    COMM_MAX, COMM_MAX, s.p)
		.p;
}

/* Words that look like an error's name; results may also be numbers. */
static const char *result(struct arena *arena, struct str s)
{
	(void)arena;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !(s.p[i] >= '0' && s.p[i] <= '9'))
			return NULL;
	if (!s.len || s.p[0] < 'A' || s.p[0] > 'Z' || str_eq(s, STR("SUCCESS")) ||
	    is_word(errno_words, ARRAY_SIZE(errno_words), s))
		return NULL;
	return "it is SUCCESS or the name of an error, such as EACCES";
}

static bool is_comm(const struct field_ref *f)
{
	switch ((int)f->id) {
	case FIELD_PROC_NAME:
	case FIELD_PROC_PNAME:
	case FIELD_PROC_ANAME:
	case FIELD_PROC_SNAME:
	case FIELD_PROC_VPGID_NAME:
	case FIELD_PROC_PGID_NAME:
		return true;
	default:
		return false;
	}
}

static bool wants_part(enum test_op op)
{
	return op == TEST_STARTSWITH || op == TEST_ENDSWITH || op == TEST_CONTAINS ||
	       op == TEST_ICONTAINS;
}

bool wants_exact(enum test_op op)
{
	return op == TEST_EQ || op == TEST_NE || op == TEST_IN || op == TEST_INTERSECTS;
}

/* What holds of all values of the field; NULL when it may be this one. */
static const char *whole_impossible(struct arena *arena, const struct field_ref *f, struct str s)
{
	static const struct str directions[] = { { "<", 1 }, { ">", 1 } };
	static const struct str io_words[] = { { "read", 4 }, { "write", 5 } };
	static const struct str families[] = { { "ip", 2 }, { "unix", 4 } };

	switch ((int)f->id) {
	case FIELD_FD_TYPECHAR:
		return letter(arena, s);
	case FIELD_FD_TYPE:
	case FIELD_FD_TYPES:
	case FIELD_PROC_STDIN_TYPE:
	case FIELD_PROC_STDOUT_TYPE:
	case FIELD_PROC_STDERR_TYPE:
		return one_of(arena, fd_words, ARRAY_SIZE(fd_words), s);
	case FIELD_FD_L4PROTO:
		return one_of(arena, l4_words, ARRAY_SIZE(l4_words), s);
	case FIELD_FD_SOCKFAMILY:
		return one_of(arena, families, ARRAY_SIZE(families), s);
	case FIELD_EVT_CATEGORY:
		/* Of what reading and writing are about. */
		return str_eq(s, STR("ipc"))
			       ? NULL
			       : one_of(arena, category_words, ARRAY_SIZE(category_words), s);
	case FIELD_EVT_DIR:
		return one_of(arena, directions, ARRAY_SIZE(directions), s);
	case FIELD_EVT_IO_DIR:
		return one_of(arena, io_words, ARRAY_SIZE(io_words), s);
	case FIELD_EVT_RES:
		return result(arena, s);
	case FIELD_CONTAINER_ID:
		return s.len == 64 ? "it is cut at 12 bytes; container.full_id is the whole" : NULL;
	default:
		return NULL;
	}
}

const char *value_impossible(struct arena *arena, const struct test *t, struct str s)
{
	if (is_comm(&t->field) && (wants_part(t->op) || wants_exact(t->op)))
		return comm(arena, s);
	return wants_exact(t->op) ? whole_impossible(arena, &t->field, s) : NULL;
}

const char *test_impossible(struct arena *arena, const struct test *t)
{
	const char *why = NULL;

	if (!t->plain || t->modified || t->op == TEST_NE)
		return NULL;
	for (size_t i = 0; i < t->nvalues; i++) {
		why = value_impossible(arena, t, t->values[i].text);
		if (!why)
			return NULL;
	}
	return why;
}
