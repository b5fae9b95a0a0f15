/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* What may follow a first byte: how many bytes, and the range of the first of them. */
static bool lead_of(uint8_t c, unsigned *more, uint8_t *low, uint8_t *high)
{
	*low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	*high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	*more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
	return c >= 0xC2 && c <= 0xF4;
}

struct utf8 utf8_at(const uint8_t *p, size_t left)
{
	uint8_t low, high;
	unsigned more;
	uint32_t c;

	if (p[0] < 0x80)
		return (struct utf8){ 1, p[0], true };
	if (!lead_of(p[0], &more, &low, &high))
		return (struct utf8){ 1, 0, false };
	c = p[0] & (0x3Fu >> more);
	for (unsigned i = 1; i <= more; i++) {
		if (i >= left || p[i] < low || p[i] > high)
			return (struct utf8){ i, 0, false };
		c = c << 6 | (p[i] & 0x3F);
		low = 0x80;
		high = 0xBF;
	}
	return (struct utf8){ more + 1, c, true };
}
