/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and says what it took: measure COMMAND [ARGUMENT...]
 *
 * The last line on standard error is "measured WALL_NS CPU_NS PEAK_KB". The kernel counts the
 * memory of whoever forks as the child's peak, too, so it must be a program as small as this.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static uint64_t nanoseconds(struct timeval t)
{
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_usec * 1000;
}

int main(int argc, char **argv)
{
	struct rusage used;
	uint64_t wall;
	int status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: %s COMMAND [ARGUMENT...]\n", argv[0]);
		return 2;
	}
	wall = clock_monotonic_ns();
	pid = fork();
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	wall = clock_monotonic_ns() - wall;
	fprintf(stderr, "measured %" PRIu64 " %" PRIu64 " %ld\n", wall,
		nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime), used.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
