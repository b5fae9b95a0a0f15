/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/buf.h"
#include "schema/event.h"
#include "source/source.h"

/* What every capture begins with, so that the fuzzer need not find it. */
static const uint8_t section[] = {
	0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
	2,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0, 0,
};

/* Touches every byte an accessor gives out. */
static uint64_t read_event(const struct raw *raw)
{
	struct event ev;
	uint64_t sum = raw->flags;
	struct str text;
	int64_t v;

	if (event_open(&ev, raw) < 0)
		return 0;
	for (unsigned i = 0; i < ev.nparams; i++) {
		sum += str_hash(event_param(&ev, i));
		if (event_text(&ev, i, &text))
			sum += text.len;
		if (event_int(&ev, i, &v))
			sum += (uint64_t)v;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file as it is when it begins like one, plain or gzip; otherwise blocks for one section. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool whole = size && (data[0] == section[0] || data[0] == 0x1f);
	size_t head = whole ? 0 : sizeof(section);
	uint8_t *bytes = malloc(head + size + 1);
	volatile uint64_t sum = 0;
	struct source *s;
	struct raw raw;

	if (!bytes)
		return 0;
	memcpy(bytes, section, head);
	if (size)
		memcpy(bytes + head, data, size);
	s = source_open_memory(bytes, head + size, NULL);
	while (s && source_next(s, &raw, NULL) > 0)
		sum += read_event(&raw);
	(void)sum;
	source_close(s);
	free(bytes);
	return 0;
}
