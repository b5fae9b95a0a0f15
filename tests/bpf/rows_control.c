/* SPDX-License-Identifier: Apache-2.0 */

/* Calls that govern the system or another process. */

#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

static void open_file(struct stage *s)
{
	s->slot[0] = open("file", O_RDWR);
}

static void open_namespace(struct stage *s)
{
	s->slot[0] = open("/proc/self/ns/uts", O_RDONLY);
}

static int *number;

static long get_subreaper(struct stage *s)
{
	(void)s;
	number = low_memory(sizeof(*number));
	return RAW(SYS_prctl, PR_GET_CHILD_SUBREAPER, AT(number));
}

static void be_subreaper(struct stage *s)
{
	(void)s;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* ---- Filters: mkdir is refused, the rest is allowed ------------------------------------------ */

static void filter(uint32_t verdict)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, verdict),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog p = { ARRAY_SIZE(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) < 0)
		_exit(99);
	prctl(PR_SET_DUMPABLE, 0);
}

static void refuse(struct stage *s)
{
	(void)s;
	filter(SECCOMP_RET_ERRNO | EACCES);
}

static void kill_process(struct stage *s)
{
	s->slot[0] = s->pid;
	filter(SECCOMP_RET_KILL_PROCESS);
}

static void handled(int sig)
{
	(void)sig;
}

static void trap(struct stage *s)
{
	s->slot[0] = s->pid;
	signal(SIGSYS, handled);
	filter(SECCOMP_RET_TRAP);
}

/* ---- io_uring ------------------------------------------------------------------------------- */

static struct io_uring_params *ring;

static long make_ring(struct stage *s)
{
	long fd;

	ring = low_memory(sizeof(*ring));
	ring->flags = IORING_SETUP_CLAMP;
	fd = RAW(SYS_io_uring_setup, 3, AT(ring));
	s->slot[0] = ring->sq_entries;
	s->slot[1] = ring->cq_entries;
	return fd;
}

static void after_ring(struct stage *s)
{
	if (s->result == -ENOSYS || s->result == -EPERM)
		stage_skip(s, "io_uring is switched off");
}

static uint32_t zero;

#define EVENT1(type, ...)                                                                          \
	{                                                                                          \
		{                                                                                  \
			EVENT_##type,                                                              \
			{                                                                          \
				__VA_ARGS__                                                        \
			}                                                                          \
		}                                                                                  \
	}
#define U64(n) BYTES("\0" n "\0\0\0\0\0\0\0")

static const struct row rows[] = {
	{ .what = "prctl that sets a name",
	  .nr = SYS_prctl,
	  .args = { N(PR_SET_NAME), T("a-name-that-is-far-too-long") },
	  .events = EVENT1(PRCTL_X, I(0), I(PR_SET_NAME), S("a-name-that-is-far-too-long"), I(0)) },
	{ .what = "prctl without a name",
	  .nr = SYS_prctl,
	  .args = { N(PR_SET_NAME), N(BAD_ADDRESS) },
	  .events = EVENT1(PRCTL_X, I(-EFAULT), I(PR_SET_NAME), NONE, I(0)) },
	{ .what = "prctl that asks",
	  .before = be_subreaper,
	  .call = get_subreaper,
	  .events = EVENT1(PRCTL_X, I(0), I(PR_GET_CHILD_SUBREAPER), NONE, I(1)) },
	{ .what = "prctl with a number",
	  .nr = SYS_prctl,
	  .args = { N(PR_SET_PDEATHSIG), N(SIGUSR1) },
	  .events = EVENT1(PRCTL_X, I(0), I(PR_SET_PDEATHSIG), NONE, I(SIGUSR1)) },
	{ .what = "prctl nobody knows",
	  .nr = SYS_prctl,
	  .args = { N(9999), N(-1) },
	  .events = EVENT1(PRCTL_X, I(-EINVAL), I(9999), NONE, I(-1)) },
	{ .what = "ptrace of oneself",
	  .nr = SYS_ptrace,
	  .args = { N(PTRACE_TRACEME), N(0), N(0), N(0) },
	  .events = EVENT1(PTRACE_X, I(0), U64("\0"), U64("\0"), I(PTRACE_REQUESTS_PTRACE_TRACEME),
			   I(0)) },
	{ .what = "ptrace of nobody",
	  .nr = SYS_ptrace,
	  .args = { N(PTRACE_ATTACH), N(0x3ffffff), N(1), N(2) },
	  .events = EVENT1(PTRACE_X, I(-ESRCH), U64("\0"), U64("\0"),
			   I(PTRACE_REQUESTS_PTRACE_ATTACH), I(0x3ffffff)) },
	{ .what = "bpf",
	  .nr = SYS_bpf,
	  .args = { N(9999), N(BAD_ADDRESS), N(72) },
	  .events = EVENT1(BPF_2_X, RESULT, I(9999)) },
	{ .what = "a call that a filter refuses",
	  .nr = SYS_mkdir,
	  .before = refuse,
	  .args = { T("new"), N(0700) },
	  .events = EVENT1(MKDIR_2_X, I(-EACCES), S("new"), I(0700)) },
	{ .what = "a call for which a filter kills has failed",
	  .nr = SYS_mkdir,
	  .before = kill_process,
	  .args = { T("new"), N(0700) },
	  .events = { { EVENT_MKDIR_2_X, { I(-EPERM), S("new"), I(0700) } },
		      { EVENT_SIGNALDELIVER_E, { I(0), SLOT(0), I(SIGSYS) } },
		      { EVENT_PROCEXIT_1_E, { I(SIGSYS), I(0), I(SIGSYS), I(0), I(0) } } },
	  .ends = true },
	{ .what = "a call that a filter traps has failed",
	  .nr = SYS_mkdir,
	  .before = trap,
	  .args = { T("new"), N(0700) },
	  .events = { { EVENT_MKDIR_2_X, { I(-EPERM), S("new"), I(0700) } },
		      { EVENT_SIGNALDELIVER_E, { I(0), SLOT(0), I(SIGSYS) } } },
	  .ends = true },
	{ .what = "seccomp",
	  .nr = SYS_seccomp,
	  .args = { N(SECCOMP_SET_MODE_FILTER), N(SECCOMP_FILTER_FLAG_LOG), N(BAD_ADDRESS) },
	  .events = EVENT1(SECCOMP_X, I(-EFAULT), I(SECCOMP_SET_MODE_FILTER),
			   I(SECCOMP_FILTER_FLAG_LOG)) },
	{ .what = "init_module of no module",
	  .nr = SYS_init_module,
	  .args = { T("not a module at all"), N(19), T("option=1") },
	  .events = EVENT1(INIT_MODULE_X, RESULT, BYTES("not a module at all"), I(19),
			   S("option=1")) },
	{ .what = "finit_module of no module",
	  .nr = SYS_finit_module,
	  .before = open_file,
	  .args = { FROM_SLOT(0), T("a=1 b=2"), N(1 | 2) },
	  .events = EVENT1(FINIT_MODULE_X, RESULT, SLOT(0), S("a=1 b=2"),
			   I(FINIT_MODULE_FLAGS_MODULE_INIT_IGNORE_MODVERSIONS |
			     FINIT_MODULE_FLAGS_MODULE_INIT_IGNORE_VERMAGIC)) },
	{ .what = "delete_module of none",
	  .nr = SYS_delete_module,
	  .args = { T("no_such_module"), N(O_NONBLOCK | O_TRUNC) },
	  .events = EVENT1(DELETE_MODULE_X, RESULT, S("no_such_module"),
			   I(DELETE_MODULE_FLAGS_DELETE_MODULE_O_NONBLOCK |
			     DELETE_MODULE_FLAGS_DELETE_MODULE_O_TRUNC)) },
	{ .what = "keyctl that joins a session",
	  .nr = SYS_keyctl,
	  .args = { N(KEYCTL_JOIN_SESSION_KEYRING), T("besra-test"), N(0), N(0), N(0) },
	  .events = EVENT1(KEYCTL_X, RESULT, I(KEYCTL_JOIN_SESSION_KEYRING),
			   BYTES("\1besra-test\0"), U64("\0"), U64("\0"), U64("\0")) },
	{ .what = "keyctl with numbers",
	  .nr = SYS_keyctl,
	  .args = { N(KEYCTL_REVOKE), N(5), N(6), N(7), N(8) },
	  .events = EVENT1(KEYCTL_X, RESULT, I(KEYCTL_REVOKE), U64("\5"), U64("\6"), U64("\7"),
			   U64("\10")) },
	{ .what = "keyctl that searches",
	  .nr = SYS_keyctl,
	  .args = { N(KEYCTL_SEARCH), N(-3), T("user"), T("secret"), N(0) },
	  .events = EVENT1(KEYCTL_X, RESULT, I(KEYCTL_SEARCH),
			   BYTES("\0\xfd\xff\xff\xff\xff\xff\xff\xff"), BYTES("\1user\0"),
			   BYTES("\1secret\0"), U64("\0")) },
	{ .what = "fsconfig of nothing",
	  .nr = SYS_fsconfig,
	  .args = { N(77), N(1), T("key"), T("value"), N(0) },
	  .events = EVENT1(FSCONFIG_X, I(-EBADF), I(77), I(FSCONFIG_CMDS_FSCONFIG_SET_STRING),
			   S("key"), NONE, NONE, I(0)) },
	{ .what = "setns",
	  .nr = SYS_setns,
	  .before = open_namespace,
	  .args = { FROM_SLOT(0), N(CLONE_NEWUTS) },
	  .events = EVENT1(SETNS_X, I(0), SLOT(0), I(CLONE_FLAGS_CL_CLONE_NEWUTS)) },
	{ .what = "setns to nothing",
	  .nr = SYS_setns,
	  .args = { N(77), N(0) },
	  .events = EVENT1(SETNS_X, I(-EBADF), I(77), I(0)) },
	{ .what = "unshare",
	  .nr = SYS_unshare,
	  .args = { N(CLONE_FILES | CLONE_FS | CLONE_NEWUTS) },
	  .events = EVENT1(UNSHARE_X, I(0),
			   I(CLONE_FLAGS_CL_CLONE_FILES | CLONE_FLAGS_CL_CLONE_FS |
			     CLONE_FLAGS_CL_CLONE_NEWUTS)) },
	{ .what = "io_uring_setup",
	  .call = make_ring,
	  .after = after_ring,
	  .events = EVENT1(IO_URING_SETUP_X, RESULT, I(3), SLOT(0), SLOT(1),
			   I(IO_URING_SETUP_FLAGS_IORING_SETUP_CLAMP), I(0), I(0), SOME) },
	{ .what = "io_uring_enter on nothing",
	  .nr = SYS_io_uring_enter,
	  .args = { N(77), N(1), N(2), N(IORING_ENTER_GETEVENTS), N(0), N(0) },
	  .events = EVENT1(IO_URING_ENTER_X, RESULT, I(77), I(1), I(2),
			   I(IO_URING_ENTER_FLAGS_IORING_ENTER_GETEVENTS), I(0)) },
	{ .what = "io_uring_register on nothing",
	  .nr = SYS_io_uring_register,
	  .args = { N(77), N(8), B(zero), N(5) },
	  .events = EVENT1(IO_URING_REGISTER_X, RESULT, I(77), SOME, SOME, I(5)) },
	{ .what = "quotactl of no device",
	  .nr = SYS_quotactl,
	  .args = { N(0x80000200), T("/dev/nothing"), N(2), T("quota.file") },
	  .events = EVENT1(QUOTACTL_X, RESULT, S("/dev/nothing"), S("quota.file"), I(0), I(0), I(0),
			   I(0), I(0), I(0), I(0), I(0), I(0), I(0),
			   I(QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED), I(QUOTACTL_CMDS_Q_QUOTAON),
			   I(QUOTACTL_TYPES_USRQUOTA), I(0), I(QUOTACTL_QUOTA_FMTS_QFMT_VFS_V0)) },
};

const struct rows control_rows = { "control", rows, ARRAY_SIZE(rows) };
