/* SPDX-License-Identifier: Apache-2.0 */
#include "support_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct machine machine_new(void)
{
	struct machine m = { .state = state_new(NULL), .clock = 1000 };

	assert_non_null(m.state);
	m.containers = containers_new(m.state);
	assert_non_null(m.containers);
	m.scratch = arena_new();
	return m;
}

static void retire(struct machine *m)
{
	if (m->pending)
		state_retire(m->state, &m->ev);
	m->pending = false;
}

void machine_free(struct machine *m)
{
	retire(m);
	containers_free(m->containers);
	state_free(m->state);
	arena_free(m->scratch);
	buf_fini(&m->bytes);
}

static void push(struct event_writer *out, const struct part *part)
{
	switch (part->kind) {
	case PART_EMPTY:
		event_push_empty(out);
		return;
	case PART_NUMBER:
		event_push_int(out, part->number);
		return;
	case PART_TEXT:
		event_push_text(out, str_from(part->bytes));
		return;
	case PART_BYTES:
		event_push(out, part->bytes, part->len);
		return;
	}
}

void machine_event(struct machine *m, unsigned type, int64_t tid, const struct part *parts)
{
	const unsigned n = event_info(type)->nparams;
	struct event_writer out;
	struct raw raw = { 0 };

	retire(m);
	buf_reset(&m->bytes);
	event_begin(&out, &m->bytes, type, m->clock++, tid, n);
	for (unsigned i = 0; i < n; i++)
		push(&out, &parts[i]);
	assert_int_equal(event_end(&out), 0);
	raw.bytes = (const uint8_t *)m->bytes.p;
	raw.len = (uint32_t)m->bytes.len;
	raw.flags = type >= EVENT_OWN_FIRST ? WIRE_SYNTHETIC : 0;
	assert_int_equal(event_open(&m->ev, &raw), 0);

	m->who = state_apply(m->state, &m->ev);
	m->pending = true;
	containers_apply(m->containers, &m->ev);
	m->ctx = (struct field_ctx){
		.ev = &m->ev,
		.who = &m->who,
		.state = m->state,
		.containers = m->containers,
		.scratch = m->scratch,
		.in_output = true,
	};
	arena_reset(m->scratch);
}

static struct part text_part(const char *s)
{
	return s ? (struct part)TEXT(s) : (struct part){ 0 };
}

/* Strings that a blank divides, each ended by NUL. */
static struct part list_part(struct arena *a, const char *s)
{
	struct str copy;
	char *p;

	if (!s || !*s)
		return (struct part){ 0 };
	copy = arena_str(a, str_from(s));
	p = (char *)(uintptr_t)copy.p;
	for (size_t i = 0; i < copy.len; i++)
		if (p[i] == ' ')
			p[i] = '\0';
	return (struct part)RAW(p, copy.len + 1);
}

static int64_t or_unknown(int64_t id)
{
	return id ? id : -1;
}

void machine_process(struct machine *m, const struct proc *p)
{
	const uint64_t caps[3] = { 0, 0, p->cap_effective };
	struct arena *a = arena_new();
	struct part cgroup = { 0 };

	if (p->cgroup)
		cgroup = text_part(arena_printf(a, "cpu=%s", p->cgroup).p);
	machine_event(
		m, EVENT_PROC_ENTRY, p->tid ? p->tid : p->pid,
		PARTS([PROC_ENTRY_PID] = NUM(p->pid), [PROC_ENTRY_PTID] = NUM(p->ptid),
		      [PROC_ENTRY_SID] = NUM(or_unknown(p->sid)),
		      [PROC_ENTRY_VPGID] = NUM(or_unknown(p->vpgid)),
		      [PROC_ENTRY_PGID] = NUM(or_unknown(p->pgid)),
		      [PROC_ENTRY_VTID] = NUM(or_unknown(p->vtid)),
		      [PROC_ENTRY_VPID] = NUM(or_unknown(p->vpid)),
		      [PROC_ENTRY_COMM] = text_part(p->comm), [PROC_ENTRY_EXE] = text_part(p->exe),
		      [PROC_ENTRY_EXEPATH] = text_part(p->exepath),
		      [PROC_ENTRY_ARGS] = list_part(a, p->args),
		      [PROC_ENTRY_ENV] = list_part(a, p->env),
		      [PROC_ENTRY_CWD] = text_part(p->cwd ? p->cwd : "/"),
		      [PROC_ENTRY_ROOT] = TEXT("/"), [PROC_ENTRY_CGROUPS] = cgroup,
		      [PROC_ENTRY_FDLIMIT] = NUM(p->fdlimit), [PROC_ENTRY_UID] = NUM(p->uid),
		      [PROC_ENTRY_GID] = NUM(p->gid), [PROC_ENTRY_LOGINUID] = NUM(p->loginuid),
		      [PROC_ENTRY_TTY] = NUM(p->tty),
		      [PROC_ENTRY_CAPS] = RAW((const char *)caps, sizeof(caps)),
		      [PROC_ENTRY_PIDNS_START] = NUM(p->pidns_start),
		      [PROC_ENTRY_START] = NUM(p->start)));
	arena_free(a);
}

static struct field_ref ref_of(const char *name)
{
	struct field_ref ref;

	if (field_parse(str_from(name), NULL, &ref) != FIELD_OK)
		fail_msg("no field %s", name);
	return ref;
}

static const char *kept(struct machine *m, struct buf *b)
{
	const char *s = arena_str(m->scratch, buf_view(b)).p;

	buf_fini(b);
	return s;
}

const char *machine_field(struct machine *m, const char *name)
{
	const struct field_ref ref = ref_of(name);
	struct buf b = { 0 };
	struct val v;

	if (!field_get(&ref, &m->ctx, &v))
		return "(absent)";
	val_print(&b, &v, false);
	return kept(m, &b);
}

void machine_check(struct machine *m, const struct field_expectation *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = machine_field(m, cases[i].field);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s is '%s', want '%s'", cases[i].field, got, cases[i].want);
	}
}

const char *machine_all(struct machine *m, const char *name)
{
	const struct field_ref ref = ref_of(name);
	struct buf b = { 0 };
	struct val v[LIMIT_ANCESTORS];
	size_t n = field_get_all(&ref, &m->ctx, v, ARRAY_SIZE(v));

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&b, '|');
		val_print(&b, &v[i], false);
	}
	return kept(m, &b);
}
