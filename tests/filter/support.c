/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>

/* ---- Conditions --------------------------------------------------------------------------- */

struct compiled compile(struct str condition)
{
	struct compiled c = { .arena = arena_new(), .expr = EXPR_NONE };
	struct source_text text = { .text = arena_str(c.arena, condition) };

	c.diags.arena = c.arena;
	c.pool = pool_new(c.arena, NULL);
	c.tree = ast_parse(c.arena, &text, &c.diags, &c.error_at);
	if (c.tree)
		c.expr = pool_add(c.pool, c.tree, &text, &c.diags, &c.error_at, &c.unknown);
	return c;
}

void compiled_fini(struct compiled *c)
{
	pool_free(c->pool);
	arena_free(c->arena);
}

const char *compiled_message(const struct compiled *c)
{
	for (size_t i = c->diags.list.n; i-- > 0;)
		if (load_code_severity(c->diags.list.items[i].code) == SEVERITY_ERROR)
			return arena_str(c->arena, c->diags.list.items[i].message).p;
	return "";
}

bool verdict_of_program(const struct compiled *c, const struct field_ctx *ctx)
{
	struct program_rule rule = { c->expr, pool_event_types(c->pool, c->expr) };
	struct programs *p = programs_compile(c->arena, c->pool, &rule, 1, MATCH_ALL);
	struct matches hits;

	assert_true(programs_check(p));
	programs_run(p, ctx, &hits);
	programs_free(p);
	return hits.n == 1;
}

/* ---- Scenes ------------------------------------------------------------------------------- */

void scene_init(struct scene *s)
{
	*s = (struct scene){ .arena = arena_new(), .state = state_new(NULL) };
	assert_non_null(s->state);
	s->containers = containers_new(s->state);
	assert_non_null(s->containers);
}

void scene_fini(struct scene *s)
{
	containers_free(s->containers);
	state_free(s->state);
	arena_free(s->arena);
	buf_fini(&s->bytes);
}

static unsigned event_number(struct str id)
{
	static const struct {
		struct str id;
		unsigned number;
	} events[] = {
#define EVENT(number, id, name, category, flags) { { #id, sizeof(#id) - 1 }, number },
#define PARAM(event, id, name, type, print, detail)
#define END
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END
	};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (str_eq(events[i].id, id))
			return events[i].number;
	fail_msg("no event %.*s", STR_ARG(id));
	return 0;
}

static int hex_value(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* A word, or a text in double quotes, decoded into out; the rest of the line is returned. */
static struct str read_value(struct str rest, struct buf *out)
{
	size_t i = 0;

	buf_reset(out);
	if (rest.len == 0 || rest.p[0] != '"') {
		i = str_chr(rest, ' ');
		buf_add(out, rest.p, i);
		return str_from_index(rest, i);
	}
	for (i = 1; i < rest.len && rest.p[i] != '"'; i++) {
		char c = rest.p[i];

		if (c == '\\' && i + 1 < rest.len) {
			c = rest.p[++i];
			if (c == 'x' && i + 2 < rest.len) {
				c = (char)(hex_value(rest.p[i + 1]) << 4 |
					   hex_value(rest.p[i + 2]));
				i += 2;
			} else {
				c = c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
			}
		}
		buf_char(out, c);
	}
	return str_from_index(rest, i + 1);
}

static void push_value(struct event_writer *w, const struct param_info *p, struct str value)
{
	int64_t number;

	if (type_size(p->type) && type_size(p->type) <= 8) {
		if (!str_to_i64(value, &number))
			fail_msg("%.*s=%.*s is not a number", STR_ARG(p->name), STR_ARG(value));
		event_push_int(w, number);
	} else if (p->type == TYPE_CHARBUF || p->type == TYPE_FSPATH || p->type == TYPE_FSRELPATH) {
		event_push_text(w, value);
	} else {
		event_push(w, value.p, value.len);
	}
}

/* The value of parameter `name` in the words after the tid; false when it is not named. */
static bool find_value(struct str words, struct str name, struct buf *value)
{
	bool found = false;
	struct buf other = { 0 };

	while (!found && words.len) {
		size_t equals;
		struct str word;

		words = str_trim(words);
		equals = str_chr(words, '=');
		word = str_of(words.p, equals);
		found = str_eq(word, name);
		words = read_value(str_from_index(words, equals + 1), found ? value : &other);
	}
	buf_fini(&other);
	return found;
}

static struct str next_word(struct str *rest)
{
	struct str word;

	*rest = str_trim(*rest);
	word = str_of(rest->p, str_chr(*rest, ' '));
	*rest = str_from_index(*rest, word.len);
	return word;
}

void scene_event(struct scene *s, const char *line)
{
	struct str rest = str_from(line), id = next_word(&rest), tid_text = next_word(&rest);
	const unsigned type = event_number(id);
	const struct event_info *info = event_info(type);
	struct buf value = { 0 };
	struct event_writer w;
	struct raw raw = { .cpu = 1 };
	int64_t tid;

	if (!str_to_i64(tid_text, &tid))
		fail_msg("no thread in: %s", line);
	if (s->events)
		state_retire(s->state, &s->ev);
	buf_reset(&s->bytes);
	event_begin(&w, &s->bytes, type, UINT64_C(1500000000000000000) + s->events * 1000, tid,
		    info->nparams);
	for (unsigned i = 0; i < info->nparams; i++) {
		if (find_value(rest, info->params[i].name, &value))
			push_value(&w, &info->params[i], buf_view(&value));
		else
			event_push_empty(&w);
	}
	buf_fini(&value);
	assert_int_equal(event_end(&w), 0);
	raw.bytes = (const uint8_t *)s->bytes.p;
	raw.len = (uint32_t)s->bytes.len;
	raw.flags = type >= EVENT_OWN_FIRST ? WIRE_SYNTHETIC : 0;
	assert_int_equal(event_open(&s->ev, &raw), 0);
	s->ev.num = ++s->events;
	s->who = state_apply(s->state, &s->ev);
	containers_apply(s->containers, &s->ev);
	s->ctx = (struct field_ctx){
		.ev = &s->ev,
		.who = &s->who,
		.state = s->state,
		.containers = s->containers,
		.scratch = s->arena,
		.history = &s->history,
		.first_ts = UINT64_C(1500000000000000000),
	};
}

void scene_events(struct scene *s, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		scene_event(s, lines[i]);
}

/* ---- Files -------------------------------------------------------------------------------- */

struct str read_case_file(struct arena *arena, const char *name)
{
	struct str path = arena_printf(arena, "tests/cases/%s", name);
	FILE *f = fopen(path.p, "rb");
	struct buf text = { 0 };
	char bytes[4096];
	struct str copy;
	size_t n;

	if (!f)
		fail_msg("%s cannot be read: run from the top of the tree", path.p);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(&text, bytes, n);
	fclose(f);
	copy = arena_str(arena, buf_view(&text));
	buf_fini(&text);
	return copy;
}

bool next_line(struct str *rest, struct str *line)
{
	if (rest->len == 0)
		return false;
	*line = str_of(rest->p, str_chr(*rest, '\n'));
	*rest = str_from_index(*rest, line->len + 1);
	return true;
}

/* "scene NAME", then one event a line, indented by a tab. Lines beginning with # are comments. */
void scenes_load(struct scenes *s)
{
	struct str rest, line;

	*s = (struct scenes){ .arena = arena_new() };
	rest = read_case_file(s->arena, "scenes.txt");
	s->items = arena_array(s->arena, 64, sizeof(*s->items));
	while (next_line(&rest, &line)) {
		if (str_starts_with(line, STR("scene "))) {
			assert_true(s->n < 64);
			s->items[s->n].name = str_from_index(line, 6);
			scene_init(&s->items[s->n++].scene);
		} else if (str_starts_with(line, STR("\t"))) {
			assert_true(s->n > 0);
			scene_event(&s->items[s->n - 1].scene, arena_str(s->arena, line).p);
		}
	}
}

void scenes_fini(struct scenes *s)
{
	for (size_t i = 0; i < s->n; i++)
		scene_fini(&s->items[i].scene);
	arena_free(s->arena);
}

struct scene *scenes_get(struct scenes *s, struct str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->items[i].name, name))
			return &s->items[i].scene;
	fail_msg("no scene %.*s", STR_ARG(name));
	return NULL;
}
