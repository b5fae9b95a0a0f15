/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

void source_close(struct source *s)
{
	if (s)
		s->close(s);
}

int source_next(struct source *s, struct raw *raw, struct err *err)
{
	return s->next(s, raw, err);
}

enum look_up source_look_up(struct source *s, int64_t tid)
{
	return s->look_up ? s->look_up(s, tid) : LOOK_UP_NOBODY;
}

bool source_can_look_up(const struct source *s)
{
	return s->look_up;
}

bool source_is_gone(struct source *s, int64_t tid)
{
	return s->is_gone && s->is_gone(s, tid);
}

const struct source_stats *source_stats(const struct source *s)
{
	return &s->stats;
}
