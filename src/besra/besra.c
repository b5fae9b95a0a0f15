/* SPDX-License-Identifier: Apache-2.0 */
#include "besra/besra.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "engine/setup.h"

#define RULE_FILES_MAX 4096

struct besra {
	struct arena *arena;
	VEC(const char *) options;
	VEC(const char *) paths; /* rules */
	struct config config;
	struct rule_options rule_options;
	struct ruleset *rules;
	struct source *source;
	struct engine *engine; /* made at the first step */
	besra_alert_fn *fn;
	void *arg;
	struct buf error, text;
};

const char *besra_version(void)
{
	return BESRA_VERSION;
}

unsigned besra_api(void)
{
	return BESRA_API;
}

struct besra *besra_new(void)
{
	struct besra *b = calloc(1, sizeof(*b));

	if (b)
		b->arena = arena_new();
	return b;
}

void besra_free(struct besra *b)
{
	if (!b)
		return;
	engine_free(b->engine);
	source_close(b->source);
	ruleset_free(b->rules);
	arena_free(b->arena);
	buf_fini(&b->error);
	buf_fini(&b->text);
	free(b);
}

/* Texts that are handed out end in a NUL behind their length. */
static const char *terminated(struct buf *b)
{
	buf_char(b, '\0');
	if (!b->len)
		return "";
	b->len--;
	b->p[b->len] = '\0';
	return b->p;
}

static int fail(struct besra *b, int code, const char *text)
{
	buf_reset(&b->error);
	buf_str(&b->error, str_from(text));
	terminated(&b->error);
	return code;
}

static int fail_diags(struct besra *b, const struct diags *d)
{
	buf_reset(&b->error);
	for (size_t i = 0; i < d->list.n; i++)
		if (load_code_severity(d->list.items[i].code) == SEVERITY_ERROR)
			diag_print(&b->error, &d->list.items[i]);
	if (b->error.len && b->error.p[b->error.len - 1] == '\n')
		b->error.len--;
	terminated(&b->error);
	return -EINVAL;
}

const char *besra_error(const struct besra *b)
{
	return b->error.len ? b->error.p : "";
}

static int too_late(struct besra *b)
{
	return fail(b, -EBUSY, "events have been read already");
}

int besra_set(struct besra *b, const char *key_and_value)
{
	if (b->engine)
		return too_late(b);
	VEC_PUSH(b->arena, &b->options, arena_str(b->arena, str_from(key_and_value)).p);
	return 0;
}

int besra_load_rules(struct besra *b, const char *path)
{
	const char **files;
	struct err err;
	size_t n;
	int rc;

	if (b->engine)
		return too_late(b);
	rc = rule_files(b->arena, path, &files, &n, &err);
	if (rc < 0)
		return fail(b, rc, err.text);
	if (!n) {
		err_set(&err, -EINVAL, "%s: no rules files, whose names end in .yaml or .yml",
			path);
		return fail(b, -EINVAL, err.text);
	}
	for (size_t i = 0; i < n; i++) {
		if (b->paths.n == RULE_FILES_MAX)
			return fail(b, -E2BIG, "too many rules files");
		VEC_PUSH(b->arena, &b->paths, files[i]);
	}
	return 0;
}

int besra_open(struct besra *b, const char *path)
{
	struct source *source;
	struct err err = { .code = -EINVAL };

	if (b->engine)
		return too_late(b);
	source = source_open_scap(path, &err);
	if (!source)
		return fail(b, err.code, err.text);
	source_close(b->source);
	b->source = source;
	return 0;
}

void besra_on_alert(struct besra *b, besra_alert_fn *fn, void *arg)
{
	b->fn = fn;
	b->arg = arg;
}

/* Rule names end in a NUL: they live in an arena, whose texts do. */
static void pass_alert(const struct alert *alert, void *arg)
{
	struct besra *b = arg;
	struct besra_alert out = {
		.rule = alert->text.rule.p,
		.priority = alert->text.priority.p,
		.severity = alert->text.severity,
		.time_ns = alert->text.ts,
	};

	if (!b->fn)
		return;
	buf_reset(&b->text);
	buf_str(&b->text, alert->text.line);
	out.text = terminated(&b->text);
	out.length = b->text.len;
	b->fn(&out, b->arg);
}

static int load_rules(struct besra *b, struct diags *d)
{
	struct rule_options options;

	if (!setup_rules(&b->config, &options, d))
		return fail_diags(b, d);
	b->rule_options = options;
	ruleset_free(b->rules);
	b->rules = ruleset_load(b->paths.items, b->paths.n, &b->rule_options);
	for (size_t i = 0; i < b->rules->nresults; i++)
		if (!b->rules->results[i].ok)
			return fail_diags(b, &b->rules->results[i].diags);
	return b->rules->ok ? 0 : fail(b, -EINVAL, "the rules cannot be used");
}

static int start(struct besra *b)
{
	struct diags d = { .arena = b->arena };
	struct engine_parts parts = { .source = b->source, .on_alert = pass_alert };
	struct err err = { 0 };
	int n;

	if (!b->source)
		return fail(b, -EINVAL, "no trace is open");
	n = config_load(NULL, b->options.items, b->options.n, &b->config, &d, &err);
	if (n < 0)
		return n == -EINVAL ? fail_diags(b, &d) : fail(b, n, err.text);
	n = load_rules(b, &d);
	if (n < 0)
		return n;
	parts.rules = b->rules;
	parts.alerts = setup_alerts(&b->config);
	parts.statics = b->rule_options.statics;
	parts.limits = setup_limits(&b->config, false);
	parts.on_alert_arg = b;
	b->engine = engine_new(&parts, &err);
	return b->engine ? 0 : fail(b, err.code, err.text);
}

int besra_step(struct besra *b)
{
	struct err err = { 0 };
	int n = b->engine ? 0 : start(b);

	if (n < 0)
		return n;
	n = engine_step(b->engine, &err);
	return n < 0 ? fail(b, n, err.text) : n;
}

int besra_run(struct besra *b)
{
	int n;

	while ((n = besra_step(b)) > 0)
		;
	return n;
}

uint64_t besra_events(const struct besra *b)
{
	return b->engine ? engine_stats(b->engine)->events : 0;
}

uint64_t besra_alerts(const struct besra *b)
{
	return b->engine ? engine_stats(b->engine)->alerts : 0;
}
