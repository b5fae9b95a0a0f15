/* SPDX-License-Identifier: Apache-2.0 */

/* Memory. How much of it there is differs from machine to machine. */

#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void map_two_pages(struct stage *s)
{
	void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	s->slot[0] = (int64_t)(uintptr_t)p;
	s->slot[1] = open("file", O_RDONLY);
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
#define SIZES      SOME, SOME, SOME
#define PROT(name) PROT_FLAGS_PROT_##name

static const struct row rows[] = {
	{ .what = "brk",
	  .nr = SYS_brk,
	  .args = { N(0) },
	  .after = after_nothing,
	  .events = EVENT1(BRK_4_X, RESULT, SIZES, I(0)) },
	{ .what = "mmap of nothing in particular",
	  .nr = SYS_mmap,
	  .args = { N(0), N(8192), N(PROT_READ | PROT_WRITE | PROT_EXEC),
		    N(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE), N(-1), N(0) },
	  .after = after_nothing,
	  .events = EVENT1(
		  MMAP_X, RESULT, SIZES, I(0), I(8192), I(PROT(READ) | PROT(WRITE) | PROT(EXEC)),
		  I(MMAP_FLAGS_MAP_PRIVATE | MMAP_FLAGS_MAP_ANONYMOUS | MMAP_FLAGS_MAP_NORESERVE),
		  I(-1), I(0)) },
	{ .what = "mmap of a file",
	  .nr = SYS_mmap,
	  .before = map_two_pages,
	  .args = { N(0), N(13), N(PROT_READ), N(MAP_SHARED), FROM_SLOT(1), N(4096) },
	  .after = after_nothing,
	  .events = EVENT1(MMAP_X, RESULT, SIZES, I(0), I(13), I(PROT(READ)),
			   I(MMAP_FLAGS_MAP_SHARED), SLOT(1), I(4096)) },
	{ .what = "mmap of no bytes",
	  .nr = SYS_mmap,
	  .args = { N(0), N(0), N(0), N(MAP_PRIVATE | MAP_ANONYMOUS), N(-1), N(0) },
	  .events = EVENT1(MMAP_X, I(-EINVAL), SIZES, I(0), I(0), I(0),
			   I(MMAP_FLAGS_MAP_PRIVATE | MMAP_FLAGS_MAP_ANONYMOUS), I(-1), I(0)) },
	{ .what = "munmap",
	  .nr = SYS_munmap,
	  .before = map_two_pages,
	  .args = { FROM_SLOT(0), N(4096) },
	  .events = EVENT1(MUNMAP_X, I(0), SIZES, SLOT(0), I(4096)) },
	{ .what = "munmap of what is no page",
	  .nr = SYS_munmap,
	  .args = { N(1), N(5) },
	  .events = EVENT1(MUNMAP_X, I(-EINVAL), SIZES, I(1), I(5)) },
	{ .what = "mprotect",
	  .nr = SYS_mprotect,
	  .before = map_two_pages,
	  .args = { FROM_SLOT(0), N(4096), N(PROT_READ | PROT_EXEC) },
	  .events = EVENT1(MPROTECT_X, I(0), SLOT(0), I(4096), I(PROT(READ) | PROT(EXEC))) },
	{ .what = "mprotect of nothing",
	  .nr = SYS_mprotect,
	  .args = { N(0), N(4096), N(PROT_NONE) },
	  .events = EVENT1(MPROTECT_X, I(-ENOMEM), I(0), I(4096), I(0)) },
	{ .what = "mlock",
	  .nr = SYS_mlock,
	  .before = map_two_pages,
	  .args = { FROM_SLOT(0), N(4096) },
	  .events = EVENT1(MLOCK_X, I(0), SLOT(0), I(4096)) },
	{ .what = "mlock of nothing",
	  .nr = SYS_mlock,
	  .args = { N(BAD_ADDRESS), N(4096) },
	  .events = EVENT1(MLOCK_X, I(-ENOMEM), I(BAD_ADDRESS), I(4096)) },
	{ .what = "munlock",
	  .nr = SYS_munlock,
	  .before = map_two_pages,
	  .args = { FROM_SLOT(0), N(8192) },
	  .events = EVENT1(MUNLOCK_X, I(0), SLOT(0), I(8192)) },
	{ .what = "mlock2 on fault",
	  .nr = SYS_mlock2,
	  .before = map_two_pages,
	  .args = { FROM_SLOT(0), N(4096), N(MLOCK_ONFAULT) },
	  .events = EVENT1(MLOCK2_X, I(0), SLOT(0), I(4096), I(MLOCK2_FLAGS_MLOCK_ONFAULT)) },
	{ .what = "mlock2 with a flag nobody knows",
	  .nr = SYS_mlock2,
	  .args = { N(0), N(0), N(8) },
	  .events = EVENT1(MLOCK2_X, I(-EINVAL), I(0), I(0), I(0)) },
	{ .what = "mlockall",
	  .nr = SYS_mlockall,
	  .args = { N(MCL_CURRENT | MCL_ONFAULT) },
	  .events = EVENT1(
		  MLOCKALL_X, RESULT,
		  I(MLOCKALL_FLAGS_MLOCKALL_MCL_CURRENT | MLOCKALL_FLAGS_MLOCKALL_MCL_ONFAULT)) },
	{ .what = "mlockall of nothing",
	  .nr = SYS_mlockall,
	  .args = { N(0) },
	  .events = EVENT1(MLOCKALL_X, I(-EINVAL), I(0)) },
	{ .what = "munlockall", .nr = SYS_munlockall, .events = EVENT1(MUNLOCKALL_X, I(0)) },
};

const struct rows memory_rows = { "memory", rows, ARRAY_SIZE(rows) };
