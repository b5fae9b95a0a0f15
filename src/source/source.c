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

const struct source_stats *source_stats(const struct source *s)
{
	return &s->stats;
}
