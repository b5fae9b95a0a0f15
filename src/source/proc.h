/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SRC_PROC_H
#define SOURCE_SRC_PROC_H

/* The format's numbers and flag bits that lists from /proc need. */

#include "base/map.h"
#include "live.h"
#include "schema/flags.h"

enum fd_type {
#define FD_TYPE(number, id, letter, word) FD_##id = number,
#include "tables/fd_types.def"
#undef FD_TYPE
};

/* The beginning of a file below `dir`; empty when it cannot be read. */
void proc_read_text(const char *dir, const char *name, char *out, size_t cap);
/*
 * The target of a link, without what the kernel says behind that of a file that is gone; `out` has
 * PATH_MAX bytes.
 */
void proc_read_link(const char *dir, const char *name, char *out);

/* Calls `put` for every entry of /proc/PID/NAME that is a number: a thread, a descriptor. */
void proc_each_number(struct lister *l, int64_t pid, const char *name,
		      void (*put)(struct lister *l, int64_t pid, int64_t number));

/* PROC_ENTRYs into the batch: of one thread, or of all of a process. */
void proc_put_task(struct lister *l, int64_t pid, int64_t tid);
void proc_put_tasks(struct lister *l, int64_t pid);
/* Its end has begun, and may be over: the number is taken until the parent has been told. */
bool proc_is_exiting(int64_t tid);
/* The process a thread belongs to; 0: there is none. */
int64_t proc_group_of(int64_t tid);

/* A socket as FD_ENTRY tells of it. */
struct proc_socket {
	int8_t type;     /* enum fd_type */
	uint8_t l4proto; /* enum l4_protocol */
	uint8_t tuple_len;
	uint8_t tuple[128]; /* SOCKTUPLE */
};

/* Sockets of the network namespaces looked at so far, by inode number. */
struct proc_sockets;

struct proc_sockets *proc_sockets_new(void); /* NULL: no memory */
void proc_sockets_free(struct proc_sockets *s);
/*
 * The socket `ino` of a process, whose descriptor is at `path` below /proc. One that is bound to
 * nothing is known by its kind alone; FD_UNKNOWN: not even that.
 */
void proc_socket_find(struct proc_sockets *s, int64_t pid, const char *path, uint64_t ino,
		      struct proc_socket *out);

#endif
