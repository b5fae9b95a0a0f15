/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * "1.2.3"; what follows the third number ("-rc1", "+b5", ".1") does not count, and blanks in
 * front of the text are no part of it.
 */
bool version_parse(struct str text, struct version *out)
{
	uint32_t part[3];
	size_t at = 0;

	while (at < text.len && (text.p[at] == ' ' || text.p[at] == '\t'))
		at++;
	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		uint64_t value = 0;
		size_t digits = 0;

		if (i && (at >= text.len || text.p[at++] != '.'))
			return false;
		for (; at < text.len && text.p[at] >= '0' && text.p[at] <= '9'; at++, digits++)
			if ((value = value * 10 + (uint64_t)(text.p[at] - '0')) > UINT32_MAX)
				return false;
		if (!digits)
			return false;
		part[i] = (uint32_t)value;
	}
	*out = (struct version){ part[0], part[1], part[2] };
	return true;
}

int version_cmp(struct version a, struct version b)
{
	if (a.major != b.major)
		return a.major < b.major ? -1 : 1;
	if (a.minor != b.minor)
		return a.minor < b.minor ? -1 : 1;
	return a.patch < b.patch ? -1 : a.patch > b.patch;
}

bool version_compatible(struct version offered, struct version required)
{
	return offered.major == required.major && version_cmp(offered, required) >= 0;
}

bool whole_number(struct str s, uint32_t *out)
{
	unsigned base = 10;
	uint64_t v = 0;
	size_t at = 0;

	if (s.len && s.p[0] == '+')
		at++;
	if (str_starts_with(str_from_index(s, at), STR("0x"))) {
		base = 16;
		at += 2;
	} else if (s.len > at + 1 && s.p[at] == '0') {
		base = 8;
		at++;
	}
	if (at == s.len)
		return false;
	for (; at < s.len; at++) {
		char c = s.p[at];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
							: 16;

		if (digit >= base || v > UINT32_MAX)
			return false;
		v = v * base + digit;
	}
	*out = (uint32_t)v;
	return v <= UINT32_MAX;
}
