/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/diag.h"

#include <stdio.h>

static const struct {
	const char *name;
	const char *short_text;
	const char *description;
	enum severity severity;
} codes[] = {
#define LOAD_CODE(id, level, short_text, description)                                              \
	[id] = { #id, short_text, description, SEVERITY_##level },
#include "tables/load_codes.def"
#undef LOAD_CODE
};

const char *load_code_name(enum load_code code)
{
	return codes[code].name;
}

const char *load_code_short(enum load_code code)
{
	return codes[code].short_text;
}

const char *load_code_description(enum load_code code)
{
	return codes[code].description;
}

enum severity load_code_severity(enum load_code code)
{
	return codes[code].severity;
}

static struct str format_text(struct arena *a, const char *format, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		return STR("");
	text = arena_bytes(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, format, args);
	return str_of(text, (size_t)n);
}

struct diag *diag_addv(struct diags *d, enum load_code code, struct span at, const char *format,
		       va_list args)
{
	struct diag new = { .code = code, .at = at };

	new.message = format_text(d->arena, format, args);
	VEC_PUSH(d->arena, &d->list, new);
	if (load_code_severity(code) == SEVERITY_ERROR)
		d->errors++;
	else
		d->warnings++;
	return &d->list.items[d->list.n - 1];
}

struct diag *diag_add(struct diags *d, enum load_code code, struct span at, const char *format, ...)
{
	struct diag *new;
	va_list args;

	va_start(args, format);
	new = diag_addv(d, code, at, format, args);
	va_end(args);
	return new;
}

void diag_note(struct diags *d, struct diag *to, struct span at, const char *format, ...)
{
	va_list args;

	for (size_t i = 0; i < ARRAY_SIZE(to->notes); i++) {
		if (to->notes[i].text.len)
			continue;
		va_start(args, format);
		to->notes[i].at = at;
		to->notes[i].text = format_text(d->arena, format, args);
		va_end(args);
		return;
	}
}

void document_position(const struct document *doc, size_t offset, unsigned *line, unsigned *column)
{
	size_t start = 0;
	unsigned n = 1;

	if (offset > doc->text.len)
		offset = doc->text.len;
	for (size_t i = 0; i < offset; i++)
		if (doc->text.p[i] == '\n') {
			start = i + 1;
			n++;
		}
	*line = n;
	*column = (unsigned)(offset - start) + 1;
}

size_t source_run_at(const struct source_text *t, size_t at)
{
	size_t low = 0, high = t->nruns;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (t->runs[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static uint32_t place_in(const struct source_run *run, size_t at)
{
	size_t place = (size_t)run->from.start + (at - run->at);

	return place < run->from.end ? (uint32_t)place : run->from.end;
}

struct span source_span(const struct source_text *t, size_t start, size_t end)
{
	const struct source_run *first, *last;
	struct span s;

	if (!t->nruns)
		return (struct span){ 0 };
	first = &t->runs[source_run_at(t, start)];
	s = first->from;
	if (first->verbatim)
		s.start = place_in(first, start);
	if (end <= start) {
		s.end = first->verbatim ? s.start : s.end;
		return s;
	}
	last = &t->runs[source_run_at(t, end - 1)];
	if (last->from.doc != s.doc || last->from.start < first->from.start)
		return s;
	s.end = last->verbatim ? place_in(last, end) : last->from.end;
	return s;
}

#define NEAREST_MAX 128 /* longer names are not worth the distance's quadratic cost */

static struct str lower_case(struct str s, char out[NEAREST_MAX])
{
	for (size_t i = 0; i < s.len; i++)
		out[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i]);
	return str_of(out, s.len);
}

struct str diag_nearest(struct str name, bool (*next)(void *arg, struct str *candidate), void *arg)
{
	/* One slip in three letters is a slip, more is another word. */
	unsigned limit = (unsigned)(name.len + 1) / 3, best = limit + 1;
	struct str found = { "", 0 }, candidate, want;
	char left[NEAREST_MAX], right[NEAREST_MAX];

	if (name.len < 2 || name.len > NEAREST_MAX)
		return found;
	want = lower_case(name, left);
	while (next(arg, &candidate)) {
		unsigned distance;

		if (candidate.len + limit < name.len || candidate.len > name.len + limit ||
		    candidate.len > NEAREST_MAX)
			continue;
		distance = str_distance(lower_case(candidate, right), want);
		if (distance < best) {
			best = distance;
			found = candidate;
		}
	}
	return found;
}
