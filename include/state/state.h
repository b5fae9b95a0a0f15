/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

/*
 * Threads, descriptors, users as the events so far have left them. Nothing here knows rules or
 * fields. Every table is bounded; a full one refuses, and counts.
 *
 * Pointers to threads and descriptors are valid until state_retire of the event that removed
 * them; nobody keeps one past the step.
 */

#include "base/intern.h"
#include "base/slab.h"
#include "schema/event.h"
#include "schema/flags.h"

/* FD_FILE, ...: tables/fd_types.def, numbers of the .scap format. */
enum fd_type {
#define FD_TYPE(number, id, letter, word) FD_##id = number,
#include "tables/fd_types.def"
#undef FD_TYPE
};
char fd_type_letter(enum fd_type t);     /* 'f' */
struct str fd_type_word(enum fd_type t); /* "file"; empty when Falco has none */

/* Where a process came from: replaced as a whole at exec, shared by fork. Never changes. */
struct image {
	uint32_t refs;
	uint32_t argc;      /* arguments without argv[0] */
	struct str exe;     /* argv[0] */
	struct str exepath; /* resolved path of the executable; may be empty */
	struct str args;    /* without argv[0], each ended by NUL */
	struct str joined;  /* the same joined by single blanks */
	struct str env;     /* each ended by NUL */
	uint64_t exe_ino;
	uint64_t exe_ctime_ns;
	uint64_t exe_mtime_ns;
	bool writable, upper_layer, lower_layer, from_memfd;
};

/* cwd and root: shared by CLONE_FS. Both absolute, cwd with a trailing slash unless "/". */
struct fs {
	uint32_t refs;
	struct istr *cwd;
	struct istr *root;
	uint64_t listed_ts; /* see struct thread */
};

/* One end of a socket. */
struct endpoint {
	uint8_t ip[16]; /* network order; IPv4 uses the first four */
	uint16_t port;  /* host order */
};

enum fd_mark {
	FD_CLIENT = 1 << 0, /* role known: the process side is the source */
	FD_SERVER = 1 << 1, /* role known: the process side is the destination */
	FD_CONNECTED = 1 << 2,
	FD_CONNECT_PENDING = 1 << 3,
	FD_CLOEXEC = 1 << 4,
	FD_OVERLAY_UPPER = 1 << 5,
	FD_OVERLAY_LOWER = 1 << 6,
	FD_TUPLE = 1 << 7,     /* src and dst hold a tuple */
	FD_INHERITED = 1 << 8, /* came with fork, dup or a list rather than a call of its own */
	FD_CLOSING = 1 << 9,   /* goes away at state_retire */
};

/* An open descriptor; one object per table entry. */
struct fd {
	int64_t num;
	int8_t type;         /* enum fd_type */
	uint8_t family;      /* socket address family, Linux numbers; 0 for others */
	uint8_t l4proto;     /* enum l4_protocol as the socket was made; see fd_l4proto */
	uint16_t marks;      /* enum fd_mark */
	uint32_t open_flags; /* FILE_FLAGS_* */
	uint32_t dev;
	uint64_t ino;
	struct istr *name;     /* absolute path, or tuple text, or kernel style name; NULL: none */
	struct istr *name_raw; /* as the caller gave it; NULL: not opened by a name */
	struct endpoint src, dst;
	uint64_t unix_src, unix_dst; /* kernel pointers as the format has them */
	int64_t pid;                 /* FD_PIDFD: of the process it stands for */
	uint64_t listed_ts;          /* see struct thread */
};

/* Descriptors: shared by CLONE_FILES. */
struct fdtable;

struct group {          /* a thread group: what its threads share beyond the tables */
	uint32_t refs;  /* threads in the table, dead leader included */
	uint32_t alive; /* threads, the leader included */
	int64_t pid;
	struct thread *leader; /* NULL: never seen */
	bool reaper;           /* init of a pid namespace or a child subreaper */
};

struct thread {
	int64_t tid, pid, ptid;
	int64_t vtid, vpid;
	int64_t sid, vpgid, pgid;
	struct istr *comm;     /* from exec or clone: proc.name */
	struct istr *comm_now; /* after PR_SET_NAME; NULL: same as comm */
	struct image *image;
	struct fs *fs;
	struct fdtable *fds;
	struct group *group;
	struct istr *cgroups; /* "subsys=path", each ended by NUL */
	uint32_t uid, gid, loginuid;
	uint32_t tty;
	uint32_t flags; /* enum thread_flag */
	int64_t fdlimit;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t clone_ts; /* ns since the epoch; 0: seen only through a list */
	uint64_t exec_ts;
	uint64_t pidns_start_ts;
	/*
	 * When a list of the running machine took it, ns since the epoch; 0: it came with an event,
	 * or with the list of a recording. What older events, queued meanwhile, did to it is in it
	 * already: they are shown to rules, but change it no more. The same holds for every
	 * descriptor and every place by itself.
	 */
	uint64_t listed_ts;
	/*
	 * Clone time minus the executable's ctime, and that ctime minus pidns_start_ts, as they were
	 * at exec; 0: unknown. The first may wrap, and passes to children.
	 */
	uint64_t ctime_to_start_ns, pidns_to_ctime_ns;
	uint64_t slice_ns, slice_total_ns; /* run time that ended with a switch event; their sum */
	double cpu_user, cpu_system, cpu_total; /* percent, from procinfo events */
	uint32_t slot;       /* dense, below state_thread_cap; with generation the memo's key */
	uint32_t generation; /* changes whenever an own fact changes, and with every reuse */
	/*
	 * More could be found out: it took after a parent that was not known, or was listed again after
	 * the birth; or it is known by what an event said of it.
	 */
	bool unsure;
	bool unheard;     /* its parent told of its birth, it did not: it may have begun unseen */
	bool placeholder; /* made up for an unknown tid: see spec/fields_notes.md */
	bool exited;
};

/* Every fact a memo may hold, other than a thread's own, has one shared generation. */
enum state_kind {
	STATE_ANCESTRY, /* parents, their images and names */
	STATE_LEADERS,  /* sessions and process groups */
	STATE_USERS,
	STATE_CONTAINERS,
	STATE_INTERFACES,
	STATE_KINDS
};

struct state_limits {
	uint32_t threads; /* 0: LIMIT_THREADS */
	uint32_t fds;     /* 0: LIMIT_FDS */
	size_t memory;    /* bytes of all tables together; 0: 512 MiB */
};

struct state_stats {
	uint64_t threads, fds; /* now */
	uint64_t added_threads, removed_threads, added_fds, removed_fds;
	uint64_t refused_threads, refused_fds, refused_strings;
	uint64_t memory;          /* bytes now, the state's fixed parts not counted */
	uint64_t unknown_threads; /* events of a tid never announced */
	uint64_t unknown_fds;     /* events on a descriptor never announced */
};

struct state;

struct state *state_new(const struct state_limits *limits);
void state_free(struct state *s);

/* What one event is about. */
struct subject {
	struct thread *thread; /* NULL: unknown */
	struct fd *fd;         /* NULL: none or unknown */
	int64_t fd_num;        /* valid when has_fd_num */
	bool has_fd_num;
	bool fd_name_changed; /* this event gave the descriptor its (new) name */
};

/*
 * Applies an event: from here on the tables say what is true after it, except that what it ends
 * (thread, descriptor) stays until state_retire of the same event, so that rules can look at it.
 */
struct subject state_apply(struct state *s, const struct event *ev);
void state_retire(struct state *s, const struct event *ev);

/* What an event of this type can change here. */
enum state_interest {
	STATE_IGNORES,
	STATE_MARKS, /* a success marks the descriptor FD_CONNECTED, and that is all */
	STATE_WANTS_SUCCESSES,
	STATE_WANTS_ALL,
};
enum state_interest state_interest(unsigned type);

/*
 * Who has to be known before this event can be applied in full and is not: its thread, or the leader
 * or an ancestor of a thread listed since the last event.
 */
struct lacking {
	int64_t tid; /* 0: all that matters is known */
	int64_t of;  /* for whose sake */
};
struct lacking state_lacks(struct state *s, const struct event *ev);
/* What is known of the thread is not all: with its next event it is lacking. */
void state_doubt(struct state *s, int64_t tid);

struct thread *state_thread(const struct state *s, int64_t tid);
/* The leader of the thread's group (itself for a leader); NULL when it is unknown. */
struct thread *state_leader(const struct state *s, const struct thread *t);
/* One step up: the leader of the group of the thread that the leader's `ptid` names; NULL: none. */
struct thread *state_parent(const struct state *s, const struct thread *t);
/* True when the thread's ids differ between the host and its own pid namespace. */
bool state_in_pidns(const struct thread *t);
/*
 * The thread that leads the session or process group: the one with that id where the id counts
 * on the host, otherwise the last ancestor that still has the same id. NULL: unknown.
 */
enum state_lead {
	LEAD_SESSION, /* sid */
	LEAD_VPGROUP, /* vpgid */
	LEAD_PGROUP,  /* pgid: always a host id */
};
struct thread *state_lead(const struct state *s, const struct thread *t, enum state_lead which);
void state_thread_each(const struct state *s, void (*fn)(struct thread *t, void *arg), void *arg);
/* Slots are below this number: the size of side tables. */
uint32_t state_thread_cap(const struct state *s);
/* A descriptor of the thread's table. */
struct fd *state_fd(const struct state *s, const struct thread *t, int64_t num);
size_t state_fd_count(const struct state *s, const struct thread *t);
void state_fd_each(const struct state *s, const struct thread *t,
		   void (*fn)(struct fd *fd, void *arg), void *arg);
/* The protocol Falco shows: L4_NA for a connection whose role is not known. */
enum l4_protocol fd_l4proto(const struct fd *fd);
uint32_t state_generation(const struct state *s, enum state_kind kind);
/* Somebody above changed such facts (container metadata arrived). */
void state_touch(struct state *s, enum state_kind kind);
struct intern *state_intern(const struct state *s);
/* For what others know of threads: a part of the state's memory. */
struct budget *state_budget(struct state *s);
void state_stats(const struct state *s, struct state_stats *out);

struct user {
	uint32_t uid, gid;
	struct istr *name, *home, *shell;
};
struct user_group {
	uint32_t gid;
	struct istr *name;
};
/* container_id is empty for the host. NULL when unknown. */
const struct user *state_user(const struct state *s, struct str container_id, uint32_t uid);
const struct user_group *state_group(const struct state *s, struct str container_id, uint32_t gid);

/* True when the address (4 or 16 bytes) is one of the recording machine's interfaces. */
bool state_is_local(const struct state *s, const uint8_t *ip, size_t len);
struct str state_hostname(const struct state *s); /* empty when the source has not said */
uint64_t state_boot_ts(const struct state *s);    /* ns since the epoch; 0 when unknown */

/*
 * Joins a path and the directory it is relative to and removes ".", ".." and repeated slashes
 * from the path: Falco's result for the same input. `dir` is put in front as it is and must end
 * in a slash; an absolute path ignores it. Bytes that are not printable UTF-8 become U+FFFD.
 * Where dir and path together do not fit, or the result would not, it is
 * "/DIR_TOO_LONG/FILENAME_TOO_LONG". out has PATH_JOIN_MAX bytes, the NUL included: two of the
 * kernel's longest paths; in Falco 1024. Returns the length without the NUL.
 */
#define PATH_JOIN_MAX 8192
size_t path_join(char out[PATH_JOIN_MAX], struct str dir, struct str path);

#endif
