/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_MACHINE_H
#define TESTS_SCENARIO_MACHINE_H

#include "world.h"

/* The web shop's server as it stands when the recording begins. */

#define MACHINE_IP    "192.0.2.10"
#define CONTAINER_IP  "172.17.0.2"
#define PHP_SOCKET    "/run/php/php8.2-fpm.sock"
#define DOCKER_SOCKET "/run/docker.sock"
#define UID_WWW_DATA  33
#define UID_ALICE     1000
#define TTY(n)        (136 << 8 | (n)) /* /dev/pts/n */

extern const struct place place_nginx, place_php, place_cron, place_ssh, place_session,
	place_container;

/* Metadata, users, processes, descriptors, and what is known of the container. */
void machine_lists(struct world *w);

#endif
