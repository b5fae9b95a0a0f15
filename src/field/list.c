/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "base/buf.h"
#include "internal.h"

/* Column at which descriptions begin, and the one they do not pass. */
#define LIST_INDENT 34
#define LIST_WIDTH  110

static const struct field_class {
	const char *name, *help;
} classes[] = {
#define FIELD_CLASS(name, help) { (name), (help) },
#include "tables/field_classes.def"
#undef FIELD_CLASS
};

static bool is_listed(const struct field_info *info)
{
	return !(info->flags & (FIELD_TABLE_ONLY | FIELD_PRINT_ONLY));
}

/* How the argument is written, as shown behind the name. */
static const char *argument_form(enum field_arg arg)
{
	static const char *const forms[] = {
		[ARG_NONE] = "",
		[ARG_OPT_INDEX] = "[<n>], the index is optional",
		[ARG_OPT_KEY_INDEX] = "[<n>] or [<key>], optional",
		[ARG_INDEX] = "[<n>]",
		[ARG_KEY] = "[<key>]",
		[ARG_KEY_INDEX] = "[<n>] or [<key>]",
		[ARG_DOT] = ".<name>",
		[ARG_DOT_INDEX] = ".<name> or [<n>]",
		[ARG_OPT_DOT] = ".src or .dst, optional",
	};

	return forms[arg];
}

static void pad(struct buf *out, size_t from, size_t to)
{
	for (; from < to; from++)
		buf_char(out, ' ');
}

/* Words of `text` from column `at` on, wrapped at LIST_WIDTH, continued at LIST_INDENT. */
static size_t wrap(struct buf *out, size_t at, struct str text)
{
	while (text.len) {
		size_t len = str_chr(text, ' ');

		if (at + len > LIST_WIDTH && at > LIST_INDENT) {
			out->len--; /* the blank behind the last word */
			buf_char(out, '\n');
			pad(out, 0, LIST_INDENT);
			at = LIST_INDENT;
		}
		buf_str(out, str_of(text.p, len));
		buf_char(out, ' ');
		at += len + 1;
		text = str_from_index(text, len + 1);
	}
	return at;
}

static void text_field(struct buf *out, const struct field_info *info)
{
	size_t name_len = strlen(info->name), at = LIST_INDENT;
	static const struct {
		enum field_flag flag;
		struct str note;
	} notes[] = {
		{ FIELD_FILTER_ONLY, { "(conditions only)", 17 } },
		{ FIELD_DEPRECATED, { "(deprecated)", 12 } },
	};

	buf_str(out, str_from(info->name));
	if (name_len >= LIST_INDENT) {
		buf_char(out, '\n');
		name_len = 0;
	}
	pad(out, name_len, LIST_INDENT);
	at = wrap(out, at, STR("(Type:"));
	if (info->flags & FIELD_LIST)
		at = wrap(out, at, STR("LIST of"));
	buf_str(out, str_from(type_name(info->type)));
	at = wrap(out, at + strlen(type_name(info->type)), STR(")"));
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		if (info->flags & notes[i].flag)
			at = wrap(out, at, notes[i].note);
	at = wrap(out, at, str_from(info->help));
	if (info->arg != ARG_NONE) {
		at = wrap(out, at, STR("(argument:"));
		wrap(out, at, str_from(argument_form(info->arg)));
		out->len--;
		buf_str(out, STR(") "));
	}
	out->len--;
	buf_char(out, '\n');
}

static void heading_line(struct buf *out, const char *what, struct str text)
{
	buf_str(out, str_from(what));
	pad(out, strlen(what), LIST_INDENT);
	wrap(out, LIST_INDENT, text);
	out->len--;
	buf_char(out, '\n');
}

static void text_heading(struct buf *out, const struct field_class *class)
{
	buf_str(out, STR("----------------------\n\n"));
	heading_line(out, "Field Class:", str_from(class->name));
	heading_line(out, "Description:", str_from(class->help));
	heading_line(out, "Event Sources:", STR("syscall"));
	buf_char(out, '\n');
}

static void markdown_heading(struct buf *out, const struct field_class *class)
{
	buf_printf(out, "## Field Class: %s\n\n%s\n\nEvent Sources: syscall\n\n", class->name,
		   class->help);
	buf_str(out, STR("Name | Type | Description\n:----|:-----|:-----------\n"));
}

static void markdown_field(struct buf *out, const struct field_info *info)
{
	buf_printf(out, "`%s` | %s%s | %s", info->name, info->flags & FIELD_LIST ? "LIST of " : "",
		   type_name(info->type), info->help);
	if (info->arg != ARG_NONE)
		buf_printf(out, " (argument: `%s`)", argument_form(info->arg));
	buf_char(out, '\n');
}

/* The table's texts hold no character but these two that a JSON string must escape. */
static void json_text(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_char(out, '\\');
		buf_char(out, *text);
	}
	buf_char(out, '"');
}

static void json_member(struct buf *out, const char *key, const char *text)
{
	json_text(out, key);
	buf_char(out, ':');
	json_text(out, text);
}

static void json_heading(struct buf *out, const struct field_class *class)
{
	buf_char(out, '{');
	json_member(out, "name", class->name);
	buf_char(out, ',');
	json_member(out, "desc", class->help);
	buf_str(out, STR(",\"event_sources\":[\"syscall\"],\"fields\":["));
}

static void json_field(struct buf *out, const struct field_info *info)
{
	buf_char(out, '{');
	json_member(out, "name", info->name);
	buf_char(out, ',');
	json_member(out, "type", type_name(info->type));
	buf_str(out, info->flags & FIELD_LIST ? STR(",\"list\":true,") : STR(",\"list\":false,"));
	json_member(out, "argument", argument_form(info->arg));
	buf_str(out, info->flags & FIELD_FILTER_ONLY ? STR(",\"output\":false,")
						     : STR(",\"output\":true,"));
	json_member(out, "desc", info->help);
	buf_char(out, '}');
}

static void list_field(struct buf *out, const struct field_info *info, enum list_format format,
		       bool first)
{
	switch (format) {
	case LIST_TEXT:
		text_field(out, info);
		break;
	case LIST_MARKDOWN:
		markdown_field(out, info);
		break;
	case LIST_JSON:
		if (!first)
			buf_char(out, ',');
		json_field(out, info);
		break;
	case LIST_NAMES:
		buf_str(out, str_from(info->name));
		buf_char(out, '\n');
		break;
	}
}

static void list_heading(struct buf *out, const struct field_class *class, enum list_format format)
{
	switch (format) {
	case LIST_TEXT:
		text_heading(out, class);
		break;
	case LIST_MARKDOWN:
		markdown_heading(out, class);
		break;
	case LIST_JSON:
		json_heading(out, class);
		break;
	case LIST_NAMES:
		break;
	}
}

static void list_class(struct buf *out, const struct field_class *class, enum list_format format,
		       bool first_class)
{
	bool first = true;

	for (enum field_id id = 0; id < FIELDS; id++) {
		const struct field_info *info = &field_rows[id].info;

		if (!is_listed(info) || strcmp(info->class, class->name) != 0)
			continue;
		if (first) {
			if (format == LIST_JSON && !first_class)
				buf_char(out, ',');
			list_heading(out, class, format);
		}
		list_field(out, info, format, first);
		first = false;
	}
	if (first || format == LIST_NAMES)
		return;
	buf_str(out, format == LIST_JSON ? STR("]}") : STR("\n"));
}

void field_list(struct buf *out, const char *source, enum list_format format)
{
	bool listed = !source || !*source || strcmp(source, "syscall") == 0;

	if (format == LIST_JSON)
		buf_str(out, STR("{\"fieldclasses\":["));
	for (size_t i = 0; listed && i < ARRAY_SIZE(classes); i++)
		list_class(out, &classes[i], format, i == 0);
	if (format == LIST_JSON)
		buf_str(out, STR("]}\n"));
}
