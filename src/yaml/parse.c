/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/err.h"
#include "base/map.h"

#include <errno.h>

/* A collection that has begun and not yet ended. */
struct open_node {
	struct yaml_node *node;
	struct yaml_node *key; /* of a map: read, its value not yet */
	VEC(struct yaml_node *) items;
	VEC(struct yaml_pair) pairs;
	size_t expanded; /* nodes below, every alias followed */
	struct str anchor;
};

struct anchor {
	struct yaml_node *node; /* NULL until the node is complete */
	size_t expanded;
};

struct builder {
	struct arena *arena;
	struct document *doc;
	struct diags *d;
	struct strmap anchors;
	struct open_node open[YAML_DEPTH_MAX];
	size_t depth;
	size_t nodes;
	struct yaml_node *nothing; /* the node before, when it has no text at all */
	struct yaml_node *root;
	VEC(struct yaml_node *) roots;
};

/* One-character span at a mark, or an empty one at the end of the file. */
static struct span span_at(const struct builder *b, size_t start, size_t end)
{
	size_t len = b->doc->text.len;

	if (start > len)
		start = len;
	if (end < start || end > len)
		end = len;
	return (struct span){ b->doc, (uint32_t)start, (uint32_t)end };
}

static bool refuse(struct builder *b, const yaml_event_t *ev, const char *why)
{
	diag_add(b->d, LOAD_ERR_YAML_PARSE, span_at(b, ev->start_mark.index, ev->end_mark.index),
		 "%s", why);
	return false;
}

/* Hands a complete node to whatever it stands in. */
static bool attach(struct builder *b, const yaml_event_t *ev, struct yaml_node *node,
		   size_t expanded)
{
	struct open_node *in = b->depth ? &b->open[b->depth - 1] : NULL;

	if (!in) {
		b->root = node;
		return true;
	}
	in->expanded += expanded;
	if (in->expanded > YAML_EXPAND_MAX)
		return refuse(b, ev, "the aliases of this file stand for too many values");
	if (in->node->kind == YAML_SEQUENCE) {
		VEC_PUSH(b->arena, &in->items, node);
	} else if (!in->key) {
		in->key = node;
	} else {
		struct yaml_pair pair = { in->key, node };

		VEC_PUSH(b->arena, &in->pairs, pair);
		in->key = NULL;
	}
	return true;
}

/* The anchor's name as the file has it, or as libyaml does when that cannot be told. */
static struct str anchor_name(struct builder *b, const yaml_event_t *ev, const yaml_char_t *name)
{
	struct str text = b->doc->text, read = str_from((const char *)name);
	char mark = ev->type == YAML_ALIAS_EVENT ? '*' : '&';

	for (size_t i = ev->start_mark.index; i < ev->end_mark.index && i < text.len; i++)
		if (text.p[i] == mark && i + 1 + read.len <= text.len)
			return str_of(text.p + i + 1, read.len);
	return arena_str(b->arena, read);
}

static void remember(struct builder *b, struct str name, struct yaml_node *node, size_t expanded)
{
	struct anchor *a;

	if (!name.len)
		return;
	a = ARENA_NEW(b->arena, struct anchor);
	a->node = node;
	a->expanded = expanded;
	strmap_put(&b->anchors, name, a);
}

static struct yaml_node *node_new(struct builder *b, const yaml_event_t *ev, enum yaml_kind kind)
{
	struct yaml_node *n;

	if (++b->nodes > YAML_NODES_MAX) {
		refuse(b, ev, "the file has too many values");
		return NULL;
	}
	n = ARENA_NEW(b->arena, struct yaml_node);
	n->kind = kind;
	n->span = span_at(b, ev->start_mark.index, ev->end_mark.index);
	n->line = (uint32_t)ev->start_mark.line;
	n->column = (uint32_t)ev->start_mark.column;
	return n;
}

static bool scalar(struct builder *b, const yaml_event_t *ev)
{
	const struct scalar_source from = {
		.doc = b->doc,
		.start = ev->start_mark.index,
		.end = ev->end_mark.index,
		.style = ev->data.scalar.style,
		.has_properties = ev->data.scalar.anchor || ev->data.scalar.tag,
		.decoded = str_of(ev->data.scalar.value, ev->data.scalar.length),
	};
	struct yaml_node *n = node_new(b, ev, YAML_SCALAR);

	if (!n)
		return false;
	n->plain = ev->data.scalar.plain_implicit && from.style == YAML_PLAIN_SCALAR_STYLE;
	if (!yaml_scalar_text(b->arena, &from, &n->value))
		return refuse(b, ev, "cannot read this value; write it in double quotes");
	if (from.start == from.end)
		b->nothing = n;
	if (ev->data.scalar.anchor)
		remember(b, anchor_name(b, ev, ev->data.scalar.anchor), n, 1);
	return attach(b, ev, n, 1);
}

static bool collection(struct builder *b, const yaml_event_t *ev, enum yaml_kind kind,
		       const yaml_char_t *anchor)
{
	struct yaml_node *n = node_new(b, ev, kind);

	if (!n)
		return false;
	if (b->depth == YAML_DEPTH_MAX)
		return refuse(b, ev, "lists and maps are nested too deeply");
	b->open[b->depth] = (struct open_node){ .node = n, .expanded = 1 };
	if (anchor) {
		b->open[b->depth].anchor = anchor_name(b, ev, anchor);
		/* Not to be referred to before it ends: the tree would contain itself. */
		remember(b, b->open[b->depth].anchor, NULL, 0);
	}
	b->depth++;
	return true;
}

static bool end_collection(struct builder *b, const yaml_event_t *ev)
{
	struct open_node *o = &b->open[--b->depth];
	struct yaml_node *n = o->node;

	n->items = o->items.items;
	n->pairs = o->pairs.items;
	n->n = n->kind == YAML_SEQUENCE ? o->items.n : o->pairs.n;
	n->span = span_at(b, n->span.start, ev->end_mark.index);
	remember(b, o->anchor, n, o->expanded);
	return attach(b, ev, n, o->expanded);
}

static bool alias(struct builder *b, const yaml_event_t *ev)
{
	struct str name = anchor_name(b, ev, ev->data.alias.anchor);
	const struct anchor *a = strmap_get(&b->anchors, name);

	if (!a)
		return refuse(b, ev, "no anchor of this name stands before it");
	if (!a->node)
		return refuse(b, ev, "the alias stands inside the value it refers to");
	return attach(b, ev, a->node, a->expanded);
}

static void end_document(struct builder *b)
{
	VEC_PUSH(b->arena, &b->roots, b->root);
	b->root = NULL;
	strmap_fini(&b->anchors);
	b->anchors = (struct strmap){ 0 };
}

/* A value that is not there is said to stand where the next thing does. */
static void place_nothing(struct builder *b, const yaml_event_t *ev)
{
	if (!b->nothing)
		return;
	b->nothing->line = (uint32_t)ev->start_mark.line;
	b->nothing->column = (uint32_t)ev->start_mark.column;
	b->nothing = NULL;
}

/* False when the file is refused; the diagnostic is there. */
static bool take(struct builder *b, const yaml_event_t *ev)
{
	place_nothing(b, ev);
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
		return collection(b, ev, YAML_SEQUENCE, ev->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return collection(b, ev, YAML_MAP, ev->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end_collection(b, ev);
	case YAML_ALIAS_EVENT:
		return alias(b, ev);
	case YAML_DOCUMENT_END_EVENT:
		end_document(b);
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
		return true;
	}
	return true;
}

/* What the author can do about it, when that is clear from the place. */
static const char *remedy(const struct builder *b, size_t at, const char *problem)
{
	char c = at < b->doc->text.len ? b->doc->text.p[at] : '\0';

	if (strstr(problem, "tab character"))
		return "indent with spaces; YAML does not allow tabs there";
	if (strstr(problem, "cannot start any token"))
		return c == '\t' ? "indent with spaces; YAML does not allow tabs there"
				 : "put the value in quotes";
	if (strstr(problem, "mapping values are not allowed"))
		return "a value that holds ': ' has to be in quotes, "
		       "and keys of one item in the same column";
	if (strstr(problem, "unexpected end of stream"))
		return "a quote is opened here and never closed";
	return NULL;
}

static void report(struct builder *b, const yaml_parser_t *p)
{
	const char *problem = p->problem ? p->problem : "cannot be read";
	size_t at = p->problem_mark.index;
	bool unclosed = strstr(problem, "unexpected end of stream") && p->context_mark.index < at;
	const char *help;
	struct diag *d;

	/* The end of the file is no help; the quote that is never closed is. */
	if (unclosed)
		at = p->context_mark.index;
	d = diag_add(b->d, LOAD_ERR_YAML_PARSE, span_at(b, at, at), "not YAML: %s%s%s", problem,
		     p->context ? " " : "", p->context ? p->context : "");
	help = remedy(b, at, problem);
	if (strstr(problem, "expected ',' or"))
		diag_note(b->d, d, span_at(b, p->context_mark.index, p->context_mark.index),
			  "this bracket is not closed");
	else if (help)
		diag_note(b->d, d, d->at, "%s", help);
}

static bool build(struct builder *b, const char *standin)
{
	yaml_parser_t parser;
	bool ok = true, done = false;

	if (!yaml_parser_initialize(&parser)) {
		diag_add(b->d, LOAD_ERR_YAML_PARSE, span_at(b, 0, 0),
			 "not enough memory to read YAML");
		return false;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)standin, b->doc->text.len);
	while (ok && !done) {
		yaml_event_t ev;

		if (!yaml_parser_parse(&parser, &ev)) {
			report(b, &parser);
			ok = false;
			break;
		}
		ok = take(b, &ev);
		done = ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
	return ok;
}

int yaml_parse(struct arena *arena, const char *name, struct str text, struct yaml_file *out,
	       struct diags *d)
{
	struct builder *b = ARENA_NEW(arena, struct builder);
	bool ok;

	b->arena = arena;
	b->d = d;
	b->doc = ARENA_NEW(arena, struct document);
	b->doc->name = arena_str(arena, str_from(name)).p;
	if (text.len > YAML_FILE_MAX) {
		diag_add(d, LOAD_ERR_YAML_PARSE, (struct span){ b->doc, 0, 0 },
			 "the file has %zu bytes; at most %zu are read", text.len, YAML_FILE_MAX);
		*out = (struct yaml_file){ .doc = b->doc };
		return -EBADMSG;
	}
	b->doc->text = yaml_to_utf8(arena, text);
	ok = build(b, yaml_standin(arena, b->doc->text));
	strmap_fini(&b->anchors);
	*out = (struct yaml_file){
		.doc = b->doc,
		.roots = b->roots.items,
		.nroots = b->roots.n,
	};
	return ok ? 0 : -EBADMSG;
}
