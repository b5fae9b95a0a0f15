/* SPDX-License-Identifier: Apache-2.0 */

/*
 * verifier_cost OBJECT: loads every program of a BPF object and prints how many instructions the
 * verifier went through for it. For one that is refused, the end of the verifier's log.
 */

#include "objects.h"
#include "source/live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_BYTES (16 << 20)
#define LOG_TAIL  4000

static const char *tail(const char *log)
{
	size_t len = strlen(log);

	return len > LOG_TAIL ? log + len - LOG_TAIL : log;
}

/* With the types it names; NULL when it cannot be read. */
static struct bpf_object *open_object(const char *path, const struct btf *kernel)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	int types = object ? live_types(kernel, bpf_object__btf(object)) : -1;

	bpf_object__close(object);
	/* Closed when the program ends. */
	return types < 0 ? NULL : open_with(path, types);
}

/* Maps are not put to use, so that their sizes matter only for what the verifier checks. */
static int load(const char *path, const struct btf *kernel, const char *only, char *log)
{
	struct bpf_object *object = open_object(path, kernel);
	struct bpf_program *program;
	int n;

	if (!object) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return -1;
	}
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(program, has_target(kernel, program) &&
							   (!only || strcmp(name, only) == 0));
		if (only && strcmp(name, only) == 0)
			bpf_program__set_log_buf(program, log, LOG_BYTES);
	}
	n = bpf_object__load(object);
	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (n < 0 || fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
			continue;
		printf("%-24s %7u\n", bpf_program__name(program), info.verified_insns);
	}
	bpf_object__close(object);
	return n;
}

/* Which programs are refused, and why: each is loaded alone. */
static void explain(const char *path, const struct btf *kernel, char *log)
{
	struct bpf_object *object = open_object(path, kernel);
	struct bpf_program *program;

	if (!object)
		return;
	bpf_object__for_each_program(program, object)
	{
		log[0] = '\0';
		if (load(path, kernel, bpf_program__name(program), log) < 0)
			fprintf(stderr, "%s is refused:\n%s\n", bpf_program__name(program),
				tail(log));
	}
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	char *log = malloc(LOG_BYTES);
	int n;

	if (argc != 2 || !log || !kernel) {
		fprintf(stderr, "%s\n",
			kernel ? "usage: verifier_cost OBJECT" : "this kernel has no BTF");
		return 2;
	}
	libbpf_set_print(NULL);
	n = load(argv[1], kernel, NULL, log);
	if (n < 0)
		explain(argv[1], kernel, log);
	btf__free(kernel);
	free(log);
	return n < 0;
}
