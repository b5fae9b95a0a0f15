/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCHEMA_SUPPORT_H
#define TESTS_SCHEMA_SUPPORT_H

#include "base/buf.h"
#include "base/str.h"

#define TSV_COLUMNS 16

/* A table of tab-separated values, read whole; column names stand in its first line. */
struct tsv {
	struct buf text;
	struct str left; /* behind the current row */
	struct str names[TSV_COLUMNS];
	struct str cells[TSV_COLUMNS];
	size_t columns;
};

/*
 * Opens NAME below the specification's folder ($BESRA_SHARED/spec). Where there is no such
 * folder the test is skipped, with a line that says so; where only the file is missing it fails.
 */
void tsv_open(struct tsv *t, const char *name);
void tsv_close(struct tsv *t);
/* The next row; false at the end. Lines that begin with '#' are passed over. */
bool tsv_next(struct tsv *t);
/* The row's cell in the column of that name; the test fails when there is no such column. */
struct str tsv_cell(const struct tsv *t, const char *column);
/* The same as a number, decimal or with 0x in front. */
long long tsv_number(const struct tsv *t, const char *column);

/* Takes what stands before the next c off the front of *s, and c; all of it when there is none. */
struct str take_until(struct str *s, char c);
/* s without the prefix, which it must have. */
struct str without_prefix(struct str s, const char *prefix);

void assert_str_equal(struct str got, struct str want);

#endif
