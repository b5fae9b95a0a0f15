/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "base/clock.h"
#include "internal.h"

/* The longest is "2016-08-04 16:17:56.123456789". */
#define TIME_TEXT_MAX 64

bool get_evt_time(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	uint32_t what = field_arg_of(ref);
	struct buf b = { .p = arena_bytes(ctx->scratch, TIME_TEXT_MAX),
			 .cap = TIME_TEXT_MAX,
			 .max = TIME_TEXT_MAX };

	if (what & TIME_UTC)
		clock_iso8601(&b, ctx->ev->ts, "+0000");
	else
		clock_local(&b, ctx->ev->ts, what & TIME_DATE, what & TIME_FRACTION);
	return val_text(out, buf_view(&b));
}

static bool part_of(uint64_t ns, uint32_t part, struct val *out)
{
	if (part == PART_SECONDS)
		ns /= NS_PER_S;
	else if (part == PART_REMAINDER)
		ns %= NS_PER_S;
	return val_uint(out, ns);
}

bool get_evt_rawtime(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	return part_of(ctx->ev->ts, field_arg_of(ref), out);
}

bool get_evt_reltime(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	return part_of(ctx->ev->ts - ctx->first_ts, field_arg_of(ref), out);
}

/* Since the event before on which somebody asked; 0 for the first. */
bool get_evt_deltatime(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	struct field_history *history = ctx->history;
	const struct event *ev = ctx->ev;

	if (!history)
		return val_uint(out, 0);
	if (history->num != ev->num) {
		history->before_ts = history->num ? history->ts : ev->ts;
		history->ts = ev->ts;
		history->num = ev->num;
	}
	return part_of(history->ts > history->before_ts ? history->ts - history->before_ts : 0,
		       field_arg_of(ref), out);
}

/* How often it was asked, on any event. */
bool get_util_cnt(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	return val_uint(out, ctx->history ? ++ctx->history->asked : 1);
}

/* Enter events are gone, and with them every latency. */
bool get_evt_no_latency(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	(void)ref;
	(void)ctx;
	return val_uint(out, 0);
}

bool get_evt_latency_human(const struct field_ref *ref, const struct field_ctx *ctx,
			   struct val *out)
{
	(void)ref;
	(void)ctx;
	return val_text(out, STR("0ns"));
}

/* evt.around[T]: how far the event is from T, in ns; `= D` asks for at most D milliseconds. */
bool get_evt_around(const struct field_ref *ref, const struct field_ctx *ctx, struct val *out)
{
	uint64_t ts = ctx->ev->ts, around;

	if (!str_to_u64(ref->key, &around))
		return false;
	return val_uint(out, ts > around ? ts - around : around - ts);
}
