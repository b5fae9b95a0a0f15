/* SPDX-License-Identifier: Apache-2.0 */

/*
 * relocations OBJECT...: loads the programs of each object twice, once with the kernel's types as
 * live_types reduces them and once with all of them, and compares every instruction.
 */

#include "objects.h"
#include "source/live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

/* All of the kernel's types, with the enum in which the programs look for the numbers of some. */
static int all_types(const struct btf *programs)
{
	struct btf *types = btf__load_vmlinux_btf();
	int local = btf__find_by_name_kind(programs, "kernel_type", BTF_KIND_ENUM);
	const struct btf_type *numbers = btf__type_by_id(programs, local > 0 ? (uint32_t)local : 0);
	uint32_t size;
	const void *bytes;
	int fd;

	if (!types || (local > 0 && btf__add_enum(types, "kernel_type", 4) < 0))
		fail("the kernel's types");
	for (int i = 0; local > 0 && i < btf_vlen(numbers); i++) {
		const char *name = btf__name_by_offset(programs, btf_enum(numbers)[i].name_off);
		char type[128];
		int id;

		snprintf(type, sizeof(type), "%s", name + strlen("TYPE_"));
		if (strstr(type, "___"))
			*strstr(type, "___") = '\0';
		id = btf__find_by_name_kind(types, type, BTF_KIND_STRUCT);
		if (id > 0 && btf__add_enum_value(types, name, id) < 0)
			fail("the numbers of types");
	}
	bytes = btf__raw_data(types, &size);
	fd = memfd_create("all_types", MFD_CLOEXEC);
	if (!bytes || fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		fail("a file for the kernel's types");
	btf__free(types);
	return fd;
}

static struct bpf_object *load(const char *file, const struct btf *kernel, int types)
{
	struct bpf_object *object = open_with(file, types);
	struct bpf_program *program;

	if (!object)
		fail(file);
	bpf_object__for_each_program(program, object)
	{
		bpf_program__set_autoload(program, has_target(kernel, program));
	}
	if (bpf_object__load(object) < 0)
		fail(file);
	return object;
}

static bool is_wide(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* The descriptors of maps differ; else all does that is not the same. */
static bool same_instruction(const struct bpf_insn *a, const struct bpf_insn *b)
{
	struct bpf_insn x = *a, y = *b;

	if (is_wide(a) && (a->src_reg == BPF_PSEUDO_MAP_FD || a->src_reg == BPF_PSEUDO_MAP_VALUE))
		x.imm = y.imm = 0;
	return memcmp(&x, &y, sizeof(x)) == 0;
}

static bool same_program(const struct bpf_program *a, const struct bpf_program *b)
{
	const struct bpf_insn *x = bpf_program__insns(a), *y = bpf_program__insns(b);
	const size_t n = bpf_program__insn_cnt(a);

	if (n != bpf_program__insn_cnt(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same_instruction(&x[i], &y[i])) {
			printf("  %s: instruction %zu is %02x ... %d, not %02x ... %d\n",
			       bpf_program__name(a), i, x[i].code, x[i].imm, y[i].code, y[i].imm);
			return false;
		}
	return true;
}

/* How many programs differ. */
static unsigned compare(const char *file, const struct btf *kernel)
{
	struct bpf_object *object = bpf_object__open_file(file, NULL), *a, *b;
	struct bpf_program *program, *other;
	unsigned programs = 0, differ = 0;
	size_t instructions = 0;
	int few, all;

	if (!object)
		fail(file);
	few = live_types(kernel, bpf_object__btf(object));
	all = all_types(bpf_object__btf(object));
	if (few < 0)
		fail("live_types");
	a = load(file, kernel, few);
	b = load(file, kernel, all);
	bpf_object__for_each_program(program, a)
	{
		other = bpf_object__find_program_by_name(b, bpf_program__name(program));
		if (bpf_program__fd(program) < 0)
			continue;
		programs++;
		instructions += bpf_program__insn_cnt(program);
		differ += !other || !same_program(program, other);
	}
	printf("%zu instructions of %u programs, types of %lld bytes and of %lld\n", instructions,
	       programs, (long long)lseek(few, 0, SEEK_END), (long long)lseek(all, 0, SEEK_END));
	bpf_object__close(object);
	bpf_object__close(a);
	bpf_object__close(b);
	close(few);
	close(all);
	return differ;
}

int main(int argc, char **argv)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	unsigned failed = 0;

	if (!kernel)
		fail("the kernel's types");
	libbpf_set_print(NULL);
	for (int i = 1; i < argc; i++)
		failed += compare(argv[i], kernel) > 0;
	btf__free(kernel);
	printf("%d passed, %u failed\n", argc - 1 - (int)failed, failed);
	return failed > 0;
}
