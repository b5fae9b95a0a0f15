/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a capture, through the whole engine: state in small tables, conditions, and
 * every field without an argument printed for every event.
 */

#include <stdlib.h>

#include "engine/engine.h"

static const uint8_t section[] = {
	0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
	2,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0, 0,
};

static const char rules[] =
	"- list: shells\n"
	"  items: [sh, bash]\n"
	"- rule: Processes\n"
	"  desc: d\n"
	"  condition: >\n"
	"    proc.name in (shells) or proc.aname[2] startswith s or proc.pname glob '*sh'\n"
	"    or proc.cmdline contains x or container.id != host or user.name exists\n"
	"  output: '%evt.num %evt.args %proc.aname[3] %proc.env[PATH] %container.info'\n"
	"  priority: INFO\n"
	"- rule: Descriptors\n"
	"  desc: d\n"
	"  condition: >\n"
	"    fd.name pmatch (/etc, /tmp) or fd.ip = 127.0.0.1 or fd.net = 10.0.0.0/8\n"
	"    or basename(fd.name) regex '^p.*d$' or evt.rawres < 0 or evt.arg[0] exists\n"
	"  output: '%fd.name %fd.sip %evt.arg.flags %evt.rawarg.res %toupper(proc.cmdline)'\n"
	"  priority: INFO\n";

struct world {
	struct ruleset *set;
	struct field_ref fields[FIELDS];
	size_t nfields;
	struct buf text;
};

static struct ruleset *load(void)
{
	const struct rule_options options = { .threshold = PRIORITY_DEBUG, .matching = MATCH_ALL };
	const struct rule_text text = { "fuzz.yaml", STR(rules) };
	struct ruleset *set = ruleset_parse(&text, 1, &options);

	if (!set->ok)
		abort();
	return set;
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->set = load();
	for (enum field_id id = 0; id < FIELDS; id++)
		w->nfields += field_parse(str_from(field_info(id)->name), NULL,
					  &w->fields[w->nfields]) == FIELD_OK;
	return w;
}

static void print_all(const struct field_ctx *ctx, void *arg)
{
	struct field_ctx in_output = *ctx;
	struct world *w = arg;
	struct val v;

	in_output.in_output = true;
	for (size_t i = 0; i < w->nfields; i++) {
		if (field_get(&w->fields[i], &in_output, &v))
			val_print(&w->text, &v, false);
		buf_reset(&w->text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world *world;
	bool whole = size && (data[0] == section[0] || data[0] == 0x1f);
	size_t head = whole ? 0 : sizeof(section);
	uint8_t *bytes = malloc(head + size + 1);
	struct engine_parts parts = {
		.limits = { .threads = 16, .fds = 64, .memory = 300 << 10 },
		.alerts = { .json = size & 1,
			    .include_output = true,
			    .include_tags = true,
			    .include_fields = true },
		.watch = print_all,
	};
	struct engine *e;

	if (!bytes)
		return 0;
	if (!world)
		world = world_new();
	memcpy(bytes, section, head);
	if (size)
		memcpy(bytes + head, data, size);
	parts.rules = world->set;
	parts.watch_arg = world;
	parts.source = source_open_memory(bytes, head + size, NULL);
	if (parts.source) {
		e = engine_new(&parts, NULL);
		while (e && engine_step(e, NULL) > 0)
			;
		engine_free(e);
	}
	source_close(parts.source);
	free(bytes);
	return 0;
}
