/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void lines_add(struct lines *l, struct str line)
{
	buf_str(&l->out, line);
	buf_char(&l->out, '\n');
}

/* A descriptor somebody else made non-blocking (a terminal shared with another program). */
static void wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	poll(&p, 1, -1);
}

int lines_flush(struct lines *l, const char *what, struct err *err)
{
	size_t done = 0;
	int failed = 0;

	/* After a torn line the next one starts on a line of its own. */
	if (l->torn && l->out.len && write(l->fd, "\n", 1) == 1)
		l->torn = false;
	while (done < l->out.len) {
		ssize_t n = write(l->fd, l->out.p + done, l->out.len - done);

		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			wait_writable(l->fd);
		} else if (errno != EINTR) {
			failed = -errno;
			break;
		}
	}
	if (done && done < l->out.len)
		l->torn = l->out.p[done - 1] != '\n';
	buf_reset(&l->out);
	return failed ? err_set(err, failed, "%s: %s", what, strerror(-failed)) : 0;
}

void lines_fini(struct lines *l)
{
	buf_fini(&l->out);
}
