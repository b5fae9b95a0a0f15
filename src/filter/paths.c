/* SPDX-License-Identifier: Apache-2.0 */
#include "sets.h"

/*
 * A trie over path components. A path is walked with the set of all nodes its components so far
 * lead to, so that plain names and several globs may compete at one level.
 */

struct path_node {
	struct str name; /* of the component that leads here */
	uint64_t hash;
	uint64_t *row; /* prefixes that end here: everything below has them; NULL: none does */
	struct path_node *next_same_bucket;
	struct path_node **buckets; /* children with a plain name */
	size_t mask;
	size_t nplain;
	VEC(struct path_node *) globs; /* children whose name is a pattern */
};

struct path_set {
	struct path_node root;
	uint32_t bits;
};

/* The next component of *rest that is not empty; false at the end. */
static bool next_component(struct str *rest, struct str *out)
{
	size_t len;

	while (rest->len && rest->p[0] == '/')
		*rest = str_from_index(*rest, 1);
	len = str_chr(*rest, '/');
	*out = str_of(rest->p, len);
	*rest = str_from_index(*rest, len);
	return len > 0;
}

static bool is_glob(struct str component)
{
	for (size_t i = 0; i < component.len; i++)
		if (component.p[i] == '?' || component.p[i] == '*' || component.p[i] == '[')
			return true;
	return false;
}

static struct path_node *find_plain(const struct path_node *n, struct str name, uint64_t hash)
{
	struct path_node *child = n->buckets ? n->buckets[hash & n->mask] : NULL;

	while (child && !(child->hash == hash && str_eq(child->name, name)))
		child = child->next_same_bucket;
	return child;
}

static void grow_buckets(struct arena *arena, struct path_node *n)
{
	size_t old = n->buckets ? n->mask + 1 : 0, size = old ? old * 2 : 4;
	struct path_node **buckets = arena_array(arena, size, sizeof(*buckets));

	for (size_t i = 0; i < old; i++) {
		struct path_node *child = n->buckets[i], *next;

		for (; child; child = next) {
			next = child->next_same_bucket;
			child->next_same_bucket = buckets[child->hash & (size - 1)];
			buckets[child->hash & (size - 1)] = child;
		}
	}
	n->buckets = buckets;
	n->mask = size - 1;
}

static struct path_node *add_child(struct arena *arena, struct path_node *n, struct str name)
{
	const uint64_t hash = str_hash(name);
	struct path_node *child;

	if (is_glob(name)) {
		for (size_t i = 0; i < n->globs.n; i++)
			if (str_eq(n->globs.items[i]->name, name))
				return n->globs.items[i];
	} else {
		child = find_plain(n, name, hash);
		if (child)
			return child;
	}
	child = ARENA_NEW(arena, struct path_node);
	child->name = name;
	child->hash = hash;
	if (is_glob(name)) {
		VEC_PUSH(arena, &n->globs, child);
		return child;
	}
	if (!n->buckets || n->nplain > n->mask)
		grow_buckets(arena, n);
	n->nplain++;
	child->next_same_bucket = n->buckets[hash & n->mask];
	n->buckets[hash & n->mask] = child;
	return child;
}

struct path_set *path_set_begin(struct arena *arena, uint32_t bits)
{
	struct path_set *s = ARENA_NEW(arena, struct path_set);

	s->bits = bits;
	return s;
}

void path_set_add(struct path_set *s, struct arena *arena, struct str prefix, uint32_t bit)
{
	struct path_node *at = &s->root;
	struct str name;

	if (prefix.len == 0)
		return;
	while (next_component(&prefix, &name))
		at = add_child(arena, at, name);
	if (!at->row)
		at->row = arena_array(arena, (s->bits + 63) / 64, sizeof(*at->row));
	row_set(at->row, bit);
}

struct path_set *path_set_new(struct arena *arena, const struct constant *prefixes, size_t n)
{
	struct path_set *s = path_set_begin(arena, 1);

	for (size_t i = 0; i < n; i++)
		path_set_add(s, arena, prefixes[i].v.s, 0);
	return s;
}

/* The set of nodes reached; it is small unless many patterns overlap. */
struct front {
	const struct path_node **nodes;
	size_t n, cap;
	const struct path_node *few[16];
};

static void front_clear(struct front *f)
{
	f->nodes = f->few;
	f->cap = ARRAY_SIZE(f->few);
	f->n = 0;
}

static void front_add(struct front *f, const struct path_node *n, struct arena *scratch)
{
	if (f->n == f->cap) {
		const struct path_node **more;

		more = arena_array(scratch, f->cap * 2, sizeof(*more));
		memcpy(more, f->nodes, f->n * sizeof(*more));
		f->nodes = more;
		f->cap *= 2;
	}
	f->nodes[f->n++] = n;
}

static void advance(const struct front *from, struct front *to, struct str name,
		    struct arena *scratch)
{
	const uint64_t hash = str_hash(name);

	to->n = 0;
	for (size_t i = 0; i < from->n; i++) {
		const struct path_node *n = from->nodes[i], *child = find_plain(n, name, hash);

		if (child)
			front_add(to, child, scratch);
		for (size_t g = 0; g < n->globs.n; g++)
			if (glob_match(n->globs.items[g]->name, name, false))
				front_add(to, n->globs.items[g], scratch);
	}
}

static bool front_has_terminal(const struct front *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->nodes[i]->row)
			return true;
	return false;
}

static void front_collect(const struct front *f, size_t words, uint64_t *row)
{
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; f->nodes[i]->row && k < words; k++)
			row[k] |= f->nodes[i]->row[k];
}

/* A path being walked: where its components so far lead to. */
struct path_walk {
	struct front fronts[2];
	struct str rest;
	unsigned now;
};

static void walk_begin(struct path_walk *w, const struct path_set *s, struct str path)
{
	front_clear(&w->fronts[0]);
	front_clear(&w->fronts[1]);
	w->rest = path;
	w->now = 0;
	front_add(&w->fronts[0], &s->root, NULL);
}

/* False at the end of the path, or when no prefix goes on. */
static bool walk_step(struct path_walk *w, struct arena *scratch)
{
	struct str name;

	if (w->fronts[w->now].n == 0 || !next_component(&w->rest, &name))
		return false;
	advance(&w->fronts[w->now], &w->fronts[!w->now], name, scratch);
	w->now = !w->now;
	return true;
}

bool path_set_match(const struct path_set *s, struct str path, struct arena *scratch)
{
	struct path_walk w;

	walk_begin(&w, s, path);
	do {
		if (front_has_terminal(&w.fronts[w.now]))
			return true;
	} while (walk_step(&w, scratch));
	return false;
}

const uint64_t *path_set_find(const struct path_set *s, struct str path, uint64_t *row,
			      struct arena *scratch)
{
	const size_t words = (s->bits + 63) / 64;
	struct path_walk w;

	memset(row, 0, words * sizeof(*row));
	walk_begin(&w, s, path);
	do {
		front_collect(&w.fronts[w.now], words, row);
	} while (walk_step(&w, scratch));
	return row;
}

bool path_prefix_match(struct str prefix, struct str path)
{
	struct str wanted, found;

	if (prefix.len == 0)
		return false;
	while (next_component(&prefix, &wanted)) {
		if (!next_component(&path, &found))
			return false;
		if (is_glob(wanted) ? !glob_match(wanted, found, false) : !str_eq(wanted, found))
			return false;
	}
	return true;
}
