/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "world.h"

#define DIRFD_CWD -100
#define DISK      0x803 /* 8:3 */
#define SNAPLEN   80    /* how much of what is read or written an event holds */

static int new_fd(struct proc *p)
{
	int fd = __builtin_ctzll(~p->fds);

	p->fds |= UINT64_C(1) << fd;
	return fd;
}

static struct str snapped(const char *text)
{
	struct str s = str_from(text);

	return (struct str){ s.p, s.len < SNAPLEN ? s.len : SNAPLEN };
}

static void remember_made(struct world *w, const struct proc *p, const char *path)
{
	if (w->nmade == WORLD_MADE)
		die("more than %d new files", WORLD_MADE);
	w->made[w->nmade++] = (struct made){ path, p->place, w->now };
}

int opens(struct world *w, struct proc *p, const char *path, uint32_t flags, uint32_t mode)
{
	int fd = new_fd(p);

	EMIT(w, p, EVENT_OPENAT_2_X, INT(fd), INT(DIRFD_CWD), TEXT(path), INT(flags), INT(mode),
	     INT(DISK), INT(inode_of(path)));
	if (flags & FILE_FLAGS_O_CREAT)
		remember_made(w, p, path);
	return fd;
}

void fails_to_open(struct world *w, struct proc *p, const char *path, uint32_t flags, int error)
{
	EMIT(w, p, EVENT_OPENAT_2_X, INT(-error), INT(DIRFD_CWD), TEXT(path), INT(flags), INT(0),
	     INT(0), INT(0));
}

void reads(struct world *w, struct proc *p, int fd, const char *text)
{
	EMIT(w, p, EVENT_READ_X, INT(strlen(text)), BYTES(snapped(text)), INT(fd), INT(4096));
}

void writes(struct world *w, struct proc *p, int fd, const char *text)
{
	EMIT(w, p, EVENT_WRITE_X, INT(strlen(text)), BYTES(snapped(text)), INT(fd),
	     INT(strlen(text)));
}

void closes(struct world *w, struct proc *p, int fd)
{
	EMIT(w, p, EVENT_CLOSE_X, INT(0), INT(fd));
	p->fds &= ~(UINT64_C(1) << fd);
}

void duplicates(struct world *w, struct proc *p, int from, int to)
{
	EMIT(w, p, EVENT_DUP2_X, INT(to), INT(from), INT(to));
	p->fds |= UINT64_C(1) << to;
}

int makes_pipe(struct world *w, struct proc *p)
{
	int in = new_fd(p), out = new_fd(p);

	if (out != in + 1)
		die("descriptors %d and %d are no neighbours", in, out);
	EMIT(w, p, EVENT_PIPE2_X, INT(0), INT(in), INT(out), INT(40000 + chance(w, 9000)),
	     INT(FILE_FLAGS_O_CLOEXEC));
	return in;
}

void reads_file(struct world *w, struct proc *p, const char *path, const char *text)
{
	int fd = opens(w, p, path, FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_CLOEXEC, 0);

	EMIT(w, p, EVENT_FSTAT_X, INT(0), INT(fd));
	reads(w, p, fd, text);
	reads(w, p, fd, "");
	closes(w, p, fd);
}

void writes_file(struct world *w, struct proc *p, const char *path, uint32_t flags,
		 const char *text)
{
	int fd = opens(w, p, path, FILE_FLAGS_O_WRONLY | flags,
		       flags & FILE_FLAGS_O_CREAT ? 0644 : 0);

	writes(w, p, fd, text);
	closes(w, p, fd);
}

void looks_at(struct world *w, struct proc *p, const char *path, int error)
{
	EMIT(w, p, EVENT_NEWFSTATAT_X, INT(-error), INT(DIRFD_CWD), TEXT(path), INT(0));
}

void renames(struct world *w, struct proc *p, const char *from, const char *to)
{
	EMIT(w, p, EVENT_RENAME_X, INT(0), TEXT(from), TEXT(to));
}

void removes(struct world *w, struct proc *p, const char *path)
{
	EMIT(w, p, EVENT_UNLINKAT_2_X, INT(0), INT(DIRFD_CWD), TEXT(path), INT(0));
}

void changes_mode(struct world *w, struct proc *p, const char *path, uint32_t mode)
{
	EMIT(w, p, EVENT_FCHMODAT_X, INT(0), INT(DIRFD_CWD), TEXT(path), INT(mode));
}

void makes_directory(struct world *w, struct proc *p, const char *path)
{
	EMIT(w, p, EVENT_MKDIR_2_X, INT(0), TEXT(path), INT(0755));
}
