/* SPDX-License-Identifier: Apache-2.0 */

/*
 * uring_exerciser DIR MODE: makes system calls, then has the same done by an io_uring, so that the
 * two can be compared. MODE is plain, async (the kernel's workers do it) or polled (a kernel thread
 * looks for entries). Part "call" of a case is one system call, "ring" its counterpart.
 */

#include "uring.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#define CALLS 6

struct counterparts {
	struct uring *ring;
	uint8_t flags; /* of every entry */
	int failures;
};

/* A system call and the entry that stands for it. */
struct work {
	const char *name;
	long call;
	long args[CALLS];
	struct io_uring_sqe entry;
	void (*undo)(long result); /* makes it possible once more */
};

static void both(struct counterparts *c, const struct work *w)
{
	long called, done;

	if (!c->ring->knows[w->entry.opcode]) {
		printf("SKIP case %s: this kernel's io_uring cannot do it\n", w->name);
		return;
	}
	announce(w->name, "call");
	called = syscall(w->call, w->args[0], w->args[1], w->args[2], w->args[3], w->args[4],
			 w->args[5]);
	if (called < 0)
		called = -errno;
	announce(w->name, "undo");
	if (w->undo)
		w->undo(called);
	announce(w->name, "ring");
	*uring_entry(c->ring, w->entry.opcode) = w->entry;
	c->ring->entries[*c->ring->sq_tail & c->ring->sq_mask].flags |= c->flags;
	done = uring_run(c->ring);
	announce(w->name, "undo");
	if (w->undo)
		w->undo(done);
	if (called != done) {
		printf("FAIL %s: the call gave %ld, the ring %ld\n", w->name, called, done);
		c->failures++;
	}
}

static void undo_fd(long result)
{
	if (result >= 0)
		close((int)result);
}

static void undo_made(long result)
{
	if (result >= 0) {
		undo_fd(result ? result : -1);
		unlink("made");
		rmdir("made");
	}
}

static void undo_rename(long result)
{
	if (result >= 0)
		rename("renamed", "file");
}

static void undo_unlink(long result)
{
	(void)result;
	close(open("gone", O_CREAT | O_WRONLY, 0600));
}

/* ---- Names and descriptors ------------------------------------------------------------------ */

static void open_and_close(struct counterparts *c, int dir)
{
	static char longname[3000];
	struct open_how_args {
		uint64_t flags, mode, resolve;
	} how = { O_RDWR | O_CLOEXEC, 0, 8 /* RESOLVE_BENEATH */ };
	const struct {
		const char *name;
		int dirfd;
		const char *path;
		int flags, mode;
	} opens[] = {
		{ "openat", AT_FDCWD, "file", O_RDONLY | O_CLOEXEC, 0 },
		{ "openat_dirfd", dir, "file", O_RDWR, 0 },
		{ "openat_absolute", AT_FDCWD, "/dev/null", O_WRONLY | O_APPEND, 0 },
		{ "openat_creates", AT_FDCWD, "made", O_WRONLY | O_CREAT | O_EXCL, 0640 },
		{ "openat_directory", AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0 },
		{ "openat_path", dir, "file", O_PATH, 0 },
		{ "openat_large", AT_FDCWD, "file", O_RDONLY | 0100000, 0 },
		{ "openat_missing", AT_FDCWD, "no/such", O_RDONLY, 0 },
		{ "openat_long", AT_FDCWD, longname, O_RDONLY, 0 },
		{ "openat_bad_dirfd", 999, "file", O_RDONLY, 0 },
		{ "openat_bad_pointer", AT_FDCWD, (const char *)1, O_RDONLY, 0 },
		{ "openat_empty", AT_FDCWD, "", O_RDONLY, 0 },
	};

	memset(longname, '/', sizeof(longname) - 5);
	memcpy(longname, ".", 1);
	memcpy(longname + sizeof(longname) - 5, "file", 5);
	for (size_t i = 0; i < sizeof(opens) / sizeof(*opens); i++)
		both(c, &(struct work){ opens[i].name,
					SYS_openat,
					{ opens[i].dirfd, (long)opens[i].path, opens[i].flags,
					  opens[i].mode },
					{ .opcode = OP_OPENAT,
					  .fd = opens[i].dirfd,
					  .addr = ptr(opens[i].path),
					  .len = (unsigned)opens[i].mode,
					  .open_flags = (unsigned)opens[i].flags },
					opens[i].flags & O_CREAT ? undo_made : undo_fd });
	both(c, &(struct work){ "openat2",
				SYS_openat2,
				{ dir, (long)"file", (long)&how, sizeof(how) },
				{ .opcode = OP_OPENAT2,
				  .fd = dir,
				  .addr = ptr("file"),
				  .len = sizeof(how),
				  .off = ptr(&how) },
				undo_fd });
	both(c, &(struct work){ "openat2_beneath",
				SYS_openat2,
				{ dir, (long)"../file", (long)&how, sizeof(how) },
				{ .opcode = OP_OPENAT2,
				  .fd = dir,
				  .addr = ptr("../file"),
				  .len = sizeof(how),
				  .off = ptr(&how) },
				undo_fd });
	both(c, &(struct work){
			"close_bad", SYS_close, { 998 }, { .opcode = OP_CLOSE, .fd = 998 }, NULL });
}

static int spare;

static void undo_close(long result)
{
	(void)result;
	dup3(0, spare, 0);
}

static void close_one(struct counterparts *c)
{
	spare = dup(0);
	both(c, &(struct work){ "close",
				SYS_close,
				{ spare },
				{ .opcode = OP_CLOSE, .fd = spare },
				undo_close });
	close(spare);
}

static void names(struct counterparts *c, int dir)
{
	static char longname[300];
	const struct work works[] = {
		{ "renameat2",
		  SYS_renameat2,
		  { AT_FDCWD, (long)"file", dir, (long)"renamed", 1 /* RENAME_NOREPLACE */ },
		  { .opcode = OP_RENAMEAT,
		    .fd = AT_FDCWD,
		    .addr = ptr("file"),
		    .len = (unsigned)dir,
		    .off = ptr("renamed"),
		    .rename_flags = 1 },
		  undo_rename },
		{ "rename_long",
		  SYS_renameat2,
		  { AT_FDCWD, (long)longname, AT_FDCWD, (long)longname, 0 },
		  { .opcode = OP_RENAMEAT,
		    .fd = AT_FDCWD,
		    .addr = ptr(longname),
		    .len = (unsigned)AT_FDCWD,
		    .off = ptr(longname) },
		  NULL },
		{ "unlinkat",
		  SYS_unlinkat,
		  { dir, (long)"gone", 0 },
		  { .opcode = OP_UNLINKAT, .fd = dir, .addr = ptr("gone") },
		  undo_unlink },
		{ "unlinkat_directory",
		  SYS_unlinkat,
		  { AT_FDCWD, (long)"no/such", AT_REMOVEDIR },
		  { .opcode = OP_UNLINKAT,
		    .fd = AT_FDCWD,
		    .addr = ptr("no/such"),
		    .unlink_flags = AT_REMOVEDIR },
		  NULL },
		{ "mkdirat",
		  SYS_mkdirat,
		  { dir, (long)"made", 0750 },
		  { .opcode = OP_MKDIRAT, .fd = dir, .addr = ptr("made"), .len = 0750 },
		  undo_made },
		{ "symlinkat",
		  SYS_symlinkat,
		  { (long)"/to/where", dir, (long)"made" },
		  { .opcode = OP_SYMLINKAT,
		    .fd = dir,
		    .addr = ptr("/to/where"),
		    .off = ptr("made") },
		  undo_made },
		{ "linkat",
		  SYS_linkat,
		  { AT_FDCWD, (long)"file", dir, (long)"made", AT_SYMLINK_FOLLOW },
		  { .opcode = OP_LINKAT,
		    .fd = AT_FDCWD,
		    .addr = ptr("file"),
		    .len = (unsigned)dir,
		    .off = ptr("made"),
		    .hardlink_flags = AT_SYMLINK_FOLLOW },
		  undo_made },
		{ "linkat_missing",
		  SYS_linkat,
		  { AT_FDCWD, (long)"no/such", AT_FDCWD, (long)"made", 0 },
		  { .opcode = OP_LINKAT,
		    .fd = AT_FDCWD,
		    .addr = ptr("no/such"),
		    .len = (unsigned)AT_FDCWD,
		    .off = ptr("made") },
		  NULL },
	};

	memset(longname, 'x', sizeof(longname) - 1);
	undo_unlink(0);
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++)
		both(c, &works[i]);
}

static void generic(struct counterparts *c, int file)
{
	static struct statx st;

	both(c, &(struct work){ "statx",
				SYS_statx,
				{ AT_FDCWD, (long)"file", 0, STATX_SIZE, (long)&st },
				{ .opcode = OP_STATX,
				  .fd = AT_FDCWD,
				  .addr = ptr("file"),
				  .len = STATX_SIZE,
				  .off = ptr(&st) },
				NULL });
	both(c, &(struct work){
			"fsync", SYS_fsync, { file }, { .opcode = OP_FSYNC, .fd = file }, NULL });
}

/* ---- Reading and writing -------------------------------------------------------------------- */

static int rewound;

static void undo_position(long result)
{
	(void)result;
	lseek(rewound, 0, SEEK_SET);
}

static void files(struct counterparts *c, int file)
{
	static char one[64], two[64];
	static const char text[] = "what is written";
	struct iovec in[2] = { { one, 5 }, { two, 32 } };
	struct iovec out[2] = { { (void *)(uintptr_t)text, 4 }, { (void *)(uintptr_t)text, 9 } };
	const uint64_t here = (uint64_t)-1;
	const struct work works[] = {
		{ "read",
		  SYS_read,
		  { file, (long)one, sizeof(one) },
		  { .opcode = OP_READ,
		    .fd = file,
		    .addr = ptr(one),
		    .len = sizeof(one),
		    .off = here },
		  undo_position },
		{ "pread64",
		  SYS_pread64,
		  { file, (long)one, 10, 3 },
		  { .opcode = OP_READ, .fd = file, .addr = ptr(one), .len = 10, .off = 3 },
		  NULL },
		{ "write",
		  SYS_write,
		  { file, (long)text, 15 },
		  { .opcode = OP_WRITE, .fd = file, .addr = ptr(text), .len = 15, .off = here },
		  undo_position },
		{ "pwrite64",
		  SYS_pwrite64,
		  { file, (long)text, 15, 7 },
		  { .opcode = OP_WRITE, .fd = file, .addr = ptr(text), .len = 15, .off = 7 },
		  NULL },
		{ "readv",
		  SYS_readv,
		  { file, (long)in, 2 },
		  { .opcode = OP_READV, .fd = file, .addr = ptr(in), .len = 2, .off = here },
		  undo_position },
		{ "preadv",
		  SYS_preadv,
		  { file, (long)in, 2, 1 },
		  { .opcode = OP_READV, .fd = file, .addr = ptr(in), .len = 2, .off = 1 },
		  NULL },
		{ "writev",
		  SYS_writev,
		  { file, (long)out, 2 },
		  { .opcode = OP_WRITEV, .fd = file, .addr = ptr(out), .len = 2, .off = here },
		  undo_position },
		{ "pwritev",
		  SYS_pwritev,
		  { file, (long)out, 2, 2 },
		  { .opcode = OP_WRITEV, .fd = file, .addr = ptr(out), .len = 2, .off = 2 },
		  NULL },
		{ "read_bad_fd",
		  SYS_read,
		  { 997, (long)one, 8 },
		  { .opcode = OP_READ, .fd = 997, .addr = ptr(one), .len = 8, .off = here },
		  NULL },
		{ "write_fails",
		  SYS_write,
		  { 0, (long)text, 15 },
		  { .opcode = OP_WRITE, .fd = 0, .addr = ptr(text), .len = 15, .off = here },
		  NULL },
	};

	rewound = file;
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++)
		both(c, &works[i]);
}

static void fixed_buffers(struct counterparts *c, int file)
{
	/* Pages of a file cannot be fixed, nor what shares one with them. */
	char *one = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec v = { one, 64 };

	if (one == MAP_FAILED)
		uring_die("mmap");
	uring_register(c->ring, IORING_REGISTER_BUFFERS, &v, 1);
	both(c, &(struct work){ "read_fixed",
				SYS_pread64,
				{ file, (long)one + 8, 10, 1 },
				{ .opcode = OP_READ_FIXED,
				  .fd = file,
				  .addr = ptr(one + 8),
				  .len = 10,
				  .off = 1 },
				NULL });
	memcpy(one, "from a fixed buffer", 19);
	both(c, &(struct work){ "write_fixed",
				SYS_pwrite64,
				{ file, (long)one, 19, 0 },
				{ .opcode = OP_WRITE_FIXED,
				  .fd = file,
				  .addr = ptr(one),
				  .len = 19,
				  .off = 0 },
				NULL });
	uring_register(c->ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
	munmap(one, 4096);
}

static int filled[2];

static void fill_pipe(long result)
{
	(void)result;
	if (write(filled[1], "in the pipe", 11) != 11)
		uring_die("fill a pipe");
}

static void pipes(struct counterparts *c)
{
	static char one[64];
	int other[2];

	if (pipe(filled) < 0 || pipe(other) < 0)
		uring_die("pipe");
	fill_pipe(0);
	/* The position an entry names means nothing to a pipe. */
	both(c, &(struct work){ "read_pipe",
				SYS_read,
				{ filled[0], (long)one, 11 },
				{ .opcode = OP_READ, .fd = filled[0], .addr = ptr(one), .len = 11 },
				fill_pipe });
	both(c, &(struct work){ "splice",
				SYS_splice,
				{ filled[0], 0, other[1], 0, 4, 1 /* SPLICE_F_MOVE */ },
				{ .opcode = OP_SPLICE,
				  .fd = other[1],
				  .off = (uint64_t)-1,
				  .len = 4,
				  .splice_off_in = (uint64_t)-1,
				  .splice_fd_in = filled[0],
				  .splice_flags = 1 },
				NULL });
	for (int i = 0; i < 2; i++) {
		close(filled[i]);
		close(other[i]);
	}
}

/* ---- Sockets -------------------------------------------------------------------------------- */

static struct sockaddr_in here4;
static struct sockaddr_un here_un;
static int connecting, knocking = -1, listening;

static int tcp_socket(int type)
{
	int s = socket(AF_INET, type, 0), one = 1;

	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		uring_die("socket");
	return s;
}

static void undo_bind(long result)
{
	int s = tcp_socket(SOCK_STREAM);

	(void)result;
	if (dup2(s, connecting) < 0)
		uring_die("dup2");
	close(s);
}

static void undo_connect(long result)
{
	undo_bind(result);
	undo_fd(accept(listening, NULL, NULL));
}

static void undo_connect_un(long result)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)result;
	if (s < 0 || dup2(s, connecting) < 0)
		uring_die("unix socket");
	close(s);
}

static void knock(long result)
{
	undo_fd(result);
	close(knocking);
	knocking = tcp_socket(SOCK_STREAM);
	if (connect(knocking, (struct sockaddr *)&here4, sizeof(here4)) < 0)
		uring_die("connect");
}

static void listeners(void)
{
	socklen_t len = sizeof(here4);
	int un = socket(AF_UNIX, SOCK_STREAM, 0);

	listening = tcp_socket(SOCK_STREAM);
	here4 = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	here_un = (struct sockaddr_un){ AF_UNIX, "server" };
	unlink("server");
	if (un < 0 || bind(un, (struct sockaddr *)&here_un, sizeof(here_un)) < 0 ||
	    listen(un, 8) < 0 || bind(listening, (struct sockaddr *)&here4, len) < 0 ||
	    listen(listening, 8) < 0 || getsockname(listening, (struct sockaddr *)&here4, &len) < 0)
		uring_die("listen");
	connecting = tcp_socket(SOCK_STREAM);
}

static void sockets(struct counterparts *c)
{
	static struct sockaddr_in any = { .sin_family = AF_INET };
	static struct sockaddr_un nobody = { AF_UNIX, "nobody" };
	struct work w;

	listeners();
	both(c, &(struct work){ "socket",
				SYS_socket,
				{ AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP },
				{ .opcode = OP_SOCKET,
				  .fd = AF_INET6,
				  .off = SOCK_DGRAM | SOCK_CLOEXEC,
				  .len = IPPROTO_UDP },
				undo_fd });
	both(c, &(struct work){ "socket_bad",
				SYS_socket,
				{ 250, SOCK_STREAM, 0 },
				{ .opcode = OP_SOCKET, .fd = 250, .off = SOCK_STREAM },
				undo_fd });
	both(c,
	     &(struct work){
		     "bind",
		     SYS_bind,
		     { connecting, (long)&any, sizeof(any) },
		     { .opcode = OP_BIND, .fd = connecting, .addr = ptr(&any), .off = sizeof(any) },
		     undo_bind });
	both(c, &(struct work){ "listen",
				SYS_listen,
				{ listening, 5 },
				{ .opcode = OP_LISTEN, .fd = listening, .len = 5 },
				NULL });
	both(c, &(struct work){ "connect",
				SYS_connect,
				{ connecting, (long)&here4, sizeof(here4) },
				{ .opcode = OP_CONNECT,
				  .fd = connecting,
				  .addr = ptr(&here4),
				  .off = sizeof(here4) },
				undo_connect });
	knock(-1);
	w = (struct work){ "accept4",
			   SYS_accept4,
			   { listening, 0, 0, SOCK_CLOEXEC },
			   { .opcode = OP_ACCEPT, .fd = listening, .accept_flags = SOCK_CLOEXEC },
			   knock };
	both(c, &w);
	w = (struct work){ "shutdown",
			   SYS_shutdown,
			   { knocking, SHUT_WR },
			   { .opcode = OP_SHUTDOWN, .fd = knocking, .len = SHUT_WR },
			   NULL };
	both(c, &w);
	undo_connect_un(0);
	w = (struct work){ "connect_unix",
			   SYS_connect,
			   { connecting, (long)&here_un, sizeof(here_un) },
			   { .opcode = OP_CONNECT,
			     .fd = connecting,
			     .addr = ptr(&here_un),
			     .off = sizeof(here_un) },
			   undo_connect_un };
	both(c, &w);
	w = (struct work){ "connect_refused",
			   SYS_connect,
			   { connecting, (long)&nobody, sizeof(nobody) },
			   { .opcode = OP_CONNECT,
			     .fd = connecting,
			     .addr = ptr(&nobody),
			     .off = sizeof(nobody) },
			   NULL };
	both(c, &w);
	close(connecting);
	close(knocking);
	close(listening);
}

static int pair[2];

static void fill_pair(long result)
{
	(void)result;
	if (send(pair[1], "over a socket", 13, 0) != 13)
		uring_die("fill a socket");
}

static void messages(struct counterparts *c)
{
	static char one[64], two[64];
	static struct iovec in[2] = { { one, 6 }, { two, 60 } };
	static struct msghdr m = { .msg_iov = in, .msg_iovlen = 2 };
	static struct iovec out[2] = { { (void *)(uintptr_t) "first,", 6 },
				       { (void *)(uintptr_t) "second", 6 } };
	static struct msghdr o = { .msg_iov = out, .msg_iovlen = 2 };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		uring_die("socketpair");
	both(c, &(struct work){ "sendto",
				SYS_sendto,
				{ pair[0], (long)"sent", 4, 0, 0, 0 },
				{ .opcode = OP_SEND, .fd = pair[0], .addr = ptr("sent"), .len = 4 },
				NULL });
	both(c, &(struct work){ "sendmsg",
				SYS_sendmsg,
				{ pair[0], (long)&o, 0 },
				{ .opcode = OP_SENDMSG, .fd = pair[0], .addr = ptr(&o), .len = 1 },
				NULL });
	fill_pair(0);
	both(c, &(struct work){ "recvfrom",
				SYS_recvfrom,
				{ pair[0], (long)one, 40, 0, 0, 0 },
				{ .opcode = OP_RECV, .fd = pair[0], .addr = ptr(one), .len = 40 },
				fill_pair });
	both(c, &(struct work){ "recvmsg",
				SYS_recvmsg,
				{ pair[0], (long)&m, 0 },
				{ .opcode = OP_RECVMSG, .fd = pair[0], .addr = ptr(&m), .len = 1 },
				fill_pair });
	both(c, &(struct work){ "send_not_a_socket",
				SYS_sendto,
				{ 0, (long)"sent", 4, 0, 0, 0 },
				{ .opcode = OP_SEND, .fd = 0, .addr = ptr("sent"), .len = 4 },
				NULL });
	close(pair[0]);
	close(pair[1]);
}

static void datagrams(struct counterparts *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int from = socket(AF_INET, SOCK_DGRAM, 0), at = socket(AF_INET, SOCK_DGRAM, 0);
	struct iovec v = { (void *)(uintptr_t) "datagram", 8 };
	struct msghdr m = { .msg_name = &to, .msg_namelen = len, .msg_iov = &v, .msg_iovlen = 1 };
	char got[32];
	struct sockaddr_in who;
	struct iovec into = { got, sizeof(got) };
	struct msghdr r = {
		.msg_name = &who, .msg_namelen = sizeof(who), .msg_iov = &into, .msg_iovlen = 1
	};

	if (bind(at, (struct sockaddr *)&to, len) < 0 ||
	    getsockname(at, (struct sockaddr *)&to, &len) < 0)
		uring_die("bind");
	both(c, &(struct work){ "sendmsg_named",
				SYS_sendmsg,
				{ from, (long)&m, 0 },
				{ .opcode = OP_SENDMSG, .fd = from, .addr = ptr(&m), .len = 1 },
				NULL });
	both(c, &(struct work){ "recvmsg_named",
				SYS_recvmsg,
				{ at, (long)&r, 0 },
				{ .opcode = OP_RECVMSG, .fd = at, .addr = ptr(&r), .len = 1 },
				NULL });
	both(c, &(struct work){ "sendto_named",
				SYS_sendto,
				{ from, (long)"datagram", 8, 0, (long)&to, sizeof(to) },
				{ .opcode = OP_SEND,
				  .fd = from,
				  .addr = ptr("datagram"),
				  .len = 8,
				  .off = ptr(&to),
				  .file_index = sizeof(to) },
				NULL });
	close(from);
	close(at);
}

static int compare(const char *mode)
{
	struct uring r;
	struct counterparts c = { .ring = &r };
	int dir, file;

	uring_open(&r, 8, strcmp(mode, "polled") == 0 ? IORING_SETUP_SQPOLL : 0);
	c.flags = strcmp(mode, "async") == 0 ? IOSQE_ASYNC : 0;
	dir = open(".", O_RDONLY | O_DIRECTORY);
	file = open("file", O_RDWR);
	open_and_close(&c, dir);
	close_one(&c);
	names(&c, dir);
	generic(&c, file);
	files(&c, file);
	fixed_buffers(&c, file);
	pipes(&c);
	sockets(&c);
	messages(&c);
	datagrams(&c);
	uring_close(&r);
	return c.failures != 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: uring_exerciser DIR plain|async|polled\n");
		return 2;
	}
	uring_begin(argv[1]);
	return compare(argv[2]);
}
