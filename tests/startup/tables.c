/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tables pid=N|cgroup=PATH|none [proc] [nap=MS] [ring=BYTES] [sweep=MS]: captures what the state
 * needs, says "listed" when the running processes are known, sleeping for so long behind each thread
 * in the list, and obeys lines on standard input:
 *
 *	scope PID   this process and its descendants are in scope from now on
 *	hold MS     let the rings fill up for so long; says "held"
 *	drain       says "drained" as soon as the rings are empty
 *	now         (or the end) print the tables once they have come to rest, and end
 *
 * The tables are a JSON object for each thread; the last line counts.
 */

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "engine/engine.h"
#include "engine/needs.h"
#include "format/format.h"
#include "source/live.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REST_NS  (NS_PER_S / 5) /* so long without an event is rest */
#define SWEPT_NS (3 * NS_PER_S) /* so long when sweeps are to be seen, too */
#define NAP_NS   (NS_PER_S / 1000)

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

struct request {
	struct live_options live;
	int64_t pid;
	uint64_t nap_ns, sweep_ns;
};

static bool take_word(struct request *r, const char *word)
{
	uint64_t n = 0;

	if (strncmp(word, "cgroup=", 7) == 0) {
		r->live.scope = WIRE_SCOPE_CGROUP;
		r->live.cgroup = word + 7;
		return true;
	}
	if (strcmp(word, "none") == 0)
		return true;
	if (strcmp(word, "proc") == 0)
		return r->live.no_iterators = true;
	if (strncmp(word, "pid=", 4) == 0)
		return str_to_i64(str_from(word + 4), &r->pid);
	if (strncmp(word, "ring=", 5) == 0 && str_to_u64(str_from(word + 5), &n)) {
		r->live.state_ring_bytes = r->live.bulk_ring_bytes = (uint32_t)n;
		return true;
	}
	if (strncmp(word, "nap=", 4) == 0 && str_to_u64(str_from(word + 4), &n)) {
		r->nap_ns = n * (NS_PER_S / 1000);
		return true;
	}
	if (strncmp(word, "sweep=", 6) == 0 && str_to_u64(str_from(word + 6), &n)) {
		r->sweep_ns = n * (NS_PER_S / 1000);
		return true;
	}
	return false;
}

static struct source *open_scope(struct request *r, struct err *err)
{
	struct live_options options = r->live;
	struct needs needs;
	struct source *s;

	needs_of_rules(NULL, &needs);
	options.want = needs.syscall;
	s = source_open_live(&options, err);
	if (s && (live_want(s, needs.syscall, false, err) < 0 ||
		  (r->pid && live_scope_pid(s, r->pid, err) < 0))) {
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

static void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

/* What it was told to do once the rings allow it. */
struct orders {
	bool print, drain;
};

static void obey(struct source *s, struct orders *o)
{
	struct timespec nap;
	struct err err;
	char line[64];
	long n;

	if (!fgets(line, sizeof(line), stdin) || strcmp(line, "now\n") == 0) {
		o->print = true;
		return;
	}
	o->drain |= strcmp(line, "drain\n") == 0;
	n = strchr(line, ' ') ? atol(strchr(line, ' ')) : 0;
	nap = (struct timespec){ n / 1000, n % 1000 * 1000000 };
	if (strncmp(line, "hold", 4) == 0) {
		nanosleep(&nap, NULL);
		say("held");
	} else if (strncmp(line, "scope", 5) == 0) {
		say(live_scope_pid(s, n, &err) < 0 ? err.text : "in scope");
	}
}

/*
 * The numbers that are missing within each thread group, by the count the kernel side keeps. An
 * event that comes after a later one of its group fills the gap that was counted.
 */
struct gaps {
	struct idmap last; /* tgid -> number, as a pointer */
	int64_t missing;
	uint64_t unknown; /* events of threads nobody told of */
};

static void count_gap(struct gaps *g, const struct field_ctx *ctx)
{
	const uint64_t tgid = ctx->ev->num >> 32, n = (uint32_t)ctx->ev->num;
	const uint64_t last = (uintptr_t)idmap_get(&g->last, tgid);

	if (!n)
		return;
	if (last && n < last) {
		g->missing--;
		return;
	}
	g->missing += (int64_t)(n - last) - 1;
	idmap_put(&g->last, tgid, (void *)(uintptr_t)n);
}

static void look_at(const struct field_ctx *ctx, void *arg)
{
	const struct thread *t = ctx->who->thread;
	struct gaps *g = arg;

	g->unknown += !t || t->placeholder;
	count_gap(g, ctx);
}

/* One step; while the list is made, a rest behind each of its threads. */
static int step(struct engine *e, uint64_t nap_ns, struct err *err)
{
	const struct timespec nap = { 0, (long)(nap_ns % NS_PER_S) };
	struct state_stats before, now;
	int n;

	state_stats(engine_state(e), &before);
	n = engine_step(e, err);
	state_stats(engine_state(e), &now);
	if (now.added_threads != before.added_threads)
		nanosleep(&nap, NULL);
	return n;
}

/* Follows the events until asked and at rest: 0, or -errno. */
static int follow(struct engine *e, struct source *s, const struct request *r, struct err *err)
{
	const uint64_t rest_ns = r->sweep_ns ? SWEPT_NS : REST_NS;
	uint64_t last = clock_monotonic_ns();
	struct orders orders = { 0 };
	bool listed = false;
	struct live_repairs repairs;
	int n;

	for (;;) {
		/* Before the step: however long it takes to get on, what is held back comes out. */
		const uint64_t now = clock_monotonic_ns();

		n = step(e, listed ? 0 : r->nap_ns, err);
		if (n != 1 && n != -EAGAIN)
			return n;
		if (!listed && (n == -EAGAIN || engine_stats(e)->events)) {
			say("listed");
			listed = true;
		}
		engine_tidy(e, n == -EAGAIN);
		if (n == -EAGAIN && orders.drain) {
			orders.drain = false;
			say("drained");
		}
		if (!orders.print && was_asked()) {
			obey(s, &orders);
			n = 1; /* what came meanwhile is to be seen, too */
		}
		if (n == 1) {
			last = clock_monotonic_ns();
			continue;
		}
		live_repairs(s, &repairs);
		if (orders.print && now > last + rest_ns && !repairs.waiting)
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

static void print_counts(struct engine *e, struct source *s, const struct gaps *g)
{
	struct live_repairs r;

	live_repairs(s, &r);
	printf("events %" PRIu64 " lost %" PRIu64 " missing %" PRId64 " looked_up %" PRIu64
	       " not_found %" PRIu64 " reread %" PRIu64 " put_off %" PRIu64 " given_up %" PRIu64
	       " swept %" PRIu64 " unknown %" PRIu64 "\n",
	       engine_stats(e)->events, count_losses(s), g->missing, r.looked_up, r.not_found,
	       r.reread, r.put_off, r.given_up, engine_stats(e)->swept, g->unknown);
}

int main(int argc, char **argv)
{
	struct err err = { .text = "usage: tables pid=N|cgroup=PATH|none [WORD=VALUE...]" };
	struct request request = { .live.scope = WIRE_SCOPE_TASKS };
	struct gaps gaps = { 0 };
	struct engine_parts parts = { .watch = look_at, .watch_arg = &gaps };
	struct printing p = { 0 };
	struct source *s = NULL;
	struct engine *e;
	bool ok = argc > 1;
	int n = -1;

	setvbuf(stdin, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++)
		ok &= take_word(&request, argv[i]);
	if (ok)
		s = open_scope(&request, &err);
	parts.source = s;
	parts.sweep_ns = request.sweep_ns;
	e = s ? engine_new(&parts, &err) : NULL;
	if (e && (n = follow(e, s, &request, &err)) == 0) {
		p.state = engine_state(e);
		state_thread_each(p.state, put_thread, &p);
		fwrite(p.out.p, 1, p.out.len, stdout);
		print_counts(e, s, &gaps);
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	buf_fini(&p.out);
	idmap_fini(&gaps.last);
	engine_free(e);
	source_close(s);
	return n != 0;
}
