/* SPDX-License-Identifier: Apache-2.0 */
#include "scap.h"

#include <errno.h>

/* Process list entries, versions 1 to 9, read and written by one table of their members. */

struct proc_record {
	uint64_t tid, pid, ptid, sid, vpgid, pgid;
	struct str comm, exe, exepath, args, cwd, env, cgroups, root;
	uint64_t fdlimit;
	uint32_t flags, uid, gid;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t vtid, vpid;
	uint64_t pidns_start;
	uint32_t tty, loginuid;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ctime, exe_mtime;
	uint8_t exe_writable, exe_upper_layer, exe_from_memfd, exe_lower_layer;
};

enum member_kind {
	MEMBER_U8,
	MEMBER_U32,
	MEMBER_U64,
	MEMBER_TEXT,
	MEMBER_LONG_TEXT,
};

/* When a member is there. */
enum member_presence {
	IF_VERSION,  /* from a version of the block on */
	IF_INSERTED, /* at the tail's beginning, in entries longer than INSERTED_AFTER */
	IF_FITS,     /* when the entry has room for it */
};

struct member {
	const char *name;
	uint16_t offset;
	uint8_t kind;     /* enum member_kind */
	uint8_t presence; /* enum member_presence */
	uint8_t version;
};

#define LAST_VERSION 9

/*
 * The tail of version 9 grew over time, and twice at its front: an entry with no more than
 * this left there was written before and has not those two.
 */
#define INSERTED_AFTER 29

/* In the order of the file. */
static const struct member members[] = {
#define MEMBER(member, kind, presence, version)                                                    \
	{                                                                                          \
#member, offsetof(struct proc_record, member), MEMBER_##kind, presence, version    \
	}
	MEMBER(tid, U64, IF_VERSION, 1),           MEMBER(pid, U64, IF_VERSION, 1),
	MEMBER(ptid, U64, IF_VERSION, 1),          MEMBER(sid, U64, IF_VERSION, 6),
	MEMBER(vpgid, U64, IF_VERSION, 8),         MEMBER(comm, TEXT, IF_VERSION, 1),
	MEMBER(exe, TEXT, IF_VERSION, 1),          MEMBER(exepath, TEXT, IF_VERSION, 7),
	MEMBER(args, LONG_TEXT, IF_VERSION, 1),    MEMBER(cwd, TEXT, IF_VERSION, 1),
	MEMBER(fdlimit, U64, IF_VERSION, 1),       MEMBER(flags, U32, IF_VERSION, 1),
	MEMBER(uid, U32, IF_VERSION, 1),           MEMBER(gid, U32, IF_VERSION, 1),
	MEMBER(vmsize_kb, U32, IF_VERSION, 2),     MEMBER(vmrss_kb, U32, IF_VERSION, 2),
	MEMBER(vmswap_kb, U32, IF_VERSION, 2),     MEMBER(pfmajor, U64, IF_VERSION, 2),
	MEMBER(pfminor, U64, IF_VERSION, 2),       MEMBER(env, LONG_TEXT, IF_VERSION, 3),
	MEMBER(vtid, U64, IF_VERSION, 4),          MEMBER(vpid, U64, IF_VERSION, 4),
	MEMBER(cgroups, LONG_TEXT, IF_VERSION, 4), MEMBER(root, TEXT, IF_VERSION, 5),
	MEMBER(pidns_start, U64, IF_INSERTED, 9),  MEMBER(tty, U32, IF_INSERTED, 9),
	MEMBER(loginuid, U32, IF_FITS, 9),         MEMBER(exe_writable, U8, IF_FITS, 9),
	MEMBER(cap_inheritable, U64, IF_FITS, 9),  MEMBER(cap_permitted, U64, IF_FITS, 9),
	MEMBER(cap_effective, U64, IF_FITS, 9),    MEMBER(exe_upper_layer, U8, IF_FITS, 9),
	MEMBER(exe_ino, U64, IF_FITS, 9),          MEMBER(exe_ctime, U64, IF_FITS, 9),
	MEMBER(exe_mtime, U64, IF_FITS, 9),        MEMBER(exe_from_memfd, U8, IF_FITS, 9),
	MEMBER(exe_lower_layer, U8, IF_FITS, 9),   MEMBER(pgid, U64, IF_FITS, 9),
#undef MEMBER
};

/* Bits of execve's flags, as EXE_FLAGS has them. */
enum exe_flag {
#define FLAG(set, id, name, value, native) EXE_FLAG_##id = (value),
#include "tables/flags/execve_flags.def"
#undef FLAG
};

static size_t member_size(const struct member *m)
{
	switch ((enum member_kind)m->kind) {
	case MEMBER_U8:
		return sizeof(uint8_t);
	case MEMBER_U32:
		return sizeof(uint32_t);
	case MEMBER_U64:
		return sizeof(uint64_t);
	case MEMBER_TEXT:
	case MEMBER_LONG_TEXT:
		break;
	}
	return 0;
}

/* `inserted`: the entry is of the kind that has the IF_INSERTED members. */
static bool is_there(const struct member *m, unsigned version, size_t left, bool inserted)
{
	if (version < m->version)
		return false;
	switch ((enum member_presence)m->presence) {
	case IF_VERSION:
		return true;
	case IF_INSERTED:
		return inserted && left >= member_size(m);
	case IF_FITS:
		return left >= member_size(m);
	}
	return false;
}

static void read_member(struct entry *e, const struct member *m, struct proc_record *p)
{
	void *to = (char *)p + m->offset;
	size_t size = member_size(m);
	const uint8_t *from;

	if (size == 0) {
		*(struct str *)to = scap_text(
			e, m->kind == MEMBER_LONG_TEXT ? LONG_TEXT_MAX : TEXT_MAX, m->name);
		return;
	}
	from = cursor_bytes(&e->in, size);
	if (from)
		memcpy(to, from, size);
}

static void read_record(struct entry *e, struct proc_record *p)
{
	bool in_tail = false, inserted = false;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct member *m = &members[i];
		size_t left = cursor_left(&e->in);

		if (m->presence != IF_VERSION && !in_tail) {
			in_tail = true;
			inserted = left > INSERTED_AFTER;
		}
		if (is_there(m, e->version, left, inserted))
			read_member(e, m, p);
	}
}

/* Strings of which each ends with a NUL; old writers left out the last one. */
static void push_list(struct event_writer *w, struct str s)
{
	if (s.len && s.p[s.len - 1] != '\0')
		event_push_text(w, s);
	else
		event_push(w, s.p, s.len);
}

static uint32_t exe_flags(const struct proc_record *p)
{
	return (p->exe_writable ? EXE_FLAG_EXE_WRITABLE : 0u) |
	       (p->exe_upper_layer ? EXE_FLAG_EXE_UPPER_LAYER : 0u) |
	       (p->exe_from_memfd ? EXE_FLAG_EXE_FROM_MEMFD : 0u) |
	       (p->exe_lower_layer ? EXE_FLAG_EXE_LOWER_LAYER : 0u);
}

int scap_read_proc(struct entry *e)
{
	struct proc_record p = { .sid = UINT64_MAX,
				 .vpgid = UINT64_MAX,
				 .pgid = UINT64_MAX,
				 .vtid = UINT64_MAX,
				 .vpid = UINT64_MAX,
				 .loginuid = UINT32_MAX };
	struct event_writer w;

	read_record(e, &p);
	event_begin(&w, e->out, EVENT_PROC_ENTRY, 0, (int64_t)p.tid, PROC_ENTRY_START + 1);
	event_push_int(&w, (int64_t)p.pid);
	event_push_int(&w, (int64_t)p.ptid);
	event_push_int(&w, (int64_t)p.sid);
	event_push_int(&w, (int64_t)p.vpgid);
	event_push_int(&w, (int64_t)p.pgid);
	event_push_int(&w, (int64_t)p.vtid);
	event_push_int(&w, (int64_t)p.vpid);
	event_push_text(&w, p.comm);
	event_push_text(&w, p.exe);
	event_push_text(&w, p.exepath);
	push_list(&w, p.args);
	push_list(&w, p.env);
	event_push_text(&w, p.cwd);
	event_push_text(&w, p.root);
	push_list(&w, p.cgroups);
	event_push_int(&w, (int64_t)p.fdlimit);
	event_push_int(&w, p.flags);
	event_push_int(&w, p.uid);
	event_push_int(&w, p.gid);
	event_push_int(&w, p.loginuid);
	event_push_int(&w, p.tty);
	event_push(&w, (uint32_t[]){ p.vmsize_kb, p.vmrss_kb, p.vmswap_kb }, 12);
	event_push(&w, (uint64_t[]){ p.pfmajor, p.pfminor }, 16);
	event_push(&w, (uint64_t[]){ p.cap_inheritable, p.cap_permitted, p.cap_effective }, 24);
	event_push_int(&w, exe_flags(&p));
	event_push_int(&w, (int64_t)p.exe_ino);
	event_push_int(&w, (int64_t)p.exe_ctime);
	event_push_int(&w, (int64_t)p.exe_mtime);
	event_push_int(&w, (int64_t)p.pidns_start);
	event_push_int(&w, 0);
	return scap_end_entry(e, &w);
}

static uint64_t u64_param(const struct event *ev, unsigned i, int64_t otherwise)
{
	return (uint64_t)event_int_or(ev, i, otherwise);
}

static uint32_t u32_param(const struct event *ev, unsigned i, int64_t otherwise)
{
	return (uint32_t)event_int_or(ev, i, otherwise);
}

static void record_from(struct proc_record *p, const struct event *ev)
{
	struct str vm = event_param(ev, PROC_ENTRY_VM), pgft = event_param(ev, PROC_ENTRY_PGFT);
	struct str caps = event_param(ev, PROC_ENTRY_CAPS);
	struct cursor c = cursor_over(vm.p, vm.len);
	uint32_t flags = u32_param(ev, PROC_ENTRY_EXE_FLAGS, 0);

	p->tid = (uint64_t)ev->tid;
	p->pid = u64_param(ev, PROC_ENTRY_PID, 0);
	p->ptid = u64_param(ev, PROC_ENTRY_PTID, 0);
	p->sid = u64_param(ev, PROC_ENTRY_SID, -1);
	p->vpgid = u64_param(ev, PROC_ENTRY_VPGID, -1);
	p->pgid = u64_param(ev, PROC_ENTRY_PGID, -1);
	p->vtid = u64_param(ev, PROC_ENTRY_VTID, -1);
	p->vpid = u64_param(ev, PROC_ENTRY_VPID, -1);
	p->comm = scap_param_text(ev, PROC_ENTRY_COMM);
	p->exe = scap_param_text(ev, PROC_ENTRY_EXE);
	p->exepath = scap_param_text(ev, PROC_ENTRY_EXEPATH);
	p->args = event_param(ev, PROC_ENTRY_ARGS);
	p->env = event_param(ev, PROC_ENTRY_ENV);
	p->cwd = scap_param_text(ev, PROC_ENTRY_CWD);
	p->root = scap_param_text(ev, PROC_ENTRY_ROOT);
	p->cgroups = event_param(ev, PROC_ENTRY_CGROUPS);
	p->fdlimit = u64_param(ev, PROC_ENTRY_FDLIMIT, 0);
	p->flags = u32_param(ev, PROC_ENTRY_FLAGS, 0);
	p->uid = u32_param(ev, PROC_ENTRY_UID, 0);
	p->gid = u32_param(ev, PROC_ENTRY_GID, 0);
	p->loginuid = u32_param(ev, PROC_ENTRY_LOGINUID, UINT32_MAX);
	p->tty = u32_param(ev, PROC_ENTRY_TTY, 0);
	p->vmsize_kb = cursor_u32(&c);
	p->vmrss_kb = cursor_u32(&c);
	p->vmswap_kb = cursor_u32(&c);
	c = cursor_over(pgft.p, pgft.len);
	p->pfmajor = cursor_u64(&c);
	p->pfminor = cursor_u64(&c);
	c = cursor_over(caps.p, caps.len);
	p->cap_inheritable = cursor_u64(&c);
	p->cap_permitted = cursor_u64(&c);
	p->cap_effective = cursor_u64(&c);
	p->exe_writable = (flags & EXE_FLAG_EXE_WRITABLE) != 0;
	p->exe_upper_layer = (flags & EXE_FLAG_EXE_UPPER_LAYER) != 0;
	p->exe_from_memfd = (flags & EXE_FLAG_EXE_FROM_MEMFD) != 0;
	p->exe_lower_layer = (flags & EXE_FLAG_EXE_LOWER_LAYER) != 0;
	p->exe_ino = u64_param(ev, PROC_ENTRY_EXE_INO, 0);
	p->exe_ctime = u64_param(ev, PROC_ENTRY_EXE_CTIME, 0);
	p->exe_mtime = u64_param(ev, PROC_ENTRY_EXE_MTIME, 0);
	p->pidns_start = u64_param(ev, PROC_ENTRY_PIDNS_START, 0);
}

void scap_put_proc(struct buf *out, const struct event *ev)
{
	struct proc_record p = { 0 };
	size_t start = out->len;

	record_from(&p, ev);
	scap_put_u32(out, 0);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct member *m = &members[i];
		const void *from = (const char *)&p + m->offset;

		if (member_size(m))
			buf_add(out, from, member_size(m));
		else
			scap_put_text(out, *(const struct str *)from,
				      m->kind == MEMBER_LONG_TEXT ? LONG_TEXT_MAX : TEXT_MAX);
	}
	scap_end_length(out, start);
}
