/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <ctype.h>

static const struct {
	const char *name;
	enum operands operands;
} opcodes[OPCODES] = {
#define OP(name, operands, effect) [OP_##name] = { #name, OPERANDS_##operands },
#include "tables/opcodes.def"
#undef OP
};

enum operands opcode_operands(enum opcode op)
{
	return opcodes[op].operands;
}

const char *opcode_name(enum opcode op)
{
	return opcodes[op].name;
}

static void print_term(struct buf *out, const struct term *t)
{
	if (t->kind == OPERAND_FIELD) {
		buf_str(out, t->field.text);
		return;
	}
	if (t->kind == OPERAND_TEXT) {
		buf_printf(out, "\"%.*s\"", STR_ARG(t->text));
		return;
	}
	if (t->kind == OPERAND_CALL)
		buf_str(out, transformers[t->fn].name);
	buf_char(out, '(');
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			buf_char(out, ',');
		print_term(out, t->items[i]);
	}
	buf_char(out, ')');
	if (t->option)
		buf_printf(out, "[%c]", t->option);
}

static void print_constant(struct buf *out, const struct val *v)
{
	const enum value_class class = class_of(v->type);

	if (class == CLASS_TEXT || class == CLASS_BYTES)
		buf_printf(out, "\"%.*s\"", STR_ARG(v->s));
	else
		val_print(out, v, false);
}

static void print_atom(struct buf *out, const struct atom *a)
{
	print_term(out, a->left);
	buf_printf(out, " %.*s", STR_ARG(operators[a->cmp].spelling));
	if (a->modifier != MODIFIER_NONE)
		buf_printf(out, " %.*s", STR_ARG(modifier_words[a->modifier]));
	if (a->right) {
		buf_char(out, ' ');
		print_term(out, a->right);
	}
	for (size_t i = 0; i < a->n && i < 8; i++) {
		buf_char(out, ' ');
		print_constant(out, &a->constants[i].v);
	}
	if (a->n > 8)
		buf_printf(out, " +%zu", a->n - 8);
}

static void print_bits(struct buf *out, const struct slot *s, const struct insn *i,
		       const int64_t *numbers)
{
	static const char *const names[] = { [SET_PREFIX] = "prefix",
					     [SET_SUFFIX] = "suffix",
					     [SET_PATH] = "path",
					     [SET_SCAN] = "met",
					     [SET_EQUAL] = "equal" };
	unsigned n = 0;

	for (int64_t k = 2; k <= numbers[0]; k += 2)
		n += (unsigned)__builtin_popcountll((uint64_t)numbers[k]);
	buf_printf(out, " %.*s %s, %u atoms", STR_ARG(s->field.text), names[i->bit], n);
}

static void print_operands(struct buf *out, const struct programs *p, const struct insn *i)
{
	const struct atom *atoms = p->pool->atoms.items;
	const struct str field = i->slot < p->nslots ? p->slots[i->slot].field.text : STR("");

	switch (opcode_operands((enum opcode)i->op)) {
	case OPERANDS_NONE:
	case OPERANDS_MEMO:
		break;
	case OPERANDS_RULE:
		buf_printf(out, " rule %u", i->imm);
		break;
	case OPERANDS_BLOCK:
		buf_printf(out, " block %u", i->imm);
		break;
	case OPERANDS_SLOT:
		buf_printf(out, " %.*s", STR_ARG(field));
		break;
	case OPERANDS_SLOT_NUMBER:
		buf_printf(out, " %.*s %lld", STR_ARG(field), (long long)p->numbers[i->imm]);
		break;
	case OPERANDS_SLOT_NUMBERS:
		buf_printf(out, " %.*s", STR_ARG(field));
		for (int64_t k = 1; k <= p->numbers[i->imm]; k++)
			buf_printf(out, " %lld", (long long)p->numbers[i->imm + (size_t)k]);
		break;
	case OPERANDS_ATOM:
	case OPERANDS_SLOT_ATOM:
	case OPERANDS_SLOT_TEXT:
	case OPERANDS_SLOT_SET:
		buf_char(out, ' ');
		print_atom(out, &atoms[i->imm]);
		break;
	case OPERANDS_SLOT_BITS:
		print_bits(out, &p->slots[i->slot], i, &p->numbers[i->imm]);
		break;
	case OPERANDS_SLOT_BIT:
		buf_printf(out, " %.*s bit %u", STR_ARG(field), i->imm);
		break;
	}
}

static void print_block(struct buf *out, const struct programs *p, const struct block *b)
{
	for (uint32_t at = 0; at < b->n; at++) {
		const struct insn *i = &b->insns[at];

		buf_printf(out, "%4u  ", at);
		for (const char *c = opcode_name((enum opcode)i->op); *c; c++)
			buf_char(out, (char)tolower((unsigned char)*c));
		print_operands(out, p, i);
		if (i->memo)
			buf_printf(out, "  %s %u", i->of_thread ? "thread" : "memo", i->memo);
		if (i->on_true)
			buf_printf(out, "  true->%u", at + 1 + i->on_true);
		if (i->on_false)
			buf_printf(out, "  false->%u", at + 1 + i->on_false);
		buf_char(out, '\n');
	}
}

/* The blocks that the code calls, directly or not; calls go to smaller numbers only. */
static void mark_called(const struct programs *p, size_t main, bool *called)
{
	called[main] = true;
	for (size_t b = main + 1; b-- > 0;)
		for (uint32_t i = 0; called[b] && i < p->blocks[b].n; i++)
			if (p->blocks[b].insns[i].op == OP_CALL)
				called[p->blocks[b].insns[i].imm] = true;
}

void programs_disassemble(struct buf *out, const struct programs *p, unsigned type)
{
	struct arena *scratch;
	size_t main;
	bool *called;

	if (!programs_want(p, type))
		return;
	main = p->main[type] - 1;
	scratch = arena_new();
	called = arena_array(scratch, p->nblocks, sizeof(*called));
	mark_called(p, main, called);
	for (size_t b = 0; b <= main; b++) {
		if (!called[b])
			continue;
		if (b != main)
			buf_printf(out, "block %zu\n", b);
		print_block(out, p, &p->blocks[b]);
	}
	arena_free(scratch);
}
