/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

/* Constants that a field never equals, and lists that hold something twice. */

/* Lists longer than this are generated, and their pairs too many. */
#define MANY_VALUES 4096

static bool is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

/* Fields of command lines and arguments hold such characters themselves. */
static bool is_name(const struct field_ref *f)
{
	switch ((int)f->id) {
	case FIELD_FD_NAME:
	case FIELD_FD_DIRECTORY:
	case FIELD_FD_FILENAME:
	case FIELD_PROC_NAME:
	case FIELD_PROC_PNAME:
	case FIELD_PROC_ANAME:
	case FIELD_PROC_EXEPATH:
	case FIELD_PROC_PEXEPATH:
	case FIELD_PROC_CWD:
	case FIELD_CONTAINER_NAME:
	case FIELD_CONTAINER_IMAGE:
	case FIELD_CONTAINER_IMAGE_REPOSITORY:
	case FIELD_K8S_NS_NAME:
	case FIELD_K8S_POD_NAME:
	case FIELD_USER_NAME:
		return true;
	default:
		return false;
	}
}

static void impossible(struct linter *l, const struct clause *c, const struct test_value *v)
{
	const struct test *t = c->test;
	const char *why = value_impossible(l->arena, t, v->text);
	struct lint_finding *f;

	if (!why)
		return;
	f = finding(l, LINT_IMPOSSIBLE_VALUE, v->at, "%.*s %s '%.*s'", STR_ARG(t->left),
		    wants_exact(t->op) ? "is never" : "never holds", STR_ARG(brief(l, v->text)));
	remedy(l, f, "%s", why);
	if (!span_within(v->at, c->at))
		point_at(l, f, c->at, "it is compared here");
}

static void pattern(struct linter *l, const struct clause *c, const struct test_value *v)
{
	const struct test *t = c->test;
	struct lint_finding *f;

	if (!is_name(&t->field) || str_chr(v->text, '*') == v->text.len || v->text.len == 1)
		return;
	f = finding(l, LINT_PATTERN_AS_TEXT, v->at,
		    "'%.*s' is compared as it stands, the * in it is no wildcard",
		    STR_ARG(v->text));
	remedy(l, f, "write '%.*s glob \"%.*s\"'", STR_ARG(t->left), STR_ARG(v->text));
}

static void absent_text(struct linter *l, const struct clause *c, const struct test_value *v)
{
	const struct test *t = c->test;
	struct lint_finding *f;

	/* Some fields do say <NA>; those of descriptors do for calls without a name. */
	if (!str_eq(v->text, STR("<NA>")) || is_fd_field(&t->field) ||
	    t->field.id == FIELD_USER_NAME || t->field.id == FIELD_GROUP_NAME ||
	    t->field.id == FIELD_EVT_ARG || t->field.id == FIELD_EVT_RAWARG)
		return;
	f = finding(l, LINT_COMPARED_WITH_NA, v->at,
		    "an absent %.*s is not equal to <NA>: it is equal to nothing",
		    STR_ARG(t->left));
	remedy(l, f, "'%.*s exists' asks whether there is a value", STR_ARG(t->left));
}

static bool is_all(enum test_op op, struct str s)
{
	switch ((int)op) {
	case TEST_CONTAINS:
	case TEST_ICONTAINS:
	case TEST_STARTSWITH:
	case TEST_ENDSWITH:
		return s.len == 0;
	case TEST_GLOB:
	case TEST_IGLOB:
		return str_eq(s, STR("*"));
	case TEST_REGEX:
		return str_eq(s, STR(".*"));
	default:
		return false;
	}
}

static bool is_unsigned(enum value_type type)
{
	return type == TYPE_UINT8 || type == TYPE_UINT16 || type == TYPE_UINT32 ||
	       type == TYPE_UINT64 || type == TYPE_PORT || type == TYPE_RELTIME ||
	       type == TYPE_ABSTIME;
}

static void always(struct linter *l, const struct clause *c)
{
	const struct test *t = c->test;
	struct lint_finding *f;
	bool all = false;

	if (t->modified)
		return;
	for (size_t i = 0; i < t->nvalues; i++)
		all |= is_all(t->op, t->values[i].text);
	if (t->op == TEST_GE && t->nvalues == 1 && is_unsigned(t->field.type))
		all |= str_eq(t->values[0].text, STR("0"));
	if (!all)
		return;
	f = finding(l, LINT_ALWAYS_TRUE, c->at, "'%.*s' is true for every value",
		    STR_ARG(brief(l, t->text)));
	remedy(l, f, "'%.*s exists' says so, if it is meant", STR_ARG(t->left));
}

/* ---- Entries ------------------------------------------------------------------------------ */

/* Of the list that holds the value, or of the text of the condition. */
static bool same_text(const struct linter *l, const struct clause *c, struct span a, struct span b)
{
	if (span_within(a, c->frame->at) && span_within(b, c->frame->at))
		return true;
	for (size_t i = 0; i < ruleset_lists(l->rules); i++) {
		const struct list_place p = ruleset_list_at(l->rules, i);

		if (span_within(a, p.at) && span_within(b, p.at))
			return true;
	}
	return false;
}

static void say_repeated(struct linter *l, struct str text, struct span at, struct span first)
{
	struct lint_finding *f =
		finding(l, LINT_REPEATED_ENTRY, at, "'%.*s' is here twice", STR_ARG(text));

	point_at(l, f, first, "the first one");
}

static void repeated_values(struct linter *l, const struct clause *c)
{
	const struct test *t = c->test;
	struct strmap seen = { 0 };

	for (size_t i = 0; i < t->nvalues; i++) {
		const struct test_value *v = &t->values[i], *first;

		/* Lists that overlap are ordinary; an entry repeated in one of them is told there. */
		if (!span_within(v->at, c->frame->at))
			continue;
		first = strmap_get(&seen, v->text);
		if (first)
			say_repeated(l, v->text, v->at, first->at);
		else
			strmap_put(&seen, v->text, (void *)(uintptr_t)v);
	}
	strmap_fini(&seen);
}

static bool has_pattern(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '*' || s.p[i] == '?' || s.p[i] == '[')
			return true;
	return false;
}

/* The first is the second or one of the directories above it. */
static bool covers(struct str above, struct str path)
{
	if (above.len > 1 && above.p[above.len - 1] == '/')
		above.len--;
	return above.len && !has_pattern(above) && path.len > above.len &&
	       str_starts_with(path, above) &&
	       (path.p[above.len] == '/' || above.p[above.len - 1] == '/');
}

static void covered(struct linter *l, const struct clause *c, const struct test_value *v)
{
	const struct test *t = c->test;

	for (size_t i = 0; i < t->nvalues; i++) {
		const struct test_value *above = &t->values[i];
		struct lint_finding *f;

		if (above == v || !step(l) || !covers(above->text, v->text) ||
		    !same_text(l, c, above->at, v->at))
			continue;
		f = finding(l, LINT_COVERED_ENTRY, v->at,
			    "'%.*s' is not needed: '%.*s' stands in the same list",
			    STR_ARG(v->text), STR_ARG(above->text));
		point_at(l, f, above->at, "it matches all that lies below it");
		return;
	}
}

static void test_values(struct linter *l, const struct clause *c)
{
	const struct test *t = c->test;

	if (!t->plain || t->nvalues > MANY_VALUES)
		return;
	always(l, c);
	if (t->op == TEST_IN || t->op == TEST_INTERSECTS || t->op == TEST_PMATCH)
		repeated_values(l, c);
	for (size_t i = 0; i < t->nvalues; i++) {
		impossible(l, c, &t->values[i]);
		if (wants_exact(t->op) && is_text(t->field.type)) {
			pattern(l, c, &t->values[i]);
			absent_text(l, c, &t->values[i]);
		}
		if (t->op == TEST_PMATCH)
			covered(l, c, &t->values[i]);
	}
}

void lint_values(struct linter *l, const struct clause *c)
{
	if (c->kind == PART_TEST) {
		test_values(l, c);
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		lint_values(l, c->items[i]);
}

void lint_lists(struct linter *l)
{
	for (size_t i = 0; i < ruleset_lists(l->rules); i++) {
		const struct list_place p = ruleset_list_at(l->rules, i);
		struct strmap seen = { 0 };

		for (size_t k = 0; k < p.nitems; k++) {
			const struct source_text *item = &p.items[k], *first;
			const struct span at = source_span(item, 0, item->text.len);

			first = strmap_get(&seen, item->text);
			/* One appended from another file may be there already, on purpose. */
			if (!first)
				strmap_put(&seen, item->text, (void *)(uintptr_t)item);
			else if (source_span(first, 0, first->text.len).doc == at.doc)
				say_repeated(l, item->text, at,
					     source_span(first, 0, first->text.len));
		}
		strmap_fini(&seen);
	}
}
