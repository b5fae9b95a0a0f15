/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* --rule-schema: the keys are the rule module's table, the shapes of their values stand here. */

enum key {
#define RULE_KEY(id, name, kinds, overrides) KEY_##id,
#include "tables/rule_keys.def"
#undef RULE_KEY
	KEYS
};

/* The operations of `override`, whatever kind of item they are for. */
enum {
	NO = 0,
	APPEND_LIST = 1,
	APPEND_MACRO = 1,
	APPEND_RULE = 1,
	REPLACE_LIST = 2,
	REPLACE_MACRO = 2,
	REPLACE_RULE = 2,
};

static const struct {
	const char *name;
	int overrides;
} keys[KEYS] = {
#define RULE_KEY(id, name, kinds, overrides) [KEY_##id] = { name, overrides },
#include "tables/rule_keys.def"
#undef RULE_KEY
};

#define TEXT     "{\"type\":\"string\"}"
#define SWITCH   "{\"type\":\"boolean\"}"
#define NUMBER   "{\"type\":\"integer\"}"
#define SCALARS  "{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"integer\"]}}"
#define VERSIONS "\"name\":" TEXT ",\"version\":" TEXT

/* priority and override are made from other tables. */
static const char *const shapes[KEYS] = {
	[KEY_REQUIRED_ENGINE_VERSION] = TEXT,
	[KEY_REQUIRED_PLUGIN_VERSIONS] =
		"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":false,"
		"\"properties\":{" VERSIONS ",\"alternatives\":{\"type\":\"array\",\"items\":"
		"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" VERSIONS
		"}}}},"
		"\"required\":[\"name\",\"version\"]}}",
	[KEY_LIST] = TEXT,
	[KEY_ITEMS] = SCALARS,
	[KEY_MACRO] = TEXT,
	[KEY_RULE] = TEXT,
	[KEY_CONDITION] = TEXT,
	[KEY_DESC] = TEXT,
	[KEY_OUTPUT] = TEXT,
	[KEY_SOURCE] = TEXT,
	[KEY_ENABLED] = SWITCH,
	[KEY_TAGS] = SCALARS,
	[KEY_EXCEPTIONS] =
		"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":false,"
		"\"properties\":{\"name\":" TEXT ",\"fields\":{},\"comps\":{},\"values\":{}},"
		"\"required\":[\"name\"]}}",
	[KEY_WARN_EVTTYPES] = SWITCH,
	[KEY_SKIP_IF_UNKNOWN_FILTER] = SWITCH,
	[KEY_CAPTURE] = SWITCH,
	[KEY_CAPTURE_DURATION] = NUMBER,
	[KEY_APPEND] = SWITCH,
};

static void put_priorities(struct buf *out)
{
	buf_str(out, STR("{\"enum\":["));
	for (int p = PRIORITY_EMERGENCY; p <= PRIORITY_DEBUG; p++) {
		if (p)
			buf_char(out, ',');
		buf_char(out, '"');
		for (const char *c = priority_name((enum priority)p); *c; c++)
			buf_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
		buf_char(out, '"');
	}
	buf_str(out, STR(",\"INFO\"]}"));
}

static void put_overrides(struct buf *out)
{
	bool first = true;

	buf_str(out, STR("{\"type\":\"object\",\"additionalProperties\":false,\"minProperties\":1,"
			 "\"properties\":{"));
	for (size_t i = 0; i < KEYS; i++) {
		if (!keys[i].overrides)
			continue;
		buf_printf(out, "%s\"%s\":{\"enum\":[%s%s%s]}", first ? "" : ",", keys[i].name,
			   keys[i].overrides & APPEND_RULE ? "\"append\"" : "",
			   keys[i].overrides == (APPEND_RULE | REPLACE_RULE) ? "," : "",
			   keys[i].overrides & REPLACE_RULE ? "\"replace\"" : "");
		first = false;
	}
	buf_str(out, STR("}}"));
}

int print_rule_schema(void)
{
	struct buf out = { 0 };

	buf_str(&out, STR("{\"$schema\":\"http://json-schema.org/draft-06/schema#\","
			  "\"title\":\"rules file\",\"type\":\"array\",\"items\":{"
			  "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"));
	for (size_t i = 0; i < KEYS; i++) {
		buf_printf(&out, "%s\"%s\":", i ? "," : "", keys[i].name);
		if (i == KEY_PRIORITY)
			put_priorities(&out);
		else if (i == KEY_OVERRIDE)
			put_overrides(&out);
		else
			buf_str(&out, str_from(shapes[i]));
	}
	buf_str(&out, STR("}}}\n"));
	return finish_with(&out);
}
