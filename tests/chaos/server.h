/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "behaviours.h"

/* A server on loopback that has one behaviour, each connection on a thread of its own */
typedef struct _ChaosServer ChaosServer;

/* If @half_first, the first connection gets the first half of an ordinary answer, so that there is something to continue */
ChaosServer *chaos_server_new      (const ChaosBehaviour *behaviour,
                                    gboolean              half_first);

/* Breaks off all connections */
void         chaos_server_free     (ChaosServer          *self);

guint16      chaos_server_get_port (ChaosServer          *self);
