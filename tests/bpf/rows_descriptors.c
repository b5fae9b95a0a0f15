/* SPDX-License-Identifier: Apache-2.0 */

/* Descriptors that come from elsewhere than a name, and what is done with any. */

#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CLOEXEC  FILE_FLAGS_O_CLOEXEC
#define NONBLOCK FILE_FLAGS_O_NONBLOCK

static void open_file(struct stage *s)
{
	s->slot[0] = open("file", O_RDWR);
}

/* ---- Pipes: the numbers stand in memory ----------------------------------------------------- */

static int *pipe_fds;

static void after_pipe(struct stage *s)
{
	struct stat st;

	s->slot[0] = pipe_fds[0];
	s->slot[1] = pipe_fds[1];
	if (fstat(pipe_fds[0], &st) == 0)
		s->slot[2] = (int64_t)st.st_ino;
}

static void pipe_room(struct stage *s)
{
	(void)s;
	pipe_fds = low_memory(2 * sizeof(int));
}

static long make_pipe(struct stage *s)
{
	(void)s;
	return RAW(SYS_pipe, AT(pipe_fds));
}

static long make_pipe2(struct stage *s)
{
	(void)s;
	return RAW(SYS_pipe2, AT(pipe_fds), O_CLOEXEC | O_NONBLOCK | O_DIRECT);
}

/* ---- Waiting -------------------------------------------------------------------------------- */

static void fill_pipe(struct stage *s)
{
	int fds[2];

	if (pipe(fds) < 0 || write(fds[1], "x", 1) != 1)
		_exit(99);
	s->slot[0] = fds[0];
	s->slot[1] = fds[1];
}

/* An entry of an fd list: number (8 bytes), events (2 bytes). */
static void put_entry(uint8_t *list, size_t i, int64_t fd, uint16_t events)
{
	memcpy(list + 2 + i * 10, &fd, sizeof(fd));
	memcpy(list + 10 + i * 10, &events, sizeof(events));
}

static struct pollfd *make_poll_list(struct stage *s)
{
	struct pollfd *p = low_memory(3 * sizeof(*p));
	uint8_t list[2 + 3 * 10] = { 3 };

	p[0] = (struct pollfd){ (int)s->slot[0], POLLIN, 0 };
	p[1] = (struct pollfd){ (int)s->slot[1], POLLOUT, 0 };
	p[2] = (struct pollfd){ 77, POLLIN, 0 };
	put_entry(list, 0, s->slot[0], POLL_FLAGS_POLLIN);
	put_entry(list, 1, s->slot[1], POLL_FLAGS_POLLOUT);
	put_entry(list, 2, 77, POLL_FLAGS_POLLNVAL);
	stage_fact(s, 0, list, sizeof(list));
	return p;
}

static long poll_three(struct stage *s)
{
	return RAW(SYS_poll, AT(make_poll_list(s)), 3, 100);
}

static long ppoll_three(struct stage *s)
{
	uint64_t *mask = low_memory(sizeof(*mask));
	struct timespec *t = low_memory(sizeof(*t));

	*mask = 0x201;
	t->tv_sec = 5;
	return RAW(SYS_ppoll, AT(make_poll_list(s)), 3, AT(t), AT(mask), sizeof(*mask));
}

static void make_epoll(struct stage *s)
{
	s->slot[0] = epoll_create1(0);
}

static struct epoll_event wait_room[4];

static void after_nothing(struct stage *s)
{
	(void)s;
}

static void open_self(struct stage *s)
{
	s->slot[0] = (int64_t)syscall(SYS_pidfd_open, getpid(), 0);
	s->slot[1] = open("file", O_RDONLY);
	s->slot[2] = getpid();
}

#define EVENT1(type, ...)                                                                          \
	{                                                                                          \
		{                                                                                  \
			EVENT_##type,                                                              \
			{                                                                          \
				__VA_ARGS__                                                        \
			}                                                                          \
		}                                                                                  \
	}

static uint64_t signal_set = 1 << 9;

static const struct row rows[] = {
	{ .what = "dup",
	  .nr = SYS_dup,
	  .before = open_file,
	  .args = { FROM_SLOT(0) },
	  .events = EVENT1(DUP_1_X, RESULT, SLOT(0)) },
	{ .what = "dup of nothing",
	  .nr = SYS_dup,
	  .args = { N(77) },
	  .events = EVENT1(DUP_1_X, I(-EBADF), I(77)) },
	{ .what = "dup2",
	  .nr = SYS_dup2,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(20) },
	  .events = EVENT1(DUP2_X, I(20), SLOT(0), I(20)) },
	{ .what = "dup2 of nothing",
	  .nr = SYS_dup2,
	  .args = { N(77), N(5) },
	  .events = EVENT1(DUP2_X, I(-EBADF), I(77), I(5)) },
	{ .what = "dup3 with close-on-exec",
	  .nr = SYS_dup3,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(21), N(O_CLOEXEC) },
	  .events = EVENT1(DUP3_X, I(21), SLOT(0), I(21), I(CLOEXEC)) },
	{ .what = "dup3 onto itself",
	  .nr = SYS_dup3,
	  .args = { N(0), N(0), N(0) },
	  .events = EVENT1(DUP3_X, I(-EINVAL), I(0), I(0), I(0)) },
	{ .what = "pipe",
	  .before = pipe_room,
	  .call = make_pipe,
	  .after = after_pipe,
	  .events = EVENT1(PIPE_X, RESULT, SLOT(0), SLOT(1), SLOT(2)) },
	{ .what = "pipe2 with flags",
	  .before = pipe_room,
	  .call = make_pipe2,
	  .after = after_pipe,
	  .events = EVENT1(PIPE2_X, RESULT, SLOT(0), SLOT(1), SLOT(2),
			   I(CLOEXEC | NONBLOCK | FILE_FLAGS_O_DIRECT)) },
	{ .what = "pipe without room",
	  .nr = SYS_pipe,
	  .args = { N(BAD_ADDRESS) },
	  .events = EVENT1(PIPE_X, I(-EFAULT), I(-1), I(-1), I(0)) },
	{ .what = "fcntl copies a descriptor",
	  .nr = SYS_fcntl,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(F_DUPFD_CLOEXEC), N(30) },
	  .events =
		  EVENT1(FCNTL_X, I(30), SLOT(0), I(FCNTL_COMMANDS_FCNTL_F_DUPFD_CLOEXEC), I(30)) },
	{ .what = "fcntl sets flags",
	  .nr = SYS_fcntl,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(F_SETFL), N(O_NONBLOCK) },
	  .events = EVENT1(FCNTL_X, RESULT, SLOT(0), I(FCNTL_COMMANDS_FCNTL_F_SETFL),
			   I(O_NONBLOCK)) },
	{ .what = "fcntl asks for a lock",
	  .nr = SYS_fcntl,
	  .args = { N(77), N(F_GETLK), N(4096) },
	  .events = EVENT1(FCNTL_X, I(-EBADF), I(77), I(FCNTL_COMMANDS_FCNTL_F_GETLK), I(4096)) },
	{ .what = "fcntl waits for a lock",
	  .nr = SYS_fcntl,
	  .args = { N(77), N(F_SETLKW), N(0) },
	  .events = EVENT1(FCNTL_X, I(-EBADF), I(77), I(FCNTL_COMMANDS_FCNTL_F_SETLKW), I(0)) },
	{ .what = "fcntl with a command nobody knows",
	  .nr = SYS_fcntl,
	  .args = { N(0), N(9999), N(5) },
	  .events = EVENT1(FCNTL_X, I(-EINVAL), I(0), I(0), I(5)) },
	{ .what = "eventfd",
	  .nr = SYS_eventfd,
	  .args = { N(5) },
	  .events = EVENT1(EVENTFD_X, RESULT, I(5), I(0)) },
	{ .what = "eventfd2 with flags",
	  .nr = SYS_eventfd2,
	  .args = { N(7), N(EFD_CLOEXEC | EFD_NONBLOCK) },
	  .events = EVENT1(EVENTFD2_X, RESULT, I(CLOEXEC | NONBLOCK), I(7)) },
	{ .what = "eventfd2 with flags nobody knows",
	  .nr = SYS_eventfd2,
	  .args = { N(0), N(0x1000000) },
	  .events = EVENT1(EVENTFD2_X, I(-EINVAL), I(0), I(0)) },
	{ .what = "signalfd",
	  .nr = SYS_signalfd,
	  .args = { N(-1), B(signal_set), N(8) },
	  .events = EVENT1(SIGNALFD_X, RESULT, I(-1), I(0), I(0)) },
	{ .what = "signalfd4 with flags",
	  .nr = SYS_signalfd4,
	  .args = { N(-1), B(signal_set), N(8), N(SFD_CLOEXEC) },
	  .events = EVENT1(SIGNALFD4_X, RESULT, I(CLOEXEC), I(-1), I(0)) },
	{ .what = "signalfd4 without a set",
	  .nr = SYS_signalfd4,
	  .args = { N(-1), N(BAD_ADDRESS), N(8), N(0) },
	  .events = EVENT1(SIGNALFD4_X, RESULT, I(0), I(-1), I(0)) },
	{ .what = "timerfd_create",
	  .nr = SYS_timerfd_create,
	  .args = { N(1), N(TFD_NONBLOCK) },
	  .events = EVENT1(TIMERFD_CREATE_X, RESULT, I(1), I(NONBLOCK)) },
	{ .what = "timerfd_create of a clock nobody knows",
	  .nr = SYS_timerfd_create,
	  .args = { N(99), N(0) },
	  .events = EVENT1(TIMERFD_CREATE_X, I(-EINVAL), I(99), I(0)) },
	{ .what = "inotify_init",
	  .nr = SYS_inotify_init,
	  .events = EVENT1(INOTIFY_INIT_X, RESULT, I(0)) },
	{ .what = "inotify_init1",
	  .nr = SYS_inotify_init1,
	  .args = { N(IN_CLOEXEC | IN_NONBLOCK) },
	  .events = EVENT1(INOTIFY_INIT1_X, RESULT, I(CLOEXEC | NONBLOCK)) },
	{ .what = "epoll_create",
	  .nr = SYS_epoll_create,
	  .args = { N(8) },
	  .events = EVENT1(EPOLL_CREATE_X, RESULT, I(8)) },
	{ .what = "epoll_create of a negative size",
	  .nr = SYS_epoll_create,
	  .args = { N(-1) },
	  .events = EVENT1(EPOLL_CREATE_X, I(-EINVAL), I(-1)) },
	{ .what = "epoll_create1",
	  .nr = SYS_epoll_create1,
	  .args = { N(EPOLL_CLOEXEC) },
	  .events = EVENT1(EPOLL_CREATE1_X, RESULT, I(EPOLL_CREATE1_FLAGS_EPOLL_CLOEXEC)) },
	{ .what = "epoll_wait in vain",
	  .nr = SYS_epoll_wait,
	  .before = make_epoll,
	  .args = { FROM_SLOT(0), B(wait_room), N(4), N(0) },
	  .events = EVENT1(EPOLLWAIT_X, I(0), I(4)) },
	{ .what = "epoll_wait on nothing",
	  .nr = SYS_epoll_wait,
	  .args = { N(77), B(wait_room), N(3), N(0) },
	  .events = EVENT1(EPOLLWAIT_X, I(-EBADF), I(3)) },
	{ .what = "userfaultfd with a flag nobody knows",
	  .nr = SYS_userfaultfd,
	  .args = { N(0x10) },
	  .events = EVENT1(USERFAULTFD_X, RESULT, I(0x10)) },
	{ .what = "memfd_create",
	  .nr = SYS_memfd_create,
	  .args = { T("in memory"), N(MFD_CLOEXEC | MFD_ALLOW_SEALING) },
	  .events = EVENT1(
		  MEMFD_CREATE_X, RESULT, S("in memory"),
		  I(MEMFD_CREATE_FLAGS_MFD_CLOEXEC | MEMFD_CREATE_FLAGS_MFD_ALLOW_SEALING)) },
	{ .what = "memfd_create without a name",
	  .nr = SYS_memfd_create,
	  .args = { N(BAD_ADDRESS), N(0) },
	  .events = EVENT1(MEMFD_CREATE_X, I(-EFAULT), NONE, I(0)) },
	{ .what = "pidfd_open",
	  .nr = SYS_pidfd_open,
	  .before = open_self,
	  .args = { FROM_SLOT(2), N(O_NONBLOCK) },
	  .events = EVENT1(PIDFD_OPEN_X, RESULT, SLOT(2), I(PIDFD_OPEN_FLAGS_PIDFD_NONBLOCK)) },
	{ .what = "pidfd_open of nobody",
	  .nr = SYS_pidfd_open,
	  .args = { N(-1), N(0) },
	  .events = EVENT1(PIDFD_OPEN_X, I(-EINVAL), I(-1), I(0)) },
	{ .what = "pidfd_getfd",
	  .nr = SYS_pidfd_getfd,
	  .before = open_self,
	  .args = { FROM_SLOT(0), FROM_SLOT(1), N(0) },
	  .extension = { NONE, NONE, NONE, PATH("file") },
	  .unasked = true,
	  .events = EVENT1(PIDFD_GETFD_X, RESULT, SLOT(0), SLOT(1), I(0)) },
	{ .what = "pidfd_getfd of nothing",
	  .nr = SYS_pidfd_getfd,
	  .before = open_self,
	  .args = { FROM_SLOT(0), N(77), N(0) },
	  .events = EVENT1(PIDFD_GETFD_X, I(-EBADF), SLOT(0), I(77), I(0)) },
	{ .what = "ioctl",
	  .nr = SYS_ioctl,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(0x5451), N(0) },
	  .events = EVENT1(IOCTL_3_X, I(0), SLOT(0), I(0x5451), I(0)) },
	{ .what = "ioctl on nothing",
	  .nr = SYS_ioctl,
	  .args = { N(77), N(0x1234), N(0x123456789a) },
	  .events = EVENT1(IOCTL_3_X, I(-EBADF), I(77), I(0x1234), I(0x123456789a)) },
	{ .what = "select",
	  .nr = SYS_select,
	  .args = { N(-1), N(0), N(0), N(0), N(0) },
	  .events = EVENT1(SELECT_X, I(-EINVAL)) },
	{ .what = "poll tells what came back",
	  .before = fill_pipe,
	  .call = poll_three,
	  .after = after_nothing,
	  .events = EVENT1(POLL_X, I(3), FACT(0), I(100)) },
	{ .what = "poll of nothing, for ever",
	  .nr = SYS_poll,
	  .args = { N(BAD_ADDRESS), N(1), N(-1) },
	  .events = EVENT1(POLL_X, I(-EFAULT), BYTES("\0\0"), I(-1)) },
	{ .what = "ppoll",
	  .before = fill_pipe,
	  .call = ppoll_three,
	  .after = after_nothing,
	  .events = EVENT1(PPOLL_X, I(3), FACT(0), SOME, I(0x201)) },
	{ .what = "ppoll without time and mask",
	  .nr = SYS_ppoll,
	  .args = { N(0), N(0), N(BAD_ADDRESS), N(0), N(8) },
	  .events = EVENT1(PPOLL_X, I(-EFAULT), BYTES("\0\0"), I(0), I(0)) },
};

const struct rows descriptor_rows = { "descriptors", rows, ARRAY_SIZE(rows) };
