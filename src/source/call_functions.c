/* SPDX-License-Identifier: Apache-2.0 */

/* Which of the kernel's functions a system call is served by: see tables/call_functions.def. */

#include "live.h"

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_SIZE 64

/* How a 64-bit or 32-bit caller's function may be called, the likeliest first. Calls without
 * arguments have one function for both. */
static const char *const native_prefixes[] = { "__x64_sys_", "__do_sys_", NULL };
static const char *const compat_prefixes[] = { "__ia32_compat_sys_", "__ia32_sys_", "__do_sys_",
					       NULL };

static const struct spelling {
	const char *name, *function;
} native_spellings[] = {
#define NATIVE(name, function) { name, function },
#define COMPAT(name, function)
#include "tables/call_functions.def"
#undef NATIVE
#undef COMPAT
	{ NULL, NULL }
}, compat_spellings[] = {
#define NATIVE(name, function)
#define COMPAT(name, function) { name, function },
#include "tables/call_functions.def"
#undef NATIVE
#undef COMPAT
	{ NULL, NULL }
};

struct named {
	const char *name; /* the types' */
	uint32_t id, type;
};

struct catalogue {
	struct named *rows; /* by name */
	size_t n;
};

/* long f(const struct pt_regs *) */
static bool is_of_call(const struct btf *kernel, const struct btf_type *function)
{
	const struct btf_type *t = btf__type_by_id(kernel, function->type);

	if (!t || btf_vlen(t) != 1)
		return false;
	t = btf__type_by_id(kernel, btf_params(t)[0].type);
	t = t && btf_is_ptr(t) ? btf__type_by_id(kernel, t->type) : NULL;
	t = t && btf_is_const(t) ? btf__type_by_id(kernel, t->type) : NULL;
	return t && btf_is_struct(t) &&
	       strcmp(btf__name_by_offset(kernel, t->name_off), "pt_regs") == 0;
}

static bool has_prefix(const char *name, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (strncmp(name, *prefixes, strlen(*prefixes)) == 0)
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The caller frees the rows. */
static void catalogue_make(struct catalogue *c, const struct btf *kernel)
{
	const uint32_t types = btf__type_cnt(kernel);
	size_t room = 0;

	*c = (struct catalogue){ 0 };
	for (uint32_t id = 1; id < types; id++) {
		const struct btf_type *t = btf__type_by_id(kernel, id);
		const char *name = btf_is_func(t) ? btf__name_by_offset(kernel, t->name_off) : NULL;

		if (!name || name[0] != '_' || name[1] != '_' ||
		    !(has_prefix(name, native_prefixes) || has_prefix(name, compat_prefixes)) ||
		    !is_of_call(kernel, t))
			continue;
		if (c->n == room) {
			struct named *more = realloc(c->rows, (room + 1024) * sizeof(*more));

			if (!more)
				break;
			c->rows = more;
			room += 1024;
		}
		c->rows[c->n++] = (struct named){ name, id, t->type };
	}
	if (c->n)
		qsort(c->rows, c->n, sizeof(*c->rows), by_name);
}

static const struct named *with_prefix(const struct catalogue *c, const char *const *prefixes,
				       const char *name)
{
	char full[2 * NAME_SIZE];
	const struct named key = { full, 0, 0 };

	for (; *prefixes; prefixes++) {
		const struct named *found;

		snprintf(full, sizeof(full), "%s%s", *prefixes, name);
		found = bsearch(&key, c->rows, c->n, sizeof(key), by_name);
		if (found)
			return found;
	}
	return NULL;
}

static const char *spelling_of(const struct spelling *s, const char *name)
{
	for (; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s->function;
	return NULL;
}

static const struct named *native_function(const struct catalogue *c, const char *name)
{
	const char *function = spelling_of(native_spellings, name);

	return with_prefix(c, native_prefixes, function ? function : name);
}

/* What 32-bit callers get under a name is mostly the call with the short numbers of the time. */
static const struct named *compat_function(const struct catalogue *c, const char *name)
{
	static const struct {
		const char *before, *after;
	} forms[] = { { "", "_time32" }, { "", "32" }, { "", "16" }, { "ia32_", "" }, { "", "" } };
	static const char *const ends[] = { "_time64", "64", "32" };
	const char *function = spelling_of(compat_spellings, name);
	const struct named *found = NULL;
	const size_t len = strlen(name);
	char text[NAME_SIZE];

	if (function)
		return with_prefix(c, compat_prefixes, function);
	for (size_t i = 0; !found && i < ARRAY_SIZE(forms); i++) {
		snprintf(text, sizeof(text), "%s%s%s", forms[i].before, name, forms[i].after);
		found = with_prefix(c, compat_prefixes, text);
	}
	for (size_t i = 0; !found && i < ARRAY_SIZE(ends); i++) {
		const size_t end = strlen(ends[i]);

		if (len <= end || strcmp(name + len - end, ends[i]) != 0)
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)(len - end), name);
		found = with_prefix(c, compat_prefixes, text);
	}
	return found;
}

static void add(struct call_function *out, size_t max, size_t *n, unsigned native,
		const struct named *function)
{
	if (function && *n < max)
		out[(*n)++] = (struct call_function){ .native = (uint16_t)native,
						      .id = function->id,
						      .type = function->type };
}

size_t call_functions(const struct btf *kernel, struct call_function *out, size_t max)
{
	struct catalogue c;
	size_t n = 0;

	catalogue_make(&c, kernel);
	for (unsigned code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_info *info = syscall_info(code);
		char name[NAME_SIZE];

		if (!info->exists || info->native < 0 || info->native >= WIRE_SYSCALLS_MAX)
			continue;
		snprintf(name, sizeof(name), "%.*s", STR_ARG(info->name));
		add(out, max, &n, (unsigned)info->native, native_function(&c, name));
	}
#define COMPAT(number, native, name) add(out, max, &n, native, compat_function(&c, name));
#define SOCKETCALL(number, native, name)                                                           \
	add(out, max, &n, native, compat_function(&c, "socketcall"));
#define IPC(number, native, name) add(out, max, &n, native, compat_function(&c, "ipc"));
#include "tables/compat_syscalls.def"
#undef COMPAT
#undef SOCKETCALL
#undef IPC
	free(c.rows);
	return n;
}
