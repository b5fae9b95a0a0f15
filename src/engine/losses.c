/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/losses.h"

#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_NS    NS_PER_S
#define ROWS_MAX   4096
#define BLIND_MAX  4096 /* bytes of rule names in an alert */
#define RULE_NAME  "Falco internal: syscall event drop"
#define OTHER_TYPE EVENT_TYPES /* of losses whose event is not known */

enum action { ACT_LOG = 1, ACT_ALERT = 2, ACT_EXIT = 4, ACT_IGNORE = 8 };

struct losses {
	unsigned actions; /* enum action */
	double threshold, rate, burst, tokens;
	bool simulate;
	uint64_t due, filled_at; /* by clock_monotonic_ns */
	uint64_t seen_events;
	struct live_loss rows[ROWS_MAX];
	uint64_t before[WIRE_LOSSES][EVENT_TYPES + 1]; /* as they were at the last look */
	struct live_loss news[ROWS_MAX];
	size_t nnews;
	struct buf text, line;
};

static bool take_action(struct losses *l, const struct config *c, struct str word, struct diags *d)
{
	static const struct {
		struct str word;
		enum action action;
	} words[] = {
		{ { "log", 3 }, ACT_LOG },
		{ { "alert", 5 }, ACT_ALERT },
		{ { "exit", 4 }, ACT_EXIT },
		{ { "ignore", 6 }, ACT_IGNORE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(word, words[i].word)) {
			l->actions |= words[i].action;
			return true;
		}
	config_complain(c, OPTION_drops_actions, d, "an action is log, alert, exit or ignore");
	return false;
}

struct losses *losses_new(const struct config *config, struct diags *d)
{
	struct losses *l = calloc(1, sizeof(*l));
	bool ok = l;

	if (!l)
		return NULL;
	for (size_t i = 0; i < config->drops_actions.n; i++)
		ok = take_action(l, config, config->drops_actions.items[i], d) && ok;
	if (l->actions & ACT_IGNORE && l->actions != ACT_IGNORE) {
		config_complain(config, OPTION_drops_actions, d,
				"`ignore` does not go with other actions");
		ok = false;
	}
	if (!ok) {
		losses_free(l);
		return NULL;
	}
	if (!config->given[OPTION_drops_actions])
		l->actions = ACT_LOG | ACT_ALERT;
	l->threshold = config->drops_threshold;
	l->rate = config->drops_rate;
	l->burst = l->tokens = config->drops_burst;
	l->simulate = config->drops_simulate;
	l->filled_at = clock_monotonic_ns();
	l->due = l->filled_at + LOOK_NS;
	return l;
}

void losses_free(struct losses *l)
{
	if (!l)
		return;
	buf_fini(&l->text);
	buf_fini(&l->line);
	free(l);
}

bool loss_is_of_events(enum wire_loss reason)
{
	return reason == WIRE_LOSS_RING || reason == WIRE_LOSS_SHARE ||
	       reason == WIRE_LOSS_TAIL_CALL || reason == WIRE_LOSS_RECURSION;
}

/* ---- Rules ----------------------------------------------------------------------------------- */

static bool is_blind(const struct rule *r, const struct live_loss *rows, size_t n)
{
	if (!r->in_set)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!loss_is_of_events(rows[i].reason) || !rows[i].count)
			continue;
		if (rows[i].reason == WIRE_LOSS_RECURSION || rows[i].type >= EVENT_TYPES ||
		    event_set_has(&r->types, rows[i].type))
			return true;
	}
	return false;
}

void losses_blind(struct buf *out, const struct ruleset *rules, const struct live_loss *rows,
		  size_t n)
{
	size_t more = 0;
	bool first = true;

	for (size_t i = 0; rules && i < rules->nrules; i++) {
		const struct rule *r = &rules->rules[i];

		if (!is_blind(r, rows, n))
			continue;
		if (out->len + r->name.len > BLIND_MAX) {
			more++;
			continue;
		}
		buf_str(out, first ? STR("") : STR(", "));
		buf_str(out, r->name);
		first = false;
	}
	if (more)
		buf_printf(out, " and %zu more", more);
}

/* ---- A second -------------------------------------------------------------------------------- */

/* What is new since the last look, in l->news; returns how many events that is. */
static uint64_t take_news(struct losses *l, const struct live_loss *rows, size_t n)
{
	static const struct live_loss simulated = { .reason = WIRE_LOSS_RING,
						    .type = EVENT_OPENAT_2_X,
						    .count = 1 };
	uint64_t now[WIRE_LOSSES][EVENT_TYPES + 1] = { 0 }, sum = 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i].reason < WIRE_LOSSES)
			now[rows[i].reason]
			   [rows[i].type < EVENT_TYPES ? rows[i].type : OTHER_TYPE] +=
				rows[i].count;
	l->nnews = 0;
	if (l->simulate)
		l->news[l->nnews++] = simulated;
	for (unsigned reason = 0; reason < WIRE_LOSSES; reason++)
		for (unsigned type = 0; type <= EVENT_TYPES && l->nnews < ROWS_MAX; type++)
			if (now[reason][type] > l->before[reason][type])
				l->news[l->nnews++] = (struct live_loss){
					.reason = (enum wire_loss)reason,
					.type = (uint16_t)type,
					.count = now[reason][type] - l->before[reason][type],
				};
	memcpy(l->before, now, sizeof(now));
	for (size_t i = 0; i < l->nnews; i++)
		if (loss_is_of_events(l->news[i].reason))
			sum += l->news[i].count;
	return sum;
}

static bool claim_token(struct losses *l, uint64_t now)
{
	l->tokens += l->rate * (double)(now - l->filled_at) / (double)NS_PER_S;
	l->filled_at = now;
	if (l->tokens > l->burst)
		l->tokens = l->burst;
	if (l->tokens < 1)
		return false;
	l->tokens -= 1;
	return true;
}

/* The names Falco gives its counts. */
static const struct {
	const char *name;
	uint16_t types[8]; /* of events; none: by the reason */
	unsigned reasons;
} fields[] = {
	{ "n_drops_buffer_clone_fork_exit",
	  { EVENT_CLONE_20_X, EVENT_FORK_20_X, EVENT_VFORK_20_X, EVENT_CLONE3_X },
	  1 << WIRE_LOSS_RING | 1 << WIRE_LOSS_SHARE },
	{ "n_drops_buffer_connect_exit",
	  { EVENT_CONNECT_X },
	  1 << WIRE_LOSS_RING | 1 << WIRE_LOSS_SHARE },
	{ "n_drops_buffer_execve_exit",
	  { EVENT_EXECVE_19_X, EVENT_EXECVEAT_X },
	  1 << WIRE_LOSS_RING | 1 << WIRE_LOSS_SHARE },
	{ "n_drops_buffer_open_exit",
	  { EVENT_OPEN_X, EVENT_OPENAT_2_X, EVENT_OPENAT2_X, EVENT_CREAT_X,
	    EVENT_OPEN_BY_HANDLE_AT_X },
	  1 << WIRE_LOSS_RING | 1 << WIRE_LOSS_SHARE },
	{ "n_drops_buffer_proc_exit",
	  { EVENT_PROCEXIT_1_E },
	  1 << WIRE_LOSS_RING | 1 << WIRE_LOSS_SHARE },
	{ "n_drops_buffer_total", { 0 }, 1 << WIRE_LOSS_RING | 1 << WIRE_LOSS_SHARE },
	{ "n_drops_bug", { 0 }, 1 << WIRE_LOSS_TAIL_CALL | 1 << WIRE_LOSS_RECURSION },
	{ "n_drops_page_faults", { 0 }, 1 << WIRE_LOSS_READ },
};

static uint64_t field_count(const struct losses *l, size_t field)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->nnews; i++) {
		bool counts = !fields[field].types[0];

		for (size_t t = 0; t < ARRAY_SIZE(fields[field].types); t++)
			counts |=
				fields[field].types[t] && fields[field].types[t] == l->news[i].type;
		if (counts && fields[field].reasons & 1u << l->news[i].reason)
			sum += l->news[i].count;
	}
	return sum;
}

static void put_field(struct buf *out, bool json, const char *name, struct str value)
{
	if (json)
		buf_printf(out, "%s\"%s\":", out->p[out->len - 1] == '{' ? "" : ",", name);
	else
		buf_printf(out, "%s%s=", out->p[out->len - 1] == '(' ? "" : " ", name);
	json_string(out, value);
}

static void put_number(struct buf *out, bool json, const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	put_field(out, json, name, str_from(text));
}

/* Falco's fields and one more, in the order of their names. */
static void put_fields(struct losses *l, const struct ruleset *rules, uint64_t lost,
		       uint64_t events, bool json)
{
	struct buf blind = { .max = 2 * BLIND_MAX };
	struct buf *out = &l->line;

	losses_blind(&blind, rules, l->news, l->nnews);
	put_field(out, json, "ebpf_enabled", STR("1"));
	put_number(out, json, "n_drops", lost);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		put_number(out, json, fields[i].name, field_count(l, i));
	put_number(out, json, "n_evts", events);
	put_field(out, json, "rules", buf_view(&blind));
	buf_fini(&blind);
}

static void put_alert(struct losses *l, struct engine *e, uint64_t lost, uint64_t events)
{
	const struct alert_writer *w = engine_writer(e);
	const uint64_t ts = clock_realtime_ns();
	struct buf *out = &l->line;

	buf_reset(out);
	if (!w->options.json) {
		if (w->options.iso8601)
			clock_iso8601(out, ts, "+0000");
		else
			clock_local(out, ts, false, true);
		buf_printf(out, ": %s %.*s (", priority_name(PRIORITY_DEBUG),
			   STR_ARG(buf_view(&l->text)));
		put_fields(l, engine_rules(e), lost, events, false);
		buf_char(out, ')');
		return;
	}
	buf_str(out, STR("{\"hostname\":"));
	json_string(out, str_from(w->hostname));
	buf_str(out, STR(",\"output\":"));
	json_string(out, buf_view(&l->text));
	buf_str(out, STR(",\"output_fields\":{"));
	put_fields(l, engine_rules(e), lost, events, true);
	buf_printf(out, "},\"priority\":\"%s\",\"rule\":\"" RULE_NAME "\",\"source\":\"internal\"",
		   priority_name(PRIORITY_DEBUG));
	buf_str(out, STR(",\"time\":\""));
	clock_iso8601(out, ts, "Z");
	buf_str(out, STR("\"}"));
}

bool losses_judge(struct losses *l, struct engine *e, const struct live_loss *counts, size_t n,
		  uint64_t now, struct losses_news *out)
{
	const uint64_t lost = take_news(l, counts, n);
	const uint64_t events = engine_stats(e)->events - l->seen_events;

	l->seen_events = engine_stats(e)->events;
	if (!lost || l->actions == ACT_IGNORE || !l->actions)
		return false;
	if (!l->simulate && (double)lost / (double)(lost + events) <= l->threshold)
		return false;
	if (!claim_token(l, now))
		return false;
	buf_reset(&l->text);
	buf_printf(&l->text, RULE_NAME ". %" PRIu64 " system calls dropped in last second.", lost);
	put_alert(l, e, lost, events);
	*out = (struct losses_news){ .log = l->actions & ACT_LOG,
				     .exit = l->actions & ACT_EXIT,
				     .text = buf_view(&l->text),
				     .line = l->actions & ACT_ALERT ? buf_view(&l->line)
								    : (struct str){ "", 0 } };
	return true;
}

bool losses_look(struct losses *l, struct engine *e, struct source *source, struct losses_news *out)
{
	const uint64_t now = clock_monotonic_ns();
	size_t n;

	if (now < l->due)
		return false;
	l->due = now + LOOK_NS;
	n = live_losses(source, l->rows, ROWS_MAX);
	return losses_judge(l, e, l->rows, n < ROWS_MAX ? n : ROWS_MAX, now, out);
}
