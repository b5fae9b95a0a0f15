/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_RULE_SUPPORT_H
#define TEST_RULE_SUPPORT_H

#include "rule/rule.h"

/* Rules from text, with all options at their defaults. */
struct ruleset *load_rules(const char *text);
struct ruleset *load_with(const char *text, const struct rule_options *options);
/* The same, failing the test with the diagnostics when they do not load. */
struct ruleset *load_good(const char *text);

const struct rule *rule_named(const struct ruleset *set, const char *name);
/* Codes of all diagnostics of file i, errors and warnings as found: "A B C". */
void check_codes(const struct ruleset *set, size_t i, const char *codes);
void check_str(struct str have, const char *want);

#endif
