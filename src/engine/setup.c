/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/setup.h"

static struct rule_selector *selectors(const struct config_selectors *from, struct arena *a)
{
	struct rule_selector *to = arena_array(a, from->n, sizeof(*to));

	for (size_t i = 0; i < from->n; i++)
		to[i] = (struct rule_selector){ .enable = from->items[i].enable,
						.rule = from->items[i].rule,
						.tag = from->items[i].tag };
	return to;
}

static struct append_output *appends(const struct config_appends *from, struct arena *a)
{
	struct append_output *to = arena_array(a, from->n, sizeof(*to));

	for (size_t i = 0; i < from->n; i++) {
		const struct config_append *c = &from->items[i];

		to[i] = (struct append_output){
			.match_source = c->match_source,
			.match_rule = c->match_rule,
			.match_tags = c->match_tags.items,
			.nmatch_tags = c->match_tags.n,
			.extra_output = c->extra_output,
			.extra_names = c->extra_names.items,
			.extra_formats = c->extra_formats.items,
			.nextra = c->extra_names.n,
			.suggested = c->suggested,
		};
	}
	return to;
}

/* The file named by measured_order, when there is one. */
static bool setup_measures(const struct config *config, struct rule_options *out, struct diags *d)
{
	struct measures *m;

	if (!config->measured_order.len)
		return true;
	m = ARENA_NEW(d->arena, struct measures);
	out->measures = m;
	if (measures_read(d->arena, arena_str(d->arena, config->measured_order).p, d, m))
		return true;
	config_complain(config, OPTION_measured_order, d, "the file cannot be used");
	return false;
}

bool setup_rules(const struct config *config, struct rule_options *out, struct diags *d)
{
	struct rule_options o = {
		.selectors = selectors(&config->rules, d->arena),
		.nselectors = config->rules.n,
		.appends = appends(&config->append_output, d->arena),
		.nappends = config->append_output.n,
		.matching = str_ieq(config->rule_matching, STR("all")) ? MATCH_ALL : MATCH_FIRST,
		.statics = { .keys = config->static_fields.keys,
			     .values = config->static_fields.values,
			     .n = config->static_fields.n },
	};

	if (!priority_parse(config->priority, &o.threshold)) {
		config_complain(config, OPTION_priority, d, "this is no priority");
		return false;
	}
	if (!setup_measures(config, &o, d))
		return false;
	*out = o;
	return true;
}

struct alert_options setup_alerts(const struct config *config)
{
	return (struct alert_options){
		.json = config->json_output,
		.iso8601 = config->time_format_iso_8601,
		.include_output = config->json_include_output_property,
		.include_tags = config->json_include_tags_property,
		.include_message = config->json_include_message_property,
		.include_fields = config->json_include_output_fields_property,
		.buffers_base64 = config->buffer_format_base64,
	};
}

struct state_limits setup_limits(const struct config *config, bool live)
{
	size_t mib = live ? SETUP_LIVE_MIB : SETUP_REPLAY_MIB;

	if (config->memory_budget)
		mib = (size_t)config->memory_budget;
	return (struct state_limits){ .threads = (uint32_t)config->thread_table_size,
				      .memory = mib << 20 };
}
