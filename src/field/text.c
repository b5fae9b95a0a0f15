/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

#define FIRST_CAP 128

size_t text_grow(struct text *t, size_t len)
{
	size_t cap;
	char *grown;

	if (len > TEXT_MAX - t->len)
		len = TEXT_MAX - t->len;
	if (len <= t->cap - t->len)
		return len;
	cap = t->cap ? t->cap : FIRST_CAP;
	while (cap - t->len < len)
		cap *= 2;
	grown = arena_bytes(t->arena, cap);
	if (t->len)
		memcpy(grown, t->p, t->len);
	t->p = grown;
	t->cap = cap;
	return len;
}

void text_u64(struct text *t, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	text_str(t, str_of(digits + at, sizeof(digits) - at));
}

void text_i64(struct text *t, int64_t v)
{
	if (v < 0)
		text_char(t, '-');
	text_u64(t, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void text_printf(struct text *t, const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > 0)
		text_str(t, str_of(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1));
}

void text_ip(struct text *t, const uint8_t *bytes, size_t len)
{
	char address[INET6_ADDRSTRLEN];

	if (inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, address, sizeof(address)))
		text_str(t, str_from(address));
}

static bool is_internet_socket(enum fd_type type)
{
	return type == FD_IPV4_SOCK || type == FD_IPV6_SOCK || type == FD_IPV4_SERVSOCK ||
	       type == FD_IPV6_SERVSOCK;
}

void text_fd_letters(struct text *t, const struct fd *fd)
{
	char protocol = 0;

	text_char(t, fd_type_letter((enum fd_type)fd->type));
	if (is_internet_socket((enum fd_type)fd->type))
		protocol = l4_letter(fd_l4proto(fd));
	if (protocol)
		text_char(t, protocol);
}
