/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "../../src/filter/code.h"

/* What conditions are compiled to, and what the proof of a program catches. */

static const struct program_options without_threads = { .mode = MATCH_ALL, .without = PART_THREAD };

static void every_opcode_is_selected_and_decides(void **state)
{
	static const struct {
		const char *condition, *code, *holds, *fails;
	} cases[] = {
		{ "fd.name exists",
		  "   0  exists fd.name  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "brk" },
		{ "not fd.name exists",
		  "   0  exists fd.name  true->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  NULL, "opened" },
		{ "fd.num = 3",
		  "   0  num_eq fd.num 3  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.num != 3",
		  "   0  num_ne fd.num 3  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "refused", "opened" },
		{ "fd.num < 3",
		  "   0  int_lt fd.num 3  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "refused", "opened" },
		{ "fd.num <= 2",
		  "   0  int_le fd.num 2  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "refused", "opened" },
		{ "fd.num > -1",
		  "   0  int_gt fd.num -1  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.num >= 0",
		  "   0  int_ge fd.num 0  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "proc.tty < 5",
		  "   0  uint_lt proc.tty 5  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "refused", "opened" },
		{ "proc.tty <= 5",
		  "   0  uint_le proc.tty 5  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "refused", "opened" },
		{ "proc.tty > 5",
		  "   0  uint_gt proc.tty 5  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "proc.tty >= 5",
		  "   0  uint_ge proc.tty 5  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.num in (9, 3, -7)",
		  "   0  num_in fd.num -7 3 9  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "proc.name = cat",
		  "   0  text_eq proc.name = \"cat\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", NULL },
		{ "fd.name != /etc/shadow",
		  "   0  text_ne fd.name != \"/etc/shadow\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.name startswith /etc/ld",
		  "   0  text_starts fd.name startswith \"/etc/ld\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.name endswith cache",
		  "   0  text_ends fd.name endswith \"cache\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.name contains .so.",
		  "   0  text_has fd.name contains \".so.\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.name in (/etc/ld.so.cache, /x)",
		  "   0  text_row fd.name bit 0  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "fd.name = /x or fd.name = /etc/ld.so.cache",
		  "   0  text_row fd.name bit 0  true->2\n"
		  "   1  text_row fd.name bit 1  false->3\n"
		  "   2  match rule 0\n"
		  "   3  return\n",
		  "opened", "refused" },
		{ "fd.name glob /etc/ld*",
		  "   0  test fd.name glob \"/etc/ld*\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "tolower(fd.name) endswith cache",
		  "   0  eval tolower(fd.name) endswith \"cache\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "proc.aname = bash",
		  "   0  eval proc.aname = \"bash\"  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "evt.type = open",
		  "   0  match rule 0\n"
		  "   1  return\n",
		  "opened", "brk" },
		{ "not (fd.num = 3 and proc.tty = 34816)",
		  "   0  num_eq fd.num 3  false->2\n"
		  "   1  num_eq proc.tty 34816  true->3\n"
		  "   2  match rule 0\n"
		  "   3  return\n",
		  "refused", "opened" },
		{ "evt.type = open and (evt.type = brk or fd.num = 3) and evt.dir = <",
		  "   0  num_eq fd.num 3  false->2\n"
		  "   1  match rule 0\n"
		  "   2  return\n",
		  "opened", "refused" },
		{ "(fd.num = 3 or proc.tty = 0) and proc.pid = 40 or "
		  "(fd.num = 3 or proc.tty = 0) and proc.pid = 41",
		  "   0  num_eq proc.pid 40  false->6\n"
		  "   1  recall  memo 1  true->12  false->6\n"
		  "   2  num_eq fd.num 3  true->4\n"
		  "   3  num_eq proc.tty 0  false->5\n"
		  "   4  keep_true  memo 1  true->12\n"
		  "   5  keep_false  memo 1\n"
		  "   6  num_eq proc.pid 41  false->13\n"
		  "   7  recall  memo 1  true->12  false->13\n"
		  "   8  num_eq fd.num 3  true->10\n"
		  "   9  num_eq proc.tty 0  false->11\n"
		  "  10  keep_true  memo 1  true->12\n"
		  "  11  keep_false  memo 1  false->13\n"
		  "  12  match rule 0\n"
		  "  13  return\n",
		  "opened", NULL },
	};
	struct scenes scenes;

	(void)state;
	scenes_load(&scenes);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled c = compile(str_from(cases[i].condition));
		struct program_rule rule = { c.expr, pool_event_types(c.pool, c.expr) };
		struct programs *p =
			programs_compile_with(c.arena, c.pool, &rule, 1, &without_threads);
		struct buf out = { 0 };

		print_message("  %s\n", cases[i].condition);
		programs_disassemble(&out, p, EVENT_OPEN_X);
		buf_char(&out, '\0');
		assert_string_equal(out.p, cases[i].code);
		for (int holds = 0; holds < 2; holds++) {
			const char *name = holds ? cases[i].holds : cases[i].fails;

			if (name)
				assert_int_equal(
					verdict_of_program(
						&c, &scenes_get(&scenes, str_from(name))->ctx),
					holds);
		}
		programs_free(p);
		buf_fini(&out);
		compiled_fini(&c);
	}
	scenes_fini(&scenes);
}

/* A shared group too large to be written in place becomes a block; TRUE and FALSE end it. */
static void large_shared_groups_are_called(void **state)
{
	struct buf group = { 0 }, text = { 0 }, out = { 0 };
	struct program_rule rule;
	struct scenes scenes;
	struct programs *p;
	struct compiled c;

	(void)state;
	scenes_load(&scenes);
	for (unsigned i = 0; i < 30; i++)
		buf_printf(&group, "%sproc.ppid = %u", i ? " or " : "", i + 1);
	buf_printf(&text, "(%.*s) and fd.num = 3 or (%.*s) and fd.num = 4",
		   STR_ARG(buf_view(&group)), STR_ARG(buf_view(&group)));
	c = compile(buf_view(&text));
	rule = (struct program_rule){ c.expr, pool_event_types(c.pool, c.expr) };
	p = programs_compile_with(c.arena, c.pool, &rule, 1, &without_threads);
	programs_disassemble(&out, p, EVENT_OPEN_X);
	assert_true(str_starts_with(buf_view(&out), STR("block 0\n   0  num_eq proc.ppid 1 ")));
	assert_true(str_contains(buf_view(&out), STR("  30  true  true->32\n"
						     "  31  false\n"
						     "  32  return\n"
						     "   0  num_eq fd.num 3  false->2\n"
						     "   1  call block 0  memo 1  true->4\n"
						     "   2  num_eq fd.num 4  false->5\n"
						     "   3  call block 0  memo 1  false->5\n"
						     "   4  match rule 0\n"
						     "   5  return\n")));
	assert_true(verdict_of_program(&c, &scenes_get(&scenes, STR("opened"))->ctx));
	assert_false(verdict_of_program(&c, &scenes_get(&scenes, STR("refused"))->ctx));
	programs_free(p);
	compiled_fini(&c);
	buf_fini(&group);
	buf_fini(&text);
	buf_fini(&out);
	scenes_fini(&scenes);
}

/* Rules that share a condition are skipped together when it is false; when true, one asks it. */
static void an_operand_is_asked_once_for_rules_in_a_row(void **state)
{
	static const char *const conditions[] = {
		"proc.name = a and fd.num = 1",
		"fd.num = 2 and proc.name = a",
		"proc.name = a and fd.num = 3",
		"fd.num = 4",
	};
	struct arena *arena = arena_new();
	struct pool *pool = pool_new(arena, NULL);
	struct program_rule rules[ARRAY_SIZE(conditions)];
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		struct source_text text = { .text = str_from(conditions[i]) };
		struct diags diags = { .arena = arena };
		bool unknown;
		size_t at;
		const struct ast *tree = ast_parse(arena, &text, &diags, &at);

		rules[i].condition = pool_add(pool, tree, &text, &diags, &at, &unknown);
		rules[i].types = pool_event_types(pool, rules[i].condition);
	}
	programs_disassemble(&out,
			     programs_compile(arena, pool, rules, ARRAY_SIZE(rules), MATCH_FIRST),
			     EVENT_OPEN_X);
	buf_char(&out, '\0');
	assert_string_equal(out.p, "   0  text_eq proc.name = \"a\"  false->7\n"
				   "   1  num_eq fd.num 1  false->3\n"
				   "   2  match rule 0  true->9\n"
				   "   3  num_eq fd.num 2  false->5\n"
				   "   4  match rule 1  true->9\n"
				   "   5  num_eq fd.num 3  false->7\n"
				   "   6  match rule 2  true->9\n"
				   "   7  num_eq fd.num 4  false->9\n"
				   "   8  match rule 3\n"
				   "   9  return\n");
	buf_fini(&out);
	pool_free(pool);
	arena_free(arena);
}

/* Rules in one pool, compiled, and what they come down to for open's exit. */
struct code {
	struct arena *arena;
	struct pool *pool;
	struct programs *programs;
	const char *text;
};

static struct code code_of(const char *const *conditions, size_t n,
			   const struct program_options *options, const struct measures *measures)
{
	struct code c = { .arena = arena_new() };
	struct program_rule *rules = arena_array(c.arena, n, sizeof(*rules));
	struct buf out = { 0 };

	c.pool = pool_new(c.arena, NULL);
	pool_measured(c.pool, measures);
	for (size_t i = 0; i < n; i++) {
		struct source_text text = { .text = str_from(conditions[i]) };
		struct diags diags = { .arena = c.arena };
		bool unknown;
		size_t at;
		const struct ast *tree = ast_parse(c.arena, &text, &diags, &at);

		rules[i].condition = pool_add(c.pool, tree, &text, &diags, &at, &unknown);
		assert_int_not_equal(rules[i].condition, EXPR_NONE);
		rules[i].types = pool_event_types(c.pool, rules[i].condition);
	}
	c.programs = programs_compile_with(c.arena, c.pool, rules, n, options);
	assert_true(programs_check(c.programs));
	programs_disassemble(&out, c.programs, EVENT_OPEN_X);
	c.text = arena_str(c.arena, buf_view(&out)).p;
	buf_fini(&out);
	return c;
}

static void code_fini(struct code *c)
{
	programs_free(c->programs);
	pool_free(c->pool);
	arena_free(c->arena);
}

/* Where enough atoms ask something of one field's text, one look at it serves all of them. */
static void patterns_on_one_field_share_a_look(void **state)
{
	static const char *const conditions[] = {
		"fd.name startswith /etc/ld or fd.name startswith /usr",
		"fd.name endswith .cache or fd.name endswith .conf",
		"fd.name pmatch (/etc) or fd.name pmatch (/usr)",
		"fd.name icontains LD.SO or fd.name contains cache",
		"fd.name glob /etc/*.so.* or fd.name regex \"/[a-z]+/passwd\"",
		"fd.name startswith /x",
	};
	const struct program_options options = { .mode = MATCH_ALL,
						 .without = PART_THREAD | PART_ORDER,
						 .together = 2 };
	struct code c = code_of(conditions, ARRAY_SIZE(conditions), &options, NULL);
	struct scenes scenes;
	struct matches hits;

	(void)state;
	assert_string_equal(c.text, "   0  text_prefix fd.name startswith \"/etc/ld\"  true->2\n"
				    "   1  text_prefix fd.name startswith \"/usr\"  false->3\n"
				    "   2  match rule 0\n"
				    "   3  text_suffix fd.name endswith \".cache\"  true->5\n"
				    "   4  text_suffix fd.name endswith \".conf\"  false->6\n"
				    "   5  match rule 1\n"
				    "   6  text_path fd.name pmatch \"/etc\"  true->8\n"
				    "   7  text_path fd.name pmatch \"/usr\"  false->9\n"
				    "   8  match rule 2\n"
				    "   9  text_met fd.name icontains \"LD.SO\"  true->11\n"
				    "  10  text_maybe fd.name contains \"cache\"  false->12\n"
				    "  11  match rule 3\n"
				    "  12  text_maybe fd.name glob \"/etc/*.so.*\"  true->14\n"
				    "  13  text_maybe fd.name regex \"/[a-z]+/passwd\"  false->15\n"
				    "  14  match rule 4\n"
				    "  15  text_prefix fd.name startswith \"/x\"  false->17\n"
				    "  16  match rule 5\n"
				    "  17  return\n");
	scenes_load(&scenes);
	programs_run(c.programs, &scenes_get(&scenes, STR("opened"))->ctx, &hits);
	assert_int_equal(hits.n, 5);
	/* /etc is above /etc/shadow, and nothing else is said of that */
	programs_run(c.programs, &scenes_get(&scenes, STR("refused"))->ctx, &hits);
	assert_int_equal(hits.n, 1);
	assert_int_equal(hits.rule[0], 2);
	code_fini(&c);
	scenes_fini(&scenes);
}

/* Rules in a row of which each needs something else of one text: one test for all of them. */
static void rules_that_need_something_of_one_text_are_skipped_together(void **state)
{
	static const char *const conditions[] = {
		"fd.name = /a and fd.num = 1",
		"fd.name = /b",
		"fd.num = 2 and fd.name in (/c, /d)",
		"fd.name = /etc/ld.so.cache",
		"fd.name = /e",
		"fd.name = /f",
		"fd.num = 3",
	};
	const struct program_options options = { .mode = MATCH_ALL,
						 .without = PART_THREAD | PART_ORDER };
	const char *many[40];
	struct code c = code_of(conditions, ARRAY_SIZE(conditions), &options, NULL);
	struct scenes scenes;
	struct matches hits;

	(void)state;
	assert_string_equal(c.text, "   0  text_any fd.name equal, 6 atoms  false->15\n"
				    "   1  text_row fd.name bit 0  false->4\n"
				    "   2  num_eq fd.num 1  false->4\n"
				    "   3  match rule 0\n"
				    "   4  text_row fd.name bit 1  false->6\n"
				    "   5  match rule 1\n"
				    "   6  num_eq fd.num 2  false->9\n"
				    "   7  text_row fd.name bit 2  false->9\n"
				    "   8  match rule 2\n"
				    "   9  text_row fd.name bit 3  false->11\n"
				    "  10  match rule 3\n"
				    "  11  text_row fd.name bit 4  false->13\n"
				    "  12  match rule 4\n"
				    "  13  text_row fd.name bit 5  false->15\n"
				    "  14  match rule 5\n"
				    "  15  num_eq fd.num 3  false->17\n"
				    "  16  match rule 6\n"
				    "  17  return\n");
	scenes_load(&scenes);
	programs_run(c.programs, &scenes_get(&scenes, STR("opened"))->ctx, &hits);
	assert_int_equal(hits.n, 2);
	assert_int_equal(hits.rule[0], 3);
	assert_int_equal(hits.rule[1], 6);
	code_fini(&c);

	/* more than are looked at together: what skips some of them goes to the next look */
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = arena_printf(scenes.arena, "fd.name startswith /x%zu", i).p;
	c = code_of(many, ARRAY_SIZE(many), &options, NULL);
	assert_true(str_starts_with(str_from(c.text),
				    STR("   0  text_any fd.name prefix, 32 atoms  false->65\n")));
	assert_true(str_contains(str_from(c.text),
				 STR("\n  65  text_any fd.name prefix, 8 atoms  false->82\n")));
	code_fini(&c);
	scenes_fini(&scenes);
}

/* Of two tests the one is asked first that decided more often, for the same price. */
static void what_was_measured_orders_the_tests(void **state)
{
	static const struct {
		const char *condition;
		uint64_t first, second; /* of 100 times, each was true so often */
		const char *code;
	} cases[] = {
		{ "proc.pid = 40 and fd.num = 3", 90, 10,
		  "   0  num_eq fd.num 3  false->3\n   1  num_eq proc.pid 40  false->3\n" },
		{ "proc.pid = 40 and fd.num = 3", 10, 90,
		  "   0  num_eq proc.pid 40  false->3\n   1  num_eq fd.num 3  false->3\n" },
		{ "proc.pid = 40 or fd.num = 3", 10, 90,
		  "   0  num_eq fd.num 3  true->2\n   1  num_eq proc.pid 40  false->3\n" },
		{ "not proc.pid = 40 and fd.num = 3", 90, 50,
		  "   0  num_eq proc.pid 40  true->3\n   1  num_eq fd.num 3  false->3\n" },
		{ "not proc.pid = 40 and fd.num = 3", 10, 50,
		  "   0  num_eq fd.num 3  false->3\n   1  num_eq proc.pid 40  true->3\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct measure items[] = { { STR("proc.pid = 40"), 100, cases[i].first, 1000 },
					   { STR("fd.num = 3"), 100, cases[i].second, 1000 } };
		struct measures measures = { items, ARRAY_SIZE(items) };
		struct code c;

		measures_sort(&measures);
		print_message("  %s, %llu and %llu\n", cases[i].condition,
			      (unsigned long long)cases[i].first,
			      (unsigned long long)cases[i].second);
		c = code_of(&cases[i].condition, 1, &without_threads, &measures);
		assert_true(str_starts_with(str_from(c.text), str_from(cases[i].code)));
		code_fini(&c);
	}
}

enum breakage {
	NO_RETURN,
	RETURN_INSIDE,
	JUMP_BEYOND,
	UNKNOWN_OPCODE,
	UNKNOWN_SLOT,
	UNKNOWN_NUMBER,
	UNKNOWN_RULE,
	UNKNOWN_MEMO,
	UNKNOWN_MEMO_OF_THREAD,
	UNKNOWN_ATOM,
	UNKNOWN_BIT,
	UNKNOWN_SET,
	UNKNOWN_BITS,
	CALL_ITSELF,
	EMPTY_BLOCK,
};

static void break_program(struct insn *code, uint32_t *n, enum breakage how)
{
	switch (how) {
	case NO_RETURN:
		(*n)--;
		break;
	case RETURN_INSIDE:
		code[0].op = OP_RETURN;
		break;
	case JUMP_BEYOND:
		code[0].on_false = *n - 1;
		break;
	case UNKNOWN_OPCODE:
		code[0].op = OPCODES;
		break;
	case UNKNOWN_SLOT:
		code[0].slot = 1000;
		break;
	case UNKNOWN_NUMBER:
		code[0].imm = 1000;
		break;
	case UNKNOWN_RULE:
		code[*n - 2].imm = 1;
		break;
	case UNKNOWN_MEMO:
		code[0].memo = 1000;
		break;
	case UNKNOWN_MEMO_OF_THREAD:
		code[0].memo = 1;
		code[0].of_thread = true;
		break;
	case UNKNOWN_ATOM:
		code[0].op = OP_EVAL;
		code[0].imm = 1000;
		break;
	case UNKNOWN_BIT:
		code[0].op = OP_TEXT_ROW;
		break;
	case UNKNOWN_SET:
		code[0].op = OP_TEXT_MAYBE;
		break;
	case UNKNOWN_BITS:
		code[0].op = OP_TEXT_ANY;
		code[0].bit = SET_EQUAL;
		break;
	case CALL_ITSELF:
		code[0].op = OP_CALL;
		code[0].imm = 0;
		break;
	case EMPTY_BLOCK:
		*n = 0;
		break;
	}
}

static void the_proof_finds_every_kind_of_broken_program(void **state)
{
	(void)state;
	for (int how = NO_RETURN; how <= EMPTY_BLOCK; how++) {
		struct compiled c = compile(STR("fd.num = 3 and proc.pid = 1"));
		struct program_rule rule = { c.expr, pool_event_types(c.pool, c.expr) };
		struct programs *p = programs_compile(c.arena, c.pool, &rule, 1, MATCH_ALL);
		struct block *b = &p->blocks[0];

		print_message("  breakage %d\n", how);
		assert_true(programs_check(p));
		break_program((struct insn *)b->insns, &b->n, (enum breakage)how);
		assert_false(programs_check(p));
		compiled_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_opcode_is_selected_and_decides),
		cmocka_unit_test(large_shared_groups_are_called),
		cmocka_unit_test(an_operand_is_asked_once_for_rules_in_a_row),
		cmocka_unit_test(patterns_on_one_field_share_a_look),
		cmocka_unit_test(rules_that_need_something_of_one_text_are_skipped_together),
		cmocka_unit_test(what_was_measured_orders_the_tests),
		cmocka_unit_test(the_proof_finds_every_kind_of_broken_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
