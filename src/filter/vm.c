/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <stdlib.h>

#include <assert.h>

/* Ancestors are walked at most so far; most lineages are short. */
enum { FEW = 32, MANY = LIMIT_ANCESTORS };

/* The field's value in this event, fetched at the first request. */
static inline struct slot *slot_get(struct programs *p, uint32_t slot, const struct field_ctx *ctx)
{
	struct slot *s = &p->slots[slot];

	if (s->run != p->run) {
		s->run = p->run;
		s->looked_up = false;
		s->asked = 0;
		s->present = field_get(&s->field, ctx, &s->v);
	}
	return s;
}

static inline const uint64_t *slot_row(struct slot *s)
{
	if (!s->looked_up) {
		s->looked_up = true;
		s->row = index_get(s->index, s->v.s);
	}
	return s->row;
}

static inline const uint64_t *slot_set(struct slot *s, enum text_set_kind kind,
				       struct arena *scratch)
{
	if (!(s->asked >> kind & 1)) {
		s->asked |= (uint8_t)(1u << kind);
		s->rows[kind] = text_set_find(s->sets[kind], s->v.s, scratch);
	}
	return s->rows[kind];
}

static inline bool slot_in(struct slot *s, enum text_set_kind kind, uint32_t bit,
			   struct arena *scratch)
{
	return row_has(slot_set(s, kind, scratch), bit);
}

/* numbers: how many follow, then words of the row and bits of them in turn. */
static bool has_any(const uint64_t *row, const int64_t *numbers)
{
	for (int64_t i = 1; row && i < numbers[0]; i += 2)
		if (row[numbers[i]] & (uint64_t)numbers[i + 1])
			return true;
	return false;
}

static bool scalar_test(const struct programs *p, uint32_t atom, const struct val *v,
			struct arena *scratch)
{
	const struct atom *a = &p->pool->atoms.items[atom];

	if (p->sets[atom] && class_of(v->type) == CLASS_TEXT)
		return index_get(p->sets[atom], v->s) != NULL;
	if (a->cmp == CMP_PMATCH && !(p->options.without & PART_TRIE))
		return class_of(v->type) == CLASS_TEXT && path_set_match(a->paths, v->s, scratch);
	return atom_test(a, v, scratch);
}

static bool value_passes(const struct programs *p, uint32_t atom, const struct val *v,
			 struct arena *scratch)
{
	const bool all = p->pool->atoms.items[atom].cmp == CMP_IN;

	if (!v->is_list)
		return scalar_test(p, atom, v, scratch);
	for (size_t i = 0; i < v->list.n; i++)
		if (scalar_test(p, atom, &v->list.items[i], scratch) != all)
			return !all;
	return all;
}

static bool multi_passes(const struct programs *p, uint32_t atom, const struct field_ctx *ctx)
{
	const struct atom *a = &p->pool->atoms.items[atom];
	const bool all = a->ends && a->cmp == CMP_NE;
	struct val few[FEW], *values = few;
	size_t n = field_get_all(&a->left->field, ctx, values, FEW);

	if (n == FEW) {
		values = arena_array(ctx->scratch, MANY, sizeof(*values));
		n = field_get_all(&a->left->field, ctx, values, MANY);
	}
	if (a->cmp == CMP_EXISTS)
		return n > 0;
	for (size_t i = 0; i < n; i++)
		if (scalar_test(p, atom, &values[i], ctx->scratch) != all)
			return !all;
	return all && n > 0;
}

static bool eval(const struct programs *p, uint32_t atom, const struct field_ctx *ctx)
{
	const struct atom *a = &p->pool->atoms.items[atom];
	struct val v;

	if (a->multi)
		return multi_passes(p, atom, ctx);
	if (a->left->kind == OPERAND_FIELD || a->right || a->cmp == CMP_EXISTS)
		return atom_eval(a, ctx);
	return term_get(a->left, ctx, &v) && value_passes(p, atom, &v, ctx->scratch);
}

static bool has_number(const int64_t *numbers, int64_t wanted)
{
	size_t low = 0, high = (size_t)numbers[0];

	for (numbers++; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (numbers[middle] == wanted)
			return true;
		if (numbers[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static inline struct str constant_text(const struct programs *p, uint32_t atom)
{
	return p->pool->atoms.items[atom].constants[0].v.s;
}

/* Events that tell of a container or the like speak for that, whatever thread they came with. */
static struct memo_row *ask_row(struct programs *p, const struct field_ctx *ctx)
{
	p->row_asked = true;
	if (ctx->who->thread && !(ctx->ev->info->category & CATEGORY_METAEVENT))
		p->row = memo_row(&p->threads, ctx->state, ctx->who->thread);
	return p->row;
}

/* Built with BESRA_CHECK_MEMO, every program checks, and ends at the first that is wrong. */
static bool check_recalled(struct programs *p, uint32_t bit, bool value,
			   const struct field_ctx *ctx)
{
	const bool now = bundle_eval(p->pool, p->bundles[bit], ctx);

#ifdef BESRA_CHECK_MEMO
	assert(now == value);
#endif
	p->threads.wrong += now != value;
	return now;
}

/* Whether the answer is known already, and what it is. */
static inline bool recall(struct programs *p, const struct insn *i, uint32_t known,
			  const struct field_ctx *ctx, bool *flag)
{
	const struct memo_row *row;

	if (!i->of_thread) {
		*flag = p->memo[i->memo] & 1;
		return (p->memo[i->memo] | 1) == (known | 1);
	}
	row = p->row_asked ? p->row : ask_row(p, ctx);
	if (!row || !memo_knows(row, i->memo - 1))
		return false;
	p->threads.recalled++;
	*flag = memo_value(&p->threads, row, i->memo - 1);
	if (p->options.check_memory)
		*flag = check_recalled(p, i->memo - 1, *flag, ctx);
	return true;
}

static inline void keep(struct programs *p, const struct insn *i, uint32_t known, bool flag)
{
	if (!i->of_thread)
		p->memo[i->memo] = known | flag;
	else if (p->row)
		memo_keep(&p->threads, p->row, i->memo - 1, flag);
}

/*
 * Jumps only go forward, calls only to blocks with smaller numbers, and a block's last
 * instruction is RETURN (programs_check proves it), so this ends without counting steps.
 */
static bool run_block(struct programs *p, uint32_t block, const struct field_ctx *ctx)
{
	const uint32_t known = p->run * 2;
	const int64_t *numbers = p->numbers;
	struct slot *s;
	bool flag = false;

	for (const struct insn *i = p->blocks[block].insns;; i++) {
		if (i->memo && recall(p, i, known, ctx, &flag)) {
			i += flag ? i->on_true : i->on_false;
			continue;
		}
		switch ((enum opcode)i->op) {
		case OP_RETURN:
			return flag;
		case OP_MATCH:
			p->hits[p->nhits++] = i->imm;
			i += i->on_true;
			continue;
		case OP_RECALL:
			continue;
		case OP_TRUE:
		case OP_KEEP_TRUE:
			flag = true;
			break;
		case OP_FALSE:
		case OP_KEEP_FALSE:
			flag = false;
			break;
		case OP_CALL:
			flag = run_block(p, i->imm, ctx);
			break;
		case OP_EXISTS:
			flag = slot_get(p, i->slot, ctx)->present;
			break;
		case OP_NUM_EQ:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.i == numbers[i->imm];
			break;
		case OP_NUM_NE:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.i != numbers[i->imm];
			break;
		case OP_INT_LT:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.i < numbers[i->imm];
			break;
		case OP_INT_LE:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.i <= numbers[i->imm];
			break;
		case OP_INT_GT:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.i > numbers[i->imm];
			break;
		case OP_INT_GE:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.i >= numbers[i->imm];
			break;
		case OP_UINT_LT:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.u < (uint64_t)numbers[i->imm];
			break;
		case OP_UINT_LE:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.u <= (uint64_t)numbers[i->imm];
			break;
		case OP_UINT_GT:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.u > (uint64_t)numbers[i->imm];
			break;
		case OP_UINT_GE:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && s->v.u >= (uint64_t)numbers[i->imm];
			break;
		case OP_NUM_IN:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && has_number(&numbers[i->imm], s->v.i);
			break;
		case OP_TEXT_EQ:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && str_eq(s->v.s, constant_text(p, i->imm));
			break;
		case OP_TEXT_NE:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && !str_eq(s->v.s, constant_text(p, i->imm));
			break;
		case OP_TEXT_STARTS:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && str_starts_with(s->v.s, constant_text(p, i->imm));
			break;
		case OP_TEXT_ENDS:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && str_ends_with(s->v.s, constant_text(p, i->imm));
			break;
		case OP_TEXT_HAS:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && str_contains(s->v.s, constant_text(p, i->imm));
			break;
		case OP_TEXT_ROW:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && row_has(slot_row(s), i->imm);
			break;
		case OP_TEXT_PREFIX:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && slot_in(s, SET_PREFIX, i->bit, ctx->scratch);
			break;
		case OP_TEXT_SUFFIX:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && slot_in(s, SET_SUFFIX, i->bit, ctx->scratch);
			break;
		case OP_TEXT_PATH:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && slot_in(s, SET_PATH, i->bit, ctx->scratch);
			break;
		case OP_TEXT_MET:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && slot_in(s, SET_SCAN, i->bit, ctx->scratch);
			break;
		case OP_TEXT_MAYBE:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && slot_in(s, SET_SCAN, i->bit, ctx->scratch) &&
			       value_passes(p, i->imm, &s->v, ctx->scratch);
			break;
		case OP_TEXT_ANY:
			s = slot_get(p, i->slot, ctx);
			flag = s->present &&
			       has_any(i->bit == SET_EQUAL ? slot_row(s)
							   : slot_set(s, (enum text_set_kind)i->bit,
								      ctx->scratch),
				       &numbers[i->imm]);
			break;
		case OP_TEST:
			s = slot_get(p, i->slot, ctx);
			flag = s->present && value_passes(p, i->imm, &s->v, ctx->scratch);
			break;
		case OP_EVAL:
			flag = eval(p, i->imm, ctx);
			break;
		case OPCODES:
			break;
		}
		if (i->memo)
			keep(p, i, known, flag);
		i += flag ? i->on_true : i->on_false;
	}
}

void programs_run(struct programs *p, const struct field_ctx *ctx, struct matches *out)
{
	const uint32_t main = p->main[ctx->ev->type];

	p->nhits = 0;
	p->row = NULL;
	p->row_asked = false;
	if (main) {
		/* Numbers of runs are kept with one bit beside them; before they repeat, forget. */
		if (++p->run > INT32_MAX) {
			p->run = 1;
			memset(p->memo, 0, p->nmemo * sizeof(*p->memo));
			for (size_t i = 0; i < p->nslots; i++)
				p->slots[i].run = 0;
		}
		run_block(p, main - 1, ctx);
	}
	out->n = p->nhits;
	out->rule = p->hits;
}
