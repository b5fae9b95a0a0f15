/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

uint64_t clock_realtime_ns(void)
{
	return now_ns(CLOCK_REALTIME);
}

static void date(struct buf *out, const struct tm *tm, char between)
{
	buf_printf(out, "%04d-%02d-%02d%c", tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday,
		   between);
}

static void time_of_day(struct buf *out, const struct tm *tm)
{
	buf_printf(out, "%02d:%02d:%02d", tm->tm_hour, tm->tm_min, tm->tm_sec);
}

void clock_iso8601(struct buf *out, uint64_t ns, const char *offset)
{
	time_t s = (time_t)(ns / NS_PER_S);
	struct tm tm;

	gmtime_r(&s, &tm);
	date(out, &tm, 'T');
	time_of_day(out, &tm);
	buf_printf(out, ".%09" PRIu64 "%s", ns % NS_PER_S, offset);
}

static long offset_now(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return tm.tm_gmtoff;
}

void clock_local(struct buf *out, uint64_t ns, bool with_date, bool with_fraction)
{
	time_t s = (time_t)(ns / NS_PER_S) + offset_now();
	struct tm tm;

	gmtime_r(&s, &tm);
	if (with_date)
		date(out, &tm, ' ');
	time_of_day(out, &tm);
	if (with_fraction)
		buf_printf(out, ".%09" PRIu64, ns % NS_PER_S);
}

void clock_local_offset(struct buf *out)
{
	long minutes = offset_now() / 60;

	buf_printf(out, "%c%02ld%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60,
		   labs(minutes) % 60);
}
