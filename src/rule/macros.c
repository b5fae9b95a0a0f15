/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * Macros are trees: each is parsed alone and put where its name stands. A macro sees the macros
 * first defined before its own last change, a rule sees all.
 */

static bool parse_macro(struct store *s, struct macro_info *m)
{
	size_t first = s->d->list.n, at = 0;

	m->used = false;
	m->state = MACRO_NEW;
	m->ast = m->expanded = NULL;
	if (!put_lists(s, &m->condition, &m->resolved)) {
		report(s, LOAD_ERR_COMPILE_CONDITION, m->cond_ctx,
		       "with its lists, the condition of macro '%.*s' is too long",
		       STR_ARG(m->name));
		return false;
	}
	m->ast = ast_parse(s->compiled, &m->resolved, s->d, &at);
	relocate(s, first, m->cond_ctx);
	return m->ast != NULL;
}

/* Whose tree is being walked for references. */
struct referrer {
	struct store *s;
	const struct context *ctx;
	const struct source_text *text;
	size_t visibility;            /* macros with a smaller index can be seen */
	size_t at;                    /* the reference being followed */
	const struct referrer *outer; /* the macro that led here; NULL: the first one */
	unsigned depth;
	bool ok;
};

static bool resolve(struct store *s, struct macro_info *m, const struct referrer *outer);

struct visible_walk {
	const struct referrer *user;
	size_t at;
};

static bool next_macro(void *arg, struct str *candidate)
{
	struct visible_walk *w = arg;
	const struct store *s = w->user->s;

	while (w->at < s->macros.n) {
		const struct macro_info *m = s->macros.items[w->at++];

		if (m->order.index < w->user->visibility) {
			*candidate = m->name;
			return true;
		}
	}
	return false;
}

static void undefined(const struct referrer *u, struct str name, size_t at)
{
	const struct macro_info *hidden = find_macro(u->s, name);
	struct visible_walk walk = { .user = u };
	struct diag *d = report(u->s, LOAD_ERR_VALIDATE, u->ctx, "macro '%.*s' is not defined%s",
				STR_ARG(name), hidden ? " before this place" : "");
	struct str near;

	d->at = source_span(u->text, at, at + name.len);
	add_expression(u->s, d, u->ctx, u->text->text, at);
	if (hidden) {
		diag_note(u->s->d, d, hidden->ctx->span,
			  "a macro can use only those above it; move this one up");
		return;
	}
	if (find_list(u->s, name)) {
		diag_note(u->s->d, d, d->at,
			  "'%.*s' is a list; it can stand where values stand, as in 'in (%.*s)'",
			  STR_ARG(name), STR_ARG(name));
		return;
	}
	near = diag_nearest(name, next_macro, &walk);
	if (near.len)
		diag_note(u->s->d, d, d->at, "did you mean '%.*s'?", STR_ARG(near));
}

/* Reported where the way into the loop begins: at the macro from which all others were reached. */
static void loop(const struct referrer *u, const struct macro_info *m, size_t at)
{
	const struct referrer *first = u;
	struct diag *d;

	while (first->outer)
		first = first->outer;
	d = report(u->s, LOAD_ERR_VALIDATE, first->ctx, "macro '%.*s' contains itself",
		   STR_ARG(m->name));

	d->at = source_span(u->text, at, at + m->name.len);
	add_expression(u->s, d, first->ctx, first->text->text, first->at);
	diag_note(u->s->d, d, m->ctx->span, "'%.*s' is defined here", STR_ARG(m->name));
}

static bool check_reference(struct str name, size_t at, void *arg)
{
	struct referrer *u = arg;
	struct macro_info *m = find_macro(u->s, name);

	u->at = at;
	if (m && m->state == MACRO_OPEN) {
		loop(u, m, at);
		return u->ok = false;
	}
	if (!m || m->order.index >= u->visibility) {
		undefined(u, name, at);
		return u->ok = false;
	}
	m->used = true;
	return u->ok = resolve(u->s, m, u);
}

static const struct ast *expanded_macro(struct str name, void *arg)
{
	const struct macro_info *m = find_macro(arg, name);

	return m->expanded;
}

/* Replaces the references in `tree`, which `u` uses; NULL with a diagnostic. */
static struct ast *expand(struct referrer *u, const struct ast *tree)
{
	ast_each_macro(tree, check_reference, u);
	return u->ok ? ast_expand(u->s->compiled, tree, expanded_macro, u->s) : NULL;
}

/*
 * Recursion is as deep as macros contain each other, which the order of definition and the
 * number of macros bound only loosely: hence MACRO_DEPTH.
 */
static bool resolve(struct store *s, struct macro_info *m, const struct referrer *outer)
{
	struct referrer u = {
		.s = s,
		.ctx = m->ctx,
		.text = &m->resolved,
		.visibility = m->order.visibility,
		.outer = outer,
		.depth = outer ? outer->depth + 1 : 0,
		.ok = true,
	};

	if (m->state == MACRO_DONE)
		return true;
	if (u.depth == MACRO_DEPTH) {
		report(s, LOAD_ERR_VALIDATE, m->ctx, "macros contain each other too deeply here");
		return false;
	}
	m->state = MACRO_OPEN;
	m->expanded = expand(&u, m->ast);
	m->state = MACRO_DONE;
	return m->expanded != NULL;
}

bool compile_macros(struct store *s)
{
	for (size_t i = 0; i < s->macros.n; i++)
		if (!parse_macro(s, s->macros.items[i]))
			return false;
	for (size_t i = 0; i < s->macros.n; i++)
		if (!resolve(s, s->macros.items[i], NULL))
			return false;
	return true;
}

bool expand_rule(struct store *s, struct rule_info *r)
{
	struct referrer u = {
		.s = s,
		.ctx = r->ctx,
		.text = &r->full,
		.visibility = SIZE_MAX,
		.ok = true,
	};

	r->expanded = expand(&u, r->ast);
	return r->expanded != NULL;
}
