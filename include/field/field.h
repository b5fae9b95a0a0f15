/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIELD_FIELD_H
#define FIELD_FIELD_H

/*
 * Filter fields: their names and types, and how each gets its value from an event and the
 * state. tables/fields.def is the list; everything shown to users is printed from it.
 */

#include "base/arena.h"
#include "container/container.h"
#include "state/state.h"

struct ip {
	uint8_t bytes[16]; /* network order */
	uint8_t len;       /* 4 or 16 */
};

struct val {
	enum value_type type;
	enum print_format print;
	bool is_list; /* value in `list`, element type in `type` */
	union {
		int64_t i;    /* signed types, FD, PID, ERRNO */
		uint64_t u;   /* unsigned types, flags, times, PORT, BOOL, UID, GID, MODE */
		double d;     /* DOUBLE */
		struct str s; /* CHARBUF, FSPATH, FSRELPATH, BYTEBUF and the opaque ones */
		struct ip ip; /* IPADDR, IPV4ADDR, IPV6ADDR, and IPNET's address side */
		struct {
			const struct val *items;
			size_t n;
		} list;
	};
};

enum field_id {
#define FIELD(id, name, class, type, print, arg, flags, deps, how, help) FIELD_##id,
#include "tables/fields.def"
#undef FIELD
	FIELDS
};

enum field_arg {
	ARG_NONE,
	ARG_OPT_INDEX,     /* name or name[n] */
	ARG_OPT_KEY_INDEX, /* name, name[n] or name[KEY] */
	ARG_INDEX,         /* name[n] */
	ARG_KEY,           /* name[key] */
	ARG_KEY_INDEX,     /* name[n] or name[key] */
	ARG_DOT,           /* name.key */
	ARG_DOT_INDEX,     /* name.key or name[n] */
	ARG_OPT_DOT,       /* name, name.src, name.dst */
};

enum field_flag {
	FIELD_LIST = 1 << 0,
	FIELD_FILTER_ONLY = 1 << 1,
	FIELD_PRINT_ONLY = 1 << 2,
	FIELD_TABLE_ONLY = 1 << 3, /* works, but is not listed */
	FIELD_NO_RHS = 1 << 4,
	FIELD_NO_TRANSFORMER = 1 << 5,
	FIELD_DEPRECATED = 1 << 6,
	FIELD_SUGGESTED = 1 << 7,
};

/* What a field's value depends on (DESIGN.md D3); a volatile one is never remembered. */
enum field_dep {
	DEP_EVENT = 1 << 0,      /* the event or its descriptor */
	DEP_THREAD = 1 << 1,     /* the thread's own facts: its generation */
	DEP_ANCESTRY = 1 << 2,   /* STATE_ANCESTRY */
	DEP_LEADERS = 1 << 3,    /* STATE_LEADERS */
	DEP_USERS = 1 << 4,      /* STATE_USERS */
	DEP_CONTAINERS = 1 << 5, /* STATE_CONTAINERS */
	DEP_CONST = 1 << 6,      /* never changes */
	DEP_VOLATILE = 1 << 7,
	DEP_EXTENSION = 1 << 8, /* part of the event that the kernel's side sends only when asked */
};

struct field_info {
	const char *name;  /* "proc.aname" */
	const char *class; /* "process": the heading under which it is listed */
	enum value_type type;
	enum print_format print;
	enum field_arg arg;
	uint16_t flags;
	uint16_t deps;
	const char *help;
};

const struct field_info *field_info(enum field_id id);

/* A field with its argument, as written in a condition or an output. Plain value, copyable. */
struct field_ref {
	enum field_id id;
	enum value_type type; /* the table's, except for evt.rawarg: that of the parameter */
	bool has_index;
	bool has_key;
	uint32_t index;  /* n of name[n]; for evt.arg.NAME and the like a number of their own */
	struct str key;  /* of name[key] or name.key: points into the text given to field_parse */
	struct str text; /* the whole, as written */
};

enum field_error {
	FIELD_OK,
	FIELD_UNKNOWN,      /* "nonexistent field" */
	FIELD_BAD_ARGUMENT, /* the field is known, its argument is not acceptable */
	FIELD_NEEDS_ARGUMENT,
};

/* Constant fields from the configuration: `static.<key>`. Borrowed by whoever resolves names. */
struct static_fields {
	const struct str *keys, *values;
	size_t n;
};

/*
 * Resolves the whole of `text` ("proc.aname[2]", "evt.arg.flags", "fd.name") to a field.
 * On failure *out is untouched.
 */
enum field_error field_parse(struct str text, const struct static_fields *statics,
			     struct field_ref *out);
/*
 * The longest prefix of `text` that is a field, for output templates; 0 when there is none.
 */
size_t field_parse_prefix(struct str text, const struct static_fields *statics,
			  struct field_ref *out);
/* The nearest known name, for "did you mean"; empty when none is near. */
struct str field_nearest(struct str name);

/* What evt.deltatime and util.cnt remember between events. Zero-initialised; kept by the caller. */
struct field_history {
	uint64_t num, ts;   /* of the last event on which evt.deltatime was asked for */
	uint64_t before_ts; /* and of the one before */
	uint64_t asked;     /* util.cnt */
};

/* Everything an extractor may look at. Strings it makes live in scratch until the next event. */
struct field_ctx {
	const struct event *ev;
	const struct subject *who;
	const struct state *state;
	struct containers *containers;
	struct arena *scratch;
	const struct static_fields *statics;
	struct field_history *history; /* NULL: evt.deltatime stays 0 */
	uint64_t first_ts;             /* of the first event: evt.reltime */
	const char *hostname;          /* overrides the source's; NULL: none */
	bool in_output;      /* some fields answer differently in outputs: fields_notes.md */
	bool buffers_base64; /* buffer_format_base64 */
};

/*
 * The field's value for this event. False when it has none: a thread we never saw, an fd that
 * was already closed. That is ordinary, not an error; *out is unspecified then.
 */
bool field_get(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out);

/*
 * Fields compared in a way of their own (fd.ip, fd.net, fd.port, proc.aname without index, ...):
 * field_get_all gives all the values a test has to look at and returns their number, at most
 * max. One that satisfies the test is enough, except for `!=` where field_is_ends: there all
 * must satisfy it. Without any value every test is false, `exists` too, but that asks field_get
 * where field_is_ends.
 */
bool field_is_multi(const struct field_ref *ref);
/* True for the two ends of a connection: fd.ip, fd.net, fd.port, fd.proto. */
bool field_is_ends(const struct field_ref *ref);
size_t field_get_all(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out,
		     size_t max);

/*
 * What a field's value comes from on exit events of one type, when that is the event's type or one
 * parameter alone: the same facts are there before anything is known of threads and descriptors.
 */
enum origin_kind {
	ORIGIN_ELSEWHERE,  /* the state, several parameters, the history of events */
	ORIGIN_ABSENT,     /* never has a value on this type */
	ORIGIN_TYPE,       /* the type, and for generic events the system call */
	ORIGIN_NUMBER,     /* the number itself */
	ORIGIN_SIGN,       /* a truth: the number is negative */
	ORIGIN_BITS,       /* a truth: one of the bits in `mask` is set */
	ORIGIN_RESULT,     /* the result's name: one for all that are not negative */
	ORIGIN_NAME,       /* the number's name, or where it has none the number */
	ORIGIN_FLAGS,      /* the names of its bits, joined by '|', or the number */
	ORIGIN_TEXT,       /* the text itself */
	ORIGIN_PATH,       /* the same, but a relative one stands for another text */
	ORIGIN_PLAIN_PATH, /* that, without "//", "/./" and "/../" */
	ORIGIN_FD_MADE,    /* a number; the result is an error: it is negative, too */
};

struct field_origin {
	enum origin_kind kind;
	uint8_t param;
	bool may_lack; /* it may have no value although the parameter has one */
	bool succeeds; /* it has none where the result is not 0 */
	uint32_t mask;
};
struct field_origin field_origin(const struct field_ref *ref, unsigned type);

/* As an output shows it: "%proc.name". Lists print as "(a,b)". */
void val_print(struct buf *out, const struct val *v, bool buffers_base64);
/* Text as an output shows it: control characters and bytes that are no UTF-8 become U+FFFD. */
void val_print_text(struct buf *out, struct str s);

/*
 * One parameter as text: as it was recorded ("-2", "4097"), or what that stands for ("ENOENT",
 * "O_RDONLY|O_CLOEXEC"). False, with nothing appended, when there is no such text.
 */
bool param_print(struct buf *out, const struct field_ctx *ctx, unsigned param, bool resolved);

/* The fields of the table in listing order, hidden ones left out; markdown for --markdown. */
enum list_format { LIST_TEXT, LIST_MARKDOWN, LIST_JSON, LIST_NAMES };
void field_list(struct buf *out, const char *source, enum list_format format);

#endif
