/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SRC_LIVE_H
#define SOURCE_SRC_LIVE_H

#include "base/buf.h"
#include "base/map.h"
#include "internal.h"
#include "source/live.h"

#include <pthread.h>

struct bpf_object;
struct btf;
struct bpf_link;
struct bpf_program;
struct proc_sockets;

/*
 * The reader's end of one kernel ring buffer. Layout of the kernel's
 * (Documentation/bpf/ringbuf.rst): a page with the consumer's position, a page with the
 * producer's, the data mapped twice in a row so that no record is ever split.
 */
struct ring {
	volatile unsigned long *consumer;
	const volatile unsigned long *producer;
	const uint8_t *data;
	size_t size;         /* of the data, a power of two */
	unsigned long taken; /* position behind the record handed out last */
	int fd;
};

/* Whichever fails with *err filled, ring_close cleans up. */
int ring_create(struct ring *r, uint32_t bytes, struct err *err);
int ring_map(struct ring *r, struct err *err);
void ring_close(struct ring *r);
/* The oldest record not yet taken; false when there is none. */
bool ring_peek(struct ring *r, const uint8_t **record, uint32_t *len);
/* The oldest one is being written: it and what stands behind it will come. */
bool ring_is_busy(const struct ring *r);
/* Steps over it; the kernel may reuse its bytes only after ring_release. */
void ring_take(struct ring *r, uint32_t len);
void ring_release(struct ring *r);

/* Objects loaded beside each other, each by a thread and with its share of the programs. */
#define LOAD_PARTS 2
struct load_thread {
	pthread_t id;
	bool runs;
};
struct load_part {
	const struct kernel_side *side;
	struct family *family;
	const struct live_options *options;
	const uint8_t *want; /* as for kernel_load */
	size_t number;
	struct load_thread thread;
	struct bpf_object *object; /* NULL: there was nothing to load */
	int result;                /* 0 or -errno */
};

/*
 * Exit programs, and where those that jump to them find them. There is one family, but where calls
 * are seen by their functions, one for each type these have.
 */
#define FAMILIES_MAX 4
struct family {
	int programs_fd;
	bool loaded[WIRE_PROGRAMS]; /* by where the dispatcher finds them */
	/* Of functions: */
	uint32_t type;
	char function[64];               /* one of them */
	bool calls[WIRE_SYSCALLS_MAX];   /* that they serve */
	uint8_t want[WIRE_SYSCALLS_MAX]; /* of these, while programs are loaded */
	const struct bpf_program *stub;  /* what each of them gets a copy of */
};

/* The loaded programs and the maps all of them share. */
struct kernel_side {
	struct bpf_object *objects[64]; /* the first has the maps and no program */
	size_t nobjects;
	struct load_part parts[LOAD_PARTS];
	bool is_loading;
	struct btf *types;   /* the kernel's own, while the first programs are loaded */
	char types_path[32]; /* of what libbpf is to know of them: see live_types */
	int types_fd;        /* which that leads to; none while it is empty */
	int types_error;     /* why it could not be made: -errno */
	struct bpf_link *links[32];
	size_t nlinks;
	struct bpf_link *announcing[2]; /* while the list is made; see bpf/tp/announce.bpf.c */
	struct wire_needs *needs;       /* mapped */
	uint64_t boot_epoch_ns;         /* what the kernel side adds to its clock */
	struct family families[FAMILIES_MAX];
	size_t nfamilies;
	const uint8_t *wanted; /* while programs are loaded: for what */
	bool by_functions;
	struct functions *functions; /* NULL: none */
	int tasks_fd, losses_fd, rings_fd, uring_programs_fd, predicates_fd, saved_fd;
	bool upper_half;                /* where the predicates in force are */
	bool may_cast;                  /* its memory is read by loads, see bpf/read.bpf.h */
	bool no_iterators;              /* this kernel has none */
	char uring_lacks[LIVE_WHY_MAX]; /* why io_urings are not covered; empty: they are */
	char copies_lack[LIVE_WHY_MAX]; /* why the kernel's copies of arguments cannot be had */
	unsigned copies_from; /* a bit for each function they are taken from, and that is there */
	bool copies_loaded;   /* the programs that keep them */
	struct bpf_link *copy_links[8]; /* these are attached while somebody asks for copies */
	size_t ncopy_links;
};

/*
 * Loads the programs for the calls in `want` (one byte per x86_64 number, not 0: wanted) that are
 * not loaded yet; the first time also those on tracepoints and the iterators.
 */
int kernel_load(struct kernel_side *k, const struct live_options *options, const uint8_t *want,
		struct err *err);
/*
 * The same in two steps: after the first the maps are there, and threads load the programs. Options
 * and `want` are borrowed until the second. Whichever fails, kernel_unload cleans up.
 */
int kernel_load_begin(struct kernel_side *k, const struct live_options *options,
		      const uint8_t *want, struct err *err);
int kernel_load_end(struct kernel_side *k, struct err *err);
/* Whether any call of `want` has that bit of enum wire_need. */
bool need_wanted(const uint8_t *want, uint8_t need);
/* Whether a program is to be loaded for what is wanted, and is not loaded yet. */
bool program_wanted(const struct kernel_side *k, const struct family *family,
		    const struct bpf_program *program, const uint8_t *want);
bool is_exit_program(const char *program);
/* Reached from another program, not from the kernel: needs no attaching. */
bool is_jumped_to(const char *program);
/* Puts an object's programs where those that jump to them look. 0 or -errno. */
int programs_register(const struct kernel_side *k, const struct family *family,
		      const struct bpf_object *object);
/* From now on they count as loaded. */
void programs_remember(struct kernel_side *k, struct family *family,
		       const struct bpf_object *object);
/* True when a wanted call has no program of its own yet, though there is one. */
bool kernel_lacks(struct kernel_side *k, const uint8_t *want);
int kernel_attach(struct kernel_side *k, struct err *err);
/* Nobody tells of itself any more. */
void kernel_detach_announcing(struct kernel_side *k);
void kernel_unload(struct kernel_side *k);
/* How often the kernel did not run a program, since it would have interrupted itself. */
uint64_t kernel_missed(const struct kernel_side *k);
/* By its name in bpf/; NULL when there is none. */
struct bpf_program *kernel_program(const struct kernel_side *k, const char *name);

/* Which of the two iterators this kernel lacks, of which both are needed; empty: none. */
void iterators_lack(const struct btf *kernel, char why[LIVE_WHY_MAX]);

/* The needs without what asks for predicates. */
void predicates_drop(struct kernel_side *k, const uint8_t *wanted);
/* Writes them where none is in force, then puts them in force. 0 or -errno. */
int predicates_put(struct kernel_side *k, const uint8_t *wanted, const struct live_predicates *p);

/*
 * The programs for io_urings are optional: those this kernel can have are chosen; with the reason
 * kept, none when an essential one cannot be had or the kernel refuses them.
 */
#define URING_END "uring_end" /* the one the others jump to */
bool is_uring_program(const char *name);
/* Which tracepoint is missing; empty when none is. */
void uring_lacks(const struct btf *kernel, char why[LIVE_WHY_MAX]);
bool uring_wanted(const struct kernel_side *k, const struct bpf_program *program);
void uring_refused(struct kernel_side *k);

/*
 * So are those that keep the kernel's copies of arguments: there are none where programs may not be
 * attached to functions. They are loaded when somebody first asks for copies (WIRE_NEED_COPIES),
 * and attached while anybody does.
 */
bool is_copy_program(const char *name);
/* Why not; empty when they can be had. Attaches a program that does nothing, and takes it off. */
void copies_lack(const struct btf *kernel, char why[LIVE_WHY_MAX]);
/* A program that does nothing, attached for a moment to a function: 0, or -errno when refused. */
int attach_nothing(int function, int type);
void copies_learn(struct kernel_side *k);
void copies_refused(struct kernel_side *k);
bool copies_can_have(const struct kernel_side *k, const struct bpf_program *program);
/* They are asked for and can be had, but the programs are not loaded. */
bool copies_missing(const struct kernel_side *k, const uint8_t *want);
/* Attaches the programs or takes them off, as `want` asks for copies or not. */
void copies_follow(struct kernel_side *k, const uint8_t *want);
void copies_detach(struct kernel_side *k);

/* A function of the kernel that serves a system call, in the kernel's types. */
struct call_function {
	uint32_t id;
	uint32_t type;   /* the function's */
	uint16_t native; /* the call; a function may serve several, a call may have several */
};
/* All of them, those of 64-bit callers first; returns how many, at most max. */
size_t call_functions(const struct btf *kernel, struct call_function *out, size_t max);

/*
 * System calls seen where their functions end (live_options.by_functions). Learnt once; attached to
 * while the calls they serve are wanted.
 */
bool is_function_program(const char *name);
bool is_stub(const char *name); /* copied for each function, never attached itself */
/* Why they cannot be seen there; empty when they can. */
void functions_lack(const struct btf *kernel, char why[LIVE_WHY_MAX]);
/* That as an error; 0 when it is not the reason. */
int functions_explain(struct err *err);
/* Needs k->types; the families come out of it. */
void functions_learn(struct kernel_side *k);
/* Where the programs of all families but the first are found. 0, or -errno when there are none. */
int functions_make_maps(struct kernel_side *k);
/* Of `want` what a family serves. */
const uint8_t *family_wants(struct kernel_side *k, struct family *family, const uint8_t *want);
/* Before an object is loaded: its programs are for functions, not for the tracepoint. 0 or -errno. */
int functions_aim(const struct family *family, struct bpf_object *object);
/* Attaches to what is wanted, then takes off what is not. 0 or -errno. */
int functions_follow(struct kernel_side *k, const uint8_t *want);
void functions_close(struct kernel_side *k);
uint64_t functions_missed(const struct kernel_side *k);
/* Wanted last, but not attached to for all callers. */
bool functions_uncovered(const struct kernel_side *k, unsigned native);

/* The clock the kernel side stamps events with: it does not jump when the machine's is set. */
uint64_t kernel_now_ns(const struct kernel_side *k);

/*
 * Looking once more at what events should have told: which processes that is worth, in a bounded
 * part of the time.
 */
#define REPAIRS_SLOTS 4096 /* a power of two */

struct repairs {
	bool same_numbers; /* the numbers of events are those of our own pid namespace */
	int64_t credit_ns; /* time that may be spent */
	uint64_t credited_at;
	/* By tgid: processes whose turn has not come; by tid: threads that were not found. */
	struct {
		uint32_t tgid, lost;
	} stale[REPAIRS_SLOTS];
	size_t nstale, next;
	struct {
		int64_t tid;
		uint64_t until;
	} missed[REPAIRS_SLOTS];
	struct live_repairs counts;
};

/* By this process's numbers, which are the kernel's own where same_numbers says so. */
bool kernel_has_no(int64_t tid);
/* Its end is told, or will be at once. */
bool has_ended(int64_t tid);

void repairs_init(struct repairs *r);
void repairs_charge(struct repairs *r, uint64_t ns);
/* WIRE_LOST bits to be repaired now; what cannot be is remembered. `lost`: news. */
unsigned repairs_due(struct repairs *r, uint32_t tgid, unsigned lost);
/* The same when nothing else is to be done, of any process that was put off. */
unsigned repairs_idle(struct repairs *r, uint32_t *tgid);
/* LOOK_UP_TOLD: go on. */
enum look_up repairs_may_look_up(struct repairs *r, int64_t tid, uint64_t now);
void repairs_looked_up(struct repairs *r, int64_t tid, bool found, uint64_t now);

/* 0, or -errno with *err filled: only the group of this directory, and those below it. */
int scope_cgroup(struct wire_needs *n, const char *path, struct err *err);
/* The process and all its descendants; what they fork from now on follows by itself. */
int scope_tree(const struct kernel_side *k, int64_t pid, struct err *err);

/* What is there already, as synthetic events. */
enum list_part { LIST_TASKS = 1, LIST_FDS = 2 };

struct lister {
	struct kernel_side *kernel;
	bool with_env;
	bool by_proc;     /* no iterators: from /proc */
	bool one_by_proc; /* they cannot list a single process */
	/* What is being listed. */
	unsigned left;     /* enum list_part, as far as still to be told */
	int64_t only;      /* a process or thread; 0: all */
	bool whole;        /* all threads of the process */
	bool again;        /* not for the first time */
	bool same_numbers; /* see struct repairs */
	/* Events put together already; `at` is the next one. */
	struct buf batch;
	size_t at;
	/* An iterator: read from it, and of that [used, have) not yet handed out. */
	int fd;
	uint8_t *chunk;
	size_t have, used;
	struct buf event; /* the event handed out last, when it had to be put together */
	/* /proc: the processes there are, and the next one. */
	int64_t *pids;
	size_t npids, pid_at;
	const char *cgroup; /* the directory of the one in scope; borrowed */
	struct proc_sockets *sockets;
};

/* Ready to list everything. */
int lister_init(struct lister *l, struct kernel_side *kernel, const struct live_options *options,
		struct err *err);
/*
 * Next comes a process, the whole of it, or one thread: `what` of it. Its descriptors come behind
 * an FDS_ENTRY.
 */
void lister_begin(struct lister *l, int64_t id, bool whole, unsigned what);
/* 1; 0 when all is told; -errno. Borrowed until the next call. */
int lister_next(struct lister *l, struct raw *raw, struct err *err);
void lister_fini(struct lister *l);

/* Threads that told of themselves while the list was made. */
struct announced {
	struct kernel_side *kernel;
	struct ring ring;
	struct idmap told; /* tids in the list */
};

/* From the attaching on, threads tell; whichever fails, announced_fini cleans up. */
int announced_init(struct announced *a, struct kernel_side *kernel, bool with_env, struct err *err);
/* Those born later do not: their births are events. */
void announced_born_before_now(struct announced *a);
/* An event of the list was handed out. */
void announced_note(struct announced *a, const struct raw *raw);
/* Behind the list: those not in it. Borrowed until the next call; false when there are no more. */
bool announced_next(struct announced *a, struct raw *raw);
void announced_fini(struct announced *a);

/*
 * A thread that ended while it was read for the first list, so that something may be missing: it
 * has told of itself, or its birth is an event.
 */
bool tells_itself(const struct lister *l, int64_t tid);

/* The machine, interfaces, users and groups, as events. */
void facts_gather(struct buf *out);

/* At most LIST_CAP bytes of /proc/PID/NAME; empty for kernel threads and the dead. */
#define LIST_CAP 4096 /* longest arguments or environment kept, as in exec events */
struct str proc_bytes(char *out, int64_t pid, const char *name);
/* An FDS_ENTRY into the batch: what was known of the process's descriptors is old. */
void list_mark(struct lister *l, int64_t pid);
/* Puts more of what is left into the batch; false when there is no more of the current part. */
bool proc_fill(struct lister *l);

#endif
