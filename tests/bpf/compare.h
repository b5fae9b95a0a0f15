/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BPF_COMPARE_H
#define TESTS_BPF_COMPARE_H

#include "base/buf.h"
#include "stage.h"

/* Every event recorded, in the order of the source. */
struct recording {
	struct buf bytes; /* the events' own, one after the other */
	struct recorded {
		size_t at;
		uint32_t len;
		uint16_t flags;
		int64_t tid;
	} * events;
	size_t n, room;
};

void recording_add(struct recording *r, const struct event *ev);
void recording_free(struct recording *r);

/* Whether the row's events say what they must; otherwise why not is printed. */
bool row_holds(const struct row *row, const struct stage *s, const struct recording *r);
/* The same for the extension of its first event. */
bool row_extension_holds(const struct row *row, const struct stage *s, const struct recording *r);

#endif
