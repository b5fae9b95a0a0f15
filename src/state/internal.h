/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STATE_INTERNAL_H
#define STATE_INTERNAL_H

#include "base/cursor.h"
#include "base/map.h"
#include "state/state.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Descriptors below this number stand in an array, the rest in a map. */
#define FD_LOW 16

/* Enter events kept for their exits at one time. */
#define ENTERS_MAX 4096

/* Two events of a tid further apart than this are of two threads (clone seen from both sides). */
#define CLONE_STALE_NS (UINT64_C(2) * 1000000000)

#define EXITED_RING 64
#define CPUS_MAX    1024

#define INTERFACES_MAX 1024
#define USERS_MAX      65536

/* What an enter event said, kept until the next exit of its thread. */
struct enter {
	uint16_t type;
	uint32_t flags;
	int64_t dirfd;
	struct istr *name;
};

/* A thread and what only this module knows of it. */
struct node {
	struct thread t; /* first: a thread is its node */
	struct node *group_prev, *group_next;
	struct node *parent; /* the thread t.ptid, while it is in the table */
	struct node *child_first, *sibling_prev, *sibling_next;
	struct node *listed_next;
	struct enter *enter;
	int64_t reaper_tid; /* from procexit; 0 or less: unknown */
	uint64_t last_cpu_user, last_cpu_system;
	bool listed; /* in state.listed */
};

static inline struct node *node_of(const struct thread *t)
{
	union {
		const struct thread *t;
		struct node *n;
	} u = { .t = t };

	return u.n;
}

/* The leader comes first, the others as they were born. */
struct pgroup {
	struct group g; /* first */
	struct node *first, *last;
};

static inline struct pgroup *pgroup_of(const struct node *n)
{
	return (struct pgroup *)n->t.group;
}

struct fdtable {
	uint32_t refs;
	uint32_t n;
	bool unsure;        /* events were lost, and no new list has come */
	uint64_t listed_ts; /* when the last list of all of it was done; 0: there was none */
	struct fd *low[FD_LOW];
	struct idmap high;
};

enum lookup {
	LOOKUP_NONE,
	LOOKUP_FIND,
	LOOKUP_MAKE, /* an unknown tid gets a placeholder */
};

typedef void (*apply_fn)(struct state *s, const struct event *ev, struct subject *who);

/* What an event changes: it has no effect on what was listed after it. */
enum changes {
	CHANGES_OTHER, /* descriptors that it makes, other threads: looked after where they change */
	CHANGES_THREAD,
	CHANGES_PLACE,
	CHANGES_FD, /* the one it is about */
};

/* What state_apply does with one type of event. */
struct row {
	apply_fn apply; /* NULL: nothing changes */
	uint8_t changes;
	uint8_t lookup;
	bool has_fd;  /* creates, uses or destroys a descriptor */
	int8_t fd_at; /* parameter of the descriptor it uses; -1: none */
};

struct exited {
	int64_t tid, ptid;
	uint64_t ts;
};

struct interface {
	uint8_t ip[16], mask[16];
};

struct userdb; /* users.c */

struct state {
	struct idmap threads; /* tid -> node */
	struct idmap groups;  /* pid -> pgroup */
	struct node *last;    /* found last */
	struct slab nodes, group_slab, fd_slab, table_slab, fs_slab, enter_slab;
	struct intern *intern;
	uint64_t image_cuts; /* images that had to do without arguments or environment */

	/* All memory; what threads take and what is known of them, at most three quarters each. */
	struct budget memory, threads_memory, facts_memory;
	uint32_t placeholders, placeholders_max;

	struct node *listed; /* their relations are not worked out yet: list_settle */
	struct node *dying;  /* removed by state_retire */
	struct fdtable *closing_table;
	int64_t closing_fd;

	uint64_t now;       /* of the event being applied */
	uint64_t listed_ts; /* the latest of all: no event after it can be older than a list */
	struct fd *passing; /* of this event alone: what it made has a successor, listed already */

	uint32_t generations[STATE_KINDS];
	uint32_t thread_generation;
	struct exited exited[EXITED_RING];
	unsigned exited_at;

	struct istr *na; /* "<NA>" */
	struct image *na_image, *no_image;
	struct fs *na_fs; /* "./" */
	struct fs *no_fs;

	struct userdb *users;
	struct interface *v4, *v6;
	size_t nv4, nv6;
	struct istr *hostname;
	uint64_t boot_ts;
	uint64_t cpu_switch_ts[CPUS_MAX];
	uint8_t server_ports[65536 / 8]; /* bound by someone, as the lists said */

	struct state_stats stats;
	struct row rows[EVENT_TYPES];
};

/* True when a thread, descriptor or place was listed after the event being applied. */
static inline bool listed_later(const struct state *s, uint64_t listed_ts)
{
	return unlikely(s->now < listed_ts);
}

/* ---- parameters: of the width their type has, or absent ---- */

static inline bool param_i64(const struct event *ev, unsigned i, int64_t *out)
{
	struct str s = event_param(ev, i);

	if (s.len != sizeof(*out))
		return false;
	memcpy(out, s.p, sizeof(*out));
	return true;
}

static inline bool param_u64(const struct event *ev, unsigned i, uint64_t *out)
{
	struct str s = event_param(ev, i);

	if (s.len != sizeof(*out))
		return false;
	memcpy(out, s.p, sizeof(*out));
	return true;
}

static inline bool param_u32(const struct event *ev, unsigned i, uint32_t *out)
{
	struct str s = event_param(ev, i);

	if (s.len != sizeof(*out))
		return false;
	memcpy(out, s.p, sizeof(*out));
	return true;
}

static inline int64_t param_i64_or(const struct event *ev, unsigned i, int64_t otherwise)
{
	int64_t v;

	return param_i64(ev, i, &v) ? v : otherwise;
}

static inline uint32_t param_u32_or(const struct event *ev, unsigned i, uint32_t otherwise)
{
	uint32_t v;

	return param_u32(ev, i, &v) ? v : otherwise;
}

/* The text, or "<NA>" as Falco names what is absent. */
struct str param_text(const struct event *ev, unsigned i);

/* Parameter 0, the result, of a call that did not fail. */
static inline bool succeeded(const struct event *ev, int64_t *res)
{
	return param_i64(ev, 0, res) && *res >= 0;
}

/* ---- apply.c ---- */

void rows_init(struct state *s);

/* ---- thread.c ---- */

struct node *thread_find(struct state *s, int64_t tid);
/* The thread, or a placeholder; NULL when the table is full. */
struct node *thread_get(struct state *s, int64_t tid);
/* A thread with everything unknown, in the table, without group and parent; NULL: full. */
struct node *thread_new(struct state *s, int64_t tid);
/* True for placeholders and for what a broken event made: it has no group and no parent. */
bool thread_invalid(const struct thread *t);
/* Joins its group (made when new) and its parent. Nothing for an invalid thread. */
void thread_link(struct state *s, struct node *n);
void thread_join_group(struct state *s, struct node *n);
void thread_join_parent(struct state *s, struct node *n);
void thread_set_parent(struct state *s, struct node *n, struct node *parent);
/*
 * Forgets a thread that ended: its children go to a reaper, a leader stays until its group is
 * empty. May free other threads of the group, too.
 */
void thread_remove(struct state *s, struct node *n);
/* Frees a thread as if it had never been. */
void thread_drop(struct state *s, struct node *n);
void thread_mark_dead(struct node *n);
/* Takes the reference; NULL is an image of which nothing is known. */
void thread_set_image(struct state *s, struct thread *t, struct image *image);
/* Five parameters from `first` on: page faults and memory. All or none. */
void thread_take_memory(struct thread *t, const struct event *ev, unsigned first);
/* Everything but the threads' containers: users, interfaces, threads. */
void threads_clear(struct state *s);

static inline void thread_changed(struct state *s, struct node *n)
{
	n->t.generation = ++s->thread_generation;
}

void group_changed(struct state *s, struct node *n);
/* The thread has another name or image: so have its children's ancestors. */
void thread_renamed(struct state *s, struct node *n);

/* ---- fs.c: cwd and root ---- */

struct fs *fs_new(struct state *s, struct istr *cwd, struct istr *root); /* takes both */
struct fs *fs_ref(struct fs *fs);
void fs_unref(struct state *s, struct fs *fs);
struct fs *fs_copy(struct state *s, const struct fs *fs);
/* cd `path`, relative to where it is: for all threads that share the object. */
void fs_chdir(struct state *s, struct node *n, struct str path);
/* The same text as a directory: with a slash at its end. */
struct istr *dir_name(struct state *s, struct str path);

static inline struct str fs_cwd(const struct fs *fs)
{
	return fs ? istr_view(fs->cwd) : (struct str){ "", 0 };
}

/* ---- fdtable.c ---- */

struct fdtable *fdtable_new(struct state *s);
struct fdtable *fdtable_ref(struct fdtable *t);
void fdtable_unref(struct state *s, struct fdtable *t);
struct fdtable *fdtable_copy(struct state *s, const struct fdtable *t);
/*
 * A child's table: what its parent had when it was born, and what was listed of the child itself
 * before its birth was heard of.
 */
struct fdtable *fdtable_merge(struct state *s, const struct fdtable *parent,
			      const struct fdtable *listed);
/* A table of its own for the thread, if it shares one. */
void fdtable_unshare(struct state *s, struct thread *t);
void fdtable_close_on_exec(struct state *s, struct fdtable *t);
/* Forgets all descriptors. */
void fdtable_clear(struct state *s, struct fdtable *t);
/* Closes, or marks for exec, first..last. */
void fdtable_close_range(struct state *s, struct fdtable *t, int64_t first, int64_t last,
			 bool at_exec);
void fdtable_each(const struct fdtable *t, void (*fn)(struct fd *fd, void *arg), void *arg);
void fdtable_del(struct state *s, struct fdtable *t, int64_t num);
/*
 * A new descriptor in place of what was there. Where that was listed after the event, it stays, and
 * the new one is forgotten when the event is over, or when another one is made. NULL: no memory.
 */
struct fd *fd_add(struct state *s, struct fdtable *t, int64_t num, enum fd_type type);
struct fd *fd_clone(struct state *s, struct fdtable *t, int64_t num, const struct fd *from);
void fd_forget_passing(struct state *s);
/* Takes the reference; true when the name is another one now. */
bool fd_rename(struct state *s, struct fd *fd, struct istr *name);
bool fd_rename_text(struct state *s, struct fd *fd, struct str name);

static inline struct fd *fd_find(const struct fdtable *t, int64_t num)
{
	if ((uint64_t)num < FD_LOW)
		return t ? t->low[num] : NULL;
	return t && num >= 0 ? idmap_get(&t->high, (uint64_t)num) : NULL;
}

/* ---- image.c ---- */

/* A new image with copies of all strings; `args` and `env` as an event has them. */
struct image *image_new(struct state *s, const struct image *facts);
struct image *image_ref(struct image *i);
void image_unref(struct state *s, struct image *i);
/* A list of NUL-ended strings without what the last NUL ends. */
struct str list_trim(struct str list);
/* "subsys=path" NUL ... with Falco's names of the subsystems. */
struct istr *cgroups_intern(struct state *s, struct str list);

/* ---- text.c ---- */

/* Copies with U+FFFD for what is not printable UTF-8; cuts at `cap`. Returns the length. */
size_t text_clean(char *out, size_t cap, struct str s);

/* ---- net.c: addresses ---- */

/* One end or a pair, as SOCKADDR and SOCKTUPLE parameters encode them. */
struct tuple {
	uint8_t family; /* AF_INET, AF_INET6, AF_UNIX; others have no addresses */
	struct endpoint src, dst;
	uint64_t unix_src, unix_dst;
	struct str path;
};
/* False: cut short or empty. IPv4 in IPv6 on both ends becomes IPv4, except in the plain form. */
bool tuple_parse(struct str bytes, struct tuple *out);
bool tuple_parse_plain(struct str bytes, struct tuple *out);
bool address_parse(struct str bytes, struct tuple *out); /* into dst, as it is */
void address_unmap(struct tuple *t);
bool endpoint_is_zero(const struct endpoint *e);
bool ip_is_zero(const uint8_t ip[16]);
/* Fits every text below: "ip:port->ip:port", and unix paths of any length the kernel has. */
#define NET_TEXT_MAX 1024
/* "src->dst" as the descriptor's type and protocol print it. */
struct str fd_tuple_text(char out[NET_TEXT_MAX], const struct fd *fd);
/* "ip:port" of dst: a listening socket. */
struct str fd_server_text(char out[NET_TEXT_MAX], const struct fd *fd);
struct str tuple_text(char out[NET_TEXT_MAX], const struct tuple *t);
struct str address_text(char out[NET_TEXT_MAX], const struct tuple *t);
/* Fills in an address that the tuple left open, from the machine's interfaces. */
void fd_patch_addresses(const struct state *s, struct fd *fd);

void interface_add(struct state *s, const struct event *ev);

/* ---- users.c ---- */

struct userdb *userdb_new(struct budget *budget);
void userdb_free(struct userdb *db, struct intern *intern);
void userdb_clear(struct userdb *db, struct intern *intern);

/* ---- apply_proc.c ---- */

/* Where a birth is seen in the child: of whom it takes its facts, its leader or its parent. */
int64_t birth_source(const struct event *ev);

/* ---- apply_list.c ---- */

/* Works out relations of what lists brought since the last real event. */
void list_settle(struct state *s);
/*
 * Descriptors that the event says came from another process, as its extension tells them; the last
 * of them, NULL for none.
 */
struct fd *fds_receive(struct state *s, struct thread *t, const struct event *ev);

/* ---- handlers; the row of each stands in apply.c ---- */

void apply_proc_entry(struct state *s, const struct event *ev, struct subject *who);
void apply_fd_entry(struct state *s, const struct event *ev, struct subject *who);
void apply_fds_entry(struct state *s, const struct event *ev, struct subject *who);
void apply_interface_entry(struct state *s, const struct event *ev, struct subject *who);
void apply_machine_entry(struct state *s, const struct event *ev, struct subject *who);
void apply_section_entry(struct state *s, const struct event *ev, struct subject *who);
void apply_user_added(struct state *s, const struct event *ev, struct subject *who);
void apply_user_deleted(struct state *s, const struct event *ev, struct subject *who);
void apply_group_added(struct state *s, const struct event *ev, struct subject *who);
void apply_group_deleted(struct state *s, const struct event *ev, struct subject *who);

void apply_clone(struct state *s, const struct event *ev, struct subject *who);
void apply_exec(struct state *s, const struct event *ev, struct subject *who);
void apply_procexit(struct state *s, const struct event *ev, struct subject *who);

void apply_enter(struct state *s, const struct event *ev, struct subject *who);
void enter_forget(struct state *s, struct node *n);
void apply_open(struct state *s, const struct event *ev, struct subject *who);
void apply_openat(struct state *s, const struct event *ev, struct subject *who);
void apply_openat2(struct state *s, const struct event *ev, struct subject *who);
void apply_creat(struct state *s, const struct event *ev, struct subject *who);
void apply_open_by_handle(struct state *s, const struct event *ev, struct subject *who);
/* The directory that a path is relative to: "" for absolute ones, "<UNKNOWN>", or with a slash. */
struct str dirfd_text(char out[PATH_JOIN_MAX], const struct thread *t, int64_t dirfd,
		      struct str path);

void apply_close(struct state *s, const struct event *ev, struct subject *who);
void apply_close_range(struct state *s, const struct event *ev, struct subject *who);
void apply_dup(struct state *s, const struct event *ev, struct subject *who);
void apply_dup3(struct state *s, const struct event *ev, struct subject *who);
void apply_fcntl(struct state *s, const struct event *ev, struct subject *who);
void apply_ioctl(struct state *s, const struct event *ev, struct subject *who);
void apply_pipe(struct state *s, const struct event *ev, struct subject *who);
void apply_simple_fd(struct state *s, const struct event *ev, struct subject *who);
void apply_memfd_create(struct state *s, const struct event *ev, struct subject *who);
void apply_pidfd_open(struct state *s, const struct event *ev, struct subject *who);
void apply_pidfd_getfd(struct state *s, const struct event *ev, struct subject *who);

void apply_socket(struct state *s, const struct event *ev, struct subject *who);
void apply_socketpair(struct state *s, const struct event *ev, struct subject *who);
void apply_bind(struct state *s, const struct event *ev, struct subject *who);
void apply_connect(struct state *s, const struct event *ev, struct subject *who);
void apply_accept(struct state *s, const struct event *ev, struct subject *who);
void apply_io(struct state *s, const struct event *ev, struct subject *who);
void apply_recv(struct state *s, const struct event *ev, struct subject *who);
void apply_send(struct state *s, const struct event *ev, struct subject *who);

void apply_chdir(struct state *s, const struct event *ev, struct subject *who);
void apply_fchdir(struct state *s, const struct event *ev, struct subject *who);
void apply_getcwd(struct state *s, const struct event *ev, struct subject *who);
void apply_chroot(struct state *s, const struct event *ev, struct subject *who);
void apply_unshare(struct state *s, const struct event *ev, struct subject *who);
void apply_setns(struct state *s, const struct event *ev, struct subject *who);

void apply_setuid(struct state *s, const struct event *ev, struct subject *who);
void apply_setreuid(struct state *s, const struct event *ev, struct subject *who);
void apply_setgid(struct state *s, const struct event *ev, struct subject *who);
void apply_setregid(struct state *s, const struct event *ev, struct subject *who);
void apply_capset(struct state *s, const struct event *ev, struct subject *who);
void apply_setsid(struct state *s, const struct event *ev, struct subject *who);
void apply_setpgid(struct state *s, const struct event *ev, struct subject *who);
void apply_prctl(struct state *s, const struct event *ev, struct subject *who);
void apply_rlimit(struct state *s, const struct event *ev, struct subject *who);
void apply_prlimit(struct state *s, const struct event *ev, struct subject *who);
void apply_memory(struct state *s, const struct event *ev, struct subject *who);
void apply_switch(struct state *s, const struct event *ev, struct subject *who);
void apply_procinfo(struct state *s, const struct event *ev, struct subject *who);

#endif
