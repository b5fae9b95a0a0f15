/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* What read() brings is still in the cache when it is looked at. */
#define BUFFER_BYTES (512 << 10)
#define PACKED_BYTES (64 << 10)

struct gunzip {
	z_stream z;
	bool between_members;
	uint8_t packed[PACKED_BYTES];
};

static bool is_gzip(const uint8_t *p, size_t len)
{
	return len >= 2 && p[0] == 0x1f && p[1] == 0x8b;
}

static int input_fail(struct input *in, int code, const char *reason)
{
	in->failed = code;
	snprintf(in->reason, sizeof(in->reason), "%s", reason);
	return code;
}

/* Bytes as the file has them: how many, 0 at its end, -errno. One read at most. */
static ssize_t read_packed(struct input *in, uint8_t *to, size_t room)
{
	ssize_t n;

	if (in->fd < 0) {
		n = (ssize_t)(room < in->memory_left ? room : in->memory_left);
		if (n)
			memcpy(to, in->memory, (size_t)n);
		in->memory += n;
		in->memory_left -= (size_t)n;
		return n;
	}
	do
		n = read(in->fd, to, room);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t fetch_plain(struct input *in, uint8_t *to, size_t room)
{
	ssize_t n = read_packed(in, to, room);

	if (n == 0)
		in->eof = true;
	if (n < 0)
		return input_fail(in, (int)n, strerror((int)-n));
	return n;
}

/* Makes z.next_in hold at least one byte; 0 at the end of the file. */
static ssize_t refill(struct input *in)
{
	struct gunzip *gz = in->gz;
	size_t kept = gz->z.avail_in;
	ssize_t n;

	memmove(gz->packed, gz->z.next_in, kept);
	n = read_packed(in, gz->packed + kept, sizeof(gz->packed) - kept);
	if (n < 0)
		return input_fail(in, (int)n, strerror((int)-n));
	gz->z.next_in = gz->packed;
	gz->z.avail_in = (uInt)(kept + (size_t)n);
	return n;
}

/*
 * A member has ended: another may follow, as concatenated captures have it. Anything else
 * there is padding, as gzip itself treats it. 1: another one, 0: the end.
 */
static int next_member(struct input *in)
{
	struct gunzip *gz = in->gz;
	ssize_t n = 1;

	while (gz->z.avail_in < 2 && n > 0)
		n = refill(in);
	if (n < 0)
		return (int)n;
	if (!is_gzip(gz->z.next_in, gz->z.avail_in)) {
		in->eof = true;
		return 0;
	}
	gz->between_members = false;
	inflateReset(&gz->z);
	return 1;
}

static void gunzip_failed(struct input *in, int rc)
{
	char why[80];

	snprintf(why, sizeof(why), "the gzip data are damaged (%s)",
		 in->gz->z.msg ? in->gz->z.msg : "no detail");
	if (rc == Z_MEM_ERROR)
		input_fail(in, -ENOMEM, "no memory to decompress");
	else
		input_fail(in, -EBADMSG, why);
}

static ssize_t fetch_gzip(struct input *in, uint8_t *to, size_t room)
{
	struct gunzip *gz = in->gz;
	const uInt want = (uInt)room;

	gz->z.next_out = to;
	gz->z.avail_out = want;
	while (gz->z.avail_out == want) {
		ssize_t n = 1;
		int rc;

		if (gz->between_members)
			n = next_member(in);
		else if (gz->z.avail_in == 0)
			n = refill(in);
		if (n < 0)
			return n;
		if (n == 0 && in->eof)
			return 0;
		if (n == 0)
			return input_fail(in, -EBADMSG, "the gzip data end early");
		rc = inflate(&gz->z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END) {
			gz->between_members = true;
		} else if (rc != Z_OK && rc != Z_BUF_ERROR) {
			gunzip_failed(in, rc);
			break;
		}
	}
	/* What came before the damage is handed out; the next call reports it. */
	return gz->z.avail_out == want ? in->failed : (ssize_t)(want - gz->z.avail_out);
}

/*
 * Moves what is unread to the front of a buffer that has room for n bytes. One that a large block
 * needed goes as soon as the usual one will do.
 */
static int make_room(struct input *in, size_t n)
{
	size_t left = input_left(in);
	size_t cap = n > BUFFER_BYTES ? n + BUFFER_BYTES : BUFFER_BYTES;
	uint8_t *to = in->buf;

	if (n > in->cap || cap < in->cap) {
		to = malloc(cap);
		if (!to)
			return input_fail(in, -ENOMEM, "no memory for a large block");
		in->cap = cap;
	}
	memmove(to, in->p, left);
	if (to != in->buf) {
		free(in->buf);
		in->buf = to;
	}
	in->p = to;
	in->end = to + left;
	return 0;
}

int input_fetch(struct input *in, size_t n)
{
	ssize_t got;
	int rc;

	if (in->buf && !in->eof && !in->failed) {
		rc = make_room(in, n);
		if (rc < 0)
			return rc;
	}
	while (input_left(in) < n) {
		uint8_t *to;
		size_t room;

		if (in->failed)
			return in->failed;
		if (in->eof)
			return 0;
		to = in->buf + input_left(in);
		room = in->cap - input_left(in);
		got = in->gz ? fetch_gzip(in, to, room) : fetch_plain(in, to, room);
		if (got < 0)
			return (int)got;
		in->end += got;
		in->end_offset += (uint64_t)got;
	}
	return 1;
}

int input_skip(struct input *in, uint64_t n)
{
	int rc;

	while (n > 0) {
		size_t step = input_left(in);

		if (step > n)
			step = (size_t)n;
		in->p += step;
		n -= step;
		if (n == 0)
			break;
		rc = input_want(in, 1);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

const char *input_offset_kind(const struct input *in)
{
	return in->gz ? " of the uncompressed stream" : "";
}

/* The first bytes say whether the rest is compressed. */
static int detect(struct input *in, struct err *err)
{
	struct gunzip *gz;
	int rc = input_fetch(in, 2);

	if (rc < 0)
		return err_set(err, rc, "%s: cannot read: %s", in->name, in->reason);
	if (!is_gzip(in->p, input_left(in)))
		return 0;

	gz = calloc(1, sizeof(*gz));
	if (!gz || inflateInit2(&gz->z, 15 + 16) != Z_OK) {
		free(gz);
		return err_set(err, -ENOMEM, "%s: no memory to decompress", in->name);
	}
	gz->z.avail_in = (uInt)input_left(in);
	memcpy(gz->packed, in->p, gz->z.avail_in);
	gz->z.next_in = gz->packed;
	in->gz = gz;
	in->p = in->end = in->buf;
	in->end_offset = 0;
	in->eof = false;
	return 0;
}

/* Takes the buffer. What is read before the kind of stream is known must fit gunzip's. */
static int start(struct input *in, struct err *err)
{
	int rc;

	in->buf = malloc(BUFFER_BYTES);
	if (!in->buf)
		return err_set(err, -ENOMEM, "%s: no memory", in->name);
	in->p = in->end = in->buf;
	in->cap = PACKED_BYTES;
	rc = detect(in, err);
	in->cap = BUFFER_BYTES;
	return rc;
}

static int open_file(struct input *in, const char *path, struct err *err)
{
	struct stat st;

	in->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return err_set(err, -errno, "%s: cannot open: %s", path, strerror(errno));
	if (fstat(in->fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR, "%s: is a directory; name one capture file", path);
	return 0;
}

int input_open(struct input *in, const char *path, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int rc = 0;

	*in = (struct input){ .fd = -1 };
	in->name = strdup(is_stdin ? "standard input" : path);
	if (!in->name)
		return err_set(err, -ENOMEM, "%s: no memory", path);
	if (is_stdin)
		in->fd = STDIN_FILENO;
	else
		rc = open_file(in, path, err);
	if (rc == 0)
		rc = start(in, err);
	if (rc < 0)
		input_close(in);
	return rc;
}

int input_open_memory(struct input *in, const void *bytes, size_t len, struct err *err)
{
	int rc = 0;

	*in = (struct input){ .fd = -1, .memory = bytes, .memory_left = len };
	in->name = strdup("memory");
	if (!in->name)
		return err_set(err, -ENOMEM, "memory: no memory");
	if (is_gzip(bytes, len)) {
		rc = start(in, err);
	} else {
		in->p = bytes;
		in->end = in->p + len;
		in->end_offset = len;
		in->eof = true;
	}
	if (rc < 0)
		input_close(in);
	return rc;
}

void input_close(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	if (in->gz)
		inflateEnd(&in->gz->z);
	free(in->gz);
	free(in->buf);
	free((char *)in->name);
	*in = (struct input){ .fd = -1 };
}
