/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHEMA_FLAGS_H
#define SCHEMA_FLAGS_H

/* The format's own constants by name: values of flag parameters, thread flags, protocols. */

#include "base/str.h"

/* FILE_FLAGS_O_RDONLY = 0x1, ...: one enumeration per file under tables/flags/. */
#define FLAG_SET(name)                     enum {
#define FLAG(set, id, name, value, native) set##_##id = (value),
#define END                                                                                        \
	}                                                                                          \
	;
#include "tables/flag_sets.def"
#undef FLAG_SET
#undef FLAG
#undef END

/* CL_CLONE_FILES = 0x1, CL_IS_MAIN_THREAD, ...: of clone's flags and of a thread in a list. */
enum thread_flag {
#define THREAD_FLAG(id, value) CL_##id = (value),
#include "tables/thread_flags.def"
#undef THREAD_FLAG
};

/* L4_TCP = 2, ... */
enum l4_protocol {
#define L4(number, id, word, letter) L4_##id = (number),
#include "tables/l4_protocols.def"
#undef L4
	L4_PROTOCOLS
};

/* Bits 0 .. CAPABILITIES - 1 of a capability set. */
enum {
	CAPABILITIES = 0
#define CAPABILITY(bit, name) +1
#include "tables/capabilities.def"
#undef CAPABILITY
};

/* "CAP_CHOWN" for bit 0; empty when there is none. */
struct str capability_name(unsigned bit);
/* "tcp" for L4_TCP; empty for none, unknown and unassigned numbers. */
struct str l4_name(unsigned protocol);
/* 't' for L4_TCP, as evt.args marks a socket; 0 where l4_name is empty. */
char l4_letter(unsigned protocol);

#endif
