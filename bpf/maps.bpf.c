/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */

/* Just the maps, made before there is any program: objects loaded beside each other share them. */

#include "core/uring_maps.bpf.h"
