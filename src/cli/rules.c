/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdio.h>

struct ruleset *load_rule_set(const struct setup *s)
{
	struct ruleset *r;

	if (!s->nrule_paths) {
		complain("no rules: name a file or directory with -r, or in rules_files of the "
			 "configuration");
		return NULL;
	}
	r = ruleset_load(s->rule_paths, s->nrule_paths, &s->rules);
	for (size_t i = 0; i < r->nresults; i++)
		print_diags(&r->results[i].diags, true);
	if (r->ok)
		return r;
	complain("the rules cannot be used");
	ruleset_free(r);
	return NULL;
}

/* -V: the files' verdicts on standard output; what is wrong with them, in text mode, on error. */
int validate_rules(const struct setup *s)
{
	const struct flag_values *files = &s->flags->values[FLAG_VALIDATE];
	struct ruleset *r = ruleset_load(files->items, files->n, &s->rules);
	struct buf out = { 0 };
	bool ok = r->ok;
	int status;

	if (!s->config.json_output)
		for (size_t i = 0; i < r->nresults; i++)
			print_diags(&r->results[i].diags, true);
	ruleset_results(&out, r, s->config.json_output, flag_given(s->flags, FLAG_VERBOSE));
	status = finish_with(&out);
	ruleset_free(r);
	return ok ? status : EXIT_FAILED;
}

int describe_rules(const struct setup *s)
{
	const char *name = flag_value(s->flags, FLAG_DESCRIBE);
	struct ruleset *r = load_rule_set(s);
	struct buf out = { 0 };
	bool known = !name;

	if (!r)
		return EXIT_FAILED;
	for (size_t i = 0; i < r->nrules && name; i++)
		known |= str_eq(r->rules[i].name, str_from(name));
	if (!known) {
		complain("there is no rule '%s'", name);
		ruleset_free(r);
		return EXIT_FAILED;
	}
	ruleset_describe(&out, r, str_from(name), s->config.json_output);
	ruleset_free(r);
	return finish_with(&out);
}
