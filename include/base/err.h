/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * What went wrong when the system or a file said no: what was attempted, on what, why.
 * The caller owns the struct; a function that fails fills it, one that succeeds leaves it.
 */
struct err {
	int code; /* negative errno */
	char text[512];
};

/* Fills *e (NULL is fine) and returns code, so that callers can `return err_set(...)`. */
int err_set(struct err *e, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " in front of what *e says; long texts are cut at the end. */
int err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
