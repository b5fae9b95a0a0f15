/* SPDX-License-Identifier: Apache-2.0 */

/* dump_raw TRACE: every event as a JSON object with its recorded parameters, undecoded. */

#include "base/buf.h"
#include "base/err.h"
#include "source/source.h"

#include <inttypes.h>
#include <stdio.h>

static void hex(struct buf *out, struct str s)
{
	buf_char(out, '"');
	for (size_t i = 0; i < s.len; i++)
		buf_printf(out, "%02x", (uint8_t)s.p[i]);
	buf_char(out, '"');
}

/* Bytes outside ASCII as \u00XX: the reader sees one character per byte. */
static void text(struct buf *out, struct str s)
{
	buf_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(out, "\\u%04x", c);
		else
			buf_char(out, (char)c);
	}
	buf_char(out, '"');
}

static void strings(struct buf *out, struct str s)
{
	const char *separator = "";

	buf_char(out, '[');
	while (s.len) {
		size_t end = str_chr(s, '\0');

		buf_str(out, str_from(separator));
		text(out, str_of(s.p, end));
		separator = ", ";
		if (end == s.len) {
			buf_str(out, STR(", \"$UNTERMINATED\""));
			break;
		}
		s = str_from_index(s, end + 1);
	}
	buf_char(out, ']');
}

static void param(struct buf *out, const struct event *ev, unsigned i)
{
	const struct param_info *p = &ev->info->params[i];
	struct str s = event_param(ev, i);
	int64_t v;

	if (type_size(p->type)) {
		if (event_int(ev, i, &v))
			buf_i64(out, v);
		else
			buf_str(out, STR("null"));
	} else if (s.len == 0) {
		buf_str(out, STR("null"));
	} else if (str_eq(p->name, STR("args")) || str_eq(p->name, STR("env")) ||
		   str_eq(p->name, STR("cgroups"))) {
		strings(out, s);
	} else if (p->type == TYPE_CHARBUF || p->type == TYPE_FSPATH || p->type == TYPE_FSRELPATH) {
		text(out, str_of(s.p, s.p[s.len - 1] ? s.len : s.len - 1));
	} else {
		hex(out, s);
	}
}

/* "+path": "/real", "+tuple": "02...", ...: of an event that has them. */
static void extension(struct buf *out, const struct event *ev)
{
	static const struct {
		const char *name;
		enum value_type type;
	} parts[EXTENSIONS] = {
#define EXTENSION(id, what, kind) { (what), TYPE_##kind },
#include "tables/extensions.def"
#undef EXTENSION
	};

	for (unsigned i = 0; i < ev->nextra; i++) {
		struct str s = event_extension(ev, i);

		buf_printf(out, ", \"+%s\": ", parts[i].name);
		if (s.len == 0)
			buf_str(out, STR("null"));
		else if (parts[i].type == TYPE_FSPATH)
			text(out, str_of(s.p, s.len - 1));
		else
			hex(out, s);
	}
}

int main(int argc, char **argv)
{
	struct err err;
	struct source *s = argc == 2 ? source_open_scap(argv[1], &err) : NULL;
	struct buf out = { 0 };
	struct raw raw;
	struct event ev;
	int n;

	if (!s) {
		fprintf(stderr, "%s\n", argc == 2 ? err.text : "usage: dump_raw TRACE");
		return 2;
	}
	while ((n = source_next(s, &raw, &err)) == 1) {
		if (event_open(&ev, &raw) < 0 || ev.flags & WIRE_SYNTHETIC)
			continue;
		buf_reset(&out);
		buf_printf(&out,
			   "{\"ts\": %" PRIu64 ", \"tid\": %" PRId64
			   ", \"event\": %u, \"type\": \"%.*s\", \"raw\": {",
			   ev.ts, ev.tid, ev.type, STR_ARG(ev.info->name));
		for (unsigned i = 0; i < ev.nparams; i++) {
			buf_printf(&out, "%s\"%.*s\": ", i ? ", " : "",
				   STR_ARG(ev.info->params[i].name));
			param(&out, &ev, i);
		}
		extension(&out, &ev);
		buf_str(&out, STR("}}\n"));
		fwrite(out.p, 1, out.len, stdout);
	}
	if (n < 0)
		fprintf(stderr, "%s\n", err.text);
	source_close(s);
	buf_fini(&out);
	return n < 0;
}
