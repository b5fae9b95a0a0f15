/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <unistd.h>

#define CONFIG_OWN   "/etc/besra/besra.yaml"
#define CONFIG_FALCO "/etc/falco/falco.yaml"

static const char *find_config(const struct flags *f)
{
	if (flag_given(f, FLAG_CONFIG))
		return flag_value(f, FLAG_CONFIG);
	if (access(CONFIG_OWN, R_OK) == 0)
		return CONFIG_OWN;
	return access(CONFIG_FALCO, R_OK) == 0 ? CONFIG_FALCO : NULL;
}

/* -e FILE is engine.kind=replay with that file, stronger than both the file and -o. */
static void use_trace(struct setup *s)
{
	const char *path = flag_value(s->flags, FLAG_EVENTS);

	if (!path)
		return;
	s->config.engine_kind = STR("replay");
	s->config.capture_file = str_from(path);
}

bool setup_configuration(struct setup *s, const struct flags *f)
{
	const struct flag_values *o = &f->values[FLAG_OPTION];
	struct diags d = { .arena = s->arena };
	struct err err;
	int n;

	s->flags = f;
	s->config_path = find_config(f);
	n = config_load(s->config_path, o->items, o->n, &s->config, &d, &err);
	print_diags(&d, true);
	if (n < 0 && !d.errors)
		complain("%s", err.text);
	use_trace(s);
	return n == 0;
}

static struct rule_selector *add_selector(struct rule_options *o, struct arena *a)
{
	struct rule_selector *grown = arena_array(a, o->nselectors + 1, sizeof(*grown));

	if (o->nselectors)
		memcpy(grown, o->selectors, o->nselectors * sizeof(*grown));
	o->selectors = grown;
	return &grown[o->nselectors++];
}

/* -D TEXT and -T TAG disable, -t TAG enables nothing but its rules: after the configuration's. */
static bool select_rules(struct setup *s)
{
	const struct flag_values *only = &s->flags->values[FLAG_TAG];
	const struct flag_values *no_tag = &s->flags->values[FLAG_NO_TAG];
	const struct flag_values *no_rule = &s->flags->values[FLAG_NO_RULE];

	if (only->n && (no_tag->n || no_rule->n)) {
		complain("-t cannot be given together with -T or -D");
		return false;
	}
	for (size_t i = 0; i < no_rule->n; i++)
		*add_selector(&s->rules, s->arena) = (struct rule_selector){
			.rule = arena_printf(s->arena, "*%s*", no_rule->items[i]),
		};
	for (size_t i = 0; i < no_tag->n; i++)
		*add_selector(&s->rules, s->arena) =
			(struct rule_selector){ .tag = str_from(no_tag->items[i]) };
	if (only->n)
		*add_selector(&s->rules, s->arena) = (struct rule_selector){ .rule = STR("*") };
	for (size_t i = 0; i < only->n; i++)
		*add_selector(&s->rules, s->arena) = (struct rule_selector){
			.enable = true,
			.tag = str_from(only->items[i]),
		};
	return true;
}

#define INFO_CONTAINER                                                                             \
	"container_id=%container.id container_name=%container.name "                               \
	"container_image_repository=%container.image.repository "                                  \
	"container_image_tag=%container.image.tag"

/* What -p may say instead of a format, and what that stands for. */
static const struct {
	const char *word;
	const char *format;
} print_words[] = {
	{ "c", INFO_CONTAINER },
	{ "container", INFO_CONTAINER },
	{ "k", INFO_CONTAINER " k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name" },
	{ "kubernetes", INFO_CONTAINER " k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name" },
	{ "m", "container_id=%container.id" },
	{ "mesos", "container_id=%container.id" },
};

/*
 * -p adds to every output. What -pc, -pk and -pm stand for takes the place of %container.info in
 * outputs that have it; without them that is the container's name and id.
 */
static void print_more(struct setup *s)
{
	const char *format = flag_value(s->flags, FLAG_PRINT);
	struct append_output *grown;

	s->rules.container_info = STR("%container.name (id=%container.id)");
	if (!format)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(print_words); i++)
		if (strcmp(format, print_words[i].word) == 0) {
			format = print_words[i].format;
			s->rules.container_info = str_from(format);
			break;
		}
	grown = arena_array(s->arena, s->rules.nappends + 1, sizeof(*grown));
	if (s->rules.nappends)
		memcpy(grown, s->rules.appends, s->rules.nappends * sizeof(*grown));
	grown[s->rules.nappends++] = (struct append_output){
		.extra_output = str_from(format),
		.unless_container_info = str_eq(s->rules.container_info, str_from(format)),
	};
	s->rules.appends = grown;
}

bool add_rule_path(struct setup *s, const char *path)
{
	const char **files, **grown;
	struct err err;
	size_t n;

	if (rule_files(s->arena, path, &files, &n, &err) < 0) {
		complain("%s", err.text);
		return false;
	}
	if (!n)
		complain("warning: %s: no rules files, whose names end in .yaml or .yml", path);
	grown = arena_array(s->arena, s->nrule_paths + n, sizeof(*grown));
	if (s->nrule_paths)
		memcpy(grown, s->rule_paths, s->nrule_paths * sizeof(*grown));
	if (n)
		memcpy(grown + s->nrule_paths, files, n * sizeof(*grown));
	s->rule_paths = grown;
	s->nrule_paths += n;
	return true;
}

/* What is named on the command line must exist; Falco's own configuration names optional files. */
static bool find_rules(struct setup *s)
{
	const struct flag_values *r = &s->flags->values[FLAG_RULES];
	const struct str_list *listed = &s->config.rules_files;

	for (size_t i = 0; i < r->n; i++)
		if (!add_rule_path(s, r->items[i]))
			return false;
	for (size_t i = 0; !r->n && i < listed->n; i++) {
		const char *path = arena_str(s->arena, listed->items[i]).p;

		if (access(path, F_OK) < 0)
			complain("warning: rules_files: %s does not exist", path);
		else if (!add_rule_path(s, path))
			return false;
	}
	return true;
}

bool setup_rule_set(struct setup *s)
{
	struct diags d = { .arena = s->arena };

	if (!setup_rules(&s->config, &s->rules, &d)) {
		print_diags(&d, true);
		return false;
	}
	print_more(s);
	return select_rules(s) && find_rules(s);
}
