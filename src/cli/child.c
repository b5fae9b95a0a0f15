/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127
#define EXIT_KILLED      128 /* plus the signal, as shells have it */

/* In the child: waits for a byte, then becomes the command. A closed pipe means: never mind. */
static _Noreturn void wait_and_exec(int go, char **command)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(EXIT_NOT_STARTED);
	close(go);
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	fprintf(stderr, "besra: %s: %s\n", command[0], strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

bool child_prepare(struct child *c, char **command)
{
	int ends[2];

	*c = (struct child){ .pid = -1, .go = -1 };
	if (pipe(ends) < 0) {
		complain("start %s: %s", command[0], strerror(errno));
		return false;
	}
	c->pid = fork();
	if (c->pid == 0) {
		close(ends[1]);
		wait_and_exec(ends[0], command);
	}
	close(ends[0]);
	c->go = ends[1];
	if (c->pid < 0) {
		complain("start %s: %s", command[0], strerror(errno));
		close(c->go);
		c->go = -1;
	}
	return c->pid > 0;
}

void child_go(struct child *c)
{
	/* When nobody reads any more, the child is gone and waitpid will say so. */
	if (write(c->go, "", 1) != 1)
		c->ended = false;
	close(c->go);
	c->go = -1;
}

bool child_has_ended(struct child *c)
{
	if (!c->ended && c->pid > 0)
		c->ended = waitpid(c->pid, &c->status, WNOHANG) == c->pid;
	return c->ended;
}

int child_exit_status(const struct child *c)
{
	if (!c->ended)
		return EXIT_OK;
	return WIFSIGNALED(c->status) ? EXIT_KILLED + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}

void child_abandon(struct child *c)
{
	if (c->pid <= 0)
		return;
	if (c->go < 0) {
		if (was_terminated() && !child_has_ended(c))
			kill(c->pid, SIGTERM);
		return;
	}
	close(c->go);
	waitpid(c->pid, &c->status, 0);
	*c = (struct child){ .pid = -1, .go = -1 };
}
