/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>

#define SUPPORT_FILE_MAX (16 << 20)

/* --format, --markdown and -N; false after a complaint. */
static bool list_format(const struct flags *f, enum list_format *out)
{
	static const struct {
		const char *word;
		enum list_format format;
	} words[] = {
		{ "text", LIST_TEXT },
		{ "markdown", LIST_MARKDOWN },
		{ "json", LIST_JSON },
	};
	const char *asked = flag_value(f, FLAG_FORMAT);

	*out = flag_given(f, FLAG_NAMES_ONLY) ? LIST_NAMES : LIST_TEXT;
	if (asked && flag_given(f, FLAG_MARKDOWN)) {
		complain("--format and --markdown cannot be given together");
		return false;
	}
	if (flag_given(f, FLAG_MARKDOWN))
		*out = LIST_MARKDOWN;
	if (!asked)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(asked, words[i].word) == 0) {
			*out = words[i].format;
			return true;
		}
	complain("--format is text, markdown or json, not '%s'", asked);
	return false;
}

int print_fields(const struct flags *f)
{
	const char *source = flag_value(f, FLAG_LIST);
	enum list_format format;
	struct buf out = { 0 };

	if (!list_format(f, &format))
		return EXIT_FAILED;
	if (source && strcmp(source, "syscall") != 0) {
		complain("there is no event source '%s'; the only one is syscall", source);
		return EXIT_FAILED;
	}
	field_list(&out, source, format);
	return finish_with(&out);
}

static void put_flag_names(struct buf *out, const struct flag_set *set, const char *between)
{
	for (size_t i = 0; i < set->n; i++)
		buf_printf(out, "%s%.*s", i ? between : "", STR_ARG(set->flags[i].name));
}

static void put_event_text(struct buf *out, unsigned type, const struct event_info *info)
{
	buf_printf(out, "%c %.*s(", event_is_exit(type) ? '<' : '>', STR_ARG(info->name));
	for (unsigned i = 0; i < info->nparams; i++) {
		const struct param_info *p = &info->params[i];

		buf_printf(out, "%s%s %.*s", i ? ", " : "", type_name(p->type), STR_ARG(p->name));
		if (p->flags) {
			buf_str(out, STR(": "));
			put_flag_names(out, p->flags, "|");
		}
	}
	buf_str(out, STR(")\n"));
}

static void put_event_markdown(struct buf *out, unsigned type, const struct event_info *info)
{
	buf_printf(out, "`%c` | `%.*s` | ", event_is_exit(type) ? '<' : '>', STR_ARG(info->name));
	for (unsigned i = 0; i < info->nparams; i++) {
		const struct param_info *p = &info->params[i];

		buf_printf(out, "%s%s **%.*s**", i ? ", " : "", type_name(p->type),
			   STR_ARG(p->name));
		if (p->flags) {
			buf_str(out, STR(": *"));
			put_flag_names(out, p->flags, "*, *");
			buf_char(out, '*');
		}
	}
	buf_char(out, '\n');
}

static void put_event_json(struct buf *out, unsigned type, const struct event_info *info)
{
	buf_printf(out, "{\"dir\":\"%c\",\"name\":", event_is_exit(type) ? '<' : '>');
	json_string(out, info->name);
	buf_str(out, STR(",\"args\":["));
	for (unsigned i = 0; i < info->nparams; i++) {
		const struct param_info *p = &info->params[i];

		buf_printf(out, "%s{\"name\":", i ? "," : "");
		json_string(out, p->name);
		buf_printf(out, ",\"type\":\"%s\"}", type_name(p->type));
	}
	buf_str(out, STR("]}"));
}

/* Older versions of an event are converted on reading and never seen. */
static bool is_listed(const struct event_info *info)
{
	return info->exists && !(info->flags & (EVENT_FLAG_OLD_VERSION | EVENT_FLAG_UNUSED));
}

int print_events(const struct flags *f)
{
	enum list_format format;
	struct buf out = { 0 };
	bool first = true;

	if (!list_format(f, &format))
		return EXIT_FAILED;
	if (format == LIST_MARKDOWN)
		buf_str(&out, STR("Dir | Name | Params\n:---|:-----|:------\n"));
	if (format == LIST_JSON)
		buf_char(&out, '[');
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		const struct event_info *info = event_info(type);

		if (!is_listed(info))
			continue;
		if (format == LIST_JSON) {
			buf_str(&out, first ? STR("") : STR(",\n"));
			put_event_json(&out, type, info);
		} else if (format == LIST_MARKDOWN) {
			put_event_markdown(&out, type, info);
		} else if (format == LIST_NAMES) {
			buf_printf(&out, "%.*s\n", STR_ARG(info->name));
		} else {
			put_event_text(&out, type, info);
		}
		first = false;
	}
	if (format == LIST_JSON)
		buf_str(&out, STR("]\n"));
	return finish_with(&out);
}

int print_ignored(void)
{
	struct buf out = { 0 };

	buf_str(&out, STR("Ignored syscall(s):\n"));
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *i = syscall_info(code);

		if (i->exists && i->sets & SYSCALL_IO)
			buf_printf(&out, "- %.*s\n", STR_ARG(i->name));
	}
	return finish_with(&out);
}

int print_version(const struct setup *s)
{
	struct buf out = { 0 };

	if (s->config.json_output) {
		buf_printf(&out, "{\"besra_version\":\"%s\",\"engine_version\":\"%s\"}\n",
			   besra_version(), RULE_ENGINE_VERSION);
	} else {
		buf_printf(&out, "besra version: %s\n", besra_version());
		buf_printf(&out, "Engine:        %s (rules as Falco's engine of that version)\n",
			   RULE_ENGINE_VERSION);
	}
	return finish_with(&out);
}

/* The file's text as a JSON string; null when it cannot be read any more. */
static void put_file(struct buf *out, const char *path)
{
	struct buf text = { .max = SUPPORT_FILE_MAX };
	FILE *f = fopen(path, "r");
	char block[4096];
	size_t n;

	if (!f) {
		buf_str(out, STR("null"));
		return;
	}
	while (!text.cut && (n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(&text, block, n);
	fclose(f);
	json_string(out, buf_view(&text));
	buf_fini(&text);
}

static void put_pair(struct buf *out, const char *key, const char *value)
{
	if (out->p[out->len - 1] != '{')
		buf_char(out, ',');
	buf_printf(out, "\"%s\":", key);
	json_string(out, str_from(value));
}

static void put_system(struct buf *out)
{
	struct utsname u;

	buf_str(out, STR(",\"system_info\":{"));
	if (uname(&u) == 0) {
		put_pair(out, "machine", u.machine);
		put_pair(out, "nodename", u.nodename);
		put_pair(out, "release", u.release);
		put_pair(out, "sysname", u.sysname);
		put_pair(out, "version", u.version);
	}
	buf_char(out, '}');
}

static void put_command_line(struct buf *out, int argc, char **argv)
{
	struct buf line = { 0 };

	for (int i = 0; i < argc; i++)
		buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
	buf_str(out, STR(",\"cmdline\":"));
	json_string(out, buf_view(&line));
	buf_fini(&line);
}

int print_support(const struct setup *s, int argc, char **argv)
{
	struct buf out = { 0 };

	buf_char(&out, '{');
	put_pair(&out, "version", besra_version());
	put_pair(&out, "engine_version", RULE_ENGINE_VERSION);
	put_system(&out);
	put_command_line(&out, argc, argv);
	buf_str(&out, STR(",\"config\":"));
	if (s->config_path)
		put_file(&out, s->config_path);
	else
		buf_str(&out, STR("null"));
	buf_str(&out, STR(",\"rules_files\":["));
	for (size_t i = 0; i < s->nrule_paths; i++) {
		buf_str(&out, i ? STR(",{") : STR("{"));
		put_pair(&out, "name", s->rule_paths[i]);
		buf_str(&out, STR(",\"content\":"));
		put_file(&out, s->rule_paths[i]);
		buf_char(&out, '}');
	}
	buf_str(&out, STR("]}\n"));
	return finish_with(&out);
}
