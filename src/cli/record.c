/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/map.h"
#include "engine/needs.h"
#include "source/live.h"
#include "state/state.h"

#define NAP_NS    (NS_PER_S / 2000)
#define SLEEP_NS  (NS_PER_S / 10)
#define LINGER_NS (NS_PER_S / 20) /* for the last events of a command that ended */

struct record {
	struct arena *arena;
	const char *path;
	bool compress, with_env, extension, old_readers;
	uint64_t snaplen;
	uint64_t duration_ns; /* 0: no end */
	uint64_t end_ns;      /* from the start of the recording on; UINT64_MAX: none */
	struct scope scope;
	char **command;
	struct child child;
	struct source *source;
	struct scap_writer *writer;
	struct buf changed;  /* an event with one parameter changed */
	struct idmap listed; /* tid -> when it was listed, as a pointer; empty once that is past */
	uint64_t listed_ts;  /* the last of them */
	uint64_t events, flushed; /* UINT64_MAX: not even the beginning */
};

static int usage(void)
{
	struct buf out = { 0 };

	buf_str(&out,
		STR("Usage: besra record -w FILE [options] [-- CMD...]\n\n"
		    "Records system calls to a .scap trace: of the whole system, or of CMD\n"
		    "and its children, like strace. Needs root and a kernel with BTF.\n\n"
		    "  -w FILE       the trace; - is standard output\n"
		    "  -z            compress it\n"
		    "  -s BYTES      of data buffers kept (default 80)\n"
		    "  -M SECONDS    stop after so long\n"
		    "  --scope WHAT  only pid=N (with its children), cgroup=PATH or container=ID\n"
		    "  --with-env    record environments, which may hold secrets\n"
		    "  --extension   record what the kernel used, too, for evt.kernel_path and its\n"
		    "                kin; other readers pass over it\n"
		    "  --old-readers leave out what sysdig 0.29 cannot read\n"
		    "  -h            print this page\n"));
	return finish_with(&out);
}

static bool take_number(const char *text, const char *flag, uint64_t most, uint64_t *out)
{
	if (str_to_u64(str_from(text), out) && *out <= most)
		return true;
	complain("record: %s takes a number up to %" PRIu64 ", not '%s'", flag, most, text);
	return false;
}

/* 1 go on, 0 done (help was printed), -1 after a complaint. */
static int parse(struct record *r, int argc, char **argv)
{
	static const struct option words[] = {
		{ "scope", required_argument, NULL, 'S' },
		{ "with-env", no_argument, NULL, 'E' },
		{ "extension", no_argument, NULL, 'X' },
		{ "old-readers", no_argument, NULL, 'O' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	uint64_t seconds = 0;
	int got;

	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, "+:w:zs:M:h", words, NULL)) != -1)
		switch (got) {
		case 'w':
			r->path = optarg;
			break;
		case 'z':
			r->compress = true;
			break;
		case 's':
			if (!take_number(optarg, "-s", UINT16_MAX, &r->snaplen))
				return -1;
			break;
		case 'M':
			if (!take_number(optarg, "-M", UINT32_MAX, &seconds))
				return -1;
			break;
		case 'S':
			if (!scope_parse(r->arena, optarg, &r->scope))
				return -1;
			break;
		case 'E':
			r->with_env = true;
			break;
		case 'X':
			r->extension = true;
			break;
		case 'O':
			r->old_readers = true;
			break;
		case 'h':
			usage();
			return 0;
		case ':':
			complain("record: option '%s' needs a value", argv[optind - 1]);
			return -1;
		default:
			complain("record: unknown option '%s'; besra record -h lists them",
				 argv[optind - 1]);
			return -1;
		}
	r->duration_ns = seconds * NS_PER_S;
	if (optind < argc)
		r->command = argv + optind;
	if (!r->path)
		complain("record: where to? give -w FILE");
	else if (r->command && r->scope.kind != WIRE_SCOPE_ALL)
		complain("record: --scope and a command do not go together");
	else
		return 1;
	return -1;
}

/* The environment parameter of exec events, or -1. */
static int env_param(unsigned type)
{
	switch (type) {
	case EVENT_EXECVE_19_X:
		return EXECVE_19_X_ENV;
	case EVENT_EXECVEAT_X:
		return EXECVEAT_X_ENV;
	default:
		return -1;
	}
}

/* The same event with another value of one parameter; false when it cannot be rewritten. */
static bool with_param(struct record *r, struct event *ev, unsigned which, struct str value)
{
	struct event_writer w;
	struct raw raw = ev->raw;

	buf_reset(&r->changed);
	event_begin(&w, &r->changed, ev->type, ev->ts, ev->tid, ev->nparams + ev->nextra);
	for (unsigned i = 0; i < ev->nparams; i++) {
		struct str s = i == which ? value : event_param(ev, i);

		event_push(&w, s.p, s.len);
	}
	for (unsigned i = 0; i < ev->nextra; i++) {
		struct str s = event_extension(ev, i);

		event_push(&w, s.p, s.len);
	}
	if (event_end(&w) < 0)
		return false;
	raw.bytes = (const uint8_t *)r->changed.p;
	raw.len = (uint32_t)r->changed.len;
	return event_open(ev, &raw) == 0;
}

/*
 * What makes sysdig 0.29 refuse a trace or crash over it: in the list of descriptors, kinds behind
 * files with a device number, which it gets as what it calls unsupported; and calls without an
 * event of their own that are not in its table.
 */
#define OLD_FD_TYPES FD_FILE_V2
#define OLD_CODES    330

static bool for_old_readers(struct record *r, struct event *ev)
{
	static const int8_t unsupported = FD_UNSUPPORTED;

	if (ev->type == EVENT_GENERIC_X)
		return event_int_or(ev, GENERIC_X_ID, 0) < OLD_CODES;
	if (ev->type != EVENT_FD_ENTRY ||
	    event_int_or(ev, FD_ENTRY_FD_TYPE, FD_UNKNOWN) <= OLD_FD_TYPES)
		return true;
	return with_param(r, ev, FD_ENTRY_FD_TYPE, str_of(&unsupported, sizeof(unsupported)));
}

/* ---- Where the list ends and the events begin ------------------------------------------------ */

/*
 * False for what is not to be in it: descriptors of a process that was born while the machine was
 * listed, and is not in the list itself. sysdig refuses them; the birth, an event, tells of them.
 */
static bool note_listed(struct record *r, const struct event *ev)
{
	if (ev->type == EVENT_FD_ENTRY)
		return idmap_get(&r->listed, (uint64_t)ev->tid);
	if (ev->type != EVENT_PROC_ENTRY)
		return true;
	idmap_put(&r->listed, (uint64_t)ev->tid, (void *)(uintptr_t)ev->ts);
	if (ev->ts > r->listed_ts)
		r->listed_ts = ev->ts;
	return true;
}

static bool listed_after(const struct record *r, int64_t tid, uint64_t ts)
{
	return (uintptr_t)idmap_get(&r->listed, (uint64_t)tid) > ts;
}

static bool is_birth(unsigned type)
{
	return type == EVENT_CLONE_20_X || type == EVENT_FORK_20_X || type == EVENT_VFORK_20_X ||
	       type == EVENT_CLONE3_X;
}

/*
 * Events that waited while the machine was listed: those older than their thread's entry are in
 * it already, and a reader knows no times of entries. The birth of a thread that is not in the list
 * is told by its parent's event, however old.
 */
static bool is_in_list(struct record *r, const struct event *ev)
{
	if (!r->listed.n)
		return false;
	if (ev->ts > r->listed_ts) {
		idmap_fini(&r->listed);
		return false;
	}
	if (!listed_after(r, ev->tid, ev->ts))
		return false;
	return !is_birth(ev->type) || listed_after(r, event_int_or(ev, CLONE_20_X_RES, 0), ev->ts);
}

/* The event as it is to be written; false: not at all. */
static bool prepare(struct record *r, struct event *ev)
{
	const int env = r->with_env ? -1 : env_param(ev->type);

	if (r->old_readers && !for_old_readers(r, ev))
		return false;
	/* A file has its lists before its events; what is listed again has no place in it. */
	if (ev->flags & WIRE_SYNTHETIC)
		return !r->events && ev->type != EVENT_FDS_ENTRY && note_listed(r, ev);
	return !is_in_list(r, ev) && (env < 0 || with_param(r, ev, (unsigned)env, str_of("", 0)));
}

#define LOOK_EVERY 1024 /* events between looks at the clock */

/* Everything that is there now: 0, or -errno with *err filled. */
static int write_pending(struct record *r, struct err *err)
{
	struct raw raw;
	struct event ev;
	int n = 0;

	for (unsigned i = 1; go_on() && (n = source_next(r->source, &raw, err)) == 1; i++) {
		if (i % LOOK_EVERY == 0 && !r->command && clock_monotonic_ns() >= r->end_ns)
			return 0;
		if (event_open(&ev, &raw) < 0 || !prepare(r, &ev))
			continue;
		n = scap_write(r->writer, &ev, err);
		if (n < 0)
			return n;
		r->events += !(ev.flags & WIRE_SYNTHETIC);
	}
	return n == -EAGAIN || !go_on() ? 0 : n;
}

static int run(struct record *r, struct err *err)
{
	struct timespec nap = { .tv_nsec = NAP_NS };

	r->end_ns = r->duration_ns ? clock_monotonic_ns() + r->duration_ns : UINT64_MAX;
	while (go_on() && clock_monotonic_ns() < r->end_ns) {
		uint64_t before = r->events;
		bool quiet;
		int n = write_pending(r, err);

		if (n < 0)
			return n;
		/* What was there before is written now: the command may begin. */
		if (r->child.go >= 0)
			child_go(&r->child);
		if (r->command && r->end_ns == UINT64_MAX && child_has_ended(&r->child))
			r->end_ns = clock_monotonic_ns() + LINGER_NS;
		quiet = r->events == before;
		/* Whoever comes after a crash, or looks on, finds what happened before. */
		if (quiet && r->events != r->flushed && (n = scap_flush(r->writer, err)) < 0)
			return n;
		if (quiet)
			r->flushed = r->events;
		if (!quiet || r->child.ended)
			nanosleep(&nap, NULL);
		else
			live_wait(r->source, SLEEP_NS);
	}
	return write_pending(r, err);
}

static bool start(struct record *r, struct err *err)
{
	struct live_options options = { .snaplen = (uint32_t)r->snaplen,
					.scope = r->scope.kind,
					.cgroup = r->scope.cgroup,
					.with_env = r->with_env };
	struct needs needs;

	needs_all(&needs);
	if (r->extension)
		needs_extension(&needs);
	options.want = needs.syscall;
	r->source = source_open_live(&options, err);
	if (!r->source)
		return false;
	print_unseen(r->source);
	r->writer = scap_create(r->path, r->compress, err);
	if (!r->writer)
		return false;
	if (r->extension)
		scap_with_extension(r->writer);
	if (live_want(r->source, needs.syscall, needs.signals, err) < 0)
		return false;
	return r->scope.kind != WIRE_SCOPE_TASKS ||
	       live_scope_pid(r->source, r->scope.pid, err) == 0;
}

int command_record(int argc, char **argv)
{
	struct record r = { .arena = arena_new(),
			    .flushed = UINT64_MAX,
			    .child = { .pid = -1, .go = -1 } };
	struct err err = { 0 };
	int parsed = parse(&r, argc, argv);
	bool ok = parsed > 0;

	if (ok && r.command) {
		ok = child_prepare(&r.child, r.command);
		r.scope = (struct scope){ .kind = WIRE_SCOPE_TASKS, .pid = r.child.pid };
	}
	catch_signals();
	if (ok) {
		ok = start(&r, &err) && run(&r, &err) == 0;
		if (!ok)
			complain("%s", err.text);
	}
	child_abandon(&r.child);
	if (r.writer && scap_left_out(r.writer))
		complain("%" PRIu64 " events are recorded without what the kernel used: too large",
			 scap_left_out(r.writer));
	if (r.writer && scap_finish(r.writer, &err) < 0) {
		complain("%s", err.text);
		ok = false;
	}
	if (ok && strcmp(r.path, "-") != 0)
		fprintf(stderr, "besra: %" PRIu64 " events in %s\n", r.events, r.path);
	if (r.source)
		print_losses(r.source, NULL);
	source_close(r.source);
	idmap_fini(&r.listed);
	buf_fini(&r.changed);
	arena_free(r.arena);
	return ok ? child_exit_status(&r.child) : parsed == 0 ? EXIT_OK : EXIT_FAILED;
}
