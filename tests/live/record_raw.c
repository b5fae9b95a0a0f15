/* SPDX-License-Identifier: Apache-2.0 */

/* record_raw OUT.scap -- CMD...: records the events of one process tree and nothing else. */

#include "base/err.h"
#include "source/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int drain(struct source *s, struct scap_writer *w, struct err *err)
{
	struct raw raw;
	struct event ev;
	int n;

	while ((n = source_next(s, &raw, err)) == 1)
		if (event_open(&ev, &raw) == 0) {
			if ((n = scap_write(w, &ev, err)) < 0)
				return n;
		} else {
			fprintf(stderr, "malformed event\n");
		}
	return n == -EAGAIN ? 0 : n;
}

int main(int argc, char **argv)
{
	uint8_t want[WIRE_SYSCALLS_MAX];
	struct live_options o = { .scope = WIRE_SCOPE_TASKS,
				  .hold_ns = 1,
				  .state_ring_bytes = 16 << 20,
				  .bulk_ring_bytes = 16 << 20 };
	struct err err = { 0 };
	struct source *s;
	struct scap_writer *w;
	int ready[2], go[2], status = 0;
	pid_t child;
	char c = 0;

	if (argc < 4)
		return 2;
	s = source_open_live(&o, &err);
	if (!s || !(w = scap_create(argv[1], false, &err)) || pipe(ready) < 0 || pipe(go) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	child = fork();
	if (child == 0) {
		if (dup2(ready[1], 3) < 0 || dup2(go[0], 4) < 0 || close_range(5, ~0u, 0) < 0)
			_exit(126);
		/* From here on only what the command does is new: the fork lies behind. */
		if (write(3, &c, 1) != 1 || read(4, &c, 1) != 1)
			_exit(126);
		close_range(3, 4, 0);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	if (child < 0 || read(ready[0], &c, 1) != 1)
		return 1;
	memset(want, WIRE_NEED_EVENT | WIRE_NEED_FAILED, sizeof(want));
	if (live_want(s, want, true, &err) < 0 || live_scope_pid(s, child, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	/* What is there before is told before anything happens. */
	if (drain(s, w, &err) < 0 || write(go[1], &c, 1) != 1) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (;;) {
		pid_t done = waitpid(child, &status, WNOHANG);

		if (drain(s, w, &err) < 0)
			break;
		if (done == child)
			break;
		live_wait(s, 1000000);
	}
	usleep(20000);
	drain(s, w, &err);
	if (scap_finish(w, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	source_close(s);
	return 0;
}
