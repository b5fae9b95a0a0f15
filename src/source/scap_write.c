/* SPDX-License-Identifier: Apache-2.0 */
#include "scap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* A list this long is written, and goes on in another block. */
#define LIST_BLOCK_BYTES (1 << 20)
/* Users and interfaces: readers take the last list only, so each stays in one block. */
#define WHOLE_LIST_BYTES (16 << 20)
/* Recordings hold what processes read and wrote. */
#define FILE_MODE 0600

struct scap_writer {
	char *name; /* for messages */
	gzFile file;
	struct buf machine, interfaces, users; /* bodies of their blocks, as far as known */
	bool unwritten;                        /* one of them changed since it was written */
	struct buf list;                       /* body of the process or descriptor list begun */
	uint32_t list_type;                    /* 0: none */
	uint64_t list_tid;
	struct buf stripped;  /* an event without its extension */
	struct buf extension; /* the extension, as its block has it */
	bool with_extension;
	uint64_t left_out; /* extensions too large for their blocks */
	bool in_events;    /* the section's first event is written */
	bool initial;      /* only events describing the initial state so far */
	int failed;
	struct err err;
};

static int io_failed(struct scap_writer *w)
{
	int code = errno ? -errno : -EIO, kind = Z_OK;
	const char *why = w->file ? gzerror(w->file, &kind) : "";

	if (kind == Z_OK || kind == Z_ERRNO)
		why = strerror(-code);
	w->failed = code;
	return err_set(&w->err, code, "%s: cannot write: %s", w->name, why);
}

static int refuse(struct scap_writer *w, int code, const char *why)
{
	w->failed = code;
	return err_set(&w->err, code, "%s: %s", w->name, why);
}

static int put(struct scap_writer *w, const void *bytes, size_t len)
{
	errno = 0;
	if (len && gzwrite(w->file, bytes, (unsigned)len) != (int)len)
		return io_failed(w);
	return 0;
}

static uint32_t padding_of(size_t len)
{
	return (uint32_t)(-len & 3);
}

static int put_padding(struct scap_writer *w, size_t len)
{
	static const uint8_t zeros[4];

	return put(w, zeros, padding_of(len));
}

/* What comes behind a body of len bytes. */
static int end_block(struct scap_writer *w, size_t len, uint32_t total)
{
	int rc = put_padding(w, len);

	return rc < 0 ? rc : put(w, &total, sizeof(total));
}

static int put_block(struct scap_writer *w, uint32_t type, const struct buf *body)
{
	uint32_t total = (uint32_t)body->len + padding_of(body->len) + BLOCK_FRAME;
	const uint32_t head[2] = { type, total };
	int rc;

	if (body->cut)
		return refuse(w, -EMSGSIZE, "cannot write: a list is too long");
	rc = put(w, head, sizeof(head));
	if (rc == 0)
		rc = put(w, body->p, body->len);
	return rc < 0 ? rc : end_block(w, body->len, total);
}

static int put_section(struct scap_writer *w)
{
	struct buf body = { 0 };
	int rc;

	scap_put_u32(&body, SECTION_MAGIC);
	scap_put_u16(&body, SECTION_MAJOR);
	scap_put_u16(&body, SECTION_MINOR);
	scap_put_u64(&body, SECTION_LENGTH_UNKNOWN);
	rc = put_block(w, BLOCK_SECTION, &body);
	buf_fini(&body);
	w->initial = true;
	w->in_events = false;
	return rc;
}

/*
 * A second list of users or interfaces replaces the first, so when one grew after it was written
 * it is written again, whole.
 */
static int flush_whole_lists(struct scap_writer *w)
{
	int rc = 0;

	if (!w->unwritten)
		return 0;
	w->unwritten = false;
	if (w->machine.len)
		rc = put_block(w, BLOCK_MACHINE, &w->machine);
	if (rc == 0 && w->interfaces.len)
		rc = put_block(w, BLOCK_INTERFACES_2, &w->interfaces);
	if (rc == 0 && w->users.len)
		rc = put_block(w, BLOCK_USERS_2, &w->users);
	return rc;
}

static int flush_list(struct scap_writer *w)
{
	uint32_t type = w->list_type;

	w->list_type = 0;
	return type ? put_block(w, type, &w->list) : 0;
}

static int flush_metadata(struct scap_writer *w)
{
	int rc = flush_list(w);

	return rc < 0 ? rc : flush_whole_lists(w);
}

/* Makes w->list the open list of that type (and thread), with room for another entry. */
static int begin_entry(struct scap_writer *w, uint32_t type, uint64_t tid)
{
	int rc;

	if (w->list_type == type && w->list_tid == tid && w->list.len < LIST_BLOCK_BYTES)
		return 0;
	rc = flush_metadata(w);
	if (rc < 0)
		return rc;
	buf_reset(&w->list);
	if (type == BLOCK_FDS_2)
		scap_put_u64(&w->list, tid);
	w->list_type = type;
	w->list_tid = tid;
	return 0;
}

static void forget_lists(struct scap_writer *w)
{
	buf_reset(&w->machine);
	buf_reset(&w->interfaces);
	buf_reset(&w->users);
}

static int next_section(struct scap_writer *w)
{
	int rc = flush_metadata(w);

	forget_lists(w);
	return rc < 0 ? rc : put_section(w);
}

static int write_synthetic(struct scap_writer *w, const struct event *ev)
{
	int rc = 0;

	if (ev->type == EVENT_SECTION_ENTRY)
		return next_section(w);
	if (w->in_events)
		return refuse(w, -EINVAL, "cannot write: a list entry behind the first event");
	switch (ev->type) {
	case EVENT_MACHINE_ENTRY:
		buf_reset(&w->machine);
		scap_put_machine(&w->machine, ev);
		w->unwritten = true;
		break;
	case EVENT_INTERFACE_ENTRY:
		scap_put_interface(&w->interfaces, ev);
		w->unwritten = true;
		break;
	case EVENT_USER_ADDED_E:
	case EVENT_GROUP_ADDED_E:
		scap_put_user(&w->users, ev);
		w->unwritten = true;
		break;
	case EVENT_PROC_ENTRY:
		rc = begin_entry(w, BLOCK_PROCS_9, 0);
		if (rc == 0)
			scap_put_proc(&w->list, ev);
		break;
	case EVENT_FD_ENTRY:
		rc = begin_entry(w, BLOCK_FDS_2, (uint64_t)ev->tid);
		if (rc == 0)
			scap_put_fd(&w->list, ev);
		break;
	default:
		rc = refuse(w, -EINVAL, "cannot write: an unknown kind of list entry");
		break;
	}
	return rc;
}

/* Other readers refuse events with more parameters than their table has: ours stay behind. */
static int without_extension(struct scap_writer *w, const struct event *ev, struct str *bytes)
{
	struct event_writer out;

	buf_reset(&w->stripped);
	event_begin(&out, &w->stripped, ev->type, ev->ts, ev->tid, ev->nparams);
	for (unsigned i = 0; i < ev->nparams; i++) {
		struct str s = event_param(ev, i);

		event_push(&out, s.p, s.len);
	}
	if (event_end(&out) < 0)
		return refuse(w, -EMSGSIZE, "cannot write: an event is too large");
	*bytes = buf_view(&w->stripped);
	return 0;
}

/* The dump flags: nothing that a reader concludes from the type and the place alone. */
static uint32_t dump_flags(struct scap_writer *w, const struct event *ev)
{
	unsigned marks = type_rules[ev->type].marks;

	w->initial = w->initial && (marks & MARK_INITIAL);
	if (!(ev->flags & WIRE_STATE_ONLY) || (marks & MARK_HIDDEN) || w->initial)
		return 0;
	return DUMP_STATE_ONLY;
}

/* The extension of an event whose block has `total` bytes without it. */
static struct str extension_beside(struct scap_writer *w, const struct event *ev, uint32_t total,
				   bool large)
{
	buf_reset(&w->extension);
	if (!w->with_extension)
		return buf_view(&w->extension);
	scap_put_extension(&w->extension, ev);
	/* Old readers do not know the blocks for large events. */
	if (w->extension.cut ||
	    (!large && total + w->extension.len - BLOCK_HEAD > LIMIT_EVENT_BYTES)) {
		w->left_out++;
		buf_reset(&w->extension);
	}
	return buf_view(&w->extension);
}

static int put_event(struct scap_writer *w, const struct event *ev, struct str bytes)
{
	uint32_t dump = dump_flags(w, ev);
	uint32_t flags_len = dump ? sizeof(dump) : 0;
	size_t len = sizeof(ev->cpu) + bytes.len;
	uint32_t total = (uint32_t)len + flags_len + padding_of(len) + BLOCK_FRAME;
	bool large = ev->info->length_size == 4 || total - BLOCK_HEAD > LIMIT_EVENT_BYTES;
	const struct str extension = extension_beside(w, ev, total, large);
	uint8_t head[BLOCK_HEAD + sizeof(ev->cpu) + sizeof(dump)];
	uint32_t type;
	int rc;

	if (dump)
		type = large ? BLOCK_EVENT_FLAGS_LARGE : BLOCK_EVENT_FLAGS_2;
	else
		type = large ? BLOCK_EVENT_LARGE : BLOCK_EVENT_2;
	total += (uint32_t)extension.len;
	memcpy(head, &type, sizeof(type));
	memcpy(head + 4, &total, sizeof(total));
	memcpy(head + BLOCK_HEAD, &ev->cpu, sizeof(ev->cpu));
	memcpy(head + BLOCK_HEAD + sizeof(ev->cpu), &dump, sizeof(dump));
	rc = put(w, head, BLOCK_HEAD + sizeof(ev->cpu) + flags_len);
	if (rc == 0)
		rc = put(w, bytes.p, bytes.len);
	if (rc == 0)
		rc = put_padding(w, len);
	if (rc == 0)
		rc = put(w, extension.p, extension.len);
	return rc < 0 ? rc : put(w, &total, sizeof(total));
}

static int write_event(struct scap_writer *w, const struct event *ev)
{
	struct wire_event head;
	struct str bytes;
	int rc;

	if (ev->type >= EVENT_FILE_TYPES)
		return refuse(w, -EINVAL, "cannot write: an event type the format does not have");
	memcpy(&head, ev->raw.bytes, sizeof(head));
	bytes = str_of(ev->raw.bytes, head.len);
	if (!w->in_events) {
		rc = flush_metadata(w);
		if (rc < 0)
			return rc;
		w->in_events = true;
	}
	if (ev->nextra) {
		rc = without_extension(w, ev, &bytes);
		if (rc < 0)
			return rc;
	}
	return put_event(w, ev, bytes);
}

static void writer_free(struct scap_writer *w)
{
	buf_fini(&w->machine);
	buf_fini(&w->interfaces);
	buf_fini(&w->users);
	buf_fini(&w->list);
	buf_fini(&w->stripped);
	buf_fini(&w->extension);
	free(w->name);
	free(w);
}

/* Standard output stays open for its other users. */
static gzFile open_file(const char *path, bool compress)
{
	int fd = strcmp(path, "-") == 0
			 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
			 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	gzFile file;

	if (fd < 0)
		return NULL;
	file = gzdopen(fd, compress ? "wb" : "wbT");
	if (!file)
		close(fd);
	else
		gzbuffer(file, 256 << 10);
	return file;
}

void scap_with_extension(struct scap_writer *w)
{
	w->with_extension = true;
}

uint64_t scap_left_out(const struct scap_writer *w)
{
	return w->left_out;
}

struct scap_writer *scap_create(const char *path, bool compress, struct err *err)
{
	struct scap_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		err_set(err, -ENOMEM, "%s: no memory", path);
		return NULL;
	}
	w->machine.max = w->interfaces.max = w->users.max = WHOLE_LIST_BYTES;
	w->list.max = 2 * LIST_BLOCK_BYTES;
	w->stripped.max = w->extension.max = LIMIT_LARGE_BYTES;
	w->name = strdup(strcmp(path, "-") == 0 ? "standard output" : path);
	errno = 0;
	if (w->name)
		w->file = open_file(path, compress);
	if (!w->name || !w->file) {
		err_set(err, errno ? -errno : -ENOMEM, "%s: cannot create: %s", path,
			strerror(errno ? errno : ENOMEM));
		writer_free(w);
		return NULL;
	}
	/* Only buffered yet: it cannot fail for lack of space. */
	if (put_section(w) < 0) {
		scap_finish(w, err);
		return NULL;
	}
	return w;
}

int scap_write(struct scap_writer *w, const struct event *ev, struct err *err)
{
	int rc = w->failed;

	if (rc == 0)
		rc = ev->flags & WIRE_SYNTHETIC ? write_synthetic(w, ev) : write_event(w, ev);
	if (rc < 0 && err)
		*err = w->err;
	return rc;
}

int scap_flush(struct scap_writer *w, struct err *err)
{
	int rc = w->failed;

	errno = 0;
	if (rc == 0 && gzflush(w->file, Z_SYNC_FLUSH) != Z_OK)
		rc = io_failed(w);
	if (rc < 0 && err)
		*err = w->err;
	return rc;
}

int scap_finish(struct scap_writer *w, struct err *err)
{
	int rc = w->failed ? w->failed : flush_metadata(w);
	gzFile file = w->file;

	errno = 0;
	w->file = NULL;
	if (gzclose(file) != Z_OK && rc == 0)
		rc = io_failed(w);
	if (rc < 0 && err)
		*err = w->err;
	writer_free(w);
	return rc;
}
