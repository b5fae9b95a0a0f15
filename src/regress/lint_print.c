/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include "format/format.h"

/* The three forms of a report. Names of files and rules are somebody else's text: escaped. */

static const char *const severity_words[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTE] = "note",
};

static void put_place(struct buf *out, struct span at)
{
	unsigned line, column;

	if (!at.doc)
		return;
	document_position(at.doc, at.start, &line, &column);
	text_escape(out, str_from(at.doc->name));
	buf_printf(out, ":%u:%u: ", line, column);
}

static void put_finding(struct buf *out, const struct lint_finding *f)
{
	const struct lint_info *info = lint_info(f->code);

	put_place(out, f->at);
	buf_printf(out, "%s: ", severity_words[info->severity]);
	text_escape(out, f->message);
	buf_printf(out, " [%s]\n", info->name);
	diag_snippet(out, f->at);
	for (size_t i = 0; i < ARRAY_SIZE(f->notes) && f->notes[i].text.len; i++) {
		const struct note *note = &f->notes[i];

		put_place(out, note->at.doc ? note->at : f->at);
		buf_str(out, STR("note: "));
		text_escape(out, note->text);
		buf_char(out, '\n');
		if (note->at.doc && !span_equal(note->at, f->at))
			diag_snippet(out, note->at);
	}
}

void lint_print(struct buf *out, const struct lint_report *r)
{
	for (size_t i = 0; i < r->list.n; i++)
		put_finding(out, &r->list.items[i]);
	buf_printf(out, "%zu warning%s, %zu note%s\n", r->warnings, r->warnings == 1 ? "" : "s",
		   r->notes, r->notes == 1 ? "" : "s");
}

void lint_codes(struct buf *out)
{
	for (size_t i = 0; i < LINT_CODES; i++) {
		const struct lint_info *info = lint_info((enum lint_code)i);

		buf_printf(out, "%-17s %-8s %s\n    %s\n", info->name,
			   severity_words[info->severity], info->short_text, info->doc);
	}
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void put_key(struct buf *out, const char *key)
{
	json_string(out, str_from(key));
	buf_char(out, ':');
}

static void put_text(struct buf *out, const char *key, struct str value)
{
	put_key(out, key);
	json_string(out, value.p ? value : STR(""));
}

/* Lines and columns count from 1; the end is behind the last byte. */
static void put_span(struct buf *out, struct span at)
{
	unsigned line, column, end_line, end_column;

	document_position(at.doc, at.start, &line, &column);
	document_position(at.doc, at.end > at.start ? at.end : at.start, &end_line, &end_column);
	put_text(out, "file", str_from(at.doc->name));
	buf_printf(out, ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u", line,
		   column, end_line, end_column);
}

static void put_json_notes(struct buf *out, const struct lint_finding *f)
{
	put_key(out, "notes");
	buf_char(out, '[');
	for (size_t i = 0; i < ARRAY_SIZE(f->notes) && f->notes[i].text.len; i++) {
		if (i)
			buf_char(out, ',');
		buf_char(out, '{');
		put_text(out, "text", f->notes[i].text);
		if (f->notes[i].at.doc) {
			buf_char(out, ',');
			put_span(out, f->notes[i].at);
		}
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

void lint_json(struct buf *out, const struct lint_report *r)
{
	buf_str(out, STR("{\"findings\":["));
	for (size_t i = 0; i < r->list.n; i++) {
		const struct lint_finding *f = &r->list.items[i];
		const struct lint_info *info = lint_info(f->code);

		buf_str(out, i ? STR(",{") : STR("{"));
		put_text(out, "code", str_from(info->name));
		buf_char(out, ',');
		put_text(out, "severity", str_from(severity_words[info->severity]));
		buf_char(out, ',');
		put_text(out, "message", f->message);
		buf_char(out, ',');
		put_text(out, "rule", f->rule);
		buf_char(out, ',');
		if (f->at.doc) {
			put_span(out, f->at);
			buf_char(out, ',');
		}
		put_json_notes(out, f);
		buf_char(out, '}');
	}
	buf_printf(out, "],\"warnings\":%zu,\"notes\":%zu}\n", r->warnings, r->notes);
}

/* ---- SARIF -------------------------------------------------------------------------------- */

/* A path as the URI reference that SARIF wants: what may not stand in one is percent-encoded. */
static void put_uri(struct buf *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";

	buf_str(out, path[0] == '/' ? STR("\"file://") : STR("\""));
	for (const char *p = path; *p; p++) {
		if (strchr(plain, *p))
			buf_char(out, *p);
		else
			buf_printf(out, "%%%02X", (unsigned char)*p);
	}
	buf_char(out, '"');
}

/* As document_position, but with columns in characters. */
static void position(const struct document *doc, size_t offset, unsigned *line, unsigned *column)
{
	unsigned bytes, chars = 1;

	document_position(doc, offset, line, &bytes);
	if (offset > doc->text.len)
		offset = doc->text.len;
	for (size_t i = offset - (bytes - 1); i < offset; i++)
		chars += ((unsigned char)doc->text.p[i] & 0xC0) != 0x80;
	*column = chars;
}

static void put_location(struct buf *out, struct span at)
{
	unsigned line, column, end_line, end_column;

	position(at.doc, at.start, &line, &column);
	position(at.doc, at.end > at.start ? at.end : at.start + 1, &end_line, &end_column);
	buf_str(out, STR("{\"physicalLocation\":{\"artifactLocation\":{\"uri\":"));
	put_uri(out, at.doc->name);
	buf_printf(out,
		   "},\"region\":{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,"
		   "\"endColumn\":%u}}",
		   line, column, end_line, end_column);
}

static void put_message(struct buf *out, const struct lint_finding *f)
{
	struct buf text = { 0 };

	buf_str(&text, f->message);
	for (size_t i = 0; i < ARRAY_SIZE(f->notes) && f->notes[i].text.len; i++)
		if (!f->notes[i].at.doc) {
			buf_str(&text, STR("; "));
			buf_str(&text, f->notes[i].text);
		}
	buf_str(out, STR("\"message\":{"));
	put_text(out, "text", buf_view(&text));
	buf_char(out, '}');
	buf_fini(&text);
}

static void put_related(struct buf *out, const struct lint_finding *f)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(f->notes) && f->notes[i].text.len; i++) {
		if (!f->notes[i].at.doc)
			continue;
		buf_str(out, first ? STR(",\"relatedLocations\":[") : STR(","));
		first = false;
		put_location(out, f->notes[i].at);
		buf_str(out, STR(",\"message\":{"));
		put_text(out, "text", f->notes[i].text);
		buf_str(out, STR("}}"));
	}
	if (!first)
		buf_char(out, ']');
}

static void put_result(struct buf *out, const struct lint_finding *f)
{
	const struct lint_info *info = lint_info(f->code);

	buf_char(out, '{');
	put_text(out, "ruleId", str_from(info->name));
	buf_printf(out, ",\"ruleIndex\":%u,", (unsigned)f->code);
	put_text(out, "level", str_from(severity_words[info->severity]));
	buf_char(out, ',');
	put_message(out, f);
	if (f->at.doc) {
		buf_str(out, STR(",\"locations\":["));
		put_location(out, f->at);
		buf_str(out, STR("}]"));
	}
	put_related(out, f);
	buf_char(out, '}');
}

void lint_sarif(struct buf *out, const struct lint_report *r)
{
	buf_str(out, STR("{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
			 "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{"
			 "\"name\":\"besra lint\",\"rules\":["));
	for (size_t i = 0; i < LINT_CODES; i++) {
		const struct lint_info *info = lint_info((enum lint_code)i);

		buf_str(out, i ? STR(",{") : STR("{"));
		put_text(out, "id", str_from(info->name));
		buf_str(out, STR(",\"shortDescription\":{"));
		put_text(out, "text", str_from(info->short_text));
		buf_str(out, STR("},\"fullDescription\":{"));
		put_text(out, "text", str_from(info->doc));
		buf_str(out, STR("},\"defaultConfiguration\":{"));
		put_text(out, "level", str_from(severity_words[info->severity]));
		buf_str(out, STR("}}"));
	}
	buf_str(out, STR("]}},\"columnKind\":\"unicodeCodePoints\",\"results\":["));
	for (size_t i = 0; i < r->list.n; i++) {
		if (i)
			buf_char(out, ',');
		put_result(out, &r->list.items[i]);
	}
	buf_str(out, STR("]}]}\n"));
}
