/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include "base/map.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The kernel's types, reduced to what the programs name.
 *
 * To relocate a program libbpf looks for each type it names among all the kernel has, one by one:
 * of 130,000 that takes 40 ms, and again for each object. So it is given these instead: types of
 * which the programs name one (several of one name are all kept) with the members that programs
 * name, and what these members consist of. Sizes, offsets and values are the kernel's; a member
 * that is a pointer points to nothing, since libbpf never looks behind it.
 *
 * What is lost are the kernel's numbers of types, which programs need where they say what an address
 * is one of (bpf/read.bpf.h). They name these types in an enum, too; here it gets the numbers as
 * its values.
 */

#define NUMBERS "kernel_type" /* the enum, and what its members are called: */
#define NUMBER  "TYPE_"

#define MODIFIERS_MAX 32 /* in a row */
#define VOID_POINTER  1  /* the first type there is */

static const char present[] = "";

struct reduction {
	const struct btf *from;
	struct btf *to;
	struct strmap types, members; /* what the programs name */
	uint32_t *number;             /* by the kernel's: 0, or the new one */
	uint32_t *kept;               /* the kernel's, in the order of the new ones */
	uint32_t n, max;
	int error; /* 0 or -errno: the first one stands */
};

static bool add_name(struct strmap *to, struct str name)
{
	return strmap_put(to, name, (void *)(uintptr_t)present);
}

static bool has_name(const struct strmap *names, struct str name)
{
	return strmap_get(names, name) != NULL;
}

/* Without "___flavour": libbpf ignores that, on either side. */
static struct str essential(const char *name)
{
	const size_t len = strlen(name);

	for (size_t i = len; i-- > 5;)
		if (name[i - 1] == '_' && name[i - 2] == '_' && name[i - 3] == '_' &&
		    name[i] != '_' && name[i - 4] != '_')
			return str_of(name, i - 3);
	return str_of(name, len);
}

static bool may_be_named(const struct btf_type *t)
{
	return btf_is_composite(t) || btf_is_any_enum(t) || btf_is_typedef(t);
}

/* ---- What the programs name ------------------------------------------------------------------ */

static bool collect_names(struct reduction *r, const struct btf *programs)
{
	const uint32_t n = btf__type_cnt(programs);
	bool ok = true;

	for (uint32_t id = 1; ok && id < n; id++) {
		const struct btf_type *t = btf__type_by_id(programs, id);
		const char *name = btf__name_by_offset(programs, t->name_off);

		if (may_be_named(t) && *name)
			ok = add_name(&r->types, essential(name));
		for (uint32_t i = 0; ok && btf_is_composite(t) && i < btf_vlen(t); i++) {
			name = btf__name_by_offset(programs, btf_members(t)[i].name_off);
			ok = add_name(&r->members, str_from(name));
		}
	}
	return ok;
}

/* ---- What is kept ---------------------------------------------------------------------------- */

static const char *name_at(const struct reduction *r, uint32_t offset)
{
	return btf__name_by_offset(r->from, offset);
}

/* Without modifiers, which make no difference. */
static uint32_t plain(const struct reduction *r, uint32_t id)
{
	for (int i = 0; id && i < MODIFIERS_MAX; i++) {
		const struct btf_type *t = btf__type_by_id(r->from, id);

		if (!btf_is_mod(t) && !btf_is_type_tag(t))
			break;
		id = t->type;
	}
	return id;
}

static bool is_pointer(const struct reduction *r, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(r->from, plain(r, id));

	for (int i = 0; btf_is_typedef(t) && i < MODIFIERS_MAX; i++)
		t = btf__type_by_id(r->from, plain(r, t->type));
	return btf_is_ptr(t);
}

static void keep(struct reduction *r, uint32_t id)
{
	id = plain(r, id);
	if (!id || r->number[id])
		return;
	r->kept[r->n++] = id;
	r->number[id] = VOID_POINTER + r->n;
}

/* Of a member, or of an array's elements. */
static void keep_part(struct reduction *r, uint32_t id)
{
	if (!is_pointer(r, id))
		keep(r, id);
}

static bool member_kept(const struct reduction *r, const struct btf_member *m)
{
	const char *name = name_at(r, m->name_off);

	return !*name || has_name(&r->members, str_from(name));
}

static void keep_parts(struct reduction *r, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (uint32_t i = 0; i < btf_vlen(t); i++)
			if (member_kept(r, &btf_members(t)[i]))
				keep_part(r, btf_members(t)[i].type);
		break;
	case BTF_KIND_ARRAY:
		keep_part(r, btf_array(t)->type);
		keep(r, btf_array(t)->index_type);
		break;
	case BTF_KIND_FUNC_PROTO:
		for (uint32_t i = 0; i < btf_vlen(t); i++)
			keep(r, btf_params(t)[i].type);
		keep(r, t->type);
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_PTR: /* of a function whose type has a name */
		keep(r, t->type);
		break;
	default:
		break;
	}
}

static void choose(struct reduction *r)
{
	for (uint32_t id = 1; id < r->max; id++) {
		const struct btf_type *t = btf__type_by_id(r->from, id);
		const char *name = name_at(r, t->name_off);

		if (may_be_named(t) && *name && has_name(&r->types, essential(name)))
			keep(r, id);
	}
	for (uint32_t i = 0; i < r->n; i++)
		keep_parts(r, btf__type_by_id(r->from, r->kept[i]));
}

/* ---- Putting it together --------------------------------------------------------------------- */

/* The result of one of libbpf's functions. */
static void note(struct reduction *r, int n)
{
	if (n < 0 && r->error == 0)
		r->error = n;
}

static int number_of(const struct reduction *r, uint32_t id)
{
	return (int)r->number[plain(r, id)];
}

static int number_of_part(const struct reduction *r, uint32_t id)
{
	return is_pointer(r, id) ? VOID_POINTER : number_of(r, id);
}

static void add_members(struct reduction *r, const struct btf_type *t)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];

		if (member_kept(r, m))
			note(r,
			     btf__add_field(r->to, name_at(r, m->name_off),
					    number_of_part(r, m->type), btf_member_bit_offset(t, i),
					    btf_member_bitfield_size(t, i)));
	}
}

static void add_params(struct reduction *r, const struct btf_type *t)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		note(r, btf__add_func_param(r->to, "", number_of(r, btf_params(t)[i].type)));
}

/* The i-th of an enum, in either of the sizes there are. */
static int add_value(struct reduction *r, const struct btf_type *t, uint32_t i)
{
	const struct btf_enum64 *v;

	if (btf_is_enum(t))
		return btf__add_enum_value(r->to, name_at(r, btf_enum(t)[i].name_off),
					   btf_enum(t)[i].val);
	v = &btf_enum64(t)[i];
	return btf__add_enum64_value(r->to, name_at(r, v->name_off), btf_enum64_value(v));
}

static void add_values(struct reduction *r, const struct btf_type *t)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		note(r, add_value(r, t, i));
}

static void add_type(struct reduction *r, const struct btf_type *t)
{
	const char *name = name_at(r, t->name_off);

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		note(r, btf__add_int(r->to, name, t->size, btf_int_encoding(t)));
		break;
	case BTF_KIND_FLOAT:
		note(r, btf__add_float(r->to, name, t->size));
		break;
	case BTF_KIND_PTR:
		note(r, btf__add_ptr(r->to, number_of(r, t->type)));
		break;
	case BTF_KIND_TYPEDEF:
		note(r, btf__add_typedef(r->to, name, number_of(r, t->type)));
		break;
	case BTF_KIND_ARRAY:
		note(r,
		     btf__add_array(r->to, number_of(r, btf_array(t)->index_type),
				    number_of_part(r, btf_array(t)->type), btf_array(t)->nelems));
		break;
	case BTF_KIND_STRUCT:
		note(r, btf__add_struct(r->to, name, t->size));
		add_members(r, t);
		break;
	case BTF_KIND_UNION:
		note(r, btf__add_union(r->to, name, t->size));
		add_members(r, t);
		break;
	case BTF_KIND_FUNC_PROTO:
		note(r, btf__add_func_proto(r->to, number_of(r, t->type)));
		add_params(r, t);
		break;
	case BTF_KIND_ENUM:
		note(r, btf__add_enum(r->to, name, t->size));
		add_values(r, t);
		break;
	case BTF_KIND_ENUM64:
		note(r, btf__add_enum64(r->to, name, t->size, btf_kflag(t)));
		add_values(r, t);
		break;
	case BTF_KIND_FWD:
		note(r, btf__add_fwd(r->to, name, btf_kflag(t) ? BTF_FWD_UNION : BTF_FWD_STRUCT));
		break;
	default:
		note(r, -EINVAL); /* nothing else can be part of a type */
	}
}

/* The kernel's number of a struct; 0: it has none. */
static uint32_t kernel_number(const struct reduction *r, const char *name)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct btf_type *t = btf__type_by_id(r->from, r->kept[i]);

		if (btf_is_struct(t) && strcmp(name_at(r, t->name_off), name) == 0)
			return r->kept[i];
	}
	return 0;
}

static void add_numbers(struct reduction *r, const struct btf *programs)
{
	const int32_t id = btf__find_by_name_kind(programs, NUMBERS, BTF_KIND_ENUM);
	const struct btf_type *t = btf__type_by_id(programs, id < 0 ? 0 : (uint32_t)id);

	if (id < 0)
		return; /* these programs need none */
	note(r, btf__add_enum(r->to, NUMBERS, sizeof(uint32_t)));
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(programs, btf_enum(t)[i].name_off);
		const uint32_t number = kernel_number(r, name + strlen(NUMBER));

		if (number)
			note(r, btf__add_enum_value(r->to, name, number));
	}
}

static void add_everything(struct reduction *r, const struct btf *programs)
{
	note(r, btf__add_ptr(r->to, 0));
	for (uint32_t i = 0; r->error == 0 && i < r->n; i++)
		add_type(r, btf__type_by_id(r->from, r->kept[i]));
	add_numbers(r, programs);
}

/* ---- As a file ------------------------------------------------------------------------------- */

static int write_file(const struct btf *types)
{
	uint32_t size, done = 0;
	const uint8_t *bytes = btf__raw_data(types, &size);
	int fd = bytes ? memfd_create("besra_types", MFD_CLOEXEC) : -1;

	if (fd < 0)
		return -errno;
	while (done < size) {
		ssize_t n = write(fd, bytes + done, size - done);

		if (n < 0) {
			n = -errno;
			close(fd);
			return (int)n;
		}
		done += (uint32_t)n;
	}
	return fd;
}

int live_types(const struct btf *kernel, const struct btf *programs)
{
	const uint32_t max = btf__type_cnt(kernel);
	struct reduction r = {
		.from = kernel,
		.to = btf__new_empty(),
		.number = calloc(max, sizeof(*r.number)),
		.kept = calloc(max, sizeof(*r.kept)),
		.max = max,
	};
	int n = -ENOMEM;

	if (r.to && r.number && r.kept && collect_names(&r, programs)) {
		choose(&r);
		add_everything(&r, programs);
		n = r.error < 0 ? r.error : write_file(r.to);
	}
	btf__free(r.to);
	free(r.number);
	free(r.kept);
	strmap_fini(&r.types);
	strmap_fini(&r.members);
	return n;
}
