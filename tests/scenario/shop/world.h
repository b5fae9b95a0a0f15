/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_WORLD_H
#define TESTS_SCENARIO_WORLD_H

/*
 * A make-believe machine that writes down what its processes do, as the kernel's side would
 * have: every event with all parameters of its table. The same calls give the same bytes; there
 * is no clock but the one here, and no chance but a fixed sequence.
 *
 * Whatever goes wrong ends the program with a message: it runs when traces are made, and in tests.
 */

#include "base/buf.h"
#include "schema/event.h"
#include "schema/flags.h"

#define WORLD_PROCS   128
#define WORLD_ARGS    512
#define WORLD_CGROUPS 640
#define WORLD_MADE    32
#define WORLD_CPUS    4

/* Where a process runs: what its descendants share unless they are put elsewhere. */
struct place {
	const char *cgroup;     /* the path all controllers show */
	const char *const *env; /* NULL-terminated */
	int64_t pids_from;      /* subtracted from a pid to give the one inside */
	uint64_t pidns_start;   /* when its pid namespace began; 0 on the host */
	uint64_t root_caps;     /* of a process of uid 0 */
	bool layered;           /* files lie in the layers of an image */
};

struct proc {
	int64_t tid, ptid, sid, pgid;
	uint32_t uid, gid, loginuid, tty;
	uint64_t fds;   /* bit n: descriptor n is open */
	uint64_t start; /* when it was cloned */
	const struct place *place;
	char comm[16];
	const char *cwd;
	const char *exepath;
	char args[WORLD_ARGS]; /* argv, each ended by NUL */
	size_t args_len;
	uint32_t exec_flags;
};

/* A file that was made while the recording ran. */
struct made {
	const char *path;
	const struct place *place;
	uint64_t when;
};

struct scap_writer;

struct world {
	struct scap_writer *out;
	struct buf event; /* the one being written */
	uint64_t now;
	uint64_t seed;
	int64_t last_pid;
	struct proc procs[WORLD_PROCS]; /* tid 0: free */
	struct made made[WORLD_MADE];
	size_t nmade;
};

void world_begin(struct world *w, const char *path, uint64_t now, int64_t last_pid);
void world_end(struct world *w);

/* A parameter's value. */
struct value {
	enum { VALUE_EMPTY, VALUE_INT, VALUE_TEXT, VALUE_BYTES } kind;
	int64_t number;
	struct str bytes;
};

#define EMPTY    ((struct value){ .kind = VALUE_EMPTY })
#define INT(v)   ((struct value){ .kind = VALUE_INT, .number = (int64_t)(v) })
#define TEXT(s)  ((struct value){ .kind = VALUE_TEXT, .bytes = str_from(s) })
#define BYTES(s) ((struct value){ .kind = VALUE_BYTES, .bytes = (s) })

/* Writes one event of the process, or of none (NULL), a few microseconds after the last. */
void emit(struct world *w, const struct proc *p, unsigned type, const struct value *values,
	  size_t n);
#define EMIT(w, p, type, ...)                                                                      \
	emit((w), (p), (type), (const struct value[]){ __VA_ARGS__ },                              \
	     sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value))

/* The same for what was there before the first event: no process, time 0, marked synthetic. */
void emit_fact(struct world *w, int64_t tid, unsigned type, const struct value *values, size_t n);
#define FACT(w, tid, type, ...)                                                                    \
	emit_fact((w), (tid), (type), (const struct value[]){ __VA_ARGS__ },                       \
		  sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value))

/* Time passes, give or take a tenth. */
void pause_ms(struct world *w, unsigned ms);
/* The next number of the fixed sequence, below `limit`; once per EMIT, whose values have no order. */
uint64_t chance(struct world *w, uint64_t limit);
/* An inode number that goes with the path. */
uint64_t inode_of(const char *path);
/* The path's last part. */
const char *base_name(const char *path);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* "cpuset=PATH", ... with a NUL after each: the controllers the kernel's side reports. */
struct str cgroups_of(const struct place *place, char out[WORLD_CGROUPS]);

/* ---- Processes ------------------------------------------------------------------------------- */

/* A process without history: not in the file until it is listed or cloned. */
struct proc *proc_new(struct world *w, int64_t tid, int64_t ptid, const struct place *place,
		      const char *exepath, const char *const *argv);
/* A running process by its name; of several the one that started last. */
struct proc *proc_named(struct world *w, const char *comm);

/* fork: both sides, the parent's first. */
struct proc *forks(struct world *w, struct proc *parent);
/* The same into another place (a container), as the child of `adopter`. */
struct proc *forks_into(struct world *w, struct proc *parent, struct proc *adopter,
			const struct place *place);
/* execve, the loader's work included. */
void executes(struct world *w, struct proc *p, const char *path, const char *const *argv);
/* execve with nothing after it, for programs linked statically. */
void executes_static(struct world *w, struct proc *p, const char *path, const char *const *argv);
/* fork and execve. */
struct proc *starts(struct world *w, struct proc *parent, const char *path,
		    const char *const *argv);
/* The process ends by itself, and its parent takes note. */
void exits(struct world *w, struct proc *p, int code);
/* fork, execve, a moment, and the end. */
void runs(struct world *w, struct proc *parent, const char *path, const char *const *argv);

void becomes_session_leader(struct world *w, struct proc *p, uint32_t tty);
void becomes_user(struct world *w, struct proc *p, uint32_t uid, uint32_t gid);
void changes_directory(struct world *w, struct proc *p, const char *path);
/* A system call that has no event of its own. */
void calls(struct world *w, struct proc *p, unsigned syscall_code);
void maps_memory(struct world *w, struct proc *p, int fd, uint64_t length, uint32_t prot);

/* ---- Files ----------------------------------------------------------------------------------- */

/* Returns the descriptor. */
int opens(struct world *w, struct proc *p, const char *path, uint32_t flags, uint32_t mode);
void fails_to_open(struct world *w, struct proc *p, const char *path, uint32_t flags, int error);
void reads(struct world *w, struct proc *p, int fd, const char *text);
void writes(struct world *w, struct proc *p, int fd, const char *text);
void closes(struct world *w, struct proc *p, int fd);
void duplicates(struct world *w, struct proc *p, int from, int to);
/* Makes a pipe; the write end is the returned descriptor + 1. */
int makes_pipe(struct world *w, struct proc *p);

void reads_file(struct world *w, struct proc *p, const char *path, const char *text);
void writes_file(struct world *w, struct proc *p, const char *path, uint32_t flags,
		 const char *text);
void looks_at(struct world *w, struct proc *p, const char *path, int error);
void renames(struct world *w, struct proc *p, const char *from, const char *to);
void removes(struct world *w, struct proc *p, const char *path);
void changes_mode(struct world *w, struct proc *p, const char *path, uint32_t mode);
void makes_directory(struct world *w, struct proc *p, const char *path);

/* ---- Network --------------------------------------------------------------------------------- */

/* "192.0.2.10" and a port. */
struct address {
	const char *ip;
	uint16_t port;
};

int connects(struct world *w, struct proc *p, struct address from, struct address to);
int accepts(struct world *w, struct proc *p, struct address from, struct address at);
int connects_unix(struct world *w, struct proc *p, const char *path);
int accepts_unix(struct world *w, struct proc *p, const char *path);
void sends(struct world *w, struct proc *p, int fd, const char *text);
void receives(struct world *w, struct proc *p, int fd, const char *text);
/* Asks the name server, as programs do before they connect. */
void resolves(struct world *w, struct proc *p, struct address from, const char *name);

/* AF_INET bytes of a SOCKTUPLE, 13 of them. */
void ipv4_tuple(uint8_t out[13], struct address from, struct address to);

#endif
