/* SPDX-License-Identifier: Apache-2.0 */

/*
 * live_work CALL SECONDS: makes a system call again and again, and prints what one takes:
 * "CALLS LEAST MEDIAN" in ns, of batches so short that some of them meet nothing else on the
 * machine: the least is what it takes then.
 *
 *	getppid     nobody asks for it
 *	open_close  a file that exists, and its descriptor; both calls count as one
 *	pread       64 bytes
 *	spawn       fork, execve /bin/true, exit, wait
 *
 * live_work run TIMES COMMAND...: runs a command again and again, and prints the same of the CPU
 * time it and all its children took: waiting for a CPU says nothing about what the work costs.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define FILE_NAME   "/etc/hostname"
#define BATCH_NS    (NS_PER_S / 20000)
#define BATCHES_MAX 100000

static int data = -1, sink = -1;

static bool do_getppid(void)
{
	return syscall(SYS_getppid) > 0;
}

static bool do_open_close(void)
{
	int fd = open(FILE_NAME, O_RDONLY);

	return fd >= 0 && close(fd) == 0;
}

static bool do_pread(void)
{
	char bytes[64];

	return pread(data, bytes, sizeof(bytes), 0) >= 0;
}

/* To a descriptor that no rule of the comparison is about. */
static bool do_write(void)
{
	static const char bytes[64];

	return write(sink, bytes, sizeof(bytes)) == sizeof(bytes);
}

static bool do_open_missing(void)
{
	return open("/nonexistent/file", O_RDONLY) < 0;
}

static bool do_spawn(void)
{
	static char name[] = "true";
	char *const argv[] = { name, NULL }, *const none[] = { NULL };
	int status = -1;
	pid_t pid;

	return posix_spawn(&pid, "/bin/true", NULL, NULL, argv, none) == 0 &&
	       waitpid(pid, &status, 0) == pid && status == 0;
}

static const struct {
	const char *name;
	bool (*once)(void);
} calls[] = {
	{ "getppid", do_getppid }, { "open_close", do_open_close },     { "pread", do_pread },
	{ "write", do_write },     { "open_missing", do_open_missing }, { "spawn", do_spawn },
};

/* ns that n calls take. */
static uint64_t batch(bool (*once)(void), uint64_t n)
{
	uint64_t before = clock_monotonic_ns();

	for (uint64_t i = 0; i < n; i++)
		if (!once()) {
			perror("live_work");
			exit(1);
		}
	return clock_monotonic_ns() - before;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t took[BATCHES_MAX];

/* Of n samples, each for `calls` calls. */
static void print_samples(size_t n, uint64_t of_calls)
{
	qsort(took, n, sizeof(took[0]), by_size);
	printf("%" PRIu64 " %.1f %.1f\n", of_calls * n, (double)took[0] / (double)of_calls,
	       (double)took[n / 2] / (double)of_calls);
}

static void work(bool (*once)(void), uint64_t ns)
{
	uint64_t n = 1, end = clock_monotonic_ns() + ns;
	size_t batches = 0;

	while (batch(once, n) < BATCH_NS / 2)
		n *= 2;
	while (batches < BATCHES_MAX && clock_monotonic_ns() < end)
		took[batches++] = batch(once, n);
	if (batches == 0)
		took[batches++] = batch(once, n);
	print_samples(batches, n);
}

static uint64_t cpu_ns(const struct rusage *used)
{
	return (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * NS_PER_S +
	       (uint64_t)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) * 1000;
}

static int run(size_t times, char **command)
{
	for (size_t i = 0; i < times; i++) {
		struct rusage used;
		pid_t pid = fork();
		int status = 1;

		if (pid == 0) {
			execvp(command[0], command);
			_exit(127);
		}
		if (wait4(pid, &status, 0, &used) != pid || status != 0) {
			fprintf(stderr, "live_work: %s failed\n", command[0]);
			return 1;
		}
		took[i] = cpu_ns(&used);
	}
	print_samples(times, 1);
	return 0;
}

int main(int argc, char **argv)
{
	size_t times = argc > 3 && strcmp(argv[1], "run") == 0 ? (size_t)atoi(argv[2]) : 0;

	if (times > 0 && times <= BATCHES_MAX)
		return run(times, argv + 3);
	data = open(FILE_NAME, O_RDONLY);
	sink = open("/dev/null", O_WRONLY);
	for (size_t i = 0; argc == 3 && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(argv[1], calls[i].name) == 0) {
			work(calls[i].once, (uint64_t)(strtod(argv[2], NULL) * (double)NS_PER_S));
			return 0;
		}
	fprintf(stderr, "usage: %s CALL SECONDS | run TIMES COMMAND...\n", argv[0]);
	return 2;
}
