/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct ruleset *load_with(const char *text, const struct rule_options *options)
{
	const struct rule_text file = { "t.yaml", str_from(text) };

	return ruleset_parse(&file, 1, options);
}

struct ruleset *load_rules(const char *text)
{
	const struct rule_options options = { .threshold = PRIORITY_DEBUG };

	return load_with(text, &options);
}

struct ruleset *load_good(const char *text)
{
	struct ruleset *set = load_rules(text);
	struct buf out = { 0 };

	if (!set->ok) {
		ruleset_results(&out, set, false, true);
		buf_char(&out, '\0');
		fail_msg("%s", out.p);
	}
	return set;
}

const struct rule *rule_named(const struct ruleset *set, const char *name)
{
	for (size_t i = 0; i < set->nrules; i++)
		if (str_eq(set->rules[i].name, str_from(name)))
			return &set->rules[i];
	fail_msg("no rule '%s'", name);
	return NULL;
}

void check_codes(const struct ruleset *set, size_t i, const char *codes)
{
	const struct diags *d = &set->results[i].diags;
	struct buf have = { 0 };

	for (size_t k = 0; k < d->list.n; k++)
		buf_printf(&have, "%s%s", k ? " " : "", load_code_name(d->list.items[k].code));
	buf_char(&have, '\0');
	assert_string_equal(have.p, codes);
	buf_fini(&have);
}

void check_str(struct str have, const char *want)
{
	struct buf text = { 0 };

	buf_str(&text, have);
	buf_char(&text, '\0');
	assert_string_equal(text.p, want);
	buf_fini(&text);
}
