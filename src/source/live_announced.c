/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Threads that ended before they could be listed, as they told of themselves meanwhile (see
 * bpf/tp/announce.bpf.c). What they told is part of the list: it comes at its end, before any
 * event. Who is listed is not told a second time.
 */

#include "live.h"

#include "base/clock.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#define ANNOUNCED_BYTES (UINT32_C(1) << 20)

int announced_init(struct announced *a, struct kernel_side *kernel, bool with_env, struct err *err)
{
	const uint32_t at = WIRE_RING_ANNOUNCED;
	int n = ring_create(&a->ring, ANNOUNCED_BYTES, err);

	a->kernel = kernel;
	if (n < 0)
		return n;
	if (bpf_map_update_elem(kernel->rings_fd, &at, &a->ring.fd, BPF_ANY) < 0)
		return err_set(err, -errno, "hand a ring buffer to the kernel: %s",
			       strerror(errno));
	kernel->needs->announce_env = with_env;
	kernel->needs->announce = UINT64_MAX;
	return 0;
}

void announced_born_before_now(struct announced *a)
{
	if (a->kernel->needs->announce)
		a->kernel->needs->announce = kernel_now_ns(a->kernel) - a->kernel->boot_epoch_ns;
}

static bool is_told(const struct announced *a, int64_t tid)
{
	return idmap_get(&a->told, (uint64_t)tid);
}

void announced_note(struct announced *a, const struct raw *raw)
{
	struct wire_event ev;

	memcpy(&ev, raw->bytes, sizeof(ev));
	if (ev.type == EVENT_PROC_ENTRY)
		idmap_put(&a->told, ev.tid, a);
}

bool announced_next(struct announced *a, struct raw *raw)
{
	const uint8_t *record;
	struct wire_event ev;
	uint32_t len;

	a->kernel->needs->announce = 0;
	kernel_detach_announcing(a->kernel);
	for (;;) {
		ring_release(&a->ring);
		if (!ring_peek(&a->ring, &record, &len))
			return false;
		ring_take(&a->ring, len);
		*raw = (struct raw){
			.bytes = record + sizeof(struct wire_prefix),
			.len = len - (uint32_t)sizeof(struct wire_prefix),
			.flags = WIRE_SYNTHETIC,
		};
		memcpy(&ev, raw->bytes, sizeof(ev));
		if (!is_told(a, (int64_t)ev.tid)) {
			announced_note(a, raw);
			return true;
		}
	}
}

void announced_fini(struct announced *a)
{
	const uint32_t at = WIRE_RING_ANNOUNCED;

	idmap_fini(&a->told);
	if (a->ring.fd < 0)
		return;
	bpf_map_delete_elem(a->kernel->rings_fd, &at);
	ring_close(&a->ring);
}
