/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/flags.h"
#include "schema/schema.h"

#define NAME(text)                                                                                 \
	{                                                                                          \
		(text), sizeof(text) - 1                                                           \
	}

static const struct str errno_names[] = {
#define ERRNO(code, name) [code] = NAME(name),
#include "tables/errno.def"
#undef ERRNO
};

static const struct str signal_names[] = {
#define SIGNAL(number, name) [number] = NAME(name),
#include "tables/signals.def"
#undef SIGNAL
};

static const struct str capability_names[CAPABILITIES] = {
#define CAPABILITY(bit, name) [bit] = NAME(name),
#include "tables/capabilities.def"
#undef CAPABILITY
};

static const struct {
	struct str name;
	char letter;
} l4_protocols[L4_PROTOCOLS] = {
#define L4(number, id, word, mark) [number] = { .name = NAME(word), .letter = (mark) },
#include "tables/l4_protocols.def"
#undef L4
};

struct str errno_name(uint64_t code)
{
	return code < ARRAY_SIZE(errno_names) ? errno_names[code] : (struct str){ NULL, 0 };
}

struct str signal_name(unsigned number)
{
	return number < ARRAY_SIZE(signal_names) ? signal_names[number] : (struct str){ NULL, 0 };
}

struct str capability_name(unsigned bit)
{
	return bit < CAPABILITIES ? capability_names[bit] : (struct str){ NULL, 0 };
}

struct str l4_name(unsigned protocol)
{
	if (l4_letter(protocol) == 0)
		return (struct str){ NULL, 0 };
	return l4_protocols[protocol].name;
}

char l4_letter(unsigned protocol)
{
	return protocol < L4_PROTOCOLS ? l4_protocols[protocol].letter : 0;
}
