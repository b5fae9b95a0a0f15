/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdio.h>

#define NONE
#define CHOICES(text)    .choices = text,
#define RANGE(low, high) .min = (low), .max = (high),

const struct option_info option_table[OPTIONS] = {
#define OPTION(member, name, kind, value, detail, text)                                            \
	[OPTION_##member] = { .key = name,                                                         \
			      .type = TYPED_##kind,                                                \
			      .preset = value,                                                     \
			      detail.offset = offsetof(struct config, member),                     \
			      .help = text },
#define ACCEPTED(key, when, why)
#include "tables/options.def"
#undef OPTION
#undef ACCEPTED
};

const struct accepted_info accepted_table[] = {
#define OPTION(member, name, kind, value, detail, text)
#define ACCEPTED(name, value, text) { .key = name, .when = WHEN_##value, .why = text },
#include "tables/options.def"
#undef OPTION
#undef ACCEPTED
};

const size_t accepted_count = ARRAY_SIZE(accepted_table);

const char *option_key(enum option_id id)
{
	return option_table[id].key;
}

static const struct {
	const char *word;   /* for config_help */
	const char *schema; /* the type in a JSON schema */
} type_words[] = {
	[TYPED_BOOL] = { "boolean", "\"type\":\"boolean\"" },
	[TYPED_INT] = { "integer", "\"type\":\"integer\"" },
	[TYPED_NUMBER] = { "number", "\"type\":\"number\"" },
	[TYPED_TEXT] = { "text", "\"type\":\"string\"" },
	[TYPED_CHOICE] = { "text", "\"type\":\"string\"" },
	[TYPED_LIST] = { "list",
			 "\"type\":[\"array\",\"string\"],\"items\":{\"type\":\"string\"}" },
	[TYPED_SELECTORS] = { "list", "\"type\":\"array\",\"items\":{\"type\":\"object\"}" },
	[TYPED_APPENDS] = { "list", "\"type\":\"array\",\"items\":{\"type\":\"object\"}" },
	[TYPED_PAIRS] = { "map", "\"type\":\"object\"" },
	[TYPED_FILES] = { "list", "\"type\":[\"array\",\"string\"]" },
};

void config_help(struct buf *out)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option_info *o = &option_table[i];

		buf_printf(out, "%s (%s", o->key, type_words[o->type].word);
		if (o->choices)
			buf_printf(out, ": %s", o->choices);
		if (o->preset[0])
			buf_printf(out, "; default %s", o->preset);
		buf_printf(out, ")\n    %s\n", o->help);
	}
}

/* A JSON string; the table's texts are ASCII without control characters. */
static void put_quoted(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_char(out, '\\');
		buf_char(out, *text);
	}
	buf_char(out, '"');
}

static void put_choices(struct buf *out, struct str words)
{
	buf_str(out, STR(",\"enum\":["));
	for (bool first = true; words.len; first = false) {
		size_t n = str_chr(words, ' ');

		buf_printf(out, "%s\"%.*s\"", first ? "" : ",", (int)n, words.p);
		words = str_from_index(words, n + 1);
	}
	buf_char(out, ']');
}

static void put_option(struct buf *out, const struct option_info *o)
{
	buf_printf(out, "{%s,\"description\":", type_words[o->type].schema);
	put_quoted(out, o->help);
	if (o->choices)
		put_choices(out, str_from(o->choices));
	if (o->type == TYPED_INT || o->type == TYPED_NUMBER)
		buf_printf(out, ",\"minimum\":%lld,\"maximum\":%lld", (long long)o->min,
			   (long long)o->max);
	buf_char(out, '}');
}

/* Every key of both tables, as one list: what a schema is made of. */
static const char *row_key(size_t i)
{
	return i < OPTIONS ? option_table[i].key : accepted_table[i - OPTIONS].key;
}

static bool row_seen(size_t row, size_t len)
{
	for (size_t i = 0; i < row; i++)
		if (strncmp(row_key(i), row_key(row), len) == 0 &&
		    (row_key(i)[len] == '.' || !row_key(i)[len]))
			return true;
	return false;
}

/* The properties below `prefix` ("" or ending in '.'), each name once, in the table's order. */
static void put_properties(struct buf *out, const char *prefix)
{
	size_t skip = strlen(prefix);
	bool first = true;

	buf_str(out, STR("\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"));
	for (size_t i = 0; i < OPTIONS + accepted_count; i++) {
		const char *name = row_key(i) + skip;
		size_t len;

		if (strncmp(row_key(i), prefix, skip) != 0)
			continue;
		len = strcspn(name, ".");
		if (row_seen(i, skip + len))
			continue;
		buf_printf(out, "%s\"%.*s\":", first ? "" : ",", (int)len, name);
		first = false;
		if (name[len] == '.') {
			char below[64];

			snprintf(below, sizeof(below), "%.*s.", (int)(skip + len), row_key(i));
			buf_char(out, '{');
			put_properties(out, below);
			buf_char(out, '}');
		} else if (i < OPTIONS) {
			put_option(out, &option_table[i]);
		} else {
			buf_str(out, STR("{\"description\":"));
			put_quoted(out, accepted_table[i - OPTIONS].why);
			buf_char(out, '}');
		}
	}
	buf_char(out, '}');
}

void config_schema(struct buf *out)
{
	buf_str(out, STR("{\"$schema\":\"http://json-schema.org/draft-06/schema#\","));
	buf_str(out, STR("\"title\":\"besra configuration\","));
	put_properties(out, "");
	buf_str(out, STR("}\n"));
}
