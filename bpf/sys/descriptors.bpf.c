/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Descriptors that come from elsewhere than a name: copies, pipes, events, timers, waiting. */

#include "core/extension.bpf.h"
#include "core/open_flags.bpf.h"

SYSCALL_EXIT(dup, DUP_1_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
}

SYSCALL_EXIT(dup2, DUP2_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_fd(e, ARG(1));
}

SYSCALL_EXIT(dup3, DUP3_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_fd(e, ARG(1));
	emit_u32(e, fd_flags(ARG(2)));
}

/* fd1, fd2, ino */
static __always_inline void emit_pipe(struct bpf_scratch *e, const struct call *c)
{
	int fds[2] = { -1, -1 };
	struct file *f;

	if (bpf_probe_read_user(fds, sizeof(fds), (void *)ARG(0)) < 0)
		fds[0] = fds[1] = -1;
	f = c->ret == 0 ? file_of(fds[0]) : NULL;
	emit_s64(e, fds[0]);
	emit_s64(e, fds[1]);
	emit_u64(e, f ? file_inode(f) : 0);
}

SYSCALL_EXIT(pipe, PIPE_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_pipe(e, c);
}

SYSCALL_EXIT(pipe2, PIPE2_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_pipe(e, c);
	emit_u32(e, fd_flags(ARG(1)) | (ARG(1) & 0x4000 ? FILE_FLAGS_O_DIRECT : 0));
}

/*
 * Locks of 64-bit files have commands of their own only for 32-bit callers; in the format's table
 * they have the number of the plain ones, too.
 */
static __always_inline __u8 fcntl_command(const struct call *c)
{
	switch (ARG(1)) {
	case 5:
		return FCNTL_COMMANDS_FCNTL_F_GETLK;
	case 6:
		return FCNTL_COMMANDS_FCNTL_F_SETLK;
	case 7:
		return FCNTL_COMMANDS_FCNTL_F_SETLKW;
	case 12:
		return c->compat ? FCNTL_COMMANDS_FCNTL_F_GETLK64 : 0;
	case 13:
		return c->compat ? FCNTL_COMMANDS_FCNTL_F_SETLK64 : 0;
	case 14:
		return c->compat ? FCNTL_COMMANDS_FCNTL_F_SETLKW64 : 0;
	}
	return enum_fcntl_commands(ARG(1), 0);
}

SYSCALL_EXIT(fcntl, FCNTL_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u8(e, fcntl_command(c));
	emit_u64(e, ARG(2));
}

SYSCALL_EXIT(eventfd, EVENTFD_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u64(e, ARG(0));
	emit_u32(e, 0);
}

SYSCALL_EXIT(eventfd2, EVENTFD2_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u16(e, fd_flags(ARG(1)));
	emit_u64(e, ARG(0));
}

SYSCALL_EXIT(signalfd, SIGNALFD_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u32(e, 0);
	emit_u8(e, 0);
}

SYSCALL_EXIT(signalfd4, SIGNALFD4_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u16(e, fd_flags(ARG(3)));
	emit_fd(e, ARG(0));
	emit_u32(e, 0);
}

SYSCALL_EXIT(timerfd_create, TIMERFD_CREATE_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u8(e, ARG(0));
	emit_u8(e, fd_flags(ARG(1)));
}

SYSCALL_EXIT(inotify_init, INOTIFY_INIT_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u8(e, 0);
}

SYSCALL_EXIT(inotify_init1, INOTIFY_INIT1_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u16(e, fd_flags(ARG(0)));
}

SYSCALL_EXIT(epoll_create, EPOLL_CREATE_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_s32(e, ARG(0));
}

SYSCALL_EXIT(epoll_create1, EPOLL_CREATE1_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u32(e, bits_epoll_create1_flags(ARG(0)));
}

SYSCALL_EXIT(epoll_wait, EPOLLWAIT_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_s64(e, (__s32)ARG(2));
}

SYSCALL_EXIT(userfaultfd, USERFAULTFD_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_u32(e, ARG(0));
}

SYSCALL_EXIT(memfd_create, MEMFD_CREATE_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_user_str(e, ARG(0), PATH_CAP);
	emit_u32(e, bits_memfd_create_flags(ARG(1)));
}

SYSCALL_EXIT(pidfd_open, PIDFD_OPEN_X, LANE_FD)
{
	emit_s64(e, c->ret);
	emit_s64(e, (__s32)ARG(0));
	emit_u32(e, bits_pidfd_open_flags(ARG(1)));
}

static __always_inline void pidfd_getfd_extension(struct bpf_scratch *e, const struct call *c)
{
	struct entries from;

	emit_nothing_used(e);
	from = entries_begin(e);
	append_entry(e, c->ret);
	entries_end(e, &from);
}

SYSCALL_EXIT_EXTENDED(pidfd_getfd, PIDFD_GETFD, PIDFD_GETFD_X, LANE_FD, c->ret >= 0)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_fd(e, ARG(1));
	emit_u32(e, ARG(2));
}

SYSCALL_EXIT(flock, FLOCK_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u32(e, bits_flock_flags(ARG(1)));
}

SYSCALL_EXIT(ioctl, IOCTL_3_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_fd(e, ARG(0));
	emit_u64(e, ARG(1));
	emit_u64(e, ARG(2));
}

SYSCALL_EXIT(select, SELECT_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
}

#define POLL_MAX 16

/* Linux's struct pollfd */
struct pollfd {
	int fd;
	__s16 events, revents;
};

/* u16 count, then fd (8 bytes) and events (2 bytes) each: what came back, for a call that worked. */
static __always_inline void emit_poll_list(struct bpf_scratch *e, __u64 list, __u64 n, long ret)
{
	e->done = 0;
	for (__u32 i = 0; i < POLL_MAX && i < n; i++) {
		struct pollfd p;
		__u32 at = e->at + sizeof(__u16) + e->done * 10;

		if (bpf_probe_read_user(&p, sizeof(p), (void *)(list + i * sizeof(p))) < 0)
			break;
		if (ret > 0 && !p.revents)
			continue;
		EMIT_STORE(e, __u64, at, (__s64)p.fd);
		EMIT_STORE(e, __u16, at + 8, bits_poll_flags((__u16)(p.revents)));
		e->done++;
	}
	EMIT_STORE(e, __u16, e->at, e->done);
	emit_length(e, sizeof(__u16) + e->done * 10);
}

SYSCALL_EXIT(poll, POLL_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_poll_list(e, ARG(0), ARG(1), c->ret);
	emit_s64(e, (__s32)ARG(2));
}

SYSCALL_EXIT(ppoll, PPOLL_X, WIRE_LANE_BULK)
{
	emit_s64(e, c->ret);
	emit_poll_list(e, ARG(0), ARG(1), c->ret);
	emit_u64(e, ARG(2) ? user_timespec_ns(c, ARG(2)) : 0);
	emit_u32(e, ARG(3) ? user_u32(ARG(3)) : 0);
}
