/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define BATCH_BYTES 65536

static bool file_enabled(const struct config *config)
{
	return config->file_enabled;
}

static int open_file(struct sink *s, struct err *err)
{
	if (s->lines.fd >= 0)
		return 0;
	s->lines.fd = open(s->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (s->lines.fd < 0)
		return err_set(err, -errno, "%s: %s", s->path, strerror(errno));
	return 0;
}

/* Some file systems report a full disk only here. */
static int close_file(struct sink *s, struct err *err)
{
	int n = s->lines.fd >= 0 ? close(s->lines.fd) : 0;

	s->lines.fd = -1;
	return n < 0 ? err_set(err, -errno, "%s: %s", s->path, strerror(errno)) : 0;
}

/* Opens at once even when it will be opened for every batch, so that a wrong path is told now. */
static int file_open(struct sink *s, const struct config *config, struct err *err)
{
	s->lines.fd = -1;
	s->keep_open = config->file_keep_alive;
	if (!config->file_name.len)
		return err_set(err, -EINVAL, "file_output is enabled without a filename");
	s->path = config->file_name.p;
	return open_file(s, err);
}

static int file_flush(struct sink *s, struct err *err)
{
	int n, closed;

	if (s->lines.out.len) {
		n = open_file(s, err);
		if (n < 0) {
			buf_reset(&s->lines.out);
			return n;
		}
	}
	n = lines_flush(&s->lines, s->path, err);
	if (s->keep_open)
		return n;
	closed = close_file(s, n < 0 ? NULL : err);
	return n < 0 ? n : closed;
}

static int file_send(struct sink *s, const struct alert_text *alert, struct err *err)
{
	int n;

	lines_add(&s->lines, alert->line);
	if (s->buffered && s->lines.out.len < BATCH_BYTES)
		return 0;
	n = file_flush(s, err);
	return n < 0 ? n : 1;
}

static int file_close(struct sink *s, struct err *err)
{
	int n = s->lines.out.len ? file_flush(s, err) : 0;
	int closed = close_file(s, n < 0 ? NULL : err);

	lines_fini(&s->lines);
	return n < 0 ? n : closed;
}

const struct sink_kind sink_file = {
	.name = "file",
	.enabled = file_enabled,
	.open = file_open,
	.send = file_send,
	.flush = file_flush,
	.close = file_close,
};
