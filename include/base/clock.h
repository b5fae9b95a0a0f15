/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Time in nanoseconds, and the ways Falco writes it. */

#include "base/buf.h"

#define NS_PER_S UINT64_C(1000000000)

uint64_t clock_monotonic_ns(void);
uint64_t clock_realtime_ns(void);

/* "2016-08-04T16:17:56.123456789+0000" when offset is "+0000", "...Z" when it is "Z". UTC. */
void clock_iso8601(struct buf *out, uint64_t ns, const char *offset);
/*
 * Local time by the process's time zone, "16:17:56.123456789", with the date before it
 * ("2016-08-04 ") and without the fraction where asked. The offset in force NOW is used for
 * every time, as Falco does (spec/fields_notes.md), so one run never mixes two offsets.
 */
void clock_local(struct buf *out, uint64_t ns, bool with_date, bool with_fraction);
/* "+0200": the offset clock_local uses. */
void clock_local_offset(struct buf *out);

#endif
