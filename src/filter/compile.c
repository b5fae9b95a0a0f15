/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <assert.h>

/* Rules to one program per event type. */

/* A shared group with more instructions than this is a block of its own, not written twice. */
#define INLINE_MAX 24

static uint32_t add_saturated(uint32_t a, uint32_t b)
{
	uint32_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT32_MAX : sum;
}

enum activity activity_of(const struct compiler *c, size_t rule, unsigned type)
{
	const struct program_rule *r = &c->rules[rule];

	if (!event_set_has(&r->types, type) || c->fold[r->condition] == FOLD_FALSE)
		return INACTIVE;
	return c->fold[r->condition] == FOLD_TRUE ? ALWAYS : DYNAMIC;
}

/* How often each node would be run into if nothing were shared; parents come after children. */
static void count_uses(struct compiler *c, unsigned type)
{
	const size_t n = c->pool->nodes.n;

	memset(c->uses, 0, n * sizeof(*c->uses));
	for (size_t i = 0; i < c->nrules; i++)
		if (activity_of(c, i, type) == DYNAMIC)
			c->uses[c->rules[i].condition]++;
	for (size_t id = n; id-- > 0;) {
		const struct node *node = &c->pool->nodes.items[id];

		for (size_t i = 0; c->uses[id] && i < node->n; i++)
			if (c->fold[node->items[i]] == FOLD_DYNAMIC)
				c->uses[node->items[i]] =
					add_saturated(c->uses[node->items[i]], c->uses[id]);
	}
}

/* Writes the shared groups that are too large to be written in place. */
static void emit_blocks(struct compiler *c)
{
	for (size_t id = 0; id < c->pool->nodes.n; id++) {
		const struct node *node = &c->pool->nodes.items[id];
		struct emitter e = { .c = c };
		const struct lit whole = { (expr_id)id, false, NULL };
		uint32_t yes, no, uses;

		c->block[id] = 0;
		c->size[id] = node->kind == NODE_ATOM;
		if (!c->uses[id])
			continue;
		for (size_t i = 0; i < node->n; i++)
			if (c->fold[node->items[i]] == FOLD_DYNAMIC)
				c->size[id] = add_saturated(c->size[id], c->size[node->items[i]]);
		if (c->uses[id] < 2 || c->size[id] <= INLINE_MAX ||
		    lit_strip(c, whole).node != (expr_id)id)
			continue;
		yes = label_new(&e);
		no = label_new(&e);
		/* inside, nothing is to be remembered that the call remembers */
		c->enclosing = lit_is_of_thread(c, whole) ? c->uses[id] : 0;
		uses = c->uses[id];
		c->uses[id] = 1;
		emit_lit(&e, whole, yes, no);
		c->enclosing = 0;
		c->uses[id] = uses;
		label_here(&e, yes);
		emit(&e, (struct insn){ .op = OP_TRUE, .on_true = LABEL_NEXT });
		e.insns.items[e.insns.n - 1].on_true = label_new(&e);
		label_here(&e, no);
		emit(&e, (struct insn){ .op = OP_FALSE });
		label_here(&e, e.insns.items[e.insns.n - 2].on_true);
		c->block[id] = emit_done(&e) + 1;
		c->size[id] = 1;
	}
}

/* What makes two types have the same program: the same rules over the same dynamic nodes. */
static struct str type_key(struct compiler *c, unsigned type)
{
	const size_t n = c->pool->nodes.n;
	char *key = arena_bytes(c->scratch, c->nrules + n + 1);

	for (size_t i = 0; i < c->nrules; i++)
		key[i] = (char)activity_of(c, i, type);
	for (size_t i = 0; i < n; i++)
		key[c->nrules + i] = c->uses[i] > 0;
	return str_of(key, c->nrules + n);
}

/* What makes two types alike before anything else is looked at: rules, and what their atoms say. */
static struct str kind_key(struct compiler *c, unsigned type)
{
	char *key = arena_bytes(c->scratch, c->nrules + c->of_type.n + 1);
	struct str atoms;
	bool any = false;

	for (size_t i = 0; i < c->nrules; i++)
		any |= key[i] = event_set_has(&c->rules[i].types, type);
	if (!any)
		return STR("");
	atoms = fold_atoms(c, type);
	memcpy(key + c->nrules, atoms.p, atoms.len);
	return str_of(key, c->nrules + atoms.len);
}

static bool has_rules(const struct compiler *c, unsigned type)
{
	for (size_t i = 0; i < c->nrules; i++)
		if (activity_of(c, i, type) != INACTIVE)
			return true;
	return false;
}

static uint32_t compile_type(struct compiler *c, struct strmap *known, unsigned type)
{
	struct str key;
	uintptr_t found;

	fold_groups(c);
	if (!has_rules(c, type))
		return 0;
	count_uses(c, type);
	key = type_key(c, type);
	found = (uintptr_t)strmap_get(known, key);
	if (!found) {
		sets_choose(c);
		emit_blocks(c);
		found = (uintptr_t)chains_emit(c, type) + 1;
		strmap_put(known, key, (void *)found);
	}
	return (uint32_t)found;
}

static void compile_types(struct compiler *c)
{
	struct strmap kinds = { 0 }, known = { 0 };

	fold_begin(c);
	for (unsigned type = 0; type < EVENT_OWN_FIRST; type++) {
		struct str kind = event_info(type)->exists ? kind_key(c, type) : STR("");
		uintptr_t alike = kind.len ? (uintptr_t)strmap_get(&kinds, kind) : 1;

		if (!alike) {
			alike = (uintptr_t)type + 1;
			c->out->main[type] = compile_type(c, &known, type);
			strmap_put(&kinds, kind, (void *)alike);
		} else if (kind.len) {
			c->out->main[type] = c->out->main[alike - 1];
		}
	}
	strmap_fini(&kinds);
	strmap_fini(&known);
}

static void finish(struct compiler *c)
{
	struct programs *out = c->out;

	out->blocks = c->blocks.items;
	out->nblocks = c->blocks.n;
	out->slots = c->slots.items;
	out->nslots = c->slots.n;
	out->numbers = c->numbers.items;
	out->nnumbers = c->numbers.n;
	out->nmemo = c->nmemo + 1;
	out->memo = arena_array(c->arena, out->nmemo, sizeof(*out->memo));
	out->hits = arena_array(c->arena, c->nrules, sizeof(*out->hits));
	bundles_finish(c);
}

struct programs *programs_compile_with(struct arena *arena, const struct pool *p,
				       const struct program_rule *rules, size_t n,
				       const struct program_options *options)
{
	struct compiler c = { .arena = arena, .pool = p, .rules = rules, .nrules = n };
	const size_t nodes = p->nodes.n;

	c.scratch = arena_new();
	c.without = options->without;
	c.out = ARENA_NEW(arena, struct programs);
	c.out->pool = p;
	c.out->options = *options;
#ifdef BESRA_CHECK_MEMO
	c.out->options.check_memory = true;
#endif
	c.out->nrules = n;
	c.fold = arena_array(c.scratch, nodes, sizeof(*c.fold));
	c.uses = arena_array(c.scratch, nodes, sizeof(*c.uses));
	c.size = arena_array(c.scratch, nodes, sizeof(*c.size));
	c.memo = arena_array(c.scratch, nodes, sizeof(*c.memo));
	c.block = arena_array(c.scratch, nodes, sizeof(*c.block));
	select_atoms(&c);
	rates_begin(&c);
	compile_types(&c);
	finish(&c);
	strmap_fini(&c.bundle_ids);
	arena_free(c.scratch);
	assert(programs_check(c.out));
	return c.out;
}

struct programs *programs_compile(struct arena *arena, const struct pool *p,
				  const struct program_rule *rules, size_t n, enum match_mode mode)
{
	const struct program_options options = { .mode = mode };

	return programs_compile_with(arena, p, rules, n, &options);
}

const char *program_part_name(enum program_part part)
{
	switch (part) {
	case PART_FOLD:
		return "specialised by event type";
	case PART_SHARE:
		return "memo per event";
	case PART_THREAD:
		return "memo per thread";
	case PART_INDEX:
		return "one lookup per field";
	case PART_ORDER:
		return "order by cost";
	case PART_SKIP:
		return "skipping of rules";
	case PART_TRIE:
		return "one walk for prefixes and suffixes";
	case PART_SCAN:
		return "one scan for what is contained";
	}
	return "";
}

void programs_free(struct programs *p)
{
	if (p)
		memo_free(&p->threads);
}

bool programs_want(const struct programs *p, unsigned type)
{
	return type < EVENT_TYPES && p->main[type] != 0;
}
