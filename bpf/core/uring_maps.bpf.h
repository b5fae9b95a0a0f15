/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_URING_MAPS_BPF_H
#define CORE_URING_MAPS_BPF_H

/* What is kept of requests of io_urings; core/uring.bpf.h tells why. */

#include "core/uring_types.bpf.h"
#include "maps.bpf.h"

#define URING_TEXT    312
#define URING_IOVECS  8
#define URING_ADDRESS 128

enum uring_mark {
	URING_LONG = 1 << 0,    /* the text stands in uring_texts */
	URING_SILENT = 1 << 1,  /* only its failure will be told */
	URING_REFUSED = 1 << 2, /* the entry was not accepted */
	URING_REREAD = 1 << 3,  /* of its names, some are not the kernel's copies */
};

struct uring_request {
	__u64 request; /* its own address, as a number */
	__u64 ring, user_data;
	__u64 since; /* when it was submitted */
	__u64 size;  /* of what its iovecs hold */
	__u32 tid, tgid;
	__u8 opcode, marks; /* enum uring_op, enum uring_mark */
	__u16 len[2];       /* of the names in the text, with their NULs */
	__u32 pad;
	struct uring_sqe sqe;
	struct open_how how;
	union {
		char text[URING_TEXT];
		struct {
			struct message message;
			__u8 address[URING_ADDRESS];
			struct iovec iovecs[URING_IOVECS];
		};
	};
};

/* By request. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct uring_request);
} uring_requests SEC(".maps");

struct uring_text {
	char text[2 * PATH_CAP];
};

/* Names that do not fit, by request. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct uring_text);
} uring_texts SEC(".maps");

struct uring_tag {
	__u64 ring, user_data;
};

#define TAG_SLOTS 16

struct uring_tagged {
	__u64 request[TAG_SLOTS]; /* 0: free; where one stands follows from its address */
};

/* By what every completion tells: some tracepoints know no request, and user_data need not be
 * unique. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct uring_tag);
	__type(value, struct uring_tagged);
} uring_tags SEC(".maps");

#endif
