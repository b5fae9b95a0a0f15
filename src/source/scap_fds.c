/* SPDX-License-Identifier: Apache-2.0 */
#include "scap.h"

#include <errno.h>
#include <stdio.h>

/* Descriptor list entries. */

enum fd_type {
#define FD_TYPE(number, id, letter, word) FD_##id = (number),
#include "tables/fd_types.def"
#undef FD_TYPE
};

/* Address families as socket tuples have them: Linux numbers. */
#define FAMILY_UNIX 1
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

/* A unix tuple: family u8, source and destination pointer u64, path with its NUL. */
#define UNIX_PATH (1 + 2 * sizeof(uint64_t))

/* What follows an entry's type. */
enum payload {
	PAYLOAD_NONE,
	PAYLOAD_NAME,
	PAYLOAD_FILE,   /* open flags u32, name, device u32 where there is room */
	PAYLOAD_SOCKET, /* source and destination address, source and destination port, protocol */
	PAYLOAD_SERVER, /* address, port, protocol */
	PAYLOAD_UNIX,   /* source and destination pointer u64, name */
	PAYLOAD_UNKNOWN,
};

struct fd_record {
	int64_t fd;
	uint64_t ino;
	uint8_t type;
	uint32_t open_flags;
	uint32_t dev;
	struct str name;
	uint8_t l4proto;
	char made_up_name[32];
	size_t tuple_len;
	uint8_t tuple[UNIX_PATH + TEXT_MAX]; /* as a SOCKTUPLE parameter has it */
};

static enum payload payload_of(unsigned type)
{
	switch (type) {
	case FD_UNKNOWN:
		return PAYLOAD_NONE;
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
		return PAYLOAD_SOCKET;
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		return PAYLOAD_SERVER;
	case FD_UNIX_SOCK:
		return PAYLOAD_UNIX;
	case FD_FILE_V2:
		return PAYLOAD_FILE;
	default:
		return type <= FD_PIDFD ? PAYLOAD_NAME : PAYLOAD_UNKNOWN;
	}
}

static size_t address_size(unsigned type)
{
	return type == FD_IPV6_SOCK || type == FD_IPV6_SERVSOCK ? 16 : 4;
}

/* The tuple is family u8, source address, source port u16, destination address and port. */
static void read_socket(struct entry *e, struct fd_record *fd, bool server)
{
	const size_t size = address_size(fd->type), end = size + sizeof(uint16_t);
	uint8_t *tuple = fd->tuple;
	const uint8_t *src = server ? NULL : cursor_bytes(&e->in, size);
	const uint8_t *dst = cursor_bytes(&e->in, size);
	uint16_t sport = server ? 0 : cursor_u16(&e->in);
	uint16_t dport = cursor_u16(&e->in);

	fd->l4proto = cursor_u8(&e->in);
	tuple[0] = size == 16 ? FAMILY_IPV6 : FAMILY_IPV4;
	if (src)
		memcpy(tuple + 1, src, size);
	memcpy(tuple + 1 + size, &sport, sizeof(sport));
	if (dst)
		memcpy(tuple + 1 + end, dst, size);
	memcpy(tuple + 1 + end + size, &dport, sizeof(dport));
	fd->tuple_len = 1 + 2 * end;
}

static void read_unix(struct entry *e, struct fd_record *fd)
{
	const uint8_t *pointers = cursor_bytes(&e->in, UNIX_PATH - 1);

	fd->name = scap_text(e, TEXT_MAX - 1, "name");
	fd->tuple[0] = FAMILY_UNIX;
	if (pointers)
		memcpy(fd->tuple + 1, pointers, UNIX_PATH - 1);
	if (fd->name.len)
		memcpy(fd->tuple + UNIX_PATH, fd->name.p, fd->name.len);
	/* The rest of the array is zeros, the NUL among them. */
	fd->tuple_len = UNIX_PATH + fd->name.len + 1;
}

static void read_payload(struct entry *e, struct fd_record *fd)
{
	int n;

	switch (payload_of(fd->type)) {
	case PAYLOAD_NONE:
		break;
	case PAYLOAD_NAME:
		fd->name = scap_text(e, TEXT_MAX - 1, "name");
		break;
	case PAYLOAD_FILE:
		fd->open_flags = cursor_u32(&e->in);
		fd->name = scap_text(e, TEXT_MAX - 1, "name");
		if (e->version >= 2 && cursor_left(&e->in) >= sizeof(fd->dev))
			fd->dev = cursor_u32(&e->in);
		break;
	case PAYLOAD_SOCKET:
		read_socket(e, fd, false);
		break;
	case PAYLOAD_SERVER:
		read_socket(e, fd, true);
		break;
	case PAYLOAD_UNIX:
		read_unix(e, fd);
		break;
	case PAYLOAD_UNKNOWN:
		n = snprintf(fd->made_up_name, sizeof(fd->made_up_name), "unknown-type:[%u]",
			     fd->type);
		fd->name = str_of(fd->made_up_name, (size_t)n);
		fd->type = FD_UNSUPPORTED;
		break;
	}
}

int scap_read_fd(struct entry *e)
{
	struct fd_record fd = { 0 };
	struct event_writer w;

	fd.fd = cursor_i64(&e->in);
	fd.ino = cursor_u64(&e->in);
	fd.type = cursor_u8(&e->in);
	read_payload(e, &fd);
	event_begin(&w, e->out, EVENT_FD_ENTRY, 0, (int64_t)e->tid, FD_ENTRY_L4PROTO + 1);
	event_push_int(&w, fd.fd);
	event_push_int(&w, fd.type);
	event_push_int(&w, (int64_t)fd.ino);
	event_push_int(&w, fd.dev);
	event_push_int(&w, fd.open_flags);
	event_push_text(&w, fd.name);
	event_push(&w, fd.tuple, fd.tuple_len);
	event_push_int(&w, fd.l4proto);
	return scap_end_entry(e, &w);
}

/* The endpoints of an internet tuple as the payload has them; zeros when there is none. */
static void put_socket(struct buf *out, struct str tuple, unsigned type, bool server)
{
	const size_t size = address_size(type);
	struct cursor c = cursor_over(tuple.p, tuple.len);
	uint8_t src[16] = { 0 }, dst[16] = { 0 };
	const uint8_t *at;
	uint16_t sport, dport;

	cursor_u8(&c);
	at = cursor_bytes(&c, size);
	if (at)
		memcpy(src, at, size);
	sport = cursor_u16(&c);
	at = cursor_bytes(&c, size);
	if (at)
		memcpy(dst, at, size);
	dport = cursor_u16(&c);
	if (!server)
		buf_add(out, src, size);
	buf_add(out, dst, size);
	if (!server)
		scap_put_u16(out, sport);
	scap_put_u16(out, dport);
}

static void put_unix(struct buf *out, const struct event *ev, struct str name)
{
	struct str tuple = event_param(ev, FD_ENTRY_TUPLE);
	struct cursor c = cursor_over(tuple.p, tuple.len);

	cursor_u8(&c);
	scap_put_u64(out, cursor_u64(&c));
	scap_put_u64(out, cursor_u64(&c));
	scap_put_text(out, name, TEXT_MAX - 1);
}

void scap_put_fd(struct buf *out, const struct event *ev)
{
	const size_t start = out->len;
	const unsigned type = (unsigned)event_int_or(ev, FD_ENTRY_FD_TYPE, FD_UNKNOWN);
	struct str name = scap_param_text(ev, FD_ENTRY_NAME);
	const enum payload payload = payload_of(type);

	scap_put_u32(out, 0);
	scap_put_u64(out, (uint64_t)event_int_or(ev, FD_ENTRY_FD, -1));
	scap_put_u64(out, (uint64_t)event_int_or(ev, FD_ENTRY_INO, 0));
	scap_put_u8(out, (uint8_t)type);
	switch (payload) {
	case PAYLOAD_NONE:
	case PAYLOAD_UNKNOWN:
		break;
	case PAYLOAD_NAME:
		scap_put_text(out, name, TEXT_MAX - 1);
		break;
	case PAYLOAD_FILE:
		scap_put_u32(out, (uint32_t)event_int_or(ev, FD_ENTRY_OPEN_FLAGS, 0));
		scap_put_text(out, name, TEXT_MAX - 1);
		scap_put_u32(out, (uint32_t)event_int_or(ev, FD_ENTRY_DEV, 0));
		break;
	case PAYLOAD_SOCKET:
	case PAYLOAD_SERVER:
		put_socket(out, event_param(ev, FD_ENTRY_TUPLE), type, payload == PAYLOAD_SERVER);
		scap_put_u8(out, (uint8_t)event_int_or(ev, FD_ENTRY_L4PROTO, 0));
		break;
	case PAYLOAD_UNIX:
		put_unix(out, ev, name);
		break;
	}
	scap_end_length(out, start);
}
