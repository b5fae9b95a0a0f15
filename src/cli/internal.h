/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_INTERNAL_H
#define CLI_INTERNAL_H

/*
 * The program: the only code that prints, and that knows what an exit status is. 0 is success,
 * 1 a failure that was explained on standard error. With a command (-- CMD) that ended, success is
 * that command's own status, as with strace.
 */

#include <sys/types.h>

#include "base/err.h"
#include "besra/besra.h"
#include "config/config.h"
#include "engine/losses.h"
#include "engine/setup.h"
#include "source/live.h"

#define EXIT_OK     0
#define EXIT_FAILED 1

/* ---- print.c: standard output and error ---- */

/* "besra: TEXT" on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Every error and warning, in order; only errors when !warnings. */
void print_diags(const struct diags *d, bool warnings);
/* Writes to standard output; false, with the reason said (but not for a closed pipe), when not. */
bool print_out(const struct buf *text);
/* print_out and the exit status; frees the buffer. */
int finish_with(struct buf *text);

/* ---- flags.c: the command line ---- */

enum flag_id {
#define FLAG(id, short_name, long_name, argument, help) FLAG_##id,
#define OLD(short_name, long_name, argument, why)
#include "tables/cli.def"
#undef FLAG
#undef OLD
	FLAGS
};

struct flag_values {
	const char **items; /* NULL for an OPTIONAL that was not given */
	size_t n;
};

struct flags {
	struct arena *arena;
	char **command; /* what stands behind "--", NULL-terminated; NULL: nothing */
	struct flag_values values[FLAGS];
};

/* False after a complaint. */
bool flags_parse(struct flags *f, int argc, char **argv);
void flags_usage(struct buf *out);

static inline bool flag_given(const struct flags *f, enum flag_id id)
{
	return f->values[id].n > 0;
}

/* The last value, or NULL. */
static inline const char *flag_value(const struct flags *f, enum flag_id id)
{
	return f->values[id].n ? f->values[id].items[f->values[id].n - 1] : NULL;
}

/* ---- options.c: configuration and command line together ---- */

struct setup {
	struct arena *arena;
	const struct flags *flags;
	const char *config_path; /* NULL: none was read */
	struct config config;
	struct rule_options rules;
	const char **rule_paths; /* files to load, directories expanded */
	size_t nrule_paths;
};

/* Reads the configuration; false after a complaint. */
bool setup_configuration(struct setup *s, const struct flags *f);
/* Fills in `rules` and `rule_paths`; false after a complaint. */
bool setup_rule_set(struct setup *s);
/* A rules file or a directory of them, added to `rule_paths`; false after a complaint. */
bool add_rule_path(struct setup *s, const char *path);
/* The rule set, with what is wrong printed; NULL when it cannot be used. */
struct ruleset *load_rule_set(const struct setup *s);

/* ---- info.c: what is printed without any event ---- */

int print_fields(const struct flags *f);
int print_events(const struct flags *f);
int print_ignored(void);
int print_version(const struct setup *s);
int print_support(const struct setup *s, int argc, char **argv);

/* ---- rules.c ---- */

int validate_rules(const struct setup *s);
int describe_rules(const struct setup *s);
int print_rule_schema(void);

/* A table of what the kernel offers; fails when something required is missing. */
int check_kernel(void);

/* ---- run.c: what a replay and a live run have in common ---- */

struct run {
	const struct setup *setup;
	struct ruleset *rules;
	struct source *source;
	struct outputs *outputs;
	struct engine *engine;
	uint64_t duration_ns; /* of -M; 0: no end */
	uint64_t end_ns;      /* by clock_monotonic_ns, from run_start on; UINT64_MAX: none */
};

/* False once SIGINT or SIGTERM has come; a second one ends the program. */
void catch_signals(void);
bool go_on(void);
/* That was a SIGTERM. */
bool was_terminated(void);
/* -M; false after a complaint. */
bool run_take_duration(struct run *r);
/* Outputs and engine, for r->source and r->rules; `wait`: a full queue makes the engine wait. */
bool run_start(struct run *r, bool wait);
/* Time is up, or nobody reads the alerts any more. */
bool run_is_over(const struct run *r);
/* Sends what is queued, prints statistics; returns the exit status, given that so far. */
int run_finish(struct run *r, int status);
void run_close(struct run *r);

/* ---- replay.c ---- */

int replay(const struct setup *s);

/* ---- scope.c ---- */

/* Whose events are captured: "pid=N", "cgroup=PATH" or "container=ID". */
struct scope {
	enum wire_scope kind;
	int64_t pid;        /* WIRE_SCOPE_TASKS */
	const char *cgroup; /* WIRE_SCOPE_CGROUP */
};

/* text NULL: everybody. False after a complaint. */
bool scope_parse(struct arena *a, const char *text, struct scope *out);

/* ---- live.c ---- */

/* Captures and checks events until told to stop, or until the command behind "--" has ended. */
int run_live(const struct setup *s);

/* ---- losses.c ---- */

/* What a live source missed: one line per reason, so that nothing is missing silently. */
/* `rules` NULL: none were checked. */
void print_losses(struct source *s, const struct ruleset *rules);
/* What was found out afterwards of what was missed. */
void print_repairs(const struct source *s, const struct engine_stats *e);
/* Does what the configuration wants done about lost events; false: end the run. */
bool act_on_losses(struct losses *l, struct engine *e, struct source *s, struct outputs *outputs);
/* What this kernel keeps from being seen at all; nothing where all is seen. */
void print_unseen(const struct source *s);
/* What it had not to send, because no rule could match it: one line per system call. */
void print_saved(struct source *s);

/* ---- child.c: a command to watch ---- */

/* A process that waits to become the command; child_go lets it. */
struct child {
	pid_t pid;
	int go; /* descriptor; -1 once it runs */
	bool ended;
	int status; /* as waitpid tells it */
};

bool child_prepare(struct child *c, char **command);
void child_go(struct child *c);
/* True once it has ended. */
bool child_has_ended(struct child *c);
/* Its exit status, as a shell would tell it; EXIT_OK while it runs, or when there is none. */
int child_exit_status(const struct child *c);
/*
 * Ends one that never ran. One that still runs gets the SIGTERM that ends the program, if one does:
 * nobody would watch it any more. A SIGINT comes from a terminal, which sent it one, too.
 */
void child_abandon(struct child *c);

/* ---- tool.c: the rule author's subcommands ---- */

/* Configuration from options alone, and rules from paths; false after a complaint. */
bool setup_for_tool(struct setup *s, const char *const *options, size_t noptions,
		    const char *const *paths, size_t npaths);
/* The rule set, with only errors printed; NULL when it cannot be used. */
struct ruleset *load_quietly(const struct setup *s);

/* ---- subcommands ---- */

int command_events(int argc, char **argv);
int command_record(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_profile(int argc, char **argv);

#endif
