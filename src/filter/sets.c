/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

/*
 * Which atoms on one field are decided together: those whose constants the field's text begins or
 * ends with in one trie, path prefixes in another, and all that asks for something anywhere in the
 * text by one scan for what it needs. A walk costs as much as several single tests, so only types
 * for which enough rules ask get one.
 */

/* Above this many bytes of rows the atoms are tested one by one. */
#define ROW_BYTES ((size_t)8 << 20)
/* Of what a scan looks for, so many bytes from the end say enough. */
enum { SCAN_MOST = 24, SCAN_LEAST = 6 };

/*
 * Where one look costs less than single tests of so many atoms that a type's rules hold: half of
 * them are never asked. Data that is read and written may be long, and then a search for one
 * thing goes through it many times faster than a scan for all.
 */
static const uint32_t pays_from[SET_KINDS] = {
	[SET_PREFIX] = 4,
	[SET_SUFFIX] = 4,
	[SET_PATH] = 2,
	[SET_SCAN] = 4,
};
enum { SCAN_OF_DATA_PAYS_FROM = 24 };

static uint32_t least(const struct compiler *c, uint32_t slot, enum text_set_kind kind)
{
	if (c->out->options.together)
		return c->out->options.together;
	if (kind == SET_SCAN && class_of(c->slots.items[slot].field.type) == CLASS_BYTES)
		return SCAN_OF_DATA_PAYS_FROM;
	return pays_from[kind];
}

static enum text_set_kind kind_of(enum comparison cmp)
{
	switch (cmp) {
	case CMP_STARTSWITH:
	case CMP_BSTARTSWITH:
		return SET_PREFIX;
	case CMP_ENDSWITH:
		return SET_SUFFIX;
	case CMP_PMATCH:
		return SET_PATH;
	case CMP_CONTAINS:
	case CMP_ICONTAINS:
	case CMP_BCONTAINS:
	case CMP_GLOB:
	case CMP_IGLOB:
	case CMP_REGEX:
		return SET_SCAN;
	case CMP_EXISTS:
	case CMP_EQ:
	case CMP_EQEQ:
	case CMP_NE:
	case CMP_LE:
	case CMP_LT:
	case CMP_GE:
	case CMP_GT:
	case CMP_INTERSECTS:
	case CMP_IN:
	case COMPARISONS:
		break;
	}
	return SET_KINDS;
}

/* What a scan has to meet, at most `most` bytes of it; empty when nothing is worth looking for. */
static struct str wanted_text(struct compiler *c, const struct atom *a, size_t constant,
			      size_t most, bool *sure)
{
	struct str s = required_text(c->scratch, a->cmp, a->constants[constant].v.s, sure);

	if (s.len > most) {
		s = str_from_index(s, s.len - most);
		*sure = false;
	}
	return s.len > 1 || *sure ? s : STR("");
}

static bool can_be_scanned(struct compiler *c, const struct atom *a)
{
	bool sure;

	for (size_t i = 0; i < a->n; i++)
		if (wanted_text(c, a, i, SCAN_MOST, &sure).len == 0)
			return false;
	return true;
}

static enum text_set_kind set_of(const struct compiler *c, const struct atom *a)
{
	const enum value_class class = class_of(a->left->type);
	const enum text_set_kind kind = kind_of(a->cmp);

	if (kind == SET_KINDS || !atom_is_plain(a) || !atom_has_fixed_type(a) || a->n == 0 ||
	    (class != CLASS_TEXT && class != CLASS_BYTES) ||
	    (a->modifier != MODIFIER_NONE && a->modifier != MODIFIER_ANYOF) ||
	    c->without & (kind == SET_SCAN ? PART_SCAN : PART_TRIE))
		return SET_KINDS;
	return kind;
}

/* Gives the atoms of one kind on one slot their bits, when there are enough of them. */
static void number_atoms(struct compiler *c, uint32_t slot, enum text_set_kind kind)
{
	const struct atom *atoms = c->pool->atoms.items;
	const uint32_t first = c->first[slot];
	uint32_t n = 0, bit = 0;

	for (uint32_t i = first; i != UINT32_MAX; i = c->selected[i].next)
		n += set_of(c, &atoms[i]) == kind;
	for (uint32_t i = first; n >= least(c, slot, kind) && i != UINT32_MAX;
	     i = c->selected[i].next) {
		struct selected *s = &c->selected[i];

		if (bit > UINT16_MAX || set_of(c, &atoms[i]) != kind ||
		    (kind == SET_SCAN && !can_be_scanned(c, &atoms[i])))
			continue;
		s->set = (uint8_t)kind;
		s->bit = (uint16_t)bit++;
	}
}

void sets_begin(struct compiler *c)
{
	c->together = arena_array(c->scratch, c->slots.n * SET_KINDS, sizeof(*c->together));
	for (uint32_t slot = 0; slot < c->slots.n; slot++)
		for (enum text_set_kind kind = 0; kind < SET_KINDS; kind++)
			number_atoms(c, slot, kind);
}

struct marked_texts {
	VEC(struct marked_text) list;
	uint32_t bits;
};

/* The constants of all atoms in the set; of a scan, what they need, cut to `most` bytes. */
static struct marked_texts texts_of(struct compiler *c, uint32_t slot, enum text_set_kind kind,
				    size_t most)
{
	struct marked_texts out = { .bits = 0 };

	for (uint32_t i = c->first[slot]; i != UINT32_MAX; i = c->selected[i].next) {
		const struct atom *a = &c->pool->atoms.items[i];
		struct selected *s = &c->selected[i];

		if (s->set != kind)
			continue;
		s->sure = true;
		out.bits = s->bit + 1u;
		for (size_t k = 0; k < a->n; k++) {
			struct marked_text t = { a->constants[k].v.s, s->bit };
			bool sure = true;

			if (kind == SET_SCAN)
				t.text = wanted_text(c, a, k, most, &sure);
			s->sure &= sure;
			VEC_PUSH(c->scratch, &out.list, t);
		}
	}
	return out;
}

static bool fill_set(struct compiler *c, struct text_set *set, uint32_t slot)
{
	struct marked_texts t = texts_of(c, slot, set->kind, SCAN_MOST);
	struct path_set *paths;

	set->bits = t.bits;
	if (t.list.n * (t.bits / 8 + 8) > ROW_BYTES)
		return false;
	switch (set->kind) {
	case SET_PREFIX:
	case SET_SUFFIX:
		set->radix = radix_new(c->arena, t.list.items, t.list.n, t.bits,
				       set->kind == SET_SUFFIX);
		return true;
	case SET_PATH:
		paths = path_set_begin(c->arena, t.bits);
		for (size_t i = 0; i < t.list.n; i++)
			path_set_add(paths, c->arena, t.list.items[i].text, t.list.items[i].bit);
		set->paths = paths;
		return true;
	case SET_SCAN:
		for (size_t most = SCAN_MOST; !set->scanner && most >= SCAN_LEAST; most /= 2) {
			t = texts_of(c, slot, set->kind, most);
			set->scanner = scanner_new(c->arena, t.list.items, t.list.n, t.bits);
		}
		return set->scanner != NULL;
	case SET_KINDS:
		break;
	}
	return false;
}

static bool build_set(struct compiler *c, uint32_t slot, enum text_set_kind kind)
{
	struct text_set *set;

	if (c->slots.items[slot].sets[kind])
		return true;
	set = ARENA_NEW(c->arena, struct text_set);
	set->kind = kind;
	if (!fill_set(c, set, slot))
		return false;
	set->row = arena_array(c->arena, (set->bits + 63) / 64, sizeof(*set->row));
	c->slots.items[slot].sets[kind] = set;
	return true;
}

void sets_choose(struct compiler *c)
{
	uint32_t *asked = arena_array(c->scratch, c->slots.n * SET_KINDS, sizeof(*asked));

	for (size_t id = 0; id < c->pool->nodes.n; id++) {
		const struct node *n = &c->pool->nodes.items[id];
		const struct selected *s = &c->selected[n->atom];

		if (n->kind == NODE_ATOM && c->uses[id] && s->set != SET_KINDS)
			asked[s->slot * SET_KINDS + s->set]++;
	}
	for (uint32_t slot = 0; slot < c->slots.n; slot++)
		for (enum text_set_kind kind = 0; kind < SET_KINDS; kind++) {
			const uint32_t n = asked[slot * SET_KINDS + kind];

			c->together[slot * SET_KINDS + kind] =
				n && n >= least(c, slot, kind) && build_set(c, slot, kind);
		}
}

bool sets_bit(const struct compiler *c, uint32_t atom, enum text_set_kind *kind, uint32_t *bit)
{
	const struct selected *s = &c->selected[atom];

	if (s->op == OP_TEXT_ROW) {
		*kind = SET_EQUAL;
		*bit = s->imm;
		return true;
	}
	if (s->set == SET_KINDS || !c->together[s->slot * SET_KINDS + s->set])
		return false;
	*kind = s->set;
	*bit = s->bit;
	return true;
}

void sets_use(const struct compiler *c, uint32_t atom, struct insn *i)
{
	static const uint8_t opcodes[SET_KINDS] = {
		[SET_PREFIX] = OP_TEXT_PREFIX,
		[SET_SUFFIX] = OP_TEXT_SUFFIX,
		[SET_PATH] = OP_TEXT_PATH,
		[SET_SCAN] = OP_TEXT_MAYBE,
	};
	const struct selected *s = &c->selected[atom];

	if (s->set == SET_KINDS || !c->together[s->slot * SET_KINDS + s->set])
		return;
	i->op = opcodes[s->set];
	if (s->set == SET_SCAN && s->sure)
		i->op = OP_TEXT_MET;
	i->imm = atom;
	i->bit = s->bit;
}

const uint64_t *text_set_find(const struct text_set *s, struct str text, struct arena *scratch)
{
	switch (s->kind) {
	case SET_PREFIX:
	case SET_SUFFIX:
		return radix_find(s->radix, text);
	case SET_PATH:
		return path_set_find(s->paths, text, s->row, scratch);
	case SET_SCAN:
		return scanner_find(s->scanner, text, s->row);
	case SET_KINDS:
		break;
	}
	return NULL;
}
