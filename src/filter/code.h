/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_CODE_H
#define FILTER_CODE_H

/* Programs: one per set of event types for which the rules come down to the same code. */

#include "sets.h"

enum opcode {
#define OP(name, operands, effect) OP_##name,
#include "tables/opcodes.def"
#undef OP
	OPCODES
};

enum operands {
	OPERANDS_NONE,
	OPERANDS_RULE,
	OPERANDS_MEMO,
	OPERANDS_BLOCK,
	OPERANDS_ATOM,
	OPERANDS_SLOT,
	OPERANDS_SLOT_NUMBER,
	OPERANDS_SLOT_NUMBERS,
	OPERANDS_SLOT_ATOM,
	OPERANDS_SLOT_TEXT,
	OPERANDS_SLOT_BIT,
	OPERANDS_SLOT_SET,
	OPERANDS_SLOT_BITS,
};

struct insn {
	uint8_t op;
	bool of_thread; /* the memo is the thread's, not the event's */
	uint16_t bit;   /* SLOT_SET: of the atom in the set; SLOT_BITS: enum text_set_kind */
	uint32_t slot;
	uint32_t imm;
	uint32_t memo;    /* 0: none */
	uint32_t on_true; /* instructions to skip */
	uint32_t on_false;
};

/* A block is code that ends in RETURN; the main code of a type is a block, too. */
struct block {
	const struct insn *insns;
	uint32_t n;
};

/* From a text to the atoms it makes true: bit k of its row is atom k of the field. */
struct text_index {
	struct index_slot *slots;
	size_t mask;
	uint64_t lengths; /* bit n: some text has n bytes; bit 63: 63 or more */
	uint32_t bits;    /* of a row */
};

struct index_slot {
	struct str text;
	uint64_t hash;
	const uint64_t *row; /* NULL: free */
};

/* What one look at a field's text says about all atoms of a kind. */
enum text_set_kind {
	SET_PREFIX, /* startswith, bstartswith */
	SET_SUFFIX, /* endswith */
	SET_PATH,   /* pmatch */
	SET_SCAN,   /* contains, icontains, bcontains, glob, iglob, regex: what they need */
	SET_KINDS,
	SET_EQUAL = SET_KINDS, /* the slot's index */
};

struct text_set {
	enum text_set_kind kind;
	uint32_t bits;
	const struct radix *radix;     /* PREFIX, SUFFIX */
	const struct path_set *paths;  /* PATH */
	const struct scanner *scanner; /* SCAN */
	uint64_t *row;                 /* PATH, SCAN: put together here */
};

/* A field, and its value in the current event. */
struct slot {
	struct field_ref field;
	const struct text_index *index; /* or NULL */
	uint32_t run;                   /* the event whose value this is */
	bool present;
	bool looked_up;
	const uint64_t *row; /* NULL: the text is not in the index */
	struct val v;
	const struct text_set *sets[SET_KINDS]; /* or NULL */
	const uint64_t *rows[SET_KINDS];
	uint8_t asked; /* the sets whose rows are this event's, one bit each */
};

/* A node or its negation, or a bundle: then the rest says nothing. */
struct lit {
	expr_id node;
	bool negated;
	const struct bundle *bundle;
};

/*
 * Operands of one conjunction or disjunction that depend on the thread alone; or one such node.
 * They are remembered as one bit.
 */
struct bundle {
	const struct lit *items;
	size_t n;
	bool conjunction;
	uint32_t memo;
};

/* What a bit may depend on beside its own thread: these kinds of state, each as one bit. */
enum { MEMO_KINDS = STATE_KINDS };

/* What is remembered of one thread: which bits are known, then which are set. */
struct memo_row {
	uint32_t generation; /* the thread's, when the row was last right; 0: never */
	uint32_t kinds[MEMO_KINDS];
	uint64_t words[];
};

struct thread_memo {
	const struct state *state;
	uint32_t bits;
	size_t words; /* of known, and of values */
	size_t row_size;
	uint64_t *stale[MEMO_KINDS]; /* the bits that go when this kind of state changes */
	uint8_t **chunks;            /* of MEMO_CHUNK rows each, by slot */
	size_t nchunks;
	size_t memory, used;
	uint64_t recalled, refused, wrong;
};
#define MEMO_CHUNK 64

/* The row of this thread, with what is stale taken out; NULL when there is no memory for one. */
struct memo_row *memo_row(struct thread_memo *m, const struct state *state, const struct thread *t);
void memo_free(struct thread_memo *m);

static inline bool memo_knows(const struct memo_row *row, uint32_t bit)
{
	return row->words[bit / 64] >> (bit % 64) & 1;
}

static inline bool memo_value(const struct thread_memo *m, const struct memo_row *row, uint32_t bit)
{
	return row->words[m->words + bit / 64] >> (bit % 64) & 1;
}

static inline void memo_keep(const struct thread_memo *m, struct memo_row *row, uint32_t bit,
			     bool value)
{
	const uint64_t mask = (uint64_t)1 << (bit % 64);

	row->words[bit / 64] |= mask;
	if (value)
		row->words[m->words + bit / 64] |= mask;
	else
		row->words[m->words + bit / 64] &= ~mask;
}

struct programs {
	const struct pool *pool;
	struct program_options options;
	size_t nrules;
	struct block *blocks;
	size_t nblocks;
	uint32_t main[EVENT_TYPES]; /* block + 1; 0: no rule can match */
	struct slot *slots;
	size_t nslots;
	int64_t *numbers;
	size_t nnumbers;
	const struct text_index **sets; /* by atom: its constants, where a set pays */
	uint32_t *memo;                 /* run number * 2 + flag */
	size_t nmemo;
	uint32_t run;
	struct thread_memo threads;
	const struct bundle **bundles; /* by bit of the thread's memo */
	struct memo_row *row;          /* of this event's thread */
	bool row_asked;
	uint32_t *hits;
	size_t nhits;
};

enum operands opcode_operands(enum opcode op);
const char *opcode_name(enum opcode op);

/* Builds an index over texts that are put in with their bit. */
struct index_builder {
	struct arena *arena;
	struct text_index *index;
	size_t n;
};
struct index_builder index_begin(struct arena *arena, size_t texts, uint32_t bits);
void index_put(struct index_builder *b, struct str text, uint32_t bit);

static inline const uint64_t *index_get(const struct text_index *x, struct str text)
{
	uint64_t hash;

	if (!(x->lengths >> (text.len < 63 ? text.len : 63) & 1))
		return NULL;
	hash = str_hash(text);
	for (size_t i = hash & x->mask; x->slots[i].row; i = (i + 1) & x->mask)
		if (x->slots[i].hash == hash && str_eq(x->slots[i].text, text))
			return x->slots[i].row;
	return NULL;
}

/* ---- Compiling ---------------------------------------------------------------------------- */

enum fold { FOLD_DYNAMIC, FOLD_TRUE, FOLD_FALSE };

/* How an atom is tested, the same for all types; worked out once. */
struct selected {
	uint8_t op;
	uint32_t slot;
	uint32_t imm;
	uint32_t cost; /* a guess in ns */
	bool kept;     /* worth a memo when used more than once */
	bool needs_fd; /* a field of the fd class */
	uint32_t next; /* the next atom on the same slot, UINT32_MAX at the end */
	uint8_t set;   /* enum text_set_kind; SET_KINDS: it is tested by itself */
	bool sure;     /* SCAN: what is met decides */
	uint16_t bit;  /* in the set */
};

struct compiler {
	struct arena *arena;   /* of the programs */
	struct arena *scratch; /* of the compile */
	const struct pool *pool;
	struct programs *out;
	const struct program_rule *rules;
	size_t nrules;
	unsigned without;          /* enum program_part */
	struct selected *selected; /* by atom */
	uint32_t *first;           /* by slot: its first atom */
	VEC(struct block) blocks;
	VEC(struct slot) slots;
	VEC(int64_t) numbers;
	uint32_t nmemo;
	float *rates; /* by node: how often it is true; NULL: nothing was measured */
	VEC(const struct bundle *) bundles;
	struct strmap bundle_ids; /* by what is in them; number + 1 as a pointer */
	uint32_t enclosing; /* inside of what is remembered as a whole: how often that is used */
	VEC(expr_id) groups;
	VEC(expr_id) of_type, of_fd; /* atoms on which the type may decide */
	/* For the type being compiled, by node: */
	uint8_t *fold;
	uint32_t *uses;  /* how often its code would run into it */
	uint32_t *size;  /* instructions when written in place */
	uint32_t *memo;  /* number, 0 when not yet given; kept between types */
	uint32_t *block; /* number + 1 for nodes that are blocks */
	bool *together;  /* by slot * SET_KINDS + kind: the set serves the atoms */
};

/* A comparison of one field, which has one value, with constants. */
bool atom_is_plain(const struct atom *a);
/* Whether the type of its left side is known before there is an event. */
bool atom_has_fixed_type(const struct atom *a);
/* Chooses opcode, slot and constants for every atom; fills slots, numbers, sets, indexes. */
void select_atoms(struct compiler *c);
/* Which atoms could be decided by sets; then, for a type, which sets are worth it. */
void sets_begin(struct compiler *c);
void sets_choose(struct compiler *c);
/*
 * The row in which the atom has a bit that is set whenever it holds: its set's, or the index
 * (SET_EQUAL). False when it has none.
 */
bool sets_bit(const struct compiler *c, uint32_t atom, enum text_set_kind *kind, uint32_t *bit);
/* Makes the instruction one that asks the set, where that was chosen. */
void sets_use(const struct compiler *c, uint32_t atom, struct insn *i);
/* The row of a text. */
const uint64_t *text_set_find(const struct text_set *s, struct str text, struct arena *scratch);

/*
 * What is known of every node when only events of one type arrive: first, once, of the atoms that
 * are the same for all types; then of the other atoms, whose result is a text that is equal for
 * types that are alike; then of the groups.
 */
void fold_begin(struct compiler *c);
struct str fold_atoms(struct compiler *c, unsigned type);
void fold_groups(struct compiler *c);

/* A piece of code being written: jumps go to labels until it is done. */
struct emitter {
	struct compiler *c;
	VEC(struct insn) insns; /* on_true, on_false: labels */
	VEC(uint32_t) labels;   /* the instruction each one stands before */
};
/* The instruction behind: for targets that an instruction cannot take. */
#define LABEL_NEXT 0

uint32_t label_new(struct emitter *e);
void label_here(struct emitter *e, uint32_t label);
void emit(struct emitter *e, struct insn i);
/* Code that goes to one of two labels, neither of them LABEL_NEXT. */
void emit_lit(struct emitter *e, struct lit l, uint32_t on_true, uint32_t on_false);
/* Appends RETURN, resolves the labels, and gives the block its number. */
uint32_t emit_done(struct emitter *e);

/* Without negations and groups of one; the node is dynamic. */
struct lit lit_strip(const struct compiler *c, struct lit l);
struct lits {
	struct lit *items;
	size_t n, cap;
};
/* The operands of the conjunction (or disjunction) that l is, nested ones included. */
void lit_operands(const struct compiler *c, struct lit l, bool conjunction, struct lits *out);
static inline bool lit_eq(struct lit a, struct lit b)
{
	return a.node == b.node && a.negated == b.negated && a.bundle == b.bundle;
}

/* Whether what it says can be remembered of a thread. */
bool lit_is_of_thread(const struct compiler *c, struct lit l);
/* The bundle of these operands, which is new only when there was none yet. */
const struct bundle *bundle_of(struct compiler *c, const struct lit *items, size_t n,
			       bool conjunction);
/* Makes one operand of those that depend on the thread alone. */
void lits_bundle(struct compiler *c, struct lits *l, bool conjunction);
/* The bits that depend on each kind of state. */
void bundles_finish(struct compiler *c);
/* What the bundle says now, by the interpreter. */
bool bundle_eval(const struct pool *p, const struct bundle *b, const struct field_ctx *ctx);
/* Whether a rule is tried on events of this type, and if so, whether there is a question left. */
enum activity { INACTIVE, DYNAMIC, ALWAYS };
enum activity activity_of(const struct compiler *c, size_t rule, unsigned type);
/* The main code of a type: all of its rules, in order. */
uint32_t chains_emit(struct compiler *c, unsigned type);
uint32_t number_add(struct compiler *c, int64_t n);
/* From what was measured of atoms to how often each node is true. */
void rates_begin(struct compiler *c);
/* Puts operands in the order in which they are best tested. */
void lits_order(const struct compiler *c, struct lits *l, bool conjunction);

#endif
