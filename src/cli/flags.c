/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <getopt.h>

enum argument { ARGUMENT_NONE, ARGUMENT_VALUE, ARGUMENT_OPTIONAL };

struct flag_info {
	int short_name; /* 0: none */
	const char *long_name;
	enum argument argument;
	const char *argument_name;
	const char *text; /* help; why an old flag does nothing */
};

#define NONE           ARGUMENT_NONE, NULL
#define VALUE(name)    ARGUMENT_VALUE, name
#define OPTIONAL(name) ARGUMENT_OPTIONAL, name

/* The FLAGs, in the order of their ids, then the OLD ones. */
static const struct flag_info table[] = {
#define FLAG(id, short_name, long_name, argument, help)                                            \
	[FLAG_##id] = { short_name, long_name, argument, help },
#define OLD(short_name, long_name, argument, why)
#include "tables/cli.def"
#undef FLAG
#undef OLD
#define FLAG(id, short_name, long_name, argument, help)
#define OLD(short_name, long_name, argument, why) { short_name, long_name, argument, why },
#include "tables/cli.def"
#undef FLAG
#undef OLD
};

#define TABLE_SIZE ARRAY_SIZE(table)
#define LONG_BASE  256 /* getopt's value for row i of the table is LONG_BASE + i */

static void short_options(char out[3 * TABLE_SIZE + 2])
{
	*out++ = ':'; /* a missing argument is told from an unknown flag */
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (!table[i].short_name)
			continue;
		*out++ = (char)table[i].short_name;
		if (table[i].argument == ARGUMENT_VALUE)
			*out++ = ':';
	}
	*out = '\0';
}

static void long_options(struct option out[TABLE_SIZE + 1])
{
	static const int kinds[] = {
		[ARGUMENT_NONE] = no_argument,
		[ARGUMENT_VALUE] = required_argument,
		[ARGUMENT_OPTIONAL] = optional_argument,
	};
	size_t n = 0;

	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (table[i].long_name)
			out[n++] = (struct option){ table[i].long_name, kinds[table[i].argument],
						    NULL, LONG_BASE + (int)i };
	out[n] = (struct option){ 0 };
}

/* The row of what getopt returned, or TABLE_SIZE. */
static size_t row_of(int got)
{
	if (got >= LONG_BASE)
		return (size_t)(got - LONG_BASE);
	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (table[i].short_name && table[i].short_name == got)
			return i;
	return TABLE_SIZE;
}

static bool next_long_name(void *arg, struct str *out)
{
	size_t *i = arg;

	while (*i < TABLE_SIZE && !table[*i].long_name)
		(*i)++;
	if (*i == TABLE_SIZE)
		return false;
	*out = str_from(table[(*i)++].long_name);
	return true;
}

static void unknown_flag(const char *word, int letter)
{
	struct str name = str_from(word + 2), near;
	size_t i = 0;

	if (strncmp(word, "--", 2) != 0) {
		complain("unknown option '-%c'; besra --help lists them", letter);
		return;
	}
	name.len = str_chr(name, '=');
	near = diag_nearest(name, next_long_name, &i);
	if (near.len)
		complain("unknown option '--%.*s'; did you mean '--%.*s'?", STR_ARG(name),
			 STR_ARG(near));
	else
		complain("unknown option '--%.*s'; besra --help lists them", STR_ARG(name));
}

static void add_value(struct flags *f, size_t row, const char *value)
{
	struct flag_values *v = &f->values[row];
	const char **grown = arena_array(f->arena, v->n + 1, sizeof(*grown));

	if (v->n)
		memcpy(grown, v->items, v->n * sizeof(*grown));
	grown[v->n++] = value;
	v->items = grown;
}

static void note_old(size_t row)
{
	if (table[row].long_name)
		complain("warning: --%s has no effect: %s", table[row].long_name, table[row].text);
	else
		complain("warning: -%c has no effect: %s", table[row].short_name, table[row].text);
}

bool flags_parse(struct flags *f, int argc, char **argv)
{
	char letters[3 * TABLE_SIZE + 2];
	struct option words[TABLE_SIZE + 1];
	int got;

	short_options(letters);
	long_options(words);
	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, letters, words, NULL)) != -1) {
		const char *word = argv[optind > 1 ? optind - 1 : 1];
		size_t row;

		if (got == ':') {
			complain("option '%s' needs a value", word);
			return false;
		}
		if (got == '?') {
			unknown_flag(word, optopt);
			return false;
		}
		row = row_of(got);
		if (row >= FLAGS)
			note_old(row);
		else
			add_value(f, row, optarg);
	}
	if (optind < argc && strcmp(argv[optind - 1], "--") == 0) {
		f->command = argv + optind;
		return true;
	}
	if (optind < argc) {
		complain("unexpected argument '%s'; besra --help tells what can be given",
			 argv[optind]);
		return false;
	}
	return true;
}

static void put_names(struct buf *out, const struct flag_info *i)
{
	size_t start = out->len;

	buf_str(out, STR("  "));
	if (i->short_name)
		buf_printf(out, "-%c", i->short_name);
	if (i->long_name)
		buf_printf(out, "%s--%s", i->short_name ? ", " : "    ", i->long_name);
	if (i->argument == ARGUMENT_VALUE)
		buf_printf(out, " %s", i->argument_name);
	else if (i->argument == ARGUMENT_OPTIONAL)
		buf_printf(out, "[=%s]", i->argument_name);
	do
		buf_char(out, ' ');
	while (out->len - start < 28);
}

void flags_usage(struct buf *out)
{
	for (size_t i = 0; i < FLAGS; i++) {
		put_names(out, &table[i]);
		buf_printf(out, "%s\n", table[i].text);
	}
	buf_str(out, STR("\nRead for compatibility, without effect:"));
	for (size_t i = FLAGS; i < TABLE_SIZE; i++) {
		if (table[i].short_name)
			buf_printf(out, " -%c", table[i].short_name);
		else
			buf_printf(out, " --%s", table[i].long_name);
	}
	buf_char(out, '\n');
}
