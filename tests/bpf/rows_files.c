/* SPDX-License-Identifier: Apache-2.0 */

/* What files are, whose they are, and who may use them. */

#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void open_file(struct stage *s)
{
	s->slot[0] = open("file", O_RDWR);
}

static void open_sub(struct stage *s)
{
	s->slot[0] = open("sub", O_RDONLY | O_DIRECTORY);
}

/* Where the kernel writes to, and which the event does not tell. */
static char room[4096];

static long getcwd_here(struct stage *s)
{
	char *out = low_memory(4096);

	stage_fact(s, 0, s->dir, strlen(s->dir) + 1);
	return RAW(SYS_getcwd, AT(out), 4096);
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
#define RW (CHMOD_MODE_S_IRUSR | CHMOD_MODE_S_IWUSR | CHMOD_MODE_S_IRGRP | CHMOD_MODE_S_IROTH)

static const struct row rows[] = {
	{ .what = "chmod",
	  .nr = SYS_chmod,
	  .args = { T("file"), N(0644) },
	  .events = EVENT1(CHMOD_X, RESULT, S("file"), I(RW)) },
	{ .what = "chmod with the high bits",
	  .nr = SYS_chmod,
	  .args = { T("link"), N(07000) },
	  .events = EVENT1(CHMOD_X, RESULT, S("link"),
			   I(CHMOD_MODE_S_ISUID | CHMOD_MODE_S_ISGID | CHMOD_MODE_S_ISVTX)) },
	{ .what = "chmod of nothing",
	  .nr = SYS_chmod,
	  .args = { T("nothing"), N(0) },
	  .events = EVENT1(CHMOD_X, I(-ENOENT), S("nothing"), I(0)) },
	{ .what = "fchmod",
	  .nr = SYS_fchmod,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(0644) },
	  .events = EVENT1(FCHMOD_X, RESULT, SLOT(0), I(RW)) },
	{ .what = "fchmod of nothing",
	  .nr = SYS_fchmod,
	  .args = { N(-1), N(0100) },
	  .events = EVENT1(FCHMOD_X, I(-EBADF), I(-1), I(CHMOD_MODE_S_IXUSR)) },
	{ .what = "fchmodat",
	  .nr = SYS_fchmodat,
	  .before = open_sub,
	  .args = { FROM_SLOT(0), T("../file"), N(0644) },
	  .events = EVENT1(FCHMODAT_X, RESULT, SLOT(0), S("../file"), I(RW)) },
	{ .what = "fchmodat nowhere",
	  .nr = SYS_fchmodat,
	  .args = { N(77), T("x"), N(0) },
	  .events = EVENT1(FCHMODAT_X, I(-EBADF), I(77), S("x"), I(0)) },
	{ .what = "chown",
	  .nr = SYS_chown,
	  .args = { T("file"), N(1000), N(-1) },
	  .events = EVENT1(CHOWN_X, RESULT, S("file"), I(1000), I(-1)) },
	{ .what = "chown of nothing",
	  .nr = SYS_chown,
	  .args = { T("nothing"), N(0), N(0) },
	  .events = EVENT1(CHOWN_X, I(-ENOENT), S("nothing"), I(0), I(0)) },
	{ .what = "lchown",
	  .nr = SYS_lchown,
	  .args = { T("link"), N(5), N(6) },
	  .events = EVENT1(LCHOWN_X, RESULT, S("link"), I(5), I(6)) },
	{ .what = "lchown without a name",
	  .nr = SYS_lchown,
	  .args = { N(BAD_ADDRESS), N(1), N(2) },
	  .events = EVENT1(LCHOWN_X, I(-EFAULT), NONE, I(1), I(2)) },
	{ .what = "fchown",
	  .nr = SYS_fchown,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(-1), N(7) },
	  .events = EVENT1(FCHOWN_X, RESULT, SLOT(0), I(-1), I(7)) },
	{ .what = "fchown of nothing",
	  .nr = SYS_fchown,
	  .args = { N(77), N(1), N(2) },
	  .events = EVENT1(FCHOWN_X, I(-EBADF), I(77), I(1), I(2)) },
	{ .what = "fchownat of a link itself",
	  .nr = SYS_fchownat,
	  .args = { N(AT_FDCWD), T("link"), N(8), N(9), N(AT_SYMLINK_NOFOLLOW) },
	  .events = EVENT1(FCHOWNAT_X, RESULT, I(AT_FDCWD), S("link"), I(8), I(9),
			   I(FCHOWNAT_FLAGS_AT_SYMLINK_FOLLOW)) },
	{ .what = "fchownat of a descriptor",
	  .nr = SYS_fchownat,
	  .before = open_file,
	  .args = { FROM_SLOT(0), T(""), N(3), N(4), N(AT_EMPTY_PATH) },
	  .events = EVENT1(FCHOWNAT_X, RESULT, SLOT(0), S(""), I(3), I(4),
			   I(FCHOWNAT_FLAGS_AT_EMPTY_PATH)) },
	{ .what = "stat",
	  .nr = SYS_stat,
	  .args = { T("file"), B(room) },
	  .events = EVENT1(STAT_X, RESULT, S("file")) },
	{ .what = "stat of nothing",
	  .nr = SYS_stat,
	  .args = { IN_DIR("nothing"), B(room) },
	  .events = EVENT1(STAT_X, I(-ENOENT), PATH("nothing")) },
	{ .what = "lstat",
	  .nr = SYS_lstat,
	  .args = { T("link"), B(room) },
	  .events = EVENT1(LSTAT_X, RESULT, S("link")) },
	{ .what = "lstat without a name",
	  .nr = SYS_lstat,
	  .args = { N(0), B(room) },
	  .events = EVENT1(LSTAT_X, I(-EFAULT), NONE) },
	{ .what = "fstat",
	  .nr = SYS_fstat,
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room) },
	  .events = EVENT1(FSTAT_X, RESULT, SLOT(0)) },
	{ .what = "fstat of nothing",
	  .nr = SYS_fstat,
	  .args = { N(77), B(room) },
	  .events = EVENT1(FSTAT_X, I(-EBADF), I(77)) },
	{ .what = "newfstatat of a link itself",
	  .nr = SYS_newfstatat,
	  .args = { N(AT_FDCWD), T("link"), B(room), N(AT_SYMLINK_NOFOLLOW) },
	  .events = EVENT1(NEWFSTATAT_X, RESULT, I(AT_FDCWD), S("link"),
			   I(NEWFSTATAT_FLAGS_AT_SYMLINK_NOFOLLOW)) },
	{ .what = "newfstatat of a descriptor",
	  .nr = SYS_newfstatat,
	  .before = open_file,
	  .args = { FROM_SLOT(0), T(""), B(room), N(AT_EMPTY_PATH | AT_NO_AUTOMOUNT) },
	  .events = EVENT1(NEWFSTATAT_X, RESULT, SLOT(0), S(""),
			   I(NEWFSTATAT_FLAGS_AT_EMPTY_PATH | NEWFSTATAT_FLAGS_AT_NO_AUTOMOUNT)) },
	{ .what = "access",
	  .nr = SYS_access,
	  .args = { T("file"), N(R_OK | W_OK) },
	  .events = EVENT1(ACCESS_X, RESULT, S("file"), I(ACCESS_FLAGS_R_OK | ACCESS_FLAGS_W_OK)) },
	{ .what = "access to nothing",
	  .nr = SYS_access,
	  .args = { T("nothing"), N(F_OK) },
	  .events = EVENT1(ACCESS_X, I(-ENOENT), S("nothing"), I(0)) },
	{ .what = "access to what cannot be executed",
	  .nr = SYS_access,
	  .args = { T("file"), N(X_OK) },
	  .events = EVENT1(ACCESS_X, I(-EACCES), S("file"), I(ACCESS_FLAGS_X_OK)) },
	{ .what = "getdents64",
	  .nr = SYS_getdents64,
	  .before = open_sub,
	  .args = { FROM_SLOT(0), B(room), N(sizeof(room)) },
	  .events = EVENT1(GETDENTS64_X, RESULT, SLOT(0)) },
	{ .what = "getdents of a file",
	  .nr = SYS_getdents,
	  .before = open_file,
	  .args = { FROM_SLOT(0), B(room), N(sizeof(room)) },
	  .events = EVENT1(GETDENTS_X, I(-ENOTDIR), SLOT(0)) },
	{ .what = "getcwd", .call = getcwd_here, .events = EVENT1(GETCWD_X, RESULT, FACT(0)) },
	{ .what = "getcwd without room",
	  .nr = SYS_getcwd,
	  .args = { B(room), N(2) },
	  .events = EVENT1(GETCWD_X, I(-ERANGE), NONE) },
	{ .what = "flock",
	  .nr = SYS_flock,
	  .before = open_file,
	  .args = { FROM_SLOT(0), N(LOCK_EX | LOCK_NB) },
	  .events =
		  EVENT1(FLOCK_X, RESULT, SLOT(0), I(FLOCK_FLAGS_LOCK_EX | FLOCK_FLAGS_LOCK_NB)) },
	{ .what = "flock of nothing",
	  .nr = SYS_flock,
	  .args = { N(77), N(LOCK_UN) },
	  .events = EVENT1(FLOCK_X, I(-EBADF), I(77), I(FLOCK_FLAGS_LOCK_UN)) },
};

const struct rows file_rows = { "files", rows, ARRAY_SIZE(rows) };
