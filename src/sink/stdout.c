/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <unistd.h>

#define BATCH_BYTES 65536

static bool stdout_enabled(const struct config *config)
{
	return config->stdout_enabled;
}

static int stdout_open(struct sink *s, const struct config *config, struct err *err)
{
	(void)config;
	(void)err;
	s->lines.fd = STDOUT_FILENO;
	return 0;
}

static int stdout_flush(struct sink *s, struct err *err)
{
	return lines_flush(&s->lines, "standard output", err);
}

static int stdout_send(struct sink *s, const struct alert_text *alert, struct err *err)
{
	int n;

	lines_add(&s->lines, alert->line);
	if (s->buffered && s->lines.out.len < BATCH_BYTES)
		return 0;
	n = stdout_flush(s, err);
	return n < 0 ? n : 1;
}

static int stdout_close(struct sink *s, struct err *err)
{
	int n = stdout_flush(s, err);

	lines_fini(&s->lines);
	return n;
}

const struct sink_kind sink_stdout = {
	.name = "stdout",
	.enabled = stdout_enabled,
	.open = stdout_open,
	.send = stdout_send,
	.flush = stdout_flush,
	.close = stdout_close,
};
