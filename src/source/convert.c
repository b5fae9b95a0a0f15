/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

/*
 * Events of older writers, brought to the current shape. The rules are tables/conversion.def;
 * an event goes through as many of its steps as it takes. Only the last shape is encoded: in
 * between, parameters are pointers into the event, the stored enter or the constants here.
 */

/* More than the longest chain in the table; a test walks them all. */
#define STEPS_MAX 50

/* clang-format off */
#define FATE_OF(number, flags)                                                                     \
	(((flags) & EVENT_FLAG_UNUSED)			? FATE_DROP				   \
	 : ((flags) & EVENT_FLAG_CONVERTER_MANAGED)	? (((number) & 1) &&			   \
							   !((flags) & EVENT_FLAG_OLD_VERSION)	   \
								? FATE_PASS_COMPLETE		   \
								: FATE_CONVERT)			   \
	 : !((flags) & EVENT_FLAG_OLD_VERSION)		? FATE_PASS				   \
	 : ((number) & 1)				? FATE_CONVERT				   \
							: FATE_DROP)
/* clang-format on */

#define IS_INITIAL(number)                                                                         \
	((number) == EVENT_CONTAINER_JSON_2_E || (number) == EVENT_USER_ADDED_E ||                 \
	 (number) == EVENT_USER_DELETED_E || (number) == EVENT_GROUP_ADDED_E ||                    \
	 (number) == EVENT_GROUP_DELETED_E)

#define MARKS_OF(number, category)                                                                 \
	((((number)&1) == 0 && ((category)&CATEGORY_SYSCALL) ? MARK_HIDDEN : 0) |                  \
	 (IS_INITIAL(number) ? MARK_INITIAL : 0) |                                                 \
	 ((number) == EVENT_PROCEXIT_1_E ? MARK_ENDS_THREAD : 0))

/* clang-format off */
const struct type_rule type_rules[EVENT_TYPES] = {
#define EVENT(number, id, name, category, flags)                                                   \
	[number] = { FATE_OF(number, flags), MARKS_OF(number, category), sizeof((const char[]){
#define PARAM(event, id, name, type, print, detail) 0,
#define END 0 }) - 1 },
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END
};
/* clang-format on */

enum action {
	ACTION_PASS,
	ACTION_STORE,
	ACTION_STORE_AND_PASS,
	ACTION_ADD,
	ACTION_CHANGE,
};

/* Where a parameter of the new shape comes from. */
enum origin_kind {
	FROM_END, /* there is none: the list ends */
	FROM_OLD,
	FROM_ENTER,
	FROM_NOTHING,
	FROM_ZERO,
	FROM_CONTAINER_JSON,
};

struct origin {
	uint8_t kind; /* enum origin_kind */
	uint8_t index;
	uint8_t fallback; /* enum origin_kind */
};

struct step {
	uint8_t action; /* enum action */
	uint16_t to;
	struct origin origins[LIMIT_EVENT_PARAMS];
};

enum {
	STEP_NONE,
#define CONVERT(event, n, action, to) STEP_##event##_##n,
#define SOURCE(kind, index, fallback)
#define END
#include "tables/conversion.def"
#undef CONVERT
#undef SOURCE
#undef END
	STEPS
};

static const struct step steps[STEPS] = {
#define CONVERT(event, n, action, to) [STEP_##event##_##n] = { ACTION_##action, EVENT_##to, {
#define SOURCE(kind, index, fallback) { FROM_##kind, index, FROM_##fallback },
#define END                                                                                        \
	}                                                                                          \
	}                                                                                          \
	,
#include "tables/conversion.def"
#undef CONVERT
#undef SOURCE
#undef END
};

static const uint8_t step_of[EVENT_FILE_TYPES][LIMIT_EVENT_PARAMS + 1] = {
#define CONVERT(event, n, action, to) [EVENT_##event][n] = STEP_##event##_##n,
#define SOURCE(kind, index, fallback)
#define END
#include "tables/conversion.def"
#undef CONVERT
#undef SOURCE
#undef END
};
_Static_assert(STEPS <= UINT8_MAX + 1, "a row's number does not fit step_of");

/* An event between two steps. */
struct shape {
	uint16_t type;
	uint8_t n;
	struct str params[LIMIT_EVENT_PARAMS];
};

/* One event's conversion. */
struct job {
	struct converter *c;
	const struct event *ev;
	bool changed; /* a step was taken */
	struct enter enter;
	enum { ENTER_UNKNOWN, ENTER_THERE, ENTER_MISSING } enter_state;
};

int converter_init(struct converter *c, struct source_stats *stats)
{
	*c = (struct converter){ .stats = stats };
	c->enters = enters_new();
	c->out.max = sizeof(struct wire_event) + LIMIT_LARGE_BYTES;
	c->scratch.max = LIMIT_EVENT_BYTES;
	return c->enters ? 0 : -1;
}

void converter_fini(struct converter *c)
{
	enters_free(c->enters);
	buf_fini(&c->out);
	buf_fini(&c->scratch);
}

void converter_forget(struct converter *c, uint64_t tid)
{
	enters_forget(c->enters, tid);
}

void converter_reset(struct converter *c)
{
	enters_reset(c->enters);
}

static void shape_from(struct shape *s, const struct event *ev)
{
	s->type = ev->type;
	s->n = ev->nparams;
	for (unsigned i = 0; i < ev->nparams; i++)
		s->params[i] = event_param(ev, i);
}

/* Zeros; of types that vary in size, none. No row asks for a user or group, whose default differs. */
static struct str type_default(enum value_type type)
{
	static const uint8_t zero[16];

	return str_of(zero, type_size(type));
}

/*
 * Finds the enter of the call that leaves with type exit_type. A lost exit leaves the enter of
 * another call behind; that one is no use, and the defaults stay.
 */
static bool find_enter(struct job *job, unsigned exit_type)
{
	struct converter *c = job->c;

	if (job->enter_state == ENTER_UNKNOWN) {
		job->enter_state = ENTER_MISSING;
		if (!enters_get(c->enters, (uint64_t)job->ev->tid, &job->enter))
			c->stats->missing_enters++;
		else if (job->enter.type + 1u != exit_type)
			c->stats->stale_enters++;
		else
			job->enter_state = ENTER_THERE;
	}
	return job->enter_state == ENTER_THERE;
}

static void json_text(struct buf *out, const char *key, const struct shape *from, unsigned i)
{
	struct str s = i < from->n ? from->params[i] : STR("");

	s.len = strnlen(s.p ? s.p : "", s.len);
	buf_printf(out, "\"%s\":\"", key);
	buf_str(out, s);
	buf_char(out, '"');
}

/* Not escaped: that is how the newer event's own writers did it. */
static struct str container_json(struct converter *c, const struct shape *from)
{
	struct buf *out = &c->scratch;
	struct str type = from->params[CONTAINER_E_TYPE];
	uint32_t number = 0;

	if (type.len == sizeof(number))
		memcpy(&number, type.p, sizeof(number));
	buf_reset(out);
	buf_char(out, '{');
	json_text(out, "id", from, CONTAINER_E_ID);
	buf_printf(out, ",\"type\":%u,", number);
	json_text(out, "name", from, CONTAINER_E_NAME);
	buf_char(out, ',');
	json_text(out, "image", from, CONTAINER_E_IMAGE);
	buf_char(out, '}');
	buf_char(out, '\0');
	return out->cut ? (struct str){ NULL, 0 } : buf_view(out);
}

static struct str fetch(struct job *job, const struct shape *from, struct origin o,
			enum value_type type)
{
	enum origin_kind kind = (enum origin_kind)o.kind;

	if (kind == FROM_ENTER && !(find_enter(job, from->type) && o.index < job->enter.nparams))
		kind = (enum origin_kind)o.fallback;
	switch (kind) {
	case FROM_OLD:
		return o.index < from->n ? from->params[o.index] : (struct str){ NULL, 0 };
	case FROM_ENTER:
		return str_of(job->enter.data + job->enter.at[o.index],
			      job->enter.at[o.index + 1] - job->enter.at[o.index]);
	case FROM_ZERO:
		return type_default(type);
	case FROM_CONTAINER_JSON:
		return container_json(job->c, from);
	case FROM_END:
	case FROM_NOTHING:
		break;
	}
	return (struct str){ NULL, 0 };
}

/* A parameter wider than what it becomes keeps the low bytes. */
static struct str cut_to(struct str s, enum value_type type)
{
	unsigned size = type_size(type);

	if (size && s.len > size)
		s.len = size;
	return s;
}

static void take_step(struct job *job, const struct step *step, const struct shape *from,
		      struct shape *to)
{
	const struct event_info *info = event_info(step->to);
	unsigned n = 0;

	while (n < info->nparams && step->origins[n].kind != FROM_END) {
		enum value_type type = info->params[n].type;

		to->params[n] = cut_to(fetch(job, from, step->origins[n], type), type);
		n++;
	}
	to->type = step->to;
	to->n = (uint8_t)n;
}

static void store(struct job *job, const struct shape *s)
{
	struct converter *c = job->c;
	struct enter e = { .type = s->type, .nparams = s->n, .data = job->ev->data };

	for (unsigned i = 0; i < s->n; i++)
		e.at[i + 1] = e.at[i] + (uint32_t)s->params[i].len;
	/* Those of an event as it came lie side by side already. */
	if (job->changed) {
		buf_reset(&c->scratch);
		for (unsigned i = 0; i < s->n; i++)
			buf_str(&c->scratch, s->params[i]);
		e.data = (const uint8_t *)c->scratch.p;
	}
	if (job->changed && c->scratch.cut)
		c->stats->refused++;
	else if (!enters_put(c->enters, (uint64_t)job->ev->tid, &e, &c->stats->refused))
		c->stats->refused++;
}

static enum verdict encode(struct job *job, const struct shape *s, struct raw *raw)
{
	struct converter *c = job->c;
	struct event_writer w;

	buf_reset(&c->out);
	event_begin(&w, &c->out, s->type, job->ev->ts, job->ev->tid, s->n);
	for (unsigned i = 0; i < s->n; i++)
		event_push(&w, s->params[i].p, s->params[i].len);
	if (event_end(&w) < 0)
		return VERDICT_MALFORMED;
	if (job->enter_state != ENTER_UNKNOWN)
		enters_used(c->enters, (uint64_t)job->ev->tid);
	c->stats->converted++;
	raw->bytes = (const uint8_t *)c->out.p;
	raw->len = (uint32_t)c->out.len;
	return VERDICT_PASS;
}

/* True when the shape needs no further step; STEP_NONE and not passing: no rule knows it. */
static bool passes(const struct shape *s, unsigned *step)
{
	const struct type_rule *rule = &type_rules[s->type];

	*step = STEP_NONE;
	if (rule->fate == FATE_PASS || (rule->fate == FATE_PASS_COMPLETE && s->n >= rule->nparams))
		return true;
	*step = rule->fate == FATE_DROP ? STEP_NONE : step_of[s->type][s->n];
	return false;
}

enum verdict convert_event(struct converter *c, struct raw *raw)
{
	struct event ev;
	struct job job = { .c = c, .ev = &ev };
	struct shape shapes[2], *now = &shapes[0], *next = &shapes[1];
	unsigned number;

	if (event_open(&ev, raw) < 0)
		return VERDICT_MALFORMED;
	shape_from(now, &ev);
	for (unsigned i = 0; i < STEPS_MAX && !passes(now, &number); i++) {
		const struct step *step = &steps[number];
		struct shape *done = now;

		if (type_rules[now->type].fate == FATE_DROP)
			return VERDICT_DROP;
		/* A count no writer produced: what a current type lacks reads as no value. */
		if (number == STEP_NONE) {
			if (event_info(now->type)->flags & EVENT_FLAG_OLD_VERSION)
				return VERDICT_MALFORMED;
			break;
		}
		if (step->action == ACTION_STORE || step->action == ACTION_STORE_AND_PASS)
			store(&job, now);
		if (step->action == ACTION_STORE)
			return VERDICT_DROP;
		if (step->action == ACTION_PASS || step->action == ACTION_STORE_AND_PASS)
			break;
		take_step(&job, step, now, next);
		now = next;
		next = done;
		job.changed = true;
	}
	return job.changed ? encode(&job, now, raw) : VERDICT_PASS;
}
