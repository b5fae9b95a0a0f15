/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

/* What events, parameters, system calls and flags exist. Everything is printed from tables/. */

#include "base/str.h"

/* EVENT_CHDIR_X = 95, ...: the numbers of the .scap format. */
enum event_type {
#define EVENT(number, id, name, category, flags) EVENT_##id = number,
#define PARAM(event, id, name, type, print, detail)
#define END
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END
	EVENT_TYPES /* one above the largest */
};

/* The first number that is ours; everything from here on never appears in a file. */
#define EVENT_OWN_FIRST 1024

/* CHDIR_X_PATH = 1, ...: a parameter's index in its event. */
#define EVENT(number, id, name, category, flags)    enum { id##_BEFORE_FIRST = -1,
#define PARAM(event, id, name, type, print, detail) event##_##id,
#define END                                                                                        \
	}                                                                                          \
	;
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END

/* TYPE_CHARBUF, ...: of event parameters and of field values. */
enum value_type {
#define TYPE(id, number, size, kind, help) TYPE_##id = number,
#include "tables/types.def"
#undef TYPE
};

/* What the bytes of a value are, whatever it stands for. */
enum type_kind {
	KIND_NONE,
	KIND_SIGNED,
	KIND_UNSIGNED,
	KIND_BOOL,
	KIND_DOUBLE,
	KIND_TEXT,
	KIND_BYTES,
	KIND_IP,     /* in network order */
	KIND_NET,    /* an address and how much of it counts */
	KIND_STRUCT, /* several values in a row, or a pointer */
};

enum print_format {
	PRINT_NA,
	PRINT_DEC,
	PRINT_HEX,        /* upper case, no prefix */
	PRINT_PADDED_DEC, /* nine digits */
	PRINT_ID,
	PRINT_DIR,
	PRINT_OCT,
};

/* CATEGORY_FILE, ...: the low byte is a class, the rest one or two origin bits. */
enum category {
#define CATEGORY(id, number, name) CATEGORY_##id = number,
#include "tables/categories.def"
#undef CATEGORY
};
#define CATEGORY_CLASS(c) ((c)&0xff)

/* EVENT_FLAG_CREATES_FD, ... */
enum event_flag {
#define EVENT_FLAG(id, bit) EVENT_FLAG_##id = 1 << (bit),
#include "tables/event_flags.def"
#undef EVENT_FLAG
};

#define FLAG_NO_NATIVE UINT64_MAX

/* One named value of a flag set or enumeration. */
struct flag {
	struct str name;
	uint32_t value;
	uint64_t native; /* of the same meaning on Linux x86_64; FLAG_NO_NATIVE: none */
};

/* In printing order. */
struct flag_set {
	const char *name; /* "file_flags" */
	const struct flag *flags;
	size_t n;
};

/* What a DYN parameter may hold: its first byte is an index into this. */
struct dynamic_type {
	const char *id;
	enum value_type type;
	enum print_format print;
};

struct dynamic_set {
	const char *name;
	const struct dynamic_type *types;
	size_t n;
};

struct param_info {
	struct str name;
	enum value_type type;
	enum print_format print;
	const struct flag_set *flags;      /* FLAGS*, ENUMFLAGS*, MODE; or NULL */
	const struct dynamic_set *dynamic; /* DYN; or NULL */
	int8_t dirfd;                      /* FSRELPATH: index of the directory parameter; or -1 */
	int8_t width; /* of an integer in bytes, negative when it has a sign; 0: no integer */
};

struct event_info {
	struct str name;
	uint16_t category;
	uint16_t flags;      /* enum event_flag */
	uint8_t nparams;     /* 0..LIMIT_EVENT_PARAMS */
	uint8_t length_size; /* of one entry of the length array: 2 or 4 */
	bool exists;         /* false: a hole in the numbering */
	const struct param_info *params;
};

/* How many numbers the .scap format has given out: 0 .. EVENT_FILE_TYPES - 1, without gaps. */
enum {
	EVENT_FILE_TYPES = 0
#define EVENT(number, id, name, category, flags) +((number) < EVENT_OWN_FIRST)
#define PARAM(event, id, name, type, print, detail)
#define END
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END
};

/* Never NULL; a number that is no event gives an entry with exists == false. */
const struct event_info *event_info(unsigned type);

static inline bool event_is_exit(unsigned type)
{
	return type & 1;
}

/* Bytes of a fixed-size type, 0 for variable ones. */
unsigned type_size(enum value_type type);
enum type_kind type_kind(enum value_type type);
/* "CHARBUF", "UINT32": as tables/types.def spells it. */
const char *type_name(enum value_type type);
/* The index of the parameter with this name in the event, or -1. */
int event_param_index(unsigned type, struct str name);

/* SC_READ = 3, ...: the .scap format's own system call codes, independent of the machine. */
enum syscall_code {
#define SYSCALL(code, id, name, native, exit_event, flags, sets) SC_##id = code,
#include "tables/syscalls.def"
#undef SYSCALL
	SYSCALL_CODES
};

enum syscall_set {
	SYSCALL_STATE = 1 << 0,  /* needed by the state engine */
	SYSCALL_SIMPLE = 1 << 1, /* the low-overhead set of simple consumers */
	SYSCALL_REPAIR = 1 << 2, /* always part of the repaired minimal set */
	SYSCALL_IO = 1 << 3,
	SYSCALL_IO_OTHER = 1 << 4,
	SYSCALL_FILE = 1 << 5,
	SYSCALL_NET = 1 << 6,
	SYSCALL_PROC = 1 << 7,
	SYSCALL_SYS = 1 << 8,
};

enum syscall_flag {
	SYSCALL_USED = 1 << 0,
	SYSCALL_NEVER_DROP = 1 << 1,
	SYSCALL_ALWAYS_DROP = 1 << 2,
};

struct syscall_info {
	struct str name;
	int16_t native; /* x86_64 number, -1 where there is none */
	uint16_t exit_event;
	uint8_t flags;
	uint16_t sets;
	bool exists;
};

/* Never NULL; see event_info. */
const struct syscall_info *syscall_info(unsigned code);
/* The code for an x86_64 system call number, or -1. */
int syscall_from_native(unsigned native);
/* The code for a name, or -1. */
int syscall_from_name(struct str name);
/* True when some system call or event of a file is called so: what evt.type may equal. */
bool event_name_exists(struct str name);

/* A flag set by its file name under tables/flags/, or NULL. */
const struct flag_set *flag_set(struct str name);
/* errno and signal names: "ENOENT" for 2, "SIGKILL" for 9; empty when there is none. */
struct str errno_name(uint64_t code);
struct str signal_name(unsigned number);

#endif
