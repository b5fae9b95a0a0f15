/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

/*
 * Strings kept once, reference-counted: two equal strings of one table are the same
 * pointer. What they take is bounded by a budget.
 */

#include "base/budget.h"
#include "base/str.h"

struct istr {
	uint64_t hash;
	uint32_t refs;
	uint32_t len;
	char text[]; /* NUL-terminated */
};

struct intern;

struct intern *intern_new(struct budget *budget); /* NULL: there is none */
void intern_free(struct intern *t);               /* every istr of it dies with it */

/* One more reference to the string equal to s; NULL when the table is full (counted). */
struct istr *intern_get(struct intern *t, struct str s);
/* Gives one reference back; NULL is accepted. */
void intern_put(struct intern *t, struct istr *s);

static inline struct istr *istr_ref(struct istr *s)
{
	if (s)
		s->refs++;
	return s;
}

static inline struct str istr_view(const struct istr *s)
{
	return s ? (struct str){ s->text, s->len } : (struct str){ "", 0 };
}

uint64_t intern_refused(const struct intern *t);

#endif
