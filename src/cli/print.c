/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void complain(const char *format, ...)
{
	va_list args;

	fputs("besra: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void print_diags(const struct diags *d, bool warnings)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < d->list.n; i++)
		if (warnings || load_code_severity(d->list.items[i].code) == SEVERITY_ERROR)
			diag_print(&out, &d->list.items[i]);
	if (out.len)
		fwrite(out.p, 1, out.len, stderr);
	buf_fini(&out);
}

bool print_out(const struct buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(STDOUT_FILENO, text->p + done, text->len - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			if (errno != EPIPE)
				complain("standard output: %s", strerror(errno));
			return false;
		}
	}
	return true;
}

int finish_with(struct buf *text)
{
	bool ok = print_out(text);

	buf_fini(text);
	return ok ? EXIT_OK : EXIT_FAILED;
}
