/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const char *shared_folder(void)
{
	const char *named = getenv("BESRA_SHARED");

	return named ? named : "../shared";
}

struct str take_until(struct str *s, char c)
{
	size_t n = str_chr(*s, c);
	struct str head = { s->p, n };

	*s = str_from_index(*s, n < s->len ? n + 1 : n);
	return head;
}

struct str without_prefix(struct str s, const char *prefix)
{
	if (!str_starts_with(s, str_from(prefix)))
		fail_msg("'%.*s' does not begin with %s", STR_ARG(s), prefix);
	return str_from_index(s, strlen(prefix));
}

void assert_str_equal(struct str got, struct str want)
{
	if (!str_eq(got, want))
		fail_msg("got '%.*s', want '%.*s'", STR_ARG(got), STR_ARG(want));
}

static size_t split(struct str line, struct str *cells)
{
	size_t n = 0;

	while (n < TSV_COLUMNS) {
		cells[n++] = take_until(&line, '\t');
		if (!line.len)
			break;
	}
	return n;
}

void tsv_open(struct tsv *t, const char *name)
{
	char path[4096], bytes[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/spec", shared_folder());
	if (access(path, R_OK)) {
		print_message("SKIP: no %s (BESRA_SHARED names the folder above it)\n", path);
		skip();
	}
	snprintf(path, sizeof(path), "%s/spec/%s", shared_folder(), name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	*t = (struct tsv){ 0 };
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(&t->text, bytes, n);
	fclose(f);
	t->left = buf_view(&t->text);
	t->columns = split(take_until(&t->left, '\n'), t->names);
}

void tsv_close(struct tsv *t)
{
	buf_fini(&t->text);
}

bool tsv_next(struct tsv *t)
{
	struct str line;

	do {
		if (!t->left.len)
			return false;
		line = take_until(&t->left, '\n');
	} while (line.len && line.p[0] == '#');
	memset(t->cells, 0, sizeof(t->cells));
	split(line, t->cells);
	return true;
}

struct str tsv_cell(const struct tsv *t, const char *column)
{
	for (size_t i = 0; i < t->columns; i++)
		if (str_eq(t->names[i], str_from(column)))
			return t->cells[i];
	fail_msg("no column %s", column);
	return (struct str){ NULL, 0 };
}

long long tsv_number(const struct tsv *t, const char *column)
{
	struct str cell = tsv_cell(t, column);
	char text[32], *end;
	long long v;

	if (cell.len == 0 || cell.len >= sizeof(text))
		fail_msg("column %s: '%.*s' is no number", column, STR_ARG(cell));
	memcpy(text, cell.p, cell.len);
	text[cell.len] = '\0';
	v = strtoll(text, &end, 0);
	if (*end)
		fail_msg("column %s: '%s' is no number", column, text);
	return v;
}
