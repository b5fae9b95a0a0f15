/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

static const struct command commands[] = {
	{ "events", "-e TRACE [-p FORMAT] ['CONDITION']",
	  "print the events of a trace: any field, any condition", command_events },
	{ "record", "-w FILE [--scope WHAT] [-- CMD...]",
	  "record the running system, or one command, to a trace", command_record },
	{ "lint", "RULES...", "find what in rules is legal but wrong", command_lint },
	{ "explain", "-r RULES -e TRACE [--rule NAME] [--event N]",
	  "say why a rule did or did not match", command_explain },
	{ "profile", "-r RULES -e TRACE", "say what rules and their parts cost", command_profile },
};

static int usage(void)
{
	struct buf out = { 0 };

	buf_str(&out, STR("Usage: besra [options] [-- CMD...]\n"));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		buf_printf(&out, "       besra %s %s\n", commands[i].name, commands[i].arguments);
	buf_str(&out,
		STR("\nChecks system calls against rules, and prints alerts: those of the running system, of a trace\n(-e FILE), or of one command and its children (-- CMD...).\n\nThe exit status is 0, with a command that command's own, or 1 after a message on standard error.\n\n"));
	flags_usage(&out);
	buf_str(&out, STR("\nCommands:\n"));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		buf_printf(&out, "  %-10s %s\n", commands[i].name, commands[i].help);
	return finish_with(&out);
}

static bool next_command(void *arg, struct str *out)
{
	size_t *i = arg;

	if (*i == ARRAY_SIZE(commands))
		return false;
	*out = str_from(commands[(*i)++].name);
	return true;
}

static int run_command(int argc, char **argv)
{
	struct str near;
	size_t i = 0;

	for (size_t c = 0; c < ARRAY_SIZE(commands); c++)
		if (strcmp(argv[0], commands[c].name) == 0)
			return commands[c].run(argc, argv);
	near = diag_nearest(str_from(argv[0]), next_command, &i);
	if (near.len)
		complain("unknown command '%s'; did you mean '%.*s'?", argv[0], STR_ARG(near));
	else
		complain("unknown command '%s'; besra --help lists them", argv[0]);
	return EXIT_FAILED;
}

static int config_schema_out(void)
{
	struct buf out = { 0 };

	config_schema(&out);
	return finish_with(&out);
}

static int page_size(void)
{
	struct buf out = { 0 };

	buf_printf(&out, "%ld\n", sysconf(_SC_PAGESIZE));
	return finish_with(&out);
}

/* What needs no configuration; -1 when something else was asked for. */
static int answer_at_once(const struct flags *f)
{
	if (flag_given(f, FLAG_HELP))
		return usage();
	if (flag_given(f, FLAG_LIST))
		return print_fields(f);
	if (flag_given(f, FLAG_LIST_EVENTS))
		return print_events(f);
	if (flag_given(f, FLAG_IGNORED))
		return print_ignored();
	if (flag_given(f, FLAG_CONFIG_SCHEMA))
		return config_schema_out();
	if (flag_given(f, FLAG_RULE_SCHEMA))
		return print_rule_schema();
	if (flag_given(f, FLAG_PAGE_SIZE))
		return page_size();
	if (flag_given(f, FLAG_CHECK_KERNEL))
		return check_kernel();
	return -1;
}

/* Removed by whoever started us: a pid file outlives its process when that is killed anyway. */
static bool write_pid(const struct flags *f)
{
	const char *path = flag_value(f, FLAG_PIDFILE);
	FILE *file;
	bool ok;

	if (!path)
		return true;
	file = fopen(path, "w");
	ok = file && fprintf(file, "%ld\n", (long)getpid()) > 0;
	if (file && fclose(file) != 0)
		ok = false;
	if (!ok)
		complain("%s: cannot be written", path);
	return ok;
}

static bool is_replay(const struct setup *s)
{
	return str_ieq(s->config.engine_kind, STR("replay"));
}

static int check_trace(const struct setup *s)
{
	if (s->flags->command) {
		complain("a trace is read, nothing is run: leave out either -e or the command");
		return EXIT_FAILED;
	}
	if (!s->config.capture_file.len) {
		complain("engine.kind is replay, but engine.replay.capture_file is not given");
		return EXIT_FAILED;
	}
	if (flag_given(s->flags, FLAG_DAEMON)) {
		complain("-d is for live capture; a replay runs to its end and exits");
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static int dry_run(const struct setup *s)
{
	struct ruleset *r = load_rule_set(s);
	int status = r ? EXIT_OK : EXIT_FAILED;

	ruleset_free(r);
	return status;
}

static int run_configured(struct setup *s, int argc, char **argv)
{
	const struct flags *f = s->flags;

	if (flag_given(f, FLAG_VERSION))
		return print_version(s);
	if (!setup_rule_set(s))
		return EXIT_FAILED;
	if (flag_given(f, FLAG_SUPPORT))
		return print_support(s, argc, argv);
	if (flag_given(f, FLAG_VALIDATE))
		return validate_rules(s);
	if (flag_given(f, FLAG_DESCRIBE_ALL) || flag_given(f, FLAG_DESCRIBE) ||
	    flag_given(f, FLAG_DISASSEMBLE))
		return describe_rules(s);
	if (flag_given(f, FLAG_DRY_RUN))
		return dry_run(s);
	if (is_replay(s) && check_trace(s) != EXIT_OK)
		return EXIT_FAILED;
	if (!write_pid(f))
		return EXIT_FAILED;
	return is_replay(s) ? replay(s) : run_live(s);
}

/* A closed descriptor 0, 1 or 2 would be given to the first file that is opened. */
static void occupy_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct flags flags = { 0 };
	struct setup setup = { 0 };
	int status;

	occupy_standard_descriptors();
	/* A reader that goes away is an error of the write, and ends the program quietly. */
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && argv[1][0] != '-')
		return run_command(argc - 1, argv + 1);

	setup.arena = flags.arena = arena_new();
	status = EXIT_FAILED;
	if (flags_parse(&flags, argc, argv)) {
		status = answer_at_once(&flags);
		if (status < 0)
			status = setup_configuration(&setup, &flags)
					 ? run_configured(&setup, argc, argv)
					 : EXIT_FAILED;
	}
	arena_free(flags.arena);
	return status;
}
