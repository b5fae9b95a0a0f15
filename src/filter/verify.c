/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

/* Proves of finished programs what the VM relies on. */

static bool has_bit(const struct programs *p, const struct insn *i)
{
	static const enum text_set_kind kinds[OPCODES] = {
		[OP_TEXT_PREFIX] = SET_PREFIX, [OP_TEXT_SUFFIX] = SET_SUFFIX,
		[OP_TEXT_PATH] = SET_PATH,     [OP_TEXT_MET] = SET_SCAN,
		[OP_TEXT_MAYBE] = SET_SCAN,
	};
	const struct text_set *set = p->slots[i->slot].sets[kinds[i->op]];

	return i->imm < p->pool->atoms.n && set && i->bit < set->bits;
}

/* Bits of the index or of one of the sets. */
static bool has_bits(const struct programs *p, const struct insn *i)
{
	const struct slot *s = &p->slots[i->slot];
	const struct text_set *set = i->bit < SET_KINDS ? s->sets[i->bit] : NULL;
	const uint32_t bits = set                               ? set->bits
			      : i->bit == SET_EQUAL && s->index ? s->index->bits
								: 0;
	const int64_t *numbers = &p->numbers[i->imm];

	if (i->imm >= p->nnumbers || numbers[0] % 2 || numbers[0] < 2 ||
	    (uint64_t)numbers[0] >= p->nnumbers - i->imm)
		return false;
	for (int64_t k = 1; k < numbers[0]; k += 2)
		if (numbers[k] < 0 || numbers[k] >= (bits + 63) / 64)
			return false;
	return true;
}

static bool check_operands(const struct programs *p, const struct insn *i, size_t block)
{
	const bool slot = i->slot < p->nslots;
	int64_t count;

	switch (opcode_operands((enum opcode)i->op)) {
	case OPERANDS_NONE:
		return true;
	case OPERANDS_RULE:
		return i->imm < p->nrules && i->memo == 0;
	case OPERANDS_MEMO:
		return i->memo != 0;
	case OPERANDS_BLOCK:
		return i->imm < block;
	case OPERANDS_ATOM:
		return i->imm < p->pool->atoms.n;
	case OPERANDS_SLOT:
		return slot;
	case OPERANDS_SLOT_NUMBER:
		return slot && i->imm < p->nnumbers;
	case OPERANDS_SLOT_NUMBERS:
		if (!slot || i->imm >= p->nnumbers)
			return false;
		count = p->numbers[i->imm];
		return count >= 0 && (uint64_t)count < p->nnumbers - i->imm;
	case OPERANDS_SLOT_ATOM:
		return slot && i->imm < p->pool->atoms.n;
	case OPERANDS_SLOT_TEXT:
		return slot && i->imm < p->pool->atoms.n && p->pool->atoms.items[i->imm].n > 0;
	case OPERANDS_SLOT_BIT:
		return slot && p->slots[i->slot].index && i->imm < p->slots[i->slot].index->bits;
	case OPERANDS_SLOT_SET:
		return slot && has_bit(p, i);
	case OPERANDS_SLOT_BITS:
		return slot && has_bits(p, i);
	}
	return false;
}

static bool check_block(const struct programs *p, size_t block)
{
	const struct block *b = &p->blocks[block];

	if (b->n == 0 || b->insns[b->n - 1].op != OP_RETURN)
		return false;
	for (uint32_t at = 0; at < b->n; at++) {
		const struct insn *i = &b->insns[at];
		const uint32_t left = b->n - 1 - at;

		if (i->op >= OPCODES || i->memo > (i->of_thread ? p->threads.bits : p->nmemo - 1) ||
		    !check_operands(p, i, block))
			return false;
		if ((i->op == OP_RETURN) != (left == 0))
			return false;
		/* what is skipped, and the instruction gone on with, are behind this one */
		if (left && (i->on_true >= left || i->on_false >= left))
			return false;
	}
	return true;
}

bool programs_check(const struct programs *p)
{
	for (size_t block = 0; block < p->nblocks; block++)
		if (!check_block(p, block))
			return false;
	for (unsigned type = 0; type < EVENT_TYPES; type++)
		if (p->main[type] > p->nblocks)
			return false;
	return true;
}
