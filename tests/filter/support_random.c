/* SPDX-License-Identifier: Apache-2.0 */
#include "support_random.h"

uint32_t random_below(struct random_source *r, uint32_t n)
{
	/* xorshift64* */
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * UINT64_C(2685821657736338717)) >> 33) % n;
}

static const char *pick(struct random_source *r, const char *const *words, size_t n)
{
	return words[random_below(r, (uint32_t)n)];
}

#define PICK(r, words) pick((r), (words), ARRAY_SIZE(words))

/* Fields whose value depends on when somebody asked before are no subject for comparisons. */
static bool is_stateful(enum field_id id)
{
	return id == FIELD_EVT_DELTATIME || id == FIELD_EVT_DELTATIME_S ||
	       id == FIELD_EVT_DELTATIME_NS || id == FIELD_UTIL_CNT;
}

static void random_field(struct random_source *r, struct buf *out)
{
	static const char *const usual[] = { "proc.name",    "fd.name",     "evt.type",
					     "fd.num",       "proc.pid",    "proc.aname",
					     "proc.cmdline", "fd.typechar", "evt.res",
					     "fd.sport",     "fd.ip",       "proc.exepath" };
	static const char *const dots[] = { "fd", "name", "flags", "res", "data", "mode", "tuple" };
	const struct field_info *info;
	enum field_id id;

	if (random_below(r, 3) == 0) {
		buf_str(out, str_from(PICK(r, usual)));
		return;
	}
	do {
		id = (enum field_id)random_below(r, FIELDS);
	} while (is_stateful(id));
	info = field_info(id);
	buf_str(out, str_from(info->name));
	switch (info->arg) {
	case ARG_NONE:
		break;
	case ARG_OPT_INDEX:
	case ARG_OPT_KEY_INDEX:
		if (random_below(r, 2))
			buf_printf(out, "[%u]", random_below(r, 5));
		break;
	case ARG_INDEX:
	case ARG_KEY_INDEX:
		buf_printf(out, "[%u]", random_below(r, 5));
		break;
	case ARG_KEY:
		buf_str(out, STR("[HOME]"));
		break;
	case ARG_DOT:
	case ARG_DOT_INDEX:
		buf_printf(out, ".%s", id == FIELD_EVT_TYPE_IS ? "open" : PICK(r, dots));
		break;
	case ARG_OPT_DOT:
		if (random_below(r, 2))
			buf_str(out, STR(".src"));
		break;
	}
}

static void quoted(struct buf *out, struct str s)
{
	buf_char(out, '"');
	for (size_t i = 0; i < s.len && i < 200; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(out, '\\');
		if (s.p[i])
			buf_char(out, s.p[i]);
	}
	buf_char(out, '"');
}

/* What the field has in some scene, or in the one context, whole or a part of it. */
static bool real_value(struct random_source *r, struct str field, struct buf *out)
{
	const struct field_ctx *ctx = r->ctx;
	struct buf text = { 0 };
	struct field_ref ref;
	struct val v;
	struct str s;
	bool found;

	if (r->scenes)
		ctx = &r->scenes->items[random_below(r, (uint32_t)r->scenes->n)].scene.ctx;
	found = field_parse(field, NULL, &ref) == FIELD_OK && field_get(&ref, ctx, &v);
	if (found) {
		val_print(&text, &v, false);
		s = buf_view(&text);
		if (s.len > 2 && random_below(r, 3) == 0)
			s = str_from_index(s, random_below(r, (uint32_t)s.len));
		if (s.len > 2 && random_below(r, 3) == 0)
			s.len = random_below(r, (uint32_t)s.len) + 1;
		quoted(out, s);
	}
	buf_fini(&text);
	return found;
}

static void random_value(struct random_source *r, struct str field, struct buf *out)
{
	static const char *const words[] = {
		"cat",     "bash",  "systemd", "/etc",     "/usr/bin/cat", "true",        "false",
		"a",       "\"\"",  "open",    "brk",      "file",         "SUCCESS",     "<NA>",
		"f",       "4",     "/",       "10.0.0.5", "::1",          "ca*",         "*",
		"/etc/ld", "c",     "0",       "1",        "10.0.0.0/8",   "3",           "-13",
		"443",     "40",    "30",      "<",        "7f45",         "2001:db8::5", "/u*/bin",
		"x",       "ascii", "5",       "20",       "00ff",
	};

	if (random_below(r, 2) && real_value(r, field, out))
		return;
	buf_str(out, str_from(PICK(r, words)));
}

static void random_list(struct random_source *r, struct str field, struct buf *out)
{
	uint32_t n = random_below(r, 8) ? random_below(r, 7) : random_below(r, 60);

	buf_char(out, '(');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_char(out, ',');
		random_value(r, field, out);
	}
	buf_char(out, ')');
}

static void random_operand(struct random_source *r, struct buf *out, struct str *field)
{
	static const char *const functions[] = { "tolower", "toupper", "basename", "len", "b64" };
	const size_t start = out->len;

	switch (random_below(r, 12)) {
	case 0:
		buf_printf(out, "%s(", PICK(r, functions));
		random_operand(r, out, field);
		buf_char(out, ')');
		*field = str_of(out->p + start, 0);
		break;
	case 1:
		buf_str(out, STR("concat("));
		random_field(r, out);
		buf_str(out, STR(",\"-\",proc.name)"));
		*field = str_of(out->p + start, 0);
		break;
	case 2:
		buf_str(out, STR("join(\"-\",("));
		random_field(r, out);
		buf_str(out, STR(",\"x\",proc.pid))"));
		*field = str_of(out->p + start, 0);
		break;
	default:
		random_field(r, out);
		*field = str_of(out->p + start, out->len - start);
		break;
	}
}

static void random_test(struct random_source *r, struct str field, struct buf *out)
{
	static const char *const value_ops[] = {
		"=",         "==",        "!=",         "glob",        "iglob",    "contains",
		"icontains", "bcontains", "startswith", "bstartswith", "endswith", "regex",
	};
	static const char *const list_ops[] = { "in", "intersects", "pmatch" };
	static const char *const orders[] = { "<", "<=", ">", ">=" };
	static const char *const modifiers[] = { "anyof", "allof", "oneof" };

	switch (random_below(r, 10)) {
	case 0:
		buf_str(out, STR(" exists"));
		break;
	case 1:
	case 2:
		buf_printf(out, " %s %d", PICK(r, orders), (int)random_below(r, 60) - 15);
		break;
	case 3:
	case 4:
		buf_printf(out, " %s ", PICK(r, list_ops));
		random_list(r, field, out);
		break;
	case 5:
		buf_printf(out, " %s %s ", PICK(r, value_ops), PICK(r, modifiers));
		random_list(r, field, out);
		break;
	case 6:
		buf_printf(out, " %s val(", PICK(r, value_ops));
		random_field(r, out);
		buf_char(out, ')');
		break;
	default:
		buf_printf(out, " %s ", PICK(r, value_ops));
		random_value(r, field, out);
		break;
	}
}

/* Checks that do not compile are thrown away, so that long conditions have a chance. */
static void random_check(struct random_source *r, struct buf *out)
{
	for (;;) {
		struct buf text = { 0 };
		struct str field;
		struct compiled c;
		bool good;

		random_operand(r, &text, &field);
		/* the text may move while it grows */
		field = arena_str(r->scenes ? r->scenes->arena : r->ctx->scratch, field);
		random_test(r, field, &text);
		c = compile(buf_view(&text));
		good = c.expr != EXPR_NONE;
		compiled_fini(&c);
		if (good)
			buf_str(out, buf_view(&text));
		buf_fini(&text);
		if (good)
			return;
	}
}

static void random_tree(struct random_source *r, unsigned depth, struct buf *out)
{
	const uint32_t parts = 2 + random_below(r, 3);
	const bool conjunction = random_below(r, 2);

	if (random_below(r, 4) == 0)
		buf_str(out, STR("not "));
	if (depth == 0 || random_below(r, 3) == 0) {
		random_check(r, out);
		return;
	}
	buf_char(out, '(');
	for (uint32_t i = 0; i < parts; i++) {
		if (i)
			buf_str(out, conjunction ? STR(" and ") : STR(" or "));
		random_tree(r, depth - 1, out);
	}
	buf_char(out, ')');
}

void random_condition(struct random_source *r, struct buf *out)
{
	static const unsigned depths[] = { 0, 0, 1, 1, 2, 3 };

	random_tree(r, depths[random_below(r, ARRAY_SIZE(depths))], out);
}
