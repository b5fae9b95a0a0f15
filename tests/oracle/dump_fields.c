/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: dump_fields CAPTURE FIELDS [LAST]
 *
 * One JSON object per event that rules can see, up to evt.num LAST: every field named in the
 * file FIELDS, one a line, that has a value, typed as in output_fields.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "engine/engine.h"
#include "format/format.h"

#define FIELDS_MAX 1024

struct dump {
	struct field_ref refs[FIELDS_MAX];
	struct str names[FIELDS_MAX];
	size_t n;
	uint64_t last;
	struct buf line, value;
};

static void dump_event(const struct field_ctx *ctx, void *arg)
{
	struct field_ctx shown = *ctx;
	struct dump *d = arg;

	if (d->last && ctx->ev->num > d->last)
		return;
	shown.in_output = true;
	buf_reset(&d->line);
	for (size_t i = 0; i < d->n; i++) {
		buf_reset(&d->value);
		field_json(&d->value, &d->refs[i], &shown);
		if (str_eq(buf_view(&d->value), STR("null")))
			continue;
		buf_char(&d->line, d->line.len ? ',' : '{');
		json_string(&d->line, d->names[i]);
		buf_char(&d->line, ':');
		buf_str(&d->line, buf_view(&d->value));
	}
	buf_str(&d->line, d->line.len ? STR("}\n") : STR("{}\n"));
	fwrite(d->line.p, 1, d->line.len, stdout);
}

static int read_fields(struct dump *d, const char *path, struct arena *arena)
{
	FILE *f = fopen(path, "r");
	char line[256];

	if (!f) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return -1;
	}
	while (d->n < FIELDS_MAX && fgets(line, sizeof(line), f)) {
		struct str name = str_trim(str_from(line));

		if (!name.len)
			continue;
		name = arena_str(arena, name);
		if (field_parse(name, NULL, &d->refs[d->n]) != FIELD_OK) {
			fprintf(stderr, "%s: no field '%s'\n", path, name.p);
			fclose(f);
			return -1;
		}
		d->names[d->n++] = name;
	}
	fclose(f);
	return 0;
}

static int run(struct dump *d, const char *capture)
{
	struct source *source;
	struct engine *engine;
	struct err err;
	int n;

	source = source_open_scap(capture, &err);
	if (!source) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	engine = engine_new(
		&(struct engine_parts){ .source = source, .watch = dump_event, .watch_arg = d },
		&err);
	if (!engine) {
		fprintf(stderr, "%s\n", err.text);
		source_close(source);
		return 1;
	}
	while ((n = engine_step(engine, &err)) > 0)
		;
	if (n < 0)
		fprintf(stderr, "%s\n", err.text);
	engine_free(engine);
	source_close(source);
	return n < 0;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	static struct dump d;
	int status = 2;

	if (argc < 3)
		fprintf(stderr, "usage: dump_fields CAPTURE FIELDS [LAST]\n");
	else if (read_fields(&d, argv[2], arena) == 0) {
		d.last = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
		status = run(&d, argv[1]);
	}
	buf_fini(&d.line);
	buf_fini(&d.value);
	arena_free(arena);
	return status;
}
