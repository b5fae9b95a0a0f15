/* SPDX-License-Identifier: Apache-2.0 */

/*
 * storm CONTROL DIRECTORY NAP: processes that fork, execute, open, close, duplicate and change their
 * directory, until the byte in the file CONTROL is set; then each stays as it is. Between two steps
 * each sleeps for NAP us, so that those it starts live longer. DIRECTORY has the subdirectories a
 * and b. Everything ends after a minute, or BESRA_SLOWER minutes.
 */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS     3
#define CHILDREN    6   /* alive at one time, of each worker */
#define FDS         12  /* open at one time, beside what is inherited */
#define CHILD_STEPS 400 /* on the average */
#define MINUTE      60

struct worker {
	const volatile char *frozen;
	char *const *argv; /* to execute; NULL: not again */
	useconds_t nap_us;
	unsigned random;
	int fds[FDS];
	int children;
};

static unsigned roll(struct worker *w, unsigned sides)
{
	w->random = w->random * 1103515245 + 12345;
	return (w->random >> 16) % sides;
}

/* Stays; but at first, and at every signal, does what is told of it, for whoever missed something. */
static void stay_if_frozen(const struct worker *w)
{
	if (w->nap_us)
		usleep(w->nap_us);
	if (!*w->frozen)
		return;
	while (setuid(getuid()) == 0)
		pause();
	_exit(1);
}

static void wake(int number)
{
	(void)number;
}

static const volatile char *map_control(const char *path)
{
	int fd = open(path, O_RDONLY);
	char *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		exit(1);
	close(fd);
	return page;
}

static int make_fd(struct worker *w)
{
	const int cloexec = roll(w, 2) ? O_CLOEXEC : 0;
	int two[2], kept;

	switch (roll(w, 5)) {
	case 0:
		return open("/etc/passwd", O_RDONLY | cloexec);
	case 1:
		return open("/", O_RDONLY | O_DIRECTORY | cloexec);
	case 2:
		return socket(AF_INET, SOCK_DGRAM | (cloexec ? SOCK_CLOEXEC : 0), 0);
	case 3:
		if (pipe2(two, cloexec) < 0)
			return -1;
		kept = (int)roll(w, 2);
		close(two[!kept]);
		return two[kept];
	default:
		return open("a", O_PATH | cloexec);
	}
}

static void change_fd(struct worker *w)
{
	int *fd = &w->fds[roll(w, FDS)];

	if (*fd < 0)
		*fd = make_fd(w);
	else if (roll(w, 4) == 0)
		dup2(*fd, 64 + (int)roll(w, 8));
	else if (roll(w, 8) == 0)
		fcntl(*fd, F_SETFD, roll(w, 2) ? FD_CLOEXEC : 0);
	else if (close(*fd) == 0)
		*fd = -1;
}

static void change_directory(struct worker *w)
{
	static const char *const names[] = { "a", "b", "..", "../a", "../b" };

	/* Whether it exists depends on where we are; a failure changes nothing. */
	if (chdir(names[roll(w, 5)]) < 0)
		stay_if_frozen(w);
}

/* Shares the table with the main thread, and works only on numbers nobody else uses. */
static void *thread_main(void *arg)
{
	struct worker *w = arg;
	struct worker own = { .frozen = w->frozen, .nap_us = w->nap_us, .random = w->random + 1 };

	for (int i = 0; i < CHILD_STEPS; i++) {
		stay_if_frozen(&own);
		if (roll(&own, 2))
			dup2(0, 100);
		else
			close(100);
	}
	return NULL;
}

static void child_main(struct worker *w)
{
	const unsigned kind = roll(w, 4), steps = roll(w, 2 * CHILD_STEPS);
	pthread_t thread;

	stay_if_frozen(w);
	if (kind == 0)
		_exit(0);
	if (kind == 1 && w->argv)
		execv("/proc/self/exe", w->argv);
	if (kind == 2)
		pthread_create(&thread, NULL, thread_main, w);
	for (unsigned i = 0; i < steps; i++) {
		stay_if_frozen(w);
		change_fd(w);
		if (roll(w, 4) == 0)
			change_directory(w);
	}
	if (kind == 2)
		pthread_join(thread, NULL);
	stay_if_frozen(w);
	_exit(0);
}

static void reap(struct worker *w, int options)
{
	while (w->children && waitpid(-1, NULL, options) > 0)
		w->children--;
}

static void worker_main(struct worker *w)
{
	for (;;) {
		stay_if_frozen(w);
		change_fd(w);
		if (roll(w, 3) == 0)
			change_directory(w);
		if (roll(w, 4) == 0 && w->children < CHILDREN) {
			pid_t child = fork();

			w->random += (unsigned)getpid();
			if (child == 0)
				child_main(w);
			w->children += child > 0;
		}
		reap(w, WNOHANG);
	}
}

static unsigned lifetime_s(void)
{
	const char *slower = getenv("BESRA_SLOWER");
	int times = slower ? atoi(slower) : 1;

	return (unsigned)(times > 0 ? times : 1) * MINUTE;
}

int main(int argc, char **argv)
{
	/* What was executed by a child: it goes on as one. */
	char *again[] = { argv[0], argv[argc > 1], ".", argv[argc > 3 ? 3 : 0], "child", NULL };
	struct worker w = { .argv = again, .random = (unsigned)getpid() };

	signal(SIGUSR1, wake);
	if (argc < 4 || chdir(argv[2]) < 0)
		return 2;
	alarm(lifetime_s());
	w.frozen = map_control(argv[1]);
	w.nap_us = (useconds_t)atoi(argv[3]);
	memset(w.fds, -1, sizeof(w.fds));
	if (argc > 4) {
		w.argv = NULL; /* once is enough */
		child_main(&w);
	}
	for (int i = 0; i < WORKERS; i++) {
		w.random += 7919;
		if (fork() == 0) {
			alarm(lifetime_s());
			worker_main(&w);
		}
	}
	for (;;)
		pause();
}
