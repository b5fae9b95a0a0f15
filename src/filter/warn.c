/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <stdlib.h>

/*
 * Hints about conditions that compile but may not mean what their author thinks. Those about
 * fields come first and stay when the condition turns out to be wrong; those about constants
 * come only for a condition without faults.
 */

static const struct str deprecated[] = {
	{ "evt.dir", 7 },         { "evt.latency", 11 },   { "evt.latency.human", 17 },
	{ "evt.latency.ns", 14 }, { "evt.latency.s", 13 }, { "evt.wait_latency", 16 },
};

struct early {
	struct checker *c;
	bool seen[ARRAY_SIZE(deprecated)];
	size_t at[ARRAY_SIZE(deprecated)], end[ARRAY_SIZE(deprecated)];
	const struct source_text *source[ARRAY_SIZE(deprecated)];
	bool na;
	size_t found;
};

static void place_nowhere(struct diag *d)
{
	d->locations[0].line = d->locations[0].column = d->locations[0].offset = 0;
}

static void see_fields(struct early *e, const struct operand *o)
{
	for (size_t i = 0; o->kind == OPERAND_FIELD && i < ARRAY_SIZE(deprecated); i++) {
		if (!str_eq(o->text, deprecated[i]))
			continue;
		e->found++;
		if (!e->seen[i]) {
			e->seen[i] = true;
			e->at[i] = o->at;
			e->end[i] = o->end;
			e->source[i] = e->c->source;
		}
	}
	for (size_t i = 0; i < o->n; i++)
		see_fields(e, o->items[i]);
}

static const struct operand *innermost(const struct operand *o)
{
	while (o->kind == OPERAND_CALL && o->n)
		o = o->items[0];
	return o;
}

/* Fields of these plugins print <NA> in some versions and are absent in others. */
static bool is_unsafe_na(const struct check *k)
{
	const struct str name = innermost(k->left)->text;
	const enum comparison cmp = operators[k->op].means;

	if (!str_starts_with(name, STR("ka.")) && !str_starts_with(name, STR("jevt.")))
		return false;
	if (cmp != CMP_EQ && cmp != CMP_NE && cmp != CMP_IN && cmp != CMP_INTERSECTS &&
	    cmp != CMP_PMATCH)
		return false;
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(k->values[i].text, STR("<NA>")))
			return true;
	return false;
}

static void check_early(struct early *e, const struct ast *tree)
{
	const struct check *k = &tree->check;

	e->c->source = tree->source;
	see_fields(e, k->left);
	if (!is_unsafe_na(k))
		return;
	e->found++;
	if (e->na)
		return;
	e->na = true;
	place_nowhere(filter_diag(e->c->diags, LOAD_UNSAFE_NA_CHECK, e->c->source, 0, tree->at,
				  tree->end,
				  "comparing '%.*s' with <NA> is not reliable; use 'exists'",
				  STR_ARG(innermost(k->left)->text)));
}

static void walk_early(struct early *e, const struct ast *tree)
{
	struct known_tree *known = tree_known(e->c->pool, tree);
	const size_t found = e->found;

	if (known && known->calm)
		return;
	if (tree->kind == AST_CHECK) {
		check_early(e, tree);
	} else if (tree->kind != AST_MACRO) {
		for (size_t i = 0; i < tree->group.n; i++)
			walk_early(e, tree->group.items[i]);
	}
	if (known)
		known->calm = found == e->found;
}

void warn_early(struct checker *c, const struct ast *tree)
{
	struct early e = { .c = c };

	walk_early(&e, tree);
	for (size_t i = 0; i < ARRAY_SIZE(deprecated); i++) {
		struct diag *d;

		if (!e.seen[i])
			continue;
		d = filter_diag(c->diags, LOAD_DEPRECATED_ITEM, e.source[i], 0, e.at[i], e.end[i],
				"field '%.*s' is deprecated", STR_ARG(deprecated[i]));
		d->deprecated_field = deprecated[i];
		place_nowhere(d);
	}
}

static bool is_field_name(struct checker *c, struct str text)
{
	struct field_ref ref;

	/* every name has a dot */
	return str_chr(text, '.') < text.len &&
	       field_parse(str_trim(text), c->pool->statics, &ref) == FIELD_OK;
}

static bool looks_like_call(struct str text)
{
	if (str_chr(text, '(') == text.len)
		return false;
	text = str_trim(text);
	for (size_t i = 0; i < TRANSFORMERS; i++) {
		struct str rest = str_from_index(text, transformers[i].name.len);

		if (str_starts_with(text, transformers[i].name) && rest.len >= 2 &&
		    rest.p[0] == '(' && rest.p[rest.len - 1] == ')')
			return true;
	}
	return false;
}

/* ".*" or ".+" at an end says no more than a plain operator would, and neither do anchors. */
static bool is_needless_regex(struct str s)
{
	if (str_starts_with(s, STR(".*")) || str_starts_with(s, STR(".+")))
		s = str_from_index(s, 2);
	if (str_ends_with(s, STR(".*")) || str_ends_with(s, STR(".+")))
		s.len -= 2;
	if (s.len && s.p[0] == '^')
		s = str_from_index(s, 1);
	if (s.len && s.p[s.len - 1] == '$')
		s.len--;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] && strchr(".^$*+?()[]{}|\\", s.p[i]))
			return false;
	return true;
}

static void warn_constant(struct checker *c, const struct check *k, const struct literal *v)
{
	const struct str left = k->left->text;
	const size_t from = v->at, to = v->at + v->text.len;

	if (is_field_name(c, v->text))
		filter_diag(c->diags, LOAD_COMPILE_CONDITION, c->source, k->right_at, from, to,
			    "'%.*s' is compared with the text '%.*s', which is also the name of a "
			    "field; val(%.*s) compares the fields",
			    STR_ARG(left), STR_ARG(v->text), STR_ARG(v->text));
	else if (looks_like_call(v->text))
		filter_diag(c->diags, LOAD_COMPILE_CONDITION, c->source, k->right_at, from, to,
			    "'%.*s' is compared with a text that looks like a function call; "
			    "without quotes it would be one",
			    STR_ARG(left));
	if (operators[k->op].means == CMP_REGEX && is_needless_regex(v->text))
		filter_diag(c->diags, LOAD_COMPILE_CONDITION, c->source, k->right_at, from, to,
			    "'%.*s' needs no regex; contains, startswith, endswith or = is faster",
			    STR_ARG(v->text));
}

void warn_late(struct checker *c, const struct ast *tree)
{
	struct known_tree *known = tree_known(c->pool, tree);
	const size_t said = c->diags->list.n;

	if (known && known->correct)
		return;
	if (tree->kind == AST_CHECK) {
		c->source = tree->source;
		for (size_t i = 0; i < tree->check.n; i++)
			warn_constant(c, &tree->check, &tree->check.values[i]);
	} else if (tree->kind != AST_MACRO) {
		for (size_t i = 0; i < tree->group.n; i++)
			warn_late(c, tree->group.items[i]);
	}
	if (known)
		known->correct = said == c->diags->list.n;
}
