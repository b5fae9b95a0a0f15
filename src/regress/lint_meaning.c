/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

/*
 * Can it be true at all? A conjunction is read into a world: tests that hold in it and event types
 * that are left. A test that contradicts the world makes the conjunction impossible; each
 * alternative of a disjunction is looked at in a copy of the world. Negation is pushed down to the
 * tests on the way.
 */

/* Groups larger than this are generated; comparing all pairs of them would cost too much. */
#define MANY_PARTS 256
/* A rule of so many types has no event type, which is a finding of its own. */
#define MANY_TYPES 100
/* Above this a test is costly. */
#define COSTLY 5

struct world {
	VEC(struct fact) facts;
	struct event_set types;
	const struct clause *narrowed; /* the test that left the fewest types; NULL: none yet */
};

/* Why something cannot be true. */
struct conflict {
	const struct clause *part, *with; /* with NULL: the part alone */
	const char *why;                  /* of a value; NULL: the two exclude each other */
	bool types;                       /* no kind of event has both */
};

struct meaning {
	struct linter *l;
	struct world world;
	struct conflict conflict; /* the last one */
};

static bool possible(struct meaning *m, const struct clause *c, bool negated);

/* ---- Event types -------------------------------------------------------------------------- */

static bool works_on_fd(unsigned type)
{
	return event_info(type)->flags &
	       (EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD | EVENT_FLAG_DESTROYS_FD);
}

/* Whether events of the type may have a value for the field. */
static bool type_has(const struct field_ref *f, unsigned type)
{
	if (is_fd_field(f))
		return works_on_fd(type);
	if (f->id == FIELD_EVT_ARG || f->id == FIELD_EVT_RAWARG)
		return f->has_index ? f->index < event_info(type)->nparams
				    : event_param_index(type, f->key) >= 0;
	return true;
}

/*
 * Events of old captures are converted to the newest version, and entering a call is no event of
 * its own where there is one for leaving it.
 */
static bool occurs(unsigned type)
{
	if (!event_info(type)->exists || event_info(type)->flags & EVENT_FLAG_OLD_VERSION)
		return false;
	return event_is_exit(type) || type + 1 >= EVENT_FILE_TYPES ||
	       !event_info(type + 1)->exists ||
	       !str_eq(event_info(type)->name, event_info(type + 1)->name);
}

static bool speaks_of_types(const struct test *t)
{
	return t->plain && !t->modified &&
	       (t->field.id == FIELD_EVT_TYPE || t->field.id == FIELD_SYSCALL_TYPE) &&
	       (t->op == TEST_EQ || t->op == TEST_NE || t->op == TEST_IN);
}

static bool is_generic(unsigned type)
{
	return type == EVENT_GENERIC_E || type == EVENT_GENERIC_X || type == EVENT_ASYNCEVENT_E;
}

/* The types for which the fact may hold. */
static bool may_hold(struct fact f, const struct event_set *named, unsigned type)
{
	const struct test *t = f.test->test;

	/* One number for many names. */
	if (speaks_of_types(t))
		return is_generic(type) || event_set_has(named, type) != f.negated;
	return f.negated || !t->plain || type_has(&t->field, type);
}

static bool is_empty(const struct event_set *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->words); i++)
		if (s->words[i])
			return false;
	return true;
}

static unsigned count(const struct event_set *s)
{
	unsigned n = 0;

	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++)
		n += event_set_has(s, t);
	return n;
}

static void set_clear(struct event_set *s, unsigned type)
{
	s->words[type / 64] &= ~((uint64_t)1 << (type % 64));
}

/* Takes away the types of which the fact cannot hold; false when none is left. */
static bool narrow(struct meaning *m, struct fact f)
{
	struct event_set named = { 0 }, *types = &m->world.types;
	const unsigned before = count(types);

	if (f.test->expr == EXPR_NONE)
		return true;
	if (speaks_of_types(f.test->test))
		named = pool_event_types(m->l->outlines->pool, f.test->expr);
	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++)
		if (event_set_has(types, t) && !may_hold(f, &named, t))
			set_clear(types, t);
	/* Generic events stay with every test of names that does not exclude them by one. */
	if (speaks_of_types(f.test->test) && !f.negated && f.test->test->op != TEST_NE &&
	    !event_set_has(&named, EVENT_GENERIC_X)) {
		set_clear(types, EVENT_GENERIC_E);
		set_clear(types, EVENT_GENERIC_X);
	}
	if (is_empty(types)) {
		m->conflict = (struct conflict){ f.test, m->world.narrowed, NULL, true };
		return false;
	}
	if (count(types) < before)
		m->world.narrowed = f.test;
	return true;
}

/* ---- Worlds ------------------------------------------------------------------------------- */

static bool assume(struct meaning *m, struct fact new)
{
	struct world *w = &m->world;
	const char *why;

	for (size_t i = 0; i < w->facts.n; i++) {
		if (!step(m->l))
			return true;
		if (facts_exclude(m->l, w->facts.items[i], new, false)) {
			m->conflict =
				(struct conflict){ new.test, w->facts.items[i].test, NULL, false };
			return false;
		}
	}
	why = new.negated ? NULL : test_impossible(m->l->arena, new.test->test);
	if (why && new.test->test->nvalues) {
		m->conflict = (struct conflict){ new.test, NULL, why, false };
		return false;
	}
	if (!narrow(m, new))
		return false;
	VEC_PUSH(m->l->arena, &w->facts, new);
	return true;
}

struct literal {
	const struct clause *c;
	bool negated;
};

struct literals {
	struct literal *items;
	size_t n, cap;
};

static bool is_conjunction(const struct clause *c, bool negated)
{
	return c->kind == (negated ? PART_OR : PART_AND);
}

static void gather(struct arena *a, const struct clause *c, bool negated, struct literals *out)
{
	if ((c->kind == PART_MACRO && c->n) || c->kind == PART_NOT)
		gather(a, c->items[0], negated != (c->kind == PART_NOT), out);
	else if (is_conjunction(c, negated))
		for (size_t i = 0; i < c->n; i++)
			gather(a, c->items[i], negated, out);
	else
		VEC_PUSH(a, out, ((struct literal){ c, negated }));
}

/* ---- Absent fields ------------------------------------------------------------------------ */

static struct str types_without(struct meaning *m, const struct field_ref *f)
{
	struct buf out = { 0 };
	struct str s, last = STR("");
	unsigned n = 0;

	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++) {
		const struct event_info *info = event_info(t);

		if (!event_set_has(&m->world.types, t) || !occurs(t) || is_generic(t) ||
		    type_has(f, t) || str_eq(last, info->name))
			continue;
		last = info->name;
		if (++n > 3)
			continue;
		if (n > 1)
			buf_str(&out, STR(", "));
		buf_str(&out, info->name);
	}
	if (n > 3)
		buf_printf(&out, " and %u more", n - 3);
	s = arena_str(m->l->arena, buf_view(&out));
	buf_fini(&out);
	return s;
}

static bool mentions_socket(const struct clause *c)
{
	if (c->kind == PART_TEST)
		return c->test->plain &&
		       (is_socket_field(&c->test->field) || c->test->field.id == FIELD_FD_TYPE ||
			c->test->field.id == FIELD_FD_TYPECHAR ||
			c->test->field.id == FIELD_FD_SOCKFAMILY ||
			c->test->field.id == FIELD_FD_CONNECTED);
	for (size_t i = 0; i < c->n; i++)
		if (mentions_socket(c->items[i]))
			return true;
	return false;
}

/* Something in the world, or an alternative, asks for a connection. */
static bool is_socket_asked(const struct meaning *m, const struct literals *lits)
{
	for (size_t i = 0; i < m->world.facts.n; i++)
		if (!m->world.facts.items[i].negated &&
		    mentions_socket(m->world.facts.items[i].test))
			return true;
	for (size_t i = 0; i < lits->n; i++)
		if (lits->items[i].c->kind != PART_TEST && mentions_socket(lits->items[i].c))
			return true;
	return false;
}

static void absent_negation(struct meaning *m, const struct clause *c, const struct literals *lits)
{
	const struct test *t = c->test;
	struct str without;
	struct lint_finding *f;

	/* An exception does not concern events without its fields, and says so. */
	if (!t->plain || t->op == TEST_EXISTS || !span_within(c->at, c->frame->at))
		return;
	without = types_without(m, &t->field);
	if (without.len) {
		f = finding(m->l, LINT_ABSENT_NEGATION, c->at,
			    "'not %.*s' is true for every event of these kinds, which have no "
			    "%.*s: %.*s",
			    STR_ARG(brief(m->l, t->text)), STR_ARG(t->left), STR_ARG(without));
		remedy(m->l, f,
		       "if that is not meant, add '%.*s exists' or test the event type as well",
		       STR_ARG(t->left));
	} else if (is_socket_field(&t->field) && !is_socket_asked(m, lits)) {
		f = finding(m->l, LINT_ABSENT_NEGATION, c->at,
			    "'not %.*s' is true for every descriptor that is no internet "
			    "connection",
			    STR_ARG(brief(m->l, t->text)));
		remedy(m->l, f,
		       "if that is not meant, add '%.*s exists' or 'fd.typechar in (4, 6)'",
		       STR_ARG(t->left));
	}
}

static void absent_negations(struct meaning *m, const struct literals *lits)
{
	if (count(&m->world.types) > MANY_TYPES)
		return;
	for (size_t i = 0; i < lits->n; i++)
		if (lits->items[i].c->kind == PART_TEST && lits->items[i].negated)
			absent_negation(m, lits->items[i].c, lits);
}

/* ---- Groups ------------------------------------------------------------------------------- */

static bool conjunction(struct meaning *m, const struct clause *c, bool negated)
{
	struct literals lits = { 0 };

	gather(m->l->arena, c, negated, &lits);
	for (size_t i = 0; i < lits.n; i++)
		if (lits.items[i].c->kind == PART_TEST &&
		    !assume(m, (struct fact){ lits.items[i].c, lits.items[i].negated }))
			return false;
	for (size_t i = 0; i < lits.n; i++)
		if (lits.items[i].c->kind != PART_TEST &&
		    !possible(m, lits.items[i].c, lits.items[i].negated))
			return false;
	absent_negations(m, &lits);
	return true;
}

static bool is_own(const struct conflict *x, const struct clause *group)
{
	return x->part->frame == group->frame && (!x->with || x->with->frame == group->frame);
}

static void say_never_true(struct meaning *m, const struct conflict *x)
{
	struct linter *l = m->l;
	struct lint_finding *f;

	if (x->why)
		return; /* told of the value itself */
	f = finding(l, LINT_NEVER_TRUE, x->part->at,
		    x->types ? "no kind of event satisfies this alternative with '%.*s'"
			     : "this alternative is never true: '%.*s' contradicts what holds here",
		    STR_ARG(brief(l, x->part->test->text)));
	if (x->with)
		point_at(l, f, x->with->at, "it excludes '%.*s'",
			 STR_ARG(brief(l, x->with->test->text)));
}

static bool disjunction(struct meaning *m, const struct clause *c, bool negated)
{
	struct conflict *dead = arena_array(m->l->arena, c->n, sizeof(*dead));
	const struct world before = m->world;
	struct event_set types = { 0 };
	bool any = false;

	for (size_t i = 0; i < c->n; i++) {
		m->world.facts.n = before.facts.n;
		m->world.types = before.types;
		m->world.narrowed = before.narrowed;
		if (!possible(m, c->items[i], negated)) {
			dead[i] = m->conflict;
			continue;
		}
		any = true;
		for (size_t k = 0; k < ARRAY_SIZE(types.words); k++)
			types.words[k] |= m->world.types.words[k];
	}
	m->world.facts.n = before.facts.n;
	m->world.types = types;
	for (size_t i = 0; i < c->n && any && !negated; i++)
		if (dead[i].part && is_own(&dead[i], c))
			say_never_true(m, &dead[i]);
	return any;
}

static bool possible(struct meaning *m, const struct clause *c, bool negated)
{
	if (!step(m->l))
		return true;
	switch (c->kind) {
	case PART_TEST: {
		struct literals alone = { 0 };

		if (!assume(m, (struct fact){ c, negated }))
			return false;
		if (negated)
			VEC_PUSH(m->l->arena, &alone, ((struct literal){ c, negated }));
		absent_negations(m, &alone);
		return true;
	}
	case PART_MACRO:
		return !c->n || possible(m, c->items[0], negated);
	case PART_NOT:
		return possible(m, c->items[0], !negated);
	case PART_AND:
	case PART_OR:
		return is_conjunction(c, negated) ? conjunction(m, c, negated)
						  : disjunction(m, c, negated);
	}
	return true;
}

/* ---- Parts beside each other --------------------------------------------------------------- */

static void repeated(struct linter *l, const struct clause *c, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		struct lint_finding *f;

		if (!step(l) || !clause_equal(c->items[k], c->items[i]))
			continue;
		f = finding(l, LINT_REPEATED_PART, c->items[i]->at,
			    "this part stands here twice; the second one changes nothing");
		point_at(l, f, c->items[k]->at, "it is the same as this one");
		return;
	}
}

static bool as_fact(const struct clause *c, struct fact *out)
{
	bool negated = false;

	while (c->kind == PART_NOT) {
		negated = !negated;
		c = c->items[0];
	}
	*out = (struct fact){ c, negated };
	return c->kind == PART_TEST;
}

/* "a != x or a != y": where one does not hold, the other one does. */
static void exhaustive(struct linter *l, const struct clause *c, size_t i)
{
	struct fact a, b;

	if (!as_fact(c->items[i], &b))
		return;
	b.negated = !b.negated;
	for (size_t k = 0; k < i; k++) {
		struct lint_finding *f;

		if (!step(l) || !as_fact(c->items[k], &a))
			continue;
		a.negated = !a.negated;
		if (!facts_exclude(l, a, b, true))
			continue;
		f = finding(l, LINT_ALWAYS_TRUE, c->items[i]->at,
			    a.test->expr == b.test->expr
				    ? "this 'or' is always true: it holds '%.*s' and its negation"
				    : "this 'or' is true for every value of the field: where one "
				      "side is not, '%.*s' is",
			    STR_ARG(brief(l, b.test->test->text)));
		point_at(l, f, c->items[k]->at, "together with this");
		if (b.test->test->op == TEST_NE)
			remedy(l, f, "'not %.*s in (...)' is true for none of several values",
			       STR_ARG(b.test->test->left));
		return;
	}
}

static unsigned cost_of(const struct test *t)
{
	static const uint8_t operators[TEST_OPS] = {
#define LINT_COST_OPERATOR(op, cost) [TEST_##op] = cost,
#define LINT_COST_FIELD(field, cost)
#include "tables/lint_costs.def"
#undef LINT_COST_OPERATOR
#undef LINT_COST_FIELD
	};
	static const uint8_t fields[FIELDS] = {
#define LINT_COST_OPERATOR(op, cost)
#define LINT_COST_FIELD(field, cost) [FIELD_##field] = cost,
#include "tables/lint_costs.def"
#undef LINT_COST_OPERATOR
#undef LINT_COST_FIELD
	};
	unsigned cost = operators[t->op] ? operators[t->op] : 1;

	for (size_t i = 0; i < t->nfields; i++)
		if (!t->fields[i].has_index)
			cost += fields[t->fields[i].id];
	return cost;
}

/* All of it depends on nothing but the event's type. */
static bool is_about_types(const struct clause *c)
{
	c = clause_open(c);
	if (c->kind == PART_TEST)
		return speaks_of_types(c->test);
	for (size_t i = 0; i < c->n; i++)
		if (!is_about_types(c->items[i]))
			return false;
	return c->n;
}

/* Of a single test, negated or not; 0: it is none. */
static unsigned cost_of_part(const struct clause *c)
{
	c = c->kind == PART_NOT ? c->items[0] : c;
	return c->kind == PART_TEST ? cost_of(c->test) : 0;
}

/* The first part after `at` that ought to stand in front of it; c->n: none does. */
static size_t find_cheaper(const struct clause *c, size_t at, bool types)
{
	size_t i = at + 1;

	while (i < c->n &&
	       (is_about_types(c->items[i]) != types || (!types && cost_of_part(c->items[i]) != 1)))
		i++;
	return i;
}

/* The first part that is not about types is costly, and types or something cheap come later. */
static void costly_first(struct linter *l, const struct clause *c)
{
	const struct clause *test;
	struct lint_finding *f;
	size_t at = 0, better;
	bool types = true;

	while (at < c->n && is_about_types(c->items[at]))
		at++;
	if (at == c->n || cost_of_part(c->items[at]) < COSTLY)
		return;
	better = find_cheaper(c, at, types);
	if (better == c->n) {
		types = false;
		better = find_cheaper(c, at, types);
	}
	if (better == c->n)
		return;
	test = c->items[at]->kind == PART_NOT ? c->items[at]->items[0] : c->items[at];
	f = finding(l, LINT_COSTLY_FIRST, c->items[at]->at, "'%.*s' is costly and stands before %s",
		    STR_ARG(brief(l, test->test->text)),
		    types ? "the event type" : "what costs next to nothing");
	point_at(l, f, c->items[better]->at, "put this in front");
}

static void neighbours(struct linter *l, const struct clause *c)
{
	const bool group = c->kind == PART_AND || c->kind == PART_OR;

	for (size_t i = 0; group && i < c->n && c->n <= MANY_PARTS; i++) {
		repeated(l, c, i);
		if (c->kind == PART_OR)
			exhaustive(l, c, i);
	}
	if (c->kind == PART_AND)
		costly_first(l, c);
	for (size_t i = 0; i < c->n; i++)
		neighbours(l, c->items[i]);
}

/* ---- Whole rules -------------------------------------------------------------------------- */

static void say_never(struct linter *l, const struct conflict *x)
{
	const struct str name = l->rule->name, part = brief(l, x->part->test->text);
	struct lint_finding *f;

	if (x->why) {
		f = finding(l, LINT_NEVER_MATCHES, x->part->at,
			    "rule '%.*s' can never match: '%.*s' is never true", STR_ARG(name),
			    STR_ARG(part));
		remedy(l, f, "%.*s has no such value: %s", STR_ARG(x->part->test->left), x->why);
		return;
	}
	if (!x->with) {
		f = finding(l, LINT_NEVER_MATCHES, x->part->at,
			    "rule '%.*s' can never match: no kind of event satisfies '%.*s'",
			    STR_ARG(name), STR_ARG(part));
		remedy(l, f, "no event has such a parameter");
		return;
	}
	f = finding(l, LINT_NEVER_MATCHES, x->part->at,
		    x->types ? "rule '%.*s' can never match: no kind of event left has '%.*s'"
			     : "rule '%.*s' can never match: '%.*s' excludes another part",
		    STR_ARG(name), STR_ARG(part));
	point_at(l, f, x->with->at,
		 x->types ? "this leaves only events without it"
			  : "which is this one; for one of several values write 'in'");
}

static struct event_set every_type(void)
{
	struct event_set s = { 0 };

	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++)
		if (occurs(t))
			s.words[t / 64] |= (uint64_t)1 << (t % 64);
	return s;
}

void lint_meaning(struct linter *l, size_t rule)
{
	const struct clause *root = l->outlines->of[rule].root;
	struct meaning m = { .l = l, .world = { .types = every_type() } };

	l->never[rule] = !possible(&m, root, false);
	if (l->never[rule])
		say_never(l, &m.conflict);
	neighbours(l, root);
}
