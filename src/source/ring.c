/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* In front of every record: its length with two flags, and an offset only the kernel uses. */
#define RECORD_HEAD 8
#define RECORD_BUSY (1u << 31)
#define RECORD_DROP (1u << 30)

int ring_create(struct ring *r, uint32_t bytes, struct err *err)
{
	*r = (struct ring){ .fd = -1, .size = bytes };
	r->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "besra_ring", 0, 0, bytes, NULL);
	if (r->fd < 0)
		return err_set(err, -errno, "create a ring buffer of %u bytes: %s", bytes,
			       strerror(errno));
	return 0;
}

int ring_map(struct ring *r, struct err *err)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map;

	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED)
		return err_set(err, -errno, "map a ring buffer: %s", strerror(errno));
	r->consumer = map;
	map = mmap(NULL, page + 2 * r->size, PROT_READ, MAP_SHARED, r->fd, (off_t)page);
	if (map == MAP_FAILED)
		return err_set(err, -errno, "map a ring buffer: %s", strerror(errno));
	r->producer = map;
	r->data = (const uint8_t *)map + page;
	return 0;
}

void ring_close(struct ring *r)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (r->consumer)
		munmap((void *)(uintptr_t)r->consumer, page);
	if (r->producer)
		munmap((void *)(uintptr_t)r->producer, page + 2 * r->size);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct ring){ .fd = -1 };
}

static uint32_t first_word(const struct ring *r)
{
	const uint8_t *head = r->data + (r->taken & (r->size - 1));

	return __atomic_load_n((const uint32_t *)(const void *)head, __ATOMIC_ACQUIRE);
}

static bool is_empty(const struct ring *r)
{
	return r->taken == __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
}

bool ring_is_busy(const struct ring *r)
{
	return !is_empty(r) && first_word(r) & RECORD_BUSY;
}

bool ring_peek(struct ring *r, const uint8_t **record, uint32_t *len)
{
	for (;;) {
		uint32_t word;

		if (is_empty(r))
			return false;
		word = first_word(r);
		if (word & RECORD_BUSY)
			return false;
		if (!(word & RECORD_DROP)) {
			*record = r->data + (r->taken & (r->size - 1)) + RECORD_HEAD;
			*len = word;
			return true;
		}
		ring_take(r, word & ~RECORD_DROP);
	}
}

void ring_take(struct ring *r, uint32_t len)
{
	r->taken += (RECORD_HEAD + len + 7) & ~7ul;
}

void ring_release(struct ring *r)
{
	__atomic_store_n(r->consumer, r->taken, __ATOMIC_RELEASE);
}
