/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_CHECK_H
#define FILTER_CHECK_H

#include "pool.h"

/*
 * Checks types and fills in all of the atom but its constants; the key says what makes two
 * atoms equal. False after an error.
 */
bool check_atom(struct checker *c, const struct check *k, struct buf *key, struct atom *out);
/* Compiles the constants of an atom that is new to the pool. */
bool check_constants(struct checker *c, const struct check *k, struct atom *out);

#endif
