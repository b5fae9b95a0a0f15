/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What looking at every block of a .scap costs, nothing else done: the floor below any reader.
 *
 *	walk mmap FILE.scap	a plain file, mapped; page faults included
 *	walk zlib FILE.scap	any file, through zlib as other readers do it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "wire.h"

struct block {
	uint32_t type;
	uint32_t len; /* of all, this header and the four bytes at the end included */
};

#define BLOCK_LEAST (sizeof(struct block) + sizeof(uint32_t))

struct tally {
	uint64_t blocks, events;
	uint64_t sum; /* of what was read, so that nothing can be left out */
};

/* The four forms of event blocks that current writers use, by how far the header lies in. */
static int header_offset(uint32_t type)
{
	switch (type) {
	case 0x216:
	case 0x221:
		return sizeof(uint16_t);
	case 0x217:
	case 0x222:
		return sizeof(uint16_t) + sizeof(uint32_t);
	default:
		return -1;
	}
}

static void count(struct tally *t, struct block b, const uint8_t *body)
{
	int at = header_offset(b.type);
	struct wire_event head;

	t->blocks++;
	if (at < 0 || b.len < BLOCK_LEAST + (unsigned)at + sizeof(head))
		return;
	memcpy(&head, body + at, sizeof(head));
	t->events++;
	t->sum += head.ts ^ head.tid ^ head.type;
}

static bool walk_mapped(const char *path, struct tally *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const uint8_t *p, *end;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return false;
	p = map;
	end = p + st.st_size;
	while ((size_t)(end - p) >= BLOCK_LEAST) {
		struct block b;

		memcpy(&b, p, sizeof(b));
		if (b.len < BLOCK_LEAST || b.len > (size_t)(end - p))
			break;
		count(t, b, p + sizeof(b));
		p += b.len;
	}
	munmap(map, (size_t)st.st_size);
	errno = EBADMSG;
	return p == end;
}

static bool walk_inflated(const char *path, struct tally *t)
{
	gzFile in = gzopen(path, "rb");
	uint8_t *body = NULL;
	struct block b;
	size_t cap = 0;
	int n = 0;

	if (!in)
		return false;
	while ((n = gzread(in, &b, sizeof(b))) == (int)sizeof(b)) {
		if (b.len < BLOCK_LEAST || b.len > 1u << 30)
			break;
		b.len -= (uint32_t)sizeof(b);
		if (b.len > cap) {
			free(body);
			cap = b.len;
			body = malloc(cap);
			if (!body)
				break;
		}
		n = gzread(in, body, b.len);
		if (n != (int)b.len)
			break;
		b.len += (uint32_t)sizeof(b);
		count(t, b, body);
	}
	gzclose(in);
	free(body);
	errno = EBADMSG;
	return n == 0;
}

int main(int argc, char **argv)
{
	struct tally t = { 0 };
	uint64_t ns;
	bool ok;

	if (argc != 3 || (strcmp(argv[1], "mmap") && strcmp(argv[1], "zlib"))) {
		fprintf(stderr, "usage: %s mmap|zlib FILE.scap\n", argv[0]);
		return 2;
	}
	ns = clock_monotonic_ns();
	ok = strcmp(argv[1], "mmap") ? walk_inflated(argv[2], &t) : walk_mapped(argv[2], &t);
	ns = clock_monotonic_ns() - ns;
	if (!ok || !t.events) {
		fprintf(stderr, "%s: %s\n", argv[2],
			t.events || !ok ? strerror(errno) : "no events");
		return 1;
	}
	printf("events %llu ns_per_event %.2f sum %llx\n", (unsigned long long)t.events,
	       (double)ns / (double)t.events, (unsigned long long)t.sum);
	return 0;
}
