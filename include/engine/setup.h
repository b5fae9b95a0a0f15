/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SETUP_H
#define ENGINE_SETUP_H

/* From the configuration to what the modules below want to be told. */

#include "config/config.h"
#include "engine/engine.h"

/*
 * False with an error in *d when a value means nothing to the rules (an unknown priority). The
 * arrays live in the arena of *d.
 */
bool setup_rules(const struct config *config, struct rule_options *out, struct diags *d);
struct alert_options setup_alerts(const struct config *config);
/* MiB for the state where the configuration says nothing. */
#define SETUP_REPLAY_MIB 14 /* with the program and its buffers a replay stays below 32 */
#define SETUP_LIVE_MIB   512
struct state_limits setup_limits(const struct config *config, bool live);

#endif
