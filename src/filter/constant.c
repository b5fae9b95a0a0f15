/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include "regex.h"

#include <arpa/inet.h>
#include <netdb.h>

/*
 * Constants are read as Falco reads them: numbers as scanf does (leading blanks, a sign, base
 * ten, saturating at 64 bit, then cut to the field's width), everything else strictly.
 */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The magnitude and sign of a decimal number; the magnitude saturates. */
static bool scan_number(struct str s, bool *negative, uint64_t *out)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < s.len && is_space(s.p[i]))
		i++;
	*negative = i < s.len && s.p[i] == '-';
	if (i < s.len && (s.p[i] == '-' || s.p[i] == '+'))
		i++;
	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			return false;
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
			n = UINT64_MAX;
	}
	*out = n;
	return true;
}

static bool scan_signed(struct str s, int64_t *out)
{
	bool negative;
	uint64_t n;

	if (!scan_number(s, &negative, &n))
		return false;
	if (negative)
		*out = n > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)n;
	else
		*out = n > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)n;
	return true;
}

static bool scan_unsigned(struct str s, uint64_t *out)
{
	bool negative;
	uint64_t n;

	if (!scan_number(s, &negative, &n))
		return false;
	*out = negative && n != UINT64_MAX ? -n : n;
	return true;
}

static const char *parse_signed(enum value_type type, struct str text, struct constant *out)
{
	int64_t n;

	if (!scan_signed(text, &n))
		return "is not a whole number in base ten";
	switch (type_size(type)) {
	case 1:
		n = (int8_t)n;
		break;
	case 2:
		n = (int16_t)n;
		break;
	case 4:
		n = (int32_t)n;
		break;
	default:
		break;
	}
	out->v.i = n;
	return NULL;
}

static const char *parse_unsigned(enum value_type type, struct str text, struct constant *out)
{
	const unsigned size = type_size(type);
	uint64_t n;

	if (!scan_unsigned(text, &n))
		return "is not a whole number in base ten";
	out->v.u = size == 0 || size >= 8 ? n : n & (((uint64_t)1 << (size * 8)) - 1);
	return NULL;
}

/* Digits, a service name, or nothing, which is port 0. */
static const char *parse_port(struct str text, struct constant *out)
{
	struct servent entry, *found = NULL;
	char name[LIMIT_CONST_BYTES + 1], buffer[2048];
	uint64_t n = 0;

	if (text.len == 0 || str_to_u64(text, &n)) {
		out->v.u = n & 0xffff;
		return n > INT32_MAX ? "is not a port" : NULL;
	}
	if (text.len > LIMIT_CONST_BYTES)
		return "is not a port";
	memcpy(name, text.p, text.len);
	name[text.len] = '\0';
	if (getservbyname_r(name, NULL, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return "is neither a port number nor a service that this machine knows";
	out->v.u = ntohs((uint16_t)found->s_port);
	return NULL;
}

static const char *parse_bool(struct str text, struct constant *out)
{
	if (!str_eq(text, STR("true")) && !str_eq(text, STR("false")))
		return "is neither true nor false";
	out->v.u = text.len == 4;
	return NULL;
}

/* A dot makes it IPv4: "::ffff:10.0.0.1" is no address here. */
static bool scan_ip(struct str text, struct ip *out)
{
	const bool v4 = str_chr(text, '.') < text.len;
	char copy[INET6_ADDRSTRLEN + 1];

	if (text.len >= sizeof(copy) || str_chr(text, '\0') < text.len)
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	memset(out, 0, sizeof(*out));
	out->len = v4 ? 4 : 16;
	return inet_pton(v4 ? AF_INET : AF_INET6, copy, out->bytes) == 1;
}

static const char *parse_ip(struct str text, struct constant *out)
{
	return scan_ip(text, &out->v.ip) ? NULL : "is not an IPv4 or IPv6 address";
}

static const char *parse_net(struct str text, struct constant *out)
{
	const size_t slash = str_chr(text, '/');
	struct str length = str_from_index(text, slash + 1);
	uint64_t bits;

	if (slash == text.len)
		return "is not a network: address/length is expected";
	if (!scan_ip(str_of(text.p, slash), &out->v.ip))
		return "does not begin with an IPv4 or IPv6 address";
	if (!str_to_u64(length, &bits) || bits > out->v.ip.len * 8u ||
	    (bits == 0 && out->v.ip.len == 16))
		return out->v.ip.len == 4 ? "has no prefix length from 0 to 32"
					  : "has no prefix length from 1 to 128";
	out->bits = (uint8_t)bits;
	return NULL;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *parse_hex(struct arena *arena, struct str text, struct constant *out)
{
	char *bytes;

	if (text.len % 2)
		return "has an odd number of hex digits";
	bytes = arena_bytes(arena, text.len / 2 + 1);
	for (size_t i = 0; i < text.len; i += 2) {
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);

		if (high < 0 || low < 0)
			return "is not a row of hex digits";
		bytes[i / 2] = (char)(high << 4 | low);
	}
	out->v.s = str_of(bytes, text.len / 2);
	return NULL;
}

static const char *parse_regex(struct arena *arena, struct str text, struct constant *out)
{
	char why[256];

	out->v.s = text;
	out->regex = regex_new(text.p, text.len, why, sizeof(why));
	return out->regex ? NULL
			  : arena_printf(arena, "is not a POSIX regular expression: %s", why).p;
}

static const char *parse_text(struct arena *arena, enum comparison cmp, struct str text,
			      struct constant *out)
{
	if (text.len > LIMIT_CONST_BYTES)
		return "is longer than 255 bytes";
	if (str_chr(text, '\0') < text.len)
		return "holds a NUL byte";
	if (cmp == CMP_BCONTAINS || cmp == CMP_BSTARTSWITH)
		return parse_hex(arena, text, out);
	if (cmp == CMP_REGEX)
		return parse_regex(arena, text, out);
	out->v.s = text;
	return NULL;
}

const char *constant_parse(struct arena *arena, enum value_type type, enum comparison cmp,
			   struct str text, struct constant *out)
{
	const char *fault;

	memset(out, 0, sizeof(*out));
	out->v.type = type;
	switch (class_of(type)) {
	case CLASS_SIGNED:
		return parse_signed(type, text, out);
	case CLASS_UNSIGNED:
		return type == TYPE_PORT ? parse_port(text, out) : parse_unsigned(type, text, out);
	case CLASS_DOUBLE:
		fault = parse_signed(TYPE_INT64, text, out);
		if (!fault)
			out->v.d = (double)out->v.i;
		return fault;
	case CLASS_BOOL:
		return parse_bool(text, out);
	case CLASS_IP:
		return parse_ip(text, out);
	case CLASS_NET:
		return parse_net(text, out);
	case CLASS_TEXT:
	case CLASS_BYTES:
		return parse_text(arena, cmp, text, out);
	case CLASS_OPAQUE:
	case CLASS_LISTS:
		break;
	}
	return "cannot be compared with this field";
}
