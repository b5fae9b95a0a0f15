/* SPDX-License-Identifier: Apache-2.0 */

/*
 * calls [NAME-SUBSTRING]: makes every system call of the rows, succeeding and failing, records
 * itself while it does, and compares every parameter, and their number, with what they must be.
 */

#include "compare.h"

#include "base/err.h"
#include "source/live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct rows descriptor_rows, file_rows, id_rows, io_rows, memory_rows, message_rows,
	name_rows, open_rows, process_rows, signal_rows, socket_rows, control_rows, compat_rows;

static const struct rows *const all[] = {
	&open_rows,   &file_rows,    &name_rows,    &descriptor_rows, &io_rows,
	&socket_rows, &message_rows, &process_rows, &id_rows,         &memory_rows,
	&signal_rows, &control_rows, &compat_rows,
};

#define ROWS_MAX 1024

/* ---- The processes that make the calls ------------------------------------------------------ */

static void fill_directory(const char *dir)
{
	int fd;

	if (mkdir(dir, 0755) < 0 || chdir(dir) < 0)
		_exit(98);
	fd = open("file", O_WRONLY | O_CREAT, 0644);
	if (fd < 0 || write(fd, "hello, world\n", 13) != 13 || close(fd) < 0 ||
	    mkdir("sub", 0755) < 0 || symlink("file", "link") < 0)
		_exit(98);
}

static void run_one(const struct row *row, struct stage *s)
{
	pid_t child;

	fill_directory(s->dir);
	child = fork();
	if (child == 0)
		stage_run(row, s);
	s->pid = child;
	waitpid(child, NULL, 0);
}

/* Nobody is left behind: whoever reads what we print would wait for its end. */
static void give_up(int number)
{
	(void)number;
	kill(0, SIGKILL);
}

static _Noreturn void run_all(const struct row *const *rows, struct stage *stages, size_t n)
{
	const char *slower = getenv("BESRA_SLOWER");

	setsid();
	signal(SIGALRM, give_up);
	alarm(60 * (slower ? (unsigned)atoi(slower) : 1));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (size_t i = 0; i < n; i++)
		run_one(rows[i], &stages[i]);
	while (wait(NULL) > 0) /* what rows left behind */
		;
	_exit(0);
}

/* ---- The recording -------------------------------------------------------------------------- */

static int drain(struct source *s, struct recording *r, struct err *err)
{
	struct raw raw;
	struct event ev;
	int n;

	while ((n = source_next(s, &raw, err)) == 1)
		if (event_open(&ev, &raw) == 0 && !(ev.flags & WIRE_SYNTHETIC))
			recording_add(r, &ev);
	return n == -EAGAIN ? 0 : n;
}

/* Until a child is gone, and what it did has arrived. */
static int record_child(struct source *s, pid_t child, struct recording *r, struct err *err)
{
	int status;

	for (;;) {
		pid_t done = waitpid(child, &status, WNOHANG);
		int n = drain(s, r, err);

		if (n < 0)
			return n;
		if (done == child)
			break;
		live_wait(s, 1000000);
	}
	usleep(20000);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(err, -EIO, "the process that makes the calls ended early (%d)",
			       status);
	return drain(s, r, err);
}

struct run {
	const struct row *rows[ROWS_MAX];
	struct stage *stages;
	size_t n;
	bool extended; /* asks for what the kernel used, too */
};

static int record(const struct run *run, struct recording *r, struct err *err)
{
	static uint8_t want[WIRE_SYSCALLS_MAX];
	struct live_options o = { .scope = WIRE_SCOPE_TASKS,
				  .want = want,
				  .hold_ns = 1,
				  .by_functions = getenv("BESRA_BY_FUNCTIONS"),
				  .state_ring_bytes = 16 << 20,
				  .bulk_ring_bytes = 16 << 20 };
	struct source *s;
	int go[2], rc;
	pid_t child;
	char c = 0;

	memset(want,
	       WIRE_NEED_EVENT | WIRE_NEED_FAILED | WIRE_NEED_COPIES |
		       (run->extended ? WIRE_NEED_EXTENSION : 0),
	       sizeof(want));
	s = source_open_live(&o, err);
	if (!s)
		return err->code;
	if (pipe(go) < 0 || (child = fork()) < 0) {
		source_close(s);
		return err_set(err, -errno, "start: %s", strerror(errno));
	}
	if (child == 0) {
		if (dup2(go[0], 3) < 0 || close_range(4, ~0u, 0) < 0 || read(3, &c, 1) != 1)
			_exit(97);
		close(3);
		run_all(run->rows, run->stages, run->n);
	}
	rc = live_want(s, want, true, err);
	if (rc == 0)
		rc = live_scope_pid(s, child, err);
	if (rc == 0)
		rc = drain(s, r, err);
	if (rc == 0 && write(go[1], &c, 1) != 1)
		rc = err_set(err, -errno, "start: %s", strerror(errno));
	close(go[0]);
	close(go[1]);
	rc = rc == 0 ? record_child(s, child, r, err) : (waitpid(child, NULL, 0), rc);
	source_close(s);
	return rc;
}

/* ---- Everything ----------------------------------------------------------------------------- */

static void choose(struct run *run, const char *part, bool extended)
{
	run->extended = extended;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (size_t k = 0; k < all[i]->n && run->n < ROWS_MAX; k++) {
			const struct row *row = &all[i]->row[k];

			if ((!part || strstr(row->what, part)) &&
			    (!extended || row->extension[0].kind || row->extension[1].kind))
				run->rows[run->n++] = row;
		}
}

struct tally {
	size_t passed, failed, skipped;
};

static void compare(const struct run *run, const struct recording *r, struct tally *t)
{
	for (size_t i = 0; i < run->n; i++) {
		const struct row *row = run->rows[i];
		const struct stage *s = &run->stages[i];

		if (s->skip[0]) {
			printf("SKIP %s: %s\n", row->what, s->skip);
			t->skipped++;
		} else if (!s->made) {
			printf("  FAILED %s: the call was not made\n", row->what);
			t->failed++;
		} else if (run->extended ? row_extension_holds(row, s, r) : row_holds(row, s, r)) {
			t->passed++;
		} else {
			printf("  FAILED %s%s\n", row->what, run->extended ? " (extension)" : "");
			t->failed++;
		}
	}
}

static void remove_tree(const char *dir)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		fprintf(stderr, "%s is left behind\n", dir);
}

/* Makes the calls, records them, compares. */
static int perform(struct run *run, struct tally *t)
{
	char top[] = "/tmp/besra-calls-XXXXXX";
	struct recording recording = { .bytes.max = 512 << 20 };
	struct err err = { 0 };
	int n;

	run->stages = mmap(NULL, ROWS_MAX * sizeof(*run->stages), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->stages == MAP_FAILED || !mkdtemp(top) || chmod(top, 0755) < 0) {
		perror("start");
		return -1;
	}
	for (size_t i = 0; i < run->n; i++)
		snprintf(run->stages[i].dir, sizeof(run->stages[i].dir), "%s/%zu", top, i);
	n = record(run, &recording, &err);
	if (n < 0)
		fprintf(stderr, "%s\n", err.text);
	else
		compare(run, &recording, t);
	recording_free(&recording);
	munmap(run->stages, ROWS_MAX * sizeof(*run->stages));
	remove_tree(top);
	return n;
}

int main(int argc, char **argv)
{
	static struct run plain, extended;
	struct tally t = { 0 };
	const char *part = argc > 1 ? argv[1] : NULL;

	if (geteuid() != 0 || access("/sys/kernel/btf/vmlinux", R_OK) < 0) {
		printf("SKIP system calls and their events: needs root and a kernel with BTF\n");
		return 0;
	}
	choose(&plain, part, false);
	choose(&extended, part, true);
	if (perform(&plain, &t) < 0 || (extended.n && perform(&extended, &t) < 0))
		return 1;
	printf("%zu passed, %zu failed, %zu skipped\n", t.passed, t.failed, t.skipped);
	return t.failed || !t.passed;
}
