/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "world.h"

#define FD_LIMIT 1024
#define DAY_NS   UINT64_C(86400000000000)
/* When the youngest of the installed programs was: 2025-02-01. */
#define INSTALLED UINT64_C(1738368000000000000)

struct str cgroups_of(const struct place *place, char out[WORLD_CGROUPS])
{
	static const char *const controllers[] = { "cpuset", "cpu", "cpuacct", "io", "memory" };
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		int n = snprintf(out + len, WORLD_CGROUPS - len, "%s=%s", controllers[i],
				 place->cgroup);

		if (n < 0 || (size_t)n >= WORLD_CGROUPS - len)
			die("cgroup path too long: %s", place->cgroup);
		len += (size_t)n + 1;
	}
	return (struct str){ out, len };
}

static struct str joined(const char *const *words, char *out, size_t cap)
{
	size_t len = 0;

	for (; *words; words++) {
		size_t n = strlen(*words) + 1;

		if (n > cap - len)
			die("too many words before '%s'", *words);
		memcpy(out + len, *words, n);
		len += n;
	}
	return (struct str){ out, len };
}

/* What the machine's symbolic links lead to. */
static const char *resolved(const char *path)
{
	static const struct {
		const char *link, *file;
	} links[] = {
		{ "/bin/sh", "/usr/bin/dash" },
		{ "/usr/bin/gcc", "/usr/bin/x86_64-linux-gnu-gcc-12" },
		{ "/usr/bin/as", "/usr/bin/x86_64-linux-gnu-as" },
		{ "/usr/bin/ld", "/usr/bin/x86_64-linux-gnu-ld.bfd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (!strcmp(links[i].link, path))
			return links[i].file;
	return path;
}

static void set_program(struct proc *p, const char *path, const char *const *argv)
{
	p->args_len = joined(argv, p->args, sizeof(p->args)).len;
	p->exepath = resolved(path);
	snprintf(p->comm, sizeof(p->comm), "%s", base_name(path));
}

/* argv without argv[0]. */
static struct str arguments(const struct proc *p)
{
	size_t first = strlen(p->args) + 1;

	return (struct str){ p->args + first, p->args_len - first };
}

static int64_t inside(const struct proc *p, int64_t pid)
{
	return pid - p->place->pids_from;
}

/* Kilobytes that look like the program's. */
static uint32_t vm_size(const struct proc *p)
{
	return (uint32_t)(2400 + inode_of(p->exepath) % 20000);
}

static struct proc *free_slot(struct world *w)
{
	for (size_t i = 0; i < WORLD_PROCS; i++)
		if (!w->procs[i].tid)
			return &w->procs[i];
	die("more than %d processes", WORLD_PROCS);
}

struct proc *proc_new(struct world *w, int64_t tid, int64_t ptid, const struct place *place,
		      const char *exepath, const char *const *argv)
{
	struct proc *p = free_slot(w);

	*p = (struct proc){
		.tid = tid,
		.ptid = ptid,
		.sid = tid,
		.pgid = tid,
		.loginuid = UINT32_MAX,
		.fds = 7,
		.start = w->now,
		.place = place,
		.cwd = "/",
	};
	set_program(p, exepath, argv);
	return p;
}

struct proc *proc_named(struct world *w, const char *comm)
{
	struct proc *found = NULL;

	for (size_t i = 0; i < WORLD_PROCS; i++) {
		struct proc *p = &w->procs[i];

		if (p->tid && !strcmp(p->comm, comm) && (!found || p->tid > found->tid))
			found = p;
	}
	if (!found)
		die("no process is called %s", comm);
	return found;
}

/* One side of fork, of vfork or of clone: `res` is 0 for the child. */
static void emit_clone(struct world *w, const struct proc *p, int64_t res, uint32_t flags)
{
	char cgroups[WORLD_CGROUPS];

	EMIT(w, p, EVENT_CLONE_20_X, INT(res), TEXT(p->args), BYTES(arguments(p)), INT(p->tid),
	     INT(p->tid), INT(p->ptid), EMPTY, INT(FD_LIMIT), INT(0), INT(60 + chance(w, 90)),
	     INT(vm_size(p)), INT(vm_size(p) / 3), INT(0), TEXT(p->comm),
	     BYTES(cgroups_of(p->place, cgroups)), INT(flags), INT(p->uid), INT(p->gid),
	     INT(inside(p, p->tid)), INT(inside(p, p->tid)), INT(p->place->pidns_start));
}

struct proc *forks_into(struct world *w, struct proc *parent, struct proc *adopter,
			const struct place *place)
{
	uint32_t flags = CL_CLONE_CHILD_CLEARTID | CL_CLONE_CHILD_SETTID;
	struct proc *child = free_slot(w);

	*child = *parent;
	child->tid = ++w->last_pid;
	child->ptid = adopter->tid;
	child->place = place;
	child->start = w->now;
	if (place->pids_from)
		flags |= CL_CHILD_IN_PIDNS;
	/* The parent is told the number the child has in the parent's own namespace. */
	emit_clone(w, parent, inside(parent, child->tid), flags);
	emit_clone(w, child, 0, flags);
	return child;
}

struct proc *forks(struct world *w, struct proc *parent)
{
	return forks_into(w, parent, parent, parent->place);
}

static uint64_t capabilities(const struct proc *p)
{
	return p->uid == 0 ? p->place->root_caps : 0;
}

static const struct made *made_file(const struct world *w, const struct proc *p)
{
	for (size_t i = w->nmade; i-- > 0;)
		if (w->made[i].place == p->place && !strcmp(w->made[i].path, p->exepath))
			return &w->made[i];
	return NULL;
}

static uint32_t exec_flags(const struct proc *p, const struct made *made)
{
	uint32_t flags = p->uid == 0 || made ? EXECVE_FLAGS_EXE_WRITABLE : 0;

	if (p->place->layered)
		flags |= made ? EXECVE_FLAGS_EXE_UPPER_LAYER : EXECVE_FLAGS_EXE_LOWER_LAYER;
	return flags;
}

void executes_static(struct world *w, struct proc *p, const char *path, const char *const *argv)
{
	const struct made *made;
	char cgroups[WORLD_CGROUPS], env[WORLD_ARGS];
	uint64_t changed;

	set_program(p, path, argv);
	made = made_file(w, p);
	changed = made ? made->when : INSTALLED - inode_of(p->exepath) % 80 * DAY_NS;
	p->exec_flags = exec_flags(p, made);
	EMIT(w, p, EVENT_EXECVE_19_X, INT(0), TEXT(p->args), BYTES(arguments(p)), INT(p->tid),
	     INT(p->tid), INT(p->ptid), EMPTY, INT(FD_LIMIT), INT(0), INT(20 + chance(w, 40)),
	     INT(vm_size(p)), INT(vm_size(p) / 4), INT(0), TEXT(p->comm),
	     BYTES(cgroups_of(p->place, cgroups)), BYTES(joined(p->place->env, env, sizeof(env))),
	     INT(p->tty), INT(inside(p, p->pgid)), INT(p->loginuid), INT(p->exec_flags), INT(0),
	     INT(capabilities(p)), INT(capabilities(p)), INT(inode_of(p->exepath)), INT(changed),
	     INT(changed), INT(p->uid), TEXT(p->exepath), INT(p->pgid), INT(p->gid), TEXT(path));
}

static void loads_library(struct world *w, struct proc *p, const char *path)
{
	int fd = opens(w, p, path, FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC, 0);

	reads(w, p, fd,
	      "\x7f"
	      "ELF\x02\x01\x01\x03");
	maps_memory(w, p, fd, 1 << 20, PROT_FLAGS_PROT_READ);
	closes(w, p, fd);
}

void executes(struct world *w, struct proc *p, const char *path, const char *const *argv)
{
	int fd;

	executes_static(w, p, path, argv);
	EMIT(w, p, EVENT_BRK_4_X, INT(0x55d0a0000000 + inode_of(path) * 4096), INT(vm_size(p)),
	     INT(vm_size(p) / 4), INT(0), INT(0));
	fd = opens(w, p, "/etc/ld.so.cache", FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC, 0);
	EMIT(w, p, EVENT_NEWFSTATAT_X, INT(0), INT(fd), TEXT(""),
	     INT(NEWFSTATAT_FLAGS_AT_EMPTY_PATH));
	closes(w, p, fd);
	loads_library(w, p, "/lib/x86_64-linux-gnu/libc.so.6");
	calls(w, p, SC_ARCH_PRCTL);
}

struct proc *starts(struct world *w, struct proc *parent, const char *path, const char *const *argv)
{
	struct proc *p = forks(w, parent);

	executes(w, p, path, argv);
	return p;
}

void exits(struct world *w, struct proc *p, int code)
{
	struct proc *parent = NULL;

	for (size_t i = 0; i < WORLD_PROCS; i++)
		if (w->procs[i].tid == p->ptid)
			parent = &w->procs[i];
	EMIT(w, p, EVENT_PROCEXIT_1_E, INT(code << 8), INT(code), INT(0), INT(0), INT(0));
	p->tid = 0;
	if (parent)
		calls(w, parent, SC_WAIT4);
}

void runs(struct world *w, struct proc *parent, const char *path, const char *const *argv)
{
	struct proc *p = starts(w, parent, path, argv);

	pause_ms(w, 2);
	exits(w, p, 0);
}

void becomes_session_leader(struct world *w, struct proc *p, uint32_t tty)
{
	p->sid = p->pgid = p->tid;
	p->tty = tty;
	EMIT(w, p, EVENT_SETSID_X, INT(inside(p, p->tid)));
}

void becomes_user(struct world *w, struct proc *p, uint32_t uid, uint32_t gid)
{
	EMIT(w, p, EVENT_SETRESGID_X, INT(0), INT(gid), INT(gid), INT(gid));
	EMIT(w, p, EVENT_SETRESUID_X, INT(0), INT(uid), INT(uid), INT(uid));
	p->uid = uid;
	p->gid = gid;
}

void changes_directory(struct world *w, struct proc *p, const char *path)
{
	EMIT(w, p, EVENT_CHDIR_X, INT(0), TEXT(path));
	p->cwd = path;
}

void calls(struct world *w, struct proc *p, unsigned syscall_code)
{
	EMIT(w, p, EVENT_GENERIC_X, INT(syscall_code), INT(syscall_info(syscall_code)->native));
}

void maps_memory(struct world *w, struct proc *p, int fd, uint64_t length, uint32_t prot)
{
	EMIT(w, p, EVENT_MMAP_X, INT(0x7f3a00000000 + (int64_t)chance(w, 1 << 16) * 4096),
	     INT(vm_size(p)), INT(vm_size(p) / 4), INT(0), INT(0), INT(length), INT(prot),
	     INT(MMAP_FLAGS_MAP_PRIVATE), INT(fd), INT(0));
}
