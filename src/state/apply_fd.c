/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdio.h>
#include <sys/ioctl.h>

/* The event made this descriptor: it is what the event is about from now on. */
static void made(struct subject *who, struct fd *fd, int64_t num)
{
	who->fd = fd;
	who->fd_num = num;
	who->fd_name_changed = fd && fd->name;
}

void apply_close(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t res;

	if (!who->fd || !succeeded(ev, &res))
		return;
	who->fd->marks |= FD_CLOSING;
	s->closing_table = who->thread->fds;
	s->closing_fd = who->fd_num;
}

void apply_close_range(struct state *s, const struct event *ev, struct subject *who)
{
	const uint32_t flags = param_u32_or(ev, CLOSE_RANGE_X_FLAGS, 0);
	struct thread *t = who->thread;
	uint32_t first, last;
	int64_t res;

	if (!t || !succeeded(ev, &res) || !param_u32(ev, CLOSE_RANGE_X_FIRST, &first) ||
	    !param_u32(ev, CLOSE_RANGE_X_LAST, &last))
		return;
	if (flags & CLOSE_RANGE_FLAGS_CLOSE_RANGE_UNSHARE)
		fdtable_unshare(s, t);
	fdtable_close_range(s, t->fds, first, last, flags & CLOSE_RANGE_FLAGS_CLOSE_RANGE_CLOEXEC);
}

/*
 * The list was done later than the call, and tells what had become of the original until then. What
 * the copy is, it tells only where it came to that later, too.
 */
static bool is_unsure(const struct state *s, const struct subject *who, int64_t num)
{
	const struct fdtable *fds = who->thread->fds;
	const struct fd *copy;

	if (!fds || !listed_later(s, fds->listed_ts) ||
	    (who->fd && !listed_later(s, who->fd->listed_ts)))
		return false;
	copy = fd_find(fds, num);
	return !copy || !listed_later(s, copy->listed_ts);
}

/* Descriptors are listed of the leader. */
static void doubt_table(struct thread *t)
{
	struct thread *leader = t->group ? t->group->leader : NULL;

	(leader ? leader : t)->unsure = true;
}

/* One more number for the same open file; FD_CLOEXEC belongs to the number, not to the file. */
static void duplicate(struct state *s, struct subject *who, int64_t num, bool cloexec)
{
	struct fd *fd;

	if (num == who->fd_num)
		return;
	if (is_unsure(s, who, num))
		doubt_table(who->thread);
	if (!who->fd)
		return;
	fd = fd_clone(s, who->thread->fds, num, who->fd);
	who->fd = fd;
	who->fd_num = num;
	if (!fd)
		return;
	if (cloexec) {
		fd->marks |= FD_CLOEXEC;
		fd->open_flags |= FILE_FLAGS_O_CLOEXEC;
	} else {
		fd->marks &= (uint16_t)~FD_CLOEXEC;
		fd->open_flags &= ~(uint32_t)FILE_FLAGS_O_CLOEXEC;
	}
}

/* Standard input or output replaced: probably part of a shell's pipe. */
static void mark_pipe(struct thread *t, int64_t num)
{
	if (num == 0)
		t->flags |= CL_PIPE_DST;
	if (num == 1)
		t->flags |= CL_PIPE_SRC;
}

void apply_dup(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t num;

	if (!who->thread || !succeeded(ev, &num))
		return;
	mark_pipe(who->thread, num);
	duplicate(s, who, num, false);
}

void apply_dup3(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t num;

	if (!who->thread || !succeeded(ev, &num))
		return;
	mark_pipe(who->thread, num);
	duplicate(s, who, num, param_u32_or(ev, DUP3_X_FLAGS, 0) & FILE_FLAGS_O_CLOEXEC);
}

static void set_cloexec(const struct state *s, struct fd *fd, bool on)
{
	if (!fd || listed_later(s, fd->listed_ts))
		return;
	if (on)
		fd->marks |= FD_CLOEXEC;
	else
		fd->marks &= (uint16_t)~FD_CLOEXEC;
}

void apply_fcntl(struct state *s, const struct event *ev, struct subject *who)
{
	uint64_t arg;
	int64_t res;

	if (!who->thread || !succeeded(ev, &res))
		return;
	switch (event_int_or(ev, FCNTL_X_CMD, FCNTL_COMMANDS_FCNTL_UNKNOWN)) {
	case FCNTL_COMMANDS_FCNTL_F_DUPFD:
		duplicate(s, who, res, false);
		break;
	case FCNTL_COMMANDS_FCNTL_F_DUPFD_CLOEXEC:
		duplicate(s, who, res, true);
		break;
	case FCNTL_COMMANDS_FCNTL_F_SETFD:
		if (param_u64(ev, FCNTL_X_ARG, &arg))
			set_cloexec(s, who->fd, arg & 1); /* FD_CLOEXEC */
		break;
	default:
		break;
	}
}

void apply_ioctl(struct state *s, const struct event *ev, struct subject *who)
{
	uint64_t request;
	int64_t res;

	if (!who->fd || !param_u64(ev, IOCTL_3_X_REQUEST, &request))
		return;
	if ((request == FIOCLEX || request == FIONCLEX) && succeeded(ev, &res))
		set_cloexec(s, who->fd, request == FIOCLEX);
}

void apply_pipe(struct state *s, const struct event *ev, struct subject *who)
{
	uint32_t flags = 0;
	uint64_t ino;
	int64_t res;

	if (!who->thread || !succeeded(ev, &res))
		return;
	if (ev->type == EVENT_PIPE2_X)
		flags = param_u32_or(ev, PIPE2_X_FLAGS, 0);
	if (!param_u64(ev, PIPE_X_INO, &ino))
		ino = 0;
	for (unsigned i = PIPE_X_FD1; i <= PIPE_X_FD2; i++) {
		int64_t num = param_i64_or(ev, i, -1);
		struct fd *fd = fd_add(s, who->thread->fds, num, FD_FIFO);

		if (fd) {
			fd->ino = ino;
			fd->open_flags = flags;
			set_cloexec(s, fd, flags & FILE_FLAGS_O_CLOEXEC);
		}
		made(who, fd, num);
	}
}
_Static_assert((int)PIPE_X_FD1 == (int)PIPE2_X_FD1 && (int)PIPE_X_INO == (int)PIPE2_X_INO,
	       "one layout for both pipes");

/* ---- calls whose result is a descriptor without a name ---- */

struct simple {
	uint16_t event;
	int8_t type;
	int8_t flags_at;  /* parameter with open flags; -1: none */
	uint16_t cloexec; /* its bit for close-on-exec; 0: the kernel always sets it */
};

static const struct simple simple_fds[] = {
	{ EVENT_EVENTFD_X, FD_EVENT, -1, 1 },
	{ EVENT_EVENTFD2_X, FD_EVENT, EVENTFD2_X_FLAGS, FILE_FLAGS_O_CLOEXEC },
	{ EVENT_SIGNALFD_X, FD_SIGNALFD, -1, 1 },
	{ EVENT_SIGNALFD4_X, FD_SIGNALFD, SIGNALFD4_X_FLAGS, FILE_FLAGS_O_CLOEXEC },
	{ EVENT_TIMERFD_CREATE_X, FD_TIMERFD, -1, 1 },
	{ EVENT_INOTIFY_INIT_X, FD_INOTIFY, -1, 1 },
	{ EVENT_INOTIFY_INIT1_X, FD_INOTIFY, INOTIFY_INIT1_X_FLAGS, FILE_FLAGS_O_CLOEXEC },
	{ EVENT_BPF_2_X, FD_BPF, -1, 0 },
	{ EVENT_USERFAULTFD_X, FD_USERFAULTFD, USERFAULTFD_X_FLAGS, FILE_FLAGS_O_CLOEXEC },
	{ EVENT_IO_URING_SETUP_X, FD_IOURING, -1, 0 },
	{ EVENT_EPOLL_CREATE_X, FD_EVENTPOLL, -1, 1 },
	{ EVENT_EPOLL_CREATE1_X, FD_EVENTPOLL, EPOLL_CREATE1_X_FLAGS,
	  EPOLL_CREATE1_FLAGS_EPOLL_CLOEXEC },
};

static const struct simple *simple_of(uint16_t event)
{
	for (size_t i = 0; i < ARRAY_SIZE(simple_fds); i++)
		if (simple_fds[i].event == event)
			return &simple_fds[i];
	return NULL;
}

/* Most of bpf's commands answer with 0, and that is no descriptor. */
static bool bpf_makes_fd(const struct event *ev)
{
	switch (param_u32_or(ev, BPF_2_X_CMD, BPF_COMMANDS_BPF_MAP_CREATE)) {
	case BPF_COMMANDS_BPF_MAP_CREATE:
	case BPF_COMMANDS_BPF_PROG_LOAD:
	case BPF_COMMANDS_BPF_OBJ_GET:
	case BPF_COMMANDS_BPF_PROG_GET_FD_BY_ID:
	case BPF_COMMANDS_BPF_MAP_GET_FD_BY_ID:
	case BPF_COMMANDS_BPF_RAW_TRACEPOINT_OPEN:
	case BPF_COMMANDS_BPF_BTF_LOAD:
	case BPF_COMMANDS_BPF_BTF_GET_FD_BY_ID:
	case BPF_COMMANDS_BPF_LINK_CREATE:
	case BPF_COMMANDS_BPF_LINK_GET_FD_BY_ID:
	case BPF_COMMANDS_BPF_ENABLE_STATS:
	case BPF_COMMANDS_BPF_ITER_CREATE:
		return true;
	default:
		return false;
	}
}

void apply_simple_fd(struct state *s, const struct event *ev, struct subject *who)
{
	const struct simple *how = simple_of(ev->type);
	int64_t num;
	struct fd *fd;

	if (!how || !who->thread || !succeeded(ev, &num))
		return;
	if (ev->type == EVENT_BPF_2_X && !bpf_makes_fd(ev))
		return;
	fd = fd_add(s, who->thread->fds, num, how->type);
	if (fd) {
		if (how->flags_at >= 0)
			fd->open_flags = (uint32_t)event_int_or(ev, (unsigned)how->flags_at, 0);
		set_cloexec(s, fd, !how->cloexec || (fd->open_flags & how->cloexec));
	}
	made(who, fd, num);
}

void apply_memfd_create(struct state *s, const struct event *ev, struct subject *who)
{
	int64_t num;
	struct fd *fd;

	if (!who->thread || !succeeded(ev, &num))
		return;
	fd = fd_add(s, who->thread->fds, num, FD_MEMFD);
	if (fd) {
		fd->open_flags = param_u32_or(ev, MEMFD_CREATE_X_FLAGS, 0);
		set_cloexec(s, fd, fd->open_flags & MEMFD_CREATE_FLAGS_MFD_CLOEXEC);
		fd_rename_text(s, fd, param_text(ev, MEMFD_CREATE_X_NAME));
	}
	made(who, fd, num);
}

void apply_pidfd_open(struct state *s, const struct event *ev, struct subject *who)
{
	char name[64];
	int64_t num;
	struct fd *fd;

	if (!who->thread || !succeeded(ev, &num))
		return;
	fd = fd_add(s, who->thread->fds, num, FD_PIDFD);
	if (fd) {
		fd->pid = param_i64_or(ev, PIDFD_OPEN_X_PID, 0);
		fd->open_flags = param_u32_or(ev, PIDFD_OPEN_X_FLAGS, 0);
		set_cloexec(s, fd, true);
		snprintf(name, sizeof(name), "/proc/%lld", (long long)fd->pid);
		fd_rename_text(s, fd, str_from(name));
	}
	made(who, fd, num);
}

void apply_pidfd_getfd(struct state *s, const struct event *ev, struct subject *who)
{
	const struct fd *pidfd, *target = NULL;
	const struct node *n;
	int64_t num;
	struct fd *fd;

	if (!who->thread || !succeeded(ev, &num))
		return;
	pidfd = fd_find(who->thread->fds, param_i64_or(ev, PIDFD_GETFD_X_PID_FD, -1));
	if (pidfd && pidfd->type == FD_PIDFD) {
		n = idmap_get(&s->threads, (uint64_t)pidfd->pid);
		if (n)
			target = fd_find(n->t.fds, param_i64_or(ev, PIDFD_GETFD_X_TARGET_FD, -1));
	}
	/* The name it was opened by, if that is known, otherwise what the kernel calls it. */
	fd = target ? fd_clone(s, who->thread->fds, num, target) : fds_receive(s, who->thread, ev);
	/* Whatever had the number before is closed, known or not what came instead. */
	if (!fd && !target)
		fd = fd_add(s, who->thread->fds, num, FD_UNKNOWN);
	set_cloexec(s, fd, true);
	who->fd = fd;
	who->fd_num = num;
}
