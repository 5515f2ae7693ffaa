/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Tunnels through HTTP proxies (RFC 9110, section 9.3.6), as a kind of GProxy. Neither GIO's own nor
 * libsoup's tells enough about the proxy's response. The user in the URI of such a proxy is the whole value
 * of the field Proxy-Authorization. */
#define PILLION_TUNNEL_PROTOCOL "pillion-tunnel"
#define PILLION_TUNNEL_TLS_PROTOCOL "pillion-tunnel-tls"

/* Makes them known to GIO, before the first one is used. GIO loads all its modules for that, which takes longer than a call over HTTP. */
void        pillion_tunnel_register       (void);

/* What the certificate of a proxy has to be signed by, for @stream, which is connected to it */
void        pillion_tunnel_set_database   (GIOStream    *stream,
                                           GTlsDatabase *database);

/* Host and port, as they are named to the proxy */
char       *pillion_tunnel_make_target    (const char   *host,
                                           guint         port);

/* The proxy's challenges if the error is that it wants credentials; else NULL */
const char *pillion_tunnel_get_challenges (const GError *error);
