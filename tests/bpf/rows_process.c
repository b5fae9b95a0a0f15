/* SPDX-License-Identifier: Apache-2.0 */

/* Life and death of processes: fork and its kin, exec, exit. */

#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- What a process can say of itself -------------------------------------------------------- */

enum {
	OWN_PID,
	OWN_PPID,
	OWN_PGID,
	OWN_LIMIT,
	OWN_LOGINUID,
	OWN_CAPS,
	EXE_INO,
	EXE_CTIME,
	EXE_MTIME,
	EXE_FLAGS,
	OTHER,
};
enum { OWN_EXE, OWN_ARGS, OWN_COMM, OWN_ENV, OWN_PATH, EXE_PATH };

static size_t slurp(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, room);

	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* The file that is, or will be, executed. */
static void tell_exe(struct stage *s, const char *path)
{
	struct stat st;
	char full[256];

	if (stat(path, &st) < 0 || !realpath(path, full))
		_exit(99);
	s->slot[EXE_INO] = (int64_t)st.st_ino;
	s->slot[EXE_CTIME] = st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
	s->slot[EXE_MTIME] = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	/* Where the tests were built may be a file system that is read-only. */
	s->slot[EXE_FLAGS] = access(path, W_OK) == 0 ? EXECVE_FLAGS_EXE_WRITABLE : 0;
	stage_fact(s, EXE_PATH, full, strlen(full) + 1);
}

static void tell_caps(struct stage *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[2];

	if (syscall(SYS_capget, &head, now) < 0)
		_exit(99);
	s->slot[OWN_CAPS] = now[0].effective | (int64_t)now[1].effective << 32;
}

static void tell(struct stage *s)
{
	char text[FACT_BYTES];
	struct rlimit files;
	size_t n, first;

	s->slot[OWN_PID] = s->pid;
	s->slot[OWN_PPID] = getppid();
	s->slot[OWN_PGID] = getpgrp();
	getrlimit(RLIMIT_NOFILE, &files);
	s->slot[OWN_LIMIT] = (int64_t)files.rlim_cur;
	n = slurp("/proc/self/loginuid", text, sizeof(text) - 1);
	text[n] = '\0';
	s->slot[OWN_LOGINUID] = n ? (int64_t)strtoul(text, NULL, 10) : -1;
	tell_caps(s);
	n = slurp("/proc/self/cmdline", text, sizeof(text));
	first = strnlen(text, n) + 1;
	stage_fact(s, OWN_EXE, text, first);
	stage_fact(s, OWN_ARGS, text + first, n > first ? n - first : 0);
	n = slurp("/proc/self/comm", text, sizeof(text));
	text[n - 1] = '\0';
	stage_fact(s, OWN_COMM, text, n);
	tell_exe(s, "/proc/self/exe");
}

static void copy_file(const char *from, const char *to)
{
	struct stat st;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	if (in < 0 || out < 0 || fstat(in, &st) < 0 ||
	    sendfile(out, in, NULL, (size_t)st.st_size) != st.st_size)
		_exit(99);
	close(in);
	close(out);
}

static void program(struct stage *s)
{
	tell(s);
	copy_file("/bin/true", "prog");
	chmod("prog", 0755);
	tell_exe(s, "prog");
}

/* ---- Parameters shared by many -------------------------------------------------------------- */

#define PID(slot) SLOT(slot)
#define MEMORY    SOME, SOME, SOME, SOME, SOME
#define CLONED(res, tid, pid, ptid, flags, vtid, vpid, start)                                      \
	{                                                                                          \
		res, FACT(OWN_EXE), FACT(OWN_ARGS), tid, pid, ptid, NONE, SLOT(OWN_LIMIT), MEMORY, \
			FACT(OWN_COMM), SOME, I(flags), I(0), I(0), vtid, vpid, start              \
	}
#define PARENT(flags)                                                                              \
	CLONED(RESULT, SLOT(OWN_PID), SLOT(OWN_PID), SLOT(OWN_PPID), flags, SLOT(OWN_PID),         \
	       SLOT(OWN_PID), I(0))
#define CHILD(flags) CLONED(I(0), RESULT, RESULT, SLOT(OWN_PID), flags, RESULT, RESULT, SOME)

/* Up to the environment, and from there to the end. */
#define IMAGE(res, exe, args, comm, env, flags)                                                    \
	res, exe, args, SLOT(OWN_PID), SLOT(OWN_PID), SLOT(OWN_PPID), NONE, SLOT(OWN_LIMIT),       \
		MEMORY, comm, SOME, env, I(0), SLOT(OWN_PGID), SLOT(OWN_LOGINUID), flags, I(0),    \
		SLOT(OWN_CAPS), SLOT(OWN_CAPS), SLOT(EXE_INO), SLOT(EXE_CTIME), SLOT(EXE_MTIME),   \
		I(0), FACT(EXE_PATH), SLOT(OWN_PGID), I(0)
#define WRITABLE I(EXECVE_FLAGS_EXE_WRITABLE)

/* ---- fork and its kin: the child must not touch the stack, which may be its parent's ---------- */

static long made_child(long nr, uint64_t a0, uint64_t a1)
{
	register uint64_t r10 __asm__("r10") = 0;
	register uint64_t r8 __asm__("r8") = 0;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov $60, %%eax\n\t" /* exit */
			 "xor %%edi, %%edi\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(ret), "+D"(a0)
			 : "a"(nr), "S"(a1), "d"(0), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

static long do_fork(struct stage *s)
{
	(void)s;
	return made_child(SYS_fork, 0, 0);
}

static long do_vfork(struct stage *s)
{
	(void)s;
	return made_child(SYS_vfork, 0, 0);
}

static long do_clone(struct stage *s)
{
	(void)s;
	return made_child(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0);
}

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static long do_thread(struct stage *s)
{
	(void)s;
	return made_child(SYS_clone, THREAD, 0);
}

static long do_clone3(struct stage *s, uint64_t flags)
{
	struct clone_args *a = low_memory(sizeof(*a));

	(void)s;
	a->flags = flags;
	a->exit_signal = SIGCHLD;
	return made_child(SYS_clone3, AT(a), sizeof(*a));
}

static long clone3_plain(struct stage *s)
{
	return do_clone3(s, 0);
}

static long clone3_newpid(struct stage *s)
{
	return do_clone3(s, CLONE_NEWPID);
}

/* A child whose parent is gone when its first event comes has another one. */
static void after_child(struct stage *s)
{
	(void)s;
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

/* ---- exec ----------------------------------------------------------------------------------- */

static char **low_list(const char *const *texts)
{
	char **list = low_memory(8 * sizeof(*list));

	for (int i = 0; texts[i]; i++)
		list[i] = low_copy(texts[i], strlen(texts[i]) + 1);
	return list;
}

static long exec(const char *path, const char *const *argv, const char *const *env)
{
	return RAW(SYS_execve, AT(low_copy(path, strlen(path) + 1)), AT(low_list(argv)),
		   AT(low_list(env)));
}

static const char *const two_args[] = { "name", "one", "two words", NULL };
static const char *const no_texts[] = { NULL };
static const char *const variables[] = { "PATH=/nowhere", "EMPTY=", NULL };

static long exec_plain(struct stage *s)
{
	(void)s;
	return exec("./prog", two_args, variables);
}

static long exec_nothing(struct stage *s)
{
	(void)s;
	return exec("no/such/program", two_args, variables);
}

static long exec_bare(struct stage *s)
{
	(void)s;
	return RAW(SYS_execve, AT(low_copy("prog", 5)), 0, 0);
}

/* 3000 bytes, then 3000: the last is cut, so that both hold 4096 with the name in front. */
static char padding[3001];

static long exec_padded(struct stage *s)
{
	const char *argv[] = { "name", padding, padding, "hidden", NULL };
	char *args = calloc(2, sizeof(padding));

	memset(padding, 'p', sizeof(padding) - 1);
	if (!args)
		_exit(99);
	memcpy(args, padding, sizeof(padding));
	memcpy(args + sizeof(padding), padding, sizeof(padding));
	strcpy(args + 4096 - 5 - 4, "..."); /* they are cut, and say so */
	stage_fact(s, OWN_ARGS, args, 4096 - 5);
	return exec("./prog", argv, no_texts);
}

static void script(struct stage *s)
{
	int fd;

	program(s);
	fd = open("script", O_WRONLY | O_CREAT, 0755);
	if (dprintf(fd, "#!%s --opt\n", stage_path(s, "prog")) < 0 || close(fd) < 0)
		_exit(99);
}

static long exec_script(struct stage *s)
{
	const char *argv[] = { "ignored", "arg", NULL };

	(void)s;
	return exec("./script", argv, no_texts);
}

static void not_ours(struct stage *s)
{
	program(s);
	chmod("prog", 0555);
	tell_exe(s, "prog");
	if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
		_exit(99);
	tell_caps(s);
}

static void in_memory(struct stage *s)
{
	struct stat st;
	int in;

	program(s);
	in = open("prog", O_RDONLY | O_CLOEXEC);
	s->slot[OTHER] = memfd_create("from-memory", MFD_CLOEXEC);
	if (in < 0 || fstat(in, &st) < 0 ||
	    sendfile((int)s->slot[OTHER], in, NULL, (size_t)st.st_size) != st.st_size)
		_exit(99);
	fstat((int)s->slot[OTHER], &st);
	s->slot[EXE_INO] = (int64_t)st.st_ino;
	s->slot[EXE_CTIME] = st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
	s->slot[EXE_MTIME] = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	stage_fact(s, EXE_PATH, "memfd:from-memory", 18);
}

static long exec_fd(struct stage *s, int fd, const char *name, uint64_t flags)
{
	char told[64];

	snprintf(told, sizeof(told), *name ? "/dev/fd/%d/%s" : "/dev/fd/%d", fd, name);
	stage_fact(s, OWN_PATH, told, strlen(told) + 1);
	return RAW(SYS_execveat, (uint64_t)fd, AT(low_copy(name, strlen(name) + 1)),
		   AT(low_list(two_args)), AT(low_list(no_texts)), flags);
}

static long exec_memory(struct stage *s)
{
	long n = exec_fd(s, (int)s->slot[OTHER], "", AT_EMPTY_PATH);

	return n;
}

static void program_in_directory(struct stage *s)
{
	program(s);
	s->slot[OTHER] = open(".", O_RDONLY | O_DIRECTORY);
}

static long exec_in_directory(struct stage *s)
{
	return exec_fd(s, (int)s->slot[OTHER], "prog", 0);
}

static long exec_at_nothing(struct stage *s)
{
	return exec_fd(s, 77, "prog", 0);
}

/* ---- A thread that executes ------------------------------------------------------------------ */

static volatile int thread_go;

static void *thread_execs(void *arg)
{
	(void)arg;
	while (!thread_go)
		;
	exec("./prog", two_args, variables);
	return NULL;
}

static void start_thread(struct stage *s)
{
	pthread_t thread;

	program(s);
	if (pthread_create(&thread, NULL, thread_execs, NULL))
		_exit(99);
}

static long wait_for_exec(struct stage *s)
{
	(void)s;
	thread_go = 1;
	return RAW(SYS_pause, 0);
}

/* ---- Exits ---------------------------------------------------------------------------------- */

static void leave_child(struct stage *s)
{
	s->slot[0] = getppid();
	if (fork() == 0) {
		usleep(100000);
		_exit(0);
	}
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

static const struct row rows[] = {
	{ .what = "fork",
	  .before = tell,
	  .call = do_fork,
	  .after = after_child,
	  .events = { { EVENT_FORK_20_X, PARENT(0) } },
	  .made = { EVENT_FORK_20_X, CHILD(0) } },
	{ .what = "vfork",
	  .before = tell,
	  .call = do_vfork,
	  .after = after_child,
	  .events = { { EVENT_VFORK_20_X, PARENT(0) } },
	  .made = { EVENT_VFORK_20_X, CHILD(0) } },
	{ .what = "clone of a process that shares",
	  .before = tell,
	  .call = do_clone,
	  .after = after_child,
	  .events = { { EVENT_CLONE_20_X,
			PARENT(CLONE_FLAGS_CL_CLONE_FILES | CLONE_FLAGS_CL_CLONE_FS) } },
	  .made = { EVENT_CLONE_20_X,
		    CHILD(CLONE_FLAGS_CL_CLONE_FILES | CLONE_FLAGS_CL_CLONE_FS) } },
#define THREAD_FLAGS                                                                               \
	(CLONE_FLAGS_CL_CLONE_VM | CLONE_FLAGS_CL_CLONE_FS | CLONE_FLAGS_CL_CLONE_FILES |          \
	 CLONE_FLAGS_CL_CLONE_SIGHAND | CLONE_FLAGS_CL_CLONE_THREAD |                              \
	 CLONE_FLAGS_CL_CLONE_SYSVSEM)
	{ .what = "clone of a thread",
	  .before = tell,
	  .call = do_thread,
	  .after = after_child,
	  .events = { { EVENT_CLONE_20_X, PARENT(THREAD_FLAGS) } },
	  .made = { EVENT_CLONE_20_X, CLONED(I(0), RESULT, SLOT(OWN_PID), SLOT(OWN_PPID),
					     THREAD_FLAGS, RESULT, SLOT(OWN_PID), SOME) } },
	{ .what = "clone3",
	  .before = tell,
	  .call = clone3_plain,
	  .after = after_child,
	  .events = { { EVENT_CLONE3_X, PARENT(0) } },
	  .made = { EVENT_CLONE3_X, CHILD(0) } },
	{ .what = "clone3 into a new pid namespace",
	  .before = tell,
	  .call = clone3_newpid,
	  .after = after_child,
	  .events = { { EVENT_CLONE3_X, PARENT(CLONE_FLAGS_CL_CLONE_NEWPID) } },
	  .made = { EVENT_CLONE3_X,
		    CLONED(I(0), RESULT, RESULT, SLOT(OWN_PID),
			   CLONE_FLAGS_CL_CLONE_NEWPID | CLONE_FLAGS_CL_CHILD_IN_PIDNS, I(1), I(1),
			   SOME) } },
	{ .what = "clone with flags that contradict",
	  .nr = SYS_clone,
	  .before = tell,
	  .args = { N(CLONE_THREAD), N(0), N(0), N(0), N(0) },
	  .events = { { EVENT_CLONE_20_X, PARENT(CLONE_FLAGS_CL_CLONE_THREAD) } } },
	{ .what = "execve",
	  .before = program,
	  .call = exec_plain,
	  .events = EVENT1(EXECVE_19_X,
			   IMAGE(I(0), S("name"), BYTES("one\0two words\0"), S("prog"),
				 BYTES("PATH=/nowhere\0EMPTY=\0"), WRITABLE),
			   S("./prog")),
	  .ends = true },
	{ .what = "execve of nothing tells what was asked for",
	  .before = tell,
	  .call = exec_nothing,
	  .events = EVENT1(EXECVE_19_X,
			   IMAGE(I(-ENOENT), S("name"), BYTES("one\0two words\0"), FACT(OWN_COMM),
				 BYTES("PATH=/nowhere\0EMPTY=\0"), SLOT(EXE_FLAGS)),
			   S("no/such/program")) },
	{ .what = "execve without arguments and environment",
	  .before = program,
	  .call = exec_bare,
	  .events = EVENT1(EXECVE_19_X, IMAGE(I(0), S(""), NONE, S("prog"), NONE, WRITABLE),
			   S("prog")),
	  .ends = true },
	{ .what = "execve with more arguments than an event holds",
	  .before = program,
	  .call = exec_padded,
	  .events = EVENT1(EXECVE_19_X,
			   IMAGE(I(0), S("name"), FACT(OWN_ARGS), S("prog"), NONE, WRITABLE),
			   S("./prog")),
	  .ends = true },
	{ .what = "execve of a script",
	  .before = script,
	  .call = exec_script,
	  .events = EVENT1(EXECVE_19_X,
			   IMAGE(I(0), FACT(EXE_PATH), BYTES("--opt\0./script\0arg\0"), S("script"),
				 NONE, WRITABLE),
			   S("./script")),
	  .ends = true },
	{ .what = "execve of what the caller cannot write",
	  .before = not_ours,
	  .call = exec_plain,
	  .events = { { EVENT_EXECVE_19_X,
			{ I(0),
			  S("name"),
			  BYTES("one\0two words\0"),
			  SLOT(OWN_PID),
			  SLOT(OWN_PID),
			  SLOT(OWN_PPID),
			  NONE,
			  SLOT(OWN_LIMIT),
			  MEMORY,
			  S("prog"),
			  SOME,
			  BYTES("PATH=/nowhere\0EMPTY=\0"),
			  I(0),
			  SLOT(OWN_PGID),
			  SLOT(OWN_LOGINUID),
			  I(0),
			  I(0),
			  SLOT(OWN_CAPS),
			  SLOT(OWN_CAPS),
			  SLOT(EXE_INO),
			  SLOT(EXE_CTIME),
			  SLOT(EXE_MTIME),
			  I(65534),
			  FACT(EXE_PATH),
			  SLOT(OWN_PGID),
			  I(65534),
			  S("./prog") } } },
	  .ends = true },
	{ .what = "execveat of a file in memory",
	  .extension = { NONE },
	  .before = in_memory,
	  .call = exec_memory,
	  .events = EVENT1(EXECVE_19_X,
			   IMAGE(I(0), S("name"), BYTES("one\0two words\0"), SOME, NONE,
				 I(EXECVE_FLAGS_EXE_WRITABLE | EXECVE_FLAGS_EXE_FROM_MEMFD)),
			   FACT(OWN_PATH)),
	  .ends = true },
	{ .what = "execveat in a directory",
	  .before = program_in_directory,
	  .call = exec_in_directory,
	  .events = EVENT1(
		  EXECVE_19_X,
		  IMAGE(I(0), S("name"), BYTES("one\0two words\0"), S("prog"), NONE, WRITABLE),
		  FACT(OWN_PATH)),
	  .ends = true },
	{ .what = "execveat nowhere",
	  .before = tell,
	  .call = exec_at_nothing,
	  .events = EVENT1(EXECVEAT_X, IMAGE(I(-EBADF), S("name"), BYTES("one\0two words\0"),
					     FACT(OWN_COMM), NONE, SLOT(EXE_FLAGS))) },
	{ .what = "a thread that executes becomes the leader",
	  .before = start_thread,
	  .call = wait_for_exec,
	  .events = { { EVENT_GENERIC_X, { SOME, I(SYS_pause) } },
		      { EVENT_SIGNALDELIVER_E, { I(0), SLOT(OWN_PID), I(SIGKILL) } },
		      { EVENT_PROCEXIT_1_E, { I(0), I(0), I(0), I(0), I(0) } },
		      { EVENT_EXECVE_19_X,
			{ IMAGE(I(0), S("name"), BYTES("one\0two words\0"), S("prog"),
				BYTES("PATH=/nowhere\0EMPTY=\0"), WRITABLE),
			  S("./prog") } } },
	  .ends = true },
	{ .what = "exit with a status",
	  .nr = SYS_exit_group,
	  .args = { N(7) },
	  .events = EVENT1(PROCEXIT_1_E, I(7 << 8), I(7), I(0), I(0), I(0)),
	  .ends = true },
	{ .what = "exit with more status than there is room for",
	  .nr = SYS_exit,
	  .args = { N(300) },
	  .events = EVENT1(PROCEXIT_1_E, I(44 << 8), I(44), I(0), I(0), I(0)),
	  .ends = true },
	{ .what = "exit names who takes over the children",
	  .nr = SYS_exit_group,
	  .before = leave_child,
	  .args = { N(0) },
	  .events = EVENT1(PROCEXIT_1_E, I(0), I(0), I(0), I(0), SLOT(0)),
	  .ends = true },
	{ .what = "getppid has no event of its own",
	  .nr = SYS_getppid,
	  .events = EVENT1(GENERIC_X, I(41), I(SYS_getppid)) },
	{ .what = "a number that is no call leaves nothing", .nr = 500, .events = { { 0 } } },
};

const struct rows process_rows = { "processes", rows, ARRAY_SIZE(rows) };
