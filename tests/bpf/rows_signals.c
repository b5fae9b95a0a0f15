/* SPDX-License-Identifier: Apache-2.0 */

/* Signals, sleeping, locks between processes. */

#include "stage.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static void who(struct stage *s)
{
	s->slot[0] = s->pid;
	s->slot[1] = getppid();
}

static void nothing(int sig)
{
	(void)sig;
}

static void handle(struct stage *s)
{
	signal(SIGUSR1, nothing);
	who(s);
}

/* An alarm interrupts what would wait for ever; the first may come before the call. */
static void read_for_ever(struct stage *s)
{
	const struct sigaction a = { .sa_handler = nothing };
	const struct itimerval soon = { .it_value.tv_usec = 20000, .it_interval.tv_usec = 20000 };
	int fds[2];

	if (sigaction(SIGALRM, &a, NULL) < 0 || pipe(fds) < 0 ||
	    setitimer(ITIMER_REAL, &soon, NULL) < 0)
		_exit(99);
	s->slot[0] = fds[0];
	s->slot[1] = s->pid;
}

static char room[16];
static struct timespec short_time = { 0, 1000000 };
static struct timespec bad_time = { 0, 2000000000 };

/* ---- Semaphores, in a namespace of their own -------------------------------------------------- */

static void own_semaphores(struct stage *s)
{
	if (unshare(CLONE_NEWIPC) < 0)
		stage_skip(s, "no IPC namespace");
	s->slot[0] = semget(IPC_PRIVATE, 3, 0600);
	if (s->slot[0] < 0)
		stage_skip(s, "no semaphores");
}

static struct sembuf two[2] = { { 1, 2, SEM_UNDO }, { 2, 1, IPC_NOWAIT } };
static struct sembuf too_much[1] = { { 1, -9, IPC_NOWAIT } };

#define EVENT1(type, ...)                                                                          \
	{                                                                                          \
		{                                                                                  \
			EVENT_##type,                                                              \
			{                                                                          \
				__VA_ARGS__                                                        \
			}                                                                          \
		}                                                                                  \
	}

static const struct row rows[] = {
	{ .what = "kill with no signal",
	  .nr = SYS_kill,
	  .before = who,
	  .args = { FROM_SLOT(0), N(0) },
	  .events = EVENT1(KILL_X, I(0), SLOT(0), I(0)) },
	{ .what = "kill of nobody",
	  .nr = SYS_kill,
	  .args = { N(0x3ffffff), N(SIGTERM) },
	  .events = EVENT1(KILL_X, I(-ESRCH), I(0x3ffffff), I(SIGTERM)) },
	{ .what = "a signal that is handled names its sender",
	  .nr = SYS_kill,
	  .before = handle,
	  .args = { FROM_SLOT(0), N(SIGUSR1) },
	  .events = { { EVENT_KILL_X, { I(0), SLOT(0), I(SIGUSR1) } },
		      { EVENT_SIGNALDELIVER_E, { SLOT(0), SLOT(0), I(SIGUSR1) } } },
	  .ends = true },
	{ .what = "a signal that kills",
	  .nr = SYS_kill,
	  .before = who,
	  .args = { FROM_SLOT(0), N(SIGTERM) },
	  .events = { { EVENT_KILL_X, { I(0), SLOT(0), I(SIGTERM) } },
		      { EVENT_SIGNALDELIVER_E, { I(0), SLOT(0), I(SIGKILL) } },
		      { EVENT_PROCEXIT_1_E, { I(SIGTERM), I(0), I(SIGTERM), I(0), I(0) } } },
	  .ends = true },
	{ .what = "tkill",
	  .nr = SYS_tkill,
	  .before = who,
	  .args = { FROM_SLOT(0), N(0) },
	  .events = EVENT1(TKILL_X, I(0), SLOT(0), I(0)) },
	{ .what = "tkill of a negative number",
	  .nr = SYS_tkill,
	  .args = { N(-1), N(9) },
	  .events = EVENT1(TKILL_X, I(-EINVAL), I(-1), I(9)) },
	{ .what = "tgkill",
	  .nr = SYS_tgkill,
	  .before = who,
	  .args = { FROM_SLOT(0), FROM_SLOT(0), N(0) },
	  .events = EVENT1(TGKILL_X, I(0), SLOT(0), SLOT(0), I(0)) },
	{ .what = "tgkill of nobody",
	  .nr = SYS_tgkill,
	  .args = { N(0x3ffffff), N(0x3fffffe), N(SIGUSR2) },
	  .events = EVENT1(TGKILL_X, I(-ESRCH), I(0x3ffffff), I(0x3fffffe), I(SIGUSR2)) },
	{ .what = "an interrupted call has failed",
	  .nr = SYS_read,
	  .before = read_for_ever,
	  .args = { FROM_SLOT(0), B(room), N(16) },
	  .events = { { EVENT_READ_X, { I(-EINTR), NONE, SLOT(0), I(16) } },
		      { EVENT_SIGNALDELIVER_E, { I(0), SLOT(1), I(SIGALRM) } } },
	  .ends = true },
	{ .what = "nanosleep",
	  .nr = SYS_nanosleep,
	  .args = { B(short_time), N(0) },
	  .events = EVENT1(NANOSLEEP_X, I(0), I(1000000)) },
	{ .what = "nanosleep for no time there is",
	  .nr = SYS_nanosleep,
	  .args = { B(bad_time), N(0) },
	  .events = EVENT1(NANOSLEEP_X, I(-EINVAL), I(2000000000)) },
	{ .what = "nanosleep without a time",
	  .nr = SYS_nanosleep,
	  .args = { N(BAD_ADDRESS), N(0) },
	  .events = EVENT1(NANOSLEEP_X, I(-EFAULT), I(0)) },
	{ .what = "futex",
	  .nr = SYS_futex,
	  .args = { N(BAD_ADDRESS), N(FUTEX_WAKE | FUTEX_PRIVATE_FLAG), N(3) },
	  .events =
		  EVENT1(FUTEX_X, RESULT, I(BAD_ADDRESS),
			 I(FUTEX_OPERATIONS_FU_FUTEX_WAKE | FUTEX_OPERATIONS_FU_FUTEX_PRIVATE_FLAG),
			 I(3)) },
	{ .what = "semget",
	  .nr = SYS_semget,
	  .before = own_semaphores,
	  .args = { N(0x1234), N(3), N(IPC_CREAT | IPC_EXCL | 0600) },
	  .events = EVENT1(SEMGET_X, RESULT, I(0x1234), I(3),
			   I(SEMGET_FLAGS_IPC_CREAT | SEMGET_FLAGS_IPC_EXCL)) },
	{ .what = "semget of nothing",
	  .nr = SYS_semget,
	  .before = own_semaphores,
	  .args = { N(0x4321), N(1), N(0) },
	  .events = EVENT1(SEMGET_X, I(-ENOENT), I(0x4321), I(1), I(0)) },
	{ .what = "semctl",
	  .nr = SYS_semctl,
	  .before = own_semaphores,
	  .args = { FROM_SLOT(0), N(1), N(SETVAL), N(5) },
	  .events = EVENT1(SEMCTL_X, I(0), SLOT(0), I(1), I(SEMCTL_COMMANDS_SETVAL), I(5)) },
	{ .what = "semctl with a command nobody knows",
	  .nr = SYS_semctl,
	  .args = { N(1), N(0), N(999), N(0) },
	  .events = EVENT1(SEMCTL_X, I(-EINVAL), I(1), I(0), I(0), I(0)) },
	{ .what = "semop",
	  .nr = SYS_semop,
	  .before = own_semaphores,
	  .args = { FROM_SLOT(0), B(two), N(2) },
	  .events = EVENT1(SEMOP_X, I(0), I(2), I(1), I(2), I(SEMOP_FLAGS_SEM_UNDO), I(2), I(1),
			   I(SEMOP_FLAGS_IPC_NOWAIT), SLOT(0)) },
	{ .what = "semop that would wait",
	  .nr = SYS_semop,
	  .before = own_semaphores,
	  .args = { FROM_SLOT(0), B(too_much), N(1) },
	  .events =
		  EVENT1(SEMOP_X, I(-EAGAIN), I(1), I(0), I(0), I(0), I(0), I(0), I(0), SLOT(0)) },
};

const struct rows signal_rows = { "signals", rows, ARRAY_SIZE(rows) };
