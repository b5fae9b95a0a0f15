/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/*
 * What an outsider can make grow, and how far. Limits that belong to one module alone
 * stand in that module; here are those two modules must agree on.
 */

#define LIMIT_EVENT_PARAMS 32        /* the format's own bound: spec/events_notes.md */
#define LIMIT_EVENT_BYTES  65536     /* plain event blocks; LARGE forms go to LIMIT_LARGE_BYTES */
#define LIMIT_LARGE_BYTES  (1 << 20) /* the format knows none; longer events are skipped */
#define LIMIT_CONST_BYTES  255  /* longest constant in a condition: spec/filter_language.md 2 */
#define LIMIT_NESTING      6000 /* parentheses, transformers, macros; Falco dies near 20,000 */
#define LIMIT_CONDITION    (4 << 20) /* bytes of one condition after lists are put in */
#define LIMIT_THREADS      262144    /* falco_libs.thread_table_size */
#define LIMIT_FDS          1048576
#define LIMIT_ANCESTORS    512 /* steps along the parents before a walk gives up */

#endif
