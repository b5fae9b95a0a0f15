/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIELD_INTERNAL_H
#define FIELD_INTERNAL_H

/*
 * How a field gets its value. The column `how` of tables/fields.def is one of
 *
 *	CALL(fn)	get_fn
 *	WITH(fn, arg)	get_fn, shared by rows that differ in field_arg_of(ref)
 *	MULTI(fn, arg)	get_fn, and all_fn where every value counts (field_get_all)
 *
 * An extractor fills in the value and returns true, or returns false when there is none; type,
 * print and is_list are already set from the table. ctx->who->thread may be NULL, ctx->who->fd
 * too. It must not allocate except from ctx->scratch.
 */

#include "field/field.h"
#include "process.h"
#include "schema/flags.h"

#define FIELD(id, name, class, type, print, arg, flags, deps, how, help) how
#define CALL(fn)                                                                                   \
	bool get_##fn(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out);
#define WITH(fn, arg) CALL(fn)
#define MULTI(fn, arg)                                                                             \
	CALL(fn)                                                                                   \
	size_t all_##fn(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out, \
			size_t max);
#include "tables/fields.def"
#undef FIELD
#undef CALL
#undef WITH
#undef MULTI

typedef bool (*field_getter)(const struct field_ref *ref, const struct field_ctx *ctx,
			     struct val *out);
typedef size_t (*field_lister)(const struct field_ref *ref, const struct field_ctx *ctx,
			       struct val *out, size_t max);

struct field_row {
	field_getter get;
	field_lister all; /* NULL: one value at most */
	uint32_t arg;
	uint8_t name_len;
	struct field_info info;
};

extern const struct field_row field_rows[FIELDS];

/* The second argument of WITH or MULTI, for example offsetof(struct thread, pid). */
static inline uint32_t field_arg_of(const struct field_ref *ref)
{
	return field_rows[ref->id].arg;
}

static inline bool val_text(struct val *out, struct str s)
{
	out->s = s;
	return true;
}

static inline bool val_int(struct val *out, int64_t i)
{
	out->i = i;
	return true;
}

static inline bool val_uint(struct val *out, uint64_t u)
{
	out->u = u;
	return true;
}

/* "<NA>": some fields say so instead of being absent. */
#define NO_NAME STR("<NA>")

/*
 * Text made for one event, in ctx->scratch. Zero-initialised but for the arena. What does not
 * fit into TEXT_MAX is cut.
 */
#define TEXT_MAX ((size_t)LIMIT_LARGE_BYTES)

struct text {
	struct arena *arena;
	char *p;
	size_t len, cap;
};

static inline struct text text_in(const struct field_ctx *ctx)
{
	return (struct text){ .arena = ctx->scratch };
}

static inline struct str text_view(const struct text *t)
{
	return (struct str){ t->len ? t->p : "", t->len };
}

/* Room for len more bytes; less where TEXT_MAX is reached. */
size_t text_grow(struct text *t, size_t len);

static inline void text_str(struct text *t, struct str s)
{
	size_t len = s.len <= t->cap - t->len ? s.len : text_grow(t, s.len);

	if (len)
		memcpy(t->p + t->len, s.p, len);
	t->len += len;
}

static inline void text_char(struct text *t, char c)
{
	if (t->len < t->cap || text_grow(t, 1))
		t->p[t->len++] = c;
}

void text_i64(struct text *t, int64_t v);
void text_u64(struct text *t, uint64_t v);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "1.2.3.4" for 4 bytes, the usual short form of an IPv6 address for 16. */
void text_ip(struct text *t, const uint8_t *bytes, size_t len);

/* Names of the capabilities in the set, parted by blanks. */
void text_capabilities(struct text *t, uint64_t set);

/*
 * "f" or "4t": the letters of a descriptor's kind and, for an internet socket, its protocol.
 */
void text_fd_letters(struct text *t, const struct fd *fd);

/*
 * The absolute path of a file named relative to a directory descriptor, AT_FDCWD meaning the
 * thread's working directory. `known` says whether that descriptor was; when it was not, the
 * path begins with "<UNKNOWN>/".
 */
#define DIRFD_CWD (-100)
struct str path_from_dirfd(const struct field_ctx *ctx, int64_t dirfd, struct str path,
			   bool *known);
struct str path_from_cwd(const struct field_ctx *ctx, struct str path);
/* The same for a path that is parameter `param`: it knows its directory's parameter. */
struct str path_of_param(const struct field_ctx *ctx, unsigned param, struct str path);

/* What rows that share an extractor ask it for: the second argument of WITH. */

/* evt.abspath by ref->index. */
enum path_end {
	PATH_SOURCE,
	PATH_TARGET,
};

enum { /* get_evt_time */
       TIME_DATE = 1 << 0,
       TIME_FRACTION = 1 << 1,
       TIME_UTC = 1 << 2, /* ISO 8601 */
};

enum { /* get_evt_rawtime, get_evt_reltime, get_evt_deltatime */
       PART_ALL,
       PART_SECONDS,
       PART_REMAINDER,
};

enum { /* get_evt_is_io, get_evt_buflen */
       IO_READ = 1 << 0,
       IO_WRITE = 1 << 1,
       IO_FILE = 1 << 2,
       IO_NET = 1 << 3,
};

enum error_class { /* get_evt_count_error */
		   ERROR_ANY,
		   ERROR_FILE,
		   ERROR_NET,
		   ERROR_MEMORY,
		   ERROR_OTHER,
};

enum { /* get_evt_infra */
       INFRA_EVENT,
       INFRA_ID,
       INFRA_NAME,
       INFRA_IMAGE,
};

enum kernel_end { /* get_evt_kernel_ip, get_evt_kernel_port */
		  KERNEL_CLIENT,
		  KERNEL_SERVER,
};

enum { /* get_evt_kernel_id: places among the ids of EXTENSION_CREDENTIALS */
       KERNEL_UID,
       KERNEL_GID,
       KERNEL_EUID,
       KERNEL_EGID,
       KERNEL_SUID,
       KERNEL_SGID,
       KERNEL_FSUID,
       KERNEL_FSGID,
       KERNEL_IDS,
};

enum { /* get_fs_path */
       FS_PATH_NAME,
       FS_PATH_SOURCE,
       FS_PATH_TARGET,
       FS_PATH_WHICH = 3, /* mask of the above */
       FS_PATH_RAW = 1 << 2,
};

enum fdlist_part { /* get_fdlist */
		   FDLIST_NUMS,
		   FDLIST_NAMES,
		   FDLIST_CIPS,
		   FDLIST_SIPS,
		   FDLIST_CPORTS,
		   FDLIST_SPORTS,
};

/* Parts of field_origin that stand beside the fields they speak of. */
struct field_origin fs_path_origin(const struct field_ref *ref, unsigned type);
struct field_origin is_open_origin(const struct field_ref *ref, unsigned type);

/* The name of an event: of the system call for a generic one. */
struct str event_name(const struct event *ev);
/*
 * The return value of a system call: its first parameter. False for enter, generic and other
 * events and for those without parameters.
 */
bool event_return(const struct event *ev, int64_t *out);

/* A parameter, or what a DYN one holds. */
struct piece {
	enum value_type type;
	enum print_format print;
	struct str bytes;
	const struct flag_set *flags;
	const struct dynamic_set *dynamic;
	int dirfd; /* FSRELPATH: index of the directory's parameter */
};

/* False when the event has no such parameter. */
bool piece_of(const struct event *ev, unsigned param, struct piece *out);
/* What a DYN piece holds; false when it is empty or its index is none of the table's. */
bool piece_inside(const struct piece *dyn, struct piece *out);
/* The number of a fixed-size type, by the sign of its type; false when the length is wrong. */
bool piece_int(const struct piece *p, int64_t *out);
/* CHARBUF, FSPATH and FSRELPATH up to the NUL; false for none. */
bool piece_text(const struct piece *p, struct str *out);

/* One end of an internet SOCKTUPLE, IPv4 where both ends are; false when it is none. */
bool tuple_end(struct str tuple, bool second, struct ip *address, uint16_t *port);

void text_bytes(struct text *t, struct str bytes, bool base64);
void text_sockaddr(struct text *t, struct str bytes);
void text_socktuple(struct text *t, struct str bytes);
void text_fdlist(struct text *t, const struct field_ctx *ctx, struct str bytes);
void text_flags(struct text *t, const struct flag_set *set, uint32_t value);
void text_enum(struct text *t, const struct flag_set *set, uint32_t value);

/* The raw text of a parameter; false when the event has no such parameter. */
bool param_raw(struct text *out, const struct field_ctx *ctx, unsigned param);
/* What the number stands for (a name, a path, flags); false when it stands for nothing. */
bool param_resolved(struct text *out, const struct field_ctx *ctx, unsigned param);

#endif
