/* SPDX-License-Identifier: Apache-2.0 */

/* Who a process is: users, groups, capabilities, sessions, limits. */

#include "stage.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t *ids;

static long get_users(struct stage *s)
{
	(void)s;
	ids = low_memory(3 * sizeof(*ids));
	return RAW(SYS_getresuid, AT(ids), AT(ids + 1), AT(ids + 2));
}

static long get_groups(struct stage *s)
{
	(void)s;
	ids = low_memory(3 * sizeof(*ids));
	return RAW(SYS_getresgid, AT(ids), AT(ids + 1), AT(ids + 2));
}

static void be_several(struct stage *s)
{
	(void)s;
	if (setresgid(11, 12, 13) < 0 || setresuid(21, 22, 23) < 0)
		_exit(99);
}

/* ---- Capabilities: what is in force afterwards ----------------------------------------------- */

static struct __user_cap_header_struct *cap_head;
static struct __user_cap_data_struct *caps;

static void drop_some(struct stage *s)
{
	(void)s;
	cap_head = low_memory(sizeof(*cap_head));
	caps = low_memory(2 * sizeof(*caps));
	cap_head->version = _LINUX_CAPABILITY_VERSION_3;
	caps[0].effective = 1u << CAP_KILL;
	caps[0].permitted = 1u << CAP_KILL | 1u << CAP_SETUID;
	caps[0].inheritable = 1u << CAP_SETUID;
}

static long set_caps(struct stage *s)
{
	(void)s;
	return RAW(SYS_capset, AT(cap_head), AT(caps));
}

static void caps_now(struct stage *s)
{
	struct __user_cap_data_struct now[2];

	cap_head = low_memory(sizeof(*cap_head));
	cap_head->version = _LINUX_CAPABILITY_VERSION_3;
	if (syscall(SYS_capget, cap_head, now) < 0)
		_exit(99);
	s->slot[0] = now[0].inheritable | (int64_t)now[1].inheritable << 32;
	s->slot[1] = now[0].permitted | (int64_t)now[1].permitted << 32;
	s->slot[2] = now[0].effective | (int64_t)now[1].effective << 32;
}

/* ---- Sessions ------------------------------------------------------------------------------- */

static void who(struct stage *s)
{
	s->slot[0] = s->pid;
}

/* ---- Limits --------------------------------------------------------------------------------- */

static struct rlimit some_limit = { 100, 200 };
static struct rlimit no_limit = { RLIM_INFINITY, RLIM_INFINITY };
static struct rlimit *old_limit;

static void limit_files(struct stage *s)
{
	(void)s;
	if (setrlimit(RLIMIT_NOFILE, &some_limit) < 0)
		_exit(99);
}

static long get_limit(struct stage *s)
{
	(void)s;
	old_limit = low_memory(sizeof(*old_limit));
	return RAW(SYS_getrlimit, RLIMIT_NOFILE, AT(old_limit));
}

static long swap_limits(struct stage *s)
{
	struct rlimit *next = low_memory(sizeof(*next));

	(void)s;
	old_limit = low_memory(sizeof(*old_limit));
	*next = (struct rlimit){ 50, 200 };
	return RAW(SYS_prlimit64, 0, RLIMIT_NOFILE, AT(next), AT(old_limit));
}

static void after_nothing(struct stage *s)
{
	(void)s;
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
#define FILES I(RLIMIT_RESOURCES_RLIMIT_NOFILE)

static const struct row rows[] = {
	{ .what = "setuid",
	  .extension = { NONE },
	  .nr = SYS_setuid,
	  .args = { N(1000) },
	  .events = EVENT1(SETUID_X, I(0), I(1000)) },
	{ .what = "setuid to nobody",
	  .nr = SYS_setuid,
	  .args = { N(-1) },
	  .events = EVENT1(SETUID_X, I(-EINVAL), I(-1)) },
	{ .what = "setgid",
	  .extension = { NONE },
	  .nr = SYS_setgid,
	  .args = { N(1001) },
	  .events = EVENT1(SETGID_X, I(0), I(1001)) },
	{ .what = "setgid that is not allowed",
	  .nr = SYS_setgid,
	  .before = be_several,
	  .args = { N(0) },
	  .events = EVENT1(SETGID_X, I(-EPERM), I(0)) },
	{ .what = "setreuid",
	  .extension = { NONE },
	  .nr = SYS_setreuid,
	  .args = { N(-1), N(1002) },
	  .events = EVENT1(SETREUID_X, I(0), I(-1), I(1002)) },
	{ .what = "setregid",
	  .extension = { NONE },
	  .nr = SYS_setregid,
	  .args = { N(1003), N(1004) },
	  .events = EVENT1(SETREGID_X, I(0), I(1003), I(1004)) },
	{ .what = "setresuid",
	  .extension = { NONE },
	  .nr = SYS_setresuid,
	  .args = { N(1), N(2), N(-1) },
	  .events = EVENT1(SETRESUID_X, I(0), I(1), I(2), I(-1)) },
	{ .what = "setresuid that is not allowed",
	  .nr = SYS_setresuid,
	  .before = be_several,
	  .args = { N(0), N(0), N(0) },
	  .events = EVENT1(SETRESUID_X, I(-EPERM), I(0), I(0), I(0)) },
	{ .what = "setresgid",
	  .extension = { NONE },
	  .nr = SYS_setresgid,
	  .args = { N(-1), N(4), N(5) },
	  .events = EVENT1(SETRESGID_X, I(0), I(-1), I(4), I(5)) },
	{ .what = "getresuid",
	  .before = be_several,
	  .call = get_users,
	  .after = after_nothing,
	  .events = EVENT1(GETRESUID_X, I(0), I(21), I(22), I(23)) },
	{ .what = "getresgid",
	  .before = be_several,
	  .call = get_groups,
	  .after = after_nothing,
	  .events = EVENT1(GETRESGID_X, I(0), I(11), I(12), I(13)) },
	{ .what = "getresuid without room",
	  .nr = SYS_getresuid,
	  .args = { N(BAD_ADDRESS), N(BAD_ADDRESS), N(BAD_ADDRESS) },
	  .events = EVENT1(GETRESUID_X, I(-EFAULT), I(0), I(0), I(0)) },
	{ .what = "getuid",
	  .nr = SYS_getuid,
	  .before = be_several,
	  .events = EVENT1(GETUID_X, I(21)) },
	{ .what = "geteuid",
	  .nr = SYS_geteuid,
	  .before = be_several,
	  .events = EVENT1(GETEUID_X, I(22)) },
	{ .what = "getgid",
	  .nr = SYS_getgid,
	  .before = be_several,
	  .events = EVENT1(GETGID_X, I(11)) },
	{ .what = "getegid",
	  .nr = SYS_getegid,
	  .before = be_several,
	  .events = EVENT1(GETEGID_X, I(12)) },
	{ .what = "capset",
	  .extension = { NONE },
	  .before = drop_some,
	  .call = set_caps,
	  .events = EVENT1(CAPSET_X, I(0), I(1 << CAP_SETUID), I(1 << CAP_KILL | 1 << CAP_SETUID),
			   I(1 << CAP_KILL)) },
	{ .what = "capset that fails tells what stays",
	  .nr = SYS_capset,
	  .before = caps_now,
	  .args = { N(BAD_ADDRESS), N(BAD_ADDRESS) },
	  .events = EVENT1(CAPSET_X, I(-EFAULT), SLOT(0), SLOT(1), SLOT(2)) },
	{ .what = "setsid", .nr = SYS_setsid, .after = who, .events = EVENT1(SETSID_X, SLOT(0)) },
	{ .what = "setpgid",
	  .nr = SYS_setpgid,
	  .before = who,
	  .args = { FROM_SLOT(0), N(0) },
	  .events = EVENT1(SETPGID_X, I(0), SLOT(0), I(0)) },
	{ .what = "setpgid of a negative group",
	  .nr = SYS_setpgid,
	  .args = { N(0), N(-5) },
	  .events = EVENT1(SETPGID_X, I(-EINVAL), I(0), I(-5)) },
	{ .what = "setrlimit",
	  .nr = SYS_setrlimit,
	  .args = { N(RLIMIT_NOFILE), B(some_limit) },
	  .events = EVENT1(SETRLIMIT_X, I(0), I(100), I(200), FILES) },
	{ .what = "setrlimit to none",
	  .nr = SYS_setrlimit,
	  .args = { N(RLIMIT_CORE), B(no_limit) },
	  .events = EVENT1(SETRLIMIT_X, RESULT, I(-1), I(-1), I(RLIMIT_RESOURCES_RLIMIT_CORE)) },
	{ .what = "setrlimit of what nobody knows",
	  .nr = SYS_setrlimit,
	  .args = { N(99), B(some_limit) },
	  .events = EVENT1(SETRLIMIT_X, I(-EINVAL), I(100), I(200), I(255)) },
	{ .what = "getrlimit",
	  .before = limit_files,
	  .call = get_limit,
	  .events = EVENT1(GETRLIMIT_X, I(0), I(100), I(200), FILES) },
	{ .what = "getrlimit without room",
	  .nr = SYS_getrlimit,
	  .args = { N(RLIMIT_NOFILE), N(BAD_ADDRESS) },
	  .events = EVENT1(GETRLIMIT_X, I(-EFAULT), I(-1), I(-1), FILES) },
	{ .what = "prlimit tells old and new",
	  .before = limit_files,
	  .call = swap_limits,
	  .events = EVENT1(PRLIMIT_X, I(0), I(50), I(200), I(100), I(200), I(0), FILES) },
	{ .what = "prlimit of nobody",
	  .nr = SYS_prlimit64,
	  .args = { N(0x3ffffff), N(RLIMIT_NOFILE), B(some_limit), N(0) },
	  .events =
		  EVENT1(PRLIMIT_X, I(-ESRCH), I(100), I(200), I(-1), I(-1), I(0x3ffffff), FILES) },
};

const struct rows id_rows = { "ids", rows, ARRAY_SIZE(rows) };
