/* SPDX-License-Identifier: Apache-2.0 */
#include "scap.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"

/* The small lists: the machine, its interfaces, users and groups. Both directions. */

struct str scap_text(struct entry *e, size_t max, const char *what)
{
	size_t len = cursor_u16(&e->in);

	if (len > max) {
		if (!e->err->code)
			err_set(e->err, -EBADMSG, "%s of %zu bytes; the most is %zu", what, len,
				max);
		e->in.p = e->in.end;
		return (struct str){ NULL, 0 };
	}
	return cursor_str(&e->in, len);
}

int scap_end_entry(struct entry *e, struct event_writer *w)
{
	int rc = event_end(w);

	if (e->err->code)
		return e->err->code;
	return rc < 0 ? err_set(e->err, rc, "entry is too large") : 0;
}

void scap_put_text(struct buf *out, struct str s, size_t max)
{
	size_t len = s.len < max ? s.len : max;

	scap_put_u16(out, (uint16_t)len);
	buf_add(out, s.p, len);
}

void scap_end_length(struct buf *out, size_t start)
{
	uint32_t length = (uint32_t)(out->len - start);

	if (length >= sizeof(length))
		memcpy(out->p + start, &length, sizeof(length));
}

struct str scap_param_text(const struct event *ev, unsigned i)
{
	struct str s;

	return event_text(ev, i, &s) ? s : STR("");
}

int scap_read_machine(struct entry *e)
{
	struct event_writer w;
	struct cursor *c = &e->in;
	uint32_t cpus = cursor_u32(c);
	uint64_t memory = cursor_u64(c);
	uint64_t max_pid = cursor_u64(c);
	struct str host = cursor_str(c, MACHINE_HOSTNAME);
	uint64_t boot = cursor_u64(c);

	host.len = strnlen(host.p ? host.p : "", host.len);
	event_begin(&w, e->out, EVENT_MACHINE_ENTRY, 0, 0, MACHINE_ENTRY_BOOT + 1);
	event_push_text(&w, host);
	event_push(&w, &cpus, sizeof(cpus));
	event_push(&w, &memory, sizeof(memory));
	event_push(&w, &max_pid, sizeof(max_pid));
	event_push(&w, &boot, sizeof(boot));
	return scap_end_entry(e, &w);
}

void scap_put_machine(struct buf *out, const struct event *ev)
{
	struct str host = scap_param_text(ev, MACHINE_ENTRY_HOSTNAME);
	char name[MACHINE_HOSTNAME] = { 0 };

	memcpy(name, host.p, host.len < sizeof(name) - 1 ? host.len : sizeof(name) - 1);
	scap_put_u32(out, (uint32_t)event_int_or(ev, MACHINE_ENTRY_CPUS, 0));
	scap_put_u64(out, (uint64_t)event_int_or(ev, MACHINE_ENTRY_MEMORY, 0));
	scap_put_u64(out, (uint64_t)event_int_or(ev, MACHINE_ENTRY_MAX_PID, 0));
	buf_add(out, name, sizeof(name));
	scap_put_u64(out, (uint64_t)event_int_or(ev, MACHINE_ENTRY_BOOT, 0));
	/* Flags and two reserved fields. */
	for (int i = 0; i < 3; i++)
		scap_put_u64(out, 0);
}

/* Kinds of interface entries. */
enum {
	INTERFACE_NONE,
	INTERFACE_IPV4,
	INTERFACE_IPV6,
	INTERFACE_IPV4_NO_SPEED,
	INTERFACE_IPV6_NO_SPEED,
};

/* kind u16, name length u16, address, netmask, broadcast, speed u64 (two kinds), name */
int scap_read_interface(struct entry *e)
{
	struct event_writer w;
	struct cursor *c = &e->in;
	uint16_t kind = cursor_u16(c), name_len = cursor_u16(c);
	size_t size = kind == INTERFACE_IPV6 || kind == INTERFACE_IPV6_NO_SPEED ? 16 : 4;
	bool has_speed = kind == INTERFACE_IPV4 || kind == INTERFACE_IPV6;
	struct str address, netmask, broadcast;
	uint64_t speed;

	if (kind == INTERFACE_NONE || kind > INTERFACE_IPV6_NO_SPEED)
		return err_set(e->err, -EBADMSG, "entry of unknown kind %u", kind);
	if (name_len >= TEXT_MAX)
		return err_set(e->err, -EBADMSG, "name of %u bytes; the most is %d", name_len,
			       TEXT_MAX - 1);
	address = cursor_str(c, size);
	netmask = cursor_str(c, size);
	broadcast = cursor_str(c, size);
	speed = has_speed ? cursor_u64(c) : 0;
	event_begin(&w, e->out, EVENT_INTERFACE_ENTRY, 0, 0, INTERFACE_ENTRY_SPEED + 1);
	event_push_text(&w, cursor_str(c, name_len));
	event_push(&w, address.p, address.len);
	event_push(&w, netmask.p, netmask.len);
	event_push(&w, broadcast.p, broadcast.len);
	event_push(&w, &speed, has_speed ? sizeof(speed) : 0);
	return scap_end_entry(e, &w);
}

static void put_address(struct buf *out, struct str address, size_t size)
{
	static const uint8_t zero[16];

	buf_add(out, address.len == size ? address.p : (const char *)zero, size);
}

void scap_put_interface(struct buf *out, const struct event *ev)
{
	struct str address = event_param(ev, INTERFACE_ENTRY_ADDRESS);
	struct str speed = event_param(ev, INTERFACE_ENTRY_SPEED);
	struct str name = scap_param_text(ev, INTERFACE_ENTRY_NAME);
	size_t size = address.len == 16 ? 16 : 4;
	uint16_t kind = size == 16 ? INTERFACE_IPV6_NO_SPEED : INTERFACE_IPV4_NO_SPEED;

	if (name.len >= TEXT_MAX)
		name.len = TEXT_MAX - 1;
	if (speed.len)
		kind = size == 16 ? INTERFACE_IPV6 : INTERFACE_IPV4;
	/* The length does not count itself. */
	scap_put_u32(out, (uint32_t)(2 * sizeof(uint16_t) + 3 * size +
				     (speed.len ? sizeof(uint64_t) : 0) + name.len));
	scap_put_u16(out, kind);
	scap_put_u16(out, (uint16_t)name.len);
	put_address(out, address, size);
	put_address(out, event_param(ev, INTERFACE_ENTRY_NETMASK), size);
	put_address(out, event_param(ev, INTERFACE_ENTRY_BROADCAST), size);
	if (speed.len)
		scap_put_u64(out, (uint64_t)event_int_or(ev, INTERFACE_ENTRY_SPEED, 0));
	buf_str(out, name);
}

/* Kinds of user list entries; whatever is not a user is a group. */
#define KIND_USER  0
#define KIND_GROUP 1

static int read_group(struct entry *e)
{
	struct event_writer w;
	uint32_t gid = cursor_u32(&e->in);

	event_begin(&w, e->out, EVENT_GROUP_ADDED_E, 0, 0, GROUP_ADDED_E_CONTAINER_ID + 1);
	event_push(&w, &gid, sizeof(gid));
	event_push_text(&w, scap_text(e, TEXT_MAX, "name"));
	event_push_text(&w, STR(""));
	return scap_end_entry(e, &w);
}

/* The host's: the container id is the empty text. */
int scap_read_user(struct entry *e)
{
	struct event_writer w;
	uint8_t kind = cursor_u8(&e->in);
	uint32_t uid, gid;

	if (kind != KIND_USER)
		return read_group(e);
	uid = cursor_u32(&e->in);
	gid = cursor_u32(&e->in);
	event_begin(&w, e->out, EVENT_USER_ADDED_E, 0, 0, USER_ADDED_E_CONTAINER_ID + 1);
	event_push(&w, &uid, sizeof(uid));
	event_push(&w, &gid, sizeof(gid));
	event_push_text(&w, scap_text(e, TEXT_MAX, "name"));
	event_push_text(&w, scap_text(e, TEXT_MAX, "home"));
	event_push_text(&w, scap_text(e, TEXT_MAX, "shell"));
	event_push_text(&w, STR(""));
	return scap_end_entry(e, &w);
}

/* Readers refuse a user whose strings are longer. */
#define WRITTEN_TEXT_MAX 255

void scap_put_user(struct buf *out, const struct event *ev)
{
	size_t start = out->len;

	scap_put_u32(out, 0);
	if (ev->type == EVENT_GROUP_ADDED_E) {
		scap_put_u8(out, KIND_GROUP);
		scap_put_u32(out, (uint32_t)event_int_or(ev, GROUP_ADDED_E_GID, 0));
		scap_put_text(out, scap_param_text(ev, GROUP_ADDED_E_NAME), WRITTEN_TEXT_MAX);
	} else {
		scap_put_u8(out, KIND_USER);
		scap_put_u32(out, (uint32_t)event_int_or(ev, USER_ADDED_E_UID, 0));
		scap_put_u32(out, (uint32_t)event_int_or(ev, USER_ADDED_E_GID, 0));
		scap_put_text(out, scap_param_text(ev, USER_ADDED_E_NAME), WRITTEN_TEXT_MAX);
		scap_put_text(out, scap_param_text(ev, USER_ADDED_E_HOME), WRITTEN_TEXT_MAX);
		scap_put_text(out, scap_param_text(ev, USER_ADDED_E_SHELL), WRITTEN_TEXT_MAX);
	}
	scap_end_length(out, start);
}
