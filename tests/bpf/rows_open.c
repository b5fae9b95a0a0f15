/* SPDX-License-Identifier: Apache-2.0 */

/* Opening and closing. */

#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RDONLY  FILE_FLAGS_O_RDONLY
#define WRONLY  FILE_FLAGS_O_WRONLY
#define RDWR    FILE_FLAGS_O_RDWR
#define CREATED FILE_FLAGS_O_F_CREATED

/* What an open that worked, or did not, says of the object. */
#define OBJECT  SLOT(SLOT_DEV), SLOT(SLOT_INO)
#define NOTHING I(0), I(0)

#define OPEN(name, flags, mode, ...)                                                               \
	{                                                                                          \
		{                                                                                  \
			EVENT_OPEN_X,                                                              \
			{                                                                          \
				RESULT, name, I(flags), I(mode), __VA_ARGS__                       \
			}                                                                          \
		}                                                                                  \
	}
#define OPENAT(dirfd, name, flags, mode, ...)                                                      \
	{                                                                                          \
		{                                                                                  \
			EVENT_OPENAT_2_X,                                                          \
			{                                                                          \
				RESULT, dirfd, name, I(flags), I(mode), __VA_ARGS__                \
			}                                                                          \
		}                                                                                  \
	}

static void open_sub(struct stage *s)
{
	s->slot[0] = open("sub", O_RDONLY | O_DIRECTORY);
}

static void open_file(struct stage *s)
{
	s->slot[0] = open("file", O_RDONLY);
}

/* "./././ ... /file": n bytes with the NUL. */
static long open_long(struct stage *s, size_t n)
{
	char *path = low_memory(n);

	for (size_t i = 0; i < n; i++)
		path[i] = i & 1 ? '/' : '.';
	memcpy(path + n - 6, "/file", 6);
	path[n - 7] = '/';
	stage_fact(s, 0, path, n < 4096 ? n : 4096);
	s->fact[0][s->fact_len[0] - 1] = '\0';
	return RAW(SYS_open, AT(path), O_RDONLY);
}

static long open_longest(struct stage *s)
{
	return open_long(s, 4096);
}

static long open_too_long(struct stage *s)
{
	return open_long(s, 5000);
}

static long open_long_component(struct stage *s)
{
	char *path = low_memory(301);

	memset(path, 'n', 300);
	stage_fact(s, 0, path, 301);
	return RAW(SYS_open, AT(path), O_RDONLY);
}

/* A deleted working directory. */
static void leave_for_deleted(struct stage *s)
{
	(void)s;
	if (mkdir("gone", 0755) < 0 || chdir("gone") < 0 || rmdir("../gone") < 0)
		_exit(99);
}

/* The upper and lower layers of an overlay, in a mount namespace of their own. */
static void mount_overlay(struct stage *s)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		stage_skip(s, "no mount namespace");
	if (mkdir("ovl", 0755) < 0 || mount("none", "ovl", "tmpfs", 0, NULL) < 0 ||
	    chdir("ovl") < 0 || mkdir("lower", 0755) < 0 || mkdir("upper", 0755) < 0 ||
	    mkdir("work", 0755) < 0 || mkdir("merged", 0755) < 0)
		stage_skip(s, "no tmpfs");
	close(open("lower/from-lower", O_WRONLY | O_CREAT, 0644));
	close(open("upper/from-upper", O_WRONLY | O_CREAT, 0644));
	if (mount("none", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") < 0)
		stage_skip(s, "this kernel has no overlay file system");
	s->slot[0] = open("merged", O_RDONLY | O_DIRECTORY);
}

static struct open_how plain = { .flags = O_RDONLY | O_CLOEXEC };
static struct open_how beneath = { .flags = O_RDWR,
				   .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
static struct open_how creating = { .flags = O_WRONLY | O_CREAT | O_EXCL, .mode = 0604 };

static struct file_handle *handle;

static void make_handle(struct stage *s)
{
	int mount;

	handle = low_memory(sizeof(*handle) + 128);
	handle->handle_bytes = 128;
	if (name_to_handle_at(AT_FDCWD, "file", handle, &mount, 0) < 0)
		stage_skip(s, "this file system makes no handles");
	s->slot[0] = open(".", O_RDONLY | O_DIRECTORY);
}

static long open_handle(struct stage *s)
{
	return RAW(SYS_open_by_handle_at, (uint64_t)s->slot[0], AT(handle), O_RDONLY);
}

static const struct row rows[] = {
	{ .what = "open a relative name",
	  .nr = SYS_open,
	  .args = { T("file"), N(O_RDONLY) },
	  .extension = { PATH("file"), NONE },
	  .events = OPEN(S("file"), RDONLY, 0, OBJECT) },
	{ .what = "open an absolute name, with flags",
	  .nr = SYS_open,
	  .args = { IN_DIR("file"), N(O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK) },
	  .events = OPEN(PATH("file"),
			 RDWR | FILE_FLAGS_O_APPEND | FILE_FLAGS_O_CLOEXEC | FILE_FLAGS_O_NONBLOCK,
			 0, OBJECT) },
	{ .what = "open makes a file",
	  .nr = SYS_open,
	  .args = { T("new"), N(O_WRONLY | O_CREAT | O_EXCL | O_TRUNC), N(0640) },
	  .events = OPEN(S("new"),
			 WRONLY | FILE_FLAGS_O_CREAT | FILE_FLAGS_O_EXCL | FILE_FLAGS_O_TRUNC |
				 CREATED,
			 0640, OBJECT) },
	{ .what = "open finds what it would have made",
	  .nr = SYS_open,
	  .args = { T("file"), N(O_WRONLY | O_CREAT), N(0600) },
	  .events = OPEN(S("file"), WRONLY | FILE_FLAGS_O_CREAT, 0600, OBJECT) },
	{ .what = "open ignores a mode it does not need",
	  .nr = SYS_open,
	  .args = { T("file"), N(O_RDONLY), N(0777) },
	  .events = OPEN(S("file"), RDONLY, 0, OBJECT) },
	{ .what = "open through a link",
	  .nr = SYS_open,
	  .args = { T("link"), N(O_RDONLY) },
	  .extension = { PATH("file"), NONE },
	  .events = OPEN(S("link"), RDONLY, 0, OBJECT) },
	{ .what = "open a link that must not be followed",
	  .nr = SYS_open,
	  .args = { T("link"), N(O_RDONLY | O_NOFOLLOW) },
	  .events = OPEN(S("link"), RDONLY, 0, NOTHING) },
	{ .what = "open nothing",
	  .nr = SYS_open,
	  .args = { T("no/such/file"), N(O_RDONLY) },
	  .events = OPEN(S("no/such/file"), RDONLY, 0, NOTHING) },
	{ .what = "open an empty name",
	  .nr = SYS_open,
	  .args = { T(""), N(O_RDONLY) },
	  .events = OPEN(S(""), RDONLY, 0, NOTHING) },
	{ .what = "open without a name",
	  .nr = SYS_open,
	  .args = { N(0), N(O_RDONLY) },
	  .events = OPEN(NONE, RDONLY, 0, NOTHING) },
	{ .what = "open a name that is not there",
	  .nr = SYS_open,
	  .args = { N(BAD_ADDRESS), N(O_RDONLY) },
	  .events = OPEN(NONE, RDONLY, 0, NOTHING) },
	{ .what = "open a directory as such",
	  .nr = SYS_open,
	  .args = { T("sub"), N(O_RDONLY | O_DIRECTORY) },
	  .events = OPEN(S("sub"), RDONLY | FILE_FLAGS_O_DIRECTORY, 0, OBJECT) },
	{ .what = "open a file without a name (O_TMPFILE)",
	  .nr = SYS_open,
	  .args = { T("."), N(O_TMPFILE | O_RDWR), N(0600) },
	  .extension = { SOME, NONE },
	  .unasked = true,
	  .events = OPEN(S("."), RDWR | FILE_FLAGS_O_DIRECTORY | FILE_FLAGS_O_TMPFILE, 0600,
			 OBJECT) },
	{ .what = "open in a deleted directory",
	  .nr = SYS_open,
	  .before = leave_for_deleted,
	  .args = { T("x"), N(O_RDWR | O_CREAT), N(0600) },
	  .events = OPEN(S("x"), RDWR | FILE_FLAGS_O_CREAT, 0600, NOTHING) },
	{ .what = "open the longest name there can be",
	  .call = open_longest,
	  .extension = { PATH("file"), NONE },
	  .events = OPEN(FACT(0), RDONLY, 0, OBJECT) },
	{ .what = "open a longer name",
	  .call = open_too_long,
	  .events = OPEN(FACT(0), RDONLY, 0, NOTHING) },
	{ .what = "open a longer name than a directory can hold",
	  .call = open_long_component,
	  .events = OPEN(FACT(0), RDONLY, 0, NOTHING) },
	{ .what = "open with O_SYNC",
	  .nr = SYS_open,
	  .args = { T("file"), N(O_RDONLY | O_SYNC) },
	  .events = OPEN(S("file"), RDONLY | FILE_FLAGS_O_SYNC | FILE_FLAGS_O_DSYNC, 0, OBJECT) },
	{ .what = "openat relative to the working directory",
	  .nr = SYS_openat,
	  .args = { N(AT_FDCWD), T("sub/../file"), N(O_RDONLY) },
	  .events = OPENAT(I(AT_FDCWD), S("sub/../file"), RDONLY, 0, OBJECT) },
	{ .what = "openat the number of the working directory in 32 bits",
	  .nr = SYS_openat,
	  .args = { N((uint32_t)AT_FDCWD), T("file"), N(O_RDONLY) },
	  .events = OPENAT(I(AT_FDCWD), S("file"), RDONLY, 0, OBJECT) },
	{ .what = "openat relative to a directory",
	  .nr = SYS_openat,
	  .before = open_sub,
	  .args = { FROM_SLOT(0), T("../file"), N(O_WRONLY) },
	  .extension = { PATH("file"), NONE },
	  .events = OPENAT(SLOT(0), S("../file"), WRONLY, 0, OBJECT) },
	{ .what = "openat relative to a file",
	  .nr = SYS_openat,
	  .before = open_file,
	  .args = { FROM_SLOT(0), T("x"), N(O_RDONLY) },
	  .events = OPENAT(SLOT(0), S("x"), RDONLY, 0, NOTHING) },
	{ .what = "openat relative to nothing",
	  .nr = SYS_openat,
	  .args = { N(77), T("file"), N(O_RDONLY) },
	  .events = OPENAT(I(77), S("file"), RDONLY, 0, NOTHING) },
	{ .what = "openat of an absolute name",
	  .nr = SYS_openat,
	  .args = { N(77), IN_DIR("file"), N(O_RDONLY) },
	  .events = OPENAT(I(77), PATH("file"), RDONLY, 0, OBJECT) },
	{ .what = "openat from the lower layer of an overlay",
	  .nr = SYS_openat,
	  .before = mount_overlay,
	  .args = { FROM_SLOT(0), T("from-lower"), N(O_RDONLY) },
	  .events =
		  OPENAT(SLOT(0), S("from-lower"), RDONLY | FILE_FLAGS_FD_LOWER_LAYER, 0, OBJECT) },
	{ .what = "openat from the upper layer of an overlay",
	  .nr = SYS_openat,
	  .before = mount_overlay,
	  .args = { FROM_SLOT(0), T("from-upper"), N(O_RDONLY) },
	  .events =
		  OPENAT(SLOT(0), S("from-upper"), RDONLY | FILE_FLAGS_FD_UPPER_LAYER, 0, OBJECT) },
	{ .what = "openat for writing copies up to the upper layer",
	  .nr = SYS_openat,
	  .before = mount_overlay,
	  .args = { FROM_SLOT(0), T("from-lower"), N(O_WRONLY) },
	  .events =
		  OPENAT(SLOT(0), S("from-lower"), WRONLY | FILE_FLAGS_FD_UPPER_LAYER, 0, OBJECT) },
	{ .what = "openat2 with plain flags",
	  .nr = SYS_openat2,
	  .args = { N(AT_FDCWD), T("file"), B(plain), N(sizeof(plain)) },
	  .extension = { PATH("file"), NONE },
	  .events = { { EVENT_OPENAT2_X,
			{ RESULT, I(AT_FDCWD), S("file"), I(RDONLY | FILE_FLAGS_O_CLOEXEC), I(0),
			  I(0), OBJECT } } } },
	{ .what = "openat2 that must stay beneath",
	  .nr = SYS_openat2,
	  .before = open_sub,
	  .args = { FROM_SLOT(0), T("../file"), B(beneath), N(sizeof(beneath)) },
	  .events = { { EVENT_OPENAT2_X,
			{ RESULT, SLOT(0), S("../file"), I(RDWR), I(0),
			  I(OPENAT2_FLAGS_RESOLVE_BENEATH | OPENAT2_FLAGS_RESOLVE_NO_MAGICLINKS),
			  NOTHING } } } },
	{ .what = "openat2 makes a file",
	  .nr = SYS_openat2,
	  .args = { N(AT_FDCWD), T("made"), B(creating), N(sizeof(creating)) },
	  .events = { { EVENT_OPENAT2_X,
			{ RESULT, I(AT_FDCWD), S("made"),
			  I(WRONLY | FILE_FLAGS_O_CREAT | FILE_FLAGS_O_EXCL | CREATED), I(0604),
			  I(0), OBJECT } } } },
	{ .what = "openat2 without a how",
	  .nr = SYS_openat2,
	  .args = { N(AT_FDCWD), T("file"), N(BAD_ADDRESS), N(sizeof(plain)) },
	  .events = { { EVENT_OPENAT2_X,
			{ RESULT, I(AT_FDCWD), S("file"), I(RDONLY), I(0), I(0), NOTHING } } } },
	{ .what = "creat makes a file",
	  .nr = SYS_creat,
	  .args = { T("new"), N(0604) },
	  .extension = { PATH("new"), NONE },
	  .events = { { EVENT_CREAT_X, { RESULT, S("new"), I(0604), OBJECT, I(0) } } } },
	{ .what = "creat in an overlay",
	  .nr = SYS_creat,
	  .before = mount_overlay,
	  .args = { T("merged/new"), N(0600) },
	  .events = { { EVENT_CREAT_X,
			{ RESULT, S("merged/new"), I(0600), OBJECT,
			  I(CREAT_FLAGS_FD_UPPER_LAYER_CREAT) } } } },
	{ .what = "creat where there is a directory",
	  .nr = SYS_creat,
	  .args = { T("sub"), N(0600) },
	  .events = { { EVENT_CREAT_X, { RESULT, S("sub"), I(0600), NOTHING, I(0) } } } },
	{ .what = "open_by_handle_at tells the path",
	  .before = make_handle,
	  .call = open_handle,
	  .extension = { PATH("file"), NONE },
	  .events = { { EVENT_OPEN_BY_HANDLE_AT_X,
			{ RESULT, SLOT(0), I(RDONLY), PATH("file"), OBJECT } } } },
	{ .what = "open_by_handle_at of nothing",
	  .nr = SYS_open_by_handle_at,
	  .args = { N(77), N(BAD_ADDRESS), N(O_RDWR) },
	  .events = { { EVENT_OPEN_BY_HANDLE_AT_X, { RESULT, I(77), I(RDWR), NONE, NOTHING } } } },
	{ .what = "close a descriptor",
	  .nr = SYS_close,
	  .before = open_file,
	  .args = { FROM_SLOT(0) },
	  .events = { { EVENT_CLOSE_X, { RESULT, SLOT(0) } } } },
	{ .what = "close nothing",
	  .nr = SYS_close,
	  .args = { N(-1) },
	  .events = { { EVENT_CLOSE_X, { I(-EBADF), I(-1) } } } },
	{ .what = "close_range closes and unshares",
	  .nr = SYS_close_range,
	  .args = { N(3), N(~0u), N(2) },
	  .events = { { EVENT_CLOSE_RANGE_X,
			{ RESULT, I(3), I(~0u), I(CLOSE_RANGE_FLAGS_CLOSE_RANGE_UNSHARE) } } } },
	{ .what = "close_range marks",
	  .nr = SYS_close_range,
	  .args = { N(3), N(9), N(4) },
	  .events = { { EVENT_CLOSE_RANGE_X,
			{ RESULT, I(3), I(9), I(CLOSE_RANGE_FLAGS_CLOSE_RANGE_CLOEXEC) } } } },
	{ .what = "close_range the wrong way round",
	  .nr = SYS_close_range,
	  .args = { N(9), N(3), N(0) },
	  .events = { { EVENT_CLOSE_RANGE_X, { I(-EINVAL), I(9), I(3), I(0) } } } },
};

const struct rows open_rows = { "open", rows, ARRAY_SIZE(rows) };
