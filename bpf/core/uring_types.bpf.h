/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_URING_TYPES_BPF_H
#define CORE_URING_TYPES_BPF_H

/* The kernel's types of io_uring; see kernel.bpf.h. */

#include "kernel.bpf.h"

/* Linux's struct io_uring_sqe, shared with user space: one name for each of its unions. */
struct uring_sqe {
	__u8 opcode, flags;
	__u16 ioprio;
	__s32 fd;
	__u64 off;  /* addr2 */
	__u64 addr; /* splice_off_in */
	__u32 len;
	__u32 op_flags; /* open_flags, msg_flags, ... */
	__u64 user_data;
	__u16 buf_index, personality;
	__u32 file_index; /* splice_fd_in; the lower half is addr_len */
	__u64 addr3, pad;
};

enum {
	URING_FIXED_FILE = 1 << 0, /* bits of sqe->flags and of the same in io_kiocb.flags */
	URING_BUFFER_SELECT = 1 << 5,
	URING_CQE_SKIP = 1 << 6,

	URING_SETUP_SQPOLL = 1 << 1,
	URING_SETUP_SQE128 = 1 << 10,
	URING_SETUP_NO_SQARRAY = 1 << 16,

	URING_CQE_MORE = 1 << 1,
	URING_SEND_VECTORIZED = 1 << 5, /* of ioprio */
};
#define URING_FD_IN_FIXED     (1u << 31) /* of splice's flags */
#define URING_FILE_INDEX_FREE (~0u)      /* file_index: any slot that is free */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_uring_sqe;

struct io_ring_ctx {
	__u32 flags;
	__u32 *sq_array;
	struct io_uring_sqe *sq_sqes;
	__u32 cached_sq_head, sq_entries;
};

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

struct io_cqe {
	__u64 user_data;
	__s32 res;
};

struct io_cmd_data {
	struct file *file;
};

struct io_kiocb {
	struct file *file;
	struct io_cmd_data cmd;
	__u8 opcode;
	__u32 flags; /* 64 bits in some kernels: the lower half */
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	const struct cred *creds; /* NULL: those of whoever works on it */
};

/* Behind io_kiocb.cmd, by operation: what the kernel itself works with. */
struct io_open {
	int dfd;
	__u32 file_slot;
	struct filename *filename;
	struct open_how how;
};
struct io_close {
	int fd;
	__u32 file_slot;
};
struct io_unlink {
	int dfd;
	struct filename *filename;
};
struct io_mkdir {
	int dfd;
	struct filename *filename;
};
struct io_rename {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
};
struct io_link {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
};
struct io_rw {
	__u64 addr;
};
struct io_sr_msg {
	void *buf;
};

/* The table of direct descriptors: from 6.13 on, and before. */
struct io_rsrc_node {
	unsigned long file_ptr;
};
struct io_rsrc_data {
	__u32 nr;
	struct io_rsrc_node **nodes;
};
struct io_file_table___nodes {
	struct io_rsrc_data data;
};
struct io_ring_ctx___nodes {
	struct io_file_table___nodes file_table;
};
struct io_fixed_file {
	unsigned long file_ptr;
};
struct io_file_table___files {
	struct io_fixed_file *files;
};
struct io_ring_ctx___files {
	struct io_file_table___files file_table;
	__u32 nr_user_files;
};

#pragma clang attribute pop

/*
 * How the kernel declares its tracepoints tells the shape of their arguments: from 6.12 on the
 * completion passes the entry itself, before that its members.
 */
typedef void (*btf_trace_io_uring_complete___cqe)(void *, struct io_ring_ctx *, void *,
						  struct io_uring_cqe *);

#endif
