/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

/* An image and the bytes its strings point to, in one block. */
struct image_block {
	struct image i; /* first */
	size_t size;
	char bytes[];
};

struct str list_trim(struct str list)
{
	if (list.len && list.p[list.len - 1] == '\0')
		list.len--;
	return list;
}

static struct str store(char **at, struct str s)
{
	struct str copy = { *at, s.len };

	if (s.len)
		memcpy(*at, s.p, s.len);
	(*at)[s.len] = '\0';
	*at += s.len + 1;
	return copy;
}

/* A list ended by NUL, if it has anything: the trimmed one and the NUL that store() adds. */
static struct str store_list(char **at, struct str trimmed)
{
	struct str copy = store(at, trimmed);

	if (copy.len)
		copy.len++;
	return copy;
}

static void join_words(char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] == '\0')
			at[i] = ' ';
}

static uint32_t count_words(struct str trimmed)
{
	uint32_t n = trimmed.len > 0;

	for (size_t i = 0; i < trimmed.len; i++)
		n += trimmed.p[i] == '\0';
	return n;
}

static size_t block_size(struct str exe, struct str exepath, struct str args, struct str env)
{
	return sizeof(struct image_block) + exe.len + exepath.len + 2 * args.len + env.len + 5;
}

struct image *image_new(struct state *s, const struct image *facts)
{
	struct str args = list_trim(facts->args), env = list_trim(facts->env);
	struct image_block *b;
	struct image *i;
	size_t size = block_size(facts->exe, facts->exepath, args, env);
	char *at;

	/* Out of budget, the bulky parts go first; a process is known by its name and path. */
	if (!budget_take(&s->facts_memory, budget_block(size))) {
		env.len = args.len = 0;
		size = block_size(facts->exe, facts->exepath, args, env);
		s->image_cuts++;
		if (!budget_take(&s->facts_memory, budget_block(size)))
			return NULL;
	}
	b = malloc(size);
	if (!b) {
		budget_give(&s->facts_memory, budget_block(size));
		s->image_cuts++;
		return NULL;
	}
	b->size = size;
	i = &b->i;
	*i = *facts;
	i->refs = 1;
	i->argc = count_words(args);
	at = b->bytes;
	i->exe = store(&at, facts->exe);
	i->exepath = store(&at, facts->exepath);
	i->args = store_list(&at, args);
	i->joined = store(&at, args);
	join_words(at - args.len - 1, args.len);
	i->env = store_list(&at, env);
	return i;
}

struct image *image_ref(struct image *i)
{
	if (i)
		i->refs++;
	return i;
}

void image_unref(struct state *s, struct image *i)
{
	struct image_block *b = (struct image_block *)i;

	if (!i || --i->refs)
		return;
	budget_give(&s->facts_memory, budget_block(b->size));
	free(b);
}

/* The name Falco has for a controller, whatever the kernel calls its hierarchy. */
static struct str subsystem_name(struct str name)
{
	static const struct {
		struct str kernel, ours;
	} other[] = {
		{ { "perf", 4 }, { "perf_event", 10 } },
		{ { "mem", 3 }, { "memory", 6 } },
		{ { "io", 2 }, { "blkio", 5 } },
	};

	if (str_ends_with(name, STR("_cgroup")))
		name.len -= sizeof("_cgroup") - 1;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		if (str_eq(name, other[i].kernel))
			return other[i].ours;
	return name;
}

struct istr *cgroups_intern(struct state *s, struct str list)
{
	char text[4096 + 256];
	size_t len = 0;

	list = list_trim(list);
	while (list.len) {
		struct str item = { list.p, str_chr(list, '\0') }, name, path;

		list = str_from_index(list, item.len + 1);
		name = (struct str){ item.p, str_chr(item, '=') };
		if (name.len == item.len)
			return NULL;
		path = str_from_index(item, name.len);
		name = subsystem_name(name);
		if (len + name.len + path.len + 1 > sizeof(text))
			break;
		memcpy(text + len, name.p, name.len);
		memcpy(text + len + name.len, path.p, path.len);
		len += name.len + path.len;
		text[len++] = '\0';
	}
	return len ? intern_get(s->intern, str_of(text, len)) : NULL;
}
