/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <ctype.h>
#include <stdlib.h>

struct yaml_node *tree_map(struct arena *a, struct span at)
{
	struct yaml_node *n = ARENA_NEW(a, struct yaml_node);

	n->kind = YAML_MAP;
	n->span = at;
	return n;
}

struct yaml_node *tree_text(struct arena *a, struct str value, struct span at)
{
	struct yaml_node *n = ARENA_NEW(a, struct yaml_node);
	struct source_run *run = ARENA_NEW(a, struct source_run);

	*run = (struct source_run){ .from = at, .verbatim = true };
	n->kind = YAML_SCALAR;
	n->span = at;
	n->value = (struct source_text){ .text = value, .runs = run, .nruns = 1 };
	n->plain = true;
	return n;
}

/* New entries hold nothing (null) until somebody says more. */
static struct yaml_node **map_slot(const struct yaml_node *map, struct str key)
{
	for (size_t i = 0; i < map->n; i++)
		if (str_eq(map->pairs[i].key->value.text, key))
			return &map->pairs[i].value;
	return NULL;
}

static struct yaml_node **map_add(struct arena *a, struct yaml_node *map, struct str key,
				  struct span at)
{
	struct yaml_pair *grown = arena_array(a, map->n + 1, sizeof(*grown));

	if (map->n)
		memcpy(grown, map->pairs, map->n * sizeof(*grown));
	grown[map->n].key = tree_text(a, arena_str(a, key), at);
	grown[map->n].value = tree_text(a, STR(""), at);
	map->pairs = grown;
	return &map->pairs[map->n++].value;
}

static struct yaml_node **list_add(struct arena *a, struct yaml_node *list, struct span at)
{
	struct yaml_node **grown = arena_array(a, list->n + 1, sizeof(struct yaml_node *));

	if (list->n)
		memcpy(grown, list->items, list->n * sizeof(struct yaml_node *));
	grown[list->n] = tree_text(a, STR(""), at);
	list->items = grown;
	return &list->items[list->n++];
}

/* A slot whose value is not of the kind the path asks for is overwritten by an empty one. */
static struct yaml_node *become(struct arena *a, struct yaml_node **slot, enum yaml_kind kind,
				struct span at)
{
	if (!*slot || (*slot)->kind != kind) {
		*slot = ARENA_NEW(a, struct yaml_node);
		(*slot)->kind = kind;
		(*slot)->span = at;
	}
	return *slot;
}

/*
 * One step of a path.
 *
 *	path = name { "." name | "[" [ digits ] "]" }
 *	name = one or more characters; \ takes the next one literally
 */
struct step {
	enum { STEP_END, STEP_NAME, STEP_INDEX, STEP_APPEND, STEP_WRONG } kind;
	struct str name;
	size_t index;
	const char *why;
};

static struct step wrong(const char *why)
{
	return (struct step){ .kind = STEP_WRONG, .why = why };
}

static struct step index_step(struct str path, size_t *at)
{
	size_t close = *at + 1, n = 0;

	while (close < path.len && isdigit((unsigned char)path.p[close])) {
		n = n * 10 + (size_t)(path.p[close] - '0');
		if (n > CONFIG_INDEX_MAX)
			return wrong("the index is too large");
		close++;
	}
	if (close >= path.len || path.p[close] != ']')
		return wrong("'[' must be followed by digits and ']', or by ']' alone");
	if (close == *at + 1) {
		*at = close + 1;
		return (struct step){ .kind = STEP_APPEND };
	}
	*at = close + 1;
	return (struct step){ .kind = STEP_INDEX, .index = n };
}

static struct step name_step(struct arena *a, struct str path, size_t *at)
{
	char *name = arena_bytes(a, path.len + 1);
	size_t len = 0;

	for (; *at < path.len && path.p[*at] != '.' && path.p[*at] != '['; (*at)++) {
		if (path.p[*at] == '\\') {
			if (*at + 1 == path.len)
				return wrong("a backslash at the end");
			(*at)++;
		}
		name[len++] = path.p[*at];
	}
	name[len] = '\0';
	if (!len)
		return wrong("a key is empty");
	return (struct step){ .kind = STEP_NAME, .name = str_of(name, len) };
}

static struct step next_step(struct arena *a, struct str path, size_t *at)
{
	if (*at >= path.len)
		return (struct step){ .kind = STEP_END };
	if (path.p[*at] == '[') {
		if (*at == 0)
			return wrong("a path starts with a key");
		return index_step(path, at);
	}
	if (*at > 0) {
		if (path.p[*at] != '.')
			return wrong("']' must be followed by '.', '[' or '='");
		(*at)++;
	}
	return name_step(a, path, at);
}

bool tree_set(struct arena *a, struct yaml_node *root, struct str path, struct yaml_node *value,
	      const char **why)
{
	struct yaml_node *holder = root, **slot = &holder, *n;
	size_t at = 0;

	for (;;) {
		struct step s = next_step(a, path, &at);

		switch (s.kind) {
		case STEP_WRONG:
			*why = s.why;
			return false;
		case STEP_END:
			if (slot == &holder) {
				*why = "a key is empty";
				return false;
			}
			*slot = value;
			return true;
		case STEP_NAME:
			n = become(a, slot, YAML_MAP, value->span);
			slot = map_slot(n, s.name);
			if (!slot)
				slot = map_add(a, n, s.name, value->span);
			break;
		case STEP_APPEND:
			slot = list_add(a, become(a, slot, YAML_SEQUENCE, value->span),
					value->span);
			break;
		case STEP_INDEX:
			n = become(a, slot, YAML_SEQUENCE, value->span);
			if (s.index > n->n) {
				*why = "the index is beyond the end of the list";
				return false;
			}
			slot = s.index == n->n ? list_add(a, n, value->span) : &n->items[s.index];
			break;
		}
	}
}

static void append_items(struct arena *a, struct yaml_node *into, const struct yaml_node *from)
{
	for (size_t i = 0; i < from->n; i++)
		*list_add(a, into, from->span) = from->items[i];
}

void tree_merge(struct arena *a, struct yaml_node *into, const struct yaml_node *from,
		enum merge_strategy how)
{
	for (size_t i = 0; i < from->n; i++) {
		struct yaml_pair *p = &from->pairs[i];
		struct yaml_node **slot;

		/* The first of two equal keys counts. */
		if (p->key->kind != YAML_SCALAR || map_slot(from, p->key->value.text) != &p->value)
			continue;
		slot = map_slot(into, p->key->value.text);
		if (!slot) {
			slot = map_add(a, into, p->key->value.text, p->key->span);
			*slot = p->value;
		} else if (how == MERGE_OVERRIDE ||
			   (how == MERGE_APPEND && p->value->kind != YAML_SEQUENCE)) {
			*slot = p->value;
		} else if (how == MERGE_APPEND) {
			append_items(a, become(a, slot, YAML_SEQUENCE, p->value->span), p->value);
		}
	}
}

static void put_variable(struct buf *out, struct str name)
{
	char text[256];
	const char *value;

	if (name.len >= sizeof(text))
		return;
	memcpy(text, name.p, name.len);
	text[name.len] = '\0';
	value = getenv(text);
	if (value)
		buf_str(out, str_from(value));
}

static struct str expanded(struct arena *a, struct str s)
{
	struct buf out = { .max = CONFIG_VALUE_MAX };
	struct str result;

	for (size_t i = 0; i < s.len; i++) {
		struct str rest = str_from_index(s, i);
		size_t close;

		if (str_starts_with(rest, STR("$${"))) {
			buf_str(&out, STR("${"));
			i += 2;
			continue;
		}
		close = str_chr(rest, '}');
		if (!str_starts_with(rest, STR("${")) || close == rest.len) {
			buf_char(&out, s.p[i]);
			continue;
		}
		put_variable(&out, str_of(rest.p + 2, close - 2));
		i += close;
	}
	result = arena_str(a, buf_view(&out));
	buf_fini(&out);
	return result;
}

void tree_expand(struct arena *a, struct yaml_node *n)
{
	if (!n)
		return;
	switch (n->kind) {
	case YAML_SCALAR:
		if (str_contains(n->value.text, STR("${")))
			n->value.text = expanded(a, n->value.text);
		break;
	case YAML_SEQUENCE:
		for (size_t i = 0; i < n->n; i++)
			tree_expand(a, n->items[i]);
		break;
	case YAML_MAP:
		for (size_t i = 0; i < n->n; i++)
			tree_expand(a, n->pairs[i].value);
		break;
	}
}
