/* SPDX-License-Identifier: Apache-2.0 */

/* Programs without a file, and arguments nobody should read to their end. */

#include "attack.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for(pid_t child)
{
	if (child < 0 || waitpid(child, NULL, 0) != child)
		die("fork");
}

#define PADDING 6000

/* One harmless argument in front of the one that matters. */
static void padded_arguments(const struct attack *a)
{
	static char padding[PADDING + 1];
	char payload[] = "--payload", *more[] = { padding, payload, NULL };
	pid_t child;

	memset(padding, 'x', PADDING);
	begin();
	child = fork();
	if (child == 0)
		run_program(a, a->self, more);
	wait_for(child);
}

static void fill(const struct attack *a, int to)
{
	int from = open(a->self, O_RDONLY);
	char chunk[65536];
	ssize_t n;

	while ((n = read(from, chunk, sizeof(chunk))) > 0)
		if (write(to, chunk, (size_t)n) != n)
			die("copy the program");
	close(from);
}

enum how { BY_EXECVEAT, BY_FEXECVE, BY_PROC };

static _Noreturn void execute(const struct attack *a, int fd, enum how how)
{
	char oracle[16], path[64], *argv[] = { (char *)(uintptr_t) "arrived", oracle, NULL };
	char *env[] = { NULL };

	snprintf(oracle, sizeof(oracle), "%d", a->oracle);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (how == BY_EXECVEAT)
		execveat(fd, "", argv, env, AT_EMPTY_PATH);
	else if (how == BY_FEXECVE)
		fexecve(fd, argv, env);
	else
		execve(path, argv, env);
	die("execute a file without a name");
}

static void run_nameless(const struct attack *a, int fd, enum how how)
{
	pid_t child;

	begin();
	child = fork();
	if (child == 0)
		execute(a, fd, how);
	wait_for(child);
}

static void run_memfd(const struct attack *a, enum how how)
{
	int fd = memfd_create("kworker", 0);

	fill(a, fd);
	run_nameless(a, fd, how);
}

static void memfd_execveat(const struct attack *a)
{
	run_memfd(a, BY_EXECVEAT);
}

static void memfd_fexecve(const struct attack *a)
{
	run_memfd(a, BY_FEXECVE);
}

static void memfd_by_proc(const struct attack *a)
{
	run_memfd(a, BY_PROC);
}

/* A file that never had a name; it cannot be executed while it is open for writing. */
static void tmpfile_execveat(const struct attack *a)
{
	int fd = open(a->directory, O_TMPFILE | O_RDWR, 0700), again;
	char path[64];

	if (fd < 0)
		die("O_TMPFILE");
	fill(a, fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	close(fd);
	run_nameless(a, again, BY_EXECVEAT);
}

/* Executed, then removed: the name is gone, what it was is not. */
static void deleted_program(const struct attack *a)
{
	int fd;

	copy_program(a, "plan", 0700);
	fd = open("plan", O_RDONLY);
	if (unlink("plan") < 0)
		die("unlink");
	run_nameless(a, fd, BY_EXECVEAT);
}

const struct attack_case exec_cases[] = {
	{ "padded-arguments", padded_arguments },
	{ "memfd-execveat", memfd_execveat },
	{ "memfd-fexecve", memfd_fexecve },
	{ "memfd-by-proc", memfd_by_proc },
	{ "tmpfile-execveat", tmpfile_execveat },
	{ "deleted-program", deleted_program },
	{ NULL, NULL },
};
