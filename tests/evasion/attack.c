/* SPDX-License-Identifier: Apache-2.0 */

/*
 * attack ORACLE DIRECTORY ROUNDS CASE: makes one attack. ORACLE is the number of the descriptor on
 * which it tells what it got; DIRECTORY is empty and its own.
 */
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void die(const char *what)
{
	fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- Telling -------------------------------------------------------------------------------- */

void tell(const struct attack *a, const char *type, const char *format, ...)
{
	static _Thread_local char line[16384];
	va_list args;
	int n = snprintf(line, sizeof(line), "%ld\t%s\t", syscall(SYS_gettid), type);

	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
	va_end(args);
	if ((size_t)n >= sizeof(line) - 1)
		die("a line too long");
	line[n++] = '\n';
	if (write(a->oracle, line, (size_t)n) != n)
		die("tell");
}

void tell_opened(const struct attack *a, const char *type, int fd)
{
	char link[64], path[4096];
	struct stat st;
	ssize_t n;

	if (fd < 0) {
		tell(a, type, "evt.rawres=%d", -errno);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0 || fstat(fd, &st) < 0)
		die(link);
	path[n] = '\0';
	tell(a, type, "evt.rawres=%d\tevt.kernel_path=%s\tfd.ino=%ju", fd, path,
	     (uintmax_t)st.st_ino);
}

void tell_executed(const struct attack *a)
{
	static const char gone[] = " (deleted)";
	const char *name;
	char path[4096];
	struct stat st;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0 || stat("/proc/self/exe", &st) < 0)
		die("/proc/self/exe");
	path[n] = '\0';
	if (n > (ssize_t)strlen(gone) && strcmp(path + n - strlen(gone), gone) == 0)
		path[n - (ssize_t)strlen(gone)] = '\0';
	/* What never was in a directory has no slash in front; /proc puts one there. */
	if (strncmp(path, "/memfd:", 7) == 0)
		memmove(path, path + 1, strlen(path));
	/* The kernel's own copy of the name; besra's is made absolute. */
	name = strrchr((const char *)(uintptr_t)getauxval(AT_EXECFN), '/');
	tell(a, "execve",
	     "evt.rawres=0\tevt.kernel_path=%s\tproc.exe_ino=%ju\tevt.arg.filename>=%s", path,
	     (uintmax_t)st.st_ino, name ? name : "");
}

void begin(void)
{
	access("/evasion/begin", F_OK);
}

/* ---- Tools ---------------------------------------------------------------------------------- */

void run_program(const struct attack *a, const char *path, char **more)
{
	char oracle[16], *argv[16] = { (char *)(uintptr_t) "arrived", oracle };
	char *env[] = { NULL };
	size_t n = 2;

	snprintf(oracle, sizeof(oracle), "%d", a->oracle);
	while (more && *more && n < 15)
		argv[n++] = *more++;
	execve(path, argv, env);
	die(path);
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(path);
	close(fd);
}

void copy_program(const struct attack *a, const char *path, mode_t mode)
{
	int from = open(a->self, O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	char chunk[65536];
	ssize_t n;

	if (from < 0 || to < 0)
		die(path);
	while ((n = read(from, chunk, sizeof(chunk))) > 0)
		if (write(to, chunk, (size_t)n) != n)
			die(path);
	close(from);
	close(to);
}

/* On a CPU of its own, as far as there are two: they must run at the same time. */
static void use_cpu(unsigned which)
{
	cpu_set_t allowed, one;
	unsigned seen = 0;

	CPU_ZERO(&one);
	if (sched_getaffinity(getppid(), sizeof(allowed), &allowed) < 0)
		return;
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && seen++ == which) {
			CPU_SET(cpu, &one);
			sched_setaffinity(0, sizeof(one), &one);
		}
}

static void *rewrite(void *argument)
{
	struct rewriter *r = argument;

	use_cpu(1);
	for (unsigned i = 0; !r->stop; i++)
		*r->byte = r->values[i & 1];
	return NULL;
}

void rewriter_start(struct rewriter *r, char *byte, char one, char other)
{
	*r = (struct rewriter){ .byte = byte, .values = { one, other } };
	use_cpu(0);
	if (pthread_create(&r->thread, NULL, rewrite, r))
		die("start a thread");
}

void rewriter_stop(struct rewriter *r)
{
	r->stop = true;
	pthread_join(r->thread, NULL);
}

#define ENOUGH     10 /* rounds won */
#define MOST_TIMES 30 /* as many rounds as asked for */

bool rewriter_again(struct rewriter *r, const struct attack *a)
{
	r->rounds++;
	return r->rounds <= a->rounds || (r->won < ENOUGH && r->rounds <= a->rounds * MOST_TIMES);
}

void rewriter_note(struct rewriter *r, char used)
{
	r->won += *r->byte != used;
}

#define STEPS 400 /* the name must stay below 1024 bytes: longer ones are not told by fd.name */

void long_way(char path[4096], const char *name)
{
	for (unsigned i = 0; i < STEPS; i++)
		memcpy(path + 2 * (size_t)i, "./", 2);
	snprintf(path + 2 * (size_t)STEPS, 4096 - 2 * STEPS, "%s", name);
}

void make_own_etc(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("own", "/etc", "tmpfs", 0, "mode=755") < 0)
		die("an /etc of its own");
	write_file("/etc/shadow", "root:!:::::::\n");
}

/* ---- Cases ---------------------------------------------------------------------------------- */

static const struct attack_case *find_in(const struct attack_case *c, const char *name)
{
	for (; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static const struct attack_case *find(const char *name)
{
	const struct attack_case *const all[] = { race_cases,  name_race_cases, detour_cases,
						  uring_cases, exec_cases,      flood_cases };
	const struct attack_case *found = NULL;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && !found; i++)
		found = find_in(all[i], name);
	return found;
}

int main(int argc, char **argv)
{
	const struct attack_case *c;
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct attack a = { .self = self };

	a.oracle = argc > 1 ? atoi(argv[1]) : -1;
	if (argc > 1 && strcmp(argv[0], "arrived") == 0) {
		tell_executed(&a);
		return 0;
	}
	if (argc < 5 || n < 0 || !(c = find(argv[4]))) {
		fprintf(stderr, "usage: attack ORACLE DIRECTORY ROUNDS CASE\n");
		return 2;
	}
	self[n] = '\0';
	a.directory = argv[2];
	a.rounds = (unsigned)atoi(argv[3]);
	if (chdir(a.directory) < 0)
		die(a.directory);
	c->run(&a);
	access("/evasion/end", F_OK);
	return 0;
}
