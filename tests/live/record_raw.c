/* SPDX-License-Identifier: Apache-2.0 */

/*
 * record_raw OUT.scap -- CMD...: records the events of one process tree and nothing else. A plain
 * recording does not tell what came through an io_uring: BESRA_MARKS names a file that gets the
 * numbers of those events, counted from 0 without synthetic ones.
 */

#include "base/err.h"
#include "source/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct marks {
	FILE *out; /* NULL: nobody asks */
	unsigned long events;
};

static void mark(struct marks *m, const struct event *ev)
{
	if (ev->flags & WIRE_SYNTHETIC)
		return;
	if (m->out && ev->flags & WIRE_IO_URING)
		fprintf(m->out, "%lu\n", m->events);
	m->events++;
}

static int drain(struct source *s, struct scap_writer *w, struct marks *m, struct err *err)
{
	struct raw raw;
	struct event ev;
	int n;

	while ((n = source_next(s, &raw, err)) == 1)
		if (event_open(&ev, &raw) == 0) {
			mark(m, &ev);
			if ((n = scap_write(w, &ev, err)) < 0)
				return n;
		} else {
			fprintf(stderr, "malformed event\n");
		}
	return n == -EAGAIN ? 0 : n;
}

/* Nothing is missing silently: reasons by their number. */
static void print_losses(struct source *s)
{
	struct live_loss losses[64];
	size_t n = live_losses(s, losses, 64);

	for (size_t i = 0; i < n && i < 64; i++)
		fprintf(stderr, "loss: reason %d, type %u: %lu\n", (int)losses[i].reason,
			losses[i].type, (unsigned long)losses[i].count);
}

int main(int argc, char **argv)
{
	uint8_t want[WIRE_SYSCALLS_MAX];
	struct live_options o = { .scope = WIRE_SCOPE_TASKS,
				  .hold_ns = 1,
				  .by_functions = getenv("BESRA_BY_FUNCTIONS"),
				  .state_ring_bytes = 16 << 20,
				  .bulk_ring_bytes = 16 << 20 };
	struct err err = { 0 };
	struct marks marks = { 0 };
	const bool extended = getenv("BESRA_EXTENSION");
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
	if (getenv("BESRA_MARKS") && !(marks.out = fopen(getenv("BESRA_MARKS"), "we"))) {
		perror(getenv("BESRA_MARKS"));
		return 1;
	}
	if (extended)
		scap_with_extension(w);
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
	memset(want,
	       WIRE_NEED_EVENT | WIRE_NEED_FAILED | WIRE_NEED_COPIES |
		       (extended ? WIRE_NEED_EXTENSION : 0),
	       sizeof(want));
	if (live_want(s, want, true, &err) < 0 || live_scope_pid(s, child, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	/* What is there before is told before anything happens. */
	if (drain(s, w, &marks, &err) < 0 || write(go[1], &c, 1) != 1) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (;;) {
		pid_t done = waitpid(child, &status, WNOHANG);

		if (drain(s, w, &marks, &err) < 0)
			break;
		if (done == child)
			break;
		live_wait(s, 1000000);
	}
	usleep(20000);
	drain(s, w, &marks, &err);
	if (scap_finish(w, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	print_losses(s);
	if (marks.out)
		fclose(marks.out);
	source_close(s);
	return 0;
}
