/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

/*
 * The field whose name begins `text`: in the first class that has one, the longest. Rows of one
 * class stand together. FIELDS when there is none.
 */
static enum field_id longest_name(struct str text)
{
	enum field_id best = FIELDS;

	for (enum field_id id = 0; id < FIELDS; id++) {
		const struct field_row *row = &field_rows[id];
		size_t len = row->name_len;

		if (text.len < len || text.p[len - 1] != row->info.name[len - 1] ||
		    memcmp(text.p, row->info.name, len) != 0)
			continue;
		if (best != FIELDS && strcmp(field_rows[best].info.class, row->info.class) != 0)
			break;
		if (best == FIELDS || len > field_rows[best].name_len)
			best = id;
	}
	return best;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n';
}

/*
 * '[' ( STRING | ARGTEXT ) ']' as the whole of `rest`; *key is what stands between, without
 * quotes.
 */
static enum field_error bracketed(struct str rest, struct str *key)
{
	struct str inner;

	if (rest.p[0] != '[')
		return FIELD_UNKNOWN;
	if (rest.len < 3 || rest.p[rest.len - 1] != ']')
		return FIELD_BAD_ARGUMENT;
	inner = str_of(rest.p + 1, rest.len - 2);
	if (is_quote(inner.p[0])) {
		if (inner.len < 2 || inner.p[inner.len - 1] != inner.p[0])
			return FIELD_BAD_ARGUMENT;
		*key = str_of(inner.p + 1, inner.len - 2);
		return str_chr(*key, inner.p[0]) == key->len ? FIELD_OK : FIELD_BAD_ARGUMENT;
	}
	for (size_t i = 0; i < inner.len; i++)
		if (is_blank(inner.p[i]) || is_quote(inner.p[i]) || inner.p[i] == '[' ||
		    inner.p[i] == ']')
			return FIELD_BAD_ARGUMENT;
	*key = inner;
	return FIELD_OK;
}

/* Digits with an optional sign, modulo 2^32: "-1" and "99999999999" are indices of nothing. */
static bool parse_index(struct str text, uint32_t *out)
{
	bool negative = text.len > 1 && text.p[0] == '-';
	size_t at = negative || (text.len > 1 && text.p[0] == '+') ? 1 : 0;
	uint32_t n = 0;

	if (!text.len)
		return false;
	for (; at < text.len; at++) {
		if (text.p[at] < '0' || text.p[at] > '9')
			return false;
		n = n * 10 + (uint32_t)(text.p[at] - '0');
	}
	*out = negative ? -n : n;
	return true;
}

static bool is_container_field(const struct field_ref *ref)
{
	return strcmp(field_rows[ref->id].info.class, "container") == 0;
}

/*
 * The argument in brackets. Container fields read theirs more strictly: no blank even in quotes,
 * and an index has neither sign nor leading zero.
 */
static enum field_error parse_bracketed(struct str rest, bool index, bool key,
					struct field_ref *ref)
{
	bool container = is_container_field(ref);
	enum field_error error = bracketed(rest, &ref->key);
	struct str text = ref->key;

	if (error)
		return error;
	if (container && str_chr(text, ' ') != text.len)
		return FIELD_BAD_ARGUMENT;
	if (index && parse_index(text, &ref->index) &&
	    !(container && ((text.p[0] == '0' && text.len > 1) || text.p[0] < '0')))
		ref->has_index = true;
	else if (key)
		ref->has_key = true;
	else
		return FIELD_BAD_ARGUMENT;
	return FIELD_OK;
}

/* The first parameter of that name in the whole event table. */
static const struct param_info *param_named(struct str name)
{
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		const struct event_info *info = event_info(type);

		for (unsigned i = 0; i < info->nparams; i++)
			if (str_eq(info->params[i].name, name))
				return &info->params[i];
	}
	return NULL;
}

/* evt.type.is.NAME: the pair that has the name first, so an old version; or a number. */
static enum field_error parse_event_type(struct str name, struct field_ref *ref)
{
	if (parse_index(name, &ref->index)) {
		ref->has_index = true;
		return FIELD_OK;
	}
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		const struct event_info *info = event_info(type);

		if (info->exists && str_eq(info->name, name)) {
			ref->index = type & ~1u;
			return FIELD_OK;
		}
	}
	return FIELD_BAD_ARGUMENT;
}

static enum field_error parse_static(struct str key, const struct static_fields *statics,
				     struct field_ref *ref)
{
	for (size_t i = 0; statics && i < statics->n; i++)
		if (str_eq(statics->keys[i], key)) {
			ref->index = (uint32_t)i;
			return FIELD_OK;
		}
	return FIELD_UNKNOWN;
}

static enum field_error parse_subsystem(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'))
			return FIELD_BAD_ARGUMENT;
	}
	return FIELD_OK;
}

static enum field_error parse_param_name(struct str name, struct field_ref *ref)
{
	const struct param_info *param = param_named(name);

	if (!param)
		return FIELD_BAD_ARGUMENT;
	if (ref->id == FIELD_EVT_RAWARG)
		ref->type = param->type;
	return FIELD_OK;
}

/* '.' key as the whole of `rest`. What a key may be depends on the field. */
static enum field_error parse_dotted(struct str rest, const struct static_fields *statics,
				     struct field_ref *ref)
{
	if (rest.p[0] != '.')
		return rest.p[0] == '[' ? FIELD_BAD_ARGUMENT : FIELD_UNKNOWN;
	if (rest.len == 1)
		return FIELD_NEEDS_ARGUMENT;
	ref->key = str_of(rest.p + 1, rest.len - 1);
	ref->has_key = true;
	switch ((int)ref->id) {
	case FIELD_EVT_TYPE_IS:
		return parse_event_type(ref->key, ref);
	case FIELD_STATIC:
		return parse_static(ref->key, statics, ref);
	case FIELD_THREAD_CGROUP:
		return parse_subsystem(ref->key);
	default:
		return parse_param_name(ref->key, ref);
	}
}

static enum field_error parse_end(struct str rest, struct field_ref *ref)
{
	if (str_eq(rest, STR(".src")))
		ref->index = PATH_SOURCE;
	else if (str_eq(rest, STR(".dst")))
		ref->index = PATH_TARGET;
	else
		return FIELD_BAD_ARGUMENT;
	return FIELD_OK;
}

static enum field_error parse_argument(struct str rest, const struct static_fields *statics,
				       struct field_ref *ref)
{
	enum field_arg arg = field_rows[ref->id].info.arg;

	switch (arg) {
	case ARG_NONE:
		if (!rest.len)
			return FIELD_OK;
		return rest.p[0] == '[' ? FIELD_BAD_ARGUMENT : FIELD_UNKNOWN;
	case ARG_OPT_INDEX:
		return rest.len ? parse_bracketed(rest, true, false, ref) : FIELD_OK;
	case ARG_OPT_KEY_INDEX:
		return rest.len ? parse_bracketed(rest, true, true, ref) : FIELD_OK;
	case ARG_OPT_DOT:
		return rest.len ? parse_end(rest, ref) : FIELD_OK;
	case ARG_INDEX:
	case ARG_KEY:
	case ARG_KEY_INDEX:
		if (!rest.len)
			return FIELD_NEEDS_ARGUMENT;
		return parse_bracketed(rest, arg != ARG_KEY, arg != ARG_INDEX, ref);
	case ARG_DOT:
	case ARG_DOT_INDEX:
		if (!rest.len)
			return FIELD_NEEDS_ARGUMENT;
		if (arg == ARG_DOT_INDEX && rest.p[0] == '[')
			return parse_bracketed(rest, true, false, ref);
		return parse_dotted(rest, statics, ref);
	}
	return FIELD_UNKNOWN;
}

enum field_error field_parse(struct str text, const struct static_fields *statics,
			     struct field_ref *out)
{
	struct field_ref ref = { .id = longest_name(text), .text = text };
	enum field_error error;

	if (ref.id == FIELDS)
		return FIELD_UNKNOWN;
	ref.type = field_rows[ref.id].info.type;
	error = parse_argument(str_from_index(text, field_rows[ref.id].name_len), statics, &ref);
	if (!error)
		*out = ref;
	return error;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* The end of the argument in brackets that begins at `at`; `at` itself when there is none. */
static size_t argument_end(struct str text, size_t at)
{
	char quote = 0;

	if (at >= text.len || text.p[at] != '[')
		return at;
	for (size_t i = at + 1; i < text.len; i++) {
		char c = text.p[i];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (is_quote(c) && i == at + 1)
			quote = c;
		else if (c == ']')
			return i + 1;
	}
	return at;
}

/* Keys of static fields are any text: the longest one that follows wins. */
static size_t static_prefix(struct str text, const struct static_fields *statics,
			    struct field_ref *out)
{
	static const struct str head = { "static.", 7 };
	size_t best = 0;

	if (!statics || !str_starts_with(text, head))
		return 0;
	for (size_t i = 0; i < statics->n; i++)
		if (statics->keys[i].len >= best &&
		    str_starts_with(str_from_index(text, head.len), statics->keys[i]))
			best = statics->keys[i].len;
	if (!best || field_parse(str_of(text.p, head.len + best), statics, out) != FIELD_OK)
		return 0;
	return head.len + best;
}

size_t field_parse_prefix(struct str text, const struct static_fields *statics,
			  struct field_ref *out)
{
	size_t name = static_prefix(text, statics, out), with_argument;

	if (name)
		return name;
	while (name < text.len && is_name_char(text.p[name]))
		name++;
	with_argument = argument_end(text, name);
	if (with_argument > name &&
	    field_parse(str_of(text.p, with_argument), statics, out) == FIELD_OK)
		return with_argument;
	for (; name; name--)
		if (field_parse(str_of(text.p, name), statics, out) == FIELD_OK)
			return name;
	return 0;
}

static size_t common_prefix(struct str a, struct str b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.p[n] == b.p[n])
		n++;
	return n;
}

struct str field_nearest(struct str name)
{
	struct str base = str_of(name.p, str_chr(name, '['));
	unsigned allowed = 1 + (unsigned)base.len / 5, least = allowed + 1;
	struct str best = { "", 0 };

	for (enum field_id id = 0; id < FIELDS; id++) {
		const struct field_row *row = &field_rows[id];
		struct str known = str_of(row->info.name, row->name_len);
		unsigned distance;

		if (row->info.flags & FIELD_TABLE_ONLY || known.len > base.len + allowed ||
		    base.len > known.len + allowed)
			continue;
		distance = str_distance(base, known);
		if (distance < least || (best.len && distance == least &&
					 common_prefix(base, known) > common_prefix(base, best))) {
			least = distance;
			best = known;
		}
	}
	return best;
}
