/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <sys/socket.h>

/*
 * What a capture's lists, or a look around the machine, know. They come in any order, a child
 * before its parent and sockets before the interfaces, so relations wait for list_settle.
 *
 * The entries of a capture have no time. Those of a running machine do, and events may be waiting
 * that are older: see listed_ts in struct thread.
 */

static void note_time(struct state *s, const struct event *ev)
{
	if (ev->ts > s->listed_ts)
		s->listed_ts = ev->ts;
}

static void list_add(struct state *s, struct node *n)
{
	if (n->listed)
		return;
	n->listed = true;
	n->listed_next = s->listed;
	s->listed = n;
}

static struct str text_or_empty(const struct event *ev, unsigned i)
{
	struct str s;

	return event_text(ev, i, &s) ? s : (struct str){ "", 0 };
}

static struct image *listed_image(struct state *s, const struct event *ev)
{
	const uint32_t flags = param_u32_or(ev, PROC_ENTRY_EXE_FLAGS, 0);
	struct str path = text_or_empty(ev, PROC_ENTRY_EXEPATH);
	struct image facts = {
		.exe = text_or_empty(ev, PROC_ENTRY_EXE),
		.args = event_param(ev, PROC_ENTRY_ARGS),
		.env = event_param(ev, PROC_ENTRY_ENV),
		.writable = flags & EXECVE_FLAGS_EXE_WRITABLE,
		.upper_layer = flags & EXECVE_FLAGS_EXE_UPPER_LAYER,
		.lower_layer = flags & EXECVE_FLAGS_EXE_LOWER_LAYER,
		.from_memfd = flags & EXECVE_FLAGS_EXE_FROM_MEMFD,
	};

	if (str_ends_with(path, STR(" (deleted)")))
		path.len -= sizeof(" (deleted)") - 1;
	facts.exepath = path;
	param_u64(ev, PROC_ENTRY_EXE_INO, &facts.exe_ino);
	param_u64(ev, PROC_ENTRY_EXE_CTIME, &facts.exe_ctime_ns);
	param_u64(ev, PROC_ENTRY_EXE_MTIME, &facts.exe_mtime_ns);
	return image_new(s, &facts);
}

static void take_counters(struct thread *t, const struct event *ev)
{
	struct str vm = event_param(ev, PROC_ENTRY_VM), caps = event_param(ev, PROC_ENTRY_CAPS);
	struct str pgft = event_param(ev, PROC_ENTRY_PGFT);
	struct cursor c = cursor_over(vm.p, vm.len);

	t->vmsize_kb = cursor_u32(&c);
	t->vmrss_kb = cursor_u32(&c);
	t->vmswap_kb = cursor_u32(&c);
	c = cursor_over(pgft.p, pgft.len);
	t->pfmajor = cursor_u64(&c);
	t->pfminor = cursor_u64(&c);
	c = cursor_over(caps.p, caps.len);
	t->cap_inheritable = cursor_u64(&c);
	t->cap_permitted = cursor_u64(&c);
	t->cap_effective = cursor_u64(&c);
}

static void take_ids(struct thread *t, const struct event *ev)
{
	t->pid = param_i64_or(ev, PROC_ENTRY_PID, -1);
	t->ptid = param_i64_or(ev, PROC_ENTRY_PTID, -1);
	t->sid = param_i64_or(ev, PROC_ENTRY_SID, -1);
	t->vpgid = param_i64_or(ev, PROC_ENTRY_VPGID, -1);
	t->pgid = param_i64_or(ev, PROC_ENTRY_PGID, -1);
	t->vtid = param_i64_or(ev, PROC_ENTRY_VTID, -1);
	t->vpid = param_i64_or(ev, PROC_ENTRY_VPID, -1);
	t->fdlimit = param_i64_or(ev, PROC_ENTRY_FDLIMIT, -1);
	t->flags |= param_u32_or(ev, PROC_ENTRY_FLAGS, 0) | CL_ACTIVE;
	t->uid = param_u32_or(ev, PROC_ENTRY_UID, UINT32_MAX);
	t->gid = param_u32_or(ev, PROC_ENTRY_GID, UINT32_MAX);
	t->loginuid = param_u32_or(ev, PROC_ENTRY_LOGINUID, UINT32_MAX);
	t->tty = param_u32_or(ev, PROC_ENTRY_TTY, 0);
	param_u64(ev, PROC_ENTRY_PIDNS_START, &t->pidns_start_ts);
	param_u64(ev, PROC_ENTRY_START, &t->clone_ts);
}

static struct istr *listed_cwd(struct state *s, const struct event *ev)
{
	char text[PATH_JOIN_MAX];
	struct str cwd = text_or_empty(ev, PROC_ENTRY_CWD);

	return dir_name(s, str_of(text, path_join(text, STR(""), cwd)));
}

/* Threads of one process share place and descriptors with its leader, whoever comes first. */
static void share_with_group(struct state *s, struct node *n, const struct event *ev)
{
	const struct pgroup *g = idmap_get(&s->groups, (uint64_t)n->t.pid);
	const struct node *other = g ? g->first : NULL;
	struct str root = text_or_empty(ev, PROC_ENTRY_ROOT);

	if (other && other != n) {
		n->t.fs = fs_ref(other->t.fs);
		n->t.fds = fdtable_ref(other->t.fds);
	} else {
		n->t.fs = fs_new(s, NULL, root.len ? intern_get(s->intern, root) : NULL);
		n->t.fds = fdtable_new(s);
	}
	if (n->t.tid == n->t.pid && n->t.fs != s->no_fs) {
		intern_put(s->intern, n->t.fs->cwd);
		n->t.fs->cwd = listed_cwd(s, ev);
		n->t.fs->listed_ts = ev->ts;
	}
}

static void take_ages(struct thread *t)
{
	const uint64_t ctime = t->image->exe_ctime_ns;

	if (ctime && t->clone_ts)
		t->ctime_to_start_ns = t->clone_ts - ctime;
	if (t->pidns_start_ts && ctime > t->pidns_start_ts)
		t->pidns_to_ctime_ns = ctime - t->pidns_start_ts;
}

/* The list knows better; the children, listed again or not, find their parent once more. */
static void forget_for_list(struct state *s, struct node *n)
{
	const int64_t tid = n->t.tid;

	while (n->child_first) {
		struct node *child = n->child_first;

		thread_set_parent(s, child, NULL);
		child->t.ptid = tid;
		list_add(s, child);
	}
	thread_drop(s, n);
}

void apply_proc_entry(struct state *s, const struct event *ev, struct subject *who)
{
	struct node *n = idmap_get(&s->threads, (uint64_t)ev->tid);
	struct str cgroups = event_param(ev, PROC_ENTRY_CGROUPS);

	(void)who;
	if (n && listed_later(s, n->t.listed_ts))
		return;
	if (n)
		forget_for_list(s, n);
	n = thread_new(s, ev->tid);
	if (!n)
		return;
	note_time(s, ev);
	n->t.listed_ts = ev->ts;
	take_ids(&n->t, ev);
	take_counters(&n->t, ev);
	n->t.comm = intern_get(s->intern, text_or_empty(ev, PROC_ENTRY_COMM));
	thread_set_image(s, &n->t, listed_image(s, ev));
	take_ages(&n->t);
	if (cgroups.len)
		n->t.cgroups = cgroups_intern(s, cgroups);
	share_with_group(s, n, ev);
	thread_join_group(s, n);
	if (n->t.flags & CL_CLOSED)
		thread_mark_dead(n);
	list_add(s, n);
}

/* ---- descriptors ---- */

static void listed_socket(struct state *s, struct fd *fd, const struct event *ev)
{
	const bool server = fd->type == FD_IPV4_SERVSOCK || fd->type == FD_IPV6_SERVSOCK;
	const struct str bytes = event_param(ev, FD_ENTRY_TUPLE);
	char text[NET_TEXT_MAX];
	struct tuple t;

	if (!(server ? tuple_parse_plain(bytes, &t) : tuple_parse(bytes, &t)))
		return;
	fd->family = t.family;
	fd->l4proto = (uint8_t)event_int_or(ev, FD_ENTRY_L4PROTO, L4_UNKNOWN);
	fd->src = t.src;
	fd->dst = t.dst;
	if (server) {
		s->server_ports[t.dst.port / 8] |= (uint8_t)(1 << t.dst.port % 8);
		fd->type = t.family == AF_INET6 ? FD_IPV6_SERVSOCK : FD_IPV4_SERVSOCK;
		fd_rename_text(s, fd, fd_server_text(text, fd));
		return;
	}
	fd->type = t.family == AF_INET6 ? FD_IPV6_SOCK : FD_IPV4_SOCK;
	fd->marks |= FD_TUPLE;
	if (fd->l4proto == L4_TCP)
		fd->marks |= FD_CONNECTED;
	fd_rename_text(s, fd, tuple_text(text, &t));
}

static void listed_unix(struct state *s, struct fd *fd, const struct event *ev)
{
	struct str name = text_or_empty(ev, FD_ENTRY_NAME);
	struct tuple t;

	fd->family = AF_UNIX;
	if (tuple_parse(event_param(ev, FD_ENTRY_TUPLE), &t) && t.family == AF_UNIX) {
		fd->unix_src = t.unix_src;
		fd->unix_dst = t.unix_dst;
		if (!name.len)
			name = t.path;
	}
	fd->marks |= name.len ? FD_SERVER : FD_CLIENT;
	fd_rename_text(s, fd, name);
}

/*
 * The descriptors of a running machine are listed after its threads. One of a process not listed
 * is of one born in between, whose birth is still to be heard of.
 */
static struct node *thread_of_fd(struct state *s, const struct event *ev)
{
	struct node *n = idmap_get(&s->threads, (uint64_t)ev->tid);

	return n || !ev->ts ? n : thread_get(s, ev->tid);
}

/* What stands behind the number, as the entry tells it. */
static void describe(struct state *s, struct fd *fd, const struct event *entry)
{
	fd->marks = FD_INHERITED;
	if (!param_u64(entry, FD_ENTRY_INO, &fd->ino))
		fd->ino = 0;
	fd->dev = param_u32_or(entry, FD_ENTRY_DEV, 0);
	fd->open_flags = param_u32_or(entry, FD_ENTRY_OPEN_FLAGS, 0);
	if (fd->open_flags & FILE_FLAGS_O_CLOEXEC)
		fd->marks |= FD_CLOEXEC;
	if (fd->type >= FD_IPV4_SOCK && fd->type <= FD_IPV6_SERVSOCK)
		listed_socket(s, fd, entry);
	else if (fd->type == FD_UNIX_SOCK)
		listed_unix(s, fd, entry);
	else
		fd_rename_text(s, fd, text_or_empty(entry, FD_ENTRY_NAME));
}

/* A table of a group's threads that is not their leader's stays: nobody lists it. */
void apply_fds_entry(struct state *s, const struct event *ev, struct subject *who)
{
	struct node *n = idmap_get(&s->threads, (uint64_t)ev->tid);

	(void)who;
	if (!n || !n->t.fds)
		return;
	note_time(s, ev);
	fdtable_clear(s, n->t.fds);
	n->t.fds->listed_ts = ev->ts;
	n->t.fds->unsure = false;
}

void apply_fd_entry(struct state *s, const struct event *ev, struct subject *who)
{
	struct node *n = thread_of_fd(s, ev);
	const int64_t type = event_int_or(ev, FD_ENTRY_FD_TYPE, FD_UNKNOWN);
	int64_t num;
	struct fd *fd;

	(void)who;
	if (!n || !param_i64(ev, FD_ENTRY_FD, &num) || type <= FD_UNKNOWN || type > FD_PIDFD)
		return;
	/* Where a leader shares its table, its own list is the one that counts. */
	if (n->t.fds && n->t.fds->refs > 1 && n->t.group && n->t.group->leader &&
	    n->t.group->leader != &n->t)
		return;
	fd = fd_add(s, n->t.fds, num, (enum fd_type)type);
	if (!fd || fd == s->passing)
		return;
	if (n->t.fds->listed_ts < ev->ts)
		n->t.fds->listed_ts = ev->ts;
	note_time(s, ev);
	fd->listed_ts = ev->ts;
	describe(s, fd, ev);
	list_add(s, n);
}

/* ---- descriptors that came from another process ---- */

static struct fd *receive(struct state *s, struct thread *t, const struct event *entry)
{
	int64_t num, type = event_int_or(entry, FD_ENTRY_FD_TYPE, FD_UNKNOWN);
	struct fd *fd;

	if (!param_i64(entry, FD_ENTRY_FD, &num))
		return NULL;
	if (type < FD_UNKNOWN || type > FD_PIDFD)
		type = FD_UNKNOWN;
	fd = fd_add(s, t->fds, num, (enum fd_type)type);
	if (fd && type != FD_UNKNOWN)
		describe(s, fd, entry);
	return fd;
}

struct fd *fds_receive(struct state *s, struct thread *t, const struct event *ev)
{
	struct str rest = event_extension(ev, EXTENSION_DESCRIPTORS);
	struct wire_event head;
	struct event entry;
	struct fd *last = NULL;

	while (rest.len >= sizeof(head)) {
		const struct raw raw = { .bytes = (const uint8_t *)rest.p,
					 .len = (uint32_t)rest.len };

		memcpy(&head, rest.p, sizeof(head));
		if (head.type != EVENT_FD_ENTRY || event_open(&entry, &raw) < 0)
			break;
		last = receive(s, t, &entry);
		rest = str_from_index(rest, head.len);
	}
	if (last)
		list_add(s, node_of(t));
	return last;
}

/*
 * A listed connection has no direction. Its local port tells: one that somebody listens on is
 * the server's, and the ends are turned round.
 */
static void settle_fd(struct fd *fd, void *arg)
{
	struct state *s = arg;
	char text[NET_TEXT_MAX];
	const uint16_t port = fd->src.port;

	if (fd->type != FD_IPV4_SOCK || !(fd->marks & FD_INHERITED) ||
	    (fd->marks & (FD_CLIENT | FD_SERVER)))
		return;
	fd_patch_addresses(s, fd);
	if (s->server_ports[port / 8] & (1 << port % 8)) {
		struct endpoint e = fd->src;

		fd->src = fd->dst;
		fd->dst = e;
		fd->marks |= FD_SERVER;
	} else {
		fd->marks |= FD_CLIENT;
	}
	fd_rename_text(
		s, fd,
		tuple_text(text,
			   &(struct tuple){ .family = AF_INET, .src = fd->src, .dst = fd->dst }));
}

void list_settle(struct state *s)
{
	struct node *list = s->listed, *next;

	s->listed = NULL;
	for (struct node *n = list; n; n = next) {
		next = n->listed_next;
		n->listed = false;
		n->listed_next = NULL;
		if (!n->parent)
			thread_join_parent(s, n);
		fdtable_each(n->t.fds, settle_fd, s);
	}
	state_touch(s, STATE_ANCESTRY);
	state_touch(s, STATE_LEADERS);
}

/* ---- the machine ---- */

void apply_interface_entry(struct state *s, const struct event *ev, struct subject *who)
{
	(void)who;
	interface_add(s, ev);
}

void apply_machine_entry(struct state *s, const struct event *ev, struct subject *who)
{
	struct str name = text_or_empty(ev, MACHINE_ENTRY_HOSTNAME);

	(void)who;
	intern_put(s->intern, s->hostname);
	s->hostname = name.len ? intern_get(s->intern, name) : NULL;
	if (!param_u64(ev, MACHINE_ENTRY_BOOT, &s->boot_ts))
		s->boot_ts = 0;
}

void apply_section_entry(struct state *s, const struct event *ev, struct subject *who)
{
	(void)ev;
	(void)who;
	threads_clear(s);
	userdb_clear(s->users, s->intern);
	s->nv4 = s->nv6 = 0;
	s->boot_ts = 0;
	memset(s->server_ports, 0, sizeof(s->server_ports));
	memset(s->exited, 0, sizeof(s->exited));
	memset(s->cpu_switch_ts, 0, sizeof(s->cpu_switch_ts));
	for (unsigned kind = 0; kind < STATE_KINDS; kind++)
		state_touch(s, (enum state_kind)kind);
}
