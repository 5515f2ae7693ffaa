/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <errno.h>

#include <glib.h>

/* Makes a system call again for as long as signals interrupt it. Programs have signal handlers without SA_RESTART, Python for example, and on
 * a network file system even open () can be interrupted. Not for close (), which closes the descriptor all the same. */
#define pillion_restart(call) \
  (G_GNUC_EXTENSION ({ \
    __typeof__ (call) restart_result; \
    do \
      restart_result = (call); \
    while (restart_result < 0 && errno == EINTR); \
    restart_result; \
  }))
