/* SPDX-License-Identifier: Apache-2.0 */

/* Ways around a name: the file is always the shadow file of an /etc of its own. */

#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void read_by(const struct attack *a, int directory, const char *path)
{
	int fd = openat(directory, path, O_RDONLY);

	tell_opened(a, "openat", fd);
	close(fd);
}

static void symlink_detour(const struct attack *a)
{
	make_own_etc();
	if (symlink("/etc/shadow", "notes") < 0)
		die("symlink");
	begin();
	read_by(a, AT_FDCWD, "notes");
}

static void directory_symlink_detour(const struct attack *a)
{
	make_own_etc();
	if (symlink("/etc", "notes") < 0)
		die("symlink");
	begin();
	read_by(a, AT_FDCWD, "notes/shadow");
}

static void proc_root_detour(const struct attack *a)
{
	make_own_etc();
	begin();
	read_by(a, AT_FDCWD, "/proc/self/root/etc/shadow");
}

static void dots_and_slashes(const struct attack *a)
{
	make_own_etc();
	begin();
	read_by(a, AT_FDCWD, "//etc/.././etc///shadow");
}

/* Longer than what fd.name tells, shorter than what the kernel takes. */
static void long_path(const struct attack *a)
{
	char path[4096];

	make_own_etc();
	strcpy(path, "/etc/");
	for (unsigned i = 0; i < 1500; i++)
		strcat(path, "./");
	strcat(path, "shadow");
	begin();
	read_by(a, AT_FDCWD, path);
}

static void descriptor_detour(const struct attack *a)
{
	int directory;

	make_own_etc();
	directory = open("/etc", O_PATH | O_DIRECTORY);
	begin();
	read_by(a, directory, "shadow");
}

/* The file is opened under its new name, and that is its path; the inode is still the same. */
static void hard_link(const struct attack *a)
{
	make_own_etc();
	begin();
	if (linkat(AT_FDCWD, "/etc/shadow", AT_FDCWD, "/etc/notes", 0) < 0)
		die("link");
	tell(a, "linkat", "fs.path.target=/etc/shadow\tfs.path.source=/etc/notes");
	read_by(a, AT_FDCWD, "/etc/notes");
}

static void bind_mount(const struct attack *a)
{
	make_own_etc();
	write_file("notes", "");
	begin();
	if (mount("/etc/shadow", "notes", NULL, MS_BIND, NULL) < 0)
		die("mount");
	read_by(a, AT_FDCWD, "notes");
}

/* ---- Under another name ------------------------------------------------------------------------- */

/* What a process calls itself changes nothing: the program is what was executed. */
static void tell_by_name(const struct attack *a)
{
	const char *name = strrchr(a->self, '/') + 1;
	int fd = openat(AT_FDCWD, "/etc/shadow", O_RDONLY);

	if (fd < 0)
		die("/etc/shadow");
	tell(a, "openat", "proc.name=%s\tproc.exepath=%s\tevt.kernel_path=/etc/shadow", name,
	     a->self);
	close(fd);
}

static void renamed_by_prctl(const struct attack *a)
{
	make_own_etc();
	begin();
	if (prctl(PR_SET_NAME, "sshd") < 0)
		die("prctl");
	tell_by_name(a);
}

static void renamed_by_proc(const struct attack *a)
{
	int comm;

	make_own_etc();
	comm = open("/proc/self/comm", O_WRONLY);
	begin();
	if (write(comm, "sshd", 4) != 4)
		die("/proc/self/comm");
	tell_by_name(a);
}

const struct attack_case detour_cases[] = {
	{ "symlink-detour", symlink_detour },
	{ "directory-symlink-detour", directory_symlink_detour },
	{ "proc-root-detour", proc_root_detour },
	{ "dots-and-slashes", dots_and_slashes },
	{ "long-path", long_path },
	{ "descriptor-detour", descriptor_detour },
	{ "hard-link", hard_link },
	{ "bind-mount", bind_mount },
	{ "renamed-by-prctl", renamed_by_prctl },
	{ "renamed-by-proc", renamed_by_proc },
	{ NULL, NULL },
};
