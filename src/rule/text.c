/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/limits.h"

void text_begin(struct text_builder *b, struct arena *arena)
{
	*b = (struct text_builder){ .arena = arena, .bytes = { .max = LIMIT_CONDITION } };
}

static void add_run(struct text_builder *b, struct source_run run)
{
	struct source_run *last = b->runs.n ? &b->runs.items[b->runs.n - 1] : NULL;

	run.at = (uint32_t)b->bytes.len;
	if (last && last->at == run.at)
		*last = run;
	else
		VEC_PUSH(b->arena, &b->runs, run);
}

void text_copy(struct text_builder *b, const struct source_text *t, size_t from, size_t to)
{
	if (!t->nruns)
		return;
	for (size_t i = source_run_at(t, from); i < t->nruns && from < to; i++) {
		size_t end = i + 1 < t->nruns ? t->runs[i + 1].at : t->text.len;
		struct source_run run = t->runs[i];

		if (end > to)
			end = to;
		if (run.verbatim)
			run.from.start += (uint32_t)(from - run.at);
		add_run(b, run);
		buf_add(&b->bytes, t->text.p + from, end - from);
		from = end;
	}
}

void text_put(struct text_builder *b, const struct source_text *t)
{
	text_copy(b, t, 0, t->text.len);
}

void text_word(struct text_builder *b, const char *word, struct span at)
{
	add_run(b, (struct source_run){ .from = at });
	buf_str(&b->bytes, str_from(word));
}

bool text_end(struct text_builder *b, struct source_text *out)
{
	bool fits = !b->bytes.cut;

	*out = (struct source_text){
		.text = arena_str(b->arena, buf_view(&b->bytes)),
		.runs = b->runs.items,
		.nruns = b->runs.n,
	};
	buf_fini(&b->bytes);
	return fits;
}

struct source_text text_generated(struct arena *arena, struct str s, struct span at)
{
	struct source_run *run = ARENA_NEW(arena, struct source_run);

	run->from = at;
	return (struct source_text){ .text = s, .runs = run, .nruns = 1 };
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct source_text text_trim(struct arena *arena, const struct source_text *t)
{
	struct text_builder b;
	struct source_text out;
	size_t from = 0, to = t->text.len;

	while (to > from && is_blank(t->text.p[to - 1]))
		to--;
	while (from < to && is_blank(t->text.p[from]))
		from++;
	text_begin(&b, arena);
	text_copy(&b, t, from, to);
	text_end(&b, &out);
	return out;
}
