/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdio.h>

#include "engine/needs.h"

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

/* One event type stands for all system calls without one of their own. */
static bool is_call_without_event(unsigned type, struct str name)
{
	const int code = syscall_from_name(name);

	return (type == EVENT_GENERIC_E || type == EVENT_GENERIC_X) && code >= 0 &&
	       syscall_info((unsigned)code)->exit_event == EVENT_GENERIC_X;
}

struct listing {
	const struct event_info *info;
	struct str text; /* empty: no program */
	bool printed;
};

/* One head for all versions of an event that came down to the same program. */
static void put_listing(struct buf *out, struct listing *all, unsigned type)
{
	const struct listing *first = &all[type];

	buf_printf(out, "%.*s (%u", STR_ARG(first->info->name), type);
	for (unsigned t = type + 1; t < EVENT_FILE_TYPES; t++)
		if (str_eq(all[t].text, first->text) &&
		    str_eq(all[t].info->name, first->info->name)) {
			buf_printf(out, ", %u", t);
			all[t].printed = true;
		}
	buf_str(out, STR("):\n"));
	buf_str(out, first->text);
	buf_char(out, '\n');
}

/* The programs that the rules became, by the name and numbers of their event types. */
static void put_programs(struct buf *out, struct arena *arena, const struct ruleset *r,
			 const char *wanted)
{
	struct listing *all = arena_array(arena, EVENT_FILE_TYPES, sizeof(*all));
	struct buf text = { 0 };

	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++) {
		all[t].info = event_info(t);
		if (wanted && !str_eq(all[t].info->name, str_from(wanted)) &&
		    !is_call_without_event(t, str_from(wanted)))
			continue;
		buf_reset(&text);
		programs_disassemble(&text, r->programs, t);
		all[t].text = arena_str(arena, buf_view(&text));
	}
	buf_fini(&text);
	for (unsigned t = 0; t < EVENT_FILE_TYPES; t++)
		if (all[t].text.len && !all[t].printed)
			put_listing(out, all, t);
}

static int disassemble(const struct setup *s)
{
	const char *wanted = flag_value(s->flags, FLAG_EVENT_TYPE);
	struct ruleset *r;
	struct buf out = { 0 };

	if (wanted && !event_name_exists(str_from(wanted))) {
		complain("there is no event type '%s'; besra --list-events lists them", wanted);
		return EXIT_FAILED;
	}
	r = load_rule_set(s);
	if (!r)
		return EXIT_FAILED;
	put_programs(&out, s->arena, r, wanted);
	needs_print_pushed(&out, r, str_from(wanted));
	if (!out.len)
		complain("no rule is tried on such events");
	ruleset_free(r);
	return finish_with(&out);
}

int describe_rules(const struct setup *s)
{
	const char *name = flag_value(s->flags, FLAG_DESCRIBE);
	struct buf out = { 0 };
	struct ruleset *r;
	bool known = !name;

	if (flag_given(s->flags, FLAG_DISASSEMBLE))
		return disassemble(s);
	r = load_rule_set(s);
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
