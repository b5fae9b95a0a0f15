/* SPDX-License-Identifier: Apache-2.0 */
#include "rule/inspect.h"

#include "internal.h"

static struct macro_place place_of(const struct macro_info *m)
{
	return (struct macro_place){
		.name = m->name,
		.at = m->ctx->span,
		.condition = m->cond_ctx->span,
		.ast = m->ast,
		.used = m->used,
	};
}

bool ruleset_macro(const struct ruleset *r, struct str name, struct macro_place *out)
{
	const struct macro_info *m = find_macro(r->store, name);

	if (m)
		*out = place_of(m);
	return m;
}

size_t ruleset_macros(const struct ruleset *r)
{
	return r->store->macros.n;
}

struct macro_place ruleset_macro_at(const struct ruleset *r, size_t i)
{
	return place_of(r->store->macros.items[i]);
}

size_t ruleset_lists(const struct ruleset *r)
{
	return r->store->lists.n;
}

struct list_place ruleset_list_at(const struct ruleset *r, size_t i)
{
	const struct list_info *l = r->store->lists.items[i];

	return (struct list_place){
		.name = l->name,
		.at = l->ctx->span,
		.items = l->items.items,
		.nitems = l->items.n,
		.used = l->used,
	};
}

bool ruleset_is_list(const struct ruleset *r, struct str name)
{
	return find_list(r->store, name);
}

struct rule_place ruleset_rule_place(const struct ruleset *r, size_t i)
{
	const struct rule_info *info = r->store->rules.items[i];

	return (struct rule_place){
		.at = info->ctx->span,
		.condition = info->cond_ctx->span,
		.warn_evttypes = info->warn_evttypes,
	};
}
