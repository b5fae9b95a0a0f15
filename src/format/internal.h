/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FORMAT_INTERNAL_H
#define FORMAT_INTERNAL_H

#include "field/term.h"
#include "format/format.h"

#define WIDTH_MAX   1000000 /* of %NNNfield */
#define OPERAND_MAX 1024    /* operands of one transformer */

/*
 * Parses the longest prefix of `text` that is a field or a transformer call. Returns the bytes
 * taken, or 0 with a message.
 */
size_t term_parse(struct arena *arena, struct str text, const struct static_fields *statics,
		  const struct term **out, const char **why);

#endif
