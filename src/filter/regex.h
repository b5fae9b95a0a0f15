/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_REGEX_H
#define FILTER_REGEX_H

/* RE2 in POSIX syntax behind C functions: linear time whatever the text. */

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct regex;

/* NULL when the pattern is wrong; `why` then says how. */
struct regex *regex_new(const char *pattern, size_t len, char *why, size_t why_size);
void regex_free(struct regex *r);
/* The whole of `text`, which must be UTF-8. Safe from several threads. */
bool regex_matches(const struct regex *r, const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
