/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* What the rule author's subcommands have in common. */

bool setup_for_tool(struct setup *s, const char *const *options, size_t noptions,
		    const char *const *paths, size_t npaths)
{
	struct diags d = { .arena = s->arena };
	struct err err = { 0 };

	/* No file of the machine's: the result depends on nothing but the command line. */
	if (config_load(NULL, options, noptions, &s->config, &d, &err) != 0) {
		print_diags(&d, true);
		if (!d.errors)
			complain("%s", err.text);
		return false;
	}
	if (!setup_rules(&s->config, &s->rules, &d)) {
		print_diags(&d, true);
		return false;
	}
	s->rules.container_info = STR("%container.name (id=%container.id)");
	for (size_t i = 0; i < npaths; i++)
		if (!add_rule_path(s, paths[i]))
			return false;
	if (!s->nrule_paths)
		complain("no rules files");
	return s->nrule_paths;
}

struct ruleset *load_quietly(const struct setup *s)
{
	struct ruleset *r = ruleset_load(s->rule_paths, s->nrule_paths, &s->rules);

	if (r->ok)
		return r;
	for (size_t i = 0; i < r->nresults; i++)
		print_diags(&r->results[i].diags, false);
	complain("the rules cannot be used");
	ruleset_free(r);
	return NULL;
}
