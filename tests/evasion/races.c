/* SPDX-License-Identifier: Apache-2.0 */

/* A thread rewrites an argument while the kernel works with it: there is an object in the end. */

#include "attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- openat --------------------------------------------------------------------------------- */

static void open_rewritten(const struct attack *a)
{
	static char path[4096];
	struct rewriter r;

	write_file("plan-a", "a");
	write_file("plan-b", "b");
	long_way(path, "plan-a");
	begin();
	rewriter_start(&r, path + strlen(path) - 1, 'a', 'b');
	while (rewriter_again(&r, a)) {
		int fd = openat(AT_FDCWD, path, O_RDONLY);
		char got = 0;

		if (read(fd, &got, 1) != 1)
			die("read");
		rewriter_note(&r, got);
		tell_opened(a, "openat", fd);
		close(fd);
	}
	rewriter_stop(&r);
}

/* The same with a file somebody watches for, among many opens that are of no interest. */
static void shadow_rewritten(const struct attack *a)
{
	static char path[4096];
	struct rewriter r;

	make_own_etc();
	write_file("/etc/shadov", "v");
	if (chdir("/etc") < 0)
		die("/etc");
	long_way(path, "shadow");
	begin();
	rewriter_start(&r, path + strlen(path) - 1, 'w', 'v');
	while (rewriter_again(&r, a)) {
		int fd = openat(AT_FDCWD, path, O_RDONLY);
		char got = 0;

		if (read(fd, &got, 1) != 1)
			die("read");
		rewriter_note(&r, got == 'v' ? 'v' : 'w');
		tell_opened(a, "openat", fd);
		close(fd);
	}
	rewriter_stop(&r);
}

/* ---- connect -------------------------------------------------------------------------------- */

/* Listens on two ports that differ in the last byte only; returns the first. */
static uint16_t listen_twice(int listeners[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (uint16_t port = 20000; port < 30000; port += 2) {
		bool ok = true;

		for (unsigned i = 0; i < 2; i++) {
			listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
			at.sin_port = htons((uint16_t)(port + i));
			ok = ok && bind(listeners[i], (void *)&at, sizeof(at)) == 0 &&
			     listen(listeners[i], 128) == 0;
		}
		if (ok)
			return port;
		close(listeners[0]);
		close(listeners[1]);
	}
	die("two free ports");
}

static void text_of(const struct sockaddr_in *a, char out[64])
{
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &a->sin_addr, ip, sizeof(ip));
	snprintf(out, 64, "%s:%u", ip, ntohs(a->sin_port));
}

/* Returns the last byte of the port. */
static char tell_connected(const struct attack *a, int fd)
{
	struct sockaddr_in here, there;
	socklen_t n = sizeof(here), m = sizeof(there);
	char from[64], to[64];

	if (getsockname(fd, (void *)&here, &n) < 0 || getpeername(fd, (void *)&there, &m) < 0)
		die("name a socket");
	text_of(&here, from);
	text_of(&there, to);
	tell(a, "connect", "evt.rawres=0\tfd.name=%s->%s\tevt.kernel_tuple=%s->%s\t.to=%s", from,
	     to, from, to, to);
	return (char)ntohs(there.sin_port);
}

static void connect_rewritten(const struct attack *a)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int listeners[2];
	uint16_t port = listen_twice(listeners);
	char *last = (char *)&at.sin_port + 1; /* in network order */
	struct rewriter r;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons(port);
	begin();
	rewriter_start(&r, last, *last, (char)(*last + 1));
	while (rewriter_again(&r, a)) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (void *)&at, sizeof(at)) < 0)
			die("connect");
		rewriter_note(&r, tell_connected(a, fd));
		for (unsigned j = 0; j < 2; j++)
			close(accept(listeners[j], NULL, NULL));
		close(fd);
	}
	rewriter_stop(&r);
}

static void connect_unix_rewritten(const struct attack *a)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "plan-a" }, peer;
	int listeners[2];
	struct rewriter r;

	for (unsigned i = 0; i < 2; i++) {
		at.sun_path[5] = (char)('a' + i);
		listeners[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (bind(listeners[i], (void *)&at, sizeof(at)) < 0 || listen(listeners[i], 8) < 0)
			die("listen");
	}
	begin();
	rewriter_start(&r, at.sun_path + 5, 'a', 'b');
	while (rewriter_again(&r, a)) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		socklen_t n = sizeof(peer);

		if (connect(fd, (void *)&at, sizeof(at)) < 0 ||
		    getpeername(fd, (void *)&peer, &n) < 0)
			die("connect");
		rewriter_note(&r, peer.sun_path[5]);
		tell(a, "connect", "evt.rawres=0\tevt.kernel_path=%s/%s\t.name=%s", a->directory,
		     peer.sun_path, peer.sun_path);
		for (unsigned j = 0; j < 2; j++)
			close(accept(listeners[j], NULL, NULL));
		close(fd);
	}
	rewriter_stop(&r);
}

/* ---- execve --------------------------------------------------------------------------------- */

/* The path is in memory shared with the rewriter's process. */
static void exec_rewritten(const struct attack *a)
{
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rewriter r;

	if (path == MAP_FAILED)
		die("memory");
	copy_program(a, "plan-a", 0700);
	copy_program(a, "plan-b", 0700);
	long_way(path, "plan-a");
	begin();
	rewriter_start(&r, path + strlen(path) - 1, 'a', 'b');
	for (unsigned i = 0; i < a->rounds / 4; i++) {
		pid_t child = fork();

		if (child == 0)
			run_program(a, path, NULL);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			die("fork");
	}
	rewriter_stop(&r);
}

const struct attack_case race_cases[] = {
	{ "open-rewritten", open_rewritten },
	{ "shadow-rewritten", shadow_rewritten },
	{ "connect-rewritten", connect_rewritten },
	{ "connect-unix-rewritten", connect_unix_rewritten },
	{ "exec-rewritten", exec_rewritten },
	{ NULL, NULL },
};
