/* SPDX-License-Identifier: Apache-2.0 */

/*
 * uring_special DIR: what only an io_uring can do: descriptors without a number, chains, requests
 * that complete in silence, often, too often, or for another thread or process.
 */

#include "uring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void prepare_open(struct uring *r, const char *path, unsigned flags, unsigned slot)
{
	struct io_uring_sqe *e = uring_entry(r, OP_OPENAT);

	e->fd = AT_FDCWD;
	e->addr = ptr(path);
	e->open_flags = flags;
	e->file_index = slot;
}

static void prepare_read(struct uring *r, int fd, void *to, unsigned len, uint8_t flags)
{
	struct io_uring_sqe *e = uring_entry(r, OP_READ);

	e->fd = fd;
	e->addr = ptr(to);
	e->len = len;
	e->flags = flags;
}

/* One submission: opened into a slot, read from there, closed, and nothing has a number. */
static void direct(struct uring *r)
{
	static char buffer[16];
	int none[8] = { -1, -1, -1, -1, -1, -1, -1, -1 };
	struct io_uring_sqe *e;
	int slot;

	uring_register(r, IORING_REGISTER_FILES, none, 8);
	announce("direct_chain", "ring");
	prepare_open(r, "file", O_RDONLY, 3 + 1);
	r->entries[*r->sq_tail & r->sq_mask].flags = IOSQE_IO_LINK;
	prepare_read(r, 3, buffer, 5, IOSQE_FIXED_FILE | IOSQE_IO_LINK);
	e = uring_entry(r, OP_CLOSE);
	e->file_index = 3 + 1;
	uring_submit(r);
	for (int i = 0; i < 3; i++)
		printf("RESULT direct_chain %d\n", uring_take(r).res);
	announce("direct_chain", "undo");

	announce("direct_any_slot", "ring");
	prepare_open(r, "file", O_RDONLY, ~0u);
	slot = uring_run(r);
	printf("RESULT direct_any_slot %d\n", slot);
	announce("direct_any_slot", "undo");
	if (r->knows[OP_FIXED_FD_INSTALL]) {
		int fd;

		announce("direct_installed", "ring");
		e = uring_entry(r, OP_FIXED_FD_INSTALL);
		e->fd = slot;
		e->flags = IOSQE_FIXED_FILE;
		fd = uring_run(r);
		printf("RESULT direct_installed %d\n", fd);
		announce("direct_installed", "undo");
		if (read(fd, buffer, 4) != 4)
			uring_die("read");
		close(fd);
	} else {
		printf("SKIP case direct_installed: this kernel's io_uring cannot do it\n");
	}
	uring_register(r, IORING_UNREGISTER_FILES, NULL, 0);
}

/* What the ring opened is read without it; what the ring closed is no longer there. */
static void opened(struct uring *r)
{
	char buffer[4];
	struct io_uring_sqe *e;
	int fd;

	announce("opened", "ring");
	prepare_open(r, "file", O_RDONLY, 0);
	fd = uring_run(r);
	printf("RESULT opened %d\n", fd);
	announce("opened", "undo");
	if (read(fd, buffer, sizeof(buffer)) != sizeof(buffer))
		uring_die("read");
	announce("closed", "ring");
	e = uring_entry(r, OP_CLOSE);
	e->fd = fd;
	printf("RESULT closed %d\n", uring_run(r));
	announce("closed", "undo");
	if (read(fd, buffer, sizeof(buffer)) >= 0)
		uring_die("read of what is closed");
}

/* The first fails: the others are cancelled, and never looked at their files. */
static void broken_chain(struct uring *r)
{
	static char buffer[16];

	announce("broken_chain", "ring");
	prepare_open(r, "no/such", O_RDONLY, 0);
	r->entries[*r->sq_tail & r->sq_mask].flags = IOSQE_IO_LINK;
	prepare_read(r, 0, buffer, 5, 0);
	uring_submit(r);
	printf("RESULT broken_chain %d\n", uring_take(r).res);
	printf("RESULT broken_chain %d\n", uring_take(r).res);
	announce("broken_chain", "undo");
}

/* No completion unless it fails. */
static void silent(struct uring *r)
{
	struct io_uring_sqe *e;

	announce("silent", "ring");
	e = uring_entry(r, OP_MKDIRAT);
	e->fd = AT_FDCWD;
	e->addr = ptr("silent");
	e->len = 0700;
	e->flags = IOSQE_CQE_SKIP_SUCCESS;
	uring_submit(r);
	while (rmdir("silent") < 0)
		usleep(1000);
	announce("silent", "undo");

	announce("silent_open", "ring");
	prepare_open(r, "file", O_RDONLY, 0);
	r->entries[*r->sq_tail & r->sq_mask].flags = IOSQE_CQE_SKIP_SUCCESS;
	uring_submit(r);
	announce("silent_open", "undo");

	announce("silent_failure", "ring");
	prepare_open(r, "no/such", O_RDONLY, 0);
	r->entries[*r->sq_tail & r->sq_mask].flags = IOSQE_CQE_SKIP_SUCCESS;
	printf("RESULT silent_failure %d\n", uring_run(r));
	announce("silent_failure", "undo");
}

/* An entry the kernel does not take: its operation is never tried. */
static void refused(struct uring *r)
{
	announce("refused", "ring");
	prepare_open(r, "file", O_RDONLY, 0);
	r->entries[*r->sq_tail & r->sq_mask].buf_index = 7;
	printf("RESULT refused %d\n", uring_run(r));
	announce("refused", "undo");
}

/* More completions than the queue takes, with the same user_data, before any is looked at. */
static void overflow(void)
{
	struct uring r;

	uring_open(&r, 2, 0);
	announce("overflow", "ring");
	for (int i = 0; i < 8; i++) {
		struct io_uring_sqe *e = uring_entry(&r, OP_MKDIRAT);
		char name[2] = { (char)('0' + i), 0 };

		e->fd = AT_FDCWD;
		e->addr = ptr(name);
		e->len = 0700;
		uring_submit(&r);
	}
	for (int i = 0; i < 8; i++)
		printf("RESULT overflow %d\n", uring_take(&r).res);
	announce("overflow", "undo");
	for (int i = 0; i < 8; i++)
		rmdir((char[2]){ (char)('0' + i), 0 });
	uring_close(&r);
}

static int listen_here(struct sockaddr_in *here)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(*here);

	if (s < 0 || bind(s, (struct sockaddr *)here, len) < 0 || listen(s, 8) < 0 ||
	    getsockname(s, (struct sockaddr *)here, &len) < 0)
		uring_die("listen");
	return s;
}

/* One request, a completion for each connection; and one for each message, in buffers of a pool. */
static void many_completions(struct uring *r)
{
	static char pool[4][32];
	struct io_uring_sqe *e;
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int made[2], two[2], clients[2], listening;

	listening = listen_here(&here);
	announce("accept_multishot", "ring");
	e = uring_entry(r, OP_ACCEPT);
	e->fd = listening;
	e->ioprio = 1; /* IORING_ACCEPT_MULTISHOT */
	e->user_data = 77;
	uring_submit(r);
	for (int i = 0; i < 2; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(clients[i], (struct sockaddr *)&here, sizeof(here)) < 0)
			uring_die("connect");
		made[i] = uring_take(r).res;
		printf("RESULT accept_multishot %d\n", made[i]);
	}
	announce("accept_multishot", "undo");

	e = uring_entry(r, OP_PROVIDE_BUFFERS);
	e->fd = 4;
	e->addr = ptr(pool);
	e->len = sizeof(pool[0]);
	e->buf_group = 5;
	if (uring_run(r) < 0)
		uring_die("provide buffers");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, two) < 0)
		uring_die("socketpair");
	announce("recv_pool", "ring");
	if (write(two[1], "into the pool", 13) != 13)
		uring_die("write");
	e = uring_entry(r, OP_RECV);
	e->fd = two[0];
	e->flags = IOSQE_BUFFER_SELECT;
	e->buf_group = 5;
	printf("RESULT recv_pool %d\n", uring_run(r));
	announce("recv_pool", "undo");
	for (int i = 0; i < 2; i++) {
		close(clients[i]);
		close(made[i]);
		close(two[i]);
	}
	close(listening);
}

/* Waits for what comes only later, so that the owner's thread is no longer submitting. */
static void *write_later(void *arg)
{
	int *end = arg;

	usleep(30000);
	if (write(*end, "late", 4) != 4)
		uring_die("write");
	return NULL;
}

static void *from_a_thread(void *arg)
{
	static char buffer[8];
	struct uring r;
	int ends[2];
	pthread_t other;

	(void)arg;
	uring_open(&r, 4, 0);
	if (pipe(ends) < 0 || pthread_create(&other, NULL, write_later, &ends[1]))
		uring_die("thread");
	printf("THREAD thread %d\n", gettid());
	announce("thread", "ring");
	prepare_read(&r, ends[0], buffer, 8, 0);
	printf("RESULT thread %d\n", uring_run(&r));
	announce("thread", "undo");
	pthread_join(other, NULL);
	uring_close(&r);
	return NULL;
}

/* A ring inherited over fork: what the child hands in is the child's. */
static void from_a_child(struct uring *r)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		printf("THREAD child %d\n", getpid());
		announce("child", "ring");
		prepare_open(r, "file", O_RDONLY, 0);
		printf("RESULT child %d\n", uring_run(r));
		announce("child", "undo");
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	struct uring r;
	pthread_t thread;

	if (argc != 2) {
		fprintf(stderr, "usage: uring_special DIR\n");
		return 2;
	}
	uring_begin(argv[1]);
	uring_open(&r, 8, 0);
	opened(&r);
	direct(&r);
	broken_chain(&r);
	silent(&r);
	refused(&r);
	overflow();
	many_completions(&r);
	if (pthread_create(&thread, NULL, from_a_thread, NULL))
		uring_die("thread");
	pthread_join(thread, NULL);
	from_a_child(&r);
	uring_close(&r);
	return 0;
}
