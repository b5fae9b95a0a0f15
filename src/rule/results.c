/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* What loading found, as -V prints it: falco_load_results in JSON, or text with carets. */

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

static void put_location(struct buf *out, const struct location *l)
{
	buf_char(out, '{');
	put_text(out, "item_name", l->item_name);
	buf_char(out, ',');
	put_text(out, "item_type", str_from(l->item_type));
	buf_printf(out, ",\"position\":{\"column\":%u,\"line\":%u,", l->column, l->line);
	put_text(out, "name", l->file);
	buf_printf(out, ",\"offset\":%u}}", l->offset);
}

static void put_issue(struct buf *out, const struct diag *d)
{
	bool error = load_code_severity(d->code) == SEVERITY_ERROR;
	struct buf snippet = { 0 };

	buf_char(out, '{');
	put_text(out, "code", str_from(load_code_name(d->code)));
	buf_char(out, ',');
	put_text(out, "codedesc",
		 str_from(error ? load_code_short(d->code) : load_code_description(d->code)));
	buf_str(out, STR(",\"context\":{\"locations\":["));
	for (size_t i = 0; i < d->nlocations; i++) {
		if (i)
			buf_char(out, ',');
		put_location(out, &d->locations[i]);
	}
	buf_str(out, STR("],"));
	diag_snippet(&snippet, d->at);
	put_text(out, "snippet", buf_view(&snippet));
	buf_fini(&snippet);
	buf_str(out, STR("},"));
	if (d->deprecated_field.len) {
		put_text(out, "deprecated_field", d->deprecated_field);
		buf_char(out, ',');
	}
	put_text(out, "message", d->message);
	for (size_t i = 0; i < ARRAY_SIZE(d->notes); i++) {
		if (!d->notes[i].text.len)
			continue;
		buf_str(out, i ? STR(",") : STR(",\"notes\":["));
		json_string(out, d->notes[i].text);
	}
	buf_str(out, d->notes[0].text.len ? STR("]}") : STR("}"));
}

static void put_issues(struct buf *out, const char *key, const struct diags *d,
		       enum severity severity)
{
	bool first = true;

	put_key(out, key);
	buf_char(out, '[');
	for (size_t i = 0; i < d->list.n; i++) {
		if (load_code_severity(d->list.items[i].code) != severity)
			continue;
		if (!first)
			buf_char(out, ',');
		first = false;
		put_issue(out, &d->list.items[i]);
	}
	buf_char(out, ']');
}

static void put_result(struct buf *out, const struct load_result *r)
{
	buf_char(out, '{');
	put_issues(out, "errors", &r->diags, SEVERITY_ERROR);
	buf_char(out, ',');
	put_text(out, "name", r->file);
	if (r->schema >= 0) {
		buf_printf(out, ",\"schema_valid\":%s,\"schema_warnings\":[",
			   r->schema ? "true" : "false");
		for (size_t i = 0; i < r->nschema_warnings; i++) {
			if (i)
				buf_char(out, ',');
			json_string(out, r->schema_warnings[i]);
		}
		buf_char(out, ']');
	}
	buf_printf(out, ",\"successful\":%s,", r->ok ? "true" : "false");
	put_issues(out, "warnings", &r->diags, SEVERITY_WARNING);
	buf_char(out, '}');
}

static void put_json(struct buf *out, const struct ruleset *r)
{
	buf_str(out, STR("{\"falco_load_results\":["));
	for (size_t i = 0; i < r->nresults; i++) {
		if (i)
			buf_char(out, ',');
		put_result(out, &r->results[i]);
	}
	buf_str(out, STR("]}\n"));
}

static void print_issues(struct buf *out, const struct load_result *r, enum severity severity,
			 size_t n, const char *what)
{
	if (!n)
		return;
	buf_printf(out, "%zu %s%s:\n", n, what, n == 1 ? "" : "s");
	for (size_t i = 0; i < r->diags.list.n; i++)
		if (load_code_severity(r->diags.list.items[i].code) == severity)
			diag_print(out, &r->diags.list.items[i]);
}

static void put_plain(struct buf *out, const struct load_result *r, bool verbose)
{
	buf_str(out, r->file);
	buf_printf(out, ": %s%s\n", r->ok ? "Ok" : "Invalid",
		   r->ok && r->diags.warnings ? ", with warnings" : "");
	if (!r->ok)
		print_issues(out, r, SEVERITY_ERROR, r->diags.errors, "Error");
	if (verbose)
		print_issues(out, r, SEVERITY_WARNING, r->diags.warnings, "Warning");
	for (size_t i = 0; verbose && i < r->nschema_warnings; i++) {
		buf_str(out, r->schema_warnings[i]);
		buf_str(out, STR(" [schema]\n"));
	}
}

void ruleset_results(struct buf *out, const struct ruleset *r, bool json, bool verbose)
{
	if (json) {
		put_json(out, r);
		return;
	}
	for (size_t i = 0; i < r->nresults; i++)
		put_plain(out, &r->results[i], verbose);
}
