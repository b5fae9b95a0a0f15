/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Validates the rules files named on the command line, in that order and by one rule set, and
 * prints the results and, when all is well, the description: two lines of JSON. Used by
 * check_rules_load.
 */

#include "rule/rule.h"

#include <stdio.h>

static const struct rule_options options = {
	.threshold = PRIORITY_DEBUG,
	.matching = MATCH_FIRST,
	.keep_going = true,
};

int main(int argc, char **argv)
{
	struct buf out = { 0 };
	struct ruleset *set =
		ruleset_load((const char *const *)argv + 1, (size_t)(argc - 1), &options);
	bool ok = set->ok;

	ruleset_results(&out, set, true, false);
	if (ok)
		ruleset_describe(&out, set, (struct str){ 0 }, true);
	fwrite(out.p, 1, out.len, stdout);
	buf_fini(&out);
	ruleset_free(set);
	return !ok;
}
