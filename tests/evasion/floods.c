/* SPDX-License-Identifier: Apache-2.0 */

/* Noise: as much as one process can make in as many milliseconds as it is given rounds. */

#include "attack.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#define BURST 64 /* between looks at the clock */

static void flood(const struct attack *a, void (*once)(void))
{
	const uint64_t end = now_ms() + a->rounds;

	while (now_ms() < end)
		for (unsigned i = 0; i < BURST; i++)
			once();
}

static void look(void)
{
	access("/evasion/noise", F_OK);
}

static void open_and_close(void)
{
	close(open("/dev/null", O_RDONLY));
}

static void fork_once(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void flood_bulk(const struct attack *a)
{
	flood(a, look);
}

static void flood_open(const struct attack *a)
{
	flood(a, open_and_close);
}

static void flood_fork(const struct attack *a)
{
	flood(a, fork_once);
}

/* What must be reported in the middle of it. */
static void detection(const struct attack *a)
{
	int fd;

	copy_program(a, "plan", 0700);
	make_own_etc();
	begin();
	fd = openat(AT_FDCWD, "/etc/shadow", O_RDONLY);
	tell_opened(a, "openat", fd);
	if (fork() == 0)
		run_program(a, "plan", NULL);
	wait(NULL);
}

/* Just the marks. */
static void nothing(const struct attack *a)
{
	(void)a;
	begin();
}

const struct attack_case flood_cases[] = {
	{ "flood-bulk", flood_bulk }, { "flood-open", flood_open }, { "flood-fork", flood_fork },
	{ "detection", detection },   { "nothing", nothing },       { NULL, NULL },
};
