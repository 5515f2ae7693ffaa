/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-tunnel-head.h"

static const char *
get_field (const PillionHead *head,
           const char *name)
{
  return g_ascii_strcasecmp (name, "Proxy-Authenticate") == 0 ? ((const PillionTunnelHead *) head)->challenges : NULL;
}

/* The other fields are the proxy's. Nobody may take them for the server's, least of all a cookie. */
static void
foreach_field (const PillionHead *head,
               PillionFieldFunc func,
               gpointer data)
{
}

static void
get_details (const PillionHead *head,
             PillionHeadDetails *details)
{
  *details = (PillionHeadDetails) { .version = "1.1" };
}

PillionTunnelHead
pillion_tunnel_head_make (const char *challenges)
{
  return (PillionTunnelHead) {
    .parent = {
      .status = 407,
      .length = -1,
      .tunnel = TRUE,
      .get_field = get_field,
      .foreach_field = foreach_field,
      .get_details = get_details,
    },
    .challenges = challenges,
  };
}
