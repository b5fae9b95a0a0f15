/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOW_BYTES (256 << 10)

long raw_call(long nr, const uint64_t a[6])
{
	register uint64_t r10 __asm__("r10") = a[3];
	register uint64_t r8 __asm__("r8") = a[4];
	register uint64_t r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* The sixth argument goes into the frame pointer, so it takes its place by hand. */
static long call6_compat(long nr, const uint64_t a[6])
{
	long ret;

	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t" /* the red zone may be in use */
			 "push %%rbp\n\t"
			 "push %%rbx\n\t"
			 "mov %2, %%r12\n\t"
			 "mov 0(%%r12), %%rbx\n\t"
			 "mov 8(%%r12), %%rcx\n\t"
			 "mov 16(%%r12), %%rdx\n\t"
			 "mov 24(%%r12), %%rsi\n\t"
			 "mov 32(%%r12), %%rdi\n\t"
			 "mov 40(%%r12), %%rbp\n\t"
			 "int $0x80\n\t"
			 "pop %%rbx\n\t"
			 "pop %%rbp\n\t"
			 "lea 128(%%rsp), %%rsp"
			 : "=a"(ret)
			 : "a"(nr), "r"(a)
			 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "memory");
	return (long)(int)ret;
}

void *low_memory(size_t n)
{
	static char *at, *end;
	void *p;

	if (!at) {
		at = mmap(NULL, LOW_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT | MAP_POPULATE, -1, 0);
		if (at == MAP_FAILED)
			_exit(99);
		end = at + LOW_BYTES;
	}
	n = (n + 15) & ~(size_t)15;
	if ((size_t)(end - at) < n)
		_exit(99);
	p = at;
	at += n;
	return p;
}

void *low_copy(const void *p, size_t n)
{
	return memcpy(low_memory(n), p, n);
}

void stage_skip(struct stage *s, const char *why)
{
	snprintf(s->skip, sizeof(s->skip), "%s", why);
	_exit(0);
}

void stage_fact(struct stage *s, unsigned i, const void *p, size_t n)
{
	if (n > FACT_BYTES)
		_exit(99);
	memcpy(s->fact[i], p, n);
	s->fact_len[i] = n;
}

const char *stage_path(const struct stage *s, const char *name)
{
	static char path[8192];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	return path;
}

static uint64_t argument(const struct arg *a, const struct stage *s)
{
	switch (a->kind) {
	case ARG_NUMBER:
		return a->n;
	case ARG_BYTES:
		return (uint64_t)(uintptr_t)low_copy(a->p, a->len);
	case ARG_PATH: {
		const char *path = stage_path(s, a->p);

		return (uint64_t)(uintptr_t)low_copy(path, strlen(path) + 1);
	}
	case ARG_SLOT:
		return (uint64_t)s->slot[a->n];
	}
	return 0;
}

static void mark(void)
{
	RAW(SYS_close, MARK_FD);
}

/* What the kernel says of the descriptor that was returned. */
static void look_at_file(struct stage *s)
{
	struct stat st;

	if (s->result < 0 || fstat((int)s->result, &st) < 0)
		return;
	s->slot[SLOT_DEV] = (int64_t)(uint32_t)st.st_dev;
	s->slot[SLOT_INO] = (int64_t)st.st_ino;
}

static void look_at_identity(struct identity *of)
{
	FILE *f = fopen("/proc/self/status", "re");
	uint32_t *id = of->id;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "Uid: %u %u %u %u", &id[0], &id[2], &id[4], &id[6]);
		sscanf(line, "Gid: %u %u %u %u", &id[1], &id[3], &id[5], &id[7]);
		sscanf(line, "CapEff: %lx", &of->effective);
	}
	if (f)
		fclose(f);
}

void stage_run(const struct row *row, struct stage *s)
{
	uint64_t a[6];
	long result;

	s->pid = getpid();
	low_memory(1);
	if (row->before)
		row->before(s);
	look_at_identity(&s->identity);
	for (int i = 0; i < 6; i++)
		a[i] = argument(&row->args[i], s);
	s->made = true;
	mark();
	if (row->call)
		result = row->call(s);
	else
		result = row->compat ? call6_compat(row->nr, a) : raw_call(row->nr, a);
	/* A child that shares our memory must not leave a result, nor use more of the stack. */
	if (result == 0 && row->made.type)
		RAW(SYS_exit_group, 0);
	mark();
	s->result = result;
	look_at_identity(&s->identity);
	if (!row->made.type && !row->after)
		look_at_file(s);
	if (row->after)
		row->after(s);
	_exit(0);
}
