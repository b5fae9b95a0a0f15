/* SPDX-License-Identifier: Apache-2.0 */
#include "support_random.h"

/* Rules that ask for many patterns, on texts that hold some of them, against the interpreter. */

enum { RULES = 120, SETS = 40, TEXTS = 24, WAYS = 4 };

static const struct program_options ways[WAYS] = {
	{ .mode = MATCH_ALL },
	{ .mode = MATCH_ALL, .together = 1 },
	{ .mode = MATCH_ALL, .together = 3, .without = PART_SKIP },
	{ .mode = MATCH_ALL, .without = PART_TRIE | PART_SCAN },
};

static const char *const parts[] = { "a",  "A",   "ab",       "aba", "/",     "etc", "ETC",
				     "/a", "b/a", "\xc3\xa9", ".",   "/etc/", "-",   "Ab0" };

static void add_parts(struct random_source *r, struct buf *out, uint32_t most)
{
	const uint32_t n = random_below(r, most);

	for (uint32_t i = 0; i < n; i++)
		buf_str(out, str_from(parts[random_below(r, ARRAY_SIZE(parts))]));
}

/* In quotes; globs and regular expressions with something in them that is more than itself. */
static void add_pattern(struct random_source *r, struct buf *out, const char *op)
{
	static const char *const globs[] = { "*", "?", "[ab]", "*/", "[!/]" };
	static const char *const regexes[] = { ".*", "a+", "[a-c]?", "(ab|b)", "/?" };
	const bool is_glob = strstr(op, "glob") || strcmp(op, "pmatch") == 0;

	buf_char(out, '"');
	for (uint32_t n = 1 + random_below(r, 3); n; n--) {
		add_parts(r, out, 4);
		if (is_glob && random_below(r, 2))
			buf_str(out, str_from(globs[random_below(r, ARRAY_SIZE(globs))]));
		if (strcmp(op, "regex") == 0)
			buf_str(out, str_from(regexes[random_below(r, ARRAY_SIZE(regexes))]));
	}
	buf_char(out, '"');
}

static void add_list(struct random_source *r, struct buf *out, const char *op)
{
	buf_char(out, '(');
	for (uint32_t n = random_below(r, 5); n; n--) {
		add_pattern(r, out, op);
		buf_str(out, n > 1 ? STR(",") : STR(""));
	}
	buf_char(out, ')');
}

static void add_hex(struct random_source *r, struct buf *out)
{
	static const char *const bytes[] = { "00", "61", "2f", "ff", "41", "0a" };

	for (uint32_t n = 1 + random_below(r, 3); n; n--)
		buf_str(out, str_from(bytes[random_below(r, ARRAY_SIZE(bytes))]));
}

static void add_test(struct random_source *r, struct buf *out)
{
	static const char *const of_text[] = { "startswith", "endswith", "contains", "icontains",
					       "glob",       "iglob",    "regex",    "pmatch" };
	static const char *const of_bytes[] = { "startswith", "endswith", "contains" };
	static const char *const of_hex[] = { "bstartswith", "bcontains" };
	static const char *const modifiers[] = { "anyof", "allof", "oneof" };
	const char *op;

	switch (random_below(r, 5)) {
	case 0:
		buf_printf(out, "evt.buffer %s ", of_hex[random_below(r, ARRAY_SIZE(of_hex))]);
		add_hex(r, out);
		return;
	case 1:
		op = of_bytes[random_below(r, ARRAY_SIZE(of_bytes))];
		buf_printf(out, "evt.buffer %s ", op);
		add_pattern(r, out, op);
		return;
	default:
		op = of_text[random_below(r, ARRAY_SIZE(of_text))];
		buf_printf(out, "fd.name %s ", op);
		break;
	}
	if (strcmp(op, "pmatch") == 0) {
		add_list(r, out, op);
	} else if (random_below(r, 5) == 0) {
		buf_printf(out, "%s ", modifiers[random_below(r, ARRAY_SIZE(modifiers))]);
		add_list(r, out, op);
	} else {
		add_pattern(r, out, op);
	}
}

struct rules {
	struct arena *arena;
	struct pool *pool;
	struct program_rule list[RULES];
	struct str texts[RULES];
	size_t n;
	struct programs *ways[WAYS];
};

static void rules_init(struct rules *s, struct random_source *r)
{
	*s = (struct rules){ .arena = arena_new() };
	s->pool = pool_new(s->arena, NULL);
	while (s->n < RULES) {
		struct diags diags = { .arena = s->arena };
		struct source_text source;
		struct buf text = { 0 };
		const struct ast *tree;
		bool unknown;
		size_t at;

		for (uint32_t n = random_below(r, 3); n; n--)
			buf_str(&text, random_below(r, 2) ? STR("fd.num = 3 and ")
							  : STR("not evt.type = close and "));
		buf_str(&text, random_below(r, 8) ? STR("") : STR("not "));
		add_test(r, &text);
		source = (struct source_text){ .text = arena_str(s->arena, buf_view(&text)) };
		buf_fini(&text);
		tree = ast_parse(s->arena, &source, &diags, &at);
		assert_non_null(tree);
		s->list[s->n].condition = pool_add(s->pool, tree, &source, &diags, &at, &unknown);
		/* some random patterns are no regular expressions */
		if (s->list[s->n].condition == EXPR_NONE)
			continue;
		s->list[s->n].types = pool_event_types(s->pool, s->list[s->n].condition);
		s->texts[s->n++] = source.text;
	}
	for (size_t way = 0; way < WAYS; way++) {
		s->ways[way] = programs_compile_with(s->arena, s->pool, s->list, s->n, &ways[way]);
		assert_true(programs_check(s->ways[way]));
	}
}

static void rules_fini(struct rules *s)
{
	for (size_t way = 0; way < WAYS; way++)
		programs_free(s->ways[way]);
	pool_free(s->pool);
	arena_free(s->arena);
}

static size_t rules_compare(const struct rules *s, const struct scene *scene, size_t *hits)
{
	size_t faults = 0;
	struct matches m;

	for (size_t way = 0; way < WAYS; way++) {
		size_t at = 0;

		programs_run(s->ways[way], &scene->ctx, &m);
		for (size_t i = 0; i < s->n; i++) {
			const bool hit = at < m.n && m.rule[at] == i;
			const bool holds = event_set_has(&s->list[i].types, scene->ev.type) &&
					   pool_eval(s->pool, s->list[i].condition, &scene->ctx);

			at += hit;
			*hits += hit;
			faults += hit != holds;
			if (hit != holds)
				print_error("\tway %zu says %d: %.*s\n", way, hit,
					    STR_ARG(s->texts[i]));
		}
	}
	return faults;
}

/* Short ones, empty ones, and a few near the most that an event can hold. */
static void random_event(struct random_source *r, struct scene *s)
{
	const uint32_t most = random_below(r, 12) ? 9 : 12000;
	struct buf line = { 0 }, text = { 0 };
	const bool writes = random_below(r, 2);

	add_parts(r, &text, most);
	if (writes)
		buf_printf(&line, "WRITE_X 40 res=1 fd=3 data=\"");
	else
		buf_printf(&line, "OPEN_X 40 fd=3 name=\"%s", random_below(r, 2) ? "/" : "");
	for (size_t i = 0; i < text.len; i++)
		buf_printf(&line, "\\x%02x", (unsigned char)text.p[i]);
	/* descriptors have names of text, data is anything */
	if (writes && random_below(r, 2))
		buf_str(&line, STR("\\x00/a\\xffA"));
	buf_str(&line, STR("\""));
	buf_char(&line, '\0');
	scene_event(s, line.p);
	buf_fini(&line);
	buf_fini(&text);
}

static void patterns_together_agree_with_each_by_itself(void **state)
{
	struct random_source r = { .state = 60221407 };
	size_t faults = 0, hits = 0, verdicts = 0;

	(void)state;
	for (unsigned n = 0; n < SETS; n++) {
		struct scene scene;
		struct rules rules;

		scene_init(&scene);
		scene_event(&scene, "PROC_ENTRY 40 pid=40 ptid=0 comm=a exe=/a cwd=/ root=/");
		rules_init(&rules, &r);
		for (unsigned i = 0; i < TEXTS; i++) {
			random_event(&r, &scene);
			faults += rules_compare(&rules, &scene, &hits);
			verdicts += (size_t)RULES * WAYS;
		}
		rules_fini(&rules);
		scene_fini(&scene);
	}
	print_message("  %zu verdicts, %zu true\n", verdicts, hits);
	assert_int_equal(faults, 0);
	assert_true(hits > verdicts / 20 && hits < verdicts / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_together_agree_with_each_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
