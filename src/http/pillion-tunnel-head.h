/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-transport.h"

/* The response of a proxy that makes no tunnel without credentials */
typedef struct
{
  PillionHead parent;
  const char *challenges;
} PillionTunnelHead;

/* @challenges: what the proxy wants credentials with */
PillionTunnelHead pillion_tunnel_head_make (const char *challenges);
