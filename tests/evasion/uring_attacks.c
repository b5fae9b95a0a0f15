/* SPDX-License-Identifier: Apache-2.0 */

/* The same work handed in through an io_uring: no system call of that name is made. */

#include "attack.h"

#include "../live/uring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

static void open_by_ring(const struct attack *a, const char *path)
{
	struct uring ring;
	struct io_uring_sqe *e;
	struct stat st;
	int fd;

	uring_open(&ring, 4, 0);
	begin();
	e = uring_entry(&ring, OP_OPENAT);
	e->fd = AT_FDCWD;
	e->addr = ptr(path);
	e->open_flags = O_RDONLY;
	fd = uring_run(&ring);
	if (fd < 0 || fstat(fd, &st) < 0)
		uring_die("open");
	tell(a, "openat",
	     "evt.is_io_uring=true\tevt.is_copied_by_kernel=true\tevt.kernel_path=/etc/shadow"
	     "\tfd.ino=%ju",
	     (uintmax_t)st.st_ino);
	close(fd);
	uring_close(&ring);
}

static void uring_opens(const struct attack *a)
{
	make_own_etc();
	open_by_ring(a, "/etc/shadow");
}

static void uring_opens_symlink(const struct attack *a)
{
	make_own_etc();
	if (symlink("/etc/shadow", "notes") < 0)
		uring_die("symlink");
	open_by_ring(a, "notes");
}

static void uring_connects(const struct attack *a)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct sockaddr_in here;
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
	struct uring ring;
	struct io_uring_sqe *e;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (void *)&at, n) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (void *)&at, &n) < 0)
		uring_die("listen");
	uring_open(&ring, 4, 0);
	begin();
	e = uring_entry(&ring, OP_CONNECT);
	e->fd = fd;
	e->addr = ptr(&at);
	e->off = sizeof(at);
	n = sizeof(here);
	if (uring_run(&ring) < 0 || getsockname(fd, (void *)&here, &n) < 0)
		uring_die("connect");
	tell(a, "connect", "evt.is_io_uring=true\tevt.rawres=0\tfd.name=127.0.0.1:%u->127.0.0.1:%u",
	     ntohs(here.sin_port), ntohs(at.sin_port));
	uring_close(&ring);
}

const struct attack_case uring_cases[] = {
	{ "uring-open", uring_opens },
	{ "uring-open-symlink", uring_opens_symlink },
	{ "uring-connect", uring_connects },
	{ NULL, NULL },
};
