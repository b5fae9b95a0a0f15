/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* What stands at the start of some bytes. */
struct utf8 {
	size_t len;    /* bytes; where `whole` is false those that could have begun a character */
	uint32_t code; /* meaningless where `whole` is false */
	bool whole;
};

/* left is at least 1, and so is the length of the result. */
struct utf8 utf8_at(const uint8_t *p, size_t left);

#endif
