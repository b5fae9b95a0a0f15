/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tables pid=N|cgroup=PATH: captures what the state needs, says "listed" when the running
 * processes are known, and at the first byte on standard input (or its end) prints the tables once
 * they have come to rest: a JSON object for each thread.
 */

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "engine/engine.h"
#include "engine/needs.h"
#include "format/format.h"
#include "source/live.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REST_NS (NS_PER_S / 5) /* so long without an event is rest */
#define NAP_NS  (NS_PER_S / 1000)

struct printing {
	const struct state *state;
	struct buf out;
	const char *separator;
};

static struct str view(const struct istr *s)
{
	return s ? istr_view(s) : STR("");
}

static void put_fd(struct fd *fd, void *arg)
{
	struct printing *p = arg;

	buf_printf(&p->out, "%s\"%" PRId64 "\": [\"%c\", ", p->separator, fd->num,
		   fd_type_letter((enum fd_type)fd->type));
	json_string(&p->out, view(fd->name));
	buf_printf(&p->out, ", %d]", (fd->marks & FD_CLOEXEC) != 0);
	p->separator = ", ";
}

static void put_thread(struct thread *t, void *arg)
{
	struct printing *p = arg;
	const struct thread *parent = state_parent(p->state, t);

	buf_printf(&p->out, "{\"tid\": %" PRId64 ", \"pid\": %" PRId64 ", \"ppid\": %" PRId64,
		   t->tid, t->pid, parent ? parent->pid : 0);
	buf_printf(&p->out, ", \"placeholder\": %d, \"uid\": %u, \"comm\": ", t->placeholder,
		   t->uid);
	json_string(&p->out, view(t->comm));
	buf_str(&p->out, STR(", \"cwd\": "));
	json_string(&p->out, t->fs ? view(t->fs->cwd) : STR(""));
	buf_str(&p->out, STR(", \"exepath\": "));
	json_string(&p->out, t->image ? t->image->exepath : STR(""));
	buf_str(&p->out, STR(", \"fds\": {"));
	p->separator = "";
	state_fd_each(p->state, t, put_fd, p);
	buf_str(&p->out, STR("}}\n"));
}

static struct source *open_scope(const char *scope, struct err *err)
{
	struct live_options options = { .scope = WIRE_SCOPE_CGROUP };
	struct needs needs;
	struct source *s;
	int64_t pid;

	needs_of_rules(NULL, &needs);
	options.want = needs.syscall;
	if (strncmp(scope, "cgroup=", 7) == 0)
		options.cgroup = scope + 7;
	else if (strncmp(scope, "pid=", 4) == 0 && str_to_i64(str_from(scope + 4), &pid))
		options.scope = WIRE_SCOPE_TASKS;
	else
		return NULL;
	s = source_open_live(&options, err);
	if (s && (live_want(s, needs.syscall, false, err) < 0 ||
		  (!options.cgroup && live_scope_pid(s, pid, err) < 0))) {
		source_close(s);
		s = NULL;
	}
	return s;
}

static bool was_asked(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Follows the events until asked and at rest: 0, or -errno. */
static int follow(struct engine *e, struct source *s, struct err *err)
{
	uint64_t last = clock_monotonic_ns();
	bool listed = false;
	int n;

	for (;;) {
		n = engine_step(e, err);
		if (n != 1 && n != -EAGAIN)
			return n;
		if (!listed && (n == -EAGAIN || engine_stats(e)->events)) {
			puts("listed");
			fflush(stdout);
			listed = true;
		}
		if (n == 1) {
			last = clock_monotonic_ns();
			continue;
		}
		if (was_asked() && clock_monotonic_ns() - last > REST_NS)
			return 0;
		live_wait(s, NAP_NS);
	}
}

static uint64_t count_losses(struct source *s)
{
	struct live_loss losses[256];
	size_t n = live_losses(s, losses, ARRAY_SIZE(losses));
	uint64_t sum = 0;

	for (size_t i = 0; i < n && i < ARRAY_SIZE(losses); i++)
		if (losses[i].reason != WIRE_LOSS_READ && losses[i].reason != WIRE_LOSS_CUT)
			sum += losses[i].count;
	return sum;
}

int main(int argc, char **argv)
{
	struct err err = { .text = "usage: tables pid=N|cgroup=PATH" };
	struct source *s = argc == 2 ? open_scope(argv[1], &err) : NULL;
	struct engine_parts parts = { .source = s };
	struct printing p = { 0 };
	struct engine *e;
	int n = -1;

	e = s ? engine_new(&parts, &err) : NULL;
	if (e && (n = follow(e, s, &err)) == 0) {
		p.state = engine_state(e);
		state_thread_each(p.state, put_thread, &p);
		fwrite(p.out.p, 1, p.out.len, stdout);
		printf("events %" PRIu64 " lost %" PRIu64 "\n", engine_stats(e)->events,
		       count_losses(s));
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	buf_fini(&p.out);
	engine_free(e);
	source_close(s);
	return n != 0;
}
