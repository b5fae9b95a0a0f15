/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The same where no object is left that could be asked: what the kernel used is known only from
 * what happened. `plan-a` and `plan-b` are made so that each has an effect of its own.
 */

#include "attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const plans[] = { "plan-a", "plan-b" };

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

struct race {
	const char *type;            /* of the event */
	const char *field;           /* that must name the plan used */
	void (*prepare)(unsigned i); /* one plan */
	int (*call)(const char *path);
	bool (*was_used)(unsigned i, int result); /* -errno for a call that failed */
};

static void run_race(const struct attack *a, const struct race *race)
{
	static char path[4096];
	struct rewriter r;

	long_way(path, "plan-a");
	begin();
	rewriter_start(&r, path + strlen(path) - 1, 'a', 'b');
	while (rewriter_again(&r, a)) {
		int result;
		unsigned used;

		race->prepare(0);
		race->prepare(1);
		result = race->call(path);
		if (result < 0)
			result = -errno;
		used = race->was_used(1, result);
		rewriter_note(&r, (char)('a' + used));
		if (used == race->was_used(0, result))
			die("neither or both were used");
		tell(a, race->type, "%s>=/%s", race->field, plans[used]);
	}
	rewriter_stop(&r);
}

/* ---- Names ---------------------------------------------------------------------------------- */

static void make_file(unsigned i)
{
	int fd = open(plans[i], O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || fchmod(fd, 0600) < 0)
		die(plans[i]);
	close(fd);
}

static void make_nothing(unsigned i)
{
	rmdir(plans[i]);
}

static bool is_gone(unsigned i, int result)
{
	return result == 0 && !is_there(plans[i]);
}

static bool is_made(unsigned i, int result)
{
	return result == 0 && is_there(plans[i]);
}

static int call_unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

static int call_rename(const char *path)
{
	return renameat(AT_FDCWD, path, AT_FDCWD, "gone");
}

static int call_mkdir(const char *path)
{
	return mkdirat(AT_FDCWD, path, 0700);
}

static int call_chmod(const char *path)
{
	return chmod(path, 0640);
}

static bool has_mode(unsigned i, int result)
{
	struct stat st;

	return result == 0 && stat(plans[i], &st) == 0 && (st.st_mode & 0777) == 0640;
}

static int call_link(const char *path)
{
	unlink("copy");
	return linkat(AT_FDCWD, path, AT_FDCWD, "copy", 0);
}

static bool is_linked(unsigned i, int result)
{
	struct stat st;

	return result == 0 && stat(plans[i], &st) == 0 && st.st_nlink == 2;
}

static void unlink_rewritten(const struct attack *a)
{
	run_race(a, &(struct race){ "unlinkat", "fs.path.name", make_file, call_unlink, is_gone });
}

static void rename_rewritten(const struct attack *a)
{
	run_race(a,
		 &(struct race){ "renameat", "fs.path.source", make_file, call_rename, is_gone });
}

static void mkdir_rewritten(const struct attack *a)
{
	run_race(a, &(struct race){ "mkdirat", "fs.path.name", make_nothing, call_mkdir, is_made });
}

static void chmod_rewritten(const struct attack *a)
{
	run_race(a, &(struct race){ "chmod", "fs.path.name", make_file, call_chmod, has_mode });
}

static void link_rewritten(const struct attack *a)
{
	run_race(a, &(struct race){ "linkat", "fs.path.target", make_file, call_link, is_linked });
}

/* ---- Calls that fail: the error tells which it was ------------------------------------------- */

/* The first is missing, the second leads to itself. */
static void make_failing(unsigned i)
{
	if (i == 1 && !is_there(plans[1]) && symlink("plan-b", plans[1]) < 0)
		die("symlink");
}

static bool failed_so(unsigned i, int result)
{
	return result == (i ? -ELOOP : -ENOENT);
}

static int call_open(const char *path)
{
	return openat(AT_FDCWD, path, O_RDONLY);
}

static int call_exec(const char *path)
{
	char *nothing[] = { NULL };

	return execve(path, nothing, nothing);
}

static void failed_open_rewritten(const struct attack *a)
{
	run_race(a, &(struct race){ "openat", "fd.name", make_failing, call_open, failed_so });
}

static void failed_exec_rewritten(const struct attack *a)
{
	run_race(a, &(struct race){ "execve", "evt.arg.filename", make_failing, call_exec,
				    failed_so });
}

/* The first has nobody listening, the second is not there. */
static void failed_connect_rewritten(const struct attack *a)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "plan-a" };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct rewriter r;

	if (bind(listener, (void *)&at, sizeof(at)) < 0)
		die("bind");
	begin();
	rewriter_start(&r, at.sun_path + 5, 'a', 'b');
	while (rewriter_again(&r, a)) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (connect(fd, (void *)&at, sizeof(at)) == 0 ||
		    (errno != ECONNREFUSED && errno != ENOENT))
			die("connect");
		rewriter_note(&r, errno == ENOENT ? 'b' : 'a');
		tell(a, "connect", "evt.arg.addr=%s", plans[errno == ENOENT]);
		close(fd);
	}
	rewriter_stop(&r);
}

/* ---- sendto: who got it tells ------------------------------------------------------------------ */

static uint16_t bind_twice(int receivers[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (uint16_t port = 20000; port < 30000; port += 2) {
		bool ok = true;

		for (unsigned i = 0; i < 2; i++) {
			receivers[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
			at.sin_port = htons((uint16_t)(port + i));
			ok = ok && bind(receivers[i], (void *)&at, sizeof(at)) == 0;
		}
		if (ok)
			return port;
		close(receivers[0]);
		close(receivers[1]);
	}
	die("two free ports");
}

static void sendto_rewritten(const struct attack *a)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int receivers[2], fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint16_t port = bind_twice(receivers);
	char *last = (char *)&at.sin_port + 1, byte;
	struct rewriter r;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons(port);
	begin();
	rewriter_start(&r, last, *last, (char)(*last + 1));
	while (rewriter_again(&r, a)) {
		bool second;

		if (sendto(fd, "x", 1, 0, (void *)&at, sizeof(at)) != 1)
			die("sendto");
		second = recv(receivers[1], &byte, 1, 0) == 1;
		if (second == (recv(receivers[0], &byte, 1, 0) == 1))
			die("neither or both got it");
		rewriter_note(&r, (char)(port + second));
		tell(a, "sendto", "evt.arg.tuple>=->127.0.0.1:%u", port + second);
	}
	rewriter_stop(&r);
}

/*
 * What the kernel copied for one name is not told of another: two names by one pointer, which may
 * have differed, and a call that is refused before its name is looked at.
 */
static void pointer_used_again(const struct attack *a)
{
	char path[] = "plan-a";
	int fd;

	write_file(path, "a");
	begin();
	if (linkat(AT_FDCWD, path, AT_FDCWD, path, 0) == 0 || errno != EEXIST)
		die("linkat");
	tell(a, "linkat", "evt.rawres=%d\tevt.is_copied_by_kernel=false", -EEXIST);
	fd = openat(AT_FDCWD, path, O_RDONLY);
	tell_opened(a, "openat", fd);
	close(fd);
	path[5] = 'b';
	if (openat(AT_FDCWD, path, O_TMPFILE | O_RDONLY) >= 0 || errno != EINVAL)
		die("O_TMPFILE without the right to write");
	tell(a, "openat", "evt.rawres=%d\tfd.name>=/plan-b\tevt.is_copied_by_kernel=false",
	     -EINVAL);
}

const struct attack_case name_race_cases[] = {
	{ "unlink-rewritten", unlink_rewritten },
	{ "rename-rewritten", rename_rewritten },
	{ "mkdir-rewritten", mkdir_rewritten },
	{ "chmod-rewritten", chmod_rewritten },
	{ "link-rewritten", link_rewritten },
	{ "failed-open-rewritten", failed_open_rewritten },
	{ "failed-exec-rewritten", failed_exec_rewritten },
	{ "failed-connect-rewritten", failed_connect_rewritten },
	{ "sendto-rewritten", sendto_rewritten },
	{ "pointer-used-again", pointer_used_again },
	{ NULL, NULL },
};
